// Tables: rows that lead somewhere, and boxes that choose rows.

const TOUCHABLE = "a, button, input, select, textarea, label, summary, details";

/** Takes over clicks and keys in all tables, also those that come later. */
export function start() {
  document.addEventListener("click", follow);
  document.addEventListener("auxclick", follow);
  document.addEventListener("keydown", walk);
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement)) return;
    const table = box.closest("table");
    if (!table) return;
    if (box.matches("[data-select-all]")) for (const one of boxes(table)) one.checked = box.checked;
    if (box.matches("[data-select-all], [data-select]")) count(table);
  });
}

/**
 * Gives rows that lead somewhere a link, if the server wrote none: a row itself cannot be reached by keyboard.
 * @param {ParentNode} piece
 */
export function enhance(piece) {
  for (const row of piece.querySelectorAll("tr[data-href]")) {
    if (row.querySelector("a[href]")) continue;
    const cell = row.querySelector("th, td:not(.select)");
    const link = document.createElement("a");
    link.href = row.getAttribute("data-href") ?? "";
    if (cell) link.append(...cell.childNodes);
    cell?.append(link);
  }
  for (const table of piece.querySelectorAll("table:has([data-select-all])")) if (table instanceof HTMLTableElement) count(table);
}

/** @param {MouseEvent} event */
function follow(event) {
  const target = event.target;
  if (!(target instanceof Element) || event.defaultPrevented || event.button > 1 || target.closest(TOUCHABLE)) return;
  const row = target.closest("tr[data-href]");
  if (!row || getSelection()?.toString()) return; // who marks text in a row wants the text
  const address = new URL(row.getAttribute("data-href") ?? "", location.href);
  if (address.origin !== location.origin) return;
  if (event.button === 1 || event.ctrlKey || event.metaKey) open(address, "_blank", "noopener");
  else location.assign(address);
}

/** @param {KeyboardEvent} event */
function walk(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const link = document.activeElement;
  const row = link instanceof HTMLAnchorElement ? link.closest("tbody > tr") : null;
  if (!step || !row) return;
  const place = [...row.querySelectorAll("a[href]")].indexOf(link ?? row);
  const next = /** @type {Element | null} */ (row[/** @type {"nextElementSibling"} */ (step)])?.querySelectorAll("a[href]")[place];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
}

/** @param {HTMLTableElement} table */
function boxes(table) {
  return /** @type {HTMLInputElement[]} */ ([...table.querySelectorAll("input[data-select]")]);
}

/**
 * Says how many rows are chosen in [data-chosen], and frees the buttons marked data-needs-chosen, of the form the boxes belong to.
 * @param {HTMLTableElement} table
 */
function count(table) {
  const all = boxes(table);
  const chosen = all.filter((box) => box.checked).length;
  const head = table.querySelector("[data-select-all]");
  if (head instanceof HTMLInputElement) {
    head.checked = chosen > 0 && chosen === all.length;
    head.indeterminate = chosen > 0 && chosen < all.length;
    head.disabled = all.length === 0;
  }
  const form = all[0]?.form ?? table.closest("form");
  for (const words of form?.querySelectorAll("[data-chosen]") ?? []) words.textContent = chosen ? `${chosen} chosen` : "None chosen";
  for (const button of form?.querySelectorAll("[data-needs-chosen]") ?? []) if (button instanceof HTMLButtonElement) button.disabled = chosen === 0;
}
