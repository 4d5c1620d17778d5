"""The desk's pages of paper rounds and of balance assertions over HTTP, without a script."""

import asyncio
import csv
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from io import StringIO
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from ledger.people.roles import Role
from tests.api.test_rounds import logged

TODAY = datetime.now(UTC).date()


def ago(days):
    return TODAY - timedelta(days=days)


class Desk:
    """A browser without JavaScript, at the desk of the co-op. `at` is where the last answer led."""

    def __init__(self, member):
        self.member = member
        self.headers = member.headers | {"origin": "https://care.example.org"}

    async def open(self, path):
        return await self.member.client.get(f"/desk/oak{path}", headers=self.headers)

    async def send(self, path, fields, files=None):
        address = f"/desk/oak{path}"
        if files is not None:
            return await self.member.client.post(address, data=fields, files=files, headers=self.headers)
        headers = self.headers | {"content-type": "application/x-www-form-urlencoded"}
        return await self.member.client.post(address, content=urlencode(fields, doseq=True), headers=headers)

    async def follow(self, answer):
        """Where a form that went well led to, and the page there."""
        assert answer.status_code == 303, text_of(answer)
        path = answer.headers["location"].removeprefix("/desk/oak")
        return path, await self.open(path)


def text_of(answer):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def fields_of(answer, action):
    """What the form of that action would send as it stands: hidden and typed fields, and what is selected."""
    [form] = re.findall(
        rf'<form [^>]*action="/desk/oak{re.escape(action)}[^"]*"[^>]*>(.*?)</form>', answer.text, re.DOTALL
    )
    fields = {}
    for tag in re.findall(r"<input [^>]*>", form):
        said = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        if said.get("type") not in ("checkbox", "file") and "name" in said:
            fields[said["name"]] = unescape(said.get("value", ""))
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', options)
        fields[name] = unescape(chosen[0]) if chosen else ""
    return fields


@pytest.fixture
async def desk(people):
    return Desk(await people.coordinator())


@pytest.fixture
async def rosa(people):
    return await people.member("Rosa Méndez")


@pytest.fixture
async def ben(people):
    return await people.member("Ben Whittle")


async def bring(desk, text, source="Tuesday group", **more):
    answer = await desk.send(
        "/rounds/new",
        {"source": source, "key": str(uuid4())} | more,
        {"file": ("sheets.csv", text.encode(), "text/csv")},
    )
    return await desk.follow(answer)


async def matched(desk, path, page):
    """Press the button that says the reading is right, and wait for the lines."""
    fields = fields_of(page, f"{path}/reading") | {"do": "match"}
    where, page = await desk.follow(await desk.send(f"{path}/reading", fields))
    return await lines_after(desk, path, where)


async def lines_after(desk, path, where):
    """The lines, once the matching at that address is done."""
    assert where.startswith(f"{path}/matching/"), where
    for _ in range(100):
        page = await desk.open(where)
        if page.status_code == 303:
            return await desk.follow(page)
        assert "The lines are being matched" in page.text, text_of(page)
        await asyncio.sleep(0.1)
    raise AssertionError("the matching does not end")


async def decide(desk, path, line, deed, **more):
    fields = {"key": str(uuid4()), "deed": deed} | more
    return await desk.send(f"{path}/lines/{line}", fields)


def paper(*rows):
    """A list with days before the month's end first, so that no date can be read in two ways."""
    return "".join(f"{line}\n" for line in ("Giver;Receiver;Day;Hours;Activity", *rows))


