"""What a service does by itself from time to time: silence confirms what nobody contradicted, old files go."""

import asyncio
from collections.abc import Callable

import structlog

from ledger.book.ledger import ReadOnly
from ledger.hours.hours import Hours

log = structlog.get_logger()

EVERY_SECONDS = 300
"""How often each process looks. Several may: what one has confirmed, the others find done."""


async def keep_house(hours: Hours, *tidying: Callable[[], None]) -> None:
    """Look through every community, again and again, until cancelled. A failure is logged, and waits for next time.

    Each of `tidying` deletes files that were kept long enough.
    """
    while True:
        try:
            await confirm_silent(hours)
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
