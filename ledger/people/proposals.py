"""What one person proposes and another approves.

The proposer writes down what is to be done; somebody else who may approve has it done. The table
`proposal_decision` cannot hold an approval by the proposer. As long as there is nobody else who could approve, a
co-ordinator may do alone what otherwise takes two, and the event says so: a young co-op has one co-ordinator.
"""

import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID, uuid4

import asyncpg

from ledger.book.authors import Author, Details, Event, Via
from ledger.book.commands import Act, Command
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.log.encoding import canonical_json
from ledger.people.acts import act, post
from ledger.people.delegates import Delegation, delegation_given, insert_delegation, related
from ledger.people.members import read_member
from ledger.people.roles import Role

OPEN_FOR = timedelta(days=30)


class Action(StrEnum):
    """What can be proposed."""

    TRANSFER = "transfer"
    REVERSAL = "reversal"
    LIMITS = "limits"
    ROLE = "role"
    CARD = "card"
    TOKEN = "token"  # noqa: S105 - what is proposed, no secret
    HOLDER = "holder"
    DELEGATION = "delegation"
    ERASURE = "erasure"
    POLICY = "policy"
    PERIOD = "period"
    REOPENING = "reopening"
    POT_RULE = "pot_rule"
    GRANT = "grant"
    SETTLEMENT = "settlement"


KEEPERS = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
MAY_APPROVE: dict[Action, frozenset[Role]] = {
    # An administrator keeps roles and limits, and has no part in the members' time.
    Action.ROLE: KEEPERS,
    Action.CARD: KEEPERS,
    Action.LIMITS: KEEPERS,
    Action.TRANSFER: frozenset({Role.COORDINATOR}),
    Action.REVERSAL: frozenset({Role.COORDINATOR}),
    Action.TOKEN: frozenset({Role.COORDINATOR}),
    Action.HOLDER: frozenset({Role.COORDINATOR}),
    Action.DELEGATION: frozenset({Role.COORDINATOR}),
    Action.ERASURE: frozenset({Role.COORDINATOR}),
    Action.POLICY: frozenset({Role.COORDINATOR}),
    Action.PERIOD: frozenset({Role.COORDINATOR}),
    # Opening a period again touches what everybody was told, so whoever keeps the roles may be the second.
    Action.REOPENING: KEEPERS,
    Action.POT_RULE: frozenset({Role.COORDINATOR}),
    Action.GRANT: frozenset({Role.COORDINATOR}),
    Action.SETTLEMENT: frozenset({Role.COORDINATOR}),
}
"""Who may propose an action, and approve it when somebody else has proposed it."""

NOT_ALONE_FOR = timedelta(days=7)
"""How long a co-ordinator is not alone after another one's role was ended against their will."""

GIVEN_TO_PROPOSER = frozenset({Action.CARD, Action.TOKEN})
"""What ends in a secret that only the proposer may see: once approved, the proposer asks for it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal as it stands: `body` is canonical JSON, `outcome` None while nobody has decided.

    `note` is the free text in it, None when there is none or it was erased with somebody.
    """

    id: UUID
    action: Action
    body: str
    member_id: UUID | None
    proposed_by: UUID
    proposed_at: datetime
    expires_at: datetime
    outcome: str | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    note: str | None = None

    def state(self, now: datetime) -> str:
        """open, approved, declined, withdrawn or expired."""
        if self.outcome is not None:
            return self.outcome
        return "open" if now < self.expires_at else "expired"


def card_body(member_id: UUID) -> str:
    """The body of a proposal to make a card for somebody who has a role."""
    return canonical_json({"member": str(member_id)}).decode()


def token_body(label: str, scopes: Collection[str], days: int) -> str:
    """The body of a proposal to make a token that may write."""
    return canonical_json({"days": days, "label": label, "scopes": sorted(scopes)}).decode()


