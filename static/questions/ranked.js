/** Ranked wishes: the selects stay what is sent; beside them stand buttons that move a wish up and down. */
export function rankWishes(form, say) {
  form.querySelectorAll("[data-ranked]").forEach((field) => enhance(field, say));
}

function enhance(field, say) {
  const words = JSON.parse(field.dataset.words);
  const ranks = [...field.querySelectorAll(".rank")];
  const selects = ranks.map((rank) => rank.querySelector("select"));
  ranks.forEach((rank, place) => {
    const buttons = document.createElement("span");
    buttons.className = "rank-acts";
    for (const [act, sign, by] of [["up", "↑", -1], ["down", "↓", 1]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-quiet rank-act";
      button.dataset.act = act;
      button.textContent = sign;
      button.addEventListener("click", () => move(place, by));
      buttons.append(button);
    }
    rank.append(buttons);
  });

  function move(place, by) {
    const other = place + by;
    if (!selects[other]) return;
    const [mine, theirs] = [selects[place].value, selects[other].value];
    // A place that is full may be kept by whoever has it: the option moves along.
    for (const option of [...selects[place].options, ...selects[other].options]) {
      if (option.value === mine || option.value === theirs) option.disabled = false;
    }
    selects[place].value = theirs;
    selects[other].value = mine;
    selects[other].dispatchEvent(new Event("change", { bubbles: true }));
    refresh();
    const name = selects[other].selectedOptions[0]?.textContent ?? "";
    say(words.moved.replace("{name}", name).replace("{rank}", other + 1));
    const same = ranks[other].querySelector(`[data-act=${by < 0 ? "up" : "down"}]`);
    (same.disabled ? ranks[other].querySelector("button:not(:disabled)") : same)?.focus();
  }

  function refresh() {
    const chosen = selects.map((select) => select.value);
    ranks.forEach((rank, place) => {
      for (const button of rank.querySelectorAll(".rank-act")) {
        const label = button.dataset.act === "up" ? words.up : words.down;
        const name = selects[place].value ? selects[place].selectedOptions[0].textContent : place + 1;
        button.setAttribute("aria-label", `${label}: ${name}`);
        const other = place + (button.dataset.act === "up" ? -1 : 1);
        button.disabled = other < 0 || other >= ranks.length || (!chosen[place] && !chosen[other]);
      }
    });
    // What is chosen in one rank is not offered in another.
    selects.forEach((select, place) => {
      for (const option of select.options) {
        option.hidden = option.value !== "" && chosen.some((value, index) => index !== place && value === option.value);
      }
    });
  }

  field.addEventListener("change", refresh);
  field.addEventListener("put", refresh);
  refresh();
}
