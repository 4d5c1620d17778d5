"""Social accounting over HTTP: a demo co-op's year, every number beside its rows; well-being, texts, targets, packs."""

import asyncio
import csv
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4
from zipfile import ZipFile

import pytest

from ledger.book.authors import SHELL
from ledger.desk.social.checking import verify_pack
from ledger.desk.social.measures import ALL, Rows
from ledger.log.trust import Trust
from ledger.people.erasure import Reason, erase
from ledger.people.granting import end_role
from ledger.people.members import Status, change_standing
from ledger.people.roles import Role
from tests.api.conftest import URL, problem
from tests.api.test_claims import TODAY, YESTERDAY, log
from tests.api.test_disputes import decide, dispute
from tests.hours import apply_policy

HOUR = 3600
FORM = {"content-type": "application/x-www-form-urlencoded", "origin": URL}


@pytest.fixture
async def ana(people):
    return await people.member("Ana")


@pytest.fixture
async def ben(people):
    return await people.member("Ben")


@pytest.fixture
async def cara(people):
    """A co-ordinator who is close to nobody."""
    return await people.coordinator()


async def paid(provider, receiver, **more):
    claim, logged = await log(receiver, provider, receiver, **more)
    assert logged.status_code == 201 and logged.json()["claim"]["state"] == "posted", logged.text
    return claim


async def decided(coordinator, case, outcome, seconds=None):
    more = {} if seconds is None else {"seconds": seconds}
    answer = await decide(coordinator, case, outcome, **more)
    assert answer.status_code == 200, answer.text


async def report(caller, **query):
    answer = await caller.get("/social/report", params=query)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    return said | {"figures": {each["measure"]: each for each in said["figures"]}}


async def rows(caller, figure, limit=2, **narrowed):
    """All rows behind a figure, a small page after another."""
    path, _, query = figure["rows_at"].partition("?")
    address = f"{path.removeprefix(caller.base)}?{query}&{urlencode({'limit': limit, **narrowed})}"
    found = []
    while address:
        answer = await caller.get(address)
        assert answer.status_code == 200, answer.text
        found += answer.json()["rows"]
        following = answer.json().get("next")
        assert ("link" in answer.headers) == (following is not None)
        address = following and following.removeprefix(caller.base)
    return found


async def test_a_new_community_has_a_report_of_nothing(caller):
    said = await report(caller)
    assert {row["rows"] for row in said["figures"].values()} == {0}
    assert said["activities"] == [] and said["size"] == 1
    assert said["until"] == str(TODAY)
    assert "value" not in said["figures"]["confirm_median"]
    assert "rows_at" not in said["figures"]["receiver_visit"]


async def test_every_number_leads_to_the_rows_it_counts(caller, ana, ben, cara, people, owner, oak):
    await apply_policy(owner, oak, silence_days=None)
    dora = await people.member("Dora")
    await paid(ben, ana, seconds=2 * HOUR)
    await paid(ben, dora, activity="garden", seconds=HOUR)
    waiting, _ = await log(ben, ben, ana, activity="cooking", service_on=str(TODAY))
    declined, _ = await log(ben, ben, dora, activity="cooking", service_on=str(TODAY), seconds=600)
    assert (await dora.post(f"/claims/{declined}/refusal", {"reason": "No"})).status_code == 200
    wrong = await paid(dora, ana, seconds=3 * HOUR, activity="paperwork")
    await decided(cara, await dispute(ana, wrong), "corrected", HOUR)
    taken_back = await paid(dora, ana, seconds=3 * HOUR, activity="transport")
    await decided(cara, await dispute(ana, taken_back), "reversed")
    said = await report(caller)
    figures = said["figures"]
    assert {code: figures[code]["rows"] for code in ("visits", "people_reached", "givers", "logged")} == {
        "visits": 3,
        "people_reached": 2,
        "givers": 2,
        "logged": 6,
    }
    assert figures["hours_given"]["value"] == 4 * HOUR
    assert [(each["activity"], each["seconds"]) for each in said["activities"]] == [
        ("shopping", 2 * HOUR),
        ("garden", HOUR),
        ("paperwork", HOUR),
    ]
    assert (figures["declined"]["rows"], figures["unanswered"]["rows"]) == (1, 1)
    assert (figures["disputes_corrected"]["value"], figures["disputes_reversed"]["value"]) == (1, 1)
    for measure in ALL:
        figure = figures[measure.code]
        if measure.rows is Rows.NONE:
            answer = await caller.get(f"/social/rows/{measure.code}")
            assert problem(answer) == (404, "not_found")
            continue
        behind = await rows(caller, figure)
        assert len(behind) == figure["rows"], measure.code
        assert len({row["id"] for row in behind}) == len(behind)
    assert sum(row["seconds"] for row in await rows(caller, figures["hours_given"])) == 4 * HOUR
    for found in said["classes"]:
        for measure, way, count in (
            ("givers", "giver_class", "givers"),
            ("people_reached", "receiver_class", "receivers"),
        ):
            assert len(await rows(caller, figures[measure], **{way: found["class"]})) == found[count]
    [shopping] = await rows(caller, figures["visits"], activity="shopping")
    assert shopping["provider"] == str(ben.id)
    assert waiting in [row["id"] for row in await rows(caller, figures["unanswered"])]


