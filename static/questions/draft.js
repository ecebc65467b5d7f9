/** Keeps what is typed at the server: what changed, half a second after one stops typing, and before the page goes.
 *
 * Two tabs or devices may write one draft: each sends only what it changed, and takes over what the other changed
 * where its own reader has not typed since.
 */
import { answersIn, put } from "./answers.js";

const PAUSE = 700;
const OWN = new Set(["csrf_token", "submission_id", "channel", "consent", "draft"]);

export function keepDraft(form, { say }) {
  const address = form.dataset.draft;
  const status = document.querySelector("[data-draft-status]");
  const resume = document.querySelector("[data-draft-resume]");
  let version = Number(form.dataset.draftVersion || 0);
  let sent = answersIn(form);
  let timer = null;
  let under = Promise.resolve();
  let gone = false;

  const same = (one, other) => one !== undefined && one.length === other.length && one.every((value, place) => value === other[place]);
  const changed = (answers) => Object.entries(answers).filter(([name, values]) => !OWN.has(name) && !same(sent[name], values));

  function body(changes, page) {
    const data = new FormData();
    data.set("csrf_token", form.elements.csrf_token?.value ?? "");
    data.set("changes", JSON.stringify(Object.fromEntries(changes)));
    data.set("version", String(version));
    if (page) data.set("page", page.dataset.page);
    return data;
  }

  async function post(page) {
    if (!address || gone) return {};
    const answers = answersIn(form);
    const changes = changed(answers);
    if (!changes.length && !page) return {};
    tell("keeping");
    let answer;
    try {
      const reply = await fetch(address, { method: "POST", body: body(changes, page), headers: { "X-Requested-With": "fetch" } });
      if (!reply.ok) throw new Error(String(reply.status));
      answer = await reply.json();
    } catch {
      tell("offline");
      schedule(8000);
      return {};
    }
    for (const [name, values] of changes) sent[name] = values;
    version = answer.version ?? version;
    takeOver(answer.others ?? {});
    if (answer.csrf_token && form.elements.csrf_token) form.elements.csrf_token.value = answer.csrf_token;
    if (answer.version) tell("kept");
    if (resume && answer.version) resume.hidden = false;
    return answer;
  }

  function takeOver(others) {
    const answers = answersIn(form);
    for (const [name, values] of Object.entries(others)) {
      const untouched = same(sent[name], answers[name] ?? []) || answers[name] === undefined;
      const isTyping = document.activeElement?.name === name;
      if (untouched && !isTyping && !same(answers[name], values)) {
        put(form, name, values);
        sent[name] = answersIn(form)[name] ?? values;
      }
    }
  }

  function tell(state) {
    if (!status) return;
    const text = status.dataset[state];
    if (text && status.textContent !== text) status.textContent = text;
  }

  // One after the other: two savings at once would overtake each other.
  const save = (page) => (under = under.then(() => post(page), () => post(page)));

  function schedule(pause = PAUSE) {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  }

  form.addEventListener("input", () => schedule());
  form.addEventListener("change", () => schedule());
  form.addEventListener("submit", () => {
    gone = true;
    clearTimeout(timer);
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) gone = false;
  });
  addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden" || gone || !address) return;
    const answers = answersIn(form);
    const changes = changed(answers);
    if (!changes.length) return;
    if (navigator.sendBeacon(address, body(changes))) for (const [name, values] of changes) sent[name] = values;
  });

  return {
    save: () => save(),
    /** Saves, and asks the server what is wrong on this page: errors by key, none when it cannot be reached. */
    async check(page) {
      clearTimeout(timer);
      const answer = await save(page);
      return answer.errors ?? {};
    },
  };
}
