"""Closing a period over HTTP when something of its days was taken back or corrected after they were over.

What is taken back counts for the day of what it takes back: otherwise a visit that was corrected before its month was
closed would count twice in it, as it was and as it should have been.
"""

# ruff: noqa: F811  - fixtures of other tests
import csv
import re
from collections import Counter
from html import unescape
from io import StringIO
from uuid import uuid4

import pytest
from beancount import loader
from beancount.core.data import Transaction

from ledger.desk.audit import audit_community
from ledger.desk.closing import DESPITE
from ledger.desk.journals import beancount
from ledger.hours import periods
from ledger.log.balance_proofs import verify_balance
from tests.api.conftest import kind_of, problem
from tests.api.test_assertions import ago, at, bank, oak, post, say  # noqa: F401 - fixtures
from tests.api.test_claims import log
from tests.api.test_desk_rounds import Desk
from tests.api.test_disputes import decide, dispute
from tests.api.test_periods import checklist, close, closings_of, proof_of, propose_opening, trust_of
from tests.api.test_policy_routes import second
from tests.postgres.test_bundle import run_script, unpacked

HOUR = 3600
DESPITE_ALL = {"despite": [*DESPITE], "reason": "For this test"}


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


@pytest.fixture
async def carla(people):
    return await people.coordinator()


async def paid(ben, ana, days, seconds=2 * HOUR):
    """A claim for a visit so many days ago, which is posted."""
    claim, logged = await log(ben, ben, ana, seconds=seconds, service_on=ago(days))
    assert logged.status_code == 201, logged.text
    assert kind_of(await ana.post(f"/claims/{claim}/confirmation", {})) is None
    return claim


async def put_right(carla, ana, claim, outcome="corrected", **more):
    answer = await decide(carla, await dispute(ana, claim), outcome, **more)
    assert answer.status_code == 200, answer.text


async def take_back(caller, transfer):
    answer = await caller.post(f"/transfers/{transfer}/reversal", {"reason": "A mistake"})
    assert answer.status_code == 201, answer.text


async def closed(carla, days):
    answer = await close(carla, ago(days), despite=DESPITE_ALL)
    assert answer.status_code == 201, answer.text


async def stood(member, number, account=None):
    """What an account stood at at a closing, of how many entries."""
    rows = await closings_of(member, account)
    return next((row["balance"], row["entries"]) for row in rows if row["number"] == number)


async def in_order(app, oak, tmp_path):
    """Nothing is found by the audit, nor by the script of the auditor's bundle."""
    report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
    assert report.clean, report.render_lines()
    folder = await unpacked(app.state.ledger, oak, tmp_path / f"bundle-{uuid4()}")
    code, says = run_script(folder)
    assert code == 0, says


async def test_a_visit_corrected_before_its_month_is_closed_counts_once(
    app,
    oak,
    at,
    people,
    ana,
    ben,
    carla,
    tmp_path,
):
    at(12)
    claim = await paid(ben, ana, 12)
    wrong = await paid(ben, ana, 12)
    at(5)
    await put_right(carla, ana, claim, seconds=HOUR)
    await put_right(carla, ana, wrong, "reversed")
    at(0)
    await paid(ben, ana, 0)
    # The correction and the reversal were recorded after the day that is closed, and count in it.
    await closed(carla, 10)
    assert await stood(ana, 1) == (-HOUR, 5) and await stood(ben, 1) == (HOUR, 5)
    says = verify_balance(await proof_of(ana, 1), await trust_of(ana)).says
    assert (says.balance, says.entry_count, says.through) == (-HOUR, 5, ago(10))
    await closed(carla, 1)
    assert await stood(ana, 2) == (-HOUR, 5)
    # A journal says as much as of that day.
    text = "".join([piece async for piece in beancount(app.state.ledger, oak)])
    entries, errors, _ = loader.load_string(text)
    assert errors == []
    balances = Counter()
    for entry in entries:
        if isinstance(entry, Transaction) and str(entry.date) <= ago(10):
            for posting in entry.postings:
                balances[posting.account] += int(posting.units.number)
    assert sorted(filter(None, balances.values())) == [-HOUR, HOUR]
    await in_order(app, oak, tmp_path)


