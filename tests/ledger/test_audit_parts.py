"""The parts of the audit that need no database."""

from datetime import UTC, datetime
from struct import pack
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.commands import PostTransfer, ReverseTransfer, TransferKind, fingerprint
from ledger.desk.audit import events, rows
from ledger.desk.audit.erasures import Erased
from ledger.desk.audit.findings import KEPT, AuditReport, Findings
from ledger.desk.audit.leaves import Community, day_text, fingerprint_of
from ledger.desk.audit.standings import Limits, Standing, Standings
from ledger.desk.audit.tree import instant
from ledger.log.events import details_text, event_disclosure, render_event_leaf
from ledger.log.merkle import leaf_hash
from ledger.log.receipts import digest, salt_for

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


# --- events and erasures --------------------------------------------------------------------------------------------

ISSUER, ORIGIN = "https://x", "x/y"
SALT = "ICAgICAgICAgICAgICAgIA"
SECONDS = 1_800_000_000


def event_fields(index, kind="member_erased", member=ANA, author=str(BEN), salt=SALT, **details):
    """The columns of an event as COPY writes them, and those of its leaf."""
    said = event_disclosure(SALT, via="coordinator", author_id=author, member_id=str(member), details=details)
    payload = render_event_leaf(
        issuer=ISSUER, origin=ORIGIN, leaf_index=index, event_id=str(BEN), recorded_seconds=SECONDS, kind=kind,
        digest=digest(said),
    )  # fmt: skip
    recorded_at = (SECONDS - rows.SECONDS_TO_2000) * rows.MICROSECONDS
    leaf = (pack(">q", index), leaf_hash(payload), None, payload)
    event = (
        pack(">q", index), BEN.bytes, kind.encode(), pack(">q", recorded_at), b"coordinator",
        author.encode(), member.bytes, details_text(details).encode(), salt and salt.encode(), digest(said).encode(),
    )  # fmt: skip
    return leaf, event


def looked(leaf, *found, erased=None, entries=0):
    read = rows.event_rows(copied(*found))
    row = rows.leaf_fields(list(leaf), [])
    said = events.look(ISSUER, ORIGIN, erased or Erased(), row, read.get(row.leaf_index, []), entries)
    assert all(what.endswith(".") and where for _, what, where in said)
    return [check for check, _, _ in said]


def changed(fields, number, value):
    return (*fields[:number], value, *fields[number + 1 :])


@pytest.mark.parametrize(
    ("number", "value", "expected"),
    [
        (1, bytes(16), ["leaf"]),
        (2, b"member_left", ["leaf"]),
        (3, pack(">q", 5_000_000), ["leaf"]),
        (3, pack(">q", 5_000_001), ["recorded_at", "leaf"]),
        (3, pack(">q", 2**63 - 1), ["recorded_at", "leaf"]),
        (4, b"member", ["digest"]),
        (5, None, ["digest"]),
        (6, None, ["digest"]),
        (6, b"short", ["unreadable", "digest"]),
        (7, b"{}", ["digest"]),
        (7, b"", ["event"]),
        (7, b"[]", ["event"]),
        (7, b'{"reason": "asked"}', ["event"]),
        (7, b'{"a":null,"reason":"asked"}', ["event"]),
        (7, b'{"reason":1.5}', ["event"]),
        (7, None, ["unreadable", "event"]),
        (7, b"\xff", ["event"]),
        (8, b"x", ["digest"]),
        (8, "\u00e9".encode(), ["digest"]),
        (8, None, ["event"]),
        (9, b"d" * 43, ["leaf", "digest"]),
        (9, "\u00e9".encode() * 43, ["leaf", "digest"]),
    ],
)
def test_every_column_of_an_event_is_held_against_its_leaf(number, value, expected):
    leaf, event = event_fields(3, reason="asked")
    assert looked(leaf, event) == []
    assert looked(leaf, changed(event, number, value)) == expected


def test_a_leaf_without_a_transfer_has_one_event_and_no_entries():
    leaf, event = event_fields(3)
    assert looked(leaf) == ["one_to_one"]
    assert looked(leaf, changed(event, 0, pack(">q", 4))) == ["one_to_one"]
    assert looked(leaf, event, event) == ["one_to_one"]
    assert looked(leaf, event, entries=2) == ["entries"]
    assert looked(changed(leaf, 1, bytes(32)), event) == ["leaf_hash"]
    assert looked(changed(leaf, 3, None), event) == ["unreadable"]


