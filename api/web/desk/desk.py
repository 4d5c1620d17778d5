"""What every page of the desk shares: who asks, the bar above, people's names, lists and their CSV, refused forms."""

import re
from asyncio import gather
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

from litestar.response.base import ASGIResponse
from markupsafe import Markup

from api.access import refuse_other_sites
from api.problems import KINDS, Problem
from api.routes.common import AnyRequest, base_url
from api.spreadsheets import FileForm, spreadsheet
from api.web.asking import Answer, Api
from api.web.desk.rooms import rooms_as_links
from api.web.forms import Form, empty_form, read_form
from api.web.language import Language, language_of, mark
from api.web.pages import page_response, redirect
from api.web.problems import Elsewhere, heading_of

Row = dict[str, Any]

ROLES = {
    "coordinator": mark("co-ordinator"),
    "auditor": mark("auditor"),
    "administrator": mark("administrator"),
}

PAGE_ROWS = 50
UNREADABLE = mark("This cannot be taken as it is written. Please look at it again.")
DAYS_REVERSED = mark("The first day lies after the last one.")
_AT_FIELD = re.compile(r"at `\$\.(\w+)`")
OWN_QUERY = frozenset({"as", "told", "who", "who-choice", "show"})
"""What stands in the query of a page and is not for the API."""
AS_FILE = frozenset({"csv", "xlsx"})
CURSOR = frozenset({"after", "below", "limit"})
"""What says where a page of a list begins, and is no filter: a file has the whole list."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list as a file: its title, in English and marked for translation, and the cell of a row."""

    title: str
    cell: Callable[[Row], object]


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list: its rows, the address of the next page, that of the whole list as a file, and the filters.

    `csv` ends in `as=csv`; with `as=xlsx` instead it is a workbook.
    """

    rows: Sequence[Row]
    next: str | None
    csv: str
    filters: Mapping[str, str]
    problem: str | None = None


@dataclass(slots=True)
class Desk:
    """One request to the desk: the API as its sender may use it, their language, and who they are (`me`)."""

    request: AnyRequest
    api: Api
    language: Language
    me: Row
    names: dict[str, Row] = field(default_factory=dict)
    ahead: Answer | None = None

    @property
    def home(self) -> str:
        return f"/desk/{self.api.slug}"

    @property
    def nav(self) -> Markup:
        """The rooms that every page leads to."""
        return rooms_as_links(self.language, self.me["role"], self.home, self.request.url.path)

    def may(self, *roles: str) -> bool:
        """Whether the reader has one of these roles. For showing what they can do; the API decides."""
        return self.me["role"] in roles

    @property
    def role(self) -> str:
        """The reader's role, to be said in their language."""
        return ROLES[self.me["role"]]

    def page(self, template: str, status: int = 200, **known: object) -> ASGIResponse:
        """A page of the desk. Templates know `desk`, `me`, `home`, `zone`, and what is given here."""
        told = self.request.query_params.get("told")
        return page_response(
            self.request,
            f"desk/{template}",
            status,
            self.language,
            desk=self,
            me=self.me,
            home=self.home,
            zone=ZoneInfo(self.me["timezone"]),
            told=told,
            **known,
        )

    async def read(self, path: str, /, **query: object) -> Row:
        """What the API says at `path`. What it refuses ends the request with a page that says so."""
        said: Row = (await self.ask(path, **query)).said
        return said

    async def ask(self, path: str, /, **query: object) -> Answer:
        """As `read`, with the ETag that a change must name."""
        answer = await self.api.get(path, **query)
        if answer.problem is not None:
            raise self.trouble(answer)
        return answer

    async def part(self, path: str, /, **query: object) -> Row | None:
        """What the API says at `path`, or None where it does not open to the reader: a part of a page is left out."""
        answer = await self.api.get(path, **query)
        return None if answer.problem is not None else answer.said

    async def parts(self, *asked: tuple[str, Row]) -> list[Row | None]:
        """Several parts at once, each a path with its query."""
        return list(await gather(*(self.part(path, **query) for path, query in asked)))

    def trouble(self, answer: Answer) -> Elsewhere:
        """What ends a request with a page of what the API refused."""
        said = [self.refusal(answer)]
        return Elsewhere(
            self.page("problem.html", answer.status, heading=heading_of(answer.status), said=said)
        )

    async def form(self) -> Form:
        return await read_form(self.request, self.language)

    def new_form(self, **values: object) -> Form:
        return empty_form(self.language, values)

    def new_key(self) -> str:
        """The id of what one button does, for a form that is nothing but this button."""
        return str(uuid4())

    def done(self, path: str, told: str) -> ASGIResponse:
        """On to the page that shows what was done, which says so in the words its template has for `told`."""
        return redirect(f"{self.home}{path}?{urlencode({'told': told})}")

    async def meet(self, ids: Iterable[str | None]) -> None:
        """Learn the names of these members, for `name` and `number`."""
        wanted = sorted({each for each in ids if each is not None} - self.names.keys())
        for start in range(0, len(wanted), 200):
            answer = await self.api.get("/members", ids=",".join(wanted[start : start + 200]))
            if answer.problem is None:
                self.names |= {row["id"]: row for row in answer.said["members"]}

    def name(self, member_id: str | None) -> str:
        """How a member is called here: by name where it may be read and is known, else by number."""
        if member_id is None:
            return ""
        row = self.names.get(member_id)
        if row is None:
            return self.language.gettext("somebody")
        return str(row.get("name") or self.language.gettext("Member %(number)s", number=row["number"]))

    def refusal(self, answer: Answer) -> str:
        """What was refused and what to do next, in the reader's language."""
        said = answer.said
        if answer.problem == "malformed_request":
            # Its detail is for whoever writes programs, in English.
            return self.language.gettext(UNREADABLE)
        words = [self.language.gettext(said["title"])]
        if said.get("detail"):
            words.append(self.language.gettext(said["detail"]))
        if said.get("remedy"):
            words.append(self.language.gettext(said["remedy"]))
        return " ".join(words)

    def refuse(self, form: Form, answer: Answer, fields: Mapping[str, str] | None = None) -> None:
        """Write the refusal of a form beside the field it is about, by the problem's name, or above all fields."""
        name = (fields or {}).get(answer.problem or "", "")
        at = _AT_FIELD.search(answer.said.get("detail") or "")
        if not name and at is not None and at[1] in form.values:
            name = at[1]
        form.wrong(name, self.refusal(answer))
        if answer.problem == "step_up_required":
            # Shown as the offer to do so, and sent again with the same key.
            form.values["step_up"] = "1"
        elif answer.status < 500:
            # Nothing was done; what is corrected and sent again is another request.
            form.values["key"] = str(uuid4())

    async def listing(self, path: str, rows: str, **fixed: object) -> Listing:
        """A page of the API's list at `path`, whose rows stand in the answer under `rows`.

        What stands in the page's own query goes to the API as filters and cursor: the two have the same names.
        """
        asked = self._asked()
        answer = self.ahead or await self.api.get(path, **{"limit": PAGE_ROWS, **asked, **fixed})
        here = self.request.url.path
        filters = {name: value for name, value in asked.items() if name not in CURSOR}
        as_csv = f"{here}?{urlencode({**filters, 'as': 'csv'})}"
        if answer.problem is not None:
            return Listing([], None, as_csv, filters, self.query_refusal(answer))
        following = None if answer.next is None else f"{here}?{answer.next}"
        return Listing(answer.said[rows], following, as_csv, filters)

    def query_refusal(self, answer: Answer) -> str:
        """What was refused of the page's own query."""
        asked = self._asked()
        if (
            answer.problem == "malformed_request"
            and "until" in asked
            and asked.get("from", "") > asked["until"]
        ):
            return self.language.gettext(DAYS_REVERSED)
        return self.refusal(answer)

    def _asked(self) -> dict[str, str]:
        return asked_by(self.request)

    @property
    def wants_csv(self) -> bool:
        """Whether the whole list is asked for as a file: CSV, or XLSX."""
        return self.request.query_params.get("as") in AS_FILE

    async def csv(
        self,
        path: str,
        rows: str,
        columns: Sequence[Column],
        *,
        members: Callable[[Row], Iterable[str | None]] = lambda _: (),
        **fixed: object,
    ) -> ASGIResponse:
        """The whole list as CSV or XLSX, a page of 200 after another. `members` says whose names a row needs."""
        asked = {name: value for name, value in self._asked().items() if name not in CURSOR}
        first = await self.api.get(path, **{**asked, "limit": 200, **fixed})
        if first.problem is not None:
            raise self.trouble(first)

        async def pages() -> AsyncIterator[list[list[object]]]:
            answer: Answer = first
            while True:
                found = answer.said[rows]
                await self.meet([each for row in found for each in members(row)])
                yield [[each.cell(row) for each in columns] for row in found]
                if answer.next is None:
                    return
                answer = await self.api.get_query(path, answer.next)
                if answer.problem is not None:
                    # The file breaks off, and its reader's download fails, rather than look whole.
                    raise RuntimeError("a list could not be read to its end")

        return self.spreadsheet(path.strip("/").replace("/", "-"), columns, pages())

    def spreadsheet(
        self, name: str, columns: Sequence[Column], pages: AsyncIterator[list[list[object]]]
    ) -> ASGIResponse:
        """Rows, page by page, as the file that was asked for: CSV, or XLSX."""
        form: FileForm = "xlsx" if self.request.query_params.get("as") == "xlsx" else "csv"
        headings = [self.language.gettext(each.title) for each in columns]
        return spreadsheet(form, f"{self.api.slug}-{name}", headings, pages, ZoneInfo(self.me["timezone"]))


