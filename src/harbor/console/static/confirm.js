// A question before what cannot be taken back, in the browser's own dialog.

import { make } from "./page.js";

let count = 0;

/**
 * Asks what data-confirm says, and for the word in data-confirm-word. A button's own question comes before its form's.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} button
 * @returns {Promise<boolean>} whether to go on
 */
export function confirmed(form, button) {
  const question = button?.dataset.confirm ?? form.dataset.confirm;
  const word = button?.dataset.confirmWord ?? form.dataset.confirmWord;
  if (!question && !word) return Promise.resolve(true);
  const label = button?.textContent?.trim() || "Go on";
  return ask(question ?? "Are you sure?", { word, label, isDanger: button?.classList.contains("danger") ?? false });
}

/**
 * @param {string} question
 * @param {{word?: string, label: string, isDanger: boolean}} how
 * @returns {Promise<boolean>}
 */
function ask(question, { word, label, isDanger }) {
  const id = `ask-${++count}`;
  const go = /** @type {HTMLButtonElement} */ (make("button", { class: `button ${isDanger ? "danger" : "primary"}`, value: "yes" }, label));
  const back = make("button", { class: "button", value: "no", type: "submit", formnovalidate: true }, "Cancel");
  const inside = make("form", { method: "dialog", class: "stack" }, make("h2", { id }, question));
  if (word) {
    const typed = /** @type {HTMLInputElement} */ (make("input", { id: `${id}-word`, autocomplete: "off", autocapitalize: "none", spellcheck: "false" }));
    go.disabled = true;
    typed.addEventListener("input", () => (go.disabled = typed.value !== word));
    inside.append(make("div", { class: "field" }, make("label", { for: `${id}-word` }, "Type ", make("code", {}, word), " to go on"), typed));
  }
  inside.append(make("div", { class: "row" }, go, back));
  const dialog = /** @type {HTMLDialogElement} */ (make("dialog", { "aria-labelledby": id }, inside));
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
    // Return alone must not do what is asked about.
    if (!word) back.focus();
  });
}
