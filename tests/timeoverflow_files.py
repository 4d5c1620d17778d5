"""Samples of TimeOverflow's "download all": whole ones, and one for each way of being broken.

Everything is written the same way each time, down to the zip's own dates, so hashes stay the same.
"""

import csv
import struct
import zipfile
from collections.abc import Sequence
from functools import cache
from io import BytesIO, StringIO

MEMBERS = "Members_2024-06-30.csv"
TRANSFERS = "Transfers_2024-06-30.csv"
INQUIRIES = "Inquiries_2024-06-30.csv"
OFFERS = "Offers_2024-06-30.csv"
ZIP_NAME = "Banc de Gràcia_2024-06-30.zip"

MEMBER_HEADER = (
    "N", "Nom", "Correu electrònic", "Telèfon", "Telèfon alternatiu", "Creat", "Darrer accés", "Idioma",
    "Balanç",
)  # fmt: skip
TRANSFER_HEADER = ("Data", "Origen", "Destí", "Anunci", "Quantitat")
POST_HEADER = ("", "Oferta", "Etiquetes", "Usuari", "Creat")

ANA = "Ana Ruiz (1)"
BEN = "Ben (Benet) Soler (2)"
CLARA = 'Clara "la Nena" Puig (3)'
BANK = "Banc de Gràcia"

ROWS = (
    # Newest first, as TimeOverflow writes them. With nothing left out, Ana has -1:30, Ben 3:30, Clara 0:45.
    ("2024-06-20 09:00:00 UTC", ANA, CLARA, "Anglès, conversa", "0:45"),
    ("2024-06-01 08:00:00 UTC", "L'usuari no està actiu", BEN, "", "1:00"),
    ("2024-05-20 10:00:00 UTC", ANA, "L'usuari ja no existeix", "Pintura", "1:15"),
    ("2024-05-19 10:00:00 UTC", BEN, ANA, "", "0"),
    ("2024-05-18 10:00:00 UTC", "L'usuari no està actiu", "L'usuari no està actiu", "", "2:00"),
    ("2024-05-03 10:30:00 UTC", ANA, BEN, "Jardí", "1:15"),
    ("2024-05-03 10:30:00 UTC", ANA, BEN, "Jardí", "1:15"),
    ("2024-04-01 12:00:00 UTC", "Eva Mas (9)", ANA, "", "1:00"),
    ("2024-03-01 12:00:00 UTC", BANK, ANA, "", "2:00"),
)
BALANCES = {1: -5400, 2: 12600, 3: 2700}
NAMES = {1: "Ana Ruiz", 2: "Ben (Benet) Soler", 3: 'Clara "la Nena" Puig'}


def member_row(uid: int | str, name: str, balance: int | str) -> tuple[str, ...]:
    return (
        str(uid), name, f"p{uid}@mail.example", "600 000 000", "", "2023-01-01 10:00:00 UTC", "", "ca",
        str(balance),
    )  # fmt: skip


def csv_text(rows: Sequence[Sequence[str]]) -> str:
    """As Ruby's CSV writes: commas, quotes where needed, LF."""
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def members_text(balances: dict[int, int] | None = None, names: dict[int, str] | None = None) -> str:
    balances = BALANCES if balances is None else balances
    names = NAMES if names is None else names
    return csv_text(
        [MEMBER_HEADER, *(member_row(uid, names[uid], seconds) for uid, seconds in balances.items())]
    )


def transfers_text(rows: Sequence[Sequence[str]] = ROWS) -> str:
    return csv_text([TRANSFER_HEADER, *rows])


def posts_text(*titles: str) -> str:
    rows = [
        (str(number), title, "", ANA, "2024-01-01 10:00:00 UTC")
        for number, title in enumerate(titles, start=1)
    ]
    return csv_text([POST_HEADER, ("", "Casa", "", "", ""), *rows])


