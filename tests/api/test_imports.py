"""Imports at the service: looked at in the background, posted by a second person, undone as a whole."""

import asyncio
import json
from datetime import date
from uuid import uuid4

import pytest

from ledger.book.authors import SHELL
from ledger.book.commands import CloseAccount
from ledger.book.posting import Done
from ledger.book.refusals import Refusal
from ledger.desk.audit import audit_community
from ledger.desk.imports import interrupted, postings, running, undoing, uploads
from ledger.people.erasure import Reason, erase
from ledger.people.members import Status, account_of, change_standing
from ledger.people.roles import Role
from tests.api.conftest import URL, People, care, kind_of, living
from tests.import_files import NEUTRAL_MEMBERS, NEUTRAL_VISITS, csv_of, komunitin, neutral, zip_of

OCTETS = {"content-type": "application/octet-stream"}


async def send(member, content=None, key=None, **query):
    query = {"name": "visits.zip", "format": "neutral"} | query
    return await member.post(
        "/imports", key=key, content=neutral() if content is None else content, params=query, headers=OCTETS
    )


async def settled(member, import_id):
    """The import, once nothing is being done with it."""
    for _ in range(400):
        said = (await member.get(f"/imports/{import_id}")).json()
        if said["work"]["state"] != "running":
            return said
        await asyncio.sleep(0.03)
    raise AssertionError("it runs and runs")


@pytest.fixture
async def carla(people):
    return await people.coordinator()


@pytest.fixture
async def dora(people):
    return await people.coordinator()


async def waiting(member, content=None, **query):
    sent = await send(member, content, **query)
    assert sent.status_code == 202, sent.text
    return await settled(member, sent.json()["id"])


async def posted(first, second, content=None):
    found = await waiting(first, content)
    answer = await second.post(f"/imports/{found['id']}/posting", {})
    assert answer.status_code == 202, answer.text
    return await settled(second, found["id"])


async def test_a_file_is_looked_at_and_nothing_is_posted(carla, owner):
    accounts = await owner.fetchval("SELECT count(*) FROM account")
    found = await waiting(carla)
    assert (found["state"], found["format"], found["file_name"]) == ("waiting", "neutral", "visits.zip")
    report = found["report"]
    assert (report["transfers_to_book"], report["net_seconds"], report["differing"]) == (2, 0, 0)
    assert {row["name"] for row in report["comparisons"]} == {"Ana Ruiz", "Ben Soler"}
    assert await owner.fetchval("SELECT count(*) FROM transfer") == 0
    assert await owner.fetchval("SELECT count(*) FROM account") == accounts


async def test_a_second_person_posts_it_and_the_file_is_deleted(app, oak, carla, dora, owner, tmp_path):
    found = await posted(carla, dora)
    assert (found["state"], found["transfers"], found["seconds"]) == ("posted", 2, 210 * 60 + 1800)
    assert found["started_by"] == str(carla.id) and found["posted_by"] == str(dora.id)
    assert "report" not in found and await owner.fetchval("SELECT count(*) FROM import_upload") == 0
    names = {row["name"] for row in (await carla.get("/members")).json()["members"]}
    assert {"Ana Ruiz", "Ben Soler"} <= names
    report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
    assert report.render_lines()[-1] == "No findings."


async def test_who_sent_it_does_not_post_it_while_somebody_else_could(carla, dora):
    found = await waiting(carla)
    answer = await carla.post(f"/imports/{found['id']}/posting", {})
    assert kind_of(answer) == "second_person_needed"
    # Whoever looks at it again, by other options, has had a hand in it too.
    again = await dora.post(f"/imports/{found['id']}/checking", {"what": "balances"})
    assert again.status_code == 202, again.text
    await settled(dora, found["id"])
    assert kind_of(await dora.post(f"/imports/{found['id']}/posting", {})) == "second_person_needed"
    assert (await carla.post(f"/imports/{found['id']}/posting", {})).status_code == 202
    assert (await settled(carla, found["id"]))["transfers"] == 2  # the opening balances


