// Counts on the clock of a timer that runs. Without it the page shows the time at which it was loaded.

/** @param {number} seconds @returns {string} `1:05:09` */
function word(seconds) {
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

// The server counts: the clock of this machine only says how much later it is.
const loaded = performance.now();

function tell() {
  for (const element of document.querySelectorAll("[data-timer]")) {
    element.textContent = word(Number(element.getAttribute("data-timer")) + Math.floor((performance.now() - loaded) / 1_000));
  }
}

tell();
setInterval(tell, 1_000);
