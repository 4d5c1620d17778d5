"""Every number of the reports, worked out again the slow way from the steps and entries of a demo co-op's year."""

from collections import Counter, defaultdict
from datetime import UTC, date, timedelta
from itertools import pairwise

import pytest

from ledger.desk.demo import found_demo, make_demo
from ledger.desk.reports import (
    MAX_BINS,
    Care,
    Exchange,
    Reciprocity,
    by_reciprocity,
    list_inactive,
    quiet_since,
    read_balances,
    read_exchangers,
    read_weeks,
    step_hours,
)
from ledger.hours.liability import read_liability
from tests.conftest import ISSUER

HOUR = 3600
PRESENT = ("active", "away")


class Naive:
    """What happened, in lists, and all else worked out from there: it believes no sum and no state of a claim."""

    def __init__(self, **tables):
        self.tables = tables
        reversed_ids = {each["reverses_id"] for each in tables["transfer"]}
        leaves = defaultdict(list)
        for entry in tables["entry"]:
            leaves[entry["leaf_index"]].append(entry)
        self.moved = {each["transfer_id"]: leaves[each["leaf_index"]] for each in tables["transfer"]}
        self.standing = self.moved.keys() - reversed_ids
        self.corrected = {}
        for each in sorted(tables["dispute"], key=lambda each: each["event_number"]):
            if each["outcome"] == "corrected":
                self.corrected[each["claim_id"]] = each["corrected_seconds"]
        self.steps = defaultdict(list)
        for step in sorted(tables["claim_event"], key=lambda each: each["event_number"]):
            self.steps[step["claim_id"]].append(step)

    @classmethod
    async def read(cls, owner):
        names = ("claim", "claim_event", "dispute", "transfer", "entry", "account", "account_holder", "member",
                 "care_request")  # fmt: skip
        return cls(**{name: await owner.fetch(f"SELECT * FROM {name}") for name in names})

    def state(self, claim):
        """How a claim stands: what its steps left, one that disputes it and one that takes that back left out."""
        kinds = [step["kind"] for step in self.steps[claim["claim_id"]]]
        return [kind for kind in kinds if kind not in ("disputed", "undisputed", "upheld")][-1]

    def paid(self):
        """(claim, care) of every claim whose payment stands, by what its transfer moved between the two."""
        for claim in self.tables["claim"]:
            if self.state(claim) not in ("posted", "corrected"):
                continue
            credited = paid = 0
            for step in self.steps[claim["claim_id"]]:
                if step["transfer_id"] in self.standing and step["payer_account_id"] is not None:
                    moved = {each["account_id"]: each["seconds"] for each in self.moved[step["transfer_id"]]}
                    credited += moved[claim["provider_account_id"]]
                    paid -= moved[step["payer_account_id"]]
            length = self.corrected.get(claim["claim_id"], claim["recorded_seconds"])
            yield claim, Care(1, length, credited, paid)

    def weeks(self, from_on, until_on):
        """{(year, week): {activity: care}}"""
        found = {}
        for place in range((until_on - from_on).days + 1):
            found.setdefault((from_on + timedelta(days=place)).isocalendar()[:2], {})
        for claim, care in self.paid():
            if from_on <= claim["service_on"] <= until_on:
                week = found[claim["service_on"].isocalendar()[:2]]
                week[claim["activity"]] = week.get(claim["activity"], Care()) + care
        return found

    def exchange(self, from_on, until_on):
        """{member: (given, received)}"""
        found = {
            each["member_id"]: [0, 0]
            for each in self.tables["member"]
            if each["status"] in PRESENT and each["joined_on"] <= until_on
        }
        for claim, care in self.paid():
            if from_on <= claim["service_on"] <= until_on:
                found.setdefault(claim["provider_id"], [0, 0])[0] += care.recorded_seconds
                found.setdefault(claim["receiver_id"], [0, 0])[1] += care.recorded_seconds
        return found

    def balances(self, closed):
        found = {
            each["account_id"]: 0
            for each in self.tables["account"]
            if each["kind"] in ("member", "household") and each["account_id"] not in closed
        }
        for entry in self.tables["entry"]:
            if entry["account_id"] in found:
                found[entry["account_id"]] += entry["seconds"]
        return sorted(found.values())

    def last_days(self):
        """{member: the last day they were heard of}"""
        days = defaultdict(list)
        for claim in self.tables["claim"]:
            if self.state(claim) in ("logged", "posted", "corrected") or self.disputed(claim):
                days[claim["provider_id"]].append(claim["service_on"])
                days[claim["receiver_id"]].append(claim["service_on"])
        for each in self.tables["care_request"]:
            days[each["receiver_id"]].append(each["asked_at"].astimezone(UTC).date())
            days[each["taken_by"]].append(each["care_on"])
        for transfer in self.tables["transfer"]:
            if transfer["kind"] == "gift":
                givers = {
                    each["account_id"] for each in self.moved[transfer["transfer_id"]] if each["seconds"] < 0
                }
                for holder in self.tables["account_holder"]:
                    if holder["account_id"] in givers and holder["until"] is None:
                        days[holder["member_id"]].append(transfer["recorded_at"].astimezone(UTC).date())
        return {member: max(each) for member, each in days.items()}

    def disputed(self, claim):
        kinds = [step["kind"] for step in self.steps[claim["claim_id"]]]
        return kinds[-1] == "disputed"


