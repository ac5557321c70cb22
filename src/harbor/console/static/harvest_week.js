// The grid of a week: arrows and Enter move between its cells, and its sums follow what is typed.

const table = /** @type {HTMLTableElement | null} */ (document.querySelector("[data-week]"));

/** @param {string} text @returns {number} hundredths of an hour; what is no hours counts nothing */
function read(text) {
  const clock = /^(\d{0,3}):([0-5]\d)$/.exec(text.trim());
  if (clock) return Math.round((Number(clock[1]) * 60 + Number(clock[2])) / 0.6);
  const decimal = Number(text.trim().replace(",", "."));
  return Number.isFinite(decimal) && decimal > 0 ? Math.round(decimal * 100) : 0;
}

/** @param {number} hours hundredths of an hour */
function word(hours) {
  if (table?.dataset.format === "decimal") return (hours / 100).toFixed(2);
  const minutes = Math.round(hours * 0.6);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

function sum() {
  if (!table) return;
  const days = Array(7).fill(0);
  for (const row of table.tBodies[0].rows) {
    let total = 0;
    [...row.cells].slice(1, 8).forEach((cell, day) => {
      const input = cell.querySelector("[data-cell]");
      const hours = input instanceof HTMLInputElement ? read(input.value) : Number(cell.querySelector("[data-fixed]")?.getAttribute("data-fixed") ?? 0);
      total += hours;
      days[day] += hours;
    });
    tell(row.querySelector("[data-row-total]"), total);
  }
  table.querySelectorAll("[data-day-total]").forEach((cell, day) => tell(cell, days[day]));
  tell(table.querySelector("[data-total]"), days.reduce((one, other) => one + other, 0));
}

/** @param {Element | null} place @param {number} hours */
function tell(place, hours) {
  if (place) place.textContent = word(hours);
}

/**
 * The next cell that can be typed into, in a direction.
 * @param {HTMLTableCellElement} from @param {number} right @param {number} down
 * @returns {HTMLInputElement | null}
 */
function next(from, right, down) {
  const rows = [...(table?.tBodies[0].rows ?? [])];
  let line = rows.findIndex((row) => row.contains(from)) + down;
  for (let column = from.cellIndex + right; rows[line]?.cells[column]; column += right, line += down) {
    const input = rows[line].cells[column].querySelector("[data-cell]");
    if (input instanceof HTMLInputElement) return input;
  }
  return null;
}

/** @param {KeyboardEvent} event */
function move(event) {
  const input = event.target;
  const cell = input instanceof HTMLInputElement && input.matches("[data-cell]") ? input.closest("td") : null;
  if (!(input instanceof HTMLInputElement) || !cell || event.altKey || event.isComposing) return;
  if (event.key === "Enter") {
    event.preventDefault();
    const below = event.ctrlKey || event.metaKey ? null : next(cell, 0, event.shiftKey ? -1 : 1);
    if (event.ctrlKey || event.metaKey) input.form?.requestSubmit();
    else if (below) below.focus();
    else /** @type {HTMLElement | null | undefined} */ (input.form?.querySelector("button.primary"))?.focus();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const isAll = input.selectionStart === 0 && input.selectionEnd === input.value.length;
  const isAtStart = isAll || (input.selectionStart === 0 && input.selectionEnd === 0);
  const isAtEnd = isAll || input.selectionStart === input.value.length;
  const [right, down] = event.key === "ArrowUp" ? [0, -1] : event.key === "ArrowDown" ? [0, 1] : event.key === "ArrowLeft" && isAtStart ? [-1, 0] : event.key === "ArrowRight" && isAtEnd ? [1, 0] : [0, 0];
  if (!right && !down) return;
  const found = next(cell, right, down);
  if (!found) return;
  event.preventDefault();
  found.focus();
}

if (table) {
  table.addEventListener("keydown", move);
  table.addEventListener("input", sum);
  table.addEventListener("focusin", (event) => event.target instanceof HTMLInputElement && event.target.select());
}
