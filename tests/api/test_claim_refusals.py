"""What bad input gets: each claim nobody can log with its sample, its refusal, and nothing that was changed.

A line is what was arranged before (`-` for nothing), the refusal, its status, and the sample: what it says otherwise
than `SAMPLE`. Days and times are those of the community's clock, London; it is noon of the 20th of November 2026.
"""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from ledger.book.refusals import BY_CODE
from ledger.hours.policy import Above, Activity, Cap, Limit, Period
from ledger.people.members import account_of
from tests.api.conftest import problem
from tests.hours import apply_policy

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SAMPLE = {
    "provider": "ben",
    "receiver": "ana",
    "activity": "shopping",
    "service_on": "2026-11-19",
    "seconds": 3600,
}

TABLE = """
-                claim_in_future      422  {"service_on": "2026-11-21"}
-                claim_in_future      422  {"service_on": "2026-11-20", "from": "13:00", "to": "14:00"}
-                longer_than_a_day    422  {"seconds": 90000}
twenty_hours     longer_than_a_day    422  {"seconds": 14401}
-                own_claim            422  {"receiver": "ben"}
-                member_unknown       404  {"receiver": "nobody"}
-                member_unknown       404  {"provider": "nobody"}
ana_left         after_leaving        409  {"service_on": "2026-11-11"}
ben_left         after_leaving        409  {"service_on": "2026-11-11"}
ana_died         after_leaving        409  {"service_on": "2026-11-11"}
-                before_joining       422  {"service_on": "2025-12-31"}
-                across_midnight      422  {"from": "23:00", "to": "01:00", "seconds": 7200}
-                across_midnight      422  {"from": "23:00", "to": "00:00"}
-                across_midnight      422  {"from": "10:00", "to": "10:00"}
-                clock_changed        422  {"service_on": "2026-03-29", "from": "00:30", "to": "02:30"}
-                clock_changed        422  {"service_on": "2026-03-29", "from": "01:15", "to": "01:45", "seconds": 1800}
-                clock_changed        422  {"service_on": "2026-10-25", "from": "00:30", "to": "02:30"}
-                clock_changed        422  {"service_on": "2026-10-25", "from": "01:15", "to": "01:45", "seconds": 1800}
-                times_disagree       422  {"from": "10:00", "to": "12:00"}
listed_only      activity_unknown     422  {"activity": "juggling"}
closed_october   period_closed        409  {"service_on": "2026-10-31"}
closed_october   period_closed        409  {"service_on": "2026-02-01"}
thirty_days      claim_too_old        422  {"service_on": "2026-10-20"}
daily_cap        over_daily_cap       409  {"seconds": 10800}
daily_cap_waits  over_daily_cap       409  {"seconds": 7200}
weekly_cap       over_weekly_cap      409  {"seconds": 3601}
lifetime_cap     over_lifetime_cap    409  {"seconds": 3601}
household        own_household        422  {}
ana_closed       no_account           409  {}
ben_closed       no_account           409  {}
-                care_request_unknown 404  {"care_request": "nothing"}
"""

GOOD = """
-                {}
-                {"seconds": 86400}
-                {"service_on": "2026-11-20", "from": "11:00", "to": "12:00"}
-                {"service_on": "2026-03-29", "from": "02:00", "to": "03:00"}
-                {"service_on": "2026-03-29"}
-                {"service_on": "2026-10-25", "from": "02:00", "to": "03:00"}
-                {"service_on": "2026-01-01"}
twenty_hours     {"seconds": 14400}
ana_left         {"service_on": "2026-11-10"}
ana_died         {"service_on": "2026-11-10"}
listed_only      {}
closed_october   {"service_on": "2026-11-01"}
thirty_days      {"service_on": "2026-10-21"}
daily_cap        {"seconds": 7200}
daily_cap_waits  {"seconds": 3600}
weekly_cap       {"seconds": 3600}
lifetime_cap     {"seconds": 3600}
"""


