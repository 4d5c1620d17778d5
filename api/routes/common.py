"""What the routes of one community share."""

from typing import Any

from litestar import Request
from litestar.response.base import ASGIResponse

from api.problems import problem_response, refusal_view
from api.requests import json_response
from api.views import transfer_view
from ledger.book.gatherer import Gatherer
from ledger.book.journal import Community
from ledger.book.ledger import Answer, Ledger
from ledger.book.posting import Posted, Refused

AnyRequest = Request[Any, Any, Any]


def ledger_of(request: AnyRequest) -> Ledger:
    ledger: Ledger = request.app.state.ledger
    return ledger


def gatherer_of(request: AnyRequest) -> Gatherer:
    gatherer: Gatherer = request.app.state.gatherer
    return gatherer


def community_of(request: AnyRequest) -> Community:
    """The community the caller's token opens, put there by the access check."""
    community: Community = request.scope["state"]["community"]
    return community


def base_url(request: AnyRequest) -> str:
    url: str = request.app.state.settings.url
    return url


def refused_response(request: AnyRequest, refused: Refused) -> ASGIResponse:
    headers = {"idempotency-replayed": "true"} if refused.replayed else None
    return problem_response(refusal_view(refused, base_url(request)), headers)


def transfer_response(request: AnyRequest, community: Community, answer: Answer) -> ASGIResponse:
    """201 with the transfer and its receipt, 200 with the same when it is a replay, or the refusal."""
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    if answer.transfer is None:
        # A replay of an id under which something else than a transfer was done has another fingerprint,
        # and was refused above.
        raise RuntimeError("a posted or replayed transfer is always read back")
    posted = isinstance(answer.outcome, Posted)
    headers = {"location": f"/v1/communities/{community.slug}/transfers/{answer.transfer.id}"}
    if not posted:
        headers["idempotency-replayed"] = "true"
    status = 201 if posted else 200
    if request.headers.get("prefer") == "return=minimal":
        return ASGIResponse(
            body=b"", status_code=status, headers=headers | {"preference-applied": "return=minimal"}
        )
    key = ledger_of(request).keys.receipt_key
    return json_response(transfer_view(community.slug, answer.transfer, key), status, headers)
