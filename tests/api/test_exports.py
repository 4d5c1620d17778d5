"""Exports over HTTP: begun, followed, fetched by those who may, and gone after a day."""

import asyncio
import csv
import io
import os
import re
import stat
import time
import zipfile
from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
from python_calamine import CalamineWorkbook

from api.web.desk.exports import NAMING, WHATS
from ledger.book.authors import SHELL
from ledger.book.commands import CloseAccount
from ledger.desk.exports.exporting import ERASED_MEANWHILE, KEPT_FILES, What, open_private
from ledger.desk.exports.lists import LISTS
from ledger.desk.exports.moving import move, undo_move
from ledger.people.erasure import Reason, erase
from ledger.people.members import account_of
from ledger.people.roles import Role
from tests.api.conftest import care, living, problem, speaking_to
from tests.api.test_audits import ROW

FORMULA = '=HYPERLINK("http://elsewhere.example","Rosa")'

FORMULA_CELL = re.compile(r"[=@\t\r]|[+-](?![0-9]+(\.[0-9]+)?$)")


@pytest.fixture
async def keeper(people):
    return await people.coordinator()


@pytest.fixture
async def auditor(people):
    return await people.with_role(Role.AUDITOR)


async def finished(member, export_id):
    for _ in range(200):
        export = (await member.get(f"/exports/{export_id}")).json()
        if export["state"] != "running":
            return export
        await asyncio.sleep(0.05)
    raise AssertionError("the export does not end")


async def made(member, what):
    """The export that was made, and its file."""
    answer = await member.post("/exports", {"what": what})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/communities/oak/exports/{answer.json()['id']}"
    export = await finished(member, answer.json()["id"])
    assert export["state"] == "finished", export
    file = await member.get(f"/exports/{export['id']}/file")
    assert file.status_code == 200, file.text
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"] == f'attachment; filename="{export["file"]["name"]}"'
    assert file.headers["cache-control"] == "no-store"
    assert len(file.content) == export["file"]["bytes"] == int(file.headers["content-length"])
    assert sha256(file.content).hexdigest() == export["file"]["sha256"]
    return export, file.content


@pytest.mark.parametrize("what", What)
async def test_each_kind_of_file_is_made_fetched_and_recorded(what, keeper, app, oak, tmp_path, pair, caller):
    source, target = pair
    await caller.post("/transfers", care(source, target))
    export, content = await made(keeper, what)
    assert export["file"]["name"] == f"oak-{what}.{what.ending}"
    if what.ending == "zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
    else:
        assert b"; oak: every transfer, in whole seconds" in content
    [path] = (tmp_path / "exports").rglob("*.export")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    [event, *_] = (await keeper.get("/events", params={"kind": "exported"})).json()["events"]
    assert event["id"] == export["id"]
    assert event["details"] == {"form": what}
    listed = (await keeper.get("/exports")).json()["exports"]
    assert [each["id"] for each in listed] == [export["id"]]
    assert "sha256" not in listed[0]["file"]


REFUSED = """
auditor   community    403 not_allowed
auditor   lists        403 not_allowed
hour_ago  community    403 step_up_required
hour_ago  lists        403 step_up_required
auditor   everything   400 malformed_request
auditor   7            400 malformed_request
"""


async def test_what_names_people_goes_to_a_coordinator_with_a_fresh_passkey(keeper, auditor, people):
    who = {"auditor": auditor, "hour_ago": await people.with_role(Role.COORDINATOR, ago=timedelta(hours=1))}
    for line in REFUSED.strip().splitlines():
        name, what, status, kind = line.split()
        answer = await who[name].post("/exports", {"what": int(what) if what.isdigit() else what})
        assert problem(answer) == (int(status), kind), line
    assert (await keeper.get("/exports")).json()["exports"] == []
    export, _ = await made(keeper, "lists")
    for member, kind in ((auditor, "not_allowed"), (who["hour_ago"], "step_up_required")):
        assert problem(await member.get(f"/exports/{export['id']}/file")) == (403, kind)
    bundle, _ = await made(keeper, "bundle")
    for member in who.values():
        assert (await member.get(f"/exports/{bundle['id']}/file")).status_code == 200


