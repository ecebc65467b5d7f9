// What a scan came to, shown: the card that fills the screen, the last eight, sound and shake; and taken back from there.
import { tellTimes } from "../../js/times.js";
import { AnswerCard } from "../card.js";
import { LastScans } from "../last_scans.js";
import { Signals } from "../signals.js";
import { answerOf, resultOf, unsent } from "./answers.js";
import { attentionTo } from "./attention.js";
import { fieldsOf } from "./fields.js";
import { refocus } from "./focus.js";
import { $, gate, people, placeOf, server, sync } from "./gate.js";
import { isKiosk } from "./looks.js";
import { answered } from "./measure.js";
import { mayBeSeenAgain } from "./same_code.js";
import { PATIENCE_MS, Refused } from "./server.js";
import { changeScan, keepScan, lastScans, seal, unseal } from "./store.js";
import { words } from "./words.js";

const UNDO_MS = 15 * 60_000;
const LAST = 8;

export const signals = new Signals($("[data-sound]"));
export const card = new AnswerCard($("[data-card]"), { onClose: refocus, onUndo: (_form, entry) => undo(entry), onAgain: () => card.close() });
const scans = new LastScans($("[data-scans]"), $("[data-none]"), (entry) => card.show(entry.answer, { entry, stays: true }));
const entries = new Map(); // scan id → its line

sync.addEventListener("scan", (event) => retell(event.detail));
addEventListener("keydown", (event) => {
  if (event.key === "Escape") card.close();
});
tellTimes($("[data-scans]"));

/** What is shown of a scan that the device decided: out of the list, so that no name lies beside the scan. */
export function seenOf(row, person) {
  return {
    name: person?.n ?? "",
    unit: person?.u ?? "",
    badge_class: person?.c ?? "",
    state: person?.s ?? "",
    attention: attentionTo(person, row),
    fields: fieldsOf(person, row),
    first: row.first ?? null,
    within: row.within ?? null,
    stop: people.otherStop(row.stop_id),
  };
}

/** A line among the last scans. */
export function lineOf(row, seen, scan) {
  const answer = answerOf(row, seen, placeOf(row.checkpoint_id), { hidden: isKiosk(), undo: true });
  const entry = scans.add(answer, { code: scan.code, row, seen });
  entries.set(row.id, entry);
  for (const [id, line] of entries) if (!line.row.isConnected) entries.delete(id);
  return entry;
}

/** The card, the line among the last scans, the sound. ``scan``: {code, since}. */
export function shown(row, seen, scan) {
  const entry = lineOf(row, seen, scan);
  const { answer } = entry;
  card.show(answer, { entry, longest: isKiosk() ? 6 : Infinity });
  answered(scan.since, row.asked);
  const result = resultOf(row);
  signals.tell(result === "arrived" && seen.attention && !isKiosk() ? "attention" : result);
}

/** Slate as well: somebody was written down and waits to be registered. */
export function noted(row, person) {
  const answer = unsent("noted", words("noted.why"), { result: "noted", name: isKiosk() ? "" : person.full_name });
  const entry = scans.add(answer, { code: row.id, row: null, seen: null });
  entries.set(row.id, entry);
  card.show(answer, { entry });
  signals.tell("left");
}

/** Somebody who was registered on the spot: ``walkIn`` as written down, ``body`` the server's answer. ``late``: nobody waits for the card. */
export async function registered(walkIn, body, { late = false } = {}) {
  const seen = { ...body, first: null };
  const row = {
    id: walkIn.id,
    checkpoint_id: gate.device?.checkpoints.find((one) => one.kind === "arrival")?.id ?? null,
    registration_id: body.registration_id,
    direction: "in",
    device_at: walkIn.device_at,
    clock_ahead_ms: walkIn.clock_ahead_ms,
    at: Date.parse(body.at),
    let_in: true,
    reason: null,
    asked: true,
    undone: false,
    undo: "none",
    verdict: null,
    code: null,
    by_name: true,
    state: "kept",
    kept_at: server.now(),
    shown: await seal(seen),
  };
  await keepScan(row);
  const standing = entries.get(row.id);
  if (standing) {
    standing.scan = { code: row.id, row, seen };
    return retell(row);
  }
  if (!late) shown(row, seen, { code: row.id, since: performance.now() });
}

/** A scan was taken back at the server: should it be one of ours, it follows. */
export async function takenBack(scanId) {
  const changed = await changeScan(scanId, { undone: true, undo: "kept" });
  if (changed) retell(changed);
}

/** Slate: nothing was recorded. ``why`` is a key of the words; ``message`` says it better. */
export function slate(why, message, scan) {
  mayBeSeenAgain(scan.code);
  const answer = unsent(why, message);
  card.show(answer, { stays: true, longest: isKiosk() ? 8 : Infinity });
  signals.tell("unsent");
}

/** Take back what ``entry`` is about; the card says so. */
export async function undo(entry) {
  const { row } = entry?.scan ?? {};
  if (!row || row.undone) return;
  if (server.now() - row.at > UNDO_MS && gate.device?.role !== "supervise") return slate("undo.late", "", entry.scan);
  let now = { undone: true, undo: "pending" };
  if (row.asked && server.online) {
    try {
      await server.call("POST", `/scans/${row.id}/undo`, { patience: PATIENCE_MS });
      now.undo = "kept";
    } catch (error) {
      if (error instanceof Refused) return slate("undo.refused", error.message, entry.scan);
    }
  }
  const changed = await changeScan(row.id, now);
  if (!changed) return;
  mayBeSeenAgain(entry.scan.code);
  retell(changed);
  card.show(entry.answer, { entry });
  sync.now();
}

/** A line of the last scans follows what became of its scan. */
function retell(row) {
  const entry = entries.get(row.id);
  if (!entry) return;
  entry.scan.row = row;
  scans.change(entry, answerOf(row, entry.scan.seen, placeOf(row.checkpoint_id), { hidden: isKiosk(), undo: true }));
}

/** After a reload the last eight stand where they stood. */
export async function recall() {
  for (const row of (await lastScans(LAST)).reverse()) {
    const seen = (await unseal(row.shown)) ?? seenOf(row, people.person(row.registration_id));
    const at = placeOf(row.checkpoint_id);
    const entry = scans.add(answerOf(row, seen, at, { hidden: isKiosk(), undo: true }), { code: row.id, row, seen }, new Date(row.device_at));
    entries.set(row.id, entry);
  }
}
