"""The desk's grid for a pile of paper sheets: typed, checked without saving, and saved row by row, each once."""

import re
from dataclasses import dataclass, field

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.requests import MAX_BATCH_BODY
from api.routes.common import AnyRequest
from api.web.desk.activities import Activities
from api.web.desk.desk import Desk, Row, open_desk
from api.web.desk.people import Finder
from api.web.desk.sheet_rows import (
    FIRST_ROWS,
    MORE_ROWS,
    MOST_ROWS,
    SheetRow,
    blame,
    blank_rows,
    read_rows,
    same_rows,
    typed_rows,
)
from api.web.forms import Form, read_duration

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(slots=True)
class Sheet:
    """A sheet that is being typed: its rows, what was saved of it so far, and whether the sums agree.

    `says_seconds` is the sum written on the paper, None where there is none. `verdict` says in words how they compare.
    """

    form: Form
    rows: list[SheetRow]
    saved: list[Row] = field(default_factory=list)
    just_saved: int = 0
    says_seconds: int | None = None
    verdict: str = ""
    agrees: bool = True
    checked: bool = False

    @property
    def written(self) -> list[SheetRow]:
        return [row for row in self.rows if not row.blank]

    @property
    def seconds(self) -> int:
        return sum(row.seconds or 0 for row in self.written) + sum(
            int(each["seconds"]) for each in self.saved
        )

    @property
    def faulty(self) -> list[SheetRow]:
        return [row for row in self.written if row.faulty]

    @property
    def done(self) -> bool:
        """Whether all that was typed is saved."""
        return bool(self.saved) and not self.written


@get("/sheets", opt=PUBLIC, include_in_schema=False)
async def new_sheet(request: AnyRequest) -> ASGIResponse:
    """An empty grid."""
    desk = await open_desk(request)
    form = desk.new_form(default_day=desk.me["today"], signed="1")
    return await _page(desk, Sheet(form, blank_rows(1, FIRST_ROWS)), Finder(desk), await Activities.of(desk))


@post("/sheets", opt=PUBLIC, include_in_schema=False, request_max_body_size=MAX_BATCH_BODY)
async def use_sheet(request: AnyRequest) -> ASGIResponse:
    """Check the grid, save it, or add rows to it; whatever cannot be saved stays in it with its reason."""
    desk = await open_desk(request)
    form = await desk.form()
    finder, activities = Finder(desk), await Activities.of(desk)
    sheet = Sheet(form, typed_rows(form))
    await _read_saved(desk, sheet)
    if form["do"] == "add":
        begin = sheet.rows[-1].place + 1 if sheet.rows else 1
        sheet.rows += blank_rows(begin, min(MORE_ROWS, MOST_ROWS - len(sheet.rows)))
        return await _page(desk, sheet, finder, activities)
    defaults = {"day": form.text("default_day") or "", "activity": form.text("default_activity") or ""}
    await read_rows(desk, finder, sheet.written, defaults, activities)
    _compare(desk, sheet)
    if not sheet.written and not sheet.saved:
        form.wrong(
            "giver-1", desk.language.gettext("Nothing is written yet. Type the first row, then check it.")
        )
    elif form["do"] == "save":
        await _save(desk, sheet)
    else:
        await _check(desk, sheet)
    return await _page(desk, sheet, finder, activities)


async def _read_saved(desk: Desk, sheet: Sheet) -> None:
    """What was saved of this sheet before, by the ids that the page kept."""
    for claim_id in sheet.form.lists.get("saved", [])[:MOST_ROWS]:
        if _ID.fullmatch(claim_id):
            answer = await desk.api.get(f"/claims/{claim_id}")
            if answer.problem is None:
                sheet.saved.append(answer.said["claim"])


