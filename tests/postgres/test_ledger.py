"""The ledger on a real PostgreSQL: the same answers as the model, and what the database itself refuses."""

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.book.commands import (
    AccountKind,
    CloseAccount,
    OpenAccount,
    PlaceHold,
    PostTransfer,
    ReverseTransfer,
    TransferKind,
)
from ledger.book.forks import check_published
from ledger.book.gatherer import Gatherer
from ledger.book.journal import read_transfers
from ledger.book.ledger import Ledger, ReadOnly
from ledger.book.posting import Done, Posted, Replayed
from ledger.book.proofs import consistency_proof, inclusion_proof, root_at
from ledger.book.refusals import Refusal
from ledger.book.search import AccountSearch, find_accounts
from ledger.database.connections import Database
from ledger.log.checkpoints import VerifierKey, open_checkpoint
from ledger.log.keys import create_keys, load_keys, rotate_key
from ledger.log.merkle import leaf_hash, verify_consistency, verify_inclusion
from ledger.log.published import PublishedCheckpoints
from ledger.log.receipts import sign_receipt
from ledger.log.trust import Trust, render_trust
from ledger.log.verification import verify
from tests.conftest import ISSUER
from tests.naive_ledger import NaiveLedger
from tests.outcomes import answer
from tests.random_commands import commands, opening

_numbers = count()


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_database_gives_the_same_answers_as_the_model(data, database_url, keys, tmp_path):
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    model = NaiveLedger()

    async def run():
        nonlocal now
        database = Database(database_url, pool_size=2)
        ledger = Ledger(database, keys, PublishedCheckpoints(tmp_path / "checkpoints"), now=lambda: now)
        slug = f"c{next(_numbers)}"
        community = await ledger.found(slug, slug, "https://care.example.org", f"care.example.org/{slug}")
        batches = [opening(now)]
        try:
            for _ in range(data.draw(st.integers(1, 12))):
                for batch in batches:
                    answers = await ledger.post(community, batch)
                    assert [answer(each.outcome) for each in answers] == [
                        model.ask(each, now) for each in batch
                    ]
                    for each in answers:
                        posted = isinstance(each.outcome, Posted)
                        assert not posted or each.transfer is not None
                now += timedelta(seconds=data.draw(st.sampled_from([0, 1, 30, 4000])))
                batches = [data.draw(st.lists(commands(now), min_size=1, max_size=25))]
            async with database.snapshot(community.id) as db:
                for row in await find_accounts(
                    db, community.id, AccountSearch(), after="", at_most=100, now=now
                ):
                    assert row["balance"] == model.balance(row["account_id"])
                trial = await db.rows("book/trial_balance", community_id=community.id, now=now)
                assert sum(row["balance"] for row in trial) == 0
        finally:
            await database.close()

    with asyncio.Runner() as runner:
        runner.run(run())


async def open_accounts(ledger, community, *kinds):
    """Accounts with the given (kind, floor), opened; their ids."""
    opened = [
        OpenAccount(uuid4(), AccountKind(kind), f"a-{uuid4().hex[:12]}", floor, None) for kind, floor in kinds
    ]
    for each in await ledger.post(community, opened):
        assert isinstance(each.outcome, Done)
    return [command.id for command in opened]


def move(source, target, seconds=60, **more):
    return PostTransfer(uuid4(), TransferKind.CARE, ((source, -seconds), (target, seconds)), **more)


async def post_some(ledger, community, number):
    """A pair of accounts and `number` transfers between them, in one batch."""
    mint, ana = await open_accounts(ledger, community, ("issuance", None), ("member", 0))
    answers = await ledger.post(community, [move(mint, ana) for _ in range(number)])
    return [each.transfer for each in answers]


async def test_a_replay_gives_back_the_very_same_transfer(ledger, community):
    mint, ana = await open_accounts(ledger, community, ("issuance", None), ("member", 0))
    command = move(mint, ana, note="Garden, Siân’s")
    [first] = await ledger.post(community, [command])
    [again] = await ledger.post(community, [command])
    assert isinstance(again.outcome, Replayed)
    assert again.transfer == first.transfer
    async with ledger.database.snapshot(community.id) as db:
        assert await read_transfers(db, community, [command.id]) == {command.id: first.transfer}


