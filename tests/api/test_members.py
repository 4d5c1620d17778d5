"""Members: enrolled, found, changed, erased; and who is told what about whom."""

from uuid import UUID, uuid4

import pytest

from ledger.people.roles import Role, Scope
from tests.api.conftest import Caller, a_token, care, kind_of

ANA = {"name": "Ana García", "email": "ana@example.org", "phone": "+34 600 000", "languages": ["es", "ca"]}


@pytest.fixture
async def coordinator(people):
    return await people.coordinator()


async def changed(caller, path, body, key=None, etag=None):
    member = path.split("/")[2]
    etag = etag or (await caller.get(f"/members/{member}")).headers["etag"]
    return await caller.post(path, body, key, method="PUT", headers={"if-match": etag})


async def test_a_member_is_enrolled_with_an_account_and_found_again(coordinator):
    key = uuid4()
    made = await coordinator.post("/members", ANA | {"classes": ["volunteer", "worker"]}, key)
    assert made.status_code == 201
    assert made.headers["location"].endswith(f"/members/{key}")
    member = made.json()
    assert member["name"] == "Ana García"
    assert {each["stakeholder_class"] for each in member["classes"]} == {"volunteer", "worker"}
    [account] = member["accounts"]
    assert (account["kind"], account["closed"]) == ("member", False)
    again = await coordinator.post("/members", ANA | {"classes": ["volunteer", "worker"]}, key)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    assert kind_of(await coordinator.post("/members", ANA | {"phone": None}, key)) == "id_reused"

    for query, count in [
        ("name=GARCI", 1),
        ("name=nobody", 0),
        ("status=active", 2),
        ("role=coordinator", 1),
    ]:
        assert len((await coordinator.get(f"/members?{query}")).json()["members"]) == count, query
    assert (await coordinator.get("/members?status=sleeping")).status_code == 400


async def test_members_are_paged_by_number(coordinator, people):
    for _ in range(4):
        await people.enrol()
    first = await coordinator.get("/members?limit=3&status=active")
    second = await coordinator.client.get(first.links["next"]["url"], headers=coordinator.headers)
    numbers = [each["number"] for each in first.json()["members"] + second.json()["members"]]
    assert numbers == sorted(set(numbers)) == [1, 2, 3, 4, 5]
    assert "next" not in second.links


async def test_a_name_that_looks_like_anothers_is_asked_about(coordinator):
    assert (await coordinator.post("/members", {"name": "Ana Garcia"})).status_code == 201
    twins = [
        "ana garcía",
        "Аna Garcia",
        "Ana  Garcia",
        "Ana Gar\u200dcia",
    ]  # accents, Cyrillic A, blanks, a joiner
    for twin in twins:
        assert kind_of(await coordinator.post("/members", {"name": twin})) == "name_alike", twin
    body = {"name": "Ana Garcia", "even_if_alike": True}
    assert (await coordinator.post("/members", body)).status_code == 201


async def test_a_member_changes_how_to_be_reached_and_not_the_name(coordinator, people):
    ana = await people.member("Ana", email="old@example.org")
    path = f"/members/{ana.id}/person"
    done = await changed(ana, path, {"name": "Ana", "email": "new@example.org"})
    assert (done.status_code, done.json()["email"]) == (200, "new@example.org")
    assert kind_of(await changed(ana, path, {"name": "Anna"})) == "not_allowed"
    assert (await ana.post(path, {"name": "Ana"}, method="PUT")).status_code == 428
    assert kind_of(await changed(coordinator, path, {"name": "Anna"}, etag='"1"')) == "member_changed"
    assert (await changed(coordinator, path, {"name": "Anna"})).json()["name"] == "Anna"
    unknown = f"/members/{uuid4()}/person"
    assert kind_of(await changed(coordinator, unknown, {"name": "X"}, etag='"1"')) == "member_unknown"


async def test_classes_have_their_dates(coordinator, people):
    ana = await people.member()
    path = f"/members/{ana.id}/classes"
    past = {"stakeholder_class": "service_user", "from_on": "2024-01-01", "until_on": "2025-01-01"}
    now = {"stakeholder_class": "volunteer", "from_on": "2025-01-01"}
    assert (await changed(coordinator, path, {"classes": [past, now]})).json()["classes"] == [past, now]
    reversed_ = past | {"until_on": "2023-01-01"}
    assert kind_of(await changed(coordinator, path, {"classes": [reversed_]})) == "dates_reversed"
    assert kind_of(await changed(coordinator, path, {"classes": [now, now]})) == "malformed_request"


