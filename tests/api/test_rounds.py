"""Paper rounds: taken in, read as agreed, matched, decided line by line, and signed off."""

import asyncio
from datetime import date
from hashlib import sha256
from uuid import UUID, uuid4

import pytest

from ledger.book.authors import SHELL
from ledger.book.posting import Done
from ledger.desk.audit import audit_community
from ledger.desk.rounds import choices, finding, stepwise
from ledger.desk.rounds.ending import record_hash
from ledger.desk.working import Progress, WorkFailed
from ledger.people.erasure import Reason, erase
from ledger.people.members import account_of
from ledger.people.roles import Role
from tests.api.conftest import People, care, living, problem
from tests.paper_files import PaperVisit, italian_ods, italian_xlsx, japanese_csv, welsh_csv

CSV = (
    "Date;Volunteer;Service user;Time;Activity\n"
    "13/11/2026;Ben Powell;Ana Rees;1h30;Shopping\n"
    "14/11/2026;Ben Powell;Ana Rees;2:00;Shopping\n"
    "15/11/2026;Ben Powell;Cerys Jones;0:45;Shopping\n"
)


async def bring(desk, content, key=None, **query):
    """Bring a file as the desk's page does."""
    query = {"name": "sheets.csv", "source": "Tuesday group"} | query
    return await desk.client.post(
        f"{desk.base}/rounds",
        content=content.encode() if isinstance(content, str) else content,
        params=query,
        headers=desk.headers
        | {"content-type": "application/octet-stream", "idempotency-key": str(key or uuid4())},
    )


async def matched(desk, round_id):
    """Match a round and wait until that is done."""
    begun = await desk.post(f"/rounds/{round_id}/matching", {})
    assert begun.status_code == 202, begun.text
    for _ in range(100):
        shown = (await desk.get(f"/rounds/matchings/{begun.json()['id']}")).json()
        if shown["state"] != "running":
            assert shown["state"] == "finished", shown
            return shown
        await asyncio.sleep(0.05)
    raise AssertionError("the matching does not end")


async def lines_of(desk, round_id, **query):
    answer = await desk.client.get(f"{desk.base}/rounds/{round_id}/lines", params=query, headers=desk.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["lines"]


async def decide(desk, round_id, *choices, key=None, **more):
    body = {"choices": list(choices)} if choices else more
    return await desk.post(f"/rounds/{round_id}/decisions", body, key=key)


async def logged(caller, provider, receiver, day, seconds, **more):
    body = {
        "provider": str(provider),
        "receiver": str(receiver),
        "activity": "shopping",
        "service_on": day,
        "seconds": seconds,
    }
    answer = await caller.post("/claims", body | more)
    assert answer.status_code == 201, answer.text
    return answer.json()["claim"]["id"]


@pytest.fixture
async def desk(people):
    return await people.coordinator()


@pytest.fixture
async def co_op(people):
    """Ben gives, Ana and Cerys receive."""
    return {
        "ben": await people.enrol("Ben Powell"),
        "ana": await people.enrol("Ana Rees"),
        "cerys": await people.enrol("Cerys Jones"),
    }


async def test_a_round_from_the_file_to_the_log(desk, co_op, caller):
    waits = await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 5400)
    differs = await logged(caller, co_op["ben"], co_op["ana"], "2026-11-14", 6600)
    only = await logged(caller, co_op["ben"], co_op["cerys"], "2026-11-13", 10800)
    brought = await bring(desk, CSV)
    assert brought.status_code == 201, brought.text
    round_ = brought.json()
    assert round_["file_hash"] == sha256(CSV.encode()).hexdigest()
    assert (round_["state"], round_["asks"]) == ("reading", [])
    found = await matched(desk, round_["id"])
    assert (found["exact"], found["probable"], found["none"]) == (1, 1, 1)
    first, second, third = await lines_of(desk, round_["id"])
    assert [record["id"] for record in first["records"]] == [waits]
    assert [record["id"] for record in second["records"]] == [differs]
    assert (third["grade"], third["provider"], third["receiver"]) == ("none", "Ben Powell", "Cerys Jones")
    missing = (await desk.get(f"/rounds/{round_['id']}/only-in-ledger")).json()["claims"]
    assert [claim["id"] for claim in missing] == [only]

    early = await desk.post(f"/rounds/{round_['id']}/sign-off", {})
    assert problem(early) == (409, "lines_undecided")
    answer = await decide(
        desk,
        round_["id"],
        {"line": 1, "deed": "accept"},
        {"line": 2, "deed": "correct", "reason": "The sheet is signed."},
        {"line": 3, "deed": "create"},
    )
    assert answer.status_code == 200, answer.text
    assert [each["done"] for each in answer.json()["answers"]] == [True, True, True], answer.text
    assert (await desk.get(f"/claims/{waits}")).json()["claim"]["state"] == "posted"
    assert (await desk.get(f"/claims/{differs}")).json()["claim"]["state"] == "withdrawn"
    instead = (await desk.get(f"/claims/{answer.json()['answers'][1]['claim']}")).json()["claim"]
    assert (instead["seconds"], instead["state"]) == (7200, "submitted")
    made = (await desk.get(f"/claims/{answer.json()['answers'][2]['claim']}")).json()["claim"]
    assert (made["seconds"], made["receiver"]) == (2700, str(co_op["cerys"]))

    signed = await desk.post(f"/rounds/{round_['id']}/sign-off", {})
    assert signed.status_code == 200, signed.text
    totals = signed.json()["totals"]
    assert totals["deeds"] == {"accept": 1, "correct": 1, "create": 1}
    assert (totals["paper_seconds"], totals["ledger_seconds"]) == (15300, 15300)
    assert (totals["only_in_ledger"], totals["only_in_ledger_seconds"]) == (1, 10800)
    events = (await desk.get("/events?kind=round_signed_off")).json()["events"]
    assert events[0]["details"]["file"] == round_["file_hash"]
    assert events[0]["details"]["record"] == totals["record"]
    late = await decide(desk, round_["id"], {"line": 3, "deed": "undo"})
    assert late.json()["answers"][0]["refusal"] == "round_ended"
    assert (await desk.get(f"/claims/{made['id']}")).json()["claim"]["state"] == "submitted"


async def counts(desk, round_id):
    return (await desk.get(f"/rounds/{round_id}")).json()["counts"]


async def a_round(desk, content=CSV, **query):
    """A round that is matched; its id."""
    brought = await bring(desk, content, **query)
    assert brought.status_code == 201, brought.text
    await matched(desk, brought.json()["id"])
    return brought.json()["id"]


