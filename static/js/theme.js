// Light or dark, before the first paint: this file is loaded in the head and must stay tiny.
// The choice (light, dark, auto) is kept on this device; auto follows the system.
(() => {
  const root = document.documentElement;
  root.dataset.scripted = ""; // what only scripts can undo is hidden only for those who have them
  const system = matchMedia("(prefers-color-scheme: dark)");
  let choice = "auto";

  function paint() {
    const dark = choice === "dark" || (choice === "auto" && system.matches);
    root.dataset.bsTheme = dark ? "dark" : "light";
    root.dataset.themeChoice = choice;
  }

  try {
    choice = localStorage.getItem("theme") || "auto";
  } catch {
    // Storage may be closed to us (private window): the system's wish is good enough.
  }
  paint();
  system.addEventListener?.("change", paint);
  addEventListener("theme-chosen", (event) => {
    choice = event.detail;
    try {
      localStorage.setItem("theme", choice);
    } catch {
      // Kept for this page only.
    }
    paint();
  });
})();
