"""The balances of a closing as a tree, and the proof of one of them: what is accepted, and everything that is not."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.balance_proofs import (
    BalanceProof,
    LoggedEvent,
    is_balance_proof,
    parse_balance_proof,
    render_balance_proof,
    verify_balance,
)
from ledger.log.balances import Standing, balance_leaf, plant, standing_disclosure
from ledger.log.checkpoints import Checkpoint, VerifierKey, sign_checkpoint
from ledger.log.encoding import base64url
from ledger.log.events import event_disclosure, render_event_leaf
from ledger.log.keys import KeyRing
from ledger.log.merkle import CompactRange, hash_of_range, inclusion_ranges, leaf_hash, verify_inclusion
from ledger.log.receipts import digest
from ledger.log.signing import SigningKey
from ledger.log.trust import Trust
from tests.ledger.log.test_verification import make_key

ISSUER, ORIGIN = "https://care.example.org", "care.example.org/oak"
EVENT = UUID(int=5)
SALT = base64url(b"s" * 16)


def account(number):
    return uuid5(UUID(int=3), str(number))


def secret(number):
    return number.to_bytes(32, "big")


def standings(count):
    """Accounts that stand at 0, 60, -60, 120, -120...: together nothing, or the last one what is missing."""
    made = []
    for number in range(count):
        balance = (number + 1) // 2 * 60 * (-1 if number % 2 else 1)
        hidden = digest(standing_disclosure(secret(number), EVENT, account(number)))
        made.append(Standing(account(number), balance, number, hidden))
    return made


def path_in(hashes, index):
    stored = {(0, place): each for place, each in enumerate(hashes)}
    for place in range(0, len(hashes) - 255, 256):
        tree, _ = CompactRange(0, ()).append(hashes[place : place + 256])
        stored[8, place // 256] = tree.root()
    return [hash_of_range(low, high, stored) for low, high in inclusion_ranges(index, len(hashes))]


KEY: SigningKey = make_key("log", 0x33)
VKEY = VerifierKey.parse(KeyRing((), (KEY,)).vkeys(ORIGIN)[0])
TRUST = Trust(frozenset({ISSUER}), {}, {ORIGIN: (VKEY,)})
OURS = 5


def what(tree, **more):
    return {
        "number": 3,
        "through": "2026-10-31",
        "ends": 1_793_491_200,
        "size": 2,
        "root": tree.root.hex(),
        "accounts": len(tree.standings),
        "sum": tree.total,
    } | more


def proof(
    count=7,
    *,
    said=None,
    kind="balances_recorded",
    leaf=None,
    disclosure="own",
    index=None,
    note=None,
    by=None,
    issuer=ISSUER,
    leaf_index=2,
):
    """A proof of one of the balances; what is given makes it another one, signed all the same."""
    tree = plant(standings(count))
    place = next(
        at for at, each in enumerate(tree.standings) if each.account_id == account(min(OURS, count - 1))
    )
    hashes = [leaf_hash(each.leaf) for each in tree.standings]
    opened = event_disclosure(
        SALT,
        via="coordinator",
        author_id=by,
        member_id=None,
        details=what(tree, **(said or {})),
    )
    event = render_event_leaf(
        issuer=issuer, origin=ORIGIN, leaf_index=leaf_index, event_id=str(EVENT), recorded_seconds=1_793_600_000,
        kind=kind, digest=digest(opened),
    )  # fmt: skip
    log = [leaf_hash(b"one"), leaf_hash(b"two"), leaf_hash(event), leaf_hash(b"four")]
    root = CompactRange(0, ()).append(log)[0].root()
    if disclosure == "own":
        number = min(OURS, count - 1)
        disclosure = standing_disclosure(secret(number), EVENT, account(number))
    return BalanceProof(
        leaf or tree.standings[place].leaf,
        disclosure,
        place if index is None else index,
        path_in(hashes, place),
        LoggedEvent(event, opened, 2, path_in(log, 2)),
        note or sign_checkpoint(Checkpoint(ORIGIN, 4, root), [KEY]),
    )


def failing(made, trust=TRUST):
    text = made if isinstance(made, bytes) else render_balance_proof(made).encode()
    result = verify_balance(text, trust)
    assert result.valid is (result.says is not None)
    return {each.name for each in result.checks if each.passed is False}


@pytest.mark.parametrize("count", [1, 2, 6, 7, 255, 256, 257, 600])
def test_a_proof_is_read_back_and_valid_in_a_tree_of_any_size(count):
    made = proof(count, said={"sum": 0})
    text = render_balance_proof(made).encode()
    assert is_balance_proof(text) and render_balance_proof(parse_balance_proof(text)).encode() == text
    result = verify_balance(text, TRUST)
    assert result.valid, result.checks
    says = result.says
    assert (says.account_id, says.accounts, says.number) == (str(account(min(OURS, count - 1))), count, 3)
    assert says.closed_at == datetime.fromtimestamp(1_793_600_000, UTC)


def test_one_without_a_disclosure_is_valid_and_names_nobody():
    result = verify_balance(render_balance_proof(proof(disclosure=None)).encode(), TRUST)
    assert result.valid and result.says.account_id is None and result.says.balance == -180
    assert [each.passed for each in result.checks if each.name == "disclosure"] == [None]


OTHERS = plant(standings(7)).standings[0]


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"said": {"sum": 60}}, {"total"}),
        ({"said": {"root": "0" * 64}}, {"balance"}),
        ({"said": {"root": "F" * 64}}, {"form"}),
        ({"said": {"accounts": 70}}, {"balance"}),
        ({"said": {"accounts": -1}}, {"form"}),
        ({"said": {"number": True}}, {"form"}),
        ({"said": {"through": "20261031"}}, {"form"}),
        ({"said": {"root": None}}, {"form"}),
        ({"said": {"ends": None}}, {"form"}),
        ({"said": {"proposer": str(UUID(int=1))}}, {"form"}),
        ({"by": str(UUID(int=1))}, {"form"}),
        ({"kind": "period_closed"}, {"form"}),
        ({"leaf": balance_leaf(digest("x"), 5, -180)}, {"balance", "disclosure"}),
        ({"leaf": b'{"_sd":["x"],"n":5.0,"s":1}'}, {"form"}),
        ({"leaf": b'{"n":5,"s":1}'}, {"form"}),
        ({"leaf": b'{"_sd":["x"],"n":-1,"s":1}'}, {"form"}),
        ({"disclosure": standing_disclosure(secret(1), EVENT, account(1))}, {"disclosure"}),
        ({"disclosure": standing_disclosure(secret(5), EVENT, account(4))}, {"disclosure"}),
        ({"disclosure": base64url(b'["AA","standing",{"acct":"x"}]')}, {"form"}),
        ({"disclosure": "*"}, {"form"}),
        ({"index": 6}, {"balance"}),
        ({"leaf_index": 1}, {"inclusion"}),
        ({"issuer": "https://elsewhere.example.org"}, {"issuer"}),
        ({"note": "nothing"}, {"checkpoint", "inclusion"}),
    ],
)
def test_a_proof_of_anything_else_is_refused(change, names):
    assert plant(standings(7)).standings[6].account_id != account(OURS), "or index 6 would be right"
    assert failing(proof(**change)) == names


def test_whom_nobody_trusts_is_refused():
    made = proof()
    assert failing(made, Trust(frozenset(), {}, {ORIGIN: (VKEY,)})) == {"issuer"}
    assert failing(made, Trust(frozenset({ISSUER}), {}, {})) == {"checkpoint", "inclusion"}
    other = make_key("log", 0x55)
    vkey = VerifierKey.parse(KeyRing((), (other,)).vkeys(ORIGIN)[0])
    assert failing(made, Trust(frozenset({ISSUER}), {}, {ORIGIN: (vkey,)})) == {"checkpoint", "inclusion"}
    elsewhere = sign_checkpoint(Checkpoint(f"{ORIGIN}x", 4, b"r" * 32), [KEY])
    assert failing(proof(note=elsewhere)) == {"checkpoint", "inclusion"}
    fork = sign_checkpoint(Checkpoint(ORIGIN, 4, b"r" * 32), [KEY])
    assert failing(proof(note=fork)) == {"inclusion"}


def test_no_changed_character_of_a_proof_changes_what_is_said():
    text = render_balance_proof(proof()).encode()
    says = verify_balance(text, TRUST).says
    for at in range(len(text)):
        changed = text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]
        result = verify_balance(changed, TRUST)
        # White space between the members, and lines of others in the note, may change.
        assert not result.valid or result.says == says, at


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts.pop("checkpoint"),
        lambda parts: parts.update(more=1),
        lambda parts: parts.update(format="carehours-balance-proof@v2"),
        lambda parts: parts["balance"].update(path="x"),
        lambda parts: parts["balance"].update(path=["AAAA"]),
        lambda parts: parts["balance"].update(path=parts["event"]["path"] * 40),
        lambda parts: parts["balance"].update(index=-1),
        lambda parts: parts["balance"].update(index=True),
        lambda parts: parts["balance"].update(leaf=7),
        lambda parts: parts["balance"].update(disclosure=None),
        lambda parts: parts["event"].pop("disclosure"),
        lambda parts: parts.update(event=[]),
    ],
)
def test_a_text_of_another_shape_is_refused(change):
    parts = json.loads(render_balance_proof(proof()))
    change(parts)
    assert failing(json.dumps(parts).encode()) == {"form"}


@given(st.binary(max_size=200))
def test_random_bytes_are_never_valid_and_never_an_error(data):
    assert not verify_balance(data, TRUST).valid
    assert not verify_balance(b'{"format":"carehours-balance-proof@v1",' + data, TRUST).valid


def test_what_is_too_long_or_too_deep_is_refused():
    assert failing(b" " * 70_000 + render_balance_proof(proof()).encode()) == {"form"}
    assert failing(b"[" * 60_000) == {"form"}


@given(st.integers(1, 700), st.data())
def test_every_balance_is_proven_and_no_other_in_its_place(count, data):
    tree = plant(standings(count))
    hashes = [leaf_hash(each.leaf) for each in tree.standings]
    assert [each.digest for each in tree.standings] == sorted(each.digest for each in tree.standings)
    place = data.draw(st.integers(0, count - 1))
    path = path_in(hashes, place)
    assert verify_inclusion(hashes[place], place, count, path, tree.root)
    other = tree.standings[place]
    moved = leaf_hash(balance_leaf(other.digest, other.entry_count, other.balance + 1))
    assert not verify_inclusion(moved, place, count, path, tree.root)
