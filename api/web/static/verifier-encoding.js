// Strict readers of what receipts are made of, as ledger/log/encoding.py has them. Each accepts exactly the text its
// writer would have made, so one value has one spelling and a changed letter is always seen. All of them throw on
// anything else.

const encoder = new TextEncoder();
// A byte order mark is kept, so that it counts as the stranger it is.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const LONE_SURROGATE = /\p{Surrogate}/u;
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]|-?[0-9][0-9.eE+-]*/g;
// As many digits as Python reads.
const INTEGER = /^-?[0-9]{1,4300}$/;
const MAX_DEPTH = 500;

/** UTF-8. */
export function octetsOf(text) {
  return encoder.encode(text);
}

/** The UTF-8 of a text that has one, or an error: half a pair of surrogates has none. */
export function strictOctetsOf(text) {
  if (LONE_SURROGATE.test(text)) throw new Error("not valid Unicode");
  return encoder.encode(text);
}

export function textOf(octets) {
  return decoder.decode(octets);
}

export function asciiOf(octets) {
  if (octets.some((each) => each > 0x7f)) throw new Error("not ASCII");
  return decoder.decode(octets);
}

export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(left, right) {
  return left.length === right.length && left.every((each, at) => each === right[at]);
}

export async function sha256(octets) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", octets));
}

/** Standard base64 with padding. */
function base64(octets) {
  let binary = "";
  for (const each of octets) binary += String.fromCharCode(each);
  return btoa(binary);
}

/** Base64url without padding. */
export function base64url(octets) {
  return base64(octets).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function readBase64(text) {
  const octets = decoded(text);
  // `atob` is forgiving: of blanks, of missing padding, and of stray bits at the end.
  if (base64(octets) !== text) throw new Error("not canonical base64");
  return octets;
}

export function readBase64url(text) {
  const octets = decoded(text.replaceAll("-", "+").replaceAll("_", "/"));
  if (base64url(octets) !== text) throw new Error("not canonical base64url");
  return octets;
}

function decoded(text) {
  return Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
}

/** The value of a JSON text without floats and without repeated names, on which readers disagree. */
export function readJson(octets) {
  const text = textOf(octets);
  const value = JSON.parse(text);
  const names = [];
  let last = "";
  // JSON.parse has seen to the grammar: what is left are names, which a colon follows, and numbers.
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") names.push(new Set());
    else if (token === "}" || token === "]") names.pop();
    else if (token === ":") addName(names.at(-1), JSON.parse(last));
    else if (token[0] !== '"' && !INTEGER.test(token)) throw new Error("a number is not an integer");
    if (names.length > MAX_DEPTH) throw new Error("nested too deeply");
    last = token;
  }
  return value;
}

function addName(names, name) {
  if (names.has(name)) throw new Error("a name stands twice in one object");
  names.add(name);
}

/** The value of a JSON text that is already in canonical form (RFC 8785), without floats. */
export function readCanonicalJson(octets) {
  const text = textOf(octets);
  const value = JSON.parse(text);
  // Repeated names, blanks and other spellings do not survive being written again.
  if (canonical(value) !== text) throw new Error("not canonical JSON");
  return value;
}

function canonical(value) {
  if (typeof value === "string") {
    if (LONE_SURROGATE.test(value)) throw new Error("not valid Unicode");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${canonical(name)}:${canonical(value[name])}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Error("a number is not an integer");
  return String(value);
}
