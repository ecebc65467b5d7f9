// Who may pass a checkpoint, and when: checkin/rules.py, line by line, for a device on its own.
// tests/checkin/test_rules_in_the_browser.py lets both answer the same random cases.
import { dayCounted } from "./fold.js";

const GOOD_FOR_MS = 60_000; // a code that changes: registrations/moving_code.py
const TOO_EARLY_MS = 30_000;

/**
 * Why ``holder`` may not pass at ``at`` (ms): the refusal's code, or null when he may.
 *
 * ``checkpoint`` is as the server tells it, and ``stop``: {id, cancelled, ends_at, moving_codes}. ``holder``: {stop_id, state, badge_class,
 * least_serial, chose, has_arrived, ticket}; ``ticket`` null for a code that was typed, else as in ofTheTicket. Whether he has passed already and whether there is room is not asked here.
 */
export function objection(checkpoint, stop, holder, at) {
  if (stop.cancelled) return "stop_cancelled";
  if (holder.stop_id !== stop.id) return "not_for_this_stop";
  const badTicket = ofTheTicket(stop, holder, at);
  if (badTicket) return badTicket;
  if (holder.state !== "confirmed") return "not_confirmed";
  if (checkpoint.ended_at && at >= Date.parse(checkpoint.ended_at)) return "checkpoint_closed";
  if (checkpoint.opens_at && at < Date.parse(checkpoint.opens_at)) return "not_open_yet";
  if (checkpoint.closes_at && at >= Date.parse(checkpoint.closes_at)) return "checkpoint_closed";
  if (checkpoint.badge_classes.length && !checkpoint.badge_classes.includes(holder.badge_class)) return "not_for_this_class";
  if (checkpoint.programme_item_id !== null && !holder.chose) return "not_chosen";
  if (checkpoint.after_arrival && !holder.has_arrived) return "not_arrived_yet";
  return null;
}

/**
 * What stands against the ticket itself, well signed as it is, at ``at`` (ms): the refusal's code or null.
 *
 * ``ticket``: {serial, good_through, issued_at, key_ends_at, key_withdrawn_at, replaced_at}, moments in ms or null.
 */
export function ofTheTicket(stop, { ticket, least_serial }, at) {
  if (!ticket) return null;
  if (ticket.key_withdrawn_at !== null && at >= ticket.key_withdrawn_at) return "ticket_key_withdrawn";
  if (ticket.key_ends_at !== null && at >= ticket.key_ends_at) return "ticket_key_ended";
  if (ticket.serial < least_serial && (ticket.replaced_at === null || at >= ticket.replaced_at)) return "ticket_reissued";
  const day = dayCounted("daily", at);
  if (day > ticket.good_through && day > dayCounted("daily", Date.parse(stop.ends_at))) return "ticket_expired";
  if (ticket.issued_at !== null && !(at >= ticket.issued_at - TOO_EARLY_MS && at < ticket.issued_at + GOOD_FOR_MS)) return "ticket_stale";
  if (ticket.issued_at === null && stop.moving_codes === "only") return "paper_not_taken";
  return null;
}
