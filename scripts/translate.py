"""Texts for translators: gathers them from the code, and keeps a gettext file for each language.

scripts/words                     every file as the code now wants it, and how much is missing in each
scripts/words missing cy          what Welsh lacks, as JSON: each text with null, or a list of null where it counts
scripts/words fill cy words.json  the same JSON filled in goes into the file
"""

import json
import re
import sys
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from api.problems import KINDS
from api.texts import LOCALES
from ledger.book.refusals import Refusal
from ledger.desk.imports.problems import PROBLEMS
from ledger.desk.tables.problems import Reason

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "api" / "web" / "locale"
METHODS = [
    ("api/**.py", "python"),
    ("ledger/**.py", "python"),
    ("api/web/templates/**.html", "jinja2"),
    ("api/web/static/**.js", "javascript"),
]
KEYWORDS = DEFAULT_KEYWORDS | {"mark": None, "t": None, "n": (1, 2)}
OPTIONS = {
    "api/web/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"},
    "api/web/static/**.js": {"template_string": "true"},
}
PLACES = re.compile(r"%\(\w+\)s")
LANGUAGES = [tag for tag in LOCALES if tag != "en"]


@cache
def extracted() -> Catalog:
    """Every text of the code, with the files it stands in."""
    catalogue = Catalog(project="Carehours", charset="utf-8", fuzzy=False)
    for folder in ("api", "ledger"):
        found = extract_from_dir(
            ROOT / folder,
            [
                (pattern.removeprefix(f"{folder}/"), method)
                for pattern, method in METHODS
                if pattern.startswith(folder)
            ],
            {pattern.removeprefix(f"{folder}/"): given for pattern, given in OPTIONS.items()},
            keywords=KEYWORDS,
        )
        for name, _, message, _, _ in found:
            catalogue.add(message, locations=[(f"{folder}/{name}", 0)])
    for refusal in Refusal:
        for text in (refusal.says, refusal.remedy):
            catalogue.add(text, locations=[("ledger/book/refusals.py", 0)])
    for reason in Reason:
        for text in (reason.says, reason.remedy):
            catalogue.add(text, locations=[("ledger/desk/tables/problems.py", 0)])
    for texts in PROBLEMS.values():
        for text in texts:
            catalogue.add(text, locations=[("ledger/desk/imports/problems.py", 0)])
    for kind in KINDS.values():
        for text in (kind.title, kind.remedy):
            catalogue.add(text, locations=[("api/problems.py", 0)])
    return catalogue


def path_of(tag: str) -> Path:
    return LOCALE / tag / "LC_MESSAGES" / "carehours.po"


def read(tag: str) -> Catalog:
    """A language's file, or an empty one with its plural forms."""
    language = LOCALES[tag].partition("_")[0]
    if not path_of(tag).is_file():
        return Catalog(locale=language, project="Carehours", charset="utf-8", fuzzy=False)
    with path_of(tag).open("rb") as po:
        return read_po(po, locale=language)


def updated(tag: str) -> Catalog:
    """The language's file as the code wants it: what is new stands there empty, what is gone is gone."""
    old, catalogue = (
        read(tag),
        Catalog(locale=LOCALES[tag].partition("_")[0], project="Carehours", charset="utf-8", fuzzy=False),
    )
    for message in extracted():
        if message.id:
            known = old.get(message.id)
            # A text that is counted from now on needs its forms.
            if known and isinstance(known.id, str) != isinstance(message.id, str):
                known = None
            files = sorted({(name, 0) for name, _ in message.locations})
            catalogue.add(message.id, known.string if known else None, locations=files)
    return catalogue


def write(tag: str, catalogue: Catalog) -> None:
    path_of(tag).parent.mkdir(parents=True, exist_ok=True)
    with path_of(tag).open("wb") as po:
        write_po(
            po, catalogue, omit_header=False, sort_output=True, include_lineno=False, ignore_obsolete=True
        )
    # The moment of writing would change the file whenever nothing else did.
    text = path_of(tag).read_text()
    path_of(tag).write_text(re.sub(r'^"(POT-Creation|PO-Revision)-Date:.*\n', "", text, flags=re.MULTILINE))


def forms(catalogue: Catalog, message: Message) -> list[str]:
    """What the language says for a text: one form, or as many as it counts in."""
    if isinstance(message.id, str):
        return [str(message.string or "")]
    given = list(message.string) if not isinstance(message.string, str) else []
    return [*given, *[""] * (catalogue.num_plurals - len(given))]


def is_whole(catalogue: Catalog, message: Message) -> bool:
    """Whether every form is there, and names what the English one names."""
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    wanted = set(PLACES.findall(ids[-1]))
    # "One hour" need not name the number that "%(count)s hours" does.
    return all(
        form.strip() and (set(PLACES.findall(form)) | {"%(count)s"}) == wanted | {"%(count)s"}
        for form in forms(catalogue, message)
    )


def missing(tag: str) -> dict[str, object]:
    """What the language lacks, by the English text."""
    catalogue = updated(tag)
    lacking: dict[str, object] = {}
    for message in catalogue:
        if message.id and not is_whole(catalogue, message):
            if isinstance(message.id, str):
                lacking[message.id] = None
            else:
                lacking[" | ".join(message.id)] = [None] * catalogue.num_plurals
    return lacking


def fill(tag: str, given: dict[str, object]) -> list[str]:
    """Put these texts into the language's file; returns those that no code says or that do not fit."""
    catalogue = updated(tag)
    unfit = []
    for english, said in given.items():
        one, _, many = english.partition(" | ")
        message = catalogue.get((one, many) if many else english) or catalogue.get(english)
        if message is None or not said:
            unfit.append(english)
            continue
        message.string = tuple(said) if isinstance(said, list) else said
        if not is_whole(catalogue, message):
            message.string = ""
            unfit.append(english)
    write(tag, catalogue)
    return unfit


def main(words: list[str]) -> None:
    match words:
        case []:
            for tag in LANGUAGES:
                write(tag, updated(tag))
                print(tag, len(missing(tag)), "texts missing of", len(updated(tag)))
        case ["missing", tag] if tag in LANGUAGES:
            print(json.dumps(missing(tag), ensure_ascii=False, indent=1))
        case ["fill", tag, file] if tag in LANGUAGES:
            for english in fill(tag, json.loads(Path(file).read_text())):
                print("does not fit:", english, file=sys.stderr)
            print(tag, len(missing(tag)), "texts missing")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
