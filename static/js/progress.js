/** A piece with data-work-progress="address" is asked for anew every second or two until the work is over. */
export function followWork() {
  for (const piece of document.querySelectorAll("[data-work-progress]")) follow(piece);
}

async function follow(piece) {
  let wait = 700;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(wait * 1.2, 3000);
    if (document.hidden || piece.querySelector("form[aria-busy], dialog[open]")) continue;
    let answer;
    try {
      answer = await fetch(piece.dataset.workProgress, { headers: { "X-Requested-With": "fetch" } });
    } catch {
      continue; // the network is away: ask again
    }
    if (answer.status >= 500) continue;
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body.firstElementChild;
    const goesOn = fresh.hasAttribute("data-progress-on");
    if (!goesOn) {
      location.reload(); // what the page around it says has changed as well
      return;
    }
    if (piece.contains(document.activeElement)) {
      // Somebody is at the buttons: only what moves is renewed.
      for (const part of [".work-head", ".work-bar", ".work-counts"]) {
        const [old, now] = [piece.querySelector(part), fresh.querySelector(part)];
        if (old && now) old.replaceWith(now);
      }
    } else piece.replaceChildren(...fresh.childNodes);
  }
}
