"""Every number of the social report, worked out again the slow way from the steps of a demo co-op's year."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ledger.book.authors import SHELL
from ledger.desk.demo import found_demo, make_demo
from ledger.desk.social.measures import ALL, MEASURES, Rows
from ledger.desk.social.packs import find_pack, make_again, make_pack
from ledger.desk.social.reading import Member, asked_now
from ledger.desk.social.report import CLASSES, read_social
from ledger.desk.social.rows import After, Narrowed, list_behind
from ledger.hours.hours import Hours
from tests.conftest import ISSUER

TABLES = (
    "claim",
    "claim_event",
    "dispute",
    "care_request",
    "care_request_event",
    "member",
    "member_class",
    "clearance",
    "account",
    "entry",
    "well_being",
)
A_DAY = timedelta(days=1)


class Naive:
    """The tables as lists, and every number counted from them step by step, as of a moment."""

    def __init__(self, tables, asked):
        self.tables, self.asked = tables, asked
        self.zone = ZoneInfo(asked.zone)
        self.steps = defaultdict(list)
        for step in sorted(tables["claim_event"], key=lambda each: each["event_number"]):
            if step["at"] < asked.as_of:
                self.steps[step["claim_id"]].append(step)
        self.corrected = {}
        for each in sorted(tables["dispute"], key=lambda each: each["event_number"]):
            if each["outcome"] == "corrected" and each["resolved_at"] < asked.as_of:
                self.corrected[each["claim_id"]] = each["corrected_seconds"]

    def day(self, moment):
        return moment.astimezone(self.zone).date()

    def within(self, day):
        return self.asked.from_on <= day <= self.asked.until_on

    def is_paid(self, claim):
        left = [
            step["kind"]
            for step in self.steps[claim["claim_id"]]
            if step["kind"] not in ("disputed", "undisputed", "upheld")
        ]
        return bool(left) and left[-1] in ("posted", "corrected")

    def length(self, claim):
        return self.corrected.get(claim["claim_id"], claim["recorded_seconds"])

    def known(self):
        """The claims of the range that had been logged."""
        return [
            each
            for each in self.tables["claim"]
            if self.within(each["service_on"]) and self.steps[each["claim_id"]]
        ]

    def paid(self):
        return [claim for claim in self.known() if self.is_paid(claim)]

    def paid_before(self, side, member):
        return any(
            claim[side] == member and claim["service_on"] < self.asked.from_on and self.is_paid(claim)
            for claim in self.tables["claim"]
        )

    def figures(self):
        found = {}
        paid = self.paid()
        found["visits"] = (len(paid), len(paid))
        found["hours_given"] = (sum(map(self.length, paid)), len(paid))
        givers = {claim["provider_id"] for claim in paid}
        receivers = {claim["receiver_id"] for claim in paid}
        belong = {
            each["member_id"]
            for each in self.tables["member"]
            if each["status"] in ("active", "away") and each["joined_on"] <= self.asked.until_on
        }
        joined = {each["member_id"]: each["joined_on"] for each in self.tables["member"]}
        sets = {
            "people_reached": receivers,
            "givers": givers,
            "both": givers & receivers,
            "only_give": givers - receivers,
            "only_receive": receivers - givers,
            "neither": belong - givers - receivers,
            "first_received": {each for each in receivers if not self.paid_before("receiver_id", each)},
            "first_given": {each for each in givers if not self.paid_before("provider_id", each)},
            "new_members": {each for each in belong if joined[each] >= self.asked.from_on},
        }
        found |= {code: (len(members), len(members)) for code, members in sets.items()}
        found |= self.answers() | self.requests() | self.disputes()
        found["cleared"] = self.cleared(paid)
        accounts = self.balances()
        found["outstanding"] = (sum(accounts), len(accounts))
        return found

    def answers(self):
        def answer(claim):
            steps = self.steps[claim["claim_id"]]
            return (steps[1]["kind"], steps[1]["via"]) if len(steps) > 1 else (None, None)

        counts = Counter(answer(claim) for claim in self.known())
        found = {
            "logged": sum(counts.values()),
            "by_receiver": counts["posted", "member"],
            "by_delegate": counts["posted", "delegate"],
            "by_coordinator": counts["posted", "coordinator"],
            "by_silence": counts["posted", "silence"],
            "by_machine": counts["posted", "token"] + counts["posted", "shell"],
            "unanswered": counts[None, None],
        }
        for code, kind in (
            ("declined", "declined"),
            ("withdrawn", "withdrawn"),
            ("disputed_first", "disputed"),
        ):
            found[code] = sum(count for (said, _), count in counts.items() if said == kind)
        people = found["by_receiver"] + found["by_delegate"] + found["by_coordinator"]
        confirmed = people + found["by_silence"] + found["by_machine"]
        waits = []
        for claim in self.known():
            steps = self.steps[claim["claim_id"]]
            if len(steps) > 1 and steps[1]["kind"] == "posted" and steps[1]["via"] != "silence":
                waits.append(int((steps[1]["at"] - steps[0]["at"]).total_seconds()))
        waits = [each for each in waits if each > 0]
        return {
            **{code: (count, count) for code, count in found.items()},
            "by_people": (people * 1000 // confirmed if confirmed else None, people),
            "confirm_median": (rank(waits, 0.5), len(waits)),
            "confirm_ninety": (rank(waits, 0.9), len(waits)),
        }

    def requests(self):
        asked, taken, visited = [], [], []
        service = {claim["claim_id"]: claim["service_on"] for claim in self.tables["claim"]}
        for each in self.tables["care_request"]:
            if not self.within(each["care_on"]) or each["asked_at"] >= self.asked.as_of:
                continue
            steps = [
                step
                for step in self.tables["care_request_event"]
                if step["care_request_id"] == each["care_request_id"] and step["at"] < self.asked.as_of
            ]
            asked.append(each)
            takings = [step["at"] for step in steps if step["kind"] == "taken"]
            if takings:
                taken.append(int((min(takings) - each["asked_at"]).total_seconds()))
            settled = [step["claim_id"] for step in steps if step["kind"] == "settled"]
            if settled:
                visited.append(max((service[settled[-1]] - self.day(each["asked_at"])).days, 0))
        return {
            "requests": (len(asked), len(asked)),
            "requests_taken": (share(len(taken), len(asked)), len(taken)),
            "requests_visited": (share(len(visited), len(asked)), len(visited)),
            "taking_median": (rank(taken, 0.5), len(taken)),
            "taking_ninety": (rank(taken, 0.9), len(taken)),
            "visiting_median": (rank(visited, 0.5), len(visited)),
            "visiting_ninety": (rank(visited, 0.9), len(visited)),
        }

    def disputes(self):
        outcomes, days = Counter(), []
        for each in self.tables["dispute"]:
            if not self.within(self.day(each["opened_at"])) or each["opened_at"] >= self.asked.as_of:
                continue
            decided = each["resolved_at"] is not None and each["resolved_at"] < self.asked.as_of
            outcomes[each["outcome"] if decided else "open"] += 1
            if decided:
                days.append((self.day(each["resolved_at"]) - self.day(each["opened_at"])).days)
        found = {
            f"disputes_{each}": outcomes[each]
            for each in ("open", "upheld", "corrected", "reversed", "withdrawn")
        }
        found["disputes"] = sum(outcomes.values())
        return {
            **{code: (count, count) for code, count in found.items()},
            "deciding_median": (rank(days, 0.5), len(days)),
            "deciding_ninety": (rank(days, 0.9), len(days)),
        }

    def cleared(self, paid):
        needing, good = set(), set()
        for claim in paid:
            if claim["activity"] in self.asked.needs:
                needing.add(claim["provider_id"])
        for member in needing:
            kinds = {
                kind
                for claim in paid
                if claim["provider_id"] == member
                for kind in self.asked.needs.get(claim["activity"], ())
            }
            held = {
                each["kind"]
                for each in self.tables["clearance"]
                if each["member_id"] == member
                and each["recorded_at"] < self.asked.as_of
                and (each["revoked_at"] is None or each["revoked_at"] >= self.asked.as_of)
                and each["issued_on"] <= self.asked.until_on
                and (each["expires_on"] is None or each["expires_on"] >= self.asked.until_on)
            }
            if kinds <= held:
                good.add(member)
        return share(len(good), len(needing)), len(good)

    def balances(self):
        kinds = {each["account_id"]: each["kind"] for each in self.tables["account"]}
        sums = Counter()
        for entry in self.tables["entry"]:
            if entry["leaf_index"] < self.asked.tree_size:
                sums[entry["account_id"]] += entry["seconds"]
        return [
            seconds
            for account, seconds in sums.items()
            if seconds > 0 and kinds[account] in ("member", "household")
        ]

    def well_being(self):
        """{(side, question): counts} of the whole months in which five people or more answered."""
        found = {}
        for side in ("receiver", "provider"):
            for question in ("visit", "after"):
                months = defaultdict(list)
                for each in self.tables["well_being"]:
                    if each["side"] == side and each[question] is not None:
                        months[self.day(each["answered_at"]).replace(day=1)].append(each)
                counts = [0, 0, 0, 0, 0]
                for first, said in months.items():
                    following = (first + timedelta(days=32)).replace(day=1)
                    settled = datetime.combine(following, time(), self.zone) + timedelta(days=7)
                    whole = self.within(first) and self.within(following - A_DAY)
                    enough = len({each["member_id"] for each in said}) >= 5
                    if whole and enough and settled <= self.asked.as_of:
                        for each in said:
                            counts[each[question] - 1] += 1
                found[side, question] = tuple(counts)
        return found

    def classes(self):
        found = {code: [set(), 0, 0, set(), 0, 0] for code in CLASSES}
        held = defaultdict(set)
        for each in self.tables["member_class"]:
            if each["from_on"] <= self.asked.until_on <= (each["until_on"] or date.max):
                held[each["member_id"]].add(each["class"])
        for claim in self.paid():
            for place, side in ((0, "provider_id"), (3, "receiver_id")):
                for code in held[claim[side]] or {"none"}:
                    found[code][place].add(claim[side])
                    found[code][place + 1] += 1
                    found[code][place + 2] += self.length(claim)
        return {code: (len(a), b, c, len(d), e, f) for code, (a, b, c, d, e, f) in found.items()}


def rank(values, part):
    """The value at the nearest rank."""
    if not values:
        return None
    for value in sorted(values):
        if sum(each <= value for each in values) >= part * len(values):
            return value
    raise AssertionError


def share(part, whole):
    return part * 1000 // whole if whole else None


async def all_behind(db, asked, measure, narrowed=None, at_once=37):
    """Every row behind a measure, a page after another."""
    found, after = [], None
    while True:
        page = await list_behind(db, asked, measure, narrowed or Narrowed(), after, at_once)
        found += page
        if len(page) < at_once:
            return found
        after = After(id_of(page[-1]), page[-1]["logged_at"] if measure.rows is Rows.CLAIMS else None)


def id_of(row):
    return row.id if isinstance(row, Member) else row[0]


@pytest.fixture
async def orchard(ledger):
    orchard = await found_demo(ledger, "demo", ISSUER, "care.example.org/demo")
    await make_demo(ledger, orchard)
    return orchard


@pytest.mark.timeout(300)  # a year is made first
async def test_every_number_of_a_year_is_what_its_rows_and_its_steps_say(ledger, owner, orchard):
    tables = {name: await owner.fetch(f"SELECT * FROM {name}") for name in TABLES}
    hours = Hours(ledger)
    size = await owner.fetchval("SELECT tree_size FROM log_head")
    seen = Counter()
    async with ledger.database.snapshot(orchard.id) as db:
        slice_ = await hours.read(db, orchard, ledger.now())
        today = slice_.today
        for from_on, until_on, ago in [
            (today - timedelta(days=400), today, 0),
            (today - timedelta(days=170), today - timedelta(days=37), 0),
            (today - timedelta(days=60), today - timedelta(days=60), 0),
            (date(2001, 1, 1), date(2001, 1, 14), 0),
            # As it stood in the middle of it all.
            (today - timedelta(days=330), today - timedelta(days=40), 45),
            (today - timedelta(days=250), today, 100),
        ]:
            now = ledger.now() - timedelta(days=ago)
            leaves = size if not ago else await leaves_before(owner, now)
            asked = asked_now(orchard.id, slice_, from_on, until_on, leaves, now)
            report, naive = await read_social(db, asked), Naive(tables, asked)
            slowly = naive.figures()
            for code, (value, count) in slowly.items():
                assert report.figures[code].value == value, (code, from_on, ago)
                assert report.figures[code].count == count, (code, from_on, ago)
            assert {key: found.counts for key, found in report.answers.items()} == naive.well_being()
            assert {
                each.code: (each.givers, each.given_visits, each.given_seconds, each.receivers,
                            each.received_visits, each.received_seconds)
                for each in report.classes
            } == naive.classes()  # fmt: skip
            assert (
                slowly.keys() | {each.code for each in ALL if each.rows is Rows.NONE} == report.figures.keys()
            )
            for measure in ALL:
                figure = report.figures[measure.code]
                seen[measure.code] += figure.count
                if measure.rows is Rows.NONE:
                    continue
                behind = await all_behind(db, asked, measure)
                assert len(behind) == figure.count == len({id_of(row) for row in behind}), measure.code
                if measure.code == "hours_given":
                    assert sum(row["seconds"] for row in behind) == figure.value
                if measure.code == "outstanding":
                    assert sum(row["balance"] for row in behind) == figure.value
            visits = MEASURES["visits"]
            for each in report.activities:
                rows = await all_behind(db, asked, visits, Narrowed(activity=each.code))
                assert (len(rows), sum(row["seconds"] for row in rows)) == (each.visits, each.seconds)
            for each in report.classes:
                given = await all_behind(db, asked, visits, Narrowed(giver_class=each.code))
                received = await all_behind(db, asked, visits, Narrowed(receiver_class=each.code))
                assert (len(given), len(received)) == (each.given_visits, each.received_visits)
                givers = await all_behind(db, asked, MEASURES["givers"], Narrowed(giver_class=each.code))
                reached = await all_behind(
                    db, asked, MEASURES["people_reached"], Narrowed(receiver_class=each.code)
                )
                assert (len(givers), len(reached)) == (each.givers, each.receivers)
    # The year has what is easily counted wrongly, and what people said of it.
    assert all(
        seen[code]
        for code in ("declined", "withdrawn", "disputes_open", "disputes_corrected", "disputes_reversed",
                     "by_delegate", "by_silence", "requests_visited", "cleared", "receiver_visit", "first_given")
    )  # fmt: skip

    await a_pack_comes_out_again_when_the_year_goes_on(ledger, owner, orchard)


async def leaves_before(owner, moment):
    # What was recorded in the second before the moment counts: `asked_now` says so.
    before = moment.replace(microsecond=0) + timedelta(seconds=1)
    newest = await owner.fetchval(
        "SELECT max(leaf_index) FROM (SELECT leaf_index, recorded_at FROM transfer"
        " UNION ALL SELECT leaf_index, recorded_at FROM event) u WHERE recorded_at < $1",
        before,
    )
    return newest + 1


async def a_pack_comes_out_again_when_the_year_goes_on(ledger, owner, orchard):
    """Told of the same year: making it takes longer than all else here."""
    hours = Hours(ledger)
    today = datetime.now(UTC).date()
    key = await owner.fetchval("SELECT gen_random_uuid()")
    answer = await make_pack(hours, orchard, SHELL, key, today - timedelta(days=300), today)
    assert answer.transfer is None
    async with ledger.database.snapshot(orchard.id) as db:
        row = await find_pack(db, orchard.id, key)
        made = await make_again(db, orchard, row)
    assert made is not None
    # Silence confirms what waited, an erased person's classes and answers go, and policies change: nothing of it shows.
    due = await owner.fetchval("SELECT count(*) FROM open_claim")
    later = Hours(
        type(ledger)(
            ledger.database, ledger.keys, ledger.published, lambda: datetime.now(UTC) + timedelta(days=30)
        )
    )
    assert due and await later.confirm_silent(orchard)
    await owner.execute("DELETE FROM member_class")
    await owner.execute("DELETE FROM well_being")
    await owner.execute("UPDATE member SET status = 'left'")
    async with ledger.database.snapshot(orchard.id) as db:
        assert await make_again(db, orchard, row) == made
    await later.close()