def make_zip(files: Sequence[tuple[str, bytes]], *, compress: bool = True) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files:
            info = zipfile.ZipInfo(name, (2024, 6, 30, 12, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
            archive.writestr(info, content)
    return out.getvalue()


def sample(
    *,
    members: str | bytes | None = None,
    transfers: str | bytes | None = None,
    more: Sequence[tuple[str, bytes]] = (),
) -> bytes:
    """A whole zip, with a file of it replaced where one is given."""
    files = [
        (MEMBERS, members_text() if members is None else members),
        (TRANSFERS, transfers_text() if transfers is None else transfers),
        (INQUIRIES, posts_text("Vull aprendre a cosir")),
        (OFFERS, posts_text("Jardí", "Pintura")),
    ]
    return make_zip(
        [(name, text.encode() if isinstance(text, str) else text) for name, text in files] + list(more)
    )


def with_row(*row: str) -> bytes:
    """A whole zip whose transfers begin with this row, on line 2."""
    return sample(transfers=transfers_text([row, *ROWS]))


def with_member(*row: str) -> bytes:
    """A whole zip whose members end with this row, on line 5."""
    return sample(members=members_text() + csv_text([row]))


def lying_bomb() -> bytes:
    """A zip that says a file has ten bytes and unpacks to sixty million."""
    data = bytearray(sample(transfers=b"0" * 60_000_000))
    # The size as written in the local and in the central header.
    for place in (i for i in range(len(data) - 4) if data[i : i + 4] == struct.pack("<I", 60_000_000)):
        data[place : place + 4] = struct.pack("<I", 10)
    return bytes(data)


def encrypted() -> bytes:
    """A zip whose first file claims to need a password."""
    data = bytearray(sample())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + offset] |= 1
    return bytes(data)


def damaged() -> bytes:
    """A zip with one byte of a file's content changed."""
    data = bytearray(
        make_zip([(MEMBERS, members_text().encode()), (TRANSFERS, transfers_text().encode())], compress=False)
    )
    data[data.index(b"Ruiz")] ^= 1
    return bytes(data)


@cache
def broken_samples() -> dict[str, tuple[bytes, str, str, int | None, int | None]]:
    """name -> (zip, code of the problem, file, line, column)."""
    at = "2024-06-30 10:00:00 UTC"
    whole = sample()
    return {
        "not a zip": (b"Data,Origen\n", "not_a_zip", ZIP_NAME, None, None),
        "nothing at all": (b"", "not_a_zip", ZIP_NAME, None, None),
        "cut short": (whole[: len(whole) // 2], "not_a_zip", ZIP_NAME, None, None),
        "damaged": (damaged(), "zip_damaged", MEMBERS, None, None),
        "bomb": (sample(transfers=b"0" * 60_000_000), "zip_too_large", TRANSFERS, None, None),
        "bomb that lies about its size": (lying_bomb(), "zip_damaged", TRANSFERS, None, None),
        "too many files": (
            sample(more=[(f"Offers_{number}.csv", b"") for number in range(30)]),
            "zip_files", ZIP_NAME, None, None,
        ),
        "password": (encrypted(), "zip_encrypted", MEMBERS, None, None),
        "another file": (sample(more=[("readme.txt", b"hi")]), "zip_files", "readme.txt", None, None),
        "a path": (
            sample(more=[("../Offers_1.csv", b"")]), "zip_files", "../Offers_1.csv", None, None,
        ),
        "members twice": (
            sample(more=[("Members_2024-07-01.csv", members_text().encode())]),
            "table_twice", "Members_2024-07-01.csv", None, None,
        ),
        "no transfers": (
            make_zip([(MEMBERS, members_text().encode())]), "file_missing", "Transfers", None, None,
        ),
        "no members": (
            make_zip([(TRANSFERS, transfers_text().encode())]), "file_missing", "Members", None, None,
        ),
        "Latin-1": (sample(transfers=transfers_text().encode("latin-1")), "not_utf8", TRANSFERS, 1, 3),
        "UTF-16": (sample(members=members_text().encode("utf-16")), "not_utf8", MEMBERS, 1, 1),
        "NUL": (with_row(at, ANA, "Ben\x00", "", "1:00"), "control_character", TRANSFERS, 2, 3),
        "escape": (with_row(at, ANA, BEN, "a\x1b[2J", "1:00"), "control_character", TRANSFERS, 2, 4),
        "open quote": (
            sample(transfers=transfers_text() + f'{at},{ANA},"Ben'), "not_csv", TRANSFERS, 11, None,
        ),
        "semicolons": (
            sample(transfers=transfers_text().replace(",", ";")), "semicolons", TRANSFERS, 1, None,
        ),
        "empty file": (sample(members=""), "header_missing", MEMBERS, 1, None),
        "no header, members": (
            sample(members=members_text().partition("\n")[2]), "header_missing", MEMBERS, 1, 1,
        ),
        "no header, transfers": (
            sample(transfers=transfers_text().partition("\n")[2]), "header_missing", TRANSFERS, 1, 1,
        ),
        "missing column, members": (
            sample(members=csv_text([MEMBER_HEADER[:8]])), "columns", MEMBERS, 1, 9,
        ),
        "missing column, transfers": (with_row(at, ANA, BEN, "1:00"), "columns", TRANSFERS, 2, 5),
        "26 columns": (with_row(at, ANA, BEN, "", "1:00", *["x"] * 21), "columns", TRANSFERS, 2, 10),
        "nine columns that are no two banks": (
            with_row(at, ANA, BEN, CLARA, ANA, BEN, CLARA, "", "1:00"), "columns", TRANSFERS, 2, 6,
        ),
        "number as text": (with_member(*member_row("x", "Dan", 0)), "uid_invalid", MEMBERS, 5, 1),
        "number nought": (with_member(*member_row(0, "Dan", 0)), "uid_invalid", MEMBERS, 5, 1),
        "number in other digits": (with_member(*member_row("٣", "Dan", 0)), "uid_invalid", MEMBERS, 5, 1),
        "number twice": (with_member(*member_row(1, "Ana Ruiz", 0)), "number_twice", MEMBERS, 5, 1),
        "no name": (with_member(*member_row(4, " ", 0)), "cell_empty", MEMBERS, 5, 2),
        "balance as text": (with_member(*member_row(4, "Dan", "two")), "amount_invalid", MEMBERS, 5, 9),
        "balance in hours": (with_member(*member_row(4, "Dan", "2:00")), "amount_invalid", MEMBERS, 5, 9),
        "balance empty": (with_member(*member_row(4, "Dan", "")), "amount_invalid", MEMBERS, 5, 9),
        "balance beyond all hours": (
            with_member(*member_row(4, "Dan", "9" * 16)), "amount_invalid", MEMBERS, 5, 9,
        ),
        "member since no day": (
            with_member("4", "Dan", "", "", "", "2023-02-30 10:00:00 UTC", "", "ca", "0"),
            "moment_invalid", MEMBERS, 5, 6,
        ),
        "30 February": (
            with_row("2024-02-30 10:00:00 UTC", ANA, BEN, "", "1:00"), "moment_invalid", TRANSFERS, 2, 1,
        ),
        "day first": (with_row("30/06/2024", ANA, BEN, "", "1:00"), "moment_invalid", TRANSFERS, 2, 1),
        "negative time": (with_row(at, ANA, BEN, "", "-1:00"), "amount_not_positive", TRANSFERS, 2, 5),
        "time as text": (with_row(at, ANA, BEN, "", "an hour"), "amount_invalid", TRANSFERS, 2, 5),
        "time in decimals": (with_row(at, ANA, BEN, "", "1.5"), "amount_invalid", TRANSFERS, 2, 5),
        "sixty minutes": (with_row(at, ANA, BEN, "", "1:60"), "amount_invalid", TRANSFERS, 2, 5),
        "time empty": (with_row(at, ANA, BEN, "", ""), "amount_invalid", TRANSFERS, 2, 5),
        "twenty years of hours": (with_row(at, ANA, BEN, "", "166667:00"), "amount_too_large", TRANSFERS, 2, 5),
        "nobody gives": (with_row(at, "", BEN, "", "1:00"), "cell_empty", TRANSFERS, 2, 2),
        "another name for a number": (
            with_row(at, "Anna Ruiz (1)", BEN, "", "1:00"), "name_differs", TRANSFERS, 2, 2,
        ),
        "two names for an unknown number": (
            with_row(at, "Eve Mas (9)", BEN, "", "1:00"), "name_differs", TRANSFERS, 10, 2,
        ),
    }  # fmt: skip
