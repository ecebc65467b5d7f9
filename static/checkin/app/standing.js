// Where the device stands and which way people go there; the page for what it is: to be joined, or scanning.
import { showPrinting } from "./badges.js";
import { refocus, stayAwake } from "./focus.js";
import { $, gate, people, place, server, sync } from "./gate.js";
import { dress } from "./looks.js";
import { showStatus } from "./status.js";
import { put } from "./store.js";

export function show() {
  const joined = gate.device !== null;
  document.body.classList.toggle("is-joined", joined);
  $("[data-join]").hidden = joined;
  $("[data-scanning]").hidden = !joined;
  dress();
  if (!joined) return status();
  const open = gate.device.checkpoints.filter((one) => !one.ended_at);
  gate.placeId = open.find((one) => one.id === gate.placeId)?.id ?? open[0]?.id ?? null;
  $("[data-city]").textContent = gate.device.stop.city;
  $("[data-device]").textContent = gate.device.name;
  const choice = $("[data-place]");
  choice.replaceChildren(...open.map((one) => new Option(one.name, one.id, false, one.id === gate.placeId)));
  choice.disabled = open.length < 2;
  showDirection();
  status();
  refocus();
  stayAwake();
}

function showDirection() {
  const both = place()?.often === "in_and_out";
  if (!both) gate.direction = "in";
  $("[data-directions]").hidden = !both;
  for (const radio of document.querySelectorAll("[name=direction]")) radio.checked = radio.value === gate.direction;
  document.body.dataset.direction = gate.direction;
}

export function status() {
  showStatus(server, people, sync, gate.device);
  showPrinting(place(), server.online);
}

$("[data-place]").addEventListener("change", (event) => {
  gate.placeId = Number(event.target.value);
  put("place", gate.placeId);
  showDirection();
  event.target.blur();
  refocus();
});
$("[data-directions]").addEventListener("change", (event) => {
  gate.direction = event.target.value;
  showDirection();
  event.target.blur();
  refocus();
});
