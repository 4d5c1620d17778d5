"""What a service does by itself from time to time: silence confirms what nobody contradicted, old files go."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from ledger.book.journal import Community
from ledger.book.ledger import Ledger, ReadOnly
from ledger.hours.hours import Hours

log = structlog.get_logger()

EVERY_SECONDS = 300
"""How often each process looks. Several may: what one has confirmed, the others find done."""

Sweep = Callable[[Community], Awaitable[None]]
"""Sees to what is due in a community: deletes what was kept long enough, goes on with what was interrupted.

One that finds nothing costs next to nothing.
"""


async def keep_house(hours: Hours, *tidying: Callable[[], None], sweeps: Sequence[Sweep] = ()) -> None:
    """Look through every community, again and again, until cancelled. A failure is logged, and waits for next time.

    Each of `tidying` deletes files that were kept long enough, whosever they are.
    """
    while True:
        try:
            await confirm_silent(hours)
            await sweep(hours.ledger, sweeps)
            for tidy in tidying:
                await asyncio.to_thread(tidy)
        except Exception as problem:  # noqa: BLE001 - a database that restarts must not end it for good
            log.error("housekeeping_failed", error=type(problem).__name__)
        await asyncio.sleep(EVERY_SECONDS)


async def confirm_silent(hours: Hours) -> None:
    """Let silence confirm what is due in every community."""
    for community in await hours.ledger.communities():
        try:
            confirmed = await hours.confirm_silent(community)
        except ReadOnly:
            continue
        except Exception as problem:  # noqa: BLE001 - one community's trouble is not the others'
            log.error("confirm_silent_failed", community=community.slug, error=type(problem).__name__)
            continue
        if confirmed:
            log.info("confirmed_by_silence", community=community.slug, claims=confirmed)


async def sweep(ledger: Ledger, sweeps: Sequence[Sweep]) -> None:
    """Sweep every community."""
    for community in await ledger.communities():
        for each in sweeps:
            try:
                await each(community)
            except ReadOnly:
                continue
            except Exception as problem:  # noqa: BLE001 - one community's trouble is not the others'
                log.error("sweep_failed", community=community.slug, error=type(problem).__name__)
