"""Statements over HTTP: what they say, who may read them, every form, what is refused, and that they verify."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pypdf
import pytest

from ledger.log.statement_checks import verify_statement
from ledger.log.trust import Trust, render_trust
from ledger.people.roles import Role, Scope
from tests.api.conftest import Caller, a_token, adjust, care, gift, kind_of, problem
from tests.api.test_claims import log

TODAY = {"from": str(date(2026, 1, 1)), "until": str(datetime.now(UTC).date())}


def trust_of(app, *communities):
    keys = app.state.ledger.keys
    made = render_trust({each.issuer for each in communities}, keys, [each.origin for each in communities])
    import json

    return Trust.from_json(json.dumps(made).encode())


@pytest.fixture
async def ana(people):
    return await people.member("Ana Pérez", languages=("es",))


@pytest.fixture
async def ben(people):
    return await people.member("Ben Iles")


@pytest.fixture
async def carla(people):
    return await people.coordinator()


@pytest.fixture
async def bank(caller):
    return await caller.open("issuance")


@pytest.fixture
async def lived(caller, bank, ana, ben):
    """Ana earned two hours, gave half an hour to Ben, and was corrected by a quarter."""
    for body in (
        care(bank, ana.account, 7200, service_on="2026-03-04"),
        adjust(ana.account, bank, 900),
    ):
        answer = await caller.post("/transfers", body)
        assert answer.status_code == 201, answer.text
    answer = await ana.post("/transfers", gift(ana.account, ben.account, 1800))
    assert answer.status_code == 201, answer.text


async def statement(reader, account, **query):
    answer = await reader.get(f"/accounts/{account}/statement", params=TODAY | query)
    assert answer.status_code == 200, answer.text
    return answer


async def test_a_member_reads_their_own(lived, ana):
    said = (await statement(ana, ana.account)).json()
    assert (said["names"], said["kind"], said["language"]) == (["Ana Pérez"], "member", "es")
    assert (said["opening"], said["gained"], said["given"], said["closing"]) == (0, 7200, 2700, 4500)
    assert [(each["kind"], each["seconds"], each["balance_after"]) for each in said["lines"]] == [
        ("care", 7200, 7200),
        ("adjust", -900, 6300),
        ("gift", -1800, 4500),
    ]
    assert said["lines"][0]["service_on"] == "2026-03-04"
    assert said["lines"][2]["who"] == ["Ben Iles"]


async def test_the_month_that_is_over_comes_when_no_days_are_asked_for(lived, ana):
    said = (await ana.get(f"/accounts/{ana.account}/statement")).json()
    today = datetime.now(UTC).date()
    last = today.replace(day=1) - timedelta(days=1)
    assert (said["from_on"], said["until_on"]) == (str(last.replace(day=1)), str(last))
    assert (said["opening"], said["closing"], said["lines"]) == (0, 0, [])


async def test_who_may_read_it_and_whose_names_stand_in_it(lived, app, oak, anonymous, people, ana, ben):
    await people.passkey(ana.id)
    coordinator, auditor = await people.coordinator(), await people.with_role(Role.AUDITOR)
    token = Caller(anonymous, "oak", await a_token(app, oak, [Scope.READ]))
    full = Caller(anonymous, "oak", await a_token(app, oak, [Scope.READ, Scope.MEMBERS]))
    assert (await ben.get(f"/accounts/{ana.account}/statement")).status_code == 404
    named = (await statement(coordinator, ana.account)).json()
    assert named["names"] == ["Ana Pérez"]
    assert (await statement(full, ana.account)).json()["lines"][2]["who"] == ["Ben Iles"]
    for reader in (auditor, token):
        answer = await statement(reader, ana.account)
        said = answer.json()
        assert said["names"] == []
        assert "who" not in said["lines"][2]
        for form in ("text", "csv"):
            content = (await statement(reader, ana.account, **{"as": form})).content
            assert b"Ben Iles" not in content
            assert "Ana Pérez".encode() not in content


async def test_what_was_taken_back_says_which_visit_it_was(people, ana, ben, carla):
    on = datetime.now(UTC).date() - timedelta(days=1)
    claim, _ = await log(ben, ben, ana)
    assert kind_of(await ana.post(f"/claims/{claim}/confirmation", {})) is None
    opened = await ana.post(
        f"/claims/{claim}/disputes", {"statement": "Nobody came"}, key=(key := str(uuid4()))
    )
    assert opened.status_code == 201, opened.text
    decided = await carla.post(f"/disputes/{key}/outcome", {"outcome": "reversed"})
    assert decided.status_code == 200, decided.text
    for member, other, said in ((ben, "Ana Pérez", "given to"), (ana, "Ben Iles", "received from")):
        line = (await statement(member, member.account)).json()["lines"][1]
        assert (line["kind"], line["service_on"], line["who"]) == ("reverse", str(on), [other])
        table = (await statement(member, member.account, **{"as": "csv", "language": "en"})).text
        row = list(csv.reader(io.StringIO(table.lstrip("\ufeff"))))[3]
        assert (row[2], row[4]) == (str(on), f"Taken back, care {said} {other}: Shopping")
    reader = pypdf.PdfReader(io.BytesIO((await statement(ben, ben.account, **{"as": "pdf"})).content))
    paper = "".join(page.extract_text() for page in reader.pages)
    assert "Taken back, care given to Ana Pérez: Shopping" in " ".join(paper.split())
    await people.passkey(ana.id)
    auditor = await people.with_role(Role.AUDITOR)
    line = (await statement(auditor, ben.account)).json()["lines"][1]
    assert (line["service_on"], "who" in line) == (str(on), False)
    table = (await statement(auditor, ben.account, **{"as": "csv"})).text
    assert "Taken back, care given: Shopping" in table


async def test_a_gift_taken_back_says_whose_it_was(lived, caller, ana, ben):
    gift_id = (await statement(ben, ben.account)).json()["lines"][0]["transfer"]
    answer = await caller.post(f"/transfers/{gift_id}/reversal", {"reason": "typed twice"})
    assert answer.status_code == 201, answer.text
    for member, said in ((ana, "Had back from Ben Iles"), (ben, "Given back to Ana Pérez")):
        table = (await statement(member, member.account, **{"as": "csv", "language": "en"})).text
        assert said in table


async def test_another_communitys_account_is_not_there(lived, ana, other_caller, caller):
    assert kind_of(await other_caller.get(f"/accounts/{ana.account}/statement")) == "account_unknown"
    assert kind_of(await caller.get(f"/accounts/{uuid4()}/statement")) == "account_unknown"
    assert kind_of(await caller.get("/accounts/nonsense/statement")) == "not_found"


TOMORROW = str(datetime.now(UTC).date() + timedelta(days=2))
WRONG = [
    ({"from": "2026-02-01", "until": "2026-01-01"}, 400, "malformed_request"),
    ({"from": "2026-02-01"}, 400, "malformed_request"),
    ({"until": "2026-02-01"}, 400, "malformed_request"),
    ({"from": "2026-02-30", "until": "2026-03-01"}, 400, "malformed_request"),
    ({"from": "01/02/2026", "until": "2026-03-01"}, 400, "malformed_request"),
    ({"from": "2026-02-01", "until": TOMORROW}, 422, "statement_too_early"),
    ({"as": "xlsx"}, 400, "malformed_request"),
    ({"size": "huge"}, 400, "malformed_request"),
    ({"language": "de"}, 400, "malformed_request"),
    ({"fro": "2026-02-01"}, 400, "malformed_request"),
]


@pytest.mark.parametrize(("query", "status", "name"), WRONG)
async def test_what_is_asked_wrongly_is_refused(ana, query, status, name):
    assert problem(await ana.get(f"/accounts/{ana.account}/statement", params=query)) == (status, name)


async def test_only_members_households_and_pots_have_statements(caller, bank):
    for kind in ("household", "pot"):
        assert (await statement(caller, await caller.open(kind))).json()["kind"] == kind
    assert problem(await caller.get(f"/accounts/{bank}/statement", params=TODAY)) == (422, "no_statements")


async def test_a_form_nobody_knows_is_not_acceptable(ana):
    answer = await ana.get(f"/accounts/{ana.account}/statement", headers={"accept": "image/png"})
    assert problem(answer) == (406, "not_acceptable")
    answer = await ana.get(f"/accounts/{ana.account}/statement", headers={"accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")


async def test_its_text_verifies_and_says_what_the_json_says(lived, app, oak, ana):
    answer = await statement(ana, ana.account, **{"as": "text"})
    found = verify_statement(answer.content, trust_of(app, oak))
    assert {check.passed for check in found.checks} == {True}, found
    said = (await statement(ana, ana.account)).json()
    assert found.statement.closing == said["closing"]
    assert [line.transfer_id for line in found.statement.lines] == [
        each["transfer"] for each in said["lines"]
    ]
    alone = verify_statement(said["signed"].encode(), trust_of(app, oak))
    assert alone.valid
    assert [check.passed for check in alone.checks] == [True, True, True, True, None, None]


async def test_csv_is_in_the_language_of_its_holder_and_begins_no_formula(lived, people, caller, bank):
    odd = await people.member("=HYPERLINK(1)")
    await caller.post("/transfers", care(bank, odd.account))
    other = await people.member("Cai")
    await odd.post("/transfers", gift(odd.account, other.account, 60))
    answer = await statement(other, other.account, **{"as": "csv"})
    assert answer.headers["content-disposition"].startswith('attachment; filename="statement-m-')
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 4
    assert [row[7] for row in rows[1:]] == ["0", "60", "60"]
    assert not [cell for row in rows for cell in row if cell[:1] in "=+@" and cell]
    answer = await statement(other, other.account, **{"as": "csv", "language": "es"})
    assert answer.headers["content-language"] == "es"


@pytest.mark.parametrize("tag", ["en", "cy", "it", "es", "ca", "ja"])
async def test_pdf_in_each_language_reads_as_the_statement_does(lived, ana, tag):
    answer = await statement(ana, ana.account, **{"as": "pdf", "language": tag})
    assert answer.headers["content-type"] == "application/pdf"
    read = pypdf.PdfReader(io.BytesIO(answer.content))
    assert read.trailer["/Root"]["/Lang"] == tag
    assert "Ana Pérez" in read.metadata.title
    # pypdf adds a nought to some letters of fonts with many.
    written = "".join("".join(page.extract_text() for page in read.pages).replace("\x00", "").split())
    for each in ("AnaPérez", "OakHill", "BenIles"):
        assert each in written
    [(name, [kept])] = read.attachments.items()
    assert name.startswith("statement-")
    assert kept.decode().count("~") == 3


@pytest.mark.parametrize("size", ["usual", "large"])
@pytest.mark.parametrize(("tag", "day"), [("en", "04/03/2026"), ("it", "04/03/26"), ("ca", "4/3/26")])
async def test_no_day_and_no_heading_of_the_pdf_breaks(lived, ana, tag, day, size):
    answer = await statement(ana, ana.account, **{"as": "pdf", "language": tag, "size": size})
    lines = pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text().splitlines()
    headings = {"en": "Hours Balance", "it": "Ore Saldo", "ca": "Hores Saldo"}
    assert any(headings[tag] in each for each in lines)
    assert any(day in each for each in lines)


async def test_large_print_is_larger_and_as_wished(lived, ana):
    usual = pypdf.PdfReader(io.BytesIO((await statement(ana, ana.account, **{"as": "pdf"})).content))
    await ana.post(
        f"/members/{ana.id}/statement-wish", {"by_email": False, "large_print": True}, method="PUT"
    )
    wished = pypdf.PdfReader(io.BytesIO((await statement(ana, ana.account, **{"as": "pdf"})).content))
    assert sizes(wished) > sizes(usual)
    again = await statement(ana, ana.account, **{"as": "pdf", "size": "usual"})
    assert sizes(pypdf.PdfReader(io.BytesIO(again.content))) == sizes(usual)


def sizes(read):
    """The size of most letters."""
    found = []
    read.pages[0].extract_text(
        visitor_text=lambda text, _cm, _tm, _font, size: found.append(size) if text.strip() else None
    )
    return max(set(found), key=found.count)


async def test_a_letter_no_font_has_is_refused_with_what_to_install(lived, app, people, monkeypatch):
    cuneiform = await people.member("\U00012000\U00012001")
    answer = await cuneiform.get(f"/accounts/{cuneiform.account}/statement", params=TODAY | {"as": "pdf"})
    assert problem(answer) == (501, "pdf_unavailable")
    assert "U+12000" in answer.json()["detail"]
    assert "install" in answer.json()["detail"]


async def test_what_a_member_wishes_is_theirs_to_say_or_a_coordinators_who_was_told(people, ana, ben):
    path = f"/members/{ana.id}/statement-wish"
    assert (await ana.get(path)).json() == {"by_email": False, "large_print": False, "has_email": False}
    assert (await ana.post(path, {"by_email": True}, method="PUT")).status_code == 200
    assert (await ben.get(path)).status_code == 404
    assert (await ben.post(path, {"by_email": False}, method="PUT")).status_code == 404
    coordinator = await people.coordinator()
    assert (await coordinator.get(path)).json()["by_email"] is True
    said = await coordinator.post(path, {"by_email": False, "large_print": True}, method="PUT")
    assert said.json() == {"by_email": False, "large_print": True, "has_email": False}
    assert kind_of(await coordinator.post(path, {"by_email": "yes"}, method="PUT")) == "malformed_request"
    me = (await ana.get("/me")).json()
    assert (me["statements_by_email"], me["statements_large_print"]) == (False, True)
    # Each change is on the record, as one of an address is; saying it again is none.
    assert (await ana.post(path, {"by_email": False, "large_print": True}, method="PUT")).status_code == 200
    events = (await ana.get(f"/members/{ana.id}/events")).json()["events"]
    changes = [(each["by"], each["details"]["fields"]) for each in events if each["kind"] == "person_changed"]
    assert changes == [
        (str(coordinator.id), ["statements_by_email", "statements_large_print"]),
        (str(ana.id), ["statements_by_email"]),
    ]
    nobody = f"/members/{uuid4()}/statement-wish"
    assert kind_of(await coordinator.post(nobody, {"by_email": True}, method="PUT")) == "not_found"
