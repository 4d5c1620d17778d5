"""The first pages: what every browser gets before anybody is known, and every asset."""

import gzip
import re

import pytest

from api.texts import LOCALES
from api.web import assets

PAGES = ("/", "/start", "/join", "/sign-in", "/app")


@pytest.mark.parametrize("tag", LOCALES)
@pytest.mark.parametrize("page", PAGES)
async def test_a_page_and_all_it_names_are_served(anonymous, page, tag):
    html = await anonymous.get(page, headers={"accept-language": f"{tag};q=0.9, xx"})
    assert html.status_code == 200
    assert html.headers["content-type"].startswith("text/html")
    assert html.headers["content-language"] == tag
    assert f'<html lang="{tag}">' in html.text
    named = re.findall(r'(?:src|href)="(/web/[^"]+)"', html.text)
    assert len(named) >= 2
    for path in named:
        answer = await anonymous.get(path)
        assert answer.status_code == 200, path
        kind = assets.MEDIA_TYPES[path.rpartition(".")[2]]
        assert answer.headers["content-type"].split(";")[0] == kind
        assert answer.headers["cache-control"] == assets.FOR_EVER


@pytest.mark.parametrize("name", sorted(name for name in assets.names() if name.endswith(".js")))
def test_a_script_is_joined_with_what_it_imports(name):
    script = assets.joined(name, "ja")
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    assert "@CATALOGUE@" not in script


@pytest.mark.parametrize("name", sorted(name for name in assets.names() if name.endswith(".js")))
def test_no_text_of_a_script_goes_over_several_lines(name):
    # Else what looks like a comment or an indentation could be part of a text.
    source = re.sub(
        r"^[ \t]*(//.*|/\*\*.*?\*/)$", "", assets._read(name).decode(), flags=re.MULTILINE | re.DOTALL
    )
    assert not [line for line in source.splitlines() if line.count("`") % 2]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ('import { a } from "./b.js";\n', "circle"),
        ('import { nothing } from "./words.js";\n', "does not export"),
        ('import a from "./words.js";\n', "cannot be joined"),
    ],
)
def test_what_cannot_be_joined_is_said(monkeypatch, source, says):
    real = assets._read
    sources = {"a.js": source, "b.js": 'import { b } from "./a.js";\nexport const a = 1;\n'}
    monkeypatch.setattr(
        assets, "_read", lambda name: sources[name].encode() if name in sources else real(name)
    )
    with pytest.raises(ValueError, match=says):
        assets.joined("a.js", "en")


async def test_an_asset_is_packed_for_whoever_takes_it_so(anonymous):
    path = assets.url("page.css", "en")
    plain = await anonymous.get(path, headers={"accept-encoding": "identity"})
    packed = await anonymous.get(path, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content == gzip.decompress(assets.find("page.css", "en").packed)
    again = await anonymous.get(path, headers={"if-none-match": f'"other", {plain.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    changed = await anonymous.get(path, headers={"if-none-match": '"other"'})
    assert changed.content == plain.content


async def test_an_asset_of_another_version_is_not_kept(anonymous):
    old = await anonymous.get("/web/0123456789abcdef/en/page.css")
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "name",
    [
        "en/first.html",
        "en/you.html",
        "en/page.txt",
        "en/..%2fpages.py",
        "en/catalogue.js",
        "xx/page.css",
        "en",
    ],
)
async def test_nothing_else_is_served(anonymous, name):
    assert (await anonymous.get(f"/web/{assets.version()}/{name}")).status_code == 404


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_has_no_script_or_style_of_its_own(anonymous, page):
    html = (await anonymous.get(page)).text
    assert "style=" not in html
    assert "<style" not in html
    assert not re.search(r"\son[a-z]+=", html)
    assert set(re.findall(r"<script[^>]*>(.*?)</script>", html)) <= {""}


async def test_where_there_is_one_co_op_nobody_is_asked_which(app, anonymous, oak):
    one = (await anonymous.get("/sign-in")).text
    assert "to Oak Hill" in one
    # The invented one is entered at its own page.
    await app.state.ledger.found("demo", "Orchard Lane", "https://care.example.org", "care.example.org/demo")
    assert "to Oak Hill" in (await anonymous.get("/sign-in")).text
    assert "to Oak Hill" not in (await anonymous.get("/sign-in?c=demo")).text
    await app.state.ledger.found("elm", "Elm <Street>", "https://care.example.org", "care.example.org/elm")
    two = (await anonymous.get("/sign-in")).text
    assert "to Oak Hill" not in two
    assert "<Street>" not in two


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("", "en"),
        ("ja", "ja"),
        ("de, ca;q=0.8, es;q=0.9", "es"),
        ("cy-GB, en", "cy"),
        ("it;q=0", "en"),
        ("*, ;q=x", "en"),
    ],
)
async def test_the_language_is_the_best_of_those_a_browser_asks_for(anonymous, accepted, tag):
    answer = await anonymous.get("/sign-in", headers={"accept-language": accepted})
    assert answer.headers["content-language"] == tag


async def test_a_language_that_was_chosen_stays(anonymous):
    chosen = await anonymous.post("/language", data={"language": "cy", "back": "/sign-in"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/sign-in")
    page = await anonymous.get("/", headers={"accept-language": "ja"})
    assert page.headers["content-language"] == "cy"


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1", ""]
)
async def test_a_choice_of_language_leads_nowhere_else(anonymous, back):
    answer = await anonymous.post("/language", data={"language": "it", "back": back})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_a_language_there_is_not_is_refused(anonymous):
    answer = await anonymous.post("/language", data={"language": "tlh", "back": "/"})
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("path", "back"),
    [("/nowhere", "/"), ("/desk/oak/disputes/x", "/desk/oak"), ("/demo", "/"), ("/r/oak/x", "/")],
)
async def test_somebody_who_is_lost_reads_words_and_finds_a_way_back(anonymous, oak, path, back):
    page = await anonymous.get(path, headers={"accept": "text/html,*/*", "accept-language": "it"})
    assert page.status_code in (404, 303)
    if page.status_code == 404:
        assert page.headers["content-type"].startswith("text/html")
        assert '<html lang="it">' in page.text and f'href="{back}"' in page.text
    # A program gets a document, and at a program's address everybody does.
    assert (await anonymous.get("/nowhere")).headers["content-type"] == "application/problem+json"
    api = await anonymous.get("/v1/nowhere", headers={"accept": "text/html"})
    assert api.headers["content-type"] == "application/problem+json"
