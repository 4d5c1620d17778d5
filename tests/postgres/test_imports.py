"""A TimeOverflow zip moved into a real ledger."""

import asyncio
import threading
from hashlib import sha256
from uuid import UUID

import pytest

from ledger.book.authors import SHELL
from ledger.book.commands import PostTransfer, TransferKind
from ledger.desk.imports import running
from ledger.desk.imports.problems import ImportRefused
from ledger.desk.imports.running import dry_run, run_at_shell
from ledger.desk.imports.shape import Options, What
from ledger.desk.imports.spool import Spool, Stopped
from ledger.desk.imports.standing import read_standing
from ledger.hours.policies import Policies
from tests.timeoverflow_files import (
    ANA,
    BALANCES,
    BEN,
    CLARA,
    MEMBERS,
    ROWS,
    TRANSFERS,
    ZIP_NAME,
    members_text,
    sample,
    transfers_text,
    with_row,
)

COUNTED = BALANCES | {3: -90000}
AT = "2024-06-30 10:00:00 UTC"


def export(data=None):
    return data or sample(members=members_text(COUNTED))


async def dry_run_timeoverflow(ledger, community, data):
    return await dry_run(ledger, community, Policies(), "timeoverflow", ZIP_NAME, data, Options())


async def run_timeoverflow(ledger, community, data, *tell, **more):
    _, report = await run_at_shell(
        ledger, community, SHELL, Policies(), "timeoverflow", ZIP_NAME, data, Options(), *tell, **more
    )
    return report


async def counts(owner):
    tables = (
        "account",
        "transfer",
        "entry",
        "request",
        "import_line",
        "import_file",
        "log_leaf",
        "account_limits",
    )
    return {table: await owner.fetchval(f"SELECT count(*) FROM {table}") for table in tables}


async def balances(owner):
    rows = await owner.fetch(
        "SELECT code, balance FROM account JOIN balance USING (community_id, account_id)"
    )
    return {row["code"]: row["balance"] for row in rows}


async def test_the_ledger_ends_at_the_balances_of_the_file(ledger, community, owner):
    report = await run_timeoverflow(ledger, community, export())
    standing = await balances(owner)
    assert {uid: standing[f"m{uid}"] for uid in COUNTED} == COUNTED
    assert standing["m9"] == -3600 and standing["organisation"] == -7200 and standing["difference"] == 92700
    assert sum(standing.values()) == 0
    assert (report.transfers_to_book, report.differences_to_book) == (7, 1)


async def test_a_dry_run_says_the_same_and_writes_nothing(ledger, community, owner):
    before = await counts(owner)
    dry = await dry_run_timeoverflow(ledger, community, export())
    assert await counts(owner) == before
    assert dry == await run_timeoverflow(ledger, community, export())


async def test_a_file_imported_twice_changes_nothing(ledger, community, owner):
    await run_timeoverflow(ledger, community, export())
    before = await counts(owner)
    report = await run_timeoverflow(ledger, community, export())
    assert report.nothing_to_do and "nothing to do" in report.render_lines()[-1]
    assert await counts(owner) == before


async def test_the_same_history_in_another_zip_changes_no_balance(ledger, community, owner):
    await run_timeoverflow(ledger, community, export())
    before = await balances(owner)
    again = sample(members=members_text(COUNTED), transfers=transfers_text().replace("\n", "\r\n"))
    assert again != export()
    report = await run_timeoverflow(ledger, community, again)
    assert (report.transfers_to_book, report.differences_to_book, report.already_booked) == (0, 0, 7)
    assert await balances(owner) == before


async def test_every_posting_leads_back_to_its_file_and_line(ledger, community, owner):
    data = sample(members=members_text(COUNTED))
    await run_timeoverflow(ledger, community, export(data))
    rows = await owner.fetch("SELECT * FROM transfer LEFT JOIN import_line USING (community_id, transfer_id)")
    assert len(rows) == 8
    lines = {MEMBERS: members_text(COUNTED).splitlines(), TRANSFERS: transfers_text().splitlines()}
    for row in rows:
        assert row["file_hash"] == sha256(data).digest()
        assert row["member_file"] == (TRANSFERS if row["kind"] == "import" else MEMBERS)
        assert lines[row["member_file"]][row["line_number"] - 1] == row["line"]


