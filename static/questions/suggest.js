/** Suggests universities by name, short or former name, pinyin or initials; anything else may be typed as well. */
let list;

export function suggestUniversities(form) {
  form.querySelectorAll("[data-suggest]").forEach(enhance);
}

const folded = (text) => text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

function enhance(input) {
  const box = document.createElement("ul");
  box.className = "suggestions";
  box.id = `${input.id}-suggestions`;
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", input.labels[0]?.firstChild?.textContent.trim() ?? "");
  box.hidden = true;
  const frame = document.createElement("div");
  frame.className = "suggest-frame";
  input.replaceWith(frame);
  frame.append(input, box);
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", box.id], ["aria-autocomplete", "list"]]) input.setAttribute(name, value);
  input.autocomplete = "off";
  let active = -1;

  async function load() {
    list ??= fetch(input.dataset.suggest).then((answer) => (answer.ok ? answer.json() : [])).catch(() => []);
    return list;
  }

  function found(rows, text) {
    const wanted = folded(text);
    if (!wanted) return [];
    const ranked = [];
    for (const [zh, en, words] of rows) {
      const parts = words.split(" ");
      const rank = parts.includes(wanted) ? 0 : parts.some((part) => part.startsWith(wanted)) ? 1 : wanted.length > 1 && parts.some((part) => part.includes(wanted)) ? 2 : 3;
      if (rank < 3) ranked.push([rank, zh, en]);
    }
    return ranked.sort((a, b) => a[0] - b[0]).slice(0, 6);
  }

  async function show() {
    const text = input.value;
    const rows = found(await load(), text);
    if (text !== input.value) return;
    box.replaceChildren();
    rows.forEach(([, zh, en], place) => {
      const item = document.createElement("li");
      item.id = `${box.id}-${place}`;
      item.setAttribute("role", "option");
      item.dataset.name = zh;
      item.append(Object.assign(document.createElement("span"), { textContent: zh }));
      item.append(Object.assign(document.createElement("small"), { textContent: en, lang: "en" }));
      box.append(item);
    });
    open(rows.length > 0 && rows[0][1] !== text.trim());
  }

  function open(yes) {
    box.hidden = !yes;
    input.setAttribute("aria-expanded", String(yes));
    point(-1);
  }

  function point(place) {
    active = place;
    [...box.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === place)));
    if (place >= 0) input.setAttribute("aria-activedescendant", box.children[place].id);
    else input.removeAttribute("aria-activedescendant");
  }

  function take(item) {
    input.value = item.dataset.name;
    open(false);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    open(false);
  }

  input.addEventListener("focus", load);
  input.addEventListener("input", (event) => event.isTrusted && show());
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || box.hidden) return;
    const count = box.children.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      point((active + (event.key === "ArrowDown" ? 1 : -1) + count) % count);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      take(box.children[active]);
    } else if (event.key === "Escape") open(false);
  });
  box.addEventListener("pointerdown", (event) => {
    const item = event.target.closest("li");
    if (!item) return;
    event.preventDefault();
    take(item);
  });
  // Whoever typed a short name exactly means that university: 北大 becomes 北京大学.
  input.addEventListener("blur", async () => {
    open(false);
    const wanted = folded(input.value);
    if (!wanted) return;
    const exact = (await load()).filter(([, , words]) => words.split(" ").includes(wanted));
    if (exact.length === 1 && exact[0][0] !== input.value.trim() && folded(input.value) === wanted) {
      input.value = exact[0][0];
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
}
