"""Checkpoints: what a signed note must be, and whose signatures make one worth believing."""

import subprocess
from base64 import b64decode
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.checkpoints import (
    Checkpoint,
    MalformedNote,
    UntrustedNote,
    VerifierKey,
    open_checkpoint,
    read_checkpoint,
    render_checkpoint,
    sign_checkpoint,
)
from ledger.log.encoding import base64
from ledger.log.keys import SigningKey
from ledger.log.signing import note_key_id, render_vkey

ORIGIN = "care.example.org/riverside"


def make_key(seed):
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    public = private.public_key().public_bytes_raw()
    return SigningKey("log", datetime(2026, 1, 1, tzinfo=UTC), private, public)


OLD, NEW, FOREIGN = make_key(1), make_key(2), make_key(3)
CHECKPOINT = Checkpoint(ORIGIN, 1000, bytes(range(32)))
NOTE = sign_checkpoint(CHECKPOINT, [OLD])


def vkey(key, name=ORIGIN):
    return VerifierKey.parse(render_vkey(name, key.public))


def test_a_checkpoint_is_an_origin_a_size_and_a_root():
    assert render_checkpoint(CHECKPOINT) == f"{ORIGIN}\n1000\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    lines = NOTE.split("\n")
    assert lines[3] == ""
    assert lines[4].startswith(f"\u2014 {ORIGIN} ")
    assert lines[5:] == [""]


def test_a_signed_checkpoint_opens_with_its_key():
    assert open_checkpoint(NOTE, [vkey(OLD)]) == CHECKPOINT
    assert read_checkpoint(NOTE) == CHECKPOINT


@pytest.mark.parametrize("known", [[OLD], [NEW], [OLD, NEW], [FOREIGN, NEW]])
def test_during_a_rotation_either_key_is_enough(known):
    note = sign_checkpoint(CHECKPOINT, [OLD, NEW])
    assert open_checkpoint(note, [vkey(key) for key in known]) == CHECKPOINT


def test_a_checkpoint_by_a_foreign_key_is_not_trusted():
    with pytest.raises(UntrustedNote, match="no known key"):
        open_checkpoint(NOTE, [vkey(FOREIGN)])
    with pytest.raises(UntrustedNote, match="no known key"):
        open_checkpoint(NOTE, [vkey(OLD, "care.example.org/hillside")])
    with pytest.raises(UntrustedNote, match="no known key"):
        open_checkpoint(NOTE, [])


def test_one_wrong_signature_by_a_known_key_spoils_the_note():
    signed = sign_checkpoint(CHECKPOINT, [OLD])
    other = sign_checkpoint(Checkpoint(ORIGIN, 1001, CHECKPOINT.root), [NEW])
    mixed = signed + other.split("\n\n")[1]
    assert open_checkpoint(mixed, [vkey(OLD)]) == CHECKPOINT
    with pytest.raises(UntrustedNote, match="is wrong"):
        open_checkpoint(mixed, [vkey(OLD), vkey(NEW)])


def test_witness_lines_are_ignored():
    witness = "\u2014 witness.example/w " + "AAAAAAAA" * 9 + "\n"
    assert open_checkpoint(NOTE + witness, [vkey(OLD)]) == CHECKPOINT


def test_no_changed_byte_goes_unnoticed():
    octets = NOTE.encode()
    for at in range(len(octets)):
        for bit in range(8):
            changed = bytearray(octets)
            changed[at] ^= 1 << bit
            try:
                text = changed.decode()
            except UnicodeDecodeError:
                continue
            with pytest.raises((MalformedNote, UntrustedNote)):
                open_checkpoint(text, [vkey(OLD)])


def test_with_a_second_signature_a_changed_byte_never_changes_the_checkpoint():
    octets = sign_checkpoint(CHECKPOINT, [OLD, NEW]).encode()
    for at in range(len(octets)):
        changed = bytearray(octets)
        changed[at] ^= 1
        try:
            assert open_checkpoint(changed.decode(), [vkey(OLD), vkey(NEW)]) == CHECKPOINT
        except (UnicodeDecodeError, MalformedNote, UntrustedNote):
            continue


def signed_text(text):
    """Any text as a note with a genuine signature, to reach the checks behind it."""
    signature = base64(note_key_id(ORIGIN, OLD.public) + OLD.sign(text.encode()))
    return f"{text}\n\u2014 {ORIGIN} {signature}\n"


ROOT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

