"""What a browser is shown instead of a page that cannot be: words and a way back; a program gets a problem document."""

import re
from typing import Any

import msgspec
from litestar import Request
from litestar.response import Response
from litestar.response.base import ASGIResponse

from api.problems import ProblemView, answer_exception, exception_response
from api.routes.common import AnyRequest
from api.web.language import language_of, mark
from api.web.pages import page_response

HEADINGS = {
    403: mark("This is not for you to do"),
    404: mark("There is nothing here"),
    429: mark("One moment, please"),
    500: mark("The service made a mistake"),
    503: mark("The service is busy"),
}
OTHER_HEADING = mark("That did not work")

_DESK = re.compile("/desk/[a-z0-9][a-z0-9-]{0,39}")
_FOR_PROGRAMS = re.compile(r"/(v1|log|schema|health|problems|metrics|web|\.well-known)(/|$)")

_problem = msgspec.json.Decoder(ProblemView)


class Elsewhere(Exception):
    """Ends a page's request with another answer than the page."""

    def __init__(self, response: ASGIResponse) -> None:
        super().__init__()
        self.response = response


def answer_elsewhere(_request: AnyRequest, there: Elsewhere) -> Response[bytes]:
    """Litestar's way to that answer."""
    return _as_response(there.response)


def answer_as_page(request: Request[Any, Any, Any], problem: Exception) -> Response[bytes]:
    """Litestar's way to the page of an exception. It asks the API nothing, which may be what failed."""
    answer = exception_response(problem, request.app.state.settings.url)
    view = _problem.decode(answer.body)
    gettext = language_of(request).gettext
    said = [gettext(each) for each in (view.title, view.detail, view.remedy) if each]
    # Also of an address that no route knows, which has no parameters.
    desk = _DESK.match(request.url.path)
    page = page_response(
        request,
        "problem.html" if desk is None else "desk/problem.html",
        view.status,
        heading=heading_of(view.status),
        said=said,
        home="/" if desk is None else desk[0],
    )
    page.headers.update({k: v for k, v in answer.headers.items() if k in ("retry-after", "allow")})
    return _as_response(page)


def answer_anybody(request: Request[Any, Any, Any], problem: Exception) -> Response[bytes]:
    """Litestar's way to the answer of an exception at any address: a page for somebody, a document for a program."""
    somebody = "text/html" in request.headers.get("accept", "") and not _FOR_PROGRAMS.match(request.url.path)
    return answer_as_page(request, problem) if somebody else answer_exception(request, problem)


def heading_of(status: int) -> str:
    """In a few English words what a status means to somebody who opened a page; marked for translation."""
    return HEADINGS.get(status, OTHER_HEADING)


def _as_response(page: ASGIResponse) -> Response[bytes]:
    headers = {k: v for k, v in page.headers.items() if k not in ("content-type", "content-length")}
    return Response(page.body, status_code=page.status_code, headers=headers, media_type="text/html")
