// The code field has the focus whenever nothing else needs it, and the screen stays on as long as this is a gate.
import { $, gate } from "./gate.js";

const finePointer = matchMedia("(pointer: fine)").matches;
let awake = null;

/** Not under a thumb, where a keyboard would jump up. */
export function refocus() {
  if (finePointer && gate.device && !$("dialog[open]")) $("[data-code]").focus({ preventScroll: true });
}

/** Whether the browser has promised to keep the screen on. */
export function isAwake() {
  return awake?.released === false;
}

/** Also with a hand scanner and the camera off. */
export async function stayAwake() {
  if (!gate.device || isAwake()) return;
  try {
    awake = await navigator.wakeLock?.request("screen");
  } catch {
    // The screen may go dark by itself then; nothing else suffers.
  }
}

addEventListener("focus", refocus);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  refocus();
  stayAwake();
});
