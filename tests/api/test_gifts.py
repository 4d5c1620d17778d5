"""Gifts over HTTP: whom one may give credits to, by the policy, and how far."""

import asyncio
from collections import Counter
from uuid import uuid4

import pytest

from ledger.book.authors import SHELL
from ledger.book.posting import Done
from ledger.hours.applying import NewPolicy, apply_policy
from ledger.hours.policy_text import read_policy
from ledger.people.roles import Role
from tests.api.conftest import care, gift, kind_of, problem

HOUR = 3600
NEAREST = '[gifts]\nrelations = ["spouse", "parent", "child"]\nanybody = false\npots = false\n'


@pytest.fixture
def policy(app, oak):
    """Puts a policy in force, from its text."""

    async def apply(source):
        source = f'name = "Test"\n{source}'
        answer = await apply_policy(
            app.state.hours, oak, SHELL, uuid4(), NewPolicy(source, read_policy(source), None)
        )
        assert isinstance(answer.outcome, Done), answer

    return apply


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


async def give(member, source, to, seconds=HOUR, key=None, **more):
    asked = {"from": str(source), "to": str(to), "seconds": seconds} | more
    return await member.post("/gifts", asked, key)


async def relate(coordinator, member, relative, relation):
    body = {"relative": str(relative.id), "relation": relation}
    assert (await coordinator.post(f"/members/{member.id}/relatives", body)).status_code == 201


async def test_a_gift_to_a_member_is_posted_with_a_receipt_and_repeated_for_ever(ana, ben):
    key = uuid4()
    answer = await give(ana, ana.account, ben.id, key=key, note="For the soup")
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert (said["id"], said["kind"], said["note"]) == (str(key), "gift", "For the soup")
    assert said["author"] == {"via": "member", "member": str(ana.id)}
    again = await give(ana, ana.account, ben.id, key=key, note="For the soup")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    # The same gift by the other address, and to the account by its own id, is the same request.
    for body, path in [
        (gift(ana.account, ben.account) | {"note": "For the soup"}, "/transfers"),
        ({"from": ana.account, "to": ben.account, "seconds": HOUR, "note": "For the soup"}, "/gifts"),
    ]:
        assert (await ana.post(path, body, key)).status_code == 200
    assert problem(await give(ana, ana.account, ben.id, HOUR + 1, key)) == (422, "id_reused")
    assert (await ben.get(f"/accounts/{ben.account}")).json()["balance"] == HOUR


async def test_a_repeat_is_answered_also_when_the_receivers_account_was_closed(people, ana, ben):
    coordinator, key = await people.coordinator(), uuid4()
    assert (await give(ana, ana.account, ben.id, key=key)).status_code == 201
    assert (await give(ben, ben.account, ana.id)).status_code == 201
    assert kind_of(await coordinator.post(f"/accounts/{ben.account}/closing", {})) is None
    assert (await give(ana, ana.account, ben.id, key=key)).status_code == 200
    assert problem(await give(ana, ana.account, ben.id)) == (409, "account_closed")


async def test_a_dry_run_says_what_would_become_of_it(ana, ben):
    asked = {"from": ana.account, "to": str(ben.id), "seconds": HOUR}
    assert (await ana.post("/gifts?dry_run=true", asked)).json() == {"outcome": "posted"}
    asked["seconds"] = 11 * HOUR
    assert problem(await ana.post("/gifts?dry_run=true", asked)) == (409, "below_floor")
    assert (await ana.get(f"/accounts/{ana.account}")).json()["entry_count"] == 0


async def test_nobody_gives_what_is_not_theirs(people, ana, ben, caller):
    coordinator = await people.coordinator()
    for stranger in (ben, coordinator):
        assert problem(await give(stranger, ana.account, stranger.id)) == (403, "not_allowed")
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        reader = await people.with_role(role)
        assert problem(await give(reader, reader.account, ana.id)) == (403, "not_allowed")
    assert problem(await give(caller, ana.account, ben.id)) == (403, "not_allowed")
    assert problem(await give(ana, ana.account, uuid4())) == (404, "account_unknown")
    for seconds in (0, -1, 1.5, 600_000_001):
        assert problem(await give(ana, ana.account, ben.id, seconds)) == (400, "malformed_request")
    assert problem(await give(ana, ana.account, ana.id)) == (422, "account_repeated")


async def test_a_delegate_gives_up_to_their_cap(ana, ben):
    asked = {
        "delegate": str(ben.id),
        "relation": "child",
        "scopes": ["spend"],
        "monthly_cap": 2 * HOUR,
        "from": "2026-01-01",
    }
    assert (await ana.post(f"/members/{ana.id}/delegates", asked)).status_code == 201
    answers = await asyncio.gather(*(give(ben, ana.account, ben.id) for _ in range(5)))
    assert Counter(kind_of(answer) for answer in answers) == {None: 2, "over_delegate_cap": 3}
    posted = next(answer.json() for answer in answers if answer.status_code == 201)
    assert posted["author"] == {"via": "delegate", "member": str(ben.id), "acting_for": str(ana.id)}


