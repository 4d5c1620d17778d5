"""Receipts and trust files to try a verifier on: genuine ones, and everything near them that is not.

They are the cases of the Python verifier's own tests, and those in which JavaScript might read otherwise than Python.
"""

import json
from itertools import product

from ledger.log.checkpoints import Checkpoint, sign_checkpoint
from ledger.log.encoding import base64
from ledger.log.events import author_disclosure
from ledger.log.merkle import leaf_hash, node_hash
from ledger.log.reading import MAX_INTEGER
from ledger.log.receipts import digest, render_tlog_proof
from ledger.log.signing import note_key_id
from ledger.log.trust import MAX_TRUST_BYTES
from tests.ledger.log import test_verification as strict

CHANGES = (0x01, 0x20, 0x01, 0x02, 0x01, 0x80, 0x04)


def of(test):
    """What a test of the Python verifier is given, one case after another."""
    return [case for mark in test.pytestmark if mark.name == "parametrize" for case in mark.args[1]]


def tampered():
    """Each letter changed, each line and each end cut off, and things put in front and behind."""
    for text in (strict.SHOWN, strict.PROOF):
        # The proof's longest line is the same receipt once more, in base64: some letters of it are enough.
        start, end = (100, len(text) - 600) if text is strict.PROOF else (0, 0)
        for at in [*range(start), *range(start, end, 9), *range(end, len(text), 2)]:
            yield text[:at] + bytes([text[at] ^ CHANGES[at % len(CHANGES)]]) + text[at + 1 :]
        yield from [text[:length] for length in range(0, len(text), 31)]
        lines = text.splitlines(keepends=True)
        for at, line in enumerate(lines):
            yield b"".join([*lines[:at], *lines[at + 1 :]])
            yield b"".join([*lines[:at], line, *lines[at:]])
        for more in (
            b"\n",
            b"\r\n",
            b" \t\n",
            b"\xef\xbb\xbf",
            b"\n\xef\xbb\xbf\n",
            b"\x00",
            b"~",
            b".",
            b"\xc2\xa0",
            b"\x0b",
        ):
            yield from (text + more, more + text)


def payloads():
    """Receipts whose issuer broke its own rules, signed."""
    first = json.loads(strict.LEAVES[0])
    for member, value, _ in strict.BROKEN_MEMBERS:
        yield strict.sign(strict.compact({**first, member: value}))
    for member, value, _ in strict.BROKEN_ENTRIES:
        entry = {**first["entries"][0], member: value}
        yield strict.sign(strict.compact({**first, "entries": [entry, *first["entries"][1:]]}))
    for member in first:
        yield strict.sign(strict.compact({name: value for name, value in first.items() if name != member}))
    for change in of(strict.test_a_signed_payload_in_another_spelling_is_refused):
        yield strict.sign(change(strict.LEAVES[0]))
    for depth in of(strict.test_no_depth_of_nesting_is_an_error):
        yield strict.sign(b"[" * depth + b"]" * depth)
    yield from [strict.sign(leaf) for leaf in strict.LEAVES]
    for day in (
        "2024-02-29",
        "2026-02-29",
        "2026-02-30",
        "2026-04-31",
        "0000-01-01",
        "0001-01-01",
        "9999-12-31",
    ):
        yield strict.sign(strict.compact({**first, "on": day}))
    for value in (MAX_INTEGER, MAX_INTEGER + 2, 1e21, 1.5, 10**400, -(2**60), {"__proto__": 1}, [[]], False):
        for member in ("n", "iat", "v", "entries"):
            yield strict.sign(
                json.dumps({**first, member: value}, sort_keys=True, separators=(",", ":")).encode()
            )
    yield strict.sign(strict.LEAVES[0][:-1] + b',"__proto__":{}}')
    yield strict.sign(strict.compact({**first, "_sd": [digest("a"), digest("b")]}))
    # Sums in which a double would lose the last second.
    many = [MAX_INTEGER, MAX_INTEGER, -MAX_INTEGER, -MAX_INTEGER + 1]
    for seconds in (many, [*many, -1]):
        entries = [{"_sd": [digest(str(at))], "c": "riverside", "s": each} for at, each in enumerate(seconds)]
        yield strict.sign(strict.compact({**first, "entries": entries}))


