// The code that changes every 30 seconds: drawn out of symbols that the server has signed ahead, by the server's clock.
// Nothing here can make a code. Without a network those on the phone are used up, and then the page says so.
const RENEW_BELOW = 8; // codes left
const RETRY_MS = 5000;
const PATIENCE_MS = 8000;
const SIDE = 37;
const QUIET = 4;

const page = document.querySelector("[data-moving]");
const part = (name) => page.querySelector(`[data-${name}]`);
const step = Number(page.dataset.step);
const drawing = part("code").querySelector("path");
const codes = new Map([[Number(page.dataset.issued), drawing.getAttribute("d")]]); // moment (ms) → path
let ahead = Number(page.dataset.now) - Date.now(); // the server's clock, in ms before ours
let shown = Number(page.dataset.issued);
let asking = false;
let askedAt = -Infinity;
let reached = true;

function tick() {
  const now = Date.now() + ahead;
  const current = Math.floor(now / step) * step;
  for (const at of codes.keys()) if (at < current) codes.delete(at);
  if (shown !== current && codes.has(current)) {
    drawing.setAttribute("d", codes.get(current));
    shown = current;
  }
  const over = !codes.has(current);
  part("code").hidden = part("time").hidden = over;
  part("over").hidden = !over;
  part("left").setAttribute("stroke-dashoffset", String((100 * (now - current)) / step));
  const left = codes.size;
  say(reached ? part("says").dataset.fresh : part("says").dataset.alone.replace("{minutes}", String(Math.max(1, Math.floor((left * step) / 60_000)))));
  if (left < RENEW_BELOW && performance.now() - askedAt > RETRY_MS) renew();
}

function say(words) {
  if (part("says").textContent !== words) part("says").textContent = words; // said once, not at every tick
}

async function renew() {
  if (asking) return;
  asking = true;
  askedAt = performance.now();
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  const began = Date.now();
  try {
    const response = await fetch(page.dataset.moving, { signal: stop.signal, cache: "no-store", headers: { Accept: "application/json" } });
    if (response.redirected || (response.status >= 400 && response.status < 500 && response.status !== 429)) return location.reload(); // the seat is gone, or a code is asked first
    if (!response.ok) throw new Error(String(response.status));
    const told = await response.json();
    ahead = told.now - (began + Date.now()) / 2;
    codes.clear(); // those of a ticket that was issued anew meanwhile are worth nothing
    for (const { at, modules } of told.codes) codes.set(at, pathOf(modules));
    shown = null;
    reached = true;
  } catch {
    reached = false;
  } finally {
    clearTimeout(timer);
    asking = false;
  }
  tick();
}

/** 37 × 37 bits in base64 as the path of the dark modules. */
function pathOf(modules) {
  const bytes = atob(modules);
  const isDark = (x, y) => x < SIDE && (bytes.charCodeAt((y * SIDE + x) >> 3) >> (7 - ((y * SIDE + x) & 7))) & 1;
  let path = "";
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const start = x;
      while (isDark(x, y)) x++;
      if (x > start) path += `M${start + QUIET} ${y + QUIET}h${x - start}v1h-${x - start}z`;
    }
  }
  return path;
}

part("ring").removeAttribute("hidden"); // SVG knows the attribute alone
part("again").addEventListener("click", renew);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") renew(); // out of the pocket: what lay there is old
});
addEventListener("online", renew);
setInterval(tick, 250);
renew();