async def test_a_single_co_ordinator_posts_alone_and_that_is_on_record(carla, owner):
    await posted(carla, carla)
    details = await owner.fetchval("SELECT details FROM event WHERE kind = 'import_posted'")
    assert '"alone":"1"' in details.replace(" ", "") or '"alone":1' in details.replace(" ", "")


async def test_a_file_with_mistakes_is_refused_with_all_of_them(carla, dora, owner):
    visits = [NEUTRAL_VISITS[0], *[("v", "31/31/2025", "", "7", "8", "x", *[""] * 5) for _ in range(150)]]
    found = await waiting(carla, neutral(visits=visits))
    assert (found["state"], found["mistake_count"]) == ("refused", 150)
    [mistake] = found["mistakes"]
    assert (mistake["file"], mistake["code"], mistake["column"]) == ("visits.csv", "moment_invalid", 2)
    assert (mistake["lines"], mistake["count"]) == (list(range(2, 12)), 150)
    assert kind_of(await dora.post(f"/imports/{found['id']}/posting", {})) == "import_not_ready"
    assert (await dora.post(f"/imports/{found['id']}/abandoning", {})).json()["state"] == "abandoned"
    assert await owner.fetchval("SELECT count(*) FROM import_upload") == 0


async def test_what_the_file_does_not_say_is_asked_for_and_said(carla):
    found = await waiting(carla, komunitin(), format="komunitin")
    assert [each["code"] for each in found["mistakes"]] == ["unit_missing"]
    await carla.post(f"/imports/{found['id']}/checking", {"unit": 60})
    assert (await settled(carla, found["id"]))["state"] == "waiting"
    told = await waiting(carla, komunitin(), format="komunitin", unit=60)
    assert told["state"] == "waiting"


async def test_somebody_of_the_same_name_is_asked_about(carla, dora, people):
    ana = await people.member("Ana Ruiz")
    found = await waiting(carla)
    [mistake] = found["mistakes"]
    assert mistake["asks"] == {"number": "7", "name": "Ana Ruiz", "members": [str(ana.id)]}
    await carla.post(
        f"/imports/{found['id']}/checking", {"matches": [{"number": "7", "member_id": str(ana.id)}]}
    )
    assert (await settled(carla, found["id"]))["report"]["enrolled"] == 1
    await dora.post(f"/imports/{found['id']}/posting", {})
    await settled(dora, found["id"])
    assert (await ana.get(f"/accounts/{ana.account}")).json()["balance"] == 3 * 3600
    # It is remembered for the next file.
    again = await waiting(carla, neutral(visits=NEUTRAL_VISITS[:2]))
    assert again["state"] == "waiting"


async def test_the_same_request_is_the_same_import(carla):
    key = uuid4()
    first, second = await send(carla, key=key), await send(carla, key=key)
    assert (first.status_code, second.status_code) == (202, 200)
    assert second.headers["idempotency-replayed"] == "true"
    await settled(carla, key)
    assert kind_of(await send(carla, csv_of(NEUTRAL_VISITS), key=key)) == "id_reused"


async def test_no_more_than_five_files_wait(carla):
    for _ in range(uploads.MOST_WAITING):
        await waiting(carla)
    assert kind_of(await send(carla)) == "imports_waiting"
    [first, *_] = (await carla.get("/imports")).json()["imports"]
    await carla.post(f"/imports/{first['id']}/abandoning", {})
    assert (await send(carla)).status_code == 202


async def test_a_file_is_called_something_and_has_a_known_format(carla):
    names = ("a/b", "\u115f", "a\u00adb.csv", "\u202evsc.csv", "a\r\nb.csv")
    wrong = ({"format": "excel"}, {"unit": "x"}, {"what": "all"}, {"odd": "1"})
    for query in (*({"name": name} for name in names), *wrong):
        assert kind_of(await send(carla, **query)) == "malformed_request", query
    plain = await carla.post("/imports", {"a": 1}, params={"name": "x", "format": "neutral"})
    assert kind_of(plain) == "media_type_unsupported"