def answers(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["answers"]


async def put(desk, path, body, seen):
    headers = desk.headers | {"if-match": seen}
    return await desk.client.put(f"{desk.base}{path}", json=body, headers=headers)


# --- how it is read -----------------------------------------------------------------------------------------------


async def test_a_date_in_two_ways_is_asked_and_the_answer_remembered_for_the_source(desk, co_op):
    sheet = "Date;Volunteer;Service user;Hours\n03/04/2026;Ben Powell;Ana Rees;1,5\n"
    first = (await bring(desk, sheet)).json()
    assert first["asks"] == ["date_order"]
    assert problem(await desk.post(f"/rounds/{first['id']}/matching", {})) == (409, "round_unanswered")
    shown = await desk.get(f"/rounds/{first['id']}/preview")
    view = shown.json()
    assert view["rows"][1]["cells"] == ["03/04/2026", "Ben Powell", "Ana Rees", "1,5"]
    assert (view["by"], view["sure"]["date_order"]) == ("guess", "ask")
    body = {"mapping": view["mapping"] | {"date_order": "dmy"}}
    said = await put(desk, f"/rounds/{first['id']}/mapping", body, shown.headers["etag"])
    assert said.status_code == 200, said.text
    assert said.json()["asks"] == []
    stale = await put(desk, f"/rounds/{first['id']}/mapping", body, shown.headers["etag"])
    assert problem(stale) == (412, "round_changed")
    await matched(desk, first["id"])
    [line] = await lines_of(desk, first["id"])
    assert (line["service_on"], line["seconds"]) == ("2026-04-03", 5400)

    again = (await bring(desk, sheet.replace("Ana Rees", "Cerys Jones"), source="  TUESDAY group ")).json()
    assert again["asks"] == []
    shown = (await desk.get(f"/rounds/{again['id']}/preview")).json()
    assert (shown["by"], shown["mapping"]["date_order"]) == ("remembered", "dmy")
    elsewhere = (await bring(desk, sheet, source="Another clinic")).json()
    assert elsewhere["asks"] == ["date_order"]
    assert elsewhere["same_file"] == first["id"]


async def test_what_was_said_of_a_list_is_not_asked_of_the_next_wherever_its_header_stands(desk, co_op):
    """Nothing in a list without a header says who gave; a title above it moves a header; and another is asked."""
    bare = "13/11/2026;Ben Powell;Ana Rees;1h30\n14/11/2026;Ben Powell;Ana Rees;2h\n"
    said = {"service_on": 0, "provider": 1, "receiver": 2, "duration": 3}
    lists = {
        "bare": ({"columns": said}, bare, bare.replace("Ana Rees", "Cerys Jones")),
        "odd": (
            {"columns": said, "header": 1},
            f"Quando;Lei;Lui;Quanto\n{bare}",
            f"Novembre;;;\nQuando;Lei;Lui;Quanto\n{bare}",
        ),
    }
    for source, (mapping, first, second) in lists.items():
        brought = (await bring(desk, first, source=source)).json()
        assert {"provider", "receiver"} <= set(brought["asks"]), brought
        shown = await desk.get(f"/rounds/{brought['id']}/preview")
        body = {"mapping": mapping}
        answer = await put(desk, f"/rounds/{brought['id']}/mapping", body, shown.headers["etag"])
        assert answer.json()["asks"] == [], answer.text
        await matched(desk, brought["id"])
        again = (await bring(desk, second, source=source)).json()
        assert again["asks"] == [], source
        view = (await desk.get(f"/rounds/{again['id']}/preview")).json()
        assert (view["by"], view["mapping"]["columns"]) == ("remembered", said)
        assert (view["lines"], view["problem_count"]) == (2, 0), source
    # A list with a header of its own is not taken for one without.
    other = (await bring(desk, f"Date;Volunteer;Client;Time\n{bare}", source="bare")).json()
    assert (await desk.get(f"/rounds/{other['id']}/preview")).json()["by"] == "guess"
    assert (await bring(desk, bare, source="somebody else")).json()["asks"]


async def test_the_same_upload_twice_is_one_round(desk):
    key = uuid4()
    first = await bring(desk, CSV, key)
    again = await bring(desk, CSV, key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["id"] == str(key)
    assert problem(await bring(desk, CSV + "\n", key)) == (422, "id_reused")
    assert problem(await bring(desk, CSV, key, source="Others")) == (422, "id_reused")
    assert len((await desk.get("/rounds")).json()["rounds"]) == 1


async def test_every_service_erases_files_that_were_kept_long_enough(
    desk, owner, database_url, keys, tmp_path
):
    for _ in range(2):
        assert (await bring(desk, CSV)).status_code == 201
    await owner.execute(
        "UPDATE paper_round SET made_at = made_at - interval '180 days'"
        " WHERE round_id = (SELECT round_id FROM paper_round LIMIT 1)"
    )
    async with living(data=tmp_path, database_url=database_url, metrics_token="metrics"):
        for _ in range(100):
            if await owner.fetchval("SELECT count(*) FROM paper_file") < 2:
                break
            await asyncio.sleep(0.05)
    assert await owner.fetchval("SELECT count(*) FROM paper_file") == 1
    assert len((await desk.get("/rounds?open=true")).json()["rounds"]) == 2


async def test_a_typed_pile_is_a_round_without_a_file(desk, co_op, caller):
    claim = await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 3600)
    line = {
        "provider": "ben powell",
        "receiver": "REES Ana",
        "service_on": "2026-11-13",
        "seconds": 3600,
        "from": "10:00",
        "to": "11:00",
    }
    typed = await desk.post("/rounds/typed", {"source": "Cheques", "lines": [line]})
    assert typed.status_code == 201, typed.text
    round_ = typed.json()
    assert round_["typed"] and "file_name" not in round_
    await matched(desk, round_["id"])
    [found] = await lines_of(desk, round_["id"])
    assert [record["id"] for record in found["records"]] == [claim]
    assert found["provider"] == "ben powell" and found["from"] == "10:00"


async def test_a_name_that_fits_two_is_chosen_by_a_person_and_remembered(desk, co_op, people, caller):
    other = await people.enrol("Ana Reese")
    await logged(caller, co_op["ben"], other, "2026-11-13", 5400)
    sheet = CSV.replace("Ana Rees;1h30", "Ana R.;1h30")
    round_id = await a_round(desk, sheet)
    line = (await lines_of(desk, round_id))[0]
    assert (line["grade"], line["reasons"]) == ("none", ["receiver_ambiguous"])
    assert set(line["receivers"]) == {str(co_op["ana"]), str(other)}
    refused = answers(await decide(desk, round_id, {"line": 1, "deed": "create"}))[0]
    assert (refused["refusal"], refused["about"]) == ("line_incomplete", "receiver")
    chosen = {"names": [{"written": "ana  r.", "member": str(other)}]}
    assert (await put(desk, f"/rounds/{round_id}/names", chosen, "0")).status_code == 200
    await matched(desk, round_id)
    assert (await lines_of(desk, round_id))[0]["grade"] == "exact"
    again = await a_round(desk, sheet)
    assert (await lines_of(desk, again))[0]["grade"] == "exact"
    others = await a_round(desk, sheet, source="Another clinic")
    assert (await lines_of(desk, others))[0]["grade"] == "none"


async def test_a_first_name_alone_is_never_exact_and_logged_only_for_whom_a_person_names(
    desk, co_op, people, caller
):
    joan = await people.enrol("Joan Ellis")
    claim = await logged(caller, co_op["ben"], joan, "2026-11-13", 5400)
    head, first, second, _ = CSV.splitlines(keepends=True)
    sheet = head + first.replace("Ana Rees", "Joan") + second.replace("Ana Rees", "joan")
    round_id = await a_round(desk, sheet)
    found, missing = await lines_of(desk, round_id)
    assert (found["grade"], found["reasons"]) == ("probable", ["name_part"])
    assert [record["id"] for record in found["records"]] == [claim]
    assert (missing["grade"], missing["reasons"]) == ("none", ["records_taken", "name_part"])
    assert missing["receivers"] == [str(joan)]
    answer = await decide(desk, round_id, accept_all="exact")
    assert (answer.json()["done"], answer.json()["undecided"]) == (0, 2)
    said = answers(await decide(desk, round_id, {"line": 2, "deed": "create"}))[0]
    assert (said["refusal"], said["about"]) == ("line_incomplete", "provider, receiver")
    meant = {"provider": str(co_op["ben"]), "receiver": str(joan)}
    assert answers(await decide(desk, round_id, {"line": 2, "deed": "create"} | meant))[0]["done"]
    # There is another Joan now, and nobody is chosen between.
    await people.enrol("Joan Bevan")
    assert (await lines_of(desk, await a_round(desk, sheet)))[0]["reasons"] == ["receiver_ambiguous"]


COUPLE = (
    "Date;Volunteer;Service user;Time;Activity\n"
    "13/11/2026;Ben & Dan Powell;Ana Rees;2:00;Shopping\n"
    "14/11/2026;Ben Powell;Ana Rees;1:00;Shopping\n"
)


async def split(desk, round_id, line=1, written="Ben & Dan Powell", side="provider"):
    body = {"line": line, "side": side, "written": written}
    return await desk.post(f"/rounds/{round_id}/splits", body)


async def test_two_helpers_on_one_line_become_a_line_each(desk, co_op, people, caller, app, oak, tmp_path):
    dan = await people.enrol("Dan Powell")
    claims = [await logged(caller, each, co_op["ana"], "2026-11-13", 7200) for each in (co_op["ben"], dan)]
    round_id = await a_round(desk, COUPLE)
    joint = (await lines_of(desk, round_id))[0]
    assert (joint["grade"], joint["reasons"]) == ("none", ["provider_several"])
    assert set(joint["providers"]) == {str(co_op["ben"]), str(dan)}
    assert {record["id"] for record in joint["records"]} == set(claims)
    assert all(record["near"] for record in joint["records"])
    assert (await split(desk, round_id)).json() == {"lines": [1, 3]}
    # Sent again after a lost answer, it is not split once more.
    assert problem(await split(desk, round_id)) == (412, "round_changed")
    await matched(desk, round_id)
    first, _, third = await lines_of(desk, round_id)
    assert [(each["provider"], each["row"], each["grade"]) for each in (first, third)] == [
        ("Ben Powell", 2, "exact"),
        ("Dan Powell", 2, "exact"),
    ]
    assert [each["records"][0]["id"] for each in (first, third)] == claims
    view = (await desk.get(f"/rounds/{round_id}")).json()
    assert (view["counts"]["lines"], view["counts"]["paper_seconds"]) == (3, 18000)
    assert (await decide(desk, round_id, accept_all="exact")).json()["done"] == 2
    # The trail and the audit agree with what is signed.
    await decide(desk, round_id, {"line": 2, "deed": "create"})
    signed = await desk.post(f"/rounds/{round_id}/sign-off", {})
    assert signed.status_code == 200
    # Two who helped for two hours gave two hours each: on paper as in the ledger.
    totals = signed.json()["totals"]
    assert (totals["paper_seconds"], totals["ledger_seconds"]) == (18000, 18000)
    assert (totals["lines"], totals["only_in_ledger"]) == (3, 0)
    assert not (await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")).findings


async def test_two_co_ordinators_split_a_line_once_and_a_matching_that_runs_is_told(
    desk, co_op, people, app, oak, monkeypatch
):
    await people.enrol("Dan Powell")
    round_id = await a_round(desk, COUPLE)
    both = await asyncio.gather(split(desk, round_id), split(desk, round_id))
    assert sorted(answer.status_code for answer in both) == [200, 412]
    assert len(await lines_of(desk, round_id)) == 3

    other = await a_round(desk, COUPLE)
    written = finding._write

    async def late(*given):
        assert (await split(desk, other)).status_code == 200
        return await written(*given)

    monkeypatch.setattr(finding, "_write", late)
    with pytest.raises(WorkFailed):
        await finding.match_round(app.state.ledger, oak.id, UUID(other), Progress())
    assert [line["provider"] for line in await lines_of(desk, other)] == [
        "Ben Powell",
        "Ben Powell",
        "Dan Powell",
    ]


async def test_a_line_that_was_split_off_is_reached_by_erasing_before_it_is_matched(
    desk, co_op, people, owner
):
    dan = await people.enrol("Dan Powell")
    round_id = await a_round(desk, COUPLE)
    assert (await split(desk, round_id)).status_code == 200
    rows = await owner.fetch(
        "SELECT line_number FROM paper_line WHERE $1 = ANY (provider_ids) ORDER BY 1", dan
    )
    assert [row["line_number"] for row in rows] == [3]


async def test_hours_and_minutes_in_two_columns_are_guessed_corrected_and_remembered(desk, co_op):
    sheet = (
        "Date;Volunteer;Service user;Hours;Minutes\n13/11/2026;Ben Powell;Ana Rees;1;30\n"
        "14/11/2026;Ben Powell;Ana Rees;;45\n15/11/2026;Ben Powell;Ana Rees;1;75\n"
        "16/11/2026;Ben Powell;Ana Rees;1:30;10\n17/11/2026;Ben Powell;Ana Rees;2;0\n"
        "18/11/2026;Ben Powell;Ana Rees;2;\n19/11/2026;Ben Powell;Ana Rees;2;5\n"
        "20/11/2026;Ben Powell;Ana Rees;0;5\n21/11/2026;Ben Powell;Ana Rees;0;15\n"
        "22/11/2026;Ben Powell;Ana Rees;;20\n23/11/2026;Ben Powell;Ana Rees;0;25\n"
    )
    brought = (await bring(desk, sheet)).json()
    assert brought["asks"] == []
    shown = await desk.get(f"/rounds/{brought['id']}/preview")
    view = shown.json()
    assert (view["mapping"]["columns"]["duration"], view["mapping"]["columns"]["minutes"]) == (3, 4)
    assert (view["sure"]["duration"], view["sure"]["minutes"]) == ("guessed", "guessed")
    assert [(each["row"], each["column"], each["reason"]) for each in view["problems"]] == [
        (4, 5, "minutes_invalid"),
        (5, 4, "hours_not_whole"),
    ]
    await matched(desk, brought["id"])
    assert [line.get("seconds") for line in (await lines_of(desk, brought["id"]))[:3]] == [5400, 2700, None]
    again = (await bring(desk, sheet.replace("Ana Rees", "Cerys Jones"))).json()
    shown = await desk.get(f"/rounds/{again['id']}/preview")
    assert (shown.json()["by"], shown.json()["mapping"]["columns"]["minutes"]) == ("remembered", 4)
    # Here the minutes are the whole length, and the hours only say so again.
    columns = {"service_on": 0, "provider": 1, "receiver": 2, "duration": 4}
    body = {"mapping": {"columns": columns, "header": 1, "unit": "minutes"}}
    said = await put(desk, f"/rounds/{again['id']}/mapping", body, shown.headers["etag"])
    assert said.json()["asks"] == [], said.text
    await matched(desk, again["id"])
    assert (await lines_of(desk, again["id"]))[2]["seconds"] == 75 * 60


# --- deciding -----------------------------------------------------------------------------------------------------


async def test_what_was_posted_is_corrected_by_a_dispute_another_co_ordinator_decides(
    desk, co_op, caller, people
):
    claim = await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 6000, confirmed=True)
    round_id = await a_round(desk)
    other = await people.coordinator()
    [answer] = answers(await decide(desk, round_id, {"line": 1, "deed": "correct"}))
    assert (answer["done"], answer["waits"]) == (True, "own_affair")
    dispute = answer["dispute"]
    assert (await desk.get(f"/claims/{claim}")).json()["claim"]["state"] == "disputed"
    decided = await other.post(f"/disputes/{dispute}/outcome", {"outcome": "corrected", "seconds": 5400})
    assert decided.status_code == 200, decided.text
    [undone] = answers(await decide(desk, round_id, {"line": 1, "deed": "undo"}))
    assert undone["refusal"] == "decision_stands"


async def test_a_correction_that_waits_says_so_on_its_line_and_before_the_sign_off(
    desk, co_op, caller, people
):
    for day, seconds in (("2026-11-13", 6000), ("2026-11-14", 6600)):
        await logged(caller, co_op["ben"], co_op["ana"], day, seconds, confirmed=True)
    round_id = await a_round(desk)
    other = await people.coordinator()
    done = answers(await decide(desk, round_id, *({"line": line, "deed": "correct"} for line in (1, 2))))
    await decide(desk, round_id, {"line": 3, "deed": "set_aside", "reason": "Not signed."})
    assert [line["decision"].get("waits") for line in await lines_of(desk, round_id)] == [True, True, None]
    view = (await desk.get(f"/rounds/{round_id}")).json()
    # The paper says 1 h 30 and 2 h.
    assert view["waiting"] == {"lines": 2, "seconds": 5400 - 6000 + 7200 - 6600}
    would = view["would_sign"]
    assert would["ledger_seconds"] + view["waiting"]["seconds"] == would["paper_seconds"] - 2700

    outcome = {"outcome": "corrected", "seconds": 5400}
    assert (await other.post(f"/disputes/{done[0]['dispute']}/outcome", outcome)).status_code == 200
    view = (await desk.get(f"/rounds/{round_id}")).json()
    assert view["waiting"] == {"lines": 1, "seconds": 600}
    assert "waiting" not in (await desk.get("/rounds")).json()["rounds"][0]
    await desk.post(f"/rounds/{round_id}/sign-off", {})
    # What was signed stays; what waits is still told.
    view = (await desk.get(f"/rounds/{round_id}")).json()
    assert (view["waiting"]["lines"], view["totals"]["ledger_seconds"]) == (1, 5400 + 6600)
    outcome = {"outcome": "corrected", "seconds": 7200}
    assert (await other.post(f"/disputes/{done[1]['dispute']}/outcome", outcome)).status_code == 200
    view = (await desk.get(f"/rounds/{round_id}")).json()
    assert "waiting" not in view and view["totals"]["ledger_seconds"] == 5400 + 6600


async def test_what_another_round_has_decided_is_not_only_in_the_ledger(desk, co_op, caller):
    """A claim of the same days counts as missing on paper until some round decided a line about it."""
    first = await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 5400)
    second = await logged(caller, co_op["cerys"], co_op["ana"], "2026-11-13", 3600)
    head, line = CSV.splitlines(keepends=True)[:2]
    one = await a_round(desk, head + line)
    other = await a_round(desk, f"{head}13/11/2026;Cerys Jones;Ana Rees;1h;Shopping\n", source="Others")

    async def only(round_id):
        claims = (await desk.get(f"/rounds/{round_id}/only-in-ledger")).json()["claims"]
        return [claim["id"] for claim in claims]

    # Matched alone, a line of another round may still be taken for something else.
    assert (await only(one), await only(other)) == ([second], [first])
    await decide(desk, other, {"line": 1, "deed": "accept"})
    assert (await only(one), await only(other)) == ([], [first])
    await decide(desk, one, {"line": 1, "deed": "set_aside", "reason": "Not signed."})
    assert await only(other) == [first]
    await decide(desk, one, {"line": 1, "deed": "undo"})
    await decide(desk, one, {"line": 1, "deed": "accept", "records": [first]})
    for round_id in (one, other):
        signed = await desk.post(f"/rounds/{round_id}/sign-off", {})
        assert signed.json()["totals"]["only_in_ledger"] == 0, signed.text
    # Of an abandoned round, what was decided stands too.
    again = await a_round(desk, f"{head}13/11/2026;Ben Powell;Cerys Jones;9h;Shopping\n", source="A third")
    assert await only(again) == []