async def test_one_export_runs_at_a_time_and_a_repeat_is_a_replay(keeper, oak, owner):
    running = uuid4()
    await owner.execute(ROW.format("1 hour").replace("'audit'", "'export'"), oak.id, running, keeper.id)
    refused = await keeper.post("/exports", {"what": "bundle"})
    assert problem(refused) == (409, "export_running")
    assert refused.json()["about"] == str(running)
    await owner.execute("DELETE FROM work")
    key = uuid4()
    first = await keeper.post("/exports", {"what": "bundle"}, key)
    await finished(keeper, key)
    again = await keeper.post("/exports", {"what": "bundle"}, key)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.headers["idempotency-replayed"] == "true"
    assert problem(await keeper.post("/exports", {"what": "hledger"}, key)) == (422, "id_reused")
    events = (await keeper.get("/events", params={"kind": "exported"})).json()["events"]
    assert len(events) == 1


async def test_a_key_that_other_long_work_has_is_refused_at_once(keeper):
    key = uuid4()
    await keeper.post("/exports", {"what": "hledger"}, key)
    await finished(keeper, key)
    async with asyncio.timeout(5):
        taken = await keeper.post("/audits", {}, key)
    assert problem(taken) == (422, "id_reused")


async def test_files_are_few_and_gone_after_a_day(keeper, app, tmp_path):
    first, _ = await made(keeper, "hledger")
    [path] = (tmp_path / "exports").rglob("*.export")
    os.utime(path, (time.time() - 60,) * 2)
    for _ in range(KEPT_FILES - 1):
        path.with_stem(str(uuid4())).write_bytes(b"another")
    last, _ = await made(keeper, "hledger")
    files = list((tmp_path / "exports").rglob("*"))
    assert len([path for path in files if path.is_file()]) == KEPT_FILES
    gone = await keeper.get(f"/exports/{first['id']}/file")
    assert problem(gone) == (404, "not_found")
    assert "file" not in (await keeper.get(f"/exports/{first['id']}")).json()
    [path] = (tmp_path / "exports").rglob(f"{last['id']}.export")
    os.utime(path, (time.time() - 86_401,) * 2)
    assert problem(await keeper.get(f"/exports/{last['id']}/file")) == (404, "not_found")
    assert not path.exists()


async def test_what_is_never_given_out_again_is_swept(keeper, app, oak, tmp_path, owner):
    kept, _ = await made(keeper, "hledger")
    [path] = (tmp_path / "exports").rglob("*.export")
    files = {
        "of no work": path.with_stem(str(uuid4())),
        "interrupted": path.with_stem(str(uuid4())),
        "left unfinished": path.with_name(f"{uuid4()}.part"),
        "just made": path.with_name(f"{uuid4()}.part"),
        "being written": path.with_name(f"{uuid4()}.part"),
        "being made": path.with_stem(str(uuid4())),
    }
    for name, each in files.items():
        each.write_bytes(b"" if name == "just made" else b"some of it")
    row = ROW.format("1 hour").replace("'audit'", "'export'")
    await owner.execute(row, oak.id, UUID(files["interrupted"].stem), keeper.id)
    await owner.execute("UPDATE work SET finished_at = now() WHERE finished_at IS NULL")
    await owner.execute(row, oak.id, UUID(files["being made"].stem), keeper.id)
    await owner.execute("UPDATE work SET fingerprint = $1", What.HLEDGER.fingerprint)
    interrupted = await keeper.get(f"/exports/{files['interrupted'].stem}/file")
    assert problem(interrupted) == (404, "not_found")
    assert not files["interrupted"].exists()
    assert problem(await keeper.get(f"/exports/{files['being made'].stem}/file")) == (404, "not_found")
    files["interrupted"].write_bytes(b"some of it")
    with open_private(files["being written"]) as file:
        file.write(b"some of it")
        await app.state.exporting.sweep(oak)
        assert {name for name, each in files.items() if each.exists()} == {
            "just made", "being written", "being made",
        }  # fmt: skip
    await app.state.exporting.sweep(oak)
    assert not files["being written"].exists()
    assert (await keeper.get(f"/exports/{kept['id']}/file")).status_code == 200


async def test_a_file_is_not_kept_when_somebody_is_erased_while_it_is_made(
    keeper, app, oak, people, owner, held, tmp_path
):
    gone = await left(people, app, oak, owner)
    export_id = (await keeper.post("/exports", {"what": "lists"})).json()["id"]
    await erase(app.state.ledger, oak, SHELL, uuid4(), gone, Reason.ASKED)
    held.set()
    export = await finished(keeper, export_id)
    assert export["state"] == "failed" and export["failed"] == ERASED_MEANWHILE
    assert [path for path in (tmp_path / "exports").rglob("*") if path.is_file()] == []


