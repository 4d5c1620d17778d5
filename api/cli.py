"""`carehours`: the service and everything else one does from a shell."""

import asyncio
import contextlib
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")

# Everything that takes time to import is imported where it is used: `carehours verify` needs no database.

data_option = click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of keys, checkpoints and the embedded database."
)
community_option = click.option("--community", "slug", required=True, help="Slug of the community.")


class Failure(click.ClickException):
    """Ends a command with a plain sentence and exit code 1."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Carehours: a time bank's ledger with receipts anybody can check."""


# --- the service ------------------------------------------------------------------------------------------------


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@data_option
def serve(host: str, port: int, data: Path | None) -> None:
    """Run the service, with its own PostgreSQL unless DATABASE_URL names another."""
    from api.app import create_app
    from api.server import run as run_server

    with opened_settings(data, url=f"http://127.0.0.1:{port}") as settings:
        prepare(settings)
        if not asyncio.run(has_communities(settings)):
            click.echo(
                "There is no community yet. To look around in an invented one: scripts/carehours demo",
                err=True,
            )
        app = create_app(settings)
        click.echo(f"Carehours runs at http://{host}:{port}/ (stop it with Ctrl-C)", err=True)
        run_server(app, host, port)


@main.command()
@data_option
def migrate(data: Path | None) -> None:
    """Bring the database's schema up to date."""
    from ledger.database.migrate import migrate as run

    with opened_settings(data) as settings:
        before, after = asyncio.run(run(str(settings.database_url)))
    click.echo(
        f"schema {before or 'none'} -> {after}" if before != after else f"schema {after}, nothing to do"
    )


# --- communities, tokens, keys ----------------------------------------------------------------------------------


@main.group()
def community() -> None:
    """Found communities and list them."""


@community.command("found")
@click.argument("slug")
@click.option("--name", required=True, help="The community's name, as people say it.")
@data_option
def community_found(slug: str, name: str, data: Path | None) -> None:
    """Found a community: its own accounts, journal and log."""
    check_slug(slug)
    if printable(name) != name or not name.strip() or len(name) > 120:
        raise Failure("a community's name has 1 to 120 ordinary characters")

    async def run(ledger: Any, settings: Any) -> Any:
        return await ledger.found(slug, name, settings.url, f"{settings.host}/{slug}")

    founded = with_ledger(data, run)
    click.echo(f"founded {founded.slug}; its log is {founded.origin}, its receipts will say {founded.issuer}")
    if not os.environ.get("CAREHOURS_URL"):
        click.echo(
            "People elsewhere cannot reach that: for more than a trial, set CAREHOURS_URL first.", err=True
        )
    click.echo(f"next: carehours token create --community {slug}")


@community.command("list")
@data_option
def community_list(data: Path | None) -> None:
    """List the communities."""
    for found in with_ledger(data, lambda ledger, _: ledger.communities()):
        click.echo(f"{found.slug}\t{found.name}\t{found.origin}")


@main.group()
def token() -> None:
    """Make and end the bearer tokens that guard the API."""


@token.command("create")
@community_option
@click.option("--label", default="made at the command line", show_default=True, help="What the token is for.")
@click.option(
    "--days", default=365, show_default=True, type=click.IntRange(1, 365), help="Days until it expires."
)
@data_option
def token_create(slug: str, label: str, days: int, data: Path | None) -> None:
    """Make a token and show it, once."""
    from datetime import timedelta

    from api.access import Tokens

    async def run(ledger: Any, _: Any) -> Any:
        return await Tokens(ledger).create(await known(ledger, slug), label, timedelta(days=days))

    made = with_ledger(data, run)
    click.echo(f"id {made.token_id}, expires {made.expires_at:%Y-%m-%d}; shown this once:", err=True)
    click.echo(made.text)


@token.command("list")
@community_option
@data_option
def token_list(slug: str, data: Path | None) -> None:
    """List the tokens of a community, without their secrets."""

    async def run(ledger: Any, _: Any) -> Any:
        found = await known(ledger, slug)
        async with ledger.database.connection() as db:
            return await db.rows("access/list_tokens", community_id=found.id)

    for row in with_ledger(data, run):
        state = "revoked" if row["revoked_at"] else f"expires {row['expires_at']:%Y-%m-%d}"
        click.echo(f"{row['token_id']}\t{state}\t{row['label']}")


