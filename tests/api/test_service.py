"""Who may see what, the public log, and what the service says of itself."""

import asyncio
from base64 import b64decode
from datetime import timedelta
from uuid import uuid4

from ledger.book.authors import SHELL
from ledger.book.posting import Done, Refused
from ledger.log.checkpoints import open_checkpoint
from ledger.log.merkle import CompactRange, verify_consistency
from ledger.log.trust import Trust
from ledger.people.roles import Scope
from ledger.people.tokens import create_token, revoke_token
from tests.api.conftest import care


async def test_another_communitys_objects_answer_as_if_they_did_not_exist(caller, other_caller, pair):
    transfer = (await caller.post("/transfers", care(*pair))).json()
    unknown = str(uuid4())
    for path, known in [
        ("/transfers/{}", transfer["id"]),
        ("/transfers/{}/receipt", transfer["id"]),
        ("/accounts/{}", pair[0]),
        ("/accounts/{}/entries", pair[0]),
        ("/accounts/{}/balance", pair[0]),
        ("/holds/{}", unknown),
    ]:
        foreign = await other_caller.get(path.format(known))
        absent = await other_caller.get(path.format(unknown))
        assert foreign.status_code == absent.status_code == 404
        assert foreign.content == absent.content
    # Nor does a token open another community's address, known or not.
    other_caller.base = caller.base
    assert (await other_caller.get("/")).status_code == 404
    other_caller.base = "/v1/communities/nowhere"
    assert (await other_caller.get("/")).content == (await other_caller.get("/accounts")).content


async def test_another_communitys_account_cannot_be_moved(caller, other_caller, pair):
    mine = await other_caller.open("issuance")
    answer = await other_caller.post("/transfers", care(mine, pair[1]))
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/problems/account_unknown")


async def a_bearer(app, oak, life=timedelta(days=1)):
    _, made = await create_token(app.state.ledger, oak, SHELL, uuid4(), "soon gone", [Scope.READ], life)
    return made, f"Bearer {made.text}"


async def opens(anonymous, authorization):
    answer = await anonymous.get("/v1/communities/oak/accounts", headers={"authorization": authorization})
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


async def test_a_revoked_or_expired_token_opens_nothing(app, anonymous, oak):
    made, bearer = await a_bearer(app, oak)
    assert await opens(anonymous, bearer)
    revoke = (app.state.ledger, oak, SHELL)
    assert isinstance((await revoke_token(*revoke, uuid4(), made.token_id)).outcome, Done)
    assert isinstance((await revoke_token(*revoke, uuid4(), made.token_id)).outcome, Refused)
    app.state.access.forget_tokens()
    assert not await opens(anonymous, bearer)

    _, expired = await a_bearer(app, oak, timedelta(seconds=-1))
    assert not await opens(anonymous, expired)
    # The right id with another secret is no better than a wrong id.
    _, valid = await a_bearer(app, oak)
    assert not await opens(anonymous, valid[:-3] + ("AAA" if valid[-3:] != "AAA" else "BBB"))


async def test_the_database_keeps_no_token(app, oak, owner):
    made, _ = await a_bearer(app, oak)
    rows = await owner.fetch("SELECT t::text FROM api_token t")
    assert not any(made.text.split("_", 2)[2] in row[0] for row in rows)


async def test_the_public_log_can_be_followed_without_a_token(caller, pair, anonymous):
    for _ in range(3):
        await caller.post("/transfers", care(*pair))
    trust = Trust.from_json((await anonymous.get("/.well-known/carehours-trust.json")).content)
    note = (await anonymous.get("/log/oak/checkpoint")).text
    checkpoint = open_checkpoint(note, trust.logs["care.example.org/oak"])
    assert checkpoint.size == 4  # the token that made them is the first leaf
    tile = (await anonymous.get("/log/oak/tile/0/000.p/4")).content
    tree, _ = CompactRange.decode(0, b"").append([tile[start : start + 32] for start in (0, 32, 64, 96)])
    assert tree.root() == checkpoint.root
    earlier, _ = CompactRange.decode(0, b"").append([tile[:32]])
    proof = (await anonymous.get("/log/oak/consistency?old=1")).json()
    hashes = [b64decode(node) for node in proof["proof"]]
    assert verify_consistency(1, earlier.root(), 4, checkpoint.root, hashes)
    assert (await anonymous.get("/log/oak/tile/0/000")).status_code == 404
    assert (await anonymous.get("/log/oak/tile/0/000.p/5")).status_code == 404
    assert (await anonymous.get("/log/oak/consistency?old=2&new=9")).status_code == 400
    assert (await anonymous.get("/log/nowhere/checkpoint")).status_code == 404


