// A file that is chosen goes into the form's text: small ones where they can be read, larger ones beside it.

import { announce, make } from "./page.js";

const READABLE_BYTES_MAX = 256 * 1024;
const SHOWN_LETTERS = 2_000;

/** Shows the way to choose a file, which without scripts leads nowhere. */
function start() {
  for (const box of document.querySelectorAll("[data-file-into]")) {
    const input = box.querySelector("input[type=file]");
    if (!(box instanceof HTMLElement) || !(input instanceof HTMLInputElement)) continue;
    box.hidden = false;
    input.addEventListener("change", () => void take(box, input));
    void take(box, input); // one may be chosen before this script was there
  }
}

/** @param {HTMLElement} box @param {HTMLInputElement} input */
async function take(box, input) {
  const file = input.files?.[0];
  const form = box.closest("form");
  const name = box.dataset.fileInto ?? "";
  const area = form?.querySelector(`textarea#f-${CSS.escape(name)}`);
  const told = box.querySelector("[data-file-told]");
  if (!file || !form || !(area instanceof HTMLTextAreaElement) || !told) return;
  const bytesMax = Number(box.dataset.bytesMax);
  if (file.size > bytesMax) {
    input.value = "";
    say(told, `${file.name} has ${file.size.toLocaleString()} bytes; at most ${bytesMax.toLocaleString()} can be sent.`);
    return;
  }
  const text = await file.text();
  form.querySelector("[data-file-text]")?.remove();
  const isLarge = file.size > READABLE_BYTES_MAX;
  area.readOnly = isLarge;
  area.value = isLarge ? `${text.slice(0, SHOWN_LETTERS)}\n…` : text;
  // A text area of megabytes stops the browser at each key, so then it shows the beginning and another field is sent.
  if (isLarge) {
    area.removeAttribute("name");
    const whole = /** @type {HTMLInputElement} */ (make("input", { type: "hidden", name, "data-file-text": true }));
    whole.value = text;
    form.append(whole);
  } else {
    area.name = name;
  }
  say(told, `${file.name}, ${file.size.toLocaleString()} bytes.${isLarge ? " Its beginning is shown below." : ""}`);
}

/** @param {Element} place @param {string} text */
function say(place, text) {
  place.textContent = text;
  announce(text);
}

start();
