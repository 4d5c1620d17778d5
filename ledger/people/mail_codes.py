"""One-time codes by e-mail, for members without a role: eight digits, ten minutes, five tries, one browser.

Whether an address is known is never told: an unknown one costs the same statements and gets a code too, one that
nobody is told and that opens nothing. Whoever has a role signs in with a passkey, because a mailbox is not a second
factor. Two members who share an address get no code, since it could not say for whom it is; they sign in with a
card or a passkey.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import randbelow
from uuid import UUID

from ledger.database.connections import Connection, Database
from ledger.people.members import MAY_SIGN_IN
from ledger.people.sessions import NewSession, start_session

CODE_FOR = timedelta(minutes=10)
MOST_TRIES = 5
DIGITS = 8


@dataclass(frozen=True, slots=True)
class MailCode:
    """A code on its way: to the address as the community has it, whatever was typed."""

    email: str
    code: str


async def request_code(
    database: Database, community_id: int, *, email: str, browser: str, now: datetime
) -> MailCode | None:
    """Make a code for this browser. What to send where, or None when nobody is to be told the code.

    `browser` is the secret of the browser's own cookie.
    """
    code = f"{randbelow(10**DIGITS):0{DIGITS}}"
    async with database.transaction(community_id) as db:
        await db.run("people/delete_expired_mail_codes", community_id=community_id, now=now)
        rows = await db.rows("people/read_mail_code_members", community_id=community_id, email=email)
        # Everybody who can sign in at all: one with a role beside one without makes two, and then neither gets a code.
        able = [row for row in rows if row["status"] in MAY_SIGN_IN]
        only = able[0] if len(able) == 1 and able[0]["role"] is None else None
        await db.run(
            "people/write_mail_code",
            community_id=community_id,
            browser_hash=_browser_hash(browser),
            code_hash=_code_hash(browser, code),
            member_id=None if only is None else only["member_id"],
            expires_at=now + CODE_FOR,
        )
    return None if only is None else MailCode(only["email"], code)


async def use_code(
    database: Database, community_id: int, *, code: str, browser: str, device: str, now: datetime
) -> NewSession | None:
    """A session for whom the code was sent to. None for wrong, used, expired, tried too often, another browser's."""
    async with database.connection(community_id) as db:
        tried = await db.row(
            "people/try_mail_code",
            community_id=community_id,
            browser_hash=_browser_hash(browser),
            most=MOST_TRIES,
            now=now,
        )
    code_hash = _code_hash(browser, code)
    if tried is None or not hmac.compare_digest(tried["code_hash"], code_hash):
        return None
    async with database.transaction(community_id) as db:
        taken = await db.row(
            "people/take_mail_code",
            community_id=community_id,
            browser_hash=_browser_hash(browser),
            code_hash=code_hash,
            now=now,
        )
        if taken is None or taken["member_id"] is None:
            return None
        member_id: UUID = taken["member_id"]
        if not await _may_use_codes(db, community_id, member_id):
            return None
        return await start_session(
            db, community_id, member_id, method="code", device=device, now=now, strong=False
        )


async def _may_use_codes(db: Connection, community_id: int, member_id: UUID) -> bool:
    """Asked again when the code is used: ten minutes are enough to leave, or to be given a role."""
    row = await db.row("people/read_mail_code_member", community_id=community_id, member_id=member_id)
    return row is not None and row["status"] in MAY_SIGN_IN and row["role"] is None


def _browser_hash(browser: str) -> bytes:
    return sha256(browser.encode()).digest()


def _code_hash(browser: str, code: str) -> bytes:
    """With the browser's 256 random bits, which are stored nowhere: eight digits alone could be searched through."""
    return sha256(f"{browser}.{code}".encode()).digest()
