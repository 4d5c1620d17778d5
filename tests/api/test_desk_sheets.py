"""The desk's grid for paper sheets over HTTP: reading what people write, refusals beside their row, nothing twice."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from api.web.desk.sheet_rows import read_day
from api.web.forms import read_duration
from tests.api.test_claims import log

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)
THURSDAY = date(2026, 11, 26)


@pytest.fixture
async def desk(people):
    return Desk(await people.coordinator())


class Desk:
    """A co-ordinator's browser without JavaScript, at the desk of the co-op."""

    def __init__(self, member):
        self.member = member
        self.headers = member.headers | {"origin": "https://care.example.org"}

    async def open(self, path):
        return await self.member.client.get(f"/desk/oak{path}", headers=self.headers)

    async def send(self, path, fields):
        headers = self.headers | {"content-type": "application/x-www-form-urlencoded"}
        return await self.member.client.post(
            f"/desk/oak{path}", content=urlencode(fields, doseq=True), headers=headers
        )

    async def claims(self):
        return (await self.member.get("/claims?limit=200")).json()["claims"]


def sheet(*rows, do="save", **more):
    """The fields of a grid: each row giver, receiver and length, and what else it says."""
    fields = {"default_day": str(YESTERDAY), "default_activity": "shopping", "signed": "1", "do": do} | more
    for place, (giver, receiver, length, *rest) in enumerate(rows, 1):
        said = rest[0] if rest else {}
        row = {"giver": giver, "receiver": receiver, "length": length, "key": uuid4()} | said
        fields |= {f"{column}-{place}": value for column, value in row.items()}
    return fields


def text_of(answer):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1,5", 5400),
        ("1.5", 5400),
        ("1:30", 5400),
        ("1h30", 5400),
        ("1 h 30 min", 5400),
        ("90 min", 5400),
        ("90m", 5400),
        ("90'", 5400),
        ("2", 7200),
        ("2 hours", 7200),
        (" 0,25 h ", 900),
        ("250 h", 900_000),
        ("1:75", None),
        ("1.5.2", None),
        ("half an hour", None),
        ("", None),
    ],
)
def test_how_long_is_read_as_people_write_it(written, seconds):
    assert read_duration(written) == seconds


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("26", THURSDAY),
        ("27", date(2026, 10, 27)),
        ("31", date(2026, 10, 31)),
        ("3/11", date(2026, 11, 3)),
        ("3.11.", date(2026, 11, 3)),
        ("24/12", date(2025, 12, 24)),
        ("29/2", date(2024, 2, 29)),
        ("3-11-26", date(2026, 11, 3)),
        ("3/11/2026", date(2026, 11, 3)),
        ("2026-11-03", date(2026, 11, 3)),
        ("2026-11", None),
        ("31/2", None),
        ("0", None),
        ("123", None),
        ("Tuesday", None),
    ],
)
def test_a_day_is_the_latest_that_it_can_mean(written, day):
    assert read_day(written, THURSDAY) == day


def test_where_the_month_comes_first_it_is_read_so():
    assert read_day("11/3", THURSDAY, month_first=True) == date(2026, 11, 3)
    assert read_day("2026/11/3", THURSDAY, month_first=True) == date(2026, 11, 3)


async def test_each_row_is_checked_and_saved_on_its_own_and_what_is_refused_stays(desk, people):
    ana, ben = await people.member("Ana Silva"), await people.member("Ben Okri")
    await people.enrol("Rosa Méndez")
    await people.enrol("Rosa Weiss")
    rows = [
        ("2", "Ben Okri", "1,5"),
        ("ben OKRI (3)", "#2", "90 min", {"day": YESTERDAY.strftime("%d/%m"), "note": "Milk"}),
        ("Rosa", "Ben Okri", "1:30"),
        ("Rosa Mendez", "Nobody Here", "1.5"),
        ("Ana Silva (3)", "Ben Okri", "1h30"),
        ("Ana Silva", "Ana Silva", "1"),
        ("Ana Silva", "Ben Okri", "250 h"),
        ("Ana Silva", "Ben Okri", "soon"),
        ("Ana Silva", "Ben Okri", "1", {"day": str(TODAY + timedelta(days=2))}),
    ]
    fields = sheet(*rows, do="check")
    checked = await desk.send("/sheets", fields)
    assert checked.status_code == 422
    said = text_of(checked)
    assert "7 rows need another look" in said
    assert "Row 3 : Several members are called so. Choose the one you mean." in said
    assert "joined" in said and '<option value="Rosa Weiss (5)">' in checked.text
    assert "Row 4 : Nobody is called so. Write the name or the member's number." in said
    assert "Row 8 : Write how long, such as 1:30, 90 min or 1.5." in said
    assert await desk.claims() == []
    saved = await desk.send("/sheets", fields | {"do": "save"})
    claims = await desk.claims()
    assert saved.status_code == 422 and "2 rows were saved." in text_of(saved)
    assert {(each["provider"], each["receiver"], each["seconds"], each["state"]) for each in claims} == {
        (str(ana.id), str(ben.id), 5400, "posted"),
        (str(ben.id), str(ana.id), 5400, "posted"),
    }
    assert {each.get("note") for each in claims} == {None, "Milk"}
    kept = dict(re.findall(r'name="(giver-\d+|key-\d+)" (?:type="text" )?value="([^"]*)"', saved.text))
    assert (
        "giver-1" not in kept and kept["giver-4"] == "Rosa Méndez (4)" and kept["giver-8"] == "Ana Silva (2)"
    )
    chosen = await desk.send(
        "/sheets",
        sheet(("Rosa", "Ben Okri", "1:30", {"giver-1-choice": "", "key": uuid4()}))
        | {"giver-1-choice": "Rosa Weiss (5)"},
    )
    assert chosen.status_code == 200 and "All of this sheet is saved: 1 h 30 min." in text_of(chosen)