async def test_a_file_becomes_a_signed_off_round_through_the_pages(desk, rosa, ben, people, caller):
    waits = await logged(caller, ben.id, rosa.id, str(ago(3)), 5400)
    longer = await logged(caller, ben.id, rosa.id, str(ago(2)), 3600)
    only = await logged(caller, await people.enrol("Cerys Jones"), ben.id, str(ago(2)), 1800)
    path, page = await bring(
        desk,
        paper(
            f"Ben Whittle;Rosa Mendez;{ago(3)};1:30;Shopping",
            f"Ben Whittle;Rosa Mendez;{ago(2)};1:10;Shopping",
            f"Whittle Ben;Rosa Mendez;{ago(1)};0:45;Shopping",
            f"Ben Whittle;Somebody Else;{ago(1)};2:00;Shopping",
        ),
    )
    assert "How “Tuesday group” is read" in text_of(page)
    assert "4 visits can be read like this." in text_of(page)
    path, page = await matched(desk, path, page)
    said = text_of(page)
    assert "To be decided (4)" in said and "Exact (1)" in said
    assert "people, day and length agree" in said and "the length differs" in said
    assert "“Whittle Ben” is Ben Whittle" in said and "“Ben Whittle” is" not in said
    assert "nobody is called as the receiver is" in said and "“Somebody Else” is" in said
    # What differs is said, and not by colour alone.
    assert re.search(
        r'<strong class="differs">1 h</strong> <span class="soft">\(not as on paper\)', page.text
    )

    # All that agree, with a yes.
    answer = await desk.send(f"{path}/accept", {"key": str(uuid4())})
    assert answer.status_code == 422 and "Please say that you have looked at them." in text_of(answer)
    answer = await desk.send(f"{path}/accept", {"key": str(uuid4()), "sure": "1"})
    assert "1 line was accepted." in text_of(answer) and "3 lines are still to be decided." in text_of(answer)
    assert (await desk.member.get(f"/claims/{waits}")).json()["claim"]["state"] == "posted"

    # A correction, what is missing, and what does not count; each refused at first.
    where, page = await desk.follow(await decide(desk, path, 2, "correct", show="probable"))
    assert where == f"{path}?show=probable&told=decided" and "Decided." in text_of(page)
    assert (await desk.member.get(f"/claims/{longer}")).json()["claim"]["state"] == "withdrawn"
    page = await desk.open(path)
    log_it = {"giver": "Ben Whittle", "receiver": "Nobody", "day": str(ago(1)), "length": "0:45"}
    answer = await decide(desk, path, 3, "create", activity="shopping", **log_it)
    assert answer.status_code == 422 and "Nobody is called so." in text_of(answer)
    answer = await decide(
        desk, path, 3, "create", activity="shopping", **log_it | {"receiver": "Rosa Méndez"}
    )
    await desk.follow(answer)
    answer = await decide(desk, path, 4, "set_aside")
    assert answer.status_code == 422 and "Please fill this in." in text_of(answer)
    await desk.follow(await decide(desk, path, 4, "set_aside", reason="Not one of ours."))
    # Undone, and done again.
    await desk.follow(await decide(desk, path, 4, "undo"))
    assert "Sign it off" not in text_of(await desk.open(path))
    await desk.follow(await decide(desk, path, 4, "set_aside", reason="Not one of ours."))
    page = await desk.open(f"{path}?show=decided")
    assert "Not one of ours." in text_of(page) and "Sign it off" in text_of(page)
    page = await desk.open(f"{path}?show=ledger")
    assert f"/claims/{only}" in page.text and f"/claims/{waits}" not in page.text

    page = await desk.open(f"{path}/sign-off")
    said = text_of(page)
    assert "Hours on paper 5 h 25 min of them set aside 2 h Hours in the ledger 3 h 25 min" in said
    assert "Difference 0" in said and "Only in the ledger 1, 30 min" in said
    _, page = await desk.follow(await desk.send(f"{path}/sign-off", {"key": str(uuid4())}))
    said = text_of(page)
    # Nothing is to be decided any more: it opens on all its lines.
    assert "To be decided" not in (ended := text_of(await desk.open(path))) and "Not one of ours." in ended
    assert "signed off" in said and "SHA-256 of the file" in said and "Only in the ledger 1, 30 min" in said
    assert re.search(r"Tuesday group.* signed off", text_of(await desk.open("/rounds?state=signed_off")))
    answer = await decide(desk, path, 4, "undo")
    assert answer.status_code == 422