async def test_a_refused_transfer_leaves_no_trace_but_its_answer(ledger, community, owner):
    ana, ben = await open_accounts(ledger, community, ("member", 0), ("member", 0))
    before = await everything(owner)
    command = move(ana, ben)
    [first] = await ledger.post(community, [command])
    [again] = await ledger.post(community, [command])
    assert first.outcome.refusal is again.outcome.refusal is Refusal.BELOW_FLOOR
    assert again.outcome.replayed
    after = await everything(owner)
    assert after.pop("request") == before.pop("request") + 1
    assert after == before


async def everything(owner):
    """How many rows each table has, and the sum of what stands in the changeable ones."""
    names = [
        row[0] for row in await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    counts = {name: await owner.fetchval(f'SELECT count(*) FROM "{name}"') for name in names}
    counts["standing"] = await owner.fetchval(
        "SELECT md5(string_agg(b::text, ',' ORDER BY b::text)) FROM balance b"
    )
    counts["head"] = await owner.fetchval("SELECT md5(string_agg(h::text, ',')) FROM log_head h")
    return counts


async def test_every_leaf_is_proven_and_every_size_extends_the_one_before(ledger, community):
    transfers = []
    for number in (1, 2, 255, 3, 300):
        transfers += await post_some(ledger, community, number)
    async with ledger.database.snapshot(community.id) as db:
        size = len(transfers)
        root = await root_at(db, community.id, size)
        vkeys = [VerifierKey.parse(text) for text in ledger.keys.vkeys(community.origin)]
        head = await db.row("log/read_head", community_id=community.id)
        checkpoint = open_checkpoint(head["checkpoint"], vkeys)
        assert (checkpoint.size, checkpoint.root) == (size, root)
        for transfer in transfers[::37]:
            path = await inclusion_proof(db, community.id, transfer.leaf_index, size)
            assert verify_inclusion(leaf_hash(transfer.payload), transfer.leaf_index, size, path, root)
        for old in (1, 3, 256, 258, 511, 512, size):
            proof = await consistency_proof(db, community.id, old, size)
            assert verify_consistency(old, await root_at(db, community.id, old), size, root, proof)


async def test_fifty_simultaneous_repeats_post_once(ledger, community):
    mint, ana = await open_accounts(ledger, community, ("issuance", None), ("member", 0))
    command = move(mint, ana)
    answers = await asyncio.gather(*[ledger.post(community, [command]) for _ in range(50)])
    outcomes = [each.outcome for [each] in answers]
    assert sum(isinstance(outcome, Posted) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Replayed) for outcome in outcomes) == 49


async def test_two_hundred_spends_of_the_last_hour_leave_one(ledger, community, database_url, keys, tmp_path):
    mint, ana, ben = await open_accounts(ledger, community, ("issuance", None), ("member", 0), ("member", 0))
    await ledger.post(community, [move(mint, ana, 3600)])
    other = Ledger(Database(database_url), keys, PublishedCheckpoints(tmp_path / "other"))
    gatherers = [Gatherer(ledger), Gatherer(other)]
    try:
        answers = await asyncio.gather(
            *[gatherers[n % 2].post(community, [move(ana, ben, 3600)]) for n in range(200)]
        )
    finally:
        await other.database.close()
    assert sum(isinstance(each.outcome, Posted) for [each] in answers) == 1


async def test_transfers_both_ways_at_once_never_deadlock(ledger, community, database_url, keys, tmp_path):
    ana, ben = await open_accounts(ledger, community, ("member", -(10**6)), ("member", -(10**6)))
    other = Ledger(Database(database_url), keys, PublishedCheckpoints(tmp_path / "other"))
    try:
        answers = await asyncio.gather(
            *[
                (ledger, other)[n % 2].post(community, [move(*((ana, ben) if n % 4 < 2 else (ben, ana)))])
                for n in range(100)
            ]
        )
    finally:
        await other.database.close()
    assert all(isinstance(each.outcome, Posted) for [each] in answers)


