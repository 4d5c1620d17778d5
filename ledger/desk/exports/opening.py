"""Looking at a community's zip, all of it, before anything is written: bytes in, or a refusal out. No database.

Nothing in the file is believed for standing there. What its keys signed is checked; whether the keys are the right
ones is for a person to say, who has their fingerprint from elsewhere.
"""

import json
import re
import stat
import zlib
from base64 import b64decode
from binascii import unhexlify
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from ledger.desk.exports.archive import Advance, list_origin
from ledger.desk.exports.community import FORMAT, VERSION, Manifest
from ledger.desk.exports.tables import EXPORTED
from ledger.log.checkpoints import Checkpoint, MalformedNote, UntrustedNote, VerifierKey, open_checkpoint
from ledger.log.encoding import read_canonical_json
from ledger.log.merkle import CompactRange, leaf_hash
from ledger.log.signing import note_key_id, thumbprint
from ledger.log.trust import MAX_TRUST_BYTES, MalformedTrust, Trust

MAX_SMALL_BYTES = 1_048_576
MAX_LINE_BYTES = 80 * 1_048_576
"""The longest line: an uploaded file of 32 MiB as hexadecimal digits."""

MAX_TIMES = 250
"""How many times its packed size a file of the zip may have. Our own have at most thirty; a zip bomb has a thousand."""

_FEW_BYTES = 65_536
_AT_ONCE = 262_144
_LEAVES_AT_ONCE = 4096
_SMALL = ("manifest.json", "manifest.note", "trust.json", "README.txt")
_TABLES = tuple([f"tables/{name}.ndjson" for name in EXPORTED])


class ZipRefused(Exception):
    """The zip cannot be taken in; the text says what is wrong, where, and what to do next."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A zip that is what its manifest says. `signers` are the log keys, by kid, that signed the manifest."""

    path: Path
    manifest: Manifest
    founded_at: datetime
    trust_bytes: bytes
    trust: Trust
    checkpoint: Checkpoint
    signers: Mapping[str, VerifierKey]

    def pieces(self, table: str) -> Iterator[bytes]:
        """The bytes of a table's file, held once more against the manifest: the file may be another one by now."""
        try:
            with ZipFile(self.path) as archive:
                name = f"tables/{table}.ndjson"
                yield from _checked(archive, archive.getinfo(name), name, self.manifest)
        except (BadZipFile, zlib.error, EOFError, OSError, KeyError):
            raise ZipRefused("the file cannot be read to its end any more. Take it in again.") from None


def open_zip(
    path: Path, advance: Advance = lambda _done, _total: None, wanted_size: int = 0
) -> tuple[Opened, bytes]:
    """Look at all of the zip; also the root that the log had at `wanted_size` leaves, at most those of the zip.

    `advance` is told (lines, of how many). Raises ZipRefused.
    """
    try:
        with ZipFile(path) as archive:
            infos = _check_members(archive, path.stat().st_size)
            return _look(path, archive, infos, advance, wanted_size)
    except (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError):
        # Their own words may quote what stands in the file.
        raise ZipRefused(
            "it is no zip, or it was cut short or damaged on its way. Copy it again, or export it anew."
        ) from None


