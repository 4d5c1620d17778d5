"""`carehours import`: bring in what other systems export, and undo a whole import."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import rich_click as click

from api.cli_common import Failure, community_option, data_option, known, printable, progress_bar, with_ledger

MINUTES_A_UNIT = {"hours": 60, "minutes": 1}
MOST_MINUTES = 60_000

OPTION_OF = {
    "moment_ambiguous": "--date-order",
    "amount_ambiguous": "--decimal",
    "unit_missing": "--unit",
    "party_ambiguous": "--organisation",
    "owner_missing": "--owner",
    "party_unlisted": "--unknown",
    "name_alike": "--same or --other",
}
"""By which option what a mistake asks for is said."""


@click.group("import")
def import_() -> None:
    """Bring in what other systems export."""


HELP = {
    "timeoverflow": 'A TimeOverflow bank from its "download all" zip: members, history and balances.',
    "komunitin": "A Komunitin community: accounts.csv and, for the history, transfers.csv.",
    "cyclos3": "Cyclos 3: the file of members with balances, and an account history or a transaction report.",
    "cyclos4": "Cyclos 4: its files of users and of transfers.",
    "drupal": "Community Forge, or Drupal's mutual credit: balances, and transactions.",
    "oscurrency": "Oscurrency: its people and its accounts; it exports no history.",
    "timebank_cc": "timebank.cc: its tables of accounts and transactions.",
    "neutral": "The neutral CSV of visits, with a list of members or without.",
}

_OPTIONS = (
    click.option("--dry-run", is_flag=True, help="Show what would happen and write nothing."),
    click.option("--json", "as_json", is_flag=True, help="Print the report as JSON."),
    click.option(
        "--what",
        type=click.Choice(["history", "balances"]),
        default="history",
        show_default=True,
        help="Every transfer, or nothing but opening balances.",
    ),
    click.option(
        "--date-order", type=click.Choice(["dmy", "mdy", "ymd"]), help="What comes first in a date."
    ),
    click.option("--decimal", type=click.Choice(["comma", "point"]), help="The decimal sign of amounts."),
    click.option("--unit", help="How much time an amount of 1 is: hours, minutes, or a number of minutes."),
    click.option(
        "--organisation", help="The bank's own name in the file, when it cannot be told from the file itself."
    ),
    click.option("--owner", help="Whose account a history is, by login (Cyclos 3)."),
    click.option(
        "--unknown",
        type=click.Choice(["refuse", "difference"]),
        default="refuse",
        show_default=True,
        help="What becomes of a transfer that names somebody who is not in the list of members.",
    ),
    click.option(
        "--same",
        multiple=True,
        metavar="NUMBER=MEMBER",
        help="The person with this number there is the member with this number here.",
    ),
    click.option("--other", multiple=True, metavar="NUMBER", help="Somebody else of the same name."),
)


def _command(system: str, about: str) -> None:
    @import_.command(system, help=about)
    @click.argument(
        "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
    )
    @community_option
    @data_option
    def command(files: Sequence[Path], slug: str, data: Path | None, **said: Any) -> None:
        run_import(system, files, slug, data, said)

    for option in reversed(_OPTIONS):
        option(command)


for _system, _about in HELP.items():
    _command(_system, _about)


def run_import(
    system: str, files: Sequence[Path], slug: str, data: Path | None, said: dict[str, Any]
) -> None:
    """Import the files, or look at them, and print the report."""
    from ledger.book.authors import SHELL
    from ledger.book.ledger import ActRefused
    from ledger.desk.imports.problems import ImportRefused
    from ledger.desk.imports.running import dry_run, run_at_shell
    from ledger.hours.policies import Policies

    name, content = one_file(files)

    async def run(ledger: Any, _: Any) -> Any:
        found = await known(ledger, slug)
        options = await _options(ledger, found, said)
        asked = (Policies(), system, name, content, options)
        if said["dry_run"]:
            return None, await dry_run(ledger, found, *asked)
        with progress_bar(f"import {name}", quiet=said["as_json"]) as advance:
            return await run_at_shell(ledger, found, SHELL, *asked, advance)

    try:
        import_id, report = with_ledger(data, run)
    except ImportRefused as refused:
        if said["as_json"]:
            click.echo(json.dumps(refused.to_dict()))
            sys.exit(1)
        options = {OPTION_OF[each.code] for each in refused.problems if each.code in OPTION_OF}
        lines = [str(refused), *(f"See the option {option}." for option in sorted(options))]
        raise Failure(printable("\n".join(lines))) from None
    except ActRefused as no:
        raise Failure(
            f"{no.refusal.says} {no.refusal.remedy}" + (f" ({no.detail})" if no.detail else "")
        ) from None
    if said["as_json"]:
        click.echo(
            json.dumps({**report.to_dict(), "import_id": None if import_id is None else str(import_id)})
        )
        return
    # A difference stands behind a tab, the last cell of its line; colours are left out where there is no terminal.
    for line in report.render_lines(lambda cell: f"\t{cell}"):
        plain, difference, cell = line.rpartition("\t")
        click.echo(
            printable(plain) + click.style(printable(cell), fg="red") if difference else printable(line)
        )
    if import_id is not None:
        click.echo(
            f"\nimport {import_id}; to take it back: carehours import undo {import_id} --community {slug}"
        )


def one_file(files: Sequence[Path]) -> tuple[str, bytes]:
    """The file, or several as one zip, by name and content."""
    from ledger.desk.imports.files import packed
    from ledger.desk.imports.shape import File

    if len(files) == 1:
        return files[0].name, files[0].read_bytes()
    if len({file.name for file in files}) < len(files):
        raise Failure("two of the files have the same name: rename one of them")
    return " + ".join(sorted(file.name for file in files)), packed(
        [File(file.name, file.read_bytes()) for file in files]
    )


async def _options(ledger: Any, community: Any, said: dict[str, Any]) -> Any:
    from ledger.desk.imports.shape import Options, Unknown, What
    from ledger.desk.tables.values import DateOrder, DecimalSign

    same: dict[str, UUID] = {}
    if said["same"]:
        async with ledger.database.connection(community.id) as db:
            rows = await db.rows("desk/import_people", community_id=community.id)
        here = {str(row["member_number"]): row["member_id"] for row in rows}
        for pair in said["same"]:
            number, _, member = pair.rpartition("=")
            if not number or member not in here:
                raise Failure(
                    f"--same {printable(pair)}: give the number there, =, and a member's number here"
                )
            same[number] = here[member]
    return Options(
        what=What(said["what"]),
        date_order=None if said["date_order"] is None else DateOrder(said["date_order"]),
        decimal=None if said["decimal"] is None else DecimalSign(said["decimal"]),
        unit_seconds=None if said["unit"] is None else unit_seconds(said["unit"]),
        organisation=said["organisation"],
        owner=said["owner"],
        unknown=Unknown(said["unknown"]),
        same=same,
        others=frozenset(said["other"]),
    )


def unit_seconds(text: str) -> int:
    """How many seconds a unit is. Raises Failure."""
    minutes = MINUTES_A_UNIT.get(text)
    if minutes is None and re.fullmatch(r"[0-9]{1,5}", text):
        minutes = int(text)
    if minutes is None or not 0 < minutes <= MOST_MINUTES:
        raise Failure(f"--unit is hours, minutes, or a number of minutes up to {MOST_MINUTES}")
    return minutes * 60


@import_.command("list")
@community_option
@data_option
def import_list(slug: str, data: Path | None) -> None:
    """List the imports of a community, the newest first."""

    async def run(ledger: Any, _: Any) -> Any:
        found = await known(ledger, slug)
        async with ledger.database.connection(found.id) as db:
            return await db.rows("desk/list_import_runs", community_id=found.id, after_id=None, at_most=1000)

    for row in with_ledger(data, run):
        transfers = "-" if row["transfer_count"] is None else row["transfer_count"]
        click.echo(
            printable(
                f"{row['import_id']}\t{row['started_at']:%Y-%m-%d}\t{row['system']}\t{row['state']}"
                f"\t{transfers}\t{row['file_name'] or '-'}"
            )
        )


@import_.command("undo")
@click.argument("import_id", type=click.UUID)
@community_option
@click.option("--reason", required=True, help="Why; it becomes the note of every reversal.")
@click.option("--dry-run", is_flag=True, help="Show what would happen and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@data_option
def import_undo(
    import_id: UUID, slug: str, reason: str, dry_run: bool, as_json: bool, data: Path | None
) -> None:
    """Undo a whole import: reverse what it posted, close what it opened. What happened since is kept."""
    from ledger.book.authors import SHELL
    from ledger.book.ledger import ActRefused
    from ledger.desk.imports.running import refuse
    from ledger.desk.imports.undo_plan import plan_undo
    from ledger.desk.imports.undoing import begin_undo, undo_import

    if printable(reason) != reason or "\n" in reason or not 0 < len(reason.strip()) <= 500:
        raise Failure("--reason is one line of at most 500 characters")

    async def run(ledger: Any, _: Any) -> Any:
        found = await known(ledger, slug)
        if dry_run:
            return await plan_undo(ledger, found, import_id)
        refuse(await begin_undo(ledger, found, SHELL, import_id, reason))
        with progress_bar(f"undo {import_id}", quiet=as_json) as advance:
            return await undo_import(ledger, found, SHELL, import_id, reason, advance)

    try:
        report = with_ledger(data, run)
    except ActRefused as no:
        about = f" ({no.detail})" if no.detail else ""
        raise Failure(f"{no.refusal.says} {no.refusal.remedy}{about}") from None
    except LookupError:
        raise Failure(
            "there is no such import in this community; `carehours import list` shows them"
        ) from None
    click.echo(json.dumps(report.to_dict()) if as_json else printable("\n".join(report.render_lines())))
