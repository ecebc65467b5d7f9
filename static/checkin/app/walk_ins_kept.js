// People written down on the spot whom the server does not have yet: on the disk, sealed, until it says that they are
// registered. Each has a number of its own, so that sending one twice never makes two people.
import { gate, server } from "./gate.js";
import { forget, get, namesFrom, put, seal, unseal } from "./store.js";
import { uuid7 } from "./uuid7.js";

const PREFIX = "walk-in:";
const LOST_MS = 30_000; // asked by a page that is gone

/** Write somebody down. ``person``: {full_name, mobile, unit, badge_class, consent_version}. Resolves to the row. */
export async function writeDown(person) {
  const at = Date.now();
  const row = {
    id: uuid7(at),
    stop_id: gate.device.stop.id,
    device_at: at,
    clock_ahead_ms: server.ahead,
    state: "asking", // by the open form; waiting: for the network; refused: by the server, for somebody to decide
    person: await seal(person),
    told: null,
  };
  await put(PREFIX + row.id, row);
  return row;
}

/** Change one as it is now; nothing when it is gone. */
export async function change(id, changed) {
  const row = await get(PREFIX + id);
  if (row) await put(PREFIX + id, { ...row, ...changed });
}

export function remove(id) {
  return forget(PREFIX + id);
}

/** All, oldest first. */
export async function all() {
  const names = await namesFrom(PREFIX);
  return (await Promise.all(names.sort().map(get))).filter(Boolean);
}

/** Those to be sent now. */
export async function toSend() {
  return (await all()).filter((row) => row.stop_id === gate.device?.stop.id && (row.state === "waiting" || (row.state === "asking" && Date.now() - row.device_at > LOST_MS)));
}

/** The server's answer to one. ``alone``: it was written down without a network, and arrived then. Rejects as the server. */
export async function send(row, { alone, patience }) {
  const person = await unseal(row.person);
  const when = alone ? { device_at: new Date(row.device_at).toISOString(), clock_ahead_ms: row.clock_ahead_ms } : {};
  const { body } = await server.call("POST", "/walk-ins", { patience, body: { id: row.id, ...person, ...when } });
  return body;
}
