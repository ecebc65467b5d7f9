/** A button with data-print prints the page; without this script there is none, and the browser's own menu does it. */
export function printOnClick() {
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}
