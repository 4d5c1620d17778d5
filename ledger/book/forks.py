"""Has the database gone back? Asked on start, of the checkpoint files kept outside it.

A log that lost leaves whose receipts were given, or holds others in their place, must not grow: a second
history would be signed. Such a community stays readable and takes no posting.
"""

import structlog

from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.book.proofs import root_at
from ledger.log.checkpoints import MalformedNote, UntrustedNote, VerifierKey, open_checkpoint

log = structlog.get_logger()


async def check_published(ledger: Ledger) -> dict[str, str]:
    """Fill `ledger.read_only` with the reason for every community whose log must not grow, and return it."""
    for community in await ledger.communities():
        reason = await _reason(ledger, community)
        if reason is not None:
            ledger.read_only[community.slug] = reason
            log.error("log_read_only", community=community.slug, reason=reason)
    return ledger.read_only


async def _reason(ledger: Ledger, community: Community) -> str | None:
    where = f"the checkpoint file of {community.slug}"
    try:
        note = ledger.published.read(community.slug)
        if note is None:
            return None
        vkeys = [VerifierKey.parse(text) for text in ledger.keys.vkeys(community.origin)]
        checkpoint = open_checkpoint(note, vkeys)
    except (MalformedNote, UntrustedNote) as problem:
        return f"{where} is spoilt, or not signed by a key of this service ({problem})"
    if checkpoint.origin != community.origin:
        return f"{where} is of the log {checkpoint.origin}, not of {community.origin}"
    async with ledger.database.snapshot() as db:
        head = await db.row("log/read_head", community_id=community.id)
        size = 0 if head is None else head["tree_size"]
        if size < checkpoint.size:
            return (
                f"the database holds {size} leaves of {community.origin}, but {where} covers {checkpoint.size}:"
                " a backup was restored, or the wrong database is connected"
            )
        if await root_at(db, community.id, checkpoint.size) != checkpoint.root:
            return f"the first {checkpoint.size} leaves of {community.origin} are not those of {where}"
    return None
