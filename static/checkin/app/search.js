// A supervisor finds somebody by name: online among all of the stop, without a network in the list this device holds.
// What is found is let in on the very way of a scanned ticket (scanning.js).
import { refocus } from "./focus.js";
import { $, gate, people, place, placeOf, server, sync } from "./gate.js";
import { mayDesk } from "./looks.js";
import { takenBack } from "./results.js";
import { admit } from "./scanning.js";
import { Refused, Unreachable } from "./server.js";
import { moment, number, words } from "./words.js";

const PAUSE_MS = 250; // typing goes on
const PATIENCE_MS = 5000;
const MOST = 20;
const SHORTEST = 2;

const dialog = $("[data-search]");
const field = $("#search-field");
const list = $("[data-hits]");
const says = $("[data-search-says]");
const person = $("[data-person]");

let hits = []; // {registration_id, name, unit, mobile_tail, badge_class, state, arrived_at (ms), passed: [{scan_id, checkpoint_id, at, gate}]}
let active = -1;
let asked = 0; // which question the answer in sight belongs to
let timer = 0;
let opened = null; // whose page is in front

export function openSearch(text = "") {
  if (!mayDesk() || document.querySelector("dialog[open]")) return;
  field.value = text;
  back();
  dialog.showModal();
  field.select();
  look();
}

/** A scan while the search is open is meant for the gate: the search makes way. */
export function closeSearch() {
  if (dialog.open) dialog.close();
}

async function look() {
  clearTimeout(timer);
  timer = 0;
  const turn = ++asked;
  const wanted = field.value.normalize("NFKC").trim();
  if ([...wanted].length < SHORTEST) return tell([], words("search.short"));
  let found = null;
  if (server.online) {
    try {
      const { body } = await server.call("GET", `/search?q=${encodeURIComponent(wanted)}`, { patience: PATIENCE_MS });
      found = body.people.map((one) => ({ ...one, arrived_at: one.arrived_at && Date.parse(one.arrived_at) }));
    } catch (error) {
      if (error instanceof Refused) {
        if (error.status === 401) sync.now();
        return turn === asked && tell([], error.message);
      }
      if (!(error instanceof Unreachable)) throw error;
    }
  }
  if (turn !== asked) return;
  if (found) return tell(found, found.length ? words("search.found", { number: number(found.length) }) : words("search.nobody"), wanted);
  if (!people.holds) return tell([], words("search.no_list"));
  found = people.find(wanted, MOST).map(held);
  tell(found, `${words("search.offline")} ${found.length ? words("search.found", { number: number(found.length) }) : words("search.nobody")}`, wanted);
}

/** Somebody of the list as the server would tell of him; the list holds no phone numbers and no scans. */
function held(one) {
  const passed = Object.entries(one.p ?? {}).map(([id, { at, gate: where }]) => ({ scan_id: null, checkpoint_id: Number(id), at, gate: where }));
  const arrival = people.hasArrived(one) ? passed.find(({ checkpoint_id: id }) => (placeOf(id)?.kind ?? "arrival") === "arrival") : null;
  return {
    registration_id: one.i,
    name: one.n,
    unit: one.u,
    mobile_tail: "",
    badge_class: one.c,
    state: one.s,
    arrived_at: arrival ? Date.parse(arrival.at) : null,
    passed,
  };
}

function tell(found, sentence, wanted = "") {
  hits = found;
  says.textContent = sentence;
  list.replaceChildren(...hits.map(line));
  field.setAttribute("aria-expanded", String(hits.length > 0));
  // Enter lets in only whom nobody else can be taken for.
  const exact = hits.filter((one) => one.name === wanted);
  choose(exact.length === 1 ? hits.indexOf(exact[0]) : hits.length === 1 ? 0 : -1);
  $("[data-search-walk-in]").hidden = hits.length > 0 || !wanted;
}

function line(one, index) {
  const item = $("#hit").content.firstElementChild.cloneNode(true);
  item.id = `hit-${index}`;
  const say = (slot, text) => (item.querySelector(`[data-hit-${slot}]`).textContent = text);
  say("name", one.name);
  say("rest", [one.mobile_tail && words("search.tail", { tail: one.mobile_tail }), one.unit].filter(Boolean).join(" · "));
  const state = item.querySelector("[data-hit-state]");
  state.textContent = stateOf(one);
  state.dataset.state = one.arrived_at ? "arrived" : one.state;
  item.addEventListener("click", () => open(one));
  return item;
}

