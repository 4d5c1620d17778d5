"""Cards: what a co-ordinator prints for a member who has no way in yet, or has lost it.

A card bears a secret as a QR code and a short code to be typed. Either signs the member in, once, within three
days; a new card makes the earlier ones worthless.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import choice, token_urlsafe
from uuid import UUID, uuid4

import asyncpg

from ledger.book.authors import SHELL, Author, Event, Via
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision, Done
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.people.acts import Check, act
from ledger.people.members import require_member
from ledger.people.sessions import NewSession, hash_of, start_session

CARD_FOR = timedelta(hours=72)

CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: without I, L, O and U, which are misread."""

CODE_LENGTH = 10
_SECRET = re.compile(r"[A-Za-z0-9_-]{22}")
_CODE = re.compile(f"[{CODE_ALPHABET}]{{{CODE_LENGTH}}}")
_MEANT = str.maketrans("OIL", "011", "- ")


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card with its secrets, which are shown this once: 128 random bits, and 50 in a `code` like 7K3QF-0ZT9M."""

    card_id: UUID
    secret: str
    code: str
    expires_at: datetime


def new_code() -> str:
    text = "".join(choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    return f"{text[:5]}-{text[5:]}"


def read_code(text: str) -> str | None:
    """The code as it is stored, however it was typed: O for 0, I or L for 1, hyphens and blanks anywhere."""
    if len(text) > 4 * CODE_LENGTH or not text.isascii():
        return None
    code = text.upper().translate(_MEANT)
    return code if _CODE.fullmatch(code) else None


async def issue_card(
    ledger: Ledger,
    community: Community,
    author: Author,
    key: UUID,
    member_id: UUID,
    *,
    check: Check | None = None,
) -> tuple[Answer, NewCard | None]:
    """Issue a card to a member, and revoke those they have not used. Nobody issues one to themselves.

    The card comes with the answer Done alone: who repeats the request does not see its secrets again, and issues
    another card if they are lost.
    """
    made: list[NewCard] = []

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        if author.member_id == member_id:
            raise ActRefused(Refusal.OWN_AFFAIR)
        await require_member(db, community.id, member_id)
        # The last check, since it may use up an approval.
        if check is not None:
            await check(db, now)
        card = NewCard(uuid4(), token_urlsafe(16), new_code(), now + CARD_FOR)
        await db.run("people/revoke_cards", community_id=community.id, member_id=member_id, now=now)
        await db.run(
            "people/insert_card",
            community_id=community.id,
            card_id=card.card_id,
            member_id=member_id,
            secret_hash=hash_of(card.secret),
            code_hash=hash_of(card.code.replace("-", "")),
            issued_by=author.member_id,
            issued_at=now,
            expires_at=card.expires_at,
        )
        made.append(card)
        return [Event("card_issued", author, member_id, {"card_id": str(card.card_id)}, key)]

    answer = await act(ledger, community, author, key, "issue_card", [str(member_id)], also)
    return answer, made[-1] if isinstance(answer.outcome, Done) else None


async def revoke_card(
    ledger: Ledger, community: Community, author: Author, key: UUID, card_id: UUID
) -> Answer:
    """Make a card worthless that was lost. CARD_UNKNOWN when it could not be used any more anyway."""

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        row = await db.row("people/revoke_card", community_id=community.id, card_id=card_id, now=now)
        if row is None:
            raise ActRefused(Refusal.CARD_UNKNOWN, str(card_id))
        return [Event("card_revoked", author, row["member_id"], {"card_id": str(card_id)}, key)]

    return await act(ledger, community, author, key, "revoke_card", [str(card_id)], also)


async def use_card(
    ledger: Ledger, community: Community, *, secret: str | None, code: str | None, device: str
) -> NewSession | None:
    """Sign in with a card's secret or its code. None for every card that opens nothing, whyever.

    A card works once, even when two come with it at the same moment. Guesses lock nothing.
    """
    if secret is not None and not _SECRET.fullmatch(secret):
        return None
    typed = None if code is None else read_code(code)
    hashes = {
        "secret_hash": None if secret is None else hash_of(secret),
        "code_hash": None if typed is None else hash_of(typed),
    }

    async def find(db: Connection, now: datetime) -> asyncpg.Record | None:
        return await db.row("people/find_card", community_id=community.id, now=now, **hashes)

    async with ledger.database.connection(community.id) as db:
        if await find(db, ledger.now()) is None:
            return None
    key = uuid4()
    started: list[NewSession] = []

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        # Found again, with the head locked: in the meantime it may have been used or revoked.
        card = await find(db, now)
        if card is None:
            raise ActRefused(Refusal.CARD_UNKNOWN)
        await db.run("people/use_card", community_id=community.id, card_id=card["card_id"], now=now)
        member_id: UUID = card["member_id"]
        started.append(
            await start_session(
                db, community.id, member_id, method="card", device=device, now=now, strong=False
            )
        )
        return [
            Event(
                "card_used", Author(Via.MEMBER, member_id), member_id, {"card_id": str(card["card_id"])}, key
            )
        ]

    answer = await act(ledger, community, SHELL, key, "use_card", [], also)
    return started[-1] if isinstance(answer.outcome, Done) else None


async def list_cards(db: Connection, community_id: int, member_id: UUID) -> list[asyncpg.Record]:
    """The member's cards, newest first: `card_id`, `issued_by`, `issued_at`, `expires_at`, `used_at`, `revoked_at`."""
    return await db.rows("people/list_cards", community_id=community_id, member_id=member_id)
