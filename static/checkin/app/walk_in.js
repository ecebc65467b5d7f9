// Somebody stands at the gate who has not registered: three fields, the consent, and in. Without a network the person is
// written down here and registered later; what the server then refuses stays in sight until somebody has decided.
import { refocus } from "./focus.js";
import { $, gate, server, sync, tabs } from "./gate.js";
import { mayDesk } from "./looks.js";
import { noted, registered } from "./results.js";
import { admit } from "./scanning.js";
import { Refused, Unreachable } from "./server.js";
import { seal, unseal } from "./store.js";
import { all, change, remove, send, toSend, writeDown } from "./walk_ins_kept.js";
import { moment, number, words } from "./words.js";

const PATIENCE_MS = 8000;
const MOBILE = /^(?:(?:\+?86|0086)?1[3-9]\d{9}|\+(?!86)\d{6,15})$/;
const FIELDS = ["full_name", "mobile", "unit", "consent_version"];

const dialog = $("[data-walk-in]");
const form = $("[data-walk-in-form]");
const kept = $("[data-walk-ins-kept]");
const opener = $("[data-walk-ins-open]");
let sending = false;
let corrects = null; // the refused one that this form puts right

/** Whether this device may register people: it supervises and stands at the stop's door. */
function atTheDoor() {
  return mayDesk() && gate.device.checkpoints.some((one) => one.kind === "arrival" && !one.ended_at);
}

export async function openWalkIn({ name = "" } = {}) {
  if (document.querySelector("dialog[open]")) return;
  form.hidden = !atTheDoor();
  empty();
  form.elements.full_name.value = name;
  dialog.showModal();
  if (!form.hidden) form.elements[name ? "mobile" : "full_name"].focus();
  await showKept();
}

/** A scan while nothing is typed yet is meant for the gate: the form makes way. What is typed stays. */
export function closeUnlessTyped() {
  const typed = ["full_name", "mobile", "unit"].some((name) => form.elements[name].value.trim());
  if (dialog.open && !typed) dialog.close();
}

function empty() {
  const before = form.elements.badge_class.value;
  form.reset();
  form.elements.badge_class.value = before;
  corrects = null;
  complain({});
}

/** ``fields``: sentences by field; ``sentence``: what concerns none. ``known``: whom the number belongs to already. */
function complain(fields, sentence = "", known = null) {
  for (const name of FIELDS) {
    const wrong = fields[name] ?? "";
    const says = form.querySelector(`[data-wrong="${name}"]`);
    const control = form.elements[name === "consent_version" ? "consent" : name];
    says.textContent = wrong;
    says.hidden = !wrong;
    control.classList.toggle("is-invalid", Boolean(wrong));
    control.setAttribute("aria-invalid", String(Boolean(wrong)));
  }
  const says = $("[data-walk-in-says]");
  says.textContent = sentence;
  says.hidden = !sentence;
  const admits = $("[data-walk-in-admit]");
  admits.hidden = !known;
  admits.dataset.registration = known ?? "";
}

/** What can be seen to be wrong without the server; it looks again. */
function wrongIn(person, agreed) {
  const wrong = {};
  if ([...person.full_name].length < 2) wrong.full_name = words("walk_in.name");
  if (!MOBILE.test(person.mobile.normalize("NFKC").replace(/[\s().\-‐‑–—]/g, ""))) wrong.mobile = words("walk_in.mobile");
  if ([...person.unit].length < 2) wrong.unit = words("walk_in.unit");
  if (!agreed) wrong.consent_version = words("walk_in.consent");
  return wrong;
}

async function register() {
  if (sending || !gate.device) return;
  const typed = Object.fromEntries(["full_name", "mobile", "unit", "badge_class"].map((name) => [name, form.elements[name].value.trim()]));
  const wrong = wrongIn(typed, form.elements.consent.checked);
  complain(wrong);
  if (Object.keys(wrong).length) return form.querySelector(".is-invalid").focus();
  sending = true;
  form.classList.add("is-busy");
  try {
    const person = { ...typed, consent_version: form.dataset.consentVersion };
    const row = await writeDown(person);
    if (server.online) {
      try {
        const body = await send(row, { alone: false, patience: PATIENCE_MS });
        dialog.close();
        await registered(row, body); // on the disk and green, before it is forgotten here
        return await settled(row);
      } catch (error) {
        if (error instanceof Refused && error.status !== 401) {
          await remove(row.id); // it is in nobody's list, and stands in the form
          complain(error.fields, Object.keys(error.fields).length ? "" : error.message, error.registration_id);
          return form.querySelector(".is-invalid")?.focus();
        }
        if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      }
    }
    await change(row.id, { state: "waiting" });
    await settled(null);
    dialog.close();
    noted(row, person);
    sync.now();
  } finally {
    sending = false;
    if (!dialog.open) empty();
    form.classList.remove("is-busy");
    count();
  }
}

