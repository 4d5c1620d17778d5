"""Whom a verifier believes: one service's receipt keys, and its logs' keys, in one small file.

The file is the only thing a verifier has to obtain beforehand, from the co-operative rather than from whoever
shows a receipt:

    {"version": 1, "issuers": ["https://care.example.org"],
     "jwks": {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "...", "kid": "..."}]},
     "logs": [{"origin": "care.example.org/riverside", "vkeys": ["care.example.org/riverside+1b0f...+AS..."]}]}
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ledger.log.checkpoints import VerifierKey
from ledger.log.encoding import read_base64url, read_json
from ledger.log.signing import KeyRing, thumbprint

MAX_TRUST_BYTES = 4_194_304


class MalformedTrust(ValueError):
    """The trust file is not what it should be; the text says where."""


@dataclass(frozen=True, slots=True)
class Trust:
    """The service's URLs, its receipt keys (32 bytes) by kid, and the verifier keys of each log by origin.

    There is more than one URL when the service moved: a community keeps the one it was founded under.
    """

    issuers: frozenset[str]
    receipt_keys: Mapping[str, bytes]
    logs: Mapping[str, Sequence[VerifierKey]]

    @classmethod
    def from_json(cls, octets: bytes) -> "Trust":
        """Read a trust file. Raises MalformedTrust.

        Members it does not know are left alone in keys, where a JWK set may have more, and refused elsewhere:
        a later version may narrow the trust with them.
        """
        if len(octets) > MAX_TRUST_BYTES:
            raise MalformedTrust(f"longer than {MAX_TRUST_BYTES} bytes")
        try:
            value = read_json(octets)
        except ValueError as problem:
            raise MalformedTrust(f"not JSON as expected: {problem}") from None
        file = _object(value, "the file", {"version", "issuers", "jwks", "logs"})
        if type(file["version"]) is not int or file["version"] != 1:
            raise MalformedTrust("the version is not 1")
        jwks = _object(file["jwks"], "jwks", {"keys"})
        keys = [_read_jwk(key) for key in _list(jwks["keys"], "jwks.keys")]
        logs = [_read_log(log) for log in _list(file["logs"], "logs")]
        if len(dict(keys)) != len(keys) or len(dict(logs)) != len(logs):
            raise MalformedTrust("a key or a log stands twice")
        issuers = frozenset([_text(issuer, "an issuer") for issuer in _list(file["issuers"], "issuers")])
        return cls(issuers, dict(keys), dict(logs))


def render_trust(issuers: Iterable[str], keyring: KeyRing, origins: Iterable[str]) -> dict[str, object]:
    """The trust file of a service, as a JSON value."""
    return {
        "version": 1,
        "issuers": sorted(set(issuers)),
        "jwks": keyring.jwks(),
        "logs": [{"origin": origin, "vkeys": keyring.vkeys(origin)} for origin in origins],
    }


def _read_jwk(value: object) -> tuple[str, bytes]:
    if not isinstance(value, dict) or value.get("kty") != "OKP" or value.get("crv") != "Ed25519":
        raise MalformedTrust("a receipt key is not an Ed25519 JWK")
    try:
        public = read_base64url(_text(value.get("x"), "x"))
    except ValueError:
        raise MalformedTrust("a receipt key is not base64url") from None
    if len(public) != 32 or value.get("kid") != thumbprint(public):
        raise MalformedTrust("the kid of a receipt key is not its RFC 7638 thumbprint")
    return thumbprint(public), public


def _read_log(value: object) -> tuple[str, tuple[VerifierKey, ...]]:
    log = _object(value, "a log", {"origin", "vkeys"})
    origin = _text(log["origin"], "origin")
    try:
        vkeys = tuple([VerifierKey.parse(_text(vkey, "a vkey")) for vkey in _list(log["vkeys"], "vkeys")])
    except ValueError as problem:
        raise MalformedTrust(f"a verifier key of {origin} is malformed: {problem}") from None
    # A log signs under its origin. A key of another name, a witness's say, must not stand in for it.
    if not vkeys or any(vkey.name != origin for vkey in vkeys):
        raise MalformedTrust(f"the verifier keys of {origin} do not carry its name")
    return origin, vkeys


def _object(value: object, where: str, members: set[str]) -> dict[str, object]:
    if not isinstance(value, dict) or value.keys() != members:
        raise MalformedTrust(f"{where} has not exactly the members {', '.join(sorted(members))}")
    return value


def _list(value: object, where: str) -> Sequence[object]:
    if not isinstance(value, list):
        raise MalformedTrust(f"{where} is not a list")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise MalformedTrust(f"{where} is not a text")
    return value
