/**
 * A form with data-ask="question" is sent only after a yes in the page's one dialog (#ask, in base.html).
 * data-ask-yes names the act on the button.
 */
export function askBeforeActs() {
  const dialog = document.querySelector("#ask");
  if (!dialog?.showModal) return;
  let waiting = null;

  document.addEventListener(
    "submit",
    (event) => {
      const question = event.target.dataset?.ask ?? event.submitter?.dataset?.ask;
      if (!question || waiting?.agreed) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      waiting = { form: event.target, submitter: event.submitter, agreed: false };
      dialog.querySelector("[data-ask-question]").textContent = question;
      const yes = dialog.querySelector("[data-ask-agree]");
      yes.textContent = event.target.dataset.askYes ?? event.submitter?.dataset?.askYes ?? yes.dataset.askAgree;
      dialog.showModal();
    },
    true, // before sendOnce() marks the form as sent
  );

  dialog.addEventListener("close", () => {
    const asked = waiting;
    waiting = null;
    if (!asked) return;
    if (dialog.returnValue !== "yes") {
      asked.submitter?.focus();
      return;
    }
    waiting = { ...asked, agreed: true };
    asked.form.requestSubmit(asked.submitter ?? undefined);
    waiting = null;
    dialog.returnValue = "";
  });
}
