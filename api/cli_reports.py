"""`carehours report`: the social report at the shell, and evidence packs, made and written to a file."""

import csv
import json
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import rich_click as click

from api.cli_common import Failure, community_option, data_option, known, printable, with_ledger

A_DAY = click.DateTime(["%Y-%m-%d"])
from_option = click.option(
    "--from", "from_on", type=A_DAY, help="The first day, YYYY-MM-DD; a year back when left out."
)
until_option = click.option("--until", "until_on", type=A_DAY, help="The last day; today when left out.")


@click.group(invoke_without_command=True)
@click.option("--community", "slug", help="Slug of the community.")
@from_option
@until_option
@click.option(
    "--layout",
    type=click.Choice(["table", "scorecard", "prove-it"]),
    default="table",
    show_default=True,
    help="All numbers, the four perspectives beside the time before, or what was done in words and numbers.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True
)
@data_option
@click.pass_context
def report(
    context: click.Context,
    slug: str | None,
    from_on: datetime | None,
    until_on: datetime | None,
    layout: str,
    form: str,
    data: Path | None,
) -> None:
    """Say what was done for whom, each number with what it counts; or make an evidence pack."""
    if context.invoked_subcommand is not None:
        if slug is not None:
            raise click.UsageError("--community of a command below `report` stands behind its name")
        return
    if slug is None:
        raise click.UsageError("Missing option '--community'.")
    rows, texts, heading = with_ledger(data, lambda ledger, _: _read(ledger, slug, from_on, until_on, layout))
    if form == "json":
        click.echo(json.dumps({**heading, "figures": rows, "texts": texts}, ensure_ascii=False, indent=2))
    elif form == "csv":
        out = StringIO()
        titles = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.DictWriter(out, titles, restval="")
        writer.writeheader()
        writer.writerows(rows)
        click.echo(out.getvalue(), nl=False)
    else:
        click.echo(f"{slug}: {heading['from']} to {heading['until']}", err=True)
        _say(rows, texts, layout)


async def _read(
    ledger: Any, slug: str, from_on: datetime | None, until_on: datetime | None, layout: str
) -> tuple[list[dict[str, Any]], dict[str, str], dict[str, str]]:
    """The rows of the layout, its texts, and the days."""
    from ledger.desk.social.keeping import read_texts
    from ledger.desk.social.measures import ALL, Measure
    from ledger.desk.social.reading import read_asked
    from ledger.desk.social.report import Figure, read_social
    from ledger.desk.social.scorecard import read_scorecard
    from ledger.hours.hours import Hours

    def row(measure: Measure, figure: Figure) -> dict[str, Any]:
        return {
            "measure": measure.code,
            "title": measure.title,
            "value": figure.value,
            "unit": str(measure.unit),
            "rows": figure.count,
            "of": figure.of,
            "per_cent": measure.per_cent,
            "definition": measure.definition,
        }

    community = await known(ledger, slug)
    async with ledger.database.snapshot(community.id) as db:
        hours = await Hours(ledger).read(db, community, ledger.now())
        first, last = _days(from_on, until_on, hours.today)
        asked = await read_asked(db, community.id, hours, first, last, ledger.now())
        texts = await read_texts(db, community.id, first, last) if layout == "prove-it" else None
        if layout == "scorecard":
            card = await read_scorecard(db, asked, hours)
            rows = [
                row(each.measure, each.figure)
                | {
                    "perspective": str(each.measure.perspective),
                    "previous": each.previous.value,
                    "previous_rows": each.previous.count,
                    "previous_of": each.previous.of,
                    "target": each.target,
                    "trend": str(each.trend),
                }
                for each in card.scores
            ]
        else:
            figures = (await read_social(db, asked)).figures
            rows = [row(measure, figures[measure.code]) for measure in ALL]
    return rows, {} if texts is None else texts.parts, {"from": str(first), "until": str(last)}


def _days(from_on: datetime | None, until_on: datetime | None, today: date) -> tuple[date, date]:
    from ledger.desk.social.scorecard import a_year_until

    last = today if until_on is None else until_on.date()
    first = a_year_until(last) if from_on is None else from_on.date()
    if first > last:
        raise Failure("--until lies before --from")
    return first, last