REFUSED = """
/social/report?from=2026-02-30                                         400 malformed_request
/social/report?from=2026-03-01&until=2026-02-01                        400 malformed_request
/social/report?from=1990-01-01&until=2026-02-01                        400 malformed_request
/social/report?from=0001-01-01&until=0002-01-01                        400 malformed_request
/social/report?from=9990-01-01&until=9999-12-31                        400 malformed_request
/social/report?from=-2026-01-01                                        400 malformed_request
/social/report?from=2026-01-01&from=2026-02-01                         400 malformed_request
/social/report?form=2026-01-01                                         400 malformed_request
/social/scorecard?until=x                                              400 malformed_request
/social/scorecard?from=0001-01-01&until=0001-01-31                     400 malformed_request
/social/rows/nonsense                                                  404 not_found
/social/rows/receiver_after                                            404 not_found
/social/rows/visits?giver_class=friend                                 400 malformed_request
/social/rows/logged?activity=garden                                    400 malformed_request
/social/rows/givers?receiver_class=worker                              400 malformed_request
/social/rows/people_reached?giver_class=worker                         400 malformed_request
/social/rows/both?giver_class=worker                                   400 malformed_request
/social/rows/visits?after=here                                         400 malformed_request
/social/rows/visits?after=2026-02-03.00000000-0000-4000-8000-000000000000       400 malformed_request
/social/rows/visits?after=00000000-0000-4000-8000-000000000000                  400 malformed_request
/social/rows/givers?after=1764000000000000.00000000-0000-4000-8000-000000000000 400 malformed_request
/social/rows/givers?limit=0                                            400 malformed_request
/social/rows/givers?limit=-1                                           400 malformed_request
/social/rows/givers?limit=1000000000                                   400 malformed_request
/social/texts?from=2026-03-01&until=2026-02-01                         400 malformed_request
/social/packs?after=00000000-0000-4000-8000-000000000000               404 not_found
/social/packs/00000000-0000-4000-8000-000000000000                     404 not_found
/social/packs/00000000-0000-4000-8000-000000000000/file                404 evidence_unknown
"""


async def test_what_cannot_be_asked_is_refused(cara):
    for line in REFUSED.strip().splitlines():
        path, status, name = line.split()
        answer = await cara.get(path)
        assert answer.status_code == int(status), (path, answer.status_code, answer.text[:200])
        assert problem(answer) == (int(status), name), path


# --- well-being ---------------------------------------------------------------------------------------------------


