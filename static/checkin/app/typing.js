// Codes that are typed, by a hand or by a hand scanner.
import { heardEverywhere } from "../hand_scanner.js";
import { refocus } from "./focus.js";
import { $ } from "./gate.js";
import { mayDesk } from "./looks.js";
import { take } from "./scanning.js";
import { closeSearch, openSearch } from "./search.js";
import { closeUnlessTyped } from "./walk_in.js";

const field = $("[data-code]");
const CODE = 8; // characters that are read aloud; a ticket has more than a hundred

/** A supervisor types a name where codes are typed: it is looked for. */
function isAName(typed) {
  const plain = typed.normalize("NFKC").replace(/[\s-]/g, "");
  return mayDesk() && plain.length > 1 && (/[^\x20-\x7e]/.test(plain) || (plain.length !== CODE && plain.length < 100 && !/[:/]/.test(plain)));
}

$("[data-gate]").addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = field.value;
  field.value = "";
  if (isAName(typed)) return openSearch(typed.trim());
  take(typed, "hardware");
  refocus();
});
heardEverywhere(field, (code) => {
  field.value = "";
  closeSearch();
  closeUnlessTyped();
  take(code, "hardware");
});
