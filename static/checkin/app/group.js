// One scan for a whole group: after one of a delegation the others are named, and who is there is let in, each by a scan of
// his own (scanning.js). Online the server names them, alone the list of this device.
import { refocus } from "./focus.js";
import { $, people, place, placeOf, server } from "./gate.js";
import { passedAt } from "./group_offer.js";
import { card, lineOf, signals, undo } from "./results.js";
import { mayBeSeenAgain, seenJustNow } from "./same_code.js";
import { admitCompanion, take } from "./scanning.js";
import { unseal } from "./store.js";
import { moment, number, words } from "./words.js";

const PATIENCE_MS = 3000;
const dialog = $("[data-group]");
const list = $("[data-group-people]");
const all = $("[data-group-all]");
const go = $("[data-group-go]");
const says = $("[data-group-says]");

let letting = false; // some of them are on their way in
let ticket = null; // of the one who was scanned; null: a supervisor found him by name

async function open(entry) {
  const { row, seen } = entry.scan;
  const at = placeOf(row.checkpoint_id);
  if (!at || row.checkpoint_id !== place()?.id) return;
  ticket = await unseal(row.code);
  $("[data-group-title]").textContent = words("group.title", { name: seen.name });
  const others = (await asked(row)) ?? held(row.registration_id, at);
  list.replaceChildren(...others.map(line));
  says.textContent = "";
  card.close();
  dialog.showModal();
  count();
}

/** [{registration_id, name, unit, attention, passed}]; null when the server does not tell. */
async function asked(row) {
  if (!row.asked || !server.online) return null;
  try {
    const { body } = await server.call("GET", `/scans/${row.id}/group`, { patience: PATIENCE_MS });
    return body.people.map((one) => ({ ...one, passed: one.passed_at && Date.parse(one.passed_at) }));
  } catch {
    return null;
  }
}

function held(registrationId, at) {
  return people.companionsOf(people.person(registrationId)).map((one) => ({
    registration_id: one.i,
    name: one.n,
    unit: one.u,
    attention: at.shows_notes === false ? null : one.a,
    passed: passedAt(one, at, server.now()),
  }));
}

function line(one) {
  const item = $("#group-person").content.firstElementChild.cloneNode(true);
  item.dataset.registration = one.registration_id;
  item.querySelector("b").textContent = one.name;
  item.querySelector("[data-unit]").textContent = one.unit ?? "";
  item.querySelector("[data-note]").hidden = !one.attention;
  item.querySelector("[data-note-says]").textContent = one.attention ?? "";
  if (one.passed) came(item, one.passed === true ? words("group.in") : moment(one.passed));
  return item;
}

function came(item, text, refused = false) {
  const box = item.querySelector("input");
  box.checked = false;
  box.disabled = !refused;
  const sign = item.querySelector("[data-came]");
  sign.hidden = false;
  sign.textContent = text;
  sign.classList.toggle("is-refused", refused);
}

function ticked() {
  return [...list.querySelectorAll("input:checked:not(:disabled)")].map((box) => box.closest("li"));
}

function count() {
  const chosen = ticked().length;
  const free = list.querySelectorAll("input:not(:disabled)").length;
  go.disabled = chosen === 0;
  go.textContent = chosen ? words("group.let_in", { number: number(chosen) }) : words("group.tick");
  all.closest("label").hidden = free < 2;
  all.checked = free > 0 && chosen === free;
}

/** Resolves to the row of the scan, or null when it was not recorded. */
function admit(item) {
  return new Promise((done) => {
    const number = Number(item.dataset.registration);
    admitCompanion(
      number,
      ticket,
      (row, seen, scan) => {
        const entry = lineOf(row, seen, scan);
        if (row.let_in) {
          came(item, words("group.in"));
          const back = item.querySelector("[data-take-back]");
          back.hidden = false;
          back.onclick = () => takeBack(item, entry);
        } else came(item, entry.answer.dataset.detail || entry.answer.dataset.word, true);
        done({ row, seen });
      },
      (why, message) => {
        came(item, message || words(why), true);
        done(null);
      },
    );
  });
}

async function takeBack(item, entry) {
  await undo(entry);
  card.close();
  if (!entry.scan.row.undone) return came(item, words("undo.refused"), true);
  item.querySelector("[data-take-back]").hidden = true;
  item.querySelector("[data-came]").hidden = true;
  item.querySelector("input").disabled = false;
  says.textContent = words("group.taken_back", { name: item.querySelector("b").textContent });
  count();
}

$("[data-group-form]").addEventListener("submit", async (event) => {
  event.preventDefault();
  const chosen = ticked();
  go.disabled = letting = true;
  const results = [];
  for (const item of chosen) {
    says.textContent = words("group.under_way", { number: number(results.length + 1), most: number(chosen.length) });
    results.push(await admit(item));
  }
  letting = false;
  const inside = results.filter((one) => one?.row.let_in);
  const attention = inside.some((one) => one.seen.attention);
  signals.tell(inside.length < results.length ? "refused" : attention ? "attention" : "arrived");
  says.textContent = words("group.done", { number: number(inside.length), most: number(results.length) });
  count();
});
list.addEventListener("change", count);
all.addEventListener("change", () => {
  for (const box of list.querySelectorAll("input:not(:disabled)")) box.checked = all.checked;
  count();
});
$("[data-card]").addEventListener("click", (event) => {
  if (event.target.closest("[data-group-open]") && card.entry) open(card.entry);
});
dialog.addEventListener("close", refocus);
// The next ticket before the camera is the next guest: the list makes way for him.
addEventListener("gate-tried", ({ detail: { code, way } }) => {
  if (!dialog.open || letting || seenJustNow(code, way)) return; // the code that opened the list may still be in view
  mayBeSeenAgain(code);
  dialog.close();
  take(code, way);
});
