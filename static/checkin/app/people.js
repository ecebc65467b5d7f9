// The list of people this device holds: the least that a gate needs, sealed on the disk, open in memory alone.
import { forget, get, put, seal, unseal } from "./store.js";
import { dayCounted } from "../fold.js";
import { SHORTEST_CODE, readTicket } from "./ticket.js";

const SHORT = 8;

export class People {
  #salt = null;
  #byCode = new Map();
  #byId = new Map();
  #revoked = new Set();
  #otherStops = {};
  #leastSerial = {};
  #keysOver = { ends: {}, withdrawn: {} };
  #counted = new Map();
  #goodFor = 0; // ms
  keys = new Map();

  constructor() {
    this.#empty();
  }

  get holds() {
    return this.madeAt !== null;
  }

  get size() {
    return this.#byId.size;
  }

  /** Take the sealed list off the disk. */
  async open() {
    const kept = await get("bundle");
    const bundle = kept && (await unseal(kept.box));
    if (!bundle) return this.#empty();
    this.#take(bundle, kept.etag, kept.asOf);
    this.#isTrueAt(kept.checkedAt);
  }

  /** Keep a list that the server has sent; it was asked for at ``asOf`` (ms, the server's clock). */
  async keep(bundle, etag, asOf) {
    await put("bundle", { etag, asOf, checkedAt: Date.parse(bundle.made_at), box: await seal(bundle) });
    this.#take(bundle, etag, asOf);
  }

  /** The server says that the list is the same at ``at`` (ms, its clock). */
  async stillTrueAt(at) {
    this.#isTrueAt(at);
    await put("bundle", { ...(await get("bundle")), checkedAt: at });
  }

  #isTrueAt(at) {
    this.checkedAt = at;
    this.expiresAt = Math.max(this.expiresAt, at + this.#goodFor);
  }

  async wipe() {
    await forget("bundle");
    this.#empty();
  }

  isOverAt(at) {
    return this.holds && at >= this.expiresAt;
  }

  person(registrationId) {
    return this.#byId.get(registrationId) ?? null;
  }

  isRevoked(registrationId) {
    return this.#revoked.has(registrationId);
  }

  /** The others who came with somebody in one delegation and have a seat; by the list. */
  companionsOf(person) {
    if (person?.g === undefined) return [];
    return [...this.#byId.values()].filter((one) => one.g === person.g && one.i !== person.i && one.s === "confirmed");
  }

  /** Tickets with a serial below it are replaced. */
  leastSerial(registrationId) {
    return this.#leastSerial[registrationId] ?? 0;
  }

  /** What the rule looks at of a ticket that was read. */
  #shown({ key_id, serial, good_through, issued_at }) {
    const over = (moments) => (moments[key_id] ? Date.parse(moments[key_id]) : null);
    const { ends, withdrawn } = this.#keysOver;
    return { serial, good_through, issued_at, key_ends_at: over(ends), key_withdrawn_at: over(withdrawn), replaced_at: null };
  }

  /** How many the list says are within at a checkpoint (for ``day``). */
  within(checkpointId, day) {
    return this.#counted.get(`${checkpointId}|${day ?? ""}`) ?? 0;
  }

  /** The stop's door, where this device stands there too; else null. */
  get arrivalId() {
    return this.checkpoints.find((place) => place.kind === "arrival")?.id ?? null;
  }

  /** Whether the list says that somebody has arrived: it tells of the door also where this device does not stand. */
  hasArrived(person) {
    return Object.keys(person.p ?? {}).some((id) => (this.checkpoints.find((place) => place.id === Number(id))?.kind ?? "arrival") === "arrival");
  }

