"""`carehours member`, `role` and `token`: who belongs to a community, and who and what may speak for it.

The operator acts here, without an account and without a second person; the admin trail says so.
"""

import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import rich_click as click

from api.cli_common import Failure, check_name, community_option, data_option, known, printable, with_ledger

# The words of ledger.people, written out: importing them here would make `carehours verify` wait for a database's
# driver. A test compares them.
STATUSES = ("applied", "active", "away", "left", "died")
CLASSES = ("worker", "volunteer", "service_user", "family_member", "capital_provider")
ROLES = ("coordinator", "auditor", "administrator")
REASONS = ("asked", "not_needed", "unlawful")
SCOPES = ("read", "post", "manage", "members")

PAGE = 200

member_argument = click.argument("member", metavar="MEMBER")


# --- members ----------------------------------------------------------------------------------------------------


@click.group()
def member() -> None:
    """Members: enrol, list, let in, and erase them. MEMBER is a member's number or id."""


@member.command("add")
@community_option
@click.option("--name", required=True, help="Their name, as people say it.")
@click.option("--email", help="Where a code to sign in with can be sent.")
@click.option("--phone")
@click.option(
    "--class",
    "classes",
    multiple=True,
    type=click.Choice(CLASSES),
    help="What they are to the co-op; several.",
)
@click.option("--no-account", is_flag=True, help="Without an account of their own.")
@click.option("--even-if-alike", is_flag=True, help="Even if another member's name looks the same.")
@data_option
def member_add(
    slug: str,
    name: str,
    email: str | None,
    phone: str | None,
    classes: tuple[str, ...],
    no_account: bool,
    even_if_alike: bool,
    data: Path | None,
) -> None:
    """Enrol a member. Prints their number and id."""
    asked = {"name": name, "email": email, "phone": phone, "classes": sorted(set(classes))}

    async def run(ledger: Any, _: Any) -> Any:
        from ledger.book.authors import SHELL
        from ledger.book.commands import AccountKind
        from ledger.hours.applying import opening_limits
        from ledger.hours.policies import Policies
        from ledger.people.members import NewMember, StakeholderClass, account_of, enrol, read_member

        community = await known(ledger, slug)
        member_id = uuid4()
        new = NewMember(
            member_id,
            _person(asked),
            _today(),
            classes=tuple(map(StakeholderClass, asked["classes"] or ())),
            account_id=None if no_account else account_of(member_id),
        )
        async with ledger.database.connection(community.id) as db:
            limits = await opening_limits(db, community.id, AccountKind.MEMBER, Policies())
        _done(await enrol(ledger, community, SHELL, new, even_if_alike=even_if_alike, limits=limits))
        async with ledger.database.connection(community.id) as db:
            return await read_member(db, community.id, member_id)

    row = with_ledger(data, run)
    click.echo(f"{row['member_number']}\t{row['member_id']}")


@member.command("list")
@community_option
@click.option("--status", type=click.Choice(STATUSES), help="Only those with this status.")
@click.option("--role", type=click.Choice(ROLES), help="Only those with this role.")
@data_option
def member_list(slug: str, status: str | None, role: str | None, data: Path | None) -> None:
    """List the members: number, id, status, role and name."""

    async def run(ledger: Any, _: Any) -> None:
        community = await known(ledger, slug)
        async for row in _members(ledger, community, status=status, role=role):
            _echo(row["member_number"], row["member_id"], row["status"], row["role"], _name(row))

    with_ledger(data, run)


@member.command("card")
@community_option
@member_argument
@data_option
def member_card(slug: str, member: str, data: Path | None) -> None:
    """Make a card that signs a member in, once, within 72 hours. Prints its link and its code; on a terminal, a QR.

    Whoever has the link or the code can use it: give it to the member and to nobody else.
    """

    async def run(ledger: Any, settings: Any) -> Any:
        from ledger.book.authors import SHELL
        from ledger.people.cards import issue_card

        community = await known(ledger, slug)
        row = await _named(ledger, community, member)
        answer, card = await issue_card(ledger, community, SHELL, uuid4(), row["member_id"])
        _done(answer)
        assert card is not None, "a new key is no replay"
        return f"{settings.url}/join#{slug}.{card.secret}", card, row

    address, card, row = with_ledger(data, run)
    click.echo(
        f"for member {row['member_number']}, good once, until {card.expires_at:%Y-%m-%d %H:%M} UTC;"
        " earlier cards of theirs work no more",
        err=True,
    )
    if sys.stdout.isatty():
        import segno

        segno.make(address, error="m").terminal(compact=True)
    click.echo(address)
    click.echo(card.code)


@member.command("status")
@community_option
@member_argument
@click.argument("status", type=click.Choice(STATUSES))
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="The first day of it; today when left out.")
@data_option
def member_status(slug: str, member: str, status: str, since: datetime | None, data: Path | None) -> None:
    """Record where a member stands. Whoever has left or died is signed out and has no role any more."""

    async def run(ledger: Any, _: Any) -> Any:
        from ledger.book.authors import SHELL
        from ledger.people.members import Status, change_standing

        community = await known(ledger, slug)
        row = await _named(ledger, community, member)
        answer = await change_standing(
            ledger,
            community,
            SHELL,
            uuid4(),
            row["member_id"],
            row["change_count"],
            status=Status(status),
            since=_today() if since is None else since.date(),
            frail=row["frail"],
        )
        _done(answer)
        return row

    row = with_ledger(data, run)
    click.echo(f"member {row['member_number']}: {row['status']} -> {status}")


