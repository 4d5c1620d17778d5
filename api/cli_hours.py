"""`carehours policy`: the rules of a community about hours.

The operator acts here, without a second person; the admin trail says so.
"""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import rich_click as click

from api.cli_common import Failure, community_option, data_option, known, printable, read_at_most, with_ledger

file_argument = click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
A_DAY = click.DateTime(["%Y-%m-%d"])


# --- policy -----------------------------------------------------------------------------------------------------


@click.group()
def policy() -> None:
    """The policy of a community: look at it, check a file, try it on the past, put it in force."""


@policy.command("check")
@file_argument
def policy_check(file: Path) -> None:
    """Read a file and say it in plain sentences, or name every mistake. Needs no database; exit code 1 on any."""
    from ledger.hours.policy_sentences import render_policy

    _, read = _read(file)
    _say(render_policy(read))


@policy.command("preset")
@click.argument("name", required=False)
def policy_preset(name: str | None) -> None:
    """Print a policy after the rules of a real bank, to begin from. Without a name: which there are."""
    from ledger.hours import presets

    if name is None:
        click.echo("\n".join(presets.names()))
        return
    try:
        click.echo(presets.text(name), nl=False)
    except KeyError:
        raise Failure(
            f"there is no preset {printable(name)}; there are: {', '.join(presets.names())}"
        ) from None


@policy.command("apply")
@file_argument
@community_option
@click.option("--from", "from_on", type=A_DAY, help="Its first day, YYYY-MM-DD; today when left out.")
@data_option
def policy_apply(file: Path, slug: str, from_on: datetime | None, data: Path | None) -> None:
    """Put a policy in force. What was done under the rules before stays as it is."""
    from ledger.hours.policy_sentences import render_policy

    source, read = _read(file)

    async def run(ledger: Any, _: Any) -> Any:
        from ledger.book.authors import SHELL
        from ledger.hours.applying import NewPolicy, applied_version, apply_policy
        from ledger.hours.hours import Hours

        community = await known(ledger, slug)
        key = uuid4()
        new = NewPolicy(source, read, None if from_on is None else from_on.date())
        done(await apply_policy(Hours(ledger), community, SHELL, key, new))
        async with ledger.database.connection(community.id) as db:
            version = await applied_version(db, community.id, key)
            return await db.row("hours/read_policy", community_id=community.id, version=version)

    row = with_ledger(data, run)
    click.echo(f"version {row['version']} of the policy is in force from {row['in_force_from']}", err=True)
    _say(render_policy(read))


@policy.command("simulate")
@file_argument
@community_option
@click.option("--from", "from_on", type=A_DAY, help="The first day, YYYY-MM-DD.")
@click.option("--until", "until_on", type=A_DAY, help="The last day. Without the two: last month.")
@data_option
def policy_simulate(
    file: Path, slug: str, from_on: datetime | None, until_on: datetime | None, data: Path | None
) -> None:
    """Say what the claims of some days would have been under a policy. Nothing is kept."""
    _, read = _read(file)

    async def run(ledger: Any, _: Any) -> Any:
        from api.problems import Problem
        from api.routes.policy import span
        from ledger.hours.applying import provider_names, simulate_policy
        from ledger.hours.hours import Hours
        from ledger.hours.simulation import render_lines

        community = await known(ledger, slug)
        async with ledger.database.snapshot(community.id) as db:
            hours = await Hours(ledger).read(db, community, ledger.now())
            try:
                days = span(
                    None if from_on is None else from_on.date(),
                    None if until_on is None else until_on.date(),
                    hours.today,
                )
            except Problem as problem:
                raise Failure(
                    str(problem.detail).replace("`from` and `until`", "--from and --until")
                ) from None
            simulation = await simulate_policy(db, community.id, hours.policies, read, *days)
            names = await provider_names(db, community.id, simulation)
        return days, render_lines(simulation, names)

    (first, last), lines = with_ledger(data, run)
    click.echo(f"from {first} to {last}:", err=True)
    _say(lines)


@policy.command("show")
@community_option
@click.option(
    "--version", type=click.IntRange(0, 2**31 - 1), help="Its number; the one in force when left out."
)
@click.option("--sentences", is_flag=True, help="In plain sentences rather than as the file.")
@data_option
def policy_show(slug: str, version: int | None, sentences: bool, data: Path | None) -> None:
    """Print a policy as the file it was applied from."""

    async def run(ledger: Any, _: Any) -> Any:
        from ledger.hours import presets
        from ledger.hours.hours import Hours
        from ledger.hours.policy import in_force

        community = await known(ledger, slug)
        async with ledger.database.snapshot(community.id) as db:
            hours = await Hours(ledger).read(db, community, ledger.now())
            number = in_force(hours.policies, hours.today) if version is None else version
            if number >= len(hours.policies):
                raise Failure(f"there is no version {number}; the newest is {len(hours.policies) - 1}")
            row = await db.row("hours/read_policy", community_id=community.id, version=number)
        source = presets.text("equal-hours") if row is None else row["source"]
        since = "from the beginning" if row is None else f"from {row['in_force_from']}"
        return f"version {number}, {since}", source, hours.policies[number][1]

    said, source, shown = with_ledger(data, run)
    click.echo(said, err=True)
    if sentences:
        from ledger.hours.policy_sentences import render_policy

        _say(render_policy(shown))
    else:
        click.echo(
            printable(source.replace("\r\n", "\n").replace("\t", "    ")), nl=not source.endswith("\n")
        )


# --- what they share --------------------------------------------------------------------------------------------


def _read(file: Path) -> tuple[str, Any]:
    """The file's text and what it says. Ends the command with every mistake, a line each."""
    from ledger.hours.policy_text import MAX_BYTES, PolicyProblem, read_policy

    try:
        if str(file) == "-":
            source = sys.stdin.buffer.read(MAX_BYTES + 1).decode()
        else:
            source = read_at_most(file, MAX_BYTES).decode()
        return source, read_policy(source)
    except UnicodeDecodeError:
        raise Failure(printable(f"{file} is not text in UTF-8: save it as such")) from None
    except OSError as problem:
        raise Failure(printable(f"{file} cannot be read: {problem.strerror}")) from None
    except PolicyProblem as problem:
        # Outside the box of a Failure, so that a line stays a line.
        _say([str(each) for each in problem.mistakes], err=True)
        count = len(problem.mistakes)
        raise Failure(
            printable(f"{file} is not a policy yet: {count} mistake{'' if count == 1 else 's'}")
        ) from None


def _say(lines: list[str], *, err: bool = False) -> None:
    for line in lines:
        click.echo(printable(line), err=err)


def done(answer: Any) -> None:
    """Nothing when it was done; ends the command with the refusal and what to do about it."""
    from ledger.book.posting import Refused

    if isinstance(answer.outcome, Refused):
        about = "" if answer.outcome.detail is None else f" ({answer.outcome.detail})"
        raise Failure(printable(f"{answer.outcome.refusal.says}{about} {answer.outcome.refusal.remedy}"))