def _compare(desk: Desk, sheet: Sheet) -> None:
    """Hold the sum on the paper against that of the rows."""
    written = sheet.form.text("says")
    if written is None:
        return
    language = desk.language
    sheet.says_seconds = read_duration(written)
    if sheet.says_seconds is None:
        sheet.agrees = False
        sheet.form.wrong("says", language.gettext("Please write how long, such as 14:30, or leave it empty."))
        return
    missing = sheet.says_seconds - sheet.seconds
    sheet.agrees = missing == 0
    values = {
        "paper": language.duration(sheet.says_seconds),
        "rows": language.duration(sheet.seconds),
        "difference": language.duration(abs(missing)),
    }
    if missing > 0:
        sheet.verdict = language.gettext(
            "The paper says %(paper)s and the rows make %(rows)s: %(difference)s are missing.", **values
        )
    elif missing < 0:
        sheet.verdict = language.gettext(
            "The paper says %(paper)s and the rows make %(rows)s: %(difference)s are too many.", **values
        )
    else:
        sheet.verdict = language.gettext("The paper and the rows agree: %(paper)s.", **values)


async def _check(desk: Desk, sheet: Sheet) -> None:
    """Ask for each row what would become of it."""
    sheet.checked = True
    say = desk.language.gettext
    again = same_rows(sheet.written)
    confirmed = sheet.form.checked("signed")
    for row in sheet.written:
        if row.faulty:
            continue
        answer = await desk.api.send(
            "POST", "/claims", row.body(confirmed=confirmed), key=row.key, dry_run="true"
        )
        if answer.problem == "id_reused":
            await _saved_otherwise(desk, row)
        elif answer.problem is not None:
            blame(desk, row, answer)
        elif answer.said["outcome"] == "replayed":
            row.verdict = say("Saved already. It will not be saved twice.")
        elif row.place in again:
            row.verdict = say("The same as row %(row)s. Was it given twice?", row=again[row.place])
            row.unsure = True
        elif row.unsure:
            row.verdict = say("Look at the names: were they read as you meant?")
        else:
            row.verdict = say("Right")


async def _save(desk: Desk, sheet: Sheet) -> None:
    """Log each row that can be, in order, where the sums agree; those that went through leave the grid."""
    say = desk.language.gettext
    if not sheet.agrees:
        sheet.form.wrong(
            "says",
            say(
                "Nothing was saved, because the sums differ. Correct a row or the sum, or leave the sum empty."
            ),
        )
        return
    confirmed = sheet.form.checked("signed")
    kept = []
    for row in sheet.written:
        if row.unsure and not row.faulty:
            row.wrong[""] = say(
                "Not saved yet. Look at the names: if they were read as you meant, save again."
            )
        if not row.faulty:
            answer = await desk.api.send("POST", "/claims", row.body(confirmed=confirmed), key=row.key)
            if answer.problem is None:
                sheet.saved.append(answer.said["claim"])
                sheet.just_saved += 1
                continue
            if answer.problem == "id_reused":
                await _saved_otherwise(desk, row)
            else:
                blame(desk, row, answer)
        kept.append(row)
    sheet.rows = kept


async def _saved_otherwise(desk: Desk, row: SheetRow) -> None:
    """The row was changed after it had been saved: say what was saved, so that it is not logged once more."""
    say = desk.language.gettext
    answer = await desk.api.get(f"/claims/{row.key}")
    if answer.problem is None:
        claim = answer.said["claim"]
        await desk.meet([claim["provider"], claim["receiver"]])
        row.wrong[""] = say(
            "This row was saved before you changed it: %(giver)s for %(receiver)s, %(length)s on %(day)s."
            " Empty the row, or save it again if it is another visit.",
            giver=desk.name(claim["provider"]),
            receiver=desk.name(claim["receiver"]),
            length=desk.language.duration(claim["seconds"]),
            day=desk.language.day(claim["service_on"]),
        )
    else:
        row.wrong[""] = desk.refusal(answer)
    row.renew()


async def _page(desk: Desk, sheet: Sheet, finder: Finder, activities: Activities) -> ASGIResponse:
    await desk.meet([side for each in sheet.saved for side in (each["provider"], each["receiver"])])
    people, more = await finder.suggestions()
    faulty = bool(sheet.faulty or sheet.form.errors)
    return desk.page(
        "sheets.html",
        422 if faulty else 200,
        sheet=sheet,
        form=sheet.form,
        activities=activities,
        people=people,
        more=more,
        most=MOST_ROWS,
    )


sheets_pages = Router("/", route_handlers=[new_sheet, use_sheet])
