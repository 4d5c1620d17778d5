"""What signing in leaves behind, cleared away when a service starts. History stays."""

from datetime import timedelta

from ledger.book.ledger import Ledger

SESSIONS_FOR = timedelta(days=30)
"""How long an ended session can still be looked up."""


async def tidy(ledger: Ledger) -> None:
    """Delete sessions that ended long ago, and challenges and codes that can no longer be used."""
    now = ledger.now()
    for community in await ledger.communities():
        async with ledger.database.transaction(community.id) as db:
            await db.run("people/tidy_sessions", community_id=community.id, before=now - SESSIONS_FOR)
            await db.run("people/delete_expired_challenges", community_id=community.id, now=now)
            await db.run("people/delete_expired_mail_codes", community_id=community.id, now=now)
