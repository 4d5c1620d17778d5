"""What bad input gets: each thing nobody can do with a paper round, its refusal, and nothing that was changed.

A row is what it is about (`line` for a decision about one, which has its own answer), what was arranged before, what is
asked, the status and the refusal; `- -` is what goes well. The round is Ben's visits; line 1 agrees with a claim that
waits, line 2 with one that was posted, line 3 with nothing, and line 4 cannot be read.
"""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from ledger.book.refusals import BY_CODE
from tests.api.conftest import problem
from tests.api.test_rounds import bring, co_op, decide, desk, lines_of, logged, matched  # noqa: F401 - fixtures
from tests.paper_files import broken_files

HEADER = "Date,Volunteer,Service user,Time,Activity\n"
SHEET = (
    HEADER + "13/11/2026,Ben Powell,Ana Rees,1h30,Shopping\n14/11/2026,Ben Powell,Ana Rees,2:00,Shopping\n"
    "15/11/2026,Ben Powell,Cerys Jones,0:45,\n31/02/2026,Ben Powell,Cerys Jones,0:45,Shopping\n"
)

TABLE = """
-          undecided     sign_off                                                    409 lines_undecided
-          fresh         sign_off                                                    409 round_unmatched
-          fresh         {"line": 1, "deed": "accept"}                               409 round_unmatched
-          asking        matching                                                    409 round_unanswered
-          ended         matching                                                    409 round_ended
-          ended         sign_off                                                    409 round_ended
-          ended         abandonment                                                 409 round_ended
-          ended         names                                                       409 round_ended
-          ended         mapping                                                     409 round_ended
-          undecided     mapping_old                                                 412 round_changed
-          decided       mapping                                                     409 round_begun
-          typed         mapping                                                     409 round_file_gone
-          typed         preview                                                     409 round_file_gone
-          undecided     mapping_column                                              422 file_unreadable
-          undecided     mapping_sheet                                               422 file_unreadable
-          undecided     mapping_days                                                422 dates_reversed
-          undecided     names_stranger                                              404 member_unknown
-          fresh         split                                                       409 round_unmatched
-          ended         split                                                       409 round_ended
-          decided       split                                                       409 line_decided
-          undecided     split                                                       409 line_of_one
-          undecided     split_seen_otherwise                                        412 round_changed
-          undecided     split_stranger                                              404 line_unknown
line       undecided     {"line": 9, "deed": "accept"}                               404 line_unknown
line       undecided     {"line": 3, "deed": "accept"}                               409 line_unmatched
line       undecided     {"line": 3, "deed": "correct"}                              409 line_unmatched
line       undecided     {"line": 3, "deed": "dispute", "reason": "Why?"}            409 line_unmatched
line       undecided     {"line": 1, "deed": "create"}                               409 line_matched
line       undecided     {"line": 3, "deed": "create"}                               422 line_incomplete
line       undecided     {"line": 4, "deed": "create", "activity": "shopping"}       422 line_incomplete
line       undecided     {"line": 1, "deed": "correct"}                              422 correction_same
line       undecided     {"line": 2, "deed": "correct", "seconds": 7200}             422 correction_same
line       undecided     {"line": 3, "deed": "accept", "records": ["nobody"]}        404 claim_unknown
line       undecided     {"line": 3, "deed": "correct", "records": ["one", "two"]}   422 record_unfit
line       undecided     {"line": 1, "deed": "undo"}                                 409 line_undecided
line       decided       {"line": 1, "deed": "accept"}                               409 line_decided
line       decided       {"line": 1, "deed": "set_aside", "reason": "Twice."}        409 line_decided
line       decided       {"line": 1, "deed": "undo"}                                 409 decision_stands
line       ended         {"line": 2, "deed": "undo"}                                 409 round_ended
line       withdrawn     {"line": 1, "deed": "accept"}                               409 claim_decided
line       withdrawn     {"line": 1, "deed": "correct", "seconds": 60}               409 claim_decided
line       disputed      {"line": 2, "deed": "accept"}                               409 claim_decided
line       undecided     {"line": 3, "deed": "create", "activity": "x", "receiver": "desk"}   403 own_affair
line       undecided     {"line": 3, "deed": "create", "activity": "x", "receiver": "ben"}    422 own_claim
line       undecided     {"line": 3, "deed": "create", "activity": "x", "receiver": "nobody"} 404 member_unknown
line       undecided     {"line": 3, "deed": "create", "activity": "x", "service_on": "2026-12-31"} 422 claim_in_future
line       undecided     {"line": 2, "deed": "correct", "seconds": 3600}             - -
line       undecided     {"line": 3, "deed": "create", "activity": "x"}              - -
line       undecided     {"line": 4, "deed": "set_aside", "reason": "No such day."}  - -
"""


