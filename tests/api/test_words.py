"""Every text of the pages is there in every language, and every form it counts in."""

import json
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from api.texts import LOCALES, read_catalogue
from api.web.language import language
from scripts.translate import LANGUAGES, ROOT, extracted, is_whole, missing, path_of, read

LETTERS = re.compile(r"[A-Za-z]{2,}")
ALLOWED_ALIKE = 0.06
"""Names and signs are the same in several languages; a file that repeats the English is not a translation."""


@pytest.mark.parametrize("tag", LANGUAGES)
def test_no_text_is_left_untranslated(tag):
    assert list(missing(tag)) == []


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_file_holds_what_the_code_says_and_nothing_else(tag):
    there = {
        message.id: sorted({name for name, _ in message.locations}) for message in read(tag) if message.id
    }
    wanted = {
        message.id: sorted({name for name, _ in message.locations}) for message in extracted() if message.id
    }
    assert there == wanted, "run scripts/words"
    assert "#, fuzzy" not in path_of(tag).read_text()
    catalogue = read(tag)
    assert all(is_whole(catalogue, message) for message in catalogue if message.id)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_translation_is_not_the_english_again(tag):
    texts = [message for message in read(tag) if isinstance(message.id, str) and LETTERS.search(message.id)]
    alike = [message.id for message in texts if message.id == message.string and len(message.id.split()) > 2]
    assert len(alike) <= ALLOWED_ALIKE * len(texts) / 3, alike[:20]


def test_no_text_of_a_template_stands_outside_the_catalogue():
    # What is left of a template without its code, comments, tags and entities must hold no words.
    for path in (ROOT / "api" / "web" / "templates").rglob("*.html"):
        text = re.sub(r"\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*-?%\}", " ", path.read_text(), flags=re.DOTALL)
        text = re.sub(r"\{% block (?:body_attributes|viewport) %\}.*?\{% endblock %\}", " ", text)
        text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.DOTALL)
        text = re.sub(r"<(title|code)>[^<]*</\1>|<!doctype html>", " ", text)
        attributes = re.findall(r'\b(?:aria-label|title|placeholder|alt|label)="([^"]*)"', text)
        words = LETTERS.findall(re.sub(r"<[^>]*>|&\w+;", " ", text)) + LETTERS.findall(" ".join(attributes))
        assert set(words) <= {"Carehours"}, (path.name, words)


@pytest.mark.parametrize(
    ("tag", "counts"),
    [
        ("en", {1: 0, 0: 1, 2: 1}),
        ("cy", {0: 0, 1: 1, 2: 2, 3: 3, 6: 4, 4: 5, 11: 5}),
        ("ja", {0: 0, 1: 0, 2: 0}),
        ("ca", {1: 0, 0: 2, 2: 2}),
    ],
)
def test_each_language_counts_by_its_own_rules(tag, counts):
    catalogue = read_catalogue(tag)
    if catalogue is None:
        assert {count: language(tag).ngettext("0", "1", count) for count in counts} == {
            count: str(form) for count, form in counts.items()
        }
        return
    [rule] = re.findall(r"plural=(.*?);?$", catalogue.plural_forms)
    # gettext's own reading of the rule, the one its readers use.
    script = f"import gettext, json; f = gettext.c2py({rule!r}); print(json.dumps([f(n) for n in {list(counts)!r}]))"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert json.loads(found) == list(counts.values())


@pytest.mark.parametrize(
    ("tag", "day", "moment", "number"),
    [
        ("en", "3 May 2026", "3 May 2026, 14:05", "1,234.5"),
        ("cy", "3 Mai 2026", "3 Mai 2026 14:05", "1,234.5"),
        ("it", "3 mag 2026", "3 mag 2026, 14:05", "1.234,5"),
        ("es", "3 may 2026", "3 may 2026, 14:05", "1.234,5"),
        ("ca", "3 de maig 2026", "3 de maig 2026, 14:05", "1.234,5"),
        ("ja", "2026/05/03", "2026/05/03 14:05", "1,234.5"),
    ],
)
def test_days_and_numbers_are_written_as_their_readers_write_them(tag, day, moment, number):
    spoken = language(tag)
    assert spoken.day(date(2026, 5, 3)) == spoken.day("2026-05-03") == day
    at = datetime(2026, 5, 3, 13, 5, tzinfo=UTC)
    assert spoken.moment(at, ZoneInfo("Europe/London")) == moment
    assert spoken.number(1234.5) == number


@pytest.mark.parametrize("tag", LOCALES)
def test_a_duration_says_every_second(tag):
    spoken = language(tag)
    said = spoken.duration(-(3600 + 30 * 60 + 5), signed=True)
    assert said[0] == "−" and re.findall(r"\d+", said) == ["1", "30", "5"]
    assert spoken.duration(0).startswith("0")
    assert spoken.duration(3600, signed=True)[0] == "+"
