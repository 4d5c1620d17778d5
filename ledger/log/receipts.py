"""Receipts: the leaf of a posted transfer, signed, and what a person may show to say which side was theirs.

The leaf is an RFC 8785 JSON text. Its octets are at once the log's leaf and the payload of a compact JWS
(RFC 7515), so nobody who verifies has to re-encode anything. It names no person: each entry carries the
digest of an SD-JWT disclosure (RFC 9901) that only the account's people are given. Whoever holds a disclosure
can show whose entry it was and the balance after it; without one the digest says nothing, and when an
account's secret is deleted it says nothing for ever.

Version 1 is frozen: its renderer never changes, because the audit renders every leaf again.

Texts that go into a leaf are put between quotes as they are. That is correct because none of them needs
escaping: uuids, dates, digests and kinds by their form, and issuer, origin and slug because the caller has
passed them through `check_plain` once.
"""

import hmac
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from ledger.log.encoding import base64, base64url, canonical_json, read_base64
from ledger.log.signing import SigningKey

RECEIPT_TYPE = "carehours-receipt+sd-jwt"
PROOF_HEADER = "c2sp.org/tlog-proof@v1"

_PLAIN = re.compile(r"[ !#-\[\]-~]+", re.ASCII)
_INDEX = re.compile("0|[1-9][0-9]{0,17}", re.ASCII)
# A tree of 2**63 leaves has paths of 63 hashes.
_MAX_PATH = 63


def check_plain(text: str) -> str:
    """The text itself, if it is printable ASCII without quote and backslash. Raises ValueError otherwise."""
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"{text!r} is empty or has characters that cannot stand in a receipt")
    return text


def render_leaf(
    *,
    issuer: str,
    origin: str,
    slug: str,
    leaf_index: int,
    transfer_id: str,
    recorded_seconds: int,
    kind: str,
    service_on: str | None,
    entries: Sequence[tuple[int, str]],
    reverses_id: str | None,
    hold_id: str | None,
    note_digest: str | None,
    via: str | None = None,
    author_digest: str | None = None,
) -> bytes:
    """The leaf of one transfer, version 1.

    `via` says in what capacity a person posted it, and `author_digest` stands for who; without them a machine did.

    `entries` are (signed seconds, digest of the account's disclosure) in entry order; `recorded_seconds` is
    the posting time in seconds since 1970; ids are lower-case uuids, `service_on` is YYYY-MM-DD.
    """
    rendered = ",".join([f'{{"_sd":["{digest}"],"c":"{slug}","s":{seconds}}}' for seconds, digest in entries])
    said = ",".join([f'"{each}"' for each in (note_digest, author_digest) if each is not None])
    note = f'"_sd":[{said}],' if said else ""
    hold = "" if hold_id is None else f'"hold":"{hold_id}",'
    on = "" if service_on is None else f'"on":"{service_on}",'
    reverses = "" if reverses_id is None else f'"rev":"{reverses_id}",'
    capacity = "" if via is None else f',"via":"{via}"'
    return (
        f'{{{note}"entries":[{rendered}],{hold}"iat":{recorded_seconds},"iss":"{issuer}","jti":"{transfer_id}",'
        f'"k":"{kind}","log":"{origin}","n":{leaf_index},{on}{reverses}"v":1{capacity}}}'
    ).encode("ascii")


def salt_for(secret: bytes, transfer_id: UUID) -> str:
    """The salt of an account's disclosure in one transfer: 128 bits from the account's secret, 22 characters.

    Derived, so that one deletion erases a person: without the secret no digest can be tied to the account.
    """
    return base64url(hmac.digest(secret, b"carehours disclosure v1" + transfer_id.bytes, "sha256")[:16])


def account_disclosure(salt: str, account_id: str, balance_after: int, entry_number: int) -> str:
    """The disclosure of one entry (RFC 9901 section 4.2.1): whose it is, and the seconds they had after it.

    `entry_number` counts the account's entries from 1, so that a missing one is noticed.
    """
    text = f'["{salt}","own",{{"acct":"{account_id}","after":{balance_after},"n":{entry_number}}}]'
    return urlsafe_b64encode(text.encode("ascii")).rstrip(b"=").decode()


def note_disclosure(salt: str, note: str) -> str:
    """The disclosure of a transfer's private note. Raises ValueError for text that is not valid Unicode."""
    return base64url(f'["{salt}","note",{json.dumps(note, ensure_ascii=False)}]'.encode())


def digest(disclosure: str) -> str:
    """What stands in the leaf for a disclosure: SHA-256 over its base64url text, 43 characters."""
    return urlsafe_b64encode(sha256(disclosure.encode("ascii")).digest())[:43].decode()


def sign_receipt(payload: bytes, key: SigningKey) -> str:
    """The compact JWS over a leaf."""
    signing_input = f"{_protected_header(key.kid)}.{base64url(payload)}"
    return f"{signing_input}.{base64url(key.sign(signing_input.encode()))}"


@lru_cache(maxsize=64)
def _protected_header(kid: str) -> str:
    # "EdDSA" although RFC 9864 prefers "Ed25519": not every library reads the new name yet.
    return base64url(canonical_json({"alg": "EdDSA", "kid": kid, "typ": RECEIPT_TYPE}))


def present(receipt: str, disclosures: Sequence[str]) -> str:
    """The receipt as an SD-JWT that shows these disclosures."""
    return "~".join([receipt, *disclosures, ""])


class MalformedProof(ValueError):
    """The text is not a receipt in a C2SP tlog-proof."""


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A receipt with its place in the log: all that offline verification needs besides the public keys."""

    receipt_text: str
    index: int
    path: tuple[bytes, ...]
    checkpoint_note: str


def render_tlog_proof(receipt_text: str, index: int, path: Sequence[bytes], checkpoint_note: str) -> str:
    """A C2SP tlog-proof, whose `extra` line is the receipt (plain, or with disclosures)."""
    hashes = "".join([f"{base64(hash_)}\n" for hash_ in path])
    extra = base64(receipt_text.encode("ascii"))
    return f"{PROOF_HEADER}\nextra {extra}\nindex {index}\n{hashes}\n{checkpoint_note}"


def parse_tlog_proof(text: str) -> TlogProof:
    """The inverse of `render_tlog_proof`. Raises MalformedProof; leaves the checkpoint note unread."""
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or not note or len(lines) < 3 or lines[0] != PROOF_HEADER:
        raise MalformedProof("is not a tlog-proof")
    if not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise MalformedProof("has no receipt or no index")
    index = lines[2].removeprefix("index ")
    if not _INDEX.fullmatch(index):
        raise MalformedProof("the index is not a plain decimal number")
    try:
        receipt_text = read_base64(lines[1].removeprefix("extra ")).decode("ascii")
        path = tuple([read_base64(line) for line in lines[3:]])
    except ValueError:
        raise MalformedProof("a line is not base64") from None
    if len(path) > _MAX_PATH or any(len(hash_) != 32 for hash_ in path):
        raise MalformedProof("the path is not made of SHA-256 hashes")
    return TlogProof(receipt_text, int(index), path, note)
