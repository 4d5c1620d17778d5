"""The one shape that every reader gives: what an export holds, whichever system wrote it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from ledger.desk.imports.problems import ImportProblem, Mistakes
from ledger.desk.tables.values import DateOrder, DecimalSign


class PartyKind(StrEnum):
    MEMBER = "member"
    ORGANISATION = "organisation"
    DELETED = "deleted"
    INACTIVE = "inactive"
    OTHER_BANK = "other-bank"
    UNLISTED = "unlisted"


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a transfer. A member has a number, and a name where the file says it."""

    kind: PartyKind
    number: str | None = None
    name: str | None = None

    @property
    def key(self) -> str:
        """What stays the same from export to export: the number, never the name or the language."""
        return self.kind.value if self.number is None else self.number


@dataclass(frozen=True, slots=True)
class ImportedMember:
    """A member as the export lists them; None for what it does not say. Limits and balance are seconds.

    `number` is what the old system tells its members apart by: a number, a code, a login, an address.
    """

    number: str
    name: str
    file: str
    line_number: int
    line: str
    balance_seconds: int | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    languages: tuple[str, ...] = ()
    joined_on: date | None = None
    floor: int | None = None
    ceiling: int | None = None


@dataclass(frozen=True, slots=True)
class ImportedTransfer:
    """A row that moved time. `service_on` is the day as written, `created_at` the moment in UTC.

    `reference` is the old system's number of the transfer, where it has one.
    """

    created_at: datetime
    service_on: date
    giver: Party
    receiver: Party
    note: str
    seconds: int
    file: str
    line_number: int
    line: str
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that moves nothing, with why: a word of `planning.SKIPPED`."""

    reason: str
    file: str
    line_number: int


class What(StrEnum):
    """What of an export is taken over."""

    HISTORY = "history"
    BALANCES = "balances"


class Unknown(StrEnum):
    """What becomes of a transfer that names somebody who is not in the list of members."""

    REFUSE = "refuse"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class Options:
    """What the file itself cannot say. `unit_seconds` is how much time 1 is.

    `organisation` is the bank's own name or number in the file, `owner` whose an account history is. `same` says
    which people of the file are members here already, by number; `others` which of those with the same name are not.
    """

    what: What = What.HISTORY
    date_order: DateOrder | None = None
    decimal: DecimalSign | None = None
    unit_seconds: int | None = None
    organisation: str | None = None
    owner: str | None = None
    unknown: Unknown = Unknown.REFUSE
    same: Mapping[str, UUID] = field(default_factory=dict)
    others: frozenset[str] = frozenset()

    def to_dict(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "date_order": self.date_order,
            "decimal": self.decimal,
            "unit_seconds": self.unit_seconds,
            "organisation": self.organisation,
            "owner": self.owner,
            "unknown": self.unknown,
            "same": {number: str(member_id) for number, member_id in sorted(self.same.items())},
            "others": sorted(self.others),
        }

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> "Options":
        """What `to_dict` gave."""
        order, decimal = said["date_order"], said["decimal"]
        return cls(
            What(said["what"]),
            None if order is None else DateOrder(order),
            None if decimal is None else DecimalSign(decimal),
            said["unit_seconds"],
            said["organisation"],
            said["owner"],
            Unknown(said["unknown"]),
            {number: UUID(member_id) for number, member_id in said["same"].items()},
            frozenset(said["others"]),
        )


Rows = Callable[[Mistakes], Iterator[ImportedTransfer | SkippedRow]]


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was given: its name and the SHA-256 of its bytes."""

    name: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Export:
    """A whole export. `rows` reads the transfers anew each time, in the file's order, and gathers its mistakes.

    `system` is the format's name. With `newest_first` equal moments come out in the opposite order. `both_sides`
    says that a transfer stands in the file once for each of its accounts. `not_imported` counts what is left out.
    With `opens_unlisted` somebody who is in no list of members gets an account of their own all the same.
    `lists` says of files and sheets that may be called anything which list each is.
    """

    system: str
    source: Source
    members: Sequence[ImportedMember]
    rows: Rows
    organisation: str | None = None
    newest_first: bool = False
    both_sides: bool = False
    opens_unlisted: bool = False
    not_imported: Mapping[str, int] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)

    def list_of(self, file: str) -> str:
        """What is kept of a file's name beside a line of it: which list it is. It may be called after somebody."""
        return self.lists.get(file, file)


def source_of(name: str, content: bytes) -> Source:
    return Source(name, sha256(content).digest())


@dataclass(frozen=True, slots=True)
class File:
    """A file of an export: its name and content."""

    name: str
    content: bytes


class Refusing:
    """Turns the mistakes of one line into gathered ones: the line is left out and reading goes on."""

    def __init__(self, mistakes: Mistakes) -> None:
        self._mistakes = mistakes

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> bool:
        if isinstance(problem, ImportProblem):
            self._mistakes.add(problem)
            return True
        return False
