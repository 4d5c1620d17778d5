"""Passkeys: registering and removing them, signing in with one, and showing one again before a privileged act.

Each ceremony has two halves (W3C Web Authentication Level 3). The first answers with options for the browser's
`navigator.credentials`, in the JSON that `PublicKeyCredential.parseCreationOptionsFromJSON` and
`parseRequestOptionsFromJSON` read; the second takes what `toJSON()` of the credential gave.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Router, delete, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC, allow
from api.browsers import browser_of, browser_or_new, limit_by_address, refuse_other_pages
from api.documents import answers, body
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    NOTHING,
    PLAIN_TEXT,
    idempotency_key,
    json_response,
    normalised,
    only_query,
    path_id,
    read_body,
)
from api.routes.common import AnyRequest, base_url, community_of, ledger_of, principal_of, refused_response
from api.sessions import SessionView, device_of, session_response
from ledger.book.posting import Refused, Replayed
from ledger.people.credentials import CredentialRefused, RelyingParty, relying_party
from ledger.people.passkeys import (
    SessionGone,
    StepUpNeeded,
    list_passkeys,
    register,
    registration_options,
    remove_passkey,
    sign_in,
    sign_in_options,
    step_up,
    step_up_options,
)

MAX_LABEL = 60

Base64url = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_BODY, pattern=r"^[A-Za-z0-9_-]+$")]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_LABEL, pattern=PLAIN_TEXT)]


# What browsers send has more members than these, and gets new ones with each edition of the standard; so, and only
# here, what we do not know is passed over instead of refused.
class AttestationResponse(msgspec.Struct):
    """AuthenticatorAttestationResponseJSON. Its other members repeat what these say."""

    client_data: Base64url = msgspec.field(name="clientDataJSON")
    attestation_object: Base64url = msgspec.field(name="attestationObject")


class RegistrationCredential(msgspec.Struct):
    """RegistrationResponseJSON, as `toJSON()` of the new credential gives it."""

    id: Base64url
    raw_id: Base64url = msgspec.field(name="rawId")
    response: AttestationResponse
    type: Literal["public-key"]


class AssertionResponse(msgspec.Struct):
    """AuthenticatorAssertionResponseJSON."""

    client_data: Base64url = msgspec.field(name="clientDataJSON")
    authenticator_data: Base64url = msgspec.field(name="authenticatorData")
    signature: Base64url
    user_handle: Base64url | None = msgspec.field(name="userHandle", default=None)


class AuthenticationCredential(msgspec.Struct):
    """AuthenticationResponseJSON, as `toJSON()` of the credential gives it."""

    id: Base64url
    raw_id: Base64url = msgspec.field(name="rawId")
    response: AssertionResponse
    type: Literal["public-key"]


class PasskeyBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new passkey, and what its owner calls it, such as "Ana's phone"."""

    credential: RegistrationCredential
    label: Label


class AssertionBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a passkey signed."""

    credential: AuthenticationCredential


class PasskeyView(msgspec.Struct):
    """One of your passkeys."""

    id: UUID
    label: str
    made_at: datetime
    used_at: datetime | None


class PasskeysView(msgspec.Struct):
    """Your passkeys, oldest first."""

    passkeys: list[PasskeyView]


_passkey = msgspec.json.Decoder(PasskeyBody)
_assertion = msgspec.json.Decoder(AssertionBody)


@post(
    "/passkeys/challenge",
    summary="Begin to register a passkey",
    status_code=200,
    opt=allow(member=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(dict),
    responses=answers({200: dict[str, Any]}, 403, 404, 415, 429),
)
async def post_passkey_challenge(request: AnyRequest) -> ASGIResponse:
    """Options for `navigator.credentials.create()`, good for five minutes, once, in this session.

    A session that was begun by e-mail cannot give its member a passkey, except their first, and only while they
    have no role: show a passkey you have at `step-up`, or sign in with a card and register within the hour.
    """
    only_query(request)
    member_id, session_id = _own_session(request)
    await read_body(request, NOTHING)
    community = community_of(request)
    try:
        async with ledger_of(request).database.connection(community.id) as db:
            options = await registration_options(
                db, _party(request), community, member_id=member_id, session_id=session_id, now=_now()
            )
    except StepUpNeeded:
        raise Problem("step_up_required") from None
    except SessionGone:
        raise Problem("sign_in_required") from None
    return json_response(options)


@post(
    "/passkeys",
    summary="Register a passkey",
    opt=allow(member=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(PasskeyBody, idempotent=True),
    responses=answers({201: PasskeyView, 200: PasskeyView}, 403, 404, 409, 415, 422, 429, 503),
)
async def post_passkey(request: AnyRequest) -> ASGIResponse:
    """Register the passkey the browser made. You have just shown it, so your session goes on under a new cookie in
    which your role, if you have one, counts. The same request again gives the same passkey and no cookie."""
    only_query(request)
    key = idempotency_key(request)
    member_id, session_id = _own_session(request)
    asked = await read_body(request, _passkey)
    try:
        registered = await register(
            ledger_of(request),
            community_of(request),
            _party(request),
            key=key,
            member_id=member_id,
            session_id=session_id,
            credential=msgspec.to_builtins(asked.credential),
            label=normalised(asked.label, MAX_LABEL) or "",
        )
    except CredentialRefused:
        raise Problem("sign_in_failed") from None
    except StepUpNeeded:
        raise Problem("step_up_required") from None
    except SessionGone:
        raise Problem("sign_in_required") from None
    outcome, passkey = registered.answer.outcome, registered.passkey
    if isinstance(outcome, Refused):
        return refused_response(request, outcome)
    if passkey is None:
        # A replay of one whose member has been erased since.
        raise Problem("not_found")
    headers = {"idempotency-replayed": "true"} if isinstance(outcome, Replayed) else {}
    if registered.session is not None:
        headers["set-cookie"] = session_response(request, registered.session).headers["set-cookie"]
    view = PasskeyView(passkey["passkey_id"], passkey["label"], passkey["made_at"], passkey["used_at"])
    return json_response(view, 200 if isinstance(outcome, Replayed) else 201, headers)


@get(
    "/passkeys",
    summary="List your passkeys",
    opt=allow(member=True),
    responses=answers({200: PasskeysView}, 403, 404),
)
async def get_passkeys(request: AnyRequest) -> ASGIResponse:
    """Your own passkeys, and when each was last used."""
    only_query(request)
    return await _passkeys_response(request)


@delete(
    "/passkeys/{passkey_id:str}",
    summary="Remove a passkey",
    status_code=200,
    opt=allow(member=True),
    operation_class=body(None, idempotent=True),
    responses=answers({200: PasskeysView}, 403, 404, 409, 422, 429, 503),
)
async def delete_passkey(request: AnyRequest) -> ASGIResponse:
    """Remove a passkey of yours, such as a lost phone's; the answer lists the others. Whoever has a role keeps one.

    In a session that has shown a passkey of late, or that a card began within the hour.

    Sessions that were begun with it go on: end those you do not know at `sessions`.
    """
    only_query(request)
    passkey_id = path_id(request, "passkey_id")
    key = idempotency_key(request)
    member_id, session_id = _own_session(request)
    try:
        answer = await remove_passkey(
            ledger_of(request),
            community_of(request),
            key=key,
            member_id=member_id,
            session_id=session_id,
            passkey_id=passkey_id,
        )
    except SessionGone:
        raise Problem("sign_in_required") from None
    except StepUpNeeded:
        raise Problem("step_up_required") from None
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    replayed = isinstance(answer.outcome, Replayed)
    return await _passkeys_response(request, {"idempotency-replayed": "true"} if replayed else None)


@post(
    "/sign-in/passkey/challenge",
    summary="Begin to sign in with a passkey",
    status_code=200,
    opt=PUBLIC,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict),
    responses=answers({200: dict[str, Any]}, 403, 404, 415, 429),
)
async def post_sign_in_challenge(request: AnyRequest) -> ASGIResponse:
    """Options for `navigator.credentials.get()`, good for five minutes, once, in the browser that gets them.

    They name no passkey and nobody: the authenticator itself knows which of its passkeys are for this service.
    """
    only_query(request)
    refuse_other_pages(request)
    await limit_by_address(request)
    await read_body(request, NOTHING)
    ledger = ledger_of(request)
    community = await ledger.community(str(request.path_params["slug"]))
    if community is None:
        raise Problem("not_found")
    browser = browser_or_new(request)
    async with ledger.database.connection(community.id) as db:
        options = await sign_in_options(db, _party(request), community.id, browser.hash, _now())
    return json_response(options, headers=browser.headers)


@post(
    "/sign-in/passkey",
    summary="Sign in with a passkey",
    opt=PUBLIC,
    request_max_body_size=MAX_BODY,
    operation_class=body(AssertionBody),
    responses=answers({201: SessionView}, 403, 415, 429, 503),
)
async def post_passkey_sign_in(request: AnyRequest) -> ASGIResponse:
    """Begin a session with what a passkey signed. A role counts at once.

    Whatever is wrong with it, the answer is the same.
    """
    only_query(request)
    refuse_other_pages(request)
    await limit_by_address(request)
    asked = await read_body(request, _assertion)
    ledger = ledger_of(request)
    community = await ledger.community(str(request.path_params["slug"]))
    browser = browser_of(request)
    if community is None or browser is None:
        raise Problem("sign_in_failed")
    try:
        session = await sign_in(
            ledger.database,
            _party(request),
            community.id,
            browser_hash=browser.hash,
            credential=msgspec.to_builtins(asked.credential),
            device=device_of(request),
            now=_now(),
        )
    except CredentialRefused:
        raise Problem("sign_in_failed") from None
    return session_response(request, session)


@post(
    "/step-up/challenge",
    summary="Begin to show your passkey again",
    status_code=200,
    opt=allow(member=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(dict),
    responses=answers({200: dict[str, Any]}, 403, 404, 415, 429),
)
async def post_step_up_challenge(request: AnyRequest) -> ASGIResponse:
    """Options for `navigator.credentials.get()` with your own passkeys, good for five minutes, once, here."""
    only_query(request)
    member_id, session_id = _own_session(request)
    await read_body(request, NOTHING)
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        options = await step_up_options(
            db, _party(request), community.id, member_id=member_id, session_id=session_id, now=_now()
        )
    return json_response(options)


@post(
    "/step-up",
    summary="Show your passkey again",
    status_code=200,
    opt=allow(member=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(AssertionBody),
    responses=answers({200: SessionView}, 403, 404, 415, 429, 503),
)
async def post_step_up(request: AnyRequest) -> ASGIResponse:
    """Your session goes on under a new cookie, and for a quarter of an hour you may do what needs a passkey.

    Your role counts for twelve hours from now.
    """
    only_query(request)
    member_id, session_id = _own_session(request)
    asked = await read_body(request, _assertion)
    try:
        session = await step_up(
            ledger_of(request).database,
            _party(request),
            community_of(request).id,
            member_id=member_id,
            session_id=session_id,
            credential=msgspec.to_builtins(asked.credential),
            now=_now(),
        )
    except CredentialRefused:
        raise Problem("sign_in_failed") from None
    except SessionGone:
        raise Problem("sign_in_required") from None
    return session_response(request, session, 200)


def _now() -> datetime:
    return datetime.now(UTC)


def _party(request: AnyRequest) -> RelyingParty:
    return relying_party(base_url(request))


def _own_session(request: AnyRequest) -> tuple[UUID, UUID]:
    """The member who asks and their session. Raises Problem for a machine, which has neither."""
    principal = principal_of(request)
    if principal.member_id is None or principal.session_id is None:
        raise Problem("not_allowed")
    return principal.member_id, principal.session_id


async def _passkeys_response(request: AnyRequest, headers: dict[str, str] | None = None) -> ASGIResponse:
    member_id, _ = _own_session(request)
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        rows = await list_passkeys(db, community.id, member_id)
    views = [PasskeyView(row["passkey_id"], row["label"], row["made_at"], row["used_at"]) for row in rows]
    return json_response(PasskeysView(views), headers=headers)


passkeys_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[
        post_passkey_challenge,
        post_passkey,
        get_passkeys,
        delete_passkey,
        post_sign_in_challenge,
        post_passkey_sign_in,
        post_step_up_challenge,
        post_step_up,
    ],
    tags=["Passkeys"],
)