async def test_who_has_left_is_signed_out_and_gets_no_card(coordinator, people):
    ana = await people.member()
    path = f"/members/{ana.id}/standing"
    left = {"status": "left", "since": "2026-11-01"}
    assert (await changed(coordinator, path, left)).json()["status"] == "left"
    assert (await ana.get("/me")).status_code == 401
    assert kind_of(await coordinator.post(f"/members/{ana.id}/cards", {})) == "member_gone"
    own = f"/members/{coordinator.id}/standing"
    assert kind_of(await changed(coordinator, own, left)) == "own_affair"


async def test_an_auditor_reads_members_without_their_names_and_writes_nothing(coordinator, people):
    ana = await people.member("Ana", email="ana@example.org")
    auditor = await people.with_role(Role.AUDITOR)
    seen = (await auditor.get(f"/members/{ana.id}")).json()
    assert "name" not in seen and "email" not in seen and seen["number"] > 0
    listed = (await auditor.get("/members")).json()["members"]
    assert not any("name" in each for each in listed)
    # Who may not read names may not look for them either.
    assert kind_of(await auditor.get("/members?name=ana")) == "not_allowed"
    assert kind_of(await auditor.post("/members", ANA)) == "not_allowed"
    accounts = (await auditor.get("/accounts")).json()["accounts"]
    assert accounts and not any("name" in each for each in accounts)


async def test_a_token_reads_names_only_with_the_scope_for_it(app, anonymous, oak, people):
    ana = await people.member("Ana")
    reads = Caller(anonymous, "oak", await a_token(app, oak, [Scope.READ]))
    assert "name" not in (await reads.get(f"/accounts/{ana.account}")).json()
    assert kind_of(await reads.get("/members")) == "not_allowed"
    members = Caller(anonymous, "oak", await a_token(app, oak, [Scope.MEMBERS]))
    assert any(each["name"] == "Ana" for each in (await members.get("/members")).json()["members"])


async def test_a_member_sees_their_own_and_nobody_elses(people):
    ana, ben = await people.member(), await people.member()
    assert (await ana.get(f"/accounts/{ana.account}")).status_code == 200
    unknown = await ana.get(f"/accounts/{uuid4()}")
    foreign = await ana.get(f"/accounts/{ben.account}")
    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)
    assert foreign.status_code == 404
    gift = care(ana.account, ben.account, 600) | {"kind": "gift"}
    posted = (await ana.post("/transfers", gift)).json()
    assert posted["author"] == {"via": "member", "member": str(ana.id)}
    # Of the other side: how much, and nothing else.
    sides = {each["seconds"]: each for each in posted["entries"]}
    assert sides[600] == {"seconds": 600}
    assert sides[-600]["balance_after"] == -600
    other_side = (await ben.get(f"/transfers/{posted['id']}")).json()
    assert {each["seconds"]: each for each in other_side["entries"]}[-600] == {"seconds": -600}
    carla = await people.member()
    assert (await carla.get(f"/transfers/{posted['id']}")).status_code == 404
    assert (await carla.get(f"/transfers/{posted['id']}/receipt")).status_code == 404
    proof = (await ben.get(f"/transfers/{posted['id']}/receipt")).json()
    assert len(proof["disclosures"]) == 2  # ben's own side, and who posted it


async def test_what_was_done_to_a_record_can_be_read_by_whom_it_concerns(coordinator, people):
    made = (await coordinator.post("/members", ANA)).json()
    ana = await people.sign_in(UUID(made["id"]))
    assert (await coordinator.post(f"/members/{made['id']}/cards", {})).status_code == 201
    events = (await ana.get(f"/members/{made['id']}/events")).json()["events"]
    assert [each["kind"] for each in events] == ["card_issued", "member_enrolled"]
    assert all(each["by"] == str(coordinator.id) and each["via"] == "coordinator" for each in events)
    first = (await coordinator.get("/events?limit=2")).links["next"]["url"]
    assert (await coordinator.client.get(first, headers=coordinator.headers)).json()["events"]
    ben = await people.member()
    assert (await ben.get(f"/members/{made['id']}/events")).status_code == 404


