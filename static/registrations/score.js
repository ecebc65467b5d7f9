// Scoring by keyboard: digits give the points of the marked line and go on to the next; Enter keeps.
// Without this file the points are plain radio buttons.

const form = document.querySelector("[data-score]");
const lines = [...(form?.querySelectorAll("[data-score-row]") ?? [])];
let at = 0;

function mark(number) {
  at = Math.max(0, Math.min(number, lines.length - 1));
  lines.forEach((line, one) => line.classList.toggle("is-here", one === at));
}

function give(points) {
  const radio = lines[at].querySelector(`input[value="${points}"]`);
  radio.checked = true;
  radio.focus();
  if (at < lines.length - 1) {
    mark(at + 1);
    (lines[at].querySelector("input:checked") ?? lines[at].querySelector("input")).focus();
  }
}

if (form && lines.length) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea, input:not([type=radio]), summary, a")) return;
    if (/^[0-9]$/.test(event.key)) give(event.key === "0" ? 10 : Number(event.key));
    else if (event.key.toLowerCase() === "z") give(0);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      mark(at + (event.key === "ArrowDown" ? 1 : -1));
      (lines[at].querySelector("input:checked") ?? lines[at].querySelector("input")).focus();
    } else if (event.key === "Enter" && !event.target.matches("button")) form.requestSubmit();
    else return;
    event.preventDefault();
  });
  lines.forEach((line, number) => line.addEventListener("focusin", () => mark(number)));
  mark(Math.max(0, lines.findIndex((line) => !line.querySelector("input:checked"))));
  if (!document.querySelector(".flashes [role=alert], [data-error-summary]")) lines[at].querySelector("input").focus({ preventScroll: true });
}
