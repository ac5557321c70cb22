// Buttons that copy: data-copy holds the text, data-copy-from stands in a block whose <pre> is copied.

import { announce } from "./page.js";

/** Takes over all such buttons, also those that come later. */
export function start() {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-copy], [data-copy-from]") : null;
    if (!(button instanceof HTMLButtonElement)) return;
    const text = button.dataset.copy ?? button.closest(".codeblock")?.querySelector("pre")?.textContent ?? "";
    void copyText(text, button);
  });
}

/**
 * Copies a text and says on the button, and aloud, whether it worked.
 * @param {string} text
 * @param {HTMLButtonElement} button
 */
export async function copyText(text, button) {
  const isCopied = await write(text);
  const word = isCopied ? "Copied" : "Not copied: select the text and copy it yourself";
  announce(word);
  const use = button.querySelector("use");
  const before = use?.getAttribute("href");
  if (use && before && !before.endsWith("#done")) {
    use.setAttribute("href", before.replace(/#.*/, isCopied ? "#done" : "#warning"));
    setTimeout(() => use.setAttribute("href", before), 2000);
  }
  const label = [...button.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
  if (label && !button.dataset.said) {
    const words = label.textContent;
    button.dataset.said = "true";
    label.textContent = isCopied ? "Copied" : "Not copied";
    setTimeout(() => {
      label.textContent = words;
      delete button.dataset.said;
    }, 2000);
  }
}

/** @param {string} text */
async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writeByHand(text); // over plain HTTP there is no clipboard
  }
}

/** @param {string} text */
function writeByHand(text) {
  const area = document.createElement("textarea");
  const focused = document.activeElement;
  area.value = text;
  area.className = "hidden";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