async def test_what_is_taken_back_after_its_period_was_closed_counts_in_the_next_one(
    app,
    oak,
    at,
    people,
    ana,
    ben,
    carla,
    tmp_path,
):
    at(12)
    claim = await paid(ben, ana, 12)
    at(8)
    await closed(carla, 10)
    before = verify_balance(await proof_of(ana, 1), await trust_of(ana)).says
    shown = (await carla.get("/periods/1")).json()
    at(5)
    opened = await dispute(ana, claim)
    # A new payment would be for a day that is closed; taking back is not refused.
    assert problem(await decide(carla, opened, "corrected", seconds=HOUR)) == (409, "period_closed")
    assert kind_of(await decide(carla, opened, "reversed")) is None
    assert await stood(ana, 1) == (-2 * HOUR, 1)
    assert verify_balance(await proof_of(ana, 1), await trust_of(ana)).says == before
    assert (await carla.get("/periods/1")).json() == shown
    await in_order(app, oak, tmp_path)
    at(0)
    # The next one ends before it was recorded, and has it all the same; so has the first one, once it is closed anew.
    await closed(carla, 7)
    assert await stood(ana, 2) == (0, 2) and await stood(ben, 2) == (0, 2)
    assert await stood(ana, 1) == (-2 * HOUR, 1)
    await in_order(app, oak, tmp_path)
    other = await second(app, oak, people)
    for number in (2, 1):
        proposal, _ = await propose_opening(carla, number)
        assert kind_of(await other.post(f"/proposals/{proposal}/approval", {})) is None
    asked = {"action": "period", "through": ago(10), **DESPITE_ALL}
    answer = await carla.post("/proposals", asked, key=(proposal := uuid4()))
    assert answer.status_code == 201, answer.text
    assert kind_of(await other.post(f"/proposals/{proposal}/approval", {})) is None
    assert await stood(ana, 3) == (0, 2) and await stood(ana, 1) == (-2 * HOUR, 1)
    await in_order(app, oak, tmp_path)


async def test_what_has_no_day_of_care_is_taken_back_as_of_the_day_it_was_recorded(
    app,
    oak,
    at,
    carla,
    caller,
    bank,
    tmp_path,
):
    eva = await caller.open("member")
    at(20)
    early = await post(caller, bank, eva, 600)
    ahead = await post(caller, bank, eva, 60, service_on=ago(19))
    await post(caller, bank, eva, 6)
    # Before the day of care has come: it counts for that day, as what it takes back does.
    await take_back(caller, ahead)
    at(5)
    await take_back(caller, early)
    late = await post(caller, bank, eva, 6000)
    await take_back(caller, late)
    at(0)
    await closed(carla, 20)
    assert await stood(carla, 1, eva) == (6, 3)
    await closed(carla, 19)
    assert await stood(carla, 2, eva) == (6, 5)
    await closed(carla, 1)
    assert await stood(carla, 3, eva) == (6, 7)
    await in_order(app, oak, tmp_path)


async def test_what_is_taken_back_while_a_closing_is_counted_is_in_it(
    app,
    oak,
    at,
    ana,
    ben,
    carla,
    monkeypatch,
    tmp_path,
):
    at(12)
    wrong = await paid(ben, ana, 12)
    at(9)
    other = await paid(ben, ana, 9)
    at(0)
    counted, count = [], periods.count

    async def count_then_take_back(*asked):
        found = await count(*asked)
        counted.append(found)
        if len(counted) == 1:
            await put_right(carla, ana, wrong, "reversed")
        return found

    monkeypatch.setattr(periods, "count", count_then_take_back)
    await closed(carla, 10)
    assert len(counted) == 2, "what was recorded today for a day that is closed is counted again"
    assert await stood(ana, 1) == (0, 2)
    counted.clear()
    wrong = other
    await closed(carla, 9)
    assert len(counted) == 2 and await stood(ana, 2) == (0, 4)
    await in_order(app, oak, tmp_path)


async def test_an_assertion_that_holds_since_a_correction_is_settled(at, ana, ben, carla, caller, bank):
    eva = await caller.open("member")
    at(12)
    claim = await paid(ben, ana, 12)
    at(5)
    assert (await say(carla, ben.account, 10, HOUR)).json()["state"] == "differs"
    typo = (await say(carla, ben.account, 10, 7, "count")).json()["id"]
    assert (await say(carla, eva, 9, 60)).json()["state"] == "differs"
    assert (await say(carla, eva, 9, 0, "count")).json()["state"] == "holds"
    # What differs on a later day is no matter of this period.
    assert (await checklist(carla, ago(11)))["failed_assertions"] == ("done", 0)
    assert (await checklist(carla, ago(10)))["failed_assertions"] == ("open", 2)
    assert (await checklist(carla, ago(9)))["failed_assertions"] == ("open", 3)
    assert (await carla.post(f"/assertions/{typo}/withdrawal", {})).status_code == 200
    assert (await checklist(carla, ago(10)))["failed_assertions"] == ("open", 1)
    await put_right(carla, ana, claim, seconds=HOUR)
    at(0)
    assert (await checklist(carla, ago(10)))["failed_assertions"] == ("done", 0)
    desk = Desk(carla)
    page = unescape((await desk.open(f"/periods/checklist?through={ago(9)}")).text)
    [link] = re.findall(r'href="/desk/oak(/rounds/assertions\?[^"]*)"', page)
    told = list(csv.DictReader(StringIO((await desk.open(f"{link}&as=csv")).text.removeprefix("\ufeff"))))
    assert [(each["When this day was over"], each["State"]) for each in told] == [(ago(9), "differs")]
    but = {"despite": ["audit"], "reason": "For this test"}
    assert kind_of(await close(carla, ago(10), despite=but)) is None
    answer = await close(carla, ago(9), despite=but)
    assert problem(answer) == (409, "period_not_ready") and answer.json()["about"] == "failed_assertions"
    await post(caller, bank, eva, 60, service_on=ago(9))
    assert kind_of(await close(carla, ago(9), despite=but)) is None