/** ``row`` is registered, or written down anew (null): what it puts right is put right. */
async function settled(row) {
  if (row) await remove(row.id);
  if (corrects) await remove(corrects);
  corrects = null;
  tabs?.postMessage("scan");
}

// ---- those that wait ----
/** Send them, one tab at a time; sending one twice would change nothing. */
async function sendAll() {
  const work = async () => {
    for (const row of await toSend()) {
      try {
        const body = await send(row, { alone: true, patience: 20_000 });
        await registered(row, body, { late: true });
        await remove(row.id);
      } catch (error) {
        if (!(error instanceof Refused) || error.status === 401) throw error;
        await change(row.id, { state: "refused", told: await seal({ message: error.message, registration_id: error.registration_id }) });
      }
    }
  };
  try {
    if (navigator.locks) await navigator.locks.request("gate-walk-ins", { ifAvailable: true }, (mine) => mine && work());
    else await work();
  } finally {
    await count();
  }
}
sync.also.push(sendAll);

/** How many there are, in sight whoever holds the device. */
async function count() {
  const rows = await all();
  const refused = rows.filter((row) => row.state === "refused" || row.stop_id !== gate.device?.stop.id).length;
  opener.hidden = !rows.length;
  opener.textContent = refused ? words("walk_ins.refused", { number: number(refused) }) : words("walk_ins.waiting", { number: number(rows.length) });
  opener.classList.toggle("is-refused", refused > 0);
  if (dialog.open) await showKept();
}

async function showKept() {
  const rows = await all();
  $("[data-walk-ins-part]").hidden = !rows.length;
  kept.replaceChildren(...(await Promise.all(rows.map(keptLine))));
}

async function keptLine(row) {
  const person = (await unseal(row.person)) ?? {};
  const told = await unseal(row.told);
  const item = $("#walk-in-kept").content.firstElementChild.cloneNode(true);
  const elsewhere = row.stop_id !== gate.device?.stop.id;
  item.querySelector("b").textContent = person.full_name ?? "—";
  item.querySelector("[data-kept-rest]").textContent = [person.unit, moment(row.device_at + row.clock_ahead_ms)].join(" · ");
  item.querySelector("[data-kept-says]").textContent = elsewhere ? words("walk_ins.elsewhere") : row.state === "refused" ? told?.message || words("reason.other") : words("walk_ins.waits");
  item.classList.toggle("is-refused", elsewhere || row.state === "refused");
  const act = (name, shown, todo) => {
    const button = item.querySelector(`[data-kept-${name}]`);
    button.hidden = !shown;
    button.addEventListener("click", todo);
  };
  const refused = !elsewhere && row.state === "refused";
  act("again", refused, async () => {
    await change(row.id, { state: "waiting", told: null });
    await showKept();
    sync.now();
  });
  act("admit", refused && mayDesk() && Boolean(told?.registration_id), async () => {
    await remove(row.id);
    dialog.close();
    count();
    admit(told.registration_id);
  });
  act("correct", refused && atTheDoor(), () => {
    empty();
    corrects = row.id;
    for (const name of ["full_name", "mobile", "unit", "badge_class"]) form.elements[name].value = person[name] ?? "";
    form.elements.full_name.focus();
  });
  act("remove", elsewhere || row.state === "refused", async (event) => {
    // Asked a second time on the button itself: it is gone for good.
    const button = event.currentTarget;
    if (!button.dataset.sure) {
      button.dataset.sure = "yes";
      button.textContent = words("walk_ins.remove_sure");
      return;
    }
    await remove(row.id);
    await count();
  });
  return item;
}

/** How many are kept here that the server does not have. */
export async function walkInsKept() {
  return (await all()).length;
}

// ---- hands ----
form.addEventListener("submit", (event) => {
  event.preventDefault();
  register();
});
$("[data-walk-in-open]").addEventListener("click", () => openWalkIn());
opener.addEventListener("click", () => openWalkIn());
$("[data-search-walk-in]").addEventListener("click", () => {
  const name = $("#search-field").value.trim();
  $("[data-search]").close();
  openWalkIn({ name: /\d/.test(name) ? "" : name });
});
$("[data-walk-in-admit]").addEventListener("click", (event) => {
  const { registration } = event.currentTarget.dataset;
  dialog.close();
  admit(Number(registration));
});
dialog.addEventListener("close", () => {
  if (!sending) empty(); // the next person does not read the last one's number
  refocus();
});
addEventListener("gate-shown", () => {
  $("[data-walk-in-open]").hidden = !atTheDoor();
  $("[data-search-walk-in]").classList.toggle("d-none", !atTheDoor());
  count();
});
