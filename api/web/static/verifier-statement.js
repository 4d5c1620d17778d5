// Is this statement genuine? The same questions, in the same order and with the same answers as `carehours verify`
// (ledger/log/statement_checks.py), asked without anybody else.

import { asciiOf, base64url, equal, list, members, octetsOf } from "./verifier-encoding.js";
import { readBase64, readBase64url, readCanonicalJson, sha256, string, textOf } from "./verifier-encoding.js";
import { isSigned, openCheckpoint } from "./verifier-log.js";
import { readTrust } from "./verifier-trust.js";
import { canVerify } from "./verifier.js";

const STATEMENT_TYPE = "carehours-statement+jwt";
const MAX_STATEMENT_BYTES = 8_388_608;
const MAX_LINES = 5_000;
const MAX_NAMES = 100;
const MOST_SECONDS = 253_402_300_799;

const PRINTABLE = /^[ !#-[\]-~]+$/;
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const CODE = /^[a-z0-9][a-z0-9-]{0,39}$/;
const KIND_OF_ENTRY = /^[a-z][a-z_]{0,31}$/;
const ZONE = /^[A-Za-z0-9_+/-]{1,64}$/;
const CALENDAR_DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;

const SUMMARY = [
  "acct", "as", "closing", "code", "count", "dig", "from", "held", "iat", "in", "iss", "log", "names", "of",
  "opening", "out", "root", "size", "start", "until", "v", "zone",
];
const ACCOUNTS = ["member", "household", "pot"];

/** Whether the text, or its octets, says of itself that it is a statement, genuine or not. */
export function isStatement(text) {
  try {
    const start = typeof text === "string" ? text.trimStart().slice(0, 512) : textOf(text.subarray(0, 512)).trimStart();
    return JSON.parse(textOf(readBase64url(start.split(".")[0]))).typ === STATEMENT_TYPE;
  } catch {
    return false;
  }
}

/**
 * Check a statement against a trust file, each a text or its octets. Never throws.
 *
 * Answers `{valid, checks, statement}` as `verify` does of a receipt, with the checks `form`, `issuer`, `signature`, `sums`,
 * `lines` (reasons `others`, `unconnected`) and `checkpoint` (reasons `unknown_log`, `wrong_checkpoint`, `other`).
 * `statement` is what it says, and null unless it is valid; its `lines` are null when it came without them.
 */
export async function verifyStatement(text, trustFile) {
  if (!(await canVerify())) return { valid: null, checks: [{ name: "browser", ok: false }], statement: null };
  let trust, signed;
  try {
    trust = await readTrust(octetsFrom(trustFile));
  } catch {
    return { valid: null, checks: [{ name: "trust", ok: false }], statement: null };
  }
  try {
    signed = await readStatement(octetsFrom(text));
  } catch {
    return { valid: false, checks: [{ name: "form", ok: false }], statement: null };
  }
  const { summary } = signed;
  const checks = [
    { name: "form", ok: true },
    { name: "issuer", ok: trust.issuers.has(summary.issuer), issuer: summary.issuer },
    await checkStatementSignature(signed, trust),
    { name: "sums", ok: sum([summary.opening, summary.gained, -summary.given]) === BigInt(summary.closing) },
    checkLines(signed),
    await checkNamedCheckpoint(signed, trust),
  ];
  const valid = checks.every((check) => check.ok !== false);
  return { valid, checks, statement: valid ? { ...summary, lines: signed.lines } : null };
}

function octetsFrom(text) {
  return typeof text === "string" ? octetsOf(text) : text;
}

async function checkStatementSignature({ kid, signature, signed, summary }, trust) {
  const key = trust.receiptKeys.get(kid);
  const isOthers = trust.receiptLogs.get(kid)?.has(summary.origin) === false;
  if (key === undefined || isOthers) return { name: "signature", ok: false, reason: "unknown_key" };
  if (await isSigned(key, signature, signed)) return { name: "signature", ok: true };
  return { name: "signature", ok: false, reason: "wrong_signature" };
}

function checkLines({ lines, linesDigest, summary }) {
  if (lines === null) return { name: "lines", ok: null };
  if (linesDigest !== summary.digest) return { name: "lines", ok: false, reason: "others" };
  return leadOn(summary, lines) ? { name: "lines", ok: true } : { name: "lines", ok: false, reason: "unconnected" };
}

/** Whether the lines lead, one number after another, from the opening to the closing balance, within its days. */
function leadOn(summary, lines) {
  let balance = BigInt(summary.opening);
  let { startNumber: number, from: day } = summary;
  let leaf = -1;
  for (const line of lines) {
    balance += BigInt(line.seconds);
    number += 1;
    if (BigInt(line.balanceAfter) !== balance || line.number !== number) return false;
    if (line.leafIndex <= leaf || line.leafIndex >= summary.treeSize) return false;
    if (line.recordedOn < day || line.recordedOn > summary.until) return false;
    ({ leafIndex: leaf, recordedOn: day } = line);
  }
  const gained = sum(lines.map(({ seconds }) => Math.max(seconds, 0)));
  const given = sum(lines.map(({ seconds }) => Math.max(-seconds, 0)));
  const { closing, count } = summary;
  return balance === BigInt(closing) && gained === BigInt(summary.gained) && given === BigInt(summary.given) && lines.length === count;
}

/** Of numbers whose sum may leave the range in which numbers are exact. */
function sum(numbers) {
  return numbers.reduce((total, each) => total + BigInt(each), 0n);
}

async function checkNamedCheckpoint({ note, summary }, trust) {
  const { origin } = summary;
  if (note === null) return { name: "checkpoint", ok: null };
  const keys = trust.logs.get(origin);
  if (keys === undefined) return { name: "checkpoint", ok: false, reason: "unknown_log", origin };
  const checkpoint = await openCheckpoint(note, keys).catch(() => null);
  if (checkpoint === null) return { name: "checkpoint", ok: false, reason: "wrong_checkpoint", origin };
  const named = checkpoint.origin === origin && checkpoint.size === BigInt(summary.treeSize) && equal(checkpoint.root, summary.root);
  if (!named) return { name: "checkpoint", ok: false, reason: "other", origin };
  return { name: "checkpoint", ok: true, origin };
}

/** A statement taken apart, nothing about it believed yet. Throws on any text the service would not have written. */
async function readStatement(octets) {
  const content = withoutTail(octets);
  if (content.length > MAX_STATEMENT_BYTES) throw new Error("too long");
  const [jws, ...shown] = asciiOf(content).split("~");
  if (shown.length > 0 && (shown.length !== 3 || shown.pop() !== "")) throw new Error("not lines and a checkpoint");
  const parts = jws.split(".");
  if (parts.length !== 3) throw new Error("a signed text has three parts");
  const [header, summary, signature] = parts.map(readBase64url);
  let [lines, linesDigest, note] = [null, null, null];
  if (shown.length > 0) {
    const written = readBase64url(shown[0]);
    lines = listOf(readCanonicalJson(written), MAX_LINES).map(readLine);
    linesDigest = base64url(await sha256(written));
    note = textOf(readBase64url(shown[1]));
  }
  const signed = octetsOf(`${parts[0]}.${parts[1]}`);
  return { kid: readKid(header), signed, signature, summary: readSummary(summary), lines, linesDigest, note };
}

function withoutTail(octets) {
  let end = octets.length;
  for (;;) {
    if ([0x20, 0x09, 0x0d, 0x0a].includes(octets[end - 1])) end -= 1;
    else if (octets[end - 1] === 0xbf && octets[end - 2] === 0xbb && octets[end - 3] === 0xef) end -= 3;
    else return octets.subarray(0, end);
  }
}

function readKid(octets) {
  const header = members(readCanonicalJson(octets), ["alg", "kid", "typ"]);
  // RFC 9864 renames EdDSA with this curve to Ed25519.
  if (header.alg !== "EdDSA" && header.alg !== "Ed25519") throw new Error("another algorithm");
  if (header.typ !== STATEMENT_TYPE) throw new Error("another type");
  return string(header.kid);
}

function readSummary(octets) {
  const said = members(readCanonicalJson(octets), SUMMARY);
  if (said.v !== 1) throw new Error("another version");
  if (!ACCOUNTS.includes(said.as)) throw new Error("no statements of these");
  if (readBase64url(string(said.dig)).length !== 32) throw new Error("not a digest");
  const root = readBase64(string(said.root));
  if (root.length !== 32) throw new Error("not a root");
  const [from, until] = [calendarDay(said.from), calendarDay(said.until)];
  if (from > until) throw new Error("the last day lies before the first");
  return {
    issuer: of(PRINTABLE, said.iss),
    origin: of(PRINTABLE, said.log),
    treeSize: whole(said.size, 0),
    root,
    madeSeconds: whole(said.iat, 0, MOST_SECONDS),
    community: string(said.of),
    zone: of(ZONE, said.zone),
    account: of(ID, said.acct),
    kind: said.as,
    code: of(CODE, said.code),
    names: listOf(said.names, MAX_NAMES).map(string),
    from,
    until,
    startNumber: whole(said.start, 0),
    opening: whole(said.opening),
    gained: whole(said.in, 0),
    given: whole(said.out, 0),
    closing: whole(said.closing),
    held: whole(said.held, 0),
    count: whole(said.count, 0, MAX_LINES),
    digest: said.dig,
  };
}

function readLine(value) {
  const said = members(value, ["after", "jti", "k", "n", "num", "rec", "s"], ["on", "what", "who"]);
  const seconds = whole(said.s);
  if (seconds === 0) throw new Error("a line moves no time");
  const who = "who" in said ? listOf(said.who, MAX_NAMES).map(string) : [];
  if ("who" in said && who.length === 0) throw new Error("a line names nobody");
  return {
    number: whole(said.num, 1),
    leafIndex: whole(said.n, 0),
    transfer: of(ID, said.jti),
    kind: of(KIND_OF_ENTRY, said.k),
    recordedOn: calendarDay(said.rec),
    serviceOn: "on" in said ? calendarDay(said.on) : null,
    seconds,
    balanceAfter: whole(said.after),
    what: "what" in said ? string(said.what) : null,
    who,
  };
}

function listOf(value, most) {
  if (list(value).length > most) throw new Error("too long a list");
  return value;
}

function whole(value, least = -Number.MAX_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER) {
  if (!Number.isSafeInteger(value) || value < least || value > most) throw new Error("not an integer in range");
  return value;
}

function of(pattern, value) {
  if (!pattern.test(string(value))) throw new Error("not of the form it should have");
  return value;
}

function calendarDay(value) {
  of(CALENDAR_DAY, value);
  // The thirtieth of February would come out as another day. No calendar of ours has a year 0.
  const read = new Date(`${value}T00:00:00Z`);
  if (value.startsWith("0000") || Number.isNaN(read.getTime()) || !read.toISOString().startsWith(value)) {
    throw new Error("not a day");
  }
  return value;
}
