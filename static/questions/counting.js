/** How many characters are left of a text (data-most), said near the end only, so that nobody counts too early. */
export function countCharacters(form) {
  for (const field of form.querySelectorAll("textarea[data-most], input[data-most]")) {
    const most = Number(field.dataset.most);
    const line = document.createElement("p");
    line.className = "characters-left";
    line.setAttribute("aria-live", "polite");
    field.after(line);
    const words = form.dataset.charactersLeft;
    const tell = () => {
      const used = [...field.value.trim()].length;
      const left = most - used;
      line.textContent = field.tagName === "TEXTAREA" || left <= 40 ? words.replace("{number}", left) : "";
      line.classList.toggle("is-over", left < 0);
    };
    field.addEventListener("input", tell);
    field.addEventListener("put", tell);
    tell();
  }
}
