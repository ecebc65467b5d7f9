// Who may pass a checkpoint, and when: checkin/rules.py, line by line, for a device on its own.
// tests/checkin/test_rules_in_the_browser.py lets both answer the same random cases.

/**
 * Why ``holder`` may not pass at ``at`` (ms): the refusal's code, or null when he may.
 *
 * ``checkpoint`` is as the server tells it, and ``stop``: {id, cancelled}. ``holder``: {stop_id, state, badge_class,
 * chose, has_arrived}. Whether he has passed already and whether there is room is not asked here.
 */
export function objection(checkpoint, stop, holder, at) {
  if (stop.cancelled) return "stop_cancelled";
  if (holder.stop_id !== stop.id) return "not_for_this_stop";
  if (holder.state !== "confirmed") return "not_confirmed";
  if (checkpoint.ended_at && at >= Date.parse(checkpoint.ended_at)) return "checkpoint_closed";
  if (checkpoint.opens_at && at < Date.parse(checkpoint.opens_at)) return "not_open_yet";
  if (checkpoint.closes_at && at >= Date.parse(checkpoint.closes_at)) return "checkpoint_closed";
  if (checkpoint.badge_classes.length && !checkpoint.badge_classes.includes(holder.badge_class)) return "not_for_this_class";
  if (checkpoint.programme_item_id !== null && !holder.chose) return "not_chosen";
  if (checkpoint.after_arrival && !holder.has_arrived) return "not_arrived_yet";
  return null;
}
