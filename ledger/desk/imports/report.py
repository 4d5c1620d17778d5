"""The control totals of an import, the same for a dry run and a run."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from ledger.book.amounts import format_hours

DIFFERENCE_CODE = "difference"

SKIPPED = {
    "zero": "no time, moves nothing",
    "same_account": "gives and receives on one account, moves nothing",
    "other_banks": "between another bank and somebody not in the list of members",
    "not_committed": "was not carried out there",
}
"""Why a row is left out, in words."""

TOTALS = (
    "member_count", "transfer_count", "first_on", "last_on", "credit_seconds", "debit_seconds", "net_seconds",
    "skipped_count", "differing", "transfers_to_book", "already_booked", "differences_to_book",
    "differences_seconds", "enrolled", "recorded_here",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """One member: what the file's transfers add up to beside the balance in the file, which may not be said.

    `booked_seconds` is what goes to the difference account now: zero when an earlier import has done so.
    """

    number: str
    name: str
    from_transfers_seconds: int
    imported_balance_seconds: int | None
    booked_seconds: int

    @property
    def difference_seconds(self) -> int:
        if self.imported_balance_seconds is None:
            return 0
        return self.imported_balance_seconds - self.from_transfers_seconds


@dataclass(frozen=True, slots=True)
class Widened:
    """An account whose limits must be wider than they would be, because its history went that far."""

    code: str
    limit: str
    seconds: int
    why: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import holds, compares, opens and books. Lists of skipped rows are bounded; the counts are not."""

    system: str
    file_name: str
    sha256: str
    what: str
    organisation: str | None
    member_count: int
    transfer_count: int
    not_imported: dict[str, int]
    skipped_count: int
    skipped: tuple[tuple[str, int, str], ...]
    first_on: date | None
    last_on: date | None
    credit_seconds: int
    debit_seconds: int
    comparisons: tuple[Comparison, ...]
    unlisted: tuple[tuple[str, str], ...]
    gone_transfer_count: int
    openings: tuple[tuple[str, str, int | None], ...]
    enrolled: int
    matched: tuple[tuple[str, str], ...]
    widened: tuple[Widened, ...]
    transfers_to_book: int
    already_booked: int
    recognised: int
    differences_to_book: int
    differences_seconds: int
    recorded_here: int
    finished_at: datetime | None = None

    @property
    def net_seconds(self) -> int:
        return self.credit_seconds + self.debit_seconds

    @property
    def nothing_to_do(self) -> bool:
        return self.finished_at is not None

    @property
    def differing(self) -> int:
        """How many members' balances are not what their transfers come to."""
        return sum(1 for row in self.comparisons if row.difference_seconds)

    def totals(self) -> dict[str, Any]:
        """The counts and the sums alone, which name nobody: they are kept when the rest is deleted."""
        said = self.to_dict()
        counted = {name: len(said[name]) for name in ("openings", "matched", "widened")}
        return {name: said[name] for name in TOTALS} | counted

    def to_dict(self) -> dict[str, Any]:
        """The same facts for `--json`: seconds, ISO dates, names of fields as here."""
        return {
            **asdict(self),
            "first_on": None if self.first_on is None else self.first_on.isoformat(),
            "last_on": None if self.last_on is None else self.last_on.isoformat(),
            "finished_at": None if self.finished_at is None else self.finished_at.isoformat(),
            "net_seconds": self.net_seconds,
            "differing": self.differing,
            "skipped": [
                {"file": file, "line": line_number, "reason": reason}
                for file, line_number, reason in self.skipped
            ],
            "comparisons": [
                {**asdict(row), "difference_seconds": row.difference_seconds} for row in self.comparisons
            ],
            "unlisted": [{"number": number, "name": name} for number, name in self.unlisted],
            "openings": [{"code": code, "kind": kind, "floor": floor} for code, kind, floor in self.openings],
            "matched": [{"number": number, "member_id": member_id} for number, member_id in self.matched],
        }

    def render_lines(self, stress: Callable[[str], str] = str) -> list[str]:
        """Text for a terminal, widest 110 columns unless a name is very long; `stress` colours a difference."""
        lines = [f"{self.file_name}", f"sha256 {self.sha256}", ""]
        if self.finished_at is not None:
            return [*lines, f"already imported on {self.finished_at.date().isoformat()}: nothing to do"]
        lines += [
            f"time bank        {self.organisation or '(has no transfers of its own)'}",
            f"members          {self.member_count}",
            f"transfers        {self.transfer_count}, from {self.first_on or '-'} to {self.last_on or '-'}",
            f"sum of credits   {format_hours(self.credit_seconds)}",
            f"sum of debits    {format_hours(self.debit_seconds)}",
            f"net              {format_hours(self.net_seconds)}",
            f"skipped          {self.skipped_count}",
        ]
        lines += [f"  {file}, line {number}: {SKIPPED[reason]}" for file, number, reason in self.skipped]
        lines.append(f"with people gone {self.gone_transfer_count} transfers")
        if self.not_imported:
            left_out = ", ".join(f"{count} {name}" for name, count in self.not_imported.items())
            lines.append(f"not imported     {left_out}")
        lines += [
            "",
            f"{'number':>12}  {'name':<32} {'from transfers':>16} {'balance in file':>16} {'difference':>12}",
        ]
        for row in self.comparisons:
            balance = row.imported_balance_seconds
            line = (
                f"{row.number:>12}  {row.name:<32} {format_hours(row.from_transfers_seconds):>16}"
                f" {'' if balance is None else format_hours(balance):>16}"
            )
            if row.difference_seconds:
                line += " " + stress(f"{format_hours(row.difference_seconds):>12}")
            lines.append(line.rstrip())
        lines += ["", f"{self.differing} of {len(self.comparisons)} members differ"]
        lines += [f"not in the list of members, own account: {each}  {name}" for each, name in self.unlisted]
        lines += [
            "",
            f"accounts to open     {len(self.openings)}",
            f"members to enrol     {self.enrolled}",
            f"members here already {len(self.matched)}",
            f"transfers to book    {self.transfers_to_book}",
            f"already booked       {self.already_booked}",
        ]
        if self.recognised:
            lines.append(
                f"  of these, {self.recognised} look different now: a party left, or a post was renamed"
            )
        lines.append(
            f"differences to book  {self.differences_to_book}, together"
            f" {format_hours(self.differences_seconds)}, against the account `{DIFFERENCE_CODE}`"
        )
        lines += [
            f"{row.limit} of {row.code} widened to {format_hours(row.seconds)}: {row.why}"
            for row in self.widened
        ]
        if self.recorded_here:
            lines.append(
                f"{self.recorded_here} transfers were recorded here and stay: balances will differ from the"
                " file by them"
            )
        return lines
