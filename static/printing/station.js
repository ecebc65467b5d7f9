// A printing station: asks every two seconds, prints one badge after the other, and says so when it cannot.
import { printPdf } from "./print_pdf.js";
import { language, words } from "./words.js";

const BEAT_MS = 2000;
const OUT_AFTER_MS = 3000; // a silent printer needs so long to take a badge
const SILENT_MS = 12_000; // without an answer for so long the page says that it is out of order
const PREFIX = "/api/v1";

const $ = (selector) => document.querySelector(selector);
let token = remembered("station-token");
let device = null;
let job = null; // the badge in this station's hands
let state = token ? "silent-start" : "join"; // ready · printing · ask · again · paused · printer · fonts
let silent = false;
let turn = 0; // grows with each badge that is done: an answer from before it says nothing of the next
let heardAt = Date.now();
let beating = null; // the timer, where there is no worker
let asking = false;
const clock = startClock();

class Refused extends Error {
  constructor(status, body) {
    super(body?.message ?? "");
    this.status = status;
    this.code = body?.error ?? "";
  }
}

/** Rejects with Refused when the server says no, with any other error when it does not answer. */
async function call(method, path, body, { raw = false } = {}) {
  const headers = { Accept: "application/json", "Accept-Language": language };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 10_000);
  try {
    const response = await fetch(PREFIX + path, {
      method,
      headers,
      body: body && JSON.stringify(body),
      signal: stop.signal,
      credentials: "omit",
      cache: "no-store",
    });
    if (response.status >= 400) {
      const said = await response.json().catch(() => null);
      if (said?.error && response.status !== 503) throw new Refused(response.status, said);
      if (said?.error === "fonts_are_missing") throw new Refused(503, said);
      throw new Error(String(response.status));
    }
    heardAt = Date.now();
    return raw ? await response.blob() : await response.json();
  } finally {
    clearTimeout(timer);
  }
}

// ---- joining ----
async function join(code, name) {
  try {
    token = null;
    const body = await call("POST", "/devices/join", name ? { code, name, prints: true } : { code, prints: true });
    token = body.token;
    remember("station-token", token);
    device = body.device;
    state = "ready";
    show();
    beat();
  } catch (error) {
    saySorry(error instanceof Refused ? error.message || words("join.refused") : words("join.unreachable"));
  }
}

function saySorry(sentence) {
  $("[data-join-says]").textContent = sentence;
  $("[data-join-says]").hidden = false;
}

function leave(sentence) {
  clearTimeout(beating);
  token = device = job = null;
  forget("station-token");
  state = "join";
  if (sentence) saySorry(sentence);
  show();
}

// ---- the beat: the server hears that this station listens, and hands out the next badge ----
async function beat() {
  clearTimeout(beating);
  if (!token || asking) return;
  asking = true;
  try {
    device ??= (await call("GET", "/device")).device;
    const isReady = state === "ready";
    const trouble = state === "paused" ? "paused" : ["printer", "fonts"].includes(state) ? "printer" : null;
    const asked = turn;
    const told = await call("POST", "/print-jobs/next", { ready: isReady, trouble });
    silent = false;
    if (state === "silent-start") state = "ready";
    list(told);
    if (asked !== turn) {
      // What it has in hand by now is asked for with the next beat.
    } else if (told.job && !job && state === "ready") {
      job = told.job;
      if (job.again) state = "again";
      else print();
    } else if (told.job && !job && ["paused", "printer", "fonts"].includes(state)) {
      await call("POST", `/print-jobs/${told.job.id}/give-back`, {}); // handed out just when this station stopped: others print it
    } else if (!told.job && job && ["ask", "again"].includes(state)) {
      job = null; // another station has it by now
      state = "ready";
    }
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return leave(words("revoked"));
    if (Date.now() - heardAt > SILENT_MS || !device) silent = true;
  } finally {
    asking = false;
    if (token && !clock) beating = setTimeout(beat, BEAT_MS);
    show();
  }
}

/** Beats from a worker, so that the station goes on when its page is hidden. */
function startClock() {
  try {
    const worker = new Worker($("[data-station]").dataset.clock);
    worker.addEventListener("message", () => beat());
    return worker;
  } catch {
    return null;
  }
}

async function print() {
  state = "printing";
  show();
  let pdf;
  try {
    pdf = await call("GET", `/print-jobs/${job.id}.pdf?paper=${$("[data-paper]").value}`, null, { raw: true });
  } catch (error) {
    if (error instanceof Refused) return failed("badge", error.status === 409 ? "ready" : "fonts");
    return giveBack();
  }
  try {
    await printPdf(pdf);
  } catch {
    return failed("printer", "printer");
  }
  if (!$("[data-silent]").checked) {
    state = "ask";
    return show();
  }
  await new Promise((done) => setTimeout(done, OUT_AFTER_MS));
  return printed();
}

async function printed() {
  await say("printed");
  done("ready");
}

async function failed(why, next) {
  await say("failed", { why });
  done(next);
}

async function giveBack() {
  await say("give-back");
  done("ready");
}

