// Whether a hand scanner would be heard: it types into whichever window is in front.
import { $, gate } from "./gate.js";
import { words } from "./words.js";

const finePointer = matchMedia("(pointer: fine)").matches;
const signal = $("[data-listening]");

function tell() {
  const listens = document.hasFocus();
  signal.hidden = !finePointer || !gate.device;
  signal.dataset.state = listens ? "ready" : "away";
  signal.textContent = words(listens ? "listening" : "listening.paused");
}

for (const happening of ["focus", "blur", "gate-shown"]) addEventListener(happening, tell);
