"""The desk's pages of imports over HTTP, without a script."""

import asyncio
import re
from uuid import uuid4

import pytest

from ledger.people.roles import Role
from tests.api.test_desk_rounds import Desk, fields_of, text_of
from tests.import_files import (
    KOMUNITIN_ACCOUNTS,
    KOMUNITIN_TRANSFERS,
    NEUTRAL_MEMBERS,
    changed,
    csv_of,
    neutral,
)

OCTETS = "application/octet-stream"


@pytest.fixture
async def desk(people):
    return Desk(await people.coordinator())


@pytest.fixture
async def second(people):
    return Desk(await people.coordinator())


async def settled(desk, path):
    """The page, once nothing is being done."""
    for _ in range(400):
        page = await desk.open(path)
        assert page.status_code == 200, text_of(page)
        if "data-follow" not in page.text:
            return page
        await asyncio.sleep(0.03)
    raise AssertionError("it runs and runs")


async def chosen(desk, content, **fields):
    """The page of a file that was sent, and where it is."""
    files = {"file": ("visits.zip", content, OCTETS)}
    if isinstance(content, tuple):
        files = {
            name: (f"{name}.csv", part, OCTETS)
            for name, part in zip(("file", "second"), content, strict=True)
        }
    sent = await desk.send(
        "/files", {"key": str(uuid4()), "format": "neutral", "what": "history"} | fields, files
    )
    path, _ = await desk.follow(sent)
    return path, await settled(desk, path)


async def test_a_file_is_chosen_looked_at_posted_by_another_and_undone(desk, second):
    room = await desk.open("/files")
    assert "How to get the file out of the old system" in text_of(room) and "TimeOverflow" in text_of(room)
    assert "Out: everything, always" in text_of(room)
    differing = neutral(changed(NEUTRAL_MEMBERS, 2, 5, "4:15"))
    path, page = await chosen(desk, differing)
    said = text_of(page)
    assert "The balance of 1 member is not what their transfers come to." in said
    assert "Ana Ruiz +3 h +4 h 15 min +1 h 15 min" in said
    refused = await desk.send(f"{path}/posting", fields_of(page, f"{path}/posting"))
    assert refused.status_code == 422 and "second person" in text_of(refused)
    page = await second.open(path)
    _, _ = await second.follow(await second.send(f"{path}/posting", fields_of(page, f"{path}/posting")))
    page = await settled(second, path)
    assert "posted" in text_of(page) and "Undo the whole import" in text_of(page)

    fields = fields_of(page, f"{path}/undoing")
    unsure = await desk.send(f"{path}/undoing", fields | {"reason": "the wrong year"})
    assert unsure.status_code == 422 and "Please confirm" in text_of(unsure)
    sure = fields | {"reason": "the wrong year", "yes": "1", "key": str(uuid4())}
    await desk.follow(await desk.send(f"{path}/undoing", sure))
    page = await settled(desk, path)
    assert "Undone" in text_of(page) and "Undo the whole import" not in text_of(page)
    assert "visits.zip" in text_of(await desk.open("/files"))


async def test_two_files_are_sent_as_one_and_what_is_asked_is_answered(desk):
    both = (csv_of(KOMUNITIN_ACCOUNTS), csv_of(KOMUNITIN_TRANSFERS))
    path, page = await chosen(desk, both, format="komunitin")
    assert "The file has 1 mistake" in text_of(page) and "have no unit of their own" in text_of(page)
    again = fields_of(page, f"{path}/checking") | {"unit": "60"}
    await desk.follow(await desk.send(f"{path}/checking", again))
    page = await settled(desk, path)
    assert "Every balance in the file is what its transfers come to." in text_of(page)
    assert fields_of(page, f"{path}/checking")["unit"] == "60"
    told = await desk.send(f"{path}/abandoning", fields_of(page, f"{path}/abandoning"))
    _, room = await desk.follow(told)
    assert "given up" in text_of(room)


async def test_somebody_of_the_same_name_is_chosen_on_the_page(desk, people):
    ana = await people.member("Ana Ruiz")
    path, page = await chosen(desk, neutral())
    assert "Are these the same people?" in text_of(page)
    again = fields_of(page, f"{path}/checking") | {"number": "7", "who": str(ana.id)}
    await desk.follow(await desk.send(f"{path}/checking", again))
    page = await settled(desk, path)
    assert "Members here already 1" in text_of(page)
    # Who is who is kept when something else is said.
    more = fields_of(page, f"{path}/checking") | {"what": "balances"}
    await desk.follow(await desk.send(f"{path}/checking", more))
    assert "Members here already 1" in text_of(await settled(desk, path))


async def test_no_file_is_no_import(desk):
    answer = await desk.send(
        "/files", {"key": str(uuid4()), "format": "neutral"}, {"file": ("", b"", OCTETS)}
    )
    assert answer.status_code == 422 and "Please choose a file." in text_of(answer)


async def test_an_auditor_sees_the_room_without_a_form(desk, people):
    await chosen(desk, neutral())
    olga = Desk(await people.with_role(Role.AUDITOR))
    room = await olga.open("/files")
    assert "visits.zip" in text_of(await desk.open("/files"))
    assert 'type="file"' not in room.text
    path = re.search(r"/files/imports/[0-9a-f-]{36}", room.text)[0]
    shown, listed = await olga.open(path), await olga.open("/files?as=csv")
    assert shown.status_code == 200 and "Ana Ruiz" not in shown.text
    assert listed.headers["content-type"].startswith("text/csv")
    # What a file is called may be somebody's name.
    for answer in (room, shown, listed):
        assert "visits.zip" not in answer.text
