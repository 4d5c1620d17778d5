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
    """Say in the admin trail that it is taken out, and write it."""

    async def run(ledger: Any, _: Any) -> None:
        from ledger.book.authors import SHELL
        from ledger.book.ledger import ReadOnly
        from ledger.desk.exports.exporting import exported
        from ledger.people.acts import record

        found = await known(ledger, slug)
        try:
            await record(ledger, found, exported(SHELL, form))
        except ReadOnly:
            # A book whose log must not grow can be taken out all the same.
            click.echo("not recorded in the admin trail: this log must not grow", err=True)
        if output is None:
            await write(ledger, found, sys.stdout.buffer, lambda _done, _total: None)
        else:
            await _write_file(
                output, f"export {found.slug}", lambda file, tell: write(ledger, found, file, tell)
            )

    with_ledger(data, run)


async def _write_file(output: Path, title: str, write: Callable[..., Any]) -> None:
    """Write a file that its owner alone can read; it stands there whole or not at all."""
    from ledger.desk.exports.exporting import open_private

    unfinished = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with progress_bar(title) as advance, open_private(unfinished) as file:
            await write(file, advance)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)


@click.command("move")
@community_option
@click.option("--to", help="URL of the service where it goes on.")
@click.option(
    "--output",
    "--out",
    "output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The zip to write for it.",
)
@click.option("--undo", is_flag=True, help="Go on here after all: only when nobody has taken the zip in.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
def move_community(
    slug: str, to: str | None, output: Path | None, undo: bool, yes: bool, data: Path | None
) -> None:
    """Move a whole community to another service: say so in its log, only read it here from then on, write its zip.

    Should the writing fail, the zip can be written again: carehours export community.
    """
    if undo:
        if to is not None or output is not None:
            raise click.UsageError("--undo stands alone: without --to and --output.")
        _undo_move(slug, yes, data)
        return
    if to is None or output is None:
        raise click.UsageError(
            "Name the service it moves to and the zip to write: --to URL --output FILE.zip"
        )
    _move(slug, to, output, yes, data)


def _move(slug: str, to: str, output: Path, yes: bool, data: Path | None) -> None:
    from api.settings import service_url

    try:
        url = service_url(to, "--to")
    except ValueError as problem:
        raise Failure(printable(str(problem))) from None
    if not yes and not click.confirm(f"From now on {slug} can only be read here. Move it to {url}?"):
        raise Failure("nothing was done")

    async def run(ledger: Any, settings: Any) -> None:
        from ledger.book.authors import SHELL
        from ledger.book.ledger import Moved
        from ledger.desk.exports.community import export_community
        from ledger.desk.exports.moving import move

        if url == settings.url:
            raise Failure(f"{url} is this service itself")
        found = await known(ledger, slug)
        try:
            await move(ledger, found, SHELL, url)
        except Moved as before:
            if before.to != url:
                raise
        await _write_file(
            output, f"move {slug}", lambda file, tell: export_community(ledger, found, file, tell)
        )

    with_ledger(data, run)
    click.echo(f"moved {slug} to {url}: here it can only be read")
    click.echo(
        f"wrote {output}, which holds personal data and secrets: keep it as you would keep the members' files.\n"
        f"There: carehours community import {output.name}\n"
        "It asks for the fingerprint of the key that signed it; `carehours keys show` prints it here (log, signs).",
        err=True,
    )


def _undo_move(slug: str, yes: bool, data: Path | None) -> None:
    async def run(ledger: Any, _: Any) -> Any:
        from ledger.book.authors import SHELL
        from ledger.desk.exports.moving import read_moved_to, undo_move

        found = await known(ledger, slug)
        async with ledger.database.connection(found.id) as db:
            moved_to = await read_moved_to(db, found.id)
        if moved_to is None:
            raise Failure(f"{slug} has not moved: there is nothing to undo")
        asked = (
            f"If {moved_to} has taken {slug} in, two logs grow under one name from now on. This must not be there:"
            f" {moved_to}/log/{slug}/checkpoint\nHas nobody taken it in?"
        )
        if not yes and not click.confirm(printable(asked)):
            raise Failure("nothing was done")
        return await undo_move(ledger, found, SHELL)

    moved_to = with_ledger(data, run)
    click.echo(
        printable(f"{slug} goes on here; its move to {moved_to} is undone. Delete the zip that was written.")
    )


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
            taken, report = await take_in(ledger, opened, settings.keys_folder, settings.url, advance)
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
        "next: restart this service, and print cards\n"
        f"  carehours member card --community {taken.slug} 1\n"
        f"Tokens of machines still work here: carehours token list --community {taken.slug}\n"
        "Unless it was moved with `carehours community move`, it goes on where it comes from too: stop it there.",
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
