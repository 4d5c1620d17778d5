"""Every format that is taken over: a whole file of each, and a table of the broken ones."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.book.accounts import Account
from ledger.book.commands import AccountKind, OpenAccount, PostTransfer
from ledger.book.journal import Community
from ledger.desk.imports.checking import check
from ledger.desk.imports.formats import FORMATS
from ledger.desk.imports.planning import Planner
from ledger.desk.imports.plans import Booking, Known, Standing
from ledger.desk.imports.problems import MOST_LINES, PROBLEMS, ImportProblem, ImportRefused, Mistakes
from ledger.desk.imports.report import ImportReport
from ledger.desk.imports.shape import Options, Unknown, What
from ledger.desk.imports.spool import Spool
from ledger.desk.tables.values import DateOrder, DecimalSign
from ledger.people.members import skeleton
from tests.import_files import (
    BALANCES,
    CYCLOS3_HISTORY,
    HOUR,
    KOMUNITIN_TRANSFERS,
    NEUTRAL_MEMBERS,
    NEUTRAL_VISITS,
    TIMEBANK_CC_TRANSACTIONS,
    WHOLE,
    broken_samples,
    changed,
    csv_of,
    cyclos3,
    neutral,
    timebank_cc,
    without,
    xlsx_of,
)
from tests.timeoverflow_files import broken_samples as broken_zips

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
COMMUNITY = Community(1, "gracia", "Gràcia", "https://care.example", "care.example/gracia")
BROKEN = broken_samples()


@dataclass
class Planned:
    preparations: tuple[Booking, ...]
    postings: tuple[Booking, ...]
    report: ImportReport


def plan(system: str, content: bytes, options: Options, standing: Standing | None = None) -> Planned:
    """The checked plan. Raises ImportRefused."""
    standing = standing or Standing()
    with Spool() as spool:
        export = FORMATS[system].read(content, "file", options)
        made = Planner(export, spool, COMMUNITY, standing, options, NOW.date()).plan()
        check(made, standing, NOW)
        return Planned(made.preparations, tuple(made.postings()), made.report)


def balances(planned: Planned) -> list[int]:
    """What the members' accounts stand at, in the order they are opened, less than nothing last."""
    members = [
        booking.command.id
        for booking in planned.preparations
        if isinstance(booking.command, OpenAccount) and booking.command.kind is AccountKind.MEMBER
    ]
    sums = dict.fromkeys(members, 0)
    for booking in planned.postings:
        assert isinstance(booking.command, PostTransfer)
        for account_id, seconds in booking.command.entries:
            if account_id in sums:
                sums[account_id] += seconds
    return list(sums.values())


@pytest.mark.parametrize("system", WHOLE)
def test_a_whole_export_ends_at_its_balances(system: str) -> None:
    planned = plan(system, *WHOLE[system])
    assert balances(planned) == list(BALANCES.values())
    report = planned.report
    assert report.net_seconds == 0 and report.member_count == 2 and report.unlisted == ()
    assert report.differing == (2 if system == "oscurrency" else 0)


@pytest.mark.parametrize("system", [each for each in WHOLE if each != "timebank_cc"])
def test_opening_balances_alone_end_there_too(system: str) -> None:
    content, options = WHOLE[system]
    planned = plan(system, content, replace(options, what=What.BALANCES))
    assert balances(planned) == list(BALANCES.values())
    assert planned.report.transfers_to_book == 0 and planned.report.differences_to_book == 2
    notes = [each.command.note for each in planned.postings if isinstance(each.command, PostTransfer)]
    assert notes == ["opening balance", "opening balance"]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_whole_at_its_place(name: str) -> None:
    system, content, options, code, file, line, column = BROKEN[name]
    with pytest.raises(ImportRefused) as caught:
        plan(system, content, options)
    problem = caught.value.problems[0]
    assert (problem.code, problem.file, problem.line, problem.column) == (code, file, line, column)
    assert problem.says and problem.remedy and file in str(problem)


def test_every_mistake_has_a_sample() -> None:
    shown = {code for _, _, _, code, *_ in BROKEN.values()}
    shown |= {code for _, code, *_ in broken_zips().values()} | {"party_ambiguous", "across_ambiguous"}
    about_members_here = {"name_alike", "member_without_account", "member_twice"}
    assert set(PROBLEMS) - shown == about_members_here


