"""Passkeys: registering, signing in, and showing one again before a privileged act (W3C Web Authentication Level 3).

A ceremony has two halves. The first gives the browser options with a fresh challenge; the second takes what the
authenticator signed. A challenge is good once, for five minutes, for one purpose, and in the browser it was given
to. User verification is always required, so a passkey is two factors: the device, and its owner's finger or PIN.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from secrets import token_bytes
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import (
    options_to_json_dict,
)
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ledger.book.authors import Author, Details, Event, Via
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer, Ledger
from ledger.book.posting import Decision
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection, Database
from ledger.log.encoding import base64url
from ledger.people.acts import act
from ledger.people.credentials import (
    ALGORITHMS,
    CredentialRefused,
    RelyingParty,
    challenge_of,
    id_of,
    user_handle,
    verify_assertion,
    verify_registration,
)
from ledger.people.members import MAY_SIGN_IN
from ledger.people.roles import STRONG_FOR
from ledger.people.sessions import NewSession, rotate_session, start_session

CHALLENGE_FOR = timedelta(minutes=5)
FRESH_FOR = timedelta(hours=1)
"""How long after signing in with a card, or with the start link, a passkey may be registered without showing one."""

FRESH_METHODS = frozenset({"card", "start"})
"""Ways of signing in that somebody else stands behind: a co-ordinator who knows the member, or the operator."""


class Purpose(StrEnum):
    """What a challenge was given for. It is good for nothing else."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    STEP_UP = "step_up"


class StepUpNeeded(Exception):
    """The session is not strong enough to give itself, or take away, a passkey."""


class SessionGone(Exception):
    """The session ended in the meantime."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a registration. `session` is the strong one that takes the place of the member's; None in a
    replay, when the earlier answer brought it."""

    answer: Answer
    passkey: asyncpg.Record | None
    session: NewSession | None


def may_register(
    *,
    method: str,
    started_at: datetime,
    strong_at: datetime | None,
    privileged: bool,
    ever: int,
    now: datetime,
) -> bool:
    """Whether a session may give its member another passkey.

    A session begun with a code by e-mail must not: whoever reads somebody's mail would become a co-ordinator. Only
    the first passkey of a member without a role is free, since it opens no more than the session itself does.
    `ever` counts the passkeys the member has or had.
    """
    if strong_at is not None and now - strong_at <= STRONG_FOR:
        return True
    if method in FRESH_METHODS and now - started_at <= FRESH_FOR:
        return True
    return not privileged and ever == 0


async def registration_options(
    db: Connection,
    party: RelyingParty,
    community: Community,
    *,
    member_id: UUID,
    session_id: UUID,
    now: datetime,
) -> dict[str, Any]:
    """Options for `navigator.credentials.create()`, as PublicKeyCredentialCreationOptionsJSON.

    Raises StepUpNeeded and SessionGone.
    """
    standing = await _may_register(db, community.id, member_id, session_id, now)
    own = await list_passkeys(db, community.id, member_id)
    challenge = await _challenge(
        db, community.id, Purpose.REGISTER, browser_of_session(session_id), member_id, now
    )
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=community.name,
        user_id=member_id.bytes,
        user_name=standing["name"],
        challenge=challenge,
        timeout=int(CHALLENGE_FOR.total_seconds()) * 1000,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(own),
        supported_pub_key_algs=ALGORITHMS,
    )
    return options_to_json_dict(options)


async def register(
    ledger: Ledger,
    community: Community,
    party: RelyingParty,
    *,
    key: UUID,
    member_id: UUID,
    session_id: UUID,
    credential: Mapping[str, Any],
    label: str,
) -> Registered:
    """Register a passkey from a RegistrationResponseJSON, and make the session strong: its owner was just verified.

    Event `passkey_added`. Refused: PASSKEY_TAKEN. Raises CredentialRefused, StepUpNeeded and SessionGone, and then
    has done nothing, except that the challenge is spent.
    """
    challenge = challenge_of(credential)
    browser = browser_of_session(session_id)
    try:
        made = verify_registration(party, credential, challenge)
    except CredentialRefused:
        async with ledger.database.connection(community.id) as db:
            await _take(db, community.id, challenge, Purpose.REGISTER, browser, member_id, ledger.now())
        raise
    rotated: list[NewSession] = []

    async def also(db: Connection, _decision: Decision, now: datetime) -> list[Event]:
        if await _read(db, community.id, made.credential_id) is not None:
            raise ActRefused(Refusal.PASSKEY_TAKEN)
        standing = await _may_register(db, community.id, member_id, session_id, now)
        if not await _take(db, community.id, challenge, Purpose.REGISTER, browser, member_id, now):
            raise CredentialRefused
        passkey_id = uuid4()
        await db.run(
            "people/insert_passkey",
            community_id=community.id,
            credential_id=made.credential_id,
            passkey_id=passkey_id,
            member_id=member_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            label=label,
            now=now,
        )
        session = await rotate_session(db, community.id, session_id, now=now, strong=True)
        if session is None:
            raise SessionGone
        rotated[:] = [session]
        if standing["kept"] == 0:
            # Whoever else signed in with the same card or link has no passkey to show, and must not make one.
            await db.run(
                "people/end_other_sessions",
                community_id=community.id,
                member_id=member_id,
                besides=session.session_id,
                now=now,
            )
        key_hash = sha256(made.credential_public_key).hexdigest()
        details: Details = {"passkey": str(passkey_id), "key": key_hash}
        return [Event("passkey_added", Author(Via.MEMBER, member_id), member_id, details)]

    asked = {
        "member": str(member_id),
        "credential": base64url(made.credential_id),
        "public_key": base64url(made.credential_public_key),
        "label": label,
    }
    answer = await act(ledger, community, Author(Via.MEMBER, member_id), key, "add_passkey", asked, also)
    async with ledger.database.connection(community.id) as db:
        passkey = await _read(db, community.id, made.credential_id)
    return Registered(answer, passkey, rotated[0] if rotated else None)