@member.command("erase")
@community_option
@member_argument
@click.option("--reason", required=True, type=click.Choice(REASONS), help="Why (GDPR Article 17).")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@data_option
def member_erase(slug: str, member: str, reason: str, yes: bool, data: Path | None) -> None:
    """Delete what tells who a member was, for ever. They must have left or died, their accounts must be closed."""

    async def run(ledger: Any, _: Any) -> Any:
        from ledger.book.authors import SHELL
        from ledger.people.erasure import Reason, erase

        community = await known(ledger, slug)
        row = await _named(ledger, community, member)
        if not yes:
            click.confirm(
                f"Erase member {row['member_number']}, {_name(row)}? It cannot be undone.",
                abort=True,
                err=True,
            )
        _done(await erase(ledger, community, SHELL, uuid4(), row["member_id"], Reason(reason)))
        return row

    row = with_ledger(data, run)
    click.echo(f"erased member {row['member_number']}; the books and their proofs are whole")
    click.echo("Backups still know them: keep those no longer than you must.", err=True)


@member.command("events")
@community_option
@member_argument
@data_option
def member_events(slug: str, member: str, data: Path | None) -> None:
    """What was done to a member's record, newest first: leaf, time, deed, capacity, by whom, details."""
    from ledger.people.events import find_events

    async def run(ledger: Any, _: Any) -> None:
        community = await known(ledger, slug)
        row = await _named(ledger, community, member)
        below = 2**53 - 1
        while True:
            async with ledger.database.connection(community.id) as db:
                events = await find_events(
                    db, community.id, member_id=row["member_id"], below=below, at_most=PAGE
                )
            for each in events:
                _echo(
                    each["leaf_index"],
                    f"{each['recorded_at'].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
                    each["kind"],
                    each["via"],
                    each["author_id"],
                    each["details"],
                )
            if len(events) < PAGE:
                return
            below = events[-1]["leaf_index"]

    with_ledger(data, run)


# --- roles ------------------------------------------------------------------------------------------------------


@click.group()
def role() -> None:
    """Roles: who is co-ordinator, auditor or administrator. MEMBER is a member's number or id."""


@role.command("grant")
@community_option
@member_argument
@click.argument("role", type=click.Choice(ROLES))
@data_option
def role_grant(slug: str, member: str, role: str, data: Path | None) -> None:
    """Give a member a role. It counts once they have signed in with a passkey."""

    async def run(ledger: Any, _: Any) -> Any:
        from ledger.book.authors import SHELL
        from ledger.people.granting import grant_role
        from ledger.people.roles import Role

        community = await known(ledger, slug)
        row = await _named(ledger, community, member)
        _done(await grant_role(ledger, community, SHELL, uuid4(), row["member_id"], Role(role)))
        return row

    row = with_ledger(data, run)
    click.echo(f"member {row['member_number']} is {role}")
    click.echo(
        "It counts once they show a passkey; whoever has none is let in by:"
        f" carehours member card --community {slug} {row['member_number']}",
        err=True,
    )


@role.command("end")
@community_option
@member_argument
@click.argument("role", type=click.Choice(ROLES))
@data_option
def role_end(slug: str, member: str, role: str, data: Path | None) -> None:
    """Take a role from a member, and sign them out. The last co-ordinator stays."""

    async def run(ledger: Any, _: Any) -> Any:
        from ledger.book.authors import SHELL
        from ledger.book.refusals import Refusal
        from ledger.people.granting import end_role

        community = await known(ledger, slug)
        row = await _named(ledger, community, member)
        if row["role"] != role:
            raise _failure(Refusal.ROLE_UNKNOWN)
        _done(await end_role(ledger, community, SHELL, uuid4(), row["member_id"]))
        return row

    row = with_ledger(data, run)
    click.echo(f"member {row['member_number']} is no longer {role}")


@role.command("list")
@community_option
@data_option
def role_list(slug: str, data: Path | None) -> None:
    """List who has a role: number, id, role and name."""

    async def run(ledger: Any, _: Any) -> None:
        community = await known(ledger, slug)
        for each in ROLES:
            async for row in _members(ledger, community, role=each):
                _echo(row["member_number"], row["member_id"], row["role"], _name(row))

    with_ledger(data, run)


# --- tokens -----------------------------------------------------------------------------------------------------


@click.group()
def token() -> None:
    """Make and end the bearer tokens by which programs use the API."""


