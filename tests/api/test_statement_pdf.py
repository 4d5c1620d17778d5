"""The PDF of a statement as it lies on paper: made of invented statements, without a service."""

import io

import pypdf
import pytest

from api.languages import language
from api.statements.fonts import Fonts
from api.statements.pdf import statement_pdf


def said(count, **more):
    """A statement of so many entries, each of which is an hour of care."""
    lines = [
        {
            "number": at + 1,
            "seconds": 3600,
            "balance_after": 3600 * (at + 1),
            "kind": "care",
            "transfer": "",
            "recorded_on": "2026-03-02",
            "service_on": "2026-03-01",
            "what": "Shopping",
            "who": ["Mary Ann Featherstonehaugh-Cholmondeley" if at % 5 == 1 else "Ben Iles"],
        }
        for at in range(count)
    ]
    known = {
        "names": ["Ana Pérez"],
        "community_name": "Oak Hill",
        "timezone": "Europe/London",
        "code": "m-0b0e7c9c",
        "from_on": "2026-03-01",
        "until_on": "2026-03-31",
        "opening": 0,
        "gained": 3600 * count,
        "given": 0,
        "closing": 3600 * count,
        "held": 0,
        "made_at": "2026-04-01T08:12:00Z",
        "tree_size": 10_432,
        "lines": lines,
        "signed": "e" * 900,
    }
    return known | more


def pages(statement, tag="en", *, large=False):
    """The text of each page, in lines."""
    pdf = statement_pdf(
        language(tag), statement, "e", "https://care.example.org/v", Fonts.of({}, tag), large=large
    )
    return [page.extract_text().splitlines() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


@pytest.mark.parametrize(
    ("tag", "feet"),
    [("en", ["Page 1 of 2", "Page 2 of 2"]), ("ja", ["2ページ中1ページ", "2ページ中2ページ"])],
)
def test_each_page_says_which_it_is(tag, feet):
    found = pages(said(25), tag)
    # pypdf adds a nought to some letters of fonts with many.
    told = [" ".join(lines).replace("\x00", "").replace(" ", "") for lines in found]
    assert len(told) == 2
    assert [foot.replace(" ", "") in page for foot, page in zip(feet, told, strict=True)] == [True, True]


@pytest.mark.parametrize("large", [False, True])
def test_what_stands_below_the_entries_stays_together(large):
    for count in range(12, 27, 3):
        found = pages(said(count), large=large)
        [last] = [lines for lines in found if any("Made on 1 April 2026" in line for line in lines)]
        assert last is found[-1]
        assert any(line.startswith("Entries stand in the order") for line in last), count
        assert any(line.startswith("The square holds") for line in last), count


def test_a_statement_without_entries_is_one_page_without_a_table():
    [lines] = pages(said(0))
    assert "Nothing came or went in this time." in lines
    assert not {"Opening balance", "What for"} & set(lines)


def test_a_long_name_is_whole_where_it_can_be_and_the_foot_stays_on_the_page():
    names = [
        "Mill Lane 4",
        "Maximiliana Constantinopoulou-Featherstonehaugh",
        "Ana Pérez",
        "Bartholomew Jones",
    ]
    [lines] = pages(said(3, names=names))
    assert any("Featherstonehaugh-Cholmondeley:" in line for line in lines)
    [foot] = [line for line in lines if line.endswith("Page 1 of 1")]
    assert foot.startswith("Mill Lane 4, Maximiliana") and "…, 1 March 2026 to 31 March 2026." in foot
