// Moments in the person's zone: words for what is recent, date and hour for the rest, the exact UTC on hover.

const DAY_MS = 86_400_000;
const REFRESH_MS = 30_000;
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "long" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const SHORT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
/** @type {Record<string, Intl.DateTimeFormat>} */
const TICKS = {
  hour: new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" }),
  second: new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  day: new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" }),
  month: new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric" }),
};

/** Keeps the words for what is recent up to date. */
export function start() {
  setInterval(() => enhance(document), REFRESH_MS);
}

/** @param {ParentNode} piece */
export function enhance(piece) {
  for (const element of piece.querySelectorAll("time[data-local]")) tell(element);
  for (const tick of piece.querySelectorAll("[data-tick]")) {
    const at = new Date(tick.getAttribute("data-tick") ?? "");
    const form = TICKS[tick.getAttribute("data-form") ?? "hour"];
    if (form && !Number.isNaN(at.getTime())) tick.textContent = form.format(at);
  }
}

/**
 * Writes an element's moment. `data-local="exact"` always gives date, hour, minute and second.
 * @param {Element} element with `datetime`
 */
export function tell(element) {
  const utc = element.getAttribute("datetime") ?? "";
  const at = new Date(utc);
  if (Number.isNaN(at.getTime())) return;
  const isExact = element.getAttribute("data-local") === "exact";
  const words = isExact ? FULL.format(at) : recent(at) ?? SHORT.format(at);
  // The node is kept when nothing changed, so that a selection in it is kept too.
  if (element.textContent !== words) element.textContent = words;
  element.setAttribute("title", `${utc} (UTC)\n${FULL.format(at)} (here)`);
}

/**
 * @param {Date} at
 * @returns {string | null} `null` for what is further away than a day
 */
function recent(at) {
  const seconds = (at.getTime() - Date.now()) / 1000;
  const distance = Math.abs(seconds);
  if (distance * 1000 > DAY_MS) return null;
  if (distance < 45) return RELATIVE.format(Math.round(seconds), "second");
  if (distance < 45 * 60) return RELATIVE.format(Math.round(seconds / 60), "minute");
  return RELATIVE.format(Math.round(seconds / 3600), "hour");
}