def headers():
    for header in of(strict.test_a_header_that_no_receipt_has_is_refused):
        yield strict.sign(strict.LEAVES[0], header)
    yield strict.sign(strict.LEAVES[0], {**strict.HEADER, "alg": "Ed25519"})
    for kid in of(strict.test_a_key_that_is_not_trusted_is_refused):
        yield strict.sign(strict.LEAVES[0], {**strict.HEADER, "kid": kid}, strict.FOREIGN)
    yield strict.sign(strict.LEAVES[0], key=strict.FOREIGN)
    yield from of(strict.test_a_text_of_another_shape_is_refused)
    yield strict.RECEIPT + "~é~".encode()
    signed = strict.RECEIPT.rpartition(b".")[0]
    for signature in (b"", bytes(64), bytes(63), bytes(65), b"\xff" * 64):
        yield signed + b"." + strict.base64url(signature)
    # RFC 8032 section 5.1.7: one signature, one spelling.
    genuine = strict.urlsafe_b64decode(strict.SIGNATURE + b"==")
    second = int.from_bytes(genuine[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    yield signed + b"." + strict.base64url(genuine[:32] + second.to_bytes(32, "little"))


def disclosures():
    """What a receipt shows: of this one, of another, and of another form though its digest is signed."""
    account, other, note = strict.ACCOUNTS[0], strict.ACCOUNTS[1], strict.NOTE["disclosure"]
    yield from [strict.shown(*each) for each in ([account], [other], [other, note, account])]
    for each in of(strict.test_disclosures_that_are_not_of_this_receipt_are_refused):
        yield strict.shown(*each)
    first = json.loads(strict.LEAVES[0])
    salt = strict.SALT.encode()
    notes = [
        "",
        "\u2028 \u2029 \x7f \ufeff \ufffd \U0001f331",
        '\b\f\n\r\t\x01\x1f"\\/',
        "Siân",
    ]
    told = [strict.disclose([strict.SALT, "note", each]) for each in notes]
    # Half a character, written as six; and one written as two halves.
    told += [
        strict.disclose(b'["%s","note","%s"]' % (salt, each))
        for each in (b"\\ud800", b"\\ud83c\\udf31", b"\\u007f")
    ]
    told += [strict.disclose(b'["%s","note","\xed\xa0\x80"]' % salt)]
    owned = [*of(strict.test_a_disclosure_of_another_form_is_refused_even_when_its_digest_is_signed), *told]
    for disclosure in owned:
        for place in (
            {"_sd": [digest(disclosure)]},
            {"entries": [{**first["entries"][0], "_sd": [digest(disclosure)]}, first["entries"][1]]},
        ):
            yield strict.shown(disclosure, receipt=strict.sign(strict.compact({**first, **place})))
    for author in of(strict.test_an_author_of_another_form_is_refused_even_when_its_digest_is_signed):
        disclosure = strict.disclose([strict.SALT, "author", author])
        yield strict.shown(disclosure, receipt=strict.authored(disclosure))
    genuine = [author_disclosure(strict.SALT, strict.BEN, acting_for) for acting_for in (None, strict.MIA)]
    for via, disclosure in product(("member", "delegate", "coordinator", "token"), genuine):
        yield strict.shown(disclosure, account, note, receipt=strict.authored(disclosure, via))
        yield strict.authored(disclosure, via)
    for swapped in of(strict.test_an_author_who_is_not_that_of_this_receipt_is_refused):
        yield strict.shown(swapped, receipt=strict.authored(genuine[1]))
        yield strict.shown(genuine[1], swapped, receipt=strict.authored(genuine[1]))


def proofs():
    yield from [
        text for text, _ in of(strict.test_a_proof_must_lead_from_this_receipt_to_a_genuine_checkpoint)
    ]
    # Numbers that JavaScript would round.
    for number in (2**53, 2**53 + 1, 10**18 - 1, 10**18):
        yield strict.prove(index=number)
        yield strict.prove(size=number)
    yield strict.prove(path=[strict.HASHES[0]] * 63, size=2**62)
    yield strict.prove(path=[strict.HASHES[0]] * 64, size=2**62)
    # The leaf alone is a tree, and the right half of one; neither place is the one it names.
    alone, first = strict.HASHES[0], node_hash(strict.HASHES[1], strict.HASHES[0])
    second = strict.sign(strict.LEAVES[0].replace(b'"n":0', b'"n":1'))
    yield strict.prove(path=[], size=1, root=alone)
    its_hash = leaf_hash(strict.LEAVES[0].replace(b'"n":0', b'"n":1'))
    yield strict.prove(receipt=second, index=1, path=[], size=1, root=its_hash)
    yield strict.prove(path=[strict.HASHES[1]], size=1, root=first)
    yield strict.prove(index=1, path=[strict.HASHES[1]], size=2, root=first)
    # One key signs for all logs of a service: its line can be relabelled, the origin cannot.
    signed = f"{strict.ORIGIN}\n3\n{base64(strict.ROOT)}\n"
    name = "care.example.org/hillside"
    signature = base64(note_key_id(name, strict.LOG_KEY.public) + strict.LOG_KEY.sign(signed.encode()))
    note = f"{signed}\n\u2014 {name} {signature}\n"
    yield render_tlog_proof(strict.HILLSIDE.decode(), 0, strict.PATH, note).encode()
    yield from noted()


def noted():
    """A genuine checkpoint with lines added: by strangers, whom nobody minds unless they are malformed."""
    head, gap, signatures = strict.PROOF.decode().rpartition("\n\n")
    line = signatures.splitlines(keepends=True)[0]
    stranger = base64(b"\x01\x02\x03\x04" + bytes(64))
    names = (
        "w.example",
        "wîtness",
        "w\x85x",
        "w\u00a0x",
        "w\ufeffx",
        "w\u200bx",
        "w\u180ex",
        "w\u3000x",
        "w+x",
        "",
        "w\u2028x",
    )
    for name in names:
        yield f"{head}{gap}{signatures}\u2014 {name} {stranger}\n".encode()
    for more in (
        line,
        line.replace("A", "B", 1),
        line[:-6] + "AAA=\n",
        "\u2014 w AAAA\n",
        "\u2014 w AAAAAAA=\n",
        "- w x\n",
        "\n",
        "\t\n",
        "\u2014  x\n",
    ):
        yield f"{head}{gap}{signatures}{more}".encode()
        yield f"{head}{gap}{more}".encode()
        yield f"{head}{gap}{more}{signatures}".encode()
    # Signed with what follows the root; and an origin that is no name at all.
    for text in (
        f"{strict.ORIGIN}\n3\n{base64(strict.ROOT)}\nmore \u00e9 \ufeff\n",
        f"{strict.ORIGIN}\n3\n{base64(strict.ROOT)}\nmore\tstill\n",
        f"{strict.ORIGIN}\n3\n{base64(strict.ROOT)}\n\nmore\n",
        f"{strict.ORIGIN}\n3\n\n",
        f"{strict.ORIGIN}\n+3\n{base64(strict.ROOT)}\n",
    ):
        signature = base64(
            note_key_id(strict.ORIGIN, strict.LOG_KEY.public) + strict.LOG_KEY.sign(text.encode())
        )
        note = f"{text}\n\u2014 {strict.ORIGIN} {signature}\n"
        yield render_tlog_proof(strict.RECEIPT.decode(), 0, strict.PATH, note).encode()
        yield render_tlog_proof(strict.RECEIPT.decode(), 0, strict.PATH, note[:-1] + "\u2029\n").encode()
    long = sign_checkpoint(Checkpoint(strict.ORIGIN, 3, strict.ROOT), [strict.LOG_KEY])
    for lines in (700, 800):
        yield render_tlog_proof(
            strict.RECEIPT.decode(), 0, strict.PATH, long + f"\u2014 w {stranger}\n" * lines
        ).encode()


def trust_files():
    """Files that are none, and some that are unlike ours and yet good."""
    yield from of(strict.test_a_trust_file_of_another_form_is_refused)
    file = json.loads(strict.TRUST_FILE)
    key, log = file["jwks"]["keys"][0], file["logs"][0]
    for value in (None, [1, {"a": "\ud800"}], 2**60, 0, "é"):
        yield strict.altered(lambda file, value=value: file["jwks"]["keys"][0].update(more=value))
    for octets in (
        b"1.0",
        b"1e3",
        b"-0",
        b"NaN",
        b"Infinity",
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":1}',
        b"9" * 5000,
        b"9" * 4300,
        b"01",
        b"'x'",
        b"1,",
    ):
        yield strict.TRUST_FILE.replace(b'"use": "sig"', b'"use": ' + octets)
    for octets in (b"1.0", b"01", b"true", b'"1"', b"-1"):
        yield strict.TRUST_FILE.replace(b'"version": 1', b'"version": ' + octets)
    yield from (
        b"\xef\xbb\xbf" + strict.TRUST_FILE,
        strict.TRUST_FILE + b" " * MAX_TRUST_BYTES,
        strict.TRUST_FILE + b"\x00",
        strict.TRUST_FILE + b"\x0b",
        strict.TRUST_FILE + b" \t\r\n",
        strict.TRUST_FILE.replace(b"\n", b"\r\n"),
    )
    for issuers in ([], ["https://care.example.org", "https://care.example.org"], [None]):
        yield strict.altered(lambda file, issuers=issuers: file.update(issuers=issuers))
    yield strict.altered(lambda file: file["jwks"].update(keys=[]))
    yield strict.altered(lambda file: file.update(logs=[]))
    yield strict.altered(lambda file: file["jwks"]["keys"].append({**key, "kid": key["kid"] + "="}))
    yield strict.altered(lambda file: file["logs"][0].update(vkeys=log["vkeys"][:1]))
    vkey = log["vkeys"][0]
    for text in (
        vkey.upper(),
        vkey + "=",
        vkey + " ",
        vkey.replace("+", "++", 1),
        vkey.replace("+", " ", 1),
        f"+{vkey}",
        vkey[:-4],
        vkey.replace("a6392801", "A6392801"),
    ):
        yield strict.altered(lambda file, text=text: file["logs"][0].update(vkeys=[text]))
    public = vkey.split("+", 2)[2]
    for name in ("a b", "a\u00a0b", "a\u200bb", "é", "\U0001f331", "a\u00adb", "a\ue000b", ""):
        key_id = strict.sha256(name.encode() + b"\n\x01" + strict.LOG_KEY.public).hexdigest()[:8]
        made = f"{name}+{key_id}+{public}"
        yield strict.altered(
            lambda file, name=name, made=made: file["logs"].append({"origin": name, "vkeys": [made]})
        )
