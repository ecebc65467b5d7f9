// A scan decided by the device alone: the same rule and the same fold as on the server, over what this device can know.
import { dayCounted, fold } from "../fold.js";
import { objection, ofTheTicket } from "../rules.js";

const LISTED = "00000000-0000-7000-8000-000000000000"; // the entry that the list tells of sorts before the device's own

/**
 * ``whose`` of People.whose(); ``local``: rows of scans made here at this checkpoint, of this ticket or of all;
 * ``arrivedHere``: this device has let the holder in at the door. Pure.
 * Gives {let_in, reason, first: {at, gate} | null, within: {number, most} | null}.
 */
export function decide({ whose, checkpoint, stop, people, local, arrivedHere, direction, at }) {
  if (stop.cancelled) return no("stop_cancelled"); // its list is empty: nobody would be known
  if (whose.registration_id === null) return no("unknown_code");
  const person = whose.person;
  const stopId = person ? stop.id : (whose.stop_id ?? stop.id); // who has moved here still has the ticket of there
  const holder = holderOf(whose, stopId, checkpoint, people, arrivedHere);
  if (!person && stopId === stop.id) {
    // The signature alone speaks for somebody who registered after the list was made.
    if (people.isRevoked(whose.registration_id)) return no("ticket_revoked");
    const badTicket = ofTheTicket(stop, holder, at);
    if (badTicket) return no(badTicket);
    if (checkpoint.badge_classes.length || checkpoint.programme_item_id !== null || checkpoint.after_arrival) return no("not_on_this_list");
  }
  if (person && people.isRevoked(whose.registration_id) && person.s === "confirmed") return no("ticket_revoked");
  const refusal = objection(checkpoint, stop, holder, at);
  if (refusal) return no(refusal);

  const folded = foldWith(whose.registration_id, checkpoint, people, local);
  if (checkpoint.often === "in_and_out" && direction === "out") return folded.by === null ? no("was_not_within") : yes();
  const before = checkpoint.often === "in_and_out" ? folded.by : (folded.entries.get(dayCounted(checkpoint.often, at)) ?? null);
  if (before !== null) return { ...no("already_checked_in"), first: whereWas(before, whose, checkpoint, local) };
  if (checkpoint.capacity === null) return yes();
  const number = howMany(checkpoint, people, local, at);
  if (number >= checkpoint.capacity) return { ...no("no_room_within"), within: { number, most: checkpoint.capacity } };
  return { ...yes(), within: { number: number + 1, most: checkpoint.capacity } };
}

function holderOf({ registration_id, person, ticket }, stopId, checkpoint, people, arrivedHere) {
  const least_serial = people.leastSerial(registration_id);
  if (!person) return { stop_id: stopId, state: "confirmed", badge_class: "", least_serial, chose: false, has_arrived: false, ticket };
  return {
    stop_id: stopId,
    least_serial,
    ticket,
    state: person.s,
    badge_class: person.c,
    chose: person.x.includes(checkpoint.programme_item_id),
    has_arrived: arrivedHere || people.hasArrived(person),
  };
}

/** What the list tells and what was scanned here and is not in the list yet, in one fold. */
function foldWith(registrationId, checkpoint, people, local) {
  const listed = people.person(registrationId)?.p?.[checkpoint.id];
  const scans = local.filter((row) => row.registration_id === registrationId && counts(row, people));
  const known = listed && listed.within !== false ? [{ id: LISTED, at: Date.parse(listed.at), let_in: true, direction: "in", undone: false }] : [];
  return fold(checkpoint.often, [...known, ...scans]);
}

/** A scan that the server kept before the list was asked for is in the list, with whatever came of it elsewhere. */
export function counts(row, people) {
  return !["asking", "abandoned", "aside"].includes(row.state) && !(row.state === "kept" && row.kept_at < (people.asOf ?? 0));
}

function whereWas(id, whose, checkpoint, local) {
  if (id !== LISTED) {
    const row = local.find((scan) => scan.id === id);
    return { at: row.at, gate: null };
  }
  const { at, gate } = whose.person.p[checkpoint.id];
  return { at: Date.parse(at), gate };
}

function howMany(checkpoint, people, local, at) {
  const day = dayCounted(checkpoint.often, at);
  let number = people.within(checkpoint.id, day);
  for (const registrationId of new Set(local.filter((row) => row.registration_id !== null).map((row) => row.registration_id))) {
    const isIn = (rows) => {
      const folded = foldWith(registrationId, checkpoint, people, rows);
      return checkpoint.often === "in_and_out" ? folded.by !== null : folded.entries.has(day);
    };
    number += Number(isIn(local)) - Number(isIn([]));
  }
  return number;
}

function yes() {
  return { let_in: true, reason: null, first: null, within: null };
}

function no(reason) {
  return { let_in: false, reason, first: null, within: null };
}
