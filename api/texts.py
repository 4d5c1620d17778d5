"""The texts of every language: what the pages are written in, and the few sentences the API says in more than English.

Texts stand in English in the code; `web/locale/<language>/LC_MESSAGES/carehours.po` holds the others.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from litestar import Request
from litestar.openapi.spec import Schema

from api.documents import text
from api.problems import Problem

LOCALES = {"en": "en_GB", "cy": "cy_GB", "it": "it_IT", "es": "es_ES", "ca": "ca_ES", "ja": "ja_JP"}
"""The languages there are, and the locale whose forms their dates and numbers take."""

LANGUAGE: Schema = text("the language of the sentences; English when left out", *LOCALES)
"""The query parameter `language` of a route that says sentences."""


def read_catalogue(tag: str) -> Catalog | None:
    """The texts of a language, None for English, whose texts stand in the code."""
    path = files("api") / "web" / "locale" / tag / "LC_MESSAGES" / "carehours.po"
    if not path.is_file():
        return None
    with path.open("rb") as po:
        return read_po(po, locale=LOCALES[tag].partition("_")[0])


@cache
def translations(tag: str) -> NullTranslations:
    """What says texts in the language with this tag, one of LOCALES."""
    catalogue = read_catalogue(tag)
    if catalogue is None:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def texts_of(request: Request[Any, Any, Any]) -> NullTranslations:
    """The texts in the language the query asks for with `language`. Raises Problem for one there is not."""
    tag = request.query_params.get("language", "en")
    if tag not in LOCALES:
        raise Problem("malformed_request", f"The query parameter language is one of {', '.join(LOCALES)}.")
    return translations(tag)
