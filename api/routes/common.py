"""What the routes of one community share."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request
from litestar.response.base import ASGIResponse

from api.problems import Problem, problem_response, refusal_view
from api.requests import json_response
from api.views import DoneView, transfer_view
from ledger.book.gatherer import Gatherer
from ledger.book.journal import Community
from ledger.book.ledger import Answer, Ledger
from ledger.book.posting import Refused, Replayed
from ledger.database.connections import Connection
from ledger.hours.hours import Hours
from ledger.people.roles import Principal, Role, Scope

AnyRequest = Request[Any, Any, Any]


def ledger_of(request: AnyRequest) -> Ledger:
    ledger: Ledger = request.app.state.ledger
    return ledger


def gatherer_of(request: AnyRequest) -> Gatherer:
    gatherer: Gatherer = request.app.state.gatherer
    return gatherer


def hours_of(request: AnyRequest) -> Hours:
    hours: Hours = request.app.state.hours
    return hours


async def moments_of_days(
    request: AnyRequest, db: Connection, first: date | None, last: date | None
) -> tuple[datetime | None, datetime | None]:
    """When the first day begins and the last one is over, by the community's clock; None for one left open."""
    hours = await hours_of(request).read(db, community_of(request), ledger_of(request).now())
    zone = ZoneInfo(hours.policy.timezone)
    return (
        None if first is None else datetime.combine(first, time(), zone).astimezone(UTC),
        None if last is None else datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC),
    )


def principal_of(request: AnyRequest) -> Principal:
    """Who asks, as the access check found them."""
    principal: Principal = request.scope["state"]["principal"]
    return principal


def community_of(request: AnyRequest) -> Community:
    """The community that the one who asks belongs to; the address names the same."""
    return principal_of(request).community


def member_of(request: AnyRequest) -> UUID:
    """The member who asks. Raises Problem when it is a machine."""
    member_id = principal_of(request).member_id
    if member_id is None:
        raise Problem("not_allowed")
    return member_id


def require_strong(principal: Principal) -> None:
    """Raise Problem unless a passkey was shown within the last quarter of an hour."""
    if not principal.strong(datetime.now(UTC)):
        raise Problem("step_up_required")


def act_response(
    request: AnyRequest, answer: Answer, view: Callable[[], Any] | None = None, status: int = 200
) -> ASGIResponse:
    """The answer to an act: its refusal, or what `view` shows; 200 on a replay, whatever `status` says."""
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    shown = DoneView() if view is None else view()
    if isinstance(answer.outcome, Replayed):
        return json_response(shown, 200, {"idempotency-replayed": "true"})
    return json_response(shown, status)


async def refuse_a_claims(request: AnyRequest, transfer_id: UUID) -> None:
    """Raise Problem when the transfer is one of a claim's: those are reversed and corrected by a dispute."""
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        row = await db.row("hours/find_claim_of_transfer", community_id=community.id, transfer_id=transfer_id)
    if row is not None:
        raise Problem("pays_a_claim")


def reads_names(request: AnyRequest) -> bool:
    """Whether the one who asks may read the names of others."""
    principal = principal_of(request)
    return principal.role is Role.COORDINATOR or Scope.MEMBERS in principal.scopes


def replay_header(answer: Answer | None) -> dict[str, str]:
    """What says that nothing was done again, when it was not."""
    replayed = answer is not None and isinstance(answer.outcome, Replayed)
    return {"idempotency-replayed": "true"} if replayed else {}


def base_url(request: AnyRequest) -> str:
    url: str = request.app.state.settings.url
    return url


def refused_response(request: AnyRequest, refused: Refused) -> ASGIResponse:
    headers = {"idempotency-replayed": "true"} if refused.replayed else None
    return problem_response(refusal_view(refused, base_url(request)), headers)


def transfer_response(request: AnyRequest, community: Community, answer: Answer) -> ASGIResponse:
    """What `answer_transfer` says, without the body when the caller prefers so."""
    response = answer_transfer(
        ledger_of(request), base_url(request), community, answer, sees(principal_of(request))
    )
    if request.headers.get("prefer") != "return=minimal" or isinstance(answer.outcome, Refused):
        return response
    headers = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
    headers["preference-applied"] = "return=minimal"
    return ASGIResponse(body=b"", status_code=response.status_code, headers=headers)


def sees(principal: Principal) -> Callable[[UUID], bool] | None:
    """Of which accounts the one who asks may see entries and disclosures; None means of all."""
    if principal.token_id is not None or principal.role in (Role.COORDINATOR, Role.AUDITOR):
        return None
    return principal.sees_account


def reads_notes(request: AnyRequest) -> bool:
    """Whether the one who asks may read private notes: an auditor checks the books without them."""
    return principal_of(request).role is not Role.AUDITOR


def answer_transfer(
    ledger: Ledger, url: str, community: Community, answer: Answer, sees: Callable[[UUID], bool] | None = None
) -> ASGIResponse:
    """201 with the transfer and its receipt, 200 with the same when it is a replay, or the refusal."""
    if isinstance(answer.outcome, Refused):
        headers = {"idempotency-replayed": "true"} if answer.outcome.replayed else None
        return problem_response(refusal_view(answer.outcome, url), headers)
    if answer.transfer is None:
        # A replay of an id under which something else than a transfer was done has another fingerprint,
        # and was refused above.
        raise RuntimeError("a posted or replayed transfer is always read back")
    headers = {"location": f"/v1/communities/{community.slug}/transfers/{answer.transfer.id}"}
    if isinstance(answer.outcome, Replayed):
        headers["idempotency-replayed"] = "true"
    view = transfer_view(community.slug, answer.transfer, ledger.keys.receipt_key, sees)
    return json_response(view, 200 if isinstance(answer.outcome, Replayed) else 201, headers)
