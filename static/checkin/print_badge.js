// The badge at this desk's own printer: asked for on the result's card, printed out of a frame of this page.
import { printPdf } from "../printing/print_pdf.js";

const part = document.querySelector("[data-badges]");
const paper = part?.querySelector("[data-badge-paper]");
const atOnce = part?.querySelector("[data-badge-at-once]");

if (part) {
  paper.value = kept("badge-paper") ?? paper.value;
  paper.addEventListener("change", () => keep("badge-paper", paper.value));
  const switchRow = part.querySelector("[data-scripted]");
  if (switchRow) switchRow.hidden = false;
  if (atOnce) {
    atOnce.checked = kept("badge-at-once") === "on";
    atOnce.addEventListener("change", () => keep("badge-at-once", atOnce.checked ? "on" : "off"));
  }
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-print-badge]");
    if (!form) return;
    event.preventDefault();
    printBadge(form);
  });
}

/** After a scan that let somebody in: at once, where this desk prints for itself and wants it so. */
export function printAtOnce(card) {
  const form = card.querySelector("[data-print-badge][data-print-at-once]");
  if (form && atOnce?.checked) printBadge(form);
}

async function printBadge(form) {
  const says = form.parentElement.querySelector("[data-print-says]");
  const button = form.querySelector("button");
  const fields = new FormData(form);
  fields.set("paper", paper.value);
  says.hidden = true;
  button.disabled = true;
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: fields,
      credentials: "same-origin",
      headers: { "X-Requested-With": "fetch", "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content },
    });
    if (!response.headers.get("Content-Type")?.startsWith("application/pdf")) throw new Error((await response.json().catch(() => null))?.message);
    await printPdf(await response.blob());
  } catch (error) {
    says.textContent = (error instanceof Error && error.name === "Error" && error.message !== "undefined" && error.message) || says.dataset.saysBroken;
    says.hidden = false;
  } finally {
    button.disabled = false;
  }
}

function kept(what) {
  try {
    return localStorage.getItem(what);
  } catch {
    return null;
  }
}
function keep(what, value) {
  try {
    localStorage.setItem(what, value);
  } catch {
    // for this page only
  }
}
