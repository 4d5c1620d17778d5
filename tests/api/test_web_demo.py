"""The invented co-op at a press: where it may be entered, and as whom."""

import asyncio

import pytest

from tests.api.conftest import URL, living, speaking_to


@pytest.fixture
async def open_house(database_url, keys, tmp_path):
    async with living(data=tmp_path, database_url=database_url, demo=True) as app, speaking_to(app) as client:
        yield app, client


async def test_it_is_made_at_a_press_and_entered_as_any_of_its_people(open_house, database_url, tmp_path):
    _, client = open_house
    client.headers["origin"] = URL
    assert "Make it" in (await client.get("/demo")).text
    # Nobody is there yet.
    early = await client.post("/demo/visit", data={"as": "coordinator"})
    assert (early.status_code, early.headers["location"]) == (303, "/demo")
    assert "set-cookie" not in early.headers
    assert (await client.post("/demo")).status_code == 303
    assert 'http-equiv="refresh"' in (await client.get("/demo")).text
    # Pressed twice, it is made once.
    await client.post("/demo")
    for _ in range(600):
        page = await client.get("/demo")
        if "refresh" not in page.text:
            break
        await asyncio.sleep(0.1)
    assert "Priya Winterbourne" in page.text

    for kind, place, role in [
        ("volunteer", "/app?c=demo", None),
        ("family", "/app?c=demo", None),
        ("delegate", "/app?c=demo", None),
        ("coordinator", "/desk/demo", "coordinator"),
        ("auditor", "/desk/demo", "auditor"),
    ]:
        entered = await client.post("/demo/visit", data={"as": kind})
        assert (entered.status_code, entered.headers["location"]) == (303, place)
        me = (await client.get("/v1/communities/demo/me")).json()
        assert me["role"] == role
        assert bool(me["delegations"]) == (kind == "delegate")
    assert (await client.post("/demo/visit", data={"as": "nobody"})).status_code == 400
    # From another site's page nobody is signed in here.
    crossed = await client.post(
        "/demo/visit", data={"as": "auditor"}, headers={"origin": "https://evil.example"}
    )
    assert crossed.status_code == 403

    # A service that was started again knows that it is made.
    async with living(data=tmp_path, database_url=database_url, demo=True) as app, speaking_to(app) as again:
        assert "Priya Winterbourne" in (await again.get("/demo")).text


async def test_a_co_op_that_only_has_its_name_is_nobodys_to_enter(open_house):
    app, client = open_house
    await app.state.ledger.found("demo", "Demo Lane", URL, "care.example.org/demo")
    for method, path in (("GET", "/demo"), ("POST", "/demo"), ("POST", "/demo/visit")):
        answer = await client.request(method, path, data={"as": "coordinator"} if method == "POST" else None)
        assert answer.status_code == 404, (method, path)


async def test_elsewhere_than_on_ones_own_machine_it_is_not_there(anonymous):
    assert "/demo" not in (await anonymous.get("/")).text
    for method, path in (("GET", "/demo"), ("POST", "/demo"), ("POST", "/demo/visit")):
        assert (
            await anonymous.request(method, path, data={"as": "auditor"} if method == "POST" else None)
        ).status_code == 404
