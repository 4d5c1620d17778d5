"""`carehours export` and `carehours community import`: the books out of a service, a whole community into another."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import rich_click as click

from api.cli_common import (
    Failure,
    community_option,
    data_option,
    known,
    printable,
    progress_bar,
    with_ledger,
)

LISTS = (
    "members", "accounts", "entries", "claims", "care-requests", "disputes", "clearances", "delegations", "events",
    "periods",
)  # fmt: skip

output_option = click.option(
    "--output", "--out", "output", type=click.Path(dir_okay=False, path_type=Path),
    help="A file instead of the screen.",
)  # fmt: skip
file_option = click.option(
    "--output", "--out", "output", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write.",
)  # fmt: skip


@click.group()
def export() -> None:
    """Write the books in forms other programs read, or a whole community for another Carehours."""


def _journal(form: str) -> None:
    @export.command(form, help=f"The whole book as a {form} journal, with every closing balance asserted.")
    @community_option
    @output_option
    @data_option
    def command(slug: str, output: Path | None, data: Path | None) -> None:
        _export(slug, data, output, form, form)


for _form in ("hledger", "beancount"):
    _journal(_form)


@export.command("bundle")
@community_option
@file_option
@data_option
def bundle(slug: str, output: Path, data: Path | None) -> None:
    """A zip for an auditor, with a script that checks the books without Carehours. It names nobody."""
    _export(slug, data, output, "bundle", "bundle")
    click.echo(f"wrote {output}; unpack it anywhere, and there: python3 -I -S verify.py", err=True)


@export.command("community")
@community_option
@file_option
@data_option
def whole_community(slug: str, output: Path, data: Path | None) -> None:
    """The whole community as a zip that another Carehours takes in. It holds everything, names and secrets too."""
    _export(slug, data, output, "community", "community")
    click.echo(
        f"wrote {output}, which holds personal data and secrets: keep it as you would keep the members' files.\n"
        f"Elsewhere: carehours community import {output.name}\n"
        "It asks for the fingerprint of the key that signed it; `carehours keys show` prints it here (log, signs).",
        err=True,
    )


@export.command("csv")
@click.argument("name", metavar="LIST", type=click.Choice(LISTS))
@community_option
@output_option
@data_option
def csv_list(name: str, slug: str, output: Path | None, data: Path | None) -> None:
    """One list as CSV: commas, UTF-8."""
    from ledger.desk.exports.lists import write_csv

    async def write(ledger: Any, found: Any, file: BinaryIO, _: Any) -> None:
        await write_csv(ledger.database, found, name, file)

    _write(slug, data, output, f"csv:{name}", write)


@export.command("xlsx")
@click.argument("names", metavar="[LIST]...", nargs=-1, type=click.Choice(LISTS))
@community_option
@file_option
@data_option
def xlsx_lists(names: tuple[str, ...], slug: str, output: Path, data: Path | None) -> None:
    """Lists as the sheets of one workbook; all of them when none is named."""
    from ledger.desk.exports.lists import write_xlsx

    async def write(ledger: Any, found: Any, file: BinaryIO, _: Any) -> None:
        await write_xlsx(ledger.database, found, names or LISTS, file)

    _write(slug, data, output, "xlsx", write)


def _export(slug: str, data: Path | None, output: Path | None, form: str, what: str) -> None:
    from ledger.desk.exports.exporting import What
    from ledger.desk.exports.exporting import write as write_export

    async def write(ledger: Any, found: Any, file: BinaryIO, advance: Any) -> None:
        await write_export(ledger, found, What(what), file, advance)

    _write(slug, data, output, form, write)


def _write(slug: str, data: Path | None, output: Path | None, form: str, write: Callable[..., Any]) -> None:
    """Say in the admin trail that it is taken out, and write it; a file stands there whole or not at all."""

    async def run(ledger: Any, _: Any) -> None:
        from ledger.book.authors import SHELL
        from ledger.book.ledger import ReadOnly
        from ledger.desk.exports.exporting import exported, open_private
        from ledger.people.acts import record

        found = await known(ledger, slug)
        try:
            await record(ledger, found, exported(SHELL, form))
        except ReadOnly:
            # A book whose log must not grow can be taken out all the same.
            click.echo("not recorded in the admin trail: this log must not grow", err=True)
        with progress_bar(f"export {found.slug}", quiet=output is None) as advance:
            if output is None:
                await write(ledger, found, sys.stdout.buffer, advance)
                return
            unfinished = output.with_name(f".{output.name}.{os.getpid()}.part")
            try:
                with open_private(unfinished) as file:
                    await write(ledger, found, file, advance)
                    file.flush()
                    os.fsync(file.fileno())
                unfinished.replace(output)
            finally:
                unfinished.unlink(missing_ok=True)

    with_ledger(data, run)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    help="Fingerprint of the log key that signed it, as `carehours keys show` prints it where it comes from.",
)
@data_option
def import_community(file: Path, key: str | None, data: Path | None) -> None:
    """Take in a whole community from another Carehours, with its log: the same root, the same balances.

    Nothing is written unless all of it is as it was signed, and an audit of it is clean.
    """
    from ledger.desk.exports.opening import ZipRefused
    from ledger.desk.exports.taking_in import examine, is_signed_here, take_in

    async def run(ledger: Any, settings: Any) -> Any:
        slugs = [each.slug for each in await ledger.communities()]
        with progress_bar(f"look at {file.name}") as advance:
            opened = examine(ledger, file, slugs, advance)
        if not is_signed_here(ledger, opened):
            _require_key(opened, key)
        with progress_bar("take in") as advance:
            taken, report = await take_in(ledger, opened, settings.keys_folder, advance)
        return opened, taken, report

    try:
        opened, taken, report = with_ledger(data, run)
    except ZipRefused as problem:
        raise Failure(printable(f"{file.name} is not taken in: {problem}")) from None
    click.echo(
        f"took in {taken.slug}: {report.tree_size} leaves, {report.entries} entries, {report.accounts} accounts;"
        f" the audit is clean\nroot {opened.manifest.root}, the one that was exported"
    )
    click.echo(
        "next: stop this community where it comes from, restart this service, and print cards\n"
        f"  carehours member card --community {taken.slug} 1\n"
        f"Tokens of machines still work here: carehours token list --community {taken.slug}",
        err=True,
    )


def _require_key(opened: Any, key: str | None) -> None:
    """Have a person say that one of the keys that signed the zip is the right one; Failure when nobody does."""
    signers = list(opened.signers)
    if key is not None:
        if key.strip() not in signers:
            raise Failure(
                printable(
                    f"the zip was not signed by that key, but by {', '.join(signers)}. If `carehours keys show` says"
                    " something else where it comes from, somebody changed it on the way."
                )
            )
        return
    community = opened.manifest.community
    said = (
        f"{community['name']} ({community['origin']}), {opened.checkpoint.size} leaves, signed by the log key"
        f"\n  {signers[0]}"
    )
    if not sys.stdin.isatty():
        raise Failure(
            printable(
                f"{said}\nCompare it with `carehours keys show` where it comes from, and name it: --key {signers[0]}"
            )
        )
    click.echo(printable(said))
    if not click.confirm("Is this what `carehours keys show` prints where it comes from?"):
        raise Failure("nothing was written")
