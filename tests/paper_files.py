"""Paper lists as co-operatives of three countries keep them, made from visits, and lists that are broken."""

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape

import xlsxwriter


@dataclass(frozen=True)
class PaperVisit:
    """A visit to be written down; names as a member's record has them, given name first."""

    provider: str
    receiver: str
    service_on: date
    seconds: int
    activity: str = ""


def csv_bytes(rows, delimiter=",", encoding="utf-8"):
    into = io.StringIO()
    csv.writer(into, delimiter=delimiter).writerows(rows)
    return into.getvalue().encode(encoding)


# --- the three forms ---------------------------------------------------------------------------------------------


def welsh_csv(visits, delimiter=",", encoding="utf-8-sig"):
    """dd/mm/yyyy and 1h30, with a title above the header, as a spreadsheet saves it."""
    rows = [
        ["Cardiff Care Time Bank: sheets of the month"],
        [],
        ["Date", "Volunteer", "Member helped", "Time", "What was done"],
        *[
            [f"{visit.service_on:%d/%m/%Y}", visit.provider, visit.receiver, british_time(visit.seconds),
             visit.activity]
            for visit in visits
        ],
    ]  # fmt: skip
    return csv_bytes(rows, delimiter, encoding)


def british_time(seconds):
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}h{minutes:02}" if hours and minutes else f"{hours}h" if hours else f"{minutes} min"


ITALIAN_HEADER = ["Data", "Volontario", "Assistito", "Ore", "Attività"]


def surname_first(name):
    given, _, surname = name.partition(" ")
    return f"{surname} {given}"


def italian_hours(seconds):
    """With a decimal comma: an hour and a half is 1,5."""
    hours, rest = divmod(seconds, 3600)
    return f"{hours}" if rest == 0 else f"{hours},{str(rest * 10_000 // 36)[:6].zfill(6).rstrip('0')}"


def italian_rows(visits):
    return [
        ITALIAN_HEADER,
        *[
            [f"{visit.service_on:%d/%m/%Y}", surname_first(visit.provider), surname_first(visit.receiver),
             italian_hours(visit.seconds), visit.activity]
            for visit in visits
        ],
    ]  # fmt: skip


def italian_xlsx(visits):
    """Days as dates, lengths as numbers, surname first; the sheet has a name of its own."""
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Aprile")
        day = workbook.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, ITALIAN_HEADER)
        for row, visit in enumerate(visits, 1):
            sheet.write_datetime(row, 0, visit.service_on, day)
            sheet.write_string(row, 1, surname_first(visit.provider))
            sheet.write_string(row, 2, surname_first(visit.receiver))
            sheet.write_number(row, 3, visit.seconds / 3600)
            sheet.write_string(row, 4, visit.activity)
    return into.getvalue()


def italian_ods(visits):
    """Everything as text: gg/mm/aaaa and 1,5."""
    return ods("Aprile", italian_rows(visits))


def japanese_csv(visits, encoding="cp932"):
    """Years of the era, surname and given name apart, 1時間30分."""
    rows = [
        ["日付", "提供者", "利用者", "時間", "活動内容"],
        *[
            [japanese_day(visit.service_on), visit.provider, visit.receiver, japanese_time(visit.seconds),
             visit.activity]
            for visit in visits
        ],
    ]  # fmt: skip
    return csv_bytes(rows, ",", encoding)


def japanese_day(day):
    return f"令和{day.year - 2018}年{day.month}月{day.day}日"


def japanese_time(seconds):
    hours, minutes = divmod(seconds // 60, 60)
    return (f"{hours}時間" if hours else "") + (f"{minutes}分" if minutes else "")


# --- workbooks by hand -------------------------------------------------------------------------------------------

ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_SPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)


def zipped(parts):
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return into.getvalue()


def ods_of(body, manifest=""):
    """A spreadsheet around the XML of its tables."""
    return zipped({
        "mimetype": ODS_TYPE,
        "META-INF/manifest.xml": (
            '<?xml version="1.0"?><manifest:manifest '
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/>{manifest}'
            "</manifest:manifest>"
        ),
        "content.xml": (
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_SPACES}><office:body>'
            f"<office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>"
        ),
    })  # fmt: skip