async def test_care_in_any_script_is_logged_in_its_own_words(desk, co_op, people):
    rows = "13/11/2026;Ben Powell;Ana Rees;1h30;買い物\n14/11/2026;Ben Powell;Ana Rees;1h;ガーデニング\n"
    round_id = await a_round(desk, CSV.splitlines(keepends=True)[0] + rows)
    done = answers(await decide(desk, round_id, {"line": 1, "deed": "create"}, {"line": 2, "deed": "create"}))
    assert [each["done"] for each in done] == [True, True], done
    claims = [(await desk.get(f"/claims/{each['claim']}")).json()["claim"] for each in done]
    assert [claim["activity"] for claim in claims] == ["買い物", "ガーデニング"]
    body = {
        "provider": str(co_op["ben"]),
        "receiver": str(co_op["ana"]),
        "service_on": "2026-11-13",
        "seconds": 3600,
    }
    for written, wanted in (  # it has one spelling
        ("カ\u3099", (422, "activity_unknown")),
        ("買い。物", (422, "activity_unknown")),
        ("買い 物", (422, "activity_unknown")),
    ):
        answer = await desk.post("/claims", body | {"activity": written})
        assert problem(answer) == wanted


async def test_who_is_alone_corrects_at_once(desk, co_op, caller):
    claim = await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 6000, confirmed=True)
    round_id = await a_round(desk)
    [answer] = answers(await decide(desk, round_id, {"line": 1, "deed": "correct"}))
    assert answer["done"] and "waits" not in answer, answer
    view = (await desk.get(f"/claims/{claim}")).json()["claim"]
    assert (view["state"], view["corrected_seconds"], view["credited_seconds"]) == ("posted", 5400, 5400)


