"""`carehours report`: the social report at the shell, and evidence packs: made, written to a file, and checked."""

import csv
import json
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import rich_click as click

from api.cli_common import Failure, community_option, data_option, known, printable, read_at_most, with_ledger

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
    """Say what was done for whom, each number with what it counts; or make and check evidence packs."""
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
    from ledger.desk.social.keeping import read_targets, read_texts
    from ledger.desk.social.measures import ALL
    from ledger.desk.social.report import asked_now, read_social
    from ledger.desk.social.scorecard import earlier, range_before, trend
    from ledger.hours.hours import Hours

    community = await known(ledger, slug)
    async with ledger.database.snapshot(community.id) as db:
        hours = await Hours(ledger).read(db, community, ledger.now())
        first, last = _days(from_on, until_on, hours.today)
        head = await db.row("log/read_head", community_id=community.id)
        now = max(ledger.now(), head["recorded_at"])
        found = await read_social(db, asked_now(community.id, hours, first, last, head["tree_size"], now))
        texts = await read_texts(db, community.id, first, last)
        before, targets = None, {}
        if layout == "scorecard":
            asked = asked_now(community.id, hours, *range_before(first, last), head["tree_size"], now)
            before, targets = await read_social(db, asked), await read_targets(db, community.id)
    rows = []
    for measure in ALL:
        figure = found.figures[measure.code]
        row: dict[str, Any] = {
            "measure": measure.code,
            "title": measure.title,
            "value": figure.value,
            "unit": str(measure.unit),
            "rows": figure.count,
            "of": figure.of,
            "definition": measure.definition,
        }
        if before is not None:
            previous = earlier(measure, before.figures[measure.code])
            row |= {
                "perspective": str(measure.perspective),
                "previous": previous.value,
                "target": targets.get(measure.code),
                "trend": str(trend(measure, figure, previous)),
            }
        rows.append(row)
    told = texts.parts if layout == "prove-it" else {}
    return rows, told, {"from": str(first), "until": str(last)}


def _days(from_on: datetime | None, until_on: datetime | None, today: date) -> tuple[date, date]:
    last = today if until_on is None else until_on.date()
    place = 12 * last.year + last.month - 12
    first = date(place // 12, place % 12 + 1, 1) if from_on is None else from_on.date()
    if first > last:
        raise Failure("--until lies before --from")
    return first, last


HEADINGS = {
    "people": "Members and families",
    "credits": "Care and credits",
    "processes": "How we work",
    "learning": "Learning and growing",
    "aims": "What we set out to do",
    "deeds": "What we did",
    "difference": "What difference it made",
    "learned": "What we learned",
}
IN_PROVE_IT = ("visits", "hours_given", "people_reached", "first_received", "givers", "both", "by_people")
OF_DIFFERENCE = ("receiver_visit", "receiver_after", "receiver_share", "provider_visit", "provider_after")


def _say(rows: list[dict[str, Any]], texts: dict[str, str], layout: str) -> None:
    if layout == "scorecard":
        for perspective in ("people", "credits", "processes", "learning"):
            click.echo(f"\n{HEADINGS[perspective]}")
            for row in rows:
                if row["perspective"] == perspective:
                    target = "" if row["target"] is None else f", target {_said(row, row['target'])}"
                    before = _said(row, row["previous"])
                    click.echo(
                        f"  {row['title']}: {_said(row, row['value'])} (before {before}, {row['trend']}{target})"
                    )
    elif layout == "prove-it":
        by_code = {row["measure"]: row for row in rows}
        for part in ("aims", "deeds", "difference", "learned"):
            click.echo(f"\n{HEADINGS[part]}")
            click.echo("\n".join(f"  {line}" for line in printable(texts[part]).splitlines()) or "  -")
            codes = {"deeds": IN_PROVE_IT, "difference": OF_DIFFERENCE}.get(part, ())
            for code in codes:
                click.echo(f"  {by_code[code]['title']}: {_said(by_code[code], by_code[code]['value'])}")
    else:
        for row in rows:
            click.echo(f"{row['title']}: {_said(row, row['value'])}\n    {row['definition']}")


def _said(row: dict[str, Any], value: int | None) -> str:
    """A value in its unit."""
    if value is None:
        return "not told"
    match row["unit"]:
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


@report.command("verify")
@click.argument("pack", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--trust", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True,
    help="The trust file: /.well-known/carehours-trust.json of the service, kept beforehand.",
)  # fmt: skip
def report_verify(pack: Path, trust: Path) -> None:
    """Say whether an evidence pack is genuine. Needs no network and no database; exit code 1 when it is not."""
    from ledger.desk.social.checking import MAX_PACK, verify_pack
    from ledger.log.trust import MAX_TRUST_BYTES, MalformedTrust, Trust

    try:
        trusted = Trust.from_json(read_at_most(trust, MAX_TRUST_BYTES))
    except MalformedTrust as problem:
        raise Failure(f"the trust file cannot be read: {printable(str(problem))}") from None
    verified = verify_pack(read_at_most(pack, MAX_PACK), trusted)
    for check in verified.checks:
        click.echo(f"{'good' if check.passed else 'WRONG'}: {printable(check.says)}")
    if not verified.valid:
        raise SystemExit(1)
    if verified.payload is not None:
        click.echo(
            printable(
                f"the social report of {verified.payload['from']} to {verified.payload['until']},"
                f" as of {datetime.fromtimestamp(verified.payload['iat']).astimezone():%Y-%m-%d %H:%M:%S %Z}"
            )
        )