async def left(people, app, oak, owner):
    """Somebody who may be erased."""
    gone = await people.enrol("Zelda Erased", email="zelda@example.org")
    await owner.execute("UPDATE member SET status = 'left' WHERE member_id = $1", gone)
    await app.state.ledger.post(oak, [CloseAccount(uuid4(), account_of(gone))])
    return gone


async def test_once_somebody_is_erased_no_earlier_file_names_them(keeper, app, oak, people, owner, tmp_path):
    gone = await left(people, app, oak, owner)
    before = [await made(keeper, what) for what in (What.LISTS, What.COMMUNITY, What.BUNDLE)]
    assert "file" in (await keeper.get(f"/exports/{before[0][0]['id']}")).json()
    erased = await keeper.post(f"/members/{gone}/erasure", {"reason": "asked"})
    assert erased.status_code == 200, erased.text
    # At once, without anybody asking for them.
    assert [path.stem for path in (tmp_path / "exports").rglob("*.export")] == [before[2][0]["id"]]
    for export, _ in before[:2]:
        assert problem(await keeper.get(f"/exports/{export['id']}/file")) == (404, "not_found")
        assert "file" not in (await keeper.get(f"/exports/{export['id']}")).json()
    bundle, content = before[2]
    assert (await keeper.get(f"/exports/{bundle['id']}/file")).content == content
    listed = (await keeper.get("/exports")).json()["exports"]
    assert [each["what"] for each in listed if "file" in each] == ["bundle"]
    await asyncio.sleep(1)  # what is begun in the same second counts as begun before
    _, content = await made(keeper, What.LISTS)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"Zelda" not in archive.read("members.csv")


async def test_a_file_outlives_its_service(keeper, app, oak, tmp_path, database_url):
    export, content = await made(keeper, "bundle")
    async with living(data=tmp_path, database_url=database_url) as other, speaking_to(other) as client:
        keeper.client = client
        again = await keeper.get(f"/exports/{export['id']}/file")
        assert again.content == content


async def test_a_community_that_moved_is_read_and_exported_here_and_nothing_else(
    keeper, app, oak, pair, caller, anonymous
):
    source, target = pair
    assert (await keeper.get("/me")).json()["moved_to"] is None
    await move(app.state.ledger, oak, SHELL, "https://there.example.org")
    refused = [
        await caller.post("/transfers", care(source, target)),
        await caller.post("/transfers:batch", {"transfers": [{"id": str(uuid4())} | care(source, target)]}),
        await keeper.post("/members", {"name": "Zelda"}),
        await keeper.post("/statement-runs", {"from_on": "2026-01-01", "until_on": "2026-01-31"}),
        await keeper.post("/social/packs", {"from": "2026-01-01", "until": "2026-01-31"}),
    ]
    for answer in refused:
        assert problem(answer) == (409, "community_moved"), answer.text
        assert answer.json()["detail"] == "https://there.example.org"
    assert (await keeper.get("/statement-runs")).json()["runs"] == []
    # Nothing is wrong with the service.
    assert (await anonymous.get("/health/ready")).json() == {"status": "ready"}
    assert (await keeper.get("/me")).json()["moved_to"] == "https://there.example.org"
    assert "go on at https://there.example.org" in (await page(keeper, "/files/exports")).text
    await made(keeper, "community")
    trail = (await page(keeper, "/trail")).text
    assert "The community moved to https://there.example.org." in trail
    assert await undo_move(app.state.ledger, oak, SHELL) == "https://there.example.org"
    assert (await caller.post("/transfers", care(source, target))).status_code == 201


async def test_another_communitys_export_is_not_there(keeper, other_caller, app, anonymous):
    export, _ = await made(keeper, "bundle")
    elm = await app.state.ledger.community("elm")
    from tests.api.conftest import People

    stranger = await People(app, anonymous, elm).coordinator()
    for path in ("", "/file", "/progress"):
        assert problem(await stranger.get(f"/exports/{export['id']}{path}")) == (404, "not_found")
    for path in ("x", str(uuid4())):
        assert problem(await keeper.get(f"/exports/{path}")) == (404, "not_found")
    assert (await stranger.get("/exports")).json()["exports"] == []


