"""`carehours reconcile`: a paper list held against the ledger, to look at. It keeps and changes nothing.

A round is begun, decided and signed off at the desk: every line needs the yes of a person who is close to neither side,
and a shell is nobody.
"""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import rich_click as click

from api.cli_common import (
    Failure,
    community_option,
    data_option,
    known,
    printable,
    progress_bar,
    read_at_most,
    with_ledger,
)

A_DAY = click.DateTime(["%Y-%m-%d"])
FIELDS = (
    "provider", "receiver", "service_on", "duration", "minutes", "from_time", "to_time", "activity", "note",
    "reference",
)  # fmt: skip
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
WIDTH = 160
"""Of the table where there is no terminal to fit it into."""

COLOURS = {"exact": "green", "probable": "yellow", "none": "red", "unread": "red"}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@community_option
@click.option(
    "--source",
    help="Whose paper it is; names chosen for it at the desk are used. The file's name if left out.",
)
@click.option("--sheet", help="The sheet of the workbook.")
@click.option("--encoding", help="How the text is encoded, where the guess is wrong.")
@click.option("--delimiter", type=click.Choice(list(DELIMITERS)), help="What separates the columns.")
@click.option(
    "--date-order", type=click.Choice(["dmy", "mdy", "ymd"]), help="What comes first in 03/04/2025."
)
@click.option(
    "--decimal",
    type=click.Choice(["comma", "point", "minutes"]),
    help="The decimal sign of lengths; minutes: 1.30 is one hour and 30 minutes.",
)
@click.option("--unit", type=click.Choice(["hours", "minutes", "seconds"]), help="What a bare number counts.")
@click.option(
    "--column", "columns", multiple=True, metavar="FIELD=N", help="Which column holds it, from 1; repeatable."
)
@click.option(
    "--fixed", multiple=True, metavar="FIELD=TEXT", help="What is the same on all lines; repeatable."
)
@click.option("--from", "from_on", type=A_DAY, help="The first day the list is about, YYYY-MM-DD.")
@click.option("--until", "until_on", type=A_DAY, help="The last day.")
@click.option("--json", "as_json", is_flag=True, help="Print it all as JSON.")
@data_option
def reconcile(
    file: Path,
    slug: str,
    source: str | None,
    sheet: str | None,
    encoding: str | None,
    delimiter: str | None,
    date_order: str | None,
    decimal: str | None,
    unit: str | None,
    columns: Sequence[str],
    fixed: Sequence[str],
    from_on: datetime | None,
    until_on: datetime | None,
    as_json: bool,
    data: Path | None,
) -> None:
    """Hold a list on paper (CSV, XLSX, ODS) against the ledger, line by line. Keeps and changes nothing.

    Exit code 1 when a line has no match or cannot be read, or a claim of those days is not on the list.
    """
    from ledger.book.ledger import ActRefused
    from ledger.desk.rounds.reading import NewRound
    from ledger.desk.rounds.taking_in import MAX_KEPT
    from ledger.desk.tables.problems import FileProblem

    new = NewRound(
        source or file.name,
        file.name,
        read_at_most(file, MAX_KEPT),
        None if from_on is None else from_on.date(),
        None if until_on is None else until_on.date(),
        encoding,
        None if delimiter is None else DELIMITERS[delimiter],
    )
    said = {"date_order": date_order, "decimal": decimal, "unit": unit}
    try:
        read = _read(new, sheet, said, columns, fixed)
    except FileProblem as problem:
        raise Failure(printable(str(problem))) from None
    except ActRefused as no:
        raise Failure(f"{no.refusal.says} {no.refusal.remedy}") from None
    if not as_json:
        _show_reading(read)
    if read["asks"]:
        raise Failure(
            f"say first: {', '.join(_OPTIONS.get(ask, f'--column {ask}=N') for ask in read['asks'])}"
        )

    async def run(ledger: Any, settings: Any) -> Any:
        from ledger.desk.rounds.finding import compare
        from ledger.desk.working import Progress

        community = await known(ledger, slug)
        with progress_bar("reconcile", quiet=as_json) as advance:
            progress = Progress()
            found = await compare(
                ledger.database, community.id, new.source, read["lines"], new.from_on, new.until_on, progress
            )
            advance(progress.total, progress.total)
        return found, f"{settings.url}/desk/{slug}/rounds"

    comparison, desk = with_ledger(data, run)
    told = _told(read, comparison)
    if as_json:
        click.echo(json.dumps(told))
    else:
        _show(told, desk)
    if told["counts"]["none"] or told["counts"]["unread"] or told["only_in_ledger"]:
        sys.exit(1)


