// The queue at a desk: keys to go through it, the preview at the side, and who is chosen. Without this file every act
// is a button and every name a link.

const queue = document.querySelector("[data-queue]");
const rows = [...(queue?.querySelectorAll("[data-row]") ?? [])];
const side = queue?.querySelector("[data-queue-side]");
const says = queue?.querySelector("[data-queue-says]");
const help = queue?.querySelector("[data-queue-dialog]");
const batch = document.querySelector("#batch");
const everybody = queue?.querySelector("[data-queue-everybody]");
const wholePage = queue?.querySelector("[data-queue-page]");
const WIDE = matchMedia("(min-width: 1200px)");
const ACTS = { c: "confirm", w: "wait", d: "decline" };
const AT_ONCE = { c: "confirm", w: "waitlist" };
let here = -1;
let asked = 0;
let latest = null; // the box ticked last, for a range with Shift

const box = (row) => row.querySelector("[name=ids]");
const chosen = () => rows.filter((row) => box(row)?.checked);

/** Said to whoever hears the page. */
function say(words) {
  if (says) says.textContent = words;
}

/** Go to row ``number``: its name takes the focus, so that a screen reader reads it, and its preview is shown. */
function go(number, { focus = true } = {}) {
  if (number < 0 || number >= rows.length) {
    const further = queue.querySelector(number < 0 ? "[data-queue-before]" : "[data-queue-after]");
    if (further && focus) location.assign(further.href);
    return;
  }
  rows[here]?.classList.remove("is-here");
  here = number;
  rows[here].classList.add("is-here");
  if (focus) {
    rows[here].querySelector(".queue-name").focus({ preventScroll: true });
    rows[here].scrollIntoView({ block: "nearest" });
  }
  show(rows[here]);
}

async function show(row) {
  if (!side || !WIDE.matches) return;
  const number = ++asked;
  try {
    const answer = await fetch(row.dataset.brief, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok || number !== asked) return;
    const piece = new DOMParser().parseFromString(await answer.text(), "text/html");
    side.replaceChildren(...piece.body.childNodes);
    side.hidden = false;
  } catch {
    // Offline for a moment: the list itself stays usable.
  }
}

/** How many are chosen; the bar says it, and whoever listens hears it. */
function count({ aloud = false } = {}) {
  const words = queue.querySelector("[data-queue-count]");
  if (!words) return;
  const number = everybody?.checked ? Number(everybody.dataset.total) : chosen().length;
  words.textContent = number ? words.dataset.some.replace("{n}", number) : words.dataset.none;
  queue.querySelector("[data-queue-bar]").classList.toggle("is-chosen", number > 0);
  for (const row of rows) row.classList.toggle("is-chosen", Boolean(everybody?.checked || box(row)?.checked));
  if (wholePage) {
    wholePage.checked = rows.length > 0 && chosen().length === rows.length;
    wholePage.indeterminate = !wholePage.checked && chosen().length > 0;
  }
  if (aloud) say(words.textContent);
}

/** The preview of an act for those chosen, or for the one at hand. */
function preview(act) {
  if (!everybody?.checked && !chosen().length && here >= 0) box(rows[here]).checked = true;
  batch.requestSubmit(queue.querySelector(`[form=batch][name=act][value=${act}]`));
}

/** Decide about the one at hand here and now; the page says what came of it and goes on to the next. */
async function decide(row, act) {
  const answer = await fetch(`${row.querySelector(".queue-name").href}/${act}`, {
    method: "POST",
    headers: { "X-Requested-With": "fetch" },
    body: new URLSearchParams({ csrf_token: batch.querySelector("[name=csrf_token]").value }),
  }).catch(() => null);
  const told = (await answer?.json().catch(() => null)) ?? {};
  say(told.message ?? row.dataset.name);
  if (!answer?.ok) {
    mark(row, told.message ?? "");
    return;
  }
  mark(row, "");
  const pill = row.querySelector("[data-pill]");
  if (pill) pill.replaceChildren(...new DOMParser().parseFromString(told.pill, "text/html").body.childNodes);
  row.classList.add("is-done");
  const next = rows.indexOf(row) + 1;
  if (next < rows.length) go(next);
  else show(row);
}

/** A refusal stands under the name it is about. */
function mark(row, words) {
  row.querySelector(".queue-refused")?.remove();
  if (!words) return;
  const line = document.createElement("span");
  line.className = "queue-refused";
  line.textContent = words;
  row.querySelector("th").append(line);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") go(here + (key === "j" ? 1 : -1));
  else if (key === "?") help?.showModal();
  else if (key === "/") queue.querySelector("[type=search]")?.focus();
  else if (here < 0 && !chosen().length && !everybody?.checked) return;
  else if (key === "x" && here >= 0 && box(rows[here])) {
    box(rows[here]).checked = !box(rows[here]).checked;
    latest = here;
    count({ aloud: true });
  } else if (key === "o" && here >= 0) location.assign(rows[here].querySelector(".queue-name").href);
  else if (key in ACTS && batch && queue.querySelector("[data-queue-bar]")) {
    const one = !everybody?.checked && !chosen().length;
    if (one && key in AT_ONCE) decide(rows[here], AT_ONCE[key]);
    else preview(ACTS[key]);
  } else return;
  event.preventDefault();
}

if (queue && rows.length) {
  document.addEventListener("keydown", onKey);
  const button = queue.querySelector("[data-queue-help]");
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());
  queue.querySelector("[data-queue-bar]")?.classList.add("is-live");
  wholePage?.addEventListener("change", () => {
    for (const row of rows) box(row).checked = wholePage.checked;
    count({ aloud: true });
  });
  everybody?.addEventListener("change", () => count({ aloud: true }));
  rows.forEach((row, number) => {
    box(row)?.addEventListener("click", (event) => {
      if (event.shiftKey && latest !== null) {
        const [from, to] = [latest, number].sort((a, b) => a - b);
        for (const other of rows.slice(from, to + 1)) box(other).checked = event.target.checked;
      }
      latest = number;
      count({ aloud: true });
    });
    row.addEventListener("focusin", () => here !== number && go(number, { focus: false }));
    row.addEventListener("click", (event) => {
      if (!event.target.closest("a, button, input, label")) go(number);
    });
  });
  addEventListener("pageshow", () => count());
  count();
  if (WIDE.matches) go(0, { focus: false });
}
