// Is this proof of a balance at the end of a period genuine? The same questions, in the same order and with the same
// answers as `carehours verify` (ledger/log/balance_proofs.py), asked without anybody else.

import { checkCheckpoint, checked, checkIssuer } from "./verifier-checking.js";
import { base64url, octetsOf, readBase64, readCanonicalJson, readJson, sha256, strictOctetsOf, textOf } from "./verifier-encoding.js";
import { isIncluded } from "./verifier-log.js";
import { asOctets, day, digests, integer, LAST_SECOND, list, matching, members, PLAIN } from "./verifier-reading.js";
import { readOpening, string, UUID, withoutEnd } from "./verifier-reading.js";

const FORMAT = "carehours-balance-proof@v1";
const RECORDED = "balances_recorded";
const MAX_PROOF_BYTES = 65_536;
const MAX_PATH = 63;

const ROOT = /^[0-9a-f]{64}$/;
const CAPACITY = /^[a-z]{1,32}$/;
const DISCLOSURE = /^[A-Za-z0-9_-]+$/;

/** Whether the text, or its octets, says of itself that it is the proof of a balance, genuine or not. */
export function isBalanceProof(text) {
  const octets = asOctets(text);
  return octets[0] === 0x7b && new TextDecoder().decode(octets).includes(FORMAT);
}

/**
 * Check a proof against a trust file, as `checked` says. The checks after `form` are `issuer` and `checkpoint`, as of a
 * receipt, `inclusion` of the closing in the log (with `index` and `size`; reasons `no_checkpoint`, `wrong_path`), and
 * `closing`, `balance`, `disclosure`, `total`.
 *
 * It says `{origin, number, through, closedSeconds, accounts, account, balance, entries}`; `account` is null when it does
 * not show whose the balance is.
 */
export function verifyBalance(text, trustFile) {
  return checked(text, trustFile, readProof, lookAt);
}

async function lookAt({ balance, event, note }, trust) {
  const { leaf, closing } = event;
  const checks = [
    checkIssuer(leaf.issuer, trust),
    ...(await checkEvent(event, note, trust)),
    { name: "closing", ok: (await digestOf(event.disclosure)) === leaf.digest },
    { name: "balance", ok: await isOneOf(balance, closing) },
    { name: "disclosure", ok: balance.disclosure && (await digestOf(balance.disclosure)) === balance.leaf.digest },
    { name: "total", ok: closing.total === 0 },
  ];
  const { number, through, accounts } = closing;
  const { balance: seconds, entries } = balance.leaf;
  const closed = { origin: leaf.origin, number, through, closedSeconds: leaf.recordedSeconds, accounts };
  return [checks, { ...closed, account: balance.account, balance: seconds, entries }];
}

async function checkEvent({ octets, leaf, index, path }, note, trust) {
  const [signed, checkpoint] = await checkCheckpoint(note, leaf.origin, trust);
  if (checkpoint === null) return [signed, { name: "inclusion", ok: false, reason: "no_checkpoint" }];
  const { size, root } = checkpoint;
  const included = index === leaf.leafIndex && (await isIncluded(octets, BigInt(index), size, path, root));
  if (!included) return [signed, { name: "inclusion", ok: false, reason: "wrong_path" }];
  return [signed, { name: "inclusion", ok: true, index, size: String(size) }];
}

function isOneOf({ octets, index, path }, { accounts, root }) {
  return isIncluded(octets, BigInt(index), BigInt(accounts), path, root);
}

async function digestOf(disclosure) {
  return base64url(await sha256(octetsOf(disclosure)));
}

/** A proof taken apart, nothing about it believed yet. Throws on any text the service would not have written. */
function readProof(octets) {
  if (octets.length > MAX_PROOF_BYTES) throw new Error("too long");
  const parts = members(readJson(withoutEnd(octets)), ["format", "balance", "event", "checkpoint"]);
  if (parts.format !== FORMAT) throw new Error("another format");
  const balance = readPlace(members(parts.balance, ["leaf", "index", "path"], ["disclosure"]));
  const event = readPlace(members(parts.event, ["leaf", "disclosure", "index", "path"]));
  return {
    balance: { ...balance, leaf: readBalance(balance.octets), account: balance.disclosure && readAccount(balance.disclosure) },
    event: { ...event, leaf: readEvent(event.octets), closing: readClosing(event.disclosure) },
    note: textOf(strictOctetsOf(string(parts.checkpoint))),
  };
}

/** A leaf, what opens its digest, and its place in its tree. */
function readPlace(said) {
  const { leaf, index, path } = said;
  const hashes = list(path, MAX_PATH).map((each) => readBase64(string(each)));
  if (hashes.some((hash) => hash.length !== 32)) throw new Error("not a path");
  return {
    octets: strictOctetsOf(string(leaf)),
    disclosure: "disclosure" in said ? matching(DISCLOSURE, said.disclosure) : null,
    index: integer(index, 0),
    path: hashes,
  };
}

function readBalance(octets) {
  const { _sd, n, s } = members(readCanonicalJson(octets), ["_sd", "n", "s"]);
  return { digest: digests(_sd, 1)[0], entries: integer(n, 0), balance: integer(s) };
}

function readEvent(octets) {
  const said = members(readCanonicalJson(octets), ["_sd", "e", "iat", "iss", "jti", "log", "n", "v"]);
  if (said.v !== 1 || said.e !== RECORDED) throw new Error("another event");
  matching(UUID, said.jti);
  return {
    issuer: matching(PLAIN, said.iss),
    origin: matching(PLAIN, said.log),
    leafIndex: integer(said.n, 0),
    recordedSeconds: integer(said.iat, 0, LAST_SECOND),
    digest: digests(said._sd, 1)[0],
  };
}

function readClosing(disclosure) {
  const { via, what } = members(opened(disclosure, "event"), ["via", "what"]);
  matching(CAPACITY, via);
  members(what, ["number", "through", "ends", "size", "root", "accounts", "sum"]);
  integer(what.ends);
  integer(what.size, 0);
  return {
    number: integer(what.number, 1),
    through: day(what.through),
    root: Uint8Array.from(matching(ROOT, what.root).match(/../g), (pair) => Number.parseInt(pair, 16)),
    accounts: integer(what.accounts, 0),
    total: integer(what.sum),
  };
}

function readAccount(disclosure) {
  return matching(UUID, members(opened(disclosure, "standing"), ["acct"]).acct);
}

function opened(disclosure, expected) {
  const [name, value] = readOpening(disclosure);
  if (name !== expected) throw new Error("another disclosure");
  return value;
}