async def test_the_policy_says_whom_one_may_give_to(people, policy, caller, ana, ben):
    coordinator = await people.coordinator()
    cal, dan, pot = await people.member(), await people.member(), await caller.open("pot")
    home, mixed = await caller.open("household"), await caller.open("household")
    mint = await caller.open("issuance")
    for account, holders in ((home, (ana, ben)), (mixed, (ben, cal))):
        for holder in holders:
            body = {"member": str(holder.id)}
            assert (await coordinator.post(f"/accounts/{account}/holders", body)).status_code == 201
    # Ben is her child, Dan her sibling; Cal is nobody to her.
    await relate(coordinator, ana, ben, "child")
    await relate(coordinator, dan, ana, "sibling")
    await policy(NEAREST)
    for giver, to, refused in [
        (ana, ben.account, None),
        (ben, ana.account, None),
        (ana, home, None),
        (ana, dan.account, "gift_not_allowed"),
        (ana, cal.account, "gift_not_allowed"),
        (ana, mixed, "gift_not_allowed"),
        (ana, pot, "gift_not_allowed"),
        (ana, mint, "gift_not_allowed"),
    ]:
        assert kind_of(await give(giver, giver.account, to, 60)) == refused, to
        assert kind_of(await giver.post("/transfers", gift(giver.account, to, 60))) == refused, to
    assert kind_of(await give(ana, ana.account, ben.id, 60)) is None
    assert kind_of(await give(ana, ana.account, dan.id, 60)) == "gift_not_allowed"
    # The household is theirs to give from, to whom the one who gives may.
    assert kind_of(await give(ben, home, ana.id, 60)) is None
    assert kind_of(await give(ana, home, cal.id, 60)) == "gift_not_allowed"
    several = gift(ana.account, ben.account, 60)
    several["entries"][0]["seconds"] = -120
    several["entries"].append({"account": cal.account, "seconds": 60})
    answer = await ana.post("/transfers", several)
    assert (problem(answer), answer.json()["about"]) == ((409, "gift_not_allowed"), cal.account)
    # What a machine posts, or a co-ordinator corrects, is no gift of theirs.
    assert kind_of(await caller.post("/transfers", gift(ana.account, cal.account, 60))) is None
    assert kind_of(await coordinator.post("/transfers", gift(ana.account, cal.account, 60))) is None
    await policy('[gifts]\nrelations = ["sibling"]\nanybody = false\npots = true\n')
    for to, refused in ((ben.id, "gift_not_allowed"), (dan.id, None), (pot, None)):
        assert kind_of(await give(ana, ana.account, to, 60)) == refused


async def test_a_hard_limit_of_the_policy_refuses_a_gift(policy, caller, ana, ben, owner):
    mint = await caller.open("issuance")
    await policy('[floor]\nhours = "0:00"\n[ceiling]\nhours = "3:00"\n')
    # Somebody was given limits of their own, which are wider; the policy counts all the same.
    limits = {"floor": -5 * HOUR, "ceiling": None}
    tag = {"if-match": (await caller.get(f"/accounts/{ana.account}")).headers["etag"]}
    put = await caller.post(f"/accounts/{ana.account}/limits", limits, method="PUT", headers=tag)
    assert put.status_code == 200, put.text
    assert kind_of(await caller.post("/transfers", care(mint, ana.account, 4 * HOUR))) is None
    # What is set aside cannot be given away; a hold past its deadline sets nothing aside.
    hold = {"account": ana.account, "seconds": HOUR, "expires_at": "2027-08-01T00:00:00Z"}
    assert (await caller.post("/holds", hold)).status_code == 201
    answer = await give(ana, ana.account, ben.id, 3 * HOUR + 1)
    assert (problem(answer), answer.json()["about"]) == ((409, "below_floor"), ana.account)
    assert kind_of(await give(ana, ana.account, ben.id, 3 * HOUR)) is None
    answer = await give(ana, ana.account, ben.id, 1)
    assert (problem(answer), answer.json()["about"]) == ((409, "below_floor"), ana.account)
    await owner.execute("UPDATE open_hold SET expires_at = now() - interval '1 minute'")
    answer = await give(ana, ana.account, ben.id, 1)
    assert (problem(answer), answer.json()["about"]) == ((409, "above_ceiling"), ben.account)
    assert kind_of(await give(ben, ben.account, ana.id, 3 * HOUR)) == "above_ceiling"
    assert kind_of(await give(ben, ben.account, ana.id, 2 * HOUR)) is None


async def test_a_soft_limit_is_passed_and_makes_one_task(policy, ana, ben, owner):
    await policy('[floor]\nhours = "-1:00"\nsoft = true\n[ceiling]\nhours = "1:00"\nsoft = true\n')
    assert kind_of(await give(ana, ana.account, ben.id)) is None
    assert await owner.fetchval("SELECT count(*) FROM task") == 0
    for _ in range(2):
        assert kind_of(await give(ana, ana.account, ben.id)) is None
    assert problem(await give(ben, ana.account, ben.id)) == (403, "not_allowed")
    rows = await owner.fetch("SELECT kind, member_id, account_id, balance FROM task ORDER BY kind")
    assert [tuple(map(str, row)) for row in rows] == [
        ("above_soft_ceiling", str(ben.id), ben.account, str(2 * HOUR)),
        ("below_soft_floor", str(ana.id), ana.account, str(-2 * HOUR)),
    ]


async def test_gifts_at_the_same_moment_do_not_pass_the_floor(policy, ana, ben):
    await policy('[floor]\nhours = "-2:00"\n')
    answers = await asyncio.gather(*(give(ana, ana.account, ben.id, HOUR) for _ in range(6)))
    assert Counter(kind_of(answer) for answer in answers) == {None: 2, "below_floor": 4}
