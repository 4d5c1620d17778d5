"""Those who would decide about themselves, act for somebody longer than they may, or stay when they have gone; and
what is left of somebody who was erased. The table of all threats is in tests/api/test_threats.py."""

import asyncio
import re
from collections import Counter
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from ledger.desk.audit.run import audit_community
from ledger.log.trust import Trust
from ledger.log.verification import verify
from ledger.people.members import skeleton
from ledger.people.roles import Role, Scope
from tests.api.conftest import Caller, a_token, adjust, care, elsewhere_as, gift, problem

HOUR = 3600
ETAG = {"if-match": '"1"'}
DELEGATION = {"relation": "friend", "scopes": ["see", "spend"], "from": "2026-01-01", "monthly_cap": 2 * HOUR}


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


async def test_nobody_corrects_what_is_their_own_or_their_familys(people, coordinators):
    mia, noa = coordinators
    sister, stranger = await people.member(), await people.member()
    assert (
        await noa.post(f"/members/{mia.id}/relatives", {"relative": str(sister.id), "relation": "sibling"})
    ).status_code == 201
    done = (await noa.post("/transfers", adjust(stranger.account, sister.account))).json()
    for account in (mia.account, sister.account):
        for body in (adjust(stranger.account, account), adjust(account, stranger.account, 60)):
            assert problem(await mia.post("/transfers", body)) == (403, "own_affair")
        limits = {"floor": -100 * HOUR, "ceiling": None}
        answer = await mia.post(f"/accounts/{account}/limits", limits, method="PUT", headers=ETAG)
        assert problem(answer) == (403, "own_affair")
        proposal = uuid4()
        asked = {"action": "limits", "account": account, **limits}
        assert (await noa.post("/proposals", asked, proposal)).status_code == 201
        assert problem(await mia.post(f"/proposals/{proposal}/approval", {})) == (403, "own_affair")
        # Nor does it help to let somebody else approve what one proposed for one's own.
        proposal = uuid4()
        assert (await mia.post("/proposals", asked, proposal)).status_code == 201
        assert problem(await noa.post(f"/proposals/{proposal}/approval", {})) == (403, "own_affair")
        assert (await mia.get(f"/proposals/{proposal}")).json()["state"] == "open"
    assert problem(await mia.post(f"/transfers/{done['id']}/reversal", {"reason": "x"})) == (
        403,
        "own_affair",
    )
    assert problem(await mia.post(f"/members/{mia.id}/relatives/{sister.id}", method="DELETE")) == (
        403,
        "own_affair",
    )
    assert problem(await mia.post(f"/members/{mia.id}/cards", {})) in {
        (409, "second_person_needed"),
        (403, "own_affair"),
    }
    for action in (
        {"action": "erasure", "reason": "asked"},
        {"action": "role", "role": "administrator"},
        {"action": "card"},
    ):
        assert problem(await mia.post("/proposals", action | {"member": str(mia.id)})) == (403, "own_affair")
    assert await balance(noa, mia.account) == 0