async def test_decisions_are_undone_while_nothing_was_paid_by_them(desk, co_op, caller):
    waits = await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 6000)
    posted = await logged(caller, co_op["ben"], co_op["ana"], "2026-11-14", 7200, confirmed=True)
    round_id = await a_round(desk)
    done = answers(
        await decide(
            desk,
            round_id,
            {"line": 1, "deed": "correct"},
            {"line": 2, "deed": "dispute", "reason": "The sheet is not signed."},
            {"line": 3, "deed": "create"},
        )
    )
    assert all(each["done"] for each in done), done
    undone = await decide(desk, round_id, *({"line": line, "deed": "undo"} for line in (1, 2, 3)))
    assert all(each["done"] for each in answers(undone)), undone.text
    assert (await desk.get(f"/claims/{done[0]['claim']}")).json()["claim"]["state"] == "withdrawn"
    assert (await desk.get(f"/claims/{waits}")).json()["claim"]["state"] == "withdrawn"
    assert (await desk.get(f"/claims/{posted}")).json()["claim"]["state"] == "posted"
    assert (await desk.get(f"/claims/{done[2]['claim']}")).json()["claim"]["state"] == "withdrawn"
    assert (await counts(desk, round_id))["undecided"] == 3
    await matched(desk, round_id)
    grades = [line["grade"] for line in await lines_of(desk, round_id)]
    assert grades == ["none", "exact", "none"]
    again = answers(await decide(desk, round_id, {"line": 3, "deed": "create"}))
    assert again[0]["done"] and again[0]["claim"] != done[2]["claim"]


