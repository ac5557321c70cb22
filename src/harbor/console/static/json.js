// The viewer of payloads: colours, folding and search. Members come in steps, so that ten thousand of them stay light.

import { copyText } from "./copy.js";
import { read, search } from "./json_text.js";
import { announce, icon, make } from "./page.js";

/** @typedef {import("./json_text.js").Piece} Piece */

const STEP = 200;
const LINES_OPEN_MAX = 120;
const LETTERS_MAX = 2_000;
const HITS_MAX = 1_000;
const HIDING = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** @param {ParentNode} piece */
export function enhance(piece) {
  for (const box of piece.querySelectorAll("[data-json-view]:not(.ready)")) {
    const pre = box.querySelector("pre[data-json]");
    if (box instanceof HTMLElement && pre instanceof HTMLElement) view(box, pre);
  }
}

/** @param {HTMLElement} box @param {HTMLElement} pre */
function view(box, pre) {
  const text = pre.textContent ?? "";
  let top;
  try {
    top = read(text);
  } catch {
    return; // not JSON: it stays as it came
  }
  box.classList.add("ready");
  /** @type {Map<Piece, HTMLElement>} */
  const shown = new Map();
  const budget = { lines: LINES_OPEN_MAX };
  const body = make("div", { class: "json-body", tabindex: "0", role: "region", "aria-label": box.getAttribute("aria-label") ?? "Payload" });
  body.append(branchOrLine(top, shown, budget));
  const find = /** @type {HTMLInputElement} */ (make("input", { type: "search", placeholder: "Find in it", "aria-label": "Find in the payload" }));
  const count = make("span", { role: "status" });
  const plain = make("button", { type: "button", class: "button quiet small", "aria-pressed": "false" }, "As text");
  const copy = /** @type {HTMLButtonElement} */ (make("button", { type: "button", class: "button quiet small" }, icon("copy"), "Copy"));
  copy.addEventListener("click", () => void copyText(text, copy));
  plain.addEventListener("click", () => {
    const isPlain = plain.getAttribute("aria-pressed") !== "true";
    plain.setAttribute("aria-pressed", String(isPlain));
    pre.hidden = !isPlain;
    body.hidden = isPlain;
  });
  finder(find, count, top, shown);
  pre.hidden = true;
  box.prepend(make("div", { class: "json-head" }, find, count, make("span", { class: "row" }, plain, copy)), body);
}

/** @param {HTMLInputElement} find @param {HTMLElement} count @param {Piece} top @param {Map<Piece, HTMLElement>} shown */
function finder(find, count, top, shown) {
  /** @type {Piece[]} */
  let hits = [];
  let at = -1;
  const mark = () => {
    for (const old of document.querySelectorAll(".json .hit")) old.classList.remove("hit");
    count.textContent = !find.value ? "" : hits.length ? `${at + 1} of ${hits.length}${hits.length === HITS_MAX ? " or more" : ""}` : "not found";
    if (!hits.length) return;
    const line = reveal(hits[at], shown);
    line.classList.add("hit");
    line.scrollIntoView({ block: "nearest" });
  };
  find.addEventListener("input", () => {
    hits = find.value ? search(top, find.value, HITS_MAX) : [];
    at = 0;
    mark();
  });
  find.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (!hits.length) return;
    at = (at + (event.shiftKey ? hits.length - 1 : 1)) % hits.length;
    mark();
  });
}

/** @param {Piece} piece @param {Map<Piece, HTMLElement>} shown @param {{lines: number}} budget @returns {HTMLElement} */
function branchOrLine(piece, shown, budget) {
  budget.lines -= 1;
  const name = piece.key === null ? [] : [make("span", { class: "key" }, visible(piece.key)), ": "];
  const [left, right] = piece.kind === "array" ? "[]" : "{}";
  const isBranch = piece.kind === "object" || piece.kind === "array";
  if (!isBranch || !piece.children.length) {
    const line = make("div", { class: "json-line" }, ...name, isBranch ? left + right : value(piece));
    shown.set(piece, line);
    return line;
  }
  const size = piece.children.length;
  const words = `${size.toLocaleString()} ${piece.kind === "array" ? (size === 1 ? "item" : "items") : size === 1 ? "member" : "members"}`;
  const head = make("summary", {}, ...name, left, make("span", { class: "note-text" }, ` ${words} `), right);
  const branch = /** @type {HTMLDetailsElement} */ (make("details", {}, head));
  shown.set(piece, head);
  const fill = () => branch.children.length === 1 && more(piece, branch, shown, budget);
  branch.addEventListener("toggle", () => branch.open && fill());
  if (budget.lines > 0) {
    fill();
    branch.open = true;
  }
  return branch;
}

/** @param {Piece} piece @param {HTMLElement} branch @param {Map<Piece, HTMLElement>} shown @param {{lines: number}} budget */
function more(piece, branch, shown, budget) {
  const from = piece.children.findIndex((child) => !shown.has(child));
  if (from < 0) return;
  const next = piece.children.slice(from, from + STEP).map((child) => branchOrLine(child, shown, budget));
  branch.querySelector(":scope > button")?.remove();
  branch.append(...next);
  const left = piece.children.length - from - next.length;
  if (!left) return;
  const button = make("button", { type: "button", class: "button small" }, `Show ${Math.min(left, STEP)} more of ${left.toLocaleString()}`);
  button.addEventListener("click", () => {
    more(piece, branch, shown, budget);
    announce(`${Math.min(left, STEP)} more are shown`);
    const [first] = piece.children.slice(from + STEP);
    shown.get(first)?.scrollIntoView({ block: "nearest" });
    (branch.querySelector(":scope > button") ?? branch.querySelector("summary"))?.focus({ preventScroll: true });
  });
  branch.append(button);
}

/** @param {Piece} piece @returns {HTMLElement} */
function value(piece) {
  const span = make("span", { class: piece.kind }, visible(piece.text.slice(0, LETTERS_MAX)));
  if (piece.text.length <= LETTERS_MAX) return span;
  const button = make("button", { type: "button", class: "button small" }, `Show all ${piece.text.length.toLocaleString()} letters`);
  button.addEventListener("click", () => {
    span.textContent = visible(piece.text);
    button.remove();
  });
  return make("span", {}, span, " ", button);
}

/** Letters that hide, or turn round what follows, are written as JSON can write them. @param {string} text */
function visible(text) {
  return text.replace(HIDING, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** @param {Piece} piece @param {Map<Piece, HTMLElement>} shown @returns {HTMLElement} */
function reveal(piece, shown) {
  /** @type {Piece[]} */
  const path = [];
  for (let at = piece.parent; at; at = at.parent) path.unshift(at);
  path.push(piece);
  path.slice(0, -1).forEach((above, depth) => {
    const branch = shown.get(above)?.closest("details");
    while (branch && !shown.has(path[depth + 1])) more(above, branch, shown, { lines: 0 });
    if (branch) branch.open = true;
  });
  return /** @type {HTMLElement} */ (shown.get(piece));
}