async def test_what_can_be_read_in_two_ways_is_asked_on_the_page(desk, rosa, ben):
    path, page = await bring(desk, "Giver;Receiver;Day;Hours\nBen Whittle;Rosa Méndez;03/04/2026;1:30\n")
    said = text_of(page)
    assert "What must be said first" in said
    assert "“03/04/2026”: is this" in said and "3 Apr 2026" in said and "4 Mar 2026" in said
    assert "This is right: match it" not in said
    fields = fields_of(page, f"{path}/reading")
    # Not answered: it stays where it is.
    where, page = await desk.follow(await desk.send(f"{path}/reading", fields | {"do": "match"}))
    assert where.startswith(f"{path}/reading") and "What must be said first" in text_of(page)
    fields = fields_of(page, f"{path}/reading") | {"date_order": "dmy", "do": "look"}
    where, page = await desk.follow(await desk.send(f"{path}/reading", fields))
    assert "1 visit can be read like this." in text_of(page)
    stale = await desk.send(f"{path}/reading", fields)
    assert stale.status_code == 422
    # Two columns for the same thing.
    wrong = fields_of(page, f"{path}/reading")
    wrong |= {"column-0": "receiver", "column-1": "receiver", "do": "look"}
    answer = await desk.send(f"{path}/reading", wrong)
    assert answer.status_code == 422 and "Two columns cannot hold the same." in text_of(answer)


async def test_a_name_that_fits_two_is_chosen_and_remembered(desk, rosa, ben, people, caller):
    other = await people.enrol("Rosa Lloyd")
    await logged(caller, ben.id, other, str(ago(2)), 3600)
    rows = paper(f"Ben Whittle;Rosa;{ago(2)};1:00;Shopping")
    path, page = await bring(desk, rows)
    path, page = await matched(desk, path, page)
    assert "several members are called as the receiver is" in text_of(page)
    assert "Rosa Lloyd (" in page.text
    fields = fields_of(page, f"{path}/names")
    answer = await desk.send(f"{path}/names", fields)
    assert answer.status_code == 422 and "Please say whom at least one of the names means." in text_of(answer)
    [choice] = set(re.findall(r'<option value="(Rosa Lloyd \(\d+\))">', page.text))
    where, _ = await desk.follow(await desk.send(f"{path}/names", fields | {"member-0": choice}))
    _, page = await lines_after(desk, path, where)
    assert "Exact (1)" in text_of(page)


async def test_two_helpers_on_a_line_get_a_line_each_by_one_button(desk, rosa, ben, people, caller):
    dan = await people.enrol("Dan Whittle")
    for each in (ben.id, dan):
        await logged(caller, each, rosa.id, str(ago(2)), 7200)
    path, page = await bring(desk, paper(f"Ben & Dan Whittle;Rosa Méndez;{ago(2)};2:00;Shopping"))
    path, page = await matched(desk, path, page)
    assert "two givers stand on one line: split it, or say whom it means" in text_of(page)
    assert "A line for each, with 2 h" in text_of(page)
    fields = fields_of(page, f"{path}/split")
    assert (await desk.send(f"{path}/split", fields | {"side": "activity"})).status_code == 404
    where, _ = await desk.follow(await desk.send(f"{path}/split", fields))
    _, page = await lines_after(desk, path, where)
    assert "Exact (2)" in text_of(page) and "two givers" not in text_of(page)
    answer = await desk.send(f"{path}/split", fields)
    assert answer.status_code == 422 and "Somebody else changed this round" in text_of(answer)


async def test_a_missing_visit_is_logged_by_its_own_words_and_what_lacks_is_named(desk, rosa, ben):
    rows = paper(f"Ben Whittle;Rosa Méndez;{ago(2)};1:00;買い物", f"Ben Whittle;Rosa Méndez;{ago(3)};1:00;")
    path, page = await matched(desk, *await bring(desk, rows))
    assert '<datalist id="activities">' in page.text and "Please choose" not in page.text
    assert re.findall(r'id="activity-\d"[^>]* value="([^"]*)"', page.text) == ["買い物", ""]
    sure = {"giver": "Ben Whittle", "receiver": "Rosa Méndez"}
    await desk.follow(await decide(desk, path, 1, "create", **sure, activity="買い物"))
    [claim] = (await desk.member.get("/claims")).json()["claims"]
    assert claim["activity"] == "買い物"
    answer = await decide(desk, path, 2, "create", **sure)
    assert answer.status_code == 422 and "Write what was done, such as shopping." in text_of(answer)
    answer = await decide(desk, path, 2, "create", receiver="Rosa Méndez", activity="Shopping")
    await desk.follow(answer)  # what the form leaves out is taken from the line
    page = await desk.open(f"{path}?show=all")
    assert "To be decided (0)" in text_of(page) and "Nothing found (0)" in text_of(page)


