// The form of an expense asks for units or for an amount, by its category, and tells what the units cost.
// Without it both are there, and the one that the category has not is passed over.

/**
 * An amount as the server reads it, or NaN: of two marks the last begins the fraction; one alone does so too, unless it is
 * the company's mark of thousands before three digits.
 * @param {string} text @param {DOMStringMap} marks @returns {number}
 */
function read(text, marks) {
  const plain = text.replace(/[\s'’]/g, "");
  const last = Math.max(plain.lastIndexOf("."), plain.lastIndexOf(","));
  if (last < 0) return plain ? Number(plain) : NaN;
  const [mark, other] = plain[last] === "." ? [".", ","] : [",", "."];
  const isAlone = !plain.includes(other) && mark === marks.thousands && mark !== marks.decimal;
  const isOfThousands = (plain.split(mark).length > 2 || isAlone) && plain.length - last === 4;
  return Number(plain.replaceAll(other, "").replaceAll(mark, isOfThousands ? "" : "."));
}

/** @param {HTMLSelectElement} select */
function start(select) {
  const form = select.closest("form");
  const units = form?.querySelector("[data-units]");
  const amount = form?.querySelector("[data-amount]");
  const cost = form?.querySelector("[data-cost]");
  const typed = units?.querySelector("input");
  if (!(units instanceof HTMLElement) || !(amount instanceof HTMLElement) || !(cost instanceof HTMLElement) || !typed) return;

  const tell = () => {
    const price = Number(select.selectedOptions[0]?.dataset.price ?? NaN);
    units.hidden = Number.isNaN(price);
    amount.hidden = !units.hidden;
    const total = read(typed.value, cost.dataset) * price;
    cost.textContent = Number.isFinite(total) ? `Costs ${total.toFixed(2).replace(".", cost.dataset.decimal ?? ".")}` : "";
  };
  select.addEventListener("change", tell);
  typed.addEventListener("input", tell);
  tell();
}

for (const select of document.querySelectorAll("select[data-category]")) if (select instanceof HTMLSelectElement) start(select);
