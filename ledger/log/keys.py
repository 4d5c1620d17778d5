"""The keys that sign receipts and checkpoints, and the folder they are kept in.

A private key is a PKCS#8 PEM file `receipt-<when>-<start of kid>.pem` or `log-...pem` that only its owner can
read, in a folder only its owner can enter; whoever else could read it could write receipts in our name. A
retired key leaves its public half, `....pub.pem`, for ever: receipts it signed stay good. The folder `adopted` below
holds trust files: the keys of other services, for the logs of communities that were taken in from there.

Every problem is a `KeyProblem` whose text names the path and what to do, and never quotes a file's content.
"""

import fcntl
import os
import re
import stat
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from errno import ELOOP
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType
from urllib.parse import quote

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from ledger.log.signing import (
    PURPOSES,
    AdoptedKeys,
    KeyProblem,
    KeyRing,
    KeysExist,
    KeysMissing,
    LastKey,
    LooseKeyPermissions,
    MalformedKey,
    Purpose,
    SigningKey,
)
from ledger.log.trust import MalformedTrust, Trust

__all__ = [
    "PURPOSES",
    "KeyProblem",
    "KeyRing",
    "KeysExist",
    "KeysMissing",
    "LastKey",
    "LooseKeyPermissions",
    "MalformedKey",
    "Purpose",
    "SigningKey",
    "adopt_keys",
    "create_keys",
    "load_keys",
    "retire_key",
    "rotate_key",
]

_ENVIRONMENT: dict[Purpose, str] = {"receipt": "CAREHOURS_RECEIPT_KEY", "log": "CAREHOURS_LOG_KEY"}
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(
    r"(?P<purpose>receipt|log)-(?P<time>[0-9]{8}T[0-9]{6}Z)-(?P<kid>[A-Za-z0-9_-]{8})(?P<half>\.pub)?\.pem"
)
_MAX_FILE_BYTES = 16_384
_MAX_TRUST_FILE_BYTES = 1_048_576
_ADOPTED = "adopted"


def load_keys(folder: Path, environ: Mapping[str, str] = MappingProxyType({})) -> KeyRing:
    """All keys, checked. Raises a KeyProblem rather than give a ring that cannot sign.

    CAREHOURS_RECEIPT_KEY and CAREHOURS_LOG_KEY, when set, take the place of the private files of their
    purpose, which are then not read; public halves in the folder still count. A key from the environment has
    no date: it says 1970-01-01 and stands last, because it is the one that signs.
    """
    given = {purpose: environ[name] for purpose, name in _ENVIRONMENT.items() if environ.get(name)}
    keys: list[SigningKey] = []
    if folder.is_symlink() or folder.exists() or len(given) < len(PURPOSES):
        _check_folder(folder)
        keys = _read_folder(folder, [purpose for purpose in PURPOSES if purpose not in given])
    for purpose, text in given.items():
        key = _from_environment(purpose, text)
        keys = [other for other in keys if (other.purpose, other.kid) != (purpose, key.kid)] + [key]
    for purpose in PURPOSES:
        if not any(key.purpose == purpose and key.private for key in keys):
            raise KeysMissing(f"There is no {purpose} key in {folder}. Run: carehours keys init")
    if len({key.public for key in keys}) < len(keys):
        # What is signed as a receipt must never pass for a checkpoint, nor the other way round.
        raise MalformedKey(f"One key stands in {folder} for two purposes. Give each its own.")
    return replace(_ring(keys), adopted=_read_adopted(folder / _ADOPTED))


def adopt_keys(folder: Path, origin: str, trust: bytes) -> Path:
    """Believe the keys in a trust file for the log with this origin, from the next start on. Returns where it is kept.

    The same file again changes nothing. Raises KeyProblem; whoever calls has looked whose keys these are.
    """
    _check_folder(folder)
    adopted = folder / _ADOPTED
    adopted.mkdir(mode=0o700, exist_ok=True)
    _check_folder(adopted)
    path = adopted / f"{quote(origin, safe='')[:100]}-{sha256(trust).hexdigest()[:16]}.json"
    if not path.exists():
        _write_file(path, trust)
    return path