async def test_the_keys_are_public_and_carry_no_algorithm(anonymous, app, oak):
    answer = await anonymous.get("/.well-known/jwks.json")
    [key] = answer.json()["keys"]
    assert "alg" not in key
    assert "set-cookie" not in answer.headers
    assert answer.headers["access-control-allow-origin"] == "*"
    again = await anonymous.get("/.well-known/jwks.json", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_accounts_and_entries_are_paged_by_cursor(caller, pair):
    for _ in range(4):
        await caller.open("member")
        await caller.post("/transfers", care(*pair))
    for path, items, key in [
        ("/accounts?limit=4", "accounts", "code"),
        (f"/accounts/{pair[1]}/entries?limit=3", "entries", "entry_number"),
    ]:
        first = await caller.get(path)
        following = first.links["next"]["url"]
        second = await caller.client.get(following, headers=caller.headers)
        both = [item[key] for item in first.json()[items] + second.json()[items]]
        assert len(both) == len(set(both)) > len(first.json()[items])
        assert "next" not in second.links


ODD_QUERIES = (
    "limit=0 limit=201 limit=-1 limit=x limit=1&limit=2 below=0 below=9e9 offset=3 below=" + "9" * 30
)


async def test_a_query_nobody_meant_is_refused(caller, pair):
    for query in ODD_QUERIES.split():
        assert (await caller.get(f"/accounts/{pair[0]}/entries?{query}")).status_code == 400, query


async def test_an_earlier_balance_is_told_by_time_and_by_checkpoint(caller, pair):
    await caller.post("/transfers", care(*pair))
    await caller.post("/transfers", care(*pair))
    path = f"/accounts/{pair[1]}/balance"
    # The first leaf is that of the token which posts.
    assert (await caller.get(f"{path}?tree_size=2")).json()["balance"] == 3600
    assert (await caller.get(f"{path}?tree_size=1")).json()["balance"] == 0
    assert (await caller.get(path)).json() == {
        "account": pair[1],
        "balance": 7200,
        "entry_number": 2,
        "tree_size": 3,
        "final": False,
    }
    assert (await caller.get(f"{path}?at=2020-01-01T00:00:00Z")).json()["balance"] == 0
    later = (await caller.get(f"{path}?at=2100-01-01T00:00:00%2B02:00")).json()
    assert (later["balance"], later["final"]) == (7200, False)
    for query in (
        "at=2020-01-01",
        "at=x",
        "at=2020-01-01T00:00:00",
        "tree_size=4",
        "at=2020-01-01T00:00:00Z&tree_size=1",
    ):
        assert (await caller.get(f"{path}?{query}")).status_code == 400


async def test_limits_are_changed_only_by_someone_who_has_seen_them(caller, pair):
    path = f"/accounts/{pair[1]}/limits"
    etag = (await caller.get(f"/accounts/{pair[1]}")).headers["etag"]
    body = {"floor": -600, "ceiling": None}
    assert (await caller.post(path, body, method="PUT")).status_code == 428
    done = await caller.post(path, body, method="PUT", headers={"if-match": etag})
    assert done.status_code == 200
    assert done.json()["floor"] == -600
    stale = await caller.post(path, body, method="PUT", headers={"if-match": etag})
    assert stale.status_code == 412
    assert (await caller.post(path, body, method="PUT", headers={"if-match": "W/x"})).status_code == 400


async def test_a_closed_account_keeps_its_history(caller, pair):
    transfer = (await caller.post("/transfers", care(*pair))).json()
    assert (await caller.post(f"/accounts/{pair[1]}/closing", {})).status_code == 409
    await caller.post(f"/transfers/{transfer['id']}/reversal", {"reason": "mistake"})
    key = uuid4()
    assert (await caller.post(f"/accounts/{pair[1]}/closing", {}, key)).json()["closed"] is True
    assert (await caller.post(f"/accounts/{pair[1]}/closing", {}, key)).headers[
        "idempotency-replayed"
    ] == "true"
    assert len((await caller.get(f"/accounts/{pair[1]}/entries")).json()["entries"]) == 2


async def test_health_is_told_without_a_token_and_metrics_only_to_the_operator(anonymous, oak, caller):
    assert (await anonymous.get("/health/live")).json() == {"status": "live"}
    assert (await anonymous.get("/health/ready")).json() == {"status": "ready"}
    assert (await anonymous.get("/metrics")).status_code == 401
    assert (await caller.client.get("/metrics", headers=caller.headers)).status_code == 401
    metrics = await anonymous.get("/metrics", headers={"authorization": "Bearer metrics"})
    assert 'carehours_requests_total{method="GET",route="/health/live",status="200"} 1.0' in metrics.text


async def test_a_log_that_must_not_grow_is_named_and_only_read(app, anonymous, caller, pair):
    app.state.ledger.read_only["oak"] = "a backup was restored"
    assert (await anonymous.get("/health/ready")).json() == {"status": "ready", "read_only": ["oak"]}
    refused = await caller.post("/transfers", care(*pair))
    assert refused.status_code == 503
    assert refused.json()["type"].endswith("/problems/log_read_only")
    assert (await caller.get("/accounts")).status_code == 200


async def test_the_first_page_says_what_to_do_next(app, anonymous):
    page = await anonymous.get("/")
    assert "Nothing here yet" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    await app.state.ledger.found("oak", "<Oak>", "https://care.example.org", "care.example.org/oak")
    page = await anonymous.get("/")
    assert "&lt;Oak&gt;" in page.text


async def test_answers_about_people_are_never_cached_and_every_answer_has_an_id(caller, pair, anonymous):
    for answer in [
        await caller.get("/accounts"),
        await caller.get("/nothing"),
        await anonymous.get("/nothing"),
    ]:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"]
    given = await anonymous.get("/health/live", headers={"x-request-id": "mine-1"})
    assert given.headers["x-request-id"] == "mine-1"
    forged = await anonymous.get("/health/live", headers={"x-request-id": "a\tb {}"})
    assert forged.headers["x-request-id"] != "a\tb {}"


async def test_a_hold_past_its_deadline_counts_no_more_in_the_list_than_in_the_account(app, caller, pair):
    await caller.post("/transfers", care(*pair))
    soon = app.state.ledger.now().replace(microsecond=0) + timedelta(seconds=2)
    body = {"account": pair[1], "seconds": 3000, "expires_at": soon.isoformat()}
    assert (await caller.post("/holds", body)).status_code == 201
    await asyncio.sleep(2.1)
    listed = {account["id"]: account for account in (await caller.get("/accounts")).json()["accounts"]}
    account = (await caller.get(f"/accounts/{pair[1]}")).json()
    assert account == listed[pair[1]]
    assert account["held"] == 0


async def test_the_end_of_time_is_a_moment_like_any_other(caller, pair):
    for moment in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"):
        answer = await caller.get(f"/accounts/{pair[0]}/balance?at={moment}")
        assert answer.status_code in (200, 400), moment


async def test_remembered_tokens_do_not_pile_up(app, anonymous, oak):
    made = [(await a_bearer(app, oak))[1] for _ in range(3)]
    for each in made:
        assert await opens(anonymous, each)
    for spelling in ("Bearer  " + made[0][7:], "BEARER " + made[0][7:], "Basic " + made[0][7:]):
        assert not await opens(anonymous, spelling)
    await asyncio.sleep(1.1)
    assert await opens(anonymous, made[0])
    assert len(app.state.access._known) == 1
