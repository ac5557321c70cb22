// Making elements and taking pieces out of pages that came as answers.

/**
 * An element with attributes and children. Texts become text nodes, never markup.
 * @param {string} tag
 * @param {Record<string, string | boolean | undefined>} [attributes] `true` gives an empty one, `false` none
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/**
 * A picture of icons.svg. Its address is taken from a picture that the page already has.
 * @param {string} name
 * @returns {Node}
 */
export function icon(name) {
  const address = document.querySelector("use[href]")?.getAttribute("href")?.split("#")[0];
  if (!address) return document.createTextNode("");
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${address}#${name}`);
  picture.append(use);
  return picture;
}

/**
 * The page in an answer's text. Scripts in it do not run.
 * @param {string} text
 */
export function parse(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

/** The sign-in page, beside the start page that the mark leads to. */
export function signInAddress() {
  const start = document.querySelector("a.brand");
  return start instanceof HTMLAnchorElement ? new URL("sign-in", start.href).href : location.href;
}

/**
 * Reads a text out to who cannot see it change.
 * @param {string} text
 */
export function announce(text) {
  let place = document.getElementById("announced");
  if (!place) {
    place = make("div", { id: "announced", class: "hidden", role: "status" });
    document.body.append(place);
  }
  place.textContent = "";
  // An empty place first: the same words twice would not be read out again.
  setTimeout(() => place.append(text), 50);
}
