"""Statements of everybody: one file to print from, and an e-mail to each who wishes it, once for the same days.

The file is kept in the data folder of the service that made it, for seven days or until the next run of the
community: everybody's hours are in it. What was sent stands in `statement_sent`, written before each e-mail goes out.
So a run that was killed is simply started again: it makes all statements anew, and sends only what nobody has sent.
"""

import asyncio
import os
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import msgspec

from api.languages import Language, language
from api.mail import Attachment, Mailer, Sent
from api.statements import words
from api.statements.fonts import Fonts, NoPdf
from api.statements.making import make
from api.statements.views import statement_view
from api.statements.writer import PdfWriter
from api.texts import LOCALES
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Ledger
from ledger.desk.statements import Holder, Made, Period
from ledger.desk.work import Kind, Work
from ledger.desk.working import Progress, WorkFailed, Working
from ledger.hours.hours import Hours

Row = dict[str, Any]
Page = Callable[[Language, Row], bytes]
"""Writes a statement as an HTML page that stands by itself, for a service without PDF."""

KEPT_SECONDS = 7 * 86_400
MAX_FILE_BYTES = 2 * 1024**3
TOLD = 100
"""How many of those to look at are told one by one; the others are counted."""

PAUSE_SECONDS = 0.2
"""Between two e-mails: a mail server that is sent everything at once takes it for spam."""

GIVE_UP_AFTER = 5
"""So many refused one after the other, and the mail server is left alone until the next run."""

AT_ONCE = 200


class StatementFiles:
    """The folder of the files that runs made, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, community_id: int, work_id: UUID) -> Path:
        return self._folder / f"{community_id}-{work_id}.zip"

    def begin(self, community_id: int, work_id: UUID) -> Path:
        """Where to write a new file; the earlier ones of the community are deleted."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for earlier in self._folder.glob(f"{community_id}-*"):
            earlier.unlink(missing_ok=True)
        return self.path(community_id, work_id).with_suffix(".part")

    def tidy(self) -> None:
        """Delete what is too old."""
        with suppress(FileNotFoundError):
            for each in self._folder.iterdir():
                with suppress(FileNotFoundError):
                    if time.time() - each.stat().st_mtime > KEPT_SECONDS:
                        each.unlink()

    def find(self, community_id: int, run: Work, erased_at: datetime | None) -> Path | None:
        """The file of a run; None when it is deleted by now, or was made elsewhere.

        One that was begun before somebody was erased (last at `erased_at`) is deleted.
        """
        self.tidy()
        path = self.path(community_id, run.id)
        if erased_at is not None and run.started_at < erased_at:
            path.unlink(missing_ok=True)
        return path if path.is_file() else None


