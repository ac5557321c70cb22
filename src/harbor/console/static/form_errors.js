// Where a refused form says what is wrong: a summary above it, and a line at the field, tied together for readers.

import { icon, make } from "./page.js";

/**
 * Takes away what an earlier try has left.
 * @param {HTMLFormElement} form
 */
export function clear(form) {
  for (const summary of document.querySelectorAll(".summary")) {
    if (form.contains(summary) || summary.getAttribute("data-of") === "one") summary.remove();
  }
  for (const line of form.querySelectorAll(".wrong")) line.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    const left = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && !id.endsWith("-error"));
    if (left.length) field.setAttribute("aria-describedby", left.join(" "));
    else field.removeAttribute("aria-describedby");
  }
}

/**
 * Says what is wrong, marks the fields, and puts the focus where it can be mended.
 * @param {HTMLFormElement} form
 * @param {import("./forms.js").Trouble} trouble
 */
export function show(form, trouble) {
  const words = make("div", {}, make("p", {}, trouble.message));
  if (trouble.link) {
    words.append(make("p", {}, make("a", { href: trouble.link.href, target: "_blank", rel: "noopener" }, `${trouble.link.text} (opens a new tab)`)));
  }
  for (const other of trouble.more ?? []) words.append(make("p", {}, other.message));
  // A form of one button stands in a row or a corner, where a sentence has no room.
  const isOne = form.matches(".one, .inline");
  const summary = make("div", { class: "summary", role: "alert", tabindex: "-1", "data-of": isOne ? "one" : undefined }, icon("state-bad"), words);
  const head = document.querySelector("main > .head");
  if (isOne && head) head.after(summary);
  else form.prepend(summary);

  const fields = [trouble, ...(trouble.more ?? [])].map((one) => mark(form, one)).filter((field) => field !== null);
  const target = fields[0] ?? summary;
  target.focus();
  target.scrollIntoView({ block: "nearest" });
}

/**
 * @param {HTMLFormElement} form
 * @param {{message: string, field?: string}} one
 * @returns {HTMLElement | null} the field that is meant
 */
function mark(form, one) {
  const field = one.field ? find(form, one.field) : null;
  if (!field) return null;
  const box = field.closest(".field, .check") ?? field.parentElement;
  for (let part = field.closest("details"); part; part = part.parentElement?.closest("details") ?? null) part.open = true;
  const id = `${field.id || `f-${one.field}`}-error`;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", [id, field.getAttribute("aria-describedby")].filter(Boolean).join(" "));
  box?.append(make("p", { class: "wrong", id }, icon("state-bad"), one.message));
  return field;
}

/**
 * The field of a dotted path: `filters.0.type` may be a field of that name, or part of one named `filters`.
 * @param {HTMLFormElement} form
 * @param {string} path
 * @returns {HTMLElement | null}
 */
function find(form, path) {
  for (let name = path; name; name = name.replace(/[.[]?[^.[]*$/, "")) {
    const named = `[name="${CSS.escape(name)}"]:not([type=hidden])`;
    const field = form.querySelector(named) ?? (form.id ? document.querySelector(`${named}[form="${CSS.escape(form.id)}"]`) : null);
    if (field instanceof HTMLElement) return field;
  }
  return null;
}
