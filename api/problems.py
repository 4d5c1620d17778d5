"""The one table from refusal to HTTP answer, and every other problem the service can name (RFC 9457)."""

import traceback
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, InternalServerException
from litestar.response.base import ASGIResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ledger.book.gatherer import Overloaded
from ledger.book.ledger import ActRefused, Moved, ReadOnly
from ledger.book.posting import Refused
from ledger.book.refusals import Refusal
from ledger.desk.tables.problems import FileProblem

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"

STATUS: dict[Refusal, int] = {
    # 422: can never be right as written. 404: names what is not there. 412: somebody was quicker.
    # 409: clashes with how things stand now. 403: not for this person to do.
    Refusal.ID_REUSED: 422,
    Refusal.TOO_FEW_ENTRIES: 422,
    Refusal.TOO_MANY_ENTRIES: 422,
    Refusal.SECONDS_OUT_OF_RANGE: 422,
    Refusal.ACCOUNT_REPEATED: 422,
    Refusal.UNBALANCED: 422,
    Refusal.SERVICE_DATE_IN_FUTURE: 422,
    Refusal.PERIOD_CLOSED: 409,
    Refusal.TRANSFER_UNKNOWN: 404,
    Refusal.TRANSFER_IS_REVERSAL: 409,
    Refusal.ALREADY_REVERSED: 409,
    Refusal.ACCOUNT_UNKNOWN: 404,
    Refusal.ACCOUNT_CLOSED: 409,
    Refusal.LIMITS_CHANGED: 412,
    Refusal.CODE_TAKEN: 409,
    Refusal.PEER_REQUIRED: 422,
    Refusal.LIMITS_INVALID: 422,
    Refusal.LIMITS_EXCLUDE_BALANCE: 409,
    Refusal.EXPIRY_OUT_OF_RANGE: 422,
    Refusal.HOLD_UNKNOWN: 404,
    Refusal.HOLD_RESOLVED: 409,
    Refusal.HOLD_EXPIRED: 409,
    Refusal.HOLD_EXCEEDED: 409,
    Refusal.ACCOUNT_NOT_EMPTY: 409,
    Refusal.BELOW_FLOOR: 409,
    Refusal.ABOVE_CEILING: 409,
    Refusal.ENDED_MEANWHILE: 403,
    Refusal.MEMBER_UNKNOWN: 404,
    Refusal.MEMBER_GONE: 409,
    Refusal.MEMBER_CHANGED: 412,
    Refusal.NAME_ALIKE: 409,
    Refusal.DATES_REVERSED: 422,
    Refusal.OWN_AFFAIR: 403,
    Refusal.SECOND_PERSON_NEEDED: 409,
    Refusal.ROLE_TAKEN: 409,
    Refusal.ROLE_UNKNOWN: 404,
    Refusal.LAST_COORDINATOR: 409,
    Refusal.PROPOSAL_UNKNOWN: 404,
    Refusal.PROPOSAL_DECIDED: 409,
    Refusal.PROPOSAL_EXPIRED: 409,
    Refusal.PROPOSER_CANNOT_APPROVE: 403,
    Refusal.CARD_UNKNOWN: 404,
    Refusal.TOKEN_UNKNOWN: 404,
    Refusal.PASSKEY_TAKEN: 409,
    Refusal.PASSKEY_UNKNOWN: 404,
    Refusal.LAST_PASSKEY: 409,
    Refusal.DELEGATION_UNKNOWN: 404,
    Refusal.DELEGATION_ENDED: 409,
    Refusal.DELEGATE_IS_SELF: 422,
    Refusal.CAP_REQUIRED: 422,
    Refusal.NOT_FRAIL: 409,
    Refusal.OVER_DELEGATE_CAP: 409,
    Refusal.HOLDER_KNOWN: 409,
    Refusal.HOLDER_UNKNOWN: 404,
    Refusal.NOT_A_HOUSEHOLD: 422,
    Refusal.STILL_A_MEMBER: 409,
    Refusal.ALREADY_ERASED: 409,
    Refusal.ACTIVITY_UNKNOWN: 422,
    Refusal.OWN_CLAIM: 422,
    Refusal.OWN_HOUSEHOLD: 422,
    Refusal.NO_ACCOUNT: 409,
    Refusal.LONGER_THAN_A_DAY: 422,
    Refusal.CLAIM_IN_FUTURE: 422,
    Refusal.CLAIM_TOO_OLD: 422,
    Refusal.BEFORE_JOINING: 422,
    Refusal.AFTER_LEAVING: 409,
    Refusal.ACROSS_MIDNIGHT: 422,
    Refusal.CLOCK_CHANGED: 422,
    Refusal.TIMES_DISAGREE: 422,
    Refusal.OVER_DAILY_CAP: 409,
    Refusal.OVER_WEEKLY_CAP: 409,
    Refusal.OVER_LIFETIME_CAP: 409,
    Refusal.CLAIM_UNKNOWN: 404,
    Refusal.CLAIM_DECIDED: 409,
    Refusal.OWN_HOURS: 403,
    Refusal.NOBODY_PAYS: 409,
    Refusal.DISPUTE_UNKNOWN: 404,
    Refusal.DISPUTE_DECIDED: 409,
    Refusal.DISPUTE_TOO_LATE: 409,
    Refusal.CORRECTION_SAME: 422,
    Refusal.CARE_REQUEST_UNKNOWN: 404,
    Refusal.CARE_REQUEST_IN_PAST: 422,
    Refusal.CARE_REQUEST_TAKEN: 409,
    Refusal.CARE_REQUEST_CLOSED: 409,
    Refusal.CARE_REQUEST_EXPIRED: 409,
    Refusal.CARE_REQUEST_DIFFERS: 422,
    Refusal.CLEARANCE_NEEDED: 409,
    Refusal.CLEARANCE_UNKNOWN: 404,
    Refusal.CLEARANCE_REVOKED: 409,
    Refusal.GIFT_NOT_ALLOWED: 409,
    Refusal.NOT_A_POT: 422,
    Refusal.OVER_POT_BUDGET: 409,
    Refusal.NOT_ELIGIBLE: 409,
    Refusal.POLICY_INVALID: 422,
    Refusal.POLICY_IN_PAST: 422,
    Refusal.POLICY_UNCHANGED: 409,
    Refusal.PERIOD_NOT_OVER: 422,
    Refusal.MEMBER_PRESENT: 409,
    Refusal.HEIR_REFUSED: 409,
    Refusal.OVERLAP_UNKNOWN: 404,
    Refusal.TASK_UNKNOWN: 404,
    Refusal.CARE_REQUEST_VISITED: 409,
    Refusal.CLAIMS_WAITING: 409,
    Refusal.AUDIT_RUNNING: 409,
    Refusal.DAY_NOT_OVER: 422,
    Refusal.ASSERTION_STANDS: 409,
    Refusal.ASSERTION_UNKNOWN: 404,
    Refusal.ASSERTION_WITHDRAWN: 409,
    Refusal.ROUND_UNKNOWN: 404,
    Refusal.ROUND_CHANGED: 412,
    Refusal.ROUND_ENDED: 409,
    Refusal.ROUND_TOO_LONG: 422,
    Refusal.TOO_MANY_ROUNDS: 409,
    Refusal.ROUND_UNANSWERED: 409,
    Refusal.ROUND_BEGUN: 409,
    Refusal.ROUND_FILE_GONE: 409,
    Refusal.ROUND_UNMATCHED: 409,
    Refusal.MATCHING_RUNNING: 409,
    Refusal.LINE_UNKNOWN: 404,
    Refusal.LINE_DECIDED: 409,
    Refusal.LINE_UNDECIDED: 409,
    Refusal.LINE_UNMATCHED: 409,
    Refusal.LINE_MATCHED: 409,
    Refusal.LINE_INCOMPLETE: 422,
    Refusal.RECORD_UNFIT: 422,
    Refusal.DECISION_STANDS: 409,
    Refusal.LINES_UNDECIDED: 409,
    Refusal.NO_STATEMENTS: 422,
    Refusal.STATEMENT_TOO_EARLY: 422,
    Refusal.STATEMENT_TOO_LONG: 422,
    Refusal.STATEMENTS_RUNNING: 409,
    Refusal.PERIOD_NOT_READY: 409,
    Refusal.BOOKS_NOT_IN_ORDER: 409,
    Refusal.PERIOD_NOT_NEWEST: 409,
    Refusal.WELL_BEING_EARLY: 409,
    Refusal.WELL_BEING_LATE: 409,
    Refusal.WELL_BEING_SAID: 409,
    Refusal.REPORT_TEXT_CHANGED: 412,
    Refusal.EVIDENCE_RUNNING: 409,
    Refusal.EVIDENCE_UNKNOWN: 404,
    Refusal.EVIDENCE_DIFFERS: 409,
    Refusal.IMPORT_RUNNING: 409,
    Refusal.IMPORT_UNFINISHED: 409,
    Refusal.IMPORTS_WAITING: 409,
    Refusal.IMPORT_NOT_READY: 409,
    Refusal.IMPORT_NOT_POSTED: 409,
    Refusal.IMPORT_IN_USE: 409,
    Refusal.EXPORT_RUNNING: 409,
    Refusal.LINE_OF_ONE: 409,
}


