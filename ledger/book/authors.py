"""Who does something, and in what capacity. Stands with every act, so that what is done for another says so."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID, uuid4


class Via(StrEnum):
    """The capacity somebody acts in."""

    MEMBER = "member"
    DELEGATE = "delegate"
    COORDINATOR = "coordinator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    TOKEN = "token"  # noqa: S105 - a capacity, no secret
    SHELL = "shell"
    """The operator, at the service's own command line."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who acts: a member, or a token, or the operator who has no id. A delegate acts for `for_member_id`.

    `session_id` is the session a member acts in, where there is one: it may have ended by the time the act is done.
    """

    via: Via
    member_id: UUID | None = None
    token_id: str | None = None
    for_member_id: UUID | None = None
    session_id: UUID | None = None

    @property
    def id(self) -> str | None:
        """The member's or the token's id as text; None for the shell."""
        return self.token_id if self.member_id is None else str(self.member_id)


SHELL = Author(Via.SHELL)


Details = dict[str, str | int | list[str] | None]
"""What an event says beside who, what and to whom: ids, numbers and words of ours."""


@dataclass(frozen=True, slots=True)
class Event:
    """A privileged act, to be kept with a leaf of its own in the log.

    `kind` is a past participle such as `role_granted`, `member_id` whom it concerns. `details` are ids, numbers
    and words of ours: never a name, an address or a free text, because they are kept for ever.
    """

    kind: str
    author: Author
    member_id: UUID | None = None
    details: Details = field(default_factory=dict)
    id: UUID = field(default_factory=uuid4)


def events_for(people: Iterable[UUID], kind: str, author: Author, details: Details) -> list[Event]:
    """An event for each of those it concerns, so that each can read it; one about nobody when there is no one."""
    return [Event(kind, author, person, details) for person in people] or [Event(kind, author, None, details)]