async def test_all_that_agree_are_accepted_at_once_and_again_does_nothing_twice(desk, co_op, caller, owner):
    days = [f"2026-11-{day:02}" for day in range(1, 13)]
    for day in days:
        await logged(caller, co_op["ben"], co_op["ana"], day, 3600)
    rows = "".join(f"{day};Ben Powell;Ana Rees;1:00;Shopping\n" for day in days)
    round_id = await a_round(desk, CSV.splitlines(keepends=True)[0] + rows)
    key = uuid4()
    first = (await decide(desk, round_id, key=key, accept_all="exact")).json()
    # Ten hours below zero is as far as Ana goes: what she cannot pay stays undecided, and says so.
    assert (first["done"], first["refused"], first["undecided"]) == (10, 2, 2)
    assert {each["refusal"] for each in first["answers"] if not each["done"]} == {"below_floor"}
    size = await owner.fetchval("SELECT tree_size FROM log_head")
    lines = [{"line": line, "deed": "accept"} for line in range(1, 13)]
    again = (await decide(desk, round_id, *lines, key=key)).json()
    assert (again["done"], again["refused"]) == (10, 2)
    assert all(each["replayed"] for each in again["answers"])
    assert await owner.fetchval("SELECT tree_size FROM log_head") == size
    assert await owner.fetchval("SELECT count(*) FROM paper_decision") == 10


async def test_a_key_is_good_for_one_decision_about_a_line(desk, co_op, caller):
    await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 5400)
    round_id = await a_round(desk)
    key = uuid4()
    await decide(desk, round_id, {"line": 1, "deed": "accept"}, key=key)
    other = await decide(desk, round_id, {"line": 1, "deed": "set_aside", "reason": "No."}, key=key)
    assert other.json()["answers"][0]["refusal"] == "id_reused"
    [line, *_] = await lines_of(desk, round_id)
    assert line["decision"]["deed"] == "accept"


async def test_one_line_may_stand_for_several_claims_and_several_lines_for_one(desk, co_op, caller):
    one = await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 1800)
    two = await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 3600)
    whole = await logged(caller, co_op["ben"], co_op["cerys"], "2026-11-15", 5400)
    sheet = CSV + "15/11/2026;Ben Powell;Cerys Jones;0:45;Shopping\n"
    round_id = await a_round(desk, sheet.replace("14/11/2026;Ben Powell;Ana Rees;2:00;Shopping\n", ""))
    first, second, third = await lines_of(desk, round_id)
    assert {record["id"] for record in first["records"]} == {one, two}
    assert {record["id"] for each in (second, third) for record in each["records"]} == {whole}
    done = answers(await decide(desk, round_id, *({"line": n, "deed": "accept"} for n in (1, 2, 3))))
    assert all(each["done"] for each in done), done
    for claim in (one, two, whole):
        assert (await desk.get(f"/claims/{claim}")).json()["claim"]["state"] == "posted"
    assert (await lines_of(desk, round_id, deed="accept"))[0]["decision"]["paid"] == sorted([one, two])


async def test_what_somebody_confirmed_meanwhile_is_accepted_all_the_same(desk, co_op, caller, people):
    claim = await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 5400)
    round_id = await a_round(desk)
    ana = await people.sign_in(co_op["ana"])
    assert (await ana.post(f"/claims/{claim}/confirmation", {})).status_code == 200
    [answer] = answers(await decide(desk, round_id, {"line": 1, "deed": "accept"}))
    assert answer["done"], answer
    [undone] = answers(await decide(desk, round_id, {"line": 1, "deed": "undo"}))
    assert undone["done"], undone


async def test_nobody_decides_about_themselves_or_their_relatives(desk, co_op, caller, people):
    other = await people.coordinator()
    related = await desk.post(
        f"/members/{other.id}/relatives", {"relative": str(co_op["ben"]), "relation": "sibling"}
    )
    assert related.status_code in (200, 201), related.text
    await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 5400)
    round_id = await a_round(desk)
    for choice in (
        {"line": 1, "deed": "accept"},
        {"line": 1, "deed": "dispute", "reason": "No."},
        {"line": 1, "deed": "correct", "seconds": 60},
        {"line": 3, "deed": "create"},
        {"line": 3, "deed": "set_aside", "reason": "No."},
    ):
        [answer] = answers(await decide(other, round_id, choice))
        assert answer["refusal"] == "own_affair", (choice, answer)
    assert (await counts(desk, round_id))["undecided"] == 3


