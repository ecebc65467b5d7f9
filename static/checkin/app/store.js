// What the device keeps: itself, the list of people, its scans. In IndexedDB, so that a reload or an empty battery loses nothing.
//
// Whatever names somebody or opens something (token, list, codes, names shown) is sealed with AES-GCM under a key that
// the browser made and will not hand out, not even to this page.

const NAME = "gate";
const NUMBERED = 1;

let opened;
function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, NUMBERED);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("kept");
      const scans = request.result.createObjectStore("scans", { keyPath: "id" });
      scans.createIndex("state", "state");
      scans.createIndex("undo", "undo");
      scans.createIndex("ticket", ["checkpoint_id", "registration_id"]);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/** One transaction: ``work`` gets the store and may only wait for what it asks of it. Resolves once it is on the disk. */
async function within(store, mode, work) {
  const db = await database();
  return new Promise((resolve, reject) => {
    // strict: what was shown green must outlive the battery
    const transaction = db.transaction(store, mode, mode === "readwrite" ? { durability: "strict" } : undefined);
    let result;
    transaction.oncomplete = () => resolve(result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
    work(transaction.objectStore(store), (value) => {
      result = value;
    });
  });
}

function asked(request, then) {
  request.onsuccess = () => then(request.result);
}

// ---- the key ----
let key;
async function sealingKey() {
  key ??= (async () => {
    const before = await get("key");
    if (before) return before;
    const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    // Another tab may make one in the same moment: the first that is kept is everybody's.
    return within("kept", "readwrite", (kept, give) =>
      asked(kept.get("key"), (standing) => {
        give(standing ?? fresh);
        if (!standing) kept.put(fresh, "key");
      }),
    );
  })();
  return key;
}

/** Seal anything that JSON can say. */
export async function seal(value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  return { iv, sealed: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await sealingKey(), plain) };
}

/** What was sealed; null when it cannot be opened (the key is gone with the browser's data). */
export async function unseal(box) {
  if (!box) return null;
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: box.iv }, await sealingKey(), box.sealed);
    return JSON.parse(new TextDecoder().decode(plain));
  } catch {
    return null;
  }
}

// ---- single things ----
export function get(name) {
  return within("kept", "readonly", (kept, give) => asked(kept.get(name), give));
}

export function put(name, value) {
  return within("kept", "readwrite", (kept) => kept.put(value, name));
}

export function forget(...names) {
  return within("kept", "readwrite", (kept) => names.forEach((name) => kept.delete(name)));
}

/** The names that begin so. */
export function namesFrom(beginning) {
  return within("kept", "readonly", (kept, give) => asked(kept.getAllKeys(IDBKeyRange.bound(beginning, `${beginning}\uffff`)), give));
}

// ---- scans ----
/** The scans made here of one ticket (or, without ``registration``, of all) at a checkpoint; in the same transaction
 *  ``decide(scans)`` gives the row to keep. Two tabs of one device therefore never decide the same ticket at once. */
export function decideAndKeep(checkpointId, registrationId, all, decide) {
  return within("scans", "readwrite", (scans, give) => {
    const keep = (before) => {
      const row = decide(before);
      scans.put(row);
      give(row);
    };
    if (registrationId === null) return keep([]);
    const range = all ? IDBKeyRange.bound([checkpointId, 0], [checkpointId, Infinity]) : IDBKeyRange.only([checkpointId, registrationId]);
    asked(scans.index("ticket").getAll(range), keep);
  });
}

/** The scans made here of this ticket at this checkpoint. */
export function scansOf(checkpointId, registrationId) {
  return within("scans", "readonly", (scans, give) =>
    asked(scans.index("ticket").getAll(IDBKeyRange.only([checkpointId, registrationId])), give),
  );
}

export function keepScan(row) {
  return within("scans", "readwrite", (scans) => scans.put(row));
}

/** Change one scan as it is now. Resolves to it, or to null when it is gone. */
export function changeScan(id, change) {
  return within("scans", "readwrite", (scans, give) =>
    asked(scans.get(id), (row) => {
      give(row ?? null);
      if (row) scans.put(Object.assign(row, change));
    }),
  );
}

/** Those in ``state`` (asking, pending, kept, aside, abandoned), oldest first, ``most`` at most. */
export function scansIn(state, most) {
  return within("scans", "readonly", (scans, give) => asked(scans.index("state").getAll(state, most), give));
}

export function undosWaiting(most) {
  return within("scans", "readonly", (scans, give) => asked(scans.index("undo").getAll("pending", most), give));
}

/** {pending, aside, undo}: how many. */
export function counts() {
  return within("scans", "readonly", (scans, give) => {
    const counted = {};
    give(counted);
    for (const state of ["pending", "aside"]) asked(scans.index("state").count(state), (n) => (counted[state] = n));
    asked(scans.index("undo").count("pending"), (n) => (counted.undo = n));
  });
}

/** The last ``n`` that were shown, the newest first. */
export function lastScans(n) {
  return within("scans", "readonly", (scans, give) => {
    const rows = [];
    give(rows);
    const walk = scans.openCursor(null, "prev");
    walk.onsuccess = () => {
      const cursor = walk.result;
      if (!cursor || rows.length >= n) return;
      if (!["asking", "abandoned"].includes(cursor.value.state)) rows.push(cursor.value);
      cursor.continue();
    };
  });
}

/** Forget what the server kept before ``until`` (ms, its clock), except the last ``n`` and what is still to be taken back. */
export async function forgetKept(until, n) {
  const last = new Set((await lastScans(n)).map((row) => row.id));
  return within("scans", "readwrite", (scans) => {
    for (const state of ["kept", "abandoned"]) {
      asked(scans.index("state").getAll(state), (rows) => {
        for (const row of rows) if (!last.has(row.id) && row.undo !== "pending" && row.kept_at < until) scans.delete(row.id);
      });
    }
  });
}
