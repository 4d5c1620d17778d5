"""Everybody's statements: one file, an e-mail to those who wish it, once, whatever is interrupted."""

import asyncio
import io
import json
import os
import zipfile
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pypdf
import pytest

from api.routes.mail_codes import open_mailer
from api.settings import Settings
from api.statements import runs
from ledger.book.authors import SHELL
from ledger.book.posting import Done
from ledger.log.statement_checks import verify_statement
from ledger.people.erasure import Reason, erase
from ledger.people.members import Status
from tests.api.conftest import URL, kind_of, problem
from tests.api.test_mail_codes import inbox, mail_server  # noqa: F401 - fixtures
from tests.api.test_statements import trust_of

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
DAYS = {"from_on": "2026-01-01", "until_on": str(YESTERDAY)}


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(runs, "PAUSE_SECONDS", 0)


@pytest.fixture
async def letters(app, inbox, mail_server, tmp_path):  # noqa: F811
    """What a mail server took, which the service has from now on."""
    app.state.mailer = mailer = open_mailer(
        Settings(url=URL, data=tmp_path, smtp_url=mail_server, mail_from="care@example.org", environ={})
    )
    yield inbox
    await mailer.close()


@pytest.fixture
def without_pdf(monkeypatch):
    """A service that has no PDF: its pages are made in a moment."""
    monkeypatch.setattr("api.statements.fonts.find_spec", lambda _: None)


@pytest.fixture
async def carla(people):
    return await people.coordinator()


@pytest.fixture
async def ana(people):
    return await people.member("Ana Pérez", email="ana@example.org", languages=("es",))


@pytest.fixture
async def ben(people):
    return await people.member("Ben Iles", email="ben@example.org")


async def wish(member, **wishes):
    answer = await member.post(f"/members/{member.id}/statement-wish", wishes, method="PUT")
    assert answer.status_code == 200, answer.text


async def run(carla, *, key=None, **more):
    """A run as it stands when it has ended."""
    answer = await carla.post("/statement-runs", DAYS | more, key=key)
    assert answer.status_code in (200, 202), answer.text
    return await ended(carla, answer.json()["id"])


async def ended(carla, run_id):
    for _ in range(600):
        said = (await carla.get(f"/statement-runs/{run_id}")).json()
        if said["state"] != "running":
            return said
        await asyncio.sleep(0.05)
    raise AssertionError("the run did not end")


async def test_a_run_makes_a_file_with_everybodys_statements(app, oak, carla, ana, ben, people):
    gone = await people.enrol("Gone")
    answer = await carla.get(f"/members/{gone}")
    status = {"status": Status.LEFT, "since": str(YESTERDAY)}
    headers = {"if-match": answer.headers["etag"]}
    await carla.post(f"/members/{gone}/standing", status, method="PUT", headers=headers)
    said = await run(carla)
    assert (said["state"], said["done"], said["total"], said["finding_count"]) == ("finished", 3, 3, 0)
    assert (said["made"], said["sent"], said["file"]) == (3, 0, True)
    answer = await carla.get(f"/statement-runs/{said['id']}/file")
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    names = archive.namelist()
    assert len(names) == 6
    [anas] = [name for name in names if ana.id.hex[:8] in name and name.endswith(".pdf")]
    read = pypdf.PdfReader(io.BytesIO(archive.read(anas)))
    assert (read.trailer["/Root"]["/Lang"], "Ana Pérez" in read.metadata.title) == ("es", True)
    assert all(
        verify_statement(archive.read(each), trust_of(app, oak)).valid
        for each in names
        if each.endswith("txt")
    )
    assert [each["id"] for each in (await carla.get("/statement-runs")).json()["runs"]] == [said["id"]]


async def test_the_file_is_the_co_ordinators_private_and_goes(app, carla, ana, other_caller, without_pdf):
    said = await run(carla)
    path = f"/statement-runs/{said['id']}/file"
    assert (await ana.get(path)).status_code == 403
    [kept] = list((app.state.settings.data / "statements").iterdir())
    assert oct(kept.stat().st_mode)[-3:] == "600"
    assert oct(kept.parent.stat().st_mode)[-3:] == "700"
    again = await run(carla)
    assert problem(await carla.get(path)) == (404, "not_found")
    [kept] = list(kept.parent.iterdir())
    week = datetime.now(UTC).timestamp() - runs.KEPT_SECONDS - 1
    os.utime(kept, (week, week))
    assert (await ended(carla, again["id"]))["file"] is False
    assert list(kept.parent.iterdir()) == []


