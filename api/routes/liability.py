"""The liability view: what a community owes its members in care, and what stands behind it."""

from datetime import date
from typing import Literal

import msgspec
from litestar import Router, get
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body, integer
from api.requests import json_response, only_query, query_integer
from api.routes.common import AnyRequest, community_of, hours_of, ledger_of
from ledger.hours.liability import Liability, Stress, read_liability
from ledger.people.roles import Role, Scope

AgeBandText = Literal["under_60", "60_to_69", "70_to_79", "80_and_over", "unknown"]

DEFAULT_SHARE = 10
"""Per cent that are redeemed within a year, unless somebody asks for another share."""


class StressView(msgspec.Struct, omit_defaults=True):
    """What it takes when the share is redeemed within a year: in all, in a month, and how much of it the guarantee pots
    pay if nobody else comes. `months_at_pace` is how long carers need at the pace of the past year; missing when
    nobody gave any care.
    """

    needed_seconds: int
    monthly_seconds: int
    covered_seconds: int
    months_at_pace: int | None = None


class AgesView(msgspec.Struct):
    """The accounts of holders of these ages, and what happens if the share of their credits is redeemed in a year.

    Bands in which fewer than three accounts stand are put together with their neighbours.
    """

    bands: list[AgeBandText]
    accounts: int
    outstanding_seconds: int
    stress: StressView


class YearsView(msgspec.Struct):
    """What is left of the credits of these years, the oldest being spent first."""

    from_year: int
    until_year: int
    accounts: int
    outstanding_seconds: int


class LiabilityView(msgspec.Struct, omit_defaults=True):
    """Hours outstanding on a day. `share` is in per cent; `coverage_per_mille` is missing when nothing is outstanding.

    `owed_seconds` is what the accounts below zero have still to give, `guarantee_seconds` what stands on pots that
    guarantee, `given_seconds` what people were credited for care of the past 365 days.
    """

    on: date
    share: int
    accounts: int
    outstanding_seconds: int
    owing_accounts: int
    owed_seconds: int
    guarantee_seconds: int
    given_seconds: int
    stress: StressView
    ages: list[AgesView]
    years: list[YearsView]
    coverage_per_mille: int | None = None


@get(
    "/liability",
    summary="What is owed in care, and what stands behind it",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR, token=Scope.READ),
    operation_class=body(
        None, query={"share": integer("per cent that are redeemed within a year; 10 when left out", 1, 100)}
    ),
    responses=answers({200: LiabilityView}),
)
async def get_liability(request: AnyRequest) -> ASGIResponse:
    """Hours outstanding by age of the holder and by year earned, their coverage, and what if many are redeemed."""
    only_query(request, "share")
    share = query_integer(request, "share", DEFAULT_SHARE, 1, 100)
    community, ledger = community_of(request), ledger_of(request)
    async with ledger.database.snapshot(community.id) as db:
        hours = await hours_of(request).read(db, community, ledger.now())
        found = await read_liability(db, community.id, hours.today, share)
    return json_response(liability_view(found))


def liability_view(found: Liability) -> LiabilityView:
    everybody, *each = found.stress
    return LiabilityView(
        found.on,
        found.share,
        found.accounts,
        found.outstanding_seconds,
        found.owing_accounts,
        found.owed_seconds,
        found.guarantee_seconds,
        found.given_seconds,
        _stress_view(everybody),
        [
            AgesView(
                [band.value for band in group.of],
                group.accounts,
                group.outstanding_seconds,
                _stress_view(stress),
            )
            for group, stress in zip(found.ages, each, strict=True)
        ],
        [
            YearsView(group.of[0], group.of[-1], group.accounts, group.outstanding_seconds)
            for group in found.years
        ],
        found.coverage_per_mille,
    )


def _stress_view(stress: Stress) -> StressView:
    return StressView(
        stress.needed_seconds, stress.monthly_seconds, stress.covered_seconds, stress.months_at_pace
    )


liability_router = Router("/v1/communities/{slug:str}", route_handlers=[get_liability], tags=["Liability"])
