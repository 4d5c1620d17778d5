"""Looking around in an invented co-op: made at a press, and entered as any of its people.

Only where the operator lets anybody in, which by itself is on one's own machine (`CAREHOURS_DEMO`).
"""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC, session_cookie
from api.browsers import limit_by_address, refuse_other_pages
from api.problems import Problem
from api.routes.common import AnyRequest, base_url, ledger_of
from api.settings import Settings
from api.web.forms import read_form
from api.web.language import language_of
from api.web.pages import page_response, redirect
from ledger.book.ledger import Ledger
from ledger.desk.demo import SLUG, demo_progress, found_demo, make_demo, read_guests
from ledger.hours.hours import Hours
from ledger.people.sessions import start_session

log = structlog.get_logger("carehours")

LASTS = timedelta(hours=12)
"""How long a visit is, at most: as long as a role is in force after a passkey was shown."""

ROOMS = {"coordinator": f"/desk/{SLUG}", "auditor": f"/desk/{SLUG}"}
"""Where a visitor goes first; all others go to the phone app."""


class Demo:
    """The making of the demo in this process: how far it is, and whether it failed."""

    def __init__(self, ledger: Ledger, hours: Hours, settings: Settings) -> None:
        self._ledger = ledger
        self._hours = hours
        self._settings = settings
        self._making: asyncio.Task[None] | None = None
        self.done, self.total = 0, 0
        self.failed = False

    @property
    def is_making(self) -> bool:
        return self._making is not None and not self._making.done()

    async def is_made(self) -> bool:
        """Whether it is there, all of it. Asked of the database until it is."""
        if self.total and self.done == self.total:
            return True
        if self.is_making:
            return False
        community = await self._ledger.community(SLUG)
        if community is None:
            return False
        try:
            self.done, self.total = await demo_progress(self._ledger, community)
        except RuntimeError:
            # A co-op of this name that is nobody's invention is nobody's to enter.
            raise Problem("not_found") from None
        return self.done == self.total

    def begin(self) -> None:
        """Make it, or go on with it, unless that is being done."""
        if not self.is_making:
            self.failed = False
            self._making = asyncio.create_task(self._make())

    async def close(self) -> None:
        if self._making is not None:
            self._making.cancel()
            await asyncio.wait([self._making])

    async def _make(self) -> None:
        def progress(done: int, total: int) -> None:
            self.done, self.total = done, total

        url, host = self._settings.url, self._settings.host
        try:
            community = await self._ledger.community(SLUG)
            if community is None:
                community = await found_demo(self._ledger, SLUG, url, f"{host}/{SLUG}")
            await make_demo(self._ledger, community, progress)
            # What silence confirms on the days that the story ends before.
            await self._hours.confirm_silent(community)
        except Exception as problem:  # noqa: BLE001 - the page says so, and offers to try again
            self.failed = True
            log.error("demo_failed", error=type(problem).__name__)


def _demo_of(request: AnyRequest) -> Demo:
    demo: Demo = request.app.state.demo
    if not request.app.state.settings.demo:
        raise Problem("not_found")
    return demo


@get("/demo", opt=PUBLIC, include_in_schema=False)
async def get_demo(request: AnyRequest) -> ASGIResponse:
    """Offers to make the co-op, shows how far that is, or lets a visitor choose who to be."""
    demo = _demo_of(request)
    if not await demo.is_made():
        return page_response(request, "demo.html", demo=demo, guests=None)
    community = await ledger_of(request).community(SLUG)
    if community is None:
        raise Problem("not_found")
    guests = await read_guests(ledger_of(request), community)
    return page_response(request, "demo.html", demo=demo, guests=guests)


@post("/demo", opt=PUBLIC, include_in_schema=False)
async def post_demo(request: AnyRequest) -> ASGIResponse:
    """Begin to make it."""
    demo = _demo_of(request)
    refuse_other_pages(request)
    await limit_by_address(request)
    if not await demo.is_made():
        demo.begin()
    return redirect("/demo")


@post("/demo/visit", opt=PUBLIC, include_in_schema=False)
async def post_visit(request: AnyRequest) -> ASGIResponse:
    """Look around as one of its people, with their role, for half a day at most."""
    demo = _demo_of(request)
    refuse_other_pages(request)
    await limit_by_address(request)
    form = await read_form(request, language_of(request))
    ledger = ledger_of(request)
    community = await ledger.community(SLUG)
    if community is None or not await demo.is_made():
        return redirect("/demo")
    kind = form["as"]
    guest = (await read_guests(ledger, community)).get(kind)
    if guest is None:
        raise Problem("malformed_request", "Nobody like that is there.")
    async with ledger.database.transaction(community.id) as db:
        started = await start_session(
            db,
            community.id,
            guest.member_id,
            method="start",
            device="demo",
            now=datetime.now(UTC),
            strong=True,
        )
    response = redirect(ROOMS.get(kind, f"/app?c={SLUG}"))
    secure = "; Secure" if base_url(request).startswith("https://") else ""
    response.headers["set-cookie"] = (
        f"{session_cookie(base_url(request))}={started.text}; Path=/; Max-Age={LASTS // timedelta(seconds=1)};"
        f" HttpOnly; SameSite=Lax{secure}"
    )
    return response


demo_pages = Router("/", route_handlers=[get_demo, post_demo, post_visit])
