"""Key files: made, found, rotated, retired, and refused when anybody else could have touched them."""

import os
import stat
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ledger.log.checkpoints import VerifierKey
from ledger.log.encoding import base64url, canonical_json
from ledger.log.keys import (
    KeyRing,
    KeysExist,
    KeysMissing,
    LastKey,
    LooseKeyPermissions,
    MalformedKey,
    adopt_keys,
    create_keys,
    load_keys,
    retire_key,
    rotate_key,
)
from ledger.log.signing import thumbprint
from ledger.log.trust import render_trust


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "keys"


@pytest.fixture
def keys(folder):
    return create_keys(folder)


def pem_of(private, encryption=None):
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


def the_file(folder, purpose):
    (path,) = [path for path in folder.glob(f"{purpose}-*.pem") if not path.name.endswith(".pub.pem")]
    return path


def test_created_keys_can_be_loaded_and_only_the_owner_can_read_them(folder, keys):
    assert load_keys(folder) == keys
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()) == [0o600, 0o600]
    key = keys.receipt_key
    assert the_file(folder, "receipt").name == f"receipt-{key.created_at:%Y%m%dT%H%M%SZ}-{key.kid[:8]}.pem"


def test_a_permissive_umask_changes_nothing(folder):
    before = os.umask(0)
    try:
        create_keys(folder)
    finally:
        os.umask(before)
    load_keys(folder)


def test_keys_are_not_created_twice(folder, keys):
    with pytest.raises(KeysExist, match="carehours keys rotate"):
        create_keys(folder)
    assert load_keys(folder) == keys


def test_a_creation_cut_off_after_the_first_key_is_completed(folder, keys):
    the_file(folder, "log").unlink()
    with pytest.raises(KeysMissing, match="carehours keys init"):
        load_keys(folder)
    completed = create_keys(folder)
    assert completed.receipt == keys.receipt
    assert completed.log != keys.log


def test_a_key_is_named_by_its_thumbprint(keys):
    key = keys.receipt_key
    jwk = '{"crv":"Ed25519","kty":"OKP","x":"' + base64url(key.public) + '"}'
    assert key.kid == base64url(sha256(jwk.encode()).digest())
    assert keys.receipt_key_by_kid(key.kid) is key
    assert keys.receipt_key_by_kid(keys.log_keys[0].kid) is None


def test_the_thumbprint_is_that_of_rfc_8037():
    # RFC 8037 appendix A.3.
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert thumbprint(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_private_keys_do_not_show_in_representations(keys):
    secret = keys.receipt_key.private.private_bytes_raw()
    assert secret.hex() not in repr(keys)
    assert "private" not in repr(keys.receipt_key)


def loosen_private(folder):
    the_file(folder, "receipt").chmod(0o644)


def loosen_for_group(folder):
    the_file(folder, "log").chmod(0o640)


def loosen_folder(folder):
    folder.chmod(0o755)


def link_private(folder):
    path = the_file(folder, "receipt")
    path.rename(folder.parent / "elsewhere.pem")
    path.symlink_to(folder.parent / "elsewhere.pem")


def link_folder(folder):
    folder.rename(folder.parent / "elsewhere")
    folder.symlink_to(folder.parent / "elsewhere")


def loosen_public(folder):
    rotate_key(folder, "receipt")
    next(folder.glob("*.pub.pem")).chmod(0o666)


def own_by_another(folder):
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(the_file(folder, "receipt"), 12345, -1)


def remove_folder(folder):
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def remove_receipt_key(folder):
    the_file(folder, "receipt").unlink()


def replace_folder_by_file(folder):
    remove_folder(folder)
    folder.write_text("")


def empty(folder):
    the_file(folder, "receipt").write_bytes(b"")


def cut_short(folder):
    path = the_file(folder, "receipt")
    path.write_bytes(path.read_bytes()[:60])


def put_rsa(folder):
    the_file(folder, "receipt").write_bytes(pem_of(generate_rsa(65537, 2048)))


def put_ec(folder):
    the_file(folder, "log").write_bytes(pem_of(generate_ec(SECP256R1())))


def put_encrypted(folder):
    the_file(folder, "receipt").write_bytes(
        pem_of(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"x"))
    )


def put_public_half(folder):
    private = Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    the_file(folder, "receipt").write_bytes(pem)


def put_another_key(folder):
    the_file(folder, "receipt").write_bytes(pem_of(Ed25519PrivateKey.generate()))


def put_impossible_time(folder):
    path = the_file(folder, "receipt")
    path.rename(folder / f"receipt-20261345T000000Z-{path.name[-12:-4]}.pem")


def spoil_public_half(folder):
    rotate_key(folder, "receipt")
    next(folder.glob("*.pub.pem")).write_bytes(b"-----BEGIN PUBLIC KEY-----")


def put_rsa_public_half(folder):
    rotate_key(folder, "receipt")
    pem = generate_rsa(65537, 2048).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    next(folder.glob("*.pub.pem")).write_bytes(pem)


