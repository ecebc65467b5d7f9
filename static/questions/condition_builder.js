// Who is asked: conditions on earlier answers, in groups within groups. What it writes is what questions/conditions.py reads.

const OF_MANY = new Set(["several", "ranked", "cities"]);
const DEEPEST = 4;

/** Tend the builder in `form`; `changed` is called when the condition is whole and another one than before. */
export function tendCondition(form, changed) {
  const box = form.querySelector("[data-condition]");
  if (!box) return;
  const field = box.querySelector('[name="condition"]');
  const ground = box.querySelector("[data-builder]");
  const first = box.querySelector("[data-condition-first]");
  const earlier = JSON.parse(box.dataset.earlier);
  const words = JSON.parse(box.dataset.words);
  const byKey = new Map(earlier.map((question) => [question.key, question]));
  let root = read(field.value ? JSON.parse(field.value) : null);

  // ---- between what is stored and what is shown: {how, parts} for groups, {key, op, value} for comparisons ----

  function read(condition) {
    if (!condition) return null;
    if (condition.all || condition.any) {
      const how = condition.all ? "all" : "any";
      return { how, parts: condition[how].map(read) };
    }
    if (condition.not) {
      if (condition.not.op === "answered") return { key: condition.not.question, op: "not_answered" };
      if (condition.not.any) return { how: "none", parts: condition.not.any.map(read) };
      return { how: "none", parts: [read(condition.not)] };
    }
    return { key: condition.question, op: condition.op, value: condition.value };
  }

  /** The document, or null while something is missing. */
  function written(node) {
    if (node.parts) {
      const parts = node.parts.map(written);
      if (!parts.length || parts.includes(null)) return null;
      return node.how === "none" ? { not: { any: parts } } : { [node.how]: parts };
    }
    if (!node.key || !node.op) return null;
    if (node.op === "answered") return { question: node.key, op: "answered" };
    if (node.op === "not_answered") return { not: { question: node.key, op: "answered" } };
    const empty = node.value === undefined || node.value === "" || (Array.isArray(node.value) && !node.value.length);
    return empty ? null : { question: node.key, op: node.op, value: node.value };
  }

  function keep() {
    const document_ = root && written(root);
    if (root && !document_) return; // not whole yet: what held until now goes on holding
    const text = document_ ? JSON.stringify(document_) : "";
    if (text === field.value) return;
    field.value = text;
    changed();
  }

  function wordFor(op, kind) {
    return op === "contains" && !OF_MANY.has(kind) ? words.contains_text : words[op];
  }

  // ---- drawing ----

  function draw({ focus } = {}) {
    ground.replaceChildren(...(root ? [drawn(root, null, 1)] : []));
    if (first) first.hidden = Boolean(root);
    if (focus) ground.querySelector(focus)?.focus();
  }

  function drawn(node, parent, depth) {
    return node.parts ? drawnGroup(node, parent, depth) : drawnComparison(node, parent);
  }

  function drawnGroup(group, parent, depth) {
    const piece = element("div", "fe-cond-group");
    const head = element("div", "fe-cond-head");
    const how = selection(words.comparison, [["all", words.all], ["any", words.any], ["none", words.none]], group.how, (value) => {
      group.how = value;
      keep();
    });
    head.append(element("span", "", words.if), how, element("span", "", words.are));
    if (parent) head.append(remover(group, parent));
    piece.append(head, ...group.parts.map((part) => drawn(part, group, depth + 1)));
    const foot = element("div", "fe-cond-foot");
    foot.append(adder(words.add, () => group.parts.push({ key: "", op: "" })));
    if (depth < DEEPEST) foot.append(adder(words.group, () => group.parts.push({ how: "any", parts: [{ key: "", op: "" }] })));
    piece.append(foot);
    return piece;
  }

  function drawnComparison(one, parent) {
    const piece = element("div", "fe-cond");
    const question = byKey.get(one.key);
    const ask = selection(
      words.question,
      [["", words.choose], ...earlier.map((each) => [each.key, each.label])],
      one.key,
      (value) => {
        one.key = value;
        one.op = value ? byKey.get(value).ops[0] : "";
        one.value = undefined;
        draw();
        keep();
      },
    );
    piece.append(ask);
    if (question) {
      piece.append(
        selection(words.comparison, question.ops.map((op) => [op, wordFor(op, question.kind)]), one.op, (value) => {
          const many = value === "in";
          if (many !== Array.isArray(one.value)) one.value = many ? [one.value].filter(Boolean) : one.value?.[0];
          one.op = value;
          draw();
          keep();
        }),
      );
      const value = drawnValue(one, question);
      if (value) piece.append(value);
    }
    piece.append(remover(one, parent));
    return piece;
  }

  function drawnValue(one, question) {
    if (one.op === "answered" || one.op === "not_answered") return null;
    if (one.op === "in") {
      const set = element("span", "fe-cond-many");
      set.setAttribute("role", "group");
      set.setAttribute("aria-label", words.value);
      for (const [key, label] of question.choices) {
        const line = element("label", "fe-chip");
        const tick = element("input");
        tick.type = "checkbox";
        tick.checked = (one.value ?? []).includes(key);
        tick.addEventListener("change", () => {
          const others = (one.value ?? []).filter((each) => each !== key);
          one.value = question.choices.map(([each]) => each).filter((each) => others.includes(each) || (each === key && tick.checked));
          keep();
        });
        line.append(tick, element("span", "", label));
        set.append(line);
      }
      return set;
    }
    if (question.choices.length) {
      return selection(words.value, [["", words.choose], ...question.choices], one.value ?? "", (value) => {
        one.value = value;
        keep();
      });
    }
    const input = element("input", "form-control");
    input.type = { date: "date", month: "month" }[question.kind] ?? "text";
    if (question.kind === "number") input.inputMode = "decimal";
    input.value = one.value ?? "";
    input.setAttribute("aria-label", words.value);
    input.addEventListener("change", () => {
      const number = Number(input.value.trim());
      one.value = question.kind === "number" && input.value.trim() && Number.isFinite(number) ? number : input.value.trim();
      keep();
    });
    return input;
  }

  function remover(node, parent) {
    const button = element("button", "fe-tool", "×");
    button.type = "button";
    button.setAttribute("aria-label", words.remove);
    button.addEventListener("click", () => {
      if (parent) parent.parts.splice(parent.parts.indexOf(node), 1);
      root = pruned(root);
      draw({ focus: "select" });
      if (!root) first?.focus();
      keep();
    });
    return button;
  }

  function pruned(node) {
    if (!node?.parts) return node;
    node.parts = node.parts.map(pruned).filter(Boolean);
    return node.parts.length ? node : null;
  }

  function adder(text, add) {
    const button = element("button", "btn btn-quiet btn-sm", `+ ${text}`);
    button.type = "button";
    button.addEventListener("click", () => {
      add();
      draw();
      ground.querySelectorAll(".fe-cond:last-of-type select").forEach((one) => !one.value && one.focus());
    });
    return button;
  }

  function selection(label, options, value, chosen) {
    const select = element("select", "form-select");
    select.setAttribute("aria-label", label);
    for (const [key, text] of options) select.append(new Option(text, key, false, key === value));
    select.value = value ?? "";
    select.addEventListener("change", () => chosen(select.value));
    return select;
  }

  first?.addEventListener("click", () => {
    root = { how: "all", parts: [{ key: "", op: "" }] };
    draw({ focus: ".fe-cond select" });
  });
  if (root && !root.parts) root = { how: "all", parts: [root] };
  draw();
}

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
