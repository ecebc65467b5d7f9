// What the office wants the gate to know of somebody: a band on the card, which then stays until it is noted.
import { placeOf } from "./gate.js";

/** The note about ``person`` of the list, where the checkpoint of ``row`` shows notes to whoever lets people in. */
export function attentionTo(person, row) {
  return row.direction !== "out" && placeOf(row.checkpoint_id)?.shows_notes !== false ? (person?.a ?? null) : null;
}

/** Put ``note`` on the card; "" or null: nothing. */
export function attend(answer, note) {
  const band = answer.querySelector("[data-attention]");
  band.hidden = !note;
  if (!note) return;
  answer.dataset.attention = note;
  band.querySelector("[data-attention-says]").textContent = note;
}
