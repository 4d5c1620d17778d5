"""Real-looking files of the systems a time bank may come from: whole ones, and one for each way of being broken.

Ana (3 h) gave more than she took, Ben (-3 h) the other way round. Where a list has balances they are these.
"""

import csv
import zipfile
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO

import xlsxwriter  # type: ignore[import-untyped]

from ledger.desk.imports.shape import Options, What
from ledger.desk.tables.values import DateOrder, DecimalSign

Rows = Sequence[Sequence[str]]
HOUR = Options(unit_seconds=3600)


def csv_of(rows: Iterable[Sequence[str]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode(encoding)


def zip_of(**files: bytes) -> bytes:
    """A zip of `name_csv=content`."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name.replace("_csv", ".csv"), (2025, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


def xlsx_of(**sheets: Rows) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return out.getvalue()


# --- Komunitin

KOMUNITIN_ACCOUNTS: Rows = (
    (
        "id",
        "created",
        "updated",
        "code",
        "status",
        "balance",
        "creditLimit",
        "maximumBalance",
        "key",
        "user.id",
    ),
    (
        "a1",
        "2023-01-02T10:00:00.000Z",
        "2023-01-02T10:00:00.000Z",
        "NET10001",
        "active",
        "3.00",
        "10.00",
        "",
        "k",
        "u1",
    ),
    (
        "a2",
        "2023-01-03T10:00:00.000Z",
        "2023-01-03T10:00:00.000Z",
        "NET10002",
        "active",
        "-3.00",
        "10.00",
        "50.00",
        "k",
        "u2",
    ),
)
KOMUNITIN_TRANSFERS: Rows = (
    (
        "id",
        "created",
        "updated",
        "state",
        "amount",
        "description",
        "hash",
        "authorization",
        "payer.id",
        "payer.code",
        "payee.id",
        "payee.code",
        "user.id",
    ),
    (
        "t3",
        "2024-05-03T09:00:00.000Z",
        "",
        "rejected",
        "9.00",
        "no",
        "",
        "",
        "a1",
        "NET10001",
        "a2",
        "NET10002",
        "u1",
    ),
    (
        "t2",
        "2024-05-02T09:00:00.000Z",
        "",
        "committed",
        "0.50",
        "Bike, repaired",
        "",
        "",
        "a1",
        "NET10001",
        "a2",
        "NET10002",
        "u1",
    ),
    (
        "t1",
        "2024-05-01T09:00:00.000Z",
        "",
        "committed",
        "3.50",
        "Garden",
        "",
        "",
        "a2",
        "NET10002",
        "a1",
        "NET10001",
        "u2",
    ),
)


def komunitin(accounts: Rows = KOMUNITIN_ACCOUNTS, transfers: Rows = KOMUNITIN_TRANSFERS) -> bytes:
    return zip_of(accounts_csv=csv_of(accounts), transfers_csv=csv_of(transfers))


# --- Cyclos 3

CYCLOS3_MEMBERS: Rows = (
    (
        "name",
        "username",
        "email",
        "password",
        "creationdate",
        "balance",
        "creditlimit",
        "uppercreditlimit",
        "area",
    ),
    ("Ana Ruiz", "ana", "ana@mail.example", "", "13/02/2019", "3,00", "10,00", "", "north"),
    ("Ben Soler", "ben", "ben@mail.example", "", "14/02/2019", "-3,00", "10,00", "100,00", "south"),
)
CYCLOS3_REPORT: Rows = (
    (
        "Usuario",
        "Nombre",
        "Corredor",
        "Nombre del corredor",
        "Cuenta",
        "Tipo",
        "Fecha",
        "Importe",
        "De/A",
        "Nombre",
        "Número",
        "Descripción",
    ),
    (
        "ana",
        "Ana Ruiz",
        "",
        "",
        "Cuenta",
        "Pago",
        "15/05/2019 10:30",
        "3,50",
        "ben",
        "Ben Soler",
        "T01",
        "Jardín",
    ),
    (
        "ben",
        "Ben Soler",
        "",
        "",
        "Cuenta",
        "Pago",
        "15/05/2019 10:30",
        "-3,50",
        "ana",
        "Ana Ruiz",
        "T01",
        "Jardín",
    ),
    (
        "ana",
        "Ana Ruiz",
        "",
        "",
        "Cuenta",
        "Pago",
        "16/05/2019 11:00",
        "-1,00",
        "ben",
        "Ben Soler",
        "T02",
        "Bici",
    ),
    (
        "ben",
        "Ben Soler",
        "",
        "",
        "Cuenta",
        "Pago",
        "16/05/2019 11:00",
        "1,00",
        "ana",
        "Ana Ruiz",
        "T02",
        "Bici",
    ),
    ("ana", "Ana Ruiz", "", "", "Cuenta", "Crédito", "17/05/2019 08:00", "0,50", "", "Sistema", "T03", ""),
    ("ben", "Ben Soler", "", "", "Cuenta", "Crédito", "17/05/2019 08:00", "-0,50", "", "Sistema", "T04", ""),
)
CYCLOS3_HISTORY: Rows = (
    ("Date", "Type", "Amount", "From/To", "Name", "Area", "Description", "Transaction number"),
    ("16/05/2019", "Payment", "-0,50", "ben", "Ben Soler", "south", "Bike", "T02"),
    ("15/05/2019", "Payment", "3,50", "ben", "Ben Soler", "south", "Garden", "T01"),
)


def cyclos3(members: Rows = CYCLOS3_MEMBERS, moves: Rows = CYCLOS3_REPORT) -> bytes:
    return zip_of(members_csv=csv_of(members, ";", "latin-1"), moves_csv=csv_of(moves, ";"))


# --- Cyclos 4

CYCLOS4_USERS: Rows = (
    ("username", "name", "email", "balance"),
    ("ana", "Ana Ruiz", "ana@mail.example", "3.00"),
    ("ben", "Ben Soler", "ben@mail.example", "-3.00"),
)
CYCLOS4_TRANSFERS: Rows = (
    ("from", "to", "amount", "date", "description"),
    ("ben", "ana", "2.50", "2024-05-01 09:00:00", "Garden"),
    ("ben", "ana", "1.00", "2024-05-02 09:00:00", "Shopping"),
    ("ana", "ben", "1.00", "2024-05-03 09:00:00", "Bike"),
    ("system", "ana", "0.50", "2024-05-04 09:00:00", "Welcome"),
    ("ben", "system", "0.50", "2024-05-05 09:00:00", "Gift"),
)


def cyclos4(users: Rows = CYCLOS4_USERS, transfers: Rows = CYCLOS4_TRANSFERS) -> bytes:
    return zip_of(users_csv=csv_of(users), transfers_csv=csv_of(transfers))


# --- Community Forge, Drupal

DRUPAL_BALANCES: Rows = (
    ("user", "balance", "gross_income"),
    ("ana@mail.example", "3", "3.5"),
    ("17", "-3", "0.5"),
)
DRUPAL_TRANSACTIONS: Rows = (
    ("payer*", "payee*", "quantity*", "created", "state", "type", "description"),
    ("17", "ana@mail.example", "3.5", "2014-05-01", "1", "1stparty", "Garden"),
    ("ana@mail.example", "17", "0.5", "1398945600", "finished", "3rdparty", "Bike"),
    ("ana@mail.example", "17", "8", "2014-05-02", "0", "1stparty", "undone"),
)


def drupal(balances: Rows = DRUPAL_BALANCES, transactions: Rows = DRUPAL_TRANSACTIONS) -> bytes:
    return zip_of(balances_csv=csv_of(balances), transactions_csv=csv_of(transactions))


# --- Oscurrency

OSCURRENCY_PEOPLE: Rows = (
    ("first_name", "last_name", "address", "city", "state", "zip", "phone", "email"),
    ("Ana", "Ruiz", "1 Oak Street", "Oakland", "CA", "94601", "555 0100", "ana@mail.example"),
    ("Ben", "Soler", "2 Oak Street", "Oakland", "CA", "94601", "555 0101", "ben@mail.example"),
)
OSCURRENCY_ACCOUNTS: Rows = (
    ("Person", "Starting balance", "Balance", "Credit limit", "Last transaction"),
    ("Ana Ruiz", "1.0", "2.0", "10", "2012-05-01"),
    ("Ben Soler", "0", "-3.0", "10", "2012-05-02"),
)


def oscurrency(people: Rows = OSCURRENCY_PEOPLE, accounts: Rows = OSCURRENCY_ACCOUNTS) -> bytes:
    return xlsx_of(people=people, accounts=accounts)


# --- timebank.cc

TIMEBANK_CC_ACCOUNTS: Rows = (
    ("id", "name", "limit_min", "limit_max", "accountable", "cyclos_id"),
    ("11", "Ana Ruiz", "-600", "6000", "1", ""),
    ("12", "Ben Soler", "-600", "6000", "1", ""),
)
TIMEBANK_CC_TRANSACTIONS: Rows = (
    ("id", "from_account_id", "to_account_id", "amount", "description", "created_at"),
    ("1", "12", "11", "210", "Garden", "2022-05-01 09:00:00"),
    ("2", "11", "12", "30", "Bike", "2022-05-02 09:00:00"),
)


def timebank_cc(
    accounts: Rows = TIMEBANK_CC_ACCOUNTS, transactions: Rows = TIMEBANK_CC_TRANSACTIONS
) -> bytes:
    return zip_of(accounts_csv=csv_of(accounts), transactions_csv=csv_of(transactions))


# --- neutral

NEUTRAL_MEMBERS: Rows = (
    ("external_id", "name", "email", "phone", "balance"),
    ("7", "Ana Ruiz", "ana@mail.example", "", "3:00"),
    ("8", "Ben Soler", "", "555 0101", "-180"),
)
NEUTRAL_VISITS: Rows = (
    (
        "external_id",
        "service_date",
        "recorded_at",
        "provider_ref",
        "recipient_ref",
        "minutes",
        "category",
        "description",
        "rate_code",
        "evidence_ref",
        "status",
    ),
    (
        "v1",
        "2025-05-01",
        "2025-05-03T10:00:00Z",
        "7",
        "8",
        "210",
        "garden",
        "hedge",
        "std",
        "sheet 4",
        "confirmed",
    ),
    ("v2", "2025-05-02", "", "8", "7", "0:30", "repairs", "bike", "", "", ""),
    ("v3", "2025-05-04", "", "8", "7", "1:00", "repairs", "never came", "", "", "declined"),
)


def neutral(members: Rows = NEUTRAL_MEMBERS, visits: Rows = NEUTRAL_VISITS) -> bytes:
    return zip_of(members_csv=csv_of(members), visits_csv=csv_of(visits))


WHOLE: dict[str, tuple[bytes, Options]] = {
    "komunitin": (komunitin(), HOUR),
    "cyclos3": (cyclos3(), Options(unit_seconds=3600, date_order=DateOrder.DMY, decimal=DecimalSign.COMMA)),
    "cyclos4": (cyclos4(), HOUR),
    "drupal": (drupal(), HOUR),
    "oscurrency": (oscurrency(), HOUR),
    "timebank_cc": (timebank_cc(), Options()),
    "neutral": (neutral(), Options()),
}
"""system -> a whole export, and what has to be said about it."""

BALANCES = {"ana": 3 * 3600, "ben": -3 * 3600}


def changed(rows: Rows, line: int, column: int, text: str) -> Rows:
    """The rows with one cell changed; line and column count from 1."""
    return [
        [text if (number, place) == (line, column) else cell for place, cell in enumerate(row, 1)]
        for number, row in enumerate(rows, 1)
    ]


def without(rows: Rows, column: int) -> Rows:
    return [[cell for place, cell in enumerate(row, 1) if place != column] for row in rows]


Broken = tuple[str, bytes, Options, str, str, int | None, int | None]


def broken_samples() -> dict[str, Broken]:
    """name -> (system, content, options, code of the first mistake, its file, line, column)."""
    dmy = Options(unit_seconds=3600, date_order=DateOrder.DMY, decimal=DecimalSign.COMMA)
    no_order = Options(unit_seconds=3600)
    members, moves = "members.csv", "moves.csv"
    samples: dict[str, Broken] = {
        # of files
        "a zip cut short": ("komunitin", komunitin()[:80], HOUR, "not_a_zip", "file", None, None),
        "a zip with a folder": (
            "komunitin",
            zip_of(**{"deep/accounts_csv": b"x"}),
            HOUR,
            "zip_files",
            "deep/accounts.csv",
            None,
            None,
        ),
        "a zip of a bomb": (
            "komunitin",
            zip_of(accounts_csv=b"0" * 60_000_000),
            HOUR,
            "zip_too_large",
            "accounts.csv",
            None,
            None,
        ),
        "too many files": (
            "komunitin",
            zip_of(**{f"f{n}_csv": b"a,b\r\n1,2\r\n" for n in range(30)}),
            HOUR,
            "zip_files",
            "file",
            None,
            None,
        ),
        "an empty file": ("neutral", b"", Options(), "file_empty", "file", None, None),
        "no rows at all": ("neutral", b"\r\n\r\n", Options(), "no_rows", "file", None, None),
        "another list": (
            "komunitin",
            csv_of([("a", "b"), ("1", "2")]),
            HOUR,
            "table_unknown",
            "file",
            1,
            None,
        ),
        "the same list twice": (
            "komunitin",
            zip_of(a_csv=csv_of(KOMUNITIN_ACCOUNTS), b_csv=csv_of(KOMUNITIN_ACCOUNTS)),
            HOUR,
            "table_twice",
            "b.csv",
            None,
            None,
        ),
        "no members": (
            "komunitin",
            csv_of(KOMUNITIN_TRANSFERS),
            HOUR,
            "table_missing",
            "file",
            None,
            None,
        ),
        "a column twice": (
            "komunitin",
            csv_of([(*KOMUNITIN_ACCOUNTS[0][:9], "code"), KOMUNITIN_ACCOUNTS[1]]),
            HOUR,
            "column_twice",
            "file",
            1,
            None,
        ),
        "an open quote": (
            "neutral",
            csv_of(NEUTRAL_VISITS) + b'v9,2025-05-01,"x',
            Options(),
            "quote_open",
            "file",
            5,
            None,
        ),
        # of members
        "no unit": ("komunitin", komunitin(), Options(), "unit_missing", "file", None, None),
        "a number twice": (
            "komunitin",
            komunitin(changed(KOMUNITIN_ACCOUNTS, 3, 4, "net10001")),
            HOUR,
            "number_twice",
            "accounts.csv",
            3,
            None,
        ),
        "no number": (
            "komunitin",
            komunitin(changed(KOMUNITIN_ACCOUNTS, 2, 4, "")),
            HOUR,
            "cell_empty",
            "accounts.csv",
            2,
            4,
        ),
        "a balance in words": (
            "komunitin",
            komunitin(changed(KOMUNITIN_ACCOUNTS, 2, 6, "three")),
            HOUR,
            "amount_invalid",
            "accounts.csv",
            2,
            6,
        ),
        "a balance of a formula": (
            "komunitin",
            komunitin(changed(KOMUNITIN_ACCOUNTS, 2, 6, "=1+2")),
            HOUR,
            "amount_invalid",
            "accounts.csv",
            2,
            6,
        ),
        "a balance beyond all hours": (
            "komunitin",
            komunitin(changed(KOMUNITIN_ACCOUNTS, 2, 6, "9" * 16)),
            HOUR,
            "amount_too_large",
            "accounts.csv",
            2,
            6,
        ),
        "a balance of no whole seconds": (
            "komunitin",
            komunitin(changed(KOMUNITIN_ACCOUNTS, 2, 6, "0.00011")),
            HOUR,
            "amount_not_whole",
            "accounts.csv",
            2,
            6,
        ),
        "a name too long": (
            "cyclos3",
            cyclos3(changed(CYCLOS3_MEMBERS, 2, 1, "A" * 121)),
            dmy,
            "cell_too_long",
            members,
            2,
            1,
        ),
        "a name nobody can see": (
            "cyclos4",
            cyclos4(changed(CYCLOS4_USERS, 2, 2, "An\ue000a")),
            HOUR,
            "cell_too_long",
            "users.csv",
            2,
            2,
        ),
        "no name": (
            "cyclos3",
            cyclos3(changed(CYCLOS3_MEMBERS, 3, 1, " ")),
            dmy,
            "cell_empty",
            members,
            3,
            1,
        ),
        "1,500 or 1.500": (
            "cyclos3",
            cyclos3(changed(CYCLOS3_MEMBERS, 2, 6, "1,500")),
            Options(unit_seconds=3600, date_order=DateOrder.DMY),
            "amount_ambiguous",
            members,
            2,
            6,
        ),
        "a day that is none": (
            "cyclos3",
            cyclos3(changed(CYCLOS3_MEMBERS, 2, 5, "31/02/2019")),
            dmy,
            "moment_invalid",
            members,
            2,
            5,
        ),
        "a date in no known order": (
            "cyclos3",
            cyclos3(changed(CYCLOS3_MEMBERS, 2, 5, "03/04/2019")),
            no_order,
            "moment_ambiguous",
            members,
            2,
            5,
        ),
        # of transfers
        "a transfer in no known order": (
            "cyclos3",
            cyclos3(moves=changed(CYCLOS3_REPORT, 2, 7, "03/04/2019")),
            no_order,
            "moment_ambiguous",
            moves,
            2,
            7,
        ),
        "no number of the transfer": (
            "cyclos3",
            cyclos3(moves=changed(CYCLOS3_REPORT, 2, 11, "")),
            dmy,
            "cell_empty",
            moves,
            2,
            11,
        ),
        "two transfers of one number": (
            "cyclos3",
            cyclos3(moves=changed(CYCLOS3_REPORT, 4, 11, "T01")),
            dmy,
            "reference_twice",
            moves,
            4,
            None,
        ),
        "a report with few columns": (
            "cyclos3",
            cyclos3(moves=[CYCLOS3_REPORT[0], CYCLOS3_REPORT[1], CYCLOS3_REPORT[2][:8]]),
            dmy,
            "columns",
            moves,
            3,
            None,
        ),
        "a history of nobody": (
            "cyclos3",
            cyclos3(moves=CYCLOS3_HISTORY),
            dmy,
            "owner_missing",
            moves,
            None,
            None,
        ),
        "somebody unlisted, Cyclos 3": (
            "cyclos3",
            cyclos3(moves=changed(CYCLOS3_REPORT, 6, 1, "zoe")),
            dmy,
            "party_unlisted",
            moves,
            6,
            None,
        ),
        "somebody unlisted, Cyclos 4": (
            "cyclos4",
            cyclos4(transfers=changed(CYCLOS4_TRANSFERS, 3, 2, "zoe")),
            HOUR,
            "party_unlisted",
            "transfers.csv",
            3,
            None,
        ),
        "somebody unlisted, Drupal": (
            "drupal",
            drupal(transactions=changed(DRUPAL_TRANSACTIONS, 2, 1, "99")),
            HOUR,
            "party_unlisted",
            "transactions.csv",
            2,
            None,
        ),
        "an account that is not there": (
            "timebank_cc",
            timebank_cc(transactions=changed(TIMEBANK_CC_TRANSACTIONS, 3, 2, "99")),
            Options(),
            "party_unlisted",
            "transactions.csv",
            3,
            None,
        ),
        "an account of nobody": (
            "oscurrency",
            oscurrency(accounts=changed(OSCURRENCY_ACCOUNTS, 3, 1, "Zoe Pi")),
            HOUR,
            "party_unlisted",
            "accounts",
            3,
            1,
        ),
        "two people of one name": (
            "oscurrency",
            oscurrency(changed(changed(OSCURRENCY_PEOPLE, 3, 1, "Ana"), 3, 2, "Ruiz")),
            HOUR,
            "number_twice",
            "people",
            3,
            2,
        ),
        "an unknown state": (
            "komunitin",
            komunitin(transfers=changed(KOMUNITIN_TRANSFERS, 3, 4, "maybe")),
            HOUR,
            "state_unknown",
            "transfers.csv",
            3,
            4,
        ),
        "an unknown state, Drupal": (
            "drupal",
            drupal(transactions=changed(DRUPAL_TRANSACTIONS, 2, 5, "7")),
            HOUR,
            "state_unknown",
            "transactions.csv",
            2,
            5,
        ),
        "an unknown status": (
            "neutral",
            neutral(visits=changed(NEUTRAL_VISITS, 3, 11, "maybe")),
            Options(),
            "state_unknown",
            "visits.csv",
            3,
            11,
        ),
        "less than nothing": (
            "cyclos4",
            cyclos4(transfers=changed(CYCLOS4_TRANSFERS, 2, 3, "-1")),
            HOUR,
            "amount_not_positive",
            "transfers.csv",
            2,
            3,
        ),
        "nothing": (
            "neutral",
            neutral(visits=changed(NEUTRAL_VISITS, 2, 6, "0")),
            Options(),
            "amount_not_positive",
            "visits.csv",
            2,
            6,
        ),
        "twenty years of hours": (
            "neutral",
            neutral(visits=changed(NEUTRAL_VISITS, 2, 6, "10000001")),
            Options(),
            "amount_too_large",
            "visits.csv",
            2,
            6,
        ),
        "a minute and a half in decimals": (
            "neutral",
            neutral(visits=changed(NEUTRAL_VISITS, 2, 6, "0.001")),
            Options(),
            "amount_not_whole",
            "visits.csv",
            2,
            6,
        ),
        "nobody pays": (
            "timebank_cc",
            timebank_cc(transactions=changed(TIMEBANK_CC_TRANSACTIONS, 2, 2, "")),
            Options(),
            "cell_empty",
            "transactions.csv",
            2,
            2,
        ),
        "from oneself to oneself": (
            "timebank_cc",
            timebank_cc(transactions=changed(TIMEBANK_CC_TRANSACTIONS, 2, 2, "11")),
            Options(),
            "same_party",
            "transactions.csv",
            2,
            None,
        ),
        "no day": (
            "neutral",
            neutral(visits=changed(NEUTRAL_VISITS, 3, 2, "")),
            Options(),
            "cell_empty",
            "visits.csv",
            3,
            2,
        ),
        "nobody here has that code": (
            "neutral",
            csv_of(NEUTRAL_VISITS),
            Options(),
            "party_unlisted",
            "file",
            2,
            None,
        ),
        "balances of a file without any": (
            "timebank_cc",
            timebank_cc(),
            Options(what=What.BALANCES),
            "balances_missing",
            "file",
            None,
            None,
        ),
        "a choice about nobody": (
            "neutral",
            neutral(),
            Options(others=frozenset({"99"})),
            "choice_unknown",
            "99",
            None,
            None,
        ),
    }
    return samples
