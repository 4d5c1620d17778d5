"""verify(): one valid receipt in its three forms, and everything near it that is not valid."""

import hmac
import json
import os
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.checkpoints import Checkpoint, sign_checkpoint
from ledger.log.encoding import base64
from ledger.log.events import author_disclosure
from ledger.log.keys import KeyRing, SigningKey
from ledger.log.merkle import CompactRange, leaf_hash
from ledger.log.payloads import AuthorDisclosure
from ledger.log.receipts import digest, present, render_leaf, render_tlog_proof, sign_receipt
from ledger.log.signing import note_key_id
from ledger.log.verification import Disclosed, MalformedTrust, Trust, render_trust, verify

VECTORS = Path(__file__).parents[2] / "vectors"
TRUST_FILE = (VECTORS / "trust.json").read_bytes()
TRUST = Trust.from_json(TRUST_FILE)
RECEIPT = (VECTORS / "receipt.txt").read_bytes().strip()
SHOWN = (VECTORS / "receipt-with-disclosures.txt").read_bytes().strip()
PROOF = (VECTORS / "receipt.tlog-proof").read_bytes()
LEAVES = [leaf["payload"].encode() for leaf in json.loads((VECTORS / "leaves.json").read_text())]
DISCLOSURES = json.loads((VECTORS / "disclosures.json").read_text())
ACCOUNTS = [account["disclosure"] for account in DISCLOSURES["accounts"]]
(NOTE,) = DISCLOSURES["notes"]
ORIGIN = "care.example.org/riverside"


def make_key(purpose, seed):
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    public = private.public_key().public_bytes_raw()
    return SigningKey(purpose, datetime(2026, 1, 1, tzinfo=UTC), private, public)


KEY, LOG_KEY, FOREIGN = make_key("receipt", 0x11), make_key("log", 0x22), make_key("receipt", 0x44)
HEADER = {"alg": "EdDSA", "kid": KEY.kid, "typ": "carehours-receipt+sd-jwt"}


def base64url(data):
    return urlsafe_b64encode(data).rstrip(b"=")


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sign(payload, header=None, key=KEY):
    """Any payload under any header, with a genuine signature, to reach the checks behind it."""
    header = compact(HEADER if header is None else header) if not isinstance(header, bytes) else header
    signed = base64url(header) + b"." + base64url(payload)
    return signed + b"." + base64url(key.sign(signed))


def failures(text, trust=TRUST):
    verification = verify(text, trust)
    failed = [check.name for check in verification.checks if check.passed is False]
    assert verification.valid == (not failed)
    if failed:
        assert (verification.payload, verification.disclosed, verification.note) == (None, (), None)
        assert verification.author is None
    return failed


def outcomes(text):
    return {check.name: check.passed for check in verify(text, TRUST).checks}


def test_a_bare_receipt_is_valid_and_says_what_it_came_without():
    verification = verify(RECEIPT, TRUST)
    assert verification.valid
    assert verification.payload == json.loads(LEAVES[0])
    assert outcomes(RECEIPT) == {
        "form": True,
        "issuer": True,
        "signature": True,
        "balance": True,
        "disclosures": None,
        "checkpoint": None,
        "inclusion": None,
    }


def test_a_receipt_with_disclosures_shows_whose_entry_it_was_and_the_note():
    verification = verify(SHOWN, TRUST)
    assert verification.valid
    account = DISCLOSURES["accounts"][0]
    assert verification.disclosed == (Disclosed(0, account["account_id"], 5400, 1),)
    assert verification.note == NOTE["note"]


def test_a_receipt_with_its_proof_passes_every_check():
    assert set(outcomes(PROOF).values()) == {True}
    assert verify(PROOF, TRUST).disclosed == verify(SHOWN, TRUST).disclosed


