// The chosen look, set before anything is painted. Not a module: modules wait for the page and it would flash.
try {
  const look = localStorage.getItem("harbor.look");
  if (look === "light" || look === "dark") document.documentElement.dataset.look = look;
} catch {
  // Storage may be forbidden; then the look is the system's.
}
