// The scanning app: joined to a stop by a code, it scans with and without a network.
// Three ways in (camera, hand scanner, typing) lead to one queue (scanning.js); what each scan came to is shown by results.js.
import { Camera } from "../camera.js";
import { $, gate, people, server, sync, tabs } from "./gate.js";
import { join, say } from "./joining.js";
import "./listening.js";
import "./group.js";
import "./panel.js";
import "./ready.js";
import { remember, remembered } from "./remembered.js";
import { recall } from "./results.js";
import { take } from "./scanning.js";
import { show, status } from "./standing.js";
import { get, unseal } from "./store.js";
import "./typing.js";
import "./walk_in.js";
import { language, words } from "./words.js";

server.addEventListener("change", status);
sync.addEventListener("change", status);
tabs?.addEventListener("message", ({ data }) => (data === "device" ? location.reload() : sync.count()));
setInterval(status, 5000);

async function begin() {
  const wanted = remembered("gate-language");
  if (wanted && wanted !== language) return location.replace(`/gate/app/${wanted}${location.hash}`);
  remember("gate-language", language);
  const code = new URLSearchParams(location.hash.slice(1)).get("join");
  if (code) history.replaceState(null, "", location.pathname);
  if (!window.isSecureContext || !window.indexedDB || !crypto.subtle) {
    $("[data-join]").hidden = false;
    $("[data-join-form]").hidden = true;
    return say(words("insecure"));
  }
  keepTheApp();
  server.token = await unseal(await get("token"));
  gate.device = await unseal(await get("device"));
  gate.placeId = (await get("place")) ?? null;
  await people.open();
  if (people.isOverAt(Date.now())) await people.wipe();
  await sync.count();
  show();
  await recall();
  new Camera($("[data-camera]"), (found, since) => take(found, "camera", since));
  if (server.token) sync.start();
  if (code) {
    $("[data-join-form] [name=code]").value = code;
    await join(code, "");
  }
  document.documentElement.dataset.ready = "";
}

/** The service worker keeps the app; a newer one that waits takes over now, before anybody scans. */
async function keepTheApp() {
  if (!navigator.serviceWorker) return;
  try {
    const registration = await navigator.serviceWorker.register("/gate/sw.js", { scope: "/gate/app" });
    if (registration.waiting && navigator.serviceWorker.controller) {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      registration.waiting.postMessage("take over");
    }
  } catch (error) {
    console.warn(error); // it scans all the same; only a reload wants the network
  }
}

begin();