def test_every_check_has_a_sentence_for_the_family():
    for text in (RECEIPT, SHOWN, PROOF, b"", b"\xff", RECEIPT[:-9], sign(LEAVES[0], key=FOREIGN)):
        for check in verify(text, TRUST).checks:
            assert check.says[0].isupper()
            assert check.says.endswith(".")
            assert "codec" not in check.says
            assert "Expecting" not in check.says


@pytest.mark.parametrize("text", [RECEIPT, SHOWN, PROOF])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \t\n\n", b"\xef\xbb\xbf", b"\n\xef\xbb\xbf\n"])
def test_white_space_after_a_receipt_is_tolerated(text, end):
    assert failures(text + end) == []


@pytest.mark.parametrize("text", [RECEIPT, SHOWN, PROOF])
@pytest.mark.parametrize("start", [b"\n", b" ", b"\xef\xbb\xbf", b"\x00"])
def test_anything_before_a_receipt_is_not(text, start):
    assert failures(start + text) == ["form"]


def test_no_changed_byte_goes_unnoticed():
    for text in (RECEIPT, SHOWN):
        for at in range(len(text)):
            for change in (0x01, 0x02, 0x20, 0x80, 0xFF):
                changed = bytearray(text)
                changed[at] ^= change
                assert failures(bytes(changed)), (at, change)


def test_no_changed_byte_of_a_proof_changes_what_is_said():
    # One of the two log signatures may be spoilt beyond recognition: then it is a stranger's, and ignored.
    genuine = verify(PROOF, TRUST)
    signatures = PROOF.index(b"\xe2\x80\x94")
    for at in range(len(PROOF) - 1):
        changed = bytearray(PROOF)
        changed[at] ^= 1
        verification = verify(bytes(changed), TRUST)
        if verification.valid:
            assert at > signatures
            assert verification == genuine


def test_no_cut_receipt_is_valid():
    for text in (RECEIPT, prove().strip()):
        assert not any(verify(text[:length], TRUST).valid for length in range(len(text)))
    # Cut after a tilde, a receipt with disclosures is one that shows less.
    for length in range(len(SHOWN)):
        cut = SHOWN[:length]
        assert verify(cut, TRUST).valid == (cut == RECEIPT or cut.endswith(b"~"))


