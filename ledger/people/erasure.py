"""Erasing a person: what ties them to the log is deleted, and every proof still holds.

Deleted are the person's row, the names and secrets of the accounts that were theirs alone, the private notes
of those accounts' transfers, proposals and assertions, the lines of import files and of paper rounds,
whatever was written about the claims, requests for care and disputes they had a part in, why they closed a
period or opened it again, what they said of their own well-being, and the salts of the events about them.
Afterwards the digests in the log say nothing about anybody (EDPB Guidelines 02/2025 on blockchain technologies:
personal data off the append-only structure, deleted there). An event says that it was done, which is how the
audit knows, and how files that were made before are known not to be handed out any more.

What an import waits with is deleted as well, and what the file of any import was called, since nobody can tell whom
a file is called after. One whose posting was interrupted loses its report, but keeps its file until it is finished,
undone or left as it is, after a month at most: half a history is worse, and without the file it could not be finished.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import token_bytes
from uuid import UUID

from ledger.book.authors import Author, Details, Event
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.people.acts import act
from ledger.people.members import GONE, read_member
from ledger.people.proposals import Action, Work, require_second_person


class Reason(StrEnum):
    """Why a person is erased (GDPR Article 17(1))."""

    ASKED = "asked"
    NOT_NEEDED = "not_needed"
    UNLAWFUL = "unlawful"


async def erase(
    ledger: Ledger, community: Community, author: Author, key: UUID, member_id: UUID, reason: Reason
) -> Answer:
    """Erase a member who has left or died and whose own accounts are closed. It cannot be undone."""

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        alone = await require_second_person(db, community.id, author, Action.ERASURE, now)
        accounts = await _erase(db, community.id, author, member_id, now)
        return [_event(author, member_id, accounts, reason, alone, key)]

    return await act(ledger, community, author, key, "erase", [str(member_id), reason], also)


def erasing(community: Community, approver: Author, member_id: UUID, reason: Reason) -> Work:
    """The work of an approved proposal to erase somebody."""

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        accounts = await _erase(db, community.id, approver, member_id, now)
        return [_event(approver, member_id, accounts, reason, {})]

    return Work(also=also)


async def newest_erasure(db: Connection, community_id: int) -> datetime | None:
    """When somebody was last erased here. What was begun before, and names people, may name them: it is as if gone.

    It is the end of that second: the log tells no smaller time.
    """
    row = await db.row("people/read_newest_erasure", community_id=community_id)
    return None if row is None else row["recorded_at"] + timedelta(seconds=1)


def _event(
    author: Author,
    member_id: UUID,
    accounts: Sequence[UUID],
    reason: Reason,
    alone: Details,
    key: UUID | None = None,
) -> Event:
    said: Details = {
        "accounts": [str(each) for each in accounts],
        "reason": reason,
        **alone,
    }
    return Event("member_erased", author, member_id, said, *([] if key is None else [key]))


async def _erase(
    db: Connection, community_id: int, author: Author, member_id: UUID, now: datetime
) -> list[UUID]:
    """Check that the member can be erased, and do it; returns the accounts that were theirs alone."""
    member = await read_member(db, community_id, member_id)
    if member is None:
        raise ActRefused(Refusal.MEMBER_UNKNOWN, str(member_id))
    if author.member_id == member_id:
        raise ActRefused(Refusal.OWN_AFFAIR)
    if member["erased_at"] is not None:
        raise ActRefused(Refusal.ALREADY_ERASED, str(member_id))
    held = await db.rows("people/read_sole_accounts", community_id=community_id, member_id=member_id)
    if member["status"] not in GONE or not all(row["closed"] for row in held):
        raise ActRefused(Refusal.STILL_A_MEMBER, str(member_id))
    accounts: list[UUID] = [row["account_id"] for row in held]
    of_accounts = {"community_id": community_id, "account_ids": accounts}
    of_member = {"community_id": community_id, "member_id": member_id}
    # The texts first: they are found through the entries of the accounts.
    await db.run("people/erase_notes", **of_accounts)
    await db.run("people/erase_import_lines", **of_accounts)
    await db.run("people/erase_import_matches", **of_member)
    await db.run("people/erase_import_uploads", community_id=community_id)
    await db.run("people/erase_proposal_notes", **of_accounts, member_id=member_id)
    asserted = await db.rows("people/erase_assertion_notes", **of_accounts)
    periods = [
        *await db.rows("people/erase_period_reasons", **of_member),
        *await db.rows("people/erase_period_proposal_notes", **of_member),
    ]
    await db.run("people/erase_account_names", **of_accounts)
    await db.run("people/erase_account_secrets", **of_accounts)
    await db.run("people/erase_event_salts", **of_member)
    await db.run("people/erase_author_salts", **of_member)
    await db.run(
        "people/erase_fingerprints",
        community_id=community_id,
        member_id=member_id,
        request_ids=[member_id, *accounts, *(row["assertion_id"] for row in asserted)]
        + [row["request_id"] for row in periods],
        fingerprint=token_bytes(32),
    )
    await _erase_texts_of_hours(db, community_id, member_id)
    await db.run("people/end_holdings", now=now, **of_member)
    for statement in (
        "people/erase_paper_lines",
        "people/erase_person",
        "people/delete_classes",
        "people/erase_relatives",
        "people/erase_sessions",
        "people/erase_cards",
        "people/erase_passkeys",
        "people/erase_mail_codes",
        "people/erase_well_being",
        "people/erase_social_author",
        "people/erase_statement_wish",
        "people/erase_statements_sent",
    ):
        await db.run(statement, **of_member)
    await db.run("people/mark_erased", now=now, **of_member)
    return accounts


async def _erase_texts_of_hours(db: Connection, community_id: int, member_id: UUID) -> None:
    """Erase notes, reasons and statements about care the member gave or received, and the hashes over them.

    Those of the other side too: they speak of the member. What happened, when and how long, stays.
    """
    of_member = {"community_id": community_id, "member_id": member_id}
    claims = await db.rows("people/read_written_claims", **of_member)
    requests = await db.rows("people/read_written_care_requests", **of_member)
    said = await db.rows("people/read_written_disputes", **of_member)
    claim_ids = [row["claim_id"] for row in claims]
    request_ids = [row["care_request_id"] for row in requests]
    dispute_ids = list({row["dispute_id"] for row in said})
    await db.run("people/erase_claim_notes", community_id=community_id, claim_ids=claim_ids)
    await db.run("people/erase_claim_reasons", community_id=community_id, claim_ids=claim_ids)
    await db.run("people/erase_care_request_notes", community_id=community_id, care_request_ids=request_ids)
    await db.run("people/erase_dispute_statements", community_id=community_id, dispute_ids=dispute_ids)
    together = [row["session_id"] for row in claims] + [row["series_id"] for row in requests]
    made = [*claim_ids, *request_ids, *dispute_ids, *(each for each in together if each is not None)]
    await db.run(
        "people/erase_hours_fingerprints",
        community_id=community_id,
        request_ids=made,
        other_ids=list({row["other_id"] for row in claims}),
        claim_texts=[str(each) for each in claim_ids],
        fingerprint=token_bytes(32),
    )
    if said:
        await db.run(
            "people/erase_statement_fingerprints",
            community_id=community_id,
            moments=list({row["made_at"] for row in said}),
            fingerprint=token_bytes(32),
        )
