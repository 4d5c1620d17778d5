"""Files people send, as tables of text. Bytes in, tables or one located problem out."""

from collections.abc import Sequence

from ledger.desk.tables.problems import FileProblem, Reason
from ledger.desk.tables.table import Table
from ledger.desk.tables.texts import read_text
from ledger.desk.tables.workbooks import read_workbook

_ZIP = b"PK\x03\x04"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The container of Excel's binary files, and of workbooks locked with a password."""
_LOCKED = "EncryptedPackage".encode("utf-16-le")


def read_tables(
    name: str, content: bytes, *, encoding: str | None = None, delimiter: str | None = None
) -> Sequence[Table]:
    """The tables of a file: one for text, one for each sheet with anything on it of a workbook.

    What the file is, is told by its first bytes, never by `name`, which only stands in problems. `encoding` and
    `delimiter` correct what would be guessed for text. A file of text is decoded anew each time its rows are gone
    through, so that a long one needs no more memory than its bytes. Raises FileProblem.
    """
    if not content:
        raise FileProblem(Reason.FILE_EMPTY, name)
    if content.startswith(_COMPOUND):
        raise FileProblem(Reason.PASSWORD_PROTECTED if _LOCKED in content else Reason.OLD_EXCEL, name)
    if content.startswith(_ZIP):
        return read_workbook(name, content)
    return [read_text(name, content, encoding, delimiter)]