@given(st.binary(max_size=300))
def test_random_bytes_are_never_valid_and_never_an_error(data):
    for text in (data, data + RECEIPT, RECEIPT + b"~" + data, PROOF + data, base64url(data) + b"." + RECEIPT):
        if text.strip(b" \t\r\n\xef\xbb\xbf") not in (RECEIPT, RECEIPT + b"~", PROOF.strip()):
            assert not verify(text, TRUST).valid


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_random_payloads_and_headers_are_never_valid_even_when_signed(header, payload):
    assert failures(sign(payload)) == ["form"]
    assert failures(sign(LEAVES[0], header)) == ["form"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_a_member_of_any_other_value_is_never_an_error(data):
    payload = json.loads(LEAVES[0])
    name = data.draw(st.sampled_from(sorted(payload)))
    payload[name] = data.draw(json_values)
    try:
        octets = compact(payload)
    except UnicodeEncodeError:
        return
    verify(sign(octets), TRUST)
    assert not verify(
        RECEIPT.split(b".")[0] + b"." + base64url(octets) + b"." + RECEIPT.split(b".")[2], TRUST
    ).valid


UUID_TEXT = "01890a5d-ac96-774b-bcce-b302099a8057"
DIGEST = json.loads(LEAVES[0])["_sd"][0]
ENTRY = json.loads(LEAVES[0])["entries"][0]

# Each with a genuine signature: a receipt whose issuer broke its own rules.
# member     value                            the check that fails
BROKEN_MEMBERS = [
    ("v", 2, "form"),
    ("v", "1", "form"),
    ("v", True, "form"),
    ("v", None, "form"),
    ("iss", "https://other.example.org", "issuer"),
    ("iss", "https://care.example.org/", "issuer"),
    ("iss", "", "form"),
    ("iss", "é", "form"),
    ("iss", 1, "form"),
    ("log", "tŷ", "form"),
    ("log", [], "form"),
    ("n", -1, "form"),
    ("n", 2**53, "form"),
    ("n", "0", "form"),
    ("n", True, "form"),
    ("iat", -1, "form"),
    ("iat", 2**53, "form"),
    ("iat", "1767225600", "form"),
    ("jti", UUID_TEXT.upper(), "form"),
    ("jti", UUID_TEXT.replace("-", ""), "form"),
    ("jti", UUID_TEXT + "\n", "form"),
    ("k", "", "form"),
    ("k", "Care", "form"),
    ("k", 1, "form"),
    ("on", "2025-13-01", "form"),
    ("on", "20251231", "form"),
    ("on", "2025-W01-1", "form"),
    ("on", "2025-12-31T00:00", "form"),
    ("on", 20251231, "form"),
    ("on", None, "form"),
    ("rev", "x", "form"),
    ("rev", None, "form"),
    ("hold", "x", "form"),
    ("_sd", [], "form"),
    ("_sd", DIGEST, "form"),
    ("_sd", [DIGEST, DIGEST], "form"),
    ("_sd", [DIGEST[:-1]], "form"),
    ("_sd", [DIGEST + "="], "form"),
    ("_sd", [DIGEST[:-1] + "B"], "form"),
    ("_sd", ENTRY["_sd"], "form"),
    ("_sd", [DIGEST, *ENTRY["_sd"]], "form"),
    ("_sd", [DIGEST, digest("a"), digest("b")], "form"),
    ("via", "", "form"),
    ("via", "token", "form"),
    ("via", "Member", "form"),
    ("via", None, "form"),
    ("via", ["member"], "form"),
    ("entries", [], "form"),
    ("entries", [ENTRY], "form"),
    ("entries", [ENTRY, ENTRY], "form"),
    ("entries", {}, "form"),
    ("entries", "x", "form"),
    ("sub", "somebody", "form"),
    ("_sd_alg", "sha-256", "form"),
    ("exp", 1, "form"),
]


@pytest.mark.parametrize(("member", "value", "failing"), BROKEN_MEMBERS)
def test_a_signed_payload_that_breaks_the_rules_is_refused(member, value, failing):
    assert failures(sign(compact({**json.loads(LEAVES[0]), member: value}))) == [failing]


# member of the first entry   value     the check that fails
BROKEN_ENTRIES = [
    ("s", 5401, "balance"),
    ("s", -5400, "balance"),
    ("s", 0, "form"),
    ("s", 2**53, "form"),
    ("s", "5400", "form"),
    ("s", True, "form"),
    ("c", "hillside", "balance"),
    ("c", "", "form"),
    ("c", None, "form"),
    ("_sd", [], "form"),
    ("_sd", None, "form"),
    ("acct", "x", "form"),
]


@pytest.mark.parametrize(("member", "value", "failing"), BROKEN_ENTRIES)
def test_a_signed_entry_that_breaks_the_rules_is_refused(member, value, failing):
    payload = json.loads(LEAVES[0])
    payload["entries"][0][member] = value
    assert failures(sign(compact(payload))) == [failing]


@pytest.mark.parametrize("member", ["entries", "iat", "iss", "jti", "k", "log", "n", "v"])
def test_a_signed_payload_without_a_member_is_refused(member):
    payload = json.loads(LEAVES[0])
    del payload[member]
    assert failures(sign(compact(payload))) == ["form"]


@pytest.mark.parametrize("member", ["c", "s", "_sd"])
def test_a_signed_entry_without_a_member_is_refused(member):
    payload = json.loads(LEAVES[0])
    del payload["entries"][1][member]
    assert failures(sign(compact(payload))) == ["form"]


@pytest.mark.parametrize(
    "change",
    [
        lambda octets: octets.replace(b":", b": ", 1),
        lambda octets: octets + b"\n",
        lambda octets: b"\xef\xbb\xbf" + octets,
        lambda octets: octets.replace(b'"n":0', b'"n":-0'),
        lambda octets: octets.replace(b'"n":0', b'"n":0.0'),
        lambda octets: octets.replace(b'"n":0', b'"n":0e0'),
        lambda octets: octets.replace(b'"n":0', b'"n":NaN'),
        lambda octets: octets.replace(b'"n":0', b'"n":0,"n":0'),
        lambda octets: octets.replace(b'"n":0', b'"n":' + b"9" * 5000),
        lambda octets: octets.replace(b"care.example", b"\\u0063are.example", 1),
        lambda octets: json.dumps(dict(reversed(json.loads(octets).items())), separators=(",", ":")).encode(),
        lambda octets: octets.decode().encode("utf-16"),
        lambda octets: b"[" * 60_000,
        lambda octets: b'{"a":' * 30_000,
        lambda octets: b"[" * 60_000 + b"]" * 60_000,
        lambda octets: b'"\\ud800"',
        lambda octets: b"[]",
        lambda octets: b"null",
        lambda octets: b"",
    ],
)
def test_a_signed_payload_in_another_spelling_is_refused(change):
    assert failures(sign(change(LEAVES[0]))) == ["form"]


@pytest.mark.parametrize("depth", [100, 300, 490, 500, 700, 900, 950, 1000, 3000])
def test_no_depth_of_nesting_is_an_error(depth):
    assert failures(sign(b"[" * depth + b"]" * depth)) == ["form"]


def test_a_receipt_under_the_newer_name_of_the_algorithm_is_valid():
    assert failures(sign(LEAVES[0], {**HEADER, "alg": "Ed25519"})) == []


@pytest.mark.parametrize(
    "header",
    [
        {**HEADER, "alg": "none"},
        {**HEADER, "alg": "None"},
        {**HEADER, "alg": "HS256"},
        {**HEADER, "alg": "ES256"},
        {**HEADER, "alg": "eddsa"},
        {**HEADER, "alg": ["EdDSA"]},
        {**HEADER, "alg": None},
        {**HEADER, "typ": "JWT"},
        {**HEADER, "typ": "carehours-statement+sd-jwt"},
        {**HEADER, "typ": "Carehours-Receipt+SD-JWT"},
        {**HEADER, "kid": None},
        {**HEADER, "kid": [KEY.kid]},
        {**HEADER, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": base64url(FOREIGN.public).decode()}},
        {**HEADER, "jku": "https://evil.example/jwks.json"},
        {**HEADER, "x5u": "https://evil.example/cert.pem"},
        {**HEADER, "x5c": []},
        {**HEADER, "crit": ["b64"], "b64": False},
        {**HEADER, "zip": "DEF"},
        {"alg": "EdDSA", "kid": KEY.kid},
        {"alg": "EdDSA", "typ": HEADER["typ"]},
        {"kid": KEY.kid, "typ": HEADER["typ"]},
        {},
        [],
        compact(HEADER).replace(b":", b": "),
        compact(HEADER).replace(b'"alg":"EdDSA"', b'"alg":"none","alg":"EdDSA"'),
    ],
)
def test_a_header_that_no_receipt_has_is_refused(header):
    assert failures(sign(LEAVES[0], header)) == ["form"]


@pytest.mark.parametrize("kid", [FOREIGN.kid, "", "../../etc/passwd", "' OR 1=1 --", LOG_KEY.kid])
def test_a_key_that_is_not_trusted_is_refused(kid):
    assert failures(sign(LEAVES[0], {**HEADER, "kid": kid})) == ["signature"]
    assert failures(sign(LEAVES[0], {**HEADER, "kid": kid}, FOREIGN)) == ["signature"]


def test_a_receipt_signed_by_another_key_under_our_kid_is_refused():
    assert failures(sign(LEAVES[0], key=FOREIGN)) == ["signature"]


def test_a_signature_of_another_kind_under_our_header_is_refused():
    signed = RECEIPT.rpartition(b".")[0]
    mac = hmac.new(KEY.public, signed, sha256).digest()
    ec = generate_private_key(SECP256R1()).sign(signed, ECDSA(SHA256()))
    for signature in (b"", mac, ec, bytes(64), os.urandom(64), os.urandom(63)):
        assert failures(signed + b"." + base64url(signature)) == ["signature"]


def test_a_signature_with_the_group_order_added_is_refused():
    # RFC 8032 section 5.1.7: the second half is below L, or one signature would have several spellings.
    signed, _, text = RECEIPT.rpartition(b".")
    signature = urlsafe_b64decode(text + b"==")
    order = 2**252 + 27742317777372353535851937790883648493
    second = int.from_bytes(signature[32:], "little") + order
    assert failures(signed + b"." + base64url(signature[:32] + second.to_bytes(32, "little"))) == [
        "signature"
    ]


HEAD, BODY, SIGNATURE = RECEIPT.split(b".")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b".",
        b"..",
        b"...",
        b"~",
        RECEIPT + b".",
        b"." + RECEIPT,
        RECEIPT + b"." + SIGNATURE,
        HEAD + b"." + BODY,
        HEAD + b".." + SIGNATURE,
        HEAD + b"." + BODY + b"..",
        HEAD + b"." + BODY + b"=." + SIGNATURE,
        HEAD + b"." + BODY + b"." + SIGNATURE + b"==",
        HEAD + b"." + BODY + b"." + SIGNATURE[:-1] + bytes([SIGNATURE[-1] + 1]),
        HEAD + b". " + BODY + b"." + SIGNATURE,
        HEAD + b"\n." + BODY + b"." + SIGNATURE,
        HEAD + b"." + b64encode(LEAVES[0] + b"\xff\xff") + b"." + SIGNATURE,
        RECEIPT + b"\n" + RECEIPT,
        RECEIPT + b"~" + ACCOUNTS[0].encode(),
        RECEIPT + b"~" + ACCOUNTS[0].encode() + b"~" + RECEIPT,
        json.dumps(
            {"protected": HEAD.decode(), "payload": BODY.decode(), "signature": SIGNATURE.decode()}
        ).encode(),
        RECEIPT + b"~" * 300_000,
        b"\n\xef\xbb\xbf" * 60_000,
        b"\x00" * 300_000,
    ],
)
def test_a_text_of_another_shape_is_refused(text):
    assert failures(text) == ["form"]


