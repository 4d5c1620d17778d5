// What a receipt must be, to the letter, as ledger/log/payloads.py and receipts.py have it. Nothing here decides
// whether to believe one. Every function throws on any text that the service would not have written.

import { asciiOf, octetsOf, readBase64, readBase64url, readCanonicalJson, textOf } from "./verifier-encoding.js";
import { day, digests, integer, KIND, LAST_SECOND, list, matching, members, PLAIN } from "./verifier-reading.js";
import { readHeader, readOpening, string, UUID, withoutEnd } from "./verifier-reading.js";

const MAX_RECEIPT_BYTES = 262_144;
const RECEIPT_TYPE = "carehours-receipt+sd-jwt";
const PROOF_HEADER = "c2sp.org/tlog-proof@v1";
const MAX_PATH = 63;

const INDEX = /^(0|[1-9][0-9]{0,17})$/;

const REQUIRED = ["entries", "iat", "iss", "jti", "k", "log", "n", "v"];
const OPTIONAL = ["_sd", "hold", "on", "rev", "via"];
const CAPACITIES = ["member", "delegate", "coordinator"];

/**
 * A receipt taken apart, nothing about it believed yet: `{kid, signed, signature, leaf, payload, disclosures, proof}`,
 * octets but for the texts `kid` and `disclosures`, and `payload` and `proof`, which is null when there is none.
 */
export function readReceipt(octets) {
  if (octets.length > MAX_RECEIPT_BYTES) throw new Error("too long");
  let content = withoutEnd(octets);
  let proof = null;
  if (startsWith(content, octetsOf(`${PROOF_HEADER}\n`))) {
    proof = readProof(`${textOf(content)}\n`);
    content = proof.receipt;
  }
  const [jws, ...disclosures] = asciiOf(content).split("~");
  // After the last tilde there would be a key binding, which no receipt has.
  if (disclosures.length > 0 && disclosures.pop() !== "") throw new Error("does not end with a tilde");
  const parts = jws.split(".");
  if (parts.length !== 3) throw new Error("a signed text has three parts");
  const [header, leaf, signature] = parts.map(readBase64url);
  return {
    kid: readHeader(header, RECEIPT_TYPE),
    signed: octetsOf(`${parts[0]}.${parts[1]}`),
    signature,
    leaf,
    payload: readPayload(leaf),
    disclosures,
    proof,
  };
}

/** What a disclosure says: `{name, …}` of an account's side of an entry, of who posted the transfer, or of the note. */
export function readDisclosure(text) {
  const [name, value] = readOpening(text);
  if (name === "note") return { name, note: string(value) };
  if (name === "author") {
    members(value, ["by"], ["for"]);
    return { name, member: matching(UUID, value.by), actingFor: "for" in value ? matching(UUID, value.for) : null };
  }
  if (name !== "own") throw new Error("a disclosure of an unknown name");
  members(value, ["acct", "after", "n"]);
  return {
    name,
    account: matching(UUID, value.acct),
    balanceAfter: integer(value.after),
    entryNumber: integer(value.n, 1),
  };
}

function startsWith(octets, start) {
  return start.every((each, at) => each === octets[at]);
}

function readProof(text) {
  const gap = text.indexOf("\n\n");
  const note = text.slice(gap + 2);
  const [header, extra = "", place = "", ...path] = text.slice(0, gap).split("\n");
  if (gap < 0 || note === "" || header !== PROOF_HEADER) throw new Error("not a proof");
  if (!extra.startsWith("extra ") || !place.startsWith("index ")) throw new Error("no receipt or no index");
  const index = matching(INDEX, place.slice(6));
  const hashes = path.map(readBase64);
  if (hashes.length > MAX_PATH || hashes.some((hash) => hash.length !== 32)) throw new Error("not a path");
  return { receipt: readBase64(extra.slice(6)), index: BigInt(index), path: hashes, note };
}

/** A leaf of version 1: the exact members, of the exact types. */
function readPayload(octets) {
  const said = members(readCanonicalJson(octets), REQUIRED, OPTIONAL);
  if (said.v !== 1) throw new Error("another version");
  const entries = list(said.entries).map(readEntry);
  if (entries.length < 2) throw new Error("a transfer has at least two entries");
  if ("via" in said && !CAPACITIES.includes(said.via)) throw new Error("an unknown capacity");
  const own = "_sd" in said ? digests(said._sd, 2) : [];
  // A note and an author have a digest each, and there is an author wherever somebody posted in a capacity.
  if ("via" in said ? own.length === 0 : own.length > 1) throw new Error("not the digests of a note and an author");
  const all = [...entries.map((entry) => entry.digest), ...own];
  // RFC 9901 section 7.1.
  if (new Set(all).size !== all.length) throw new Error("a digest stands twice");
  return {
    issuer: matching(PLAIN, said.iss),
    origin: matching(PLAIN, said.log),
    leafIndex: integer(said.n, 0),
    transfer: matching(UUID, said.jti),
    kind: matching(KIND, said.k),
    recordedSeconds: integer(said.iat, 0, LAST_SECOND),
    serviceOn: "on" in said ? day(said.on) : null,
    reverses: "rev" in said ? matching(UUID, said.rev) : null,
    hold: "hold" in said ? matching(UUID, said.hold) : null,
    via: said.via ?? null,
    entries,
    digests: own,
  };
}

function readEntry(value) {
  members(value, ["_sd", "c", "s"]);
  const seconds = integer(value.s);
  if (seconds === 0) throw new Error("an entry moves no time");
  const [digest] = digests(value._sd, 1);
  return { community: matching(PLAIN, value.c), seconds, digest };
}