async def test_each_of_the_two_says_how_it_was_and_reads_only_their_own(ana, ben, cara, people):
    claim, _ = await log(ben, ben, ana)
    early = await ana.post(f"/claims/{claim}/well-being", {"visit": 5})
    assert problem(early) == (409, "well_being_early")
    assert (await ana.post(f"/claims/{claim}/confirmation", {})).status_code == 200
    asked = (await ana.get("/well-being")).json()["visits"]
    assert [(each["claim"], each["side"], each["with_member"]) for each in asked] == [
        (claim, "receiver", str(ben.id))
    ]
    key = uuid4()
    said = await ana.post(f"/claims/{claim}/well-being", {"visit": 5, "after": 4}, key=key)
    assert said.status_code == 200, said.text
    again = await ana.post(f"/claims/{claim}/well-being", {"visit": 5, "after": 4}, key=key)
    assert again.json() == said.json()
    assert (await ana.get("/well-being")).json()["visits"] == []
    changed = await ana.post(f"/claims/{claim}/well-being", {"visit": 2})
    assert (changed.json()["visit"], "after" in changed.json()) == (2, False)
    assert (await ben.get(f"/claims/{claim}/well-being")).json().keys() == {"side", "until"}
    stranger = await people.member()
    for method, path in (("GET", "get"), ("POST", "post")):
        body = {"visit": 1} if method == "POST" else None
        answer = await stranger.post(f"/claims/{claim}/well-being", body, method=method)
        assert problem(answer) == (404, "claim_unknown"), path
    # Not even a co-ordinator reads what somebody said, nor does it stand in any list of claims.
    assert problem(await cara.get(f"/claims/{claim}/well-being")) == (404, "claim_unknown")
    whole = (await cara.get(f"/claims/{claim}")).json()["claim"]
    assert "well_being" not in str(whole) and "visit" not in whole


async def test_what_is_no_answer_is_refused(ana, ben):
    claim = await paid(ben, ana)
    for body in (
        {},
        {"visit": 0},
        {"visit": 6},
        {"after": "good"},
        {"visit": 2.5},
        {"visit": True},
        {"mood": 3},
    ):
        answer = await ana.post(f"/claims/{claim}/well-being", body)
        assert problem(answer) == (400, "malformed_request"), body


async def test_a_coordinator_types_what_is_on_paper_and_changes_nothing_they_said_themselves(
    ana, ben, cara, people
):
    claim = await paid(ben, ana)
    typed = await cara.post(f"/claims/{claim}/well-being", {"visit": 3, "member": str(ana.id)})
    assert typed.status_code == 200 and typed.json().keys() == {"side", "until"}
    assert (await ana.get(f"/claims/{claim}/well-being")).json()["visit"] == 3
    assert (await ana.post(f"/claims/{claim}/well-being", {"visit": 5})).status_code == 200
    over = await cara.post(f"/claims/{claim}/well-being", {"visit": 1, "member": str(ana.id)})
    assert problem(over) == (409, "well_being_said")
    assert problem(await ben.post(f"/claims/{claim}/well-being", {"visit": 1, "member": str(ana.id)})) == (
        403,
        "not_allowed",
    )
    # A co-ordinator who visited somebody does not say how it was for them.
    own = await paid(cara, ana, activity="garden")
    answer = await cara.post(f"/claims/{own}/well-being", {"visit": 5, "member": str(ana.id)})
    assert problem(answer) == (403, "own_affair")
    other = await people.member()
    answer = await cara.post(f"/claims/{claim}/well-being", {"visit": 5, "member": str(other.id)})
    assert problem(answer) == (404, "claim_unknown")


async def test_after_a_week_an_answer_stays_and_after_a_month_none_is_taken(ana, ben, owner):
    claim, late = await paid(ben, ana), await paid(ben, ana, activity="garden")
    await ana.post(f"/claims/{claim}/well-being", {"visit": 5})
    await owner.execute("UPDATE well_being SET answered_at = answered_at - interval '7 days 1 minute'")
    answer = await ana.post(f"/claims/{claim}/well-being", {"visit": 1})
    assert problem(answer) == (409, "well_being_late")
    await owner.execute("SET session_replication_role = replica")
    await owner.execute("UPDATE claim_event SET at = at - interval '30 days 1 minute'")
    assert problem(await ana.post(f"/claims/{late}/well-being", {"visit": 1})) == (409, "well_being_late")
    assert (await ana.get("/well-being")).json()["visits"] == []