def shown(*disclosures, receipt=RECEIPT):
    return present(receipt.decode(), disclosures).encode()


def test_each_side_can_show_its_own_entry():
    for index in (0, 1):
        (disclosed,) = verify(shown(ACCOUNTS[index]), TRUST).disclosed
        assert disclosed.entry_index == index
    assert len(verify(shown(ACCOUNTS[1], NOTE["disclosure"], ACCOUNTS[0]), TRUST).disclosed) == 2


def disclose(value):
    return base64url(value if isinstance(value, bytes) else compact(value)).decode()


SALT = DISCLOSURES["accounts"][0]["salt"]
OWN = {"acct": UUID_TEXT, "after": 1, "n": 1}


@pytest.mark.parametrize(
    "disclosures",
    [
        [ACCOUNTS[0], ACCOUNTS[0]],
        [ACCOUNTS[2]],
        [ACCOUNTS[0], ACCOUNTS[3]],
        [NOTE["disclosure"], NOTE["disclosure"]],
        [""],
        ["", ""],
        ["AAAA"],
        [ACCOUNTS[0] + "="],
        [ACCOUNTS[0].replace("A", "B", 1)],
        [disclose([SALT, "own", OWN])],
        [disclose([SALT, "note", "another"])],
    ],
)
def test_disclosures_that_are_not_of_this_receipt_are_refused(disclosures):
    assert failures(shown(*disclosures)) == ["disclosures"]


