"""The parts of the audit that need no database."""

from datetime import UTC, datetime
from struct import pack
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.commands import PostTransfer, ReverseTransfer, TransferKind, fingerprint
from ledger.desk.audit import rows
from ledger.desk.audit.findings import KEPT, Findings
from ledger.desk.audit.leaves import Community, day_text, fingerprint_of
from ledger.desk.audit.standings import Limits, Standing, Standings
from ledger.desk.audit.tree import instant
from ledger.log.receipts import salt_for

ANA, BEN = UUID(int=1), UUID(int=2)


def copied(*table):
    """Rows as binary COPY writes them."""
    octets = b"PGCOPY\n\xff\r\n\0" + bytes(8)
    for row in table:
        octets += pack(">h", len(row))
        for field in row:
            octets += pack(">i", -1) if field is None else pack(">i", len(field)) + field
    return octets + b"\xff\xff"


def entry(number, leaf, place, seconds, after, digest=b"d" * 43, account=ANA):
    return (
        account.bytes,
        pack(">q", number),
        pack(">q", leaf),
        pack(">h", place),
        pack(">q", seconds),
        pack(">q", after),
        digest,
    )


@given(st.binary(min_size=32, max_size=32), st.uuids(), st.uuids())
def test_the_salt_is_that_of_the_receipt(secret, account_id, transfer_id):
    community = Community("https://x", "x/y", "y", [(account_id.bytes, secret)])
    assert community.salt(account_id.bytes, transfer_id.bytes) == salt_for(secret, transfer_id)


@given(
    st.sampled_from([None, "Shopping", 'sŵn "日本"']),
    st.sampled_from([None, "2026-05-04"]),
    st.none() | st.uuids(),
)
def test_the_fingerprint_made_of_texts_is_that_of_the_command(note, service_on, hold_id):
    command = PostTransfer(ANA, TransferKind.CARE, ((ANA, -5), (BEN, 5)), None, hold_id, note)
    moves = [(str(ANA), -5), (str(BEN), 5)]
    hold = None if hold_id is None else str(hold_id)
    assert fingerprint_of(ANA.bytes, "care", moves, None, hold, None, note) == fingerprint(command)
    reversal = ReverseTransfer(ANA, BEN, note)
    assert fingerprint_of(ANA.bytes, "reverse", moves, service_on, hold, str(BEN), note) == fingerprint(
        reversal
    )


def test_entries_read_fast_and_with_care_are_the_same():
    data = copied(entry(1, 0, 0, -60, -60), entry(2, 300, 1, 60, 0), entry(2**40, 2**41, 99, -(2**50), 2**53))
    fast = rows.entry_rows(data)
    assert fast is not None
    assert [(row, []) for row in fast] == list(rows.entry_fields(data))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ((None, *entry(1, 0, 0, 5, 5)[1:]), "account_id is NULL"),
        ((*entry(1, 0, 0, 5, 5)[:4], None, pack(">q", 5), b"d" * 43), "seconds is NULL"),
        ((*entry(1, 0, 0, 5, 5)[:4], b"12345", pack(">q", 5), b"d" * 43), "seconds has 5 bytes instead of 8"),
        (entry(1, 0, 0, 5, 5, digest=b"d" * 42), "digest has 42 bytes instead of 43"),
    ],
)
def test_an_entry_out_of_shape_is_read_with_care(row, problem):
    data = copied(entry(1, 0, 0, 5, 5), row)
    assert rows.entry_rows(data) is None
    assert [problems for _, problems in rows.entry_fields(data)] == [[], [problem]]


def test_two_rows_out_of_shape_do_not_hide_each_other():
    assert rows.entry_rows(copied(entry(1, 0, 0, 5, 5, b"d" * 42), entry(1, 0, 0, 5, 5, b"d" * 44))) is None


def followed(*entries, limits=()):
    findings = Findings()
    standings = Standings(findings)
    standings.accounts[ANA.bytes] = Standing("ana", limits=list(limits))
    data = rows.entry_rows(copied(*entries))
    assert data is not None
    standings.follow(data)
    return [finding.check for finding in findings.kept]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        # number, leaf, place, seconds, after
        ([(1, 0, 0, 60, 60), (2, 1, 0, -20, 40)], []),
        ([(1, 0, 0, 60, 60), (3, 1, 0, -20, 40)], ["entry_numbers"]),
        ([(1, 0, 0, 60, 60), (2, 1, 0, -20, 41), (3, 2, 0, 1, 42)], ["running_balance"]),
        ([(1, 0, 0, -99, -99), (2, 1, 0, -1, -100), (3, 2, 0, -1, -101)], ["limits"]),
        ([(1, 5, 0, -100, -100), (2, 10, 0, 1, -99)], ["limits"]),
        ([(1, 10, 0, 10, 10), (2, 20, 0, -10, 0), (3, 30, 0, 1, 1)], ["limits"]),
    ],
)
def test_entries_are_held_against_the_limits_of_their_time(entries, expected):
    limits = [Limits(0, -100, None, False), Limits(10, -50, 50, False), Limits(25, -50, 50, True)]
    assert followed(*[entry(*each) for each in entries], limits=limits) == expected


def test_an_entry_of_nobody_is_a_finding():
    assert followed(entry(1, 0, 0, 5, 5, account=BEN)) == ["accounts"]


def test_findings_are_kept_up_to_a_number_and_counted_beyond():
    findings = Findings()
    for number in range(KEPT + 7):
        findings.add("leaf", f"{number}.", "log_leaf")
    findings.add("head", "One.", "log_head")
    assert len(findings.kept) == KEPT + 1
    assert findings.more() == {"leaf": 7}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-04 10:00:00+00", datetime(2026, 5, 4, 10, tzinfo=UTC)),
        ("2026-05-04 10:00:00.5+00", datetime(2026, 5, 4, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("infinity", None),
        ("4713-01-01 00:00:00+00 BC", None),
        (None, None),
    ],
)
def test_moments_as_postgresql_writes_them(text, moment):
    assert instant(text) == (None if moment is None else int(moment.timestamp() * 1_000_000))


def test_days_that_no_calendar_has_are_refused():
    assert day_text(0) == "2000-01-01"
    for days in (2**31 - 1, -(2**31)):
        with pytest.raises(OverflowError):
            day_text(days)
