"""The reports over HTTP: small worlds whose numbers can be counted on fingers, and what is refused."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from ledger.hours.policy import Above, Cap, Period
from tests.api.conftest import adjust, problem
from tests.api.test_care_requests import ask, take
from tests.api.test_claims import TODAY, log
from tests.api.test_disputes import decide, dispute
from tests.api.test_gifts import give
from tests.hours import apply_policy

HOUR = 3600
NOTHING = {"claims": 0, "recorded_seconds": 0, "credited_seconds": 0, "paid_seconds": 0}


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


@pytest.fixture
async def cem(people):
    return await people.member("Cem")


@pytest.fixture
async def carla(people):
    """A co-ordinator who is close to nobody."""
    return await people.coordinator()


async def read(caller, path):
    answer = await caller.get(f"/reports/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def paid(provider, receiver, seconds=HOUR, **more):
    """A claim that its receiver logged, which is paid at once."""
    claim, logged = await log(receiver, provider, receiver, seconds=seconds, **more)
    assert logged.status_code == 201 and logged.json()["claim"]["state"] == "posted", logged.text
    return claim


def care(claims, recorded, credited=None, paid=None):
    credited = recorded if credited is None else credited
    return {
        "claims": claims,
        "recorded_seconds": recorded,
        "credited_seconds": credited,
        "paid_seconds": credited if paid is None else paid,
    }


def day(ago):
    return str(TODAY - timedelta(days=ago))


def two_days(from_ago, until_ago):
    return f"from={day(from_ago)}&until={day(until_ago)}"


def sums(report):
    """The whole range's care, summed over the weeks; and over their activities, which must be the same."""
    weeks = {name: sum(week[name] for week in report["weeks"]) for name in NOTHING}
    activities = [each for week in report["weeks"] for each in week["activities"]]
    assert weeks == {name: sum(each[name] for each in activities) for name in NOTHING}
    return weeks


async def test_a_new_community_has_26_weeks_of_nothing(caller):
    found = await read(caller, "weeks")
    monday = TODAY - timedelta(days=TODAY.weekday())
    assert (found["from"], found["until"]) == (str(monday - timedelta(weeks=25)), str(TODAY))
    assert [week["monday"] for week in found["weeks"]] == [
        str(monday - timedelta(weeks=each)) for each in reversed(range(26))
    ]
    assert all(week == week | NOTHING | {"activities": []} for week in found["weeks"])
    assert (await read(caller, "balances")) == {
        "accounts": 0,
        "positive_seconds": 0,
        "negative_seconds": 0,
        "bins": [],
    }
    nobody = {"members": 0, "given_seconds": 0, "received_seconds": 0}
    found = await read(caller, "reciprocity?list=neither")
    assert [found[kind] for kind in ("givers", "receivers", "both", "neither")] == [nobody] * 4
    assert found["members"] == [] and (await read(caller, "inactive"))["members"] == []


async def test_weeks_have_their_iso_names_and_only_days_of_the_range(caller, ana, ben, owner):
    claims = [await paid(ben, ana, hours * HOUR) for hours in (1, 2, 3, 4)]
    # The last day of one ISO year, the first of the next, and a day on either side of the range.
    for claim, on in zip(claims, ("2020-12-28", "2021-01-03", "2021-01-04", "2020-12-27"), strict=True):
        # As early as can be: in the first hour of a day that is fourteen hours ahead of UTC.
        await owner.execute(
            "UPDATE claim SET service_on = CAST($2 AS date), logged_at = CAST($2 AS date) - interval '14 hours'"
            " WHERE claim_id = $1",
            claim,
            date.fromisoformat(on),
        )
    found = await read(caller, "weeks?from=2020-12-28&until=2021-01-10")
    assert [(week["week"], week["monday"], week["recorded_seconds"]) for week in found["weeks"]] == [
        ("2020-W53", "2020-12-28", 3 * HOUR),
        ("2021-W01", "2021-01-04", 3 * HOUR),
    ]
    assert found["weeks"][0]["activities"] == [{"activity": "shopping", **care(2, 3 * HOUR)}]
    [week] = (await read(caller, "weeks?from=2021-01-01&until=2021-01-03"))["weeks"]
    assert (week["week"], week["monday"], week["claims"]) == ("2020-W53", "2020-12-28", 1)
    assert sums(await read(caller, "weeks?from=2020-01-01&until=2029-12-31")) == care(4, 10 * HOUR)


