const STEPS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** "3 minutes ago" in the page's language. */
export function relative(moment, now = Date.now()) {
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  const seconds = Math.round((moment - now) / 1000);
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit);
  }
  return words.format(0, "second");
}

/** <time datetime data-relative>: says how long ago; the exact time stays as its title. */
export function tellTimes(root = document) {
  const tell = () => {
    for (const time of root.querySelectorAll("time[data-relative]")) {
      const moment = Date.parse(time.dateTime);
      if (Number.isNaN(moment)) continue;
      time.title ||= time.textContent.trim();
      time.textContent = relative(moment);
    }
  };
  tell();
  setInterval(tell, 30_000);
}
