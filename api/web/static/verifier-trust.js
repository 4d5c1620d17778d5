// Whom we believe: one service's receipt keys and its logs' keys, in one small file, as ledger/log/trust.py has it.

import { base64url, octetsOf, readBase64url, readJson, sha256 } from "./verifier-encoding.js";
import { readVerifierKey } from "./verifier-log.js";
import { list, members, string } from "./verifier-reading.js";

const MAX_TRUST_BYTES = 4_194_304;

/**
 * The trust file in these octets: `{issuers, receiptKeys, receiptLogs, logs}`, a set of URLs, the public keys by kid,
 * the origins of the only logs that some of these speak for, and the verifier keys of each log by origin. Throws unless
 * it is exactly such a file.
 */
export async function readTrust(octets) {
  if (octets.length > MAX_TRUST_BYTES) throw new Error("too long");
  const file = members(readJson(octets), ["version", "issuers", "jwks", "logs"]);
  if (file.version !== 1) throw new Error("another version");
  const listed = list(members(file.jwks, ["keys"]).keys);
  const keys = await Promise.all(listed.map(readKey));
  const narrowed = listed.filter((key) => Object.hasOwn(key, "carehours_logs"));
  const receiptLogs = new Map(narrowed.map((key) => [key.kid, new Set(list(key.carehours_logs).map(string))]));
  const logs = await Promise.all(list(file.logs).map(readLog));
  const receiptKeys = new Map(keys);
  const logKeys = new Map(logs);
  if (receiptKeys.size !== keys.length || logKeys.size !== logs.length) throw new Error("a key or a log twice");
  return { issuers: new Set(list(file.issuers).map(string)), receiptKeys, receiptLogs, logs: logKeys };
}

/** A JWK may have more members than we know. */
async function readKey(value) {
  if (value?.kty !== "OKP" || value.crv !== "Ed25519") throw new Error("not an Ed25519 JWK");
  const publicKey = readBase64url(string(value.x));
  const thumbprint = base64url(await sha256(octetsOf(`{"crv":"Ed25519","kty":"OKP","x":"${value.x}"}`)));
  if (publicKey.length !== 32 || value.kid !== thumbprint) throw new Error("the kid is not the key's");
  return [thumbprint, publicKey];
}

async function readLog(value) {
  const { origin, vkeys } = members(value, ["origin", "vkeys"]);
  const keys = await Promise.all(list(vkeys).map((vkey) => readVerifierKey(string(vkey))));
  // A log signs under its origin. A key of another name, a witness's say, must not stand in for it.
  if (keys.length === 0 || keys.some((key) => key.name !== string(origin))) throw new Error("not the log's keys");
  return [origin, keys];
}
