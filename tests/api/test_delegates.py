"""Delegates and relatives over HTTP: who may come, what they see, and each answer once."""

from uuid import uuid4

import pytest

from ledger.people.roles import Role

FOREVER = {"scopes": ["see"], "from": "2026-01-01", "relation": "friend"}


def naming(delegate, **more):
    return FOREVER | {"delegate": str(delegate)} | more


def problem(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def named(member, delegate, **more):
    """The id of a delegation the member gave."""
    answer = await member.post(f"/members/{member.id}/delegates", naming(delegate.id, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def end(caller, member, delegation, key=None):
    return await caller.post(f"/members/{member.id}/delegates/{delegation}", method="DELETE", key=key)


async def listed(caller, member):
    answer = await caller.get(f"/members/{member.id}/delegates")
    return (
        {each["id"] for each in answer.json()["delegations"]}
        if answer.status_code == 200
        else problem(answer)
    )


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


async def test_a_member_names_a_delegate_and_hears_the_same_when_they_repeat_it(ana, ben):
    path, key = f"/members/{ana.id}/delegates", uuid4()
    asked = naming(
        ben.id, relation="child", scopes=["spend", "see", "see"], monthly_cap=3600, until="2999-12-31"
    )
    first = await ana.post(path, asked, key=key)
    assert first.status_code == 201
    assert first.headers["location"].endswith(path)
    said = first.json()
    assert said == said | {
        "id": str(key),
        "member": str(ana.id),
        "delegate": str(ben.id),
        "relation": "child",
        "scopes": ["see", "spend"],
        "monthly_cap": 3600,
        "spent": 0,
        "from": "2026-01-01",
        "until": "2999-12-31",
        "given_by": str(ana.id),
        "approved_by": None,
        "ended_at": None,
        "in_force": True,
    }
    again = await ana.post(path, asked, key=key)
    assert (again.status_code, again.json()) == (200, said)
    assert again.headers["idempotency-replayed"] == "true"
    assert problem(await ana.post(path, asked | {"monthly_cap": 7200}, key=key)) == (422, "id_reused")


async def test_naming_a_delegate_is_refused(ana, ben):
    async def refused(**asked):
        return problem(await ana.post(f"/members/{ana.id}/delegates", naming(**{"delegate": ben.id} | asked)))

    assert await refused(delegate=ana.id) == (422, "delegate_is_self")
    assert await refused(delegate=uuid4()) == (404, "member_unknown")
    assert await refused(until="2025-12-31") == (422, "dates_reversed")
    assert await refused(scopes=["spend"]) == (422, "cap_required")
    assert await refused(monthly_cap=1) == (422, "cap_required")
    for malformed in (
        {"scopes": []},
        {"scopes": ["rule"]},
        {"relation": "landlord"},
        {"monthly_cap": -1},
        {"monthly_cap": 600_000_001},
        {"monthly_cap": 1.5},
        {"from": "2026-02-30"},
        {"from": None},
        {"role": "coordinator"},
        {"given_by": str(ben.id)},
    ):
        assert await refused(**malformed) == (400, "malformed_request")


async def test_only_the_member_names_their_delegate(people, ana, ben, caller):
    await named(ana, ben, scopes=["see", "request", "confirm", "spend"], monthly_cap=60)
    carl = await people.member("Carl")
    path, asked = f"/members/{ana.id}/delegates", naming(carl.id)
    assert problem(await ben.post(path, asked)) == (404, "not_found")
    assert problem(await carl.post(path, asked)) == (404, "not_found")
    assert problem(await (await people.coordinator()).post(path, asked)) == (404, "not_found")
    assert problem(await caller.post(path, asked)) == (403, "not_allowed")
    assert problem(await ana.post(f"/members/{ana.account}/delegates", asked)) == (403, "not_allowed")
    assert problem(await ana.post(f"/members/{ben.id}/delegates", asked)) == (404, "not_found")


@pytest.mark.parametrize("who", ["ana", "ben", "coordinator"])
async def test_a_delegation_is_ended_at_once_by_the_member_the_delegate_or_a_coordinator(
    people, ana, ben, who
):
    delegation = await named(ana, ben)
    account = f"/accounts/{ana.account}"
    assert (await ben.get(account)).status_code == 200
    caller = await people.coordinator() if who == "coordinator" else {"ana": ana, "ben": ben}[who]
    key = uuid4()
    ended = await end(caller, ana, delegation, key)
    assert ended.status_code == 200
    assert ended.json()["ended_at"] is not None
    assert ended.json()["in_force"] is False
    assert problem(await ben.get(account)) == (404, "not_found")
    again = await end(caller, ana, delegation, key)
    assert (again.status_code, again.json()) == (200, ended.json())
    assert problem(await end(caller, ana, delegation)) == (409, "delegation_ended")


async def test_to_a_stranger_a_delegation_is_as_one_that_does_not_exist(
    people, ana, ben, caller, other_caller
):
    delegation = await named(ana, ben)
    carl = await people.member("Carl")
    without_passkey = await people.with_role(Role.COORDINATOR, strong=False)
    auditor = await people.with_role(Role.AUDITOR)
    absent = await end(carl, ana, uuid4())
    assert problem(absent) == (404, "not_found")
    for stranger in (carl, without_passkey, auditor):
        answer = await end(stranger, ana, delegation)
        assert (answer.status_code, answer.content) == (404, absent.content)
    # Nor is it found under somebody else's address, or one that is no id at all.
    assert problem(await end(ana, ben, delegation)) == (404, "not_found")
    assert problem(await end(ana, ana, "1")) == (404, "not_found")
    assert problem(await end(caller, ana, delegation)) == (403, "not_allowed")
    assert problem(await end(other_caller, ana, delegation)) == (403, "not_allowed")
    keyless = await carl.client.delete(
        f"{ana.base}/members/{ana.id}/delegates/{delegation}", headers=ana.headers
    )
    assert problem(keyless) == (400, "idempotency_key_required")
    assert await listed(ana, ana) == {delegation}
    assert (await ana.get(f"/members/{ana.id}/delegates")).json()["delegations"][0]["in_force"]


async def test_who_sees_which_delegations(people, ana, ben, caller):
    carl, dora = await people.member("Carl"), await people.member("Dora")
    given, other, received = await named(ana, ben), await named(ana, carl), await named(dora, ana)
    blind = await people.member("Blind")
    await named(ana, blind, scopes=["request"])
    everything = await listed(ana, ana)
    assert everything > {given, other, received}
    assert await listed(await people.coordinator(), ana) == everything
    assert await listed(await people.with_role(Role.AUDITOR), ana) == everything
    # A delegate sees that they are one, and not who else there is.
    assert await listed(ben, ana) == {given}
    assert await listed(blind, ana) == (404, "not_found")
    assert await listed(dora, ana) == (404, "not_found")
    assert await listed(caller, ana) == (403, "not_allowed")
    assert await listed(await people.with_role(Role.ADMINISTRATOR), ana) == (404, "not_found")
    unknown = await (await people.coordinator()).get(f"/members/{uuid4()}/delegates")
    assert problem(unknown) == (404, "not_found")


async def test_a_coordinator_records_relatives_and_takes_them_back(people, ana, ben):
    coordinator = await people.coordinator()
    path, key = f"/members/{ana.id}/relatives", uuid4()
    asked = {"relative": str(ben.id), "relation": "child"}
    first = await coordinator.post(path, asked, key=key)
    assert first.status_code == 201
    assert first.json() == {"relatives": [asked]}
    assert (await coordinator.post(path, asked, key=key)).status_code == 200
    seen = await ben.get(f"/members/{ben.id}/relatives")
    assert seen.json() == {"relatives": [{"relative": str(ana.id), "relation": "parent"}]}
    removed = await coordinator.post(f"/members/{ben.id}/relatives/{ana.id}", method="DELETE")
    assert (removed.status_code, removed.json()) == (200, {"relatives": []})
    again = await coordinator.post(f"/members/{ben.id}/relatives/{ana.id}", method="DELETE")
    assert problem(again) == (404, "member_unknown")


async def test_recording_a_relative_is_refused(people, ana, ben, caller):
    coordinator = await people.coordinator()
    path = f"/members/{ana.id}/relatives"
    asked = {"relative": str(ben.id), "relation": "child"}

    async def refused(caller=coordinator, **more):
        return problem(await caller.post(path, asked | more))

    assert await refused(relative=str(uuid4())) == (404, "member_unknown")
    assert await refused(relative=str(ana.id)) == (400, "malformed_request")
    assert await refused(relation="friend") == (400, "malformed_request")
    assert await refused(relation="landlord") == (400, "malformed_request")
    assert await refused(ana) == (403, "not_allowed")
    assert await refused(caller) == (403, "not_allowed")
    assert await refused(await people.with_role(Role.AUDITOR)) == (403, "not_allowed")
    assert await refused(await people.with_role(Role.COORDINATOR, strong=False)) == (403, "passkey_required")
    assert (
        await coordinator.post(path, {"relative": str(coordinator.id), "relation": "sibling"})
    ).status_code == 201
    own = await coordinator.post(f"{path}/{coordinator.id}", method="DELETE")
    assert problem(own) == (403, "own_affair")
    assert problem(await ben.get(path)) == (404, "not_found")
    assert problem(await coordinator.get(f"/members/{uuid4()}/relatives")) == (404, "not_found")
