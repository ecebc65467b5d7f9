// Codes that are typed, by a hand or by a hand scanner.
import { heardEverywhere } from "../hand_scanner.js";
import { refocus } from "./focus.js";
import { $ } from "./gate.js";
import { take } from "./scanning.js";

const field = $("[data-code]");

$("[data-gate]").addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = field.value;
  field.value = "";
  take(typed, "hardware");
  refocus();
});
heardEverywhere(field, (code) => {
  field.value = "";
  take(code, "hardware");
});
