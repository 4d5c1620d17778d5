"""The rows of one import on disk while it is planned: sorted, numbered and compared there, so that memory stays flat.

A private temporary database of SQLite, which is gone when it is closed or the process ends. All of it is for one
thread at a time, but for `stop`.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import TypeVar
from uuid import UUID

from ledger.desk.imports.problems import ImportProblem, Mistakes
from ledger.desk.imports.shape import Export, ImportedTransfer, Party, PartyKind, SkippedRow

T = TypeVar("T")

AT_ONCE = 2000

_SCHEMA = """
CREATE TABLE row (
    place INTEGER PRIMARY KEY, at INTEGER, service_on TEXT, giver TEXT, receiver TEXT, seconds INTEGER, note TEXT,
    key TEXT, reference TEXT, file TEXT, line_number INTEGER, line TEXT, id BLOB, fresh INTEGER
);
CREATE TABLE earlier (
    id BLOB PRIMARY KEY, at INTEGER, giver BLOB, receiver BLOB, seconds INTEGER, undone INTEGER
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class EarlierTransfer:
    """A transfer that an earlier import posted, by its two accounts. `undone` says that it was taken back since."""

    id: UUID
    created_at: datetime | None
    giver_id: UUID
    receiver_id: UUID
    seconds: int
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """What the file's rows come to, whatever the ledger has of them already."""

    transfers: int
    first_on: date | None
    last_on: date | None
    gone: int


@dataclass(frozen=True, slots=True)
class SpooledRow:
    """A row in the order it is posted. `giver` and `receiver` are keys of parties."""

    place: int
    id: UUID
    created_at: datetime
    service_on: date
    giver: str
    receiver: str
    seconds: int
    note: str
    file: str
    line_number: int
    line: str


class Stopped(Exception):
    """Nobody wants the plan any more for which the rows are gone through."""


class Spool:
    """The rows of an export, and what earlier imports posted."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", check_same_thread=False)
        self._db.executescript(_SCHEMA)
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("PRAGMA journal_mode = OFF")
        self.parties: dict[str, Party] = {}
        self.skipped: list[SkippedRow] = []
        self.skipped_count = 0
        self._stopped = False

    def stop(self) -> None:
        """Have whoever goes through the rows in another thread end with Stopped, and soon."""
        self._stopped = True

    def require_wanted(self) -> None:
        if self._stopped:
            raise Stopped

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- in ---------------------------------------------------------------------------------------------------------

    def fill(self, export: Export, mistakes: Mistakes, most_skipped: int = 100) -> None:
        """Read every row of the export. Two rows with one reference are one when the file shows both sides."""
        sign = -1 if export.newest_first else 1
        for part in batched(self._read(export, mistakes, most_skipped), AT_ONCE):
            self._db.executemany(
                "INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 1)",
                [(sign * place, *values) for place, values in part],
            )
        self._db.execute("CREATE INDEX row_reference ON row (reference) WHERE reference IS NOT NULL")
        if export.both_sides:
            self._db.execute(
                "DELETE FROM row WHERE place IN (SELECT place FROM (SELECT place, row_number() OVER"
                " (PARTITION BY reference, giver, receiver, seconds ORDER BY place) AS n FROM row) WHERE n > 1)"
            )
        for file, line_number in self._db.execute(
            "SELECT r.file, r.line_number FROM row r WHERE EXISTS (SELECT 1 FROM row o"
            " WHERE o.reference = r.reference AND o.place < r.place) ORDER BY r.place"
        ):
            mistakes.add(ImportProblem("reference_twice", file, line_number))
        self._db.execute("CREATE INDEX row_order ON row (at, place)")

    def _read(
        self, export: Export, mistakes: Mistakes, most_skipped: int
    ) -> Iterator[tuple[int, tuple[object, ...]]]:
        for place, row in enumerate(export.rows(mistakes), 1):
            self.require_wanted()
            if isinstance(row, SkippedRow):
                self.skipped_count += 1
                if len(self.skipped) < most_skipped:
                    self.skipped.append(row)
                continue
            for party in (row.giver, row.receiver):
                if party.key not in self.parties or (party.name and not self.parties[party.key].name):
                    self.parties[party.key] = party
            yield place, _columns(row)

    def add_earlier(self, transfers: Iterable[EarlierTransfer]) -> None:
        for part in batched(transfers, AT_ONCE):
            self._db.executemany(
                "INSERT INTO earlier VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (
                        each.id.bytes,
                        None if each.created_at is None else int(each.created_at.timestamp()),
                        each.giver_id.bytes,
                        each.receiver_id.bytes,
                        each.seconds,
                        each.undone,
                    )
                    for each in part
                ],
            )

    # --- ids --------------------------------------------------------------------------------------------------------

    def name_rows(self, name: Callable[[str], UUID]) -> None:
        """Give every row its id: by its key, how many equal rows are older, and how often it was undone."""
        rows = self._db.execute(
            "SELECT place, key, reference, row_number() OVER (PARTITION BY key ORDER BY at, place) FROM row"
        )
        has_undone = self._one("SELECT EXISTS (SELECT 1 FROM earlier WHERE undone)")
        for part in batched(rows, AT_ONCE):
            self.require_wanted()
            named = []
            for place, key, reference, number in part:
                # What has a number of its own needs no counting.
                facts = f"transfer/{key}" if reference else f"transfer/{numbered(key, number)}"
                made, again = name(facts), 0
                while has_undone and self._one(
                    "SELECT EXISTS (SELECT 1 FROM earlier WHERE id = ? AND undone)", made.bytes
                ):
                    again += 1
                    made = name(f"{facts}/again/{again}")
                named.append((made.bytes, place))
            self._db.executemany("UPDATE row SET id = ? WHERE place = ?", named)
        if self._one("SELECT EXISTS (SELECT 1 FROM earlier)"):
            self._db.execute("CREATE INDEX row_id ON row (id)")
            self._db.execute("UPDATE row SET fresh = 0 WHERE id IN (SELECT id FROM earlier WHERE NOT undone)")

    def recognise(
        self, alikes: Iterable[Callable[[UUID, UUID], bool]], account_of: Callable[[str], UUID]
    ) -> int:
        """Take fresh rows for earlier ones that are missing and look different now; how many there were.

        A row fits an earlier transfer of the same second and seconds when `alike` says so of both sides.
        """
        if not self._one("SELECT EXISTS (SELECT 1 FROM earlier WHERE at IS NOT NULL)"):
            return 0
        self._db.execute(
            "CREATE TEMP TABLE missing AS SELECT * FROM earlier e WHERE NOT undone AND at IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM row r WHERE r.id = e.id)"
        )
        found = 0
        for alike in alikes:
            rows = self._db.execute(
                "SELECT r.place, r.giver, r.receiver, m.id, m.giver, m.receiver FROM row r JOIN missing m"
                " ON m.at = r.at AND m.seconds = r.seconds WHERE r.fresh ORDER BY r.at, r.place, m.rowid"
            ).fetchall()
            places: set[int] = set()
            taken: set[bytes] = set()
            for place, giver, receiver, earlier_id, was_giver, was_receiver in rows:
                if place in places or earlier_id in taken:
                    continue
                if alike(UUID(bytes=was_giver), account_of(giver)) and alike(
                    UUID(bytes=was_receiver), account_of(receiver)
                ):
                    places.add(place)
                    taken.add(earlier_id)
            self._db.executemany("UPDATE row SET fresh = 0 WHERE place = ?", [(each,) for each in places])
            self._db.executemany("DELETE FROM missing WHERE id = ?", [(each,) for each in taken])
            found += len(places)
        return found

    # --- out --------------------------------------------------------------------------------------------------------

    def fresh(self) -> Iterator[SpooledRow]:
        """The rows the ledger does not have, oldest first. May be gone through several times, and nested."""
        rows = self._db.cursor().execute(
            "SELECT place, id, at, service_on, giver, receiver, seconds, note, file, line_number, line FROM row"
            " WHERE fresh ORDER BY at, place"
        )
        for place, made, at, service_on, *rest in rows:
            self.require_wanted()
            yield SpooledRow(
                place,
                UUID(bytes=made),
                datetime.fromtimestamp(at, UTC),
                date.fromisoformat(service_on),
                *rest,
            )

    def count_fresh(self) -> int:
        return self._one("SELECT count(*) FROM row WHERE fresh")

    def counted(self) -> Counted:
        transfers, first, last = self._db.execute(
            "SELECT count(*), min(service_on), max(service_on) FROM row"
        ).fetchone()
        gone = [PartyKind.DELETED.value, PartyKind.INACTIVE.value]
        return Counted(
            transfers,
            None if first is None else date.fromisoformat(first),
            None if last is None else date.fromisoformat(last),
            self._one("SELECT count(*) FROM row WHERE giver IN (?, ?) OR receiver IN (?, ?)", *gone, *gone),
        )

    def sums(self) -> dict[str, int]:
        """What each party gained by all rows, less what they gave, in seconds."""
        sums: dict[str, int] = {}
        for side, sign in (("giver", -1), ("receiver", 1)):
            for key, seconds in self._db.execute(f"SELECT {side}, sum(seconds) FROM row GROUP BY {side}"):  # noqa: S608 - two words of ours
                sums[key] = sums.get(key, 0) + sign * seconds
        return sums

    def _one(self, sql: str, *values: object) -> int:
        found: int = self._db.execute(sql, values).fetchone()[0]
        return found


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    left = iter(items)
    while part := list(islice(left, size)):
        yield part


def numbered(key: str, number: int) -> str:
    """The key of a row with how many equal rows are older, itself included."""
    return f"{key[:-1]}, {number}]"


def _columns(row: ImportedTransfer) -> tuple[object, ...]:
    if row.reference is None:
        facts = [row.created_at.isoformat(), row.giver.key, row.receiver.key, row.seconds, row.note]
    else:
        facts = ["reference", row.reference]
    return (
        int(row.created_at.timestamp()),
        row.service_on.isoformat(),
        row.giver.key,
        row.receiver.key,
        row.seconds,
        row.note,
        json.dumps(facts, ensure_ascii=False),
        row.reference,
        row.file,
        row.line_number,
        row.line,
    )
