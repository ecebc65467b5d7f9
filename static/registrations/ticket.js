// The screen stays on while the ticket is looked at: nobody wakes a phone with a coat over the arm.
let awake = null;

async function stayAwake() {
  if (document.visibilityState !== "visible" || (awake && !awake.released)) return;
  try {
    awake = (await navigator.wakeLock?.request("screen")) ?? null;
  } catch {
    // Low battery, or a browser that cannot: the screen goes dark as always.
  }
}

if (document.querySelector("[data-keep-awake]")) {
  document.addEventListener("visibilitychange", stayAwake);
  document.addEventListener("pointerdown", stayAwake);
  stayAwake();
}