@pytest.mark.parametrize("chunks", range(6))
async def test_an_import_that_was_interrupted_is_completed(ledger, community, owner, monkeypatch, chunks):
    class Interrupted(Exception):
        pass

    done = 0
    post = running._post

    async def post_and_stop(*arguments):
        nonlocal done
        if done == chunks:
            raise Interrupted
        done += 1
        await post(*arguments)

    monkeypatch.setattr(running, "_post", post_and_stop)
    with pytest.raises(Interrupted):
        await run_timeoverflow(ledger, community, export(), chunk=2)
    monkeypatch.undo()
    seen = []
    await run_timeoverflow(
        ledger, community, export(), lambda done, total: seen.append((done, total)), chunk=2
    )
    assert seen[-1][0] == seen[-1][1]
    standing = await balances(owner)
    assert {uid: standing[f"m{uid}"] for uid in COUNTED} == COUNTED
    assert (await counts(owner))["transfer"] == 8


async def test_a_later_export_adds_only_what_is_new(ledger, community, owner):
    await run_timeoverflow(ledger, community, export())
    rows = [(AT, ANA, BEN, "", "1:00"), (AT, ANA, BEN, "", "1:00"), *ROWS]
    rows = [tuple("The user isn't active" if field == CLARA else field for field in row) for row in rows]
    counted = {1: BALANCES[1] - 7200, 2: BALANCES[2] + 7200}
    later = export(sample(members=members_text(counted), transfers=transfers_text(rows)))
    report = await run_timeoverflow(ledger, community, later)
    assert (report.transfers_to_book, report.differences_to_book, report.recognised) == (2, 0, 1)
    standing = await balances(owner)
    assert {uid: standing[f"m{uid}"] for uid in counted} == counted
    assert standing["m3"] == -90000


async def test_what_was_recorded_here_stays(ledger, community, owner):
    await run_timeoverflow(ledger, community, export())
    async with ledger.database.snapshot(community.id) as db:
        accounts = await db.rows("desk/journal_accounts", community_id=community.id)
    ids = {row["code"]: row["account_id"] for row in accounts}
    given = PostTransfer(UUID(int=7), TransferKind.CARE, ((ids["m1"], -900), (ids["m2"], 900)))
    await ledger.post(community, [given])
    rows = [(AT, BEN, ANA, "", "1:00"), *ROWS]
    later = export(
        sample(members=members_text(COUNTED | {1: -1800, 2: 9000}), transfers=transfers_text(rows))
    )
    report = await run_timeoverflow(ledger, community, later)
    assert (report.recorded_here, report.differences_to_book) == (1, 0)
    standing = await balances(owner)
    assert (standing["m1"], standing["m2"]) == (-1800 - 900, 9000 + 900)


async def test_what_the_rules_refuse_is_refused_before_anything_is_written(ledger, community, owner):
    before = await counts(owner)
    refused = export(with_row("2131-01-01 10:00:00 UTC", ANA, BEN, "", "1:00"))
    for attempt in (dry_run_timeoverflow, run_timeoverflow):
        with pytest.raises(ImportRefused) as caught:
            await attempt(ledger, community, refused)
        assert [(each.file, each.line) for each in caught.value.problems] == [(TRANSFERS, 2)]
    assert await counts(owner) == before


async def test_two_imports_at_once_book_every_row_once(ledger, community, owner):
    await asyncio.gather(*(run_timeoverflow(ledger, community, export(), chunk=3) for _ in range(4)))
    found = await counts(owner)
    assert (found["transfer"], found["import_line"], found["import_file"]) == (8, 8, 1)
    standing = await balances(owner)
    assert {uid: standing[f"m{uid}"] for uid in COUNTED} == COUNTED


async def test_a_plan_nobody_wants_any_more_ends_before_its_rows_are_closed(ledger, community, monkeypatch):
    reached, go_on, ended = threading.Event(), threading.Event(), []

    def slow(plan, *_):
        reached.set()
        go_on.wait(20)
        try:
            list(plan.postings())
        except Exception as problem:
            ended.append(type(problem))
            raise

    monkeypatch.setattr(running, "check", slow)
    looking = asyncio.create_task(dry_run_timeoverflow(ledger, community, export()))
    await asyncio.to_thread(reached.wait, 20)
    looking.cancel()
    await asyncio.wait([looking], timeout=0.05)
    # Closed under the thread that reads it, the spool would end the whole process.
    assert not looking.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert ended == [Stopped]


async def test_a_standing_without_imports_is_empty(ledger, community):
    with Spool() as spool:
        async with ledger.database.snapshot(community.id) as db:
            standing = await read_standing(
                db, community, Policies(), "timeoverflow", b"\0" * 32, What.HISTORY, spool
            )
    assert (standing.accounts, standing.imported_seconds, standing.finished_at) == ({}, {}, None)
