"""Who may change the limits of an account, open one with limits of its own, and close it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ledger.book.authors import Author, Details, Event, events_for
from ledger.book.commands import CloseAccount, OpenAccount, SetLimits
from ledger.book.journal import Community
from ledger.book.ledger import Also
from ledger.book.posting import Decision
from ledger.database.connections import Connection
from ledger.people.acts import require_still
from ledger.people.giving import require_strangers
from ledger.people.proposals import Action, Work, require_second_person


def limiting(community: Community, author: Author, command: SetLimits) -> Also:
    """What goes with a change of limits made single-handed, or by a machine's token."""

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        await require_still(db, community.id, author, now)
        alone: Details = {}
        if author.member_id is None:
            concerned = await require_strangers(db, community.id, [], [command.account_id])
        else:
            concerned = await require_strangers(db, community.id, [author.member_id], [command.account_id])
            alone = await require_second_person(db, community.id, author, Action.LIMITS, now)
        return _events(author, command, concerned, alone)

    return also


def limiting_together(community: Community, proposer: UUID, approver: Author, command: SetLimits) -> Work:
    """The work of an approved proposal to change limits."""
    people = [proposer] if approver.member_id is None else [proposer, approver.member_id]

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        concerned = await require_strangers(db, community.id, people, [command.account_id])
        return _events(approver, command, concerned, {"proposer": str(proposer)})

    return Work([command], also)


def opening(
    community: Community, author: Author, command: OpenAccount, usual: tuple[int | None, int | None]
) -> Also:
    """What goes with an account opened by hand: limits wider than the `usual` (floor, ceiling) take a second person.

    Else whoever may not change limits alone could open an account with them, and give it to a friend to hold.
    """

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        await require_still(db, community.id, author, now)
        floor, ceiling = usual
        alone: Details = {}
        if _below(command.floor, floor) or _below(_opposite(command.ceiling), _opposite(ceiling)):
            alone = await require_second_person(db, community.id, author, Action.LIMITS, now)
        limits = {"floor": command.floor, "ceiling": command.ceiling}
        said = {"account": str(command.id), "kind": command.kind, **limits, **alone}
        return [Event("account_opened", author, None, said)]

    return also


def closing(community: Community, author: Author, command: CloseAccount) -> Also:
    """What goes with an account closed by hand."""

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        await require_still(db, community.id, author, now)
        concerned = await require_strangers(db, community.id, [], [command.account_id])
        said: Details = {"account": str(command.account_id)}
        return events_for(concerned, "account_closed", author, said)

    return also


def _below(limit: int | None, other: int | None) -> bool:
    """Whether a limit lies below another, None being below all."""
    return other is not None and (limit is None or limit < other)


def _opposite(limit: int | None) -> int | None:
    return None if limit is None else -limit


def _events(author: Author, command: SetLimits, concerned: Sequence[UUID], more: Details) -> list[Event]:
    said = {"account": str(command.account_id), "floor": command.floor, "ceiling": command.ceiling, **more}
    return events_for(concerned, "limits_changed", author, said)
