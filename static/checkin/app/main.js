// The scanning app: joined to a stop by a code, it scans with and without a network.
// Three ways in (camera, hand scanner, typing) lead to one queue. Every scan is on the disk before its colour is on the screen.
import { tellTimes } from "../../js/times.js";
import { Camera } from "../camera.js";
import { AnswerCard } from "../card.js";
import { heardEverywhere } from "../hand_scanner.js";
import { LastScans } from "../last_scans.js";
import { Signals } from "../signals.js";
import { answerOf, resultOf, unsent } from "./answers.js";
import { counts as inTheFold, decide } from "./decide.js";
import { answered } from "./measure.js";
import { People } from "./people.js";
import { Refused, Server, Unreachable } from "./server.js";
import { changeScan, counts, decideAndKeep, forget, get, keepScan, lastScans, put, scansIn, scansOf, seal, unseal } from "./store.js";
import { showDiagnostics, showStatus } from "./status.js";
import { Sync } from "./sync.js";
import { uuid7 } from "./uuid7.js";
import { language, words } from "./words.js";

const PATIENCE_MS = 1500; // without an answer by then the device decides
const SAME_CODE_MS = { camera: 5000, hardware: 2500 };
const UNDO_MS = 15 * 60_000;
const LAST = 8;

const $ = (selector) => document.querySelector(selector);
const finePointer = matchMedia("(pointer: fine)").matches;
const codeField = $("[data-code]");

const server = new Server();
const people = new People();
const signals = new Signals($("[data-sound]"));
const card = new AnswerCard($("[data-card]"), { onClose: refocus, onUndo: (_form, entry) => undo(entry), onAgain: () => card.close() });
const scans = new LastScans($("[data-scans]"), $("[data-none]"), (entry) => card.show(entry.answer, { entry, stays: true }));
const sync = new Sync(server, people, { onDevice, onRevoked });
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("gate") : null;

let device = null; // as the server told it last
let placeId = null; // the checkpoint this device stands at
let direction = "in";
let awake = null;
const entries = new Map(); // scan id → its line

// ---- how it looks: kept on the device ----
const looks = { large: false, kiosk: false };
for (const look of Object.keys(looks)) {
  const button = $(`[data-look="${look}"]`);
  looks[look] = remembered(`gate-${look}`) === "on";
  button.addEventListener("click", () => {
    looks[look] = !looks[look];
    remember(`gate-${look}`, looks[look] ? "on" : "off");
    dress();
  });
}
function isKiosk() {
  return looks.kiosk || device?.role === "kiosk";
}
function dress() {
  document.documentElement.classList.toggle("is-large", looks.large);
  document.body.classList.toggle("is-kiosk", isKiosk());
  for (const look of Object.keys(looks)) $(`[data-look="${look}"]`).setAttribute("aria-pressed", String(look === "kiosk" ? isKiosk() : looks[look]));
  $('[data-look="kiosk"]').disabled = device?.role === "kiosk";
}

// ---- joining, and being a device ----
function place() {
  return device?.checkpoints.find((one) => one.id === placeId) ?? null;
}

async function join(code, name) {
  const says = $("[data-join-says]");
  says.hidden = true;
  try {
    const { pending, undo } = await counts();
    if (device && pending + undo) throw new Refused(409, { message: words("join.pending") });
    const before = server.token;
    server.token = null;
    try {
      const { body } = await server.call("POST", "/devices/join", { body: name ? { code, name } : { code } });
      await people.wipe();
      server.token = body.token;
      await put("token", await seal(body.token));
      await onDevice(body.device);
    } finally {
      server.token ??= before;
    }
    navigator.storage?.persist?.();
    show();
    sync.start();
  } catch (error) {
    says.textContent = error instanceof Refused ? error.message || words("join.refused") : words("join.unreachable");
    says.hidden = false;
  }
}

async function onDevice(told) {
  const changed = JSON.stringify(told) !== JSON.stringify(device);
  device = told;
  if (!changed) return;
  await put("device", await seal(told));
  show();
}