function stateOf(one) {
  return one.arrived_at ? words("search.arrived", { time: moment(one.arrived_at) }) : words(`state.${one.state}`);
}

function choose(index) {
  active = index;
  for (const [place, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(place === active));
  const chosen = list.children[active];
  if (chosen) field.setAttribute("aria-activedescendant", chosen.id);
  else field.removeAttribute("aria-activedescendant");
  chosen?.scrollIntoView({ block: "nearest" });
}

function letIn(one) {
  dialog.close();
  admit(one.registration_id);
}

// ---- one person ----
function open(one) {
  opened = one;
  const say = (slot, text) => {
    const element = person.querySelector(`[data-person-${slot}]`);
    element.textContent = text ?? "";
    element.hidden = !text;
  };
  say("name", one.name);
  say("unit", one.unit);
  say("rest", [words(`class.${one.badge_class}`), one.mobile_tail && words("search.mobile", { tail: one.mobile_tail })].filter(Boolean).join(" · "));
  say("state", stateOf(one));
  person.querySelector("[data-person-state]").dataset.state = one.arrived_at ? "arrived" : one.state;
  say("outside", words(`reason.not_confirmed.${one.state}`));
  say("says", "");
  const at = place();
  const isIn = at?.often === "once" && one.passed.some((pass) => pass.checkpoint_id === at.id); // nothing to do but to take it back
  const mayCome = one.state === "confirmed" && !isIn;
  person.querySelector("[data-person-let-in]").hidden = !mayCome;
  const passes = person.querySelector("[data-person-passes]");
  passes.replaceChildren(...one.passed.map(pass));
  passes.hidden = !one.passed.length;
  $("[data-search-find]").hidden = true;
  person.hidden = false;
  person.querySelector(mayCome ? "[data-person-let-in]" : "[data-person-back]").focus();
}

function pass({ scan_id: scanId, checkpoint_id: placeId, at, gate: where }) {
  const item = $("#pass").content.firstElementChild.cloneNode(true);
  item.querySelector("[data-pass-words]").textContent = [placeOf(placeId)?.name, moment(at), where].filter(Boolean).join(" · ");
  const button = item.querySelector("button");
  button.hidden = !scanId;
  button.addEventListener("click", () => undo(scanId, button));
  return item;
}

async function undo(scanId, button) {
  const told = person.querySelector("[data-person-says]");
  button.disabled = true;
  try {
    await server.call("POST", `/scans/${scanId}/undo`, { patience: PATIENCE_MS });
  } catch (error) {
    button.disabled = false;
    told.textContent = error instanceof Refused ? error.message : words("search.undo_needs_network");
    told.hidden = false;
    return;
  }
  await takenBack(scanId);
  sync.renew();
  const again = opened;
  await look();
  const fresh = hits.find((one) => one.registration_id === again.registration_id);
  if (!fresh) return back();
  open(fresh);
  told.textContent = words("undone");
  told.hidden = false;
}

function back() {
  opened = null;
  person.hidden = true;
  $("[data-search-find]").hidden = false;
  field.focus();
}

// ---- hands ----
field.addEventListener("input", () => {
  choose(-1); // what is in sight answers an earlier question
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE_MS);
});
field.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!hits.length) return;
    const step = event.key === "ArrowDown" ? 1 : -1;
    choose(active < 0 ? (step > 0 ? 0 : hits.length - 1) : (active + step + hits.length) % hits.length);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (timer) return look();
    const one = hits[active];
    if (one) return one.state === "confirmed" ? letIn(one) : open(one);
  }
});
person.querySelector("[data-person-let-in]").addEventListener("click", () => letIn(opened));
person.querySelector("[data-person-back]").addEventListener("click", back);
$("[data-search-open]").addEventListener("click", () => openSearch());
dialog.addEventListener("close", () => {
  asked += 1;
  clearTimeout(timer);
  hits = []; // nobody's name stays behind the closed search
  list.replaceChildren();
  person.hidden = true;
  refocus();
});
// From a card to the person on it: who has passed already may have to be taken back.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-open-person]");
  if (button) openSearch(button.closest("article").dataset.name);
});