def _check_members(archive: ZipFile, zip_bytes: int) -> dict[str, ZipInfo]:
    """The zip's members by name: exactly those an export has, each once, none larger than it may be."""
    infos: dict[str, ZipInfo] = {}
    for info in archive.infolist():
        if info.filename in infos:
            raise ZipRefused(
                f"{_shown(info.filename)} stands in it twice. Export it anew; this was put together by hand."
            )
        infos[info.filename] = info
    for name in infos:
        if name not in _SMALL and name not in _TABLES:
            raise ZipRefused(
                f"it holds {_shown(name)}, which no export of this version has. Is it a community's zip, and whole?"
            )
    for name in (*_SMALL, *_TABLES):
        if name not in infos:
            raise ZipRefused(
                f"{name} is missing. Export it anew, from the same version of Carehours as here."
            )
    for name, info in infos.items():
        if info.flag_bits & 0x1 or info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ZipRefused(f"{name} is encrypted, or packed in a way no export uses.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ZipRefused(f"{name} is a link, not a file.")
        if info.file_size > _FEW_BYTES + MAX_TIMES * info.compress_size:
            raise ZipRefused(
                f"{name} would unpack to {MAX_TIMES} times its size and more: it is a trap, not an export."
            )
        if name in _SMALL and info.file_size > MAX_SMALL_BYTES:
            raise ZipRefused(f"{name} is longer than it can be.")
    # Members that share their bytes are another way to unpack much from little.
    if sum(info.compress_size for info in infos.values()) > zip_bytes:
        raise ZipRefused("its files overlap: it is a trap, not an export.")
    return infos


def _look(
    path: Path, archive: ZipFile, infos: Mapping[str, ZipInfo], advance: Advance, wanted_size: int
) -> tuple[Opened, bytes]:
    content = archive.read("manifest.json")
    manifest = _read_manifest(content)
    trust_bytes = b"".join(_checked(archive, infos["trust.json"], "trust.json", manifest))
    trust = _read_trust(trust_bytes, manifest)
    vkeys = trust.logs[manifest.community["origin"]]
    signers = _signers(archive.read("manifest.note"), content, manifest, vkeys)
    try:
        checkpoint = open_checkpoint(manifest.checkpoint, vkeys)
    except (MalformedNote, UntrustedNote) as problem:
        raise ZipRefused(f"its checkpoint is not signed by a key in trust.json: {problem}.") from None
    said = (manifest.community["origin"], manifest.tree_size, b64decode(manifest.root))
    if (checkpoint.origin, checkpoint.size, checkpoint.root) != said:
        raise ZipRefused("its checkpoint is of another log, or of another state, than the manifest says.")
    total = sum(file["lines"] for file in manifest.files.values())
    done = 0
    for name in ("README.txt", *_TABLES):
        if name != "tables/log_leaf.ndjson":
            for piece in _checked(archive, infos[name], name, manifest):
                done += piece.count(b"\n")
                advance(done, total)
    leaves = _checked(archive, infos["tables/log_leaf.ndjson"], "tables/log_leaf.ndjson", manifest)
    root, wanted = _root(leaves, manifest.tree_size, wanted_size)
    advance(total, total)
    if root != checkpoint.root:
        raise ZipRefused("the leaves of the log do not make the root that was signed: some were changed.")
    founded_at = datetime.fromisoformat(manifest.community["founded_at"])
    return Opened(path, manifest, founded_at, trust_bytes, trust, checkpoint, signers), wanted


def _read_manifest(content: bytes) -> Manifest:
    try:
        said: Any = read_canonical_json(content)
        if said["format"] != FORMAT:
            raise ZipRefused("it is no community's zip: the manifest says it is something else.")
        if said["version"] != VERSION:
            raise ZipRefused(f"its form is version {said['version']!r}, and this Carehours reads {VERSION}.")
        manifest = Manifest(**said)
        files, community = manifest.files, manifest.community
        note_key_id(community["origin"], b"")
        if (
            set(community) == {"slug", "name", "issuer", "origin", "founded_at"}
            and all(isinstance(value, str) for value in community.values())
            and set(files) == {name for name in (*_SMALL, *_TABLES) if not name.startswith("manifest.")}
            and all(_is_file(file) for file in files.values())
            and _is_count(manifest.tree_size)
            and re.fullmatch("[a-z0-9][a-z0-9-]{0,39}", community["slug"]) is not None
            and community["origin"].endswith(f"/{community['slug']}")
            and _is_text(manifest.schema)
            and _is_text(manifest.checkpoint)
            and len(b64decode(manifest.root, validate=True)) == 32
            and datetime.fromisoformat(community["founded_at"]).tzinfo is not None
        ):
            return manifest
    except (ValueError, KeyError, TypeError, AttributeError):
        pass  # said below
    raise ZipRefused("manifest.json is not one that Carehours writes.")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_file(said: Any) -> bool:
    return (
        isinstance(said, dict)
        and set(said) == {"sha256", "bytes", "lines"}
        and re.fullmatch("[0-9a-f]{64}", str(said["sha256"])) is not None
        and _is_count(said["bytes"])
        and _is_count(said["lines"])
    )


def _read_trust(octets: bytes, manifest: Manifest) -> Trust:
    try:
        trust = Trust.from_json(octets[: MAX_TRUST_BYTES + 1])
    except MalformedTrust as problem:
        raise ZipRefused(f"trust.json is not a trust file: {problem}.") from None
    # Its keys are believed for this log from then on; a second one would be smuggled in with it.
    if set(trust.logs) != {manifest.community["origin"]} or trust.issuers != {manifest.community["issuer"]}:
        raise ZipRefused("trust.json is about another log, or another service, than the manifest.")
    return trust


def _signers(note: bytes, content: bytes, manifest: Manifest, vkeys: Any) -> dict[str, VerifierKey]:
    origin = list_origin(manifest.community["origin"])
    signers: dict[str, VerifierKey] = {}
    for vkey in vkeys:
        as_list = VerifierKey(origin, note_key_id(origin, vkey.public), vkey.public)
        try:
            signed = open_checkpoint(note.decode(), [as_list])
        except (MalformedNote, UntrustedNote, UnicodeDecodeError):
            continue
        if signed == Checkpoint(origin, len(manifest.files), sha256(content).digest()):
            signers[thumbprint(vkey.public)] = vkey
    if not signers:
        raise ZipRefused(
            "no key in trust.json has signed this manifest: it was changed after it was exported."
        )
    return signers


def _checked(archive: ZipFile, info: ZipInfo, name: str, manifest: Manifest) -> Iterator[bytes]:
    """The bytes of a member, which must be those the manifest speaks of, in lines that are not endless."""
    said = manifest.files[name]
    digest, size, lines, since_line = sha256(), 0, 0, 0
    with archive.open(info) as member:
        while piece := member.read(_AT_ONCE):
            digest.update(piece)
            size += len(piece)
            lines += piece.count(b"\n")
            last = piece.rfind(b"\n")
            since_line = since_line + len(piece) if last < 0 else len(piece) - last - 1
            if since_line > MAX_LINE_BYTES:
                raise ZipRefused(f"{name} has a line longer than any of ours can be.")
            if size > said["bytes"]:
                break
            yield piece
    if (size, lines, digest.hexdigest()) != (said["bytes"], said["lines"], said["sha256"]):
        raise ZipRefused(
            f"{name} is not the file that the manifest was made for: it was changed, or cut short."
        )


def _root(pieces: Iterator[bytes], tree_size: int, wanted_size: int) -> tuple[bytes, bytes]:
    """The root over the leaves in the lines of log_leaf, and that at `wanted_size` of them."""
    tree = CompactRange(0, ())
    wanted = tree.root()
    hashes: list[bytes] = []

    def grow() -> None:
        nonlocal tree, wanted
        tree, _ = tree.append(hashes)
        hashes.clear()
        if tree.size == wanted_size:
            wanted = tree.root()

    for line in _lines(pieces):
        index = tree.size + len(hashes)
        try:
            its_hash = _hash_of(json.loads(line), index)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise ZipRefused(
                f"line {index + 1} of tables/log_leaf.ndjson is not leaf {index} with its hash."
            ) from None
        hashes.append(its_hash)
        if len(hashes) == _LEAVES_AT_ONCE or index + 1 == wanted_size:
            grow()
    grow()
    if tree.size != tree_size:
        raise ZipRefused(f"it holds {tree.size} leaves of the log, and {tree_size} were signed for.")
    return tree.root(), wanted


def _hash_of(row: Any, index: int) -> bytes:
    """The hash of a leaf, worked out from its octets; ValueError when the row says another, or is another leaf."""
    its_hash = leaf_hash(_from_hex(row["payload"]))
    if row["leaf_index"] != index or _from_hex(row["leaf_hash"]) != its_hash:
        raise ValueError("not this leaf")
    return its_hash


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest


def _from_hex(text: str) -> bytes:
    """PostgreSQL's hexadecimal form of a bytea."""
    if text[:2] != "\\x":
        raise ValueError("not hexadecimal")
    return unhexlify(text[2:])


def _shown(name: str) -> str:
    """A name out of the file, short and without what a screen might obey."""
    return "".join([each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name[:60]])
