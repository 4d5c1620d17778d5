// Ids that nobody else has: of what is made here, and sent until the answer was heard.

/** A new id, by chance (RFC 9562, version 4); also where the browser makes none, which is without a safe connection. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const octets = crypto.getRandomValues(new Uint8Array(16));
  octets[6] = (octets[6] & 0x0f) | 0x40;
  octets[8] = (octets[8] & 0x3f) | 0x80;
  const text = [...octets].map((each) => each.toString(16).padStart(2, "0")).join("");
  return text.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}
