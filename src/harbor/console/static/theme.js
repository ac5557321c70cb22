// The switch between the system's look, light and dark. What is chosen stays in this browser.

const KEY = "harbor.look";

/** @param {string} look "system", "light" or "dark" */
function choose(look) {
  const root = document.documentElement;
  if (look === "system") delete root.dataset.look;
  else root.dataset.look = look;
  try {
    if (look === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, look);
  } catch {
    // Storage may be forbidden; then the choice lasts for this page.
  }
}

/** Shows the switch and follows it, also when it is turned in another tab. */
export function start() {
  const box = document.querySelector("[data-look-switch]");
  if (!(box instanceof HTMLFieldSetElement)) return;
  const show = () => {
    const now = document.documentElement.dataset.look ?? "system";
    for (const input of box.querySelectorAll("input")) input.checked = input.value === now;
  };
  box.hidden = false;
  show();
  box.addEventListener("change", (event) => {
    if (event.target instanceof HTMLInputElement) choose(event.target.value);
  });
  addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    choose(event.newValue === "light" || event.newValue === "dark" ? event.newValue : "system");
    show();
  });
}
