"""`carehours close` and `period`: the checklist of a period, closing it, and what is closed.

The operator acts here, without a second person; the admin trail says so. Nobody opens a period again here: that takes
two people, at the desk.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import rich_click as click

from api.cli_common import Failure, community_option, data_option, known, printable, with_ledger
from api.cli_hours import A_DAY, done

ITEMS = {
    "trial_balance": "the trial balance is zero",
    "audit": "an audit of all that was recorded until then",
    "open_claims": "claims that wait for an answer",
    "open_disputes": "disputes that are not decided",
    "open_requests": "requests for care that are open or taken",
    "unmatched_sheets": "paper rounds that are not signed off",
    "failed_assertions": "asserted balances that differ",
    "holds": "hours that were set aside and still are",
}
STATES = {"done": "ok  ", "open": "OPEN", "look": "look", "blocks": "NO  "}


@click.command()
@community_option
@click.option("--through", "through", type=A_DAY, help="The last day to close, YYYY-MM-DD.")
@click.option(
    "--check", "only_check", is_flag=True, help="Only show the checklist; exit code 1 when something is open."
)
@click.option(
    "--despite",
    multiple=True,
    type=click.Choice([each for each in ITEMS if each not in ("trial_balance", "holds")]),
    help="What may stay open, once for each.",
)
@click.option("--reason", help="Why it may; kept with the closing.")
@data_option
def close(
    slug: str,
    through: datetime | None,
    only_check: bool,
    despite: tuple[str, ...],
    reason: str | None,
    data: Path | None,
) -> None:
    """Close everything up to a day that is over: nothing is posted for its days any more.

    What every account stood at is written down, and its root is put into the log. Without --through, --check is about
    the month before this one.
    """
    if not only_check and through is None:
        raise click.UsageError("Missing option '--through'.")
    if despite and not reason:
        raise click.UsageError("--despite needs a --reason.")
    if reason is not None and (not reason.strip() or len(reason) > 500 or printable(reason) != reason):
        raise Failure("a reason has 1 to 500 ordinary characters")

    async def run(ledger: Any, settings: Any) -> Any:
        from ledger.book.authors import SHELL
        from ledger.desk.closing import close_period, read_checklist
        from ledger.hours.hours import Hours
        from ledger.hours.periods import end_of

        community, hours = await known(ledger, slug), Hours(ledger)
        audited = _audited(settings.data / "audits" / f"{slug}.audited")
        now = ledger.now()
        async with ledger.database.snapshot(community.id) as db:
            book = await hours.read(db, community, now)
            day = book.today.replace(day=1) - timedelta(days=1) if through is None else through.date()
            checked = await read_checklist(db, community.id, day, end_of(book, day), now, audited)
        if only_check:
            return day, checked, None, None
        answer = await close_period(
            hours, community, SHELL, uuid4(), day, frozenset(despite), reason, audited
        )
        async with ledger.database.connection(community.id) as db:
            closings = await db.rows(
                "hours/list_closed_periods", community_id=community.id, below=2**31 - 1, at_most=1
            )
        return day, checked, answer, closings

    day, checked, answer, closings = with_ledger(data, run)
    if answer is None:
        click.echo(f"before closing everything through {day}:", err=True)
        for each in checked:
            about = ITEMS[each.item] + (f": {each.count}" if each.count else "")
            click.echo(f"{STATES[each.state]} {each.item}\t{about}")
        if any(each.state in ("open", "blocks") for each in checked):
            raise SystemExit(1)
        return
    done(answer)
    root = closings[0]["root"].hex()
    click.echo(f"closed through {day}: {closings[0]['account_count']} balances, sum 0, root {root}")


def _audited(mark: Path) -> int:
    """Over how many leaves the last clean audit at this machine was; 0 when there was none."""
    from ledger.log.checkpoints import MalformedNote, read_checkpoint

    try:
        return read_checkpoint(mark.read_text()).size
    except (OSError, UnicodeDecodeError, MalformedNote):
        return 0


@click.group()
def period() -> None:
    """Periods that are over and closed; `carehours close` closes one."""


@period.command("list")
@community_option
@data_option
def period_list(slug: str, data: Path | None) -> None:
    """List the closings, the newest first: last day, when it was closed, number, root, when it was opened again."""

    async def run(ledger: Any, _: Any) -> Any:
        community = await known(ledger, slug)
        async with ledger.database.connection(community.id) as db:
            return await db.rows(
                "hours/list_closed_periods", community_id=community.id, below=2**31 - 1, at_most=10_000
            )

    for row in with_ledger(data, run):
        root = "-" if row["root"] is None else row["root"].hex()
        again = "-" if row["reopened_at"] is None else f"{row['reopened_at']:%Y-%m-%dT%H:%M:%SZ}"
        closed = f"{row['closed_at']:%Y-%m-%dT%H:%M:%SZ}"
        click.echo(f"{row['through_on']}\t{closed}\t{row['closing_number']}\t{root}\t{again}")
