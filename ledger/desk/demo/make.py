"""Carrying the story out, in a community that was founded as long ago as it is told."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from ledger.book.journal import Community
from ledger.book.ledger import Answer, Ledger
from ledger.book.posting import Refused
from ledger.desk.demo.people import NAME, SEED
from ledger.desk.demo.stage import Stage, Step
from ledger.desk.demo.year import DAYS, demo_steps


async def found_demo(ledger: Ledger, slug: str, issuer: str, origin: str) -> Community:
    """Found a community for the demo, as if a year ago. Raises ValueError when slug or origin is taken."""
    day = ledger.now().astimezone(UTC).date() - timedelta(days=DAYS)
    founded_at = datetime.combine(day, time(8), UTC)
    past = Ledger(ledger.database, ledger.keys, ledger.published, lambda: founded_at)
    return await past.found(slug, NAME, issuer, origin)


async def make_demo(
    ledger: Ledger,
    community: Community,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    seed: str = SEED,
) -> int:
    """Fill a community with the demo, from the day it was founded on; returns how many steps it has.

    Running it again goes on where it was, and changes nothing that is there. Raises RuntimeError unless the community
    was founded a year ago and holds nothing else.
    """
    steps, answered = await _read(ledger, community, seed)
    stage = Stage(ledger, community, steps[0].at)
    done = len(answered)
    progress(done, len(steps))
    for group in _groups([step for step in steps if step.key not in answered]):
        stage.now = group[0].at
        # In order: what is gathered is judged in the order in which it was asked.
        answers = await asyncio.gather(*[step.do(stage, step.key) for step in group])
        for step, answer in zip(group, answers, strict=True):
            if step.needed and isinstance(answer, Answer) and isinstance(answer.outcome, Refused):
                raise RuntimeError(f"the demo needs a community of its own: {answer.outcome.refusal.says}")
        done += len(group)
        progress(done, len(steps))
    await stage.hours.close()
    return len(steps)


async def demo_progress(ledger: Ledger, community: Community) -> tuple[int, int]:
    """How many steps of the demo a community holds, of how many. Raises RuntimeError for any other community."""
    steps, answered = await _read(ledger, community, SEED)
    return len(answered), len(steps)


async def _read(ledger: Ledger, community: Community, seed: str) -> tuple[Sequence[Step], set[UUID]]:
    """All steps, and the keys of those that were done before."""
    async with ledger.database.connection(community.id) as db:
        row = await db.row("desk/read_founded_at", community_id=community.id)
        if row is None:
            raise LookupError(f"community {community.slug} is not there")
        founded_on = row["founded_at"].astimezone(UTC).date()
        if founded_on + timedelta(days=DAYS) > ledger.now().astimezone(UTC).date():
            raise RuntimeError(
                f"the demo tells of a year, and {community.slug} was founded on {founded_on}:"
                " give it a slug that is free, and it founds a community of its own"
            )
        steps = demo_steps(seed, founded_on)
        rows = await db.rows(
            "book/read_head_and_requests",
            community_id=community.id,
            request_ids=[step.key for step in steps],
        )
    answered = {row["request_id"] for row in rows if row["request_id"] is not None}
    # The founding itself may have been logged.
    if not answered and rows[0]["tree_size"] > 1:
        raise RuntimeError(f"the demo needs a community of its own, and {community.slug} is in use")
    last = max((place for place, step in enumerate(steps) if step.key in answered), default=0)
    return steps, answered | {step.key for step in steps[:last] if not step.kept}


def _groups(steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
    """The steps one by one, but those together that are gathered at one moment."""
    group: list[Step] = []
    for step in steps:
        if group and not (step.gathered and group[-1].gathered and step.at == group[-1].at):
            yield group
            group = []
        group.append(step)
    if group:
        yield group