@pytest.mark.parametrize(
    "disclosure",
    [
        disclose([SALT, "note", "in an entry"]),
        disclose([SALT, "author", {"by": UUID_TEXT}]),
        disclose([SALT, "own", {**OWN, "acct": "x"}]),
        disclose([SALT, "own", {**OWN, "after": 1.5}]),
        disclose([SALT, "own", {**OWN, "after": True}]),
        disclose([SALT, "own", {**OWN, "n": 0}]),
        disclose([SALT, "own", {**OWN, "name": "Ana"}]),
        disclose([SALT, "own", {"acct": UUID_TEXT, "n": 1}]),
        disclose([SALT, "own", []]),
        disclose([SALT, "s", 7200]),
        disclose([SALT, "_sd", []]),
        disclose([SALT, OWN]),
        disclose([SALT[:-1], "own", OWN]),
        disclose(["", "own", OWN]),
        disclose({"own": OWN}),
        disclose(b'["%s", "own", {}]' % SALT.encode()),
        disclose(b"[" * 20_000),
        disclose(b"\xff"),
    ],
)
def test_a_disclosure_of_another_form_is_refused_even_when_its_digest_is_signed(disclosure):
    payload = json.loads(LEAVES[0])
    payload["entries"][0]["_sd"] = [digest(disclosure)]
    assert failures(shown(disclosure, receipt=sign(compact(payload)))) == ["disclosures"]


