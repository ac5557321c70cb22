// The form of an expense asks for units or for an amount, by its category, and tells what the units cost.
// Without it both are there, and the one that the category has not is passed over.

/** @param {string} text @returns {number} as the server reads it, or NaN */
function read(text) {
  const plain = text.replace(/[\s'’]/g, "");
  const last = Math.max(plain.lastIndexOf("."), plain.lastIndexOf(","));
  if (last < 0) return Number(plain || NaN);
  return Number(`${plain.slice(0, last).replace(/[.,]/g, "")}.${plain.slice(last + 1)}`);
}

/** @param {HTMLSelectElement} select */
function start(select) {
  const form = select.closest("form");
  const units = form?.querySelector("[data-units]");
  const amount = form?.querySelector("[data-amount]");
  const cost = form?.querySelector("[data-cost]");
  const typed = units?.querySelector("input");
  if (!(units instanceof HTMLElement) || !(amount instanceof HTMLElement) || !cost || !typed) return;

  const tell = () => {
    const price = Number(select.selectedOptions[0]?.dataset.price ?? NaN);
    units.hidden = Number.isNaN(price);
    amount.hidden = !units.hidden;
    const total = read(typed.value) * price;
    cost.textContent = Number.isFinite(total) ? `Costs ${total.toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 })}` : "";
  };
  select.addEventListener("change", tell);
  typed.addEventListener("input", tell);
  tell();
}

for (const select of document.querySelectorAll("select[data-category]")) if (select instanceof HTMLSelectElement) start(select);