Done = Callable[[Connection, Decision, datetime], Awaitable[Sequence[Event]]]
Check = Callable[[Connection, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Work:
    """What an approved proposal does: commands for the books, and what goes with them in the same transaction."""

    commands: Sequence[Command] = ()
    also: Done | None = None


def proposal_of(row: asyncpg.Record) -> Proposal:
    return Proposal(
        row["proposal_id"],
        Action(row["action"]),
        row["body"],
        row["member_id"],
        row["proposed_by"],
        row["proposed_at"],
        row["expires_at"],
        row["outcome"],
        row["decided_by"],
        row["decided_at"],
        row["note"],
    )


async def propose(
    ledger: Ledger,
    community: Community,
    author: Author,
    key: UUID,
    action: Action,
    body: str,
    concerns: UUID | None,
    note: str | None = None,
    check: Check | None = None,
) -> Answer:
    """Write a proposal down; its id is the request's. `concerns` is the member who therefore does not approve it.

    The body is kept for ever and names nobody; the `note` is kept apart from it, where it can be erased. `check`
    refuses, with the head locked, what could not be approved now in any case.
    """

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        if concerns is not None and concerns == author.member_id:
            raise ActRefused(Refusal.OWN_AFFAIR)
        if check is not None:
            await check(db, now)
        await db.run(
            "people/insert_proposal",
            community_id=community.id,
            proposal_id=key,
            action=action,
            body=body,
            member_id=concerns,
            proposed_by=author.member_id,
            proposed_at=now,
            expires_at=now + OPEN_FOR,
        )
        if note is not None:
            await db.run("people/insert_proposal_note", community_id=community.id, proposal_id=key, note=note)
        said: Details = {
            "action": action,
            "proposal": str(key),
            "body": sha256(body.encode()).hexdigest(),
        }
        return [Event("proposed", author, concerns, said, key)]

    return await act(ledger, community, author, key, "propose", [action, body, note or ""], also)


async def read_proposal(db: Connection, community_id: int, proposal_id: UUID) -> Proposal | None:
    row = await db.row("people/read_proposal", community_id=community_id, proposal_id=proposal_id)
    return None if row is None else proposal_of(row)


async def approve(
    ledger: Ledger, community: Community, author: Author, key: UUID, proposal: Proposal, work: Work
) -> list[Answer]:
    """Approve a proposal and do what it says, at once and in one transaction. The first answer is the approval's.

    When the work is refused, the proposal stays open.
    """

    async def also(db: Connection, decision: Decision, now: datetime) -> Sequence[Event]:
        await require_approvable(db, community.id, author, proposal, now)
        done = [] if work.also is None else list(await work.also(db, decision, now))
        return [await approve_now(db, community.id, author, key, proposal, now), *done]

    commands = [Act(key, "approve_proposal", str(proposal.id)), *work.commands]
    return await post(ledger, community, author, commands, also)


async def require_approvable(
    db: Connection, community_id: int, author: Author, proposal: Proposal, now: datetime
) -> None:
    """Refuse unless the author may approve the proposal: it is open, somebody else's, and no affair of theirs."""
    await _require_open(db, community_id, proposal.id, now)
    if author.member_id == proposal.proposed_by:
        raise ActRefused(Refusal.PROPOSER_CANNOT_APPROVE)
    # What somebody proposed who has no say any more is not done after all.
    proposer = await read_member(db, community_id, proposal.proposed_by)
    if proposer is None or proposer["role"] not in MAY_APPROVE[proposal.action]:
        raise ActRefused(Refusal.PROPOSAL_EXPIRED)
    concerned = proposal.member_id
    if concerned is not None and (
        concerned == author.member_id or await related(db, community_id, _person(author), [concerned])
    ):
        raise ActRefused(Refusal.OWN_AFFAIR)


async def approve_now(
    db: Connection, community_id: int, author: Author, key: UUID, proposal: Proposal, now: datetime
) -> Event:
    """Write down that the proposal was approved. Its event stands before those of what is done with it."""
    await _decide(db, community_id, proposal, "approved", author, now)
    said: Details = {
        "action": proposal.action,
        "proposal": str(proposal.id),
        "proposer": str(proposal.proposed_by),
    }
    return Event("proposal_approved", author, proposal.member_id, said, key)


async def refuse(
    ledger: Ledger, community: Community, author: Author, key: UUID, proposal: Proposal
) -> Answer:
    """Decline somebody else's proposal, or withdraw one's own."""
    own = author.member_id == proposal.proposed_by
    outcome = "withdrawn" if own else "declined"

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        await _require_open(db, community.id, proposal.id, now)
        await _decide(db, community.id, proposal, outcome, author, now)
        return [
            Event(
                f"proposal_{outcome}",
                author,
                proposal.member_id,
                {"action": proposal.action, "proposal": str(proposal.id)},
                key,
            )
        ]

    return await act(ledger, community, author, key, "refuse_proposal", str(proposal.id), also)


def delegating(community: Community, proposer: UUID, approver: Author, delegation: Delegation) -> Work:
    """The work of an approved proposal to name a frail member's delegate."""

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        await insert_delegation(
            db, community.id, delegation, given_by=proposer, approved_by=approver.member_id, now=now
        )
        return delegation_given(approver, delegation, uuid4())

    return Work(also=also)


async def require_second_person(
    db: Connection, community_id: int, author: Author, action: Action, now: datetime
) -> Details:
    """Refuse an act done single-handed while there is somebody else who approves such acts.

    Returns what its event must say: `alone` when there is nobody else. Whoever has a part in the matter and so could
    not approve it still counts: else naming them in it would make the author alone. So does whoever was stopped by
    somebody else within `NOT_ALONE_FOR`. Where this leaves nobody to approve, a third person or the operator's
    shell must do it; the shell needs nobody.
    """
    if author.via is Via.SHELL:
        return {}
    others = await db.rows(
        "people/read_approvers",
        community_id=community_id,
        besides=[] if author.member_id is None else [author.member_id],
        ended_since=now - NOT_ALONE_FOR,
    )
    if any(Role(other["role"]) in MAY_APPROVE[action] for other in others):
        raise ActRefused(Refusal.SECOND_PERSON_NEEDED)
    return {"alone": 1}


async def require_approved(
    db: Connection,
    community_id: int,
    author: Author,
    proposal_id: UUID,
    action: Action,
    body: str,
    now: datetime,
) -> None:
    """Refuse unless the author's own proposal of exactly this was approved by somebody else, and use it up.

    For what ends in a secret, which only the proposer then asks for: once, or one approval would be good for any
    number of tokens. The last of an act's checks, since it writes.
    """
    proposal = await read_proposal(db, community_id, proposal_id)
    if proposal is None or proposal.proposed_by != author.member_id or not _covers(proposal, action, body):
        raise ActRefused(Refusal.PROPOSAL_UNKNOWN)
    if proposal.outcome != "approved":
        raise ActRefused(Refusal.SECOND_PERSON_NEEDED)
    used = await db.row("people/use_proposal", community_id=community_id, proposal_id=proposal_id, now=now)
    if used is None:
        raise ActRefused(Refusal.PROPOSAL_DECIDED)


def _covers(proposal: Proposal, action: Action, body: str) -> bool:
    """Whether the proposal is of exactly this, or gave the role whose first card this is."""
    if action is Action.CARD and proposal.action is Action.ROLE:
        return card_body(UUID(json.loads(proposal.body)["member"])) == body
    return proposal.action is action and proposal.body == body


async def _require_open(db: Connection, community_id: int, proposal_id: UUID, now: datetime) -> None:
    proposal = await read_proposal(db, community_id, proposal_id)
    if proposal is None:
        raise ActRefused(Refusal.PROPOSAL_UNKNOWN)
    if proposal.outcome is not None:
        raise ActRefused(Refusal.PROPOSAL_DECIDED)
    if now >= proposal.expires_at:
        raise ActRefused(Refusal.PROPOSAL_EXPIRED)


async def _decide(
    db: Connection, community_id: int, proposal: Proposal, outcome: str, author: Author, now: datetime
) -> None:
    await db.run(
        "people/insert_decision",
        community_id=community_id,
        proposal_id=proposal.id,
        proposed_by=proposal.proposed_by,
        outcome=outcome,
        decided_by=author.member_id,
        decided_at=now,
    )


def _person(author: Author) -> UUID:
    if author.member_id is None:
        raise RuntimeError("only a person approves")
    return author.member_id
