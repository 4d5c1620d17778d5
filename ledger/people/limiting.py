"""Who may change the limits of an account."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ledger.book.authors import Author, Event
from ledger.book.commands import SetLimits
from ledger.book.journal import Community
from ledger.book.ledger import Also
from ledger.book.posting import Decision
from ledger.database.connections import Connection
from ledger.people.giving import require_strangers
from ledger.people.proposals import Work, require_second_person


def limiting(community: Community, author: Author, command: SetLimits) -> Also:
    """What goes with a change of limits made single-handed, or by a machine's token."""

    async def also(db: Connection, _: Decision, __: datetime) -> Sequence[Event]:
        alone: dict[str, str | int | list[str] | None] = {}
        if author.member_id is None:
            concerned = await require_strangers(db, community.id, [], [command.account_id])
        else:
            concerned = await require_strangers(db, community.id, [author.member_id], [command.account_id])
            alone = await require_second_person(db, community.id, author, concerned)
        return [_event(author, command, concerned, alone)]

    return also


def limiting_together(community: Community, proposer: UUID, approver: Author, command: SetLimits) -> Work:
    """The work of an approved proposal to change limits."""
    people = [proposer] if approver.member_id is None else [proposer, approver.member_id]

    async def also(db: Connection, _: Decision, __: datetime) -> Sequence[Event]:
        concerned = await require_strangers(db, community.id, people, [command.account_id])
        return [_event(approver, command, concerned, {"proposer": str(proposer)})]

    return Work([command], also)


def _event(
    author: Author,
    command: SetLimits,
    concerned: Sequence[UUID],
    more: dict[str, str | int | list[str] | None],
) -> Event:
    said = {"account": str(command.account_id), "floor": command.floor, "ceiling": command.ceiling, **more}
    # An account of one person is that person's affair; a household's is found under its account.
    return Event("limits_changed", author, concerned[0] if len(concerned) == 1 else None, said)