async def test_only_what_was_paid_and_stands_counts(caller, ana, ben, carla):
    """Waiting, declined and withdrawn claims count nowhere; a posted one that is disputed does until it is decided."""
    kept = await paid(ben, ana, HOUR)
    for deed, body in ((None, None), ("refusal", {"reason": "No"}), ("withdrawal", {})):
        claim, _ = await log(ben, ben, ana, seconds=2 * HOUR)
        if deed is not None:
            who = ana if deed == "refusal" else ben
            assert (await who.post(f"/claims/{claim}/{deed}", body)).status_code == 200
    waiting, _ = await log(ben, ben, ana, seconds=3 * HOUR)
    await dispute(ana, waiting)

    async def counted():
        exchanged = await read(caller, "reciprocity?" + two_days(30, 0))
        weeks = sums(await read(caller, "weeks?" + two_days(30, 0)))
        assert exchanged["givers"]["given_seconds"] == weeks["recorded_seconds"]
        assert exchanged["receivers"]["received_seconds"] == weeks["recorded_seconds"]
        return weeks

    assert await counted() == care(1, HOUR)
    first = await dispute(ana, kept)
    assert await counted() == care(1, HOUR)
    assert (await decide(carla, first, "corrected", seconds=HOUR // 2)).status_code == 200
    assert await counted() == care(1, HOUR // 2)

    # A claim that was corrected before it was ever paid, one that was corrected and then taken back, one upheld.
    declined, _ = await log(ben, ben, ana, seconds=4 * HOUR)
    await ana.post(f"/claims/{declined}/refusal", {"reason": "That was less"})
    key = await dispute(ben, declined)
    assert (await decide(carla, key, "corrected", seconds=HOUR)).status_code == 200
    assert await counted() == care(2, HOUR + HOUR // 2)
    # Of two corrections the newer one counts.
    second = await dispute(carla, kept)
    assert (await decide(carla, second, "corrected", seconds=HOUR // 4)).status_code == 200
    assert await counted() == care(2, HOUR + HOUR // 4)
    again = await dispute(carla, kept)
    assert (await decide(carla, again, "reversed")).status_code == 200
    assert await counted() == care(1, HOUR)
    upheld = await dispute(carla, declined)
    assert (await decide(carla, upheld, "upheld")).status_code == 200
    assert await counted() == care(1, HOUR)


async def test_what_was_recorded_credited_and_paid_are_three_things(caller, oak, owner, ana, ben, cem):
    await caller.open("pot", code="community-pot")
    caps = {Period.DAILY: Cap(2 * HOUR, Above.HONOUR)}
    await apply_policy(owner, oak, default_tariff=Fraction(3, 2), caps=caps)
    await paid(ben, ana, 3100)
    assert sums(await read(caller, "weeks")) == care(1, 3100, HOUR, HOUR * 3 // 2)
    # Of the second visit an hour is above the cap: honour only.
    await paid(ben, cem, 2 * HOUR, activity="company")
    await paid(cem, ana, HOUR // 2)
    [week] = [week for week in (await read(caller, "weeks"))["weeks"] if week["claims"]]
    in_books = [(await caller.get(f"/accounts/{each.account}")).json()["balance"] for each in (ana, ben, cem)]
    earned = {"ben": 2 * HOUR, "cem": HOUR // 2}
    assert week["credited_seconds"] == sum(earned.values())
    assert week["paid_seconds"] == -in_books[0] - (in_books[2] - earned["cem"])
    assert in_books[1] == earned["ben"] and week["recorded_seconds"] == 3100 + 2 * HOUR + HOUR // 2
    assert [(each["activity"], each["claims"]) for each in week["activities"]] == [
        ("company", 1),
        ("shopping", 2),
    ]
    assert {each["activity"]: each["recorded_seconds"] for each in week["activities"]} == {
        "company": 2 * HOUR,
        "shopping": 3100 + HOUR // 2,
    }


async def test_members_give_receive_do_both_or_neither(caller, ana, ben, cem, people, owner):
    dora, eva = await people.member("Dora"), await people.member("Eva")
    await paid(ben, ana, 2 * HOUR)
    await paid(cem, ana, HOUR)
    await paid(ana, dora, 4 * HOUR)
    await paid(cem, dora, HOUR, service_on=day(40))
    await owner.execute("UPDATE member SET status = 'left' WHERE member_id = $1", cem.id)
    asked = "reciprocity?" + two_days(30, 0)
    found = await read(caller, asked)
    assert {kind: tuple(found[kind].values()) for kind in ("givers", "receivers", "both", "neither")} == {
        "givers": (2, 3 * HOUR, 0),
        "receivers": (1, 0, 4 * HOUR),
        "both": (1, 4 * HOUR, 3 * HOUR),
        "neither": (1, 0, 0),
    }
    assert "members" not in found
    listed = {}
    for kind in ("givers", "receivers", "both", "neither"):
        page = await read(caller, f"{asked}&list={kind}")
        assert {name: page[name] for name in found} == found
        listed[kind] = [tuple(each.values()) for each in page["members"]]
    assert listed == {
        "givers": [(str(ben.id), 2, 2 * HOUR, 0), (str(cem.id), 3, HOUR, 0)],
        "receivers": [(str(dora.id), 4, 0, 4 * HOUR)],
        "both": [(str(ana.id), 1, 4 * HOUR, 3 * HOUR)],
        "neither": [(str(eva.id), 5, 0, 0)],
    }
    # Who left and did nothing in the range is nobody's to count, nor is who joined behind it.
    found = await read(caller, "reciprocity?" + two_days(20, 10))
    assert found["neither"]["members"] == 4
    assert (await read(caller, "reciprocity?from=2025-12-01&until=2025-12-31"))["neither"]["members"] == 0


async def test_a_list_of_members_is_read_page_by_page(caller, people):
    for _ in range(5):
        await people.enrol()
    answer = await caller.get("/reports/reciprocity?list=neither&limit=2&until=" + day(0))
    numbers = []
    while True:
        page = answer.json()
        numbers += [each["number"] for each in page["members"]]
        if "next" not in page:
            break
        assert answer.headers["link"] == f'<{page["next"]}>; rel="next"'
        assert page["from"] in page["next"] and page["until"] in page["next"]
        answer = await caller.get(page["next"].removeprefix(caller.base))
    assert numbers == [1, 2, 3, 4, 5]


async def test_balances_are_those_of_people_and_the_books_agree(caller, ana, ben, cem, people):
    issuance, house = await caller.open("issuance"), await caller.open("household")
    pot = await caller.open("pot")
    for account, seconds in ((house, 5 * HOUR), (ana.account, 2 * HOUR - 1), (pot, 90 * HOUR)):
        assert (await caller.post("/transfers", adjust(issuance, account, seconds))).status_code == 201
    assert (await caller.post("/transfers", adjust(ben.account, issuance, 1))).status_code == 201
    gone = await people.member("Dora")
    assert (await caller.post(f"/accounts/{gone.account}/closing", {})).status_code == 200
    found = await read(caller, "balances")
    bins = [(each["from_hours"], each["until_hours"], each["accounts"]) for each in found.pop("bins")]
    assert bins == [(-1, 0, 1), (0, 1, 1), (1, 2, 1), (2, 3, 0), (3, 4, 0), (4, 5, 0), (5, 6, 1)]
    assert found == {
        "accounts": 4,
        "positive_seconds": 7 * HOUR - 1,
        "negative_seconds": -1,
        "median_seconds": 0,
    }
    owed = (await caller.get("/liability")).json()
    assert (owed["outstanding_seconds"], owed["owed_seconds"]) == (7 * HOUR - 1, 1)


async def test_who_was_not_heard_of_is_listed_the_longest_first(caller, ana, ben, people, owner):
    """A visit said to have been, a request, a request taken and a gift of one's own are signs of life."""
    names = ("Never", "Long", "Gave", "Got", "Waits", "Declined", "Asked", "Took", "Giver", "Given", "Away")
    those = {name: await people.member(name) for name in names}
    await paid(those["Gave"], those["Got"], service_on=day(30))
    await log(those["Waits"], those["Waits"], ben, service_on=day(20))
    declined, _ = await log(those["Declined"], those["Declined"], ben, service_on=day(20))
    assert (await ben.post(f"/claims/{declined}/refusal", {"reason": "No"})).status_code == 200
    request, _ = await ask(those["Asked"], those["Asked"], days=1)
    assert (await take(those["Took"], request)).status_code == 200
    assert (await give(those["Giver"], those["Giver"].account, those["Given"].id)).status_code == 201
    await paid(those["Long"], ana, service_on=day(60))
    await owner.execute("UPDATE member SET joined_on = '2021-01-01' WHERE member_id = $1", those["Never"].id)
    await owner.execute(
        "UPDATE member SET joined_on = '2021-01-02' WHERE member_id = $1", those["Declined"].id
    )
    await owner.execute("UPDATE member SET joined_on = '2021-01-02' WHERE member_id = $1", those["Given"].id)
    await owner.execute("UPDATE member SET status = 'away' WHERE member_id = $1", those["Away"].id)
    called = {str(member.id): name for name, member in those.items()} | {
        str(ana.id): "Ana",
        str(ben.id): "Ben",
    }

    async def quiet(days):
        found = await read(caller, f"inactive?days={days}")
        assert found["through"] == day(days)
        return [(called[each["id"]], each.get("last_on")) for each in found["members"]]

    never = [("Never", None), ("Declined", None), ("Given", None)]
    assert await quiet(61) == never
    assert await quiet(60) == [*never, ("Ana", day(60)), ("Long", day(60))]
    assert await quiet(31) == await quiet(60)
    assert await quiet(30) == [*await quiet(60), ("Gave", day(30)), ("Got", day(30))]
    assert await quiet(20) == [*await quiet(30), ("Ben", day(20)), ("Waits", day(20))]
    assert await quiet(1) == await quiet(20)
    pages, path = [], "/reports/inactive?days=20&limit=2"
    while path is not None:
        page = (await caller.get(path)).json()
        pages += [called[each["id"]] for each in page["members"]]
        path = page["next"].removeprefix(caller.base) if "next" in page else None
    assert pages == [name for name, _ in await quiet(20)]


async def test_a_report_names_nobody_and_another_communitys_is_its_own(caller, other_caller, ana, ben):
    await paid(ben, ana)
    for path in (
        "weeks",
        "reciprocity?list=givers",
        "reciprocity?list=receivers",
        "balances",
        "inactive?days=1",
    ):
        said = (await caller.get(f"/reports/{path}")).text
        assert "Ana" not in said and "Ben" not in said
    assert sums(await read(other_caller, "weeks")) == NOTHING
    assert (await read(other_caller, "balances"))["accounts"] == 0
    assert (await read(other_caller, "reciprocity"))["both"]["members"] == 0


SENSELESS = [
    "weeks?from=2026-02-01&until=2026-01-31",
    "reciprocity?from=2026-02-01&until=2026-01-31",
    "weeks?from=2010-01-01&until=2020-01-03",
    "weeks?from=2999-01-01",
    "weeks?from=0001-01-01&until=0001-01-02",
    "weeks?until=0001-01-01",
    "weeks?from=2026-2-1",
    "weeks?from=20260201",
    "weeks?from=2026-02-30",
    "weeks?from=yesterday",
    "weeks?from=",
    "weeks?from=2026-01-01&from=2026-01-02",
    "weeks?list=givers",
    "reciprocity?list=takers",
    "reciprocity?limit=5",
    "reciprocity?after=5",
    "reciprocity?list=givers&limit=0",
    "balances?days=3",
    "inactive?days=0",
    "inactive?days=3651",
    "inactive?after=7",
    "inactive?after=2026-02-30.7",
]


async def test_what_makes_no_sense_is_refused(caller):
    for path in SENSELESS:
        assert problem(await caller.get(f"/reports/{path}")) == (400, "malformed_request"), path
    for path in ("weeks?from=2010-01-01&until=2020-01-01", "weeks?from=1900-01-01&until=1900-01-01",
                 "weeks?until=2199-12-31", "inactive?after=9999-12-31.999999999", "inactive?days=3650"):  # fmt: skip
        await read(caller, path)