async def test_a_person_is_erased_only_after_leaving_and_with_two(app, coordinator, people):
    second = await people.coordinator()
    made = (await coordinator.post("/members", ANA)).json()
    path = f"/members/{made['id']}"
    asked = {"reason": "asked"}
    assert kind_of(await coordinator.post(f"{path}/erasure", asked)) == "second_person_needed"
    proposal = {"action": "erasure", "member": made["id"], **asked}

    async def approved():
        proposed = (await coordinator.post("/proposals", proposal)).json()
        return await second.post(f"/proposals/{proposed['id']}/approval", {})

    assert kind_of(await approved()) == "still_a_member"
    await changed(coordinator, f"{path}/standing", {"status": "died", "since": "2026-11-01"})
    assert kind_of(await approved()) == "still_a_member"  # their account is open still
    [account] = made["accounts"]
    assert (await coordinator.post(f"/accounts/{account['id']}/closing", {})).status_code == 200
    assert (await approved()).status_code == 200
    assert kind_of(await approved()) == "already_erased"
    seen = (await coordinator.get(path)).json()
    assert seen["erased"] is True and "name" not in seen
    assert kind_of(await changed(coordinator, f"{path}/person", {"name": "Ana"})) == "already_erased"
    assert "name" not in (await coordinator.get(f"/accounts/{account['id']}")).json()


async def test_a_member_takes_over_an_account_that_was_imported(coordinator, caller, people):
    account = await caller.open("member", name="Ana")
    made = await coordinator.post("/members", ANA | {"account": account})
    assert made.status_code == 201, made.text
    assert [each["id"] for each in made.json()["accounts"]] == [account]
    ben = {"name": "Ben", "account": account}
    assert kind_of(await coordinator.post("/members", ben)) == "holder_known"
    assert kind_of(await coordinator.post("/members", ben | {"account": str(uuid4())})) == "account_unknown"
    pot = await caller.open("pot")
    assert kind_of(await coordinator.post("/members", ben | {"account": pot})) == "account_unknown"
    closed = await caller.open("member")
    assert (await caller.post(f"/accounts/{closed}/closing", {})).status_code == 200
    assert kind_of(await coordinator.post("/members", ben | {"account": closed})) == "account_closed"
    assert (await coordinator.post("/members", ben | {"account": False})).json().get("accounts") in ([], None)


async def test_a_refused_enrolment_repeated_is_refused_the_same(coordinator):
    assert (await coordinator.post("/members", {"name": "Ana"})).status_code == 201
    key = uuid4()
    for _ in range(2):
        assert kind_of(await coordinator.post("/members", {"name": "Ana"}, key)) == "name_alike"
    assert kind_of(await coordinator.post("/members", {"name": "Ana", "account": False}, key)) == "id_reused"
    ben = uuid4()
    assert (await coordinator.post("/members", {"name": "Ben", "account": False}, ben)).status_code == 201
    assert kind_of(await coordinator.post("/members", {"name": "Ben"}, ben)) == "id_reused"


async def test_a_change_of_a_person_under_a_used_key_is_refused(people):
    ana = await people.member("Ana")
    path, key = f"/members/{ana.id}/person", uuid4()
    assert (await changed(ana, path, {"name": "Ana", "email": "a@example.org"}, key)).status_code == 200
    assert kind_of(await changed(ana, path, {"name": "Ana", "email": "b@example.org"}, key)) == "id_reused"


async def test_a_dry_run_is_told_what_the_deed_would_be(coordinator, people, caller):
    pot = await caller.open("issuance")
    own = care(pot, coordinator.account, 60)
    for path in ("/transfers", "/transfers?dry_run=true"):
        assert kind_of(await coordinator.post(path, own)) == "own_affair"
    fine = care(pot, (await people.member()).account, 60)
    assert (await coordinator.post("/transfers?dry_run=true", fine)).json() == {"outcome": "posted"}
    assert (await coordinator.get("/events")).json()["events"][0]["kind"] != "corrected_alone"


async def test_who_left_takes_no_delegations_along(coordinator, people):
    ana, ben = await people.member(), await people.member()
    given = {"delegate": str(ben.id), "relation": "friend", "scopes": ["see"], "from": "2026-01-01"}
    assert (await ana.post(f"/members/{ana.id}/delegates", given)).status_code == 201
    standing = f"/members/{ana.id}/standing"
    for status in ("left", "active"):
        await changed(coordinator, standing, {"status": status, "since": "2026-11-01"})
    assert (await ben.get(f"/accounts/{ana.account}")).status_code == 404