class MistakeView(msgspec.Struct):
    """One thing wrong with a file: where it stands, what it is, and what to do about it."""

    where: str
    what: str
    remedy: str


class ProblemView(msgspec.Struct, omit_defaults=True):
    """An RFC 9457 problem document. `type` ends in a stable name; `remedy` says what to do next.

    `mistakes` are all those of a policy's file that cannot be read, or the one a list is refused for.
    """

    type: str
    title: str
    status: int
    remedy: str
    detail: str | None = None
    about: str | None = None
    replayed: bool = False
    mistakes: list[MistakeView] = []


@dataclass(frozen=True, slots=True)
class Kind:
    """A problem that is not a refusal: it says nothing about the books."""

    status: int
    title: str
    remedy: str


KINDS: dict[str, Kind] = {
    "malformed_request": Kind(
        400,
        "The request is not of the form this address takes.",
        "Correct what `detail` names and send it again.",
    ),
    "idempotency_key_required": Kind(
        400,
        "The request changes something and names no id.",
        "Send a header `Idempotency-Key` with a new UUID, and the same one when you repeat the request.",
    ),
    "sign_in_required": Kind(
        401,
        "You are not signed in here, or not any more.",
        "Sign in again; a machine sends `Authorization: Bearer <token>` with a valid token.",
    ),
    "sign_in_failed": Kind(
        401,
        "That does not open anything here.",
        "Check it and try again, or ask a co-ordinator for a new card: each works once, and not for ever.",
    ),
    "not_allowed": Kind(
        403, "This is not for you to do.", "Ask a co-ordinator; `me` shows your role and what you may do."
    ),
    "passkey_required": Kind(
        403,
        "Your role counts only after you have shown your passkey.",
        "Sign in with your passkey, or register one first.",
    ),
    "step_up_required": Kind(
        403,
        "This needs your passkey, shown within the last 15 minutes.",
        "Show your passkey at `step-up` and send the request again.",
    ),
    "cross_site": Kind(
        403,
        "The request does not come from this site's own pages.",
        "Open the page of this service itself and do it there.",
    ),
    "rate_limited": Kind(
        429, "That was too often in too short a time.", "Wait as long as `Retry-After` says, then try again."
    ),
    "not_found": Kind(404, "There is nothing at this address.", "Check the address and the ids in it."),
    "method_not_allowed": Kind(405, "This address does not take that method.", "See the `Allow` header."),
    "not_acceptable": Kind(
        406,
        "The answer cannot be given in that form.",
        "Accept application/json, application/sd-jwt or text/plain.",
    ),
    "body_too_large": Kind(413, "The request is too large.", "Send less at once."),
    "media_type_unsupported": Kind(
        415, "The body is not declared as JSON.", "Send `Content-Type: application/json`."
    ),
    "file_unreadable": Kind(
        422,
        "The file cannot be read as a list.",
        "Correct what `mistakes` names in the file, or choose another file; nothing was kept of it.",
    ),
    "pdf_unavailable": Kind(
        501,
        "No PDF can be written here.",
        "Print the page instead, or tell the operator what `detail` says.",
    ),
    "if_match_required": Kind(
        428,
        "The request would change what somebody else may be changing.",
        "Send `If-Match` with the ETag of what you have read.",
    ),
    "internal_error": Kind(
        500,
        "The service made a mistake.",
        "Repeat the same request with the same id later; tell the operator the request id.",
    ),
    "database_unavailable": Kind(
        503,
        "The database did not answer, so the outcome is unknown.",
        "Repeat the same request with the same id: nothing is done twice.",
    ),
    "pays_a_claim": Kind(
        409,
        "This transfer pays a claim, which would go on saying that it is paid.",
        "Dispute the claim: the outcome reverses or corrects it, and the claim says so.",
    ),
    "overloaded": Kind(
        503, "Too many requests are waiting for this community.", "Repeat the same request in a moment."
    ),
    "community_moved": Kind(
        409,
        "This community has moved to another service, and its books go on there.",
        "Reading works here. Sign in at the new address for everything else.",
    ),
    "log_read_only": Kind(
        503,
        "The log of this community must not grow: the database is behind what was published.",
        "Reading works. The operator must bring back the newer database; see the README, 'Backups'.",
    ),
}


