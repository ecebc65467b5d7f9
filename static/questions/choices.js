// The choices of a question: added, pasted several at once, put in order, removed.

/** Tend the choices in `form`; `changed` is called after each change that is no typing. */
export function tendChoices(form, Sortable, changed) {
  const box = form.querySelector("[data-choices]");
  if (!box) return;
  const list = box.querySelector("[data-choice-list]");
  const employers = box.querySelector('[name="from_employers"]');
  const pattern = list.querySelector("li")?.cloneNode(true) ?? bareChoice(box);

  const look = () => (list.hidden = Boolean(employers?.checked));
  employers?.addEventListener("change", look);
  look();

  function add(words = "", { key = newKey(), english = "", after = list.lastElementChild } = {}) {
    const fresh = pattern.cloneNode(true);
    fresh.querySelector('[name="choice_key"]').value = key;
    fresh.querySelector('[name="choice_zh"]').value = words;
    fresh.querySelector('[name="choice_en"]').value = english;
    fresh.querySelector("[data-until-named]")?.removeAttribute("data-until-named");
    const places = fresh.querySelector('[name="choice_capacity"]');
    if (places) places.value = "";
    if (after) after.after(fresh);
    else list.append(fresh);
    return fresh;
  }
  const focusOn = (choice) => choice.querySelector('[name="choice_zh"]').focus();

  box.querySelector("[data-choice-add]")?.addEventListener("click", () => focusOn(add()));

  box.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const choice = button?.closest("li");
    if (!choice) return;
    if (button.matches("[data-choice-again]")) {
      add(button.dataset.zh, { key: button.dataset.key, english: button.dataset.en });
      choice.remove();
    } else if (button.matches("[data-choice-up]")) choice.previousElementSibling?.before(choice);
    else if (button.matches("[data-choice-down]")) choice.nextElementSibling?.after(choice);
    else if (button.matches("[data-choice-remove]")) {
      const next = choice.nextElementSibling ?? choice.previousElementSibling;
      if (!next) return;
      choice.remove();
      focusOn(next);
    } else return;
    if (button.isConnected) button.focus();
    changed();
  });

  // Enter goes on: from the question to its first choice, from a choice to the next that still has its first words.
  const isUntouched = (choice) => Boolean(choice?.querySelector("[data-until-named]"));
  const goTo = (choice) => choice.querySelector('[name="choice_zh"]').select();
  const question = form.querySelector("[data-first]");
  question?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || list.hidden || !list.firstElementChild) return;
    event.preventDefault();
    goTo(list.firstElementChild);
  });

  list.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.name !== "choice_zh") return;
    event.preventDefault();
    const choice = event.target.closest("li");
    if (isUntouched(choice.nextElementSibling)) goTo(choice.nextElementSibling);
    else if (box.querySelector("[data-choice-add]")) focusOn(add("", { after: choice }));
  });

  list.addEventListener("paste", (event) => {
    const lines = (event.clipboardData?.getData("text") ?? "").split(/[\r\n]+/).map((line) => line.trim()).filter(Boolean);
    if (lines.length < 2 || event.target.name !== "choice_zh" || !box.querySelector("[data-choice-add]")) return;
    event.preventDefault();
    let last = event.target.closest("li");
    event.target.value = lines.shift();
    for (const line of lines) last = add(line, { after: last });
    focusOn(last);
    changed();
  });

  Sortable.create(list, { handle: "[data-grip]", animation: 120, ghostClass: "is-ghost", onEnd: changed });
}

function newKey() {
  return `c${Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => (byte % 36).toString(36)).join("")}`;
}

/** A question whose choices were the employers has no row to copy yet. */
function bareChoice(box) {
  const row = document.createElement("li");
  row.className = "fe-choice";
  const words = document.createElement("span");
  words.className = "fe-choice-words";
  const field = (name, type = "text") => {
    const input = document.createElement("input");
    input.name = name;
    input.type = type;
    input.className = name === "choice_capacity" ? "form-control fe-places" : "form-control";
    input.autocomplete = "off";
    input.setAttribute("aria-label", box.querySelector("legend").textContent);
    return input;
  };
  words.append(field("choice_zh"), field("choice_en"));
  row.append(field("choice_key", "hidden"), words, field("choice_capacity"));
  return row;
}
