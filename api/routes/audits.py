"""Audits from the desk: begun in the background, followed as they go on, and read when they are done."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    idempotency_key,
    json_response,
    next_link,
    only_query,
    path_id,
    read_body,
)
from api.routes.common import AnyRequest, community_of, ledger_of, member_of
from api.routes.progress import (
    PAGES_OF_WORK,
    STREAMED,
    begun_response,
    follow_work,
    page_of_work,
    read_work,
)
from ledger.desk import work
from ledger.desk.audit.findings import AuditReport
from ledger.desk.auditing import Auditing
from ledger.desk.work import Kind, Work
from ledger.log.checkpoints import MalformedNote, read_checkpoint
from ledger.people.roles import Role

MAX_NOTE = 4096

Note = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NOTE)]


class AuditBody(msgspec.Struct, forbid_unknown_fields=True):
    """`against` is a signed checkpoint somebody kept, as text: the log must still begin with what was signed."""

    against: Note | None = None


class FindingView(msgspec.Struct):
    """One difference: the check that saw it, what it saw, where, and what to do."""

    check: str
    what: str
    where: str
    remedy: str


class ReportView(msgspec.Struct):
    """What was looked at and found; `more` counts the findings of a check that are not told one by one.

    `lines` say all of it in sentences.
    """

    clean: bool
    tree_size: int
    entries: int
    accounts: int
    erased_members: int
    erased_accounts: int
    not_looked_at: list[str]
    findings: list[FindingView]
    more: dict[str, int]
    lines: list[str]


class AuditView(msgspec.Struct, omit_defaults=True):
    """An audit. `done` of `total` leaves; when all are done, the tables about people and hours are still looked at.

    `state` is running, finished, failed (`failed` says why), or interrupted: its process has ended, start another.
    """

    id: UUID
    state: str
    started_by: UUID
    started_at: datetime
    done: int
    total: int
    finished_at: datetime | None = None
    finding_count: int | None = None
    report: ReportView | None = None
    failed: str | None = None


class AuditsView(msgspec.Struct, omit_defaults=True):
    audits: list[AuditView]
    next: str | None = None


WHO_CHECKS = allow(Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR)

_audit = msgspec.json.Decoder(AuditBody)


@post(
    "/audits",
    summary="Start an audit",
    opt=WHO_CHECKS,
    request_max_body_size=MAX_BODY,
    operation_class=body(AuditBody, idempotent=True),
    responses=answers({202: AuditView, 200: AuditView}, 409, 413, 415, 422, 503),
)
async def post_audit(request: AnyRequest) -> ASGIResponse:
    """Recompute everything from its parts, in the background. The Idempotency-Key becomes the audit's id.

    One at a time: a refusal is `about` the one that is going on.
    """
    only_query(request)
    community, key = community_of(request), idempotency_key(request)
    asked = await read_body(request, _audit)
    if asked.against is not None:
        _check_note(asked.against, community.origin)
    fingerprint = sha256((asked.against or "").encode()).digest()
    async with ledger_of(request).database.transaction(community.id) as db:
        first = await work.begin(db, community.id, Kind.AUDIT, key, fingerprint, member_of(request))
    if first:
        auditing: Auditing = request.app.state.auditing
        auditing.begin(community, key, asked.against)
    view = audit_view(await read_work(request, Kind.AUDIT, key))
    return begun_response(request, view, first, f"audits/{key}")


@get(
    "/audits",
    summary="List audits",
    opt=WHO_CHECKS,
    operation_class=body(
        None,
        query=PAGES_OF_WORK,
    ),
    responses=answers({200: AuditsView}),
)
async def list_audits(request: AnyRequest) -> ASGIResponse:
    """The newest first, without their reports; the newest hundred are kept."""
    found, following = await page_of_work(request, Kind.AUDIT, "audits")
    page = [audit_view(each) for each in found]
    return json_response(AuditsView(page, following), headers=next_link(following))


@get(
    "/audits/{audit_id:str}",
    summary="Read an audit",
    opt=WHO_CHECKS,
    responses=answers({200: AuditView}, 404),
)
async def get_audit(request: AnyRequest) -> ASGIResponse:
    """How far it is, or what it found: in the words of `carehours audit`, which name accounts by their codes."""
    only_query(request)
    return json_response(audit_view(await read_work(request, Kind.AUDIT, path_id(request, "audit_id"))))


@get(
    "/audits/{audit_id:str}/progress",
    summary="Follow an audit",
    opt=WHO_CHECKS,
    responses=STREAMED,
)
async def get_progress(request: AnyRequest) -> ASGIResponse:
    """Server-sent events: `progress` whenever more is done, twice a second at most, then `end`. Each has its state.

    A stream that ends without `end` is to be asked for again, as browsers do by themselves.
    """
    return await follow_work(request, Kind.AUDIT, "audit_id")


def _check_note(note: str, origin: str) -> None:
    try:
        checkpoint = read_checkpoint(note)
    except MalformedNote:
        raise Problem("malformed_request", "`against` is not a signed checkpoint.") from None
    if checkpoint.origin != origin:
        raise Problem("malformed_request", "`against` is a checkpoint of another log than this community's.")


def audit_view(audit: Work) -> AuditView:
    return AuditView(
        audit.id,
        audit.state,
        audit.started_by,
        audit.started_at,
        audit.done,
        audit.total,
        audit.finished_at,
        audit.finding_count,
        None if audit.outcome is None else report_view(AuditReport.from_dict(audit.outcome)),
        audit.failed,
    )


def report_view(report: AuditReport) -> ReportView:
    return ReportView(
        report.clean,
        report.tree_size,
        report.entries,
        report.accounts,
        report.erased_members,
        report.erased_accounts,
        list(report.not_looked_at),
        [FindingView(each.check, each.what, each.where, each.remedy) for each in report.findings],
        report.more,
        report.render_lines(),
    )


audits_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[post_audit, list_audits, get_audit, get_progress],
    tags=["Audits"],
)
