// Builds everything the browser loads: `npm run build`.
//
// Sources lie beside this file (css, js, img, one directory per package). The result is static/dist, where each
// file carries a hash of its content in its name, and static/dist/manifest.json, which shared/assets.py reads.
// The same sources give the same bytes, on any machine. No node is needed while the product runs.

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, "dist");
const fresh = path.join(here, "../node_modules/.dist-being-built");
const require = createRequire(import.meta.url);

// name in asset(...)  ->  source. One entry a page kind; nothing is loaded that the page does not use.
const BUNDLES = {
  "theme.js": "js/theme.js",
  "app.js": "js/app.js",
  "app.css": "css/app.css",
  "form_editor.js": "questions/form_editor.js",
  "form_editor.css": "questions/form_editor.css",
  "form.js": "questions/form.js",
  "gate.js": "checkin/gate.js",
  "live.js": "arrivals/live.js",
  "live.css": "arrivals/live.css",
  "wall.js": "arrivals/wall.js",
  "wall.css": "arrivals/wall.css",
  "gate_seen.js": "checkin/seen.js",
  "markdown.js": "campaigns/markdown.js",
  "programme.js": "campaigns/programme.js",
  "queue.js": "registrations/queue.js",
  "score.js": "registrations/score.js",
  "ticket.js": "registrations/ticket.js",
  "moving_code.js": "registrations/moving_code.js",
  "poster_screen.js": "checkin/poster_screen.js",
  "queue.css": "registrations/queue.css",
  "gate.css": "checkin/gate.css",
  "gate_app.js": "checkin/app/main.js",
  "gate_app.css": "checkin/app/app.css",
  "gate_sw.js": "checkin/app/sw.js",
  "station.js": "printing/station.js",
  "station_clock.js": "printing/clock.js",
  "station.css": "printing/station.css",
};

const COPIES = {
  "favicon.svg": path.join(here, "img/favicon.svg"),
  "scenery.svg": path.join(here, "img/scenery.svg"),
  "wordmark.svg": path.join(here, "img/wordmark.svg"),
  "zxing_reader.wasm": readerWasm(),
  "app_icon_192.png": path.join(here, "img/app_icon_192.png"),
  "app_icon_512.png": path.join(here, "img/app_icon_512.png"),
};

/** The wasm that belongs to barcode-detector's own zxing-wasm: any other version is refused by it at run time. */
function readerWasm() {
  const detector = createRequire(require.resolve("barcode-detector/ponyfill"));
  return detector.resolve("zxing-wasm/reader/zxing_reader.wasm");
}

/** All icons of img/icons as one file of symbols; a page draws one with the macro icon(). */
async function iconSprite() {
  const folder = path.join(here, "img/icons");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".svg")).sort();
  const symbols = await Promise.all(
    names.map(async (name) => {
      const source = await readFile(path.join(folder, name), "utf8");
      const inner = source
        .replace(/^[\s\S]*?<svg[^>]*>/, "")
        .replace(/<\/svg>\s*$/, "")
        .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" \/>/, "")
        .replace(/\s+/g, " ")
        .trim();
      return `<symbol id="${path.basename(name, ".svg")}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>`;
    }),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}

function hashed(name, bytes) {
  const { name: stem, ext } = path.parse(name);
  return `${stem}-${createHash("sha256").update(bytes).digest("hex").slice(0, 10)}${ext}`;
}

const began = Date.now();
const manifest = {};

/** Beside each file lies the same one packed: a phone in a full hall loads a quarter of the bytes, and no request packs. */
async function keep(name, bytes) {
  manifest[name] = hashed(name, bytes);
  await writeFile(path.join(fresh, manifest[name]), bytes);
  await writeFile(path.join(fresh, `${manifest[name]}.gz`), gzipSync(bytes, { level: 9 }));
}

await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });

for (const [name, source] of Object.entries(BUNDLES)) {
  const result = await build({
    entryPoints: [path.join(here, source)],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: ["chrome90", "safari14.1", "firefox90"],
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  });
  await keep(name, result.outputFiles[0].contents);
}
for (const [name, source] of Object.entries(COPIES)) await keep(name, await readFile(source));
await keep("icons.svg", Buffer.from(await iconSprite()));

const sorted = Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => (a < b ? -1 : 1)));
await writeFile(path.join(fresh, "manifest.json"), `${JSON.stringify(sorted, null, 2)}\n`);

// Only a whole build replaces the last one: a page is never served half of each.
await rm(dist, { recursive: true, force: true });
await rename(fresh, dist);
console.log(`static/dist: ${Object.keys(manifest).length} files in ${Date.now() - began} ms`);
