"""The codes of kinds of care: which texts are one, and which one somebody's words make.

Listed activities have codes that whoever writes the policy chose. Where any activity may be written, the words
themselves become the code, in the script they are written in: 買い物 is as good a code as shopping.
"""

import re
import unicodedata
from collections.abc import Mapping

MAX_CODE = 40

_LATIN = re.compile("[a-z0-9][a-z0-9-]*")
_MARKS = ("Mn", "Mc")
"""The vowel signs of many scripts, without which their words are others."""


def is_code(text: str) -> bool:
    """Whether a claim may call its activity this: small letters and digits of any script, in NFC, and hyphens."""
    return len(text) <= MAX_CODE and (bool(_LATIN.fullmatch(text)) or text == code_of(text))


def code_of(words: str) -> str | None:
    """The code that words make, without capitals and the accents of Latin letters; None where no letter is left."""
    letters = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", words).casefold())
    code = re.sub("-+", "-", "".join(_letter(each) for each in letters)).strip("-")[:MAX_CODE].strip("-")
    return code if any(each.isalnum() for each in code) else None


def listed_code(words: str, titles: Mapping[str, str]) -> str | None:
    """The code of the activity that is called like this, by its code or its title; `titles` are those, by code."""
    wanted = _same(words)
    return next((code for code, title in titles.items() if wanted in (code, _same(title))), None)


def _letter(each: str) -> str:
    base = unicodedata.normalize("NFKD", each)[0]
    if base.isascii() and base.isalnum():
        return base
    return each if each.isalnum() or unicodedata.category(each) in _MARKS else "-"


def _same(words: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split())
