// What every check of a signed text asks, as ledger/log/checking.py has it: by whom, with which key, over which
// checkpoint of the log. And whether this browser can tell.

import { octetsOf } from "./verifier-encoding.js";
import { isSigned, openCheckpoint } from "./verifier-log.js";
import { asOctets } from "./verifier-reading.js";
import { readTrust } from "./verifier-trust.js";

// RFC 8032 section 7.1, test 2.
const KNOWN = {
  publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
  message: "72",
  signature:
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
};

let tried = null;

/** Whether this browser can check signatures: old ones cannot, nor does any on a page that came over plain http. */
export function canVerify() {
  tried ??= tryKnown();
  return tried;
}

async function tryKnown() {
  if (!globalThis.crypto?.subtle) return false;
  const [publicKey, message, signature] = [KNOWN.publicKey, KNOWN.message, KNOWN.signature].map(fromHexadecimal);
  return (await isSigned(publicKey, signature, message)) && !(await isSigned(publicKey, signature, octetsOf("s")));
}

function fromHexadecimal(text) {
  return Uint8Array.from(text.match(/../g), (pair) => Number.parseInt(pair, 16));
}

/**
 * Check a text against a trust file, each a text or its octets. Never throws.
 *
 * `read(octets)` takes it apart or throws, and `look(parts, trust)` answers `[checks, says]` without that of its form.
 * Answers `{valid, checks, says}`. `valid` is null when nothing could be found out. Each check is
 * `{name, ok, reason?, …}`, and `ok` is null when the text came without what the check is about:
 *
 * - `browser` (alone): this browser cannot check signatures.
 * - `trust` (alone): the trust file is not one.
 * - `form`: alone when it failed.
 *
 * `says` is null unless all is right, as nothing else is worth reading.
 */
export async function checked(text, trustFile, read, look) {
  if (!(await canVerify())) return { valid: null, checks: [{ name: "browser", ok: false }], says: null };
  let trust, parts;
  try {
    trust = await readTrust(asOctets(trustFile));
  } catch {
    return { valid: null, checks: [{ name: "trust", ok: false }], says: null };
  }
  try {
    parts = await read(asOctets(text));
  } catch {
    return { valid: false, checks: [{ name: "form", ok: false }], says: null };
  }
  const [found, says] = await look(parts, trust);
  const checks = [{ name: "form", ok: true }, ...found];
  const valid = checks.every((check) => check.ok !== false);
  return { valid, checks, says: valid ? says : null };
}

export function checkIssuer(issuer, trust) {
  return { name: "issuer", ok: trust.issuers.has(issuer), issuer };
}

/** Whether a receipt key that speaks for this log signed these octets. Reasons: `unknown_key`, `wrong_signature`. */
export async function checkSignature({ kid, signature, signed }, origin, trust) {
  const key = trust.receiptKeys.get(kid);
  const isOthers = trust.receiptLogs.get(kid)?.has(origin) === false;
  if (key === undefined || isOthers) return { name: "signature", ok: false, reason: "unknown_key" };
  if (await isSigned(key, signature, signed)) return { name: "signature", ok: true };
  return { name: "signature", ok: false, reason: "wrong_signature" };
}

/**
 * Whether the note is a checkpoint that this log signed, and the checkpoint, null when it is not: `[check, checkpoint]`.
 * Reasons: `unknown_log`, `wrong_checkpoint`, `other_log`.
 */
export async function checkCheckpoint(note, origin, trust) {
  const no = (reason) => [{ name: "checkpoint", ok: false, reason, origin }, null];
  const keys = trust.logs.get(origin);
  if (keys === undefined) return no("unknown_log");
  // Null, too, for a text that is no checkpoint.
  const checkpoint = await openCheckpoint(note, keys).catch(() => null);
  if (checkpoint === null) return no("wrong_checkpoint");
  if (checkpoint.origin !== origin) return no("other_log");
  return [{ name: "checkpoint", ok: true, origin }, checkpoint];
}