async def test_one_command_the_database_cannot_take_does_not_fail_its_neighbours(ledger, community):
    mint, ana = await open_accounts(ledger, community, ("issuance", None), ("member", 0))
    gatherer = Gatherer(ledger)
    poison = move(mint, ana, note="a NUL \x00 that the API would have refused")
    good = [move(mint, ana) for _ in range(5)]
    results = await asyncio.gather(
        *[gatherer.post(community, [command]) for command in [*good, poison]], return_exceptions=True
    )
    assert [type(result) for result in results[:5]] == [list] * 5
    assert isinstance(results[5], asyncpg.DataError | asyncpg.PostgresError)


async def test_time_in_the_log_never_goes_back(ledger, community):
    mint, ana = await open_accounts(ledger, community, ("issuance", None), ("member", 0))
    [first] = await ledger.post(community, [move(mint, ana)])
    ledger.now = lambda: datetime(2001, 1, 1, tzinfo=UTC)
    [second] = await ledger.post(community, [move(mint, ana)])
    assert second.transfer.recorded_at >= first.transfer.recorded_at


async def test_a_hold_expires_by_itself_even_if_nobody_sweeps(ledger, community):
    ana, ben = await open_accounts(ledger, community, ("member", -60), ("member", 0))
    now = ledger.now()
    hold = PlaceHold(uuid4(), ana, 60, now + timedelta(seconds=90))
    await ledger.post(community, [hold])
    [refused] = await ledger.post(community, [move(ana, ben)])
    assert refused.outcome.refusal is Refusal.BELOW_FLOOR
    ledger.now = lambda: now + timedelta(seconds=91)
    async with ledger.database.connection(community.id) as db:
        row = await db.row("book/read_account", community_id=community.id, account_id=ana, now=ledger.now())
    assert row["held"] == 0
    [posted] = await ledger.post(community, [move(ana, ben)])
    assert isinstance(posted.outcome, Posted)


async def test_a_database_older_than_the_published_checkpoint_is_read_only(ledger, community, owner):
    await post_some(ledger, community, 3)
    await owner.execute("TRUNCATE entry, transfer, log_leaf, log_node")
    await owner.execute("UPDATE balance SET balance = 0, entry_count = 0")
    await owner.execute("UPDATE log_head SET tree_size = 0, edge = ''")
    restarted = Ledger(ledger.database, ledger.keys, ledger.published)
    reasons = await check_published(restarted)
    assert "covers 3" in reasons["oak"]
    with pytest.raises(ReadOnly):
        await post_some(restarted, community, 1)
    # A running service notices as well, without being restarted.
    with pytest.raises(ReadOnly):
        await post_some(ledger, community, 1)


async def test_a_database_with_another_history_of_the_same_size_is_read_only(ledger, community, owner):
    await post_some(ledger, community, 3)
    await owner.execute("UPDATE log_leaf SET leaf_hash = sha256(leaf_hash) WHERE leaf_index = 1")
    assert "are not those of" in (await check_published(ledger))["oak"]


async def test_an_unharmed_database_is_not_read_only(ledger, community):
    await post_some(ledger, community, 3)
    restarted = Ledger(ledger.database, ledger.keys, ledger.published)
    assert await check_published(restarted) == {}


async def test_reversals_of_a_batch_post_only_once_each(ledger, community):
    transfers = await post_some(ledger, community, 3)
    wanted = [ReverseTransfer(uuid4(), transfer.id, "typed twice") for transfer in transfers]
    again = [ReverseTransfer(uuid4(), transfer.id, "typed twice") for transfer in transfers]
    answers = await ledger.post(community, wanted + again)
    assert [answer(each.outcome) for each in answers] == ["posted"] * 3 + ["already_reversed"] * 3


# What the service's own role may not do, whatever the code says.

