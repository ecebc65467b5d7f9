/**
 * Asks an address again and again, with the mark (ETag) of what it has, so that an answer without news is empty.
 *
 * Short questions instead of a stream: they pass every proxy, box and built-in browser, hold no worker of the server while
 * nothing happens, and begin anew by themselves after a night's sleep. While the page is hidden nobody asks. After a
 * failure the pause grows to half a minute.
 *
 * on.fresh(text) · on.same() · on.away(failures) · on.over(status): the server says that this page may not be seen any more
 */
export function keepAsking(address, on) {
  let mark = null;
  let failures = 0;
  let timer = 0;
  let asking = false;
  let ended = false;

  async function ask() {
    if (asking || ended) return;
    if (document.hidden) {
      timer = 0;
      return;
    }
    asking = true;
    const goesOn = await once();
    asking = false;
    if (goesOn) {
      clearTimeout(timer);
      timer = setTimeout(ask, failures ? Math.min(on.every * 2 ** failures, 30_000) : on.every);
    }
  }

  async function once() {
    const patience = new AbortController();
    const impatient = setTimeout(() => patience.abort(), 10_000);
    try {
      const headers = { "X-Requested-With": "fetch", Accept: "text/html" };
      if (mark) headers["If-None-Match"] = mark;
      const answer = await fetch(address, { headers, cache: "no-store", redirect: "error", signal: patience.signal });
      if (answer.status === 304) {
        failures = 0;
        on.same();
        return true;
      }
      if ([401, 403, 404, 410].includes(answer.status)) {
        ended = true;
        on.over(answer.status);
        return false;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      failures = 0;
      mark = answer.headers.get("ETag");
      on.fresh(text);
    } catch {
      failures = Math.min(failures + 1, 6);
      on.away(failures);
    } finally {
      clearTimeout(impatient);
    }
    return true;
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !timer) ask();
  });
  addEventListener("online", () => ask());
  timer = setTimeout(ask, on.every);
}
