"""The pages for people: what every browser gets, before anybody is known."""

import re

import pytest

PAGES = ("/start", "/join", "/sign-in")


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_and_all_it_names_are_served(anonymous, page):
    html = await anonymous.get(page)
    assert html.status_code == 200
    assert html.headers["content-type"].startswith("text/html")
    named = re.findall(r'(?:src|href)="(/web/[^"]+)"', html.text)
    assert len(named) == 3
    for path in named:
        answer = await anonymous.get(path)
        assert answer.status_code == 200, path
        kind = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}[path.rpartition(".")[2]]
        assert answer.headers["content-type"].split(";")[0] == kind
        for module in re.findall(r'from "\./([^"]+)"', answer.text):
            assert (await anonymous.get(f"/web/{module}")).status_code == 200, module


@pytest.mark.parametrize("path", [*PAGES, "/web/page.css"])
async def test_a_browser_that_has_it_is_not_sent_it_again(anonymous, path):
    first = await anonymous.get(path)
    assert first.headers["cache-control"] == "no-cache"
    again = await anonymous.get(path, headers={"if-none-match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    changed = await anonymous.get(path, headers={"if-none-match": '"other"'})
    assert changed.content == first.content


@pytest.mark.parametrize("name", ["first.html", "you.html", "page.txt", "..%2fapp.py"])
async def test_nothing_else_is_served(anonymous, name):
    assert (await anonymous.get(f"/web/{name}")).status_code == 404


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_has_no_script_or_style_of_its_own(anonymous, page):
    html = (await anonymous.get(page)).text
    assert "style=" not in html
    assert "<style" not in html
    assert not re.search(r"\son[a-z]+=", html)
    assert re.findall(r"<script[^>]*>(.*?)</script>", html) == [""]


async def test_where_there_is_one_co_op_nobody_is_asked_which(app, anonymous, oak):
    one = (await anonymous.get("/sign-in")).text
    assert "to Oak Hill" in one
    await app.state.ledger.found("elm", "Elm <Street>", "https://care.example.org", "care.example.org/elm")
    two = (await anonymous.get("/sign-in")).text
    assert "to Oak Hill" not in two
    assert "<Street>" not in two