@pytest.mark.parametrize(
    ("erased", "expected"),
    [
        ({}, ["event"]),
        ({str(ANA): 4}, []),
        ({str(BEN): 4}, []),
        ({str(UUID(int=3)): 4}, ["event"]),
        ({str(ANA): 3}, ["event"]),
        ({str(ANA): 2, str(BEN): 1}, ["event"]),
    ],
)
def test_a_salt_may_be_missing_when_somebody_it_names_was_erased_later(erased, expected):
    leaf, event = event_fields(3, kind="role_granted", salt=None)
    assert looked(leaf, event, erased=Erased({}, erased)) == expected


def test_an_erasure_keeps_its_own_salt_whoever_is_erased_later():
    leaf, event = event_fields(3, salt=None)
    assert looked(leaf, event, erased=Erased({}, {str(ANA): 9, str(BEN): 9})) == ["event"]


def erasures(*found):
    read = events.read_erasures(ISSUER, ORIGIN, copied(*[(*leaf, *event) for leaf, event in found]))
    return read.members, read.accounts


def test_an_erasure_names_a_member_and_their_accounts():
    first = event_fields(3, accounts=[str(ANA), str(BEN)], reason="asked")
    again = event_fields(8, accounts=[str(BEN)])
    assert erasures(first, again) == ({str(ANA): 8}, {ANA.bytes: 3, BEN.bytes: 8})
    assert erasures(again, first) == erasures(first, again)
    assert erasures(event_fields(5, reason="no accounts")) == ({str(ANA): 5}, {})
    assert erasures(event_fields(5, accounts=["nonsense", 7, str(BEN)])) == ({str(ANA): 5}, {BEN.bytes: 5})


# Not the leaf's index and transfer id: the statement gives no leaf of another index, and none that has such an id.
@pytest.mark.parametrize("number", [1, *range(3, 14)])
def test_an_erasure_with_anything_wrong_about_it_excuses_nothing(number):
    leaf, event = event_fields(3, accounts=[str(ANA)])
    whole = (*leaf, *event)
    # The last octet of each column is another: 0 to "1", "x" to "y".
    broken = changed(whole, number, whole[number][:-1] + bytes([whole[number][-1] ^ 1]))
    assert erasures((broken[:4], broken[4:])) == ({}, {})


def test_an_erasure_without_its_salt_or_its_member_excuses_nothing():
    leaf, event = event_fields(3, accounts=[str(ANA)])
    assert erasures((leaf, changed(event, 8, None))) == ({}, {})
    assert erasures((leaf, changed(event, 6, None))) == ({}, {})


def test_the_report_says_how_many_were_erased_and_nothing_when_nobody_was():
    said = AuditReport("oak", 1, 0, 2, 2, (), [], {}, 1, 2).render_lines()
    assert said[1] == "Erased on purpose: 1 member with 2 accounts. What was deleted with them is not missed."
    assert len(AuditReport("oak", 1, 0, 2, 2, (), [], {}).render_lines()) == 2


def transfer(via=None, author_digest=None, service_on=None):
    return (
        pack(">q", 5), ANA.bytes, pack(">q", 7), b"f" * 32, b"care", service_on, None, None, None, via, author_digest,
    )  # fmt: skip


def test_transfers_read_fast_and_with_care_are_the_same():
    table = [
        transfer(),
        transfer(b"member", b"d" * 43),
        transfer(service_on=pack(">i", 9)),
        transfer(b"member", b"d" * 43, pack(">i", 9)),
        transfer(author_digest=b"d" * 43),
        transfer(),
    ]
    data = copied(*table)
    assert list(rows.transfer_rows(data)) == [rows.transfer_fields(fields, []) for fields in rows.rows(data)]
    assert [row[9:] for row in rows.transfer_rows(data)] == [row[9:] for row in table]


def test_notes_and_authors_come_together_or_one_by_one():
    index = pack(">q", 5)
    both = (index, b"salt", b"note", ANA.bytes, BEN.bytes, b"salt of author")
    assert rows.note_and_author_rows(copied(both)) == (
        {5: (b"salt", b"note")},
        {5: (ANA.bytes, BEN.bytes, b"salt of author")},
    )
    assert rows.note_and_author_rows(copied((index, b"s", b"n", None, None, None))) == ({5: (b"s", b"n")}, {})
    assert rows.note_and_author_rows(copied((index, None, b"n", ANA.bytes, None, None))) == (
        {},
        {5: (ANA.bytes, None, None)},
    )
