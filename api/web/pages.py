"""Pages from templates, in the language of whoever asks. Texts in templates stand in `_()` and `{% trans %}`."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Undefined, pass_context, select_autoescape
from jinja2.runtime import Context
from jinja2.utils import missing
from litestar.response.base import ASGIResponse
from markupsafe import Markup

from api.requests import bytes_response
from api.routes.common import AnyRequest
from api.web import assets
from api.web.language import NAMES, Language, language, language_of


class Absent(Undefined):
    """What a template names and is not there: a mistake, unless it is a field that an answer of the API left out."""

    def __new__(cls, hint: str | None = None, obj: Any = missing, *more: Any, **named: Any) -> Any:
        return (StrictUndefined if obj is missing else Undefined)(hint, obj, *more, **named)


_METHODS = frozenset(dir(dict))


class Templates(Environment):
    """Jinja's templates; what a row of the API's answer is asked for is a field of it before it is a method."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        if type(obj) is dict and attribute not in _METHODS:
            # Left out by the API. Jinja would find out by two exceptions, for each of fifty rows.
            return Undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


@cache
def environment(tag: str) -> Environment:
    """The templates of a language, with its filters: `duration`, `signed`, `day`, `moment`, `number`, `month`."""
    spoken = language(tag)

    # Some of what is looked up comes with an answer of the API, so it is not all there is in the files.
    @lru_cache(8192)
    def said(message: str) -> Markup:
        return Markup(spoken.gettext(message))  # noqa: S704 - a text of ours, or its translation

    def say(message: str, **values: object) -> Markup:
        return said(message) % values if values else said(message)

    def ngettext(one: str, many: str, count: int, /, **values: object) -> Markup:
        """As `Language.ngettext`: what is counted stands in the text as %(count)s."""
        text = Markup(spoken.translations.ngettext(one, many, count))  # noqa: S704 - as above
        return text % {"count": spoken.number(count), "num": count, **values}

    @pass_context
    def moment(context: Context, value: Any, form: str = "medium") -> str:
        zone: tzinfo = context.get("zone") or UTC
        return spoken.moment(value, zone, form)

    made = Templates(
        loader=PackageLoader("api", "web/templates"),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=Absent,
        extensions=["jinja2.ext.i18n"],
    )
    # Jinja's types do not know what its own extension adds.
    made.install_gettext_translations(spoken.translations, newstyle=True)  # type: ignore[attr-defined]
    # Jinja's own looks a text up, wraps and formats it each time: a page of a list says hundreds.
    made.globals["_"] = say
    made.policies["ext.i18n.trimmed"] = True
    made.filters |= {
        "duration": spoken.duration,
        "signed": lambda seconds: spoken.duration(seconds, signed=True),
        "day": spoken.day,
        "month": spoken.month,
        "number": spoken.number,
        "moment": moment,
    }
    made.globals |= {
        "ngettext": ngettext,
        "language": spoken,
        "languages": NAMES,
        "asset": lambda name: assets.url(name, tag),
    }
    return made


def render(spoken: Language, template: str, known: Mapping[str, object]) -> bytes:
    return environment(spoken.tag).get_template(template).render(**known).encode()


def page_response(
    request: AnyRequest, template: str, status: int = 200, spoken: Language | None = None, **known: object
) -> ASGIResponse:
    """The template as a page that no cache keeps: most hold what is somebody's own."""
    spoken = spoken or language_of(request)
    known.setdefault("path", request.url.path)
    body = render(spoken, template, known)
    headers = {"content-language": spoken.tag, "vary": "cookie, accept-language"}
    return bytes_response(body, "text/html", status, headers)


def redirect(location: str) -> ASGIResponse:
    """303: look there, with GET, whatever was sent here."""
    return ASGIResponse(
        body=b"", status_code=303, headers={"location": location, "cache-control": "no-store"}
    )