_OPTIONS = {
    "date_order": "--date-order, whether the day, the month or the year comes first",
    "decimal": "--decimal, whether the comma or the point is the decimal sign",
    "unit": "--unit, what a bare number counts",
    "duration": "--decimal and --unit, how a length is meant",
    "columns": "--column, which column holds what is missing",
}


def _read(
    new: Any, sheet: str | None, said: dict[str, str | None], columns: Sequence[str], fixed: Sequence[str]
) -> dict[str, Any]:
    """The file as it would be read: its table, mapping, lines, problems, and what must be said first."""
    from ledger.desk.rounds.reading import asks_of, sheet_of, take_in
    from ledger.desk.tables.guessing import guess
    from ledger.desk.tables.lines import read_lines
    from ledger.desk.tables.mapping import Mapping
    from ledger.desk.tables.problems import FileProblem

    table, guessed = take_in(new)
    if sheet is not None:
        table = sheet_of(new, sheet)
        guessed = guess(table)
    corrected = guessed.mapping.to_dict()
    corrected |= {name: value for name, value in said.items() if value is not None}
    named = dict(_pairs(columns, "--column"))
    if any(not at.isdigit() or at == "0" for at in named.values()):
        raise Failure("--column names a field and the number of its column, such as provider=2")
    chosen = {field: int(at) - 1 for field, at in named.items()}
    others = {
        field: at
        for field, at in dict(corrected["columns"]).items()  # type: ignore[call-overload]  # JSON
        if field not in chosen and at not in chosen.values()
    }
    same = dict(_pairs(fixed, "--fixed"))
    corrected["columns"] = {field: at for field, at in (others | chosen).items() if field not in same}
    corrected["fixed"] = same
    mapping = Mapping.from_dict(corrected)
    asks = asks_of(table, mapping, guessed)
    lines: list[Any] = []
    problems: list[Any] = []
    try:
        lines, problems = read_lines(table, mapping)
    except FileProblem:
        if not asks:
            raise
    return {
        "table": table,
        "mapping": mapping,
        "sure": {name: str(sure) for name, sure in guessed.sure.items()},
        "asks": asks,
        "lines": lines,
        "problems": problems,
    }


def _pairs(given: Sequence[str], option: str) -> list[tuple[str, str]]:
    pairs = [tuple(each.split("=", 1)) for each in given]
    if any(len(pair) != 2 or pair[0] not in FIELDS or not pair[1].strip() for pair in pairs):
        raise Failure(f"{option} takes FIELD=VALUE, where FIELD is one of {', '.join(FIELDS)}")
    return [(pair[0], pair[1]) for pair in pairs]


def _told(read: dict[str, Any], comparison: Any) -> dict[str, Any]:
    """All of it in plain values; the order is that of the list."""
    lines = [
        {
            "row": line.row,
            "grade": str(found.grade),
            "reasons": [str(each) for each in found.reasons],
            "provider": line.provider,
            "receiver": line.receiver,
            "service_on": str(line.service_on),
            "seconds": line.seconds,
            "records": [_record(comparison, each) for each in (*found.matched, *found.near)],
        }
        for line, found in zip(read["lines"], comparison.found, strict=True)
    ]
    unread = [
        {"row": each.row, "column": each.column, "reason": each.reason.code, "what": each.reason.says}
        for each in read["problems"]
    ]
    grades = [line["grade"] for line in lines]
    return {
        "mapping": read["mapping"].to_dict(),
        "sure": read["sure"],
        "counts": {grade: grades.count(grade) for grade in ("exact", "probable", "none")}
        | {"unread": len(unread)},
        "lines": lines,
        "unread": unread,
        "only_in_ledger": [_record(comparison, each) for each in comparison.only],
    }