async def test_only_what_a_line_lacks_is_asked_for(desk, rosa, ben):
    rows = paper(f"Somebody Else;Rosa Méndez;{ago(2)};1:00;Shopping")
    path, _ = await matched(desk, *await bring(desk, rows))
    answer = await decide(desk, path, 1, "create", receiver="Rosa Méndez", activity="Shopping")
    assert answer.status_code == 422
    assert "The line does not say all that this needs. Please fill in: giver." in text_of(answer)


async def test_a_correction_another_must_decide_is_told_and_stands_at_the_sign_off(
    desk, rosa, ben, people, caller
):
    claim = await logged(caller, ben.id, rosa.id, str(ago(2)), 3600, confirmed=True)
    await people.coordinator()
    path, _ = await matched(
        desk, *await bring(desk, paper(f"Ben Whittle;Rosa Méndez;{ago(2)};0:50;Shopping"))
    )
    where, page = await desk.follow(await decide(desk, path, 1, "correct"))
    assert where.endswith("told=waits") and "once another co-ordinator decides the dispute" in text_of(page)
    assert "its dispute is still to be decided" in text_of(await desk.open(f"{path}?show=decided"))
    said = text_of(await desk.open(f"{path}/sign-off"))
    assert "1 correction waits: its dispute is still to be decided" in said
    assert "Difference +10 min (0 min once the disputes are decided as on paper)" in said
    assert (await desk.member.get(f"/claims/{claim}")).json()["claim"]["state"] == "disputed"


async def test_a_round_whose_file_is_gone_says_so_and_can_be_given_up(desk, rosa, ben, owner):
    path, _ = await bring(desk, paper(f"Ben Whittle;Rosa Méndez;{ago(2)};1:00;Shopping"))
    await owner.execute("DELETE FROM paper_file")
    page = await desk.open(path)
    assert page.status_code == 409 and "The file of this round is not kept any more" in text_of(page)
    _, page = await desk.follow(
        await desk.send(f"{path}/abandonment", fields_of(page, f"{path}/abandonment"))
    )
    assert "The round is abandoned." in text_of(page)


async def test_a_visit_that_is_only_near_is_corrected_to_what_the_paper_says(desk, rosa, ben, people, caller):
    other = await people.enrol("Rosa Lloyd")
    near = await logged(caller, ben.id, other, str(ago(2)), 3600)
    path, page = await bring(desk, paper(f"Ben Whittle;Rosa;{ago(2)};1:10;Shopping"))
    path, page = await matched(desk, path, page)
    assert "It is this one" in text_of(page) and "Correct to 1 h 10 min" in text_of(page)
    await desk.follow(await decide(desk, path, 1, "correct", record=near))
    assert (await desk.member.get(f"/claims/{near}")).json()["claim"]["state"] == "withdrawn"
    page = await desk.open(f"{path}?show=decided")
    [made] = re.findall(r'/claims/([0-9a-f-]{36})">The claim', page.text)
    claim = (await desk.member.get(f"/claims/{made}")).json()["claim"]
    assert (claim["receiver"], claim["seconds"]) == (str(other), 4200)


async def test_a_list_is_typed_or_pasted_instead(desk, rosa, ben):
    fields = {"source": "Ben's notes", "key": str(uuid4())}
    lines = f"Ben Whittle; Rosa Méndez; {ago(2)}; 1:30\nBen Whittle; Rosa Méndez; {ago(1)}; 0:30\n"
    answer = await desk.send("/rounds/new", fields)
    assert answer.status_code == 422 and "Choose a file, or type the visits below." in text_of(answer)
    both = {"file": ("a.csv", b"a", "text/csv")}
    answer = await desk.send("/rounds/new", fields | {"lines": lines}, both)
    assert answer.status_code == 422 and "not both" in text_of(answer)
    _, page = await desk.follow(await desk.send("/rounds/new", fields | {"lines": lines}))
    assert "2 visits can be read like this." in text_of(page), text_of(page)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"\x00\x01\x02\x03", "an invisible character"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe\x00", "The file is neither text nor a spreadsheet."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "Excel 2003"),
        (b"PK\x03\x04 broken", "damaged"),
        (b"\n\n", "There is no line with anything on it."),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_beside_its_field(desk, content, words):
    answer = await desk.send(
        "/rounds/new", {"source": "x", "key": str(uuid4())}, {"file": ("a.xlsx", content, "text/csv")}
    )
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert 'id="file-problem"' in answer.text
    assert (await desk.member.get("/rounds")).json()["rounds"] == []


