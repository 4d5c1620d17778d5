"""Statements of an account: as JSON, CSV, PDF and signed text; and what members wish of theirs."""

import asyncio
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import msgspec
from litestar import Router, get, put
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body, text
from api.languages import Language, language
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    bytes_response,
    json_response,
    only_query,
    path_id,
    query_days,
    query_word,
    read_body,
)
from api.routes.accounts import OWN_ACCOUNT
from api.routes.common import (
    AnyRequest,
    base_url,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
    reads_names,
    refused_response,
)
from api.statements.fonts import Fonts, NoPdf
from api.statements.making import make
from api.statements.pdf import statement_pdf
from api.statements.tables import statement_csv
from api.statements.views import StatementView, statement_view
from api.texts import LANGUAGE, LOCALES
from ledger.book.commands import Act
from ledger.book.ledger import ActRefused
from ledger.book.posting import Refused
from ledger.desk.statements import Made, Period, change_wish
from ledger.people.roles import Role


class Form(StrEnum):
    """What a statement is asked for as."""

    JSON = "json"
    CSV = "csv"
    PDF = "pdf"
    TEXT = "text"


class Size(StrEnum):
    USUAL = "usual"
    LARGE = "large"


MEDIA_TYPES = {
    Form.JSON: "application/json",
    Form.CSV: "text/csv",
    Form.PDF: "application/pdf",
    Form.TEXT: "text/plain",
}
ENDINGS = {Form.CSV: "csv", Form.PDF: "pdf", Form.TEXT: "txt"}


class WishBody(msgspec.Struct, forbid_unknown_fields=True):
    """Whether a statement comes by e-mail each month, to the address on record, and whether in large print."""

    by_email: bool
    large_print: bool = False


class WishView(msgspec.Struct):
    """What a member wishes of their statements; `has_email` says whether there is an address to send them to."""

    by_email: bool
    large_print: bool
    has_email: bool


_wish = msgspec.json.Decoder(WishBody)
OWN_WISH = allow(Role.COORDINATOR, own="member_id")


@get(
    "/accounts/{account_id:str}/statement",
    summary="An account's statement",
    opt=OWN_ACCOUNT,
    operation_class=body(
        None,
        query={
            "from": text(
                "the first day; with `until` left out too, the month that is over", form=OpenAPIFormat.DATE
            ),
            "until": text("the last day, today at the latest", form=OpenAPIFormat.DATE),
            "as": text("the form, when no `Accept` says it", *Form),
            "size": text("of the letters in a PDF", *Size),
            "language": LANGUAGE,
        },
        media_types=("text/csv", "application/pdf", "text/plain"),
    ),
    responses=answers({200: StatementView}, 404, 406, 422, 501),
)
async def get_statement(request: AnyRequest) -> ASGIResponse:
    """What was recorded on the account from one day to another, with the balances it leads between.

    Entries stand under the day on which they were recorded, by the community's clock, with the day of care beside it:
    so statements of periods that follow on each other join. `text/plain` is the signed text, which `carehours verify`
    and the page /v check. CSV and PDF are in the language its holder reads, unless another is asked for. An auditor,
    and a token without the scope `members`, see nobody's name in it.
    """
    only_query(request, "from", "until", "as", "size", "language")
    account_id = path_id(request, "account_id")
    period = _period(request)
    form = _form(request)
    large = query_word(request, "size", Size)
    tag = request.query_params.get("language")
    if tag is not None and tag not in LOCALES:
        raise Problem("malformed_request", f"The query parameter language is one of {', '.join(LOCALES)}.")
    named = reads_names(request) or principal_of(request).sees_account(account_id)
    ledger, hours, community = ledger_of(request), hours_of(request), community_of(request)
    try:
        made = await make(ledger, hours, community, account_id, period, named=named)
    except ActRefused as no:
        return refused_response(request, Refused(Act(account_id, "statement", ""), no.refusal, no.detail))
    view = statement_view(made)
    if form is Form.JSON:
        return json_response(view, headers={"vary": "accept"})
    spoken = language(tag or view.language or "en")
    said: dict[str, Any] = msgspec.to_builtins(view)
    wishes_large = view.large_print if large is None else large is Size.LARGE
    content = await _content(request, form, spoken, said, made, large=wishes_large)
    name = f"statement-{view.code}-{view.from_on}.{ENDINGS[form]}"
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "content-language": spoken.tag,
        "vary": "accept",
    }
    return bytes_response(content, MEDIA_TYPES[form], headers=headers)


async def _content(
    request: AnyRequest, form: Form, spoken: Language, said: dict[str, Any], made: Made, *, large: bool
) -> bytes:
    if form is Form.TEXT:
        return made.text.encode("ascii")
    if form is Form.CSV:
        return statement_csv(spoken, said)
    try:
        fonts = Fonts.of(request.app.state.settings.environ, spoken.tag)
        # A page of PDF takes as long as a hundred of JSON: a few at a time, and the service goes on answering.
        async with request.app.state.pdf_turns:
            return await asyncio.to_thread(
                statement_pdf, spoken, said, made.text, f"{base_url(request)}/v", fonts, large=large
            )
    except NoPdf as why:
        raise Problem("pdf_unavailable", str(why)) from None


def _period(request: AnyRequest) -> Period | None:
    first, last = query_days(request, "from", "until")
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise Problem("malformed_request", "Give the first and the last day, or neither.")
    return Period(first, last)


def _form(request: AnyRequest) -> Form:
    asked = query_word(request, "as", Form)
    if asked is not None:
        return asked
    wanted = request.accept.best_match(list(MEDIA_TYPES.values()))
    for form, media_type in MEDIA_TYPES.items():
        if media_type == wanted:
            return form
    raise Problem("not_acceptable")


@get(
    "/members/{member_id:str}/statement-wish",
    summary="What a member wishes of their statements",
    opt=OWN_WISH,
    responses=answers({200: WishView}, 404),
)
async def get_wish(request: AnyRequest) -> ASGIResponse:
    """Whether they come by e-mail, and in large print. Neither, unless somebody said so."""
    only_query(request)
    return json_response(await _read_wish(request, path_id(request, "member_id")))


@put(
    "/members/{member_id:str}/statement-wish",
    summary="Change what a member wishes of their statements",
    opt=OWN_WISH,
    request_max_body_size=MAX_BODY,
    operation_class=body(WishBody),
    responses=answers({200: WishView}, 403, 404, 413, 415, 503),
)
async def put_wish(request: AnyRequest) -> ASGIResponse:
    """The member's own to say, or a co-ordinator's who was told. Nothing is sent before the next run.

    What changes stands in the admin trail, as a change of the member's address does.
    """
    only_query(request)
    member_id = path_id(request, "member_id")
    asked = await read_body(request, _wish)
    await _read_wish(request, member_id)
    principal = principal_of(request)
    # Saying it again changes nothing, so each time has an id of its own.
    answer = await change_wish(
        ledger_of(request),
        principal.community,
        principal.author,
        uuid4(),
        member_id,
        by_email=asked.by_email,
        large_print=asked.large_print,
    )
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    return json_response(await _read_wish(request, member_id))


async def _read_wish(request: AnyRequest, member_id: UUID) -> WishView:
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        row = await db.row("desk/read_statement_wish", community_id=community.id, member_id=member_id)
    if row is None:
        raise Problem("not_found")
    return WishView(bool(row["by_email"]), bool(row["large_print"]), row["has_email"])


statements_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[get_statement, get_wish, put_wish],
    tags=["Statements"],
)
