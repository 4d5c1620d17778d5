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
from ledger.book.posting import Refused, Replayed

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
    """What `answer_transfer` says, without the body when the caller prefers so."""
    response = answer_transfer(ledger_of(request), base_url(request), community, answer)
    if request.headers.get("prefer") != "return=minimal" or isinstance(answer.outcome, Refused):
        return response
    headers = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
    headers["preference-applied"] = "return=minimal"
    return ASGIResponse(body=b"", status_code=response.status_code, headers=headers)


def answer_transfer(ledger: Ledger, url: str, community: Community, answer: Answer) -> ASGIResponse:
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
    view = transfer_view(community.slug, answer.transfer, ledger.keys.receipt_key)
    return json_response(view, 200 if isinstance(answer.outcome, Replayed) else 201, headers)
