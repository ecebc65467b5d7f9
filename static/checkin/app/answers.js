// A row of the store as what is seen: the card that fills the screen, the line among the last scans.
import { attend } from "./attention.js";
import { sayBadge } from "./badges.js";
import { offerOthers } from "./group_offer.js";
import { moment, number, words } from "./words.js";

/** Which colour, sound and shake: arrived, left, already, refused, undone. */
export function resultOf(row) {
  if (row.undone) return "undone";
  if (row.let_in) return row.direction === "out" ? "left" : "arrived";
  return row.reason === "already_checked_in" ? "already" : "refused";
}

/**
 * ``row``: a scan as kept; ``seen``: {name, unit, badge_class_label, attention, fields, message, first, within};
 * ``place``: the checkpoint. ``hidden``: kiosk, nobody's name is shown. ``undo``: offer it.
 */
export function answerOf(row, seen, place, { hidden, undo }) {
  const result = resultOf(row);
  const answer = piece("answer");
  const say = (slot, text) => {
    const element = answer.querySelector(`[data-${slot}]`);
    element.textContent = text ?? "";
    element.hidden = !text;
  };
  const name = hidden ? "" : (seen.name ?? "");
  const arrival = place?.kind === "arrival";
  const word = hidden && row.let_in && !row.undone ? words("welcome") : words(`result.${result}${arrival && ["arrived", "already"].includes(result) ? ".door" : ""}`);
  const reason = row.let_in || row.undone ? null : reasonOf(row, seen, place, hidden);
  attend(answer, hidden || row.undone ? "" : seen.attention);
  answer.dataset.result = result;
  answer.dataset.name = name;
  answer.dataset.word = row.verdict === "conflict" ? words("result.conflict") : word;
  answer.dataset.detail = [reason ?? (hidden ? "" : seen.unit), answer.dataset.attention, row.state === "pending" ? words("waiting") : ""].filter(Boolean).join(" · ");
  answer.querySelector("[data-mark]").replaceChildren(document.querySelector(`#mark-${result}`).content.cloneNode(true));
  say("word", word);
  say("name", name);
  answer.querySelector("[data-name]").classList.toggle("answer-name-long", name.length > 6);
  say("unit", hidden ? "" : seen.unit);
  say("class", hidden ? "" : (seen.badge_class_label ?? words(`class.${seen.badge_class}`)));
  answer.querySelector("[data-class]").dataset.class = seen.badge_class ?? "";
  say("reason", row.undone ? words("undone") : reason);
  say("within", seen.within ? words("within", { number: number(seen.within.number), most: number(seen.within.most) }) : "");
  sayBadge(answer, row, place, hidden);
  say("when", row.undone ? "" : [moment(row.at), place?.name, row.asked ? "" : words("alone")].filter(Boolean).join(" · "));
  say("conflict", row.verdict === "conflict" ? words("conflict") : "");
  const fields = answer.querySelector("[data-fields]");
  for (const { label, value } of hidden ? [] : (seen.fields ?? [])) {
    const [term, meaning] = ["dt", "dd"].map((kind) => document.createElement(kind));
    term.textContent = label;
    meaning.textContent = value;
    fields.append(term, meaning);
  }
  fields.hidden = !fields.children.length;
  offerOthers(answer, hidden ? null : row, place);
  answer.querySelector("form").hidden = !undo || hidden || !row.let_in || row.undone;
  answer.querySelector("[data-open-person]").hidden = hidden || !name || document.body.dataset.role !== "supervise";
  return answer;
}

/** Slate: nothing was recorded, or (``result`` noted) not by the server yet. ``why`` is a key of the words. */
export function unsent(why, message = "", { result = "unsent", name = "" } = {}) {
  const answer = piece("answer");
  answer.dataset.result = result;
  answer.dataset.name = name;
  answer.dataset.word = words(`result.${result}`);
  answer.dataset.detail = message || words(why);
  answer.querySelector("[data-mark]").replaceChildren(document.querySelector(`#mark-${result}`).content.cloneNode(true));
  answer.querySelector("[data-word]").textContent = words(`result.${result}`);
  answer.querySelector("[data-name]").textContent = name;
  answer.querySelector("[data-reason]").textContent = message || words(why);
  for (const rest of answer.querySelectorAll("[data-name], [data-unit], [data-class], [data-attention], [data-fields], [data-within], [data-badge], [data-when], [data-conflict], [data-open-person], form")) rest.hidden = !(name && rest.matches("[data-name]"));
  return answer;
}

function reasonOf(row, seen, place, hidden) {
  if (hidden && row.reason !== "already_checked_in") return words("desk");
  if (seen.message) return seen.message;
  const said = row.reason === "not_confirmed" ? words(`reason.not_confirmed.${seen.state}`) : "";
  if (row.reason === "already_checked_in" && seen.first) {
    return words("reason.already_checked_in", { time: moment(seen.first.at), gate: seen.first.gate ?? words("here") });
  }
  if (row.reason === "not_for_this_stop" && seen.stop) return words("reason.not_for_this_stop.which", seen.stop);
  return (
    said ||
    words(`reason.${row.reason}`, {
      item: place?.name,
      group: words(`class.${seen.badge_class}`),
      most: number(place?.capacity ?? 0),
      when: moment(row.reason === "not_open_yet" ? place?.opens_at : (place?.ended_at ?? place?.closes_at)),
    }) ||
    words("reason.other")
  );
}

export function piece(name) {
  return document.querySelector(`#${name}`).content.firstElementChild.cloneNode(true);
}