/** The list is gone already; the device itself goes as soon as nothing waits on it any more. */
async function onRevoked() {
  const { pending, undo } = await counts();
  device = null;
  await forget("device");
  if (!pending && !undo) {
    sync.stop();
    await forget("token");
  }
  tabs?.postMessage("device");
  $("[data-join-says]").textContent = pending ? words("revoked.pending") : words("revoked");
  $("[data-join-says]").hidden = false;
  card.close();
  show();
}

/** The page for what this device is: to be joined, or scanning. */
function show() {
  const joined = device !== null;
  document.body.classList.toggle("is-joined", joined);
  $("[data-join]").hidden = joined;
  $("[data-scanning]").hidden = !joined;
  dress();
  if (!joined) return status();
  const open = device.checkpoints.filter((one) => !one.ended_at);
  placeId = open.find((one) => one.id === placeId)?.id ?? open[0]?.id ?? null;
  $("[data-city]").textContent = device.stop.city;
  $("[data-device]").textContent = device.name;
  const choice = $("[data-place]");
  choice.replaceChildren(...open.map((one) => new Option(one.name, one.id, false, one.id === placeId)));
  choice.disabled = open.length < 2;
  showDirection();
  status();
  refocus();
  stayAwake();
}

function showDirection() {
  const both = place()?.often === "in_and_out";
  if (!both) direction = "in";
  $("[data-directions]").hidden = !both;
  for (const radio of document.querySelectorAll("[name=direction]")) radio.checked = radio.value === direction;
  document.body.dataset.direction = direction;
}

function status() {
  showStatus(server, people, sync, device);
}

// ---- one scan after the other ----
const waiting = [];
let scanning = false;
const lastSeen = new Map(); // code → when it was last seen, in ms

/** A code from anywhere. What was seen a moment ago is the same scan and is ignored in silence. */
function take(raw, way, since = performance.now()) {
  if (!device || $("dialog[open]")) return;
  const code = raw.normalize("NFKC").replace(/^[\r\n\t]+|[\r\n\t]+$/g, "");
  if (!code.trim()) return;
  const now = performance.now();
  const before = lastSeen.get(code) ?? -Infinity;
  lastSeen.set(code, now);
  if (now - before < SAME_CODE_MS[way]) return;
  for (const [old, at] of lastSeen) if (now - at > 60_000) lastSeen.delete(old);
  waiting.push({ code, since });
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
      lastSeen.delete(scan.code);
      slate("unsent.broken", "", scan);
    }
  }
  scanning = false;
  document.body.classList.remove("is-sending");
}

async function scanned(scan) {
  const at = place();
  if (!at) return slate("unsent.no_place", "", scan);
  const [whose, sealedCode] = await Promise.all([people.whose(scan.code), seal(scan.code)]);
  const row = fresh(at, whose, sealedCode);
  let unanswered = null;
  if (server.online) {
    const answer = await ask(row, scan);
    if (answer === "told") return;
    if (answer) return shown(answer.row, answer.seen, scan);
    unanswered = row;
  }
  if (!people.holds) return slate("unsent.no_list", "", scan);
  const alone = unanswered ? fresh(at, whose, sealedCode) : row;
  const decided = await decideAlone(alone, whose, at);
  shown(decided.row, decided.seen, scan);
}

function fresh(at, whose, code) {
  const deviceAt = Date.now();
  return {
    id: uuid7(deviceAt),
    checkpoint_id: at.id,
    registration_id: whose.registration_id,
    direction: at.often === "in_and_out" ? direction : "in",
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
    code,
    state: "asking",
  };
}