def test_the_same_mistake_on_many_lines_is_told_once() -> None:
    header, *_ = NEUTRAL_VISITS
    lines = [(f"v{n}", "2025-05-01", "", "7", "8", "x", "", "", "", "", "") for n in range(300)]
    lines[100:100] = [("w", "", "", "7", "8", "60", "", "", "", "", "")]
    with pytest.raises(ImportRefused) as caught:
        plan("neutral", neutral(visits=[header, *lines]), Options())
    assert caught.value.count == 301
    amounts, day = caught.value.problems
    assert (amounts.code, amounts.column, amounts.count) == ("amount_invalid", 6, 300)
    assert amounts.lines == list(range(2, 2 + MOST_LINES))
    assert (day.code, day.lines, day.count) == ("cell_empty", [102], 1)
    assert "visits.csv, lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 290 more, column 6: " in str(caught.value)
    assert "more" not in str(day)


def test_what_the_rules_refuse_on_every_line_is_told_once() -> None:
    standing = Standing(closed_through=date(2025, 12, 31))
    with pytest.raises(ImportRefused) as caught:
        plan("neutral", neutral(), Options(), standing)
    [problem] = caught.value.problems
    assert (problem.code, problem.lines, problem.count) == ("period_closed", [2, 3], 2)
    assert "visits.csv, lines 2 and 3: " in str(problem)


def test_no_more_than_a_hundred_kinds_of_mistake_are_told() -> None:
    mistakes = Mistakes()
    for column in range(1, 151):
        for line in (7, 9):
            mistakes.add(ImportProblem("cell_empty", "visits.csv", line, column))
    with pytest.raises(ImportRefused) as caught:
        mistakes.settle()
    assert (caught.value.count, len(caught.value.problems)) == (300, 100)
    assert str(caught.value).endswith("and 100 more")


def test_what_varies_in_a_mistake_stands_beside_its_message() -> None:
    with pytest.raises(ImportRefused) as caught:
        plan("komunitin", csv_of(KOMUNITIN_TRANSFERS), HOUR)
    said = caught.value.to_dict()["mistakes"][0]
    assert said["about"] == {"list": "accounts", "columns": "balance, code, creditlimit"}
    assert said["message"] % said["about"] == said["says"]


def test_an_account_history_is_read_when_its_owner_is_said() -> None:
    options = Options(unit_seconds=3600, date_order=DateOrder.DMY, decimal=DecimalSign.COMMA, owner="ana")
    planned = plan("cyclos3", cyclos3(moves=CYCLOS3_HISTORY), options)
    assert planned.report.transfers_to_book == 2 and balances(planned) == [3 * 3600, -3 * 3600]
    assert planned.report.differing == 0


def test_people_in_no_list_are_shown_in_an_account_of_their_own_when_that_is_asked() -> None:
    content = timebank_cc(transactions=changed(TIMEBANK_CC_TRANSACTIONS, 3, 2, "99"))
    planned = plan("timebank_cc", content, Options(unknown=Unknown.DIFFERENCE))
    assert ("not-listed", "difference", None) in planned.report.openings


def test_a_workbook_does_as_well_as_a_zip() -> None:
    content = xlsx_of(members=NEUTRAL_MEMBERS, visits=NEUTRAL_VISITS)
    assert balances(plan("neutral", content, Options())) == list(BALANCES.values())


def test_columns_nobody_needs_may_be_missing_and_stand_in_any_order() -> None:
    visits = [tuple(reversed(row)) for row in without(without(NEUTRAL_VISITS, 9), 3)]
    assert balances(plan("neutral", neutral(visits=visits), Options())) == list(BALANCES.values())


def test_without_a_list_of_members_a_reference_is_the_code_of_an_account() -> None:
    ids = {"7": UUID(int=7), "8": UUID(int=8)}
    accounts = {each: Account(each, AccountKind.MEMBER, floor=-36_000) for each in ids.values()}
    planned = plan("neutral", csv_of(NEUTRAL_VISITS), Options(), Standing(accounts, dict(ids)))
    assert planned.report.openings == ()
    first = planned.postings[0].command
    assert isinstance(first, PostTransfer)
    # Ben received, and pays Ana who gave; v2, which says no time of day, stands before v1, recorded on the third.
    assert [first.entries] == [((ids["7"], -1800), (ids["8"], 1800))]