FORBIDDEN = [
    "UPDATE transfer SET kind = 'gift'",
    "UPDATE entry SET seconds = seconds * 2",
    "UPDATE log_leaf SET payload = ''",
    "UPDATE checkpoint SET note = ''",
    "UPDATE log_node SET node_hash = ''",
    "UPDATE hold SET seconds = 1",
    "UPDATE hold_resolution SET outcome = 'voided'",
    "UPDATE request SET refusal = NULL",
    "UPDATE account SET kind = 'issuance'",
    "UPDATE account_limits SET floor = NULL",
    "UPDATE community SET origin = 'x'",
    "UPDATE balance SET account_id = gen_random_uuid()",
    *[
        f"DELETE FROM {name}"
        for name in "transfer entry log_leaf log_node checkpoint log_head balance hold".split()
    ],
    *[
        f"DELETE FROM {name}"
        for name in "hold_resolution request account account_limits community api_token".split()
    ],
    *[f"TRUNCATE {name}" for name in "transfer entry log_leaf checkpoint open_hold".split()],
    "ALTER TABLE entry DISABLE TRIGGER entry_balanced",
    "DROP TABLE entry",
    "CREATE TABLE mine (a integer)",
    "SET session_replication_role = replica",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_services_role_cannot_change_history(statement, ledger, community):
    async with ledger.database.connection(community.id) as db:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.driver.execute(statement)


GUARDED = [
    ("UPDATE balance SET balance = -1 WHERE floor = 0", "balance_floor_check"),
    ("UPDATE balance SET held = 61 WHERE floor = 0", "balance_floor_check"),
    ("UPDATE balance SET held = -1", "balance_held_check"),
    ("UPDATE balance SET ceiling = -1", "balance_ceiling_check"),
    ("UPDATE balance SET balance = 9007199254740992 WHERE floor IS NULL", "balance_ceiling_check"),
    ("UPDATE balance SET closed = true WHERE balance <> 0", "balance_closed_check"),
    ("INSERT INTO entry SELECT 1, gen_random_uuid(), 1, 9, 0, 5, 5, repeat('x', 43)", "entry_balanced"),
    (
        "INSERT INTO entry SELECT community_id, account_id, entry_number, 9, 0, 5, 5, digest FROM entry",
        "entry_pkey",
    ),
    ("INSERT INTO log_leaf SELECT * FROM log_leaf", "log_leaf_pkey"),
    ("INSERT INTO transfer SELECT * FROM transfer", "transfer_pkey"),
    ("UPDATE log_head SET tree_size = tree_size + 2", "log_head_size_check"),
    (
        "INSERT INTO checkpoint SELECT community_id, tree_size, sha256(root), note, kept_at FROM checkpoint",
        "checkpoint_pkey",
    ),
]


@pytest.mark.parametrize(("statement", "constraint"), GUARDED)
async def test_the_database_refuses_what_decide_would_never_write(statement, constraint, ledger, community):
    await post_some(ledger, community, 1)
    async with ledger.database.connection(community.id) as db:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            await db.driver.execute(statement)
    assert refused.value.constraint_name == constraint


async def test_receipts_from_before_a_rotation_stay_valid_and_can_be_given_again(ledger, community, tmp_path):
    [transfer] = await post_some(ledger, community, 1)
    before = sign_receipt(transfer.payload, ledger.keys.receipt_key)
    rotate_key(tmp_path / "keys", "receipt")
    rotate_key(tmp_path / "keys", "log")
    rotated = Ledger(ledger.database, load_keys(tmp_path / "keys"), ledger.published)
    assert await check_published(rotated) == {}
    again = sign_receipt(transfer.payload, rotated.keys.receipt_key)
    trust = render_trust([community.issuer], rotated.keys, [community.origin])
    believed = Trust.from_json(json.dumps(trust).encode())
    assert before != again
    assert verify(before.encode(), believed).valid
    assert verify(again.encode(), believed).valid
    # Both log keys sign, so that who trusts only the old one can follow until it is retired.
    [newer] = await post_some(rotated, community, 1)
    async with ledger.database.snapshot(community.id) as db:
        note = (await db.row("log/read_head", community_id=community.id))["checkpoint"]
    for vkey in rotated.keys.vkeys(community.origin):
        assert open_checkpoint(note, [VerifierKey.parse(vkey)]).size == newer.leaf_index + 1


async def test_an_account_may_be_opened_and_used_in_one_batch(ledger, community):
    mint = OpenAccount(uuid4(), AccountKind.ISSUANCE, "mint", None, None)
    ana = OpenAccount(uuid4(), AccountKind.MEMBER, "ana", 0, None)
    transfer = move(mint.id, ana.id)
    undo = ReverseTransfer(uuid4(), transfer.id, "a mistake")
    close = CloseAccount(uuid4(), ana.id)
    answers = await ledger.post(community, [mint, ana, transfer, undo, close])
    assert [answer(each.outcome) for each in answers] == ["done", "done", "posted", "posted", "done"]


async def test_two_services_with_keys_of_their_own_do_not_sign_one_log(ledger, community, tmp_path):
    await post_some(ledger, community, 1)
    stranger = Ledger(
        ledger.database, create_keys(tmp_path / "other"), PublishedCheckpoints(tmp_path / "elsewhere")
    )
    assert "not signed by a key of this service" in (await check_published(stranger))["oak"]
    with pytest.raises(ReadOnly):
        await post_some(stranger, community, 1)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM log_leaf",
        "DELETE FROM log_leaf WHERE leaf_index = 1",
        "DELETE FROM log_head WHERE community_id = 1",
        "UPDATE community SET origin = E'a\\u0007b' WHERE community_id = 1",
        "UPDATE log_head SET checkpoint = 'nonsense' WHERE community_id = 1",
    ],
)
async def test_one_damaged_log_does_not_stop_the_others(damage, ledger, community, owner):
    elm = await ledger.found("elm", "Elm", ISSUER, "care.example.org/elm")
    await post_some(ledger, community, 3)
    await owner.execute(damage)
    restarted = Ledger(ledger.database, ledger.keys, ledger.published)
    assert list(await check_published(restarted)) == ["oak"]
    assert len(await post_some(restarted, elm, 1)) == 1