class Arranged:
    """What may have come before a sample; each way by its name in the table."""

    def __init__(self, owner, community, caller, people):
        self.owner = owner
        self.community = community
        self.caller = caller
        self.people = people

    async def policy(self, **changes):
        await apply_policy(self.owner, self.community, timezone="Europe/London", **changes)

    async def logged(self, confirmed=False, **changes):
        sample = named(SAMPLE | changes, self.people) | {"confirmed": confirmed}
        answer = await self.caller.post("/claims", sample)
        assert answer.status_code == 201, answer.text

    async def gone(self, name, status):
        await self.owner.execute(
            "UPDATE member SET status = $2, status_since = '2026-11-10' WHERE member_id = $1",
            self.people[name],
            status,
        )

    async def closed(self, name):
        answer = await self.caller.post(f"/accounts/{account_of(self.people[name])}/closing", {})
        assert answer.status_code == 200, answer.text

    async def twenty_hours(self):
        await self.logged(seconds=72_000)

    async def ana_left(self):
        await self.gone("ana", "left")

    async def ben_left(self):
        await self.gone("ben", "left")

    async def ana_died(self):
        await self.gone("ana", "died")

    async def listed_only(self):
        shopping = Activity("shopping", "Shopping", 1, 1)
        await self.policy(activities={"shopping": shopping}, open_activities=False)

    async def closed_october(self):
        await self.owner.execute("UPDATE log_head SET closed_through = $1", date(2026, 10, 31))

    async def thirty_days(self):
        await self.policy(log_within_days=30)

    async def daily_cap(self):
        await self.policy(caps={Period.DAILY: Cap(7200, Above.REFUSE)})

    async def daily_cap_waits(self):
        """What still waits is counted already: whoever logs an hour hears at once that it will be too much."""
        await self.daily_cap()
        await self.logged()

    async def weekly_cap(self):
        await self.policy(caps={Period.WEEKLY: Cap(7200, Above.REFUSE)})
        await self.logged(service_on="2026-11-16", confirmed=True)  # the Monday of that week
        await self.logged(service_on="2026-11-15", confirmed=True)  # the Sunday before

    async def lifetime_cap(self):
        await self.policy(caps={Period.LIFETIME: Cap(7200, Above.REFUSE)})
        await self.logged(service_on="2026-02-01", confirmed=True)

    async def household(self):
        account = UUID(await self.caller.open("household"))
        for person in (self.people["ana"], self.people["ben"]):
            await self.owner.execute(
                "INSERT INTO account_holder (community_id, account_id, member_id, since) VALUES ($1, $2, $3, $4)",
                self.community.id,
                account,
                person,
                NOW - timedelta(days=30),
            )

    async def ana_closed(self):
        await self.closed("ana")

    async def ben_closed(self):
        await self.closed("ben")


def named(sample, people):
    """The sample with the ids of those it names."""
    return sample | {
        field: str(people.get(sample[field], uuid4()))
        for field in ("provider", "receiver", "care_request")
        if field in sample
    }


@pytest.fixture
async def arranged(app, owner, oak, caller, people, monkeypatch):
    """Ana and Ben have been members since New Year, and the account of either may fall without end."""
    monkeypatch.setattr(app.state.ledger, "now", lambda: NOW)
    who = {name: await people.enrol(name.title()) for name in ("ana", "ben")}
    await owner.execute("UPDATE balance SET floor = -1000000")
    # The clock of the log never goes back: it was founded and they were enrolled long before.
    await owner.execute("UPDATE log_head SET recorded_at = $1, kept_at = $1", NOW - timedelta(days=300))
    made = Arranged(owner, oak, caller, who)
    await made.policy(floor=Limit(-(10**6), soft=False))
    return made


async def count(owner):
    """How many rows there are of what a refusal must not change."""
    tables = ("claim", "claim_event", "claim_overlap", "open_claim", "transfer", "entry", "log_leaf", "hold")
    return {table: await owner.fetchval(f"SELECT count(*) FROM {table}") for table in tables}


@pytest.mark.parametrize("line", TABLE.strip().splitlines())
async def test_each_bad_claim_gets_its_own_refusal_and_changes_nothing(line, arranged):
    before, refusal, status, text = line.split(maxsplit=3)
    if before != "-":
        await getattr(arranged, before)()
    sample = named(SAMPLE | json.loads(text), arranged.people)
    stood = await count(arranged.owner)
    key = uuid4()
    for confirmed in (False, True):
        answer = await arranged.caller.post("/claims", sample | {"confirmed": confirmed}, key=uuid4())
        assert problem(answer) == (int(status), refusal), answer.text
        assert await count(arranged.owner) == stood
    dry = await arranged.caller.post("/claims?dry_run=true", sample)
    assert problem(dry) == (int(status), refusal)
    # It is remembered: the same claim again hears the same, also once it would be good.
    first = await arranged.caller.post("/claims", sample, key=key)
    again = await arranged.caller.post("/claims", sample, key=key)
    assert problem(first) == problem(again) and again.headers["idempotency-replayed"] == "true"
    said = answer.json()
    assert (said["title"], said["remedy"]) == documented()[refusal]


@pytest.mark.parametrize("line", GOOD.strip().splitlines())
async def test_what_stands_just_beside_it_is_logged(line, arranged):
    before, text = line.split(maxsplit=1)
    if before != "-":
        await getattr(arranged, before)()
    answer = await arranged.caller.post("/claims", named(SAMPLE | json.loads(text), arranged.people))
    assert answer.status_code == 201, answer.text


def documented():
    """What the README says is wrong, and what to do, by the refusal's name."""
    readme = (Path(__file__).parents[2] / "ledger" / "README.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| \d+ \| (.*?) \| (.*?) \|$", readme, re.MULTILINE)
    return {name: (says, remedy) for name, says, remedy in rows}


def test_every_refusal_of_a_claim_is_in_the_table():
    names = list(BY_CODE)
    of_claims = names[names.index("activity_unknown") : names.index("claim_unknown")]
    in_table = {line.split()[1] for line in TABLE.strip().splitlines()}
    assert set(of_claims) <= in_table, set(of_claims) - in_table
