// A PDF to the printer: in a frame of its own, so that its page, exactly as large as the badge, is what is printed.
let frame = null;
let address = null;

/** Resolves when the browser has taken it: at once with --kiosk-printing, else when its dialog is open or closed. Rejects when it cannot. */
export async function printPdf(blob) {
  frame?.remove();
  if (address) URL.revokeObjectURL(address);
  address = URL.createObjectURL(blob);
  frame = document.createElement("iframe");
  frame.className = "print-frame";
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  const loaded = new Promise((done, broken) => {
    frame.addEventListener("load", done, { once: true });
    setTimeout(() => broken(new Error("the badge was not shown")), 15_000);
  });
  frame.src = address;
  document.body.append(frame);
  await loaded;
  await new Promise((done) => setTimeout(done, 400)); // the browser's own viewer draws after it has loaded
  frame.contentWindow.focus();
  frame.contentWindow.print();
}
