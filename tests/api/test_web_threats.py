"""What people could try against the pages: texts that are HTML, forms of other sites, questions that are too much.

`tests/api/test_threats*.py` try it against the API, which the pages ask; here is what the pages could add to that.
"""

import re
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urljoin
from uuid import uuid4

import pytest

from api.routes.progress import MOST_STREAMS
from api.web import assets
from ledger.desk.cells import harmless
from ledger.people.roles import Role
from tests.api.conftest import URL, problem
from tests.api.test_care_requests import ask
from tests.api.test_claims import log
from tests.api.test_threats import statements  # noqa: F401 - a fixture
from tests.api.test_threats_bodies import CROSS_SITE, everything

FORM = {"content-type": "application/x-www-form-urlencoded"}
# A name of an element and of an attribute that no page of ours has, behind every way out of a text; and what a
# template or a text of ours would take for a place to fill in.
HTML = "<x-evil>\"x-evil=\"' x-evil=''<!-- --></title></textarea>{{'ha'*9}} %(coop)s %s %"
WHO, SAID, TITLE = f"Xanthippe {HTML}", f"Quarrelled {HTML}", f"Gardening {HTML}"
INSIDE = "ha" * 9
POLICY = f"""
name = 'Oak Hill'
[floor]
hours = "-100:00"
[activities.shopping]
title = '''{TITLE}'''
"""


class Seen(HTMLParser):
    """Every element and attribute of a page, and what it says in between."""

    def __init__(self, page):
        super().__init__()
        self.names, self.links, self.forms = set(), set(), 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.names |= {tag, *(name for name, _ in attrs)}
        self.links |= {value for name, value in attrs if name == "href" and value}
        # Every script and every style is a file of ours.
        assert tag != "script" or dict(attrs)["src"].startswith("/web/")
        assert not {"style", *(name for name, _ in attrs if name.startswith("on"))} & {tag, *dict(attrs)}
        for name, value in attrs:
            if name in ("href", "src", "action"):
                assert re.match(r"/(?![/\\])|#|members/|tel:|mailto:", value or ""), value


async def crawl(member, at_most):
    """Every page of the desk that links lead to from the first one, by its address: `(address, answer)`."""
    waiting, known = ["/desk/oak"], {"/desk/oak"}
    while waiting and len(known) < at_most:
        address = waiting.pop(0)
        answer = await member.client.get(address, headers=member.headers)
        yield address, answer
        if answer.headers["content-type"].startswith("text/html"):
            for link in sorted(urljoin(address, each).partition("#")[0] for each in Seen(answer.text).links):
                if link.startswith("/desk/") and link not in known:
                    known.add(link)
                    waiting.append(link)


@pytest.fixture
async def cora(people):
    return await people.coordinator()


@pytest.fixture
async def written(cora, people):
    """Something of every kind that people write, all of it HTML."""
    answer = await cora.post("/policy", {"source": POLICY, "from": None})
    assert answer.status_code == 201, answer.text
    ana = await people.member(WHO, address=SAID)
    ben = await people.member(f"B{WHO}"[:119])
    made = [
        await cora.post("/accounts", {"kind": "household", "code": "oak-1", "name": WHO}),
        await cora.post("/accounts", {"kind": "pot", "code": "helps", "name": TITLE}),
    ]
    for _ in range(2):
        _, answer = await log(ben, ben, ana, note=SAID)
        made.append(answer)
    claim, answer = await log(ben, ben, ana, note=SAID)
    made += [answer, await ana.post(f"/claims/{claim}/confirmation", {})]
    made.append(await ana.post(f"/claims/{claim}/disputes", {"statement": SAID}))
    _, answer = await ask(ana, ana, 2, note=SAID)
    made.append(answer)
    made.append(
        await cora.post("/proposals", {"action": "token", "label": TITLE, "scopes": ["read"], "days": 1})
    )
    made.append(await cora.post("/audits", {}))
    assert [each.text for each in made if each.status_code >= 300] == []
    return ana


async def test_nothing_that_anybody_wrote_is_read_as_html_and_no_page_changes_anything(written, cora, owner):
    before, shown = await everything(owner), 0
    async for address, answer in crawl(cora, 250):
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == "no-store", address
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], address
        assert answer.headers["cross-origin-opener-policy"] == "same-origin", address
        if answer.headers["content-type"].startswith("text/html"):
            assert "x-evil" not in Seen(answer.text).names, address
            shown += "&lt;x-evil&gt;" in answer.text
        assert INSIDE not in answer.text, address
    assert shown > 40
    assert await everything(owner) == before


async def test_who_only_checks_reads_no_name_and_no_note_on_any_page_or_file(written, people):
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        reader, titles = await people.with_role(role), 0
        async for address, answer in crawl(reader, 150):
            assert answer.status_code == 200, (role, address)
            assert "Xanthippe" not in answer.text, (role, address)
            assert "Quarrelled" not in answer.text, (role, address)
            titles += "Gardening" in answer.text
        assert titles > 5


