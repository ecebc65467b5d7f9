/** Changing the language in the middle of a form keeps what was typed.
 *
 * It is kept for the one next page of this tab and forgotten when read: never passwords, files or the consent, which is
 * given to a sentence and has to be given again to the sentence in the other language.
 */
const KEPT = "good-scenery-draft";
const NEVER = "[type=password], [type=file], [type=hidden], [name=consent], [name=csrf_token]";

export function keepDraftOverLanguages() {
  restore();
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("a[hreflang]")) return;
    const draft = fields().map((field) => (isChoice(field) ? field.checked : field.value));
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, draft }));
    } catch {
      // A browser without storage forgets, as before.
    }
  });
}

function restore() {
  let kept;
  try {
    kept = JSON.parse(sessionStorage.getItem(KEPT));
    sessionStorage.removeItem(KEPT);
  } catch {
    return;
  }
  const here = fields();
  if (kept?.path !== location.pathname || kept.draft.length !== here.length) return;
  here.forEach((field, place) => {
    if (isChoice(field)) field.checked = kept.draft[place];
    else field.value = kept.draft[place];
  });
}

const fields = () => [...document.querySelectorAll("main form[method=post] :is(input, select, textarea)")].filter((field) => !field.matches(NEVER));
const isChoice = (field) => field.type === "checkbox" || field.type === "radio";
