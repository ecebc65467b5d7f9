/** Moves the mark "now" along a programme while the page stays open, and offers the way to it. */
const EVERY = 20_000;

function mark() {
  const now = Date.now();
  let current = null;
  for (const item of document.querySelectorAll("[data-begins]")) {
    const phase = now >= Date.parse(item.dataset.ends) ? "past" : now >= Date.parse(item.dataset.begins) ? "now" : "to-come";
    item.classList.toggle("is-past", phase === "past");
    item.classList.toggle("is-now", phase === "now");
    item.classList.toggle("is-to-come", phase === "to-come");
    if (phase === "now") item.setAttribute("aria-current", "time");
    else item.removeAttribute("aria-current");
    const word = item.querySelector("[data-now]");
    if (word) word.hidden = phase !== "now";
    if (phase === "now") current ??= item;
  }
  for (const way of document.querySelectorAll("[data-jump-to-now]")) way.hidden = current === null;
  return current;
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-jump-to-now]")) return;
  const current = mark();
  if (!current) return;
  event.preventDefault();
  current.scrollIntoView({ block: "center" });
  current.tabIndex = -1;
  current.focus({ preventScroll: true });
});
mark();
setInterval(mark, EVERY);
