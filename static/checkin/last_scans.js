// The last eight scans in sight; a tap opens the card again.
import { relative } from "../js/times.js";

const KEPT = 8;

export class LastScans {
  constructor(list, none, onOpen) {
    this.list = list;
    this.none = none;
    this.onOpen = onOpen;
  }

  add(answer, scan, at = new Date()) {
    const entry = { answer, scan, at };
    entry.row = document.querySelector("#scan-row").content.firstElementChild.cloneNode(true);
    entry.row.querySelector("button").addEventListener("click", () => this.onOpen(entry));
    this.#fill(entry);
    this.list.prepend(entry.row);
    while (this.list.children.length > KEPT) this.list.lastElementChild.remove();
    this.none.hidden = true;
    return entry;
  }

  change(entry, answer) {
    entry.answer = answer;
    this.#fill(entry);
  }

  remove(entry) {
    entry.row.remove();
  }

  #fill({ answer, scan, row, at }) {
    const { result, name, word, detail } = answer.dataset;
    row.className = `scan scan-${result}`;
    row.querySelector(".scan-mark").replaceChildren(document.querySelector(`#mark-${result}`).content.cloneNode(true));
    row.querySelector("b").textContent = name || word;
    // Without a name the end of the code tells one scan from another.
    row.querySelector(".scan-words > span").textContent = [name && result !== "arrived" ? word : "", detail || `…${scan.code.slice(-6)}`].filter(Boolean).join(" · ");
    const time = row.querySelector("time");
    time.dateTime = at.toISOString();
    time.textContent = relative(at.getTime());
  }
}
