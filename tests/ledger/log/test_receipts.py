"""Receipts: their exact bytes, and the libraries nobody here wrote that verify them."""

import hmac
import json
import warnings
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.encoding import canonical_json
from ledger.log.events import author_disclosure
from ledger.log.keys import KeyRing, SigningKey
from ledger.log.merkle import leaf_hash
from ledger.log.payloads import read_payload
from ledger.log.receipts import (
    MalformedProof,
    account_disclosure,
    check_plain,
    digest,
    note_disclosure,
    parse_tlog_proof,
    present,
    render_leaf,
    render_tlog_proof,
    salt_for,
    sign_receipt,
)

VECTORS = Path(__file__).parents[2] / "vectors"
LEAVES = json.loads((VECTORS / "leaves.json").read_text())
DISCLOSURES = json.loads((VECTORS / "disclosures.json").read_text())
RECEIPT = (VECTORS / "receipt.txt").read_text().strip()
SHOWN = (VECTORS / "receipt-with-disclosures.txt").read_text().strip()
PROOF = (VECTORS / "receipt.tlog-proof").read_text()


def make_key(purpose, seed):
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    public = private.public_key().public_bytes_raw()
    return SigningKey(purpose, datetime(2026, 1, 1, tzinfo=UTC), private, public)


KEYS = KeyRing((make_key("receipt", 0x11),), (make_key("log", 0x22),))