/** What became of the badge must arrive: it is said again until the server has answered. */
async function say(what, body = {}) {
  for (let pause = 500; job && token; pause = Math.min(pause * 2, 5000)) {
    try {
      await call("POST", `/print-jobs/${job.id}/${what}`, body);
      return;
    } catch (error) {
      if (error instanceof Refused) return;
      silent = Date.now() - heardAt > SILENT_MS;
      show();
      await new Promise((done) => setTimeout(done, pause));
    }
  }
}

function done(next) {
  turn += 1;
  job = null;
  state = next;
  show();
  beat();
}

// ---- what is shown ----
const ACTS = {
  ready: ["pause", "trial"],
  printing: [],
  ask: ["printed", "once-more", "failed"],
  again: ["printed", "once-more"],
  paused: ["go-on", "trial"],
  printer: ["go-on", "trial"],
  fonts: ["go-on", "trial"],
  silent: [],
};

function show() {
  const joined = Boolean(token);
  $("[data-join]").hidden = joined;
  $("[data-station]").hidden = !joined;
  if (!joined) return;
  if (device) {
    $("[data-name]").textContent = device.name;
    $("[data-where]").textContent = device.stop.city;
    $("[data-points]").textContent = device.checkpoints.map((one) => one.name).join(language === "en" ? ", " : "、");
  }
  const isOut = silent || state === "silent-start" || state === "printer" || state === "fonts";
  const key = isOut ? "order" : state;
  const note = silent || state === "silent-start" ? "state.order.silent" : state === "printer" || state === "fonts" ? `state.order.${state}` : `state.${state}.note`;
  text("[data-state-word]", words(`state.${key}`));
  text("[data-state-note]", words(note, { name: job?.name ?? "" }));
  $("[data-now]").dataset.state = key === "again" ? "ask" : key;
  const acts = silent || state === "silent-start" ? ACTS.silent : ACTS[state];
  for (const button of document.querySelectorAll("[data-act]")) button.hidden = !acts.includes(button.dataset.act);
  const seconds = Math.round((Date.now() - heardAt) / 1000);
  text("[data-heard]", seconds > 4 ? words("heard", { seconds }) : "");
}

function list({ waiting, jobs }) {
  $("[data-waiting]").hidden = !waiting;
  text("[data-waiting]", words("waiting", { number: waiting }));
  $("[data-none]").hidden = jobs.length > 0;
  const spelt = JSON.stringify(jobs);
  if ($("[data-jobs]").dataset.spelt === spelt) return;
  $("[data-jobs]").dataset.spelt = spelt;
  $("[data-jobs]").replaceChildren(
    ...jobs.map((one) => {
      const row = $("#job-row").content.firstElementChild.cloneNode(true);
      row.dataset.state = one.state;
      row.querySelector("[data-job-name]").textContent = one.name;
      row.querySelector("[data-job-unit]").textContent = [one.unit, one.copy > 1 ? words("copy", { number: one.copy }) : ""].filter(Boolean).join(" · ");
      row.querySelector("[data-job-state]").textContent = one.state_label;
      const again = row.querySelector("[data-job-again]");
      again.hidden = !["printed", "failed"].includes(one.state);
      again.setAttribute("aria-label", `${words("again")} ${one.name}`);
      again.addEventListener("click", () => askAgain(one.id, again));
      return row;
    }),
  );
}

async function askAgain(id, button) {
  button.disabled = true;
  try {
    await call("POST", `/print-jobs/${id}/again`, {});
  } catch {
    // the list tells with the next beat how it stands
  }
  beat();
}

function text(selector, said) {
  if ($(selector).textContent !== said) $(selector).textContent = said;
}

async function trial() {
  try {
    await printPdf(await call("GET", `/print-jobs/trial.pdf?paper=${$("[data-paper]").value}`, null, { raw: true }));
  } catch {
    text("[data-state-note]", words("trial.failed"));
  }
}

// ---- hands ----
const acts = {
  printed,
  "once-more": print,
  failed: () => failed("printer", "printer"),
  "go-on": () => done("ready"),
  pause: () => done("paused"),
  trial,
};
for (const button of document.querySelectorAll("[data-act]")) button.addEventListener("click", () => acts[button.dataset.act]());
$("[data-leave]").addEventListener("click", () => leave(""));
$("[data-join-form]").addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(event.target);
  join(String(fields.get("code")).trim(), String(fields.get("name")).trim());
});
$("[data-paper]").value = remembered("badge-paper") ?? $("[data-paper]").value;
$("[data-paper]").addEventListener("change", (event) => remember("badge-paper", event.target.value));
$("[data-silent]").checked = remembered("station-silent") === "on";
$("[data-silent]").addEventListener("change", (event) => remember("station-silent", event.target.checked ? "on" : "off"));

function remembered(what) {
  try {
    return localStorage.getItem(what);
  } catch {
    return null;
  }
}
function remember(what, value) {
  try {
    localStorage.setItem(what, value);
  } catch {
    // for this page only
  }
}
function forget(what) {
  try {
    localStorage.removeItem(what);
  } catch {
    // nothing was kept
  }
}

const code = new URLSearchParams(location.hash.slice(1)).get("join");
if (code) history.replaceState(null, "", location.pathname);
show();
if (code && !token) join(code, "");
else beat();
navigator.wakeLock?.request("screen").catch(() => {});
