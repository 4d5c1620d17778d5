"""Checkpoints: the signed statement of a log's size and root (C2SP tlog-checkpoint in a C2SP signed-note).

    care.example.org/riverside
    1000
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — care.example.org/riverside Az3grlgtzPIC...

Origin, size and root; an empty line; one line for each signature over everything before that line. Several
of our keys may sign (rotation), and witnesses may add lines: those by keys we do not know are ignored, those
by keys we know must be right.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.log.encoding import base64, read_base64
from ledger.log.merkle import HASH_BYTES
from ledger.log.signing import SigningKey, note_key_id, render_vkey

MAX_NOTE_BYTES = 65_536

_SIGNATURE_START = "\N{EM DASH} "
_ED25519 = b"\x01"
# All below the space except the newline, and DEL.
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f]")
_SIZE = re.compile("0|[1-9][0-9]{0,17}", re.ASCII)


class MalformedNote(ValueError):
    """The text is not a checkpoint."""


class UntrustedNote(ValueError):
    """No key we know has signed the checkpoint, or one of their signatures is wrong."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's origin, the number of its leaves, and its RFC 6962 root."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public key that may sign under a name. `str()` gives the C2SP verifier key string."""

    name: str
    key_id: bytes
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Raises ValueError unless the text is the exact verifier key string of an Ed25519 key."""
        name, _, rest = text.partition("+")
        _, _, encoded = rest.partition("+")
        octets = read_base64(encoded)
        if octets[:1] != _ED25519 or len(octets) != 33:
            raise ValueError("not an Ed25519 verifier key")
        key = cls(name, note_key_id(name, octets[1:]), octets[1:])
        # The id is derived from the name and the key: a text with another id would never match a signature.
        if str(key) != text:
            raise ValueError("the key id does not belong to the name and the key")
        return key

    def __str__(self) -> str:
        return render_vkey(self.name, self.public)


def render_checkpoint(checkpoint: Checkpoint) -> str:
    """The note text that is signed, with its final newline."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{base64(checkpoint.root)}\n"


def sign_checkpoint(checkpoint: Checkpoint, keys: Sequence[SigningKey]) -> str:
    """The whole signed note, one line for each key. Raises ValueError for an origin that cannot name a key."""
    text = render_checkpoint(checkpoint)
    octets, origin = text.encode(), checkpoint.origin
    lines = [
        f"{_SIGNATURE_START}{origin} {base64(note_key_id(origin, key.public) + key.sign(octets))}\n"
        for key in keys
    ]
    return f"{text}\n{''.join(lines)}"


def open_checkpoint(note: str, vkeys: Sequence[VerifierKey]) -> Checkpoint:
    """The checkpoint in a signed note, after its signatures have been checked.

    At least one of the keys must have signed, and every line that names one of them must hold its valid
    signature. Raises MalformedNote or UntrustedNote.
    """
    text, signatures = _split_note(note)
    checkpoint = _read_text(text)
    known = {(key.name, key.key_id): key for key in vkeys}
    trusted = False
    for name, signature in signatures:
        key = known.get((name, signature[:4]))
        if key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature[4:], text.encode())
        except (InvalidSignature, ValueError):
            raise UntrustedNote(f"the signature of {name} is wrong") from None
        trusted = True
    if not trusted:
        raise UntrustedNote("no known key has signed this checkpoint")
    return checkpoint


def read_checkpoint(note: str) -> Checkpoint:
    """The checkpoint in a signed note, believed as it stands: for tools that look at our own files."""
    text, _ = _split_note(note)
    return _read_text(text)


def _split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The signed text, and (key name, key id and signature) for each signature line."""
    try:
        length = len(note.encode())
    except UnicodeEncodeError:
        raise MalformedNote("not valid UTF-8") from None
    if length > MAX_NOTE_BYTES:
        raise MalformedNote(f"longer than {MAX_NOTE_BYTES} bytes")
    if _CONTROL.search(note):
        raise MalformedNote("contains control characters")
    start, gap, end = note.rpartition("\n\n")
    if not gap or not start or not end.endswith("\n"):
        raise MalformedNote("has no signatures after an empty line")
    return start + "\n", [_read_signature(line) for line in end[:-1].split("\n")]


def _read_signature(line: str) -> tuple[str, bytes]:
    name, space, encoded = line.removeprefix(_SIGNATURE_START).partition(" ")
    if not line.startswith(_SIGNATURE_START) or not space:
        raise MalformedNote("a line after the empty line is not a signature")
    if not name or "+" in name or any(character.isspace() for character in name):
        raise MalformedNote("a signature has no proper key name")
    try:
        signature = read_base64(encoded)
    except ValueError:
        raise MalformedNote("a signature is not base64") from None
    if len(signature) < 5:
        raise MalformedNote("a signature is too short")
    return name, signature


def _read_text(text: str) -> Checkpoint:
    # Lines after the third are extensions (tlog-checkpoint): signed like the rest, without meaning to us.
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise MalformedNote("is not an origin, a size and a root")
    if not _SIZE.fullmatch(lines[1]):
        raise MalformedNote("the size is not a plain decimal number")
    try:
        root = read_base64(lines[2])
    except ValueError:
        raise MalformedNote("the root is not base64") from None
    if len(root) != HASH_BYTES:
        raise MalformedNote("the root is not a SHA-256 hash")
    return Checkpoint(lines[0], int(lines[1]), root)
