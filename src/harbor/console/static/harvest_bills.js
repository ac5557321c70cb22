// Lines of a bill: rows are added and taken away, and what they come to follows what is typed.

const rows = /** @type {HTMLElement | null} */ (document.querySelector("[data-rows-of-bill]"));
const empty = /** @type {HTMLTemplateElement | null} */ (document.querySelector("[data-empty-row]"));
const adds = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-add-row]"));
const ROWS_MAX = 200;

/**
 * What was typed, as the server reads it: of two marks the last begins the fraction; one alone does so too, unless it is the
 * company's mark of thousands before three digits. What is no number counts nothing.
 * @param {string} text @returns {number}
 */
function read(text) {
  const plain = text.replace(/[\s'’]/g, "");
  const last = Math.max(plain.lastIndexOf("."), plain.lastIndexOf(","));
  const [mark, other] = plain[last] === "." ? [".", ","] : [",", "."];
  const isAlone = !plain.includes(other) && mark === rows?.dataset.thousands && mark !== rows?.dataset.decimal;
  const isOfThousands = (plain.split(mark).length > 2 || isAlone) && plain.length - last === 4;
  const value = Number(last < 0 ? plain : plain.replaceAll(other, "").replaceAll(mark, isOfThousands ? "" : "."));
  return Number.isFinite(value) ? value : 0;
}

/** @param {Element} row @param {string} name @returns {HTMLInputElement | null} */
const field = (row, name) => row.querySelector(`[name="${name}"]`);

function sum() {
  let total = 0;
  for (const row of rows?.children ?? []) {
    const price = field(row, "unit_price")?.value.trim() ?? "";
    const isGone = field(row, "remove")?.checked ?? false;
    // A look ahead: the server has the last word, to the cent.
    const amount = price ? read(field(row, "quantity")?.value || "1") * read(price) : 0;
    const place = row.querySelector("[data-amount]");
    if (place) place.textContent = price ? amount.toFixed(2) : "";
    if (!isGone) total += Number(amount.toFixed(2));
  }
  const line = document.querySelector("[data-subtotal-line]");
  const place = document.querySelector("[data-subtotal]");
  if (line instanceof HTMLElement) line.hidden = false;
  if (place) place.textContent = total.toFixed(2);
}

/** Numbers the rows anew, so that a refusal finds its row. */
function number() {
  [...(rows?.children ?? [])].forEach((row, place) => {
    row.querySelector("fieldset")?.setAttribute("name", `lines.${place + 1}`);
    const legend = row.querySelector("legend");
    if (legend) legend.textContent = `Line ${place + 1}`;
  });
  if (adds) adds.disabled = (rows?.children.length ?? 0) >= ROWS_MAX;
  for (const button of rows?.querySelectorAll("[data-remove-row]") ?? []) if (button instanceof HTMLElement) button.hidden = false;
  sum();
}

function add() {
  const row = empty?.content.firstElementChild?.cloneNode(true);
  if (!(row instanceof HTMLElement) || !rows) return;
  const kind = rows.lastElementChild && field(rows.lastElementChild, "kind")?.value;
  rows.append(row);
  const own = field(row, "kind");
  if (own && kind) own.value = kind;
  number();
  field(row, "description")?.focus();
}

/** @param {Element} row */
function remove(row) {
  const near = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  number();
  const next = near ? field(near, "description") : adds;
  next?.focus();
}

if (rows && adds) {
  adds.hidden = false;
  adds.addEventListener("click", add);
  rows.addEventListener("input", sum);
  rows.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-remove-row]") : null;
    const row = button?.closest("[data-row-of-bill]");
    if (row) remove(row);
  });
  // Enter in a figure goes on to a new line, as in a list of one's own; it does not send what is half written.
  rows.addEventListener("keydown", (event) => {
    const input = event.target;
    if (event.key !== "Enter" || event.isComposing || !(input instanceof HTMLInputElement) || input.type === "checkbox") return;
    event.preventDefault();
    const row = input.closest("[data-row-of-bill]");
    const next = row?.nextElementSibling;
    if (next) field(next, "description")?.focus();
    else add();
  });
  number();
}

const term = /** @type {HTMLSelectElement | null} */ (document.querySelector('select[name="payment_term"]'));
const due = /** @type {HTMLElement | null} */ (document.querySelector("[data-due]"));
if (term && due) {
  const follow = () => (due.hidden = term.value !== "custom");
  term.addEventListener("change", follow);
  follow();
}