async def test_each_who_wishes_it_gets_one_e_mail_in_their_language(carla, ana, ben, letters, monkeypatch):
    await wish(ana, by_email=True)
    said = await run(carla, by_email=True)
    assert (said["sent"], said["made"]) == (1, 3)
    [(recipients, letter)] = letters.letters
    assert recipients == ["ana@example.org"]
    assert letter["Auto-Submitted"] == "auto-generated"
    kinds = [part.get_content_type() for part in letter.iter_attachments()]
    assert kinds == ["application/pdf", "text/plain"]
    assert "http" not in letter.get_body().get_content()
    monkeypatch.setattr("api.statements.fonts.find_spec", lambda _: None)  # for the sake of time
    again = await run(carla, by_email=True)
    assert (again["sent"], again["sent_before"], len(letters.letters)) == (0, 1, 1)
    other = await run(carla, by_email=True, from_on="2026-02-01")
    assert (other["sent"], len(letters.letters)) == (1, 2)


async def test_nobody_is_sent_anything_who_did_not_ask_or_has_no_address(
    carla, ana, people, letters, without_pdf
):
    nowhere = await people.member("Nowhere")
    await wish(nowhere, by_email=True)
    said = await run(carla, by_email=True)
    assert (said["sent"], letters.letters) == (0, [])
    await wish(ana, by_email=True)
    assert (await run(carla))["sent"] == 0
    assert letters.letters == []


async def test_what_the_mail_server_refused_is_listed_and_tried_again(carla, ana, ben, letters, without_pdf):
    await wish(ana, by_email=True)
    await wish(ben, by_email=True)
    letters.refuses = True
    said = await run(carla, by_email=True)
    assert (said["sent"], len(said["not_sent"]), said["finding_count"]) == (0, 2, 2)
    assert "ana" not in json.dumps(said)
    letters.refuses = False
    assert (await run(carla, by_email=True))["sent"] == 2


async def test_a_mail_server_that_takes_nothing_is_left_alone(carla, people, app, tmp_path, without_pdf):
    app.state.mailer = open_mailer(
        Settings(url=URL, data=tmp_path, smtp_url="smtp://127.0.0.1:1", environ={})
    )
    for number in range(runs.GIVE_UP_AFTER + 2):
        await wish(await people.member(f"Nr {number}", email=f"n{number}@example.org"), by_email=True)
    said = await run(carla, by_email=True)
    assert len(said["not_sent"]) == runs.GIVE_UP_AFTER + 2


async def test_without_a_mail_server_it_says_so(carla, ana, without_pdf):
    await wish(ana, by_email=True)
    said = await run(carla, by_email=True)
    assert (said["no_mail"], said["sent"], said["made"]) == (True, 0, 2)


async def test_what_was_being_sent_when_it_was_killed_is_never_sent_again(
    carla, ana, ben, letters, oak, owner, without_pdf
):
    """The row is there, and nobody knows whether the e-mail went out: killed between the two."""
    await wish(ana, by_email=True)
    await wish(ben, by_email=True)
    await owner.execute(
        "INSERT INTO statement_sent VALUES ($1, $2, $3, '2026-01-01', $4, 'sending', now())",
        oak.id, ana.id, ana.account, YESTERDAY,
    )  # fmt: skip
    said = await run(carla, by_email=True)
    assert (said["sent"], said["unsure"]) == (1, [f"m-{ana.id.hex[:8]}"])
    assert [each for each, _ in letters.letters] == [["ben@example.org"]]


async def test_a_run_that_was_interrupted_leaves_no_half_file_and_goes_on(
    app, oak, carla, ana, ben, letters, without_pdf, monkeypatch
):
    # So that it is in the middle when it ends, however slow this machine is.
    monkeypatch.setattr(runs, "PAUSE_SECONDS", 600)
    await wish(ana, by_email=True)
    await wish(ben, by_email=True)
    answer = await carla.post("/statement-runs", DAYS | {"by_email": True})
    run_id = answer.json()["id"]
    while not letters.letters:  # noqa: ASYNC110 - a mail server in a thread
        await asyncio.sleep(0.01)
    await app.state.working.close()
    said = (await carla.get(f"/statement-runs/{run_id}")).json()
    folder = app.state.settings.data / "statements"
    assert said["state"] == "interrupted" and list(folder.iterdir()) == []
    assert (await carla.get(f"/statement-runs/{run_id}/file")).status_code == 404
    # A kill leaves what was written so far: nobody gets it, and the next run of the community takes it away.
    for name in (f"{oak.id}-{run_id}.part", f"{oak.id + 1}-{run_id}.part"):
        (folder / name).write_bytes(b"PK half of it")
    assert (await carla.get(f"/statement-runs/{run_id}/file")).status_code == 404
    monkeypatch.setattr(runs, "PAUSE_SECONDS", 0)
    again = await run(carla, by_email=True)
    assert again["state"] == "finished"
    left = {f"{oak.id}-{again['id']}.zip", f"{oak.id + 1}-{run_id}.part"}
    assert {each.name for each in folder.iterdir()} == left, "another community's is not touched"
    whole = (await carla.get(f"/statement-runs/{again['id']}/file")).content
    assert zipfile.ZipFile(io.BytesIO(whole)).testzip() is None
    assert sorted(each for [each], _ in letters.letters) == ["ana@example.org", "ben@example.org"]


