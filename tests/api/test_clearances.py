"""Clearances over HTTP: who records and revokes them, who sees them, and which are spoken of before they end."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from ledger.hours.clearances import Clearance, expiring, lacking
from tests.api.conftest import kind_of, problem

TODAY = datetime.now(UTC).date()


def in_days(days):
    return str(TODAY + timedelta(days=days))


@pytest.fixture
async def carla(people):
    return await people.coordinator()


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


async def record(coordinator, member, kind="police-check", issued=-10, expires=400, **more):
    asked = {"kind": kind, "issued_on": in_days(issued)}
    if expires is not None:
        asked["expires_on"] = in_days(expires)
    return await coordinator.post(f"/members/{member.id}/clearances", asked, **more)


async def test_a_clearance_is_recorded_seen_by_its_member_and_revoked(carla, ben, people):
    key = uuid4()
    recorded = await record(carla, ben, key=key)
    assert recorded.status_code == 201, recorded.text
    assert recorded.json()["state"] == "valid" and recorded.json()["verified_by"] == str(carla.id)
    again = await record(carla, ben, key=key)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    assert problem(await record(carla, ben, "driving", key=key)) == (422, "id_reused")
    [own] = (await ben.get(f"/members/{ben.id}/clearances")).json()["clearances"]
    assert own == recorded.json() and "warning" not in own

    address = f"/members/{ben.id}/clearances/{key}/revocation"
    revoked = await carla.post(address, {})
    assert revoked.json()["state"] == "revoked" and revoked.json()["revoked_by"] == str(carla.id)
    assert problem(await carla.post(address, {})) == (409, "clearance_revoked")
    elsewhere = f"/members/{carla.id}/clearances/{key}/revocation"
    assert problem(await carla.post(elsewhere, {})) == (404, "clearance_unknown")
    events = (await carla.get(f"/members/{ben.id}/events")).json()["events"]
    kinds = [each["kind"] for each in events]
    assert {"clearance_recorded", "clearance_revoked"} <= set(kinds)

    stranger = await people.member("Cem")
    assert problem(await stranger.get(f"/members/{ben.id}/clearances")) == (404, "not_found")
    assert problem(await record(ben, ben)) == (403, "not_allowed")


async def test_nobody_vouches_for_themselves_or_their_family(carla, ben, people):
    other = await people.coordinator()
    related = {"relative": str(ben.id), "relation": "child"}
    assert kind_of(await other.post(f"/members/{carla.id}/relatives", related)) is None
    assert problem(await record(carla, carla)) == (403, "own_affair")
    assert problem(await record(carla, ben)) == (403, "own_affair")
    key = uuid4()
    assert kind_of(await record(other, ben, key=key)) is None
    address = f"/members/{ben.id}/clearances/{key}/revocation"
    assert problem(await carla.post(address, {})) == (403, "own_affair")


async def test_what_is_wrong_with_a_clearance_is_said(carla, ben, people):
    assert problem(await record(carla, ben, issued=0, expires=-1)) == (422, "dates_reversed")
    asked = {"kind": "police-check", "issued_on": in_days(0)}
    unknown = await carla.post(f"/members/{uuid4()}/clearances", asked)
    assert problem(unknown) == (404, "member_unknown")
    odd = asked | {"kind": "Police Check"}
    assert problem(await carla.post(f"/members/{ben.id}/clearances", odd)) == (400, "malformed_request")


async def test_two_who_revoke_at_once_revoke_once(carla, ben):
    key = uuid4()
    await record(carla, ben, key=key)
    address = f"/members/{ben.id}/clearances/{key}/revocation"
    answers = await asyncio.gather(*(carla.post(address, {}) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_what_ends_within_a_month_is_listed_and_its_member_warned(carla, ben, people):
    cem = await people.member("Cem")
    for member, kind, expires in (
        (ben, "police-check", 31),
        (ben, "driving", 32),
        (ben, "first-aid", -1),
        (cem, "police-check", 5),
        (cem, "driving", None),
        # Renewed already, so nothing is said of the first.
        (cem, "first-aid", 3),
        (cem, "first-aid", 500),
    ):
        assert kind_of(await record(carla, member, kind, -30, expires)) is None
    listed = (await carla.get("/clearances/expiring")).json()
    found = [(each["member"], each["kind"], each["warning"]) for each in listed["clearances"]]
    soon = "expires_soon"
    assert found == [(str(cem.id), "police-check", soon), (str(ben.id), "police-check", soon)]
    wider = (await carla.get("/clearances/expiring?within_days=32&limit=2")).json()
    assert [each["kind"] for each in wider["clearances"]] == ["police-check", "police-check"]
    last = (await carla.client.get(wider["next"], headers=carla.headers)).json()
    assert [each["kind"] for each in last["clearances"]] == ["driving"] and "next" not in last
    assert kind_of(await carla.get("/clearances/expiring?within_days=400")) == "malformed_request"
    assert kind_of(await carla.get(f"/clearances/expiring?after={uuid4()}")) == "not_found"
    own = (await ben.get(f"/members/{ben.id}/clearances")).json()["clearances"]
    assert [(each["kind"], each["state"], each.get("warning")) for each in own] == [
        ("driving", "valid", None),
        ("first-aid", "expired", None),
        ("police-check", "valid", soon),
    ]


D = date(2026, 3, 1)
AHEAD = [D + timedelta(days=days) for days in range(5)]


@pytest.mark.parametrize(
    ("needs", "held", "days", "missing"),
    [
        ([], [], [D], []),
        (["a"], [], [D], ["a"]),
        (["a"], [Clearance("a", D)], [D], []),
        (["a"], [Clearance("a", D, D)], [D], []),
        (["a"], [Clearance("a", AHEAD[1])], [D], ["a"]),
        (["a"], [Clearance("a", D, AHEAD[1])], [D, AHEAD[2]], ["a"]),
        (["a"], [Clearance("a", D, AHEAD[1]), Clearance("a", AHEAD[2])], [D, AHEAD[2]], []),
        (["a"], [Clearance("a", D, None, revoked=True)], [D], ["a"]),
        (["a", "b"], [Clearance("b", D)], [D], ["a"]),
    ],
)
def test_every_kind_that_is_needed_covers_every_day(needs, held, days, missing):
    assert lacking(needs, held, days) == missing


@pytest.mark.parametrize(
    ("held", "kinds", "spoken_of"),
    [
        ([Clearance("a", D, D + timedelta(days=31))], None, ["a"]),
        ([Clearance("a", D, D + timedelta(days=32))], None, []),
        ([Clearance("a", D, D)], None, ["a"]),
        ([Clearance("a", D - timedelta(days=9), D - timedelta(days=1))], None, []),
        ([Clearance("a", D, AHEAD[1]), Clearance("a", D)], None, []),
        ([Clearance("a", D, AHEAD[1]), Clearance("a", D, None, revoked=True)], None, ["a"]),
        ([Clearance("a", D, AHEAD[1]), Clearance("b", D, AHEAD[1])], ["b"], ["b"]),
    ],
)
def test_what_ends_soon_is_spoken_of_unless_the_next_is_there(held, kinds, spoken_of):
    assert [each.kind for each in expiring(held, D, kinds)] == spoken_of
