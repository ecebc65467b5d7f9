// The card that fills the screen: colour by result, a shrinking bar until it goes, a tap to send it away. One that wants
// attention stays until it is noted, or the next ticket is scanned.
const SECONDS = { arrived: 5, left: 4, already: 12, refused: 15, undone: 4, noted: 6, unsent: null };

export class AnswerCard {
  constructor(element, { onClose, onUndo, onAgain }) {
    this.element = element;
    this.words = element.querySelector("[data-card-words]");
    this.bar = element.querySelector("[data-card-clock]");
    this.onClose = onClose;
    this.clock = null;
    this.entry = null;

    element.addEventListener("click", (event) => {
      if (event.target.closest("[data-again]")) onAgain(this.entry);
      else if (event.target.closest("[data-card-close]") || !event.target.closest("a, button, form")) {
        event.preventDefault();
        this.close();
      }
    });
    element.addEventListener("submit", (event) => {
      const form = event.target.closest("[data-undo]");
      if (!form) return;
      event.preventDefault();
      onUndo(form, this.entry);
    });
    // Whoever reads with a finger on it, or walks to the undo with the keyboard, is not hurried.
    element.addEventListener("pointerdown", () => this.clock?.pause());
    element.addEventListener("pointerup", () => this.clock?.play());
    element.addEventListener("pointercancel", () => this.clock?.play());
    element.addEventListener("focusin", () => this.clock?.pause());
    element.addEventListener("focusout", () => this.clock?.play());
  }

  show(answer, { entry = null, stays = false, longest = Infinity } = {}) {
    const result = answer.dataset.result;
    this.entry = entry;
    this.words.replaceChildren(answer.cloneNode(true));
    this.element.className = `card-over card-${result}`;
    this.element.hidden = false;
    this.clock?.cancel();
    this.clock = null;
    const seconds = stays || answer.dataset.attention ? null : SECONDS[result];
    if (!seconds && longest === Infinity) return;
    const clock = this.bar.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], Math.min(seconds ?? Infinity, longest) * 1000);
    clock.onfinish = () => this.close();
    this.clock = clock;
  }

  close() {
    if (this.element.hidden) return;
    this.clock?.cancel();
    this.clock = null;
    this.element.hidden = true;
    this.onClose();
  }
}
