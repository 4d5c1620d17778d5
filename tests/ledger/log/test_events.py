"""Events: the exact bytes of their leaves and disclosures."""

import json
from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.encoding import canonical_json
from ledger.log.events import (
    author_disclosure,
    details_text,
    event_disclosure,
    read_details,
    render_event_leaf,
)
from ledger.log.payloads import AuthorDisclosure, read_disclosure, read_payload
from ledger.log.receipts import digest

SALT = "ICAgICAgICAgICAgICAgIA"
BEN, MIA = "01890a5d-ac96-774b-bcce-b302099a8057", "11891a5d-ac96-774b-bcce-b312199a8157"
DISCLOSURE = event_disclosure(
    SALT, via="coordinator", author_id=BEN, member_id=MIA, details={"role": "auditor", "until": None}
)
LEAF = {
    "issuer": "https://care.example.org",
    "origin": "care.example.org/riverside",
    "leaf_index": 7,
    "event_id": "01890a5d-ac96-774b-bcce-b302099a8058",
    "recorded_seconds": 1_767_225_600,
    "kind": "role_granted",
    "digest": digest(DISCLOSURE),
}


def decoded(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def test_the_leaf_of_an_event_has_these_bytes():
    """Written out, because every audit for ever renders it again."""
    assert render_event_leaf(**LEAF).decode() == (
        '{"_sd":["'
        + LEAF["digest"]
        + '"],"e":"role_granted","iat":1767225600,"iss":"https://care.example.org",'
        '"jti":"01890a5d-ac96-774b-bcce-b302099a8058","log":"care.example.org/riverside","n":7,"v":1}'
    )


def test_the_disclosure_of_an_event_has_these_bytes():
    assert decoded(DISCLOSURE) == (
        f'["{SALT}","event",{{"by":"{BEN}","of":"{MIA}","via":"coordinator","what":{{"role":"auditor"}}}}]'
    )
    by_shell = event_disclosure(SALT, via="shell", author_id=None, member_id=None, details={})
    assert decoded(by_shell) == f'["{SALT}","event",{{"via":"shell","what":{{}}}}]'


def test_the_disclosure_of_an_author_has_these_bytes():
    assert decoded(author_disclosure(SALT, BEN, None)) == f'["{SALT}","author",{{"by":"{BEN}"}}]'
    assert decoded(author_disclosure(SALT, BEN, MIA)) == f'["{SALT}","author",{{"by":"{BEN}","for":"{MIA}"}}]'


@given(st.uuids(), st.none() | st.uuids())
def test_an_author_is_read_as_written(member_id, for_member_id):
    acting_for = None if for_member_id is None else str(for_member_id)
    disclosure = author_disclosure(SALT, str(member_id), acting_for)
    assert read_disclosure(disclosure) == AuthorDisclosure(str(member_id), acting_for)


values = (
    st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | st.integers(-(2**53), 2**53)
)
details = st.dictionaries(
    st.text("abcdef_", min_size=1, max_size=5), values | st.lists(st.text("ab", max_size=3))
)


@given(details)
def test_details_are_canonical_and_read_back_without_what_is_none(value):
    text = details_text(value)
    assert read_details(text) == {name: each for name, each in value.items() if each is not None}
    assert canonical_json(read_details(text)).decode() == text
    # The disclosure is the same whether it is made of what was asked or of what is stored.
    who = {"via": "member", "author_id": BEN, "member_id": None}
    assert event_disclosure(SALT, **who, details=value) == event_disclosure(
        SALT, **who, details=read_details(text)
    )


@given(details)
def test_a_disclosure_is_canonical_json_and_a_leaf_as_well(value):
    said = decoded(event_disclosure(SALT, via="member", author_id=BEN, member_id=MIA, details=value))
    assert canonical_json(json.loads(said)).decode() == said
    assert canonical_json(json.loads(render_event_leaf(**LEAF))) == render_event_leaf(**LEAF)


@pytest.mark.parametrize(
    "changed",
    [{"via": "member"}, {"author_id": MIA}, {"author_id": None}, {"member_id": BEN}, {"member_id": None},
     {"details": {}}, {"details": {"role": "coordinator"}}],
)  # fmt: skip
def test_everything_in_an_event_shows_in_its_digest(changed):
    said = {"via": "coordinator", "author_id": BEN, "member_id": MIA, "details": {"role": "auditor"}}
    assert event_disclosure(SALT, **said) == DISCLOSURE
    assert digest(event_disclosure(SALT, **{**said, **changed})) != LEAF["digest"]


def test_an_event_passes_neither_for_a_transfer_nor_for_a_disclosure_of_one():
    with pytest.raises(ValueError, match="members"):
        read_payload(render_event_leaf(**LEAF))
    with pytest.raises(ValueError, match="unknown name"):
        read_disclosure(DISCLOSURE)


def test_nothing_but_ascii_gets_into_a_leaf():
    with pytest.raises(UnicodeEncodeError):
        render_event_leaf(**{**LEAF, "kind": "r\u00f4le"})
