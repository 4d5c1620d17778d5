"""Is this receipt genuine? The answer needs the receipt and a trust file; no network, no database.

A receipt comes as a compact JWS, as an SD-JWT with disclosures, or inside a `.tlog-proof` with its place in
the log. The reading is our own and strict (`payloads`): general JOSE libraries accept headers and encodings
that a receipt never has, and each of those has been somebody's way in.

`verify` answers with one check after another, each with a sentence for a family member.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.log.checking import Check, check_checkpoint, check_issuer, check_signature
from ledger.log.encoding import read_base64url
from ledger.log.merkle import leaf_hash, verify_inclusion
from ledger.log.payloads import AuthorDisclosure, Payload, read_disclosure, read_payload
from ledger.log.reading import read_header, without_end
from ledger.log.receipts import PROOF_HEADER, RECEIPT_TYPE, TlogProof, digest, parse_tlog_proof
from ledger.log.trust import MalformedTrust, Trust, render_trust

__all__ = ["Check", "Disclosed", "MalformedTrust", "Trust", "Verification", "render_trust", "verify"]

MAX_RECEIPT_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What a holder chose to show: whose entry it is, and the seconds they had after it."""

    entry_index: int
    account_id: str
    balance_after: int
    entry_number: int


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer. What the receipt says is given only when it is valid: nothing else is worth reading."""

    valid: bool
    checks: tuple[Check, ...]
    payload: dict[str, object] | None = None
    disclosed: tuple[Disclosed, ...] = ()
    note: str | None = None
    author: AuthorDisclosure | None = None


@dataclass(frozen=True, slots=True)
class _Receipt:
    """A receipt taken apart, nothing about it believed yet."""

    kid: str
    signed: bytes
    signature: bytes
    leaf: bytes
    payload: Payload
    disclosures: tuple[str, ...]
    proof: TlogProof | None


def verify(text: bytes, trust: Trust) -> Verification:
    """Check a receipt against those we trust. Never raises, whatever the bytes.

    White space and byte order marks after the receipt are tolerated, for texts that went through an editor.
    """
    try:
        receipt = _read(text)
    except UnicodeDecodeError:
        says = "This is not a receipt as Carehours writes it: it has characters that a receipt never has."
        return Verification(False, (Check("form", False, says),))
    except ValueError as problem:
        says = f"This is not a receipt as Carehours writes it, or it was changed or cut short: {problem}."
        return Verification(False, (Check("form", False, says),))
    disclosures, shown = _check_disclosures(receipt)
    checks = (
        Check("form", True, "This is a complete receipt, written as Carehours writes it."),
        check_issuer(receipt.payload.issuer, trust),
        check_signature(
            "receipt", receipt.kid, receipt.payload.origin, receipt.signature, receipt.signed, trust
        ),
        _check_balance(receipt),
        disclosures,
        *_check_proof(receipt, trust),
    )
    if any(check.passed is False for check in checks):
        return Verification(False, checks)
    return Verification(True, checks, receipt.payload.members, tuple(shown.entries), shown.note, shown.author)


def _read(text: bytes) -> _Receipt:
    if len(text) > MAX_RECEIPT_BYTES:
        raise ValueError(f"it is longer than {MAX_RECEIPT_BYTES} bytes")
    content = without_end(text)
    proof = None
    if content.startswith(PROOF_HEADER.encode() + b"\n"):
        proof = parse_tlog_proof(content.decode() + "\n")
        content = proof.receipt_text.encode("ascii")
    jws, *disclosures = content.decode("ascii").split("~")
    # An SD-JWT ends with a tilde. What follows the last one would be a key binding, which no receipt has.
    if disclosures and disclosures.pop():
        raise ValueError("its disclosures do not end with a tilde")
    parts = jws.split(".")
    if len(parts) != 3:
        raise ValueError("a signed text has three parts")
    header, leaf, signature = [read_base64url(part) for part in parts]
    return _Receipt(
        kid=read_header(header, RECEIPT_TYPE),
        signed=f"{parts[0]}.{parts[1]}".encode("ascii"),
        signature=signature,
        leaf=leaf,
        payload=read_payload(leaf),
        disclosures=tuple(disclosures),
        proof=proof,
    )


def _check_balance(receipt: _Receipt) -> Check:
    totals: Counter[str] = Counter()
    for entry in receipt.payload.entries:
        totals[entry.slug] += entry.seconds
    if any(totals.values()):
        return Check("balance", False, "The time given and the time received are not the same.")
    return Check("balance", True, "The time given and the time received are the same.")


@dataclass(slots=True)
class _Shown:
    """What the disclosures of a receipt say together."""

    entries: list[Disclosed] = field(default_factory=list)
    note: str | None = None
    author: AuthorDisclosure | None = None


def _check_disclosures(receipt: _Receipt) -> tuple[Check, _Shown]:
    if not receipt.disclosures:
        return Check("disclosures", None, "It does not show whose time this was."), _Shown()
    try:
        shown = _match_disclosures(receipt.payload, receipt.disclosures)
    except ValueError as problem:
        says = f"What it shows about people does not belong to this receipt: {problem}."
        return Check("disclosures", False, says), _Shown()
    return Check("disclosures", True, "What it shows about people belongs to this receipt."), shown


def _match_disclosures(payload: Payload, disclosures: Sequence[str]) -> _Shown:
    if len(set(disclosures)) != len(disclosures):
        raise ValueError("the same is shown twice")
    entry_indexes = {entry.digest: index for index, entry in enumerate(payload.entries)}
    shown = _Shown()
    for text in disclosures:
        value, its_digest = read_disclosure(text), digest(text)
        if isinstance(value, str):
            if its_digest not in payload.digests:
                raise ValueError("the note is of another receipt")
            shown.note = value
        elif isinstance(value, AuthorDisclosure):
            if its_digest not in payload.digests:
                raise ValueError("who posted it is of another receipt")
            shown.author = value
        elif its_digest in entry_indexes:
            index = entry_indexes[its_digest]
            shown.entries.append(Disclosed(index, value.account_id, value.balance_after, value.entry_number))
        else:
            raise ValueError("an account is of another receipt")
    return shown


def _check_proof(receipt: _Receipt, trust: Trust) -> tuple[Check, Check]:
    """Whether the log's checkpoint is genuine, and whether it covers the receipt."""
    proof, payload = receipt.proof, receipt.payload
    if proof is None:
        return (
            Check("checkpoint", None, "It came without a checkpoint of the public log."),
            Check("inclusion", None, "It came without proof of its place in the public log."),
        )
    signed, checkpoint = check_checkpoint(proof.checkpoint_note, payload.origin, trust)
    if checkpoint is None:
        says = "Its place in the public log is not proven without a genuine checkpoint."
        return signed, Check("inclusion", False, says)
    included = proof.index == payload.leaf_index and verify_inclusion(
        leaf_hash(receipt.leaf), proof.index, checkpoint.size, proof.path, checkpoint.root
    )
    if not included:
        return signed, Check(
            "inclusion", False, "The proof does not lead from this receipt to the checkpoint."
        )
    says = f"It stands in the public log as number {proof.index} of {checkpoint.size}, counted from 0."
    return signed, Check("inclusion", True, says)
