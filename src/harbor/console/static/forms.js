// Forms are sent without leaving the page, so that what was typed survives every failure.

import { confirmed } from "./confirm.js";
import { clear, show } from "./form_errors.js";
import { parse, signInAddress } from "./page.js";

/** @typedef {{message: string, field?: string, code?: string, link?: {href: string, text: string}, more?: {message: string, field?: string}[]}} Trouble */

// An answer that is lost says nothing of what was done, and a second event is one too many.
const SILENT = "Harbor did not answer. What you typed is still here. Perhaps Harbor is restarting: look whether this arrived, then try again.";
const ENDED = "Your session has ended. Sign in in another tab, then send this again.";

/** @type {WeakSet<HTMLFormElement>} */
const underWay = new WeakSet();

/**
 * Takes over all forms marked data-live, also those that come later.
 * @param {(piece: ParentNode) => void} enhance wakes a new piece of page
 */
export function start(enhance) {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches("form[method=post][data-live]")) return;
    event.preventDefault();
    if (underWay.has(form)) return;
    underWay.add(form);
    try {
      if (await confirmed(form, event.submitter)) await send(form, event.submitter, enhance);
    } finally {
      underWay.delete(form);
    }
  });
  // A page that comes back from the browser's memory shows its buttons as they were when it was left: disabled.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} button
 * @param {(piece: ParentNode) => void} enhance
 */
async function send(form, button, enhance) {
  clear(form);
  const large = tooLarge(form);
  if (large) return show(form, large);
  let isLeaving = false;
  let body = content(form, button); // before the buttons are disabled: a disabled one is left out
  const free = busy(form, button);
  try {
    let response = await post(form, button, body);
    let text = response.redirected ? "" : await response.text();
    if (response.status === 403 && trouble(response, text).code === "form_token_wrong" && (await renewToken())) {
      body = content(form, button);
      response = await post(form, button, body);
      text = response.redirected ? "" : await response.text();
    }
    if (response.redirected) {
      isLeaving = true;
      location.assign(response.url);
    } else if (response.ok) {
      replaceMain(text, enhance);
    } else {
      free();
      show(form, trouble(response, text));
    }
  } catch {
    free();
    show(form, { message: SILENT });
  } finally {
    if (!isLeaving) free();
  }
}

/**
 * What is sent: as the form would send itself, so with its files if it says multipart.
 * @param {HTMLFormElement} form @param {HTMLElement | null} button
 */
function content(form, button) {
  const all = new FormData(form);
  const isFree = button instanceof HTMLButtonElement && !button.disabled;
  if (isFree && button.name) all.append(button.name, button.value);
  if (form.enctype === "multipart/form-data") return all;
  const pairs = new URLSearchParams();
  for (const [name, value] of all) if (typeof value === "string") pairs.append(name, value);
  return pairs;
}

/**
 * The first file that is larger than its input takes: it would be refused after all of it was sent.
 * @param {HTMLFormElement} form @returns {Trouble | null}
 */
function tooLarge(form) {
  for (const input of form.querySelectorAll("input[type=file][data-bytes-max]")) {
    const most = Number(/** @type {HTMLInputElement} */ (input).dataset.bytesMax);
    for (const file of /** @type {HTMLInputElement} */ (input).files ?? []) {
      if (file.size <= most) continue;
      const field = input.getAttribute("name") ?? undefined;
      return { message: `${file.name} has ${file.size.toLocaleString()} bytes; at most ${most.toLocaleString()} can be sent.`, field };
    }
  }
  return null;
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} button @param {URLSearchParams | FormData} body */
function post(form, button, body) {
  // The attribute, not the property: a field named "action" would stand in for it.
  const address = button?.getAttribute("formaction") ?? form.getAttribute("action") ?? location.href;
  return fetch(address, { method: "POST", body, credentials: "same-origin", headers: { Accept: "text/html" } });
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} pressed @returns {() => void} frees the buttons again, once */
function busy(form, pressed) {
  const outside = form.id ? [...document.querySelectorAll(`button[form="${CSS.escape(form.id)}"]`)] : [];
  const buttons = /** @type {HTMLButtonElement[]} */ ([...form.querySelectorAll("button:not([type=button])"), ...outside]);
  const before = buttons.map((button) => ({ button, wasDisabled: button.disabled, nodes: [...button.childNodes] }));
  for (const { button } of before) {
    button.disabled = true;
    if (button !== (pressed ?? buttons[0])) continue;
    button.setAttribute("aria-busy", "true");
    button.replaceChildren(`${button.dataset.busy ?? "Sending"} …`);
  }
  return () => {
    for (const { button, wasDisabled, nodes } of before.splice(0)) {
      button.disabled = wasDisabled;
      button.removeAttribute("aria-busy");
      button.replaceChildren(...nodes);
    }
  };
}

/** @param {Response} response @param {string} text @returns {Trouble} */
function trouble(response, text) {
  const [main, ...more] = [...parse(text).querySelectorAll("[data-error]")].map((element) => ({
    message: element.textContent?.trim() ?? "",
    field: element.getAttribute("data-field") ?? undefined,
    code: element.getAttribute("data-code") ?? undefined,
  }));
  if (response.status === 401 && (!main || main.code === "session_ended")) {
    return { message: ENDED, code: "session_ended", link: { href: signInAddress(), text: "Sign in" } };
  }
  if (main?.message) return { ...main, more };
  if (response.status === 503) return { message: "Harbor is not ready to take this now. Try again in a minute." };
  if (response.status === 413) return { message: "This is larger than Harbor takes." };
  return { message: `Harbor refused this without saying why (status ${response.status}). Try again.` };
}

/** After a new sign-in in another tab the forms here carry the old session's token. @returns {Promise<boolean>} whether there is a new one */
async function renewToken() {
  const page = parse(await (await fetch(location.href, { credentials: "same-origin" })).text());
  const token = page.querySelector("input[name=_token]")?.getAttribute("value");
  // Only for the same person: nobody sends a form that somebody else has filled in.
  const who = (/** @type {Document} */ of) => of.querySelector(".who")?.textContent?.replace(/\s+/g, " ");
  if (!token || who(page) !== who(document)) return false;
  for (const input of document.querySelectorAll("input[name=_token]")) input.setAttribute("value", token);
  return true;
}

/** @param {string} text @param {(piece: ParentNode) => void} enhance */
function replaceMain(text, enhance) {
  const page = parse(text);
  const [now, next] = [document.querySelector("main"), page.querySelector("main")];
  if (!now || !next) return location.reload();
  now.replaceWith(document.adoptNode(next));
  document.title = page.title || document.title;
  enhance(next);
  const first = next.querySelector("[data-focus]") ?? next.querySelector("h1") ?? next;
  if (first instanceof HTMLElement) first.focus();
  scrollTo(0, 0);
}