@pytest.mark.parametrize("spoil", ["pipe", "link", "nonsense", "other log"])
async def test_a_spoilt_checkpoint_file_makes_the_log_read_only(spoil, ledger, community, tmp_path):
    await post_some(ledger, community, 2)
    folder = tmp_path / "checkpoints"
    kept = (folder / "oak.0.checkpoint").read_text()
    for path in folder.iterdir():
        path.unlink()
    path = folder / "oak.0.checkpoint"
    if spoil == "pipe":
        os.mkfifo(path)
    elif spoil == "link":
        (tmp_path / "target").write_text(kept)
        path.symlink_to(tmp_path / "target")
    else:
        path.write_text("nonsense" if spoil == "nonsense" else kept.replace("org/oak", "org/elm"))
    assert "oak" in await check_published(Ledger(ledger.database, ledger.keys, ledger.published))


async def test_of_two_checkpoint_files_one_may_be_torn(ledger, community, tmp_path):
    await post_some(ledger, community, 1)
    await post_some(ledger, community, 1)
    (tmp_path / "checkpoints" / "oak.0.checkpoint").write_text("care.exam")
    assert await check_published(Ledger(ledger.database, ledger.keys, ledger.published)) == {}


async def test_a_post_that_is_cut_off_spoils_nothing_for_the_next(ledger, community, owner):
    mint, ana = await open_accounts(ledger, community, ("issuance", None), ("member", 0))
    await owner.execute("BEGIN; SELECT FROM log_head WHERE community_id = 1 FOR UPDATE")
    waiting = asyncio.create_task(ledger.post(community, [move(mint, ana)]))
    await asyncio.sleep(0.2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await owner.execute("ROLLBACK")
    for _ in range(20):  # through every connection of the pool
        [posted] = await ledger.post(community, [move(mint, ana)])
        assert isinstance(posted.outcome, Posted)
    async with ledger.database.snapshot(community.id) as db:
        assert (await db.row("log/read_head", community_id=community.id))["tree_size"] == 20


async def test_a_wait_that_takes_too_long_spoils_nothing_for_the_next(ledger, community, owner, database_url):
    mint, ana = await open_accounts(ledger, community, ("issuance", None), ("member", 0))
    impatient = Database(f"{database_url}&options=-c%20lock_timeout%3D100", pool_size=1)
    other = Ledger(impatient, ledger.keys, ledger.published)
    try:
        await owner.execute("BEGIN; SELECT FROM log_head WHERE community_id = 1 FOR UPDATE")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await other.post(community, [move(mint, ana)])
        await owner.execute("ROLLBACK")
        [posted] = await other.post(community, [move(mint, ana)])
        assert isinstance(posted.outcome, Posted)
    finally:
        await impatient.close()