MALFORMED_TEXTS = [
    "",
    "\n",
    f"{ORIGIN}\n1000\n",
    f"\n1000\n{ROOT}\n",
    f"{ORIGIN}\n\n{ROOT}\n",
    f"{ORIGIN}\n01000\n{ROOT}\n",
    f"{ORIGIN}\n+1\n{ROOT}\n",
    f"{ORIGIN}\n-1\n{ROOT}\n",
    f"{ORIGIN}\n1e3\n{ROOT}\n",
    f"{ORIGIN}\n1_0\n{ROOT}\n",
    f"{ORIGIN}\n ٣\n{ROOT}\n",
    f"{ORIGIN}\n" + "9" * 30 + f"\n{ROOT}\n",
    f"{ORIGIN}\n1000\n{ROOT[:-1]}\n",
    f"{ORIGIN}\n1000\n{ROOT[:-2]}9=\n",
    f"{ORIGIN}\n1000\nAAAA\n",
    f"{ORIGIN}\n1000\n{ROOT}\n\nextension\n",
    f"{ORIGIN}\r\n1000\r\n{ROOT}\r\n",
    f"{ORIGIN}\n1000\n{ROOT}\ttab\n",
    f"{ORIGIN}\n1000\n{ROOT}\n" + "x" * 65_536 + "\n",
]


@pytest.mark.parametrize("text", MALFORMED_TEXTS)
def test_a_text_that_is_no_checkpoint_is_refused_even_when_signed(text):
    with pytest.raises(MalformedNote):
        open_checkpoint(signed_text(text), [vkey(OLD)])


def test_extension_lines_are_signed_and_ignored():
    note = signed_text(f"{ORIGIN}\n1000\n{ROOT}\nextension\n")
    assert open_checkpoint(note, [vkey(OLD)]) == CHECKPOINT


BODY = render_checkpoint(CHECKPOINT)
SIGNATURE = NOTE.split("\n\n")[1]

MALFORMED_NOTES = [
    "",
    "\n\n",
    BODY,
    BODY + "\n",
    BODY + SIGNATURE,
    BODY + "\n" + SIGNATURE.rstrip("\n"),
    BODY + "\n" + SIGNATURE + "\n",
    BODY + "\n" + SIGNATURE.replace("\u2014", "-"),
    BODY + "\n" + SIGNATURE.replace("\u2014 ", "\u2014"),
    BODY + "\n" + SIGNATURE.replace("example", "exam+ple"),
    BODY + "\n" + SIGNATURE.replace("example", "exam\u00a0ple"),
    BODY + "\n" + SIGNATURE.replace("\n", "=\n"),
    BODY + "\n" + SIGNATURE + "\u2014 short AAAA\n",
    BODY + "\n" + SIGNATURE + "\u2014  AAAAAAAA\n",
    BODY + "\n" + SIGNATURE + "\u2014 name\n",
    BODY + "\n" + SIGNATURE + "hello\n",
    "\ud800" + NOTE,
    "\ufeff\n\n" + NOTE,
]


@pytest.mark.parametrize("note", MALFORMED_NOTES)
def test_a_note_of_another_form_is_refused(note):
    with pytest.raises(MalformedNote):
        open_checkpoint(note, [vkey(OLD)])


@given(st.text(max_size=300))
def test_any_other_text_is_refused(text):
    for note in (text, text + NOTE, NOTE + text):
        if note != NOTE:
            with pytest.raises((MalformedNote, UntrustedNote)):
                open_checkpoint(note, [vkey(OLD)])


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "a\u00a0b"])
def test_an_origin_that_cannot_name_a_key_is_not_signed(origin):
    with pytest.raises(ValueError, match="cannot name a key"):
        sign_checkpoint(Checkpoint(origin, 0, bytes(32)), [OLD])


def test_a_verifier_key_is_read_as_it_is_written():
    text = render_vkey(ORIGIN, OLD.public)
    assert str(VerifierKey.parse(text)) == text


def test_the_key_of_the_go_documentation_has_its_published_id():
    # golang.org/x/mod/sumdb/note, package example.
    key = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert key.key_id.hex() == "c74f20a3"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text + " ",
        lambda text: text.replace("+", " "),
        lambda text: "x" + text,
        lambda text: text.replace("+A", "+B", 1),
        lambda text: text.split("+")[0] + "+00000000+" + text.split("+", 2)[2],
        lambda text: text.split("+")[0] + "+" + text.split("+")[1].upper() + "+" + text.split("+", 2)[2],
        lambda text: "+" + text.split("+", 1)[1],
    ],
)
def test_any_other_verifier_key_is_refused(change):
    with pytest.raises(ValueError, match=r"."):
        VerifierKey.parse(change(render_vkey(ORIGIN, OLD.public)))


def test_openssl_verifies_the_signature_line(tmp_path):
    signature = b64decode(SIGNATURE.split()[2])[4:]
    public = OLD.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for name, content in (("text", BODY.encode()), ("signature", signature), ("key", public)):
        (tmp_path / name).write_bytes(content)
    command = "openssl pkeyutl -verify -pubin -inkey key -rawin -in text -sigfile signature"
    try:
        done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    assert "Verified Successfully" in done.stdout, done.stderr
