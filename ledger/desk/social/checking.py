"""Is this evidence pack genuine? The answer needs the pack and a trust file; no network, no database.

As receipts are read, so is this: strictly, by our own reader, and with one check after another.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any

from ledger.desk.social.evidence import EVIDENCE_TYPE, SIGNATURE, SIGNED
from ledger.log.checking import Check, check_checkpoint, check_issuer, check_signature
from ledger.log.encoding import base64, read_base64url, read_canonical_json, read_json
from ledger.log.reading import LAST_SECOND, day, integer, members, read_header, string
from ledger.log.trust import Trust

_PAYLOAD = frozenset({"files", "from", "iat", "iss", "log", "root", "size", "until", "v"})
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
        check_issuer(payload["iss"], trust),
        check_signature("evidence pack", kid, payload["log"], signature, signed, trust),
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
    kid = read_header(header, EVIDENCE_TYPE)
    return kid, f"{parts[0]}.{parts[1]}".encode(), _read_payload(payload), signature


def _read_payload(octets: bytes) -> dict[str, Any]:
    said: dict[str, Any] = members(read_canonical_json(octets), _PAYLOAD)
    if integer(said["v"], 0) != 1:
        raise ValueError("the version is not 1")
    for name in ("iss", "log", "root"):
        string(said[name])
    day(said["from"])
    day(said["until"])
    integer(said["size"], 0)
    integer(said["iat"], 0, LAST_SECOND)
    for digest in members(said["files"], frozenset(SIGNED)).values():
        string(digest)
    return said


def _check_files(payload: Mapping[str, Any], files: Mapping[str, bytes]) -> Check:
    wrong = [name for name in SIGNED if payload["files"][name] != sha256(files[name]).hexdigest()]
    if wrong:
        return Check("files", False, f"Not as they were signed: {', '.join(wrong)}.")
    return Check("files", True, f"All {len(SIGNED)} files are as they were signed.")


def _check_checkpoint(payload: Mapping[str, Any], files: Mapping[str, bytes], trust: Trust) -> Check:
    # What is no UTF-8 was not signed by a log either.
    note = files["checkpoint.txt"].decode(errors="replace")
    check, found = check_checkpoint(note, payload["log"], trust)
    if found is None:
        return check
    if (payload["size"], payload["root"]) != (found.size, base64(found.root)):
        return Check("checkpoint", False, "Its checkpoint is another than the one that was signed for.")
    return Check("checkpoint", True, f"It was computed when the log {found.origin} had {found.size} leaves.")
