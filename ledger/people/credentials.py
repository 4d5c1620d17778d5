"""What a browser sends of a passkey, read and verified (W3C Web Authentication Level 3).

No IO: what was sent is taken apart and checked, or refused.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.registration.verify_registration_response import VerifiedRegistration

from ledger.log.encoding import base64url, read_base64url

MAX_CREDENTIAL_ID = 1023
"""Octets of a credential id (WebAuthn Level 3, section 5.8.3)."""

# ES256, EdDSA and RS256: between them every authenticator on the market. RS256 is what Windows Hello has.
ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]


class CredentialRefused(Exception):
    """What the browser sent proves nothing. Deliberately does not say why."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """For whom passkeys are made: `id` is the service's host name, `origin` the one of its pages."""

    id: str
    origin: str


def relying_party(url: str) -> RelyingParty:
    """The relying party of a service that is reached at this URL, which has no path."""
    return RelyingParty(urlsplit(url).hostname or "", url)


def verify_registration(
    party: RelyingParty, credential: Mapping[str, Any], challenge: bytes
) -> VerifiedRegistration:
    """The credential, when it was made for us, now, with its owner verified. Raises CredentialRefused.

    Which make of authenticator it is nobody asks: we requested no attestation, and believe none.
    """
    try:
        _refuse_frames(credential)
        made = verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
        # A key nothing can be verified with, such as a point off its curve, would lock its owner out later.
        decoded_public_key_to_cryptography(decode_credential_public_key(made.credential_public_key))
    except Exception:  # noqa: BLE001 - whatever the parsers of CBOR, COSE and X.509 stumble over is a bad credential
        raise CredentialRefused from None
    if len(made.credential_id) > MAX_CREDENTIAL_ID or base64url(made.credential_id) != credential["id"]:
        raise CredentialRefused
    return made


def verify_assertion(
    party: RelyingParty, credential: Mapping[str, Any], public_key: bytes, sign_count: int
) -> VerifiedAuthentication:
    """The assertion, when this key signed it for us with its owner verified. Raises CredentialRefused.

    Also when the counter did not go up: then somebody has copied the passkey (section 6.1.1).
    """
    try:
        _refuse_frames(credential)
        return verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge_of(credential),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 - whatever else those parsers stumble over is a bad credential too
        raise CredentialRefused from None


def _client_data(credential: Mapping[str, Any]) -> dict[str, Any]:
    """What the browser says it asked the authenticator. Raises CredentialRefused."""
    try:
        client_data = json.loads(read_base64url(credential["response"]["clientDataJSON"]))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise CredentialRefused from None
    if not isinstance(client_data, dict):
        raise CredentialRefused
    return client_data


def challenge_of(credential: Mapping[str, Any]) -> bytes:
    """The challenge the credential answers. It counts only when a stored one is found for it."""
    try:
        return read_base64url(_client_data(credential)["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CredentialRefused from None


def _refuse_frames(credential: Mapping[str, Any]) -> None:
    """Our pages are never shown inside another site's: a ceremony that says so was not ours."""
    if _client_data(credential).get("crossOrigin", False) is not False:
        raise CredentialRefused


def user_handle(credential: Mapping[str, Any]) -> bytes | None:
    handle = credential["response"].get("userHandle")
    try:
        return None if handle is None else read_base64url(handle)
    except (ValueError, AttributeError):
        raise CredentialRefused from None


def id_of(credential: Mapping[str, Any]) -> bytes:
    try:
        return read_base64url(credential["id"])
    except (ValueError, KeyError, AttributeError):
        raise CredentialRefused from None
