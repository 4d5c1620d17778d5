"""TimeOverflow's export, read; and the plan that books it. Both are pure."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.book.accounts import Account, Book
from ledger.book.commands import AccountKind, OpenAccount, PostTransfer, SetLimits, TransferKind
from ledger.book.journal import Community
from ledger.book.posting import Done, Posted, decide
from ledger.desk.imports.checking import check
from ledger.desk.imports.planning import DIFFERENCE_NOTE, Planner
from ledger.desk.imports.plans import Booking, Standing
from ledger.desk.imports.problems import ImportProblem, ImportRefused, Mistakes
from ledger.desk.imports.report import ImportReport
from ledger.desk.imports.shape import Export, ImportedTransfer, Options, PartyKind, SkippedRow
from ledger.desk.imports.spool import EarlierTransfer, Spool
from ledger.desk.imports.timeoverflow import (
    DELETED_WORDS,
    INACTIVE_WORDS,
    created_at_of,
    read_timeoverflow,
)
from tests.timeoverflow_files import (
    ANA,
    BALANCES,
    BANK,
    BEN,
    CLARA,
    NAMES,
    ROWS,
    TRANSFERS,
    ZIP_NAME,
    broken_samples,
    members_text,
    sample,
    transfers_text,
    with_row,
)

NOW = datetime(2024, 7, 1, 12, tzinfo=UTC)
COMMUNITY = Community(1, "gracia", "Gràcia", "https://care.example", "care.example/gracia")
BROKEN = broken_samples()
AT = "2024-06-30 10:00:00 UTC"


@dataclass
class Read:
    """A whole export with its rows read, oldest first."""

    export: Export
    transfers: list[ImportedTransfer]
    skipped: list[SkippedRow]


def parse(data: bytes, organisation: str | None = None, name: str = ZIP_NAME) -> Read:
    """Raises the first mistake."""
    mistakes = Mistakes()
    try:
        export = read_timeoverflow(data, name, Options(organisation=organisation))
        rows = list(export.rows(mistakes))
        mistakes.settle()
    except ImportRefused as refused:
        raise refused.problems[0] from None
    transfers = [row for row in reversed(rows) if isinstance(row, ImportedTransfer)]
    transfers.sort(key=lambda transfer: transfer.created_at)
    return Read(export, transfers, [row for row in rows if isinstance(row, SkippedRow)])


# Reading


def test_a_whole_export_is_read() -> None:
    read = parse(sample())
    export = read.export
    assert export.organisation == BANK
    assert {member.number: member.name for member in export.members} == {
        f"m{uid}": name for uid, name in NAMES.items()
    }
    assert [member.balance_seconds for member in export.members] == list(BALANCES.values())
    assert export.not_imported == {"offers": 2, "inquiries": 1}
    assert len(read.transfers) == 7
    first, last = read.transfers[0], read.transfers[-1]
    assert (first.service_on, first.giver.kind, first.receiver.number, first.seconds) == (
        date(2024, 3, 1), PartyKind.ORGANISATION, "m1", 7200,
    )  # fmt: skip
    assert (last.note, last.seconds, last.line_number) == ("Anglès, conversa", 2700, 2)
    assert last.line.startswith("2024-06-20") and '""la Nena""' in last.line


def test_rows_that_move_nothing_are_skipped_with_their_line() -> None:
    skipped = [(row.reason, row.line_number) for row in parse(sample()).skipped]
    assert skipped == [("zero", 5), ("same_account", 6)]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_whole_at_its_place(name: str) -> None:
    data, code, file, line, column = BROKEN[name]
    with pytest.raises(ImportProblem) as caught:
        parse(data)
    problem = caught.value
    assert (problem.code, problem.file, problem.line, problem.column) == (code, file, line, column)
    assert problem.says and problem.remedy and file in str(problem)


@pytest.mark.parametrize("words", [DELETED_WORDS, INACTIVE_WORDS])
def test_people_who_are_gone_are_known_in_eight_languages(words: frozenset[str]) -> None:
    assert len(words) == 8
    kind = PartyKind.DELETED if words is DELETED_WORDS else PartyKind.INACTIVE
    for word in words:
        assert parse(with_row(AT, word, BEN, "", "1:00")).transfers[-1].giver.kind is kind


def test_a_byte_order_mark_windows_line_ends_and_lines_within_quotes_are_read() -> None:
    rows = [(AT, ANA, BEN, "one\ntwo", "123:05"), *ROWS]
    text = "\ufeff" + transfers_text(rows).replace("\n", "\r\n")
    export = parse(sample(transfers=text))
    assert export.transfers[-1].note == "one\r\ntwo"
    assert export.transfers[-1].seconds == 123 * 3600 + 300
    assert export.transfers[-2].line_number == 4
    assert created_at_of(export.transfers[-1].line) == export.transfers[-1].created_at


def test_a_day_is_kept_as_written_and_the_moment_in_utc() -> None:
    transfer = parse(with_row("2024-07-01 00:30:00 +0200", ANA, BEN, "", "1:00")).transfers[-1]
    assert transfer.service_on == date(2024, 7, 1)
    assert transfer.created_at == datetime(2024, 6, 30, 22, 30, tzinfo=UTC)


def test_two_names_without_a_number_need_to_be_told_apart() -> None:
    data = with_row(AT, BANK, "Banc de Sants", "", "3:00")
    with pytest.raises(ImportProblem) as caught:
        parse(data, name="export.zip")
    assert (caught.value.code, caught.value.line) == ("party_ambiguous", 2)
    by_file_name = parse(data)
    by_name = parse(data, BANK, "export.zip")
    for export in (by_file_name, by_name):
        assert export.export.organisation == BANK
        assert export.transfers[-1].receiver.kind is PartyKind.OTHER_BANK


def test_a_transfer_across_banks_is_booked_for_the_member_who_is_ours() -> None:
    other, theirs = "Banc de Sants", "Zoe Pi (1)"
    row = (AT, BANK, ANA, other, other, theirs, BANK, "Classe", "1:00")
    transfer = parse(with_row(*row)).transfers[-1]
    assert (transfer.giver.number, transfer.receiver.kind) == ("m1", PartyKind.OTHER_BANK)
    strangers = (AT, BANK, "Zoe Pi (1)", other, other, "Joe Pi (2)", BANK, "Classe", "1:00")
    assert parse(with_row(*strangers)).skipped[0].reason == "other_banks"
    alike = (AT, BANK, ANA, other, other, BEN, BANK, "Classe", "1:00")
    with pytest.raises(ImportProblem) as caught:
        parse(with_row(*alike))
    assert (caught.value.code, caught.value.line) == ("across_ambiguous", 2)


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0), st.binary(min_size=1, max_size=8))
def test_a_zip_with_any_bytes_changed_is_read_or_refused_and_never_fails_otherwise(
    place: int, put: bytes
) -> None:
    data = bytearray(sample())
    place %= len(data)
    data[place : place + len(put)] = put
    try:
        parse(bytes(data))
    except ImportProblem as problem:
        assert problem.says


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_as_transfers_is_read_or_refused(text: str) -> None:
    try:
        parse(sample(transfers=text.encode(errors="replace")))
    except ImportProblem as problem:
        assert problem.file == TRANSFERS


# Planning


@dataclass
class Stood:
    """A community in memory: how it stands, and what imports have posted there."""

    standing: Standing = field(default_factory=Standing)
    earlier: list[EarlierTransfer] = field(default_factory=list)


@dataclass
class Planned:
    """A plan with its postings in memory."""

    preparations: tuple[Booking, ...]
    postings: tuple[Booking, ...]
    report: ImportReport


def plan_timeoverflow(
    read: Read, community: Community, stood: Stood | None = None, *, checked: bool = False
) -> Planned:
    """The plan, and with `checked` its check. Raises the first mistake."""
    stood = stood or Stood()
    with Spool() as spool:
        spool.add_earlier(stood.earlier)
        try:
            plan = Planner(read.export, spool, community, stood.standing, Options(), NOW.date()).plan()
            if checked:
                check(plan, stood.standing, NOW)
        except ImportRefused as refused:
            raise refused.problems[0] from None
        return Planned(plan.preparations, tuple(plan.postings()), plan.report)


def post(plan: Planned, stood: Stood, chunk: slice = slice(None)) -> Stood:
    """How it stands after the plan, or the chunk of it that came through before an interruption."""
    before = stood.standing
    book = Book(0, accounts={account_id: replace(account) for account_id, account in before.accounts.items()})
    codes = dict(before.codes)
    book.taken_codes = set(codes)
    imported = dict(before.imported_seconds)
    earlier = list(stood.earlier)
    bookings = (plan.preparations + plan.postings)[chunk]
    outcomes = decide(book, [booking.command for booking in bookings], NOW).outcomes
    assert all(isinstance(outcome, Posted | Done) for outcome in outcomes)
    for booking in bookings:
        command = booking.command
        if isinstance(command, OpenAccount):
            codes[command.code] = command.id
        if isinstance(command, PostTransfer):
            for account_id, seconds in command.entries:
                imported[account_id] = imported.get(account_id, 0) + seconds
            if command.kind is TransferKind.IMPORT:
                (giver_id, _), (receiver_id, seconds) = command.entries
                created_at = created_at_of(booking.line)
                earlier.append(EarlierTransfer(command.id, created_at, giver_id, receiver_id, seconds))
    return Stood(Standing(book.accounts, codes, imported), earlier)


def balances(stood: Stood, read: Read) -> dict[int, int]:
    """Balance of each member, found by the account ids of a plan made from nothing."""
    ids = {
        booking.command.code: booking.command.id
        for booking in plan_timeoverflow(read, COMMUNITY).preparations
        if isinstance(booking.command, OpenAccount)
    }
    return {
        int(member.number[1:]): stood.standing.accounts[ids[member.number]].balance
        for member in read.export.members
    }


def test_an_import_ends_at_the_balances_of_the_file() -> None:
    export = parse(sample(members=members_text({1: -5400, 2: 12601, 3: -90000})))
    plan = plan_timeoverflow(export, COMMUNITY, checked=True)
    standing = post(plan, Stood())
    assert balances(standing, export) == {1: -5400, 2: 12601, 3: -90000}
    assert sum(account.balance for account in standing.standing.accounts.values()) == 0
    notes = [booking.command.note for booking in plan.postings if isinstance(booking.command, PostTransfer)]
    assert notes.count(DIFFERENCE_NOTE) == 2


def test_the_report_shows_every_control_total() -> None:
    report = plan_timeoverflow(
        parse(sample(members=members_text({1: -5400, 2: 12600, 3: -90000}))), COMMUNITY
    ).report
    assert (report.member_count, report.transfer_count, report.skipped_count) == (3, 7, 2)
    assert report.net_seconds == 0 and report.credit_seconds == 12600 + 2700 + 4500
    assert [row.difference_seconds for row in report.comparisons] == [0, 0, -92700]
    assert (report.differences_to_book, report.differences_seconds) == (1, -92700)
    assert report.unlisted == (("m9", "Eva Mas"),)
    assert [(row.code, row.limit, row.seconds) for row in report.widened] == [("m3", "floor", -90000)]
    text = "\n".join(report.render_lines())
    assert "1 of 3 members differ" in text and "line 5: no time" in text and "-25:45" in text
    assert report.to_dict()["net_seconds"] == 0


def test_the_bank_and_those_who_are_gone_have_accounts_of_their_own() -> None:
    plan = plan_timeoverflow(parse(sample()), COMMUNITY)
    assert {(code, kind) for code, kind, _ in plan.report.openings} == {
        ("m1", "member"), ("m2", "member"), ("m3", "member"), ("m9", "member"),
        ("organisation", "issuance"), ("gone-inactive", "difference"), ("gone-deleted", "difference"),
    }  # fmt: skip


def test_the_same_file_again_plans_nothing() -> None:
    export = parse(sample())
    standing = post(plan_timeoverflow(export, COMMUNITY), Stood())
    again = plan_timeoverflow(export, COMMUNITY, standing)
    assert again.preparations == again.postings == ()
    assert again.report.already_booked == 7


@pytest.mark.parametrize("reached", range(0, 16, 3))
def test_an_interrupted_import_is_completed(reached: int) -> None:
    export = parse(sample(members=members_text({1: -5400, 2: 12601, 3: -90000})))
    partly = post(plan_timeoverflow(export, COMMUNITY), Stood(), slice(reached))
    rest = plan_timeoverflow(export, COMMUNITY, partly, checked=True)
    standing = post(rest, partly)
    assert balances(standing, export) == {1: -5400, 2: 12601, 3: -90000}
    assert len(standing.earlier) == 7


def test_a_member_who_left_between_two_exports_is_not_booked_twice() -> None:
    earlier = parse(sample())
    standing = post(plan_timeoverflow(earlier, COMMUNITY), Stood())
    rows = [tuple("El usuario no está activo" if field == CLARA else field for field in row) for row in ROWS]
    rows[1] = (*rows[1][:3], "a new title", rows[1][4])
    later = parse(sample(members=members_text({1: -5400, 2: 12600}), transfers=transfers_text(rows)))
    plan = plan_timeoverflow(later, COMMUNITY, standing)
    assert plan.postings == () and plan.report.recognised == 2


def test_what_was_recorded_here_is_not_undone_by_a_later_export() -> None:
    export = parse(sample())
    standing = post(plan_timeoverflow(export, COMMUNITY), Stood())
    ana = next(iter(standing.standing.accounts))
    standing.standing.accounts[ana].balance += 3600  # an hour given here
    later = parse(sample(
        members=members_text({1: 1800, 2: 5400, 3: 2700}),
        transfers=transfers_text([(AT, BEN, ANA, "", "2:00"), *ROWS]),
    ))  # fmt: skip
    plan = plan_timeoverflow(later, COMMUNITY, standing)
    assert plan.report.differences_to_book == 0
    assert post(plan, standing).standing.accounts[ana].balance == 1800 + 3600


def test_limits_set_here_are_widened_when_the_history_went_further() -> None:
    export = parse(sample())
    plan = plan_timeoverflow(export, COMMUNITY)
    opened = [booking.command for booking in plan.preparations]
    accounts: dict[UUID, Account] = {
        command.id: Account(command.id, command.kind, floor=0, ceiling=3600)
        for command in opened
        if isinstance(command, OpenAccount) and command.kind is AccountKind.MEMBER
    }
    codes = {command.code: command.id for command in opened if isinstance(command, OpenAccount)}
    standing = Stood(Standing(accounts, {code: codes[code] for code in ("m1", "m2", "m3", "m9")}))
    narrow = plan_timeoverflow(export, COMMUNITY, standing, checked=True)
    limits = {row.code: (row.limit, row.seconds) for row in narrow.report.widened}
    assert limits["m2"] == ("ceiling", 12600) and limits["m9"] == ("floor", -3600)
    assert sum(isinstance(booking.command, SetLimits) for booking in narrow.preparations) == 3
    assert balances(post(narrow, standing), export) == BALANCES


def test_a_file_the_rules_would_refuse_is_refused_before_anything_is_written() -> None:
    export = parse(with_row("2031-01-01 10:00:00 UTC", ANA, BEN, "", "1:00"))
    with pytest.raises(ImportProblem) as caught:
        plan_timeoverflow(export, COMMUNITY, checked=True)
    assert (caught.value.code, caught.value.file, caught.value.line) == (
        "service_date_in_future",
        TRANSFERS,
        2,
    )


def test_a_code_that_somebody_else_has_stops_the_import() -> None:
    export = parse(sample())
    standing = Stood(Standing(codes={"m2": UUID(int=2)}))
    with pytest.raises(ImportProblem, match="Another account of this community has this code"):
        plan_timeoverflow(export, COMMUNITY, standing, checked=True)


def test_ids_are_what_they_were_when_the_first_banks_came_in() -> None:
    plan = plan_timeoverflow(parse(sample(members=members_text(BALANCES | {3: -90000}))), COMMUNITY)
    assert (str(plan.postings[0].command.id), str(plan.postings[-1].command.id)) == (
        "4c1239b4-2dd8-558d-8cb5-51da02a648b5", "b6867007-fbe2-5ad9-aa1d-d1b765d1ed58",
    )  # fmt: skip


def test_two_communities_import_the_same_file_under_different_ids() -> None:
    export = parse(sample())
    other = replace(COMMUNITY, origin="care.example/sants")
    ours, theirs = plan_timeoverflow(export, COMMUNITY), plan_timeoverflow(export, other)
    assert not {b.command.id for b in ours.postings} & {b.command.id for b in theirs.postings}


# Properties

_TEXTS = [ANA, BEN, CLARA, BANK, "Eva Mas (9)", "The user isn't active", "The user no longer exists"]
_MOMENTS = [f"2024-0{month}-0{day} 10:00:00 UTC" for month in (1, 2, 3) for day in (1, 2)]
_ROW = st.tuples(
    st.sampled_from(_MOMENTS),
    st.sampled_from(_TEXTS),
    st.sampled_from(_TEXTS),
    st.sampled_from(["", "Jardí"]),
    st.sampled_from(["0:15", "1:00", "40:00", "0"]),
)
_HISTORY = st.lists(_ROW, max_size=25).map(lambda rows: sorted(rows, key=lambda row: row[0], reverse=True))
_BALANCES = st.fixed_dictionaries(dict.fromkeys(NAMES, st.integers(-500_000, 500_000)))


def export_of(rows: list[tuple[str, ...]], counted: dict[int, int]) -> Read:
    return parse(sample(members=members_text(counted), transfers=transfers_text(rows)), BANK)


@settings(max_examples=100, deadline=None)
@given(_HISTORY)
def test_equal_rows_are_numbered_so_that_every_row_has_a_key_of_its_own(rows: list[tuple[str, ...]]) -> None:
    transfers = export_of(rows, BALANCES).transfers
    ids = [booking.command.id for booking in plan_timeoverflow(export_of(rows, BALANCES), COMMUNITY).postings]
    history = ids[: len(transfers)]
    assert len(set(ids)) == len(ids)
    for newer in range(len(rows)):
        fewer = export_of(rows[newer:], BALANCES)
        made = [booking.command.id for booking in plan_timeoverflow(fewer, COMMUNITY).postings]
        assert made[: len(fewer.transfers)] == history[: len(fewer.transfers)]


@settings(max_examples=60, deadline=None)
@given(_HISTORY, _BALANCES)
def test_any_export_imports_to_the_balances_of_its_members(
    rows: list[tuple[str, ...]], counted: dict[int, int]
) -> None:
    export = export_of(rows, counted)
    plan = plan_timeoverflow(export, COMMUNITY, checked=True)
    standing = post(plan, Stood())
    assert balances(standing, export) == counted
    assert plan.report.net_seconds == 0
    assert sum(account.balance for account in standing.standing.accounts.values()) == 0


@settings(max_examples=60, deadline=None)
@given(_HISTORY, st.integers(0, 25), _BALANCES, _BALANCES)
def test_a_later_export_after_an_earlier_one_is_as_good_as_the_later_one_alone(
    rows: list[tuple[str, ...]], newer: int, before: dict[int, int], after: dict[int, int]
) -> None:
    earlier, later = export_of(rows[newer:], before), export_of(rows, after)
    standing = post(plan_timeoverflow(earlier, COMMUNITY), Stood())
    plan = plan_timeoverflow(later, COMMUNITY, standing, checked=True)
    both = post(plan, standing)
    alone = post(plan_timeoverflow(later, COMMUNITY), Stood())
    assert {transfer.id for transfer in both.earlier} == {transfer.id for transfer in alone.earlier}
    assert len(both.earlier) == len(alone.earlier)
    assert balances(both, later) == balances(alone, later) == after