@token.command("revoke")
@click.argument("token_id")
@community_option
@data_option
def token_revoke(token_id: str, slug: str, data: Path | None) -> None:
    """End a token."""
    from api.access import Tokens

    async def run(ledger: Any, _: Any) -> bool:
        return await Tokens(ledger).revoke(await known(ledger, slug), token_id)

    if not with_ledger(data, run):
        raise Failure(f"{slug} has no valid token {token_id}")
    click.echo(f"revoked {token_id}")


@main.group()
def keys() -> None:
    """The keys that sign receipts and checkpoints."""


@keys.command("init")
@data_option
def keys_init(data: Path | None) -> None:
    """Make the first keys."""
    from ledger.log.keys import create_keys

    ring = with_keys(data, create_keys)
    click.echo(f"receipt key {ring.receipt_key.kid}")


@keys.command("show")
@data_option
def keys_show(data: Path | None) -> None:
    """List every key, newest last."""
    from ledger.log.keys import load_keys

    ring = with_keys(data, lambda folder: load_keys(folder, os.environ))
    for key in (*ring.receipt, *ring.log):
        state = "retired" if key.private is None else "signs"
        click.echo(f"{key.purpose}\t{key.kid}\t{key.created_at:%Y-%m-%d}\t{state}")


@keys.command("rotate")
@click.argument("purpose", type=click.Choice(["receipt", "log"]))
@data_option
def keys_rotate(purpose: str, data: Path | None) -> None:
    """Add a key. Earlier receipts stay valid; both log keys sign until the old one is retired."""
    from ledger.log.keys import rotate_key

    if os.environ.get(f"CAREHOURS_{purpose.upper()}_KEY"):
        raise Failure(f"the {purpose} key comes from the environment: change it there")
    made = with_keys(data, lambda folder: rotate_key(folder, purpose))  # type: ignore[arg-type]
    click.echo(f"{purpose} key {made.kid}; restart the service to use it")