def _read_adopted(folder: Path) -> dict[str, AdoptedKeys]:
    if not folder.exists() and not folder.is_symlink():
        return {}
    _check_folder(folder)
    found: dict[str, AdoptedKeys] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            trust = Trust.from_json(_read_checked(path, 0o022, "644", _MAX_TRUST_FILE_BYTES))
        except MalformedTrust as problem:
            raise MalformedKey(f"{path} is not a trust file: {problem}.") from None
        for origin, vkeys in trust.logs.items():
            before = found.get(origin, AdoptedKeys((), ()))
            receipt = dict.fromkeys([*before.receipt, *trust.receipt_keys.values()])
            log = dict.fromkeys([*before.log, *(vkey.public for vkey in vkeys)])
            found[origin] = AdoptedKeys(tuple(receipt), tuple(log))
    return found


def create_keys(folder: Path) -> KeyRing:
    """Make the folder and one key for each purpose that has none. Raises KeysExist when none is needed."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    with _locked(folder):
        signing = {key.purpose for key in _read_folder(folder) if key.private}
        # An earlier run may have been cut off between its two keys: then only the second is made.
        missing = [purpose for purpose in PURPOSES if purpose not in signing]
        if not missing:
            raise KeysExist(f"There are keys in {folder}. To replace one, run: carehours keys rotate")
        for purpose in missing:
            _write_new_key(folder, purpose)
    return load_keys(folder)


def rotate_key(folder: Path, purpose: Purpose) -> SigningKey:
    """Add a key, which signs from the next start on.

    Older receipt keys become public halves at once: a leaf holds no signature, so an old receipt can be
    issued again under the new key. Older log keys go on signing beside the new one until they are retired,
    because verifiers have to learn of the new one first.
    """
    with _locked(folder):
        older = [key for key in _read_folder(folder) if key.purpose == purpose and key.private]
        key = _write_new_key(folder, purpose)
        if purpose == "receipt":
            # Only after the new key is safely on disk: a crash in between leaves one key too many.
            for old in older:
                _retire(folder, old)
        return key


def retire_key(folder: Path, kid: str) -> None:
    """Keep the public half of a key and delete the private one. Raises LastKey or KeysMissing."""
    with _locked(folder):
        keys = [key for key in _read_folder(folder) if key.private]
        key = next((key for key in keys if key.kid == kid), None)
        if key is None:
            raise KeysMissing(f"There is no private key with the kid {kid} in {folder}.")
        if sum(other.purpose == key.purpose for other in keys) == 1:
            raise LastKey(
                f"{kid} is the only {key.purpose} key. First run: carehours keys rotate {key.purpose}"
            )
        _retire(folder, key)


def _retire(folder: Path, key: SigningKey) -> None:
    pem = Ed25519PublicKey.from_public_bytes(key.public).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    path = folder / _file_name(key)
    public_path = path.with_suffix(".pub.pem")
    # It may be there already, when an earlier run was cut off here.
    if not public_path.exists():
        _write_file(public_path, pem)
    path.unlink()
    _sync_folder(folder)


def _write_new_key(folder: Path, purpose: Purpose) -> SigningKey:
    now = datetime.now(UTC).replace(microsecond=0)
    # The newest key signs. Two made within a second, or a clock put back, must not confuse which that is.
    newest = max((key.created_at for key in _read_folder(folder) if key.purpose == purpose), default=_UNDATED)
    private = Ed25519PrivateKey.generate()
    created_at = max(now, newest + timedelta(seconds=1))
    key = SigningKey(purpose, created_at, private, private.public_key().public_bytes_raw())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write_file(folder / _file_name(key), pem)
    return key


def _file_name(key: SigningKey) -> str:
    return f"{key.purpose}-{key.created_at.strftime(_TIME)}-{key.kid[:8]}.pem"


def _write_file(path: Path, data: bytes) -> None:
    """Put a complete file of mode 0600 at a path where there is none, or nothing at all."""
    unfinished = path.with_name(f".{token_hex(8)}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, fails when the name is taken.
        os.link(unfinished, path)
    finally:
        unfinished.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder against another `carehours keys` command at the same time."""
    _check_folder(folder)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _check_folder(folder: Path) -> None:
    try:
        status = folder.lstat()
    except FileNotFoundError:
        raise KeysMissing(f"There is no folder {folder}. Run: carehours keys init") from None
    if stat.S_ISLNK(status.st_mode):
        raise LooseKeyPermissions(f"{folder} is a symbolic link. Name the folder it leads to.")
    if not stat.S_ISDIR(status.st_mode):
        raise KeysMissing(f"{folder} is not a folder. Name a folder and run: carehours keys init")
    _check_mode(folder, status, 0o077, "700")


