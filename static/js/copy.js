/** A button with data-copy="text" copies it and says so for two seconds (data-copied is what it says). */
export function copyOnClick() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const words = button.querySelector("[data-copy-words]") ?? button;
    const before = words.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      // No clipboard without https or in some in-app browsers: select the text where it stands instead.
      const shown = document.querySelector(button.dataset.copyFrom ?? "[data-copy-source]");
      if (!shown) return;
      getSelection().selectAllChildren(shown);
      return;
    }
    words.textContent = button.dataset.copied ?? before;
    setTimeout(() => (words.textContent = before), 2000);
  });
}