async def test_the_lists_hold_everything_with_types_and_without_formulas(keeper, people, caller, pair):
    source, target = pair
    await people.member(FORMULA, phone="+44 1970 123456", address="-1 High Street")
    await caller.post("/transfers", care(source, target, 5400, note="@SUM(A1)"))
    _, content = await made(keeper, "lists")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert set(archive.namelist()) == {"README.txt", "lists.xlsx", *(f"{name}.csv" for name in LISTS)}
        for name in archive.namelist():
            if name.endswith(".csv"):
                rows = csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig")))
                assert [cell for row in rows for cell in row if FORMULA_CELL.match(cell)] == []
        book = CalamineWorkbook.from_object(io.BytesIO(archive.read("lists.xlsx")))
    assert book.sheet_names == list(LISTS)
    members = book.get_sheet_by_name("members").to_python()
    names = dict(zip(members[0], members[2], strict=True))
    assert names["name"] == f"'{FORMULA}"
    assert names["joined_on"] == date(2026, 1, 1)
    assert names["frail"] is False
    entries = book.get_sheet_by_name("entries").to_python()
    row = dict(zip(entries[0], entries[2], strict=True))
    assert (row["moved_seconds"], row["moved_hours"], row["note"]) == (5400, 1.5, "'@SUM(A1)")
    assert isinstance(row["recorded_at"], datetime)
    assert book.get_sheet_by_name("disputes").to_python()[0][0] == "opened_at"


async def page(member, path):
    return await member.client.get(f"/desk/oak{path}", headers=member.headers)


async def press(member, path, **fields):
    headers = member.headers | {
        "content-type": "application/x-www-form-urlencoded",
        "origin": "https://care.example.org",
    }
    content = "&".join(f"{name}={value}" for name, value in {"key": uuid4(), **fields}.items())
    return await member.client.post(f"/desk/oak{path}", content=content, headers=headers)


async def test_a_list_is_a_workbook_with_types(keeper, people, caller, pair):
    source, target = pair
    await people.member(FORMULA)
    await caller.post("/transfers", care(source, target, 5400))
    answer = await page(keeper, "/members?as=xlsx")
    assert answer.headers["content-disposition"] == 'attachment; filename="oak-members.xlsx"'
    rows = CalamineWorkbook.from_object(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert rows[2][:4] == [2, f"'{FORMULA}", "active", date(2026, 1, 1)]
    journal = await page(keeper, "/journal?as=xlsx")
    rows = CalamineWorkbook.from_object(io.BytesIO(journal.content)).get_sheet_by_index(0).to_python()
    assert any(isinstance(cell, datetime) for cell in rows[1])
    trial = await page(keeper, "/audit/trial-balance.csv?as=xlsx")
    assert trial.headers["content-type"].startswith("application/vnd.openxmlformats")
    assert "as=xlsx" in (await page(keeper, "/members")).text


async def test_the_pages_make_and_hand_out_a_file(keeper, auditor, people):
    room = (await page(keeper, "/files/exports")).text
    assert all(f"/files/exports/make/{what}" in room for what in WHATS)
    for_auditors = (await page(auditor, "/files/exports")).text
    assert {what for what in WHATS if f"make/{what}" in for_auditors} == WHATS.keys() - NAMING
    begun = await press(keeper, "/files/exports/make/lists")
    assert begun.status_code == 303
    path = begun.headers["location"].removeprefix("/desk/oak")
    await finished(keeper, path.rpartition("/")[2])
    shown = (await page(keeper, path)).text
    assert "oak-lists.zip" in shown and "personal data" in shown
    led_on = await press(keeper, f"{path}/file")
    assert led_on.headers["location"] == f"/v1/communities/oak/exports/{path.rpartition('/')[2]}/file"
    stale = await people.with_role(Role.COORDINATOR, ago=timedelta(hours=1))
    asked = await press(stale, f"{path}/file")
    assert asked.status_code == 422 and "data-step-up" in asked.text
    refused = await press(stale, "/files/exports/make/community")
    assert refused.status_code == 422 and "data-step-up" in refused.text
    assert "All lists for a spreadsheet" in (await page(keeper, "/files/exports?as=csv")).text
