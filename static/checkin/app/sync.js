// What goes on beneath the scanning: a beat that feels for the server, the list renewed, scans sent until they are kept.
import { Refused, Unreachable } from "./server.js";
import { changeScan, counts, forgetKept, scansIn, undosWaiting, unseal } from "./store.js";

const BEAT_MS = 5000; // online; a revoked device knows within this
const FEEL_MS = 3000; // offline
const LIST_MS = 60_000;
const MOST = 500; // scans in one upload, as the server takes
const LAST = 8;
const LOST_MS = 30_000; // a question that was never answered and whose page is gone

export class Sync extends EventTarget {
  #timer = 0;
  #busy = false;
  #listAt = -Infinity;

  constructor(server, people) {
    super();
    this.server = server;
    this.people = people;
    this.also = []; // what else is to be sent: functions that reject as the server
    this.gate = null; // {onDevice(D), onRevoked()}, set by joining.js
    this.numbers = { pending: 0, aside: 0, undo: 0 };
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => document.hidden || this.now());
    server.addEventListener("change", () => server.online && this.now());
  }

  start() {
    this.#listAt = -Infinity;
    this.now();
  }

  stop() {
    clearTimeout(this.#timer);
    this.server.token = null;
  }

  /** Do all of it at once, or as soon as what is under way is done. */
  now() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#beat(), 0);
  }

  /** Renew the list though it is young. */
  renew() {
    this.#listAt = -Infinity;
    this.now();
  }

  async count() {
    this.numbers = await counts();
    this.dispatchEvent(new Event("change"));
  }

  async #beat() {
    if (this.#busy || !this.server.token) return;
    this.#busy = true;
    try {
      const { body } = await this.server.call("GET", `/device?${this.#said()}`, { patience: 4000 });
      await this.gate.onDevice(body.device);
      await this.#upload();
      for (const send of this.also) await send();
      await this.#renewList();
    } catch (error) {
      if (error instanceof Refused && error.status === 401) await this.#revoked();
      else if (!(error instanceof Unreachable || error instanceof Refused)) console.error(error);
    } finally {
      this.#busy = false;
      if (this.people.isOverAt(this.server.now())) await this.people.wipe();
      await this.count();
      clearTimeout(this.#timer);
      if (this.server.token) this.#timer = setTimeout(() => this.#beat(), this.server.online ? BEAT_MS : FEEL_MS);
    }
  }

  /** What the organiser's page shows of this device. */
  #said() {
    const said = new URLSearchParams({ pending: this.numbers.pending + this.numbers.undo });
    if (this.people.holds) said.set("held_at", new Date(this.people.checkedAt).toISOString());
    return said;
  }

  async #renewList() {
    if (performance.now() - this.#listAt < LIST_MS) return;
    const asOf = this.server.now();
    const { status, body, etag } = await this.server.call("GET", "/bundle", { patience: 20_000, etag: this.people.etag ?? undefined });
    this.#listAt = performance.now();
    if (status === 304) await this.people.stillTrueAt(asOf);
    else await this.people.keep(body, etag, asOf);
    await forgetKept(this.people.asOf, LAST);
  }

  /** One tab of this device sends; sending twice would change nothing, only cost. */
  async #upload() {
    if (!navigator.locks) return this.#send();
    await navigator.locks.request("gate-upload", { ifAvailable: true }, (mine) => mine && this.#send());
  }

  async #send() {
    for (const row of await scansIn("asking", MOST)) {
      // Nobody has seen a colour for it: should it have reached the server, it is to count for nothing.
      if (Date.now() - row.device_at > LOST_MS) await changeScan(row.id, { state: "abandoned", undo: "pending", kept_at: Infinity });
    }
    for (;;) {
      const scans = await scansIn("pending", MOST);
      const undos = (await undosWaiting(MOST)).filter((row) => row.state !== "pending" || scans.some((scan) => scan.id === row.id));
      if (!scans.length && !undos.length) return;
      const before = scans.length + undos.length;
      const done = await this.#sendThese(scans, undos);
      await this.count();
      if (done === 0 || before < MOST) return;
    }
  }

  /** How many are off our hands. A batch that is refused as a whole is halved until the one it was refused for is alone. */
  async #sendThese(scans, undos) {
    let body;
    try {
      ({ body } = await this.server.call("POST", "/scans/batch", {
        patience: 20_000,
        body: { scans: await Promise.all(scans.map(upload)), undone: undos.map((row) => row.id) },
      }));
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 401) throw error;
      if (scans.length > 1) {
        const half = scans.length >> 1;
        return (await this.#sendThese(scans.slice(0, half), undos)) + (await this.#sendThese(scans.slice(half), []));
      }
      if (scans.length === 1 && undos.length) return (await this.#sendThese(scans, [])) + (await this.#sendThese([], undos));
      if (scans.length === 1) await this.#change(scans[0], { state: "aside", set_aside: error.code || String(error.status), says: error.message });
      else for (const row of undos) await this.#change(row, { undo: "aside" });
      return scans.length + undos.length;
    }
    let done = 0;
    const keptAt = Date.parse(body.server_time) || this.server.now();
    for (const result of body.results) {
      const row = scans.find((scan) => scan.id === result.id);
      if (!row) continue;
      if (result.kept) await this.#change(row, { state: "kept", kept_at: keptAt, verdict: result.verdict });
      else await this.#change(row, { state: "aside", set_aside: result.set_aside });
      done += 1;
    }
    for (const row of undos) {
      await this.#change(row, row.state === "abandoned" ? { undo: "kept", kept_at: keptAt } : { undo: "kept" });
      done += 1;
    }
    return done;
  }

  async #change(row, change) {
    const changed = await changeScan(row.id, change);
    if (changed) this.dispatchEvent(new CustomEvent("scan", { detail: changed }));
  }

  /** The list goes at once. What was scanned is still taken for a week, and stays here until it is. */
  async #revoked() {
    await this.people.wipe();
    try {
      await this.#upload();
    } catch {
      // Another time; the scans stay.
    }
    await this.gate.onRevoked();
  }
}

async function upload(row) {
  return {
    id: row.id,
    checkpoint_id: row.checkpoint_id,
    ...(row.by_name ? { registration_id: row.registration_id } : {}),
    ...(row.by_name && !row.code ? {} : { code: (await unseal(row.code)) ?? "" }),
    direction: row.direction,
    device_at: new Date(row.device_at).toISOString(),
    clock_ahead_ms: row.clock_ahead_ms,
    reason: row.reason,
  };
}
