// Before the doors: what this device holds and how old it is, whether its camera sees, its sounds are heard, its battery
// lasts. A code held before it while this is open is read and told, and nothing is recorded.
import { isAwake, refocus, stayAwake } from "./focus.js";
import { $, gate, people, place, server, sync } from "./gate.js";
import { signals } from "./results.js";
import { OLD_MS } from "./status.js";
import { age, moment, number, words } from "./words.js";

const WEAK = 0.4; // of a battery that is not being charged: a morning at the gate takes more
const EVERY_MS = 1000;

const dialog = $("[data-before-doors]");
const video = $("[data-camera] [data-video]");
const preview = $("[data-ready-picture]");
let timer = 0;
let heard = null; // whether somebody has said that the sounds are heard
let tried = ""; // what became of the code held before it
let battery = null;
let persisted = null;

const good = (says) => ({ state: "good", says });
const look = (says) => ({ state: "look", says });

const checks = {
  place() {
    const at = place();
    return at ? good([at.name, gate.device.name].join(" · ")) : look(words("unsent.no_place"));
  },
  list() {
    if (!people.holds) return look(words("holds.nothing"));
    const old = server.now() - people.checkedAt;
    const says = [words("holds", { number: number(people.size), age: age(old) }), words("ready.until", { time: moment(people.expiresAt) })].join(" · ");
    return old > OLD_MS ? look(says) : good(says);
  },
  network() {
    return server.online ? good(words("ready.online")) : look(words("ready.offline"));
  },
  camera() {
    const sees = $("[data-camera]").dataset.state === "on" && video.videoWidth > 0;
    if (preview.srcObject !== (sees ? video.srcObject : null)) preview.srcObject = sees ? video.srcObject : null;
    preview.hidden = !sees;
    return sees ? good(words("ready.camera", { width: video.videoWidth, height: video.videoHeight })) : look(words("ready.no_camera"));
  },
  code() {
    return tried ? good(tried) : { state: "ask", says: words("ready.try_code") };
  },
  sound() {
    if (!signals.on) return look(words("ready.sound_off"));
    if (heard === null) return { state: "ask", says: words("ready.sound") };
    return heard ? good(words("ready.heard")) : look(words("ready.not_heard"));
  },
  awake() {
    return isAwake() ? good(words("ready.awake")) : look(words("ready.not_awake"));
  },
  battery() {
    if (!battery) return null;
    const says = words(battery.charging ? "ready.charging" : "ready.battery", { level: Math.round(battery.level * 100) });
    return battery.charging || battery.level >= WEAK ? good(says) : look(`${says} ${words("ready.battery_weak")}`);
  },
  app() {
    if (!navigator.serviceWorker?.controller) return look(words("ready.no_app"));
    return persisted === false ? good(words("ready.app_may_go")) : good(words("ready.app"));
  },
};

function tell() {
  let toLook = 0;
  let toAsk = 0;
  for (const [name, check] of Object.entries(checks)) {
    const item = dialog.querySelector(`[data-check="${name}"]`);
    const found = check();
    item.hidden = found === null;
    if (!found) continue;
    toLook += Number(found.state === "look");
    toAsk += Number(found.state === "ask");
    if (item.dataset.state !== found.state) {
      item.dataset.state = found.state;
      item.querySelector("[data-check-mark]").replaceChildren($(`#check-${found.state}`).content.cloneNode(true));
    }
    const says = item.querySelector("[data-check-says]");
    if (says.textContent !== found.says) says.textContent = found.says;
  }
  const whole = $("[data-ready-whole]");
  const sentence = toLook ? words("ready.to_look", { number: number(toLook) }) : toAsk ? words("ready.to_try", { number: number(toAsk) }) : words("ready.whole");
  whole.dataset.state = toLook ? "look" : toAsk ? "ask" : "good";
  if (whole.textContent !== sentence) whole.textContent = sentence;
  $("[data-ready-camera]").hidden = !preview.hidden;
  $("[data-ready-heard]").hidden = heard !== null || !signals.on;
}

async function open() {
  $("[data-panel]").close();
  if (document.querySelector("dialog[open]")) return;
  tried = "";
  stayAwake();
  dialog.showModal();
  tell();
  timer = setInterval(tell, EVERY_MS);
  battery ??= (await navigator.getBattery?.().catch(() => null)) ?? null;
  persisted = (await navigator.storage?.persisted?.()) ?? null;
  tell();
}

for (const opener of document.querySelectorAll("[data-ready-open]")) opener.addEventListener("click", open);
dialog.addEventListener("close", () => {
  clearInterval(timer);
  preview.srcObject = null;
  refocus();
});
for (const button of dialog.querySelectorAll("[data-play]")) button.addEventListener("click", () => signals.tell(button.dataset.play));
for (const button of dialog.querySelectorAll("[data-heard]")) {
  button.addEventListener("click", () => {
    heard = button.dataset.heard === "yes";
    tell();
  });
}
$("[data-ready-camera]").addEventListener("click", () => $("[data-camera-start]").click());
$("[data-ready-renew]").addEventListener("click", () => sync.renew());
addEventListener("gate-tried", async ({ detail: { code, way } }) => {
  if (!dialog.open) return;
  const whose = await people.whose(code);
  const known = whose.registration_id !== null && (whose.stop_id ?? gate.device.stop.id) === gate.device.stop.id;
  tried = words(known ? "ready.read_ticket" : "ready.read_other", { way: words(`ready.by_${way}`) });
  tell();
});