BEN, MIA = UUID_TEXT, UUID_TEXT.replace("0", "1")
ARGUMENTS = json.loads((VECTORS / "leaves.json").read_text())[0]["arguments"]


def authored(disclosure, via="delegate"):
    """The first receipt, as it would be if a person had posted it."""
    return sign(render_leaf(**ARGUMENTS, via=via, author_digest=digest(disclosure)))


def test_a_receipt_says_who_posted_it_when_that_is_shown():
    for acting_for in (None, MIA):
        disclosure = author_disclosure(SALT, BEN, acting_for)
        receipt = authored(disclosure)
        verification = verify(shown(NOTE["disclosure"], disclosure, ACCOUNTS[0], receipt=receipt), TRUST)
        assert verification.valid
        assert verification.author == AuthorDisclosure(BEN, acting_for)
        assert verification.note == NOTE["note"]
        assert [each.entry_index for each in verification.disclosed] == [0]
        # In what capacity stands in the open; who, only in the disclosure.
        assert verify(receipt, TRUST).payload["via"] == "delegate"
        assert verify(receipt, TRUST).author is None
        assert BEN not in json.dumps(verify(receipt, TRUST).payload).replace(ARGUMENTS["transfer_id"], "")


@pytest.mark.parametrize(
    "swapped",
    [
        author_disclosure(SALT, MIA, MIA),
        author_disclosure(SALT, BEN, None),
        author_disclosure(SALT, BEN, BEN),
        author_disclosure(SALT[::-1], BEN, MIA),
        disclose([SALT, "note", "Ben for Mia"]),
    ],
)
def test_an_author_who_is_not_that_of_this_receipt_is_refused(swapped):
    genuine = author_disclosure(SALT, BEN, MIA)
    assert failures(shown(genuine, receipt=authored(genuine))) == []
    assert failures(shown(swapped, receipt=authored(genuine))) == ["disclosures"]
    assert failures(shown(genuine, swapped, receipt=authored(genuine))) == ["disclosures"]
    # Nor does an author belong to a receipt that a machine posted.
    assert failures(shown(genuine)) == ["disclosures"]