def rows():
    """The rows of the table by the round they are about; those that are no refusal last, since they change it."""
    arranged = {}
    for line in TABLE.strip().splitlines():
        of, which, rest = line.split(None, 2)
        asked, status, name = rest.rsplit(None, 2)
        arranged.setdefault(which, []).append((of, asked.strip(), status, name))
    return {which: sorted(rows, key=lambda row: row[-1] == "-") for which, rows in arranged.items()}


ROWS = rows()


class Round:
    """A round as a row of the table wants it."""

    def __init__(self, desk, co_op, caller, people):  # noqa: F811
        self.desk, self.co_op, self.caller, self.people = desk, co_op, caller, people
        self.id = None
        self.claims = {}

    async def fresh(self):
        self.claims["one"] = await logged(
            self.caller, self.co_op["ben"], self.co_op["ana"], "2026-11-13", 5400
        )
        self.claims["two"] = await logged(
            self.caller, self.co_op["ben"], self.co_op["ana"], "2026-11-14", 7200, confirmed=True
        )
        answer = await bring(self.desk, SHEET)
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["id"]

    async def undecided(self):
        await self.fresh()
        await matched(self.desk, self.id)

    async def asking(self):
        answer = await bring(self.desk, HEADER + "03/04/2026,Ben Powell,Ana Rees,1h30,Shopping\n")
        assert answer.json()["asks"] == ["date_order"], answer.text
        self.id = answer.json()["id"]

    async def typed(self):
        line = {"provider": "Ben Powell", "receiver": "Ana Rees", "service_on": "2026-11-13", "seconds": 60}
        answer = await self.desk.post("/rounds/typed", {"source": "A pile", "lines": [line]})
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["id"]

    async def decided(self):
        await self.undecided()
        await self.done({"line": 1, "deed": "accept"})

    async def ended(self):
        await self.decided()
        aside = [{"line": n, "deed": "set_aside", "reason": "Not ours."} for n in (2, 3, 4)]
        await self.done(*aside)
        assert (await self.desk.post(f"/rounds/{self.id}/sign-off", {})).status_code == 200

    async def withdrawn(self):
        await self.undecided()
        answer = await self.desk.post(f"/claims/{self.claims['one']}/withdrawal", {})
        assert answer.status_code == 200, answer.text

    async def disputed(self):
        await self.undecided()
        answer = await self.desk.post(f"/claims/{self.claims['two']}/disputes", {"statement": "Not so."})
        assert answer.status_code == 201, answer.text

    async def done(self, *choices):
        answer = (await decide(self.desk, self.id, *choices)).json()
        assert answer["refused"] == 0, answer

    async def asked(self, what):
        """The answer to what a row asks."""
        named = {"ben": self.co_op["ben"], "desk": self.desk.id, "nobody": uuid4()} | self.claims
        if what.startswith("{"):
            choice = json.loads(what)
            for field in ("provider", "receiver"):
                if field in choice:
                    choice[field] = str(named[choice[field]])
            if "records" in choice:
                choice["records"] = [str(named[each]) for each in choice["records"]]
            return await decide(self.desk, self.id, choice)
        if what in ("sign_off", "matching", "abandonment"):
            return await self.desk.post(f"/rounds/{self.id}/{what.replace('_', '-')}", {})
        if what.startswith("split"):
            line, written = 99 if what == "split_stranger" else 1, "Ben Powell"
            if what == "split_seen_otherwise":
                written = "Ben and Ana"
            body = {"line": line, "side": "provider", "written": written}
            return await self.desk.post(f"/rounds/{self.id}/splits", body)
        if what == "preview":
            return await self.desk.get(f"/rounds/{self.id}/preview")
        if what.startswith("names"):
            member = uuid4() if what == "names_stranger" else self.co_op["ben"]
            names = {"names": [{"written": "Benny", "member": str(member)}]}
            return await self.put("names", names)
        columns = {"service_on": 0, "provider": 1, "receiver": 2, "duration": 3}
        body = {"mapping": {"columns": columns, "header": 1, "date_order": "dmy"}}
        if what == "mapping_column":
            body["mapping"]["columns"] = columns | {"receiver": 40}
        if what == "mapping_sheet":
            del body["mapping"]["columns"]["provider"]
        if what == "mapping_days":
            body |= {"from": "2026-11-30", "until": "2026-11-01"}
        seen = '"99"' if what == "mapping_old" else None
        return await self.put("mapping", body, seen)

    async def put(self, what, body, seen=None):
        if seen is None:
            seen = (await self.desk.get(f"/rounds/{self.id}")).headers["etag"]
        headers = self.desk.headers | {"if-match": seen}
        return await self.desk.client.put(
            f"{self.desk.base}/rounds/{self.id}/{what}", json=body, headers=headers
        )