# Some clash with the names of our own functions, some with the words of the pages, some are no text at all.
QUERIES = """
path=x self=x&as=csv rows=x&limit=0&method=x&headers=x&key=x&state=x as=json&as=csv limit=1&limit=2 told=<x-evil>
name=%ED%A0%80 after=%00&below=%00&name=%00 below=99999999999999999999 from=9999-12-31&until=0001-01-01 from=%D9%A2
account=%22%3E%3Cx-evil%3E code=%3Cx-evil%3E who=%3Cx-evil%3E who=99999999999999 share=nan&list=x&days=-1
preset=../../etc/passwd version=99999999999999999999 =x&&&%&<x-evil>=1
""".split()
ROOMS = (
    *(
        "",
        "/members",
        "/households",
        "/clearances",
        "/proposals",
        "/claims",
        "/sheets",
        "/requests",
        "/disputes",
    ),
    *(
        "/pots",
        "/accounts",
        "/journal",
        "/policy",
        "/policy/edit",
        "/reports",
        "/reports/weeks",
        "/audit",
        "/trail",
    ),
    *("/reports/exchange", "/reports/balances", "/reports/outstanding", "/reports/quiet", "/periods"),
)


async def test_no_question_makes_a_page_fail_or_gets_past_its_own_words(cora):
    for room in ROOMS:
        for query in QUERIES:
            answer = await cora.client.get(f"/desk/oak{room}?{query}", headers=cora.headers)
            assert answer.status_code < 500, (room, query)
            if answer.headers["content-type"].startswith("text/html"):
                assert "x-evil" not in Seen(answer.text).names, (room, query)


