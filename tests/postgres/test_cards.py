"""Cards: each opens once, to one member, for three days; and guesses cost nobody else anything."""

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.authors import SHELL, Author, Via
from ledger.book.ledger import ActRefused
from ledger.book.posting import Done, Refused, Replayed
from ledger.book.refusals import Refusal
from ledger.people.cards import (
    CARD_FOR,
    CODE_ALPHABET,
    issue_card,
    list_cards,
    new_code,
    read_code,
    revoke_card,
    use_card,
)
from ledger.people.members import NewMember, Person, Status, insert_member
from ledger.people.sessions import hash_of, read_principal

COORDINATOR = Author(Via.COORDINATOR, uuid4())


async def enrol(ledger, community, name, status=Status.ACTIVE):
    member_id = uuid4()
    async with ledger.database.transaction(community.id) as db:
        new = NewMember(member_id, Person(name), date(2026, 1, 1), status)
        await insert_member(db, community.id, new, ledger.now())
    return member_id


@pytest.fixture
async def ana(ledger, community):
    return await enrol(ledger, community, "Ana")


@pytest.fixture
def issue(ledger, community):
    async def one(member_id, **more):
        answer, card = await issue_card(ledger, community, COORDINATOR, uuid4(), member_id, **more)
        assert isinstance(answer.outcome, Done)
        return card

    return one


@pytest.fixture
def use(ledger, community):
    async def with_it(secret=None, code=None):
        return await use_card(ledger, community, secret=secret, code=code, device="another device")

    return with_it


async def events(owner):
    rows = await owner.fetch("SELECT kind, via, author_id, member_id, details FROM event ORDER BY leaf_index")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("means", ["secret", "code"])
async def test_a_card_signs_its_member_in_once(ledger, community, ana, issue, use, owner, means):
    card = await issue(ana)
    assert len(card.secret) == 22 and len(card.code) == 11
    session = await use(**{means: getattr(card, means)})
    principal = await read_principal(ledger.database, community.id, hash_of(session.text))
    assert (principal.member_id, principal.session_id, principal.strong_at) == (ana, session.session_id, None)
    assert await use(card.secret) is None and await use(code=card.code) is None
    about = f'{{"card_id":"{card.card_id}"}}'
    assert await events(owner) == [
        ("card_issued", "coordinator", str(COORDINATOR.member_id), ana, about),
        ("card_used", "member", str(ana), ana, about),
    ]
    assert await owner.fetchval("SELECT method FROM session") == "card"


async def test_of_the_secrets_only_hashes_are_kept(ana, issue, owner):
    card = await issue(ana)
    for table in ("card", "event", "request", "log_leaf"):
        text = str(await owner.fetch(f"SELECT * FROM {table}"))
        assert card.secret not in text and card.code not in text and card.code.replace("-", "") not in text


async def test_a_code_may_be_typed_as_it_looks(ana, issue, use):
    card = await issue(ana)
    typed = " " + card.code.lower().replace("0", "o").replace("1", "l").replace("-", " - ")
    assert await use(code=typed) is not None


async def test_a_new_card_makes_the_earlier_ones_worthless(ana, issue, use):
    first, second = await issue(ana), await issue(ana)
    assert await use(first.secret) is None and await use(code=first.code) is None
    assert await use(second.secret) is not None


async def test_a_card_lasts_three_days(ledger, ana, issue, use, monkeypatch):
    card = await issue(ana)
    start = card.expires_at - CARD_FOR
    monkeypatch.setattr(ledger, "now", lambda: start + CARD_FOR)
    assert await use(card.secret) is None
    monkeypatch.setattr(ledger, "now", lambda: start + CARD_FOR - timedelta(seconds=1))
    assert await use(card.secret) is not None


@pytest.mark.parametrize("status", ["applied", "left", "died"])
async def test_who_is_no_member_cannot_sign_in_with_a_card_they_had(ana, issue, use, owner, status):
    card = await issue(ana)
    await owner.execute("UPDATE member SET status = $1", status)
    assert await use(card.secret) is None
    await owner.execute("UPDATE member SET status = 'active'")
    assert await use(card.secret) is not None, "trying has not used it up"


@pytest.mark.parametrize(
    "guess",
    [
        {"secret": "A" * 22},
        {"secret": ""},
        {"secret": "\ud800" * 22},
        {"code": "00000-00000"},
        {"code": "\ud800"},
        {"code": ""},
        {"code": "U" * 10},
        {"code": "0" * 100_000},
        {},
    ],
)
async def test_guesses_open_nothing_and_leave_no_trace(ana, issue, use, owner, guess):
    await issue(ana)
    before = await owner.fetchval("SELECT count(*) FROM request")
    assert await use(**guess) is None
    assert await owner.fetchval("SELECT count(*) FROM request") == before


async def test_guesses_do_not_wait_for_the_books(ledger, community, ana, issue, use):
    await issue(ana)
    async with ledger.database.locked(community.id):
        assert await asyncio.wait_for(use("A" * 22), 5) is None