# --- two at once, and cut off -------------------------------------------------------------------------------------


@pytest.mark.parametrize("deeds", [("accept", "accept"), ("accept", "dispute"), ("correct", "accept")])
async def test_of_two_who_decide_one_line_one_is_heard(desk, co_op, caller, people, owner, deeds):
    other = await people.coordinator()
    await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 5400)
    round_id = await a_round(desk)
    said = [
        {"line": 1, "deed": deed, "reason": "Looked at.", **({"seconds": 6000} if deed == "correct" else {})}
        for deed in deeds
    ]
    both = await asyncio.gather(decide(desk, round_id, said[0]), decide(other, round_id, said[1]))
    told = [answers(each)[0] for each in both]
    assert sorted(each["done"] for each in told) == [False, True], told
    assert {each.get("refusal") for each in told} <= {None, "line_decided", "claim_decided"}
    assert await owner.fetchval("SELECT count(*) FROM paper_decision") == 1
    assert await owner.fetchval("SELECT count(*) FROM paper_line WHERE state = 'deciding'") == 0


@pytest.mark.parametrize("after", ["withdraw", "reserve"])
async def test_a_correction_that_was_cut_off_goes_on(desk, co_op, caller, owner, monkeypatch, after):
    """The service is killed between two steps of a correction; the same request again does the rest."""
    await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 6000)
    round_id = await a_round(desk)
    real = stepwise.withdraw

    async def cut_off(*arguments):
        if after == "withdraw":
            await real(*arguments)
        raise ConnectionResetError

    monkeypatch.setattr(stepwise, "withdraw", cut_off)
    key = uuid4()
    choice = {"line": 1, "deed": "correct"}
    assert (await decide(desk, round_id, choice, key=key)).status_code == 503
    assert (await counts(desk, round_id))["undecided"] == 3
    assert problem(await desk.post(f"/rounds/{round_id}/sign-off", {})) == (409, "lines_undecided")
    [busy] = answers(await decide(desk, round_id, {"line": 1, "deed": "set_aside", "reason": "Gone."}))
    assert busy["refusal"] == "line_decided"
    monkeypatch.setattr(stepwise, "withdraw", real)
    [answer] = answers(await decide(desk, round_id, choice, key=key))
    assert answer["done"], answer
    claims = (await desk.get("/claims")).json()["claims"]
    assert sorted((claim["state"], claim["seconds"]) for claim in claims) == [
        ("submitted", 5400),
        ("withdrawn", 6000),
    ]


async def test_whoever_left_a_decision_half_done_keeps_nobody_out_for_long(desk, co_op, caller, owner):
    await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 6000)
    round_id = await a_round(desk)
    await owner.execute(
        "UPDATE paper_line SET state = 'deciding', decision = 'correct', decision_id = gen_random_uuid(),"
        " decided_at = now() - interval '6 minutes' WHERE line_number = 1"
    )
    [answer] = answers(await decide(desk, round_id, {"line": 1, "deed": "accept"}))
    assert answer["done"], answer


async def test_a_claim_withdrawn_since_goes_back_to_undecided(desk, co_op, caller):
    claim = await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 5400)
    round_id = await a_round(desk)
    assert (await desk.post(f"/claims/{claim}/withdrawal", {})).status_code == 200
    [answer] = answers(await decide(desk, round_id, {"line": 1, "deed": "accept"}))
    assert (answer["refusal"], answer["about"]) == ("claim_decided", claim)
    await matched(desk, round_id)
    line = (await lines_of(desk, round_id))[0]
    assert (line["state"], line["grade"], line["records"]) == ("undecided", "none", [])


# --- who sees what, and what goes ---------------------------------------------------------------------------------


async def test_anothers_round_is_not_there(desk, other_caller, app, anonymous, people):
    round_id = await a_round(desk)
    elm = await app.state.ledger.community("elm")
    stranger = await People(app, anonymous, elm).coordinator()
    for path in ("", "/lines", "/preview", "/only-in-ledger"):
        assert problem(await stranger.get(f"/rounds/{round_id}{path}")) == (404, "not_found")
    for path, name in (
        ("matching", "round_unknown"),
        ("sign-off", "round_unknown"),
        ("abandonment", "round_unknown"),
    ):
        assert problem(await stranger.post(f"/rounds/{round_id}/{path}", {})) == (404, name)
    assert problem(await split(stranger, round_id)) == (404, "round_unknown")
    answer = await decide(stranger, round_id, {"line": 1, "deed": "accept"})
    assert problem(answer) == (404, "not_found")


async def test_an_auditor_reads_a_round_without_the_names(desk, people, co_op):
    round_id = await a_round(desk)
    auditor = await people.with_role(Role.AUDITOR)
    for line in await lines_of(auditor, round_id):
        assert not {"provider", "receiver", "note", "reference"} & line.keys()
    assert problem(await auditor.get(f"/rounds/{round_id}/preview")) == (403, "not_allowed")
    [listed] = (await auditor.get("/rounds")).json()["rounds"]
    for shown in (listed, (await auditor.get(f"/rounds/{round_id}")).json()):
        assert not {"source", "file_name"} & shown.keys()
    [listed] = (await desk.get("/rounds")).json()["rounds"]
    assert (listed["source"], listed["file_name"]) == ("Tuesday group", "sheets.csv")


async def test_an_abandoned_round_leaves_what_was_decided_and_nothing_else(desk, co_op, caller, owner):
    await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 5400)
    round_id = await a_round(desk)
    answers(await decide(desk, round_id, {"line": 1, "deed": "accept"}))
    key = uuid4()
    ended = await desk.post(f"/rounds/{round_id}/abandonment", {}, key=key)
    assert ended.json()["state"] == "abandoned", ended.text
    assert (await desk.post(f"/rounds/{round_id}/abandonment", {}, key=key)).status_code == 200
    assert [line["line"] for line in await lines_of(desk, round_id)] == [1]
    assert await owner.fetchval("SELECT count(*) FROM paper_file") == 0
    [event] = (await desk.get("/events?kind=round_abandoned")).json()["events"]
    assert (event["details"]["lines"], event["details"]["decided"]) == (3, 1)
    assert not (await desk.get("/rounds?open=true")).json()["rounds"]


async def test_rounds_are_listed_a_page_at_a_time(desk):
    made = [(await bring(desk, CSV)).json()["id"] for _ in range(3)]
    first = (await desk.get("/rounds?limit=2&state=reading")).json()
    rest = (await desk.client.get(first["next"], headers=desk.headers)).json()
    assert {each["id"] for each in first["rounds"] + rest["rounds"]} == set(made)
    assert "next" not in rest


