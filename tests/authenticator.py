"""An authenticator in software, and the part of a browser that speaks with it: what a passkey in a phone does.

It makes discoverable ES256 credentials, verifies its user, and counts its signatures. A test may bend anything.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

USER_PRESENT, USER_VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encode(octets):
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def decode(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Credential:
    id: bytes
    rp_id: str
    user_handle: bytes
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def cose(self):
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})


class Authenticator:
    """`flags` and `count` are what it says of itself; `count` None stays at nought, as passkeys that sync do."""

    def __init__(self, *, flags=USER_PRESENT | USER_VERIFIED, count=0):
        self.credentials = []
        self.flags = flags
        self.count = count

    def create(self, options, origin, **client_data):
        """RegistrationResponseJSON for PublicKeyCredentialCreationOptionsJSON."""
        excluded = {decode(each["id"]) for each in options["excludeCredentials"]}
        if excluded & {each.id for each in self.credentials}:
            raise ValueError("InvalidStateError: the authenticator has one already")
        credential = Credential(token_bytes(32), options["rp"]["id"], decode(options["user"]["id"]))
        self.credentials.append(credential)
        attested = bytes(16) + len(credential.id).to_bytes(2, "big") + credential.id + credential.cose
        data = self._data(credential, ATTESTED) + attested
        response = {
            "clientDataJSON": self._client_data("webauthn.create", options, origin, client_data),
            "attestationObject": encode(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal"],
        }
        return self._json(credential, response)

    def get(self, options, origin, *, credential=None, user_handle=None, **client_data):
        """AuthenticationResponseJSON for PublicKeyCredentialRequestOptionsJSON."""
        allowed = {decode(each["id"]) for each in options["allowCredentials"]}
        fitting = [
            each
            for each in self.credentials
            if each.rp_id == options["rpId"] and (not allowed or each.id in allowed)
        ]
        credential = credential or fitting[-1]
        if self.count is not None:
            self.count += 1
        told = self._client_data("webauthn.get", options, origin, client_data)
        data = self._data(credential)
        signature = credential.key.sign(data + sha256(decode(told)).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": told,
            "authenticatorData": encode(data),
            "signature": encode(signature),
            "userHandle": encode(user_handle or credential.user_handle),
        }
        return self._json(credential, response)

    def _data(self, credential, flags=0):
        count = (self.count or 0).to_bytes(4, "big")
        return sha256(credential.rp_id.encode()).digest() + bytes([self.flags | flags]) + count

    def _client_data(self, kind, options, origin, more):
        said = {
            "type": kind,
            "challenge": options["challenge"],
            "origin": origin,
            "crossOrigin": False,
        } | more
        return encode(json.dumps(said).encode())

    def _json(self, credential, response):
        return {
            "id": encode(credential.id),
            "rawId": encode(credential.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {"credProps": {"rk": True}},
            "response": response,
        }
