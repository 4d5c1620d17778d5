"""The desk's lists over HTTP: as a page, as a file for a spreadsheet, and what is said when they cannot be shown."""

import ast
import csv
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import pytest

import ledger
from api.web.desk.event_words import KINDS, NAMES
from ledger.people.roles import Role

FORMULA = '=HYPERLINK("http://elsewhere.example","Rosa")'
TODAY = datetime.now(UTC).date()
YESTERDAY, SOON = TODAY - timedelta(days=1), TODAY + timedelta(days=20)
FORM = {"content-type": "application/x-www-form-urlencoded"}


async def page(member, path, **more):
    return await member.client.get(f"/desk/oak{path}", headers=member.headers | more)


async def send(member, path, fields, **more):
    headers = member.headers | FORM | {"origin": "https://care.example.org"} | more
    return await member.client.post(f"/desk/oak{path}", content=urlencode(fields), headers=headers)


async def rows_of(member, path):
    """The file that a list is downloaded as: its lines, the first with the titles of the columns."""
    answer = await page(member, path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith('attachment; filename="oak-')
    text = answer.content.decode("utf-8-sig")
    assert all(line.endswith("\r\n") for line in text.splitlines(keepends=True))
    return list(csv.reader(StringIO(text)))


@pytest.fixture
async def keeper(people):
    return await people.coordinator()


async def test_a_list_is_a_file_in_which_no_name_is_a_formula(keeper, people):
    rosa = await people.member(FORMULA, email="rosa@example.org", phone="+44 1970 123456")
    await keeper.post(
        f"/members/{rosa.id}/clearances",
        {"kind": "police-check", "issued_on": str(YESTERDAY), "expires_on": str(SOON)},
    )
    await keeper.post("/proposals", {"action": "role", "member": str(rosa.id), "role": "auditor"})
    await keeper.post("/accounts", {"kind": "household", "code": "rosas", "name": FORMULA})

    [titles, _, member] = await rows_of(keeper, "/members?as=csv")
    assert titles[:3] == ["Number", "Name", "Status"]
    assert member == [
        "2",
        f"'{FORMULA}",
        "active",
        "2026-01-01",
        "2026-01-01",
        "",
        "rosa@example.org",
        "'+44 1970 123456",
    ]
    assert await rows_of(keeper, "/members?as=csv&status=left") == [titles]

    [_, clearance] = await rows_of(keeper, "/clearances?as=csv")
    assert clearance[:2] == [f"'{FORMULA}", "police-check"]
    [_, household] = await rows_of(keeper, "/households?as=csv")
    assert household == [f"'{FORMULA}", "rosas", "0.0", "False"]
    [_, proposal] = await rows_of(keeper, "/proposals?as=csv")
    assert proposal[:3] == ["a role", "waits for a second person", "Member A1"]

    [titles, *events] = await rows_of(keeper, "/trail?as=csv")
    assert titles == ["When", "Kind", "What", "Whom it is about", "By", "As", "Leaf"]
    said = {row[1]: row for row in events}
    assert said["clearance_recorded"][2] == f"A clearance of {FORMULA} was recorded: police-check."
    assert said["proposed"][2:5] == ["This was proposed: a role.", f"'{FORMULA}", "Member A1"]
    assert said["member_enrolled"][4:6] == ["the operator", "shell"]
    [_, *of_kind] = await rows_of(keeper, f"/trail?as=csv&kind=proposed&member={rosa.id}")
    assert [row[1] for row in of_kind] == ["proposed"]


async def test_a_file_says_who_did_it_by_name_and_has_titles_without_a_row(keeper):
    answer = await keeper.post("/periods", {"through": str(YESTERDAY)})
    assert answer.status_code == 201, answer.text
    [titles, period] = await rows_of(keeper, "/periods?as=csv")
    name = (await keeper.get("/me")).json()["name"]
    assert (titles[2], period[0], period[2]) == ("Closed by", str(YESTERDAY), name)
    for path in ("/disputes", "/requests", "/pots", "/audit", "/policy", "/journal"):
        assert len(await rows_of(keeper, f"{path}?as=csv")) == 1, path
    assert len(await rows_of(keeper, "/audit/trial-balance.csv")) >= 2
    assert len(await rows_of(keeper, "/accounts?as=csv")) >= 2


async def test_a_file_has_the_whole_list_from_whatever_page_it_is_asked_for(keeper, people):
    for number in range(2, 5):
        await people.enrol(f"Somebody {number}")
    second = await page(keeper, "/members?limit=2&after=2&status=active")
    assert "Somebody 3" in second.text
    assert "Somebody 2" not in second.text
    [as_csv, as_xlsx] = re.findall(r'href="([^"]+)" download', second.text)
    assert as_csv == "/desk/oak/members?status=active&amp;as=csv"
    assert as_xlsx == "/desk/oak/members?status=active&amp;as=xlsx"
    assert len(await rows_of(keeper, "/members?limit=2&after=2&as=csv")) == 5


async def test_an_auditor_reads_the_lists_without_a_name(people):
    auditor = await people.with_role(Role.AUDITOR)
    rosa = await people.member("Rosa Méndez", email="rosa@example.org")
    for path in (
        "/members",
        f"/members/{rosa.id}",
        "/trail",
        "/",
        "/households",
        "/clearances",
        "/proposals",
    ):
        answer = await page(auditor, path)
        assert answer.status_code == 200, path
        assert "Rosa" not in answer.text, path
        assert "rosa@" not in answer.text, path
    text = str(await rows_of(auditor, "/members?as=csv")) + str(await rows_of(auditor, "/trail?as=csv"))
    assert "Rosa" not in text
    assert "Member 2" in text
    refused = await page(auditor, "/members?as=csv&name=rosa")
    assert refused.status_code == 403
    assert refused.headers["content-type"].startswith("text/html")


async def test_what_cannot_be_shown_is_said_on_a_page_with_a_way_back(keeper, people):
    for path, status, words in (
        ("/nothing/like/this", 404, "There is nothing here"),
        (f"/members/{uuid4()}", 404, "There is nothing here"),
        ("/members/nobody/person", 404, "There is nothing here"),
    ):
        answer = await page(keeper, path)
        assert answer.status_code == status, path
        assert answer.headers["content-type"].startswith("text/html")
        assert f"<h1>{words}</h1>" in answer.text
        assert 'href="/desk/oak"' in answer.text
    # A filter that cannot be read: the page is there, and says so.
    answer = await page(keeper, "/trail?from=yesterday")
    assert answer.status_code == 200
    assert "This cannot be taken as it is written." in answer.text
    not_a_form = await keeper.client.post(
        "/desk/oak/members/new", json={}, headers=keeper.headers | {"origin": "https://care.example.org"}
    )
    assert not_a_form.status_code == 415
    assert not_a_form.headers["content-type"].startswith("text/html")


async def test_whoever_is_signed_out_keeps_what_they_typed(keeper, people):
    typed = {"key": str(uuid4()), "name": 'Rosa "the baker" <Méndez>'}
    await keeper.post("/sign-out")
    answer = await send(keeper, "/members/new", typed)
    assert answer.status_code == 401
    assert "What you typed is kept on this page." in answer.text
    assert 'name="name" value="Rosa &#34;the baker&#34; &lt;Méndez&gt;"' in answer.text
    assert f'name="key" value="{typed["key"]}"' in answer.text
    # But not for another site's page: its words would be sent as one's own.
    answer = await send(keeper, "/members/new", typed, origin="https://elsewhere.example")
    assert answer.status_code == 303
    another = await people.coordinator()
    answer = await send(another, "/members/new", typed, origin="https://elsewhere.example")
    assert answer.status_code == 403
    assert "baker" not in answer.text


def test_every_kind_of_event_there_is_has_its_words():
    kinds = set()
    for path in Path(ledger.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = {"Event": 0, "events_for": 1, "_told": 1, "_events": 0, "claim_events": 1}.get(
                    node.func.id
                )
                if place is not None and place < len(node.args):
                    kinds |= {
                        each.value for each in ast.walk(node.args[place]) if isinstance(each, ast.Constant)
                    }
    assert len(kinds) > 35
    # Those that end in a word from elsewhere: how a claim or a proposal ended.
    kinds = (kinds - {"claim_", "proposal_"}) | {
        "claim_declined",
        "claim_withdrawn",
        "proposal_declined",
        "proposal_withdrawn",
    }
    assert kinds - KINDS.keys() == set()
    assert KINDS.keys() - kinds == set()
    assert NAMES.keys() == KINDS.keys()
