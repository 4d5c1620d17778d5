"""`carehours liability`: what a community owes its members in care, as a table with plain words."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rich_click as click

from api.cli_common import community_option, data_option, known, printable, with_ledger

_BAR = 24
_AGES = {
    "under_60": "under 60",
    "60_to_69": "60 to 69",
    "70_to_79": "70 to 79",
    "80_and_over": "80 and over",
    "unknown": "age unknown",
}


@click.command()
@community_option
@click.option(
    "--share",
    default=10,
    show_default=True,
    type=click.IntRange(1, 100),
    help="What if so many per cent are redeemed within a year?",
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@data_option
def liability(slug: str, share: int, as_json: bool, data: Path | None) -> None:
    """What is owed in care: hours outstanding by age and by year, their coverage, and a run on them."""

    async def run(ledger: Any, _: Any) -> Any:
        from ledger.hours.hours import Hours
        from ledger.hours.liability import read_liability

        community = await known(ledger, slug)
        async with ledger.database.snapshot(community.id) as db:
            hours = await Hours(ledger).read(db, community, ledger.now())
            return community, await read_liability(db, community.id, hours.today, share)

    community, found = with_ledger(data, run)
    if as_json:
        import msgspec

        from api.routes.liability import liability_view

        click.echo(json.dumps(msgspec.to_builtins(liability_view(found))))
        return
    for line in lines(community.name, found, bar_sign()):
        click.echo(printable(line))


def bar_sign() -> str:
    """What bars are drawn with: nothing where the output is read by a program or read aloud."""
    if not sys.stdout.isatty():
        return ""
    return "\N{FULL BLOCK}" if "utf" in (sys.stdout.encoding or "").lower() else "#"


def lines(name: str, found: Any, sign: str = "") -> Iterator[str]:
    """The view in words; `sign` is what the bars are drawn with, and there are none without one."""
    total = found.outstanding_seconds
    yield (
        f"{name}, {found.on}: {_hours(total)} hours outstanding on {_accounts(found.accounts)}"
        " of members and households."
    )
    if found.owing_accounts:
        yield f"{_accounts(found.owing_accounts)} below zero owe {_hours(found.owed_seconds)} hours of care."
    covers = ""
    if found.coverage_per_mille is not None:
        covers = f": {_percent(found.coverage_per_mille)} of what is outstanding"
    yield f"The guarantee pots hold {_hours(found.guarantee_seconds)} hours{covers}."
    yield (
        f"In the past year {_hours(found.given_seconds)} hours of care were given,"
        f" {_hours(found.given_seconds // 12)} a month."
    )
    if not total:
        return
    for title, groups, words in (
        ("Age of holder", found.ages, ages_in_words),
        ("Year earned", found.years, _years_in_words),
    ):
        rows: list[tuple[str, ...]] = [(title, "accounts", "hours", "")]
        for group in groups:
            seconds = group.outstanding_seconds
            bar = (sign * (-(-seconds * _BAR // total))) if sign else ""
            rows.append((words(group.of), str(group.accounts), _hours(seconds), bar))
        yield ""
        yield from _table(rows)
    yield ""
    yield f"If {found.share} % is redeemed within a year:"
    runs: list[tuple[str, ...]] = [
        ("Whose", "hours", "a month", "guarantee pays", "months of care at last year's pace")
    ]
    runs += [
        (
            "everybody" if stress.group is None else ages_in_words(stress.group.of),
            _hours(stress.needed_seconds),
            _hours(stress.monthly_seconds),
            _hours(stress.covered_seconds),
            "none was given" if stress.months_at_pace is None else str(stress.months_at_pace),
        )
        for stress in found.stress
    ]
    yield from _table(runs)
    yield "Groups with fewer than three accounts are put together with their neighbours."


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """The first column from the left, figures to the right, and what is last as it comes."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        figures = [each.rjust(width) for each, width in zip(row[1:-1], widths[1:-1], strict=True)]
        yield "  ".join(["  " + row[0].ljust(widths[0]), *figures, row[-1]]).rstrip()


def ages_in_words(bands: Any) -> str:
    """`60 to 79`, or `80 and over, age unknown`, for neighbouring bands."""
    return ", ".join(_AGES[band] for band in bands)


def _years_in_words(years: Any) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]} to {years[-1]}"


def _hours(seconds: int) -> str:
    """Hours and minutes, begun minutes counted: a report is read, not added up."""
    from ledger.book.amounts import format_hours

    return format_hours(-(-seconds // 60) * 60)


def _accounts(count: int) -> str:
    return "1 account" if count == 1 else f"{count} accounts"


def _percent(per_mille: int) -> str:
    return f"{per_mille // 10}.{per_mille % 10} %"