async def test_a_secret_is_not_good_as_a_code_nor_elsewhere(ledger, ana, issue, use):
    card = await issue(ana)
    assert await use(secret=card.code) is None and await use(code=card.secret) is None
    elm = await ledger.found("elm", "Elm Street", "https://care.example.org", "care.example.org/elm")
    assert await use_card(ledger, elm, secret=card.secret, code=None, device="") is None
    assert await use_card(ledger, elm, secret=None, code=card.code, device="") is None


async def test_of_many_who_come_with_one_card_one_gets_in(ana, issue, use, owner):
    card = await issue(ana)
    tries = [use(card.secret) if n % 2 else use(code=card.code) for n in range(20)]
    sessions = [session for session in await asyncio.gather(*tries) if session is not None]
    assert len(sessions) == 1
    assert await owner.fetchval("SELECT count(*) FROM session") == 1
    assert [kind for kind, *_ in await events(owner)] == ["card_issued", "card_used"]


async def refused(ledger, community, author, member_id, **more):
    answer, card = await issue_card(ledger, community, author, uuid4(), member_id, **more)
    assert card is None and isinstance(answer.outcome, Refused)
    return answer.outcome.refusal


async def test_what_issuing_refuses(ledger, community, ana, owner):
    assert await refused(ledger, community, Author(Via.COORDINATOR, ana), ana) is Refusal.OWN_AFFAIR
    assert await refused(ledger, community, COORDINATOR, uuid4()) is Refusal.MEMBER_UNKNOWN
    for status in (Status.LEFT, Status.DIED):
        gone = await enrol(ledger, community, status, status)
        assert await refused(ledger, community, COORDINATOR, gone) is Refusal.MEMBER_GONE

    async def check(db, now):
        raise ActRefused(Refusal.SECOND_PERSON_NEEDED)

    assert await refused(ledger, community, COORDINATOR, ana, check=check) is Refusal.SECOND_PERSON_NEEDED
    assert await owner.fetchval("SELECT count(*) FROM card") == 0 and await events(owner) == []


async def test_a_refused_card_leaves_the_earlier_one_good(ledger, community, ana, issue, use):
    card = await issue(ana)
    await refused(ledger, community, Author(Via.COORDINATOR, ana), ana)
    assert await use(card.secret) is not None


async def test_repeating_a_request_makes_no_second_card_and_shows_no_secret(ledger, community, ana, use):
    key = uuid4()
    _, card = await issue_card(ledger, community, COORDINATOR, key, ana)
    answer, again = await issue_card(ledger, community, COORDINATOR, key, ana)
    assert isinstance(answer.outcome, Replayed) and again is None
    answer, other = await issue_card(
        ledger, community, COORDINATOR, key, await enrol(ledger, community, "Ben")
    )
    assert answer.outcome.refusal is Refusal.ID_REUSED and other is None
    assert await use(card.secret) is not None


async def test_the_operator_may_issue_a_card(ledger, community, ana, use):
    _, card = await issue_card(ledger, community, SHELL, uuid4(), ana)
    assert await use(card.secret) is not None


async def test_a_card_can_be_revoked_until_it_is_used(ledger, community, ana, issue, use, owner):
    card = await issue(ana)
    answer = await revoke_card(ledger, community, COORDINATOR, uuid4(), card.card_id)
    assert isinstance(answer.outcome, Done)
    assert await use(card.secret) is None
    about = f'{{"card_id":"{card.card_id}"}}'
    assert (await events(owner))[-1] == (
        "card_revoked",
        "coordinator",
        str(COORDINATOR.member_id),
        ana,
        about,
    )
    used = await issue(ana)
    await use(used.secret)
    for card_id in (card.card_id, used.card_id, uuid4()):
        answer = await revoke_card(ledger, community, COORDINATOR, uuid4(), card_id)
        assert answer.outcome.refusal is Refusal.CARD_UNKNOWN


async def test_a_members_cards_are_listed_newest_first(ledger, community, ana, issue, use):
    await issue(await enrol(ledger, community, "Ben"))
    first, second = await issue(ana), await issue(ana)
    await use(second.secret)
    async with ledger.database.connection(community.id) as db:
        rows = await list_cards(db, community.id, ana)
    assert {row["card_id"]: (row["used_at"] is None, row["revoked_at"] is None) for row in rows} == {
        first.card_id: (True, False),
        second.card_id: (False, True),
    }
    assert {row["issued_by"] for row in rows} == {COORDINATOR.member_id}


def test_codes_have_the_form_that_is_read():
    for _ in range(100):
        code = new_code()
        assert read_code(code) == code.replace("-", "") and set(code) - {"-"} <= set(CODE_ALPHABET)


@given(st.text(max_size=30))
def test_any_text_is_a_code_or_none(text):
    code = read_code(text)
    assert code is None or read_code(code) == code