def _record(comparison: Any, record_id: Any) -> dict[str, Any]:
    record, names = comparison.records[record_id], comparison.names
    return {
        "id": str(record.id),
        "provider": names.get(record.provider_id, str(record.provider_id)),
        "receiver": names.get(record.receiver_id, str(record.receiver_id)),
        "service_on": str(record.service_on),
        "seconds": record.seconds,
    }


def _show_reading(read: dict[str, Any]) -> None:
    """The first rows, and what each column is taken for."""
    from rich.console import Console
    from rich.table import Table

    table, mapping = read["table"], read["mapping"]
    holds = {at: field.value for field, at in mapping.columns.items()}
    shown = Table(title=printable(table.name), title_justify="left")
    shown.add_column("line", justify="right")
    for at in range(min(table.width, 12)):
        field = holds.get(at, "-")
        shown.add_column(f"{at + 1} {field}" + ("?" if read["sure"].get(field) == "ask" else ""))
    for row in table.head(8):
        cells = [*row.cells, *[""] * table.width][: min(table.width, 12)]
        shown.add_row(str(row.number), *(_plain(cell) for cell in cells))
    console = Console(stderr=True)
    console.print(shown)
    how = {"dates": mapping.date_order, "decimal": mapping.decimal, "numbers count": mapping.unit}
    told = [f"{name}: {value}" for name, value in how.items() if value is not None]
    told += [f"{field}: {text}" for field, text in mapping.fixed.items()]
    told += [f"encoding: {table.encoding}"] if table.encoding else []
    console.print(_plain("; ".join(told)))


def _show(told: dict[str, Any], desk: str) -> None:
    """The matches as a table, and what stands on one side alone."""
    from rich.console import Console
    from rich.table import Table

    from ledger.book.amounts import format_hours

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    shown = Table()
    for title in ("line", "match", "on paper", "day", "hours", "in the ledger", "why"):
        shown.add_column(title, justify="right" if title in ("line", "hours") else "left", overflow="fold")
    for line in told["lines"]:
        colour = COLOURS[line["grade"]]
        beside = "; ".join(
            f"{each['provider']} > {each['receiver']}, {each['service_on']}, {format_hours(each['seconds'])}"
            for each in line["records"]
        )
        shown.add_row(
            str(line["row"]),
            f"[{colour}]{line['grade']}[/{colour}]",
            _plain(f"{line['provider']} > {line['receiver']}"),
            line["service_on"],
            format_hours(line["seconds"]),
            _plain(beside),
            _plain(", ".join(line["reasons"]).replace("_", " ")),
        )
    console.print(shown)
    for each in told["unread"]:
        column = "" if each["column"] is None else f", column {each['column']}"
        console.print(_plain(f"line {each['row']}{column} cannot be read: {each['what']}"), style="red")
    for each in told["only_in_ledger"]:
        console.print(
            _plain(
                f"only in the ledger: {each['provider']} > {each['receiver']}, {each['service_on']},"
                f" {format_hours(each['seconds'])}"
            ),
            style="yellow",
        )
    counts = ", ".join(f"{count} {grade}" for grade, count in told["counts"].items())
    console.print(f"{counts}, {len(told['only_in_ledger'])} only in the ledger")
    console.print(f"Nothing was kept. Bring the file to the desk to decide line by line: {desk}")


def _plain(text: str) -> Any:
    """Text as it stands, without what a terminal obeys and without markup."""
    from rich.text import Text

    return Text(printable(text))