@token.command("create")
@community_option
@click.option("--label", default="made at the command line", show_default=True, help="What the token is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="What it may do; give it several times for several. All four when left out: read the books, post"
    " transfers, manage accounts, read who the members are.",
)
@click.option(
    "--days", default=365, show_default=True, type=click.IntRange(1, 365), help="Days until it expires."
)
@data_option
def token_create(slug: str, label: str, scopes: tuple[str, ...], days: int, data: Path | None) -> None:
    """Make a token and show it, once."""
    check_name(label, "a token's label")

    async def run(ledger: Any, _: Any) -> Any:
        from ledger.book.authors import SHELL
        from ledger.people.roles import Scope
        from ledger.people.tokens import create_token

        community = await known(ledger, slug)
        wanted = {Scope(each) for each in scopes or SCOPES}
        answer, made = await create_token(
            ledger, community, SHELL, uuid4(), label, wanted, timedelta(days=days)
        )
        _done(answer)
        return made

    made = with_ledger(data, run)
    click.echo(f"id {made.token_id}, expires {made.expires_at:%Y-%m-%d}; shown this once:", err=True)
    click.echo(made.text)


@token.command("list")
@community_option
@data_option
def token_list(slug: str, data: Path | None) -> None:
    """List the tokens of a community, without their secrets: id, state, scopes and label."""

    async def run(ledger: Any, _: Any) -> Any:
        community = await known(ledger, slug)
        async with ledger.database.connection(community.id) as db:
            return await db.rows("access/list_tokens", community_id=community.id)

    for row in with_ledger(data, run):
        state = "revoked" if row["revoked_at"] else f"expires {row['expires_at']:%Y-%m-%d}"
        _echo(row["token_id"], state, ",".join(row["scopes"]), row["label"])


@token.command("revoke")
@click.argument("token_id")
@community_option
@data_option
def token_revoke(token_id: str, slug: str, data: Path | None) -> None:
    """End a token. A running service stops believing it within a second."""

    async def run(ledger: Any, _: Any) -> None:
        from ledger.book.authors import SHELL
        from ledger.people.tokens import revoke_token

        _done(await revoke_token(ledger, await known(ledger, slug), SHELL, uuid4(), token_id))

    with_ledger(data, run)
    click.echo(f"revoked {token_id}")


# --- what they share --------------------------------------------------------------------------------------------


def _today() -> date:
    return datetime.now(UTC).date()


def _person(asked: dict[str, Any]) -> Any:
    """The person, by the same rules as over HTTP."""
    import msgspec

    from api.problems import Problem
    from api.requests import decode
    from api.routes.members import EnrolBody, person_from

    try:
        return person_from(decode(msgspec.json.encode(asked), msgspec.json.Decoder(EnrolBody)))
    except Problem as problem:
        raise Failure(f"this cannot be kept of a person: {problem.detail}") from None
    except UnicodeError:
        raise Failure("the name, e-mail address or telephone number is not valid UTF-8") from None


def _done(answer: Any) -> None:
    """Nothing when it was done; ends the command with the refusal and what to do about it."""
    from ledger.book.posting import Refused

    if isinstance(answer.outcome, Refused):
        raise _failure(answer.outcome.refusal, answer.outcome.detail)


def _failure(refusal: Any, detail: str | None = None) -> Failure:
    from ledger.book.refusals import Refusal

    remedy = refusal.remedy
    if refusal is Refusal.NAME_ALIKE:
        remedy = f"It is member {detail}. " + remedy.replace("send `even_if_alike`", "say --even-if-alike")
    elif refusal is Refusal.LAST_COORDINATOR:
        remedy += " One without a passkey does not count yet."
    return Failure(f"{refusal.says} {remedy}")


async def _named(ledger: Any, community: Any, text: str) -> Any:
    """The member with this number or id."""
    from ledger.book.refusals import Refusal
    from ledger.people.members import read_member

    row = None
    if text.isascii() and text.isdigit() and len(text) < 10:
        number = int(text)
        async for each in _members(ledger, community, after=number - 1, at_most=1):
            row = each if each["member_number"] == number else None
            break
    else:
        try:
            member_id = UUID(text)
        except ValueError:
            raise Failure("a member is named by their number, such as 7, or by their id") from None
        async with ledger.database.connection(community.id) as db:
            row = await read_member(db, community.id, member_id)
    if row is None:
        raise _failure(Refusal.MEMBER_UNKNOWN)
    return row


async def _members(
    ledger: Any,
    community: Any,
    *,
    status: str | None = None,
    role: str | None = None,
    after: int = 0,
    at_most: int = PAGE,
) -> AsyncIterator[Any]:
    """Members by number, beginning after one, read a page at a time."""
    while True:
        async with ledger.database.connection(community.id) as db:
            rows = await db.rows(
                "people/list_members",
                community_id=community.id,
                after=after,
                status=status,
                role=role,
                looks_like=None,
                at_most=at_most,
            )
        for row in rows:
            yield row
        if len(rows) < at_most:
            return
        after = rows[-1]["member_number"]


def _name(row: Any) -> str:
    return row["name"] or "(erased)"


def _echo(*values: object) -> None:
    """One line with tabs; nothing in a value can be taken for a tab, a new line or a command to the terminal."""
    texts = ["-" if each is None else printable(str(each)).replace("\n", " ") for each in values]
    click.echo("\t".join(texts))
