// What was seen a moment ago is the same scan and is ignored in silence: a camera reads a code ten times a second.
const SAME_CODE_MS = { camera: 5000, hardware: 2500, chosen: 600 }; // whoever presses a button means it, but for a double click
const lastSeen = new Map(); // code → when it was last seen, in ms

/** A code that changes every 30 seconds says in its first 12 bytes whose it is, and only then of which moment. */
const keyOf = (code) => (code.length === 120 ? code.slice(0, 18) : code);

export function seenJustNow(seen, way) {
  const code = keyOf(seen);
  const now = performance.now();
  const before = lastSeen.get(code) ?? -Infinity;
  lastSeen.set(code, now);
  if (now - before < SAME_CODE_MS[way]) return true;
  for (const [old, at] of lastSeen) if (now - at > 60_000) lastSeen.delete(old);
  return false;
}

/** Its scan was not recorded, or was taken back: the next sight of it counts. */
export function mayBeSeenAgain(code) {
  lastSeen.delete(keyOf(code));
}
