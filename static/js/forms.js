/** A posted form is sent once: a double click must not register twice. The server refuses it too; this is manners. */
export function sendOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || "sendOften" in form.dataset) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    // A disabled button would not be sent with the form, so it is disabled after the sending has begun.
    setTimeout(() => {
      for (const button of form.querySelectorAll("button:not([type=button]), input[type=submit]")) {
        button.disabled = true;
        button.setAttribute("aria-busy", "true");
      }
    });
    // An answer that is a download (data-downloads) leaves the page standing: give the button back.
    setTimeout(() => release(form), "downloads" in form.dataset ? 1500 : 8000);
  });

  // Coming back with the browser's back button shows the page as it was left: with dead buttons.
  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
  });
}

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

/** A filter form (data-autosubmit) is sent when a choice changes; typing sends it with Enter. */
export function sendFiltersAtOnce() {
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && "autosubmit" in form.dataset && event.target.matches("select, [type=checkbox], [type=radio], [type=date]")) {
      form.requestSubmit();
    }
  });
}

/** After a refused form the reader stands before the summary of what is wrong, or else in the first wrong field. */
export function focusFirstError() {
  const target = document.querySelector("[data-error-summary]") ?? document.querySelector(".is-invalid");
  target?.focus();
}

/** Messages can be put away. */
export function closeFlashes() {
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-close-flash]")) event.target.closest(".flash")?.remove();
  });
}