async def sign_in_options(
    db: Connection, party: RelyingParty, community_id: int, browser_hash: bytes, now: datetime
) -> dict[str, Any]:
    """Options for `navigator.credentials.get()`, as PublicKeyCredentialRequestOptionsJSON.

    They name no credential: the authenticator shows its owner the ones it has, and we tell nobody who is a member.
    """
    challenge = await _challenge(db, community_id, Purpose.SIGN_IN, browser_hash, None, now)
    return _request_options(party, challenge, [])


async def sign_in(
    database: Database,
    party: RelyingParty,
    community_id: int,
    *,
    browser_hash: bytes,
    credential: Mapping[str, Any],
    device: str,
    now: datetime,
) -> NewSession:
    """A new strong session for whoever's passkey signed. Raises CredentialRefused, for whatever reason."""
    passkey = await _taken(database, community_id, credential, Purpose.SIGN_IN, browser_hash, None, now)
    member_id: UUID = passkey["member_id"]
    # The user handle is how a discoverable credential says whose it is (WebAuthn Level 3, section 7.2 step 6).
    if user_handle(credential) != member_id.bytes:
        raise CredentialRefused
    verified = verify_assertion(party, credential, passkey["public_key"], passkey["sign_count"])
    async with database.transaction(community_id) as db:
        await _use(db, community_id, verified, now)
        return await start_session(
            db, community_id, member_id, method="passkey", device=device, now=now, strong=True
        )


async def step_up_options(
    db: Connection,
    party: RelyingParty,
    community_id: int,
    *,
    member_id: UUID,
    session_id: UUID,
    now: datetime,
) -> dict[str, Any]:
    """Options for showing one of the member's own passkeys again, in this session."""
    own = await list_passkeys(db, community_id, member_id)
    browser = browser_of_session(session_id)
    challenge = await _challenge(db, community_id, Purpose.STEP_UP, browser, member_id, now)
    return _request_options(party, challenge, _descriptors(own))


async def step_up(
    database: Database,
    party: RelyingParty,
    community_id: int,
    *,
    member_id: UUID,
    session_id: UUID,
    credential: Mapping[str, Any],
    now: datetime,
) -> NewSession:
    """The member's session anew, strong from now on. Raises CredentialRefused and SessionGone."""
    browser = browser_of_session(session_id)
    passkey = await _taken(database, community_id, credential, Purpose.STEP_UP, browser, member_id, now)
    if passkey["member_id"] != member_id or user_handle(credential) not in (None, member_id.bytes):
        raise CredentialRefused
    verified = verify_assertion(party, credential, passkey["public_key"], passkey["sign_count"])
    async with database.transaction(community_id) as db:
        await _use(db, community_id, verified, now)
        session = await rotate_session(db, community_id, session_id, now=now, strong=True)
        if session is None:
            raise SessionGone
        return session


async def list_passkeys(db: Connection, community_id: int, member_id: UUID) -> list[asyncpg.Record]:
    """The member's passkeys, oldest first."""
    return await db.rows("people/list_passkeys", community_id=community_id, member_id=member_id)