async def test_a_large_correction_is_not_made_of_small_ones(people, coordinators, elsewhere):
    mia, noa = coordinators
    ben, cal = await people.member(), await people.member()
    callers = [mia, elsewhere_as(mia, elsewhere)]
    answers = await asyncio.gather(
        *(callers[n % 2].post("/transfers", adjust(ben.account, cal.account, HOUR // 2)) for n in range(26))
    )
    assert Counter(problem(answer)[1] if answer.status_code == 409 else 201 for answer in answers) in (
        {201: 20, "second_person_needed": 6},
        {201: 20, "below_floor": 6},
    )
    for body in (adjust(cal.account, ben.account, 1), care(cal.account, ben.account, 1)):
        assert problem(await mia.post("/transfers", body)) == (409, "second_person_needed")
    one = next(answer.json()["id"] for answer in answers if answer.status_code == 201)
    assert problem(await mia.post(f"/transfers/{one}/reversal", {"reason": "x"})) == (
        409,
        "second_person_needed",
    )
    assert (await noa.post("/transfers", adjust(cal.account, ben.account))).status_code == 201


async def test_limits_are_not_widened_by_opening_an_account(people, coordinators, caller):
    """Changing limits takes two people; opening an account with them, for a friend to hold, would be the same."""
    mia, _ = coordinators
    friend = await people.member()
    for kind, limits in [
        ("household", {"floor": -1000 * HOUR}),
        ("household", {"floor": -10 * HOUR - 1}),
        ("pot", {"floor": -1}),
        ("pot", {"floor": -HOUR, "ceiling": 0}),
        ("clearing", {"floor": -100 * HOUR, "ceiling": 101 * HOUR, "peer": "elm"}),
        ("clearing", {"ceiling": None, "peer": "elm"}),
    ]:
        answer = await mia.post("/accounts", {"kind": kind, "code": f"x-{uuid4().hex[:9]}"} | limits)
        assert problem(answer) == (409, "second_person_needed"), limits
    house = {"kind": "household", "code": "house", "floor": -9 * HOUR, "ceiling": 20 * HOUR}
    opened = await mia.post("/accounts", house, account := uuid4())
    assert opened.status_code == 201, opened.text
    assert (await mia.post(f"/accounts/{account}/holders", {"member": str(friend.id)})).status_code == 201
    assert (await mia.post(f"/accounts/{account}/closing", {})).status_code == 200
    told = (await mia.get("/events?limit=3")).json()["events"]
    assert [event["kind"] for event in told] == ["account_closed", "holder_added", "account_opened"]
    assert {event["by"] for event in told} == {str(mia.id)}
    assert told[2]["details"] == {
        "account": str(account),
        "kind": "household",
        "floor": -9 * HOUR,
        "ceiling": 20 * HOUR,
    }
    # A machine's token was made by two people.
    assert (await caller.post("/accounts", {"kind": "pot", "code": "pot", "floor": -HOUR})).status_code == 201


async def test_nobody_approves_what_they_proposed(people, coordinators):
    mia, noa = coordinators
    ben = await people.member()
    asked = {"action": "role", "member": str(ben.id), "role": "auditor"}
    proposal = uuid4()
    assert (await mia.post("/proposals", asked, proposal)).status_code == 201
    for session in (mia, await people.sign_in(mia.id, strong=True)):
        assert problem(await session.post(f"/proposals/{proposal}/approval", {})) == (
            403,
            "proposer_cannot_approve",
        )
    assert problem(await mia.post(f"/members/{ben.id}/roles", {"role": "auditor"})) == (
        409,
        "second_person_needed",
    )
    # Whom it concerns does not approve it either, nor does one who has laid their role down.
    ended = await people.coordinator()
    assert (await mia.post(f"/members/{ended.id}/roles", method="DELETE")).status_code == 200
    assert problem(await ended.post(f"/proposals/{proposal}/approval", {})) == (401, "sign_in_required")
    assert problem(await ben.post(f"/proposals/{proposal}/approval", {})) == (403, "not_allowed")
    both = await asyncio.gather(*(noa.post(f"/proposals/{proposal}/approval", {}) for _ in range(5)))
    assert Counter(answer.status_code for answer in both) == {200: 1, 409: 4}
    assert problem(await noa.post(f"/proposals/{proposal}/refusal", {})) == (409, "proposal_decided")


async def test_an_approval_is_good_for_one_token(people, coordinators):
    mia, noa = coordinators
    wanted = {"label": "till", "scopes": ["post"], "days": 30}
    assert problem(await mia.post("/tokens", wanted)) == (409, "second_person_needed")
    await mia.post("/proposals", {"action": "token"} | wanted, proposal := uuid4())
    named = wanted | {"proposal": str(proposal)}
    assert problem(await mia.post("/tokens", named)) == (409, "second_person_needed")
    assert (await noa.post(f"/proposals/{proposal}/approval", {})).status_code == 200
    assert problem(await noa.post("/tokens", named)) == (404, "proposal_unknown")
    for more in ({"scopes": ["post", "manage"]}, {"days": 31}, {"label": "tills"}):
        assert problem(await mia.post("/tokens", named | more)) == (404, "proposal_unknown")
    made = await asyncio.gather(*(mia.post("/tokens", named) for _ in range(5)))
    assert Counter(answer.status_code for answer in made) == {201: 1, 409: 4}
    # The same for the card of somebody who has a role.
    auditor = await people.with_role(Role.AUDITOR)
    await mia.post("/proposals", {"action": "card", "member": str(auditor.id)}, proposal := uuid4())
    await noa.post(f"/proposals/{proposal}/approval", {})
    cards = [await mia.post(f"/members/{auditor.id}/cards", {"proposal": str(proposal)}) for _ in range(2)]
    assert cards[0].status_code == 201 and problem(cards[1]) == (409, "proposal_decided")


async def test_a_delegate_stops_at_the_cap_the_last_day_and_the_end(people, ana, ben, owner, coordinators):
    cal = await people.member()
    today = datetime.now(UTC).date()
    asked = DELEGATION | {"delegate": str(ben.id), "until": str(today)}
    assert (await ana.post(f"/members/{ana.id}/delegates", asked, delegation := uuid4())).status_code == 201

    async def spend(seconds=HOUR):
        answer = await ben.post("/transfers", gift(ana.account, cal.account, seconds))
        return "given" if answer.status_code == 201 else problem(answer)[1]

    assert [await spend(), await spend(HOUR + 1), await spend(), await spend(1)] == [
        "given",
        "over_delegate_cap",
        "given",
        "over_delegate_cap",
    ]
    await owner.execute("UPDATE delegation_month SET seconds = 0")
    for turn, back in [
        (
            "UPDATE delegation SET until_on = current_date - 1",
            "UPDATE delegation SET until_on = current_date",
        ),
        (
            "UPDATE delegation SET from_on = current_date + 1, until_on = NULL",
            "UPDATE delegation SET from_on = current_date",
        ),
        ("UPDATE member SET status = 'left' WHERE member_id = $1", "UPDATE member SET status = 'active'"),
        (
            "UPDATE delegation SET scopes = '{see}', monthly_cap = 0",
            "UPDATE delegation SET scopes = '{spend}', monthly_cap = 7200",
        ),
    ]:
        await owner.execute(turn, *([ana.id] if "$1" in turn else []))
        assert await spend() == "not_allowed", turn
        await owner.execute(back)
    assert await spend() == "given"
    # Another kind, another account of hers as the giver, two givers: none of it is what a delegate may.
    for body in (care(ana.account, cal.account), gift(cal.account, ana.account), _two_givers(ana, ben, cal)):
        assert problem(await ben.post("/transfers", body)) == (403, "not_allowed")
    assert (await ana.post(f"/members/{ana.id}/delegates/{delegation}", method="DELETE")).status_code == 200
    assert await spend() == "not_allowed"


def _two_givers(ana, ben, cal):
    entries = [(ana.account, -60), (ben.account, -60), (cal.account, 120)]
    return {
        "kind": "gift",
        "entries": [{"account": account, "seconds": seconds} for account, seconds in entries],
    }


async def test_who_only_reads_writes_nothing(app, oak, anonymous, people, owner, unlimited):
    """Every route that writes, with ids that exist; a row more anywhere would show."""
    auditor, ana = await people.with_role(Role.AUDITOR), await people.member()
    readers = [
        Caller(anonymous, "oak", await a_token(app, oak, [scope])) for scope in (Scope.READ, Scope.MEMBERS)
    ]
    own = re.compile(
        "sign-in|sign-out|sessions|passkeys|step-up|/start|delegates/|members/{member_id}/person"
    )
    body = gift(ana.account, auditor.account) | {
        "reason": "x",
        "role": "administrator",
        "member": str(auditor.id),
    }

    async def written():
        tables = (
            "event transfer log_leaf member_role proposal card api_token relative delegation account request"
        )
        return [await owner.fetchval(f"SELECT count(*) FROM {table}") for table in tables.split()]

    before = await written()
    for route in app.routes:
        for method in route.methods & {"POST", "PUT", "DELETE", "PATCH"}:
            path = route.path_format
            if not path.startswith("/v1") or (own.search(path) and "delegates" not in path):
                continue  # the forms of pages ask these
            path = path.replace("{member_id}", str(ana.id)).replace("{account_id}", ana.account)
            path = re.sub(r"{\w+}", str(uuid4()), path.replace("{slug}", "oak"))
            for reader in (auditor, *readers):
                headers = reader.headers | {"idempotency-key": str(uuid4()), "if-match": '"0"'}
                answer = await anonymous.request(method, path, json=body, headers=headers)
                assert answer.status_code in (400, 403, 404), (method, path, answer.text)
                if answer.status_code == 400:
                    # An auditor is a member too, but this is not their time to give, nor a visit of theirs;
                    # simulating keeps nothing, an audit nothing but its report, an export a file without names.
                    harmless = ("/transfers", "/policy/simulation", "/audits", "/well-being", "/exports")
                    assert path.endswith(harmless), path
    assert problem(await auditor.post("/transfers", gift(ana.account, auditor.account))) == (
        403,
        "not_allowed",
    )
    assert problem(await auditor.post("/transfers", adjust(ana.account, auditor.account))) == (
        403,
        "not_allowed",
    )
    assert await written() == before


async def test_a_session_ends_with_what_it_rested_on(people, coordinators):
    mia, noa = coordinators

    async def role_ended(member):
        return await noa.post(f"/members/{member.id}/roles", method="DELETE")

    async def role_given(member):
        await noa.post(
            "/proposals", {"action": "role", "member": str(member.id), "role": "auditor"}, key := uuid4()
        )
        return await mia.post(f"/proposals/{key}/approval", {})

    async def left(member):
        standing = {"status": "left", "since": "2026-01-02"}
        return await noa.post(f"/members/{member.id}/standing", standing, method="PUT", headers=ETAG)

    async def signed_out(member):
        return await member.post("/sign-out")

    for ending, member in [
        (role_ended, await people.coordinator()),
        (role_given, await people.member()),
        (left, await people.member()),
        (signed_out, await people.member()),
    ]:
        second = await people.sign_in(member.id)
        assert [(await each.get("/me")).status_code for each in (member, second)] == [200, 200]
        answer = await ending(member)
        assert answer.status_code == 200, (ending, answer.text)
        assert problem(await member.get("/me")) == (401, "sign_in_required"), ending
        assert problem(await member.post("/transfers", gift(member.account, mia.account))) == (
            401,
            "sign_in_required",
        )
        assert (await second.get("/me")).status_code == (200 if ending is signed_out else 401)


# What is left of somebody.


async def test_nothing_of_an_erased_person_is_left(
    app, oak, anonymous, people, coordinators, owner, tmp_path
):
    mia, noa = coordinators
    looks = skeleton("Joaquina")
    words = ["Joaquina", "Sobral", looks, "jo.sobral@example.org", "555 0199", "Flintwick"]
    who = {
        "name": "Joaquina Sobral",
        "email": "joaquina@example.org",
        "phone": "+1 555 0199",
        "address": "3 Flintwick Lane",
    }
    answer = await mia.post(
        "/members",
        who | {"languages": ["pt"], "birth_year": 1938, "classes": ["service_user"]},
        member_id := uuid4(),
    )
    assert answer.status_code == 201, answer.text
    jo = await people.sign_in(member_id)
    changed = who | {"email": "jo.sobral@example.org"}
    answer = await jo.post(f"/members/{jo.id}/person", changed, key := uuid4(), method="PUT", headers=ETAG)
    assert answer.status_code == 200
    ben = await people.member("Ben")
    card = (await mia.post(f"/members/{jo.id}/cards", {})).json()
    await anonymous.post(
        "/v1/communities/oak/sign-in/card",
        json={"code": card["code"]},
        headers={"user-agent": "Joaquina's phone"},
    )
    await anonymous.post("/v1/communities/oak/sign-in/code/request", json={"email": "jo.sobral@example.org"})
    await mia.post(f"/members/{jo.id}/relatives", {"relative": str(ben.id), "relation": "child"})
    await jo.post(f"/members/{jo.id}/delegates", DELEGATION | {"delegate": str(ben.id)})
    given = (await jo.post("/transfers", gift(jo.account, ben.account) | {"note": "From Joaquina"})).json()
    mine = (await jo.get(f"/transfers/{given['id']}/receipt")).json()
    back = gift(ben.account, jo.account) | {"note": "Thank you, Joaquina Sobral"}
    assert (await ben.post("/transfers", back)).status_code == 201
    large = adjust(ben.account, jo.account, 20 * HOUR) | {
        "action": "transfer",
        "note": "Joaquina wrote them down",
    }
    declined = (await mia.post("/proposals", large)).json()["id"]
    assert (await noa.post(f"/proposals/{declined}/refusal", {})).json()["what"]["note"] == large["note"]
    undo = {"action": "reversal", "transfer": given["id"], "reason": "Joaquina Sobral asked"}
    assert (await mia.post("/proposals", undo)).json()["what"]["reason"] == undo["reason"]
    before = [await found(owner, word) for word in words]
    assert all(before), "else the search below would prove nothing"

    # From the hash of what was asked a name could be guessed.
    hashes = "SELECT fingerprint FROM request WHERE request_id = ANY ($1) ORDER BY request_id"
    asked = await owner.fetch(hashes, [member_id, key])

    standing = {"status": "died", "since": "2026-02-01"}
    etag = {"if-match": (await mia.get(f"/members/{jo.id}")).headers["etag"]}
    assert (
        await mia.post(f"/members/{jo.id}/standing", standing, method="PUT", headers=etag)
    ).status_code == 200
    assert (await mia.post(f"/accounts/{jo.account}/closing", {})).status_code == 200
    erasure = {"action": "erasure", "member": str(jo.id), "reason": "not_needed"}
    assert (await mia.post("/proposals", erasure, proposal := uuid4())).status_code == 201
    assert (await noa.post(f"/proposals/{proposal}/approval", {})).status_code == 200

    assert {word: await found(owner, word) for word in words} == {word: [] for word in words}
    assert len(asked) == 2 and not set(asked) & set(await owner.fetch(hashes, [member_id, key]))
    assert not (await audit_community(app.state.ledger, oak, folder=tmp_path)).findings
    trust = Trust.from_json((await anonymous.get("/.well-known/carehours-trust.json")).content)
    # The old receipt is as good as ever, with what was disclosed then; nobody is given that disclosure again.
    assert verify("~".join([mine["receipt"], *mine["disclosures"], ""]).encode(), trust).valid
    now = (await mia.get(f"/transfers/{given['id']}/receipt")).json()
    assert now["receipt"] == mine["receipt"] and not set(now["disclosures"]) & set(mine["disclosures"])
    assert problem(await mia.get(f"/transfers/{given['id']}/receipt?account={jo.account}")) == (
        404,
        "not_found",
    )
    assert problem(await jo.get("/me")) == (401, "sign_in_required")
    view = (await mia.get(f"/members/{jo.id}")).json()
    assert view["erased"] and not view.keys() & {"name", "email", "phone", "address", "birth_year"}


async def found(owner, word):
    """The tables in whose rows the word stands anywhere, as a superuser's dump would show it."""
    tables = [
        row[0] for row in await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    hexed = word.encode().hex()
    statement = "SELECT count(*) FROM {0} t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0"
    return [table for table in tables if await owner.fetchval(statement.format(table), word, hexed)]
