"""A statement as the API answers it, and as everything that shows one reads it."""

from datetime import UTC, date, datetime
from uuid import UUID

import msgspec

from api.texts import LOCALES
from ledger.desk.statements import Made
from ledger.log.statements import Line


class StatementLineView(msgspec.Struct, omit_defaults=True):
    """One entry with the balance after it, in seconds.

    `what` is the kind of care, `who` the names of the other side. Of what was taken back they are said as they were of
    that, and so is `service_on`.
    """

    number: int
    seconds: int
    balance_after: int
    kind: str
    transfer: UUID
    leaf_index: int
    recorded_on: date
    service_on: date | None = None
    what: str | None = None
    who: list[str] = []


class StatementView(msgspec.Struct, omit_defaults=True):
    """An account's entries recorded from the first day to the last, by the community's clock. Seconds throughout.

    `gained` less `given` leads from `opening` to `closing`; `held` was set aside at `made_at`. `signed` is what the
    square on paper holds: all but the lines, signed; `as=text` has the lines too. `language` is the one its holder
    reads, and `large_print` what they wish.
    """

    account: UUID
    kind: str
    code: str
    names: list[str]
    community_name: str
    timezone: str
    from_on: date
    until_on: date
    opening: int
    gained: int
    given: int
    closing: int
    held: int
    made_at: datetime
    tree_size: int
    lines: list[StatementLineView]
    signed: str
    language: str | None = None
    large_print: bool = False


def statement_view(made: Made) -> StatementView:
    statement = made.statement
    return StatementView(
        account=UUID(statement.account_id),
        kind=statement.kind,
        code=statement.code,
        names=list(statement.names),
        community_name=statement.community_name,
        timezone=statement.zone,
        from_on=statement.from_on,
        until_on=statement.until_on,
        opening=statement.opening,
        gained=statement.gained,
        given=statement.given,
        closing=statement.closing,
        held=statement.held,
        made_at=datetime.fromtimestamp(statement.made_at, UTC),
        tree_size=statement.tree_size,
        lines=[_line_view(line) for line in statement.lines or ()],
        signed=made.signed,
        language=language_of_holders(made),
        large_print=any(each.large_print for each in made.holders),
    )


def _line_view(line: Line) -> StatementLineView:
    return StatementLineView(
        number=line.number,
        seconds=line.seconds,
        balance_after=line.balance_after,
        kind=line.kind,
        transfer=UUID(line.transfer_id),
        leaf_index=line.leaf_index,
        recorded_on=line.recorded_on,
        service_on=line.service_on,
        what=line.what,
        who=list(line.who),
    )


def language_of_holders(made: Made) -> str | None:
    """The first of our languages that the first of the holders reads."""
    for holder in made.holders:
        for tag in holder.languages:
            primary = tag.lower().partition("-")[0]
            if primary in LOCALES:
                return primary
    return None
