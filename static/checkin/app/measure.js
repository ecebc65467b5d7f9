// From the code in view to the answer on the screen: measured at every scan, told in the diagnostics.
const KEPT = 500;
const taken = { online: [], offline: [] };

/** ``since``: performance.now() of the last look that did not show the code yet, so the time told is never too short. */
export function answered(since, asked) {
  requestAnimationFrame(() =>
    setTimeout(() => {
      const kind = asked ? "online" : "offline";
      const { duration } = performance.measure(`code-to-answer-${kind}`, { start: since, end: performance.now() });
      taken[kind].push(duration);
      if (taken[kind].length > KEPT) taken[kind].shift();
    }),
  );
}

/** {number, p50, p95} in ms; null where nothing was measured. */
export function figures(kind) {
  const sorted = [...taken[kind]].sort((one, other) => one - other);
  if (!sorted.length) return null;
  const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]);
  return { number: sorted.length, p50: at(0.5), p95: at(0.95) };
}
