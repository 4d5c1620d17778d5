"""Evidence packs of a community: made, kept as what it takes to make them again, and made again.

A pack is the report as of a whole second at which the head was locked once: whatever had been written was committed by
then, and whatever is written later is of that second or a later one. So counting what was recorded before it gives the
same for ever. The hash of the pack is an event, whose leaf stands in the log.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg

from ledger.book.authors import Author, Event
from ledger.book.journal import Community
from ledger.book.ledger import Answer, Ledger
from ledger.book.posting import Decision
from ledger.book.proofs import root_at
from ledger.database.connections import Connection
from ledger.desk.social.answers import Answers
from ledger.desk.social.evidence import (
    README,
    class_value,
    definitions,
    figure_value,
    known_definitions,
    pack_files,
    sign,
    signed_payload,
    statement,
    zipped,
)
from ledger.desk.social.measures import MEASURES
from ledger.desk.social.reading import Asked, asked_now
from ledger.desk.social.report import Figure, SocialReport, StakeholderClass, read_social, with_held
from ledger.desk.working import Progress
from ledger.hours.hours import Hours
from ledger.log.checkpoints import Checkpoint, sign_checkpoint
from ledger.log.encoding import canonical_json
from ledger.people.acts import act

A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Pack:
    """An evidence pack: which days, as of when, at which size of the log, and the SHA-256 of its bytes."""

    id: UUID
    from_on: date
    until_on: date
    as_of: datetime
    tree_size: int
    sha256: bytes
    made_by: UUID | None
    made_at: datetime


async def make_pack(
    hours: Hours,
    community: Community,
    author: Author,
    key: UUID,
    from_on: date,
    until_on: date,
    progress: Progress | None = None,
) -> Answer:
    """Compute a report, sign it, and keep what makes it again; the key becomes the pack's id."""
    ledger, progress = hours.ledger, progress or Progress()
    progress.total = 3
    as_of = await _settled(ledger, community)
    progress.done = 1
    async with ledger.database.snapshot(community.id) as db:
        row = await db.row("desk/social_tree_size", community_id=community.id, as_of=as_of)
        tree_size: int = 0 if row is None else row["tree_size"]
        slice_ = await hours.read(db, community, as_of)
        # The report is of what was recorded before a moment; `asked_now` adds the second that is going on.
        asked = asked_now(community.id, slice_, from_on, until_on, tree_size, as_of - A_SECOND)
        report = await read_social(db, asked)
        checkpoint = Checkpoint(community.origin, tree_size, await root_at(db, community.id, tree_size))
    progress.done = 2
    note = sign_checkpoint(checkpoint, ledger.keys.log_keys)
    files = pack_files(report, definitions(), README, community.slug, checkpoint, note)
    payload = statement(files, community.issuer, checkpoint, from_on, until_on, as_of)
    signature = sign(payload, ledger.keys.receipt_key)
    digest = sha256(zipped(files, signature)).digest()

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        await db.run(
            "desk/insert_social_pack",
            community_id=community.id,
            pack_id=key,
            from_on=from_on,
            until_on=until_on,
            as_of=as_of,
            tree_size=tree_size,
            checkpoint=note,
            held=_held(report),
            signature=signature,
            sha256=digest,
            made_by=author.member_id,
            now=now,
        )
        said: dict[str, Any] = {
            "pack": str(key),
            "first": str(from_on),
            "last": str(until_on),
            "size": tree_size,
            "sha256": digest.hex(),
        }
        return [Event("evidence_made", author, None, said)]

    answer = await act(ledger, community, author, key, "make_evidence", [str(from_on), str(until_on)], also)
    progress.done = 3
    return answer


async def _settled(ledger: Ledger, community: Community) -> datetime:
    """A whole second that nothing will be recorded before any more; all that was done until now was before it."""
    wanted = ledger.now().replace(microsecond=0) + A_SECOND
    await asyncio.sleep((wanted - ledger.now()).total_seconds())
    async with ledger.database.locked(community.id) as db:
        head = await db.row("log/read_head", community_id=community.id)
        if head is None:
            raise RuntimeError("a community has a head")
        # Writers take their time with the head locked, and never one before the last they took.
        moment: datetime = max(ledger.now().replace(microsecond=0), head["recorded_at"])
    return moment


async def find_pack(db: Connection, community_id: int, pack_id: UUID) -> asyncpg.Record | None:
    return await db.row("desk/read_social_pack", community_id=community_id, pack_id=pack_id)


async def list_packs(
    db: Connection, community_id: int, *, after: UUID | None, at_most: int
) -> list[Pack] | None:
    """The newest first, behind the one with the id `after`; None when there is no such one."""
    last = None if after is None else await find_pack(db, community_id, after)
    if after is not None and last is None:
        return None
    rows = await db.rows(
        "desk/list_social_packs",
        community_id=community_id,
        after_at=None if last is None else last["made_at"],
        after_id=after,
        at_most=at_most,
    )
    return [pack_of(row) for row in rows]


def pack_of(row: asyncpg.Record) -> Pack:
    return Pack(
        row["pack_id"],
        row["from_on"],
        row["until_on"],
        row["as_of"],
        row["tree_size"],
        row["sha256"],
        row["made_by"],
        row["made_at"],
    )


async def make_again(db: Connection, community: Community, row: asyncpg.Record) -> bytes | None:
    """The pack, counted again from what was recorded; None when that gives other bytes than were signed.

    In the caller's snapshot. What was held is taken from the row, and is covered by the hash like everything else.
    """
    held = json.loads(row["held"])
    asked = Asked(community.id, row["from_on"], row["until_on"], row["as_of"], row["tree_size"], held["zone"])
    report = with_held(
        await read_social(db, asked),
        {code: Figure(*value) for code, value in held["figures"].items()},
        classes=tuple(StakeholderClass(*value) for value in held["classes"]),
        answers={
            (side, question): Answers(tuple(counts), tuple(date.fromisoformat(day) for day in months))
            for side, question, counts, months in held["answers"]
        },
    )
    checkpoint = Checkpoint(
        community.origin, row["tree_size"], await root_at(db, community.id, row["tree_size"])
    )
    defined = known_definitions(held["definitions"])
    files = pack_files(report, defined, held["readme"], community.slug, checkpoint, row["checkpoint"])
    payload = statement(files, community.issuer, checkpoint, row["from_on"], row["until_on"], row["as_of"])
    if payload != signed_payload(row["signature"]):
        return None
    made = zipped(files, row["signature"])
    return made if sha256(made).digest() == row["sha256"] else None


def _held(report: SocialReport) -> str:
    """What rests on things that change without a trace, and the words of the pack, as they are now."""
    return canonical_json(
        {
            "zone": report.asked.zone,
            "readme": README,
            "definitions": [
                [each.code, each.title, each.definition, each.unit, each.held] for each in definitions()
            ],
            "figures": {
                code: figure_value(figure) for code, figure in report.figures.items() if MEASURES[code].held
            },
            "classes": [class_value(each) for each in report.classes],
            "answers": [
                [side, question, list(found.counts), [str(month) for month in found.months]]
                for (side, question), found in report.answers.items()
            ],
        }
    ).decode()
