// How the page looks on this device: large print, kiosk, its language.
import { $, gate } from "./gate.js";
import { remember, remembered } from "./remembered.js";

const looks = { large: false, kiosk: false };

for (const look of Object.keys(looks)) {
  looks[look] = remembered(`gate-${look}`) === "on";
  $(`[data-look="${look}"]`).addEventListener("click", () => {
    looks[look] = !looks[look];
    remember(`gate-${look}`, looks[look] ? "on" : "off");
    dress();
  });
}
for (const link of document.querySelectorAll("[data-language]")) {
  link.addEventListener("click", () => remember("gate-language", link.dataset.language));
}

/** A kiosk shows nobody's name: people check themselves in, and others look on. */
export function isKiosk() {
  return looks.kiosk || gate.device?.role === "kiosk";
}

/** Whether people may be looked up and registered here: never where everybody reads the screen. */
export function mayDesk() {
  return gate.device?.role === "supervise" && !isKiosk();
}

export function dress() {
  document.documentElement.classList.toggle("is-large", looks.large);
  document.body.classList.toggle("is-kiosk", isKiosk());
  for (const look of Object.keys(looks)) $(`[data-look="${look}"]`).setAttribute("aria-pressed", String(look === "kiosk" ? isKiosk() : looks[look]));
  document.body.dataset.role = gate.device?.role ?? "";
  $("[data-desk]").hidden = !mayDesk();
  dispatchEvent(new Event("gate-shown"));
  $('[data-look="kiosk"]').disabled = gate.device?.role === "kiosk";
}
