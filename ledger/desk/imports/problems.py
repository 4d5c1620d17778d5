"""Why a file is refused whole: each mistake with its place, what is wrong and what to do."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ledger.desk.tables.problems import FileProblem

MOST_MISTAKES = 100
"""How many mistakes of one file are told one by one; the others are counted."""

TIMEOVERFLOW_PROBLEMS = {
    "not_a_zip": (
        "This is not a complete zip file.",
        'Download it again with "download all"; the copy may have been cut short.',
    ),
    "zip_too_large": (
        "The zip unpacks to far more than a time bank's history.",
        'Download it again with "download all".',
    ),
    "zip_encrypted": (
        "A file in the zip is locked with a password.",
        "Give the zip as TimeOverflow made it, without a password.",
    ),
    "zip_damaged": (
        "A file in the zip is damaged.",
        'Download it again with "download all".',
    ),
    "zip_odd_file": (
        "The zip holds a file that TimeOverflow does not write.",
        "Give the zip as TimeOverflow made it: Members, Transfers, Inquiries and Offers, no folders.",
    ),
    "file_twice": (
        "The zip holds two files of this kind.",
        "Give the zip as TimeOverflow made it.",
    ),
    "file_missing": (
        "The zip holds no file of this kind.",
        "Give the zip as TimeOverflow made it: it needs the Members and the Transfers.",
    ),
    "not_utf8": (
        "The text is not UTF-8.",
        "Give the file as TimeOverflow wrote it; a spreadsheet may have saved it in another encoding.",
    ),
    "control_character": (
        "There is a control character in the text.",
        "Remove the invisible character in TimeOverflow and download again.",
    ),
    "not_csv": (
        "The line is not comma-separated text: a quote is not closed, or a field is far too long.",
        "Give the file as TimeOverflow wrote it.",
    ),
    "semicolons": (
        "The columns are separated by semicolons.",
        "Give the file as TimeOverflow wrote it, with commas; a spreadsheet may have changed it.",
    ),
    "header_missing": (
        "The first line is not a header.",
        "Give the file as TimeOverflow wrote it, with its first line.",
    ),
    "columns": (
        "The line has the wrong number of columns.",
        "Give the file as TimeOverflow wrote it.",
    ),
    "uid_invalid": (
        "The member number is not a whole number above zero.",
        "Correct the number in TimeOverflow and download again.",
    ),
    "uid_twice": (
        "This member number stands on two lines.",
        "Give the file as TimeOverflow wrote it; numbers are unique there.",
    ),
    "name_empty": (
        "The name is empty.",
        "Give the person a name in TimeOverflow and download again.",
    ),
    "name_differs": (
        "The number in brackets belongs to somebody with another name.",
        "Download again; within one export a number has one name.",
    ),
    "party_empty": (
        "The transfer does not say who gave or who received.",
        "Give the file as TimeOverflow wrote it.",
    ),
    "party_ambiguous": (
        "Two names without a member number occur, and only one can be this bank.",
        "Say which is this bank's own name, or keep the file name that TimeOverflow gave the zip.",
    ),
    "across_ambiguous": (
        "In this transfer between two banks it can't be told which member is ours.",
        "Import without this line from a corrected copy; the difference will be shown.",
    ),
    "date_invalid": (
        "The date is not a date such as 2024-05-01 10:30:00 UTC.",
        "Give the file as TimeOverflow wrote it.",
    ),
    "time_negative": (
        "The time is negative; TimeOverflow writes transfers without a sign.",
        "Give the file as TimeOverflow wrote it.",
    ),
    "time_invalid": (
        "The time is not hours and minutes such as 1:30.",
        "Give the file as TimeOverflow wrote it.",
    ),
    "time_too_long": (
        "The time is longer than 166,666 hours.",
        "Correct the transfer in TimeOverflow and download again.",
    ),
    "balance_invalid": (
        "The balance is not a whole number of seconds.",
        "Give the file as TimeOverflow wrote it.",
    ),
}
"""code -> (what is wrong, what to do)."""

TABLE_PROBLEMS = {
    "zip_files": (
        "The zip is not the files of one export.",
        "Pack nothing but the files of the old system into it, without folders.",
    ),
    "table_missing": (
        "None of the files has the columns of this list.",
        "Check that the format is the right one, and give the files as the old system wrote them.",
    ),
    "table_unknown": (
        "This list has none of the columns this format knows.",
        "Check that the format is the right one, and leave out files that do not belong to it.",
    ),
    "table_twice": (
        "Two files hold the same kind of list.",
        "Give each list once.",
    ),
    "column_twice": (
        "Two columns have the same name.",
        "Give the file as the old system wrote it.",
    ),
    "columns_few": (
        "The line has fewer columns than this list needs.",
        "Give the file as the old system wrote it.",
    ),
    "cell_empty": ("The cell is empty.", "Fill it in, or leave the whole line out."),
    "cell_too_long": (
        "The text is too long, or holds an invisible character.",
        "Shorten it in the old system and export again.",
    ),
    "moment_invalid": (
        "This is not a date that is understood.",
        "Write it as 2025-04-03; check whether the day or the month comes first.",
    ),
    "moment_ambiguous": (
        "The date can be read in two ways.",
        "Say whether the day, the month or the year comes first (`--date-order`).",
    ),
    "unit_missing": (
        "The amounts of this format have no unit of their own.",
        "Say how much time 1 is there (`--unit`): hours, minutes, or a number of minutes.",
    ),
    "amount_invalid": (
        "This is not an amount.",
        "Correct it in the old system and export again.",
    ),
    "amount_ambiguous": (
        "The number can be read in two ways.",
        "Say whether the comma or the point is the decimal sign (`--decimal`).",
    ),
    "amount_not_whole": (
        "The amount is no whole number of seconds.",
        "Check the unit that was given.",
    ),
    "amount_too_large": (
        "The amount is larger than any account can hold.",
        "Check the unit that was given.",
    ),
    "amount_not_positive": (
        "A transfer needs an amount above zero.",
        "Correct the line, or leave it out.",
    ),
    "number_twice": (
        "This number, name or address stands on two lines of the list of members.",
        "Correct it in the old system; it tells its members apart by it.",
    ),
    "reference_twice": (
        "Two different transfers have this number.",
        "Give the file as the old system wrote it; numbers are unique there.",
    ),
    "state_unknown": (
        "This state of a transfer is not known.",
        "Check that the format is the right one.",
    ),
    "party_unlisted": (
        "The transfer names somebody who is not in the list of members.",
        "Add them to the list of members; or have their time shown in an account of its own"
        " (`--unknown difference`).",
    ),
    "same_party": (
        "The same member gives and receives.",
        "Correct the line, or leave it out.",
    ),
    "owner_missing": (
        "An account history does not say whose it is.",
        "Say whose account it is, by login (`--owner`).",
    ),
    "balances_missing": (
        "No list with balances is among the files.",
        "Give the list of members with their balances, or import the history.",
    ),
    "name_alike": (
        "A member of the community has the same name.",
        "Say whether it is the same person (`--same NUMBER=MEMBER`) or another one (`--other NUMBER`).",
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

PROBLEMS = TIMEOVERFLOW_PROBLEMS | TABLE_PROBLEMS


@dataclass(frozen=True, slots=True)
class Asks:
    """Somebody of the file, by number and name, and the members here who have that name."""

    number: str
    name: str
    members: tuple[str, ...]


class ImportProblem(Exception):
    """One mistake. `line` and `column` count from 1; None where there is none to name.

    `asks` is what a person can answer so that it is none: whose name it is about, and who has the same one here.
    """

    def __init__(
        self,
        code: str,
        file: str,
        line: int | None = None,
        column: int | None = None,
        says: str = "",
        remedy: str = "",
        asks: Asks | None = None,
    ) -> None:
        self.asks = asks
        self.code = code
        self.file = file
        self.line = line
        self.column = column
        self.says = says or PROBLEMS[code][0]
        self.remedy = remedy or PROBLEMS[code][1]
        super().__init__(str(self))

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place += f", line {self.line}"
        if self.column is not None:
            place += f", column {self.column}"
        return f"{place}: {self.says} {self.remedy}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "asks": None if self.asks is None else asdict(self.asks),
            "code": self.code,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "says": self.says,
            "remedy": self.remedy,
        }


def of_file(problem: FileProblem) -> ImportProblem:
    """The same of a list that could not be read as one."""
    reason = problem.reason
    return ImportProblem(reason.code, problem.where, problem.row, problem.column, reason.says, reason.remedy)


class ImportRefused(Exception):
    """A file with mistakes: `problems` are the first `MOST_MISTAKES` of `count`. Nothing was written."""

    def __init__(self, problems: Sequence[ImportProblem], count: int | None = None) -> None:
        self.problems = list(problems)
        self.count = len(self.problems) if count is None else count
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [str(each) for each in self.problems]
        if self.count > len(lines):
            lines.append(f"and {self.count - len(lines)} more")
        return "\n".join(lines)


class Mistakes:
    """Gathers the mistakes of a file, so that all of them can be mended at once."""

    def __init__(self) -> None:
        self.problems: list[ImportProblem] = []
        self.count = 0

    def add(self, problem: ImportProblem) -> None:
        self.count += 1
        if len(self.problems) < MOST_MISTAKES:
            self.problems.append(problem)

    def settle(self) -> None:
        """Raise ImportRefused if there were any."""
        if self.count:
            raise ImportRefused(self.problems, self.count)
