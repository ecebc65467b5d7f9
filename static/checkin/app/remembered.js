// Small choices that stay on the device: how the page looks and sounds. Nothing about people.
export function remembered(what) {
  try {
    return localStorage.getItem(what);
  } catch {
    return null;
  }
}

export function remember(what, value) {
  try {
    localStorage.setItem(what, value);
  } catch {
    // for this page only
  }
}
