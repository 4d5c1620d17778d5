// Is this receipt genuine? Answered in the browser from the receipt and a trust file, without asking anybody: the same
// questions, in the same order and with the same answers as `carehours verify` (ledger/log/verification.py).

import { checkCheckpoint, checked, checkIssuer, checkSignature } from "./verifier-checking.js";
import { base64url, octetsOf, sha256 } from "./verifier-encoding.js";
import { isIncluded } from "./verifier-log.js";
import { readDisclosure, readReceipt } from "./verifier-receipt.js";

/**
 * Check a receipt against a trust file, as `checked` says. The checks after `form`:
 *
 * - `issuer`: with `issuer`.
 * - `signature`: reasons `unknown_key`, `wrong_signature`.
 * - `balance`, `disclosures`.
 * - `checkpoint`: with `origin`; reasons `unknown_log`, `wrong_checkpoint`, `other_log`.
 * - `inclusion`: with `index` and `size` (a text of digits); reasons `no_checkpoint`, `wrong_path`.
 *
 * It says `{issuer, origin, leafIndex, transfer, kind, recordedSeconds, serviceOn, reverses, hold, via, note, author,
 * entries}`, where each entry is `{community, seconds, account, balanceAfter, entryNumber}`, the last three null unless
 * disclosed.
 */
export function verify(text, trustFile) {
  return checked(text, trustFile, readReceipt, lookAt);
}

async function lookAt(receipt, trust) {
  const { payload } = receipt;
  const [disclosures, shown] = await checkDisclosures(receipt);
  const checks = [
    checkIssuer(payload.issuer, trust),
    await checkSignature(receipt, payload.origin, trust),
    checkBalance(receipt),
    disclosures,
    ...(await checkProof(receipt, trust)),
  ];
  return [checks, whatItSays(payload, shown)];
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

async function checkProof({ leaf, payload, proof }, trust) {
  if (proof === null) return [{ name: "checkpoint", ok: null }, { name: "inclusion", ok: null }];
  const [signed, checkpoint] = await checkCheckpoint(proof.note, payload.origin, trust);
  if (checkpoint === null) return [signed, { name: "inclusion", ok: false, reason: "no_checkpoint" }];
  const { index, path } = proof;
  const included =
    index === BigInt(payload.leafIndex) && (await isIncluded(leaf, index, checkpoint.size, path, checkpoint.root));
  if (!included) return [signed, { name: "inclusion", ok: false, reason: "wrong_path" }];
  return [signed, { name: "inclusion", ok: true, index: payload.leafIndex, size: String(checkpoint.size) }];
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