async def test_the_lines_are_a_file_in_which_nothing_is_a_formula(desk, rosa, ben):
    path, page = await bring(desk, paper(f"=1+1;Rosa Méndez;{ago(2)};1:00;@SUM"))
    await matched(desk, path, page)
    answer = await desk.open(f"{path}?as=csv&show=decided")
    [titles, line] = csv.reader(StringIO(answer.content.decode("utf-8-sig")))
    assert titles[1:3] == ["Giver on paper", "Receiver on paper"]
    assert (line[1], line[5]) == ("'=1+1", "'@SUM")
    rows = list(csv.reader(StringIO((await desk.open("/rounds?as=csv")).content.decode("utf-8-sig"))))
    assert rows[1][:2] == ["Tuesday group", "sheets.csv"]


async def test_an_auditor_reads_rounds_without_names_and_decides_nothing(desk, rosa, ben, people):
    path, page = await bring(desk, paper(f"Ben Whittle;Rosa Méndez;{ago(2)};1:00;Shopping"))
    await matched(desk, path, page)
    auditor = Desk(await people.with_role(Role.AUDITOR))
    page = await auditor.open(f"{path}?show=all")
    assert page.status_code == 200
    assert "Rosa" not in page.text and "Accept" not in text_of(page)
    assert (await decide(auditor, path, 1, "set_aside", reason="x")).status_code == 422
    assert (await auditor.open("/rounds/assertions")).status_code == 200
    # Whose paper it is, and what its file is called, may be names too.
    for address in (path, "/rounds", "/rounds?as=csv", f"{path}/sign-off"):
        page = await auditor.open(address)
        assert page.status_code == 200, address
        assert "Tuesday group" not in page.text and "sheets.csv" not in page.text, address
    assert "Tuesday group" in (await desk.open("/rounds")).text
    reading, _ = await bring(desk, paper(f"Ben Whittle;Rosa Méndez;{ago(3)};1:00;Shopping"))
    page = await auditor.open(reading.removesuffix("/reading"))
    assert page.status_code == 200 and "Tuesday group" not in page.text


async def test_an_abandoned_round_says_so(desk, rosa, ben):
    path, _ = await bring(desk, paper(f"Ben Whittle;Rosa Méndez;{ago(2)};1:00;Shopping"))
    _, page = await desk.follow(await desk.send(f"{path}/abandonment", {"key": str(uuid4())}))
    assert "The round is abandoned." in text_of(page)
    assert "Abandon it" not in text_of(page)


# --- assertions ---------------------------------------------------------------------------------------------------


async def test_a_passbook_is_written_down_and_shown_beside_the_books(desk, rosa, ben, people):
    form = {
        "account": "Rosa Méndez",
        "on": str(ago(1)),
        "balance": "2:30",
        "source": "passbook",
        "note": "p. 3",
    }
    key = str(uuid4())
    path, page = await desk.follow(await desk.send("/rounds/assertions/new", form | {"key": key}))
    assert path == f"/rounds/assertions/{key}?told=written"
    said = text_of(page)
    assert "It differs: a passbook says 2 h 30 min, and 0 min was recorded by then." in said
    assert "p. 3" in said and "never: the entries are shown from the opening on" in said
    assert "<circle cx=" in page.text
    again = await desk.send("/rounds/assertions/new", form | {"key": str(uuid4())})
    assert again.status_code == 422 and "This was asserted before" in text_of(again)
    page = await desk.open("/rounds/assertions")
    assert "Rosa Méndez" in page.text and "differs" in text_of(page)
    path, page = await desk.follow(
        await desk.send(f"/rounds/assertions/{key}/withdrawal", {"key": str(uuid4())})
    )
    assert "It was withdrawn by" in text_of(page)
    [_, row] = csv.reader(
        StringIO((await desk.open("/rounds/assertions?as=csv")).content.decode("utf-8-sig"))
    )
    assert row[1:3] == [str(ago(1)), "2.5"]


