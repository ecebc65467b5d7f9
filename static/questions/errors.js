/** A sentence beside its field, as the server writes it, and away again when the reader goes on typing. */
export function showError(form, key, sentence) {
  hideError(form, key);
  const question = form.querySelector(`[data-question="${CSS.escape(key)}"]`);
  const place = question?.querySelector(".field") ?? question;
  const template = document.getElementById("field-error-template");
  if (!place || !template) return null;
  const line = template.content.firstElementChild.cloneNode(true);
  line.id = `${key}-error`;
  line.querySelector("span").textContent = sentence;
  const inner = question.querySelector(`[id="${CSS.escape(key)}"]`)?.closest(".field") ?? place;
  inner.append(line);
  for (const field of fieldsOf(question)) {
    field.setAttribute("aria-invalid", "true");
    if (field.matches(".form-control, .form-select")) field.classList.add("is-invalid");
    else field.closest(".choice")?.classList.add("is-invalid");
  }
  const described = question.querySelector(`[id="${CSS.escape(key)}"]`);
  if (described) {
    const ids = new Set((described.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
    described.setAttribute("aria-describedby", [...ids.add(line.id)].join(" "));
  }
  return fieldsOf(question)[0] ?? null;
}

export function hideError(form, key) {
  document.getElementById(`${key}-error`)?.remove();
  const question = form.querySelector(`[data-question="${CSS.escape(key)}"]`);
  if (!question) return;
  question.querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
  question.querySelectorAll(".is-invalid").forEach((node) => node.classList.remove("is-invalid"));
  question.querySelectorAll(`[aria-describedby~="${CSS.escape(key)}-error"]`).forEach((node) => {
    const ids = node.getAttribute("aria-describedby").split(" ").filter((id) => id !== `${key}-error`);
    if (ids.length) node.setAttribute("aria-describedby", ids.join(" "));
    else node.removeAttribute("aria-describedby");
  });
}

const fieldsOf = (question) => [...question.querySelectorAll("input:not([type=hidden]), select, textarea")];
