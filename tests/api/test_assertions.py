"""Balance assertions over HTTP: what holds, what differs and is corrected later, what is withdrawn, what is refused."""

import asyncio
import json
import re
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from api.routes.assertions import MAX_ASSERTIONS
from ledger.book.authors import SHELL
from ledger.desk.audit import audit_community
from ledger.people.erasure import Reason, erase
from ledger.people.members import Status, change_standing
from ledger.people.roles import Role
from tests.api.conftest import URL, adjust, kind_of, problem

TODAY = datetime.now(UTC).date()
A_DAY = timedelta(days=1)


def ago(days):
    return str(TODAY - days * A_DAY)


@pytest.fixture
def at(app, monkeypatch):
    """Sets the ledger's clock so many days back; its time never goes back, so the furthest day comes first."""

    def turn(days):
        moment = datetime.now(UTC) - days * A_DAY
        monkeypatch.setattr(app.state.ledger, "now", lambda: moment)

    turn(30)
    return turn


@pytest.fixture
async def oak(app, at):
    return await app.state.ledger.found("oak", "Oak Hill", URL, "care.example.org/oak")


@pytest.fixture
async def carla(people):
    return await people.coordinator()


async def post(caller, source, target, seconds, **more):
    answer = await caller.post("/transfers", adjust(source, target, seconds) | more)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.fixture
async def bank(caller):
    return await caller.open("issuance")


@pytest.fixture
async def rosa(at, caller, bank):
    """An account that got 1 h twenty days ago, 2 h ten days ago, and gave half an hour five days ago."""
    rosa = await caller.open("member")
    at(20)
    await post(caller, bank, rosa, 3600)
    at(10)
    await post(caller, bank, rosa, 7200)
    at(5)
    await post(caller, rosa, bank, 1800)
    at(0)
    return rosa


async def say(who, account, days, seconds, source="passbook", key=None, **more):
    asked = {"account": account, "on": ago(days), "seconds": seconds, "source": source} | more
    return await who.post("/assertions", asked, key=key)


async def listed(who, query=""):
    answer = await who.get(f"/assertions{query}")
    assert answer.status_code == 200, answer.text
    return [(row["on"], row["seconds"], row["state"]) for row in answer.json()["assertions"]]


@pytest.mark.parametrize(
    ("days", "seconds", "state", "recorded"),
    [
        # Before the account was opened, and before anything moved.
        (40, 0, "holds", 0),
        (21, 0, "holds", 0),
        (21, 60, "differs", 0),
        # The day of an entry counts whole.
        (20, 3600, "holds", 3600),
        (20, 0, "differs", 3600),
        (11, 3600, "holds", 3600),
        (10, 10800, "holds", 10800),
        (6, 10800, "holds", 10800),
        (5, 9000, "holds", 9000),
        (5, -9000, "differs", 9000),
        (1, 9000, "holds", 9000),
        (1, 9001, "differs", 9000),
    ],
)
async def test_a_balance_is_that_of_the_end_of_the_day(carla, rosa, days, seconds, state, recorded):
    answer = await say(carla, rosa, days, seconds)
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert (said["state"], said["recorded_seconds"]) == (state, recorded)
    assert said["difference"] == seconds - recorded
    assert said["held_at_assertion"] is said["holds_now"] is (state == "holds")
    assert said["asserted_by"] == str(carla.id)


async def test_a_day_ends_by_the_clock_of_the_community(carla, caller, bank, at, app, monkeypatch):
    """Twenty to midnight in London in the summer is twenty to eleven at night in Greenwich."""
    eva = await caller.open("member")
    at(20)
    moment = datetime(2026, 3, 1, tzinfo=UTC)  # in winter the two agree
    monkeypatch.setattr(app.state.ledger, "now", lambda: moment)
    await post(caller, bank, eva, 60)  # recorded twenty days ago: time does not go back
    zone = (await carla.get("/me")).json()["timezone"]
    midnight = datetime.combine(TODAY - 3 * A_DAY, time(), ZoneInfo(zone)).astimezone(UTC)
    for seconds, before in ((3600, timedelta(seconds=1)), (7200, timedelta(0))):
        moment = midnight - before
        await post(caller, bank, eva, seconds)
    at(0)
    assert (await say(carla, eva, 4, 3660)).json()["state"] == "holds"
    assert (await say(carla, eva, 3, 10860)).json()["state"] == "holds"