async def test_what_was_done_is_kept_as_it_is_written_in_any_script(desk, people):
    await people.enrol("Ana Silva")
    await people.enrol("Ben Okri")
    rows = [("2", "3", "1", {"activity": each}) for each in ("買い物", "ｶﾞｰﾃﾞﾆﾝｸﾞ", "Help at home")]
    saved = await desk.send("/sheets", sheet(*rows))
    assert saved.status_code == 200, text_of(saved)
    claims = await desk.claims()
    assert {each["activity"] for each in claims} == {"買い物", "ガーデニング", "help-at-home"}
    refused = await desk.send("/sheets", sheet(("2", "3", "2", {"activity": "♥"})))
    assert refused.status_code == 422 and "Write what was done, such as shopping." in text_of(refused)


async def test_part_of_a_name_is_asked_about_before_anything_is_saved(desk, people):
    await people.enrol("Ana Silva")
    await people.enrol("Mariana Costa")
    fields = sheet(("Mariana", "Ana Silva", "1"))
    asked = await desk.send("/sheets", fields)
    assert asked.status_code == 422 and await desk.claims() == []
    assert "Not saved yet. Look at the names" in text_of(asked)
    assert 'value="Mariana Costa (3)"' in asked.text
    saved = await desk.send("/sheets", fields | {"giver-1": "Mariana Costa (3)"})
    assert saved.status_code == 200 and len(await desk.claims()) == 1


async def test_a_sheet_sent_again_after_its_answer_was_lost_is_saved_once(desk, people):
    await people.enrol("Ana Silva")
    await people.enrol("Ben Okri")
    fields = sheet(("2", "3", "1"), ("3", "2", "2"), says="3")
    for _ in range(2):
        answer = await desk.send("/sheets", fields)
        assert answer.status_code == 200, text_of(answer)
        assert "All of this sheet is saved: 3 h. The paper and the rows agree: 3 h." in text_of(answer)
    assert len(await desk.claims()) == 2
    assert "Saved already. It will not be saved twice." in text_of(
        await desk.send("/sheets", fields | {"do": "check"})
    )
    changed = await desk.send("/sheets", fields | {"length-2": "2:30", "says": ""})
    assert "This row was saved before you changed it: Ben Okri for Ana Silva, 2 h on" in text_of(changed)
    assert len(await desk.claims()) == 2


async def test_nothing_is_saved_while_the_sum_on_the_paper_differs(desk, people):
    await people.enrol("Ana Silva")
    await people.enrol("Ben Okri")
    fields = sheet(("2", "3", "1"), ("3", "2", "2"), says="3:30")
    answer = await desk.send("/sheets", fields)
    assert "The paper says 3 h 30 min and the rows make 3 h: 30 min are missing." in text_of(answer)
    assert "Nothing was saved, because the sums differ." in text_of(answer) and await desk.claims() == []
    assert "30 min are too many" in text_of(await desk.send("/sheets", fields | {"says": "2,5"}))
    assert "Please write how long" in text_of(await desk.send("/sheets", fields | {"says": "a lot"}))
    assert (await desk.send("/sheets", fields | {"says": "3"})).status_code == 200


async def test_a_row_typed_twice_is_pointed_at_and_a_refused_one_gets_a_new_id(desk, people, owner):
    await people.enrol("Ana Silva")
    await people.enrol("Ben Okri")
    fields = sheet(("2", "3", "1"), ("2", "3", "1"), ("2", "3", "25"), do="check")
    answer = await desk.send("/sheets", fields)
    assert "The same as row 1. Was it given twice?" in text_of(answer)
    keys = dict(re.findall(r'name="(key-\d)" value="([^"]*)"', answer.text))
    assert keys["key-1"] == str(fields["key-1"]) and keys["key-3"] != str(fields["key-3"])


async def test_rows_are_added_without_losing_what_was_typed_up_to_a_hundred(desk, people):
    await people.enrol("Ana Silva")
    fields = sheet(*[("Ana", "nobody", "?", {"note": "<b>"})] * 95, do="add")
    answer = await desk.send("/sheets", fields)
    assert answer.text.count('name="giver-') == 100 and answer.text.count('value="&lt;b&gt;"') == 95
    assert 'value="add"' not in answer.text
    assert "Nothing is written yet" in text_of(await desk.send("/sheets", sheet()))


