"""Everything is joined here and only here."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from litestar import Litestar, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from api.access import Access, AccessMiddleware, session_cookie
from api.documents import Description
from api.fast_lane import FastLane
from api.housekeeping import keep_house
from api.observability import Metrics, Observed, configure_logging
from api.packing import Packed
from api.requests import MAX_BODY
from api.routes.account_closings import account_closings_router
from api.routes.accounts import accounts_router
from api.routes.asserted_lists import asserted_lists_router
from api.routes.assertions import assertions_router
from api.routes.audits import audits_router
from api.routes.books import books_router
from api.routes.cards import cards_router
from api.routes.care_requests import care_requests_router
from api.routes.claims import claims_router
from api.routes.clearances import clearances_router
from api.routes.delegates import delegates_router
from api.routes.departures import departures_router
from api.routes.directory import directory_router
from api.routes.disputes import disputes_router
from api.routes.events import events_router
from api.routes.evidence import evidence_router
from api.routes.exports import exports_router
from api.routes.gifts import gifts_router
from api.routes.grants import grants_router
from api.routes.holds import holds_router
from api.routes.households import households_router
from api.routes.imports import imports_router
from api.routes.liability import liability_router
from api.routes.log import get_keys, get_trust, log_router
from api.routes.mail_codes import mail_codes_router, open_mailer
from api.routes.members import members_router
from api.routes.passkeys import passkeys_router
from api.routes.periods import periods_router
from api.routes.policy import policy_router
from api.routes.pots import pots_router
from api.routes.proposals import proposals_router
from api.routes.reports import reports_router
from api.routes.round_decisions import round_decisions_router
from api.routes.round_lines import round_lines_router
from api.routes.round_reading import round_reading_router
from api.routes.rounds import rounds_router
from api.routes.service import service_router
from api.routes.sign_in import sign_in_router
from api.routes.social import social_router
from api.routes.social_keeping import social_keeping_router
from api.routes.social_rows import social_rows_router
from api.routes.statement_runs import statement_runs_router
from api.routes.statements import statements_router
from api.routes.tasks import tasks_router
from api.routes.tokens import tokens_router
from api.routes.transfers import transfers_router
from api.routes.well_being import well_being_router
from api.settings import Settings
from api.statements.runs import StatementFiles, StatementRuns
from api.web.demo import Demo, demo_pages
from api.web.desk.routes import desk_router
from api.web.first import first_pages
from api.web.phone import phone_pages
from api.web.problems import Elsewhere, answer_anybody, answer_elsewhere
from api.web.receipts import receipt_pages
from api.web.statements import standalone_page, statement_pages
from ledger.book.forks import check_published
from ledger.book.gatherer import Gatherer
from ledger.book.ledger import Ledger
from ledger.database.connections import Database
from ledger.desk.auditing import Auditing
from ledger.desk.exports.exporting import Exporting
from ledger.desk.imports.postings import Postings
from ledger.desk.imports.uploads import Uploads
from ledger.desk.rounds.taking_in import erase_old_files
from ledger.desk.working import Working
from ledger.hours.hours import Hours
from ledger.log.keys import load_keys
from ledger.log.published import PublishedCheckpoints
from ledger.people.rate_limits import RateLimits
from ledger.people.tidying import tidy

PDFS_AT_ONCE = 2
"""How many are written at the same time: each takes a core for half a second."""


def open_ledger(settings: Settings, *, pool_size: int | None = None) -> Ledger:
    """The ledger of the settings' database, with its keys. Raises KeyProblem when keys are missing or loose."""
    if settings.database_url is None:
        raise ValueError("the embedded database has not been started")
    return Ledger(
        Database(settings.database_url, pool_size=pool_size or settings.pool_size),
        load_keys(settings.keys_folder, settings.environ),
        PublishedCheckpoints(settings.checkpoints_folder),
    )


def create_app(settings: Settings) -> Litestar:
    """The service. Its database must be migrated and its keys must exist; opening both fails closed."""
    return equip(assemble(settings.url), settings)