async def test_an_import_is_undone_by_somebody_else_and_can_come_in_again(
    carla, dora, owner, app, oak, tmp_path
):
    found = await posted(carla, dora)
    place = f"/imports/{found['id']}/undoing"
    would = (await carla.get(place)).json()
    assert (would["transfers_to_reverse"], would["accounts_to_close"], would["in_the_way"]) == (2, 2, [])
    assert kind_of(await dora.post(place, {"reason": "the wrong year"})) == "second_person_needed"
    assert (await carla.post(place, {"reason": "the wrong year"})).status_code == 202
    undone = await settled(carla, found["id"])
    assert (undone["state"], undone["undone_by"]) == ("undone", str(carla.id))
    assert await owner.fetchval("SELECT sum(abs(balance)) FROM balance") == 0
    assert (await posted(carla, dora))["transfers"] == 2
    report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
    assert report.render_lines()[-1] == "No findings."


async def test_undoing_is_refused_where_hours_have_been_used(carla, dora, caller, owner):
    found = await posted(carla, dora)
    rows = await owner.fetch("SELECT account_id FROM balance ORDER BY balance DESC")
    ana, ben = str(rows[0]["account_id"]), str(rows[-1]["account_id"])
    spent = await caller.post("/transfers", care(ana, ben, 40_000))
    assert spent.status_code == 201, spent.text
    place = f"/imports/{found['id']}/undoing"
    assert (await carla.get(place)).json()["in_the_way"]
    assert kind_of(await carla.post(place, {"reason": "wrong"})) == "import_in_use"
    assert (await carla.get(f"/imports/{found['id']}")).json()["state"] == "posted"


async def test_an_undoing_that_is_refused_before_it_reversed_anything_leaves_the_import_posted(
    carla, dora, caller, owner, monkeypatch
):
    found = await posted(carla, dora)
    rows = await owner.fetch("SELECT account_id FROM balance ORDER BY balance DESC")
    ana, ben = str(rows[0]["account_id"]), str(rows[-1]["account_id"])
    spent, real = asyncio.Event(), postings.undo_import

    async def late(*arguments, **more):
        await spent.wait()
        return await real(*arguments, **more)

    monkeypatch.setattr(postings, "undo_import", late)
    place = f"/imports/{found['id']}/undoing"
    assert (await carla.post(place, {"reason": "wrong"})).json()["state"] == "undoing"
    assert (await caller.post("/transfers", care(ana, ben, 40_000))).status_code == 201
    spent.set()
    left = await settled(carla, found["id"])
    assert (left["state"], left["work"]["state"]) == ("posted", "failed")
    assert "undone_by" not in left
    assert await owner.fetchval("SELECT count(*) FROM import_upload") == 0
    assert await owner.fetchval("SELECT count(*) FROM transfer WHERE kind = 'reverse'") == 0
    # Nothing is half done, so other imports need not wait; and once it can be undone, it is.
    other = await posted(carla, dora, neutral(visits=NEUTRAL_VISITS[:2]))
    assert other["state"] == "posted"
    assert kind_of(await carla.post(place, {"reason": "wrong"})) == "import_in_use"
    assert (await caller.post("/transfers", care(ben, ana, 40_000))).status_code == 201
    assert (await carla.post(place, {"reason": "wrong"})).status_code == 202
    assert (await settled(carla, found["id"]))["state"] == "undone"


class Cut(Exception):
    """Ends a piece of work in the middle, as the end of its process would."""


async def cut_off(member, import_id, monkeypatch, reached, end=Cut):
    """The import, after posting it was cut off when it had reached so many chunks."""
    steps, real = 0, running._post

    async def cut(*arguments):
        nonlocal steps
        if steps == reached:
            raise end
        steps += 1
        await real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(running, "_post", cut)
        patch.setattr(running, "_finish", cut)
        await member.post(f"/imports/{import_id}/posting", {})
        return await settled(member, import_id)