async def test_the_lines_are_listed_by_how_they_stand(desk, co_op, caller):
    await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 5400)
    round_id = await a_round(desk, CSV + "31/02/2026;Ben Powell;Ana Rees;1:00;Shopping\n")
    answers(await decide(desk, round_id, {"line": 2, "deed": "set_aside", "reason": "Twice."}))

    async def numbers(**query):
        return [line["line"] for line in await lines_of(desk, round_id, **query)]

    assert await numbers(grade="exact") == [1]
    assert await numbers(state="decided") == await numbers(deed="set_aside") == [2]
    assert await numbers(unread="true") == [4]
    assert await numbers(after=2) == [3, 4]
    [unread] = await lines_of(desk, round_id, unread="true")
    assert (unread["problem"], unread["row"]) == ("date_invalid", 5)


async def test_erasing_somebody_takes_what_paper_said_of_them(desk, co_op, caller, app, oak, owner):
    await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 5400)
    signed = await a_round(desk, CSV.replace("Cerys Jones", "Cerys J."))
    chosen = {"names": [{"written": "Cerys J.", "member": str(co_op["cerys"])}]}
    assert (await put(desk, f"/rounds/{signed}/names", chosen, "0")).status_code == 200
    await matched(desk, signed)
    done = await decide(
        desk,
        signed,
        {"line": 1, "deed": "accept"},
        {"line": 2, "deed": "set_aside", "reason": "Ben was away."},
        {"line": 3, "deed": "set_aside", "reason": "Cerys was away."},
    )
    assert all(each["done"] for each in answers(done)), done.text
    assert (await desk.post(f"/rounds/{signed}/sign-off", {})).status_code == 200
    totals = (await desk.get(f"/rounds/{signed}")).json()["totals"]
    still = await a_round(desk, CSV, source="The list of CERYS JONES")
    called = (await bring(desk, CSV, name="Cerys Jones, November.csv")).json()["id"]

    await owner.execute("UPDATE member SET status = 'left' WHERE member_id = $1", co_op["cerys"])
    closed = await caller.post(f"/accounts/{account_of(co_op['cerys'])}/closing", {})
    assert closed.status_code == 200, closed.text
    gone = await erase(app.state.ledger, oak, SHELL, uuid4(), co_op["cerys"], Reason.ASKED)
    assert isinstance(gone.outcome, Done), gone

    for round_id in (signed, still):
        first, second, third = await lines_of(desk, round_id)
        assert not {"provider", "receiver", "note"} & third.keys()
        assert (first["provider"], second["receiver"]) == ("Ben Powell", "Ana Rees")
        assert "file_name" not in (await desk.get(f"/rounds/{round_id}")).json()
    assert "reason" not in (await lines_of(desk, signed))[2]["decision"]
    assert (await lines_of(desk, signed))[1]["decision"]["reason"] == "Ben was away."
    for round_id in (still, called):
        assert problem(await desk.get(f"/rounds/{round_id}/preview")) == (409, "round_file_gone")
    for table in ("paper_file", "paper_name"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 0, table
    tables = ("paper_round", "paper_line", "paper_reading", "paper_reason")
    said = " ".join([str(await owner.fetch(f"SELECT t::text FROM {table} t")) for table in tables]).lower()
    assert "tuesday group" in said and "cerys" not in said
    # What was signed off stays provable: the record's hash is over what was decided, not over names.
    async with app.state.ledger.database.connection(oak.id) as db:
        rows = await db.rows("desk/read_round_decisions", community_id=oak.id, round_id=UUID(signed))
    assert record_hash(rows) == totals["record"]
    # The other lines can still be decided without the file.
    [answer] = answers(await decide(desk, still, {"line": 1, "deed": "accept"}))
    assert answer["done"], answer


async def test_a_transfer_without_a_claim_is_matched_and_only_accepted(desk, co_op, caller):
    accounts = [str(account_of(co_op[name])) for name in ("ana", "ben")]
    body = care(*accounts, 5400, service_on="2026-11-13")
    posted = await caller.post("/transfers", body)
    assert posted.status_code == 201, posted.text
    round_id = await a_round(desk)
    line = (await lines_of(desk, round_id))[0]
    assert (line["grade"], line["records"][0]["kind"]) == ("exact", "transfer")
    [no] = answers(await decide(desk, round_id, {"line": 1, "deed": "correct", "seconds": 60}))
    assert no["refusal"] == "record_unfit"
    [answer] = answers(await decide(desk, round_id, {"line": 1, "deed": "accept"}))
    assert answer["done"], answer


async def test_a_matching_follows_its_progress_and_runs_one_at_a_time(desk, co_op, owner):
    round_id = (await bring(desk, CSV)).json()["id"]
    key = uuid4()
    begun = await desk.post(f"/rounds/{round_id}/matching", {}, key=key)
    assert begun.headers["location"].endswith(f"/rounds/matchings/{key}")
    again = await desk.post(f"/rounds/{round_id}/matching", {}, key=key)
    assert again.status_code == 200, again.text
    stream = await desk.get(f"/rounds/matchings/{key}/progress")
    assert '"done":3' in stream.text and stream.text.rstrip().rpartition("event: ")[2].startswith("end")
    await owner.execute(
        "UPDATE work SET finished_at = NULL, outcome = NULL, seen_at = now() WHERE work_id = $1", key
    )
    other = await desk.post(f"/rounds/{round_id}/matching", {})
    assert problem(other) == (409, "matching_running")
    assert other.json()["about"] == str(key)


TAMPERED = [
    ("UPDATE paper_decision SET deed = 'accept' WHERE deed = 'set_aside'", "as was decided"),
    ("UPDATE paper_line SET decision = 'accept' WHERE line_number = 3", "as was decided"),
    ("UPDATE paper_decision SET deed = 'dispute'; UPDATE paper_line SET decision = 'dispute'", "signed off"),
    ("UPDATE paper_decision SET seconds = 60 WHERE line_number = 3", "signed off"),
    ("UPDATE paper_decision SET by_id = gen_random_uuid()", "signed off"),
    ("UPDATE paper_line SET seconds = 60 WHERE line_number = 1", "signed off"),
    ("UPDATE paper_line SET service_on = '2026-11-01' WHERE line_number = 2", "signed off"),
    ("DELETE FROM paper_line WHERE line_number = 2", "as many"),
    ("UPDATE paper_round SET file_hash = sha256('x') WHERE state = 'signed_off'", "file_hash"),
    (
        "UPDATE paper_round SET totals = replace(totals, '15300', '15301') WHERE state = 'signed_off'",
        "paper_seconds",
    ),
    ("UPDATE paper_round SET totals = 'null' WHERE state = 'signed_off'", "could have written"),
    ("UPDATE paper_round SET ended_by = gen_random_uuid() WHERE state = 'signed_off'", "ended_by"),
    ("UPDATE paper_round SET state = 'abandoned', totals = NULL WHERE state = 'signed_off'", "state"),
    (
        "UPDATE paper_round SET state = 'matched', totals = NULL, ended_at = NULL WHERE state = 'signed_off'",
        "state",
    ),
    ("DELETE FROM paper_round WHERE state = 'signed_off'", "not there"),
    ("UPDATE paper_round SET round_id = gen_random_uuid() WHERE state = 'signed_off'", "no event says so"),
]


async def test_the_audit_finds_what_was_changed_in_a_signed_off_round(
    desk, co_op, caller, app, oak, owner, tmp_path
):
    await logged(caller, co_op["ben"], co_op["ana"], "2026-11-13", 5400)
    await logged(caller, co_op["ben"], co_op["ana"], "2026-11-14", 7000)
    round_id = await a_round(desk)
    done = await decide(
        desk,
        round_id,
        {"line": 1, "deed": "accept"},
        {"line": 2, "deed": "correct"},
        {"line": 3, "deed": "set_aside", "reason": "Not ours."},
    )
    assert all(each["done"] for each in answers(done)), done.text
    assert (await desk.post(f"/rounds/{round_id}/sign-off", {})).status_code == 200
    await desk.post(f"/rounds/{(await bring(desk, CSV)).json()['id']}/abandonment", {})

    async def found():
        report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
        return [(each.check, each.what) for each in report.findings]

    assert await found() == []
    for statement, says in TAMPERED:
        await owner.execute("BEGIN")
        for table in ("paper_round", "paper_line", "paper_decision"):
            await owner.execute(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}")
        await owner.execute("COMMIT")
        await owner.execute(statement)
        told = await found()
        assert told and {check for check, _ in told} == {"rounds"}, statement
        assert any(says in what for _, what in told), (statement, told)
        for table in ("paper_round", "paper_line", "paper_decision"):
            await owner.execute(f"DELETE FROM {table}")
            await owner.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")
            await owner.execute(f"DROP TABLE kept_{table}")
    assert await found() == []


async def test_what_was_read_in_another_way_meanwhile_is_not_matched(desk, co_op, app, oak, monkeypatch):
    """Somebody says how the file is read while it is being matched: what was found for the old lines is not kept."""
    round_id = await a_round(desk)
    shown = await desk.get(f"/rounds/{round_id}/preview")
    body = {"mapping": shown.json()["mapping"]}
    assert (await put(desk, f"/rounds/{round_id}/mapping", body, shown.headers["etag"])).status_code == 200
    real = finding._find

    async def changed():
        shown = await desk.get(f"/rounds/{round_id}/preview")
        answer = await put(desk, f"/rounds/{round_id}/mapping", body, shown.headers["etag"])
        assert answer.status_code == 200, answer.text

    loop = asyncio.get_running_loop()

    def cut_in(*arguments):
        asyncio.run_coroutine_threadsafe(changed(), loop).result()
        return real(*arguments)

    monkeypatch.setattr(finding, "_find", cut_in)
    with pytest.raises(WorkFailed, match="Somebody else changed this round"):
        await finding.match_round(app.state.ledger, oak.id, UUID(round_id), Progress())
    view = (await desk.get(f"/rounds/{round_id}")).json()
    assert (view["state"], view["counts"]["lines"]) == ("reading", 0)
    monkeypatch.setattr(finding, "_find", real)
    await matched(desk, round_id)
    assert len(await lines_of(desk, round_id)) == 3


async def test_signing_off_and_undoing_at_once_one_is_heard(desk, co_op, people, owner):
    other = await people.coordinator()
    round_id = await a_round(desk)
    aside = [{"line": line, "deed": "set_aside", "reason": "Not ours."} for line in (1, 2, 3)]
    assert (await decide(desk, round_id, *aside)).json()["refused"] == 0
    signed, undone = await asyncio.gather(
        desk.post(f"/rounds/{round_id}/sign-off", {}),
        decide(other, round_id, {"line": 2, "deed": "undo"}),
    )
    [answer] = answers(undone)
    if signed.status_code == 200:
        assert answer["refusal"] == "round_ended", answer
    else:
        assert problem(signed) == (409, "lines_undecided") and answer["done"]
    state = await owner.fetchval("SELECT state FROM paper_line WHERE line_number = 2")
    assert (state == "decided") == (signed.status_code == 200)


async def test_who_is_alone_sets_their_own_line_aside_and_nothing_more(desk, co_op, people):
    name = (await desk.get("/me")).json()["name"]
    sheet = CSV.replace("Cerys Jones", name)
    round_id = await a_round(desk, sheet)
    [no] = answers(await decide(desk, round_id, {"line": 3, "deed": "create"}))
    assert no["refusal"] == "own_affair"
    aside = {"line": 3, "deed": "set_aside", "reason": "Somebody else will log it."}
    [answer] = answers(await decide(desk, round_id, aside))
    assert answer["done"], answer
    await people.coordinator()
    [undone] = answers(await decide(desk, round_id, {"line": 3, "deed": "undo"}))
    assert undone["refusal"] == "own_affair"


async def test_whose_role_has_ended_decides_nothing_more(desk, co_op, people, owner, monkeypatch):
    """The role ends after the access check and before the head is locked."""
    round_id = await a_round(desk)
    real = choices.Doing.post

    async def ended(self, acts):
        await owner.execute("UPDATE member_role SET ended_at = now() WHERE member_id = $1", desk.id)
        return await real(self, acts)

    monkeypatch.setattr(choices.Doing, "post", ended)
    [answer] = answers(await decide(desk, round_id, {"line": 3, "deed": "create"}))
    assert answer["refusal"] == "ended_meanwhile", answer


@pytest.mark.parametrize("form", [welsh_csv, italian_xlsx, italian_ods, japanese_csv])
async def test_the_forms_of_three_countries_are_read_and_matched(desk, caller, people, form):
    names = ("佐藤 花子", "鈴木 一郎") if form is japanese_csv else ("Bruna Però", "Ana Rees")
    ben, ana = [await people.enrol(name) for name in names]
    days = [date(2026, 11, 13), date(2026, 11, 14), date(2026, 11, 3)]
    for day in days:
        await logged(caller, ben, ana, str(day), 5400)
    visits = [PaperVisit(*names, day, 5400, "Shopping") for day in days]
    round_ = (await bring(desk, form(visits), name=f"{form.__name__}.bin")).json()
    assert round_["asks"] == [], (await desk.get(f"/rounds/{round_['id']}/preview")).text
    await matched(desk, round_["id"])
    lines = await lines_of(desk, round_["id"])
    assert [line["grade"] for line in lines] == ["exact"] * 3, lines
    assert lines[0]["provider"] != lines[0]["receiver"]
