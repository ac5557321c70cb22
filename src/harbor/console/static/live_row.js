// One row of the live tail: a template whose marked elements are filled from a frame's JSON, as text only.

import { tell } from "./time.js";

/**
 * A row. data-text, data-title, data-time and data-href name members; dots lead inward.
 * @param {HTMLTemplateElement} template
 * @param {unknown} data
 * @returns {DocumentFragment}
 */
export function row(template, data) {
  const made = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  for (const element of made.querySelectorAll("[data-text], [data-title], [data-time], [data-href]")) {
    const member = (/** @type {string} */ name) => {
      const path = element.getAttribute(name);
      return path === null ? null : text(data, path);
    };
    const [words, title, time, address] = ["data-text", "data-title", "data-time", "data-href"].map(member);
    if (words !== null) element.textContent = words;
    if (title !== null) element.setAttribute("title", title);
    if (time) {
      element.setAttribute("datetime", time);
      element.setAttribute("data-local", "");
      tell(element);
    }
    // Only ways to pages of this server, whatever a frame says.
    if (address && new URL(address, location.href).origin === location.origin) {
      element.setAttribute(element instanceof HTMLTableRowElement ? "data-href" : "href", address);
    }
  }
  return made;
}

/** @param {unknown} data @param {string} path @returns {string} */
function text(data, path) {
  /** @type {unknown} */
  let at = data;
  for (const name of path.split(".")) at = at !== null && typeof at === "object" ? Reflect.get(at, name) : undefined;
  if (at === undefined || at === null) return "";
  return typeof at === "object" ? JSON.stringify(at) : String(at);
}
