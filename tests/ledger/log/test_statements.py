"""The format of statements: what is signed is what is shown, and whatever is changed is seen."""

import json
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.checkpoints import Checkpoint, sign_checkpoint
from ledger.log.encoding import base64url, canonical_json
from ledger.log.keys import create_keys
from ledger.log.receipts import sign_receipt
from ledger.log.statement_checks import verify_statement
from ledger.log.statements import (
    Line,
    Statement,
    digest_of,
    is_statement,
    present_statement,
    render_summary,
    sign_statement,
)
from ledger.log.trust import Trust, render_trust
from ledger.log.verification import verify

ISSUER, ORIGIN = "https://care.example.org", "care.example.org/oak"
ROOT = sha256(b"root").digest()
CHECKPOINT = Checkpoint(ORIGIN, 50, ROOT)
ACCOUNT = "0b0e7c9c-8d0f-4b6e-9a39-6f0f4a0f5a11"


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    return create_keys(tmp_path_factory.mktemp("keys") / "keys")


@pytest.fixture(scope="module")
def trust(ring):
    return Trust.from_json(json.dumps(render_trust([ISSUER], ring, [ORIGIN])).encode())


def line(number, seconds, after, **more):
    known = {
        "number": number,
        "leaf_index": number * 2,
        "transfer_id": f"00000000-0000-4000-8000-{number:012}",
        "kind": "care",
        "recorded_on": date(2026, 3, number),
        "service_on": date(2026, 2, 27),
        "seconds": seconds,
        "balance_after": after,
    }
    return Line(**known | more)


LINES = (
    line(4, 3600, 5400, what="Siopa", who=("Siân Llŷn",)),
    line(5, -1800, 3600, kind="gift", service_on=None),
    line(6, 60, 3660, who=("山田 太郎", 'O"Neill\\')),
)


def statement(lines=LINES, **more):
    opening = 1800
    known = {
        "issuer": ISSUER,
        "origin": ORIGIN,
        "tree_size": 50,
        "root": ROOT,
        "made_at": 1_790_000_000,
        "community_name": "Oak Hill",
        "zone": "Europe/London",
        "account_id": ACCOUNT,
        "kind": "member",
        "code": "m-0b0e7c9c",
        "names": ("Ana Pérez",),
        "from_on": date(2026, 3, 1),
        "until_on": date(2026, 3, 31),
        "start_number": 3,
        "opening": opening,
        "gained": sum(each.seconds for each in lines if each.seconds > 0),
        "given": -sum(each.seconds for each in lines if each.seconds < 0),
        "closing": opening + sum(each.seconds for each in lines),
        "held": 0,
        "count": len(lines),
        "digest": digest_of(lines),
        "lines": lines,
    }
    return Statement(**known | more)


def text_of(ring, made, lines=None, checkpoint=CHECKPOINT):
    note = sign_checkpoint(checkpoint, ring.log_keys)
    lines = made.lines if lines is None else lines
    return present_statement(sign_statement(made, ring.receipt_key), lines, note).encode()


def passed(text, trust):
    return {check.name: check.passed for check in verify_statement(text, trust).checks}


GOOD = {"form": True, "issuer": True, "signature": True, "sums": True, "lines": True, "checkpoint": True}


def test_it_verifies_and_says_exactly_what_was_signed(ring, trust):
    made = statement()
    found = verify_statement(text_of(ring, made), trust)
    assert {check.name: check.passed for check in found.checks} == GOOD
    assert found.statement == made


def test_its_summary_alone_verifies_and_says_that_the_lines_are_missing(ring, trust):
    made = statement()
    found = verify_statement(sign_statement(made, ring.receipt_key).encode() + b"\r\n\xef\xbb\xbf \n", trust)
    assert {check.name: check.passed for check in found.checks} == GOOD | {"lines": None, "checkpoint": None}
    assert found.statement == replace(made, lines=None)


def test_it_fits_a_square_on_paper(ring):
    link = f"{ISSUER}/v#{sign_statement(statement(), ring.receipt_key)}"
    assert len(link) < 1273  # version 25, level L


def test_an_empty_one_verifies(ring, trust):
    assert passed(text_of(ring, statement(())), trust) == GOOD


WRONG = [
    ("issuer", {"issuer": "https://elsewhere.example.org"}, GOOD | {"issuer": False}),
    ("log", {"origin": "care.example.org/elm"}, GOOD | {"checkpoint": False}),
    ("sums", {"closing": 3661}, GOOD | {"sums": False, "lines": False}),
    ("count", {"count": 2}, GOOD | {"lines": False}),
    ("in and out", {"gained": 3720, "given": 1860}, GOOD | {"lines": False}),
    ("start", {"start_number": 2}, GOOD | {"lines": False}),
    ("days", {"until_on": date(2026, 3, 5)}, GOOD | {"lines": False}),
    ("size", {"tree_size": 51}, GOOD | {"checkpoint": False}),
    ("small", {"tree_size": 12}, GOOD | {"lines": False, "checkpoint": False}),
    ("root", {"root": sha256(b"x").digest()}, GOOD | {"checkpoint": False}),
    ("digest", {"digest": sha256(b"x").digest()}, GOOD | {"lines": False}),
    ("kind", {"kind": "issuance"}, {"form": False}),
    ("reversed", {"from_on": date(2026, 4, 1)}, {"form": False}),
    ("code", {"code": "M 1"}, {"form": False}),
    ("zone", {"zone": "Europe/Lon don"}, {"form": False}),
    ("account", {"account_id": ACCOUNT.upper()}, {"form": False}),
    ("negative", {"held": -1}, {"form": False}),
    ("too great", {"opening": 2**53}, {"form": False}),
]


