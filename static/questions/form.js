// The applicant's form: conditions at once, pages, ranked wishes, suggestions, files sent as they are chosen, and a
// draft kept by the server as one types. Without any of this the same form is one long page, and what
// its answers lead to is asked when it has been sent.
import { answersIn } from "./answers.js";
import { asked } from "./conditions.js";
import { countCharacters } from "./counting.js";
import { keepDraft } from "./draft.js";
import { hideError } from "./errors.js";
import { sendFiles } from "./files.js";
import { mailLink } from "./mailing.js";
import { turnPages } from "./pages.js";
import { rankWishes } from "./ranked.js";
import { suggestUniversities } from "./suggest.js";

const form = document.querySelector("form[data-questions]");
if (form) begin(form);

function begin(form) {
  form.querySelector("[data-shown]")?.remove(); // what is asked is shown at once, nothing has to be asked later
  const rules = JSON.parse(form.dataset.questions);
  const voice = document.querySelector("[data-voice]");
  const say = (text) => voice && (voice.textContent = text);

  rankWishes(form, say);
  suggestUniversities(form);
  countCharacters(form);
  const draft = keepDraft(form, { say });
  sendFiles(form, { say, kept: () => draft.save() });
  mailLink(form, draft.save);
  const pages = turnPages(form, { check: (page) => draft.check(page) });

  function hideUnasked() {
    const keys = new Set(asked(rules, answersIn(form)));
    for (const question of form.querySelectorAll("[data-question]")) {
      question.toggleAttribute("data-unasked", !keys.has(question.dataset.question));
    }
    pages.refresh();
  }

  form.addEventListener("input", (event) => {
    const question = event.target.closest("[data-question]");
    if (question) hideError(form, question.dataset.question);
    hideUnasked();
  });
  form.addEventListener("change", hideUnasked);
  form.addEventListener("put", hideUnasked);
  hideUnasked();
}