def kind_of(given, received):
    return {
        (True, True): Reciprocity.BOTH,
        (True, False): Reciprocity.GIVERS,
        (False, True): Reciprocity.RECEIVERS,
        (False, False): Reciprocity.NEITHER,
    }[given > 0, received > 0]


async def test_every_report_of_a_year_ties_to_the_ledger(ledger, owner):
    orchard = await found_demo(ledger, "demo", ISSUER, "care.example.org/demo")
    await make_demo(ledger, orchard)
    naive, today = await Naive.read(owner), ledger.now().date()
    numbers = {each["member_id"]: each["member_number"] for each in naive.tables["member"]}
    closed = {row[0] for row in await owner.fetch("SELECT account_id FROM balance WHERE closed")}
    # The year has what is easily counted wrongly.
    states = Counter(each["state"] for each in naive.tables["claim"])
    assert states["reversed"] and states["disputed"] and naive.corrected and closed

    async with ledger.database.snapshot(orchard.id) as db:
        for from_on, until_on in [
            (today - timedelta(days=400), today),
            (today - timedelta(days=150), today - timedelta(days=37)),
            (today - timedelta(days=60), today - timedelta(days=60)),
            (date(2001, 1, 1), date(2001, 1, 14)),
        ]:
            weeks = await read_weeks(db, orchard.id, from_on, until_on)
            slowly = naive.weeks(from_on, until_on)
            assert {week.monday.isocalendar()[:2]: dict(week.activities) for week in weeks} == slowly
            mondays = [week.monday for week in weeks]
            assert mondays == sorted(mondays) and {each.weekday() for each in mondays} == {0}
            everybody = await read_exchangers(db, orchard.id, from_on, until_on)
            assert [each.number for each in everybody] == sorted(
                numbers[each.member_id] for each in everybody
            )
            found = by_reciprocity(everybody)
            exchanged = naive.exchange(from_on, until_on)
            for kind in Reciprocity:
                those = {member: each for member, each in exchanged.items() if kind_of(*each) is kind}
                given, received = (sum(each[side] for each in those.values()) for side in (0, 1))
                assert found[kind] == Exchange(len(those), given, received)
                listed = {
                    each.member_id: [each.given_seconds, each.received_seconds]
                    for each in everybody
                    if each.kind is kind
                }
                assert listed == those
            recorded = sum(week.care.recorded_seconds for week in weeks)
            assert sum(each.given_seconds for each in found.values()) == recorded
            assert sum(each.received_seconds for each in found.values()) == recorded
        assert recorded == 0

        spread, balances = await read_balances(db, orchard.id), naive.balances(closed)
        assert (spread.accounts, spread.median_seconds) == (len(balances), balances[(len(balances) - 1) // 2])
        assert spread.positive_seconds == sum(each for each in balances if each > 0)
        assert spread.negative_seconds == sum(each for each in balances if each < 0)
        owed = await read_liability(db, orchard.id, today, 10)
        assert (spread.positive_seconds, spread.negative_seconds) == (
            owed.outstanding_seconds,
            -owed.owed_seconds,
        )
        assert_counts(spread, balances)

        last_on = naive.last_days()
        for days in (1, 30, 90):
            through_on = today - timedelta(days=days)
            quiet = [
                (last_on.get(each["member_id"], each["joined_on"]), each["member_number"])
                for each in naive.tables["member"]
                if each["status"] == "active"
            ]
            quiet = sorted(each for each in quiet if each[0] <= through_on)
            listed, after = [], None
            while rows := await list_inactive(db, orchard.id, through_on, after=after, at_most=3):
                assert all(row["last_on"] == last_on.get(row["member_id"]) for row in rows)
                listed += [(quiet_since(row), row["member_number"]) for row in rows]
                after = listed[-1]
            assert listed == quiet and (quiet or days > 1)


def assert_counts(spread, balances):
    """Each bin holds the accounts between its edges, the bins have no gap, and all are counted."""
    assert len(spread.bins) <= MAX_BINS
    for each in spread.bins:
        from_hours = -(10**13) if each.from_hours is None else each.from_hours
        until_hours = 10**13 if each.until_hours is None else each.until_hours
        inside = [balance for balance in balances if from_hours * HOUR <= balance < until_hours * HOUR]
        assert each.accounts == len(inside), each
    assert sum(each.accounts for each in spread.bins) == len(balances)
    assert all(before.until_hours == behind.from_hours for before, behind in pairwise(spread.bins))


STANDINGS = {
    "nobody": [],
    "one at zero": [0],
    "one below zero": [-1],
    "edges": [-2 * HOUR, -HOUR - 1, -HOUR, -1, 0, 1, HOUR - 1, HOUR, 12 * HOUR],
    "a whole step": [-HOUR * each for each in range(13)],
    "a step too many": [-HOUR * each for each in range(14)],
    "far": [0] * 100 + [9 * 10**15],
    "far both ways": [-(10**9)] + [each * 900 for each in range(-60, 61)] + [10**9],
    "wide": [each * 100 * HOUR for each in range(-70, 71)],
}


@pytest.mark.parametrize("standings", STANDINGS.values(), ids=STANDINGS)
async def test_the_spread_of_balances_has_few_bins_of_whole_hours(standings, ledger, owner, community):
    await owner.execute("SET session_replication_role = replica")
    for place, balance in enumerate(standings):
        await owner.execute(
            "INSERT INTO account VALUES ($1, md5($2)::uuid, $3, $2, NULL, now())",
            community.id,
            f"a{place}",
            ("member", "household")[place % 2],
        )
        await owner.execute(
            "INSERT INTO balance VALUES ($1, md5($2)::uuid, $3, 0, NULL, NULL, 1, 1, false)",
            community.id,
            f"a{place}",
            balance,
        )
    async with ledger.database.snapshot(community.id) as db:
        spread = await read_balances(db, community.id)
    assert spread.accounts == len(standings)
    assert_counts(spread, standings)


@pytest.mark.parametrize(
    ("low", "high", "step"),
    [
        (0, 0, 1),
        (-1, 0, 1),
        (0, 13 * HOUR - 1, 1),
        (0, 13 * HOUR, 2),
        (-HOUR, 25 * HOUR, 5),
        (-60 * HOUR, 60 * HOUR, 10),
        (-(10**9), 10**9, 50_000),
    ],
)
def test_a_bin_is_no_wider_than_it_must_be(low, high, step):
    assert step_hours(low, high) == step
