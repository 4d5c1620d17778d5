"""An evidence pack says what was signed or nothing: every byte of it may be changed, and every change is seen."""

import json
from datetime import UTC, date, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.desk.social.answers import Answers, whole_months
from ledger.desk.social.checking import verify_pack
from ledger.desk.social.evidence import (
    README,
    SIGNATURE,
    SIGNED,
    definitions,
    pack_files,
    sign,
    statement,
    zipped,
)
from ledger.desk.social.measures import ALL
from ledger.desk.social.reading import Asked
from ledger.desk.social.report import Figure, SocialReport, within
from ledger.desk.social.scorecard import range_before
from ledger.log.checkpoints import Checkpoint, sign_checkpoint
from ledger.log.encoding import canonical_json
from ledger.log.keys import create_keys
from ledger.log.receipts import sign_receipt
from ledger.log.trust import Trust, render_trust

ISSUER, ORIGIN = "https://care.example.org", "care.example.org/oak"
AS_OF = datetime(2026, 11, 1, 12, tzinfo=UTC)
CHECKPOINT = "checkpoint.txt"
DAYS = date(2026, 1, 1), date(2026, 6, 30)


def trusting(keys, issuer=ISSUER, origin=ORIGIN):

    return Trust.from_json(json.dumps(render_trust({issuer}, keys, [origin])).encode())


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return create_keys(tmp_path_factory.mktemp("keys") / "keys")


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    return create_keys(tmp_path_factory.mktemp("others") / "keys")


def made(keys, origin=ORIGIN, issuer=ISSUER, signer=None):
    asked = Asked(1, *DAYS, AS_OF, 7, "UTC")
    figures = {each.code: Figure(place, place) for place, each in enumerate(ALL)}
    report = SocialReport(asked, figures, (), (), {("receiver", "visit"): Answers((0, 0, 1, 2, 3))})
    checkpoint = Checkpoint(origin, 7, bytes(32))
    note = sign_checkpoint(checkpoint, keys.log_keys)
    files = pack_files(report, definitions(), README, "oak", checkpoint, note)
    return files, sign(statement(files, issuer, checkpoint, *DAYS, AS_OF), (signer or keys).receipt_key)


def failed(octets, trust):
    verified = verify_pack(octets, trust)
    assert verified.report is None or verified.valid
    return [check.name for check in verified.checks if not check.passed]


def test_a_pack_verifies_and_says_what_it_says(keys):
    pack = zipped(*made(keys))
    verified = verify_pack(pack, trusting(keys))
    assert verified.valid and verified.report["figures"]["people_reached"] == [0, 0, None]
    assert (verified.payload["from"], verified.payload["size"]) == ("2026-01-01", 7)
    assert zipped(*made(keys)) == pack


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda files: files | {"report.json": files["report.json"].replace(b"[0,0", b"[9,0")}, ["files"]),
        *[(lambda files, name=name: files | {name: b""}, ["files"]) for name in SIGNED if name != CHECKPOINT],
        *[
            (lambda files, name=name: files | {name: files[name] + b"x"}, ["files"])
            for name in SIGNED
            if name != CHECKPOINT
        ],
        (lambda files: files | {CHECKPOINT: b""}, ["files", "checkpoint"]),
        (lambda files: {name: files[name] for name in files if name != "classes.csv"}, ["form"]),
        (lambda files: files | {"more.csv": b""}, ["form"]),
        (lambda files: files | {"../report.json": b""}, ["form"]),
    ],
)
def test_what_was_changed_after_signing_is_seen(keys, change, wrong):
    files, signature = made(keys)
    assert failed(zipped(change(files), signature), trusting(keys)) == wrong


def test_whose_it_is_not_is_seen(keys, others):
    trust = trusting(keys)
    assert failed(zipped(*made(others)), trust) == ["signature", "checkpoint"]
    assert failed(zipped(*made(keys, signer=others)), trust) == ["signature"]
    assert failed(zipped(*made(keys, issuer="https://elsewhere.example")), trust) == ["issuer"]
    assert failed(zipped(*made(keys, origin="care.example.org/elm")), trust) == ["checkpoint"]
    # A checkpoint of the same log at another size does not stand for this one.
    files, _ = made(keys)
    later = files | {
        "checkpoint.txt": sign_checkpoint(Checkpoint(ORIGIN, 8, bytes(32)), keys.log_keys).encode()
    }
    signature = sign(
        statement(later, ISSUER, Checkpoint(ORIGIN, 7, bytes(32)), *DAYS, AS_OF), keys.receipt_key
    )
    assert failed(zipped(later, signature), trust) == ["checkpoint"]


