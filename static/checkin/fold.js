// What the scans of one ticket at one checkpoint come to: checkin/fold.py, line by line, for a device on its own.
// tests/checkin/test_rules_in_the_browser.py lets both answer the same random sets.

const CHINA_MS = 8 * 3600_000; // no summer time there since 1991

/** The day (YYYY-MM-DD, China) an entry at ``at`` (ms) counts for; null where one passes once, or in and out. */
export function dayCounted(often, at) {
  return often === "daily" ? new Date(at + CHINA_MS).toISOString().slice(0, 10) : null;
}

/**
 * ``scans``: [{id, at (ms, corrected), let_in, direction, undone}] in any order.
 * Gives {rulings: Map id → {verdict, against}, entries: Map day → id, by: id of the scan by which he is within, or null}.
 */
export function fold(often, scans) {
  const rulings = new Map();
  const entries = new Map();
  let inside = null;
  for (const scan of [...scans].sort(inOrder)) {
    if (scan.undone) rulings.set(scan.id, ruling("undone"));
    else if (!scan.let_in) rulings.set(scan.id, ruling("refused"));
    else if (scan.direction === "out") {
      rulings.set(scan.id, ruling("left"));
      inside = null;
    } else {
      const day = dayCounted(often, scan.at);
      const before = often === "in_and_out" ? inside : (entries.get(day) ?? null);
      if (before !== null) {
        rulings.set(scan.id, ruling("conflict", before));
        continue;
      }
      rulings.set(scan.id, ruling("first"));
      if (!entries.has(day)) entries.set(day, scan.id);
      inside = scan.id;
    }
  }
  return { rulings, entries, by: inside };
}

function ruling(verdict, against = null) {
  return { verdict, against };
}

function inOrder(one, other) {
  if (one.at !== other.at) return one.at - other.at;
  return one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
}