def forms(app):
    """The address of every form there is: `{...}` filled in with ids of nothing."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if "POST" in handler.http_methods and not handler.include_in_schema:
                path = route.path_format.replace("{slug}", "oak").replace("{number}", "1")
                yield re.sub(r"\{[a-z_]+\}", lambda _: str(uuid4()), path)


TYPED = (
    *(
        "",
        HTML,
        "\x00",
        "9999999h",
        "-999:59",
        "9999-12-31",
        "0001-01-01",
        "2026-W01-1",
        "\u0663",
        "\u0663:\u0663\u0660",
    ),
    *("a" * 5000, "\u202egnp", "9" * 40, "1e999", "[]", "\u00b2", "\r\nset-cookie: a=b", "../../x"),
)
SENT = (
    *(b"a=%FF", b"a=%ED%A0%80", b"\xff\xfe", b"a=1&" * 5001, b"a=" + b"a" * 70_000, b"=" * 200, b"", b"%"),
    *(b"key=a&key=b", b"key=%0d%0aset-cookie:x", b"key=%00&seen=%0d%0a", "seen=\u20ac&key=\u20ac".encode()),
)


async def test_nothing_typed_into_a_form_makes_it_fail(app, cora, people, unlimited):
    ana = await people.member(WHO)
    person, account = f"/desk/oak/members/{ana.id}", f"/desk/oak/accounts/{ana.account}"
    real = [f"{person}/{each}" for each in ("person", "standing", "classes", "role", "settlement", "cards")]
    real += [f"{person}/{each}/new" for each in ("delegates", "relatives", "clearances")] + [
        f"{account}/limits"
    ]
    names = set()
    for path in (
        *real,
        *(f"/desk/oak{room}" for room in ROOMS),
        "/desk/oak/claims/new",
        "/desk/oak/sheets/session",
    ):
        page = await cora.client.get(path, headers=cora.headers)
        names |= set(re.findall(r'<(?:input|select|textarea)[^>]* name="([^"]+)"', page.text))
    assert len(names) > 60
    named = sorted(names - {"key"})
    for path in {*forms(app), *real}:
        # Each field gets each kind of text, in turn.
        for turn in range(0, len(TYPED), 5):
            sent = {name: TYPED[(place + turn) % len(TYPED)] for place, name in enumerate(named)}
            sent["do"] = ("save", "check", "apply", "try")[turn % 4]
            answer = await cora.client.post(path, data=sent | {"key": str(uuid4())}, headers=cora.headers)
            assert answer.status_code < 500, (path, turn)
            if answer.headers["content-type"].startswith("text/html"):
                assert "x-evil" not in Seen(answer.text).names, (path, turn)
    for path in real:
        for body in SENT:
            answer = await cora.client.post(path, content=body, headers=cora.headers | FORM)
            assert answer.status_code < 500, (path, body[:20])
            assert "set-cookie" not in answer.headers
        answer = await cora.client.post(path, json={}, headers=cora.headers)
        assert answer.status_code == 415, path


async def test_another_sites_form_changes_nothing(app, cora, owner, unlimited):
    before, count = await everything(owner), 0
    cookie = {"cookie": cora.headers["cookie"]}
    for path in forms(app):
        for headers in CROSS_SITE:
            if path.startswith("/desk/") or headers:
                answer = await cora.client.post(path, data={"language": "cy"}, headers=cookie | headers)
                assert answer.status_code == (404 if path.startswith("/demo") else 403), (path, headers)
                assert "set-cookie" not in answer.headers
                count += 1
    assert count > 250
    assert await everything(owner) == before


@pytest.mark.parametrize(
    ("back", "there"),
    [
        ("/desk/oak/members", "/desk/oak/members"),
        *(
            (back, "/")
            for back in (
                "//evil.example",
                "/\\evil.example",
                "https://evil.example",
                "/a\r\nset-cookie: x",
                "/?x",
                "",
            )
        ),
    ],
)
async def test_a_change_of_language_leads_back_to_a_page_of_ours_only(anonymous, back, there):
    answer = await anonymous.post("/language", data={"language": "cy", "back": back}, headers={"origin": URL})
    assert (answer.status_code, answer.headers["location"]) == (303, there)
    assert answer.headers["set-cookie"].startswith("carehours-language=cy;")


async def test_another_communitys_desk_is_as_one_that_is_not_there(cora, other_caller):
    for path in ("", "/members", "/members?as=csv", "/audit/trial-balance.csv", "/x"):
        there, nowhere = [
            await cora.client.get(f"/desk/{slug}{path}", headers=cora.headers) for slug in ("elm", "ash")
        ]
        assert there.status_code == nowhere.status_code == 303
        assert there.headers["location"].replace("elm", "ash") == nowhere.headers["location"]
        assert there.headers["location"].startswith("/sign-in?")


async def test_a_role_that_is_over_opens_no_page(people):
    ana = await people.member(WHO)
    stale = await people.with_role(Role.COORDINATOR, ago=timedelta(hours=13))
    plain = await people.with_role(Role.COORDINATOR, strong=False)
    for reader in (ana, stale, plain):
        for room in (
            *ROOMS,
            f"/members/{ana.id}",
            "/members?as=csv",
            "/claims?as=csv",
        ):
            answer = await reader.client.get(f"/desk/oak{room}", headers=reader.headers)
            assert answer.status_code == 403, room
            assert answer.headers["content-type"].startswith("text/html")
            assert reader is ana or "Xanthippe" not in answer.text


async def test_a_form_of_many_rows_is_no_way_past_a_limit(app, cora, people, monkeypatch):
    members = [await people.enrol() for _ in range(3)]

    async def refused(*_):
        return 7

    monkeypatch.setattr(app.state.limits, "take_ahead", refused)
    sent = {"key": str(uuid4()), "member": [str(each) for each in members]}
    answer = await cora.client.post("/desk/oak/cards", data=sent, headers=cora.headers)
    assert answer.status_code == 200
    assert "<svg" not in answer.text


async def test_a_list_of_names_is_looked_up_to_its_hundredth(cora, statements):  # noqa: F811
    names = "\n".join(f"Zz{number}" for number in range(3000))
    sent = {"providers": names, "receivers": "1", "day": "2026-01-05", "length": "1", "activity": "shopping"}
    answer = await cora.client.post("/desk/oak/sheets/session", data=sent, headers=cora.headers)
    assert answer.status_code == 422
    assert 100 < sum(statements.values()) < 1000


async def test_who_says_whose_session_they_mean_is_not_taken_for_another(people):
    ana, ben = await people.member(), await people.member()
    for said, status in ((ana.id, 200), (ben.id, 401), ("", 401), (f"{ana.id},{ben.id}", 401)):
        answer = await ana.get("/me", headers={"carehours-member": str(said)})
        assert answer.status_code == status
    answer = await ana.post("/sign-out", headers={"carehours-member": str(ben.id)})
    assert problem(answer) == (401, "sign_in_required")
    assert (await ana.get("/me")).status_code == 200


@pytest.mark.parametrize(
    "cell", ["=1", "+44 1", "-1", "@x", "\t=1", "\r=1", ' "=1', "\uff1d1", "a;=1", "a; @x"]
)
def test_a_cell_is_no_formula_whatever_parts_the_cells(cell):
    assert not re.search(r"(^|;)[\s\"]*[=+\-@\uff1d\uff0b\uff0d\uff20]", harmless(cell))
    assert harmless(cell).replace("'", "") == cell
    assert harmless(f"a {cell}") == f"a {cell}" or ";" in cell


async def test_what_the_service_remembers_is_not_for_others_to_fill(app, anonymous, cora):
    kept = assets.find.cache_info().currsize
    for tag, name in (
        ("en", "x.js"),
        ("xx", "page.css"),
        ("en", "../pages.py"),
        ("en", "..%2fpages.py"),
        ("en", "desk"),
    ):
        assert (await anonymous.get(f"/web/0/{tag}/{name}")).status_code == 404
    assert assets.find.cache_info().currsize == kept
    # Streams, too: those of one reader are few, and those that have ended are forgotten.
    key = uuid4()
    assert (await cora.post("/audits", {}, key=key)).status_code == 202
    app.state.following[cora.id] = MOST_STREAMS
    assert problem(await cora.get(f"/audits/{key}/progress")) == (429, "rate_limited")
    app.state.following.clear()
    assert (await cora.get(f"/audits/{key}/progress")).text.count("event: end") == 1
    assert not app.state.following