@pytest.mark.parametrize("reached", [1, 2])
async def test_a_posting_that_was_cut_off_goes_on_and_books_nothing_twice(
    carla, dora, owner, monkeypatch, reached
):
    found = await waiting(carla)
    stopped = await cut_off(dora, found["id"], monkeypatch, reached)
    assert (stopped["state"], stopped["work"]["state"]) == ("posting", "failed")
    other = await waiting(carla, neutral(visits=NEUTRAL_VISITS[:2]))
    assert kind_of(await dora.post(f"/imports/{other['id']}/posting", {})) == "import_unfinished"
    # Anybody may finish what two have begun.
    assert (await carla.post(f"/imports/{found['id']}/posting", {})).status_code == 202
    done = await settled(carla, found["id"])
    assert (done["state"], done["transfers"]) == ("posted", 2)
    # What the file came to, not what was left to do.
    assert done["totals"]["transfers_to_book"] == 2 and done["totals"]["openings"] == 2
    assert await owner.fetchval("SELECT count(*) FROM transfer") == 2


async def test_a_posting_that_failed_before_it_posted_anything_is_over(carla, dora, owner, monkeypatch):
    found = await waiting(carla)
    stopped = await cut_off(dora, found["id"], monkeypatch, 0)
    assert (stopped["state"], stopped["work"]["state"]) == ("waiting", "failed")
    assert "posted_by" not in stopped and "report" in stopped
    # Nobody waits for it, and it can be tried again, by who does not have to be another than the first time.
    other = await posted(carla, dora, neutral(visits=NEUTRAL_VISITS[:2]))
    assert (other["state"], other["transfers"]) == ("posted", 3)  # one visit, and two balances beyond it
    assert (await dora.post(f"/imports/{found['id']}/posting", {})).status_code == 202
    assert (await settled(dora, found["id"]))["state"] == "posted"


async def test_a_file_that_the_rules_refuse_only_when_it_is_posted_has_mistakes_then(carla, dora, owner):
    found = await waiting(carla)
    await owner.execute("UPDATE log_head SET closed_through = '2025-12-31'")
    await dora.post(f"/imports/{found['id']}/posting", {})
    refused = await settled(dora, found["id"])
    assert (refused["state"], refused["mistake_count"]) == ("refused", 2) and "totals" not in refused
    [mistake] = refused["mistakes"]
    assert (mistake["code"], mistake["lines"], mistake["count"]) == ("period_closed", [2, 3], 2)
    assert refused["work"]["failed"] == Refusal.PERIOD_CLOSED.says
    assert await owner.fetchval("SELECT count(*) FROM transfer") == 0
    # The period was opened again, and the file looked at again.
    await owner.execute("UPDATE log_head SET closed_through = NULL")
    await carla.post(f"/imports/{found['id']}/checking", {})
    assert (await settled(carla, found["id"]))["state"] == "waiting"


async def half_posted(carla, dora, owner, monkeypatch):
    """An import whose accounts were opened when a rule stopped it: its days were closed in the meantime."""
    found, real, steps = await waiting(carla), running._post, 0

    async def closed_after_one(*arguments):
        nonlocal steps
        steps += 1
        if steps == 2:
            await owner.execute("UPDATE log_head SET closed_through = '2025-12-31'")
        await real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(running, "_post", closed_after_one)
        await dora.post(f"/imports/{found['id']}/posting", {})
        return await settled(dora, found["id"])


async def test_what_a_rule_has_stopped_half_way_waits_for_somebody(app, oak, carla, dora, owner, monkeypatch):
    stopped = await half_posted(carla, dora, owner, monkeypatch)
    assert (stopped["state"], stopped["work"]["failed"]) == ("posting", Refusal.PERIOD_CLOSED.says)
    assert [each["code"] for each in stopped["mistakes"]] == ["period_closed"]
    # The service does not try by itself what a rule has refused.
    await app.state.postings.sweep(oak)
    assert (await dora.get(f"/imports/{stopped['id']}")).json()["work"] == stopped["work"]
    await owner.execute("UPDATE log_head SET closed_through = NULL")
    assert (await carla.post(f"/imports/{stopped['id']}/posting", {})).status_code == 202
    assert (await settled(carla, stopped["id"]))["transfers"] == 2