async def test_a_visit_posted_late_corrects_what_differed_and_leaves_what_held(carla, rosa, bank, caller):
    short = (await say(carla, rosa, 8, 12600)).json()
    agreed = (await say(carla, rosa, 7, 10800)).json()
    assert (short["state"], short["difference"], short["late_seconds"]) == ("differs", 1800, 0)
    # For a day after it: that explains nothing.
    await post(caller, bank, rosa, 1800, service_on=ago(6))
    assert (await carla.get(f"/assertions/{short['id']}")).json()["state"] == "differs"
    late = await post(caller, bank, rosa, 1800, service_on=ago(8))
    said = (await carla.get(f"/assertions/{short['id']}")).json()
    assert (said["state"], said["late_seconds"], said["difference"]) == ("corrected", 1800, 1800)
    assert (said["held_at_assertion"], said["holds_now"]) == (False, True)
    assert (await carla.get(f"/assertions/{agreed['id']}")).json()["state"] == "holds"
    # Taken back again: a reversal has the day of what it reverses.
    assert (await caller.post(f"/transfers/{late}/reversal", {"reason": "x"})).status_code == 201
    assert (await carla.get(f"/assertions/{short['id']}")).json()["state"] == "differs"
    entries = (await carla.get(f"/assertions/{short['id']}/entries")).json()["entries"]
    assert [(each["kind"], each["place"]) for each in entries[:3]] == [
        ("reverse", "late"),
        ("adjust", "late"),
        ("adjust", "after"),
    ]


async def test_what_was_recorded_by_then_and_taken_back_later_corrects_too(carla, caller, bank, at):
    eva = await caller.open("member")
    at(10)
    wrong = await post(caller, bank, eva, 600)
    at(6)
    later = await post(caller, bank, eva, 60)
    at(0)
    short = (await say(carla, eva, 8, 0)).json()
    assert (short["state"], short["difference"]) == ("differs", -600)
    await caller.post(f"/transfers/{later}/reversal", {"reason": "x"})
    assert (await carla.get(f"/assertions/{short['id']}")).json()["state"] == "differs"
    await caller.post(f"/transfers/{wrong}/reversal", {"reason": "x"})
    said = (await carla.get(f"/assertions/{short['id']}")).json()
    assert (said["state"], said["late_seconds"]) == ("corrected", -600)


async def test_the_entries_since_the_last_agreeing_point_are_told_with_what_may_explain(
    carla, rosa, bank, caller
):
    first = (await say(carla, rosa, 15, 3600)).json()
    wrong = (await say(carla, rosa, 8, 3600)).json()
    assert wrong["since"] == {"assertion": first["id"], "on": ago(15), "seconds": 3600}
    await post(caller, bank, rosa, 600, service_on=ago(9))
    entries = (await carla.get(f"/assertions/{wrong['id']}/entries")).json()["entries"]
    assert [(each["seconds"], each["place"], each.get("may_explain", False)) for each in entries] == [
        (600, "late", False),
        (-1800, "after", False),
        (7200, "by_then", True),
    ]
    # Half of the difference: with the wrong sign on one of the two sides.
    signs = (await say(carla, rosa, 9, 10800 - 2 * 7200, "bank")).json()
    entries = (await carla.get(f"/assertions/{signs['id']}/entries")).json()["entries"]
    assert [each.get("may_explain", False) for each in entries] == [False, False, True]
    # From the opening on, when nothing before it agreed; a page at a time.
    assert "since" not in first
    page = (await carla.get(f"/assertions/{first['id']}/entries?limit=3")).json()
    assert len(page["entries"]) == 3
    rest = await carla.get(f"/assertions/{first['id']}/entries?{page['next'].partition('?')[2]}")
    assert [each["seconds"] for each in rest.json()["entries"]] == [3600]
    assert "next" not in rest.json()


