"""Signing in with a one-time code sent by e-mail, and which ways of signing in there are."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC, limited
from api.browsers import browser_of, browser_or_new, limit_by_address, limits_of, refuse_other_pages
from api.documents import answers, body
from api.mail import Mailer, read_smtp_url
from api.problems import Problem
from api.requests import MAX_BODY, PLAIN_TEXT, json_response, only_query, read_body
from api.routes.common import AnyRequest, ledger_of
from api.sessions import SessionView, device_of, session_response
from api.settings import Settings
from ledger.people.mail_codes import request_code, use_code
from ledger.people.rate_limits import SIGN_IN_BY_MEMBER

# RFC 5321 section 4.5.3.1.3 leaves 254 octets for an address. Whether it exists only the mail server can say.
Email = Annotated[str, msgspec.Meta(min_length=3, max_length=254, pattern=PLAIN_TEXT)]
Code = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{8}$")]


class CodeRequestBody(msgspec.Struct, forbid_unknown_fields=True):
    """The e-mail address the community knows you by."""

    email: Email


class CodeBody(msgspec.Struct, forbid_unknown_fields=True):
    """The eight digits of the e-mail."""

    code: Code


class CodeRequestedView(msgspec.Struct):
    """Says nothing about the address. `expires_in` are seconds."""

    expires_in: int


class WaysView(msgspec.Struct):
    """The ways of signing in here."""

    card: bool
    passkey: bool
    code: bool


_request = msgspec.json.Decoder(CodeRequestBody)
_code = msgspec.json.Decoder(CodeBody)
EXPIRES_IN = 600


def open_mailer(settings: Settings) -> Mailer:
    """The sender of the settings' mail server. Close it when the service ends."""
    server = None if settings.smtp_url is None else read_smtp_url(settings.smtp_url)
    return Mailer(server, settings.sender)


def mailer_of(request: AnyRequest) -> Mailer:
    mailer: Mailer = request.app.state.mailer
    return mailer


@get(
    "/sign-in",
    summary="The ways of signing in",
    opt=PUBLIC,
    responses=answers({200: WaysView}, 404),
)
async def get_sign_in(request: AnyRequest) -> ASGIResponse:
    """Which ways of signing in this community offers. Codes by e-mail need a mail server, and are for members
    without a role."""
    only_query(request)
    if await ledger_of(request).community(str(request.path_params["slug"])) is None:
        raise Problem("not_found")
    return json_response(WaysView(card=True, passkey=True, code=mailer_of(request).can_send))


@post(
    "/sign-in/code/request",
    summary="Ask for a code by e-mail",
    status_code=202,
    opt=PUBLIC,
    request_max_body_size=MAX_BODY,
    operation_class=body(CodeRequestBody),
    responses=answers({202: CodeRequestedView}, 403, 404, 415, 429, 503),
)
async def post_code_request(request: AnyRequest) -> ASGIResponse:
    """Have a code sent to your e-mail address, good for ten minutes in this browser.

    The answer is the same whether the address is known or not. No code goes to whoever has a role, who signs in
    with a passkey, nor to an address that two members share: a co-ordinator prints them cards.
    """
    only_query(request)
    refuse_other_pages(request)
    await limit_by_address(request)
    asked = await read_body(request, _request)
    ledger = ledger_of(request)
    community = await ledger.community(str(request.path_params["slug"]))
    if community is None:
        raise Problem("not_found")
    email = asked.email.strip()
    # Counted by what was typed, known or not, so that being refused tells nothing either.
    address = sha256(email.casefold().encode()).hexdigest()
    await limited(limits_of(request).take(SIGN_IN_BY_MEMBER, community.slug, address))
    browser = browser_or_new(request)
    mail = await request_code(
        ledger.database, community.id, email=email, browser=browser.text, now=datetime.now(UTC)
    )
    if mail is not None:
        mailer_of(request).send_code_soon(mail.email, community.name, mail.code)
    return json_response(CodeRequestedView(EXPIRES_IN), 202, browser.headers)


@post(
    "/sign-in/code",
    summary="Sign in with a code",
    opt=PUBLIC,
    request_max_body_size=MAX_BODY,
    operation_class=body(CodeBody),
    responses=answers({201: SessionView}, 403, 415, 429, 503),
)
async def post_code_sign_in(request: AnyRequest) -> ASGIResponse:
    """Begin a session with the code of the e-mail, in the browser that asked for it. Five tries, ten minutes, once.

    Whatever is wrong with it, the answer is the same.
    """
    only_query(request)
    refuse_other_pages(request)
    await limit_by_address(request)
    asked = await read_body(request, _code)
    ledger = ledger_of(request)
    community = await ledger.community(str(request.path_params["slug"]))
    browser = browser_of(request)
    if community is None or browser is None:
        raise Problem("sign_in_failed")
    new = await use_code(
        ledger.database,
        community.id,
        code=asked.code,
        browser=browser.text,
        device=device_of(request),
        now=datetime.now(UTC),
    )
    if new is None:
        raise Problem("sign_in_failed")
    return session_response(request, new)


mail_codes_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[get_sign_in, post_code_request, post_code_sign_in],
    tags=["Sign-in"],
)
