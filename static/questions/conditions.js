/** What of a form is asked, given what has been answered: questions/conditions.py in the browser, rule for rule.
 *
 * A property test gives both the same random forms, answers and conditions and compares. Change both or neither.
 */
const BLANKS = /[ \t\r\n\u00a0\u3000]+/g;
const NUMBER = /^[+-]?[0-9]{1,15}(\.[0-9]{1,6})?$/;
const DAY = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const MONTH = /^([0-9]{4})-(0[1-9]|1[0-2])$/;
const OF_MANY = new Set(["several", "ranked", "cities"]);
const PICKED = new Set(["choice", "city", "discipline"]);
const BIGGEST = 1e15;

/** The keys of the questions asked. `rules` is {questions: [{key, kind, choices, condition}], known}; `answers` lists of strings by key. */
export function asked(rules, answers) {
  const keys = [];
  const given = new Map(Object.entries(rules.known ?? {}));
  for (const { key, kind, choices, condition } of rules.questions) {
    if (condition !== null && condition !== undefined && !holds(condition, given)) continue;
    keys.push(key);
    const reading = read(kind, answers[key] ?? null, choices);
    if (reading !== null) given.set(key, reading);
  }
  return keys;
}

/** What a condition sees of an answer; null when there is none or it cannot be read. */
export function read(kind, given, choices = []) {
  if (kind === "heading") return null;
  if (OF_MANY.has(kind)) {
    const texts = (Array.isArray(given) ? given : [given]).filter((item) => typeof item === "string" || typeof item === "number").map(asText);
    const picked = [...new Set(texts)].filter((text) => choices.includes(text));
    return picked.length ? picked : null;
  }
  if (Array.isArray(given)) given = given.length ? given[0] : null;
  if (given !== null && typeof given === "object") given = given.number ?? null;
  if (given === null || given === undefined || given === false) return null;
  if (kind === "consent") return given === true || (typeof given === "string" && asText(given) !== "") ? true : null;
  if (kind === "number") return asNumber(given);
  if (typeof given !== "string" && typeof given !== "number") return null;
  const text = asText(given);
  if (text === "") return null;
  if (PICKED.has(kind)) return choices.includes(text) ? text : null;
  if (kind === "date") return isDay(text) ? text : null;
  if (kind === "month") return MONTH.test(text) ? text : null;
  return text;
}

/** Whether `condition` is true of the readings `given` (a Map). What makes no sense is false. */
export function holds(condition, given) {
  if ("all" in condition) return condition.all.every((part) => holds(part, given));
  if ("any" in condition) return condition.any.some((part) => holds(part, given));
  if ("not" in condition) return !holds(condition.not, given);
  const key = String(condition.question);
  if (!given.has(key)) return false;
  const reading = given.get(key);
  const { op, value } = condition;
  if (op === "answered") return true;
  if (op === "is") return is(reading, value);
  if (op === "is_not") return !is(reading, value);
  if (op === "in") return Array.isArray(value) && value.some((one) => isOrHolds(reading, one));
  if (op === "contains") {
    if (typeof value !== "string" || value === "" || (typeof reading !== "string" && !Array.isArray(reading))) return false;
    return reading.includes(value);
  }
  if (op === "more_than" || op === "less_than") {
    const number = asNumber(value);
    if (number === null || typeof reading !== "number") return false;
    return op === "more_than" ? reading > number : reading < number;
  }
  if (op === "before" || op === "after") {
    if (typeof reading !== "string" || typeof value !== "string" || reading.length !== value.length) return false;
    if (!(isDay(value) && isDay(reading)) && !(MONTH.test(value) && MONTH.test(reading))) return false;
    return op === "before" ? reading < value : reading > value;
  }
  return false;
}

function asNumber(given) {
  if (typeof given === "number") return Math.abs(given) < BIGGEST ? given : null;
  if (typeof given !== "string") return null;
  const text = given.normalize("NFKC").replace(BLANKS, "");
  return NUMBER.test(text) ? Number(text) : null;
}

function isDay(text) {
  const parts = DAY.exec(text);
  if (parts === null) return false;
  const [year, month, day] = parts.slice(1).map(Number);
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
}

function asText(given) {
  const text = String(given).normalize("NFC").replace(BLANKS, " ");
  return text.replace(/^ +| +$/g, "");
}

function is(reading, value) {
  if (typeof reading === "boolean") return value === true;
  if (typeof reading === "number") return asNumber(value) === reading;
  if (Array.isArray(reading)) {
    if (Array.isArray(value)) {
      const wanted = new Set(value.filter((one) => typeof one === "string"));
      return value.length > 0 && wanted.size === reading.length && reading.every((one) => wanted.has(one));
    }
    return typeof value === "string" && reading.length === 1 && reading[0] === value;
  }
  return typeof value === "string" && reading === value;
}

function isOrHolds(reading, value) {
  if (Array.isArray(reading)) return typeof value === "string" && reading.includes(value);
  return is(reading, value);
}