async def remove_passkey(
    ledger: Ledger, community: Community, *, key: UUID, member_id: UUID, session_id: UUID, passkey_id: UUID
) -> Answer:
    """Remove one of the member's own passkeys. Event `passkey_removed`.

    Refused: PASSKEY_UNKNOWN; LAST_PASSKEY while the member has a role. Raises SessionGone, and StepUpNeeded unless
    the session may also register one.
    """

    async def also(db: Connection, _decision: Decision, now: datetime) -> list[Event]:
        own = await list_passkeys(db, community.id, member_id)
        if passkey_id not in [row["passkey_id"] for row in own]:
            raise ActRefused(Refusal.PASSKEY_UNKNOWN)
        standing = await _may_register(db, community.id, member_id, session_id, now)
        if standing["role"] is not None and standing["kept"] == 1:
            raise ActRefused(Refusal.LAST_PASSKEY)
        await db.run(
            "people/remove_passkey",
            community_id=community.id,
            passkey_id=passkey_id,
            member_id=member_id,
            now=now,
        )
        details: Details = {"passkey": str(passkey_id)}
        return [Event("passkey_removed", Author(Via.MEMBER, member_id), member_id, details)]

    asked = {"member": str(member_id), "passkey": str(passkey_id)}
    return await act(ledger, community, Author(Via.MEMBER, member_id), key, "remove_passkey", asked, also)


def browser_of_session(session_id: UUID) -> bytes:
    """What stands for the browser when it is signed in: its session."""
    return sha256(session_id.bytes).digest()


def _descriptors(rows: Sequence[asyncpg.Record]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=row["credential_id"]) for row in rows]


def _request_options(
    party: RelyingParty, challenge: bytes, allowed: list[PublicKeyCredentialDescriptor]
) -> dict[str, Any]:
    return options_to_json_dict(
        generate_authentication_options(
            rp_id=party.id,
            challenge=challenge,
            timeout=int(CHALLENGE_FOR.total_seconds()) * 1000,
            allow_credentials=allowed,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


async def _challenge(
    db: Connection, community_id: int, purpose: Purpose, browser: bytes, member_id: UUID | None, now: datetime
) -> bytes:
    """A new challenge of 256 random bits. Those of the community that have expired go."""
    await db.run("people/delete_expired_challenges", community_id=community_id, now=now)
    challenge = token_bytes(32)
    await db.run(
        "people/insert_challenge",
        community_id=community_id,
        challenge=challenge,
        purpose=purpose,
        browser_hash=browser,
        member_id=member_id,
        expires_at=now + CHALLENGE_FOR,
    )
    return challenge


async def _take(
    db: Connection,
    community_id: int,
    challenge: bytes,
    purpose: Purpose,
    browser: bytes,
    member_id: UUID | None,
    now: datetime,
) -> bool:
    """Spend the challenge; False when there is no such one for this purpose in this browser."""
    row = await db.row(
        "people/take_challenge",
        community_id=community_id,
        challenge=challenge,
        purpose=purpose,
        browser_hash=browser,
        member_id=member_id,
        now=now,
    )
    return row is not None


async def _taken(
    database: Database,
    community_id: int,
    credential: Mapping[str, Any],
    purpose: Purpose,
    browser: bytes,
    member_id: UUID | None,
    now: datetime,
) -> asyncpg.Record:
    """Spend the challenge whatever comes of it, and find the passkey that answers it, if it can be used at all."""
    challenge, credential_id = challenge_of(credential), id_of(credential)
    async with database.connection(community_id) as db:
        good = await _take(db, community_id, challenge, purpose, browser, member_id, now)
        passkey = await _read(db, community_id, credential_id)
    if not good or passkey is None or passkey["removed_at"] is not None:
        raise CredentialRefused
    if passkey["status"] not in MAY_SIGN_IN:
        raise CredentialRefused
    return passkey


async def _use(db: Connection, community_id: int, verified: VerifiedAuthentication, now: datetime) -> None:
    used = await db.row(
        "people/use_passkey",
        community_id=community_id,
        credential_id=verified.credential_id,
        sign_count=verified.new_sign_count,
        now=now,
    )
    if used is None:
        raise CredentialRefused


async def _read(db: Connection, community_id: int, credential_id: bytes) -> asyncpg.Record | None:
    return await db.row("people/read_passkey", community_id=community_id, credential_id=credential_id)


async def _standing(db: Connection, community_id: int, member_id: UUID, session_id: UUID) -> asyncpg.Record:
    row = await db.row(
        "people/read_passkey_standing", community_id=community_id, member_id=member_id, session_id=session_id
    )
    if row is None:
        raise SessionGone
    return row


async def _may_register(
    db: Connection, community_id: int, member_id: UUID, session_id: UUID, now: datetime
) -> asyncpg.Record:
    row = await _standing(db, community_id, member_id, session_id)
    if not may_register(
        method=row["method"],
        started_at=row["started_at"],
        strong_at=row["strong_at"],
        privileged=row["role"] is not None,
        ever=row["ever"],
        now=now,
    ):
        raise StepUpNeeded
    return row
