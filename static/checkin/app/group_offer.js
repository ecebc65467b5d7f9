// On the card of one of a delegation: how many others of it have not passed, as far as this device knows.
import { dayCounted } from "../fold.js";
import { people } from "./gate.js";
import { number, words } from "./words.js";

const passedHere = new Map(); // "checkpoint|registration" → id of the scan that let him in here; the list tells of it within a minute

/** Somebody passed here, or what let him in was taken back. */
export function note(row) {
  const key = `${row.checkpoint_id}|${row.registration_id}`;
  if (row.undone) {
    if (passedHere.get(key) === row.id) passedHere.delete(key);
  } else if (row.let_in && row.direction !== "out") passedHere.set(key, row.id);
}

/** When ``person`` of the list has passed ``place`` (ms; true: here, a moment ago), or null. */
export function passedAt(person, place, now = Date.now()) {
  if (passedHere.has(`${place.id}|${person.i}`)) return true;
  const entry = person.p?.[place.id];
  if (!entry || entry.within === false) return null;
  if (entry.day && entry.day !== dayCounted(place.often, now)) return null;
  return Date.parse(entry.at);
}

/** Whether ``row`` stands for the others too: one of the delegation was let in, or is in already. */
function counts(row) {
  return row && !row.undone && row.direction !== "out" && (row.let_in || row.reason === "already_checked_in");
}

/** The button on the card; gone where nobody is left. */
export function offerOthers(answer, row, place) {
  if (row) note(row);
  const button = answer.querySelector("[data-group-open]");
  const left = place && counts(row) ? people.companionsOf(people.person(row.registration_id)).filter((one) => passedAt(one, place) === null).length : 0;
  button.hidden = left === 0;
  button.querySelector("[data-group-left]").textContent = words("group.left", { number: number(left) });
}