async def test_what_differed_comes_first_and_filters_find_the_rest(carla, rosa, bank, caller):
    for days, seconds in ((20, 3600), (15, 60), (9, 12600), (8, 10800)):
        await say(carla, rosa, days, seconds)
    await say(carla, bank, 9, -10800, "count")
    withdrawn = (await say(carla, rosa, 4, 1)).json()["id"]
    assert (await carla.post(f"/assertions/{withdrawn}/withdrawal", {})).json()["state"] == "withdrawn"
    await post(caller, bank, rosa, 1800, service_on=ago(9))
    rows = [
        (ago(9), 12600, "corrected"),
        (ago(15), 60, "differs"),
        (ago(4), 1, "withdrawn"),
        (ago(9), -10800, "holds"),
        (ago(8), 10800, "holds"),
        (ago(20), 3600, "holds"),
    ]
    by_kind = lambda row: (row[2] not in ("corrected", "differs"), row)  # noqa: E731
    assert sorted(await listed(carla), key=by_kind) == sorted(rows, key=by_kind)
    assert {row[2] for row in (await listed(carla))[:2]} == {"corrected", "differs"}
    for state in ("corrected", "differs", "withdrawn"):
        assert await listed(carla, f"?state={state}") == [row for row in rows if row[2] == state]
    assert len(await listed(carla, "?state=holds")) == 3
    assert await listed(carla, f"?account={bank}") == [(ago(9), -10800, "holds")]
    assert len(await listed(carla, f"?account={rosa}")) == 5
    assert await listed(carla, "?source=count") == [(ago(9), -10800, "holds")]
    assert {row[0] for row in await listed(carla, f"?from={ago(9)}&until={ago(8)}")} == {ago(9), ago(8)}
    paged, query = [], "?limit=1"
    while query:
        answer = (await carla.get(f"/assertions{query}")).json()
        paged += [(row["on"], row["seconds"], row["state"]) for row in answer["assertions"]]
        query = "?" + answer["next"].partition("?")[2] if "next" in answer else ""
    assert paged == await listed(carla)


async def test_a_page_of_what_differs_is_filled_though_many_were_corrected(carla, rosa, bank, caller):
    asserted = [(days, 12600) for days in range(6, 10)] + [(16, 60), (17, 60)]
    lines = [{"account": rosa, "on": ago(days), "seconds": seconds} for days, seconds in asserted]
    answer = await carla.post("/assertions/batch", {"source": "passbook", "assertions": lines})
    assert answer.status_code == 201, answer.text
    await post(caller, bank, rosa, 1800, service_on=ago(20))
    first = (await carla.get("/assertions?state=differs&limit=1")).json()
    second = (await carla.get(f"/assertions?{first['next'].partition('?')[2]}")).json()
    assert {each["assertions"][0]["on"] for each in (first, second)} == {ago(16), ago(17)}
    assert "next" not in second


REFUSED = """
today             {"on": "today"}                             422 day_not_over
tomorrow          {"on": "tomorrow"}                          422 day_not_over
nobody's          {"account": "nobody"}                       404 account_unknown
another co-op's   {"account": "elsewhere"}                    404 account_unknown
asserted twice    {"on": "asserted"}                          409 assertion_stands
before calendars  {"on": "0001-01-01"}                        400 malformed_request
no such day       {"on": "2026-02-30"}                        400 malformed_request
a fraction        {"seconds": 1.5}                            400 malformed_request
a text            {"seconds": "3600"}                         400 malformed_request
beyond numbers    {"seconds": 9007199254740992}               400 malformed_request
no such source    {"source": "hearsay"}                       400 malformed_request
an unseen note    {"note": "\u200b"}                          400 malformed_request
a long note       {"note": "LONG"}                            400 malformed_request
one more          {"by": "Rosa"}                              400 malformed_request
"""


async def test_every_refusal_changes_nothing(carla, rosa, other_caller):
    await say(carla, rosa, 9, 1)
    elsewhere = await other_caller.open("member")
    words = {
        "today": ago(0), "tomorrow": ago(-1), "asserted": ago(9), "nobody": str(uuid4()), "elsewhere": elsewhere,
        "LONG": "n" * 501,
    }  # fmt: skip
    before = await listed(carla)
    for line in REFUSED.strip().splitlines():
        name, change, status, kind = re.fullmatch(r"(.+?)\s+(\{.*\})\s+(\d+) (\w+)", line).groups()
        change = {field: words.get(value, value) for field, value in json.loads(change).items()}
        asked = {"account": rosa, "on": ago(8), "seconds": 3600, "source": "passbook"} | change
        answer = await carla.post("/assertions", asked)
        assert problem(answer) == (int(status), kind), (name, answer.text)
        many = {
            "source": asked.pop("source"),
            "assertions": [{"account": rosa, "on": ago(7), "seconds": 0}, asked],
        }
        assert problem(await carla.post("/assertions/batch", many)) == (int(status), kind), name
    assert await listed(carla) == before