async def test_answers_are_told_of_months_of_five_people_and_of_nothing_less(app, people, ben, cara, owner):
    """Ranges that differ by a month with four people say the same: what the four said cannot be worked out."""
    first = (TODAY.replace(day=1) - timedelta(days=75)).replace(day=1)
    second = (first + timedelta(days=32)).replace(day=1)
    ends = (second + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    members = [await people.member() for _ in range(5)]
    for place, member in enumerate(members):
        one, two = await paid(ben, member), await paid(ben, member, activity="garden")
        await member.post(f"/claims/{one}/well-being", {"visit": place + 1, "after": 5})
        await owner.execute("UPDATE well_being SET answered_at = $1 WHERE claim_id = $2", at(first), one)
        if place:
            await member.post(f"/claims/{two}/well-being", {"visit": 1, "after": 1})
            await owner.execute("UPDATE well_being SET answered_at = $1 WHERE claim_id = $2", at(second), two)
    both = (await report(cara, **{"from": str(first), "until": str(ends)}))["figures"]
    alone = (await report(cara, **{"from": str(first), "until": str(second - timedelta(days=1))}))["figures"]
    four = (await report(cara, **{"from": str(second), "until": str(ends)}))["figures"]
    cut = (await report(cara, **{"from": str(first + timedelta(days=1)), "until": str(ends)}))["figures"]
    for code in ("receiver_visit", "receiver_after"):
        assert (
            both[code]["value"]
            == alone[code]["value"]
            == {"receiver_visit": 300, "receiver_after": 500}[code]
        )
        assert both[code]["rows"] == 5
        for none in (four, cut):
            assert "value" not in none[code] and none[code]["rows"] == 0
    # The month that is not over, or only just, is not told of.
    now = (await report(cara))["figures"]
    assert now["receiver_visit"]["rows"] in (0, 5)


async def erased(app, oak, coordinator, member):
    """The member leaves, gives what is left or gets what is owed, and is erased."""
    ledger = app.state.ledger
    await change_standing(
        ledger, oak, SHELL, uuid4(), member.id, 1, status=Status.LEFT, since=TODAY, frail=False
    )
    closed = await coordinator.post(f"/accounts/{member.account}/closing", {})
    assert closed.status_code == 200, closed.text
    await erase(ledger, oak, SHELL, uuid4(), member.id, Reason.ASKED)


def at(day):
    return datetime(day.year, day.month, 15, 12, tzinfo=UTC)


async def test_erasing_somebody_deletes_what_they_said_and_who_wrote_a_text(
    app, oak, people, ben, cara, owner
):
    """The other one's answer about the same visit is theirs, and stays."""
    ana = await people.coordinator()
    claim = await paid(ben, ana)
    await paid(ana, ben, activity="garden")
    for member in (ana, ben):
        await member.post(f"/claims/{claim}/well-being", {"visit": 4})
    days = "from=2026-01-01&until=2026-06-30"
    await ana.post(f"/social/texts?{days}", {"aims": ["Ours"]}, method="PUT", headers={"if-match": '"0"'})
    await end_role(app.state.ledger, oak, SHELL, uuid4(), UUID(str(ana.id)))
    await erased(app, oak, cara, ana)
    assert [row["member_id"] for row in await owner.fetch("SELECT member_id FROM well_being")] == [ben.id]
    text = (await cara.get(f"/social/texts?{days}")).json()
    assert text["aims"] == ["Ours"] and "written_by" not in text


# --- texts and targets --------------------------------------------------------------------------------------------


async def test_texts_are_kept_with_their_days_and_nobody_writes_over_another(cara, people):
    days = "from=2026-01-01&until=2026-06-30"
    empty = await cara.get(f"/social/texts?{days}")
    assert empty.headers["etag"] == '"0"'
    seen = {"if-match": '"0"'}
    body = {"aims": ["To be there.", "For everybody."], "learned": []}
    kept = await cara.post(f"/social/texts?{days}", body, method="PUT", headers=seen)
    assert kept.status_code == 200, kept.text
    assert (kept.headers["etag"], kept.json()["aims"]) == ('"1"', body["aims"])
    other = await people.coordinator()
    late = await other.post(f"/social/texts?{days}", {"aims": ["Mine"]}, method="PUT", headers=seen)
    assert problem(late) == (412, "report_text_changed")
    assert (await other.get(f"/social/texts?{days}")).json()["aims"] == body["aims"]
    assert "aims" not in (await cara.get("/social/texts?from=2026-01-01&until=2026-05-31")).json()
    unseen = await cara.post(f"/social/texts?{days}", body, method="PUT")
    assert problem(unseen) == (428, "if_match_required")


async def test_two_who_write_the_first_text_at_once_do_not_both_succeed(cara, people):
    other, days = await people.coordinator(), "from=2026-01-01&until=2026-06-30"
    answers = await asyncio.gather(
        *[
            each.post(
                f"/social/texts?{days}", {"aims": [str(each.id)]}, method="PUT", headers={"if-match": '"0"'}
            )
            for each in (cara, other)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_a_target_is_set_on_the_record_and_the_scorecard_says_whether_it_is_reached(ana, ben, cara):
    await paid(ben, ana)
    key = uuid4()
    for again in (False, True):
        answer = await cara.post("/social/targets/visits", {"target": 1}, key=key, method="PUT")
        assert answer.json() == {"targets": {"visits": 1}}
        assert ("idempotency-replayed" in answer.headers) == again
    await cara.post("/social/targets/unanswered", {"target": 0}, method="PUT")
    await cara.post("/social/targets/givers", {"target": 7}, method="PUT")
    scores = {
        score["measure"]: score
        for part in (await cara.get("/social/scorecard")).json()["perspectives"]
        for score in part["scores"]
    }
    assert scores.keys() == {measure.code for measure in ALL}
    assert (scores["visits"]["value"], scores["visits"]["target"], scores["visits"]["reached"]) == (
        1,
        1,
        True,
    )
    assert (scores["unanswered"]["reached"], scores["givers"]["reached"]) == (True, False)
    assert (scores["visits"]["previous"], scores["visits"]["trend"]) == (0, "better")
    people = scores["by_people"]
    assert (people["rows"], people["of"], people["value"], people["trend"]) == (1, 1, 1000, "unknown")
    events = (await cara.get("/events?kind=target_set")).json()["events"]
    assert len(events) == 3
    gone = await cara.post("/social/targets/visits", {"target": None}, method="PUT")
    assert "visits" not in gone.json()["targets"]
    assert problem(await cara.post("/social/targets/none", {"target": 1}, method="PUT")) == (404, "not_found")
    assert problem(await cara.post("/social/targets/visits", {"target": -1}, method="PUT")) == (
        400,
        "malformed_request",
    )


# --- evidence packs -----------------------------------------------------------------------------------------------


async def made(member, body, key=None):
    """An evidence pack, when it is finished."""
    key = str(key or uuid4())
    begun = await member.post("/social/packs", body, key=key)
    assert begun.status_code in (200, 202), begun.text
    pack = await ended(member, key)
    assert pack["state"] == "finished", pack
    return pack


async def ended(member, pack_id):
    """A pack that is being made no more."""
    for _ in range(600):
        pack = (await member.get(f"/social/packs/{pack_id}")).json()
        if pack["state"] != "running":
            break
        await asyncio.sleep(0.05)
    return pack


async def test_a_pack_is_the_same_bytes_whatever_happens_later(
    app, anonymous, ana, ben, cara, people, owner, oak
):
    early, gone = await paid(ben, ana, seconds=2 * HOUR), await paid(ben, ana, activity="garden")
    waiting, _ = await log(ben, ben, ana, activity="cooking", service_on=str(TODAY))
    days = {"from": str(YESTERDAY - timedelta(days=40)), "until": str(TODAY)}
    pack = await made(cara, days)
    address = f"/social/packs/{pack['id']}/file"
    before = await cara.get(address)
    assert before.status_code == 200, before.text
    trust = Trust.from_json((await anonymous.get("/.well-known/carehours-trust.json")).content)
    verified = verify_pack(before.content, trust)
    assert verified.valid, verified.checks
    assert verified.report["figures"]["visits"] == [2, 2, None]
    assert verified.report["figures"]["unanswered"] == [1, 1, None]
    # Everything goes on: claims of these very days are confirmed, disputed and corrected; people join and change.
    await ana.post(f"/claims/{waiting}/confirmation", {})
    for activity in ("paperwork", "transport"):
        await paid(ana, ben, activity=activity)
    await decided(cara, await dispute(ana, early), "corrected", HOUR)
    await decided(cara, await dispute(ana, gone), "reversed")
    await people.member()
    await cara.post(
        f"/members/{ben.id}/classes",
        {"classes": [{"class": "worker", "from": "2026-01-01"}]},
        method="PUT",
        headers={"if-match": '"1"'},
    )
    await ana.post(f"/claims/{early}/well-being", {"visit": 1})
    await cara.post("/social/targets/visits", {"target": 9}, method="PUT")
    assert (await cara.get(address)).content == before.content
    # And the one who received all this care leaves and is erased.
    await erased(app, oak, cara, ana)
    assert (await cara.get(address)).content == before.content
    assert "counts in it as they did then" in (await page(cara, f"/social/packs/{pack['id']}")).text
    now = (await report(cara, **days))["figures"]
    assert (now["visits"]["value"], now["unanswered"]["rows"], now["hours_given"]["value"]) == (
        4,
        0,
        4 * HOUR,
    )
    # Its hash stands in the log.
    [event] = (await cara.get("/events?kind=evidence_made")).json()["events"]
    assert event["details"]["sha256"] == pack["sha256"] and event["details"]["pack"] == pack["id"]
    # Nobody is named in it, nor by an id.
    with ZipFile(BytesIO(before.content)) as files:
        texts = {name: files.read(name).decode() for name in files.namelist()}
    for member in (ana, ben, cara):
        assert all(str(member.id) not in text for text in texts.values())
    # As words: three letters in a row come about in signatures too.
    assert not any(re.search(r"\b(Ana|Ben)\b", text) for text in texts.values())
    assert len(list(csv.reader(StringIO(texts["measures.csv"])))) == len(ALL) + 1


async def test_a_pack_that_does_not_come_out_again_is_refused(ana, ben, cara, owner):
    claim = await paid(ben, ana)
    pack = await made(cara, {"from": str(YESTERDAY), "until": str(TODAY)})
    await owner.execute("SET session_replication_role = replica")
    await owner.execute("UPDATE claim SET recorded_seconds = 7 WHERE claim_id = $1", claim)
    answer = await cara.get(f"/social/packs/{pack['id']}/file")
    assert problem(answer) == (409, "evidence_differs")


async def test_packs_are_made_one_at_a_time_and_once_for_a_key(cara, people, other_caller, held):
    days, key = {"from": str(YESTERDAY), "until": str(TODAY)}, uuid4()
    other = await people.coordinator()
    answers = await asyncio.gather(
        cara.post("/social/packs", days, key=key), other.post("/social/packs", days)
    )
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    [busy] = [answer for answer in answers if answer.status_code == 409]
    assert problem(busy) == (409, "evidence_running") and busy.json()["about"]
    held.set()
    first = next(answer for answer in answers if answer.status_code == 202).json()["id"]
    await ended(cara, first)
    pack = await made(cara, days, key)
    again = await cara.post("/social/packs", days, key=key)
    assert (again.status_code, again.json()["sha256"]) == (200, pack["sha256"])
    assert "idempotency-replayed" in again.headers
    changed = await cara.post("/social/packs", days | {"from": str(TODAY)}, key=key)
    assert problem(changed) == (422, "id_reused")
    listed = (await cara.get("/social/packs?limit=1")).json()
    assert len(listed["packs"]) == 1
    elm = await other_caller.get(f"/social/packs/{key}")
    assert elm.status_code in (403, 404)
    for wrong in ({"until": str(TODAY + timedelta(days=1))}, {"from": str(TODAY), "until": str(YESTERDAY)}):
        assert problem(await cara.post("/social/packs", days | wrong)) == (400, "malformed_request")


# --- pages --------------------------------------------------------------------------------------------------------


async def page(member, path):
    return await member.client.get(f"/desk/oak{path}", headers=member.headers)


async def send(member, path, fields):
    return await member.client.post(
        f"/desk/oak{path}", content=urlencode(fields), headers=member.headers | FORM
    )


async def test_the_pages_show_the_numbers_and_keep_what_is_typed(ana, ben, cara, people):
    claim = await paid(ben, ana)
    shown = await page(cara, "/social")
    assert shown.status_code == 200, shown.text[:3000]
    assert "/social/rows/visits?" in shown.text
    assert "style=" not in shown.text
    # One of each form a page of rows has.
    for measure in {(each.rows, each.per_cent, each.unit): each for each in ALL}.values():
        found = await page(cara, f"/social/rows/{measure.code}")
        assert found.status_code == (404 if measure.rows is Rows.NONE else 200), measure.code
    for table in ("", "&table=activities", "&table=classes", "&table=answers"):
        answer = await page(cara, f"/social?as=csv{table}")
        assert answer.headers["content-type"].startswith("text/csv")
    listed = list(
        csv.reader(StringIO((await page(cara, "/social/rows/visits?as=csv")).content.decode("utf-8-sig")))
    )
    assert listed[1][0] == claim
    card = (await page(cara, "/social/scorecard")).text
    assert "1 of 1, 100\u00a0%" in card
    targets = await send(
        cara, "/social/targets", {"hours_given": "12:30", "by_people": "92,5", "receiver_visit": "4.2"}
    )
    assert targets.status_code == 303, targets.text[-3000:]
    kept = (await cara.get("/social/targets")).json()["targets"]
    assert kept == {"hours_given": 12 * HOUR + 1800, "by_people": 925, "receiver_visit": 420}
    again = await page(cara, "/social/targets")
    assert 'value="12:30"' in again.text and 'value="92.5"' in again.text
    wrong = await send(cara, "/social/targets", {"by_people": "1e5", "receiver_visit": "7"})
    assert wrong.status_code == 422 and "such as 4.2" in wrong.text
    # What is wrong stands in parts that are unfolded, and is named where all of it is told.
    assert (
        wrong.text.count("<details open>") == 3
        and '<a href="#by_people">Confirmed by a person</a>' in wrong.text
    )
    query = "from=2026-01-01&until=2026-06-30"
    form = {
        "from": "2026-01-01",
        "until": "2026-06-30",
        "seen": "0",
        "aims": "To be there.\r\n\r\nFor <all>.",
    }
    kept = await send(cara, "/social/prove-it/texts", form)
    assert kept.status_code == 303
    told = (await page(cara, kept.headers["location"].removeprefix("/desk/oak"))).text
    assert "Your text is kept with this report." in told and 'role="alert"' not in told
    report_page = (await page(cara, f"/social/prove-it?{query}")).text
    assert "<p>To be there.</p>" in report_page and "For &lt;all&gt;." in report_page
    late = await send(cara, "/social/prove-it/texts", form | {"aims": "Mine"})
    assert late.status_code == 422 and "Mine" in late.text and "For &lt;all&gt;." in late.text
    typed = await send(cara, f"/claims/{claim}/well-being", {"member": str(ana.id), "visit": "4"})
    assert typed.status_code == 303, typed.text[-2000:]
    assert (await ana.get(f"/claims/{claim}/well-being")).json()["visit"] == 4
    nothing = await send(cara, f"/claims/{claim}/well-being", {"member": str(ben.id)})
    assert nothing.status_code == 422
    made_page = await send(cara, "/social/packs", {"from": str(YESTERDAY), "until": str(TODAY)})
    assert made_page.status_code == 303, made_page.text[-2000:]
    path = urlsplit(made_page.headers["location"]).path.removeprefix("/desk/oak")
    assert "data-follow" in (await page(cara, path)).text
    await ended(cara, path.rpartition("/")[2])
    shown = await page(cara, path)
    assert "/file" in shown.text
    auditor = await people.with_role(Role.AUDITOR)
    assert (await page(auditor, "/social")).status_code == 200
    administrator = await people.with_role(Role.ADMINISTRATOR)
    seen = await page(administrator, "/social")
    assert seen.status_code == 200 and "/social/rows/" not in seen.text
