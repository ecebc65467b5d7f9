/** Shows beside a long text how the public will read it, as the server makes it. Without it the text is typed all the same. */
const PAUSE = 350;

for (const place of document.querySelectorAll("[data-markdown]")) {
  const text = place.querySelector("textarea");
  const preview = place.querySelector("[data-markdown-preview]");
  const shown = place.querySelector("[data-markdown-shown]");
  let timer = 0;
  let asked = 0;

  async function show() {
    const mine = ++asked;
    if (!text.value.trim()) {
      preview.hidden = true;
      return;
    }
    const answer = await fetch(place.dataset.previewUrl, {
      method: "POST",
      headers: { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, "X-Requested-With": "fetch" },
      body: new URLSearchParams({ text: text.value }),
    }).catch(() => null);
    if (mine !== asked || !answer?.ok) return; // a later one is on its way, or the network is away
    shown.innerHTML = await answer.text(); // cleaned by the server
    preview.hidden = false;
  }

  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE);
  });
  show();
}
