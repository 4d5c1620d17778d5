"""What takes two people: proposed by one, approved by another, and done at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from ledger.people.roles import Role
from tests.api.conftest import Caller, care, kind_of

HOURS = 3600


@pytest.fixture
async def two(people):
    return await people.coordinator(), await people.coordinator()


async def proposed(caller, **what):
    answer = await caller.post("/proposals", what)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def approve(caller, proposal, key=None):
    return await caller.post(f"/proposals/{proposal}/approval", {}, key)


async def test_a_lone_coordinator_appoints_the_second_and_then_takes_two(people):
    first = await people.coordinator()
    ana, ben = await people.member(), await people.member()
    assert (await first.post(f"/members/{ana.id}/roles", {"role": "coordinator"})).status_code == 201
    [event, *_] = (await first.get("/events")).json()["events"]
    assert (event["kind"], event["details"]) == ("role_granted", {"alone": 1, "role": "coordinator"})
    # Whoever was appointed can approve once they have a passkey.
    await people.passkey(ana.id)
    ana = await people.sign_in(ana.id, strong=True)
    assert (
        kind_of(await first.post(f"/members/{ben.id}/roles", {"role": "auditor"})) == "second_person_needed"
    )
    proposal = await proposed(first, action="role", member=str(ben.id), role="auditor")
    assert kind_of(await approve(first, proposal)) == "proposer_cannot_approve"
    key = uuid4()
    done = await approve(ana, proposal, key)
    assert (done.json()["state"], done.json()["decided_by"]) == ("approved", str(ana.id))
    assert (await approve(ana, proposal, key)).headers["idempotency-replayed"] == "true"
    assert kind_of(await approve(ana, proposal)) == "proposal_decided"
    assert (await first.get(f"/members/{ben.id}")).json()["role"] == "auditor"
    # The change of role ended the sessions from before it.
    assert (await ben.get("/me")).status_code == 401
    assert (
        kind_of(await first.post(f"/members/{ana.id}/roles", {"role": "auditor"})) == "second_person_needed"
    )
    again = await proposed(first, action="role", member=str(ben.id), role="coordinator")
    assert kind_of(await approve(ana, again)) == "role_taken"


async def test_a_role_is_taken_at_once_but_not_from_the_last_coordinator(people, two):
    first, second = two
    auditor = await people.with_role(Role.AUDITOR)
    assert (await first.post(f"/members/{auditor.id}/roles", method="DELETE")).status_code == 200
    assert (await auditor.get("/me")).status_code == 401
    assert kind_of(await first.post(f"/members/{auditor.id}/roles", method="DELETE")) == "role_unknown"
    assert (await first.post(f"/members/{second.id}/roles", method="DELETE")).status_code == 200
    assert kind_of(await first.post(f"/members/{first.id}/roles", method="DELETE")) == "last_coordinator"


async def test_nobody_approves_what_concerns_themselves_or_their_family(people, two):
    first, second = two
    own = {"action": "role", "member": str(first.id), "role": "administrator"}
    assert kind_of(await first.post("/proposals", own)) == "own_affair"
    proposal = await proposed(first, action="card", member=str(second.id))
    assert kind_of(await approve(second, proposal)) == "own_affair"
    sister = await people.member()
    family = {"relative": str(sister.id), "relation": "sibling"}
    assert (await first.post(f"/members/{second.id}/relatives", family)).status_code in (200, 201)
    about_sister = await proposed(first, action="role", member=str(sister.id), role="auditor")
    assert kind_of(await approve(second, about_sister)) == "own_affair"
    third = await people.coordinator()
    assert (await approve(third, about_sister)).status_code == 200


async def test_more_than_ten_hours_a_day_takes_two_however_it_is_split(people, two, caller):
    first, second = two
    pot = await caller.open("issuance")
    ana = await people.member()
    for _ in range(3):
        assert (await first.post("/transfers", care(pot, ana.account, 3 * HOURS))).status_code == 201
    assert (
        kind_of(await first.post("/transfers", care(pot, ana.account, 2 * HOURS))) == "second_person_needed"
    )
    proposal = await proposed(first, action="transfer", **care(pot, ana.account, 20 * HOURS, note="flood"))
    assert (await approve(second, proposal)).status_code == 200
    [newest, *_] = (await ana.get(f"/accounts/{ana.account}/entries")).json()["entries"]
    assert newest["balance_after"] == 29 * HOURS
    transfer = (await ana.get(f"/transfers/{newest['transfer']}")).json()
    assert transfer["author"] == {"via": "coordinator", "member": str(first.id)}
    undo = await proposed(first, action="reversal", transfer=transfer["id"], reason="twice")
    assert (await approve(second, undo)).status_code == 200
    assert (await ana.get(f"/accounts/{ana.account}")).json()["balance"] == 9 * HOURS
    assert (
        await second.post(f"/transfers/{newest['transfer']}/reversal", {"reason": "x"})
    ).status_code == 409


async def test_what_cannot_be_done_leaves_the_proposal_open(people, two):
    first, second = two
    ana, ben = await people.member(), await people.member()
    proposal = await proposed(first, action="transfer", **care(ana.account, ben.account, 99 * HOURS))
    assert kind_of(await approve(second, proposal)) == "below_floor"
    assert (await first.get(f"/proposals/{proposal}")).json()["state"] == "open"
    [listed] = (await second.get("/proposals?state=open")).json()["proposals"]
    assert listed["id"] == proposal
    assert (await first.post(f"/proposals/{proposal}/refusal", {})).json()["state"] == "withdrawn"
    assert (await second.get("/proposals?state=open")).json()["proposals"] == []
    other = await proposed(first, action="limits", account=str(ana.account), floor=-72_000, ceiling=None)
    assert (await second.post(f"/proposals/{other}/refusal", {})).json()["state"] == "declined"
    assert kind_of(await approve(second, uuid4())) == "not_found"


async def test_a_coordinator_does_not_touch_their_own_time_or_their_familys(people, two, caller):
    first, second = two
    pot = await caller.open("issuance")
    assert kind_of(await first.post("/transfers", care(pot, first.account, 60))) == "own_affair"
    etag = (await first.get(f"/accounts/{first.account}")).headers["etag"]
    limits = {"floor": -72_000, "ceiling": None}
    own = f"/accounts/{first.account}/limits"
    assert kind_of(await first.post(own, limits, method="PUT", headers={"if-match": etag})) == "own_affair"
    proposal = await proposed(second, action="limits", account=first.account, **limits)
    assert kind_of(await approve(first, proposal)) == "own_affair"


async def test_limits_are_changed_by_two_and_the_change_is_in_the_trail(people, two):
    first, second = two
    ana = await people.member()
    etag = (await first.get(f"/accounts/{ana.account}")).headers["etag"]
    limits = {"floor": -72_000, "ceiling": None}
    path = f"/accounts/{ana.account}/limits"
    alone = await first.post(path, limits, method="PUT", headers={"if-match": etag})
    assert kind_of(alone) == "second_person_needed"
    proposal = await proposed(first, action="limits", account=ana.account, **limits)
    assert (await approve(second, proposal)).status_code == 200
    assert (await ana.get(f"/accounts/{ana.account}")).json()["floor"] == -72_000
    [changed, _, *_] = (await ana.get(f"/members/{ana.id}/events")).json()["events"]
    assert changed["kind"] == "limits_changed"
    assert changed["details"]["proposer"] == str(first.id)


async def test_a_token_that_may_write_takes_two_and_is_shown_to_its_proposer(anonymous, people, two):
    first, second = two
    asked = {"label": "the shop's till", "scopes": ["read", "post"], "days": 30}
    assert kind_of(await first.post("/tokens", asked)) == "second_person_needed"
    proposal = await proposed(first, action="token", **asked)
    with_it = asked | {"proposal": proposal}
    assert kind_of(await first.post("/tokens", with_it)) == "second_person_needed"
    assert (await approve(second, proposal)).status_code == 200
    # Only the proposer, and only what was approved.
    assert kind_of(await second.post("/tokens", with_it)) == "proposal_unknown"
    assert kind_of(await first.post("/tokens", with_it | {"days": 365})) == "proposal_unknown"
    key = uuid4()
    made = await first.post("/tokens", with_it, key)
    assert made.status_code == 201
    repeated = await first.post("/tokens", with_it, key)
    assert (repeated.status_code, repeated.json()) == (200, {"outcome": "done"})
    machine = Caller(anonymous, "oak", made.json()["token"])
    assert (await machine.get("/")).status_code == 200
    assert (await first.post(f"/tokens/{made.json()['id']}", method="DELETE")).status_code == 200
    assert (await machine.get("/")).status_code == 401
    assert kind_of(await first.post(f"/tokens/{made.json()['id']}", method="DELETE")) == "token_unknown"
    # A token that only reads is made by one person.
    assert (await first.post("/tokens", {"label": "the screen", "scopes": ["read"]})).status_code == 201


async def test_an_approved_token_or_card_is_made_once(people, two):
    first, second = two
    asked = {"label": "till", "scopes": ["post"], "days": 30}
    proposal = await proposed(first, action="token", **asked)
    assert (await approve(second, proposal)).status_code == 200
    assert (await first.post("/tokens", asked | {"proposal": proposal})).status_code == 201
    assert kind_of(await first.post("/tokens", asked | {"proposal": proposal})) == "proposal_decided"


async def test_the_card_of_a_coordinator_takes_two_others(people, two):
    first, second = two
    third = await people.coordinator()
    path = f"/members/{second.id}/cards"
    assert kind_of(await first.post(path, {})) == "second_person_needed"
    proposal = await proposed(first, action="card", member=str(second.id))
    assert (await approve(third, proposal)).status_code == 200
    made = await first.post(path, {"proposal": proposal})
    assert made.status_code == 201
    assert made.json()["address"].startswith("https://care.example.org/join#oak.")
    assert "<svg" in made.json()["qr"]
    assert (
        kind_of(await first.post(f"/members/{third.id}/cards", {"proposal": proposal})) == "proposal_unknown"
    )
    # An administrator makes a card too, and only with a proposal of their own that was approved.
    administrator = await people.with_role(Role.ADMINISTRATOR)
    assert kind_of(await administrator.post(path, {})) == "second_person_needed"
    asked = await proposed(administrator, action="card", member=str(second.id))
    assert (await approve(first, asked)).status_code == 200
    assert (await administrator.post(path, {"proposal": asked})).status_code == 201


async def test_an_appointment_takes_away_every_way_in_from_before_it(app, anonymous, people, two):
    first, second = two
    ana = await people.member()
    path = f"/members/{ana.id}/cards"
    kept = (await first.post(path, {})).json()
    await people.passkey(ana.id)
    appointed = await proposed(first, action="role", member=str(ana.id), role="coordinator")
    assert (await approve(second, appointed)).status_code == 200
    used = await anonymous.post("/v1/communities/oak/sign-in/card", json={"code": kept["code"]})
    assert kind_of(used) == "sign_in_failed"
    kinds = [each["kind"] for each in (await first.get(f"/members/{ana.id}/events")).json()["events"]]
    assert kinds[:2] == ["passkey_removed", "role_granted"]
    # Nobody makes the first card alone either; the approved appointment is good for one.
    assert kind_of(await first.post(path, {})) == "second_person_needed"
    assert kind_of(await second.post(path, {"proposal": appointed})) == "proposal_unknown"
    assert (await first.post(path, {"proposal": appointed})).status_code == 201
    assert kind_of(await first.post(path, {"proposal": appointed})) == "proposal_decided"


async def test_naming_the_others_in_it_does_not_make_anybody_alone(people, two, caller):
    first, second = two
    pot = await caller.open("issuance")
    sock = await people.member()
    entries = [
        {"account": pot, "seconds": -1000 * HOURS - 1},
        {"account": sock.account, "seconds": 1000 * HOURS},
        {"account": second.account, "seconds": 1},
    ]
    assert (
        kind_of(await first.post("/transfers", {"kind": "care", "entries": entries}))
        == "second_person_needed"
    )


async def test_whoever_stops_the_other_is_not_alone_for_a_week(people, two, owner):
    first, second = two
    ana = await people.member()
    assert (await first.post(f"/members/{second.id}/roles", method="DELETE")).status_code == 200
    alone = f"/members/{ana.id}/roles"
    assert kind_of(await first.post(alone, {"role": "coordinator"})) == "second_person_needed"
    await owner.execute(
        "UPDATE member_role SET ended_at = now() - interval '8 days' WHERE ended_at IS NOT NULL"
    )
    assert (await first.post(alone, {"role": "coordinator"})).status_code == 201


async def test_a_proposal_of_somebody_who_was_stopped_is_not_done(people, two):
    first, second = two
    third = await people.coordinator()
    ana, ben = await people.member(), await people.member()
    proposal = await proposed(second, action="transfer", **care(ana.account, ben.account, 5 * HOURS))
    assert (await first.post(f"/members/{second.id}/roles", method="DELETE")).status_code == 200
    assert kind_of(await approve(third, proposal)) == "proposal_expired"


async def test_what_waits_for_the_lock_is_not_done_by_somebody_stopped_meanwhile(app, oak, people, two):
    first, second = two
    ana = await people.member()
    async with app.state.ledger.database.locked(oak.id):
        stopping = asyncio.create_task(first.post(f"/members/{second.id}/roles", method="DELETE"))
        await asyncio.sleep(0.2)
        waiting = [
            asyncio.create_task(second.post("/members", {"name": f"Somebody {n}"})) for n in range(3)
        ] + [asyncio.create_task(second.post("/transfers", care(ana.account, first.account, 60)))]
        await asyncio.sleep(0.2)
    assert (await stopping).status_code == 200
    assert {kind_of(await each) for each in waiting} == {"ended_meanwhile"}


async def test_a_refused_approval_repeated_leaves_the_proposal_open(people, two, caller):
    first, second = two
    pot = await caller.open("issuance")
    ana, ben = await people.member(), await people.member()
    proposal = await proposed(first, action="transfer", **care(ana.account, ben.account, 99 * HOURS))
    key = uuid4()
    for _ in range(2):
        assert kind_of(await approve(second, proposal, key)) == "below_floor"
    await caller.post("/transfers", care(pot, ana.account, 99 * HOURS))
    assert (await approve(second, proposal)).status_code == 200


async def test_a_household_in_use_is_opened_to_somebody_by_its_people_or_by_two(people, two, caller):
    first, second = two
    house = await caller.open("household")
    ana, ben, sock = await people.member(), await people.member(), await people.member()
    holders = f"/accounts/{house}/holders"
    assert (await first.post(holders, {"member": str(ana.id)})).status_code == 201
    pot = await caller.open("issuance")
    await caller.post("/transfers", care(pot, house, HOURS))
    assert kind_of(await first.post(holders, {"member": str(sock.id)})) == "second_person_needed"
    assert (await ana.post(holders, {"member": str(ben.id)})).status_code == 201
    assert kind_of(await sock.post(holders, {"member": str(sock.id)})) == "not_found"
    proposal = await proposed(first, action="holder", account=house, member=str(sock.id))
    assert (await approve(second, proposal)).status_code == 200
    kinds = [each["kind"] for each in (await ana.get(f"/members/{ana.id}/events")).json()["events"]]
    assert kinds[:2] == ["household_changed", "household_changed"]


async def test_a_frail_member_is_given_a_delegate_by_two(people, two):
    first, second = two
    mother, daughter = await people.member(), await people.member()
    given = {
        "action": "delegation",
        "member": str(mother.id),
        "delegate": str(daughter.id),
        "relation": "child",
        "scopes": ["see", "spend"],
        "monthly_cap": HOURS,
        "from": "2026-01-01",
    }
    proposal = await proposed(first, **given)
    assert kind_of(await approve(second, proposal)) == "not_frail"
    etag = (await first.get(f"/members/{mother.id}")).headers["etag"]
    standing = {"status": "active", "since": "2026-01-01", "frail": True}
    path = f"/members/{mother.id}/standing"
    assert (await first.post(path, standing, method="PUT", headers={"if-match": etag})).status_code == 200
    assert (await approve(second, await proposed(first, **given))).status_code == 200
    assert (await daughter.get(f"/accounts/{mother.account}")).status_code == 200
    gift = care(mother.account, daughter.account, HOURS) | {"kind": "gift"}
    transfer = (await daughter.post("/transfers", gift)).json()
    assert transfer["author"] == {
        "via": "delegate",
        "member": str(daughter.id),
        "acting_for": str(mother.id),
    }
    assert kind_of(await daughter.post("/transfers", gift)) == "over_delegate_cap"


async def test_an_administrator_keeps_roles_and_has_no_part_in_the_members_time(people, two):
    first, _ = two
    administrator = await people.with_role(Role.ADMINISTRATOR)
    ana, ben = await people.member(), await people.member()
    transfer = {"action": "transfer", **care(ana.account, ben.account)}
    assert kind_of(await administrator.post("/proposals", transfer)) == "not_allowed"
    assert kind_of(await administrator.post("/transfers", care(ana.account, ben.account))) == "not_allowed"
    proposal = await proposed(first, **transfer)
    assert kind_of(await approve(administrator, proposal)) == "not_allowed"
    role = await proposed(first, action="role", member=str(ana.id), role="auditor")
    assert (await approve(administrator, role)).status_code == 200


async def test_a_proposal_is_not_open_for_ever(app, people, two, monkeypatch):
    first, second = two
    ana = await people.member()
    proposal = await proposed(first, action="role", member=str(ana.id), role="auditor")
    later = datetime.now(UTC) + timedelta(days=31)
    monkeypatch.setattr(app.state.ledger, "now", lambda: later)
    assert kind_of(await approve(second, proposal)) == "proposal_expired"
    assert (await first.get(f"/proposals/{proposal}")).json()["state"] == "expired"


async def test_proposals_are_paged_and_their_bodies_are_checked(people, two):
    first, second = two
    ana = await people.member()
    for _ in range(3):
        await proposed(first, action="role", member=str(ana.id), role="auditor")
    page = await second.get("/proposals?limit=2")
    rest = await second.client.get(page.links["next"]["url"], headers=second.headers)
    assert len({each["id"] for each in page.json()["proposals"] + rest.json()["proposals"]}) == 3
    for wrong in (
        {"action": "role", "member": str(ana.id), "role": "member"},
        {"action": "nothing"},
        {"action": "role", "member": str(ana.id), "role": "auditor", "approved_by": str(second.id)},
        {"role": "auditor"},
        {"action": "transfer", **care(ana.account, ana.account), "hold": "x"},
    ):
        assert kind_of(await first.post("/proposals", wrong)) == "malformed_request", wrong
    unknown = {"action": "role", "member": str(uuid4()), "role": "auditor"}
    assert kind_of(await first.post("/proposals", unknown)) == "not_found"
