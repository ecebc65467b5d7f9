// A ticket's code, read and proved without a network: registrations/ticket_code.py, line by line.
import { verifyAsync } from "../../vendor/noble-ed25519-2.3.0.js";

const CODE_LENGTHS = new Map([[1, 111], [2, 114], [3, 120]]); // by version
export const SHORTEST_CODE = 111;
const SIGNATURE_BYTES = 64;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const DIGIT = new Map([...ALPHABET].map((character, digit) => [character, digit]));
const MOVING = 3;
const DAY_ZERO = Date.UTC(2020, 0, 1);
const DAY_MS = 86_400_000;

/** The text is not a ticket of ours; ``reason``: not_a_ticket, unknown_version, unknown_key or wrong_signature. */
export class BadTicket extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * What a ticket says: {key_id, stop_id, registration_id, good_through: "YYYY-MM-DD", serial, issued_at: ms | null}.
 * ``publicKeys``: key number → the key's 32 bytes. Rejects with BadTicket.
 */
export async function readTicket(code, publicKeys, verify = verifySignature) {
  const length = [...code].length;
  if (![...CODE_LENGTHS.values()].includes(length)) throw new BadTicket("not_a_ticket");
  const whole = fromBase45(code);
  if (whole === null) throw new BadTicket("not_a_ticket");
  const fields = new DataView(whole.buffer);
  const version = fields.getUint8(0);
  if (!CODE_LENGTHS.has(version)) throw new BadTicket("unknown_version");
  if (length !== CODE_LENGTHS.get(version)) throw new BadTicket("not_a_ticket");
  const keyId = fields.getUint8(1);
  const key = publicKeys.get(keyId);
  if (!key) throw new BadTicket("unknown_key");
  const size = whole.length - SIGNATURE_BYTES;
  if (!(await verify(key, whole.subarray(size), whole.subarray(0, size)))) throw new BadTicket("wrong_signature");
  return {
    key_id: keyId,
    stop_id: fields.getUint16(2),
    registration_id: fields.getUint32(4),
    good_through: new Date(DAY_ZERO + fields.getUint16(8) * DAY_MS).toISOString().slice(0, 10),
    serial: version > 1 ? fields.getUint16(10) : 0,
    issued_at: version === MOVING ? DAY_ZERO + fields.getUint32(12) * 1000 : null,
  };
}

/** Bytes out of base45 (RFC 9285); null where nobody who writes base45 would have written ``text``. */
export function fromBase45(text) {
  const digits = [...text].map((character) => DIGIT.get(character));
  if (digits.includes(undefined) || digits.length % 3 === 1) return null;
  const content = new Uint8Array(Math.floor(digits.length / 3) * 2 + (digits.length % 3 ? 1 : 0));
  let place = 0;
  for (let start = 0; start + 2 < digits.length; start += 3) {
    const pair = digits[start] + 45 * digits[start + 1] + 2025 * digits[start + 2];
    if (pair > 0xffff) return null;
    content[place++] = pair >> 8;
    content[place++] = pair & 0xff;
  }
  if (digits.length % 3 === 2) {
    const byte = digits.at(-2) + 45 * digits.at(-1);
    if (byte > 0xff) return null;
    content[place] = byte;
  }
  return content;
}

let builtIn = true;
const imported = new WeakMap(); // bytes → CryptoKey

/** Ed25519 by the browser itself; by the library where the browser has not learned it (Chrome < 137, Safari < 17). */
export async function verifySignature(key, signature, message) {
  if (builtIn) {
    try {
      if (!imported.has(key)) imported.set(key, await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]));
      return await crypto.subtle.verify("Ed25519", imported.get(key), signature, message);
    } catch (error) {
      if (error.name !== "NotSupportedError") return false;
      builtIn = false;
    }
  }
  return verifyByLibrary(key, signature, message);
}

/** The same by @noble/ed25519, strictly as RFC 8032 has it. */
export async function verifyByLibrary(key, signature, message) {
  try {
    return await verifyAsync(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}
