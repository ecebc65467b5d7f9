// The panel for whoever looks after the devices.
import { refocus } from "./focus.js";
import { $, gate, people, server, sync } from "./gate.js";
import { opensByHolding } from "./kiosk.js";
import { showDiagnostics } from "./status.js";
import { scansIn } from "./store.js";

const panel = $("[data-panel]");

async function tell() {
  showDiagnostics(server, people, sync, gate.device, await scansIn("aside", 50));
}

for (const opener of document.querySelectorAll("[data-panel-open]")) {
  opensByHolding(opener, async () => {
    await tell();
    $("[data-leave-says]").hidden = true; // what was refused before may be possible now
    panel.showModal();
  });
}
panel.addEventListener("close", refocus);
sync.addEventListener("change", () => panel.open && tell());
$("[data-renew]").addEventListener("click", () => sync.renew());