@pytest.mark.parametrize("by", ["somebody", "time"])
async def test_what_nobody_finishes_is_left_as_it_is_and_blocks_nobody(
    app, oak, carla, dora, owner, monkeypatch, by, tmp_path
):
    stopped = await half_posted(carla, dora, owner, monkeypatch)
    place = f"/imports/{stopped['id']}"
    if by == "somebody":
        assert (await carla.post(f"{place}/abandoning", {})).json()["state"] == "incomplete"
    else:
        await owner.execute("UPDATE import_run SET begun_at = begun_at - interval '31 days'")
        await app.state.postings.sweep(oak)
    left = (await carla.get(place)).json()
    assert (left["state"], left["transfers"], left["seconds"]) == ("incomplete", 0, 0)
    assert await owner.fetchval("SELECT count(*) FROM import_upload") == 0
    details = await owner.fetchval("SELECT details FROM event WHERE kind = 'import_posted'")
    assert '"incomplete":1' in details.replace(" ", "")
    assert kind_of(await carla.post(f"{place}/abandoning", {})) == "import_not_ready"
    assert kind_of(await dora.post(f"{place}/posting", {})) == "import_not_ready"
    # The same file posts what is missing; what was begun can be undone like any other.
    await owner.execute("UPDATE log_head SET closed_through = NULL")
    again = await posted(carla, dora)
    assert (again["state"], again["transfers"], again["totals"]["openings"]) == ("posted", 2, 0)
    for each in (again, left):
        assert (await carla.post(f"/imports/{each['id']}/undoing", {"reason": "wrong"})).status_code == 202
        assert (await settled(carla, each["id"]))["state"] == "undone"
    assert await owner.fetchval("SELECT count(*) FROM balance WHERE NOT closed AND balance <> 0") == 0
    report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
    assert report.render_lines()[-1] == "No findings."


async def test_nobody_leaves_what_is_being_posted(carla, dora, held):
    held.set()
    found = await waiting(carla)
    held.clear()
    await dora.post(f"/imports/{found['id']}/posting", {})
    answer = await carla.post(f"/imports/{found['id']}/abandoning", {})
    assert kind_of(answer) == "import_running"
    held.set()
    assert (await settled(carla, found["id"]))["state"] == "posted"


async def test_what_was_interrupted_goes_on_by_itself_once(app, oak, carla, dora, owner, monkeypatch):
    found = await waiting(carla)
    stopped = await cut_off(dora, found["id"], monkeypatch, 1)
    await asyncio.gather(*(app.state.postings.sweep(oak) for _ in range(3)))
    done = await settled(carla, found["id"])
    assert (done["state"], done["posted_by"]) == ("posted", str(dora.id))
    assert done["work"]["id"] != stopped["work"]["id"]
    assert await owner.fetchval("SELECT count(*) FROM transfer") == 2
    assert await owner.fetchval("SELECT count(*) FROM event WHERE kind = 'import_posted'") == 1


async def test_a_service_goes_on_by_itself_no_more_than_three_times(
    app, oak, carla, dora, owner, monkeypatch
):
    found = await waiting(carla)
    await cut_off(dora, found["id"], monkeypatch, 1)

    async def cut(*_):
        raise Cut

    monkeypatch.setattr(running, "_post", cut)
    for _ in range(5):
        await app.state.postings.sweep(oak)
        assert (await settled(carla, found["id"]))["state"] == "posting"
    assert await owner.fetchval("SELECT count(*) FROM work") == 2 + interrupted.MOST_TRIES