@dataclass(slots=True)
class Outcome:
    """What came of a run. Accounts are named by their codes, which tell nobody who their holder is."""

    made: int = 0
    sent: int = 0
    sent_before: int = 0
    no_mail: bool = False
    not_made: list[Row] = field(default_factory=list)
    not_sent: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    refused_in_a_row: int = 0

    def to_dict(self) -> Row:
        told: dict[str, list[Any]] = {
            "not_made": self.not_made,
            "not_sent": self.not_sent,
            "unsure": self.unsure,
        }
        count = sum(len(each) for each in told.values())
        shown = {name: list(each[:TOLD]) for name, each in told.items()}
        return {
            "made": self.made,
            "sent": self.sent,
            "sent_before": self.sent_before,
            "no_mail": self.no_mail,
            **shown,
            "more": count - sum(len(each) for each in shown.values()),
            "finding_count": count,
        }


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is to make."""

    community: Community
    work_id: UUID
    period: Period
    by_email: bool


@dataclass(frozen=True, slots=True)
class _Into:
    """What writes the papers of a run, and the file they go into."""

    writer: PdfWriter
    archive: zipfile.ZipFile


class StatementRuns:
    """Begins runs among the long work of one service. `mailer` gives the one of the moment."""

    def __init__(
        self,
        working: Working,
        ledger: Ledger,
        hours: Hours,
        mailer: Callable[[], Mailer],
        files: StatementFiles,
        *,
        url: str,
        environ: Mapping[str, str],
        page: Page,
    ) -> None:
        self._working = working
        self._ledger = ledger
        self._hours = hours
        self._mailer = mailer
        self._url = url
        self._environ = environ
        self._page = page
        self.files = files

    def begin(self, order: Order) -> None:
        """Make the statements of the run that was begun in the table, in the background."""

        async def do(progress: Progress) -> Row:
            return await self._make_all(order, progress)

        self._working.begin(order.community, Kind.STATEMENTS, order.work_id, do)

    async def _make_all(self, order: Order, progress: Progress) -> Row:
        outcome = Outcome(no_mail=order.by_email and not self._mailer().can_send)
        community = order.community
        async with self._ledger.database.connection(community.id) as db:
            counted = await db.row("desk/statement_count", community_id=community.id)
        progress.total = 0 if counted is None else counted["accounts"]
        part = await asyncio.to_thread(self.files.begin, community.id, order.work_id)
        try:
            async with PdfWriter() as writer:
                with _private_file(part) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                    async for account_id, code in self._accounts(community):
                        await self._make_one(order, account_id, code, _Into(writer, archive), outcome)
                        progress.done += 1
                        if part.stat().st_size > MAX_FILE_BYTES:
                            raise WorkFailed(
                                "The file of these statements is larger than 2 GiB. Make fewer days at once."
                            )
            part.replace(part.with_suffix(".zip"))
        finally:
            part.unlink(missing_ok=True)
        return outcome.to_dict()

    async def _accounts(self, community: Community) -> AsyncIterator[tuple[UUID, str]]:
        after = ""
        while True:
            async with self._ledger.database.connection(community.id) as db:
                rows = await db.rows(
                    "desk/statement_accounts", community_id=community.id, after=after, at_most=AT_ONCE
                )
            for row in rows:
                yield row["account_id"], row["code"]
            if len(rows) < AT_ONCE:
                return
            after = rows[-1]["code"]

    async def _make_one(
        self, order: Order, account_id: UUID, code: str, into: _Into, outcome: Outcome
    ) -> None:
        try:
            made = await make(self._ledger, self._hours, order.community, account_id, order.period)
        except ActRefused as no:
            outcome.not_made.append({"code": code, "why": f"{no.refusal.says} {no.refusal.remedy}"})
            return
        said: Row = msgspec.to_builtins(statement_view(made))
        spoken = language(said.get("language") or "en")
        try:
            paper = await self._paper(into.writer, spoken, said, made)
        except NoPdf as why:
            outcome.not_made.append({"code": code, "why": str(why)})
            return
        signed = Attachment(f"{code}.txt", "text/plain", made.text.encode("ascii"))
        for each in (paper, signed):
            into.archive.writestr(each.name, each.content)
        outcome.made += 1
        if order.by_email and not outcome.no_mail:
            for holder in made.holders:
                if holder.present and holder.by_email and holder.email is not None:
                    await self._mail_one(order, account_id, code, holder, said, [paper, signed], outcome)

    async def _paper(self, writer: PdfWriter, spoken: Language, said: Row, made: Made) -> Attachment:
        """The statement as PDF; as a page where nothing here writes PDF."""
        try:
            fonts = Fonts.of(self._environ, spoken.tag)
        except NoPdf:
            page = await asyncio.to_thread(self._page, spoken, said)
            return Attachment(f"{said['code']}.html", "text/html", page)
        large = bool(said.get("large_print"))
        pdf = await writer.write(spoken.tag, said, made.text, f"{self._url}/v", fonts, large=large)
        return Attachment(f"{said['code']}.pdf", "application/pdf", pdf)

    async def _mail_one(
        self,
        order: Order,
        account_id: UUID,
        code: str,
        holder: Holder,
        said: Row,
        attachments: list[Attachment],
        outcome: Outcome,
    ) -> None:
        if outcome.refused_in_a_row >= GIVE_UP_AFTER:
            outcome.not_sent.append(code)
            return
        which = {
            "community_id": order.community.id,
            "member_id": holder.member_id,
            "account_id": account_id,
            "from_on": order.period.from_on,
            "until_on": order.period.until_on,
        }
        # Committed before anything is sent: what is killed from here on is never sent a second time.
        async with self._ledger.database.transaction(order.community.id) as db:
            mine = await db.row("desk/begin_sending_statement", now=self._ledger.now(), **which)
            known = None if mine is not None else await db.row("desk/read_sending_statement", **which)
        if mine is None:
            if known is not None and known["state"] == "sent":
                outcome.sent_before += 1
            else:
                outcome.unsure.append(code)
            return
        spoken = _language_of(holder)
        sent = await self._mailer().send(str(holder.email), *_letter(spoken, said), attachments)
        if sent is Sent.UNKNOWN:
            outcome.unsure.append(code)
            return
        async with self._ledger.database.transaction(order.community.id) as db:
            state = "sent" if sent is Sent.YES else "refused"
            await db.run("desk/end_sending_statement", state=state, **which)
        if sent is Sent.YES:
            outcome.sent += 1
            outcome.refused_in_a_row = 0
        else:
            outcome.not_sent.append(code)
            outcome.refused_in_a_row += 1
        await asyncio.sleep(PAUSE_SECONDS)


def _private_file(path: Path) -> IO[bytes]:
    """A new file that nobody else on the machine may read."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w+b")


def _language_of(holder: Holder) -> Language:
    tags = (tag.lower().partition("-")[0] for tag in holder.languages)
    return language(next((tag for tag in tags if tag in LOCALES), "en"))


def _letter(spoken: Language, said: Row) -> tuple[str, str]:
    """The subject, and what the e-mail says. No links: whoever gets used to them follows a forged one some day."""
    gettext = spoken.gettext
    period = words.period(spoken, said)
    subject = gettext("Your hours at %(name)s, %(period)s", name=said["community_name"], period=period)
    lines = [
        *words.in_short(spoken, said),
        "",
        gettext("The statement is attached, and beside it the signed file, by which anybody can check it."),
        gettext(
            "You asked for this e-mail. When you do not want it any more, say so on the page of your statements, or to"
            " your co-ordinator."
        ),
    ]
    return subject, "\n".join(lines) + "\n"
