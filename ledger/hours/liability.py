"""What a community owes its members in care: hours outstanding, what stands behind them, and what if many come at once.

Every positive balance of a member or a household is a promise. Who holds it and how old they are says when it will be
asked for; the year it was earned says how long it has waited, the oldest credits being spent first. `liability` works
it out from rows and does no IO; `read_liability` reads them, in the snapshot of the caller.

Nobody is named, and no group is shown that fewer than three accounts stand in: it is put together with its neighbour.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

from ledger.database.connections import Connection

LEAST_ACCOUNTS = 3
"""Accounts in a group that is shown by itself: with fewer, its sum would tell what somebody has."""

A_YEAR = timedelta(days=365)
MONTHS = 12


class AgeBand(StrEnum):
    """How old the holder of an account turns this year; the eldest, when it has several."""

    UNDER_60 = "under_60"
    FROM_60 = "60_to_69"
    FROM_70 = "70_to_79"
    FROM_80 = "80_and_over"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Holding:
    """An account that does not stand at zero; `earned` are the (year, seconds) that a positive balance is left of."""

    account_id: UUID
    balance: int
    birth_year: int | None
    earned: tuple[tuple[int, int], ...] = ()


_Of = TypeVar("_Of", AgeBand, int)


@dataclass(frozen=True, slots=True)
class Group(Generic[_Of]):
    """Neighbouring bands or years: the accounts in them, and the seconds outstanding."""

    of: tuple[_Of, ...]
    accounts: int
    outstanding_seconds: int


@dataclass(frozen=True, slots=True)
class Stress:
    """What it takes when the share of `group` is redeemed within a year; everybody's when `group` is None.

    `needed_seconds` in the year, `monthly_seconds` in a month, each rounded up. `covered_seconds` is what the
    guarantee pots would pay of it, if nobody else came. `months_at_pace` is how long the carers would need at the pace
    of the past year, begun months counted; None when nobody gave any care.
    """

    group: Group[AgeBand] | None
    needed_seconds: int
    monthly_seconds: int
    covered_seconds: int
    months_at_pace: int | None


@dataclass(frozen=True, slots=True)
class Liability:
    """The promises of a community on a day. `share` is in per cent.

    `owed_seconds` is what the `owing_accounts` that stand below zero have still to give, as a positive number.
    `coverage_per_mille` is the guarantee pots' part of what is outstanding, rounded down; None when nothing is.
    `given_seconds` is what people were credited for care of the past 365 days.
    """

    on: date
    share: int
    accounts: int
    outstanding_seconds: int
    owing_accounts: int
    owed_seconds: int
    guarantee_seconds: int
    coverage_per_mille: int | None
    given_seconds: int
    ages: tuple[Group[AgeBand], ...]
    years: tuple[Group[int], ...]
    stress: tuple[Stress, ...]


def liability(
    holdings: Iterable[Holding], *, on: date, share: int, guarantee_seconds: int, given_seconds: int
) -> Liability:
    """The liability view over these accounts. Raises ValueError for a share outside 1 to 100 per cent."""
    if not 1 <= share <= 100:
        raise ValueError("a share is 1 to 100 per cent")
    outstanding = owed = owing = accounts = 0
    ages: dict[AgeBand, _Part] = {band: _Part() for band in AgeBand}
    years: dict[int, _Part] = {}
    for holding in holdings:
        if holding.balance < 0:
            owing += 1
            owed -= holding.balance
        elif holding.balance:
            accounts += 1
            outstanding += holding.balance
            ages[age_band(holding.birth_year, on)].add(holding.account_id, holding.balance)
            for year, seconds in holding.earned:
                years.setdefault(year, _Part()).add(holding.account_id, seconds)
    by_age = _groups(ages)
    groups: list[Group[AgeBand] | None] = [None, *by_age]
    return Liability(
        on,
        share,
        accounts,
        outstanding,
        owing,
        owed,
        guarantee_seconds,
        guarantee_seconds * 1000 // outstanding if outstanding else None,
        given_seconds,
        by_age,
        _groups({year: years[year] for year in sorted(years)}),
        tuple(
            _stress(
                group,
                outstanding if group is None else group.outstanding_seconds,
                share,
                guarantee_seconds,
                given_seconds,
            )
            for group in groups
        ),
    )


def age_band(birth_year: int | None, on: date) -> AgeBand:
    """The band of somebody born in that year, by the age they turn in the year of the day."""
    if birth_year is None:
        return AgeBand.UNKNOWN
    age = on.year - birth_year
    if age < 60:
        return AgeBand.UNDER_60
    if age < 70:
        return AgeBand.FROM_60
    return AgeBand.FROM_70 if age < 80 else AgeBand.FROM_80


@dataclass(slots=True)
class _Part:
    accounts: set[UUID] = field(default_factory=set)
    seconds: int = 0

    def add(self, account_id: UUID, seconds: int) -> None:
        self.accounts.add(account_id)
        self.seconds += seconds


def _groups(parts: Mapping[_Of, _Part]) -> tuple[Group[_Of], ...]:
    """Neighbours put together until each group has accounts enough; what is left at the end joins the last of them."""
    made: list[tuple[list[_Of], _Part]] = []
    for of, part in parts.items():
        if not part.accounts:
            continue
        if not made or len(made[-1][1].accounts) >= LEAST_ACCOUNTS:
            made.append(([], _Part()))
        _join(made[-1], [of], part)
    if len(made) > 1 and len(made[-1][1].accounts) < LEAST_ACCOUNTS:
        few, part = made.pop()
        _join(made[-1], few, part)
    return tuple(Group(tuple(of), len(part.accounts), part.seconds) for of, part in made)


def _join(group: tuple[list[_Of], _Part], of: Sequence[_Of], part: _Part) -> None:
    group[0].extend(of)
    group[1].accounts |= part.accounts
    group[1].seconds += part.seconds


def _stress(group: Group[AgeBand] | None, outstanding: int, share: int, guarantee: int, given: int) -> Stress:
    needed = -(-outstanding * share // 100)
    return Stress(
        group,
        needed,
        -(-needed // MONTHS),
        min(guarantee, needed),
        -(-needed * MONTHS // given) if given else None,
    )


async def read_liability(db: Connection, community_id: int, on: date, share: int) -> Liability:
    """The liability view as the books stand in this snapshot; `on` is the community's own day."""
    accounts = await db.rows("hours/liability_accounts", community_id=community_id)
    earned: dict[UUID, list[tuple[int, int]]] = {}
    for row in await db.rows("hours/liability_years", community_id=community_id):
        earned.setdefault(row["account_id"], []).append((row["year"], row["seconds"]))
    guarantee = await db.row("hours/liability_guarantee", community_id=community_id)
    given = await db.row("hours/liability_given", community_id=community_id, from_on=on - A_YEAR)
    return liability(
        (
            Holding(
                row["account_id"],
                row["balance"],
                row["birth_year"],
                tuple(sorted(earned.get(row["account_id"], ()))),
            )
            for row in accounts
        ),
        on=on,
        share=share,
        guarantee_seconds=0 if guarantee is None else guarantee["seconds"],
        given_seconds=0 if given is None else given["seconds"],
    )
