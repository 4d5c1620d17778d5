"""The liability view over HTTP and from the shell: what the books leave of whose credits, and of which year."""

import json
import random
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner

from api.cli import main
from ledger.book.commands import AccountKind, OpenAccount, PostTransfer, ReverseTransfer, TransferKind
from ledger.book.posting import Refused
from ledger.people.members import account_of
from ledger.people.roles import Role
from tests.api.conftest import care, problem

HOUR = 3600
THIS_YEAR = datetime.now(UTC).year


class Book:
    """Posts what the test says, and keeps the entries of every account in order."""

    def __init__(self, app, community):
        self.ledger, self.community = app.state.ledger, community
        self.entries = {}

    async def do(self, *commands):
        for answer in await self.ledger.post(self.community, list(commands)):
            assert not isinstance(answer.outcome, Refused), answer.outcome

    async def open(self, kind, floor=-1000 * HOUR):
        account_id = uuid4()
        await self.do(OpenAccount(account_id, kind, f"a-{uuid4().hex[:12]}", floor, None))
        return account_id

    async def give(self, source, target, seconds, year, kind=TransferKind.CARE):
        moved, on = ((source, -seconds), (target, seconds)), date(year, 1, 2)
        transfer = PostTransfer(uuid4(), kind, moved, on)
        await self.do(transfer)
        for account_id, moves in moved:
            self.entries.setdefault(account_id, []).append((transfer.id, moves, year))
        return transfer.id

    async def reverse(self, transfer_id):
        await self.do(ReverseTransfer(uuid4(), transfer_id))
        for account_id, entries in self.entries.items():
            self.entries[account_id] = [each for each in entries if each[0] != transfer_id]

    def left(self, account_id):
        """What is left of each year's credits, spending the oldest first: worked out the slow way."""
        earned, spent = [], 0
        for _, seconds, year in self.entries.get(account_id, ()):
            if seconds > 0:
                earned.append([year, seconds])
            else:
                spent -= seconds
        left = {}
        for year, seconds in earned:
            used = min(seconds, spent)
            spent -= used
            if seconds > used:
                left[year] = left.get(year, 0) + seconds - used
        return left if not spent else {}


@pytest.fixture
def book(app, oak):
    return Book(app, oak)