def assemble(url: str) -> Litestar:
    """The routes of a service at this address, and nothing that is of one start only."""
    app = Litestar(
        route_handlers=[
            transfers_router,
            accounts_router,
            audits_router,
            assertions_router,
            asserted_lists_router,
            books_router,
            holds_router,
            claims_router,
            gifts_router,
            grants_router,
            departures_router,
            disputes_router,
            care_requests_router,
            clearances_router,
            liability_router,
            reports_router,
            rounds_router,
            round_reading_router,
            round_lines_router,
            round_decisions_router,
            social_router,
            social_rows_router,
            social_keeping_router,
            evidence_router,
            well_being_router,
            statements_router,
            statement_runs_router,
            tasks_router,
            sign_in_router,
            passkeys_router,
            mail_codes_router,
            members_router,
            directory_router,
            cards_router,
            events_router,
            exports_router,
            imports_router,
            delegates_router,
            households_router,
            policy_router,
            periods_router,
            account_closings_router,
            pots_router,
            proposals_router,
            tokens_router,
            log_router,
            get_keys,
            get_trust,
            first_pages,
            demo_pages,
            phone_pages,
            receipt_pages,
            statement_pages,
            desk_router,
            service_router,
        ],
        middleware=[AccessMiddleware()],
        exception_handlers={Exception: answer_anybody, Elsewhere: answer_elsewhere},
        lifespan=[_lifespan],
        request_max_body_size=MAX_BODY,
        openapi_config=OpenAPIConfig(
            title="Carehours",
            version="1",
            render_plugins=[Description(path="/openapi.json")],
            # The description of the API names nobody, and is what a developer reads first.
            openapi_router=Router("/schema", route_handlers=[], opt={"public": True}),
            components=Components(
                security_schemes={
                    "token": SecurityScheme(type="http", scheme="bearer"),
                    "session": SecurityScheme(
                        type="apiKey", name=session_cookie(url), security_scheme_in="cookie"
                    ),
                },
            ),
        ),
        logging_config=None,
    )
    # What the pages ask goes straight to the routes: its request was counted and logged already.
    app.state.asgi = app.asgi_handler
    return app


def equip(app: Litestar, settings: Settings) -> Litestar:
    """Give the assembled service what it starts with; one that has ended is equipped anew before it starts again."""
    configure_logging(settings.log_level)
    metrics = Metrics()
    app.state.settings = settings
    app.state.metrics = metrics
    # How many streams each member follows now.
    app.state.following = Counter()
    # Set when the service is being stopped: whatever would go on for ever ends then.
    app.state.leaving = asyncio.Event()
    # Around everything, the 404 of an unknown address included, which Litestar's own middleware never sees.
    app.asgi_handler = Observed(
        FastLane(app, Packed(app.state.asgi)), metrics, https=settings.url.startswith("https:")
    )
    return app


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    ledger = open_ledger(settings)
    await check_published(ledger)
    app.state.ledger = ledger
    limits = RateLimits(ledger.database)
    await limits.clear()
    await tidy(ledger)
    app.state.limits = limits
    app.state.access = Access(ledger.database, limits, settings)
    app.state.gatherer = Gatherer(ledger)
    app.state.hours = Hours(ledger)
    app.state.mailer = open_mailer(settings)
    app.state.demo = Demo(ledger, app.state.hours, settings)
    app.state.working = Working(ledger.database)
    app.state.pdf_turns = asyncio.Semaphore(PDFS_AT_ONCE)
    statement_files = StatementFiles(settings.data / "statements")
    app.state.statement_runs = StatementRuns(
        app.state.working,
        ledger,
        app.state.hours,
        lambda: app.state.mailer,
        statement_files,
        url=settings.url,
        environ=settings.environ,
        page=standalone_page,
    )
    marks = settings.data / "audits"
    app.state.auditing = Auditing(app.state.working, ledger, str(settings.database_url), marks)
    app.state.uploads = Uploads(app.state.working, ledger, app.state.hours.policies)
    app.state.postings = Postings(app.state.working, ledger, app.state.hours.policies)
    app.state.exporting = Exporting(
        app.state.working,
        ledger,
        str(settings.database_url),
        settings.data / "exports",
        keys_folder=settings.keys_folder,
        environ=settings.environ,
    )
    housekeeping = asyncio.create_task(
        keep_house(
            app.state.hours,
            statement_files.tidy,
            sweeps=[
                app.state.exporting.sweep,
                app.state.postings.sweep,
                partial(erase_old_files, ledger),
            ],
        )
    )
    yield
    app.state.leaving.set()
    # First what begins long work by itself, then what is running of it.
    housekeeping.cancel()
    await asyncio.wait([housekeeping])
    await app.state.working.close()
    await app.state.demo.close()
    await app.state.mailer.close()
    await app.state.gatherer.close()
    await app.state.hours.close()
    await limits.close()
    await ledger.database.close()
