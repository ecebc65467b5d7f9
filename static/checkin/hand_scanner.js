// A hand scanner types: very fast, and wherever the focus happens to be. Its characters are led into the code field.
const FAST_MS = 60; // between two characters of a scanner; people are slower
const PAUSE_MS = 400; // after this much, something new begins
const A_SCAN = 16; // a run this long and this fast was no hand
const WHOLE_TICKET = 111; // characters of a ticket's code (registrations/ticket_code.py)
const SILENCE_MS = 150; // a run that is a whole ticket ends after this much silence, for scanners that send no Enter

export function heardEverywhere(field, send) {
  let run = ""; // the characters since the last pause
  let fast = 0; // how many of them came fast upon the one before
  let last = -Infinity;
  let silence = 0;

  const byScanner = () => run.length >= A_SCAN && fast >= 0.8 * (run.length - 1);

  function end() {
    const code = run;
    run = "";
    fast = 0;
    // What the scanner typed into the name of the gate does not belong there.
    const typedInto = document.activeElement;
    if (typedInto !== field && typedInto?.value?.endsWith(code)) typedInto.value = typedInto.value.slice(0, -code.length);
    send(code);
  }

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (event.key === "Enter" || event.key === "Tab") {
        clearTimeout(silence);
        if (byScanner()) {
          // Only the run is sent: what somebody had half typed before it is not part of the code.
          event.preventDefault();
          event.stopPropagation();
          end();
        }
        run = "";
        fast = 0;
        return;
      }
      if (event.key.length !== 1) return; // Shift, arrows …

      const gap = event.timeStamp - last;
      const elsewhere = event.target !== field;
      if (elsewhere && event.key === " " && gap > FAST_MS) return; // a button pressed by keyboard
      if (gap > PAUSE_MS) {
        run = "";
        fast = 0;
      }
      run += event.key;
      if (gap < FAST_MS) fast += 1;
      last = event.timeStamp;
      clearTimeout(silence);
      // Less than a ticket is never sent by silence: a busy phone may stall in the middle of one.
      if (run.length >= WHOLE_TICKET && byScanner()) silence = setTimeout(end, SILENCE_MS);
      if (elsewhere && !event.target.matches?.("input, textarea")) {
        event.preventDefault();
        field.value = run;
        field.focus({ preventScroll: true });
        field.setSelectionRange(field.value.length, field.value.length);
      }
    },
    true,
  );
}
