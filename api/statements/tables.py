"""A statement as CSV, for adding up in a spreadsheet: the opening balance, each entry, the closing balance."""

from decimal import Decimal
from typing import Any

from api.languages import Language
from api.statements import words
from ledger.desk.cells import csv_line

Row = dict[str, Any]


def statement_csv(spoken: Language, said: Row) -> bytes:
    """UTF-8 with a byte order mark, which spreadsheets want; seconds and hours, days as YYYY-MM-DD."""
    gettext = spoken.gettext
    titles = [
        gettext("Number"),
        gettext("Recorded"),
        gettext("Day of care"),
        gettext("Kind"),
        gettext("What for"),
        gettext("Seconds"),
        gettext("Hours"),
        gettext("Balance in seconds"),
        gettext("Balance in hours"),
        gettext("Transfer"),
    ]
    opening = _standing(gettext("Opening balance"), said["from_on"], said["opening"])
    closing = _standing(gettext("Closing balance"), said["until_on"], said["closing"])
    lines = [
        [
            line["number"],
            line["recorded_on"],
            line.get("service_on"),
            line["kind"],
            words.line_in_words(spoken, line),
            line["seconds"],
            _hours(line["seconds"]),
            line["balance_after"],
            _hours(line["balance_after"]),
            line["transfer"],
        ]
        for line in said["lines"]
    ]
    rows: list[list[object]] = [list(titles), opening, *lines, closing]
    return "\ufeff".encode() + b"".join([csv_line(row) for row in rows])


def _standing(what: str, day: str, balance: int) -> list[object]:
    return [None, day, None, None, what, None, None, balance, _hours(balance), None]


def _hours(seconds: int) -> Decimal:
    """Seconds as hours with four decimals."""
    return (Decimal(seconds) / 3600).quantize(Decimal("0.0001"))