async def test_many_are_recorded_all_or_none_and_only_once(carla, rosa, bank):
    lines = [
        {"account": rosa, "on": ago(9), "seconds": 10800},
        {"account": bank, "on": ago(9), "seconds": -10800},
        {"account": rosa, "on": ago(1), "seconds": 0},
    ]
    twice = {"source": "bank", "assertions": [*lines, lines[0] | {"seconds": 5}]}
    assert problem(await carla.post("/assertions/batch", twice)) == (400, "malformed_request")
    for odd in ([], [lines[0]] * (MAX_ASSERTIONS + 1)):
        asked = {"source": "bank", "assertions": odd}
        assert problem(await carla.post("/assertions/batch", asked)) == (400, "malformed_request")
    key = uuid4()
    answer = await carla.post("/assertions/batch", {"source": "bank", "assertions": lines}, key=key)
    assert (answer.status_code, answer.json()) == (201, {"count": 3})
    again = await carla.post("/assertions/batch", {"source": "bank", "assertions": lines}, key=key)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    other = await carla.post("/assertions/batch", {"source": "count", "assertions": lines}, key=key)
    assert problem(other) == (422, "id_reused")
    assert len(await listed(carla)) == 3


async def test_a_mistake_is_withdrawn_stays_to_be_seen_and_makes_room(carla, rosa):
    key = uuid4()
    said = await say(carla, rosa, 9, 1, key=key, note="page 3, smudged")
    assert said.json()["note"] == "page 3, smudged"
    assert (await say(carla, rosa, 9, 1, key=key, note="page 3, smudged")).status_code == 200
    assert problem(await say(carla, rosa, 9, 1, key=key)) == (422, "id_reused")
    assert problem(await say(carla, rosa, 9, 10800)) == (409, "assertion_stands")
    assert (await say(carla, rosa, 9, 10800, "count")).status_code == 201
    back = uuid4()
    gone = await carla.post(f"/assertions/{key}/withdrawal", {}, key=back)
    assert (gone.json()["state"], gone.json()["withdrawn_by"]) == ("withdrawn", str(carla.id))
    assert gone.json()["holds_now"] is False
    again = await carla.post(f"/assertions/{key}/withdrawal", {}, key=back)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    assert problem(await carla.post(f"/assertions/{key}/withdrawal", {})) == (409, "assertion_withdrawn")
    assert problem(await carla.post(f"/assertions/{uuid4()}/withdrawal", {})) == (404, "assertion_unknown")
    assert (await say(carla, rosa, 9, 10800)).json()["state"] == "holds"
    assert len(await listed(carla)) == 3


async def test_two_who_write_down_the_same_page_record_it_once(carla, rosa, people):
    other = await people.coordinator()
    answers = await asyncio.gather(*(say(who, rosa, 9, 1) for who in (carla, other) for _ in range(5)))
    assert sorted(kind_of(each) or "recorded" for each in answers) == ["assertion_stands"] * 9 + ["recorded"]


async def test_another_community_and_an_auditor(carla, rosa, people, other_caller):
    said = (await say(carla, rosa, 9, 1, note="as Rosa said")).json()["id"]
    for path in (f"/assertions/{said}", f"/assertions/{said}/entries"):
        assert problem(await other_caller.get(path)) == (404, "not_found")
    assert problem(await other_caller.get(f"/assertions?after={said}")) == (404, "not_found")
    auditor = await people.with_role(Role.AUDITOR)
    seen = (await auditor.get(f"/assertions/{said}")).json()
    assert "note" not in seen and seen["state"] == "differs"
    assert problem(await say(auditor, rosa, 9, 1)) == (403, "not_allowed")


