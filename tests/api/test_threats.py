"""The threats of the design, each by its number, and the test that holds it off. A test below reads this table.

 1  test_another_communitys_objects_answer_as_if_they_did_not_exist test_what_is_not_ones_own_is_as_what_is_not_there
 2  test_every_route_opens_to_those_in_the_table_and_to_nobody_else test_nobody_comes_by_another_method_or_by_head
 3  test_no_field_beyond_the_form_is_taken_on_any_route
 4  test_each_reader_sees_no_more_of_others_than_they_need test_a_receipt_for_one_account_shows_nobody_elses_balance
 5  test_fifty_gifts_with_one_key_are_one_gift test_fifty_simultaneous_repeats_post_once
 6  test_the_same_key_with_another_body_is_422 test_a_key_used_by_somebody_else_gives_nothing_away
 7  test_a_key_used_by_somebody_else_gives_nothing_away (orders signed by a phone are not built)
 8  test_of_many_gifts_of_the_last_hour_through_two_services_one_is_given
    test_transfers_both_ways_at_once_never_deadlock
 9  test_a_body_of_another_form_is_refused_and_changes_nothing test_the_database_refuses_what_decide_would_never_write
10  test_a_scenario_goes_as_written test_another_communitys_account_cannot_be_moved
11  test_a_scenario_goes_as_written test_the_database_refuses_what_decide_would_never_write
12  test_names_that_mislead_are_refused_or_flagged
13  test_a_header_that_no_receipt_has_is_refused test_a_text_of_another_shape_is_refused
14  test_a_signature_with_the_group_order_added_is_refused test_no_changed_byte_goes_unnoticed
15  test_no_secret_passes_for_another
16  test_receipts_from_before_a_rotation_stay_valid_and_can_be_given_again test_a_key_that_is_not_trusted_is_refused
17  test_disclosures_that_are_not_of_this_receipt_are_refused
18  test_a_guess_costs_the_same_whether_it_is_near_or_not test_nothing_tells_a_known_address_from_any_other
19  test_the_sixth_try_fails_even_with_the_right_code test_a_code_of_another_browser_opens_nothing
    test_every_wrong_card_gets_the_same_answer test_a_card_lasts_three_days
20  test_a_session_ends_with_what_it_rested_on test_a_cookie_from_before_is_never_adopted
21  test_another_sites_page_changes_nothing test_a_form_is_not_read_as_json
22  test_sql_in_a_text_is_a_text
23  test_a_request_is_one_line_in_the_log_and_tells_no_secret
24  test_a_query_nobody_meant_is_refused
25  test_no_body_is_too_deep_too_wide_or_too_long
26  test_one_member_is_limited_through_two_services test_processes_share_one_limit
    test_nobody_chooses_the_address_they_are_counted_by
27  test_time_in_the_log_never_goes_back (orders are not built)
28  - webhooks are not built
29  - webhooks are not built
30  test_nobody_corrects_what_is_their_own_or_their_familys test_a_large_correction_is_not_made_of_small_ones
    test_limits_are_not_widened_by_opening_an_account test_nobody_approves_what_they_proposed
    test_an_approval_is_good_for_one_token
31  test_a_delegate_stops_at_the_cap_the_last_day_and_the_end
32  test_who_only_reads_writes_nothing test_another_communitys_objects_answer_as_if_they_did_not_exist
33  test_the_services_role_cannot_change_history test_the_service_may_change_what_is_listed_and_nothing_else
34  test_whatever_a_superuser_alters_is_found
35  test_a_log_cut_short_and_signed_again_is_found_by_a_checkpoint_from_outside (witnesses are not built)
36  test_a_transfer_put_in_without_the_key_is_found
37  test_another_history_of_the_same_length_is_found_by_a_checkpoint_from_outside (witnesses are not built)
38  test_a_database_older_than_the_published_checkpoint_is_read_only
39  test_nothing_acknowledged_is_lost_when_service_or_database_are_killed
    test_two_services_with_keys_of_their_own_do_not_sign_one_log
40  test_the_published_audit_paths_are_found test_an_altered_audit_path_does_not_verify
41  test_nothing_of_an_erased_person_is_left
42  - a leaf is written and signed with its transfer, so none ever waits
43  test_no_answer_shows_what_is_inside
44  test_a_faulty_folder_is_refused_with_a_remedy
45  test_the_service_keeps_to_its_description_whatever_it_is_sent
46  - the page that verifies a receipt offline is not built
47  test_what_is_not_ones_own_is_as_what_is_not_there
48  test_a_gift_the_database_fails_on_is_not_given_by_half
    test_nothing_acknowledged_is_lost_when_service_or_database_are_killed
"""