def put_stray_pem(folder):
    (folder / "backup.pem").write_bytes(b"")


def put_a_folder(folder):
    path = the_file(folder, "receipt")
    path.unlink()
    path.mkdir()


def put_a_pipe(folder):
    path = the_file(folder, "receipt")
    path.unlink()
    os.mkfifo(path, 0o600)


# what happened             refusal              what its text says
FILE_FAULTS = [
    (loosen_private, LooseKeyPermissions, r"chmod 600 .*receipt-"),
    (loosen_for_group, LooseKeyPermissions, r"chmod 600 .*log-"),
    (loosen_folder, LooseKeyPermissions, r"chmod 700 .*keys"),
    (loosen_public, LooseKeyPermissions, r"chmod 644 .*\.pub\.pem"),
    (link_private, LooseKeyPermissions, r"receipt-.* symbolic link"),
    (link_folder, LooseKeyPermissions, r"keys is a symbolic link"),
    (own_by_another, LooseKeyPermissions, r"chown"),
    (remove_folder, KeysMissing, r"carehours keys init"),
    (remove_receipt_key, KeysMissing, r"no receipt key .*carehours keys init"),
    (replace_folder_by_file, KeysMissing, r"not a folder"),
    (empty, MalformedKey, r"receipt-.* PKCS#8"),
    (cut_short, MalformedKey, r"receipt-.* PKCS#8"),
    (put_rsa, MalformedKey, r"not Ed25519"),
    (put_ec, MalformedKey, r"not Ed25519"),
    (put_encrypted, MalformedKey, r"PKCS#8"),
    (put_public_half, MalformedKey, r"PKCS#8"),
    (put_another_key, MalformedKey, r"another key"),
    (put_impossible_time, MalformedKey, r"no valid time"),
    (spoil_public_half, MalformedKey, r"\.pub\.pem does not hold a public key"),
    (put_rsa_public_half, MalformedKey, r"\.pub\.pem holds a key that is not Ed25519"),
    (put_stray_pem, MalformedKey, r"not named like a key"),
    (put_a_folder, MalformedKey, r"receipt-"),
    (put_a_pipe, MalformedKey, r"not a file"),
]


