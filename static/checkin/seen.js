// The preview of what is seen at the scan follows the boxes as they are ticked.
const form = document.querySelector("form[data-seen]");
const phone = document.querySelector("[data-seen-phone]");

function follow() {
  for (const part of phone.querySelectorAll("[data-field]")) {
    part.hidden = !form.querySelector(`[value="${CSS.escape(part.dataset.field)}"]:checked`);
  }
  const band = phone.querySelector("[data-note]");
  if (band) band.hidden = !form.querySelector("[name=shows_notes]:checked");
}

if (form && phone) {
  form.addEventListener("change", follow);
  follow();
}
