"""Is this evidence pack genuine? The answer needs the pack and a trust file; no network, no database.

As receipts are read, so is this: strictly, by our own reader, and with one check after another.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.desk.social.evidence import EVIDENCE_TYPE, SIGNATURE, SIGNED
from ledger.log.checkpoints import MalformedNote, UntrustedNote, open_checkpoint
from ledger.log.encoding import base64, read_base64url, read_json
from ledger.log.trust import Trust
from ledger.log.verification import Check

MAX_PACK = 8 * 1024 * 1024
"""The most bytes of a pack that is looked at: one of ours has a few tens of thousands."""


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a pack is genuine, one check after another; what it says only when it is."""

    checks: tuple[Check, ...]
    payload: Mapping[str, Any] | None = None
    report: Mapping[str, Any] | None = None

    @property
    def valid(self) -> bool:
        return all(check.passed for check in self.checks)


def verify_pack(octets: bytes, trust: Trust) -> Verified:
    """Check a pack against those we trust: no network, no database. Never raises, whatever the bytes."""
    try:
        files = _read_zip(octets)
        kid, signed, payload, signature = _read_signature(files[SIGNATURE])
    except ValueError as problem:
        says = (
            f"This is not an evidence pack as Carehours writes it, or it was changed or cut short: {problem}."
        )
        return Verified((Check("form", False, says),))
    checks = (
        Check("form", True, "This is a complete evidence pack, written as Carehours writes it."),
        _check_issuer(payload, trust),
        _check_signature(kid, signed, signature, trust),
        _check_files(payload, files),
        _check_checkpoint(payload, files, trust),
    )
    if not all(check.passed for check in checks):
        return Verified(checks)
    try:
        report = read_json(files["report.json"])
    except ValueError:
        report = None
    if not isinstance(report, dict):
        return Verified((*checks, Check("report", False, "Its report cannot be read.")))
    return Verified(checks, payload, report)


def _read_zip(octets: bytes) -> dict[str, bytes]:
    if len(octets) > MAX_PACK:
        raise ValueError(f"it is longer than {MAX_PACK} bytes")
    try:
        with zipfile.ZipFile(BytesIO(octets)) as pack:
            entries = pack.infolist()
            if sorted(entry.filename for entry in entries) != sorted((*SIGNED, SIGNATURE)):
                raise ValueError("it has other files than a pack has")
            # What is packed tightly could be any size once it is unpacked; a pack of ours is not.
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise ValueError("its files are compressed")
            return {entry.filename: pack.read(entry) for entry in entries}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise ValueError("it is not a zip file that can be read") from None


def _read_signature(octets: bytes) -> tuple[str, bytes, dict[str, Any], bytes]:
    """The kid, what is signed, the payload and the signature. Raises ValueError for another form than ours."""
    try:
        parts = octets.decode("ascii").split(".")
    except UnicodeDecodeError:
        raise ValueError("its signature is not text") from None
    if len(parts) != 3:
        raise ValueError("a signature has three parts")
    header, payload, signature = (read_base64url(part) for part in parts)
    head, said = read_json(header), read_json(payload)
    if not isinstance(head, dict) or head.keys() != {"alg", "kid", "typ"}:
        raise ValueError("its signature has another header")
    if head["alg"] not in ("EdDSA", "Ed25519") or head["typ"] != EVIDENCE_TYPE:
        raise ValueError("it is signed as something else")
    if not isinstance(said, dict) or said.get("v") != 1 or not isinstance(said.get("files"), dict):
        raise ValueError("its signature is over something else")
    return str(head["kid"]), f"{parts[0]}.{parts[1]}".encode(), said, signature


def _check_issuer(payload: Mapping[str, Any], trust: Trust) -> Check:
    if payload.get("iss") not in trust.issuers:
        return Check("issuer", False, "It says it comes from somebody other than those you trust.")
    return Check("issuer", True, f"It was issued by {payload['iss']}.")


def _check_signature(kid: str, signed: bytes, signature: bytes, trust: Trust) -> Check:
    public = trust.receipt_keys.get(kid)
    if public is None:
        return Check("signature", False, "It is signed with a key you do not know.")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return Check("signature", False, "Its signature is wrong: it was changed after it was signed.")
    return Check("signature", True, "Its signature is right.")


def _check_files(payload: Mapping[str, Any], files: Mapping[str, bytes]) -> Check:
    hashes = {name: sha256(files[name]).hexdigest() for name in SIGNED}
    wrong = sorted(name for name in SIGNED if payload["files"].get(name) != hashes[name])
    if wrong or payload["files"].keys() != hashes.keys():
        return Check("files", False, f"Not as they were signed: {', '.join(wrong) or 'the list of files'}.")
    return Check("files", True, f"All {len(SIGNED)} files are as they were signed.")


def _check_checkpoint(payload: Mapping[str, Any], files: Mapping[str, bytes], trust: Trust) -> Check:
    try:
        found = open_checkpoint(files["checkpoint.txt"].decode(), trust.logs.get(str(payload.get("log")), ()))
    except (MalformedNote, UntrustedNote, UnicodeDecodeError) as problem:
        return Check("checkpoint", False, f"Its checkpoint is not one of a log you trust: {problem}.")
    said = (payload.get("log"), payload.get("size"), payload.get("root"))
    if said != (found.origin, found.size, base64(found.root)):
        return Check("checkpoint", False, "Its checkpoint is another than the one that was signed for.")
    return Check("checkpoint", True, f"It was computed when the log {found.origin} had {found.size} leaves.")
