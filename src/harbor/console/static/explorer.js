// The API explorer: sends what stands in the form with the key of this tab, and shows the same call in other languages.
import { examples } from "./explorer_examples.js";

const form = document.querySelector("[data-explorer]");
const key = document.getElementById("explorer-key");
const state = document.querySelector("[data-explorer-state]");
const reply = document.querySelector("[data-explorer-reply]");
const REPLY_LENGTH_MAX = 1_000_000;
const KEPT = "harbor.explorer.key"; // in this tab only, so that the next operation need not ask again

/** What the form says: path with its values, query, headers, and the body as text. */
export function request(form) {
  const found = { method: form.dataset.method, path: form.dataset.path, parts: [], query: [], headers: [], body: null };
  for (const box of form.querySelectorAll("[data-in]")) {
    const input = box.querySelector("input, select, textarea");
    const one = { name: box.dataset.name, value: input.value, type: box.dataset.type };
    if (box.dataset.in === "body") found.body = input.value;
    else if (box.dataset.in === "path") {
      found.parts.push(one);
      found.path = found.path.replace(`{${one.name}}`, encodeURIComponent(one.value));
    } else if (one.value !== "") (box.dataset.in === "query" ? found.query : found.headers).push(one);
  }
  return found;
}

/** The address of a request below this server. */
export function address(found) {
  const query = new URLSearchParams(found.query.map(({ name, value }) => [name, value])).toString();
  return found.path + (query ? `?${query}` : "");
}

function shown() {
  const where = document.querySelector("[data-examples]");
  const chosen = where.querySelector("[aria-selected=true]")?.textContent;
  where.replaceChildren(...tabs(examples(request(form), form.dataset, location.origin), chosen));
}

function tabs(texts, chosen) {
  const list = document.createElement("div");
  list.className = "tabs";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", "Languages");
  const panel = document.createElement("div");
  panel.className = "codeblock";
  panel.id = "example-panel";
  panel.setAttribute("role", "tabpanel");
  const head = document.createElement("div");
  head.className = "codeblock-head";
  const copy = document.createElement("button");
  copy.type = "button";
  copy.className = "button quiet small";
  copy.textContent = "Copy";
  const code = document.createElement("pre");
  code.className = "code";
  code.tabIndex = 0;
  const choose = (name) => {
    for (const tab of list.children) {
      const isChosen = tab.textContent === name;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
    }
    code.textContent = texts[name];
    copy.dataset.copy = texts[name];
    panel.setAttribute("aria-label", name);
  };
  for (const name of Object.keys(texts)) {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    tab.textContent = name;
    tab.addEventListener("click", () => choose(name));
    list.append(tab);
  }
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = [...list.children];
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    choose(next.textContent);
    next.focus();
  });
  head.append(copy);
  panel.append(head, code);
  choose(chosen in texts ? chosen : Object.keys(texts)[0]);
  return [list, panel];
}

async function send() {
  const found = request(form);
  const headers = new Headers({ Authorization: `Bearer ${key.value.trim()}` });
  for (const { name, value } of found.headers) headers.set(name, value);
  if (found.body !== null) headers.set("Content-Type", "application/json");
  const started = performance.now();
  const abort = new AbortController();
  const response = await fetch(address(found), {
    method: found.method, headers, body: found.body, credentials: "omit", redirect: "manual", signal: abort.signal,
  });
  const text = form.dataset.streams === undefined ? await response.text() : await beginning(response, abort);
  const milliseconds = Math.round(performance.now() - started);
  document.querySelector("[data-reply-line]").textContent =
    `${response.status} ${response.statusText} · ${milliseconds} ms · ${new Blob([text]).size.toLocaleString()} bytes`;
  document.querySelector("[data-reply-headers]").textContent =
    [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  showBody(text);
  reply.hidden = false;
  reply.focus();
}

/** What a stream sends within five seconds. */
async function beginning(response, abort) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const timer = setTimeout(() => abort.abort(), 5000);
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  } finally {
    clearTimeout(timer);
  }
  return text;
}

function showBody(text) {
  const box = document.querySelector("[data-reply-body]");
  const body = document.createElement("pre");
  body.className = "code";
  body.tabIndex = 0;
  let shownText = text.slice(0, REPLY_LENGTH_MAX);
  try {
    shownText = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // no JSON: shown as it came
  }
  body.textContent = shownText || "No body";
  box.replaceChildren(body);
}

async function makeKey(event) {
  event.preventDefault();
  const maker = event.currentTarget;
  const response = await fetch(maker.action, { method: "POST", body: new URLSearchParams(new FormData(maker)) });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const secret = page.querySelector(".secret-text")?.textContent;
  if (secret) {
    keep(secret);
    state.textContent = "You have a key for an hour.";
    form.querySelector("input, select, textarea, button")?.focus();
  } else {
    state.textContent = page.querySelector("[data-error]")?.textContent.trim() || "Harbor did not answer.";
  }
}

function keep(secret) {
  key.value = secret;
  sessionStorage.setItem(`${KEPT}.${document.documentElement.dataset.environment}`, secret);
}

if (form) {
  key.value = sessionStorage.getItem(`${KEPT}.${document.documentElement.dataset.environment}`) ?? "";
  key.addEventListener("change", () => keep(key.value.trim()));
  document.querySelector("[data-explorer-make]")?.addEventListener("submit", makeKey);
  form.addEventListener("input", shown);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!key.value.trim()) {
      state.textContent = "Paste a secret key first, or make one for an hour.";
      key.focus();
      return;
    }
    const button = form.querySelector("[data-send]");
    button.disabled = true;
    state.textContent = "Sending";
    try {
      await send();
      state.textContent = "";
    } catch (error) {
      state.textContent = `Harbor did not answer: ${error.message}`;
    } finally {
      button.disabled = false;
    }
  });
  shown();
}
