// The live page: asks every few seconds, short questions that any proxy lets through, and puts in place what changed.
import { relative } from "../js/times.js";
import { keepAsking } from "./asking.js";

const place = document.querySelector("[data-live]");
const at = document.querySelector("[data-live-at]");
const words = at.querySelector("[data-live-words]");
const says = document.querySelector("[data-live-says]");
const saysWhen = words.innerHTML;
const SPEAKS_EVERY = 30_000;
let spokeAt = Date.now();
let heardAt = clock();

keepAsking(place.dataset.live, {
  every: Number(place.dataset.every) * 1000,
  fresh: (text) => {
    put(new DOMParser().parseFromString(text, "text/html"));
    heard();
  },
  same: heard,
  away: () => tell(at.dataset.saysAway.replace("{time}", heardAt)),
  over: () => tell(at.dataset.saysOver),
});

const again = document.querySelector("[data-live-again]");
again.hidden = true; // it renews itself

function put(page) {
  for (const fresh of page.querySelectorAll("[data-part]")) {
    const old = place.querySelector(`[data-part="${fresh.dataset.part}"]`);
    if (!old) continue;
    for (const open of old.querySelectorAll("details[open][data-keep-open]")) {
      fresh.querySelector(`[data-keep-open="${open.dataset.keepOpen}"]`)?.setAttribute("open", "");
    }
    for (const time of fresh.querySelectorAll("time[data-relative]")) {
      time.title = time.textContent.trim();
      time.textContent = relative(Date.parse(time.dateTime));
    }
    if (old.innerHTML === fresh.innerHTML) continue;
    // Whoever stands in this part with the keyboard is not thrown out of it.
    const held = old.contains(document.activeElement) ? focusables(old).indexOf(document.activeElement) : -1;
    old.replaceChildren(...fresh.childNodes);
    if (held >= 0) focusables(old)[held]?.focus({ preventScroll: true });
  }
  speak(page);
}

const focusables = (part) => [...part.querySelectorAll("a, summary, button")];

/** Whoever listens hears a sentence now and then, not each arrival. */
function speak(page) {
  const sentence = page.querySelector("[data-summary]")?.dataset.summary;
  if (!sentence || sentence === says.textContent.trim() || Date.now() - spokeAt < SPEAKS_EVERY) return;
  spokeAt = Date.now();
  says.textContent = sentence;
}

function heard() {
  heardAt = clock();
  at.classList.remove("is-away");
  if (!words.querySelector("[data-live-time]")) words.innerHTML = saysWhen;
  words.querySelector("[data-live-time]").textContent = heardAt;
}

function tell(sentence) {
  at.classList.add("is-away");
  words.textContent = sentence;
}

function clock() {
  return new Date().toLocaleTimeString("en-GB", { timeZone: "Asia/Shanghai" });
}