def ods_cell(text, more=""):
    if not text:
        return "<table:table-cell/>"
    return f'<table:table-cell office:value-type="string"{more}><text:p>{escape(text)}</text:p></table:table-cell>'


def ods_row(cells, times=1):
    return f'<table:table-row table:number-rows-repeated="{times}">{"".join(cells)}</table:table-row>'


def ods(name, rows):
    body = "".join(ods_row([ods_cell(cell) for cell in row]) for row in rows)
    # As office programs end every sheet: a million empty rows.
    rest = ods_row(['<table:table-cell table:number-columns-repeated="16384"/>'], 1_000_000)
    return ods_of(f'<table:table table:name="{escape(name)}">{body}{rest}</table:table>')


def xlsx_of(fill, **options):
    """A workbook as `fill(workbook)` makes it."""
    into = io.BytesIO()
    with xlsxwriter.Workbook(into, {"in_memory": True, **options}) as workbook:
        fill(workbook)
    return into.getvalue()


def xlsx_rows(rows):
    def fill(workbook):
        sheet = workbook.add_worksheet("Sheet1")
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)

    return xlsx_of(fill, strings_to_numbers=False, strings_to_formulas=False)


def with_part(workbook, name, change, more=None):
    """The same workbook with one of its parts changed, or more: name -> how."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as packed:
        parts = {each: packed.read(each) for each in packed.namelist()}
    for each, how in {name: change, **(more or {})}.items():
        parts[each] = how(parts[each])
    return zipped(parts)


# --- broken ones -------------------------------------------------------------------------------------------------

XL = "xl/"
RELS = f"{XL}_rels/"
HEADER = ["Date", "Volunteer", "Member helped", "Hours"]
ROW = ["2025-04-03", "Mary Jones", "Huw Price", "1:30"]
SHEET = XL + "worksheets/sheet1.xml"
TEXTS = "xl/sharedStrings.xml"
RELATIONSHIPS = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
WORKSHEET = RELATIONSHIPS + b"worksheet"


def bomb():
    """Two hundred kilobytes that unpack to two hundred megabytes."""
    return zipped({XL + "workbook.xml": "<workbook/>", SHEET: b" " * 200_000_000})


def far_cell(place):
    return with_part(
        xlsx_rows([HEADER, ROW]), SHEET, lambda part: part.replace(b'r="D2"', f'r="{place}"'.encode())
    )


def many_far_sheets():
    def fill(workbook):
        for number in range(5):
            sheet = workbook.add_worksheet(f"S{number}")
            sheet.write(0, 0, "x")
            sheet.write(99_999, 9, "x")

    return xlsx_of(fill)


def broken_files():
    """name -> (content, reason's name, row, column) of lists that are refused whole."""
    text = csv_bytes([HEADER, ROW])
    sheet = xlsx_rows([HEADER, ROW])
    return {
        "nothing": (b"", "file_empty", None, None),
        "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not_a_list", None, None),
        "a PDF": (b"%PDF-1.7\n" + text, "not_a_list", None, None),
        "a web page": (b"\n <!DOCTYPE html><table><tr><td>1</table>", "not_a_list", None, None),
        "bytes at random": (bytes(range(256)) * 20, "not_a_list", None, None),
        "blank lines": (b"\n  \n,,,\n\n", "no_rows", None, None),
        "a NUL": (text + b"2025-04-04,Ann\x00,Ben,1:00\n", "nul_character", 3, None),
        "an escape": (text + b"2025-04-04,A\x07nn,Ben,1:00\n", "nul_character", 3, None),
        "an open quote": (text + b'2025-04-04,"Ann,Ben,1:00\n', "quote_open", 3, None),
        "a long cell": (text + b"2025-04-04," + b"A" * 501 + b",Ben,1:00\n", "cell_too_long", 3, 2),
        "a field without end": (text + b'"' + b"A" * 200_000 + b'",B,C,1\n', "cell_too_long", 3, None),
        "101 columns": (text + b"," * 100 + b"x\n", "too_many_columns", 3, None),
        "a million blank lines": (text + b"\n" * 1_000_001, "too_many_rows", None, None),
        "200,001 lines": (b"Ann,Ben\n" * 200_001, "too_many_rows", 200_001, None),
        "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_excel", None, None),
        "a locked workbook": (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(400) + "EncryptedPackage".encode("utf-16-le"),
            "password_protected", None, None,
        ),
        "a binary workbook": (zipped({XL + "workbook.bin": b"x"}), "old_excel", None, None),
        "half a workbook": (sheet[: len(sheet) // 2], "workbook_unreadable", None, None),
        "a zip of something else": (zipped({"readme.txt": "hello"}), "workbook_unreadable", None, None),
        "a sheet cut short": (with_part(sheet, SHEET, lambda part: part[:-60]), "workbook_unreadable", None, None),
        "entities": (
            with_part(
                sheet, SHEET,
                lambda part: part.replace(b"<worksheet", b'<!DOCTYPE w [<!ENTITY a "x">]><worksheet', 1),
            ),
            "workbook_unreadable", None, None,
        ),
        "two sheets that are one": (
            with_part(sheet, XL + "workbook.xml", lambda part: part.replace(
                b"<sheets>", b'<sheets><sheet name="Twin" sheetId="9" r:id="rId9"/>'
            ), {RELS + "workbook.xml.rels": lambda part: part.replace(
                b"</Relationships>",
                b'<Relationship Id="rId9" Target="worksheets/sheet1.xml" Type="' + WORKSHEET + b'"/></Relationships>',
            )}),
            "workbook_unreadable", None, None,
        ),
        "an encoding nobody knows": (
            with_part(sheet, SHEET, lambda part: part.replace(b"UTF-8", b"UTF-F", 1)),
            "workbook_unreadable", None, None,
        ),
        "an empty sheet": (xlsx_of(lambda workbook: workbook.add_worksheet("Leer")), "no_rows", None, None),
        "a cell at the far corner": (far_cell("D1048576"), "too_many_rows", 1_048_576, None),
        "a cell at the far corner, in small letters": (far_cell("xfd1048576"), "too_many_rows", 1_048_576, None),
        "a cell nowhere": (far_cell("D02"), "workbook_unreadable", None, None),
        "a cell far to the right": (far_cell("XFD2"), "too_many_columns", 2, 16_384),
        "a wide and high sheet": (far_cell("CU190000"), "workbook_too_large", 190_000, None),
        "many wide and high sheets": (many_far_sheets(), "workbook_too_large", None, None),
        "shared texts without number": (
            with_part(sheet, TEXTS, lambda part: re.sub(rb'ount="[0-9]+"', b'ount="99999999999"', part)),
            "workbook_unreadable", None, None,
        ),
        "more shared texts than the part has bytes": (
            with_part(sheet, TEXTS, lambda part: re.sub(rb'uniqueCount="[0-9]+"', b'uniqueCount="4000000"', part)),
            "workbook_unreadable", None, None,
        ),
        "a bomb": (bomb(), "workbook_too_large", None, None),
        "a length of a billion years": (
            xlsx_of(lambda book: book.add_worksheet().write(0, 0, 4e11, book.add_format({"num_format": "[h]:mm"}))),
            "workbook_unreadable", None, None,
        ),
        "a NUL in a sheet": (
            xlsx_rows([HEADER, ["2025-04-03", "Mary\x07", "Huw", "1"]]), "nul_character", 2, 2,
        ),
        "a long cell in a sheet": (xlsx_rows([HEADER, ["x" * 501]]), "cell_too_long", 2, 1),
        "an empty table": (ods("Vuoto", []), "no_rows", None, None),
        "a million full rows": (
            ods_of(f'<table:table table:name="S">{ods_row([ods_cell("x")], 1_000_000)}</table:table>'),
            "too_many_rows", 1_000_000, None,
        ),
        "a number of rows nobody has": (
            ods_of(f'<table:table table:name="S">{ods_row([ods_cell("x")], "9" * 30)}</table:table>'),
            "too_many_rows", 10_000_000, None,
        ),
        "a locked table": (
            ods_of("", '<manifest:encryption-data manifest:checksum="x"/>'), "password_protected", None, None,
        ),
    }  # fmt: skip
