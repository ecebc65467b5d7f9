/** Buttons with data-theme-choice="light|dark|auto" choose the theme. */
export function offerThemes() {
  const buttons = [...document.querySelectorAll("[data-theme-choice]")].filter((node) => node !== document.documentElement);
  const show = () => {
    const chosen = document.documentElement.dataset.themeChoice || "auto";
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen));
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      dispatchEvent(new CustomEvent("theme-chosen", { detail: button.dataset.themeChoice }));
      show();
    });
  }
  show();
}
