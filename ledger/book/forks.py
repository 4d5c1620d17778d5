"""Has the database gone back? Asked on start, of the checkpoint files kept outside it.

A log that lost leaves whose receipts were given, or holds others in their place, must not grow: a second
history would be signed. Such a community stays readable and takes no posting.
"""

from collections.abc import Sequence

import structlog

from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.book.proofs import root_at
from ledger.log.checkpoints import Checkpoint, MalformedNote, UntrustedNote, VerifierKey, open_checkpoint

log = structlog.get_logger()


async def check_published(ledger: Ledger) -> dict[str, str]:
    """Fill `ledger.read_only` with the reason for every community whose log must not grow, and return it.

    Whatever is wrong with one community's log, the others go on.
    """
    for community in await ledger.communities():
        try:
            reason = await _reason(ledger, community)
        except (LookupError, ValueError) as problem:
            reason = (
                f"the log of {community.slug} cannot be read ({type(problem).__name__}); run carehours audit"
            )
        if reason is not None:
            ledger.read_only[community.slug] = reason
            log.error("log_read_only", community=community.slug, reason=reason)
    return ledger.read_only


async def _reason(ledger: Ledger, community: Community) -> str | None:
    vkeys = [VerifierKey.parse(text) for text in ledger.keys.vkeys(community.origin)]
    async with ledger.database.snapshot(community.id) as db:
        head = await db.row("log/read_head", community_id=community.id)
        if head is None:
            return f"{community.slug} has no log"
        # Two services with keys of their own on one database would sign two logs under one name.
        head_checkpoint = _opened(head["checkpoint"], vkeys)
        if isinstance(head_checkpoint, str):
            return (
                f"the newest checkpoint in the database is not signed by a key of this service ({head_checkpoint}):"
                " bring its keys here, or connect its own database"
            )
        where = f"the checkpoint file of {community.slug}"
        try:
            note = ledger.published.read(community.slug)
        except (MalformedNote, OSError) as problem:
            return f"{where} is spoilt ({problem}); put back the one from your backup of the folder"
        if note is None:
            return None
        checkpoint = _opened(note, vkeys)
        if isinstance(checkpoint, str):
            return f"{where} is not signed by a key of this service ({checkpoint})"
        if checkpoint.origin != community.origin:
            return f"{where} is of the log {checkpoint.origin}, not of {community.origin}"
        size: int = head["tree_size"]
        if size < checkpoint.size:
            return (
                f"the database holds {size} leaves of {community.origin}, but {where} covers {checkpoint.size}:"
                " a backup was restored, or the wrong database is connected"
            )
        if await root_at(db, community.id, checkpoint.size) != checkpoint.root:
            return f"the first {checkpoint.size} leaves of {community.origin} are not those of {where}"
    return None


def _opened(note: str, vkeys: Sequence[VerifierKey]) -> Checkpoint | str:
    """The checkpoint of a note one of the keys has signed, or what is wrong with it."""
    try:
        return open_checkpoint(note, vkeys)
    except (MalformedNote, UntrustedNote) as problem:
        return str(problem)
