// The log a receipt stands in: its signed checkpoints (C2SP tlog-checkpoint) and its tree (RFC 6962), as
// ledger/log/checkpoints.py and merkle.py have them.

import { equal, joined, octetsOf, readBase64, sha256 } from "./verifier-encoding.js";

const MAX_NOTE_BYTES = 65_536;
const SIGNATURE_START = "\u2014 ";
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f]/;
// What Python takes for a space, and no more: JavaScript's own list differs.
const SPACE = /[\p{Z}\t-\r\x1c-\x1f\x85]/u;
const UNPRINTABLE = /[\p{C}\p{Z}]/u;
const SIZE = /^(0|[1-9][0-9]{0,17})$/;
const ED25519 = 1;

/** Whether an Ed25519 signature over the octets is this key's. */
export async function isSigned(publicKey, signature, octets) {
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    return (await crypto.subtle.verify("Ed25519", key, signature, octets)) === true;
  } catch {
    // Octets that are no point of the curve.
    return false;
  }
}

/** A C2SP verifier key string, read: `{name, id, publicKey}`, where `id` is hexadecimal. Throws on any other text. */
export async function readVerifierKey(text) {
  const [name, id, ...rest] = text.split("+");
  const octets = readBase64(rest.join("+"));
  if (octets.length !== 33 || octets[0] !== ED25519) throw new Error("not an Ed25519 key");
  if (name === "" || UNPRINTABLE.test(name)) throw new Error("not a key's name");
  const made = (await sha256(joined(octetsOf(`${name}\n`), octets))).subarray(0, 4);
  if (hexadecimal(made) !== id) throw new Error("the id is another key's");
  return { name, id, publicKey: octets.subarray(1) };
}

/**
 * The checkpoint in a signed note, `{origin, size, root}`, or null when it is not genuine: at least one of the keys
 * must have signed, and every line that names one of them must hold its signature. Lines of others, witnesses say, are
 * passed over. Throws on a text that is no note.
 */
export async function openCheckpoint(note, keys) {
  if (octetsOf(note).length > MAX_NOTE_BYTES || CONTROL.test(note)) throw new Error("not a note");
  const gap = note.lastIndexOf("\n\n");
  if (gap < 1 || !note.endsWith("\n") || gap + 2 === note.length) throw new Error("no signatures");
  const text = note.slice(0, gap + 1);
  const signatures = note.slice(gap + 2, -1).split("\n").map(readSignature);
  const checkpoint = readCheckpoint(text);
  const known = new Map(keys.map((key) => [`${key.name}+${key.id}`, key]));
  let trusted = false;
  for (const { name, id, signature } of signatures) {
    const key = known.get(`${name}+${id}`);
    if (key === undefined) continue;
    if (!(await isSigned(key.publicKey, signature, octetsOf(text)))) return null;
    trusted = true;
  }
  return trusted ? checkpoint : null;
}

function readSignature(line) {
  const [name, ...rest] = line.slice(SIGNATURE_START.length).split(" ");
  if (!line.startsWith(SIGNATURE_START) || rest.length === 0) throw new Error("not a signature");
  if (name === "" || name.includes("+") || SPACE.test(name)) throw new Error("not a key's name");
  const octets = readBase64(rest.join(" "));
  if (octets.length < 5) throw new Error("too short for a signature");
  return { name, id: hexadecimal(octets.subarray(0, 4)), signature: octets.subarray(4) };
}

function readCheckpoint(text) {
  // Lines after the third are extensions: signed like the rest, without meaning to us.
  const lines = text.slice(0, -1).split("\n");
  if (lines.length < 3 || lines.includes("") || !SIZE.test(lines[1])) throw new Error("not a checkpoint");
  const root = readBase64(lines[2]);
  if (root.length !== 32) throw new Error("not a root");
  return { origin: lines[0], size: BigInt(lines[1]), root };
}

function hexadecimal(octets) {
  return Array.from(octets, (each) => each.toString(16).padStart(2, "0")).join("");
}

/**
 * Whether the audit path leads from the leaf to the root (RFC 9162 section 2.1.3.2). `index` and `size` are BigInts:
 * a checkpoint may name a size that no number here holds exactly.
 */
export async function isIncluded(leaf, index, size, path, root) {
  if (index >= size) return false;
  let node = index;
  let last = size - 1n;
  let found = await sha256(joined([0], leaf));
  for (const sibling of path) {
    if (last === 0n) return false;
    if (node & 1n || node === last) {
      found = await sha256(joined([1], sibling, found));
      while (node && !(node & 1n)) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      found = await sha256(joined([1], found, sibling));
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && equal(found, root);
}