@pytest.mark.parametrize(
    ("spoil", "refusal", "says"), FILE_FAULTS, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_faulty_folder_is_refused_with_a_remedy(folder, keys, spoil, refusal, says):
    spoil(folder)
    with pytest.raises(refusal, match=says):
        load_keys(folder)


def test_other_files_beside_the_keys_are_left_alone(folder, keys):
    (folder / "riverside.checkpoint").write_text("...")
    assert load_keys(folder) == keys


def test_after_a_rotation_the_new_receipt_key_signs_and_the_old_one_is_only_public(folder, keys):
    new = rotate_key(folder, "receipt")
    after = load_keys(folder)
    assert after.receipt_key == new
    assert [key.kid for key in after.receipt] == [keys.receipt_key.kid, new.kid]
    assert after.receipt[0].private is None
    assert after.log == keys.log
    assert [(key["kid"], key["carehours_status"]) for key in after.jwks()["keys"]] == [
        (keys.receipt_key.kid, "retired"),
        (new.kid, "current"),
    ]
    with pytest.raises(KeysMissing, match="retired"):
        after.receipt[0].sign(b"")


def test_after_a_rotation_both_log_keys_sign_until_the_old_one_is_retired(folder, keys):
    new = rotate_key(folder, "log")
    old = keys.log_keys[0]
    assert [key.kid for key in load_keys(folder).log_keys] == [old.kid, new.kid]
    retire_key(folder, old.kid)
    after = load_keys(folder)
    assert [key.kid for key in after.log_keys] == [new.kid]
    assert [VerifierKey.parse(text).public for text in after.vkeys("care.example.org/riverside")] == [
        old.public,
        new.public,
    ]


def test_keys_made_in_one_second_have_an_order(folder, keys):
    made = [rotate_key(folder, "log") for _ in range(3)]
    moments = [key.created_at for key in load_keys(folder).log]
    assert moments == sorted(set(moments))
    assert load_keys(folder).log_keys[-1].kid == made[-1].kid


@pytest.mark.parametrize("purpose", ["receipt", "log"])
def test_the_last_key_of_a_purpose_is_not_retired(folder, keys, purpose):
    kid = getattr(keys, purpose)[0].kid
    with pytest.raises(LastKey, match=f"carehours keys rotate {purpose}"):
        retire_key(folder, kid)
    assert load_keys(folder) == keys


def test_an_unknown_or_retired_key_is_not_retired(folder, keys):
    rotate_key(folder, "receipt")
    for kid in ("unknown", keys.receipt_key.kid):
        with pytest.raises(KeysMissing, match="no private key"):
            retire_key(folder, kid)


def test_a_retirement_cut_off_in_the_middle_leaves_a_key_that_signs(folder, keys):
    rotate_key(folder, "log")
    private = the_file_of(folder, keys.log_keys[0])
    content = private.read_bytes()
    retire_key(folder, keys.log_keys[0].kid)
    private.write_bytes(content)
    private.chmod(0o600)
    assert len(load_keys(folder).log_keys) == 2
    retire_key(folder, keys.log_keys[0].kid)
    assert len(load_keys(folder).log_keys) == 1


def the_file_of(folder, key):
    return next(folder.glob(f"{key.purpose}-*-{key.kid[:8]}.pem"))


def test_a_refused_write_leaves_no_file_behind(folder, keys, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", fail)
    before = sorted(folder.iterdir())
    with pytest.raises(OSError, match="No space"):
        rotate_key(folder, "receipt")
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("as_base64", [False, True])
def test_keys_from_the_environment_replace_the_private_files(folder, keys, as_base64):
    rotate_key(folder, "receipt")
    private = Ed25519PrivateKey.generate()
    pem = pem_of(private)
    text = b64encode(pem).decode() if as_base64 else pem.decode()
    loaded = load_keys(folder, {"CAREHOURS_RECEIPT_KEY": text})
    assert loaded.receipt_key.public == private.public_key().public_bytes_raw()
    # The retired public half still counts; the private file of the same purpose does not.
    assert [key.kid for key in loaded.receipt] == [keys.receipt_key.kid, loaded.receipt_key.kid]
    assert loaded.log == keys.log


def test_with_both_keys_in_the_environment_no_folder_is_needed(tmp_path):
    environ = {
        name: pem_of(Ed25519PrivateKey.generate()).decode()
        for name in ("CAREHOURS_RECEIPT_KEY", "CAREHOURS_LOG_KEY")
    }
    loaded = load_keys(tmp_path / "none", environ)
    assert len(loaded.receipt) == len(loaded.log) == 1
    assert loaded.receipt_key.sign(b"")


def test_a_private_key_in_the_environment_stands_for_its_own_public_half(folder, keys):
    pem = the_file(folder, "receipt").read_text()
    rotate_key(folder, "receipt")
    loaded = load_keys(folder, {"CAREHOURS_RECEIPT_KEY": pem})
    assert loaded.receipt_key.kid == keys.receipt_key.kid
    assert len(loaded.receipt) == 1


@pytest.mark.parametrize(
    "text", ["x", "AAAA", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "é"]
)
def test_a_malformed_key_in_the_environment_is_refused_without_being_quoted(folder, keys, text):
    with pytest.raises(MalformedKey, match="CAREHOURS_LOG_KEY") as caught:
        load_keys(folder, {"CAREHOURS_LOG_KEY": text})
    assert "AAAA" not in str(caught.value)


def test_a_ring_of_retired_keys_has_none_to_sign_with(keys):
    retired = KeyRing(tuple([replace(key, private=None) for key in keys.receipt]), ())
    with pytest.raises(KeysMissing, match="carehours keys init"):
        _ = retired.receipt_key


def test_the_key_set_has_no_algorithm(keys):
    (jwk,) = keys.jwks()["keys"]
    assert jwk.keys() == {"kty", "crv", "x", "kid", "use", "carehours_status"}
    assert (jwk["kty"], jwk["crv"], jwk["use"]) == ("OKP", "Ed25519", "sig")


def test_one_key_for_two_purposes_is_refused(tmp_path):
    folder = tmp_path / "keys"
    create_keys(folder)
    [receipt] = folder.glob("receipt-*.pem")
    [log] = folder.glob("log-*.pem")
    same = folder / receipt.name.replace("receipt", "log")
    log.unlink()
    same.write_bytes(receipt.read_bytes())
    same.chmod(0o600)
    with pytest.raises(MalformedKey):
        load_keys(folder)


def test_keys_of_another_service_are_believed_for_its_log_alone(folder, tmp_path):
    ours, theirs = create_keys(folder), create_keys(tmp_path / "theirs")
    trust = canonical_json(render_trust(["https://there.example.org"], theirs, ["there.example.org/elm"]))
    path = adopt_keys(folder, "there.example.org/elm", trust)
    assert adopt_keys(folder, "there.example.org/elm", trust) == path
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    keys = load_keys(folder)
    assert (keys.receipt, keys.log) == (ours.receipt, ours.log)
    assert keys.log_publics("there.example.org/elm") == [ours.log[0].public, theirs.log[0].public]
    assert keys.log_publics("care.example.org/oak") == [ours.log[0].public]
    [own, adopted] = keys.jwks()["keys"]
    assert "carehours_logs" not in own
    assert (adopted["kid"], adopted["carehours_logs"]) == (theirs.receipt_key.kid, ["there.example.org/elm"])
    assert len(keys.jwks(["care.example.org/oak"])["keys"]) == 1
    path.write_bytes(b"{}")
    with pytest.raises(MalformedKey, match="is not a trust file"):
        load_keys(folder)
    path.chmod(0o666)
    with pytest.raises(LooseKeyPermissions):
        load_keys(folder)