async def test_an_undoing_that_was_interrupted_goes_on_by_itself(app, oak, carla, dora, owner, monkeypatch):
    found = await posted(carla, dora)

    async def cut(*_):
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(undoing, "_close_openings", cut)
        await carla.post(f"/imports/{found['id']}/undoing", {"reason": "the wrong year"})
        assert (await settled(carla, found["id"]))["state"] == "undoing"
    await app.state.postings.sweep(oak)
    undone = await settled(carla, found["id"])
    assert (undone["state"], undone["undone_by"], undone["reversed"]) == ("undone", str(carla.id), 2)


async def test_files_that_have_waited_for_too_long_go_whatever_happens(carla, owner, database_url, tmp_path):
    found = await waiting(carla)
    await owner.execute("UPDATE import_run SET started_at = started_at - interval '31 days'")
    # Whichever service looks next: one that starts looks at once.
    async with living(data=tmp_path, database_url=database_url):
        for _ in range(400):
            if (await carla.get(f"/imports/{found['id']}")).json()["state"] == "abandoned":
                break
            await asyncio.sleep(0.03)
    assert (await carla.get(f"/imports/{found['id']}")).json()["state"] == "abandoned"
    assert await owner.fetchval("SELECT count(*) FROM import_upload") == 0


async def test_two_who_post_at_once_post_it_once(carla, dora, people, owner):
    found = await waiting(carla)
    third = await people.coordinator()
    answers = await asyncio.gather(
        *(each.post(f"/imports/{found['id']}/posting", {}) for each in (dora, third, dora))
    )
    assert min(each.status_code for each in answers) == 202
    await settled(dora, found["id"])
    assert await owner.fetchval("SELECT count(*) FROM transfer") == 2
    assert await owner.fetchval("SELECT count(*) FROM event WHERE kind = 'import_posted'") == 1


async def test_an_auditor_sees_imports_but_nobodys_name(carla, people):
    found = await waiting(carla)
    olga = await people.with_role(Role.AUDITOR)
    said = (await olga.get(f"/imports/{found['id']}")).json()
    assert said["state"] == "waiting" and "report" not in said and "options" not in said
    assert (said["totals"]["member_count"], said["totals"]["transfer_count"]) == (2, 2)
    assert "Ana" not in json.dumps(said)
    [listed] = (await olga.get("/imports")).json()["imports"]
    assert "file_name" not in said and "file_name" not in listed
    [listed] = (await carla.get("/imports")).json()["imports"]
    assert listed["file_name"] == "visits.zip"


async def test_progress_is_followed_to_its_end(carla):
    found = await waiting(carla)
    stream = await carla.get(f"/imports/{found['id']}/progress/{found['work']['id']}")
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert "event: end" in stream.text
    assert (await carla.get(f"/imports/{uuid4()}/progress/{found['work']['id']}")).status_code == 404


async def test_another_communitys_import_does_not_exist(carla, app, anonymous):
    found = await waiting(carla)
    elm = await app.state.ledger.found("elm", "Elm Street", URL, "care.example.org/elm")
    zoe = await People(app, anonymous, elm).coordinator()
    zoe.base = "/v1/communities/elm"
    for path in ("", "/undoing", f"/progress/{found['work']['id']}"):
        assert (await zoe.get(f"/imports/{found['id']}{path}")).status_code == 404
    for path in ("checking", "posting", "abandoning"):
        assert (await zoe.post(f"/imports/{found['id']}/{path}", {})).status_code == 404
    assert (await zoe.post(f"/imports/{found['id']}/undoing", {"reason": "mine"})).status_code == 404
    assert (await zoe.get("/imports")).json() == {"imports": []}


