// What the organiser ticked to be seen beside name, unit and class, out of the list of this device.
import { people, placeOf } from "./gate.js";

/** [{label, value}] of ``person`` where ``row`` was scanned; of whoever is let in or was before, as the server tells it. */
export function fieldsOf(person, row) {
  const shown = placeOf(row.checkpoint_id)?.fields ?? [];
  if (!person?.f || row.direction === "out" || !(row.let_in || row.reason === "already_checked_in")) return [];
  return people.fields
    .map(({ name, label }, index) => ({ name, label, value: person.f[index] ?? "" }))
    .filter(({ name, value }) => value && shown.includes(name))
    .map(({ label, value }) => ({ label, value }));
}
