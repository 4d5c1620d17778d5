"""What every check of a signed text asks: by whom, with which key, over which checkpoint of the log.

Each answer is a `Check` with a sentence for a family member.
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.log.checkpoints import Checkpoint, MalformedNote, UntrustedNote, open_checkpoint
from ledger.log.trust import Trust


@dataclass(frozen=True, slots=True)
class Check:
    """One question: `passed` is None when the text came without what the question is about."""

    name: str
    passed: bool | None
    says: str


def check_issuer(issuer: str, trust: Trust) -> Check:
    if issuer not in trust.issuers:
        expected = " or ".join(sorted(trust.issuers)) or "those you trust"
        return Check("issuer", False, f"It says it comes from somebody other than {expected}.")
    return Check("issuer", True, f"It was issued by {issuer}.")


def check_signature(what: str, kid: str, origin: str, signature: bytes, signed: bytes, trust: Trust) -> Check:
    """Whether a receipt key that speaks for this log signed these octets; `what` they are is said in the answer."""
    public = trust.receipt_key(kid, origin)
    if public is None:
        return Check("signature", False, "It was signed with a key that is not in the list of trusted keys.")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        says = f"The signature is wrong: the {what} was changed after it was signed."
        return Check("signature", False, says)
    return Check("signature", True, "The signature is genuine: nothing was changed since it was signed.")


def check_checkpoint(note: str, origin: str, trust: Trust) -> tuple[Check, Checkpoint | None]:
    """Whether the note is a checkpoint that this log signed, and the checkpoint when it is."""
    vkeys = trust.logs.get(origin)
    if vkeys is None:
        return Check("checkpoint", False, "Its log is not in the list of trusted logs."), None
    try:
        checkpoint = open_checkpoint(note, vkeys)
    except (MalformedNote, UntrustedNote) as problem:
        return Check("checkpoint", False, f"The checkpoint of the log is not genuine: {problem}."), None
    if checkpoint.origin != origin:
        return Check("checkpoint", False, "The checkpoint is that of another log."), None
    return Check("checkpoint", True, f"The checkpoint of the log {origin} is genuine."), checkpoint