# A kid is base64url, so one in 64 begins with a hyphen and must not be taken for an option.
@keys.command("retire", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("kid", type=click.UNPROCESSED)
@data_option
def keys_retire(kid: str, data: Path | None) -> None:
    """Delete a key's private half. Its public half is kept for ever."""
    from ledger.log.keys import retire_key

    with_keys(data, lambda folder: retire_key(folder, kid))
    click.echo(f"retired {kid}; restart the service")


# --- proof ------------------------------------------------------------------------------------------------------


@main.command()
@click.argument("receipt", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--trust", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def verify(receipt: Path, trust: Path, as_json: bool) -> None:
    """Check a receipt against the keys you kept. Needs no network and no database; exit code 1 when it fails."""
    from dataclasses import asdict

    from ledger.log.trust import MAX_TRUST_BYTES, MalformedTrust, Trust
    from ledger.log.verification import MAX_RECEIPT_BYTES
    from ledger.log.verification import verify as check

    try:
        trusted = Trust.from_json(read_at_most(trust, MAX_TRUST_BYTES))
    except MalformedTrust as problem:
        raise Failure(printable(f"{trust}: {problem}")) from None
    result = check(read_at_most(receipt, MAX_RECEIPT_BYTES), trusted)
    if as_json:
        click.echo(json.dumps(asdict(result)))
    else:
        signs = {True: "ok ", False: "NO ", None: " - "}
        for each in result.checks:
            click.echo(printable(f"{signs[each.passed]} {each.says}"))
        if result.valid:
            for line in what_a_receipt_says(result):
                click.echo(printable(f"     {line}"))
        click.echo("The receipt is valid." if result.valid else "The receipt is NOT valid.")
    if not result.valid:
        sys.exit(1)


def what_a_receipt_says(result: Any) -> Iterator[str]:
    """A valid receipt in words: when, what for, how much, and whatever it discloses."""
    from datetime import UTC, datetime

    from ledger.book.amounts import format_hours

    said = result.payload
    recorded = datetime.fromtimestamp(said["iat"], UTC)
    given = f", for {said['on']}" if "on" in said else ""
    yield f"It says: {said['k']}, recorded {recorded:%Y-%m-%d %H:%M} UTC{given}, transfer {said['jti']}."
    disclosed = {each.entry_index: each for each in result.disclosed}
    for number, entry in enumerate(said["entries"]):
        side = "received" if entry["s"] > 0 else "gave"
        line = f"An account of {entry['c']} {side} {format_hours(abs(entry['s']))} hours"
        if number in disclosed:
            shown = disclosed[number]
            line += f": account {shown.account_id}, which then stood at {format_hours(shown.balance_after)}"
        yield line + "."
    if result.note is not None:
        yield f"Note: {result.note}"


@main.command()
@click.option("--community", "slug", help="Slug of one community; all of them when left out.")
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint kept outside.",
)
@click.option("--since-last", is_flag=True, help="Only what was added since the last clean audit.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@data_option
def audit(slug: str | None, against: Path | None, since_last: bool, as_json: bool, data: Path | None) -> None:
    """Recompute the books from their parts. Prints each finding; exit code 1 on any."""
    from ledger.desk.audit import audit_community
    from ledger.log.checkpoints import MalformedNote, read_checkpoint

    note = None if against is None else against.read_text(errors="replace")
    origin = None
    if note is not None:
        try:
            origin = read_checkpoint(note).origin
        except MalformedNote as problem:
            raise Failure(printable(f"{against} is no checkpoint: {problem}")) from None

    async def run(ledger: Any, settings: Any) -> Any:
        found = [await known(ledger, slug)] if slug else await ledger.communities()
        if note is not None and not slug:
            found = [each for each in found if each.origin == origin]
        if not found:
            raise Failure(
                "there is no community to audit" if note is None else f"no community has the log {origin}"
            )
        reports = []
        for each in found:
            with progress_bar(f"audit {each.slug}", quiet=as_json) as advance:
                reports.append(
                    await audit_community(
                        ledger, each, folder=settings.data / "audits", against=note,
                        since_last=since_last, progress=advance,
                    )
                )  # fmt: skip
        return reports

    reports = with_ledger(data, run)
    if as_json:
        click.echo(json.dumps([report.to_dict() for report in reports]))
    else:
        for report in reports:
            click.echo(printable("\n".join(report.render_lines())))
    if not all(report.clean for report in reports):
        sys.exit(1)


# --- in and out -------------------------------------------------------------------------------------------------


@main.group("import")
def import_() -> None:
    """Bring in what other systems export."""


@import_.command("timeoverflow")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@community_option
@click.option("--dry-run", is_flag=True, help="Show what would happen and write nothing.")
@click.option(
    "--organisation", help="The bank's own name in the file, when it cannot be told from the file itself."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@data_option
def import_timeoverflow(
    file: Path, slug: str, dry_run: bool, organisation: str | None, as_json: bool, data: Path | None
) -> None:
    """Bring in a TimeOverflow bank from its "download all" zip: members, history and balances."""
    from ledger.desk.imports import dry_run_timeoverflow, run_timeoverflow
    from ledger.desk.timeoverflow import ImportProblem, parse_timeoverflow

    content = file.read_bytes()

    async def run(ledger: Any, _: Any) -> Any:
        found = await known(ledger, slug)
        if dry_run:
            return await dry_run_timeoverflow(ledger, found, exported)
        with progress_bar(f"import {file.name}", quiet=as_json) as advance:
            return await run_timeoverflow(ledger, found, exported, advance)

    try:
        exported = parse_timeoverflow(content, file.name, organisation=organisation)
        report = with_ledger(data, run)
    except ImportProblem as problem:
        raise Failure(printable(str(problem))) from None
    click.echo(
        json.dumps(report.to_dict(), default=str) if as_json else printable("\n".join(report.render_lines()))
    )


@main.group()
def export() -> None:
    """Write the books in forms other programs read."""


def _export(form: str) -> Callable[..., None]:
    @export.command(form, help=f"The whole book as a {form} journal, with every closing balance asserted.")
    @community_option
    @click.option(
        "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of the screen."
    )
    @data_option
    def command(slug: str, output: Path | None, data: Path | None) -> None:
        from ledger.desk import journals

        write = {"hledger": journals.hledger, "beancount": journals.beancount}[form]

        async def run(ledger: Any, _: Any) -> None:
            found = await known(ledger, slug)
            with click.open_file(str(output or "-"), "w", encoding="utf-8", atomic=output is not None) as out:
                async for piece in write(ledger.database, found):
                    out.write(piece)

        with_ledger(data, run)

    return command


for _form in ("hledger", "beancount"):
    _export(_form)


@main.command()
@click.option("--community", "slug", default="demo", show_default=True)
@click.option("--seed", help="Another seed makes other people and other hours.")
@data_option
def demo(slug: str, seed: str | None, data: Path | None) -> None:
    """Make an invented co-op with a year of hours, the same for the same seed."""
    from ledger.desk.demo import NAME, SEED, make_demo

    async def run(ledger: Any, settings: Any) -> int:
        found = await ledger.community(slug)
        if found is None:
            check_slug(slug)
            found = await ledger.found(slug, NAME, settings.url, f"{settings.host}/{slug}")
        with progress_bar("demo") as advance:
            count: int = await make_demo(ledger, found, advance, seed=seed or SEED)
        return count

    try:
        count = with_ledger(data, run)
    except RuntimeError as problem:
        raise Failure(str(problem)) from None
    click.echo(f"{slug}: {count} commands. Look at it with: carehours audit --community {slug}")


# --- what the commands share ------------------------------------------------------------------------------------


def printable(text: str) -> str:
    """The text without anything a terminal might obey: other people's names and files end up in it."""
    return "".join(
        [each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text]
    )


def read_at_most(path: Path, most: int) -> bytes:
    """The file, or just enough of it to be refused for its size."""
    with path.open("rb") as file:
        return file.read(most + 1)


@contextlib.contextmanager
def opened_settings(data: Path | None, url: str | None = None) -> Iterator[Any]:
    """Settings with a database to reach: the embedded one is started, or joined when it runs already.

    What a person can do something about, in the settings, the keys or the database, ends in a plain sentence.
    """
    from dataclasses import replace

    import asyncpg
    from sqlalchemy.exc import SQLAlchemyError

    from api.settings import read_settings
    from ledger.book.ledger import ReadOnly
    from ledger.database.embedded import EmbeddedPostgres, EmbeddedPostgresError
    from ledger.log.keys import KeyProblem

    try:
        settings = read_settings(data=data, url=url)
        if settings.database_url is not None:
            yield settings
            return
        with EmbeddedPostgres.start(settings.data) as server:
            yield replace(settings, database_url=server.url)
    except (EmbeddedPostgresError, KeyProblem, ReadOnly, ValueError) as problem:
        raise Failure(printable(str(problem))) from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError) as problem:
        raise Failure(
            printable(f"the database cannot be used: {type(problem).__name__}: {problem}")
        ) from None


def prepare(settings: Any) -> None:
    """What a first start needs: the schema, and keys. Only a database without communities gets new keys."""
    from ledger.database.migrate import migrate as run
    from ledger.log.keys import KeyProblem, KeysExist, KeysMissing, create_keys, load_keys

    asyncio.run(run(str(settings.database_url)))
    try:
        load_keys(settings.keys_folder, settings.environ)
    except KeysMissing as problem:
        # Lost keys must not be replaced in silence: everything signed before would lose its signer.
        if asyncio.run(has_communities(settings)):
            raise Failure(
                f"{problem} Its communities were signed with other keys: bring those back."
            ) from None
        # Another process may be making them at this moment.
        with contextlib.suppress(KeysExist):
            create_keys(settings.keys_folder)
            click.echo(
                f"made signing keys in {settings.keys_folder}: back them up, apart from the database",
                err=True,
            )
    except KeyProblem as problem:
        raise Failure(str(problem)) from None


async def has_communities(settings: Any) -> bool:
    from ledger.database.connections import Database

    database = Database(settings.database_url, pool_size=1)
    try:
        async with database.connection() as db:
            return bool(await db.rows("book/read_communities"))
    finally:
        await database.close()


def with_ledger(data: Path | None, run: Callable[[Any, Any], Awaitable[T]]) -> T:
    """Run with an open, migrated ledger, and close it."""
    from api.app import open_ledger
    from ledger.book.forks import check_published

    with opened_settings(data) as settings:
        prepare(settings)

        async def inner() -> T:
            ledger = open_ledger(settings, pool_size=4)
            try:
                await check_published(ledger)
                return await run(ledger, settings)
            finally:
                await ledger.database.close()

        return asyncio.run(inner())


def with_keys(data: Path | None, run: Callable[[Path], T]) -> T:
    from api.settings import read_settings
    from ledger.log.keys import KeyProblem

    try:
        return run(read_settings(data=data).keys_folder)
    except (KeyProblem, ValueError) as problem:
        raise Failure(str(problem)) from None


def check_slug(slug: str) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", slug):
        raise Failure(f"{slug!r} cannot be a slug: use 1 to 40 of a-z, 0-9 and -, such as oak-hill")


async def known(ledger: Any, slug: str) -> Any:
    found = await ledger.community(slug)
    if found is None:
        raise Failure(f"there is no community {slug}; `carehours community list` shows them")
    return found


@contextlib.contextmanager
def progress_bar(title: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, a line every tenth elsewhere; on standard error, so that output can be piped."""
    console = Console(stderr=True)
    if quiet:
        yield lambda done, total: None
    elif console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        told = -1

        def tell(done: int, total: int) -> None:
            nonlocal told
            tenth = 10 if total == 0 else done * 10 // total
            if tenth > told:
                told = tenth
                click.echo(f"{title}: {done} of {total}", err=True)

        yield tell


if __name__ == "__main__":
    main()