async def test_erasing_a_person_gives_up_the_files_that_wait(app, oak, carla, people, owner):
    ledger, zoe = app.state.ledger, await people.enrol("Zoe Pi")
    found = await waiting(carla)
    await ledger.post(oak, [CloseAccount(uuid4(), account_of(zoe))])
    await change_standing(
        ledger, oak, SHELL, uuid4(), zoe, 1, status=Status.LEFT, since=date(2026, 1, 2), frail=False
    )
    answer = await erase(ledger, oak, SHELL, uuid4(), zoe, Reason.ASKED)
    assert isinstance(answer.outcome, Done)
    assert await owner.fetchval("SELECT count(*) FROM import_upload") == 0
    said = (await carla.get(f"/imports/{found['id']}")).json()
    assert said["state"] == "abandoned" and "file_name" not in said


async def test_erasing_a_person_erases_what_files_were_called(app, oak, carla, dora, people, owner):
    ledger, joan = app.state.ledger, await people.enrol("Joan Pi")
    visits = csv_of([NEUTRAL_VISITS[0], ("v", "2025-05-01", "", "7", "8", "60", *[""] * 5)])
    content = zip_of(joan_members_csv=csv_of(NEUTRAL_MEMBERS), joan_hours_csv=visits)
    found = await waiting(carla, content, name="joan-hours.zip")
    await dora.post(f"/imports/{found['id']}/posting", {})
    assert (await settled(dora, found["id"]))["file_name"] == "joan-hours.zip"
    # Of the files within, no more is kept than which list each is.
    kept = await owner.fetch("SELECT DISTINCT member_file FROM import_line ORDER BY 1")
    assert [row["member_file"] for row in kept] == ["members", "visits"]
    await ledger.post(oak, [CloseAccount(uuid4(), account_of(joan))])
    await change_standing(
        ledger, oak, SHELL, uuid4(), joan, 1, status=Status.LEFT, since=date(2026, 1, 2), frail=False
    )
    answer = await erase(ledger, oak, SHELL, uuid4(), joan, Reason.ASKED)
    assert isinstance(answer.outcome, Done)
    for table in ("import_run", "import_file", "import_line", "import_limit", "work", "event"):
        rows = await owner.fetch(f"SELECT {table}::text FROM {table}")
        assert not [row for row in rows if "joan" in row[0].lower()], table
    said = (await carla.get(f"/imports/{found['id']}")).json()
    assert said["state"] == "posted" and "file_name" not in said


async def test_erasing_a_person_leaves_of_a_half_posted_file_what_finishes_it(
    app, oak, carla, dora, people, owner, monkeypatch
):
    ledger, zoe = app.state.ledger, await people.enrol("Zoe Pi")
    found = await waiting(carla)

    async def cut(*_):
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(running, "_finish", cut)
        await dora.post(f"/imports/{found['id']}/posting", {})
        assert "report" in await settled(dora, found["id"])
    await owner.execute("UPDATE member SET status = 'left' WHERE member_id = $1", zoe)
    await ledger.post(oak, [CloseAccount(uuid4(), account_of(zoe))])
    answer = await erase(ledger, oak, SHELL, uuid4(), zoe, Reason.ASKED)
    assert isinstance(answer.outcome, Done)
    left = (await dora.get(f"/imports/{found['id']}")).json()
    assert left["state"] == "posting" and "report" not in left
    assert (await carla.post(f"/imports/{found['id']}/posting", {})).status_code == 202
    assert (await settled(carla, found["id"]))["state"] == "posted"
    assert await owner.fetchval("SELECT count(*) FROM import_upload") == 0


async def test_one_file_is_worked_on_at_a_time(carla, oak, owner):
    running_id = uuid4()
    await owner.execute(
        "INSERT INTO work (community_id, work_id, kind, fingerprint, started_by, started_at, seen_at, done, total)"
        " VALUES ($1, $2, 'import', $3, $4, now(), now(), 0, 0)",
        oak.id, running_id, bytes(32), carla.id,
    )  # fmt: skip
    refused = await send(carla)
    assert (refused.status_code, kind_of(refused)) == (409, "import_running")
    assert refused.json()["about"] == str(running_id)
    assert await owner.fetchval("SELECT count(*) FROM import_run") == 0
