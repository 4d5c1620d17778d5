// Is this statement genuine? The same questions, in the same order and with the same answers as `carehours verify`
// (ledger/log/statement_checks.py), asked without anybody else.

import { checkCheckpoint, checked, checkIssuer, checkSignature } from "./verifier-checking.js";
import { asciiOf, base64url, equal, octetsOf, readBase64, readBase64url } from "./verifier-encoding.js";
import { readCanonicalJson, sha256, textOf } from "./verifier-encoding.js";
import { day, digest, integer, KIND, LAST_SECOND, list, matching, members, PLAIN } from "./verifier-reading.js";
import { readHeader, string, UUID, withoutEnd } from "./verifier-reading.js";

const STATEMENT_TYPE = "carehours-statement+jwt";
const MAX_STATEMENT_BYTES = 8_388_608;
const MAX_LINES = 5_000;
const MAX_NAMES = 100;

const CODE = /^[a-z0-9][a-z0-9-]{0,39}$/;
const ZONE = /^[A-Za-z0-9_+/-]{1,64}$/;

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
 * Check a statement against a trust file, as `checked` says. The checks after `form` are `issuer` and `signature`, as of a
 * receipt, `sums`, `lines` (reasons `others`, `unconnected`) and `checkpoint` (also `other`). Of what it says, `lines` are
 * null when it came without them.
 */
export function verifyStatement(text, trustFile) {
  return checked(text, trustFile, readStatement, lookAt);
}

async function lookAt(signed, trust) {
  const { summary } = signed;
  const checks = [
    checkIssuer(summary.issuer, trust),
    await checkSignature(signed, summary.origin, trust),
    { name: "sums", ok: sum([summary.opening, summary.gained, -summary.given]) === BigInt(summary.closing) },
    checkLines(signed),
    await checkNamedCheckpoint(signed, trust),
  ];
  return [checks, { ...summary, lines: signed.lines }];
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
  const { origin, treeSize, root } = summary;
  if (note === null) return { name: "checkpoint", ok: null };
  const [signed, checkpoint] = await checkCheckpoint(note, origin, trust);
  if (checkpoint === null) return signed;
  const named = checkpoint.size === BigInt(treeSize) && equal(checkpoint.root, root);
  return named ? signed : { name: "checkpoint", ok: false, reason: "other", origin };
}

/** A statement taken apart, nothing about it believed yet. Throws on any text the service would not have written. */
async function readStatement(octets) {
  const content = withoutEnd(octets);
  if (content.length > MAX_STATEMENT_BYTES) throw new Error("too long");
  const [jws, ...shown] = asciiOf(content).split("~");
  if (shown.length > 0 && (shown.length !== 3 || shown.pop() !== "")) throw new Error("not lines and a checkpoint");
  const parts = jws.split(".");
  if (parts.length !== 3) throw new Error("a signed text has three parts");
  const [header, summary, signature] = parts.map(readBase64url);
  let [lines, linesDigest, note] = [null, null, null];
  if (shown.length > 0) {
    const written = readBase64url(shown[0]);
    lines = list(readCanonicalJson(written), MAX_LINES).map(readLine);
    linesDigest = base64url(await sha256(written));
    note = textOf(readBase64url(shown[1]));
  }
  const signed = octetsOf(`${parts[0]}.${parts[1]}`);
  return { kid: readHeader(header, STATEMENT_TYPE), signed, signature, summary: readSummary(summary), lines, linesDigest, note };
}

function readSummary(octets) {
  const said = members(readCanonicalJson(octets), SUMMARY);
  if (said.v !== 1) throw new Error("another version");
  if (!ACCOUNTS.includes(said.as)) throw new Error("no statements of these");
  const root = readBase64(string(said.root));
  if (root.length !== 32) throw new Error("not a root");
  const [from, until] = [day(said.from), day(said.until)];
  if (from > until) throw new Error("the last day lies before the first");
  return {
    issuer: matching(PLAIN, said.iss),
    origin: matching(PLAIN, said.log),
    treeSize: integer(said.size, 0),
    root,
    madeSeconds: integer(said.iat, 0, LAST_SECOND),
    community: string(said.of),
    zone: matching(ZONE, said.zone),
    account: matching(UUID, said.acct),
    kind: said.as,
    code: matching(CODE, said.code),
    names: list(said.names, MAX_NAMES).map(string),
    from,
    until,
    startNumber: integer(said.start, 0),
    opening: integer(said.opening),
    gained: integer(said.in, 0),
    given: integer(said.out, 0),
    closing: integer(said.closing),
    held: integer(said.held, 0),
    count: integer(said.count, 0, MAX_LINES),
    digest: digest(said.dig),
  };
}

function readLine(value) {
  const said = members(value, ["after", "jti", "k", "n", "num", "rec", "s"], ["on", "what", "who"]);
  const seconds = integer(said.s);
  if (seconds === 0) throw new Error("a line moves no time");
  const who = "who" in said ? list(said.who, MAX_NAMES).map(string) : [];
  if ("who" in said && who.length === 0) throw new Error("a line names nobody");
  return {
    number: integer(said.num, 1),
    leafIndex: integer(said.n, 0),
    transfer: matching(UUID, said.jti),
    kind: matching(KIND, said.k),
    recordedOn: day(said.rec),
    serviceOn: "on" in said ? day(said.on) : null,
    seconds,
    balanceAfter: integer(said.after),
    what: "what" in said ? string(said.what) : null,
    who,
  };
}