def decoded(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("vector", LEAVES)
def test_a_leaf_has_the_committed_bytes(vector):
    payload = render_leaf(**vector["arguments"])
    assert payload.decode() == vector["payload"]
    assert leaf_hash(payload).hex() == vector["leaf_hash"]


@pytest.mark.parametrize("vector", DISCLOSURES["accounts"])
def test_an_account_disclosure_has_the_committed_bytes(vector):
    assert salt_for(bytes.fromhex(vector["secret"]), UUID(vector["transfer_id"])) == vector["salt"]
    disclosure = account_disclosure(
        vector["salt"], vector["account_id"], vector["balance_after"], vector["entry_number"]
    )
    assert disclosure == vector["disclosure"]
    assert digest(disclosure) == vector["digest"]


@pytest.mark.parametrize("vector", DISCLOSURES["notes"])
def test_a_note_disclosure_has_the_committed_bytes(vector):
    disclosure = note_disclosure(vector["salt"], vector["note"])
    assert disclosure == vector["disclosure"]
    assert digest(disclosure) == vector["digest"]
    assert json.loads(decoded(disclosure)) == [vector["salt"], "note", vector["note"]]


def test_a_receipt_has_the_committed_bytes():
    # Ed25519 is deterministic, so even the signature never changes.
    assert sign_receipt(LEAVES[0]["payload"].encode(), KEYS.receipt_key) == RECEIPT
    header = json.loads(decoded(RECEIPT.split(".")[0]))
    assert header == {"alg": "EdDSA", "kid": KEYS.receipt_key.kid, "typ": "carehours-receipt+sd-jwt"}


plain = st.text(st.sampled_from([chr(code) for code in range(32, 127) if chr(code) not in '"\\']), min_size=1)
seconds = st.integers(-(2**53) + 1, 2**53 - 1)
digests = st.binary(min_size=32, max_size=32).map(lambda data: digest(data.hex()))
ids = st.uuids().map(str)

leaf_arguments = st.fixed_dictionaries(
    {
        "issuer": plain,
        "origin": plain,
        "slug": plain,
        "leaf_index": st.integers(0, 2**53 - 1),
        "transfer_id": ids,
        "recorded_seconds": st.integers(0, 2**53 - 1),
        "kind": st.sampled_from(["care", "redeem", "reverse"]),
        "service_on": st.none() | st.dates().map(str),
        "entries": st.lists(st.tuples(seconds, digests), min_size=2, max_size=5),
        "reverses_id": st.none() | ids,
        "hold_id": st.none() | ids,
        "note_digest": st.none() | digests,
        "via": st.sampled_from([None, "member", "delegate", "coordinator"]),
        "author_digest": st.none() | digests,
    }
)


@given(leaf_arguments)
def test_a_leaf_is_rfc_8785_json_of_what_it_was_given(arguments):
    rfc8785 = pytest.importorskip("rfc8785")
    payload = render_leaf(**arguments)
    value = json.loads(payload)
    assert rfc8785.dumps(value) == payload
    own = [each for each in (arguments["note_digest"], arguments["author_digest"]) if each is not None]
    expected = {
        "_sd": own or None,
        "entries": [{"_sd": [d], "c": arguments["slug"], "s": s} for s, d in arguments["entries"]],
        "hold": arguments["hold_id"],
        "iat": arguments["recorded_seconds"],
        "iss": arguments["issuer"],
        "jti": arguments["transfer_id"],
        "k": arguments["kind"],
        "log": arguments["origin"],
        "n": arguments["leaf_index"],
        "on": arguments["service_on"],
        "rev": arguments["reverses_id"],
        "v": 1,
        "via": arguments["via"],
    }
    assert value == {name: member for name, member in expected.items() if member is not None}


@pytest.mark.parametrize("via", ["member", "delegate", "coordinator"])
@pytest.mark.parametrize("note_digest", [None, LEAVES[0]["arguments"]["note_digest"]])
def test_a_leaf_with_an_author_is_canonical_json_and_read_back(via, note_digest):
    author_digest = digest(author_disclosure("salt", str(UUID(int=1)), str(UUID(int=2))))
    added = {"note_digest": note_digest, "via": via, "author_digest": author_digest}
    octets = render_leaf(**{**LEAVES[0]["arguments"], **added})
    assert canonical_json(json.loads(octets)) == octets
    payload = read_payload(octets)
    # The note's digest stands in front, as it did when there were no authors.
    assert payload.digests == tuple([each for each in (note_digest, author_digest) if each is not None])
    assert payload.members["via"] == via
    assert len(payload.entries) == 2


def test_a_leaf_without_an_author_is_what_it_was_before_there_were_any():
    nobody = {"via": None, "author_digest": None}
    assert render_leaf(**LEAVES[0]["arguments"], **nobody).decode() == LEAVES[0]["payload"]


@given(st.uuids().map(str), seconds, st.integers(1, 2**40), st.binary(min_size=32, max_size=32), st.uuids())
def test_an_account_disclosure_is_compact_json_in_base64url(account_id, after, number, secret, transfer_id):
    salt = salt_for(secret, transfer_id)
    assert len(salt) == 22
    mac = hmac.new(secret, b"carehours disclosure v1" + transfer_id.bytes, sha256).digest()
    assert decoded(salt) == mac[:16]
    disclosure = account_disclosure(salt, account_id, after, number)
    value = [salt, "own", {"acct": account_id, "after": after, "n": number}]
    assert decoded(disclosure) == json.dumps(value, separators=(",", ":")).encode()
    assert decoded(digest(disclosure)) == sha256(disclosure.encode()).digest()
    assert "=" not in disclosure + digest(disclosure) + salt


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_note_may_be_any_text(note):
    salt = salt_for(b"secret", UUID(int=1))
    assert json.loads(decoded(note_disclosure(salt, note))) == [salt, "note", note]


def test_a_note_that_is_no_unicode_text_is_refused():
    with pytest.raises(ValueError, match="surrogates"):
        note_disclosure("salt", "\ud800")


@given(plain)
def test_plain_text_is_given_back(text):
    assert check_plain(text) == text


@pytest.mark.parametrize("text", ["", 'a"b', "a\\b", "a\nb", "a\n", "a\x00", "é", "a\x7f", "\u2028", "a\tb"])
def test_text_that_would_need_escaping_is_not_plain(text):
    with pytest.raises(ValueError, match="cannot stand in a receipt"):
        check_plain(text)


def test_nothing_but_ascii_gets_into_a_leaf_even_unchecked():
    with pytest.raises(UnicodeEncodeError):
        render_leaf(**{**LEAVES[0]["arguments"], "slug": "tŷ-gwyn"})


def test_a_presentation_ends_with_a_tilde():
    assert present(RECEIPT, []) == RECEIPT + "~"
    assert present(RECEIPT, ["a", "b"]) == RECEIPT + "~a~b~"


def test_joserfc_verifies_a_receipt():
    jws = pytest.importorskip("joserfc.jws")
    from joserfc.errors import BadSignatureError
    from joserfc.jwk import KeySet

    keys = KeySet.import_key_set(KEYS.jwks())
    with warnings.catch_warnings():
        # It warns that RFC 9864 renames the algorithm.
        warnings.simplefilter("ignore")
        signed = jws.deserialize_compact(RECEIPT, keys, algorithms=["EdDSA"])
        assert signed.payload.decode() == LEAVES[0]["payload"]
        with pytest.raises(BadSignatureError):
            jws.deserialize_compact(RECEIPT[:-4] + "AAAA", keys, algorithms=["EdDSA"])


def test_pyjwt_verifies_a_receipt():
    jwt = pytest.importorskip("jwt")
    key = jwt.PyJWKSet.from_dict(KEYS.jwks())[KEYS.receipt_key.kid]
    options = {"verify_iat": False}
    issuer = "https://care.example.org"
    assert jwt.decode(RECEIPT, key, algorithms=["EdDSA"], issuer=issuer, options=options) == json.loads(
        LEAVES[0]["payload"]
    )
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(RECEIPT[:-4] + "AAAA", key, algorithms=["EdDSA"], options=options)


def test_the_sd_jwt_library_verifies_a_receipt_and_fills_in_what_is_shown():
    verifier = pytest.importorskip("sd_jwt.verifier")
    from jwcrypto.jwk import JWK

    key = JWK.from_json(json.dumps(KEYS.jwks()["keys"][0]))
    payload = verifier.SDJWTVerifier(SHOWN, lambda *_: key).get_verified_payload()
    payee, payer = payload["entries"]
    account = DISCLOSURES["accounts"][0]
    assert payee["own"] == {"acct": account["account_id"], "after": account["balance_after"], "n": 1}
    assert "own" not in payer
    assert payload["note"] == DISCLOSURES["notes"][0]["note"]


def test_the_sd_jwt_library_fills_in_who_posted_it():
    verifier = pytest.importorskip("sd_jwt.verifier")
    from jwcrypto.jwk import JWK

    disclosure = author_disclosure(DISCLOSURES["accounts"][0]["salt"], str(UUID(int=1)), str(UUID(int=2)))
    leaf = render_leaf(**LEAVES[0]["arguments"], via="delegate", author_digest=digest(disclosure))
    text = present(sign_receipt(leaf, KEYS.receipt_key), [disclosure])
    key = JWK.from_json(json.dumps(KEYS.jwks()["keys"][0]))
    payload = verifier.SDJWTVerifier(text, lambda *_: key).get_verified_payload()
    assert payload["author"] == {"by": str(UUID(int=1)), "for": str(UUID(int=2))}
    assert payload["via"] == "delegate"


def test_a_proof_is_read_as_it_is_written():
    proof = parse_tlog_proof(PROOF)
    assert proof.receipt_text == SHOWN
    assert proof.checkpoint_note == (VECTORS / "checkpoint.txt").read_text()
    assert proof.index == 0
    assert len(proof.path) == 2
    assert render_tlog_proof(proof.receipt_text, proof.index, proof.path, proof.checkpoint_note) == PROOF


def test_the_only_leaf_of_a_log_has_an_empty_path():
    text = render_tlog_proof("receipt", 0, [], "note")
    assert text == "c2sp.org/tlog-proof@v1\nextra cmVjZWlwdA==\nindex 0\n\nnote"
    assert parse_tlog_proof(text).path == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c2sp.org", "C2SP.org"),
        ("@v1", "@v2"),
        ("extra ", "extra  "),
        ("extra ", "extra"),
        ("extra ", "Extra "),
        ("index 0", "index 00"),
        ("index 0", "index -1"),
        ("index 0", "index +0"),
        ("index 0", "index 1e3"),
        ("index 0", "index ٣"),
        ("index 0", "index " + "9" * 30),
        ("index 0", "index 0\nAAAA"),
        ("index 0", "index 0\n" + "A" * 43),
        ("index 0", "index 0" + ("\n" + "A" * 43 + "=") * 64),
        ("index 0\n", ""),
        ("index 0\n", "index 0\r\n"),
        ("\n\n", "\n"),
    ],
)
def test_a_proof_of_another_form_is_refused(old, new):
    text = PROOF.replace(old, new) if old == "\n\n" else PROOF.replace(old, new, 1)
    assert text != PROOF
    with pytest.raises(MalformedProof):
        parse_tlog_proof(text)


@pytest.mark.parametrize("text", ["", "\n\n", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\n\nnote"])
def test_an_incomplete_proof_is_refused(text):
    with pytest.raises(MalformedProof):
        parse_tlog_proof(text)