async def test_a_hundred_rows_are_one_request_of_their_sender(desk, people):
    await people.enrol("Ana Silva")
    await people.enrol("Ben Okri")
    pair = ["2", "3"]
    rows = [
        (*pair[:: 1 - 2 * (n % 2)], "0:15", {"day": str(TODAY - timedelta(days=1 + n // 10))})
        for n in range(100)
    ]
    assert (await desk.send("/sheets", sheet(*rows, do="check"))).status_code == 200
    saved = await desk.send("/sheets", sheet(*rows))
    assert "100 rows were saved." in text_of(saved), text_of(saved)


async def test_a_formula_in_a_note_goes_out_as_text(desk, people):
    ana, ben = await people.member("=Ana"), await people.member("Ben Okri")
    await log(ben, ben, ana, note='=HYPERLINK("http://example.org")')
    csv = (await desk.open("/claims?as=csv")).text
    assert "'=HYPERLINK" in csv and ",'=Ana," in csv


async def test_only_a_co_ordinator_is_shown_a_grid(people):
    auditor = Desk(await people.with_role("auditor"))
    assert "Sheets are typed by a co-ordinator." in text_of(await auditor.open("/sheets"))
    answer = await auditor.send("/sheets", sheet(("1", "1", "1")))
    assert answer.status_code in (403, 422)


async def test_claims_are_filtered_by_a_name_and_two_of_one_name_are_asked_about(desk, people):
    ana = await people.member("Ana Silva")
    rosa, other = await people.member("Rosa Méndez"), await people.member("Rosa Weiss")
    await log(ana, ana, rosa)
    await log(ana, ana, other, seconds=1800)
    asked = await desk.open("/claims?state=&who=Rosa")
    assert asked.status_code == 200 and "Several members are called so." in text_of(asked)
    assert "Ana Silva for" not in text_of(asked)
    chosen = await desk.open("/claims?state=&who=Rosa&who-choice=Rosa+Weiss+(4)")
    assert chosen.status_code == 303
    assert chosen.headers["location"] == f"/desk/oak/claims?state=&member={other.id}"
    shown = text_of(await desk.open(f"/claims?state=&member={other.id}"))
    assert "Ana Silva for Rosa Weiss" in shown and "Ana Silva for Rosa Méndez" not in shown
    assert "Nobody is called so." in text_of(await desk.open("/claims?who=Zoltan"))
    nothing = await desk.send("/claims", {"key": uuid4()})
    assert nothing.status_code == 422 and "Tick the claims you want to confirm." in text_of(nothing)


async def test_a_list_in_every_state_stays_so_on_its_next_page_and_as_csv(desk, people):
    ana, ben = await people.member("Ana Silva"), await people.member("Ben Okri")
    for place in range(3):
        claim, _ = await log(ben, ben, ana, seconds=900 + 60 * place)
        await ana.post(f"/claims/{claim}/refusal", {"reason": "No"})
    first = await desk.open("/claims?state=&limit=2")
    [following] = re.findall(r'rel="next" href="([^"]*)"', first.text)
    second = await desk.member.client.get(unescape(following), headers=desk.headers)
    assert text_of(second).count("Ben Okri for Ana Silva") == 1
    [csv] = re.findall(r'href="([^"]*as=csv[^"]*)"', first.text)
    lines = (await desk.member.client.get(unescape(csv), headers=desk.headers)).text.splitlines()
    assert len(lines) == 4
    assert "Nothing waits to be confirmed." in text_of(await desk.open("/claims"))


async def test_an_auditor_reads_all_of_it_without_names_notes_or_deeds(people):
    ana, ben = await people.member("Ana Silva"), await people.member("Ben Okri")
    coordinator, auditor = await people.coordinator(), Desk(await people.with_role("auditor"))
    claim, _ = await log(ben, ben, ana, note="The key is under the mat")
    await ana.post(f"/claims/{claim}/confirmation", {})
    dispute, wished, pot = uuid4(), uuid4(), uuid4()
    await ana.post(f"/claims/{claim}/disputes", {"statement": "It was shorter"}, key=dispute)
    care = {"receiver": str(ana.id), "activity": "shopping", "care_on": str(TODAY), "seconds": 900}
    await ana.post("/care-requests", care, key=wished)
    await coordinator.post("/accounts", {"kind": "pot", "code": "pot"}, key=pot)
    for path in (
        "/claims?state=",
        f"/claims/{claim}",
        "/disputes",
        f"/disputes/{dispute}",
        "/requests",
        f"/requests/{wished}",
        "/pots",
        f"/pots/{pot}",
    ):
        page = await auditor.open(path)
        assert page.status_code == 200, (path, text_of(page))
        assert 'method="post" action="/desk' not in page.text, path
        assert not re.search("Ana Silva|Ben Okri|under the mat|It was shorter", page.text), path
        if "pot" not in path:
            assert "Member 1" in page.text, path
