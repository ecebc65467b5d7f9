// The page's words, in its one language.
const said = JSON.parse(document.querySelector("#words").content.textContent);
export const language = document.documentElement.lang === "en" ? "en" : "zh";

/** words("copy", {number: 2}): the sentence with its %(places)s filled. */
export function words(key, values = {}) {
  return (said[key] ?? "").replace(/%\((\w+)\)s/g, (_, name) => String(values[name] ?? ""));
}
