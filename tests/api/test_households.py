"""Households over HTTP: who holds an account, and who may change that."""

from uuid import uuid4

import pytest

from ledger.people.roles import Role, Scope
from tests.api.conftest import Caller, a_token


def problem(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


@pytest.fixture
async def coordinator(people):
    return await people.coordinator()


@pytest.fixture
async def household(caller):
    return await caller.open("household")


async def add(caller, account, member_id, key=None):
    return await caller.post(f"/accounts/{account}/holders", {"member": str(member_id)}, key=key)


async def remove(caller, account, member_id, key=None):
    return await caller.post(f"/accounts/{account}/holders/{member_id}", method="DELETE", key=key)


def held_by(answer):
    return [each["member"] for each in answer.json()["holders"]]


async def test_two_hold_a_household_and_each_sees_it_at_once(people, coordinator, household):
    ana, ben = await people.member("Ana"), await people.member("Ben")
    path = f"/accounts/{household}"
    assert problem(await ben.get(path)) == (404, "not_found")
    key = uuid4()
    first = await add(coordinator, household, ana.id, key)
    assert (first.status_code, held_by(first)) == (201, [str(ana.id)])
    again = await add(coordinator, household, ana.id, key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert (await add(coordinator, household, ben.id)).status_code == 201
    assert (await ben.get(path)).status_code == 200
    assert set(held_by(await ben.get(f"{path}/holders"))) == {str(ana.id), str(ben.id)}
    removed = await remove(coordinator, household, ben.id)
    assert (removed.status_code, held_by(removed)) == (200, [str(ana.id)])
    assert problem(await ben.get(path)) == (404, "not_found")
    assert problem(await ben.get(f"{path}/holders")) == (404, "not_found")


async def test_changing_holders_is_refused(people, coordinator, household, caller):
    ana = await people.member("Ana")
    assert problem(await add(coordinator, household, uuid4())) == (404, "member_unknown")
    assert problem(await add(coordinator, uuid4(), ana.id)) == (404, "account_unknown")
    assert problem(await add(coordinator, ana.account, ana.id)) == (422, "not_a_household")
    assert problem(await add(coordinator, household, coordinator.id)) == (403, "own_affair")
    assert (await add(coordinator, household, ana.id)).status_code == 201
    assert problem(await add(coordinator, household, ana.id)) == (409, "holder_known")
    assert problem(await remove(coordinator, household, uuid4())) == (404, "holder_unknown")
    assert problem(await remove(coordinator, ana.account, ana.id)) == (422, "not_a_household")
    assert problem(await remove(coordinator, household, "1")) == (404, "not_found")
    for odd in ({}, {"member": "1"}, {"member": None}, {"member": str(ana.id), "since": "2020-01-01"}):
        answer = await coordinator.post(f"/accounts/{household}/holders", odd)
        assert problem(answer) == (400, "malformed_request")


async def test_nobody_else_changes_holders(people, household, caller):
    ana = await people.member("Ana")
    # To those who might hold it, and do not, it is not there; nobody but a co-ordinator removes.
    not_there, not_allowed, weak = (404, "not_found"), (403, "not_allowed"), (403, "passkey_required")
    for who, adding, removing in [
        (ana, not_there, not_allowed),
        (caller, not_allowed, not_allowed),
        (await people.with_role(Role.AUDITOR), not_there, not_allowed),
        (await people.with_role(Role.ADMINISTRATOR), not_there, not_allowed),
        (await people.with_role(Role.COORDINATOR, strong=False), weak, weak),
    ]:
        assert problem(await add(who, household, ana.id)) == adding
        assert problem(await add(who, uuid4(), ana.id)) == adding
        assert problem(await remove(who, household, ana.id)) == removing
    assert held_by(await caller.get(f"/accounts/{household}/holders")) == []


async def test_whoever_holds_a_household_adds_another_and_removes_nobody(people, coordinator, household):
    ana, ben = await people.member("Ana"), await people.member("Ben")
    assert (await add(coordinator, household, ana.id)).status_code == 201
    added = await add(ana, household, ben.id)
    assert (added.status_code, set(held_by(added))) == (201, {str(ana.id), str(ben.id)})
    assert problem(await add(ana, household, ben.id)) == (409, "holder_known")
    assert problem(await add(ana, ana.account, ben.id)) == (422, "not_a_household")
    assert problem(await remove(ana, household, ben.id)) == (403, "not_allowed")
    assert (await remove(coordinator, household, ben.id)).status_code == 200
    assert problem(await add(ben, household, ben.id)) == (404, "not_found")


async def test_who_sees_the_holders(app, oak, people, coordinator, household, caller, other_caller):
    ana, ben = await people.member("Ana"), await people.member("Ben")
    await add(coordinator, household, ana.id)
    path = f"/accounts/{household}/holders"
    for who in (ana, coordinator, caller, await people.with_role(Role.AUDITOR)):
        answer = await who.get(path)
        assert held_by(answer) == [str(ana.id)]
        assert set(answer.json()["holders"][0]) == {"member", "since"}
    reading = Caller(caller.client, "oak", await a_token(app, oak, (Scope.READ,)))
    assert problem(await reading.get(path)) == (403, "not_allowed")
    assert problem(await ben.get(path)) == (404, "not_found")
    assert problem(await other_caller.get(path)) == (404, "not_found")
    assert problem(await caller.get(f"/accounts/{uuid4()}/holders")) == (404, "not_found")
    assert held_by(await ana.get(f"/accounts/{ana.account}/holders")) == [str(ana.id)]
