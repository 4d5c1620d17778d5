"""Whom a verifier believes: one service's receipt keys, and its logs' keys, in one small file.

The file is the only thing a verifier has to obtain beforehand, from the co-operative rather than from whoever
shows a receipt:

    {"version": 1, "issuers": ["https://care.example.org"],
     "jwks": {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "...", "kid": "..."}]},
     "logs": [{"origin": "care.example.org/riverside", "vkeys": ["care.example.org/riverside+1b0f...+AS..."]}]}
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.log.checkpoints import VerifierKey
from ledger.log.encoding import read_base64url, read_json
from ledger.log.signing import KeyRing, thumbprint

MAX_TRUST_BYTES = 4_194_304


class MalformedTrust(ValueError):
    """The trust file is not what it should be; the text says where."""


@dataclass(frozen=True, slots=True)
class Trust:
    """The service's URLs, its receipt keys (32 bytes) by kid, and the verifier keys of each log by origin.

    There is more than one URL when the service moved: a community keeps the one it was founded under. A kid in
    `receipt_logs` speaks for the logs with these origins alone: its community came from another service.
    """

    issuers: frozenset[str]
    receipt_keys: Mapping[str, bytes]
    logs: Mapping[str, Sequence[VerifierKey]]
    receipt_logs: Mapping[str, frozenset[str]] = field(default_factory=dict)

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
        listed = _list(jwks["keys"], "jwks.keys")
        keys = [_read_jwk(key) for key in listed]
        narrowed = {kid: _read_narrowing(key) for (kid, _), key in zip(keys, listed, strict=True)}
        logs = [_read_log(log) for log in _list(file["logs"], "logs")]
        if len(dict(keys)) != len(keys) or len(dict(logs)) != len(logs):
            raise MalformedTrust("a key or a log stands twice")
        issuers = frozenset([_text(issuer, "an issuer") for issuer in _list(file["issuers"], "issuers")])
        receipt_logs = {kid: its for kid, its in narrowed.items() if its is not None}
        return cls(issuers, dict(keys), dict(logs), receipt_logs)

    def receipt_key(self, kid: str, origin: str) -> bytes | None:
        """The receipt key with this kid, when it may speak for the log with this origin."""
        if kid in self.receipt_logs and origin not in self.receipt_logs[kid]:
            return None
        return self.receipt_keys.get(kid)


def render_trust(issuers: Iterable[str], keyring: KeyRing, origins: Collection[str]) -> dict[str, object]:
    """The trust file of a service, or of some of its logs, as a JSON value."""
    return {
        "version": 1,
        "issuers": sorted(set(issuers)),
        "jwks": keyring.jwks(origins),
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


def _read_narrowing(value: object) -> frozenset[str] | None:
    if not isinstance(value, dict) or "carehours_logs" not in value:
        return None
    return frozenset(
        [_text(origin, "an origin") for origin in _list(value["carehours_logs"], "carehours_logs")]
    )


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
