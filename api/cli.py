"""`carehours`: the service and everything else one does from a shell."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import rich_click as click

from api.cli_common import (
    Failure,
    check_name,
    check_slug,
    data_option,
    known,
    opened_settings,
    prepare,
    printable,
    progress_bar,
    with_keys,
    with_ledger,
)
from api.cli_exports import export, import_community, move_community
from api.cli_hours import policy
from api.cli_imports import import_
from api.cli_liability import liability
from api.cli_people import member, role, token
from api.cli_periods import close, period
from api.cli_reports import report
from api.cli_rounds import reconcile
from api.cli_statements import statement
from api.cli_verify import verify


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Carehours: a time bank's ledger with receipts anybody can check."""


# --- the service ------------------------------------------------------------------------------------------------


@main.command()
@click.option(
    "--host", default="localhost", show_default=True, help="Where to listen; localhost is 127.0.0.1 and ::1."
)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@data_option
def serve(host: str, port: int, data: Path | None) -> None:
    """Run the service, with its own PostgreSQL unless DATABASE_URL names another."""
    from api.app import create_app
    from api.server import listen
    from api.server import run as run_server

    # Passkeys belong to a name: a browser makes none for an address such as 127.0.0.1.
    with opened_settings(data, url=f"http://localhost:{port}") as settings:
        prepare(settings)
        app = create_app(settings)
        try:
            sockets = listen(host, port)
        except OSError as problem:
            raise Failure(f"cannot listen at {host}, port {port}: {problem.strerror or problem}") from None
        # Only now: a service that cannot start must not make the link of a running one worthless.
        secret = asyncio.run(start_link(settings))
        click.echo(f"Carehours runs at http://{host}:{port}/ (stop it with Ctrl-C)", err=True)
        if secret is not None:
            place = f"{settings.url}/demo" if settings.demo else "scripts/carehours demo"
            click.echo(
                "Nobody is here yet. Open this link once, within 72 hours, to found your co-op:\n"
                f"{settings.url}/start#{secret}\n"
                f"To look around in an invented one: {place}",
                err=True,
            )
        run_server(app, sockets, settings.trusted_proxies)


async def start_link(settings: Any) -> str | None:
    """The secret of a new link that founds the first community; None when there is one."""
    from datetime import UTC, datetime

    from ledger.database.connections import Database
    from ledger.people.start import make_start_link

    database = Database(settings.database_url, pool_size=1)
    try:
        return await make_start_link(database, datetime.now(UTC))
    finally:
        await database.close()


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


# --- communities, people, keys ----------------------------------------------------------------------------------


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
    check_name(name, "a community's name")

    async def run(ledger: Any, settings: Any) -> Any:
        from ledger.book.authors import SHELL, Event
        from ledger.people.acts import record

        new = await ledger.found(slug, name, settings.url, f"{settings.host}/{slug}")
        await record(ledger, new, Event("community_founded", SHELL))
        return new

    founded = with_ledger(data, run)
    click.echo(f"founded {founded.slug}; its log is {founded.origin}, its receipts will say {founded.issuer}")
    if not os.environ.get("CAREHOURS_URL"):
        click.echo(
            "People elsewhere cannot reach that: for more than a trial, set CAREHOURS_URL first.", err=True
        )
    click.echo(
        "next, its first co-ordinator:\n"
        f'  carehours member add --community {slug} --name "..."\n'
        f"  carehours role grant --community {slug} 1 coordinator\n"
        f"  carehours member card --community {slug} 1"
    )


@community.command("list")
@data_option
def community_list(data: Path | None) -> None:
    """List the communities."""
    for found in with_ledger(data, lambda ledger, _: ledger.communities()):
        click.echo(f"{found.slug}\t{found.name}\t{found.origin}")


community.add_command(import_community)
community.add_command(move_community)
main.add_command(verify)
main.add_command(export)
main.add_command(member)
main.add_command(role)
main.add_command(token)
main.add_command(liability)
main.add_command(policy)
main.add_command(close)
main.add_command(period)
main.add_command(statement)


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


main.add_command(import_)
main.add_command(reconcile)
main.add_command(report)


@main.command()
@click.option("--community", "slug", default="demo", show_default=True)
@click.option("--seed", help="Another seed makes other people and other hours.")
@data_option
def demo(slug: str, seed: str | None, data: Path | None) -> None:
    """Make an invented co-op with a year of life, the same for the same seed and day."""
    from ledger.desk.demo import SEED, found_demo, make_demo

    async def run(ledger: Any, settings: Any) -> int:
        found = await ledger.community(slug)
        if found is None:
            check_slug(slug)
            found = await found_demo(ledger, slug, settings.url, f"{settings.host}/{slug}")
        with progress_bar("demo") as advance:
            count: int = await make_demo(ledger, found, advance, seed=seed or SEED)
        return count

    try:
        count = with_ledger(data, run)
    except RuntimeError as problem:
        raise Failure(str(problem)) from None
    click.echo(f"{slug}: {count} steps. Look at it with: carehours audit --community {slug}")


if __name__ == "__main__":
    main()
