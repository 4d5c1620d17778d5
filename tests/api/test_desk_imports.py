"""The desk's pages of imports over HTTP, without a script."""

import asyncio
import re
from hashlib import sha256
from uuid import uuid4

import pytest

from ledger.desk.imports import running
from ledger.people.roles import Role
from tests.api.test_desk_rounds import Desk, fields_of, text_of
from tests.import_files import (
    KOMUNITIN_ACCOUNTS,
    KOMUNITIN_TRANSFERS,
    NEUTRAL_MEMBERS,
    NEUTRAL_VISITS,
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
    assert "Transfers posted 3" in text_of(page) and "Members to enrol 2" in text_of(page)

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


async def test_a_mistake_is_told_once_in_the_readers_language(desk):
    header, *_ = NEUTRAL_VISITS
    lines = [(f"v{n}", "2025-05-01", "", "7", "8", "x", *[""] * 5) for n in range(820)]
    _, page = await chosen(desk, neutral(visits=[header, *lines]))
    said = text_of(page)
    assert "The file has 820 mistakes" in said
    assert "visits.csv, lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 810 more, column 6" in said
    assert said.count("This is not an amount.") == 1 and "not written out" not in said
    # What varies is put into the sentence after it was translated.
    _, page = await chosen(desk, csv_of(KOMUNITIN_TRANSFERS), format="komunitin", unit="60")
    assert "the list of accounts, with the columns balance, code, creditlimit." in text_of(page)


async def test_what_was_interrupted_is_left_as_it_is_on_the_page(desk, second, monkeypatch):
    path, page = await chosen(desk, neutral())
    real, steps = running._post, 0

    async def cut(*arguments):
        nonlocal steps
        steps += 1
        if steps == 2:
            raise RuntimeError
        await real(*arguments)

    monkeypatch.setattr(running, "_post", cut)
    page = await second.open(path)
    await second.follow(await second.send(f"{path}/posting", fields_of(page, f"{path}/posting")))
    page = await settled(second, path)
    assert "This was interrupted" in text_of(page) and "Go on posting" in text_of(page)
    left = await second.send(f"{path}/abandoning", fields_of(page, f"{path}/abandoning"))
    _, page = await second.follow(left)
    said = text_of(page)
    assert "posted in part" in said and "Only a part of the file was posted." in said
    assert "Undo the whole import" in said and "Go on posting" not in said


async def test_no_file_is_no_import(desk):
    answer = await desk.send(
        "/files", {"key": str(uuid4()), "format": "neutral"}, {"file": ("", b"", OCTETS)}
    )
    assert answer.status_code == 422 and "Please choose a file." in text_of(answer)


async def test_an_auditor_sees_the_room_without_a_form(desk, second, people):
    path, _ = await chosen(desk, neutral())
    page = await second.open(path)
    await second.follow(await second.send(f"{path}/posting", fields_of(page, f"{path}/posting")))
    await settled(second, path)
    olga = Desk(await people.with_role(Role.AUDITOR))
    room = await olga.open("/files")
    assert "visits.zip" in text_of(await desk.open("/files"))
    assert 'type="file"' not in room.text
    assert re.search(r"/files/imports/[0-9a-f-]{36}", room.text)[0] == path
    shown, listed = await olga.open(path), await olga.open("/files?as=csv")
    assert shown.status_code == 200 and "Ana Ruiz" not in shown.text
    said = text_of(shown)
    for fact in (
        "Transfers posted 2, 4 h", "Members 2", "Sum of credits +3 h", "Sum of debits -3 h", "Accounts to open 2",
        "2 transfers would be reversed.", sha256(neutral()).hexdigest(),
    ):  # fmt: skip
        assert fact in said.replace("\u2212", "-"), fact
    assert "<form" not in shown.text.partition("<main")[2].partition("</main>")[0]
    assert listed.headers["content-type"].startswith("text/csv")
    # What a file is called may be somebody's name.
    for answer in (room, shown, listed):
        assert "visits.zip" not in answer.text