async def test_one_at_a_time_and_a_repeat_is_a_replay(carla, ana, without_pdf, held):
    key = uuid4()
    first = await carla.post("/statement-runs", DAYS, key=key)
    other = await carla.post("/statement-runs", DAYS)
    again = await carla.post("/statement-runs", DAYS, key=key)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.headers["idempotency-replayed"] == "true"
    assert problem(other) == (409, "statements_running")
    assert other.json()["about"] == str(key)
    held.set()
    await ended(carla, key)
    assert kind_of(await carla.post("/statement-runs", DAYS | {"by_email": True}, key=key)) == "id_reused"


WRONG = [
    ({"from_on": "2026-02-01", "until_on": "2026-01-01"}, 422, "dates_reversed"),
    ({"until_on": str(datetime.now(UTC).date())}, 422, "statement_too_early"),
    ({"until_on": "9999-12-31"}, 422, "statement_too_early"),
    ({"from_on": "01/02/2026"}, 400, "malformed_request"),
    ({"by_email": "yes"}, 400, "malformed_request"),
    ({"everybody": True}, 400, "malformed_request"),
]


@pytest.mark.parametrize(("more", "status", "name"), WRONG)
async def test_what_is_asked_wrongly_is_refused(carla, more, status, name):
    assert problem(await carla.post("/statement-runs", DAYS | more)) == (status, name)
    assert (await carla.get("/statement-runs")).json() == {"runs": []}


async def test_days_before_any_calendar_are_as_good_as_the_beginning(carla, ana, without_pdf):
    assert (await run(carla, from_on="0001-01-01"))["made"] == 2


async def test_another_communitys_run_is_not_there(carla, ana, other_caller, without_pdf):
    said = await run(carla)
    for path in ("", "/file", "/progress"):
        assert (await other_caller.get(f"/statement-runs/{said['id']}{path}")).status_code in (403, 404)


async def test_a_service_without_pdf_makes_pages(carla, ana, without_pdf):
    said = await run(carla)
    archive = zipfile.ZipFile(io.BytesIO((await carla.get(f"/statement-runs/{said['id']}/file")).content))
    [page] = [
        archive.read(name).decode()
        for name in archive.namelist()
        if ana.id.hex[:8] in name and name.endswith("html")
    ]
    assert "Ana Pérez" in page
    assert "http" not in page.replace("http-equiv", "")
    answer = await ana.get(f"/accounts/{ana.account}/statement?as=pdf")
    assert problem(answer) == (501, "pdf_unavailable")
    assert "carehours[pdf]" in answer.json()["detail"]


async def test_an_erased_member_leaves_neither_wishes_nor_sendings(
    app, oak, carla, ana, letters, owner, without_pdf
):
    await wish(ana, by_email=True)
    await run(carla, by_email=True)
    ledger = app.state.ledger
    answer = await carla.get(f"/members/{ana.id}")
    status = {"status": "left", "since": str(YESTERDAY)}
    await carla.post(
        f"/members/{ana.id}/standing", status, method="PUT", headers={"if-match": answer.headers["etag"]}
    )
    assert (await carla.post(f"/accounts/{ana.account}/closing", {})).status_code == 200
    await erase(ledger, oak, SHELL, uuid4(), ana.id, Reason.ASKED)
    for table in ("statement_wish", "statement_sent"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table} WHERE member_id = $1", ana.id) == 0


async def test_once_somebody_is_erased_the_file_of_an_earlier_run_is_gone(
    app, oak, carla, ana, owner, without_pdf
):
    said = await run(carla)
    path = f"/statement-runs/{said['id']}"
    assert (await carla.get(f"{path}/file")).status_code == 200
    await owner.execute("UPDATE member SET status = 'left' WHERE member_id = $1", ana.id)
    assert (await carla.post(f"/accounts/{ana.account}/closing", {})).status_code == 200
    erased = await erase(app.state.ledger, oak, SHELL, uuid4(), ana.id, Reason.ASKED)
    assert isinstance(erased.outcome, Done)
    assert problem(await carla.get(f"{path}/file")) == (404, "not_found")
    assert (await carla.get(path)).json()["file"] is False
    assert list((app.state.settings.data / "statements").iterdir()) == []
    await asyncio.sleep(1)  # what is begun in the same second counts as begun before
    assert (await run(carla))["file"] is True