def test_whoever_has_the_name_of_a_member_is_asked_about() -> None:
    here = Known(UUID(int=1), 4, UUID(int=2))
    accounts = {UUID(int=2): Account(UUID(int=2), AccountKind.MEMBER, floor=-36_000)}
    standing = Standing(
        accounts, {"m4": UUID(int=2)}, alike={skeleton("Ana Ruiz"): [here]}, members={UUID(int=1): here}
    )
    content, options = WHOLE["neutral"]
    with pytest.raises(ImportRefused) as caught:
        plan("neutral", content, options, standing)
    assert [(each.code, each.line) for each in caught.value.problems] == [("name_alike", 2)]
    same = plan("neutral", content, replace(options, same={"7": UUID(int=1)}), standing)
    assert len(same.report.openings) == 1 and same.report.enrolled == 1
    assert same.report.matched == (("7", str(UUID(int=1))),)
    other = plan("neutral", content, replace(options, others=frozenset({"7"})), standing)
    assert other.report.enrolled == 2
    # What was said once is remembered.
    standing.matched = {"7": here}
    assert plan("neutral", content, options, standing).report.enrolled == 1


def test_one_member_is_not_two_people_of_the_file() -> None:
    here, idle = Known(UUID(int=1), 4, UUID(int=2)), Known(UUID(int=3), 5, None)
    standing = Standing(members={UUID(int=1): here, UUID(int=3): idle})
    content, options = WHOLE["neutral"]
    for same, code in (
        ({"7": UUID(int=1), "8": UUID(int=1)}, "member_twice"),
        ({"7": UUID(int=3)}, "member_without_account"),
    ):
        with pytest.raises(ImportRefused) as caught:
            plan("neutral", content, replace(options, same=same), standing)
        assert caught.value.problems[0].code == code


def test_days_of_a_closed_period_are_refused() -> None:
    content, options = WHOLE["timebank_cc"]
    with pytest.raises(ImportRefused) as caught:
        plan("timebank_cc", content, options, Standing(closed_through=date(2022, 5, 1)))
    assert [(each.code, each.line) for each in caught.value.problems] == [("period_closed", 2)]


def test_the_floor_of_new_members_is_the_policys_unless_the_file_says_one() -> None:
    content, options = WHOLE["cyclos4"]
    planned = plan("cyclos4", content, options, Standing(member_floor=-20_000))
    floors = [floor for _, kind, floor in planned.report.openings if kind == "member"]
    assert floors == [-20_000, -20_000]
    assert [floor for _, kind, floor in plan("komunitin", *WHOLE["komunitin"]).report.openings] == [
        -36_000
    ] * 2


def test_a_code_names_nobody() -> None:
    for system in ("cyclos3", "drupal", "oscurrency"):
        codes = [code for code, kind, _ in plan(system, *WHOLE[system]).report.openings if kind == "member"]
        assert not [code for code in codes if "ana" in code or "ben" in code or "@" in code]


_CELLS = st.sampled_from(["", "1", "7", "8", "2025-05-01", "1:30", "ana", "=x", "-", "9" * 30, "1,5", "\t"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(_CELLS, min_size=0, max_size=12), max_size=6))
def test_any_lines_are_read_or_refused(lines: list[list[str]]) -> None:
    header, *_ = NEUTRAL_VISITS
    try:
        planned = plan("neutral", neutral(visits=[header, *lines]), Options())
    except ImportRefused as refused:
        assert all(isinstance(each, ImportProblem) for each in refused.problems)
    else:
        assert balances(planned) == list(BALANCES.values())


@settings(max_examples=100, deadline=None)
@given(st.integers(-(10**9), 10**9), st.sampled_from([DecimalSign.COMMA, DecimalSign.POINT]), st.booleans())
def test_an_amount_is_read_exactly(hundredths: int, sign: DecimalSign, grouped: bool) -> None:
    mark, group = (",", ".") if sign is DecimalSign.COMMA else (".", ",")
    whole, rest = divmod(abs(hundredths), 100)
    written = f"{whole:,}".replace(",", group if grouped else "") + f"{mark}{rest:02}"
    text = ("-" if hundredths < 0 else "") + written
    rows = (("username", "name", "balance"), ("ana", "Ana", text))
    export = FORMATS["cyclos4"].read(csv_of(rows, ";"), "file", replace(HOUR, decimal=sign))
    assert export.members[0].balance_seconds == hundredths * 36
