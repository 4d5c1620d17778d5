"""The directory over HTTP: whom one may log hours with, the recent ones first; and who else may be called by name."""

from datetime import timedelta
from uuid import uuid4

import pytest

from ledger.people.roles import Role, Scope
from tests.api.conftest import Caller, a_token, problem
from tests.api.test_care_requests import ask, take
from tests.api.test_claims import TODAY, log
from tests.api.test_delegates import named
from tests.api.test_gifts import give


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


@pytest.fixture
async def cem(people):
    return await people.member("Cem")


async def read(caller, query=""):
    answer = await caller.get(f"/directory{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def names(caller, query=""):
    return [each["name"] for each in (await read(caller, query))["people"]]


async def whole(caller, limit, query=""):
    """Every page, one behind the other."""
    people, path, pages = [], f"/directory?limit={limit}{query}", 0
    while path is not None:
        answer = await caller.get(path)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        people += page["people"]
        pages += 1
        path = None
        if "next" in page:
            assert answer.headers["link"] == f'<{page["next"]}>; rel="next"' and len(page["people"]) == limit
            path = page["next"].removeprefix(caller.base)
    return people, pages


async def leave(owner, *members, status="left"):
    for member in members:
        await owner.execute("UPDATE member SET status = $2 WHERE member_id = $1", member.id, status)


def day(ago):
    return str(TODAY - timedelta(days=ago))


def ids(*members):
    return "?ids=" + ",".join(str(getattr(each, "id", each)) for each in members)


async def test_those_met_of_late_come_first_and_then_all_others_by_number(ana, ben, cem, people):
    dora, eva = await people.member("Dora"), await people.member("Eva")
    assert await names(ana) == ["Ben", "Cem", "Dora", "Eva"]
    await log(ana, ana, cem, service_on=day(30))
    await log(dora, dora, ana, service_on=day(10))
    await log(ana, ana, dora, service_on=day(40))
    found = (await read(ana))["people"]
    assert [(each["name"], each.get("last_on")) for each in found] == [
        ("Dora", day(10)),
        ("Cem", day(30)),
        ("Ben", None),
        ("Eva", None),
    ]
    assert found[0] == {"id": str(dora.id), "number": 4, "name": "Dora", "last_on": day(10)}
    # Everybody has their own.
    assert await names(eva) == ["Ana", "Ben", "Cem", "Dora"]


async def test_a_year_ago_is_long_ago_and_what_was_withdrawn_never_was(ana, ben, cem, owner):
    claim, logged = await log(ana, ana, cem)
    assert logged.status_code == 201, logged.text
    assert await names(ana) == ["Cem", "Ben"]
    await owner.execute("UPDATE claim SET service_on = $1", TODAY - timedelta(days=365))
    assert (await read(ana))["people"][0]["last_on"] == day(365)
    await owner.execute("UPDATE claim SET service_on = $1", TODAY - timedelta(days=366))
    assert await names(ana) == ["Ben", "Cem"]
    await owner.execute("UPDATE claim SET service_on = $1", TODAY)
    assert (await ana.post(f"/claims/{claim}/withdrawal", {})).status_code == 200
    assert await names(ana) == ["Ben", "Cem"]


async def test_page_by_page_nobody_is_missed_or_met_twice(ana, ben, cem, people):
    for name in "DEFG":
        await people.enrol(f"Member {name}")
    for other, ago in ((ben, 5), (cem, 5), (await people.member("Zoe"), 9)):
        await log(ana, ana, other, service_on=day(ago))
    for limit in (1, 2, 3, 4, 6, 7):
        found, pages = await whole(ana, limit)
        assert [each["name"] for each in found] == [
            "Ben",
            "Cem",
            "Zoe",
            *(f"Member {name}" for name in "DEFG"),
        ]
        assert [("last_on" in each) for each in found] == [True] * 3 + [False] * 4
        assert pages == -(-7 // limit)


async def test_a_visit_that_is_logged_between_two_pages_moves_nobody(ana, ben, cem, people, owner):
    for name in "DEF":
        await people.enrol(f"Member {name}")
    await log(ana, ana, ben)
    first = await read(ana, "?limit=1")
    assert [each["name"] for each in first["people"]] == ["Ben"]
    await log(ana, ana, cem, service_on=str(TODAY))
    # Time in the books is whole seconds: the page was read in one before.
    await owner.execute(
        "UPDATE claim SET logged_at = logged_at + interval '2 seconds' WHERE receiver_id = $1", cem.id
    )
    rest = await read(ana, first["next"].partition("/directory")[2])
    assert [each["name"] for each in rest["people"]] == ["Cem"]
    assert "last_on" not in rest["people"][0]


async def test_only_who_belongs_to_the_community_is_listed_and_found(ana, ben, cem, people, owner):
    dora, eva, finn = [await people.member(name) for name in ("Dora", "Eva", "Finn")]
    for other in (ben, cem, dora, eva):
        await log(ana, ana, other)
    await leave(owner, ben)
    await leave(owner, cem, status="died")
    await leave(owner, dora, status="away")
    await leave(owner, finn, status="applied")
    assert await names(ana) == ["Dora", "Eva"]
    assert await names(ana, "?name=Ben") == [] and await names(ana, "?name=finn") == []
    assert await names(ana, "?name=dor") == ["Dora"]


async def test_a_name_is_found_by_how_it_looks(ana, ben, people):
    for name in ("José Martí", "JOSEPHINE", "Jörg"):
        await people.enrol(name)
    assert await names(ben, "?name=jose") == ["José Martí", "JOSEPHINE"]
    assert await names(ben, "?name=JÖ") == ["José Martí", "JOSEPHINE", "Jörg"]
    assert await names(ben, "?name=en") == []  # nobody needs to find themselves
    for _ in range(25):
        await people.enrol(f"Many {uuid4()}")
    assert len(await names(ben, "?name=many")) == 20
    for short in ("a", "%C3%A9", ".", "a%CC%81", "a."):
        assert problem(await ben.get(f"/directory?name={short}")) == (400, "malformed_request")


async def test_a_delegate_finds_those_whom_the_member_met(ana, ben, cem, people):
    await named(ana, ben)
    await log(ana, ana, cem)
    found = (await read(ben, f"?for={ana.id}"))["people"]
    assert [(each["name"], "last_on" in each) for each in found] == [("Cem", True), ("Ben", False)]
    assert await names(ben) == ["Ana", "Cem"] == await names(ben, f"?for={ben.id}")
    people, pages = await whole(ben, 1, f"&for={ana.id}")
    assert [each["name"] for each in people] == ["Cem", "Ben"] and pages == 2


async def test_nobody_sees_whom_a_stranger_met(app, anonymous, oak, ana, ben, cem, people):
    await named(ana, ben, scopes=["confirm"])
    coordinator = await people.coordinator()
    token = Caller(anonymous, "oak", await a_token(app, oak, [Scope.MEMBERS]))
    for caller in (ben, cem, coordinator, token):
        assert problem(await caller.get(f"/directory?for={ana.id}")) == (404, "not_found")
    assert problem(await ana.get(f"/directory?for={uuid4()}")) == (404, "not_found")


async def test_who_has_left_is_called_by_name_where_something_was_between_the_two(
    ana, ben, cem, people, owner, caller
):
    """By a claim either way, a request either way, a gift either way; not by nothing at all."""
    others = {
        name: await people.member(name) for name in ("Gave", "Got", "Took", "Asked", "Giver", "Given", "None")
    }
    await log(others["Gave"], others["Gave"], ana)
    await log(ana, ana, others["Got"])
    for receiver, taker in ((ana, others["Took"]), (others["Asked"], ana)):
        request, asked = await ask(receiver, receiver, days=1)
        assert asked.status_code == 201, asked.text
        assert (await take(taker, request)).status_code == 200
    for giver, getter in ((others["Giver"], ana), (ana, others["Given"])):
        assert (await give(giver, giver.account, getter.id)).status_code == 201
    # Something was between these two and others.
    await log(others["None"], others["None"], ben)
    assert (await give(others["None"], others["None"].account, cem.id)).status_code == 201
    await leave(owner, *others.values())
    await owner.execute("UPDATE account_holder SET until = now() WHERE member_id = $1", others["Giver"].id)

    asked = ids(*others.values(), ben, ana, uuid4())
    assert await names(ana, asked) == ["Ana", "Ben", "Gave", "Got", "Took", "Asked", "Giver", "Given"]
    assert await names(ben, asked) == ["Ana", "Ben", "None"]
    assert await names(await people.coordinator(), asked) == ["Ana", "Ben"]
    # Whoever may see for Ana calls them by the names that Ana reads.
    await named(ana, ben)
    assert await names(ben, f"{asked}&for={ana.id}") == await names(ana, asked)
    await owner.execute("DELETE FROM person WHERE member_id = $1", others["Gave"].id)
    assert "Gave" not in await names(ana, asked)


async def test_a_household_that_pays_makes_its_people_known(ana, ben, cem, caller, owner, oak):
    house = await caller.open("household")
    for member in (ben, cem):
        await owner.execute("INSERT INTO account_holder VALUES ($1, $2, $3, now())", oak.id, house, member.id)
    assert (await give(cem, house, ana.id)).status_code == 201
    await leave(owner, ben, cem)
    assert await names(ana, ids(ben, cem)) == ["Ben", "Cem"]


async def test_a_machine_that_reads_members_gets_the_names_and_nothing_recent(app, anonymous, oak, ana, ben):
    await log(ana, ana, ben)
    token = Caller(anonymous, "oak", await a_token(app, oak, [Scope.MEMBERS]))
    assert (await read(token))["people"] == [
        {"id": str(ana.id), "number": 1, "name": "Ana"},
        {"id": str(ben.id), "number": 2, "name": "Ben"},
    ]
    assert await names(token, ids(ben)) == ["Ben"] == await names(token, "?name=ben")


async def test_an_auditor_reads_no_names_with_or_without_their_passkey(ana, people):
    for strong in (True, False):
        auditor = await people.with_role(Role.AUDITOR, strong=strong)
        for query in ("", "?name=ana", ids(ana)):
            assert problem(await auditor.get(f"/directory{query}")) == (403, "not_allowed")
    administrator = await people.with_role(Role.ADMINISTRATOR)
    assert "Ana" in await names(administrator)


async def test_another_communitys_people_are_not_in_it(ana, ben, other_caller):
    assert await names(other_caller) == []
    assert await names(other_caller, ids(ana, ben)) == []


SENSELESS = [
    "?name=ana&ids=00000000-0000-4000-8000-000000000000",
    "?name=ana&limit=3",
    "?ids=00000000-0000-4000-8000-000000000000&after=1.2026-01-01.3",
    "?ids=",
    "?ids=ana",
    "?ids=" + ",".join(["00000000-0000-4000-8000-000000000000"] * 51),
    "?for=ana",
    "?limit=0",
    "?limit=201",
    "?after=7",
    "?after=1.2026-02-30.3",
    "?after=1.0000-01-01.3",
    "?after=99999999999.2026-01-01.3",
    "?after=1..99999999999",
    "?name=%00%00",
    "?nme=ana",
]


async def test_what_makes_no_sense_is_refused(ana):
    for query in SENSELESS:
        assert problem(await ana.get(f"/directory{query}")) == (400, "malformed_request"), query


async def test_the_edges_of_a_cursor_are_places_too(ana, ben):
    for after in ("0..0", "9999999999.9999-12-31.0", "0.0001-01-01.999999999"):
        assert await names(ana, f"?after={after}") == ["Ben"]
    assert await names(ana, "?after=0..999999999") == []
