"""Tasks over HTTP: a soft limit lets the claim pass, and a co-ordinator hears of it once."""

import asyncio
from uuid import UUID, uuid4

import pytest

from ledger.book.authors import SHELL
from ledger.hours.policy import Limit
from ledger.people.delegates import Relation, add_relative
from tests.api.conftest import kind_of, problem
from tests.api.test_claims import log
from tests.hours import apply_policy

HOUR = 3600


@pytest.fixture
async def soft(owner, oak):
    """An hour either way, and no more than a word about it."""
    await apply_policy(owner, oak, floor=Limit(-HOUR, soft=True), ceiling=Limit(HOUR, soft=True))


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


@pytest.fixture
async def carla(people):
    return await people.coordinator()


async def tasks(coordinator):
    return (await coordinator.get("/tasks")).json()["tasks"]


async def test_a_soft_limit_posts_and_makes_exactly_one_open_task(soft, ben, ana, carla):
    _, within = await log(ana, ben, ana, seconds=HOUR)
    assert within.json()["claim"]["state"] == "posted"
    assert await tasks(carla) == []
    for _ in range(2):
        _, past = await log(ana, ben, ana, seconds=HOUR)
        assert past.json()["claim"]["state"] == "posted", past.text
        # What was told first stays, with the balance it was told of.
        assert {task["balance"] for task in await tasks(carla)} == {-2 * HOUR, 2 * HOUR}
        below, above = sorted(await tasks(carla), key=lambda task: task["kind"], reverse=True)
        assert (below["kind"], below["account"], below["member"]) == (
            "below_soft_floor",
            ana.account,
            str(ana.id),
        )
        assert (above["kind"], above["account"], above["member"]) == (
            "above_soft_ceiling",
            ben.account,
            str(ben.id),
        )
    key = uuid4()
    done = await carla.post(f"/tasks/{below['id']}/done", {}, key=key)
    assert done.json() == {"outcome": "done"}, done.text
    assert [task["id"] for task in await tasks(carla)] == [above["id"]]
    again = await carla.post(f"/tasks/{below['id']}/done", {}, key=key)
    assert again.headers["idempotency-replayed"] == "true"
    assert problem(await carla.post(f"/tasks/{below['id']}/done", {})) == (404, "task_unknown")
    # Somebody has looked, and it went on: that is news again.
    await log(ana, ben, ana, seconds=HOUR)
    assert len(await tasks(carla)) == 2


async def test_tasks_are_listed_a_page_at_a_time(soft, ben, ana, carla, people):
    for _ in range(3):
        await log(ana, ben, ana, seconds=2 * HOUR)
        ana = await people.member()
    found, path = [], "/tasks?limit=1"
    while path is not None:
        page = (await carla.get(path)).json()
        found += page["tasks"]
        path = page.get("next")
        path = None if path is None else path.removeprefix("/v1/communities/oak")
    assert [task["id"] for task in found] == [task["id"] for task in await tasks(carla)]
    assert len(found) == 4  # three who received, and one who gave
    assert problem(await carla.get(f"/tasks?after={uuid4()}")) == (404, "not_found")


async def test_a_task_about_oneself_or_ones_own_is_for_somebody_else(soft, app, oak, ben, ana, carla, people):
    other = await people.coordinator()
    await add_relative(app.state.ledger, oak, SHELL, uuid4(), carla.id, ana.id, Relation.PARENT)
    await log(ana, ben, ana, seconds=2 * HOUR)
    [task] = [each for each in await tasks(carla) if each["member"] == str(ana.id)]
    assert problem(await carla.post(f"/tasks/{task['id']}/done", {})) == (403, "own_affair")
    answers = await asyncio.gather(*(other.post(f"/tasks/{task['id']}/done", {}) for _ in range(2)))
    assert sorted(map(str, map(kind_of, answers))) == ["None", "task_unknown"]


async def test_a_correction_past_a_soft_limit_makes_a_task_too(soft, owner, ben, ana, carla):
    claim, _ = await log(ana, ben, ana, seconds=HOUR)
    dispute = uuid4()
    await ana.post(f"/claims/{claim}/disputes", {"statement": "It was two hours"}, key=dispute)
    asked = {"outcome": "corrected", "seconds": 2 * HOUR}
    assert kind_of(await carla.post(f"/disputes/{dispute}/outcome", asked)) is None
    found = {task["member"]: task["balance"] for task in await tasks(carla)}
    assert found == {str(ana.id): -2 * HOUR, str(ben.id): 2 * HOUR}
    [row] = await owner.fetch("SELECT credited_seconds FROM claim WHERE claim_id = $1", UUID(claim))
    assert row["credited_seconds"] == 2 * HOUR
