// Becoming a device of a stop, being told what it is, and being one no longer.
import { $, gate, people, server, sync, tabs } from "./gate.js";
import { card } from "./results.js";
import { Refused } from "./server.js";
import { show } from "./standing.js";
import { counts, forget, put, seal } from "./store.js";
import { walkInsKept } from "./walk_in.js";
import { words } from "./words.js";

sync.gate = { onDevice, onRevoked };

export async function join(code, name) {
  const says = $("[data-join-says]");
  says.hidden = true;
  try {
    const { pending, undo } = await counts();
    if (gate.device && pending + undo) throw new Refused(409, { message: words("join.pending") });
    if (gate.device && (await walkInsKept())) throw new Refused(409, { message: words("leave.walk_ins") });
    const before = server.token;
    server.token = null;
    try {
      const { body } = await server.call("POST", "/devices/join", { body: name ? { code, name } : { code } });
      await people.wipe();
      server.token = body.token;
      await put("token", await seal(body.token));
      await onDevice(body.device);
    } finally {
      server.token ??= before;
    }
    navigator.storage?.persist?.();
    show();
    sync.start();
  } catch (error) {
    say(error instanceof Refused ? error.message || words("join.refused") : words("join.unreachable"));
  }
}

/** On the page for joining, above its form. */
export function say(sentence) {
  $("[data-join-says]").textContent = sentence;
  $("[data-join-says]").hidden = false;
}

async function onDevice(told) {
  const changed = JSON.stringify(told) !== JSON.stringify(gate.device);
  if (told.stop.cancelled_at && !gate.device?.stop.cancelled_at) sync.renew(); // the list is to go
  gate.device = told;
  if (!changed) return;
  await put("device", await seal(told));
  show();
}

/** The list is gone already; the device itself goes as soon as nothing waits on it any more. */
async function onRevoked() {
  const { pending, undo } = await counts();
  gate.device = null;
  await forget("device");
  if (!pending && !undo) {
    sync.stop();
    await forget("token");
  }
  tabs?.postMessage("device");
  say(pending ? words("revoked.pending") : (await walkInsKept()) ? words("revoked.walk_ins") : words("revoked"));
  card.close();
  show();
}

async function leave() {
  const { pending, undo } = await counts();
  const says = $("[data-leave-says]");
  const walkIns = await walkInsKept();
  if (pending + undo + walkIns) {
    says.textContent = words(pending + undo ? "leave.pending" : "leave.walk_ins");
    says.hidden = false;
    return;
  }
  await people.wipe();
  await forget("token", "device", "place");
  tabs?.postMessage("device");
  location.reload();
}

$("[data-join-form]").addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(event.target);
  join(String(fields.get("code")).trim(), String(fields.get("name")).trim());
});
$("[data-leave]").addEventListener("click", leave);
