"""Signing keys and the ring of them a service holds. How they are kept in files is in `keys`.

Ed25519 (RFC 8032) throughout. A receipt key is named by its RFC 7638 thumbprint, a log key in a checkpoint by
the key id of C2SP signed-note. No representation and no error text contains private key material.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Literal, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log.encoding import base64, base64url

Purpose = Literal["receipt", "log"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


class KeyProblem(Exception):
    """Something about the keys that the operator has to put right."""


class KeysMissing(KeyProblem):
    """There is no key to sign with, or none with the kid asked for."""


class KeysExist(KeyProblem):
    """Keys were to be created where there are keys already."""


class LooseKeyPermissions(KeyProblem):
    """Others may be able to read or replace a key."""


class MalformedKey(KeyProblem):
    """A file or a variable does not hold the key its name promises."""


class LastKey(KeyProblem):
    """Retiring this key would leave nothing to sign with."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key. `created_at` is UTC, whole seconds; `private` is None once the key is retired."""

    purpose: Purpose
    created_at: datetime
    private: Ed25519PrivateKey | None = field(repr=False, compare=False)
    public: bytes
    kid: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kid", thumbprint(self.public))

    def sign(self, data: bytes) -> bytes:
        """The 64-byte signature. Raises KeysMissing for a retired key."""
        if self.private is None:
            raise KeysMissing(f"The {self.purpose} key {self.kid} is retired and cannot sign.")
        return self.private.sign(data)


@dataclass(frozen=True, slots=True)
class AdoptedKeys:
    """Public halves (32 bytes) of the keys that signed for one log elsewhere, before it was taken in here."""

    receipt: tuple[bytes, ...]
    log: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys of a service, oldest first; `adopted` are those of other services, by the origin of their log."""

    receipt: tuple[SigningKey, ...]
    log: tuple[SigningKey, ...]
    adopted: Mapping[str, AdoptedKeys] = field(default_factory=dict)

    @property
    def receipt_key(self) -> SigningKey:
        """The key that signs receipts: the newest with a private half."""
        for key in reversed(self.receipt):
            if key.private is not None:
                return key
        raise KeysMissing("There is no receipt key to sign with. Run: carehours keys init")

    @property
    def log_keys(self) -> tuple[SigningKey, ...]:
        """The keys that sign each checkpoint: all with a private half, so that a rotation has an overlap."""
        return tuple([key for key in self.log if key.private is not None])

    def receipt_key_by_kid(self, kid: str) -> SigningKey | None:
        return next((key for key in self.receipt if key.kid == kid), None)

    def jwks(self, origins: Collection[str] | None = None) -> dict[str, object]:
        """Every receipt key there ever was, as a JWK set (RFC 7517, RFC 8037); of those adopted, only these logs'.

        An adopted key says in `carehours_logs` which logs it signed for: it must not speak for any other.

        Without `alg`: libraries compare it letter by letter with the token's, and "EdDSA" and its newer name
        "Ed25519" each fail somewhere. `kty` and `crv` say the same and fail nowhere.
        """
        current = self.receipt_key
        own = [_jwk(key.public, "current" if key is current else "retired") for key in self.receipt]
        known = {key.public for key in self.receipt}
        logs: dict[bytes, list[str]] = {}
        for origin, adopted in sorted(self.adopted.items()):
            for public in adopted.receipt if origins is None or origin in origins else ():
                if public not in known:
                    logs.setdefault(public, []).append(origin)
        return {
            "keys": [
                *own,
                *(_jwk(public, "retired") | {"carehours_logs": its} for public, its in logs.items()),
            ]
        }

    def log_publics(self, origin: str) -> list[bytes]:
        """The public half of every key that may have signed a checkpoint of this origin."""
        own = [key.public for key in self.log]
        adopted = self.adopted.get(origin)
        return own + ([] if adopted is None else [each for each in adopted.log if each not in own])

    def vkeys(self, origin: str) -> list[str]:
        """Every key that may have signed a checkpoint of this origin, as a C2SP verifier key string."""
        return [render_vkey(origin, public) for public in self.log_publics(origin)]


def _jwk(public: bytes, status: str) -> dict[str, object]:
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": base64url(public),
        "kid": thumbprint(public),
        "use": "sig",
        "carehours_status": status,
    }


def thumbprint(public: bytes) -> str:
    """RFC 7638 thumbprint of the key as an OKP JWK, 43 characters."""
    return base64url(sha256(b'{"crv":"Ed25519","kty":"OKP","x":"%s"}' % base64url(public).encode()).digest())


@lru_cache(maxsize=4096)
def note_key_id(name: str, public: bytes) -> bytes:
    """The four bytes that name an Ed25519 key in a C2SP signed note. Raises ValueError for a bad name."""
    if not name or "+" in name or not name.isprintable() or any(character.isspace() for character in name):
        raise ValueError(f"{name!r} cannot name a key: no spaces, plus signs or control characters")
    return sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def render_vkey(name: str, public: bytes) -> str:
    """A C2SP verifier key string: name, key id, and the public key behind its algorithm byte."""
    key_id, key = note_key_id(name, public).hex(), base64(b"\x01" + public)
    return f"{name}+{key_id}+{key}"