def hours_cell(seconds: int) -> float:
    """Seconds as hours, for adding up in a spreadsheet."""
    return round(seconds / 3600, 4)


def asked_by(request: AnyRequest) -> dict[str, str]:
    """What a page's query says to the API."""
    query = request.query_params.items()
    return {name: str(value) for name, value in query if name not in OWN_QUERY and value != ""}


async def open_desk(request: AnyRequest, listed: str | None = None) -> Desk:
    """The desk, for whoever asks. Raises Elsewhere for somebody who is not signed in or has no business here.

    The list at `listed`, which `Desk.listing` then shows, is asked for at the same time: half of what a page of a long
    list takes is waiting for these two.
    """
    slug = str(request.path_params["slug"])
    spoken = language_of(request)
    api = Api(request, slug)
    ahead = None
    if listed is None or request.query_params.get("as") in AS_FILE:
        answer = await api.get("/me")
    else:
        query = {"limit": PAGE_ROWS, **asked_by(request)}
        answer, ahead = await gather(api.get("/me"), api.get(listed, **query))
    sign_in = f"/sign-in?{urlencode({'c': slug, 'next': request.url.path})}"
    if answer.problem in ("sign_in_required", "not_found"):
        raise Elsewhere(await _signing_in(request, spoken, sign_in) or redirect(sign_in))
    if answer.problem is not None:
        raise Problem(answer.problem if answer.problem in KINDS else "internal_error")
    desk = Desk(request, api, spoken, answer.said, ahead=ahead)
    if desk.me["role"] is None:
        kept = await _signing_in(request, spoken, sign_in, 403) if desk.me["granted_role"] else None
        raise Elsewhere(kept or desk.page("no-role.html", 403))
    if request.method == "POST" and not _from_here(request):
        # The API would refuse it too. But then the form would be shown again, filled in by somebody else's page.
        raise Problem("cross_site")
    return desk


async def _signing_in(
    request: AnyRequest, spoken: Language, sign_in: str, status: int = 401
) -> ASGIResponse | None:
    """Whoever sent a form keeps what they typed: they sign in in another tab, and send it from here. Else None."""
    if request.method != "POST" or not _from_here(request):
        return None
    form = await read_form(request, spoken)
    home = f"/desk/{request.path_params['slug']}"
    return page_response(request, "desk/again.html", status, spoken, form=form, sign_in=sign_in, home=home)


def _from_here(request: AnyRequest) -> bool:
    try:
        refuse_other_sites(request.scope, base_url(request))
    except Problem:
        return False
    return True