async def test_the_holder_reads_of_it_and_erasing_them_erases_what_was_written(
    app, carla, people, owner, oak, at
):
    at(0)
    dan = await people.member("Dan")
    key = uuid4()
    assert (await say(carla, dan.account, 1, 60, note="as Dan wrote it", key=key)).status_code == 201
    [event] = [
        each
        for each in (await dan.get(f"/members/{dan.id}/events")).json()["events"]
        if each["kind"] == "balance_asserted"
    ]
    assert event["details"].pop("size") > 0
    assert event["details"] == {
        "assertion": str(key), "account": dan.account, "on": ago(1), "seconds": 60, "source": "passbook",
        "difference": 60,
    }  # fmt: skip
    kept = await owner.fetchval("SELECT fingerprint FROM request WHERE request_id = $1", key)
    ledger = app.state.ledger
    await change_standing(
        ledger, oak, SHELL, uuid4(), dan.id, 1, status=Status.LEFT, since=TODAY, frail=False
    )
    answer = await carla.post(f"/accounts/{dan.account}/closing", {})
    assert answer.status_code == 200, answer.text
    await erase(ledger, oak, SHELL, uuid4(), dan.id, Reason.ASKED)
    assert await owner.fetchval("SELECT count(*) FROM assertion_note") == 0
    assert await owner.fetchval("SELECT fingerprint FROM request WHERE request_id = $1", key) != kept
    assert "note" not in (await carla.get(f"/assertions/{key}")).json()


# --- lists --------------------------------------------------------------------------------------------------------


async def read(who, content, name="balances.csv", **query):
    return await who.client.post(
        f"{who.base}/assertions/reading",
        content=content.encode() if isinstance(content, str) else content,
        params={"name": name} | query,
        headers=who.headers | {"content-type": "application/octet-stream"},
    )


@pytest.fixture
async def dan(people, at):
    """A member with an own account."""
    at(0)
    member = await people.member("Dan")
    member.number = (await member.get(f"/members/{member.id}")).json()["number"]
    member.code = (await member.get(f"/accounts/{member.account}")).json()["code"]
    return member


async def test_a_list_is_read_by_code_and_by_number_in_any_order_of_columns(carla, rosa, dan):
    for text in (
        f"Code;Day;Balance\n{dan.code};{ago(3)};2:30\n",
        f"{ago(3)},2h30,{dan.number}\n",
        f"What,Balance,No.,Day\npage 1,150 min,#{dan.number:03},{ago(3)}\n",
        f"{dan.code.upper()}\t-9000 s\t{ago(3)}\n".replace("-9000", "9000"),
    ):
        answer = await read(carla, text)
        assert answer.status_code == 200, answer.text
        [line] = answer.json()["lines"]
        assert (line["account"], line["on"], line["seconds"]) == (dan.account, ago(3), 9000), text
        assert answer.json()["asks"] == [] and "problem" not in line


LINES = """
{code};05/04/2026;2:00       | date_order     | date_ambiguous 2
{code};2026-05-04;12,500     | unit decimal   | duration_ambiguous 3
{code};2026-05-04;much       |                | duration_invalid 3
{code};2026-02-30;2:00       |                | date_invalid 2
{code};2026-05-04;           |                | empty 3
{code};2026-05-04;-2:15      |                | -8100
nobody;2026-05-04;2:00       |                | unknown
"""


async def test_what_cannot_be_read_or_can_in_two_ways_is_told_line_by_line(carla, dan):
    good = f"{dan.code};2026-05-03;1:00\n"
    for line in LINES.strip().splitlines():
        text, asks, outcome = (part.strip() for part in line.format(code=dan.code).split("|"))
        answer = await read(carla, f"{good}{text}\n")
        assert answer.status_code == 200, (line, answer.text)
        assert answer.json()["asks"] == asks.split(), line
        first, second = answer.json()["lines"]
        assert first["seconds"] == 3600
        if outcome == "unknown":
            assert "account" not in second, line
        elif "problem" in second:
            assert f"{second['problem']} {second['column']}" == outcome and second["what"], line
        else:
            assert second["seconds"] == int(outcome), line
    answer = await read(
        carla, f"{dan.code};05/04/2026;12,5\n", date_order="dmy", unit="hours", decimal="comma"
    )
    assert [(each["on"], each["seconds"]) for each in answer.json()["lines"]] == [("2026-04-05", 45000)]


