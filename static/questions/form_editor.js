// The organiser's form editor: saves as one types, puts the parts of the page in place anew, drags, and says what it did.
// Without it every button and field still works as a plain form.
import Sortable from "sortablejs";

import { tendChoices } from "./choices.js";
import { tendCondition } from "./condition_builder.js";

const WAIT_AFTER_TYPING = 1200;
const LOOK_FOR_OTHERS = 15000;
const editor = document.querySelector("[data-form-editor]");
if (editor) begin();

function begin() {
  editor.classList.add("has-script");
  const acts = document.querySelector("#fe-act");
  const part = (name) => editor.querySelector(`[data-part="${name}"]`);
  const say = (text) => (editor.querySelector("[data-said]").textContent = text);
  let version = Number(editor.dataset.version);
  let address = location.href;
  let queue = Promise.resolve();
  let saved = ""; // what the side's form held when it was last saved
  let typing = null;
  let saving = Promise.resolve(true);
  let blocked = false; // the side holds something that could not be saved

  // ---- talking to the server ----

  async function ask(url, options = {}) {
    for (let wait = 1000; ; wait = Math.min(wait * 2, 15000)) {
      try {
        const answer = await fetch(url, { ...options, headers: { "X-Requested-With": "fetch" } });
        if (answer.status === 503) throw new Error("away");
        if (answer.status === 401) {
          status(editor.dataset.signedOut, "bad");
          await later(3000);
          continue;
        }
        return { status: answer.status, said: await answer.json() };
      } catch {
        status(editor.dataset.away, "bad");
        await later(wait);
      }
    }
  }

  /** One act after the other, in the order they were done. */
  function send(url, body) {
    status(editor.dataset.saving, "busy");
    queue = queue.then(async () => {
      const answer = await ask(url, { method: "POST", body });
      if (answer.status !== 400 || !(await renewToken(body))) return answer;
      return ask(url, { method: "POST", body });
    });
    return queue;
  }

  /** Whoever signed in again has a new token; what was typed is sent with it. */
  async function renewToken(body) {
    const { status: code, said } = await ask(address);
    const fresh = code === 200 && /name="csrf_token" value="([^"]+)"/.exec(said.side)?.[1];
    if (!fresh || fresh === body.get("csrf_token")) return false;
    for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = fresh;
    body.set("csrf_token", fresh);
    return true;
  }

  function status(text, how = "") {
    const line = editor.querySelector("[data-status]");
    line.dataset.status = how;
    line.querySelector("span").textContent = text;
  }

  // ---- the parts of the page ----

  const sideForm = () => part("side").querySelector("form[data-autosave]");
  const typed = (form) => new URLSearchParams(new FormData(form)).toString();
  const isDirty = () => Boolean(sideForm()) && typed(sideForm()) !== saved;

  function place(said, { own = false, fresh = false } = {}) {
    const focus = remembered();
    const open = [...editor.querySelectorAll("details[data-keep-open][open]")].map((one) => one.dataset.keepOpen);
    for (const name of ["bar", "outline"]) part(name).innerHTML = said[name];
    const side = part("side");
    const whole = (url) => new URL(url, location.href).href;
    if (said.address && whole(said.address) !== whole(address)) fresh = true; // it shows something else now
    const busy = !fresh && sideForm() && (own || side.contains(document.activeElement) || isDirty());
    if (busy) {
      if (own) takeOver(said.side);
    } else {
      side.innerHTML = said.side;
      tendSide();
    }
    side.classList.toggle("is-open", Boolean(side.querySelector(".fe-side-head")));
    document.documentElement.classList.toggle("fe-sheet-open", side.classList.contains("is-open"));
    for (const one of open) editor.querySelector(`details[data-keep-open="${one}"]`)?.setAttribute("open", "");
    version = said.version;
    if (said.address) {
      address = said.address;
      history.replaceState(null, "", address);
      const now = new URL(address, location.href).searchParams;
      for (const [name, key] of [["selected_q", "q"], ["selected_page", "page"], ["selected_add", "add"]]) {
        acts.elements[name].value = now.get(key) ?? "";
      }
    }
    tendOutline();
    status(editor.dataset.saved);
    if (said.said) say(said.said);
    focus();
  }

  /** The side stays as it is while somebody types; only what the server counts is renewed. */
  function takeOver(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const form = sideForm();
    const seen = fresh.querySelector('form[data-autosave] input[name="seen"]');
    if (seen) form.elements.seen.value = seen.value;
    const sentence = fresh.querySelector("[data-sentence]");
    if (sentence) form.querySelector("[data-sentence]").textContent = sentence.textContent;
  }

  /** Where the reader was, to be there again when the part has been replaced. */
  function remembered() {
    const at = document.activeElement;
    if (!at || part("side").contains(at) || !editor.contains(at)) return () => {};
    const action = at.getAttribute("formaction");
    const href = at.getAttribute("href");
    return () => {
      const again = action
        ? editor.querySelector(`[formaction="${action}"][value="${at.value}"]:not(:disabled)`) ??
          editor.querySelector(`[formaction="${action}"]:not(:disabled)`)
        : href && editor.querySelector(`a[href="${href}"]`);
      again?.focus({ preventScroll: true });
    };
  }

  function enter({ select = false } = {}) {
    const side = part("side");
    const first = side.querySelector("[data-first]");
    if (first && !matchMedia("(pointer: coarse)").matches) {
      first.focus();
      if (select) first.select();
    } else side.focus();
    side.scrollTop = 0;
  }

  // ---- saving as one types ----

  /** One saving after the other: each sends the fingerprint that the one before brought. Whether all is saved. */
  function save(extra = {}) {
    saving = saving.then(() => saveNow(extra));
    return saving;
  }

  async function saveNow(extra) {
    clearTimeout(typing);
    const form = sideForm();
    if (!form || (!isDirty() && !Object.keys(extra).length)) return true;
    const body = new FormData(form);
    for (const [name, value] of Object.entries(extra)) body.set(name, value);
    const sent = typed(form);
    const changesSide = form.querySelector("[data-changed]");
    const { status: code, said } = await send(form.action, body);
    if (form !== sideForm()) return true;
    clearErrors(form);
    if (code === 200) {
      saved = sent;
      blocked = false;
      place(said, { own: !changesSide && !extra.agreed, fresh: Boolean(changesSide || extra.agreed) });
      if (changesSide) sideForm()?.querySelector(`[name="${changesSide.name}"]:is(select, :checked)`)?.focus();
      if (isDirty() && !typing) later(0).then(() => save());
      return true;
    }
    if (said.ask) {
      if (await agreed(said.ask)) return saveNow({ ...extra, agreed: "1" });
      await show(address, { fresh: true });
      return false;
    }
    blocked = true;
    if (said.errors) showErrors(form, said.errors);
    else showRefusal(form, said);
    status(said.refused ?? Object.values(said.errors ?? {})[0] ?? "", "bad");
    return false;
  }

  function clearErrors(form) {
    for (const one of form.querySelectorAll("[data-error], [data-refused]")) one.hidden = true;
    for (const one of form.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
  }

  function showErrors(form, errors) {
    for (const [name, sentence] of Object.entries(errors)) {
      const place = form.querySelector(`[data-error="${name}"]`) ?? form.querySelector("[data-refused]");
      place.textContent = sentence;
      place.hidden = false;
      form.querySelector(`[name="${name}"]`)?.setAttribute("aria-invalid", "true");
      say(sentence);
    }
  }

  function showRefusal(form, said) {
    const place = (said.field && form.querySelector(`[data-error="${said.field}"]`)) || form.querySelector("[data-refused]");
    place.replaceChildren(said.refused);
    place.hidden = false;
    say(said.refused);
    if (!said.side) return;
    // Somebody else was here: theirs stands in the outline, mine in the side. Which one holds is for people to say.
    part("outline").innerHTML = said.outline;
    tendOutline();
    const seen = new DOMParser().parseFromString(said.side, "text/html").querySelector('input[name="seen"]');
    const mine = document.createElement("button");
    mine.type = "button";
    mine.className = "btn btn-secondary btn-sm";
    mine.textContent = editor.dataset.mine;
    mine.addEventListener("click", () => {
      if (seen) form.elements.seen.value = seen.value;
      saved = "";
      save();
    });
    place.append(mine);
  }

  function agreed(sentences) {
    const dialog = document.querySelector("#ask");
    dialog.querySelector("[data-ask-question]").textContent = sentences.join("\n\n");
    const yes = dialog.querySelector("[data-ask-agree]");
    yes.textContent = editor.dataset.yes;
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    });
  }

  function tendSide() {
    const form = sideForm();
    blocked = false;
    saved = "";
    const side = part("side");
    for (const one of side.querySelectorAll("[data-shows]")) {
      const shown = side.querySelector(`#${one.dataset.shows}`);
      const look = () => (shown.hidden = one.value !== "day");
      one.addEventListener("change", look);
      look();
    }
    if (!form) return;
    for (const piece of form.querySelectorAll("[data-without-script] :is(input, select)")) piece.disabled = true;
    tendChoices(form, Sortable, () => save());
    tendCondition(form, () => save());
    form.addEventListener("input", nameInChinese);
    saved = typed(form);
    const saveSoon = (event) => {
      // Half a word in pinyin is no word yet.
      if (event.isComposing || !event.target.name || event.target.closest("[data-builder]")) return;
      clearTimeout(typing);
      typing = setTimeout(() => {
        typing = null;
        save();
      }, WAIT_AFTER_TYPING);
    };
    form.addEventListener("input", saveSoon);
    form.addEventListener("compositionstart", () => clearTimeout(typing));
    form.addEventListener("compositionend", saveSoon);
    form.addEventListener("change", (event) => {
      if (event.target.closest("[data-builder]")) return;
      if (event.target.matches("[data-changes-side]")) event.target.toggleAttribute("data-changed", true);
      save();
    });
  }

  /** The English that was there first goes with the Chinese that was: "One choice" is no translation of a question. */
  function nameInChinese({ target }) {
    if (target.matches("[data-until-named]")) target.removeAttribute("data-until-named");
    if (!target.name?.endsWith("_zh")) return;
    const english = target.closest("fieldset, li, form").querySelector("[data-until-named]");
    if (english?.name !== target.name.replace(/zh$/, "en")) return;
    english.value = "";
    english.removeAttribute("data-until-named");
  }

  // ---- the outline ----

  function tendOutline() {
    for (const list of editor.querySelectorAll("[data-page]")) {
      Sortable.create(list, {
        group: "questions",
        handle: "[data-grip]",
        draggable: "[data-question]",
        animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
        ghostClass: "is-ghost",
        dragClass: "is-dragged",
        scrollSensitivity: 80,
        onEnd: ({ item, to, from, oldIndex, newIndex }) => {
          if (to === from && oldIndex === newIndex) return;
          const body = new FormData(acts);
          body.set("page_id", to.dataset.page);
          body.set("before_id", item.nextElementSibling?.dataset.question ?? "");
          act(item.dataset.move, body);
        },
      });
    }
  }

  /** An act of a button or of a drop. What is refused is said, and the page shows again what holds. */
  async function act(url, body, { into = false } = {}) {
    const { status: code, said } = await send(url, body);
    if (code === 200) {
      place(said, { fresh: into });
      if (into) enter({ select: true });
      return;
    }
    if (said.ask) {
      if (await agreed(said.ask)) {
        body.set("agreed", "1");
        await act(url, body, { into });
      } else status(editor.dataset.saved);
      return;
    }
    await show(address);
    const words = said.refused ?? said.message ?? Object.values(said.errors ?? {})[0] ?? "";
    status(words, "bad");
    say(words);
    const near = part("side").querySelector("[data-refused]");
    if (near && into) {
      near.textContent = words;
      near.hidden = false;
    }
  }

  async function show(url, options = {}) {
    const { status: code, said } = await ask(url);
    if (code === 200) place(said, options);
    else status(said.message ?? "", "bad");
  }

  // ---- what people do ----

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form !== acts && !editor.contains(form)) return;
    if (form.dataset.ask) return; // insert a ready form: asked and sent as on every page
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.matches("[data-autosave]")) {
      save();
      return;
    }
    const by = event.submitter;
    const body = new FormData(form);
    if (by?.name) body.set(by.name, by.value);
    const url = by?.getAttribute("formaction") ?? form.action;
    if (!(await save())) return;
    await act(url, body, { into: form !== acts || /duplicate|pages\/add|restore/.test(url) });
  }, true);

  editor.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-select]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!(await save()) && blocked) return;
    const closes = Boolean(link.closest(".fe-side-head"));
    const was = acts.elements.selected_q.value;
    await show(link.href, { fresh: true });
    if (closes) editor.querySelector(`[data-question="${was}"] a`)?.focus();
    else enter();
  });

  editor.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && part("side").contains(event.target)) part("side").querySelector(".fe-side-head a")?.click();
  });

  addEventListener("beforeunload", (event) => {
    if (isDirty()) event.preventDefault();
  });

  setInterval(async () => {
    if (document.hidden || isDirty()) return;
    let answer;
    try {
      answer = await fetch(editor.dataset.versionAddress, { headers: { "X-Requested-With": "fetch" } });
    } catch {
      return;
    }
    if (answer.ok && (await answer.json()).version > version) await show(address);
  }, LOOK_FOR_OTHERS);

  tendSide();
  tendOutline();
  editor.querySelector(".fe-question.is-selected")?.scrollIntoView({ block: "center" });
}

function later(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
