/** "Mail me the link": saves first, then asks the server, and says what it answered. */
export function mailLink(form, save) {
  const button = document.querySelector("[data-mail-link]");
  const line = document.querySelector("[data-mailed]");
  button?.addEventListener("click", async () => {
    button.disabled = true;
    await save();
    const data = new FormData();
    data.set("csrf_token", form.elements.csrf_token?.value ?? "");
    try {
      const answer = await fetch(button.dataset.mailLink, { method: "POST", body: data, headers: { "X-Requested-With": "fetch" } });
      line.textContent = (await answer.json()).message ?? "";
    } catch {
      line.textContent = document.querySelector("[data-draft-status]")?.dataset.offline ?? "";
    }
    button.disabled = false;
  });
}
