// Renews the code on the hall's screen. A page that reloaded itself would be lost at the first fault of the network.
const EVERY = 15_000;
const away = document.querySelector("[data-away]");
let awake = null;

async function renew() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const parts = [...document.querySelectorAll("[data-renewed]")].map((part) => [
      part,
      fresh.querySelector(`[data-renewed="${part.dataset.renewed}"]`),
    ]);
    // Signed out, or the poster was turned off: the page that says so is shown.
    if (!answer.ok || parts.some(([, newer]) => !newer)) {
      location.reload();
      return;
    }
    for (const [part, newer] of parts) part.replaceChildren(...newer.childNodes);
    away.hidden = true;
  } catch {
    away.hidden = false;
  }
}

async function stayAwake() {
  if (document.visibilityState !== "visible" || (awake && !awake.released)) return;
  try {
    awake = (await navigator.wakeLock?.request("screen")) ?? null;
  } catch {
    // The computer's own settings decide then.
  }
}

setInterval(renew, EVERY);
document.addEventListener("visibilitychange", stayAwake);
stayAwake();