  /** Whose code this is: {registration_id, stop_id (null: this one), person, ticket (null: typed)}; registration_id null when it is nobody's. */
  async whose(code) {
    const nobody = { registration_id: null, stop_id: null, person: null, ticket: null };
    const text = code.replace(/^[\r\n\t]+|[\r\n\t]+$/g, "");
    if (text.length >= SHORTEST_CODE) {
      try {
        const ticket = await readTicket(text, this.keys);
        const { registration_id, stop_id } = ticket;
        return { registration_id, stop_id, person: this.person(registration_id), ticket: this.#shown(ticket) };
      } catch {
        return nobody;
      }
    }
    const typed = text.normalize("NFKC").toUpperCase().replace(/[ \-\t\r\n]/g, "");
    if (typed.length !== SHORT || !this.#salt) return nobody;
    const salted = new Uint8Array([...this.#salt, ...new TextEncoder().encode(typed)]);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", salted)).subarray(0, 12);
    const person = this.#byCode.get(btoa(String.fromCharCode(...hash))) ?? null;
    return person ? { registration_id: person.i, stop_id: null, person, ticket: null } : nobody;
  }

  /** As ``whose``, of somebody who was found by name. */
  whoseNumber(registrationId) {
    return { registration_id: registrationId, stop_id: null, person: this.person(registrationId), good_through: null };
  }

  /** Those whose name, pinyin, initials or unit hold every word of ``text``: the best first, ``most`` at most. */
  find(text, most) {
    const words = folded(text).split(/\s+/).filter(Boolean);
    const found = [];
    for (const person of this.#byId.values()) {
      const places = words.map((word) => placeIn(person, word));
      if (places.length && !places.includes(null)) found.push({ person, place: Math.max(...places) });
    }
    found.sort((one, other) => one.place - other.place || one.person.n.localeCompare(other.person.n, "zh"));
    return found.slice(0, most).map(({ person }) => person);
  }

  /** Where and when another stop of the campaign is: {city, venue, day}, or null. */
  otherStop(stopId) {
    return this.#otherStops[stopId] ?? null;
  }

  #empty() {
    this.#take({ people: [], public_keys: {}, revoked: [], checkpoints: [], salt: "" }, null, null);
  }

  #take(bundle, etag, asOf) {
    this.etag = etag;
    this.asOf = asOf;
    this.revision = bundle.revision ?? null;
    this.madeAt = this.checkedAt = Date.parse(bundle.made_at) || null;
    this.expiresAt = Date.parse(bundle.expires_at) || null;
    this.#goodFor = this.expiresAt - this.madeAt;
    this.checkpoints = bundle.checkpoints;
    this.isCancelled = Boolean(bundle.cancelled_at);
    this.#otherStops = bundle.other_stops ?? {};
    this.fields = bundle.fields ?? [];
    this.#salt = bundle.salt ? bytesOf(bundle.salt) : null;
    this.keys = new Map(Object.entries(bundle.public_keys).map(([id, key]) => [Number(id), bytesOf(key)]));
    this.#revoked = new Set(bundle.revoked);
    this.#leastSerial = bundle.reissued ?? {};
    this.#keysOver = { ends: bundle.key_ends ?? {}, withdrawn: bundle.keys_withdrawn ?? {} };
    this.#byId = new Map(bundle.people.map((person) => [person.i, person]));
    this.#byCode = new Map(bundle.people.map((person) => [person.h, person]));
    this.#counted = new Map();
    for (const place of bundle.checkpoints) {
      if (place.capacity === null) continue;
      for (const person of bundle.people) {
        const passed = person.p?.[place.id];
        if (!passed || passed.within === false) continue;
        const cell = `${place.id}|${dayCounted(place.often, Date.parse(passed.at)) ?? ""}`;
        this.#counted.set(cell, (this.#counted.get(cell) ?? 0) + 1);
      }
    }
  }
}

/** Width, case and accents do not matter; a dot in a name is no word. */
function folded(text) {
  return text.normalize("NFKC").toLowerCase().replace(/[·•‧.]/g, "");
}

/** How well one word names somebody: 0 exactly, 1 begins so, 2 holds it, 3 the unit holds it; null not at all. */
function placeIn(person, word) {
  const spellings = [folded(person.n), ...(person.y ?? [])];
  if (spellings.includes(word)) return 0;
  if (spellings.some((spelling) => spelling.startsWith(word))) return 1;
  if (spellings.some((spelling) => spelling.includes(word))) return 2;
  return folded(person.u ?? "").includes(word) ? 3 : null;
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