async def test_what_came_late_and_what_remains_stand_beside_the_difference(desk, rosa, ben, caller):
    await logged(caller, ben.id, rosa.id, str(ago(2)), 3600, confirmed=True)
    form = {"account": "Ben Whittle", "on": str(ago(1)), "balance": "1:15", "source": "passbook"}
    _, page = await desk.follow(await desk.send("/rounds/assertions/new", form | {"key": str(uuid4())}))
    assert "Difference +1 h 15 min Came late +1 h Difference that remains +15 min" in text_of(page)
    assert "+1 h 15 min +15 min remains" in text_of(await desk.open("/rounds/assertions"))


async def test_an_account_is_found_as_people_name_it(desk, rosa, ben, people):
    await people.enrol("Rosa Lloyd")
    form = {"on": str(ago(1)), "balance": "0", "source": "bank"}
    answer = await desk.send("/rounds/assertions/new", form | {"account": "Rosa", "key": str(uuid4())})
    assert answer.status_code == 422 and "Several accounts are meant by this. Choose one." in text_of(answer)
    [choice] = set(re.findall(r'<option value="(Rosa Lloyd \([a-z0-9-]+\))">', answer.text))
    named = form | {"account": "Rosa", "account-choice": choice}
    _, page = await desk.follow(await desk.send("/rounds/assertions/new", named | {"key": str(uuid4())}))
    assert "Rosa Lloyd" in page.text and "It holds: both say 0 min." in text_of(page)
    number = (await desk.member.get(f"/members/{ben.id}")).json()["number"]
    _, page = await desk.follow(
        await desk.send("/rounds/assertions/new", form | {"account": str(number), "key": str(uuid4())})
    )
    assert "Ben Whittle" in page.text
    for odd, words in (
        ({"account": "Nobody"}, "No account is called so."),
        ({"account": "Rosa Méndez", "balance": "much"}, "Please write how long"),
        ({"account": "Rosa Méndez", "on": str(ago(-1))}, "The day is not over yet."),
        ({"account": "Rosa Méndez", "source": "rumour"}, "Please choose where it was read."),
    ):
        answer = await desk.send("/rounds/assertions/new", form | odd | {"key": str(uuid4())})
        assert answer.status_code == 422 and words in text_of(answer), odd


async def test_a_list_of_balances_is_read_corrected_and_written_down_once(desk, rosa, ben):
    numbers = [(await desk.member.get(f"/members/{each.id}")).json()["number"] for each in (rosa, ben)]
    text = f"No.;Day;Hours\n{numbers[0]};05/04/2026;0\n{numbers[1]};06/04/2026;12,5\n999;06/04/2026;1:00\n"
    fields = {"source": "other_books", "key": str(uuid4()), "do": "read"}
    answer = await desk.send("/rounds/assertions/file", fields)
    assert answer.status_code == 422 and "Please choose a file." in text_of(answer)
    answer = await desk.send(
        "/rounds/assertions/file", fields, {"file": ("b.csv", text.encode(), "text/csv")}
    )
    assert "Please say how it is meant." in text_of(answer) and "b.csv is chosen" in text_of(answer)
    kept = dict(re.findall(r'name="(kept\w*)" value="([^"]+)"', answer.text))
    said = fields | kept | {"date_order": "dmy", "unit": "hours", "decimal": "comma"}
    answer = await desk.send("/rounds/assertions/file", said, {})
    assert "Write down 2 balances" in text_of(answer), text_of(answer)
    assert "No account has this code, and no member this number." in text_of(answer)
    _, page = await desk.follow(await desk.send("/rounds/assertions/file", said | {"do": "write"}))
    assert "The list is written down" in text_of(page) and "12 h 30 min" in text_of(page)
    again = await desk.send("/rounds/assertions/file", said | {"do": "write", "key": str(uuid4())})
    assert "It was asserted before." in text_of(again) and 'value="write"' not in again.text
    twice = f"{numbers[0]};2026-05-04;1:00\n{numbers[0]};2026-05-04;2:00\n{numbers[1]};2026-05-04;0:00\n" * 2
    answer = await desk.send(
        "/rounds/assertions/file", fields, {"file": ("b.csv", twice.encode(), "text/csv")}
    )
    assert "Another line says something else of this account and day." in text_of(answer)
    assert "Write down 1 balance" in text_of(answer)
    broken = await desk.send("/rounds/assertions/file", fields | {"kept": "no base64!"})
    assert broken.status_code == 422