@pytest.mark.parametrize(
    "author",
    [
        {},
        [],
        {"by": "Ben"},
        {"by": BEN.upper()},
        {"by": BEN, "for": None},
        {"by": BEN, "for": "x"},
        {"for": MIA},
        {"by": BEN, "name": "Ben"},
    ],
)
def test_an_author_of_another_form_is_refused_even_when_its_digest_is_signed(author):
    disclosure = disclose([SALT, "author", author])
    assert failures(shown(disclosure, receipt=authored(disclosure))) == ["disclosures"]


def test_the_leaf_of_an_event_is_no_receipt():
    leaf = {"_sd": [DIGEST], "e": "role_granted", "iat": 1, "jti": UUID_TEXT, "n": 0, "v": 1}
    leaf |= {"iss": ARGUMENTS["issuer"], "log": ORIGIN}
    assert failures(sign(compact(leaf))) == ["form"]


def test_an_account_in_the_place_of_the_note_is_refused():
    payload = json.loads(LEAVES[0])
    disclosure = disclose([SALT, "own", OWN])
    payload["_sd"] = [digest(disclosure)]
    assert failures(shown(disclosure, receipt=sign(compact(payload)))) == ["disclosures"]


HASHES = [leaf_hash(leaf) for leaf in LEAVES]
ROOT = CompactRange(0, ()).append(HASHES)[0].root()
PATH = [HASHES[1], HASHES[2]]


def prove(receipt=RECEIPT, index=0, path=None, key=LOG_KEY, origin=ORIGIN, size=3, root=ROOT):
    note = sign_checkpoint(Checkpoint(origin, size, root), [key])
    return render_tlog_proof(receipt.decode(), index, PATH if path is None else path, note).encode()


HILLSIDE = sign(LEAVES[0].replace(b"org/riverside", b"org/hillside"))

# what is wrong                          the checks that fail
PROOFS = [
    (prove(), []),
    (prove(receipt=SHOWN), []),
    (prove(index=1), ["inclusion"]),
    (prove(index=2**40), ["inclusion"]),
    (prove(path=[]), ["inclusion"]),
    (prove(path=PATH[:1]), ["inclusion"]),
    (prove(path=PATH[::-1]), ["inclusion"]),
    (prove(path=[*PATH, HASHES[0]]), ["inclusion"]),
    (prove(size=4), []),
    (prove(size=2), ["inclusion"]),
    (prove(size=0), ["inclusion"]),
    (prove(root=bytes(32)), ["inclusion"]),
    (prove(receipt=sign(LEAVES[1])), ["inclusion"]),
    (prove(receipt=sign(LEAVES[0].replace(b'"n":0', b'"n":1'))), ["inclusion"]),
    (prove(key=FOREIGN), ["checkpoint", "inclusion"]),
    (prove(key=KEY), ["checkpoint", "inclusion"]),
    (prove(origin="care.example.org/hillside"), ["checkpoint", "inclusion"]),
    (prove(receipt=HILLSIDE), ["checkpoint", "inclusion"]),
    (prove(receipt=sign(LEAVES[0].replace(b"riverside", b"seaside"))), ["checkpoint", "inclusion"]),
    (prove(receipt=sign(LEAVES[0], key=FOREIGN)), ["signature"]),
    (PROOF.replace(b"\n3\n", b"\n03\n"), ["checkpoint", "inclusion"]),
    (PROOF.replace(b"\n3\n", b"\n4\n"), ["checkpoint", "inclusion"]),
    (PROOF.replace(b"index 0", b"index 00"), ["form"]),
    (prove(receipt=b"x"), ["form"]),
    (prove(receipt=PROOF[:60]), ["form"]),
]


@pytest.mark.parametrize(("text", "failing"), PROOFS)
def test_a_proof_must_lead_from_this_receipt_to_a_genuine_checkpoint(text, failing):
    assert failures(text) == failing


