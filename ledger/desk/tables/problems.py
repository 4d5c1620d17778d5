"""What can be wrong with a list, each with a sentence and a remedy.

A `FileProblem` refuses a file whole. A `LineProblem` says what one line can't be read for; the other lines stand.
"""

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """(name, what is wrong, what to do next). The name is stable."""

    # Of a file.
    FILE_EMPTY = (
        "file_empty",
        "The file is empty.",
        "Choose the file again; the copy may have been cut short.",
    )
    NOT_A_LIST = (
        "not_a_list",
        "The file is neither text nor a spreadsheet.",
        "Save the list as CSV, XLSX or ODS and give that file.",
    )
    OLD_EXCEL = (
        "old_excel",
        "The file is a workbook in the form of Excel 2003 or before, or a binary one.",
        "Open it in a spreadsheet program and save it as XLSX, ODS or CSV.",
    )
    PASSWORD_PROTECTED = (
        "password_protected",
        "The workbook is locked with a password.",
        "Save it without a password and give that file.",
    )
    WORKBOOK_UNREADABLE = (
        "workbook_unreadable",
        "The workbook is damaged, or not a workbook.",
        "Open it in a spreadsheet program and save it again as XLSX, ODS or CSV.",
    )
    WORKBOOK_TOO_LARGE = (
        "workbook_too_large",
        "The workbook unpacks to far more than a list of visits.",
        "Copy the list into a new, empty workbook, or save it as CSV.",
    )
    ENCODING_UNKNOWN = (
        "encoding_unknown",
        "The file is not text in the encoding that was named, or in any that is known here.",
        "Save the list as CSV in UTF-8 and give that file, or name the encoding.",
    )
    DELIMITER_UNKNOWN = (
        "delimiter_unknown",
        "This is no sign that separates columns.",
        "Choose a comma, a semicolon, a tab or an upright stroke.",
    )
    NUL_CHARACTER = (
        "nul_character",
        "There is an invisible character in the text that no list has.",
        "Save the list as CSV in UTF-8 and give that file.",
    )
    QUOTE_OPEN = (
        "quote_open",
        "A quotation mark is opened on this line and not closed.",
        "Close the quotation mark, or leave it out.",
    )
    NO_ROWS = (
        "no_rows",
        "There is no line with anything on it.",
        "Choose the file, or the sheet of the workbook, that holds the list.",
    )
    TOO_MANY_ROWS = (
        "too_many_rows",
        "The list has more than 200,000 lines.",
        "Split the list, by year for example.",
    )
    TOO_MANY_COLUMNS = (
        "too_many_columns",
        "A line has more than 100 columns.",
        "Leave out the columns nobody needs; check which sign separates the columns.",
    )
    CELL_TOO_LONG = (
        "cell_too_long",
        "A cell holds more than 500 characters.",
        "Shorten the text; check for a quotation mark that was not closed.",
    )
    # Of how a file is to be read.
    SHEET_UNKNOWN = (
        "sheet_unknown",
        "There is no such sheet in the workbook.",
        "Choose one of the sheets that are there.",
    )
    MAPPING_INVALID = (
        "mapping_invalid",
        "What was said about the columns does not fit this list.",
        "Say for each column what it holds, each kind once, within the columns that are there.",
    )
    COLUMN_MISSING = (
        "column_missing",
        "No column was named that holds this.",
        "Say which column holds it, or what it is for all lines.",
    )
    # Of a line.
    CELLS_MANY = (
        "cells_many",
        "The line has more cells than the first line of the list.",
        "Put a text with a separator in it, such as 1,5, into quotation marks.",
    )
    EMPTY = (
        "empty",
        "The cell is empty, and every visit needs it.",
        "Write it on the list, or leave the whole line out.",
    )
    DATE_INVALID = (
        "date_invalid",
        "This is not a day of the calendar.",
        "Correct the date; check whether the day or the month comes first.",
    )
    DATE_AMBIGUOUS = (
        "date_ambiguous",
        "The date can be read in two ways.",
        "Say whether the day, the month or the year comes first on this list.",
    )
    TIME_INVALID = (
        "time_invalid",
        "This is not a time of day.",
        "Write it as 14:30.",
    )
    TIMES_EQUAL = (
        "times_equal",
        "The visit ends when it begins.",
        "Correct one of the two times, or write how long the visit took.",
    )
    TIMES_DISAGREE = (
        "times_disagree",
        "The length of the visit is not what lies between its two times.",
        "Correct the length or one of the times.",
    )
    DURATION_INVALID = (
        "duration_invalid",
        "This is not a length of time.",
        "Write it as 1:30, 1h30 or 90 min.",
    )
    DURATION_AMBIGUOUS = (
        "duration_ambiguous",
        "The number can be read in two ways.",
        "Say whether the comma or the point is the decimal sign, and whether the list counts hours or minutes.",
    )
    DURATION_NOT_WHOLE = (
        "duration_not_whole",
        "This is no whole number of seconds.",
        "Write hours and minutes, such as 0:20 for a third of an hour.",
    )
    HOURS_NOT_WHOLE = (
        "hours_not_whole",
        "Minutes stand beside these hours, which are no whole number themselves.",
        "Write whole hours and their minutes, or all of it as hours alone.",
    )
    MINUTES_INVALID = (
        "minutes_invalid",
        "Beside hours stand whole minutes, from 0 to 59.",
        "Correct them; where this column has the whole length, say that it holds how long the visit took.",
    )
    DURATION_ZERO = (
        "duration_zero",
        "No time is written.",
        "Write how long the visit took, or leave the line out.",
    )
    DURATION_TOO_LONG = (
        "duration_too_long",
        "A visit takes at most 24 hours.",
        "Check the number, and whether the list counts hours or minutes; write longer care day by day.",
    )
    BALANCE_TOO_LARGE = (
        "balance_too_large",
        "This is more than any account can hold.",
        "Check the number, and whether the list counts hours or minutes.",
    )

    def __init__(self, code: str, says: str, remedy: str) -> None:
        self.code = code
        self.says = says
        self.remedy = remedy


class FileProblem(Exception):
    """Why a file is refused whole. `row` and `column` count from 1, as a person counts; None where none is to name."""

    def __init__(self, reason: Reason, where: str, row: int | None = None, column: int | None = None) -> None:
        self.reason = reason
        self.where = where
        """The file's name, or the sheet's."""
        self.row = row
        self.column = column
        super().__init__(reason.code)

    def __str__(self) -> str:
        place = self.where
        if self.row is not None:
            place += f", line {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        return f"{place}: {self.reason.says} {self.reason.remedy}"


class ValueProblem(Exception):
    """Why a cell can't be read."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.code)


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a line can't be read. `row` and `column` count from 1, as a person counts; `column` None: the whole line."""

    row: int
    column: int | None
    reason: Reason