@pytest.mark.parametrize(("what", "changes", "expected"), WRONG)
def test_what_is_signed_wrongly_is_seen(ring, trust, what, changes, expected):
    assert passed(text_of(ring, statement(**changes)), trust) == expected


@pytest.mark.parametrize(
    "lines",
    [
        LINES[:2],
        (LINES[1], LINES[0], LINES[2]),
        (*LINES, line(7, 60, 3720)),
        (replace(LINES[0], seconds=3601), *LINES[1:]),
        (replace(LINES[0], who=()), *LINES[1:]),
        (replace(LINES[0], what="Shopping"), *LINES[1:]),
        (replace(LINES[0], service_on=None), *LINES[1:]),
    ],
)
def test_other_lines_than_the_signed_ones_are_seen(ring, trust, lines):
    assert passed(text_of(ring, statement(), lines), trust) == GOOD | {"lines": False}


def test_lines_that_do_not_lead_on_are_seen_even_when_they_were_signed(ring, trust):
    for lines in (
        (LINES[0], replace(LINES[1], number=7), LINES[2]),
        (LINES[0], replace(LINES[1], leaf_index=8), LINES[2]),
        (LINES[0], replace(LINES[1], recorded_on=date(2026, 3, 1)), LINES[2]),
        (LINES[0], replace(LINES[1], balance_after=3601), LINES[2]),
    ):
        assert passed(text_of(ring, statement(lines)), trust) == GOOD | {"lines": False}


def test_a_statement_is_no_receipt_and_a_receipt_no_statement(ring, trust):
    text = text_of(ring, statement())
    assert is_statement(text)
    assert not verify(text, trust).valid
    receipt = sign_receipt(render_summary(statement()), ring.receipt_key).encode()
    assert not is_statement(receipt)
    assert passed(receipt, trust) == {"form": False}
    assert not is_statement(b"\xff" * 600) and not is_statement(b"")


def test_another_log_keys_checkpoint_is_not_enough(ring, trust, tmp_path):
    other = create_keys(tmp_path / "other")
    made = statement()
    note = sign_checkpoint(CHECKPOINT, other.log_keys)
    text = present_statement(sign_statement(made, ring.receipt_key), made.lines, note).encode()
    assert passed(text, trust) == GOOD | {"checkpoint": False}
    forged = present_statement(
        sign_statement(made, other.receipt_key), made.lines, sign_checkpoint(CHECKPOINT, ring.log_keys)
    )
    assert passed(forged.encode(), trust) == GOOD | {"signature": False}


def mutations(text):
    """The text with one octet changed, left out or doubled, at places spread over it; and cut short."""
    for place in range(0, len(text), 7):
        for other in (text[place] ^ 1, text[place] ^ 32, ord("A") if text[place] != ord("A") else ord("B")):
            yield text[:place] + bytes([other]) + text[place + 1 :]
        yield text[:place] + text[place + 1 :]
        yield text[:place] + text[place : place + 1] + text[place:]
    for length in range(0, len(text), 11):
        yield text[:length]


def test_whatever_is_changed_is_found(ring, trust):
    text = text_of(ring, statement())
    # Cut off behind the signature, it is a summary that came without its lines: genuine, and it says so.
    whole = set(mutations(text)) - {text}
    assert len(whole) > 1000
    for each in whole:
        found = verify_statement(each, trust)
        assert not found.valid or found.statement.lines is None, each
        assert found.statement is None or found.statement == replace(statement(), lines=None)


@given(st.binary(max_size=200))
def test_no_octets_raise(trust, octets):
    assert not verify_statement(octets, trust).valid


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
        max_leaves=8,
    )
)
def test_no_json_raises(ring, trust, value):
    try:
        octets = canonical_json(value)
    except UnicodeEncodeError:
        return
    header = base64url(
        canonical_json({"alg": "EdDSA", "kid": ring.receipt_key.kid, "typ": "carehours-statement+jwt"})
    )
    for text in (
        f"{header}.{base64url(octets)}.AA",
        sign_statement(statement(), ring.receipt_key) + f"~{base64url(octets)}~AA~",
    ):
        assert not verify_statement(text.encode(), trust).valid


@given(st.lists(st.integers(-100_000, 100_000).filter(bool), max_size=12), st.integers(-50_000, 50_000))
def test_any_run_of_entries_verifies(ring, trust, moved, opening):
    lines, balance = [], opening
    for number, seconds in enumerate(moved, 1):
        balance += seconds
        lines.append(line(number, seconds, balance, recorded_on=date(2026, 3, 1) + timedelta(days=number)))
    made = statement(tuple(lines), opening=opening, closing=balance, start_number=0)
    assert passed(text_of(ring, made), trust) == GOOD