class Problem(Exception):
    """Ends a request with the problem of that name. `detail` is for the caller and never repeats their input."""

    def __init__(self, name: str, detail: str | None = None, headers: dict[str, str] | None = None) -> None:
        super().__init__(name)
        self.name = name
        self.detail = detail
        self.headers = headers or {}


def refusal_view(refused: Refused | ActRefused, base_url: str) -> ProblemView:
    """The problem document of a refusal, the same on every route and in every batch item."""
    refusal = refused.refusal
    return ProblemView(
        type=f"{base_url}/problems/{refusal.code}",
        title=refusal.says,
        status=STATUS[refusal],
        remedy=refusal.remedy,
        about=refused.detail,
        replayed=isinstance(refused, Refused) and refused.replayed,
    )


def problem_view(name: str, base_url: str, detail: str | None = None) -> ProblemView:
    kind = KINDS[name]
    return ProblemView(f"{base_url}/problems/{name}", kind.title, kind.status, kind.remedy, detail)


def file_view(problem: FileProblem, base_url: str) -> ProblemView:
    """The problem document of a list that is refused whole: the one mistake, with its place in the file."""
    view = problem_view("file_unreadable", base_url)
    place = [f"line {problem.row}"] if problem.row is not None else []
    place += [f"column {problem.column}"] if problem.column is not None else []
    view.mistakes = [MistakeView(", ".join(place), problem.reason.says, problem.reason.remedy)]
    view.about = problem.reason.code
    return view


