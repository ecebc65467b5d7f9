// A screen in the hall. It keeps nothing: what the last answer does not name is gone with it.
import { keepAsking } from "./asking.js";

const EVERY = 3000;
const SHOWN_FOR = 2600; // each newcomer has the middle to himself for at least so long
const MOST_WAITING = 6;
const NAMELESS_AFTER = 30_000; // without a network nobody can know who took the agreement back

const wall = document.querySelector("[data-wall]");
const plus = document.querySelector("[data-plus]");
const quiet = matchMedia("(prefers-reduced-motion: reduce)");
let people = read(wall); // key → element, the newest first
let seen = new Set(people.keys());
let waiting = []; // keys that have not had the middle yet, the oldest first
let middle = [...people.keys()][0] ?? null;
let middleSince = 0;
let arrived = Number(wall.querySelector("[data-arrived]").dataset.arrived);
let heardAt = Date.now();
let isOff = false;

keepAsking(location.pathname, {
  every: EVERY,
  fresh: (text) => {
    heardAt = Date.now();
    take(new DOMParser().parseFromString(text, "text/html").body);
  },
  same: () => {
    if (Date.now() - heardAt > NAMELESS_AFTER) location.reload(); // the names were taken off: fetch them anew
    heardAt = Date.now();
  },
  away: nameNobodyAfterAWhile,
  over: switchOff,
});
setInterval(goOn, 400);
setInterval(nameNobodyAfterAWhile, 5000);

function read(page) {
  return new Map([...page.querySelectorAll("[data-others] [data-key]")].map((one) => [one.dataset.key, one]));
}

function take(page) {
  const fresh = page.querySelector("[data-wall-now]");
  const now = Number(fresh.dataset.arrived);
  people = read(fresh);
  const news = [...people.keys()].filter((key) => !seen.has(key)).reverse();
  seen = new Set(people.keys());
  waiting = [...waiting, ...news].filter((key) => people.has(key)).slice(-MOST_WAITING);
  if (now > arrived) flash(now - arrived);
  arrived = now;
  wall.querySelector("[data-figure]").textContent = now;
  if (!people.has(middle)) middle = null;
  if (middle === null) next();
  draw(new Set(news));
}

/** Whoever waits takes the middle once the one before has had his time. */
function goOn() {
  if (isOff || !waiting.length || Date.now() - middleSince < SHOWN_FOR) return;
  next();
  draw(new Set());
}

function next() {
  middle = waiting.shift() ?? [...people.keys()][0] ?? null;
  middleSince = Date.now();
}

function draw(news) {
  const old = wall.querySelector("[data-newest]");
  const shown = old.querySelector("[data-key]")?.dataset.key ?? null;
  if (middle === null) {
    if (shown !== null || !old.classList.contains("wall-nobody")) old.replaceWith(template("data-nobody"));
  } else if (shown !== middle) {
    const section = document.createElement("section");
    section.className = "wall-newest";
    section.dataset.newest = "";
    section.setAttribute("aria-live", "polite");
    const welcome = document.createElement("p");
    welcome.className = "wall-welcome";
    welcome.textContent = wall.dataset.welcome;
    const person = document.createElement("div");
    person.className = "wall-person is-new";
    person.dataset.key = middle;
    person.append(...[...people.get(middle).children].map((part) => part.cloneNode(true)));
    section.append(welcome, person);
    old.replaceWith(section);
  }
  const others = wall.querySelector("[data-others]");
  const wanted = [...people.keys()].filter((key) => key !== middle && !waiting.includes(key)).slice(0, 8);
  const standing = [...others.querySelectorAll("[data-key]:not([hidden])")].map((one) => one.dataset.key);
  others.hidden = wanted.length === 0;
  if (wanted.join() === standing.join()) return;
  others.replaceChildren(
    ...wanted.map((key) => {
      const one = people.get(key).cloneNode(true);
      one.hidden = false;
      one.classList.toggle("is-new", news.has(key) || !standing.includes(key));
      return one;
    }),
  );
}

function flash(more) {
  plus.textContent = `+${more}`;
  plus.classList.remove("is-shown");
  void plus.offsetWidth; // so that the movement begins anew
  plus.classList.add("is-shown");
  if (quiet.matches) setTimeout(() => plus.classList.remove("is-shown"), 3600);
}

function nameNobodyAfterAWhile() {
  if (isOff || Date.now() - heardAt < NAMELESS_AFTER || !people.size) return;
  people = new Map();
  waiting = [];
  middle = null;
  draw(new Set());
}

function switchOff() {
  isOff = true;
  people = new Map();
  waiting = [];
  document.querySelector("[data-wall]").replaceChildren(template("data-off"));
  for (const gone of document.querySelectorAll(".wall-head")) gone.remove();
}

function template(name) {
  return document.querySelector(`template[${name}]`).content.firstElementChild.cloneNode(true);
}

// The whole screen, awake, without a pointer.
const full = document.querySelector("[data-full]");
const root = document.documentElement;
full.hidden = !root.requestFullscreen;
full.addEventListener("click", () => root.requestFullscreen().catch(() => {}));
document.addEventListener("fullscreenchange", () => {
  full.hidden = Boolean(document.fullscreenElement);
});
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "f" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen?.().catch(() => {});
});

let stillness = 0;
function stir() {
  document.body.classList.remove("is-still");
  clearTimeout(stillness);
  stillness = setTimeout(() => document.body.classList.add("is-still"), 4000);
}
for (const what of ["pointermove", "pointerdown", "keydown", "focusin"]) addEventListener(what, stir);
stir();

async function stayAwake() {
  try {
    if (!document.hidden) await navigator.wakeLock?.request("screen");
  } catch {
    // Not allowed here: the screen's own setting decides.
  }
}
document.addEventListener("visibilitychange", stayAwake);
stayAwake();
