"""What the commands of `carehours` share: options, settings with a database to reach, plain failures."""

import asyncio
import contextlib
import re
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


def check_name(name: str, what: str) -> None:
    if printable(name) != name or "\n" in name or not name.strip() or len(name) > 120:
        raise Failure(f"{what} has 1 to 120 ordinary characters")


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