import asyncio
import re
from collections import Counter
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from ledger.book.authors import SHELL
from ledger.database.connections import Connection
from ledger.desk.audit.run import audit_community
from ledger.people.cards import issue_card
from ledger.people.roles import Role, Scope
from ledger.people.tokens import create_token, revoke_token
from tests.api.conftest import Caller, a_token, care, elsewhere_as, gift, problem

HOUR = 3600
TESTS = Path(__file__).parents[1]
INTERNALS = (
    rf"Traceback|\.py\b|asyncpg|litestar|{re.escape(str(TESTS.parent))}|Oak Hill lives|SELECT \w+(,| FROM)"
)
"""What no answer may show: a trace, a library's name, where the code lies, a statement."""


def test_every_threat_has_its_test_or_a_reason():
    written = {
        name for path in TESTS.rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    lines = re.split(r"^ {0,1}(\d+)  ", __doc__, flags=re.MULTILINE)[1:]
    threats = dict(zip(map(int, lines[::2]), lines[1::2], strict=True))
    assert list(threats) == list(range(1, 49))
    for number, line in threats.items():
        named = re.findall(r"test_\w+", line)
        assert named or line.startswith("- "), number
        assert set(named) <= written, number


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


@pytest.fixture
async def coordinators(people):
    return [await people.coordinator(), await people.coordinator()]


async def balance(caller, account):
    return (await caller.get(f"/accounts/{account}")).json()["balance"]


# What belongs to others.


async def test_what_is_not_ones_own_is_as_what_is_not_there(ana, ben, coordinators, statements, unlimited):
    """The same bytes after the same statements, so that neither an answer nor its time tells that it exists."""
    given = (await ben.post("/transfers", gift(ben.account, coordinators[0].account))).json()
    delegation = await ben.post(
        f"/members/{ben.id}/delegates", DELEGATION | {"delegate": str(coordinators[1].id)}
    )
    assert delegation.status_code == 201, delegation.text
    seen = [
        ("GET", "/members/{}", ben.id),
        ("GET", "/members/{}/events", ben.id),
        ("GET", "/members/{}/cards", ben.id),
        ("GET", "/members/{}/delegates", ben.id),
        ("GET", "/members/{}/relatives", ben.id),
        ("GET", "/accounts/{}", ben.account),
        ("GET", "/accounts/{}/entries", ben.account),
        ("GET", "/accounts/{}/balance", ben.account),
        ("GET", "/accounts/{}/holders", ben.account),
        ("PUT", "/members/{}/person", ben.id),
        ("POST", "/members/{}/delegates", ben.id),
        ("DELETE", f"/members/{ben.id}/delegates/{{}}", delegation.json()["id"]),
        ("DELETE", "/sessions/{}", (await ben.get("/sessions")).json()["sessions"][0]["session_id"]),
        ("GET", "/transfers/{}", given["id"]),
        ("GET", "/transfers/{}/receipt", given["id"]),
    ]
    await ana.get("/me")
    for method, path, known in seen:
        told = []
        for each in (known, uuid4()):
            statements.clear()
            answer = (
                await ana.post(path.format(each), {}, method=method)
                if method != "GET"
                else await ana.get(path.format(each))
            )
            assert problem(answer) == (404, "not_found"), path
            told.append((answer.content, dict(statements) if "transfers" not in path else None))
        assert told[0] == told[1], path
    assert (await ben.get("/sessions")).status_code == 200


DELEGATION = {"relation": "friend", "scopes": ["see", "spend"], "from": "2026-01-01", "monthly_cap": 2 * HOUR}


@pytest.fixture
def statements(monkeypatch):
    """How often each statement was run."""
    counted = Counter()
    for way in ("row", "rows", "run"):
        usual = getattr(Connection, way)

        async def count(self, name, /, _usual=usual, **values):
            if name != "people/take_rate":  # runs ahead of the requests that it is about
                counted[name] += 1
            return await _usual(self, name, **values)

        monkeypatch.setattr(Connection, way, count)
    return counted


async def test_a_guess_costs_the_same_whether_it_is_near_or_not(
    app, oak, anonymous, ana, people, statements, unlimited
):
    _, used = await issue_card(app.state.ledger, oak, SHELL, uuid4(), ana.id)
    card = "/v1/communities/oak/sign-in/card"
    assert (await anonymous.post(card, json={"secret": used.secret})).status_code == 201
    _, live = await issue_card(app.state.ledger, oak, SHELL, uuid4(), await people.enrol())

    async def cost(send):
        statements.clear()
        answer = await send()
        assert answer.status_code == 401
        return dict(statements), answer.content

    guesses = [used.secret, "A" * 22, live.secret[:-1] + ("A" if live.secret[-1] != "A" else "B")]
    costs = [
        await cost(lambda secret=secret: anonymous.post(card, json={"secret": secret})) for secret in guesses
    ]
    assert costs[0] == costs[1] == costs[2]
    codes = [used.code, "00000-00000", live.code[:-1] + ("0" if live.code[-1] != "0" else "1")]
    costs = [await cost(lambda code=code: anonymous.post(card, json={"code": code})) for code in codes]
    assert costs[0] == costs[1] == costs[2]
    # A session: never given, ended, and of a member who does not exist, in a community that does or does not.
    await ana.post("/sign-out")
    ended = ana.headers["cookie"]
    cookies = [ended, "__Host-carehours=1." + "A" * 43, "__Host-carehours=77." + "A" * 43]
    me = "/v1/communities/oak/me"
    costs = [
        await cost(lambda value=value: anonymous.get(me, headers={"cookie": value})) for value in cookies
    ]
    assert costs[0] == costs[1] == costs[2]
    # A token's id is no secret; whatever is wrong with the rest, the answer says the same, and it counts as no use.
    token = await a_token(app, oak)
    _, revoked = await create_token(app.state.ledger, oak, SHELL, uuid4(), "gone", [Scope.READ])
    await revoke_token(app.state.ledger, oak, SHELL, uuid4(), revoked.token_id)
    bearers = [
        token[:-3] + ("AAA" if token[-3:] != "AAA" else "BBB"),
        revoked.text,
        f"ch_{'0' * 12}_{'A' * 43}",
    ]
    costs = [
        await cost(lambda text=text: anonymous.get(me, headers={"authorization": f"Bearer {text}"}))
        for text in bearers
    ]
    assert costs[0] == costs[1] == costs[2]
    answers = set()
    for n in range(200):
        guess = token[: 16 + n % 40].ljust(len(token), "A") if n % 2 else f"ch_{n:012x}_{'A' * 43}"
        answer = await anonymous.get("/v1/communities/oak/", headers={"authorization": f"Bearer {guess}"})
        answers.add((answer.status_code, answer.content))
    assert len(answers) == 1 and answers.pop()[0] == 401
    assert statements["access/touch_token"] == 0


async def test_each_reader_sees_no_more_of_others_than_they_need(app, oak, anonymous, people, coordinators):
    who = {"email": "maria@example.org", "phone": "+44 1234 567", "address": "5 Oak Hill", "birth_year": 1941}
    maria = await people.member("Maria Silva", **who)
    ben = await people.member("Ben")
    given = (await maria.post("/transfers", gift(maria.account, ben.account))).json()
    friend = await people.member("Cal")
    await maria.post(
        f"/members/{maria.id}/delegates", DELEGATION | {"delegate": str(friend.id), "scopes": ["spend"]}
    )
    auditor, administrator = await people.with_role(Role.AUDITOR), await people.with_role(Role.ADMINISTRATOR)
    reader = Caller(anonymous, "oak", await a_token(app, oak, [Scope.READ]))
    words = ["Maria", "maria@example.org", "1234 567", "5 Oak Hill", "1941"]
    paths = [
        "/members",
        f"/members/{maria.id}",
        f"/members/{maria.id}/events",
        f"/members/{maria.id}/delegates",
        "/events",
        "/accounts",
        f"/accounts/{maria.account}",
        f"/accounts/{maria.account}/entries",
        f"/transfers/{given['id']}",
        f"/transfers/{given['id']}/receipt",
        "/proposals",
        "/tokens",
    ]
    for caller in (ben, auditor, administrator, reader):
        for path in paths:
            answer = await caller.get(path)
            assert not [word for word in words if word in answer.text], path
    assert "Maria" in (await friend.get("/me")).text  # for whom one acts, but not where they live
    assert "example.org" not in (await friend.get("/me")).text
    for caller in (maria, coordinators[0]):
        whole = (await caller.get(f"/members/{maria.id}")).text
        assert all(word in whole for word in words)
    # Of a transfer Ben has a part in he sees his own side: not whose the other was, nor what they have left.
    seen = (await ben.get(f"/transfers/{given['id']}")).json()
    theirs, own = seen["entries"]
    assert theirs == {"seconds": -HOUR} and own["balance_after"] == HOUR
    receipt = await ben.get(f"/transfers/{given['id']}/receipt?account={maria.account}")
    assert problem(receipt) == (404, "not_found")
    disclosures = (await ben.get(f"/transfers/{given['id']}/receipt")).json()["disclosures"]
    whole = (await coordinators[0].get(f"/transfers/{given['id']}/receipt")).json()["disclosures"]
    assert set(disclosures) < set(whole)


# Gifts at the same moment, and again.


async def test_fifty_gifts_with_one_key_are_one_gift(ana, ben, elsewhere):
    key, callers = uuid4(), [ana, elsewhere_as(ana, elsewhere)]
    answers = await asyncio.gather(
        *(callers[n % 2].post("/transfers", gift(ana.account, ben.account), key) for n in range(50))
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 49}
    assert len({answer.content for answer in answers}) == 1
    assert await balance(ben, ben.account) == HOUR


async def test_a_key_used_by_somebody_else_gives_nothing_away(people, ana, ben, other_caller):
    key, asked = uuid4(), gift(ana.account, ben.account)
    first = await ana.post("/transfers", asked, key)
    again = await (await people.sign_in(ana.id)).post("/transfers", asked, key)
    assert (again.status_code, again.content) == (200, first.content)
    for body in (gift(ben.account, ana.account), gift(ana.account, ben.account, 2 * HOUR)):
        answer = await ben.post("/transfers", body, key)
        assert answer.status_code in (403, 422) and first.json()["receipt"] not in answer.text
    assert problem(await ben.post("/transfers", gift(ben.account, ana.account), key)) == (422, "id_reused")
    assert problem(await ben.post("/transfers", asked, key)) == (403, "not_allowed")
    # Another community has ids of its own.
    pair = await other_caller.open("issuance"), await other_caller.open("member")
    assert (await other_caller.post("/transfers", care(*pair), key)).status_code == 201
    assert await balance(ben, ben.account) == HOUR


async def test_of_many_gifts_of_the_last_hour_through_two_services_one_is_given(ana, ben, elsewhere):
    """Ana may fall ten hours below zero, and each of the gifts is of ten hours."""
    callers = [ana, elsewhere_as(ana, elsewhere)]
    answers = await asyncio.gather(
        *(callers[n % 2].post("/transfers", gift(ana.account, ben.account, 10 * HOUR)) for n in range(80))
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 79}
    assert {problem(answer)[1] for answer in answers if answer.status_code == 409} == {"below_floor"}
    assert await balance(ana, ana.account) == -10 * HOUR
    # Both ways at once: neither waits for the other for ever.
    storm = await asyncio.gather(
        *(
            caller.post("/transfers", gift(caller.account, other.account, 60))
            for caller, other in [(ana, ben), (ben, ana)] * 15
        )
    )
    assert {answer.status_code for answer in storm} <= {201, 409}
    assert await balance(ana, ana.account) + await balance(ben, ben.account) == 0


async def test_one_member_is_limited_through_two_services(ana, ben, people, elsewhere):
    there = elsewhere_as(ana, elsewhere)
    for n in range(150):
        caller = (ana, there)[n % 2]
        answer = await caller.post("/transfers", {}, headers={"x-forwarded-for": f"192.0.2.{n}"})
        if answer.status_code == 429:
            break
        assert answer.status_code == 400
    assert 90 <= n < 150 and 1 <= int(answer.headers["retry-after"]) <= 60
    for caller in (ana, there, await people.sign_in(ana.id)):
        refused = [await caller.post("/transfers", gift(ana.account, ben.account)) for _ in range(12)]
        assert refused[-1].status_code == 429
    assert (await ben.post("/transfers", gift(ben.account, ana.account))).status_code == 201
    assert (await ana.get("/me")).status_code == 200


async def test_a_gift_the_database_fails_on_is_not_given_by_half(app, oak, ana, ben, monkeypatch, tmp_path):
    key, failing = uuid4(), []
    usual = Connection.run

    async def run(self, name, /, **values):
        if failing and "append" in name:
            raise asyncpg.ConnectionDoesNotExistError("gone")
        await usual(self, name, **values)

    monkeypatch.setattr(Connection, "run", run)
    for way in ("row", "rows"):
        monkeypatch.setattr(Connection, way, _failing(getattr(Connection, way), failing))
    failing.append(True)
    answer = await ana.post("/transfers", gift(ana.account, ben.account), key)
    assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1
    failing.clear()
    assert await balance(ben, ben.account) == 0
    assert (await ana.post("/transfers", gift(ana.account, ben.account), key)).status_code == 201
    assert not (await audit_community(app.state.ledger, oak, folder=tmp_path)).findings


def _failing(usual, failing):
    async def way(self, name, /, **values):
        if failing and "append" in name:
            raise asyncpg.ConnectionDoesNotExistError("gone")
        return await usual(self, name, **values)

    return way


# What nobody should see.


async def test_no_answer_shows_what_is_inside(app, oak, anonymous, ana, caller, monkeypatch):
    public = [
        route.path_format.replace("{slug}", "oak")
        .replace("{name}", "x")
        .replace("{tile_name}", "0/000")
        .replace("{path}", "x")
        for route in app.routes
        if "GET" in route.methods and "/v1/" not in route.path_format
    ]
    assert len(public) > 12
    answers = [
        await anonymous.get(path)
        for path in [*public, "/debug", "/docs", "/.env", "/.git/config", "/nowhere"]
    ]
    personal = [
        await ana.get(path)
        for path in ("/me", f"/members/{ana.id}", f"/accounts/{ana.account}", "/sessions", "/nowhere")
    ]
    assert all(answer.headers["cache-control"] == "no-store" for answer in personal)

    async def fails(*_, **__):
        raise ValueError("Ana lives at 3 Oak Hill")

    monkeypatch.setattr("api.routes.sign_in.list_sessions", fails)
    failed = await ana.get("/sessions")
    assert problem(failed) == (500, "internal_error")
    for answer in (*answers, *personal, failed):
        assert answer.status_code != 500 or answer is failed
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy and "unsafe" not in policy and "*" not in policy
        assert not {"server", "x-powered-by"} & set(answer.headers)
        assert not re.search(INTERNALS, answer.text, re.IGNORECASE)
    assert "3 Oak Hill" not in failed.text
