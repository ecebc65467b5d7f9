// Where the badge of somebody who was let in comes out. The server tells it with each beat (``place.printing``), so no scan asks.
import { language, words } from "./words.js";

const STALE_MS = 5 * 60_000; // what was scanned longer ago and sent only now is not printed unasked

/** On the answer's card: which desk, or that nobody prints there now. ``hidden``: a kiosk, read by the guest himself. */
export function sayBadge(answer, row, place, hidden) {
  const slot = answer.querySelector("[data-badge]");
  const said = row.let_in && !row.undone && row.direction !== "out" && Date.now() - row.device_at < STALE_MS ? sentence(place, hidden, row.asked) : "";
  slot.textContent = said;
  slot.hidden = !said;
  slot.classList.toggle("is-out-of-order", Boolean(said) && (!row.asked || !place.printing.in_order));
}

/** Above the camera: the same, before anybody is scanned. */
export function showPrinting(place, online) {
  const slot = document.querySelector("[data-printing]");
  const printing = place?.printing;
  const said = !printing || !online ? "" : words(printing.in_order ? "badge.facts" : printing.at.length ? "badge.facts.order" : "badge.facts.nowhere", { desk: desks(printing) });
  if (slot.textContent !== said) slot.textContent = said;
  slot.hidden = !said;
  slot.classList.toggle("is-out-of-order", Boolean(said) && !printing.in_order);
}

function sentence(place, hidden, asked) {
  const printing = place?.printing;
  if (!printing) return "";
  if (!asked) return words("badge.later");
  if (!printing.at.length) return words("badge.nowhere");
  return words(printing.in_order ? (hidden ? "badge.here" : "badge.at") : "badge.order", { desk: desks(printing) });
}

function desks(printing) {
  return printing.at.join(language === "en" ? ", " : "、");
}
