"""Why a file is refused whole: each kind of mistake once, with its places, what is wrong and what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ledger.book.refusals import Refusal
from ledger.desk.tables.problems import FileProblem, Reason

MOST_MISTAKES = 100
"""How many kinds of mistake of one file are told; the others are counted."""
MOST_LINES = 10
"""How many lines with the same mistake are named; the others are counted."""

AGAIN = "Export it again; the copy may have been cut short."
CORRECT = "Correct it in the old system and export again."
FORMAT = "Check that the format is the right one, and give the files as the old system wrote them."
UNCHANGED = "Give the file as the old system wrote it; a spreadsheet may have changed it."
LEAVE_OUT = "Correct the line, or leave it out."
UNIT = "Check the number, and the unit that was given."

PROBLEMS = {
    # Of files.
    "not_a_zip": ("This is not a complete zip file.", AGAIN),
    "zip_damaged": ("A file in the zip is damaged.", AGAIN),
    "zip_too_large": ("The zip unpacks to far more than a time bank's history.", AGAIN),
    "zip_encrypted": ("A file in the zip is locked with a password.", "Give it without a password."),
    "zip_files": (
        "The zip is not the files of one export.",
        "Pack nothing but the files of the old system into it, without folders.",
    ),
    "table_missing": (
        "None of the files is the list of %(list)s, with the columns %(columns)s.",
        FORMAT,
    ),
    "file_missing": ("The zip holds no file of this kind.", FORMAT),
    "table_unknown": ("This list has none of the columns this format knows.", FORMAT),
    "table_twice": ("Two files hold the same kind of list.", "Give each list once."),
    "unit_missing": (
        "The amounts of this format have no unit of their own.",
        "Say how much time 1 is there: an hour, a minute, or a number of minutes.",
    ),
    "owner_missing": (
        "An account history does not say whose it is.",
        "Say whose account it is, by login.",
    ),
    "balances_missing": (
        "No list with balances is among the files.",
        "Give the list of members with their balances, or import the history.",
    ),
    # Of the text in them.
    "not_utf8": ("The text is not UTF-8.", UNCHANGED),
    "control_character": ("There is an invisible character in the text.", CORRECT),
    "not_csv": (
        "The line is not comma-separated text: a quotation mark is not closed, or a cell is far too long.",
        UNCHANGED,
    ),
    "semicolons": ("The columns are separated by semicolons.", UNCHANGED),
    "header_missing": ("The first line is not a header.", UNCHANGED),
    "column_twice": ("Two columns have the same name.", UNCHANGED),
    "columns": ("The line has another number of columns than this list.", UNCHANGED),
    # Of a cell.
    "cell_empty": ("The cell is empty.", "Fill it in, or leave the whole line out."),
    "cell_too_long": ("The text is too long, or holds an invisible character.", CORRECT),
    "moment_invalid": (
        "This is not a date that is understood.",
        "Write it as 2025-04-03; check whether the day or the month comes first.",
    ),
    "moment_ambiguous": (Reason.DATE_AMBIGUOUS.says, Reason.DATE_AMBIGUOUS.remedy),
    "amount_invalid": ("This is not an amount.", CORRECT),
    "amount_ambiguous": (
        Reason.DURATION_AMBIGUOUS.says,
        "Say whether the comma or the point is the decimal sign.",
    ),
    "amount_not_whole": (Reason.DURATION_NOT_WHOLE.says, UNIT),
    "amount_too_large": (Reason.BALANCE_TOO_LARGE.says, UNIT),
    "amount_not_positive": ("A transfer needs an amount above zero.", LEAVE_OUT),
    "state_unknown": ("This state of a transfer is not known.", FORMAT),
    # Of people and transfers.
    "uid_invalid": ("The member number is not a whole number above zero.", CORRECT),
    "number_twice": (
        "This number, name or address stands on two lines of the list of members.",
        CORRECT,
    ),
    "name_differs": ("The number in brackets belongs to somebody with another name.", CORRECT),
    "reference_twice": ("Two different transfers have this number.", UNCHANGED),
    "party_ambiguous": (
        "Several names without a member number occur (%(names)s), and only one can be this bank.",
        "Say which is this bank's own name, or keep the file name that TimeOverflow gave the zip.",
    ),
    "across_ambiguous": (
        "In this transfer between two banks it can't be told which member is ours.",
        "Import without this line from a corrected copy; the difference will be shown.",
    ),
    "party_unlisted": (
        "The transfer names somebody who is not in the list of members.",
        "Add them to the list of members, or have their time shown in an account of its own.",
    ),
    "same_party": ("The same member gives and receives.", LEAVE_OUT),
    # Of who is who.
    "name_alike": (
        "A member of the community has the same name.",
        "Say whether it is the same person or another one.",
    ),
    "choice_unknown": (
        "Nobody in the file has this number.",
        "Look at the report again; it shows the number of each member.",
    ),
    "member_without_account": (
        "The member chosen as the same person has no open account of their own.",
        "Open one for them first, or choose another member.",
    ),
    "member_twice": (
        "Two people of the file were said to be the same member.",
        "Look at the members again.",
    ),
}
"""code -> (what is wrong, what to do). What varies stands in the first as `%(name)s`, and in `about`."""


@dataclass(frozen=True, slots=True)
class Asks:
    """Somebody of the file, by number and name, and the members here who have that name."""

    number: str
    name: str
    members: tuple[str, ...]


class ImportProblem(Exception):
    """One kind of mistake, and where it was made. Lines and columns count from 1; None where there is none to name.

    `asks` is what a person can answer so that it is none: whose name it is about, and who has the same one here.
    `message` is `says` before what varies, `about`, was put into it: what a translation is looked up by.
    """

    def __init__(
        self,
        code: str,
        file: str,
        line: int | None = None,
        column: int | None = None,
        *,
        about: Mapping[str, str] | None = None,
        asks: Asks | None = None,
        why: Reason | Refusal | None = None,
    ) -> None:
        self.code = code
        self.file = file
        self.lines = [] if line is None else [line]
        self.count = 1
        self.column = column
        self.about = dict(about or {})
        self.asks = asks
        self.message, self.remedy = PROBLEMS[code] if why is None else (why.says, why.remedy)
        super().__init__(code)

    @property
    def line(self) -> int | None:
        """The first of its lines."""
        return self.lines[0] if self.lines else None

    @property
    def says(self) -> str:
        return self.message % self.about if self.about else self.message

    @property
    def kind(self) -> tuple[object, ...]:
        """What is the same for all places with this mistake."""
        return self.code, self.file, self.column, *self.about.values(), self.asks

    def add(self, other: "ImportProblem") -> None:
        """Count another place with the same mistake."""
        self.count += other.count
        self.lines = sorted(self.lines + other.lines)[:MOST_LINES]

    def place(self) -> str:
        """Where it is, in English: the file, its lines, the column."""
        parts = [self.file]
        if self.lines:
            named = [str(line) for line in self.lines]
            if self.count > len(named):
                named.append(f"{self.count - len(named):,} more")
            last = named.pop()
            parts.append(f"lines {', '.join(named)} and {last}" if named else f"line {last}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        return ", ".join(parts)

    def __str__(self) -> str:
        return f"{self.place()}: {self.says} {self.remedy}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "asks": None if self.asks is None else asdict(self.asks),
            "code": self.code,
            "file": self.file,
            "lines": self.lines,
            "count": self.count,
            "column": self.column,
            "says": self.says,
            "message": self.message if self.about else None,
            "about": self.about or None,
            "remedy": self.remedy,
        }


def of_file(problem: FileProblem) -> ImportProblem:
    """The same of a list that could not be read as one."""
    return ImportProblem(problem.reason.code, problem.where, problem.row, problem.column, why=problem.reason)


class ImportRefused(Exception):
    """A file with mistakes: `problems` are the first `MOST_MISTAKES` kinds of `count` mistakes. Nothing was written."""

    def __init__(self, problems: Sequence[ImportProblem], count: int | None = None) -> None:
        self.problems = list(problems)
        self.count = len(self.problems) if count is None else count
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [str(each) for each in self.problems]
        untold = self.count - sum(each.count for each in self.problems)
        return "\n".join(lines + ([f"and {untold:,} more"] if untold else []))

    def to_dict(self) -> dict[str, Any]:
        return {"mistakes": [each.to_dict() for each in self.problems], "count": self.count}


class Mistakes:
    """Gathers the mistakes of a file, so that all of them can be mended at once: the same one on many lines once."""

    def __init__(self) -> None:
        self.count = 0
        self._kinds: dict[tuple[object, ...], ImportProblem] = {}

    def add(self, problem: ImportProblem) -> None:
        self.count += problem.count
        known = self._kinds.get(problem.kind)
        if known is not None:
            known.add(problem)
        elif len(self._kinds) < MOST_MISTAKES:
            self._kinds[problem.kind] = problem

    def settle(self) -> None:
        """Raise ImportRefused if there were any."""
        if self.count:
            raise ImportRefused(list(self._kinds.values()), self.count)