async def everything(owner):
    """All that a refused request could have changed; requests and heartbeats apart."""
    tables = [
        "claim",
        "claim_event",
        "dispute",
        "transfer",
        "event",
        "paper_round",
        "paper_file",
        "paper_match",
    ]
    found = {table: await owner.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables}
    found["lines"] = await owner.fetch(
        "SELECT line_number, grade, state, decision, decision_id, provider_ids FROM paper_line ORDER BY 1"
    )
    found["decisions"] = await owner.fetch("SELECT * FROM paper_decision ORDER BY 3")
    return found


@pytest.mark.parametrize("arranged", ROWS)
async def test_what_nobody_can_do_with_a_round(
    desk,  # noqa: F811
    co_op,  # noqa: F811
    caller,
    people,
    owner,
    unlimited,
    arranged,
):
    round_ = Round(desk, co_op, caller, people)
    await getattr(round_, arranged)()
    before = await everything(owner)
    for of, asked, status, name in ROWS[arranged]:
        answer = await round_.asked(asked)
        if of == "-":
            assert problem(answer) == (int(status), name), (asked, answer.text)
            assert answer.json()["remedy"], asked
        else:
            assert answer.status_code == 200, (asked, answer.text)
            [line] = answer.json()["answers"]
            if name == "-":
                assert line["done"], (asked, line)
                continue
            assert (line.get("refusal"), line.get("status")) == (name, int(status)), (asked, line)
            assert line["remedy"] and not line["done"], asked
        assert await everything(owner) == before, asked


async def test_a_file_nobody_can_read_is_refused_whole(desk, owner, unlimited):  # noqa: F811
    for name, (content, reason, row, _) in broken_files().items():
        answer = await bring(desk, content)
        # What is larger than any list on paper is refused before anybody looks into it.
        if problem(answer) == (422, "round_too_long"):
            assert reason in ("too_many_rows", "workbook_too_large"), name
            continue
        assert problem(answer) == (422, "file_unreadable"), (name, answer.text)
        [mistake] = answer.json()["mistakes"]
        assert answer.json()["about"] == reason, name
        assert mistake["what"] and mistake["remedy"], name
        assert row is None or f"line {row}" in mistake["where"], name
    assert await owner.fetchval("SELECT count(*) FROM paper_round") == 0


async def test_a_list_that_is_no_round_is_refused(desk, owner):  # noqa: F811
    row = "13/11/2026,Ben Powell,Ana Rees,1h30,Shopping\n"
    assert problem(await bring(desk, HEADER + row * 20_001)) == (422, "round_too_long")
    assert problem(await bring(desk, HEADER + row * 200_001)) == (422, "round_too_long")
    answer = await bring(desk, HEADER + row, **{"from": "2026-11-30", "until": "2026-11-01"})
    assert problem(answer) == (400, "malformed_request")
    assert await owner.fetchval("SELECT count(*) FROM paper_round") == 0


async def test_so_many_rounds_are_open_and_no_more(desk, unlimited):  # noqa: F811
    for _ in range(20):
        assert (await bring(desk, SHEET)).status_code == 201
    assert problem(await bring(desk, SHEET)) == (409, "too_many_rounds")


def test_every_refusal_of_rounds_is_in_a_table():
    """The codes of rounds and lines all stand in a test; whoever adds one adds how to get it."""
    codes = {code for code in BY_CODE if code.startswith(("round_", "line_", "lines_"))}
    said = Path(__file__).read_text() + (Path(__file__).parent / "test_rounds.py").read_text()
    assert {code for code in codes if code not in said} == set()