async def test_a_list_without_an_account_or_a_day_is_refused_whole(carla, dan, other_caller):
    elsewhere = await other_caller.open("pot", name="Theirs")
    code = (await other_caller.get(f"/accounts/{elsewhere}")).json()["code"]
    for text in (f"{code};{ago(3)};1:00\n", f"{dan.code};soon;1:00\n", f"{dan.code};{ago(3)};much\n", "a\n"):
        assert problem(await read(carla, text)) == (422, "file_unreadable"), text
    many = "".join(f"{dan.code};{ago(3)};1:{place % 60:02}\n" for place in range(MAX_ASSERTIONS + 2))
    assert problem(await read(carla, many)) == (422, "file_unreadable")
    for odd in ({"unit": "days"}, {"date_order": "ydm"}, {"source": "x"}, {"nobody": "x"}):
        assert problem(await read(carla, f"{dan.code};{ago(3)};1:00\n", **odd)) == (400, "malformed_request")
    assert await listed(carla) == []


async def test_a_list_says_what_was_asserted_before(carla, dan):
    said = (await say(carla, dan.account, 3, 0)).json()["id"]
    text = f"{dan.code};{ago(3)};0:00\n{dan.code};{ago(4)};0:00\n"
    lines = (await read(carla, text, source="passbook")).json()["lines"]
    assert [each.get("stands") for each in lines] == [said, None]
    lines = (await read(carla, text, source="bank")).json()["lines"]
    assert [each.get("stands") for each in lines] == [None, None]


# --- the audit ----------------------------------------------------------------------------------------------------

TAMPERED = [
    ("UPDATE balance_assertion SET seconds = seconds + 60 WHERE held", "seconds is not"),
    ("UPDATE balance_assertion SET seconds = seconds + 60 WHERE held", "held is not what the entries say"),
    ("UPDATE balance_assertion SET held = NOT held", "held is not what the entries say"),
    ("UPDATE balance_assertion SET account_id = gen_random_uuid()", "account_id is not"),
    ("UPDATE balance_assertion SET stood_on = stood_on - 1", "stood_on is not"),
    ("UPDATE balance_assertion SET source = 'count'", "source is not"),
    ("UPDATE balance_assertion SET tree_size = tree_size + 1", "tree_size is not"),
    ("UPDATE balance_assertion SET asserted_by = gen_random_uuid()", "asserted_by is not"),
    ("UPDATE balance_assertion SET asserted_at = asserted_at - interval '1 day'", "asserted_at is not"),
    ("UPDATE balance_assertion SET withdrawn_at = NULL", "withdrawn_at is not"),
    (
        "UPDATE balance_assertion SET withdrawn_by = gen_random_uuid() WHERE withdrawn_at IS NOT NULL",
        "withdrawn_by",
    ),
    ("UPDATE balance_assertion SET withdrawn_at = now() WHERE held", "withdrawn_at is not"),
    ("DELETE FROM balance_assertion WHERE held", "not there"),
    ("UPDATE balance_assertion SET assertion_id = gen_random_uuid() WHERE held", "No event says"),
]


async def test_the_audit_finds_what_was_changed_of_an_assertion(carla, rosa, app, oak, owner, tmp_path):
    await say(carla, rosa, 9, 10800)
    await say(carla, rosa, 8, 1)
    mistake = (await say(carla, rosa, 7, 2)).json()["id"]
    await carla.post(f"/assertions/{mistake}/withdrawal", {})

    async def found():
        report = await audit_community(app.state.ledger, oak, folder=tmp_path / "audits")
        return [(each.check, each.what) for each in report.findings]

    assert await found() == []
    await owner.execute("CREATE TABLE kept AS SELECT * FROM balance_assertion")
    columns = await owner.fetchval(
        "SELECT string_agg(attname, ', ') FROM pg_attribute WHERE attrelid = 'balance_assertion'::regclass"
        " AND attnum > 0 AND attgenerated = ''"
    )
    for statement, says in TAMPERED:
        await owner.execute(statement)
        told = await found()
        assert told and {check for check, _ in told} == {"assertions"}, (statement, told)
        assert any(says in what for _, what in told), (statement, told)
        await owner.execute("DELETE FROM balance_assertion")
        await owner.execute(f"INSERT INTO balance_assertion ({columns}) SELECT {columns} FROM kept")
