// Readers of values that came out of JSON, each of exactly one form, as ledger/log/reading.py has them. All of them throw
// on anything else.

import { octetsOf, readBase64url, readCanonicalJson } from "./verifier-encoding.js";

/** The end of the year 9999: what comes after cannot be written as a date. */
export const LAST_SECOND = 253_402_300_799;
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const KIND = /^[a-z][a-z_]{0,31}$/;
/** What issuers and origins are made of. */
export const PLAIN = /^[ !#-[\]-~]+$/;

const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;

/** The object itself, if it has these members and no others. */
export function members(value, required, optional = []) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Error("not an object");
  const names = Object.keys(value);
  if (
    required.some((name) => !names.includes(name)) ||
    names.some((name) => !required.includes(name) && !optional.includes(name))
  ) {
    throw new Error("not the members it should have");
  }
  return value;
}

export function list(value, most = Infinity) {
  if (!Array.isArray(value)) throw new Error("not a list");
  if (value.length > most) throw new Error("too long a list");
  return value;
}

export function string(value) {
  if (typeof value !== "string") throw new Error("not a text");
  return value;
}

export function matching(pattern, value) {
  if (!pattern.test(string(value))) throw new Error("not of the form it should have");
  return value;
}

export function integer(value, least = -Number.MAX_SAFE_INTEGER, greatest = Number.MAX_SAFE_INTEGER) {
  if (!Number.isSafeInteger(value) || value < least || value > greatest) throw new Error("not an integer in range");
  return value;
}

export function day(value) {
  matching(DAY, value);
  // The thirtieth of February would come out as another day. No calendar of ours has a year 0.
  const read = new Date(`${value}T00:00:00Z`);
  if (value.startsWith("0000") || Number.isNaN(read.getTime()) || !read.toISOString().startsWith(value)) {
    throw new Error("not a day");
  }
  return value;
}

/** A digest of SHA-256 in base64url. */
export function digest(value) {
  if (readBase64url(string(value)).length !== 32) throw new Error("not a digest");
  return value;
}

/** At least one digest, and as many as there may be. */
export function digests(value, most) {
  if (list(value, most).length === 0) throw new Error("no digest");
  return value.map(digest);
}

/** The kid of a protected header that has exactly the three members of ours. */
export function readHeader(octets, type) {
  const header = members(readCanonicalJson(octets), ["alg", "kid", "typ"]);
  // RFC 9864 renames EdDSA with this curve to Ed25519.
  if (header.alg !== "EdDSA" && header.alg !== "Ed25519") throw new Error("another algorithm");
  if (header.typ !== type) throw new Error("another type");
  return string(header.kid);
}

/** The name and the value of an SD-JWT disclosure with a salt of 128 bits. */
export function readOpening(disclosure) {
  const parts = list(readCanonicalJson(readBase64url(disclosure)));
  if (parts.length !== 3 || readBase64url(string(parts[0])).length !== 16) throw new Error("not a disclosure");
  return parts.slice(1);
}

export function asOctets(text) {
  return typeof text === "string" ? octetsOf(text) : text;
}

/** White space and byte order marks at the end come from editors, and are nobody's forgery. */
export function withoutEnd(octets) {
  let end = octets.length;
  for (;;) {
    if ([0x20, 0x09, 0x0d, 0x0a].includes(octets[end - 1])) end -= 1;
    else if (octets[end - 1] === 0xbf && octets[end - 2] === 0xbb && octets[end - 3] === 0xef) end -= 3;
    else return octets.subarray(0, end);
  }
}
