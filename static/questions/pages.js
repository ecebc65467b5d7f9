/** Turns the pages of one form. Browser Back works, a refresh stays on its page (#page-2), Enter goes on. */
import { showError } from "./errors.js";

export function turnPages(form, { check }) {
  const pages = [...form.querySelectorAll("[data-page]")];
  const next = form.querySelector("[data-next]");
  const back = form.querySelector("[data-back]");
  const send = [...form.querySelectorAll("[data-send]")];
  const progress = document.querySelector("[data-progress]");
  if (pages.length < 2 || !next) {
    pages.forEach((page) => page.removeAttribute("data-turned"));
    return { refresh() {} };
  }
  let now = pages.findIndex((page) => !("turned" in page.dataset));
  let furthest = Math.max(now, 0);

  const isEmpty = (page) => !page.querySelector("[data-question]:not([data-unasked]):not(.question-heading)") && page !== pages.at(-1);
  const shown = () => pages.filter((page) => !isEmpty(page));

  function show(place, { focus = true } = {}) {
    now = place;
    furthest = Math.max(furthest, place);
    pages.forEach((page, index) => page.toggleAttribute("data-turned", index !== place));
    refresh();
    if (focus) {
      pages[place].querySelector(".form-page-title")?.focus({ preventScroll: true });
      scrollTo({ top: form.getBoundingClientRect().top + scrollY - 96 });
    }
  }

  function refresh() {
    const visible = shown();
    const isLast = pages[now] === visible.at(-1);
    back.hidden = pages[now] === visible[0];
    next.hidden = isLast;
    send.forEach((button) => (button.hidden = !isLast));
    if (!progress) return;
    progress.hidden = false;
    let number = 0;
    for (const item of progress.querySelectorAll("[data-progress-page]")) {
      const index = Number(item.dataset.progressPage) - 1;
      item.hidden = isEmpty(pages[index]);
      if (!item.hidden) number += 1;
      item.querySelector(".step-number").textContent = number;
      item.classList.toggle("is-done", index < now);
      item.classList.toggle("is-now", index === now);
      const button = item.querySelector("button");
      button.disabled = index > furthest;
      if (index === now) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    }
  }

  function go(place) {
    if (place === now) return;
    history.pushState({ page: place }, "", `#page-${place + 1}`);
    show(place);
  }

  async function goOn() {
    next.setAttribute("aria-busy", "true");
    const errors = await check(pages[now]);
    next.removeAttribute("aria-busy");
    const wrong = Object.entries(errors).map(([key, sentence]) => showError(form, key, sentence));
    if (wrong.length) return wrong.find((field) => field)?.focus();
    const following = pages.findIndex((page, index) => index > now && !isEmpty(page));
    if (following > 0) go(following);
  }

  next.addEventListener("click", goOn);
  back.addEventListener("click", () => {
    const before = pages.slice(0, now).reverse().find((page) => !isEmpty(page));
    if (before) go(pages.indexOf(before));
  });
  progress?.addEventListener("click", (event) => {
    const item = event.target.closest("[data-progress-page]");
    if (item && !event.target.closest("button").disabled) go(Number(item.dataset.progressPage) - 1);
  });
  // Enter in a field would press the first button there is: it goes on, and sends only on the last page.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.defaultPrevented || next.hidden) return;
    if (event.target.matches("input:not([type=checkbox]):not([type=radio]):not([type=file])")) {
      event.preventDefault();
      goOn();
    }
  });
  addEventListener("popstate", () => show(placeInAddress() ?? 0));
  // A link of the summary of errors leads into a page that may be turned.
  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("[data-error-summary] a[href^='#']")?.getAttribute("href").slice(1);
    const page = target && document.getElementById(target)?.closest("[data-page]");
    if (page) show(pages.indexOf(page), { focus: false });
  });

  function placeInAddress() {
    const number = Number(/^#page-(\d+)$/.exec(location.hash)?.[1]);
    return number >= 1 && number <= pages.length ? number - 1 : null;
  }

  const wished = placeInAddress();
  const hasErrors = document.querySelector("[data-error-summary]") !== null;
  show(!hasErrors && wished !== null && !isEmpty(pages[wished]) ? wished : Math.max(now, 0), { focus: false });
  return { refresh };
}
