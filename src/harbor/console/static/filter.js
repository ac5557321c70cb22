// Forms that ask for a list send themselves when something changes; the rest of the page and the focus stay.

import { clear, show } from "./form_errors.js";
import { announce, parse } from "./page.js";

const TYPING_MS = 350;

/**
 * Takes over all forms marked data-filter. What changes stands in elements marked data-results, in the same order.
 * @param {(piece: ParentNode) => void} enhance wakes a new piece of page
 */
export function start(enhance) {
  /** @type {number | undefined} */
  let timer;
  /** @type {AbortController | undefined} */
  let running;

  let sent = location.href;
  const released = watchPointer();

  /** @param {HTMLFormElement} form */
  const send = async (form) => {
    clearTimeout(timer);
    const address = addressOf(form);
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    clear(form);
    const places = [...document.querySelectorAll("[data-results]")];
    for (const place of places) place.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(address, { credentials: "same-origin", signal });
      const page = parse(await response.text());
      await released();
      if (signal.aborted) return; // another list was asked for meanwhile
      const refusal = page.querySelector("[data-error]");
      if (refusal) {
        for (const place of places) place.removeAttribute("aria-busy");
        show(form, { message: refusal.textContent?.trim() ?? "", field: refusal.getAttribute("data-field") ?? undefined });
        return;
      }
      const fresh = [...page.querySelectorAll("[data-results]")];
      // A sign-in page, or another page than this: the browser shows it as a whole.
      if (!response.ok || !places.length || fresh.length !== places.length) return location.assign(address);
      sent = address;
      places.forEach((place, at) => place.replaceWith(document.adoptNode(fresh[at])));
      fresh.forEach(enhance);
      history.replaceState(null, "", address);
      announce(told(fresh));
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      for (const place of places) place.removeAttribute("aria-busy");
      announce("Harbor did not answer. The list is as it was.");
    }
  };

  document.addEventListener("submit", (event) => {
    if (!(event.target instanceof HTMLFormElement) || !event.target.matches("form[data-filter]")) return;
    event.preventDefault();
    void send(event.target);
  });
  // Only `input`: leaving a field tells of a change too, in the same moment in which a link of the list is being pressed.
  document.addEventListener("input", (event) => {
    const field = event.target;
    const form = field instanceof HTMLElement ? field.closest("form[data-filter]") : null;
    if (!(form instanceof HTMLFormElement)) return;
    clearTimeout(timer);
    timer = setTimeout(() => addressOf(form) !== sent && void send(form), isTyped(field) ? TYPING_MS : 0);
  });
}

/** @param {EventTarget | null} field */
function isTyped(field) {
  return field instanceof HTMLInputElement && !["checkbox", "radio"].includes(field.type);
}

/**
 * Keeps an eye on the pointer.
 * @returns {() => Promise<void>} waits until nothing is pressed: what is under the pointer must still stand there when it is let go
 */
function watchPointer() {
  let isDown = false;
  /** @type {(() => void)[]} */
  const waiting = [];
  const up = () => {
    isDown = false;
    for (const go of waiting.splice(0)) go();
  };
  addEventListener("pointerdown", () => (isDown = true), { capture: true });
  // The click comes after the pointer has gone up, so a list is replaced one turn later.
  for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => setTimeout(up), { capture: true });
  return () => (isDown ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve());
}

/** @param {HTMLFormElement} form */
function addressOf(form) {
  const address = new URL(form.getAttribute("action") || location.href, location.href);
  const pairs = new URLSearchParams();
  // Empty fields are left out, so that addresses stay short enough to be sent to somebody.
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && value) pairs.append(name, value);
  address.search = pairs.toString();
  return address.href;
}

/** @param {Element[]} places */
function told(places) {
  const rows = places.flatMap((place) => [...place.querySelectorAll("tbody > tr")]).length;
  return rows === 1 ? "1 row" : `${rows} rows`;
}
