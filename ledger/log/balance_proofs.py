"""The proof of one balance at the closing of a period, which shows no other, and its check.

A JSON text: the balance with its disclosure and its path to the closing's root, the event that says this root with its
disclosure and its path in the log, and a signed checkpoint of the log. `verify_balance` needs nothing else but the
keys somebody trusts.
"""

import json
import re
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from ledger.log.checkpoints import MalformedNote, UntrustedNote, open_checkpoint
from ledger.log.encoding import base64, read_base64, read_base64url, read_canonical_json, read_json
from ledger.log.merkle import leaf_hash, verify_inclusion
from ledger.log.payloads import LAST_SECOND, MAX_INTEGER
from ledger.log.receipts import digest
from ledger.log.trust import Trust
from ledger.log.verification import Check

FORMAT = "carehours-balance-proof@v1"
MAX_PROOF_BYTES = 65_536
MAX_PATH = 63

_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_ROOT = re.compile("[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event as the proof shows it: its leaf, what opens its digest, its place in the log and the path from there."""

    leaf: bytes
    disclosure: str
    index: int
    path: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class BalanceProof:
    """The parts of a proof, nothing about it believed yet. `disclosure` is None once its person was erased."""

    leaf: bytes
    disclosure: str | None
    index: int
    path: Sequence[bytes]
    event: LoggedEvent
    checkpoint_note: str


def render_balance_proof(proof: BalanceProof) -> str:
    """The proof as a text to keep, with a last newline."""
    shown = {} if proof.disclosure is None else {"disclosure": proof.disclosure}
    event = proof.event
    parts = {
        "format": FORMAT,
        "balance": {
            **shown,
            "leaf": proof.leaf.decode(),
            "index": proof.index,
            "path": [base64(each) for each in proof.path],
        },
        "event": {
            "leaf": event.leaf.decode(),
            "disclosure": event.disclosure,
            "index": event.index,
            "path": [base64(each) for each in event.path],
        },
        "checkpoint": proof.checkpoint_note,
    }
    return json.dumps(parts, indent=2, ensure_ascii=False) + "\n"


def is_balance_proof(text: bytes) -> bool:
    """Whether the text says of itself that it is such a proof. A receipt never begins with a brace."""
    return text[:1] == b"{" and FORMAT.encode() in text


def parse_balance_proof(text: bytes) -> BalanceProof:
    """The inverse of `render_balance_proof`. Raises ValueError on anything it would not have written, spaces aside."""
    if len(text) > MAX_PROOF_BYTES:
        raise ValueError(f"it is longer than {MAX_PROOF_BYTES} bytes")
    parts = _members(read_json(text), {"format", "balance", "event", "checkpoint"})
    if parts["format"] != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    balance = _members(parts["balance"], {"leaf", "index", "path"}, {"disclosure"})
    event = _members(parts["event"], {"leaf", "disclosure", "index", "path"})
    return BalanceProof(
        _text(balance["leaf"]).encode(),
        _text(balance["disclosure"]) if "disclosure" in balance else None,
        _integer(balance["index"], 0),
        _path(balance["path"]),
        LoggedEvent(
            _text(event["leaf"]).encode(),
            _text(event["disclosure"]),
            _integer(event["index"], 0),
            _path(event["path"]),
        ),
        _text(parts["checkpoint"]),
    )


@dataclass(frozen=True, slots=True)
class BalanceAtClosing:
    """What a valid proof says. `account_id` is None when it does not show whose the balance is."""

    origin: str
    number: int
    through: str
    closed_at: datetime
    accounts: int
    account_id: str | None
    balance: int
    entry_count: int


@dataclass(frozen=True, slots=True)
class BalanceVerification:
    """The answer, one check after another; what the proof says only when it is valid."""

    valid: bool
    checks: tuple[Check, ...]
    says: BalanceAtClosing | None = None


def verify_balance(text: bytes, trust: Trust) -> BalanceVerification:
    """Check a proof against those we trust. Never raises, whatever the bytes."""
    try:
        proof = parse_balance_proof(text)
        leaf = _read_leaf(proof.leaf)
        event = _read_event(proof.event.leaf)
        closing = _read_closing(proof.event.disclosure)
        whose = None if proof.disclosure is None else _read_whose(proof.disclosure)
    except (ValueError, UnicodeError) as problem:
        says = f"This is not a proof as Carehours writes it, or it was changed or cut short: {problem}."
        return BalanceVerification(False, (Check("form", False, says),))
    checks = (
        Check("form", True, "This is a complete proof, written as Carehours writes it."),
        *_check_event(proof, event, trust),
        _check_closing(proof, event, closing),
        _check_balance(proof, closing),
        _check_whose(proof, leaf),
        _check_total(closing),
    )
    if any(check.passed is False for check in checks):
        return BalanceVerification(False, checks)
    says_ = BalanceAtClosing(
        event["log"], closing["number"], closing["through"], datetime.fromtimestamp(event["iat"], UTC),
        closing["accounts"], whose, leaf["s"], leaf["n"],
    )  # fmt: skip
    return BalanceVerification(True, checks, says_)


def _check_event(proof: BalanceProof, event: dict[str, Any], trust: Trust) -> tuple[Check, Check, Check]:
    origin = event["log"]
    issuer = Check("issuer", True, f"It was issued by {event['iss']}.")
    if event["iss"] not in trust.issuers:
        expected = " or ".join(sorted(trust.issuers)) or "those you trust"
        issuer = Check("issuer", False, f"It says it comes from somebody other than {expected}.")
    unproven = Check("inclusion", False, "That the closing is in the log is not proven without a checkpoint.")
    vkeys = trust.logs.get(origin)
    if vkeys is None:
        return issuer, Check("checkpoint", False, "Its log is not in the list of trusted logs."), unproven
    try:
        checkpoint = open_checkpoint(proof.checkpoint_note, vkeys)
    except (MalformedNote, UntrustedNote) as problem:
        says = f"The checkpoint of the log is not genuine: {problem}."
        return issuer, Check("checkpoint", False, says), unproven
    if checkpoint.origin != origin:
        return issuer, Check("checkpoint", False, "The checkpoint is that of another log."), unproven
    signed = Check("checkpoint", True, f"The checkpoint of the log {origin} is genuine.")
    place, path = proof.event.index, list(proof.event.path)
    included = place == event["n"] and verify_inclusion(
        leaf_hash(proof.event.leaf), place, checkpoint.size, path, checkpoint.root
    )
    if not included:
        return issuer, signed, Check("inclusion", False, "The closing is not in the log of the checkpoint.")
    says = f"The closing stands in the public log as number {place} of {checkpoint.size}, counted from 0."
    return issuer, signed, Check("inclusion", True, says)


def _check_closing(proof: BalanceProof, event: dict[str, Any], closing: dict[str, Any]) -> Check:
    if event["_sd"] != [digest(proof.event.disclosure)]:
        return Check("closing", False, "What it says about the closing does not belong to this event.")
    return Check(
        "closing", True, f"It is closing {closing['number']}: everything through {closing['through']}."
    )


def _check_balance(proof: BalanceProof, closing: dict[str, Any]) -> Check:
    root = bytes.fromhex(closing["root"])
    if not verify_inclusion(leaf_hash(proof.leaf), proof.index, closing["accounts"], list(proof.path), root):
        return Check("balance", False, "The balance is not among those of this closing.")
    return Check("balance", True, f"The balance is one of the {closing['accounts']} of this closing.")


def _check_whose(proof: BalanceProof, leaf: dict[str, Any]) -> Check:
    if proof.disclosure is None:
        return Check("disclosure", None, "It does not show whose balance this is.")
    if leaf["_sd"] != [digest(proof.disclosure)]:
        return Check("disclosure", False, "The account it names is not that of this balance.")
    return Check("disclosure", True, "The account it names is that of this balance.")


def _check_total(closing: dict[str, Any]) -> Check:
    if closing["sum"] != 0:
        return Check("total", False, "All balances of the closing together are not zero.")
    return Check("total", True, "All balances of the closing together are zero, as the log says.")


# --- reading ------------------------------------------------------------------------------------------------------


def _read_leaf(octets: bytes) -> dict[str, Any]:
    leaf = _members(read_canonical_json(octets), {"_sd", "n", "s"})
    _integer(leaf["n"], 0)
    _integer(leaf["s"], -MAX_INTEGER)
    return leaf


def _read_event(octets: bytes) -> dict[str, Any]:
    event = _members(read_canonical_json(octets), {"_sd", "e", "iat", "iss", "jti", "log", "n", "v"})
    if event["v"] != 1 or event["e"] != "period_closed":
        raise ValueError("the event is not the closing of a period")
    _integer(event["n"], 0)
    if _integer(event["iat"], 0) > LAST_SECOND:
        raise ValueError("it is too late to be true")
    _text(event["iss"])
    _text(event["log"])
    return event


def _read_closing(text: str) -> dict[str, Any]:
    said = _disclosed(text, "event")
    if not isinstance(said, dict) or not isinstance(said.get("what"), dict):
        raise ValueError("the event does not say what was closed")
    what: dict[str, Any] = said["what"]
    if not {"number", "through", "root", "accounts", "sum"} <= what.keys():
        raise ValueError("the event does not say what every account stood at")
    for name, least in (("number", 1), ("accounts", 0), ("sum", -MAX_INTEGER)):
        _integer(what[name], least)
    if not _ROOT.fullmatch(_text(what["root"])):
        raise ValueError("the root is not a SHA-256 hash")
    if str(date.fromisoformat(_text(what["through"]))) != what["through"]:
        raise ValueError("the last day is not a day")
    return what


def _read_whose(text: str) -> str:
    account = _text(_members(_disclosed(text, "standing"), {"acct"})["acct"])
    if not _UUID.fullmatch(account):
        raise ValueError("an account has no such id")
    return account


def _disclosed(text: str, name: str) -> object:
    parts = read_canonical_json(read_base64url(text))
    if not isinstance(parts, list) or len(parts) != 3 or parts[1] != name:
        raise ValueError("a disclosure is a salt, a name and a value")
    if len(read_base64url(_text(parts[0]))) != 16:
        raise ValueError("a salt has 128 bits")
    return parts[2]


def _members(value: object, required: Set[str], optional: Collection[str] = ()) -> dict[str, Any]:
    if not isinstance(value, dict) or not required <= value.keys() <= {*required, *optional}:
        raise ValueError("an object does not have the members it should")
    return value


def _integer(value: object, least: int) -> int:
    if type(value) is not int or not least <= value <= MAX_INTEGER:
        raise ValueError("a number is out of range")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("something that should be a text is not")
    return value


def _path(value: object) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > MAX_PATH:
        raise ValueError("a path is not a list of hashes")
    path = tuple([read_base64(_text(each)) for each in value])
    if any(len(each) != 32 for each in path):
        raise ValueError("a path is not made of SHA-256 hashes")
    return path
