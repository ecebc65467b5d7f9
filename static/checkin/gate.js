// The gate: one code after the other goes to the server, and its answer fills the screen.
// Three ways in (camera, hand scanner, typing) lead to one queue; the page stays a plain form without this.
import { tellTimes } from "../js/times.js";
import { Camera } from "./camera.js";
import { AnswerCard } from "./card.js";
import { heardEverywhere } from "./hand_scanner.js";
import { LastScans } from "./last_scans.js";
import { printAtOnce } from "./print_badge.js";
import { Signals } from "./signals.js";
import { newScanId, sendScan, sendUndo } from "./sending.js";

const SAME_CODE_MS = 5000; // a code held before the camera, or fired twice, is one scan

const form = document.querySelector("form[data-gate]");
const codeField = form.querySelector("[data-code]");
const gateField = form.querySelector("[data-gate-name]");
const finePointer = matchMedia("(pointer: fine)").matches;

const signals = new Signals(document.querySelector("[data-sound]"));
const card = new AnswerCard(document.querySelector("[data-card]"), { onClose: refocus, onUndo: undo, onAgain: again });
const scans = new LastScans(document.querySelector("[data-scans]"), document.querySelector("[data-none]"), (entry) =>
  card.show(entry.answer, { entry, stays: true }),
);

const waiting = [];
let sending = false;
const lastSeen = new Map(); // code -> when it was last seen, in ms

/** Takes a code from anywhere. What was seen within the last five seconds is the same scan and is ignored in silence. */
function take(raw) {
  const code = raw.normalize("NFKC").replace(/^[\r\n\t]+|[\r\n\t]+$/g, "");
  if (!code.trim()) return;
  const now = performance.now();
  const before = lastSeen.get(code) ?? -Infinity;
  lastSeen.set(code, now);
  if (now - before < SAME_CODE_MS) return;
  for (const [old, at] of lastSeen) if (now - at > 60_000) lastSeen.delete(old);
  if (!gateField.value.trim()) {
    lastSeen.delete(code);
    gateField.closest("details").open = true;
    gateField.focus();
    return;
  }
  waiting.push({ code, scanId: newScanId() });
  sendNext();
}

async function sendNext() {
  if (sending) return;
  const scan = waiting.shift();
  if (!scan) return;
  sending = true;
  document.body.classList.add("is-sending");
  const answer = await sendScan(form, { ...scan, gate: gateField.value.trim() });
  sending = false;
  document.body.classList.remove("is-sending");
  show(answer, scan);
  sendNext();
}

function show(answer, scan) {
  const result = answer.dataset.result;
  if (result === "unsent") lastSeen.delete(scan.code);
  tellConnection(!("unreachable" in answer.dataset));
  const entry = scans.add(answer, scan);
  card.show(answer, { entry });
  signals.tell(result === "arrived" && answer.dataset.attention ? "attention" : result);
  if (result === "arrived") {
    count(+1);
    printAtOnce(card.element);
  }
}

async function undo(undoForm, entry) {
  const answer = await sendUndo(undoForm);
  const name = entry?.answer.dataset.name ?? "";
  if (answer) {
    card.show(answer, { entry });
    signals.tell("refused");
    return;
  }
  const undone = document.querySelector("#answer-undone").content.firstElementChild.cloneNode(true);
  undone.dataset.name = name;
  undone.dataset.detail = entry?.answer.dataset.detail ?? "";
  undone.querySelector("[data-undone-name]").textContent = name;
  if (entry) {
    lastSeen.delete(entry.scan.code);
    scans.change(entry, undone);
  }
  count(-1);
  card.show(undone, { entry });
}

/** The same scan once more, with its own number: should the first have reached the server after all, it counts once. */
function again(entry) {
  if (!entry) return;
  card.close();
  scans.remove(entry);
  waiting.push(entry.scan);
  sendNext();
}

function count(step) {
  const shown = document.querySelector("[data-arrived]");
  const value = Math.max(0, Number(shown.textContent) + step);
  shown.textContent = String(value);
  document.querySelector("[data-progress]").value = value;
}

// ---- typing, and the hand scanner that types ----
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = codeField.value;
  codeField.value = "";
  take(typed);
  refocus();
});
heardEverywhere(codeField, (code) => {
  codeField.value = "";
  take(code);
});

/** The code field has the focus whenever nothing else needs it; not under a thumb, where a keyboard would jump up. */
function refocus() {
  if (finePointer && !document.querySelector("details[open] :focus")) codeField.focus({ preventScroll: true });
}
refocus();
addEventListener("focus", refocus);

// ---- which gate this is ----
function showGate() {
  for (const shown of document.querySelectorAll("[data-gate-shown]")) if (gateField.value.trim()) shown.textContent = gateField.value.trim();
}
gateField.addEventListener("change", () => {
  showGate(); // the server remembers it with the next scan
  gateField.closest("details").open = !gateField.value.trim();
  refocus();
});
gateField.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  gateField.blur();
  refocus();
});
showGate();

// ---- is anybody listening? ----
const signal = document.querySelector("[data-signal]");
let reachable = true;
function tellConnection(reached = reachable) {
  reachable = reached;
  const state = !navigator.onLine || !reachable ? "offline" : document.hasFocus() || !finePointer ? "ready" : "away";
  signal.hidden = state === "ready" && !finePointer;
  signal.dataset.state = state;
  const says = signal.querySelector("[data-signal-says]");
  const words = { ready: signal.dataset.saysReady, away: signal.dataset.saysAway, offline: signal.dataset.saysOffline }[state];
  if (says.textContent !== words) says.textContent = words;
}
for (const happening of ["online", "offline", "focus", "blur"]) addEventListener(happening, () => tellConnection(happening === "online" ? true : reachable));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refocus();
});
tellConnection();

// ---- the camera ----
new Camera(document.querySelector("[data-camera]"), take);

tellTimes(document.querySelector("[data-scans]"));
addEventListener("keydown", (event) => {
  if (event.key === "Escape") card.close();
});
