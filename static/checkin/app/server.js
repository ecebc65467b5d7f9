// Talking with the server, and knowing whether it can be talked with.
import { language } from "./words.js";

const PREFIX = "/api/v1";
export const PATIENCE_MS = 1500; // a queue waits no longer: without an answer by then the device decides

/** No answer in time, or none that says anything: the device is on its own. */
export class Unreachable extends Error {}

/** The server has said no; ``status``, ``code`` for programs, ``message`` for people. */
export class Refused extends Error {
  constructor(status, body) {
    super(body?.message ?? "");
    this.status = status;
    this.code = body?.error ?? "";
    this.fields = body?.fields ?? {};
    this.registration_id = body?.registration_id ?? null;
  }
}

export class Server extends EventTarget {
  constructor() {
    super();
    this.token = null;
    this.online = navigator.onLine;
    this.heardAt = 0; // ms, the device's clock: when last the server answered
    this.clock = { ahead: 0, trip: Infinity, at: -Infinity };
    addEventListener("offline", () => this.#is(false));
  }

  /** Rejects with Unreachable or Refused; resolves to {status, body, etag}. ``patience`` in ms. */
  async call(method, path, { body, patience = 8000, etag } = {}) {
    const headers = { Accept: "application/json", "Accept-Language": language };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (body) headers["Content-Type"] = "application/json";
    if (etag) headers["If-None-Match"] = etag;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), patience);
    const began = Date.now();
    let response;
    let answer = null;
    try {
      response = await fetch(PREFIX + path, {
        method,
        headers,
        body: body && JSON.stringify(body),
        signal: stop.signal,
        credentials: "omit",
        cache: "no-store",
      });
      if (response.status !== 304) answer = await response.json();
    } catch {
      this.#is(false);
      throw new Unreachable();
    } finally {
      clearTimeout(timer);
    }
    if (response.status >= 500 || response.status === 429) {
      this.#is(false);
      throw new Unreachable();
    }
    const ended = Date.now();
    this.heardAt = ended;
    if (answer?.server_time) this.#setClock(Date.parse(answer.server_time), began, ended);
    this.#is(true);
    if (response.status >= 400) throw new Refused(response.status, answer);
    return { status: response.status, body: answer, etag: response.headers.get("ETag") };
  }

  /** How far the server's clock is ahead of the device's, in ms. */
  get ahead() {
    return Math.round(this.clock.ahead);
  }

  /** This moment by the server's clock, in ms. */
  now() {
    return Date.now() + this.ahead;
  }

  /** The shortest trip of the last five minutes tells best; a clock that was set anew is believed at once. */
  #setClock(serverTime, began, ended) {
    const trip = ended - began;
    const ahead = serverTime - (began + ended) / 2;
    const jumped = Math.abs(ahead - this.clock.ahead) > trip + 1000;
    if (jumped || trip <= this.clock.trip || ended - this.clock.at > 300_000) this.clock = { ahead, trip, at: ended };
  }

  #is(online) {
    if (this.online === online) return;
    this.online = online;
    this.dispatchEvent(new Event("change"));
  }
}