def _say(rows: list[dict[str, Any]], texts: dict[str, str], layout: str) -> None:
    from api.social_layouts import NUMBERS_OF, PARTS, PERSPECTIVES

    if layout == "scorecard":
        for perspective, heading in PERSPECTIVES.items():
            click.echo(f"\n{heading}")
            for row in rows:
                if row["perspective"] == perspective:
                    earlier = {name: row[f"previous_{name}"] for name in ("rows", "of")}
                    before = _said(row | earlier | {"value": row["previous"]})
                    target = "" if row["target"] is None else f", target {_alone(row['unit'], row['target'])}"
                    click.echo(f"  {row['title']}: {_said(row)} (before {before}, {row['trend']}{target})")
    elif layout == "prove-it":
        by_code = {row["measure"]: row for row in rows}
        for part, heading in PARTS.items():
            click.echo(f"\n{heading}")
            click.echo("\n".join(f"  {line}" for line in printable(texts[part]).splitlines()) or "  -")
            for code in NUMBERS_OF.get(part, ()):
                click.echo(f"  {by_code[code]['title']}: {_said(by_code[code])}")
    else:
        for row in rows:
            click.echo(f"{row['title']}: {_said(row)}\n    {row['definition']}")


def _said(row: dict[str, Any]) -> str:
    """A number in words: a part with what it is a part of, a wait with how many had no longer one."""
    if row["value"] is None:
        return "not told"
    value = _alone(row["unit"], row["value"])
    if row["unit"] == "per_mille":
        return f"{row['rows']} of {row['of']}, {value}"
    if row["per_cent"] is not None:
        within = -(-row["rows"] * row["per_cent"] // 100)
        return f"{value} ({within} of {row['rows']}, {row['per_cent']} %)"
    return value


def _alone(unit: str, value: int) -> str:
    match unit:
        case "seconds":
            return f"{value // 3600} h {value % 3600 // 60} min"
        case "days":
            return f"{value} days"
        case "per_mille":
            return f"{value // 10}.{value % 10} %"
        case "hundredths":
            return f"{value // 100}.{value % 100:02} of 5"
    return str(value)


@report.command("pack")
@community_option
@from_option
@until_option
@click.option("--again", type=click.UUID, help="The id of a pack that was made: make the same again.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The zip to write."
)
@data_option
def report_pack(
    slug: str,
    from_on: datetime | None,
    until_on: datetime | None,
    again: UUID | None,
    output: Path,
    data: Path | None,
) -> None:
    """Make a signed evidence pack of some days, or one that was made before, and write it to a file."""

    async def run(ledger: Any, _: Any) -> tuple[UUID, bytes]:
        from ledger.book.authors import SHELL
        from ledger.book.posting import Refused
        from ledger.desk.social.packs import find_pack, make_again, make_pack
        from ledger.hours.hours import Hours

        community, hours = await known(ledger, slug), Hours(ledger)
        pack_id = again
        if pack_id is None:
            pack_id = uuid4()
            async with ledger.database.connection(community.id) as db:
                today = (await hours.read(db, community, ledger.now())).today
            first, last = _days(from_on, until_on, today)
            if last > today:
                raise Failure(f"{last} has not come yet")
            answer = await make_pack(hours, community, SHELL, pack_id, first, last)
            if isinstance(answer.outcome, Refused):
                raise Failure(answer.outcome.refusal.says)
        async with ledger.database.snapshot(community.id) as db:
            row = await find_pack(db, community.id, pack_id)
            if row is None:
                raise Failure(f"there is no evidence pack {pack_id}")
            made = await make_again(db, community, row)
        if made is None:
            raise Failure(
                "what was recorded then does not give the pack that was signed: run carehours audit"
            )
        return pack_id, made

    pack_id, made = with_ledger(data, run)
    with click.open_file(str(output), "wb", atomic=True) as out:
        out.write(made)
    click.echo(f"evidence pack {pack_id}: {len(made)} bytes in {output}", err=True)
