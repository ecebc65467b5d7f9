// One scan to the server and its answer back, as an <article data-result>. Never throws: no answer is an answer too.
const PATIENCE_MS = 8000;

/** A number for this scan, so that sending it twice is one arrival. randomUUID wants https; a gate in a hall may lack it. */
export function newScanId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export async function sendScan(form, { code, gate, scanId }) {
  const fields = new FormData(form);
  fields.set("code", code);
  fields.set("gate", gate);
  fields.set("scan_id", scanId);
  return post(form.action, fields);
}

/** Null when it is undone, else the answer that says why not. */
export async function sendUndo(form) {
  return post(form.dataset.undoUrl, new FormData(form), { nothingIsFine: true });
}

async function post(url, fields, { nothingIsFine = false } = {}) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const response = await fetch(url, {
      method: "POST",
      body: fields,
      credentials: "same-origin",
      headers: {
        "X-Requested-With": "fetch",
        "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content,
        Accept: "text/html",
      },
      signal: patience.signal,
    });
    if (response.status === 401 || (response.redirected && /sign-in/.test(response.url))) return made("signed-out");
    if (response.status >= 500 || response.status === 429) return made("unsent");
    if (nothingIsFine && response.status === 204) return null;
    const body = await response.text();
    if (response.headers.get("Content-Type")?.includes("json")) return other(JSON.parse(body).message);
    const answer = new DOMParser().parseFromString(body, "text/html").querySelector("article[data-result]");
    return answer ? document.importNode(answer, true) : other();
  } catch {
    const answer = made("unsent");
    answer.dataset.unreachable = "";
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

function made(name) {
  return document.querySelector(`#answer-${name}`).content.firstElementChild.cloneNode(true);
}

function other(message) {
  const answer = made("other");
  if (message) answer.querySelector("[data-reason]").textContent = message;
  answer.dataset.detail = answer.querySelector("[data-reason]").textContent;
  return answer;
}