def _check_mode(path: Path, status: os.stat_result, forbidden: int, wanted: str) -> None:
    if status.st_uid != os.geteuid():
        raise LooseKeyPermissions(f"{path} belongs to another user. Run: chown {os.geteuid()} {path}")
    if status.st_mode & forbidden:
        mode = stat.S_IMODE(status.st_mode)
        raise LooseKeyPermissions(
            f"Others have access to {path} (mode {mode:04o}). Run: chmod {wanted} {path}"
        )


def _read_folder(folder: Path, private_purposes: list[Purpose] | None = None) -> list[SigningKey]:
    """Every key in the folder, oldest first; private halves of the named purposes only (all, if none named)."""
    found: dict[tuple[str, str], SigningKey] = {}
    # Private halves sort after public ones here, so that a key with both keeps the one that can sign.
    for path in sorted(
        folder.glob("*.pem"), key=lambda path: (not path.name.endswith(".pub.pem"), path.name)
    ):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise MalformedKey(f"{path} is not named like a key. Move it out of this folder.")
        purpose: Purpose = "receipt" if match["purpose"] == "receipt" else "log"
        if not match["half"] and private_purposes is not None and purpose not in private_purposes:
            continue
        key = _read_file(path, purpose, match)
        found[purpose, key.kid] = key
    return sorted(found.values(), key=lambda key: (key.created_at, key.kid))


def _read_file(path: Path, purpose: Purpose, match: re.Match[str]) -> SigningKey:
    pem = _read_checked(path, *((0o022, "644") if match["half"] else (0o077, "600")))
    try:
        created_at = datetime.strptime(match["time"], _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise MalformedKey(f"{path} has no valid time in its name.") from None
    private = None if match["half"] else _private_from_pem(pem, str(path))
    public = _public_from_pem(pem, str(path)) if private is None else private.public_key().public_bytes_raw()
    key = SigningKey(purpose, created_at, private, public)
    if key.kid[:8] != match["kid"]:
        raise MalformedKey(f"{path} holds another key than its name says (kid {key.kid}).")
    return key


def _read_checked(path: Path, forbidden: int, wanted: str, most: int = _MAX_FILE_BYTES) -> bytes:
    # The open file is examined, not the name: between a look at a name and its opening it can be replaced.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        if problem.errno == ELOOP:
            raise LooseKeyPermissions(f"{path} is a symbolic link. Put the key file itself there.") from None
        raise MalformedKey(f"{path} cannot be read: {problem.strerror}.") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise MalformedKey(f"{path} is not a file.")
        _check_mode(path, status, forbidden, wanted)
        return os.read(descriptor, most)
    finally:
        os.close(descriptor)


def _private_from_pem(pem: bytes, where: str) -> Ed25519PrivateKey:
    try:
        if not pem.lstrip().startswith(b"-----BEGIN PRIVATE KEY-----"):
            raise ValueError
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The library's own words are left out: they may quote what it was given.
        raise MalformedKey(f"{where} does not hold an unencrypted PKCS#8 private key.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise MalformedKey(f"{where} holds a key that is not Ed25519.")
    return key


def _public_from_pem(pem: bytes, where: str) -> bytes:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise MalformedKey(f"{where} does not hold a public key.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise MalformedKey(f"{where} holds a key that is not Ed25519.")
    return key.public_bytes_raw()


def _from_environment(purpose: Purpose, text: str) -> SigningKey:
    name = _ENVIRONMENT[purpose]
    try:
        pem = text.encode() if "-----BEGIN" in text else b64decode("".join(text.split()), validate=True)
    except (Base64Error, ValueError):
        raise MalformedKey(f"{name} is neither a PEM nor the base64 of one.") from None
    private = _private_from_pem(pem, name)
    return SigningKey(purpose, _UNDATED, private, private.public_key().public_bytes_raw())


def _ring(keys: list[SigningKey]) -> KeyRing:
    return KeyRing(
        receipt=tuple([key for key in keys if key.purpose == "receipt"]),
        log=tuple([key for key in keys if key.purpose == "log"]),
    )
