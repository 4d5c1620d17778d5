"""The languages of the pages: which one a browser gets, and what each calls itself.

The texts stand in English in templates and scripts; `api.texts` reads the others, and `scripts/words` brings them up to
date.
"""

from typing import Any

from litestar import Request

from api.languages import Language, language, mark
from api.texts import LOCALES

__all__ = ["COOKIE", "NAMES", "Language", "language", "language_of", "mark"]

COOKIE = "carehours-language"
NAMES = {"en": "English", "cy": "Cymraeg", "it": "Italiano", "es": "Español", "ca": "Català", "ja": "日本語"}
"""What each language calls itself, for choosing one."""


def language_of(request: Request[Any, Any, Any]) -> Language:
    """The language somebody chose here, else the best of those their browser asks for (RFC 9110, 12.5.4)."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LOCALES:
        return language(chosen)
    return language(_accepted(request.headers.get("accept-language", "")))


def _accepted(header: str) -> str:
    ranked: list[tuple[float, int, str]] = []
    for place, each in enumerate(header[:1000].split(",")):
        tag, _, parameters = each.strip().partition(";")
        try:
            quality = float(parameters.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        primary = tag.strip().lower().partition("-")[0]
        if primary in LOCALES and quality > 0:
            ranked.append((-quality, place, primary))
    return min(ranked)[2] if ranked else "en"
