// Follows work that goes on: while the page says that it is open, it is fetched again and the part put in its place.

import { parse } from "./page.js";

const EVERY_MS = 2000;

/** @returns {Promise<void>} */
async function look() {
  const present = document.querySelector("[data-progress=open]");
  if (!present) return;
  try {
    const response = await fetch(location.pathname, { credentials: "same-origin" });
    const fresh = response.ok ? parse(await response.text()).querySelector("[data-progress]") : null;
    // The whole page is loaded once it has ended, so that title and buttons are right too.
    if (fresh?.getAttribute("data-progress") === "ended") return location.assign(location.pathname);
    if (fresh) present.replaceWith(document.adoptNode(fresh));
  } catch {
    // Harbor is away for a moment; the next look tells.
  }
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
