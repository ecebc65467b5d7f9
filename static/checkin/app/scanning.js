// One scan after the other: the server is asked; without an answer the device decides. Every scan is on the disk before
// its colour is on the screen.
import { counts as inTheFold, decide } from "./decide.js";
import { $, gate, people, place, server, sync, tabs } from "./gate.js";
import { seenOf, shown, slate } from "./results.js";
import { seenJustNow } from "./same_code.js";
import { PATIENCE_MS, Refused, Unreachable } from "./server.js";
import { changeScan, decideAndKeep, keepScan, scansOf, seal } from "./store.js";
import { uuid7 } from "./uuid7.js";

const waiting = [];
let scanning = false;

/** A code from anywhere; ``since``: when it can have come into view, by performance.now(). */
export function take(raw, way, since = performance.now()) {
  if (!gate.device) return;
  const code = raw.normalize("NFKC").replace(/^[\r\n\t]+|[\r\n\t]+$/g, "");
  if (!code.trim()) return;
  if ($("[data-before-doors]").open) seenJustNow(code, way); // it was tried: held on, it is not scanned as the page closes
  if ($("dialog[open]")) return dispatchEvent(new CustomEvent("gate-tried", { detail: { code, way } }));
  if (seenJustNow(code, way)) return;
  waiting.push({ code, since });
  next();
}

/** Somebody whom a supervisor has found by name goes the way of a scanned ticket. */
export function admit(registrationId) {
  const code = `#${registrationId}`;
  if (!gate.device || seenJustNow(code, "chosen")) return;
  waiting.push({ code, registration_id: registrationId, since: performance.now() });
  next();
}

/**
 * One of the same delegation as the holder of the ticket ``code`` (null: a supervisor needs none). ``tell(row, seen, scan)`` and
 * ``untold(why, message, scan)`` take the place of the card.
 */
export function admitCompanion(registrationId, code, tell, untold) {
  waiting.push({ code: `#${registrationId}`, ticket: code, registration_id: registrationId, since: performance.now(), tell, untold });
  next();
}

async function next() {
  if (scanning) return;
  scanning = true;
  document.body.classList.add("is-sending");
  for (let scan = waiting.shift(); scan; scan = waiting.shift()) {
    try {
      await scanned(scan);
    } catch (error) {
      console.error(error);
      untold("unsent.broken", "", scan);
    }
  }
  scanning = false;
  document.body.classList.remove("is-sending");
}

async function scanned(scan) {
  const at = place();
  if (!at) return untold("unsent.no_place", "", scan);
  const byName = scan.registration_id !== undefined;
  const [whose, sealedCode] = byName ? [people.whoseNumber(scan.registration_id), scan.ticket ? await seal(scan.ticket) : null] : await Promise.all([people.whose(scan.code), seal(scan.code)]);
  const fresh = () => freshRow(at, whose, sealedCode, byName);
  const row = fresh();
  let unanswered = null;
  if (server.online) {
    const answer = await ask(row, scan);
    if (answer === "told") return;
    if (answer) return told(answer.row, answer.seen, scan);
    unanswered = row;
  }
  if (!people.holds) return untold("unsent.no_list", "", scan);
  if (byName && !whose.person) return untold("unsent.not_held", "", scan);
  const alone = unanswered ? fresh() : row;
  const decided = await decideAlone(alone, whose, at);
  told(decided.row, decided.seen, scan);
}

function told(row, seen, scan) {
  (scan.tell ?? shown)(row, seen, scan);
}

function untold(why, message, scan) {
  (scan.untold ?? slate)(why, message, scan);
}

function freshRow(at, whose, code, byName) {
  const deviceAt = Date.now();
  return {
    id: uuid7(deviceAt),
    checkpoint_id: at.id,
    registration_id: whose.registration_id,
    stop_id: whose.stop_id, // null: this one
    direction: at.often === "in_and_out" ? gate.direction : "in",
    device_at: deviceAt,
    clock_ahead_ms: server.ahead,
    at: deviceAt + server.ahead,
    let_in: false,
    reason: null,
    asked: false,
    undone: false,
    undo: "none",
    verdict: null,
    kept_at: null,
    code, // sealed; null where somebody was found by name; a companion's is the ticket of the one he came with
    by_name: byName,
    state: "asking",
  };
}

/** Ask the server. Null: it did not answer in time, and the question is to count for nothing should it have arrived. */
async function ask(row, scan) {
  await keepScan(row);
  try {
    const { body } = await server.call("POST", "/scans", {
      patience: PATIENCE_MS,
      body: {
        id: row.id,
        checkpoint_id: row.checkpoint_id,
        direction: row.direction,
        ...(row.by_name ? { registration_id: row.registration_id, code: scan.ticket ?? undefined } : { code: scan.code }),
      },
    });
    const seen = { ...body, first: body.first && { ...body.first, at: Date.parse(body.first.at) } };
    const told = { ...row, let_in: body.let_in, reason: body.reason, asked: true, at: Date.parse(body.at), state: "kept", kept_at: server.now(), shown: await seal(seen) };
    await keepScan(told);
    return { row: told, seen };
  } catch (error) {
    if (error instanceof Refused) {
      await changeScan(row.id, { state: "abandoned", kept_at: server.now() });
      if (error.status === 401) sync.now();
      untold("unsent.broken", error.message, scan);
      return "told";
    }
    if (!(error instanceof Unreachable)) throw error;
    await changeScan(row.id, { state: "abandoned", undo: "pending", kept_at: Infinity });
    return null;
  }
}

async function decideAlone(row, whose, at) {
  const door = people.arrivalId;
  const arrivedHere =
    at.after_arrival && door !== null && whose.registration_id !== null
      ? (await scansOf(door, whose.registration_id)).some((one) => one.let_in && !one.undone && inTheFold(one, people))
      : false;
  const stop = { ...gate.device.stop, cancelled: Boolean(gate.device.stop.cancelled_at) || people.isCancelled };
  let decided;
  const kept = await decideAndKeep(at.id, whose.registration_id, at.capacity !== null, (local) => {
    decided = decide({ whose, checkpoint: at, stop, people, local, arrivedHere, direction: row.direction, at: row.at });
    return { ...row, state: "pending", let_in: decided.let_in, reason: decided.reason, first: decided.first, within: decided.within };
  });
  sync.count();
  tabs?.postMessage("scan");
  return { row: kept, seen: seenOf(kept, whose.person) };
}
