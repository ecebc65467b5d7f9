// A kiosk stands alone among the guests: it welcomes, says when it cannot help, and only a long press opens its settings.
import { $, gate, people, place, server, sync } from "./gate.js";
import { isKiosk } from "./looks.js";
import { words } from "./words.js";

const HOLD_MS = 2000;

/** Nothing it can decide by: better said at once than to each guest in turn. */
function isOutOfOrder() {
  return gate.device !== null && (!place() || (!server.online && !people.holds));
}

function tell() {
  const kiosk = isKiosk() && gate.device !== null;
  $("[data-kiosk]").hidden = !kiosk;
  if (!kiosk) return;
  const { campaign, city, venue } = gate.device.stop;
  $("[data-kiosk-campaign]").textContent = campaign;
  $("[data-kiosk-place]").textContent = [city, venue].join(" · ");
  const closed = isOutOfOrder();
  $("[data-kiosk-closed]").hidden = !closed;
  $("[data-kiosk-how]").hidden = closed;
}

/** ``open`` at once; where guests stand before it, only for whoever holds the button down for two seconds. */
export function opensByHolding(button, open) {
  let timer = 0;
  const release = () => clearTimeout(timer);
  const press = () => {
    release();
    if (isKiosk()) timer = setTimeout(open, HOLD_MS);
  };
  button.addEventListener("click", () => isKiosk() || open());
  button.addEventListener("pointerdown", press);
  button.addEventListener("keydown", (event) => (event.key === "Enter" || event.key === " ") && !event.repeat && press());
  for (const end of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) button.addEventListener(end, release);
  button.addEventListener("contextmenu", (event) => isKiosk() && event.preventDefault());
  const plain = button.getAttribute("aria-label");
  addEventListener("gate-shown", () => plain && button.setAttribute("aria-label", isKiosk() ? words("kiosk.hold") : plain));
}

addEventListener("gate-shown", tell);
server.addEventListener("change", tell);
sync.addEventListener("change", tell);