def test_a_checkpoint_of_one_log_does_not_pass_for_another_under_the_same_key():
    # One key signs for all logs of a service, so a signature line can be relabelled; the origin cannot.
    note = sign_checkpoint(Checkpoint(ORIGIN, 3, ROOT), [LOG_KEY])
    text, _, _ = note.partition("\n\n")
    name = "care.example.org/hillside"
    signature = base64(note_key_id(name, LOG_KEY.public) + LOG_KEY.sign((text + "\n").encode()))
    forged = f"{text}\n\n\u2014 {name} {signature}\n"
    leaf = LEAVES[0].replace(b"org/riverside", b"org/hillside")
    proof = render_tlog_proof(sign(leaf).decode(), 0, PATH, forged).encode()
    assert failures(proof) == ["checkpoint", "inclusion"]


def test_an_old_receipt_issued_again_under_a_new_key_is_the_same_leaf():
    ring = KeyRing((replace(KEY, private=None), FOREIGN), (LOG_KEY,))
    trust = Trust.from_json(json.dumps(render_trust(["https://care.example.org"], ring, [ORIGIN])).encode())
    again = sign_receipt(LEAVES[0], FOREIGN).encode()
    assert failures(RECEIPT, trust) == []
    assert failures(prove(receipt=again), trust) == []


def test_a_verifier_who_trusts_nobody_believes_nothing():
    nobody = Trust(frozenset(), {}, {})
    assert failures(PROOF, nobody) == ["issuer", "signature", "checkpoint", "inclusion"]


def altered(change):
    value = json.loads(TRUST_FILE)
    change(value)
    return json.dumps(value).encode()


def test_a_trust_file_is_read_as_it_is_written():
    assert TRUST.issuers == {"https://care.example.org"}
    assert TRUST.receipt_keys == {KEY.kid: KEY.public}
    assert list(TRUST.logs) == [ORIGIN, "care.example.org/hillside"]
    assert LOG_KEY.public in [vkey.public for vkey in TRUST.logs[ORIGIN]]


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        TRUST_FILE.replace(b'"version": 1', b'"version": 1, "version": 1'),
        altered(lambda value: value.update(version=2)),
        altered(lambda value: value.update(version=True)),
        altered(lambda value: value.update(expires="2027")),
        altered(lambda value: value.pop("issuers")),
        altered(lambda value: value.update(issuers=[1])),
        altered(lambda value: value.update(jwks=[])),
        altered(lambda value: value["jwks"].update(keys={})),
        altered(lambda value: value["jwks"]["keys"].append("x")),
        altered(lambda value: value["jwks"]["keys"].append(value["jwks"]["keys"][0])),
        altered(lambda value: value["jwks"]["keys"][0].update(kty="RSA")),
        altered(lambda value: value["jwks"]["keys"][0].update(crv="X25519")),
        altered(lambda value: value["jwks"]["keys"][0].update(kid="x")),
        altered(lambda value: value["jwks"]["keys"][0].update(x="AAAA")),
        altered(lambda value: value["jwks"]["keys"][0].update(x=1)),
        altered(lambda value: value["jwks"]["keys"][0].update(x="=")),
        altered(lambda value: value.update(logs={})),
        altered(lambda value: value["logs"].append(value["logs"][0])),
        altered(lambda value: value["logs"][0].update(origin="other.example/log")),
        altered(lambda value: value["logs"][0].update(vkeys=[])),
        altered(lambda value: value["logs"][0].update(vkeys=["x"])),
        altered(lambda value: value["logs"][0].update(vkeys=[1])),
        altered(lambda value: value["logs"][0].update(vkeys=value["logs"][1]["vkeys"])),
        b" " * 5_000_000,
    ],
)
def test_a_trust_file_of_another_form_is_refused(octets):
    with pytest.raises(MalformedTrust):
        Trust.from_json(octets)


@given(st.binary(max_size=200))
def test_random_bytes_are_no_trust_file(data):
    with pytest.raises(MalformedTrust):
        Trust.from_json(data)
