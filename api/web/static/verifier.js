// Is this receipt genuine? Answered in the browser from the receipt and a trust file, without asking anybody: the same
// questions, in the same order and with the same answers as `carehours verify` (ledger/log/verification.py).

import { base64url, octetsOf, sha256 } from "./verifier-encoding.js";
import { isIncluded, isSigned, openCheckpoint } from "./verifier-log.js";
import { readDisclosure, readReceipt } from "./verifier-receipt.js";
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
 * Check a receipt against a trust file, each a text or its octets. Never throws.
 *
 * Answers `{valid, checks, receipt}`. `valid` is null when nothing could be found out. Each check is
 * `{name, ok, reason?, …}`, and `ok` is null when the receipt came without what the check is about:
 *
 * - `browser` (alone): this browser cannot check signatures.
 * - `trust` (alone): the trust file is not one.
 * - `form`: alone when it failed.
 * - `issuer`: with `issuer`.
 * - `signature`: reasons `unknown_key`, `wrong_signature`.
 * - `balance`, `disclosures`.
 * - `checkpoint`: with `origin`; reasons `unknown_log`, `wrong_checkpoint`, `other_log`.
 * - `inclusion`: with `index` and `size` (a text of digits); reasons `no_checkpoint`, `wrong_path`.
 *
 * `receipt` is what it says, and null unless it is valid, as nothing else is worth reading: `{issuer, origin,
 * leafIndex, transfer, kind, recordedSeconds, serviceOn, reverses, hold, via, note, author, entries}`, where each
 * entry is `{community, seconds, account, balanceAfter, entryNumber}`, the last three null unless disclosed.
 */
export async function verify(text, trustFile) {
  if (!(await canVerify())) return { valid: null, checks: [{ name: "browser", ok: false }], receipt: null };
  let trust, receipt;
  try {
    trust = await readTrust(asOctets(trustFile));
  } catch {
    return { valid: null, checks: [{ name: "trust", ok: false }], receipt: null };
  }
  try {
    receipt = readReceipt(asOctets(text));
  } catch {
    return { valid: false, checks: [{ name: "form", ok: false }], receipt: null };
  }
  const [disclosures, shown] = await checkDisclosures(receipt);
  const checks = [
    { name: "form", ok: true },
    checkIssuer(receipt, trust),
    await checkSignature(receipt, trust),
    checkBalance(receipt),
    disclosures,
    ...(await checkProof(receipt, trust)),
  ];
  const valid = checks.every((check) => check.ok !== false);
  return { valid, checks, receipt: valid ? whatItSays(receipt.payload, shown) : null };
}

function asOctets(text) {
  return typeof text === "string" ? octetsOf(text) : text;
}

function checkIssuer(receipt, trust) {
  const { issuer } = receipt.payload;
  return { name: "issuer", ok: trust.issuers.has(issuer), issuer };
}

async function checkSignature(receipt, trust) {
  const key = trust.receiptKeys.get(receipt.kid);
  const isOthers = trust.receiptLogs.get(receipt.kid)?.has(receipt.payload.origin) === false;
  if (key === undefined || isOthers) return { name: "signature", ok: false, reason: "unknown_key" };
  if (await isSigned(key, receipt.signature, receipt.signed)) return { name: "signature", ok: true };
  return { name: "signature", ok: false, reason: "wrong_signature" };
}

function checkBalance(receipt) {
  const totals = new Map();
  for (const { community, seconds } of receipt.payload.entries) {
    // Sums of numbers may leave the range in which they are exact.
    totals.set(community, (totals.get(community) ?? 0n) + BigInt(seconds));
  }
  return { name: "balance", ok: [...totals.values()].every((total) => total === 0n) };
}

async function checkDisclosures(receipt) {
  const { payload, disclosures } = receipt;
  if (disclosures.length === 0) return [{ name: "disclosures", ok: null }, []];
  try {
    return [{ name: "disclosures", ok: true }, await matchDisclosures(payload, disclosures)];
  } catch {
    return [{ name: "disclosures", ok: false }, []];
  }
}

async function matchDisclosures(payload, disclosures) {
  if (new Set(disclosures).size !== disclosures.length) throw new Error("the same is shown twice");
  const shown = [];
  for (const text of disclosures) {
    const said = readDisclosure(text);
    const digest = base64url(await sha256(octetsOf(text)));
    const entryIndex = payload.entries.findIndex((entry) => entry.digest === digest);
    const belongs = said.name === "own" ? entryIndex >= 0 : payload.digests.includes(digest);
    if (!belongs) throw new Error("of another receipt");
    shown.push({ ...said, entryIndex });
  }
  return shown;
}

async function checkProof(receipt, trust) {
  const { payload, proof } = receipt;
  const { origin } = payload;
  const both = (first, second) => [{ name: "checkpoint", ...first }, { name: "inclusion", ...second }];
  const unproven = (reason) => both({ ok: false, reason, origin }, { ok: false, reason: "no_checkpoint" });
  if (proof === null) return both({ ok: null }, { ok: null });
  const keys = trust.logs.get(origin);
  if (keys === undefined) return unproven("unknown_log");
  // Null, too, for a text that is no checkpoint.
  const checkpoint = await openCheckpoint(proof.note, keys).catch(() => null);
  if (checkpoint === null) return unproven("wrong_checkpoint");
  if (checkpoint.origin !== origin) return unproven("other_log");
  const included =
    proof.index === BigInt(payload.leafIndex) &&
    (await isIncluded(receipt.leaf, proof.index, checkpoint.size, proof.path, checkpoint.root));
  if (!included) return both({ ok: true, origin }, { ok: false, reason: "wrong_path" });
  return both({ ok: true, origin }, { ok: true, index: payload.leafIndex, size: String(checkpoint.size) });
}

function whatItSays(payload, shown) {
  const { digests, entries, ...said } = payload;
  const own = (at) => shown.find((each) => each.name === "own" && each.entryIndex === at);
  const author = shown.findLast((each) => each.name === "author");
  return {
    ...said,
    note: shown.findLast((each) => each.name === "note")?.note ?? null,
    author: author ? { member: author.member, actingFor: author.actingFor } : null,
    entries: entries.map(({ community, seconds }, at) => ({
      community,
      seconds,
      account: own(at)?.account ?? null,
      balanceAfter: own(at)?.balanceAfter ?? null,
      entryNumber: own(at)?.entryNumber ?? null,
    })),
  };
}