/** Ask the server. Null: it did not answer in time, and the question is to count for nothing should it have arrived. */
async function ask(row, scan) {
  await keepScan(row);
  try {
    const { body } = await server.call("POST", "/scans", {
      patience: PATIENCE_MS,
      body: { id: row.id, checkpoint_id: row.checkpoint_id, code: scan.code, direction: row.direction },
    });
    const seen = { ...body, first: body.first && { ...body.first, at: Date.parse(body.first.at) } };
    const told = { ...row, let_in: body.let_in, reason: body.reason, asked: true, at: Date.parse(body.at), state: "kept", kept_at: server.now(), shown: await seal(seen) };
    await keepScan(told);
    return { row: told, seen };
  } catch (error) {
    if (error instanceof Refused) {
      await changeScan(row.id, { state: "abandoned", kept_at: server.now() });
      if (error.status === 401) sync.now();
      slate("unsent.broken", error.message, scan);
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
  const stop = { id: device.stop.id, cancelled: Boolean(device.stop.cancelled_at) };
  let decided;
  const kept = await decideAndKeep(at.id, whose.registration_id, at.capacity !== null, (local) => {
    decided = decide({ whose, checkpoint: at, stop, people, local, arrivedHere, direction: row.direction, at: row.at });
    return { ...row, state: "pending", let_in: decided.let_in, reason: decided.reason, first: decided.first, within: decided.within };
  });
  sync.count();
  tabs?.postMessage("scan");
  return { row: kept, seen: seenOf(kept, whose.person) };
}

/** What is shown of a scan that the device decided: out of the list, so that no name lies beside the scan. */
function seenOf(row, person) {
  return {
    name: person?.n ?? "",
    unit: person?.u ?? "",
    badge_class: person?.c ?? "",
    state: person?.s ?? "",
    attention: person?.a ?? null,
    first: row.first ?? null,
    within: row.within ?? null,
  };
}

function shown(row, seen, scan) {
  const answer = answerOf(row, seen, place(), { hidden: isKiosk(), undo: true });
  const entry = scans.add(answer, { code: scan.code, row, seen });
  entries.set(row.id, entry);
  for (const [id, line] of entries) if (!line.row.isConnected) entries.delete(id);
  card.show(answer, { entry, longest: isKiosk() ? 6 : Infinity });
  answered(scan.since, row.asked);
  const result = resultOf(row);
  signals.tell(result === "arrived" && seen.attention && !isKiosk() ? "attention" : result);
}

function slate(why, message, scan) {
  lastSeen.delete(scan.code);
  const answer = unsent(why, message);
  card.show(answer, { stays: true, longest: isKiosk() ? 8 : Infinity });
  signals.tell("unsent");
}

async function undo(entry) {
  const { row } = entry?.scan ?? {};
  if (!row || row.undone) return;
  if (server.now() - row.at > UNDO_MS && device?.role !== "supervise") return slate("undo.late", "", entry.scan);
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
  lastSeen.delete(entry.scan.code);
  retell(changed);
  card.show(entry.answer, { entry });
  sync.now();
}

/** A line of the last scans follows what became of its scan. */
function retell(row) {
  const entry = entries.get(row.id);
  if (!entry) return;
  entry.scan.row = row;
  scans.change(entry, answerOf(row, entry.scan.seen, device?.checkpoints.find((one) => one.id === row.checkpoint_id), { hidden: isKiosk(), undo: true }));
}

/** After a reload the last eight stand where they stood. */
async function recall() {
  for (const row of (await lastScans(LAST)).reverse()) {
    const seen = (await unseal(row.shown)) ?? seenOf(row, people.person(row.registration_id));
    const at = device?.checkpoints.find((one) => one.id === row.checkpoint_id);
    const entry = scans.add(answerOf(row, seen, at, { hidden: isKiosk(), undo: true }), { code: row.id, row, seen }, new Date(row.device_at));
    entries.set(row.id, entry);
  }
}

// ---- hands ----
$("[data-gate]").addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = codeField.value;
  codeField.value = "";
  take(typed, "hardware");
  refocus();
});
heardEverywhere(codeField, (code) => {
  codeField.value = "";
  take(code, "hardware");
});
$("[data-place]").addEventListener("change", (event) => {
  placeId = Number(event.target.value);
  put("place", placeId);
  showDirection();
  event.target.blur();
  refocus();
});
$("[data-directions]").addEventListener("change", (event) => {
  direction = event.target.value;
  showDirection();
  event.target.blur();
  refocus();
});
$("[data-join-form]").addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(event.target);
  join(String(fields.get("code")).trim(), String(fields.get("name")).trim());
});

