"""The proof of one balance at the closing of a period, which shows no other, and its check.

A JSON text: the balance with its disclosure and its path to the closing's root, the event that says this root with its
disclosure and its path in the log, and a signed checkpoint of the log. That event names nobody: who closed the period
is in another. `verify_balance` needs nothing else but the keys somebody trusts.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ledger.log.checking import Check, check_checkpoint, check_issuer
from ledger.log.encoding import base64, read_base64, read_base64url, read_canonical_json, read_json
from ledger.log.merkle import leaf_hash, verify_inclusion
from ledger.log.reading import (
    LAST_SECOND,
    UUID,
    day,
    integer,
    listed,
    matching,
    members,
    octets,
    read_opening,
    string,
    without_end,
)
from ledger.log.receipts import check_plain, digest
from ledger.log.trust import Trust

FORMAT = "carehours-balance-proof@v1"
RECORDED = "balances_recorded"
"""The kind of event that says what all accounts stood at when a period was closed, and names nobody."""

MAX_PROOF_BYTES = 65_536
MAX_PATH = 63

_ROOT = re.compile("[0-9a-f]{64}", re.ASCII)
_CAPACITY = re.compile("[a-z]{1,32}", re.ASCII)
_DISCLOSURE = re.compile("[A-Za-z0-9_-]+", re.ASCII)


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
    parts = members(read_json(without_end(text)), {"format", "balance", "event", "checkpoint"})
    if parts["format"] != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    balance = members(parts["balance"], {"leaf", "index", "path"}, {"disclosure"})
    event = members(parts["event"], {"leaf", "disclosure", "index", "path"})
    return BalanceProof(
        octets(balance["leaf"]),
        matching(_DISCLOSURE, balance["disclosure"]) if "disclosure" in balance else None,
        integer(balance["index"], 0),
        _path(balance["path"]),
        LoggedEvent(
            octets(event["leaf"]),
            matching(_DISCLOSURE, event["disclosure"]),
            integer(event["index"], 0),
            _path(event["path"]),
        ),
        octets(parts["checkpoint"]).decode(),
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


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A balance in the tree of its closing."""

    digest: str
    entry_count: int
    balance: int


@dataclass(frozen=True, slots=True)
class _Event:
    """The leaf of the event in the log."""

    issuer: str
    origin: str
    leaf_index: int
    recorded_seconds: int
    digest: str


@dataclass(frozen=True, slots=True)
class _Closing:
    """What that event says."""

    number: int
    through: str
    root: bytes
    accounts: int
    total: int


def verify_balance(text: bytes, trust: Trust) -> BalanceVerification:
    """Check a proof against those we trust. Never raises, whatever the bytes.

    White space and byte order marks after the proof are tolerated, for texts that went through an editor.
    """
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
        check_issuer(event.issuer, trust),
        *_check_event(proof, event, trust),
        _check_closing(proof, event, closing),
        _check_balance(proof, closing),
        _check_whose(proof, leaf),
        _check_total(closing),
    )
    if any(check.passed is False for check in checks):
        return BalanceVerification(False, checks)
    closed_at = datetime.fromtimestamp(event.recorded_seconds, UTC)
    return BalanceVerification(
        True,
        checks,
        BalanceAtClosing(
            event.origin,
            closing.number,
            closing.through,
            closed_at,
            closing.accounts,
            whose,
            leaf.balance,
            leaf.entry_count,
        ),
    )


def _check_event(proof: BalanceProof, event: _Event, trust: Trust) -> tuple[Check, Check]:
    signed, checkpoint = check_checkpoint(proof.checkpoint_note, event.origin, trust)
    if checkpoint is None:
        says = "That the closing is in the log is not proven without a genuine checkpoint."
        return signed, Check("inclusion", False, says)
    place = proof.event.index
    included = place == event.leaf_index and verify_inclusion(
        leaf_hash(proof.event.leaf), place, checkpoint.size, list(proof.event.path), checkpoint.root
    )
    if not included:
        return signed, Check("inclusion", False, "The closing is not in the log of the checkpoint.")
    says = f"The closing stands in the public log as number {place} of {checkpoint.size}, counted from 0."
    return signed, Check("inclusion", True, says)


