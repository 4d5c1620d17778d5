"""What an account's lines say they were for, over HTTP."""

from uuid import uuid4

import pytest

from ledger.people.roles import Role
from tests.api.conftest import care
from tests.api.test_claims import log

HOUR = 3600


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


async def lines(reader, account):
    answer = await reader.get(f"/accounts/{account}/entries")
    assert answer.status_code == 200, answer.text
    return answer.json()["entries"]


async def test_a_line_names_the_visit_it_paid_and_the_visit_whose_pay_was_taken_back(ben, ana, people):
    claim, logged = await log(ana, ben, ana)
    assert logged.json()["claim"]["state"] == "posted", logged.text
    visit = {"claim": claim, "provider": str(ben.id), "receiver": str(ana.id), "activity": "shopping"}
    for side in (ben, ana):
        [line] = await lines(side, side.account)
        assert line["paid_for"] == visit
        assert "members" not in line, line
    dispute = str(uuid4())
    await ana.post(f"/claims/{claim}/disputes", {"statement": "Nobody came"}, key=dispute)
    coordinator = await people.coordinator()
    decided = await coordinator.post(f"/disputes/{dispute}/outcome", {"outcome": "reversed"})
    assert decided.status_code == 200, decided.text
    assert [(line["seconds"], line["paid_for"]) for line in await lines(ben, ben.account)] == [
        (-HOUR, visit),
        (HOUR, visit),
    ]


async def test_of_a_gift_each_side_reads_who_was_on_the_other_and_of_nothing_else(ben, ana, people, caller):
    given = await ana.post("/gifts", {"from": ana.account, "to": str(ben.id), "seconds": HOUR})
    assert given.status_code == 201, given.text
    pot = await caller.open("pot", name="Winter pot")
    assert (await ana.post("/gifts", {"from": ana.account, "to": pot, "seconds": 900})).status_code == 201
    [to_pot, to_ben] = await lines(ana, ana.account)
    assert (to_pot["pot"], to_pot["kind"], to_pot.get("members")) == ("Winter pot", "gift", None)
    assert to_ben["members"] == [str(ben.id)]
    [from_ana] = await lines(ben, ben.account)
    assert from_ana["members"] == [str(ana.id)]

    # Whoever has a part in a correction is not told of the others.
    corrected = await caller.post("/transfers", care(ben.account, ana.account) | {"kind": "adjust"})
    assert corrected.status_code == 201, corrected.text
    for reader in (ana, await people.with_role(Role.AUDITOR)):
        newest = (await lines(reader, ana.account))[0]
        assert (newest["kind"], newest.keys() & {"members", "pot", "paid_for"}) == ("adjust", set())
