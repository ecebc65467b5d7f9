/** A file is sent as soon as it is chosen, so that no error and no refresh asks for it again. */
import { hideError, showError } from "./errors.js";

export function sendFiles(form, { say, kept }) {
  const address = form.dataset.files;
  if (!address) return;
  for (const field of form.querySelectorAll("[data-file]")) {
    const key = field.dataset.file;
    const input = field.querySelector("input[type=file]");
    const value = field.querySelector("[data-file-value]");
    const shown = field.querySelector("[data-file-kept]");
    const name = field.querySelector("[data-file-name]");
    const remove = field.querySelector("[data-file-remove]");
    const bar = field.querySelector("progress");

    const show = () => {
      shown.hidden = !value.value;
      remove.hidden = false;
    };

    input.addEventListener("change", () => {
      const file = input.files[0];
      if (!file) return;
      hideError(form, key);
      const data = new FormData();
      data.set("csrf_token", form.elements.csrf_token?.value ?? "");
      data.set("file", file);
      const request = new XMLHttpRequest();
      request.open("POST", address.replace("KEY", encodeURIComponent(key)));
      request.setRequestHeader("X-Requested-With", "fetch");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => (bar.value = event.loaded / event.total));
      bar.hidden = false;
      field.setAttribute("aria-busy", "true");
      request.addEventListener("loadend", () => {
        bar.hidden = true;
        field.removeAttribute("aria-busy");
        if (request.status !== 200 || !request.response) {
          showError(form, key, request.response?.message || form.dataset.fileLost);
          input.value = "";
          return;
        }
        value.value = request.response.value;
        name.textContent = request.response.label;
        say(request.response.label);
        input.value = "";
        show();
        value.dispatchEvent(new Event("change", { bubbles: true }));
        kept();
      });
      request.send(data);
    });
    remove.addEventListener("click", () => {
      value.value = "";
      name.textContent = "";
      show();
      input.focus();
      value.dispatchEvent(new Event("change", { bubbles: true }));
    });
    value.addEventListener("put", show);
    show();
  }
}
