"""`carehours statement`: an account's statement, or everybody's, as text, CSV, PDF or JSON."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import rich_click as click

from api.cli_common import (
    Failure,
    community_option,
    data_option,
    known,
    printable,
    progress_bar,
    with_ledger,
)

DAY = click.DateTime(formats=["%Y-%m-%d"])
FORMS = ("text", "csv", "pdf", "json", "signed")
ENDINGS = {"text": "txt", "csv": "csv", "pdf": "pdf", "json": "json", "signed": "txt"}


@click.command()
@community_option
@click.argument("number", type=click.IntRange(1), required=False)
@click.option("--account", "code", help="The code of an account, such as that of a pot.")
@click.option("--all", "everybody", is_flag=True, help="One file for each member's and household's account.")
@click.option("--from", "from_on", type=DAY, help="The first day; without days, the month that is over.")
@click.option("--until", "until_on", type=DAY, help="The last day.")
@click.option("--format", "form", type=click.Choice(FORMS), default="text", show_default=True)
@click.option("--large", is_flag=True, help="Large print, in a PDF.")
@click.option("--language", "tag", help="Language of the words; that of the holder when left out.")
@click.option("--out", type=click.Path(path_type=Path), help="A file; a folder with --all.")
@data_option
def statement(
    slug: str,
    number: int | None,
    code: str | None,
    everybody: bool,
    from_on: datetime | None,
    until_on: datetime | None,
    form: str,
    large: bool,
    tag: str | None,
    out: Path | None,
    data: Path | None,
) -> None:
    """The statement of member NUMBER, of an account, or of everybody. `signed` is what `carehours verify` checks."""
    from api.texts import LOCALES

    if sum([number is not None, code is not None, everybody]) != 1:
        raise Failure("name one member by number, one account by --account, or --all")
    if (from_on is None) != (until_on is None):
        raise Failure("give both --from and --until, or neither")
    if tag is not None and tag not in LOCALES:
        raise Failure(f"--language is one of {', '.join(LOCALES)}")
    if out is None and (everybody or form == "pdf"):
        raise Failure("say where with --out: a folder for --all, a file for a PDF")
    days = None if from_on is None or until_on is None else (from_on.date(), until_on.date())
    maker = Maker(slug, days, form, large, tag)
    if everybody and out is not None:
        with_ledger(data, lambda ledger, settings: maker.write_all(ledger, settings, out))
        return
    content = with_ledger(data, lambda ledger, settings: maker.write_one(ledger, settings, number, code))
    if out is None:
        text = content.decode("utf-8")
        click.echo(printable(text) if form == "text" else text, nl=not text.endswith("\n"))
    else:
        out.write_bytes(content)


class Maker:
    """Makes statements of one community, all of the same days and in the same form."""

    def __init__(
        self, slug: str, days: tuple[date, date] | None, form: str, large: bool, tag: str | None
    ) -> None:
        self.slug, self.days, self.form, self.large, self.tag = slug, days, form, large, tag

    async def write_one(self, ledger: Any, settings: Any, number: int | None, code: str | None) -> bytes:
        community = await known(ledger, self.slug)
        async with ledger.database.connection(community.id) as db:
            if code is not None:
                row = await db.row("desk/find_account", community_id=community.id, code=code)
                missing = f"there is no account {code}"
            else:
                row = await db.row("desk/find_member_account", community_id=community.id, number=number)
                missing = f"member {number} is not there, or holds no account of their own"
        if row is None:
            raise Failure(missing)
        return await self.content(ledger, settings, community, row["account_id"])

    async def write_all(self, ledger: Any, settings: Any, folder: Path) -> None:
        community = await known(ledger, self.slug)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with ledger.database.connection(community.id) as db:
            rows = await db.rows(
                "desk/statement_accounts", community_id=community.id, after="", at_most=1_000_000
            )
        with progress_bar("statements") as advance:
            for done, row in enumerate(rows, 1):
                content = await self.content(ledger, settings, community, row["account_id"])
                (folder / f"{row['code']}.{ENDINGS[self.form]}").write_bytes(content)
                advance(done, len(rows))
        click.echo(f"{len(rows)} statements in {folder}", err=True)

    async def content(self, ledger: Any, settings: Any, community: Any, account_id: Any) -> bytes:
        import msgspec

        from api.languages import language
        from api.statements.fonts import Fonts, NoPdf
        from api.statements.making import make
        from api.statements.pdf import statement_pdf
        from api.statements.tables import statement_csv
        from api.statements.views import statement_view
        from ledger.book.ledger import ActRefused
        from ledger.desk.statements import Period
        from ledger.hours.hours import Hours

        period = None if self.days is None else Period(*self.days)
        try:
            made = await make(ledger, Hours(ledger), community, account_id, period)
        except ActRefused as no:
            raise Failure(f"{no.refusal.says} {no.refusal.remedy}") from None
        view = statement_view(made)
        spoken = language(self.tag or view.language or "en")
        said = msgspec.to_builtins(view)
        match self.form:
            case "signed":
                return made.text.encode() + b"\n"
            case "json":
                return json.dumps(said, ensure_ascii=False).encode() + b"\n"
            case "csv":
                return statement_csv(spoken, said)
            case "text":
                return ("\n".join(in_text(spoken, said)) + "\n").encode()
        try:
            fonts = Fonts.of(settings.environ, spoken.tag)
            address = f"{settings.url}/v"
            large = self.large or view.large_print
            return statement_pdf(spoken, said, made.text, address, fonts, large=large)
        except NoPdf as why:
            raise Failure(str(why)) from None


def in_text(spoken: Any, said: Any) -> Iterator[str]:
    """The statement for a terminal, a printer of text, or somebody who listens to it."""
    from api.statements.paper import paper_of

    paper = paper_of(spoken, said)
    yield from (paper.community, f"{paper.heading}: {paper.owner}", paper.period, "", *paper.short, "")
    for row in paper.rows:
        recorded, _, what, hours, balance = row
        yield f"{recorded}  {hours:>12}  {balance:>12}  {what}"
    if paper.rows:
        yield ""
    yield from (paper.by_which_day, paper.made)