/** The code field has the focus whenever nothing else needs it; not under a thumb, where a keyboard would jump up. */
function refocus() {
  if (finePointer && device && !$("dialog[open]")) codeField.focus({ preventScroll: true });
}
addEventListener("focus", refocus);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  refocus();
  stayAwake();
});

/** The screen stays on as long as this is a gate, also with a hand scanner and the camera off. */
async function stayAwake() {
  if (!device || awake?.released === false) return;
  try {
    awake = await navigator.wakeLock?.request("screen");
  } catch {
    // The screen may go dark by itself then; nothing else suffers.
  }
}
addEventListener("keydown", (event) => {
  if (event.key === "Escape") card.close();
});

// ---- the panel ----
const panel = $("[data-panel]");
async function tellPanel() {
  showDiagnostics(server, people, sync, device, await scansIn("aside", 50));
}
for (const opener of document.querySelectorAll("[data-panel-open]")) {
  opener.addEventListener("click", async () => {
    await tellPanel();
    panel.showModal();
  });
}
panel.addEventListener("close", refocus);
$("[data-renew]").addEventListener("click", () => sync.renew());
$("[data-leave]").addEventListener("click", async () => {
  const { pending, undo } = await counts();
  const says = $("[data-leave-says]");
  if (pending + undo) {
    says.textContent = words("leave.pending");
    says.hidden = false;
    return;
  }
  await people.wipe();
  await forget("token", "device", "place");
  tabs?.postMessage("device");
  location.reload();
});
for (const link of document.querySelectorAll("[data-language]")) {
  link.addEventListener("click", () => remember("gate-language", link.dataset.language));
}

// ---- together ----
server.addEventListener("change", status);
sync.addEventListener("change", () => {
  status();
  if (panel.open) tellPanel();
});
sync.addEventListener("scan", (event) => retell(event.detail));
tabs?.addEventListener("message", ({ data }) => (data === "device" ? location.reload() : sync.count()));
setInterval(status, 5000);
tellTimes($("[data-scans]"));

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

async function begin() {
  const wanted = remembered("gate-language");
  if (wanted && wanted !== language) return location.replace(`/gate/app/${wanted}${location.hash}`);
  remember("gate-language", language);
  const code = new URLSearchParams(location.hash.slice(1)).get("join");
  if (code) history.replaceState(null, "", location.pathname);
  if (!window.isSecureContext || !window.indexedDB || !crypto.subtle) {
    $("[data-join]").hidden = false;
    $("[data-join-form]").hidden = true;
    $("[data-join-says]").textContent = words("insecure");
    $("[data-join-says]").hidden = false;
    return;
  }
  keepTheApp();
  server.token = await unseal(await get("token"));
  device = await unseal(await get("device"));
  placeId = (await get("place")) ?? null;
  await people.open();
  if (people.isOverAt(Date.now())) await people.wipe();
  await sync.count();
  show();
  await recall();
  new Camera($("[data-camera]"), (found, since) => take(found, "camera", since));
  if (server.token) sync.start();
  if (code) {
    $("[data-join-form] [name=code]").value = code;
    await join(code, "");
  }
  document.documentElement.dataset.ready = "";
}

/** The service worker keeps the app; a newer one that waits takes over now, before anybody scans. */
async function keepTheApp() {
  if (!navigator.serviceWorker) return;
  try {
    const registration = await navigator.serviceWorker.register("/gate/sw.js", { scope: "/gate/app" });
    if (registration.waiting && navigator.serviceWorker.controller) {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      registration.waiting.postMessage("take over");
    }
  } catch (error) {
    console.warn(error); // it scans all the same; only a reload wants the network
  }
}

begin();
