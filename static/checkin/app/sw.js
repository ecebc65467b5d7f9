// The gate's service worker: the app comes up and reloads without a network. It keeps files, never data.
// The server writes before this: self.GATE = {version, files, pages}.
const { version, files, pages } = self.GATE;
const CACHE = `gate-${version}`;

// What the version before loads, for a tab that still runs it.
const older = new Set();
(async () => {
  for (const name of (await caches.keys()).filter((one) => one.startsWith("gate-") && one !== CACHE)) {
    for (const { url } of await (await caches.open(name)).keys()) older.add(new URL(url).pathname);
  }
})();

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) =>
      cache.addAll([...files, ...Object.values(pages)].map((address) => new Request(address, { cache: "reload" }))),
    ),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      // The version before stays: another tab may still run it, and not have loaded all of it.
      const before = (await caches.keys()).filter((name) => name.startsWith("gate-") && name !== CACHE);
      for (const name of before.slice(0, -1)) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

// A newer one takes over when the page asks for it, as it starts: never under a running scan.
self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== self.location.origin) return;
  if (event.request.mode === "navigate") {
    const page = address.pathname === "/gate/app" ? pages.zh : Object.values(pages).find((one) => one === address.pathname);
    if (page) event.respondWith(fromCache(page, event.request));
  } else if (files.includes(address.pathname)) {
    event.respondWith(fromCache(address.pathname, event.request));
  } else if (older.has(address.pathname)) {
    event.respondWith(caches.match(address.pathname).then((kept) => kept ?? fetch(event.request)));
  }
});

async function fromCache(address, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(address)) ?? fetch(request);
}
