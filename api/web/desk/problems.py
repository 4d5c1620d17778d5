"""What a page of the desk says when it cannot be shown: words and a way back instead of a problem document."""

from typing import Any

import msgspec
from litestar import Request
from litestar.response import Response
from litestar.response.base import ASGIResponse

from api.problems import ProblemView, exception_response
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
    slug = request.path_params.get("slug", "")
    page = page_response(
        request,
        "desk/problem.html",
        view.status,
        heading=heading_of(view.status),
        said=said,
        home=f"/desk/{slug}",
    )
    page.headers.update({k: v for k, v in answer.headers.items() if k in ("retry-after", "allow")})
    return _as_response(page)


def heading_of(status: int) -> str:
    """In a few English words what a status means to somebody who opened a page; marked for translation."""
    return HEADINGS.get(status, OTHER_HEADING)


def _as_response(page: ASGIResponse) -> Response[bytes]:
    headers = {k: v for k, v in page.headers.items() if k not in ("content-type", "content-length")}
    return Response(page.body, status_code=page.status_code, headers=headers, media_type="text/html")
