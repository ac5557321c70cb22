// The live tail: rows from a stream, the newest on top. What comes faster than anybody reads is counted, not shown.

import { icon, make, parse, signInAddress } from "./page.js";
import { follow } from "./sse.js";
import { row } from "./live_row.js";

const FLUSH_MS = 250;
const ROWS_A_FLUSH = 25; // a hundred rows a second
const WAIT_MS_MIN = 1_000;
const WAIT_MS_MAX = 30_000;

/** @param {ParentNode} piece */
export function enhance(piece) {
  for (const box of piece.querySelectorAll("[data-stream]:not(.ready)")) if (box instanceof HTMLElement) tail(box);
}

/** @param {HTMLElement} box */
function tail(box) {
  const rows = box.querySelector("[data-rows]");
  const template = box.querySelector("template[data-row]");
  if (!rows || !(template instanceof HTMLTemplateElement)) return;
  box.classList.add("ready");
  const most = Number(box.dataset.rowsMax ?? 200);
  /** @type {unknown[]} */
  let waiting = [];
  let missed = 0;
  let isPaused = false;
  let isRead = false;
  let status = /** @type {[string, string, string]} */ (["", "wait", "Connecting"]);
  const missedWords = box.querySelector("[data-live-missed]");
  const show = screen(box);

  const flush = () => {
    const isHeld = isPaused || isRead;
    show(isHeld && status[0] === "on" ? ["off", "idle", isPaused ? `Paused, ${held()}` : `Held while you read, ${held()}`] : status);
    if (missedWords) missedWords.textContent = missed ? `${missed.toLocaleString()} not shown` : "";
    if (isHeld || !waiting.length) return;
    const now = waiting.slice(-ROWS_A_FLUSH);
    missed += waiting.length - now.length;
    waiting = [];
    rows.prepend(...now.reverse().map((data) => row(template, data)));
    while (rows.children.length > most) rows.lastElementChild?.remove();
    box.querySelector("[data-live-empty]")?.remove();
  };
  const held = () => (waiting.length === 1 ? "1 waits" : `${waiting.length.toLocaleString()} wait`);

  const button = box.querySelector("[data-live-pause]");
  button?.addEventListener("click", () => {
    isPaused = !isPaused;
    button.setAttribute("aria-pressed", String(isPaused));
    button.textContent = isPaused ? "Go on" : "Pause";
    flush();
  });
  // A row must not move away under the hand or the focus that is on it.
  const reading = () => (isRead = rows.matches(":hover") || rows.contains(document.activeElement));
  for (const kind of ["pointerenter", "pointerleave", "focusin"]) rows.addEventListener(kind, reading);
  rows.addEventListener("focusout", () => setTimeout(reading));

  const stop = new AbortController();
  const timer = setInterval(() => {
    if (box.isConnected) return flush();
    clearInterval(timer);
    stop.abort();
  }, FLUSH_MS);
  void keep(box.dataset.stream ?? "", stop.signal, {
    status: (words) => {
      status = words;
      flush();
    },
    frame: (frame) => {
      if (frame.type === "sampled") missed += Number(JSON.parse(frame.data).count) || 0;
      else waiting.push(JSON.parse(frame.data));
      if (waiting.length > most) missed += waiting.splice(0, waiting.length - most).length;
    },
  });
}

/**
 * Follows a stream, and comes back when it breaks: after one second, then two, then four, at most thirty.
 * @param {string} address
 * @param {AbortSignal} signal
 * @param {{status: (words: [string, string, string]) => void, frame: (frame: import("./sse.js").Frame) => void}} on
 */
async function keep(address, signal, on) {
  let wait = WAIT_MS_MIN;
  let lastId = "";
  while (!signal.aborted) {
    try {
      const open = () => {
        wait = WAIT_MS_MIN;
        on.status(["on", "ok", "Live"]);
      };
      const end = await follow(address, lastId, signal, { open, frame: on.frame });
      lastId = end.lastId;
      if (end.status === 401) return on.status(["off", "warning", "Your session has ended. Sign in again."]);
      const words = parse(end.text).querySelector("[data-error]")?.textContent?.trim();
      const isFinal = end.status >= 400 && end.status < 500 && end.status !== 429;
      if (isFinal) return on.status(["off", "warning", words ?? `Harbor refused this (status ${end.status}).`]);
      if (words) on.status(["off", "warning", words]);
    } catch {
      if (signal.aborted) return;
    }
    // Up to a fifth later: a thousand open pages must not come back in the same moment.
    const pause = wait * (1 + Math.random() / 5);
    on.status(["off", "warning", `The connection is lost; trying again in ${Math.ceil(pause / 1000)} s`]);
    await new Promise((resolve) => setTimeout(resolve, pause));
    wait = Math.min(wait * 2, WAIT_MS_MAX);
    on.status(["", "wait", "Connecting"]);
  }
}

/** @param {HTMLElement} box @returns {(status: [string, string, string]) => void} */
function screen(box) {
  const place = box.querySelector("[data-live-state]");
  return ([look, picture, words]) => {
    if (!place || place.getAttribute("data-words") === words) return;
    place.setAttribute("data-words", words);
    place.className = `live-state ${look}`;
    // Counts that go on are not read out; where the stream stands is.
    place.setAttribute("aria-live", /\d/.test(words) && look === "off" && picture === "idle" ? "off" : "polite");
    place.replaceChildren(icon(`state-${picture}`), words);
    if (words.startsWith("Your session")) place.append(" ", make("a", { href: signInAddress() }, "Sign in"));
  };
}
