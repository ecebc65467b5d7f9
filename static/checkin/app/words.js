// The page's words, in its one language, and what the device says out of them.
const said = JSON.parse(document.querySelector("#words").content.textContent);
export const language = document.documentElement.lang === "en" ? "en" : "zh";
const locale = language === "en" ? "en-GB" : "zh-CN";

/** words("reason.not_chosen", {item: …}): the sentence with its %(places)s filled; "" when there is none. */
export function words(key, values = {}) {
  return (said[key] ?? "").replace(/%\((\w+)\)s/g, (_, name) => String(values[name] ?? "")).replaceAll("%%", "%");
}

export function number(value) {
  return value.toLocaleString(locale);
}

const CHINA = { timeZone: "Asia/Shanghai", hourCycle: "h23" };

/** 09:41, with the day before it when that is not today. */
export function moment(value) {
  const at = new Date(value);
  const day = { ...CHINA, month: "numeric", day: "numeric" };
  const clock = at.toLocaleTimeString(locale, { ...CHINA, hour: "2-digit", minute: "2-digit" });
  const isToday = at.toLocaleDateString(locale, day) === new Date().toLocaleDateString(locale, day);
  return isToday ? clock : `${at.toLocaleDateString(locale, day)} ${clock}`;
}

/** "3 min": an age in the largest unit that says something. */
export function age(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return words("age.seconds", { number: seconds });
  if (seconds < 3600) return words("age.minutes", { number: Math.floor(seconds / 60) });
  return words("age.hours", { number: Math.floor(seconds / 3600) });
}
