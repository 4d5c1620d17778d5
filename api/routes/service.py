"""The service itself: health, metrics, and what each problem means."""

import hmac

from litestar import Router, get
from litestar.response.base import ASGIResponse
from prometheus_client import generate_latest

from api.documents import answers
from api.problems import KINDS, STATUS, Problem
from api.requests import bytes_response, json_response
from api.routes.common import AnyRequest, ledger_of
from api.views import HealthView
from ledger.book.refusals import Refusal

PUBLIC = {"public": True}


@get(
    "/health/live",
    summary="Is the process alive?",
    opt=PUBLIC,
    responses=answers({200: HealthView}),
    tags=["Service"],
)
async def get_live(request: AnyRequest) -> ASGIResponse:
    """200 as long as the process answers at all."""
    return json_response(HealthView("live"))


@get(
    "/health/ready",
    summary="Can it serve?",
    opt=PUBLIC,
    responses=answers({200: HealthView}, 503),
    tags=["Service"],
)
async def get_ready(request: AnyRequest) -> ASGIResponse:
    """200 when the database answers. A community that only reads is named, and does not stop the others."""
    ledger = ledger_of(request)
    async with ledger.database.connection() as db:
        await db.rows("book/read_communities")
    return json_response(HealthView("ready", sorted(ledger.read_only)))


@get("/metrics", summary="Counters for Prometheus", opt=PUBLIC, include_in_schema=False)
async def get_metrics(request: AnyRequest) -> ASGIResponse:
    """Only with the operator's own token, CAREHOURS_METRICS_TOKEN: they concern every community at once."""
    wanted = request.app.state.settings.metrics_token
    given = request.headers.get("authorization", "")
    if wanted is None or not hmac.compare_digest(given.encode(), f"Bearer {wanted}".encode()):
        raise Problem("sign_in_required")
    gatherer = request.app.state.gatherer
    own = f"carehours_batches_total {gatherer.batches}\ncarehours_commands_total {gatherer.posted}\n"
    body = generate_latest(request.app.state.metrics.registry) + own.encode()
    return bytes_response(body, "text/plain; version=0.0.4")


@get(
    "/problems/{name:str}",
    summary="What a problem means",
    opt=PUBLIC,
    responses=answers({}, 404),
    tags=["Service"],
)
async def get_problem(request: AnyRequest) -> ASGIResponse:
    """The page behind a problem's `type`: what is wrong, and what to do next."""
    known = {kind.code: (STATUS[kind], kind.says, kind.remedy) for kind in Refusal}
    known |= {name: (kind.status, kind.title, kind.remedy) for name, kind in KINDS.items()}
    found = known.get(str(request.path_params["name"]))
    if found is None:
        raise Problem("not_found")
    status, title, remedy = found
    return json_response({"status": status, "title": title, "remedy": remedy}, cache="public, max-age=300")


service_router = Router("/", route_handlers=[get_live, get_ready, get_metrics, get_problem])
