// The navigation of small screens, and menus by keyboard. Menus are <details>, so they open without this too.

/** Takes over the drawer and all menus. */
export function start() {
  const button = document.querySelector("[data-drawer]");
  const nav = button ? document.getElementById(button.getAttribute("data-drawer") ?? "") : null;
  if (button instanceof HTMLElement && nav) drawer(button, nav);
  const current = nav?.querySelector("[aria-current]");
  if (current && nav && current instanceof HTMLElement && current.offsetTop > nav.clientHeight) current.scrollIntoView({ block: "center" });
  for (const menu of document.querySelectorAll("details.menu")) if (menu instanceof HTMLDetailsElement) sheet(menu);
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (event.target instanceof Node && !menu.contains(event.target)) menu.removeAttribute("open");
    }
  });
}

/** @param {HTMLElement} button @param {HTMLElement} nav */
function drawer(button, nav) {
  const others = () => [...document.querySelectorAll(".top, .band, .banner, main, .aside, .skip")];
  const open = () => {
    nav.classList.add("open");
    button.setAttribute("aria-expanded", "true");
    for (const other of others()) other.setAttribute("inert", "");
    const first = nav.querySelector("[aria-current]") ?? nav.querySelector("summary, a");
    if (first instanceof HTMLElement) first.focus();
  };
  const close = (isReturning = true) => {
    if (!nav.classList.contains("open")) return;
    nav.classList.remove("open");
    button.setAttribute("aria-expanded", "false");
    for (const other of others()) other.removeAttribute("inert");
    if (isReturning) button.focus();
  };
  button.addEventListener("click", open);
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
  document.addEventListener("pointerdown", (event) => {
    if (event.target instanceof Node && !nav.contains(event.target)) close(false);
  });
  matchMedia("(width >= 56rem)").addEventListener("change", () => close(false));
}

/** @param {HTMLDetailsElement} menu */
function sheet(menu) {
  const summary = menu.querySelector("summary");
  const stops = () =>
    /** @type {HTMLElement[]} */ ([...menu.querySelectorAll(".sheet :is(a, input, button)")]).filter((stop) => stop.offsetParent !== null);
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      summary?.focus();
      event.stopPropagation();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const isRadio = event.target instanceof HTMLInputElement && event.target.type === "radio";
    if (!step || isRadio) return; // arrows choose among radio buttons
    event.preventDefault();
    menu.open = true;
    const all = stops();
    const now = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    all[(now + step + all.length + (now < 0 && step < 0 ? 1 : 0)) % all.length]?.focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  const find = menu.querySelector("[data-narrow]");
  if (!(find instanceof HTMLInputElement)) return;
  menu.addEventListener("toggle", () => menu.open && find.focus());
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    for (const item of menu.querySelectorAll("li")) item.hidden = !item.textContent?.toLowerCase().includes(wanted);
  });
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") menu.querySelector("li:not([hidden]) a")?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  });
}