def _check_closing(proof: BalanceProof, event: _Event, closing: _Closing) -> Check:
    if event.digest != digest(proof.event.disclosure):
        return Check("closing", False, "What it says about the closing does not belong to this event.")
    return Check("closing", True, f"It is closing {closing.number}: everything through {closing.through}.")


def _check_balance(proof: BalanceProof, closing: _Closing) -> Check:
    if not verify_inclusion(
        leaf_hash(proof.leaf), proof.index, closing.accounts, list(proof.path), closing.root
    ):
        return Check("balance", False, "The balance is not among those of this closing.")
    return Check("balance", True, f"The balance is one of the {closing.accounts} of this closing.")


def _check_whose(proof: BalanceProof, leaf: _Leaf) -> Check:
    if proof.disclosure is None:
        return Check("disclosure", None, "It does not show whose balance this is.")
    if leaf.digest != digest(proof.disclosure):
        return Check("disclosure", False, "The account it names is not that of this balance.")
    return Check("disclosure", True, "The account it names is that of this balance.")


def _check_total(closing: _Closing) -> Check:
    if closing.total != 0:
        return Check("total", False, "All balances of the closing together are not zero.")
    return Check("total", True, "All balances of the closing together are zero, as the log says.")


# --- reading ------------------------------------------------------------------------------------------------------


def _read_leaf(leaf_octets: bytes) -> _Leaf:
    leaf = members(read_canonical_json(leaf_octets), {"_sd", "n", "s"})
    return _Leaf(_one_digest(leaf["_sd"]), integer(leaf["n"], 0), integer(leaf["s"]))


def _read_event(leaf_octets: bytes) -> _Event:
    event = members(read_canonical_json(leaf_octets), {"_sd", "e", "iat", "iss", "jti", "log", "n", "v"})
    if integer(event["v"]) != 1 or event["e"] != RECORDED:
        raise ValueError("the event is not that of the balances of a closing")
    matching(UUID, event["jti"])
    return _Event(
        check_plain(string(event["iss"])),
        check_plain(string(event["log"])),
        integer(event["n"], 0),
        integer(event["iat"], 0, LAST_SECOND),
        _one_digest(event["_sd"]),
    )


def _read_closing(disclosure: str) -> _Closing:
    # To the letter, so that no proof says anything of anybody else.
    said = members(_opened(disclosure, "event"), {"via", "what"})
    matching(_CAPACITY, said["via"])
    what = members(said["what"], {"number", "through", "ends", "size", "root", "accounts", "sum"})
    integer(what["ends"])
    integer(what["size"], 0)
    return _Closing(
        integer(what["number"], 1),
        day(what["through"]).isoformat(),
        bytes.fromhex(matching(_ROOT, what["root"])),
        integer(what["accounts"], 0),
        integer(what["sum"]),
    )


def _read_whose(disclosure: str) -> str:
    return matching(UUID, members(_opened(disclosure, "standing"), {"acct"})["acct"])


def _opened(disclosure: str, name: str) -> object:
    its_name, value = read_opening(disclosure)
    if its_name != name:
        raise ValueError("a disclosure has another name")
    return value


def _one_digest(value: object) -> str:
    digests = listed(value, 1)
    if len(digests) != 1 or len(read_base64url(string(digests[0]))) != 32:
        raise ValueError("not a SHA-256 digest")
    return string(digests[0])


def _path(value: object) -> tuple[bytes, ...]:
    path = tuple([read_base64(string(each)) for each in listed(value, MAX_PATH)])
    if any(len(each) != 32 for each in path):
        raise ValueError("a path is not made of SHA-256 hashes")
    return path