def problem_response(view: ProblemView, headers: dict[str, str] | None = None) -> ASGIResponse:
    headers = dict(headers or {})
    if view.status == 429:
        headers.setdefault("retry-after", "60")
    if view.status == 503:
        headers.setdefault("retry-after", "2")
    if view.status == 401:
        headers.setdefault("www-authenticate", "Bearer")
    return ASGIResponse(
        body=msgspec.json.encode(view),
        status_code=view.status,
        media_type=MEDIA_TYPE,
        headers=headers | {"cache-control": "no-store"},
    )


_BY_STATUS = {
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "media_type_unsupported",
    401: "sign_in_required",
    406: "not_acceptable",
}


UNREACHABLE = (
    OSError,
    PoolTimeout,
    DBAPIError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
"""The database is away, going down or full: the same request may be answered later."""


def answer_exception(request: Request[Any, Any, Any], problem: Exception) -> Response[bytes]:
    """Litestar's way to `exception_response`."""
    answer = exception_response(problem, request.app.state.settings.url)
    headers = {name: value for name, value in answer.headers.items() if not name.startswith("content-")}
    return Response(answer.body, status_code=answer.status_code, media_type=MEDIA_TYPE, headers=headers)


def exception_response(problem: Exception, base_url: str) -> ASGIResponse:
    """The answer to any exception that ended a request: never a trace, never the caller's words."""
    headers: dict[str, str] = {}
    detail = None
    match problem:
        case Problem():
            name, detail, headers = problem.name, problem.detail, problem.headers
        case FileProblem():
            return problem_response(file_view(problem, base_url))
        case ActRefused():
            # Before it was an act: nothing is remembered, and the same request may be done later.
            return problem_response(refusal_view(problem, base_url))
        case Moved():
            # 409, not 503: asking again later changes nothing.
            name, detail = "community_moved", problem.to
        case ReadOnly():
            name = "log_read_only"
        case Overloaded():
            name = "overloaded"
        case HTTPException() if problem.status_code < 500:
            name = _BY_STATUS.get(problem.status_code, "malformed_request")
            headers = {
                key.lower(): value for key, value in (problem.headers or {}).items() if key.lower() == "allow"
            }
        case asyncpg.CharacterNotInRepertoireError():
            # A NUL, which no text in PostgreSQL can hold: bodies are looked through, addresses arrive like this.
            name, detail = "malformed_request", "The address has a character that no text can hold."
        case RecursionError():
            name, detail = "malformed_request", "The body is nested too deeply."
        case InternalServerException():
            # Litestar's for a caller who hung up: nobody hears the answer, and nothing of ours is wrong.
            name, detail = "malformed_request", "The request was cut off."
        case _ if isinstance(problem, UNREACHABLE):
            name = "database_unavailable"
            log.error("database_unavailable", error=type(problem).__name__, sqlstate=_sqlstate(problem))
        case _:
            name = "internal_error"
            # Where, but not the message: the driver's quote what it was given, and that may be a person's note.
            frames = traceback.format_tb(problem.__traceback__)
            log.error("internal_error", error=type(problem).__name__, where=frames)
    return problem_response(problem_view(name, base_url, detail), headers)


def _sqlstate(problem: BaseException) -> str | None:
    return getattr(problem, "sqlstate", None)
