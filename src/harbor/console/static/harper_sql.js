// The SQL editor: Ctrl and Enter run, Tab stays the browser's, and what was run is kept in this browser.

import { make } from "./page.js";

const KEPT_MAX = 20;
const LENGTH_MAX = 20_000;
const SHOWN_LETTERS = 160;
// Sandbox and production keep their own.
const KEY = `harbor.sql.${document.documentElement.dataset.environment ?? ""}`;

/** @returns {string[]} the newest first */
function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((each) => typeof each === "string").slice(0, KEPT_MAX) : [];
  } catch {
    return []; // storage may be forbidden, or hold what another program wrote
  }
}

/** @param {string[]} statements */
function keep(statements) {
  try {
    localStorage.setItem(KEY, JSON.stringify(statements.slice(0, KEPT_MAX)));
  } catch {
    // Then there is no history.
  }
}

/** @returns {HTMLTextAreaElement | null} */
function editor() {
  return document.querySelector("#statement textarea");
}

/** Shows what was run before, in the page as it is now. */
function show() {
  const section = document.querySelector("[data-sql-history]");
  const list = document.querySelector("[data-sql-list]");
  for (const words of document.querySelectorAll("[data-sql-keys]")) words.removeAttribute("hidden");
  if (!(section instanceof HTMLElement) || !list) return;
  const statements = kept();
  section.hidden = statements.length === 0;
  list.replaceChildren(
    ...statements.map((statement) => {
      const short = statement.replace(/\s+/g, " ").slice(0, SHOWN_LETTERS);
      const button = make("button", { type: "button", class: "button quiet small statement", title: "Put it into the editor" }, make("code", {}, short));
      button.addEventListener("click", () => {
        const area = editor();
        if (!area) return;
        area.value = statement;
        area.focus();
      });
      return make("li", {}, button);
    }),
  );
}

document.addEventListener("keydown", (event) => {
  const area = editor();
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || document.activeElement !== area) return;
  event.preventDefault();
  const run = area?.form?.querySelector("button[value=run]");
  if (run instanceof HTMLButtonElement && !run.disabled) area?.form?.requestSubmit(run);
});

document.addEventListener("submit", (event) => {
  const statement = editor()?.value.trim();
  if (!(event.target instanceof HTMLFormElement) || event.target.id !== "statement" || !statement || statement.length > LENGTH_MAX) return;
  keep([statement, ...kept().filter((each) => each !== statement)]);
});

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || !event.target.closest("[data-sql-forget]")) return;
  keep([]);
  show();
});

// The result takes the place of the page's main part, so what is shown is put into the new one.
new MutationObserver(() => {
  const list = document.querySelector("[data-sql-list]");
  if (list && !list.childElementCount) show();
}).observe(document.body, { childList: true, subtree: true });
show();