async def read(caller, query=""):
    answer = await caller.get(f"/liability{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_new_community_owes_nothing(caller):
    found = await read(caller)
    assert (found["outstanding_seconds"], found["ages"], found["years"]) == (0, [], [])
    assert "coverage_per_mille" not in found and found["share"] == 10


async def test_hours_are_shown_by_the_age_of_who_holds_them(caller, people, book):
    issuance = await book.open(AccountKind.ISSUANCE, None)
    for born, hours in ((1938, 4), (1939, 5), (1940, 6), (1990, 1), (1991, 1), (None, 1)):
        member = await people.enrol(**({} if born is None else {"birth_year": born}))
        await book.give(issuance, account_of(member), hours * HOUR, THIS_YEAR)
    found = await read(caller, "?share=50")
    assert [(each["bands"], each["accounts"], each["outstanding_seconds"]) for each in found["ages"]] == [
        (["under_60", "80_and_over", "unknown"], 6, 18 * HOUR)
    ]
    member = await people.enrol(birth_year=1992)
    await book.give(issuance, account_of(member), HOUR, THIS_YEAR)
    for _ in range(2):
        await book.give(issuance, account_of(await people.enrol()), HOUR, THIS_YEAR)
    found = await read(caller, "?share=50")
    assert [(each["bands"], each["outstanding_seconds"]) for each in found["ages"]] == [
        (["under_60"], 3 * HOUR),
        (["80_and_over"], 15 * HOUR),
        (["unknown"], 3 * HOUR),
    ]
    assert found["stress"]["needed_seconds"] == 21 * HOUR // 2
    assert found["ages"][1]["stress"] == {
        "needed_seconds": 27_000,
        "monthly_seconds": 2250,
        "covered_seconds": 0,
        "months_at_pace": 5,
    }
    assert found["given_seconds"] == 21 * HOUR


async def test_a_household_is_as_old_as_its_eldest_and_who_left_it_does_not_count(
    caller, people, book, owner
):
    issuance = await book.open(AccountKind.ISSUANCE, None)
    for _ in range(3):
        house = await book.open(AccountKind.HOUSEHOLD)
        await book.give(issuance, house, HOUR, THIS_YEAR)
        for born, until in ((1950, None), (1990, None), (1930, datetime.now(UTC))):
            member = await people.enrol(birth_year=born)
            await owner.execute(
                "INSERT INTO account_holder VALUES ($1, $2, $3, now(), $4)",
                book.community.id,
                house,
                member,
                until,
            )
    [group] = (await read(caller))["ages"]
    assert (group["bands"], group["accounts"]) == (["70_to_79"], 3)


async def test_the_oldest_credits_are_spent_first_and_what_was_reversed_never_was(caller, book):
    """Random years of giving, spending and reversing, against the same worked out slowly."""
    dice = random.Random(7)
    issuance = await book.open(AccountKind.ISSUANCE, None)
    accounts = [await book.open(AccountKind.MEMBER) for _ in range(9)] + [
        await book.open(AccountKind.HOUSEHOLD)
    ]
    posted = []
    for _ in range(160):
        source, target = dice.sample([*accounts, issuance, issuance], 2)
        if source == target:
            continue
        seconds, year = dice.randrange(1, 9) * 900, THIS_YEAR - dice.randrange(5)
        posted.append(await book.give(source, target, seconds, year))
        if dice.random() < 0.15:
            await book.reverse(posted.pop(dice.randrange(len(posted))))
    years, outstanding = {}, 0
    for account_id in accounts:
        for year, seconds in book.left(account_id).items():
            years[year] = years.get(year, 0) + seconds
            outstanding += seconds
    found = await read(caller)
    assert found["outstanding_seconds"] == outstanding > 0
    for each in found["years"]:
        span = range(each["from_year"], each["until_year"] + 1)
        assert each["outstanding_seconds"] == sum(years.get(year, 0) for year in span), (
            found["years"],
            years,
        )
    assert sum(each["outstanding_seconds"] for each in found["years"]) == outstanding
    assert len(found["years"]) > 2
    assert found["owing_accounts"] > 0 and found["owed_seconds"] > 0


async def test_only_care_of_the_past_year_is_the_pace(caller, book):
    issuance = await book.open(AccountKind.ISSUANCE, None)
    member = await book.open(AccountKind.MEMBER)
    await book.give(issuance, member, HOUR, THIS_YEAR)
    await book.give(issuance, member, 2 * HOUR, THIS_YEAR, TransferKind.REDEEM)
    await book.give(issuance, member, 4 * HOUR, THIS_YEAR, TransferKind.GIFT)
    await book.give(issuance, member, 8 * HOUR, THIS_YEAR - 2)
    await book.reverse(await book.give(issuance, member, 16 * HOUR, THIS_YEAR))
    assert (await read(caller))["given_seconds"] == 3 * HOUR


async def test_pots_are_no_liability_and_those_that_guarantee_cover_it(caller, book, owner):
    issuance = await book.open(AccountKind.ISSUANCE, None)
    pots = [await book.open(AccountKind.POT) for _ in range(4)]
    await book.give(issuance, await book.open(AccountKind.MEMBER), 20 * HOUR, THIS_YEAR)
    # The third was a guarantee pot once, and the fourth is overdrawn.
    for pot, hours in zip(pots, (5, 7, 9, -3), strict=True):
        await book.give(*((issuance, pot) if hours > 0 else (pot, issuance)), abs(hours) * HOUR, THIS_YEAR)
    for pot, *purposes in (
        (pots[0], "hardship", "guarantee"),
        (pots[1], "community"),
        (pots[2], "guarantee", "community"),
        (pots[3], "guarantee"),
    ):
        for number, purpose in enumerate(purposes, 1):
            await owner.execute(
                "INSERT INTO pot_rule VALUES ($1, $2, $3, $4, 'anybody', NULL, NULL, 0, now(), NULL)",
                book.community.id, pot, number, purpose,
            )  # fmt: skip
    found = await read(caller, "?share=30")
    assert (found["outstanding_seconds"], found["guarantee_seconds"]) == (20 * HOUR, 5 * HOUR)
    assert found["coverage_per_mille"] == 250
    assert found["stress"]["covered_seconds"] == 5 * HOUR
    assert (await read(caller, "?share=10"))["stress"]["covered_seconds"] == 2 * HOUR


@pytest.mark.parametrize(
    "query", ["?share=0", "?share=101", "?share=1.5", "?share=x", "?shares=1", "?share=1&share=2"]
)
async def test_a_share_is_one_to_a_hundred(caller, query):
    assert problem(await caller.get(f"/liability{query}")) == (400, "malformed_request")


async def test_an_administrator_may_look_and_a_member_may_not(people):
    administrator = await people.with_role(Role.ADMINISTRATOR)
    assert (await administrator.get("/liability")).status_code == 200
    member = await people.member()
    assert problem(await member.get("/liability")) == (403, "not_allowed")


async def test_the_answer_names_nobody(caller, people, book):
    member = await people.enrol("Ana", birth_year=1940)
    issuance = await book.open(AccountKind.ISSUANCE, None)
    await book.give(issuance, account_of(member), HOUR, THIS_YEAR)
    said = json.dumps(await read(caller))
    assert "Ana" not in said and "1940" not in said
    assert str(member) not in said and str(account_of(member)) not in said


async def test_another_community_is_not_counted(caller, other_caller):
    issuance, member = await other_caller.open("issuance"), await other_caller.open("member", floor=0)
    answer = await other_caller.post("/transfers", care(issuance, member))
    assert UUID(answer.json()["id"])
    assert (await read(caller))["outstanding_seconds"] == 0
    assert (await read(other_caller))["outstanding_seconds"] == HOUR


# --- at the shell ---------------------------------------------------------------------------------------------------


@pytest.fixture
def run(database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CAREHOURS_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        result = CliRunner().invoke(main, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.exit_code, result.output

    return run


def test_the_shell_shows_it_in_words_and_as_json(run):
    run("community", "found", "oak", "--name", "Oak")
    code, said = run("liability", "--community", "oak")
    assert code == 0, said
    assert "0:00 hours outstanding on 0 accounts" in said
    assert run("demo", "--community", "pine")[0] == 0
    code, said = run("liability", "--community", "pine", "--share", "25")
    assert code == 0, said
    assert "If 25 % is redeemed within a year:" in said
    assert "everybody" in said and "\N{FULL BLOCK}" not in said
    code, said = run("liability", "--community", "pine", "--json")
    found = json.loads(said)
    assert found["share"] == 10 and found["outstanding_seconds"] > 0
    assert sum(each["outstanding_seconds"] for each in found["years"]) == found["outstanding_seconds"]
    assert run("liability", "--community", "elm")[0] == 1
    assert run("liability", "--community", "oak", "--share", "0")[0] == 2


def test_bars_are_drawn_on_a_terminal_only(monkeypatch):
    from api import cli_liability
    from ledger.hours.liability import Holding, liability

    holdings = [
        Holding(UUID(int=number), hours * 3600, born, ((2026, hours * 3600),))
        for number, (hours, born) in enumerate([(1, 1930)] * 3 + [(2, 1960)] * 3)
    ]
    found = liability(holdings, on=date(2026, 6, 1), share=10, guarantee_seconds=900, given_seconds=0)
    drawn = "\n".join(cli_liability.lines("Oak", found, "#"))
    plain = "\n".join(cli_liability.lines("Oak", found))
    assert "#" * 16 in drawn and "#" not in plain
    assert "10.0 %" not in plain and "2.7 % of what is outstanding" in plain
    assert "none was given" in plain
    assert cli_liability.bar_sign() == ""
