// What must always be in sight: online or not, what the list holds and how old it is, what waits to be sent.
import { figures } from "./measure.js";
import { age, moment, number, words } from "./words.js";

export const OLD_MS = 5 * 60_000;

export function showStatus(server, people, sync, device) {
  const state = !device ? "none" : server.online ? "online" : "offline";
  document.body.dataset.link = state;
  say("link-says", words(`link.${state}`));
  const old = people.holds ? server.now() - people.checkedAt : Infinity;
  say("holds", people.holds ? words("holds", { number: number(people.size), age: age(old) }) : words("holds.nothing"));
  mark("holds", old > OLD_MS);
  const waits = sync.numbers.pending + sync.numbers.undo;
  say("pending", words("pending", { number: number(waits) }));
  mark("pending", waits > 0);
  const aside = document.querySelector("[data-aside]");
  aside.hidden = !sync.numbers.aside;
  say("aside-number", words("aside", { number: number(sync.numbers.aside) }));
}

/** The panel for whoever looks after the devices. ``aside``: rows that the server would not take. */
export function showDiagnostics(server, people, sync, device, aside) {
  const facts = [
    [words("diag.device"), device ? `${device.name} · ${words(`role.${device.role}`)}` : "—"],
    [words("diag.heard"), server.heardAt ? words("ago", { age: age(Date.now() - server.heardAt) }) : words("never")],
    [words("diag.clock"), words("diag.clock.ahead", { seconds: (server.ahead / 1000).toFixed(1) })],
    [words("diag.list"), people.holds ? words("diag.list.of", { time: moment(people.madeAt), until: moment(people.expiresAt) }) : words("holds.nothing")],
    [words("diag.waits"), number(sync.numbers.pending + sync.numbers.undo)],
    ...["online", "offline"].map((kind) => {
      const measured = figures(kind);
      return [words(`diag.${kind}`), measured ? words("diag.figures", measured) : "—"];
    }),
  ];
  const list = document.querySelector("[data-diagnostics]");
  list.replaceChildren(
    ...facts.flatMap(([name, value]) => ["dt", "dd"].map((kind, place) => Object.assign(document.createElement(kind), { textContent: place ? value : name }))),
  );
  const rows = document.querySelector("[data-aside-rows]");
  rows.replaceChildren(
    ...aside.map((row) =>
      Object.assign(document.createElement("li"), {
        textContent: `${moment(row.at)} · ${words(`reason.${row.set_aside}`) || row.says || row.set_aside}`,
      }),
    ),
  );
  document.querySelector("[data-aside-part]").hidden = !aside.length;
}

function say(slot, text) {
  const element = document.querySelector(`[data-${slot}]`);
  if (element.textContent !== text) element.textContent = text;
}

function mark(slot, isLate) {
  document.querySelector(`[data-${slot}]`).classList.toggle("is-late", isLate);
}