def test_a_receipt_is_no_signature_of_a_pack(keys):
    files, _ = made(keys)
    payload = statement(files, ISSUER, Checkpoint(ORIGIN, 7, bytes(32)), *DAYS, AS_OF)
    assert failed(zipped(files, sign_receipt(payload, keys.receipt_key)), trusting(keys)) == ["form"]


@pytest.mark.parametrize("value", [None, True, -1, 1.5, "", "x", [], ["x"], {}, {"x": []}])
@pytest.mark.parametrize("name", ["v", "iss", "log", "size", "root", "from", "until", "iat", "files"])
def test_what_says_something_else_is_no_pack_whoever_signed_it(keys, name, value):
    files, _ = made(keys)
    payload = json.loads(statement(files, ISSUER, Checkpoint(ORIGIN, 7, bytes(32)), *DAYS, AS_OF))
    signature = sign(canonical_json(payload | {name: value}), keys.receipt_key)
    assert failed(zipped(files, signature), trusting(keys)) != []


def test_a_key_that_speaks_for_one_log_signs_no_pack_of_another(keys):
    trusted = render_trust({ISSUER}, keys, [ORIGIN])
    for logs, wrong in (([ORIGIN], []), (["care.example.org/elm"], ["signature"])):
        for key in trusted["jwks"]["keys"]:
            key["carehours_logs"] = logs
        assert failed(zipped(*made(keys)), Trust.from_json(json.dumps(trusted).encode())) == wrong


def test_what_is_packed_tightly_or_named_twice_is_no_pack(keys):
    files, signature = made(keys)
    for how in ({"compression": ZIP_DEFLATED}, {}):
        out = BytesIO()
        with ZipFile(out, "w", **how) as pack:
            for name in SIGNED:
                pack.writestr(name, files[name])
            pack.writestr(SIGNATURE, signature)
            if not how:
                pack.writestr(SIGNATURE + "x", signature)
        assert failed(out.getvalue(), trusting(keys)) == ["form"]


@given(st.data())
def test_no_byte_can_be_changed_unseen(keys, data):
    pack = zipped(*made(keys))
    place = data.draw(st.integers(0, len(pack) - 1))
    changed = bytearray(pack)
    changed[place] ^= data.draw(st.integers(1, 255))
    verified = verify_pack(bytes(changed), trusting(keys))
    # What a zip says beside its files (dates, modes) may change; what it holds may not.
    assert not verified.valid or verified.report == verify_pack(pack, trusting(keys)).report


@given(st.binary(max_size=300))
def test_whatever_the_bytes_nothing_is_raised(keys, octets):
    assert failed(octets, trusting(keys)) == ["form"]


# --- days, months, ranks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        ("2026-01-01", "2026-12-31", ("2025-01-01", "2025-12-31")),
        ("2026-03-01", "2026-03-31", ("2026-02-01", "2026-02-28")),
        ("2026-01-01", "2026-03-31", ("2025-10-01", "2025-12-31")),
        ("2026-01-02", "2026-01-31", ("2025-12-03", "2026-01-01")),
        ("2026-05-05", "2026-05-05", ("2026-05-04", "2026-05-04")),
    ],
)
def test_the_range_before_has_as_many_months_or_days(first, last, before):
    assert tuple(map(str, range_before(date.fromisoformat(first), date.fromisoformat(last)))) == before


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2026-01-01", "2026-03-31", ["2026-01", "2026-02", "2026-03"]),
        ("2026-01-02", "2026-03-30", ["2026-02"]),
        ("2026-01-15", "2026-01-31", []),
        ("2026-09-01", "2026-10-31", ["2026-09"]),
        ("2025-12-01", "2026-01-31", ["2025-12", "2026-01"]),
    ],
)
def test_months_count_whole_and_a_week_after_their_end(first, last, months):
    found = whole_months(date.fromisoformat(first), date.fromisoformat(last), AS_OF, "Europe/London")
    assert [f"{each.first:%Y-%m}" for each in found] == months


@given(st.lists(st.integers(0, 1000)), st.sampled_from([50, 90]))
def test_a_rank_is_the_least_value_within_which_that_part_lies(values, per_cent):
    found = within(values, per_cent)
    if not values:
        assert found is None
        return
    assert sum(each <= found for each in values) * 100 >= per_cent * len(values)
    assert sum(each < found for each in values) * 100 < per_cent * len(values)


@given(st.tuples(*[st.integers(0, 50)] * 5))
def test_a_mean_is_rounded_half_up(counts):
    answers = Answers(counts)
    if not sum(counts):
        assert answers.mean_hundredths is None
        return
    exact = sum((place + 1) * count for place, count in enumerate(counts)) / sum(counts)
    assert abs(answers.mean_hundredths - 100 * exact) <= 0.5 + 1e-9
