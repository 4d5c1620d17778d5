"""The desk's pages about paper rounds: the list, bringing paper, how it is read, and matching it."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.asking import Answer
from api.web.desk.desk import Column, Desk, Row, hours_cell, open_desk
from api.web.desk.round_lines import TELLINGS, match, show_lines
from api.web.desk.round_words import (
    ASKS,
    DATE_ORDERS,
    DECIMALS,
    DELIMITERS,
    ENCODINGS,
    FIELDS,
    ROUND_STATES,
    UNITS,
)
from api.web.forms import MAX_FORM_WITH_FILE, Form
from api.web.language import mark
from api.web.pages import redirect

FIXED = ("provider", "receiver", "service_on", "activity")
"""What may be the same for all lines and stand in no column."""

TYPED_COLUMNS = ("Giver", "Receiver", "Day", "How long", "Activity", "Note")
"""The header of a list that was typed."""

_TWO_WAYS = re.compile(r"([0-9]{1,2})[/.\- ]([0-9]{1,2})[/.\- ]([0-9]{4})")


@get("/rounds", opt=PUBLIC, include_in_schema=False)
async def list_rounds(request: AnyRequest) -> ASGIResponse:
    """Rounds, the newest first."""
    desk = await open_desk(request)
    if desk.wants_csv:
        columns = (
            Column(mark("Source"), lambda row: row.get("source")),
            Column(mark("File"), lambda row: row.get("file_name")),
            Column(mark("SHA-256 of the file"), lambda row: row["file_hash"]),
            Column(mark("From"), lambda row: row.get("from")),
            Column(mark("Until"), lambda row: row.get("until")),
            Column(mark("State"), lambda row: desk.language.gettext(ROUND_STATES[row["state"]])),
            Column(mark("Lines"), lambda row: row["counts"]["lines"]),
            Column(mark("Decided"), lambda row: row["counts"]["decided"]),
            Column(mark("Hours on paper"), lambda row: hours_cell(row["counts"]["paper_seconds"])),
            Column(mark("Brought by"), lambda row: desk.name(row["made_by"])),
            Column(mark("Brought at"), lambda row: row["made_at"]),
            Column(mark("Ended at"), lambda row: row.get("ended_at")),
        )
        return await desk.csv("/rounds", "rounds", columns, members=lambda row: [row["made_by"]])
    listing = await desk.listing("/rounds", "rounds")
    await desk.meet(row["made_by"] for row in listing.rows)
    return desk.page("rounds.html", listing=listing, states=ROUND_STATES, tellings=TELLINGS)


# --- bringing paper -----------------------------------------------------------------------------------------------


@get("/rounds/new", opt=PUBLIC, include_in_schema=False)
async def new_round(request: AnyRequest) -> ASGIResponse:
    desk = await open_desk(request)
    return desk.page("round-new.html", form=desk.new_form())


@post("/rounds/new", opt=PUBLIC, include_in_schema=False, request_max_body_size=MAX_FORM_WITH_FILE)
async def bring_round(request: AnyRequest) -> ASGIResponse:
    """Take a file in, or a list that was typed or pasted; what it is read as is looked at next."""
    desk = await open_desk(request)
    form = await desk.form()
    source = form.required("source")
    days = {"from": form.day("from"), "until": form.day("until")}
    upload, typed = form.files.get("file"), form["lines"].strip()
    if upload is None and not typed:
        form.wrong("file", desk.language.gettext("Choose a file, or type the visits below."))
    elif upload is not None and typed:
        form.wrong("file", desk.language.gettext("Choose a file or type the visits, not both."))
    if not form.errors:
        key = form.key
        name, content = (upload.name, upload.content) if upload else ("typed.csv", _typed(typed))
        answer = await desk.api.send_file("/rounds", name, content, key=key, source=source, **days)
        if answer.problem is None:
            return redirect(f"{desk.home}/rounds/{key}")
        refuse_file(desk, form, answer, "lines" if upload is None else "file")
    return desk.page("round-new.html", 422, form=form)


def _typed(text: str) -> bytes:
    """What was typed or pasted, as a file; with a header where it has none, in the order the page asks for."""
    first = text.partition("\n")[0]
    delimiter = next((each for each in "\t;," if each in first), ";")
    if any(each.isdigit() for each in first):
        columns = first.count(delimiter) + 1
        text = f"{delimiter.join(TYPED_COLUMNS[:columns])}\n{text}"
    return f"{text}\n".encode()


def refuse_file(desk: Desk, form: Form, answer: Answer, field: str) -> None:
    """Write a refusal beside its field; of a file that cannot be read, the mistake with its place in it."""
    for mistake in answer.said.get("mistakes", []):
        words = [desk.language.gettext(mistake["what"]), desk.language.gettext(mistake["remedy"])]
        form.wrong(field, " ".join([*([f"{mistake['where']}:"] if mistake["where"] else []), *words]))
    fields = {"file_unreadable": field, "round_too_long": field, "dates_reversed": "until"}
    desk.refuse(form, answer, fields)


# --- one round ----------------------------------------------------------------------------------------------------


@get("/rounds/{round_id:uuid}", opt=PUBLIC, include_in_schema=False)
async def show_round(request: AnyRequest) -> ASGIResponse:
    """How its file is read, until it is matched; then its lines; at last what was signed off."""
    desk = await open_desk(request)
    round_ = await desk.read(f"/rounds/{request.path_params['round_id']}")
    if round_["state"] == "reading" and desk.may("coordinator"):
        return await _reading_page(desk, round_)
    return await show_lines(desk, round_)


@get("/rounds/{round_id:uuid}/reading", opt=PUBLIC, include_in_schema=False)
async def show_reading(request: AnyRequest) -> ASGIResponse:
    """How its file is read, also after it was matched, as long as nothing is decided."""
    desk = await open_desk(request)
    return await _reading_page(desk, await desk.read(f"/rounds/{request.path_params['round_id']}"))


@post("/rounds/{round_id:uuid}/reading", opt=PUBLIC, include_in_schema=False)
async def change_reading(request: AnyRequest) -> ASGIResponse:
    """Say how the file is to be read, and look again, or match it."""
    desk = await open_desk(request)
    form = await desk.form()
    round_id = request.path_params["round_id"]
    round_ = await desk.read(f"/rounds/{round_id}")
    if not round_["typed"]:
        body = _reading(form)
        if not form.errors:
            answer = await desk.api.send("PUT", f"/rounds/{round_id}/mapping", body, seen=form["seen"])
            if answer.problem is not None:
                refuse_file(desk, form, answer, "sheet")
            else:
                round_ = answer.said
        if form.errors:
            return await _reading_page(desk, round_, form)
    if form["do"] != "match" or round_["asks"]:
        return desk.done(f"/rounds/{round_id}/reading", "read")
    return await match(desk, form)


@post("/rounds/{round_id:uuid}/matching", opt=PUBLIC, include_in_schema=False)
async def match_again(request: AnyRequest) -> ASGIResponse:
    """Match the lines that nobody decided, such as after a name was chosen."""
    desk = await open_desk(request)
    return await match(desk, await desk.form())


@get("/rounds/{round_id:uuid}/matching/{matching_id:uuid}", opt=PUBLIC, include_in_schema=False)
async def show_matching(request: AnyRequest) -> ASGIResponse:
    """How far a matching is; when it is done, on to the lines."""
    desk = await open_desk(request)
    round_id = request.path_params["round_id"]
    matching = await desk.read(f"/rounds/matchings/{request.path_params['matching_id']}")
    if matching["state"] == "finished":
        return redirect(f"{desk.home}/rounds/{round_id}")
    return desk.page("round-matching.html", matching=matching, round_id=round_id, key=desk.new_key())


# --- how it is read -----------------------------------------------------------------------------------------------


async def _reading_page(desk: Desk, round_: Row, sent: Form | None = None) -> ASGIResponse:
    """How the file is read; `sent` is what was refused."""
    await desk.meet([round_["made_by"]])
    known: dict[str, object] = {"round": round_, "asks": _asks(desk, round_), "tellings": TELLINGS}
    if round_["typed"]:
        return desk.page("round-typed.html", 200, form=desk.new_form(), **known)
    answer = await desk.api.get(f"/rounds/{round_['id']}/preview")
    if answer.problem == "round_file_gone":
        gone = desk.new_form()
        desk.refuse(gone, answer)
        return await show_lines(desk, round_, {"all": gone}, 409)
    if answer.problem is not None:
        raise desk.trouble(answer)
    form = sent or _reading_form(desk, round_, answer)
    preview = answer.said
    return desk.page(
        "round-reading.html",
        200 if sent is None else 422,
        preview=preview,
        form=form,
        fields=FIELDS,
        fixed=FIXED,
        date_orders=DATE_ORDERS,
        decimals=DECIMALS,
        units=UNITS,
        encodings=_with(ENCODINGS, preview.get("encoding")),
        delimiters=DELIMITERS,
        two_ways=_two_ways(desk, preview),
        **known,
    )


def _reading_form(desk: Desk, round_: Row, answer: Answer) -> Form:
    """The form as the round is read now."""
    preview, mapping = answer.said, answer.said["mapping"]
    form = desk.new_form(
        seen=answer.etag,
        sheet=preview["sheet"],
        encoding=preview.get("encoding"),
        delimiter=preview.get("delimiter"),
        header=mapping.get("header"),
        date_order=mapping.get("date_order"),
        decimal=mapping.get("decimal"),
        unit=mapping.get("unit"),
        until=round_.get("until"),
        **{f"column-{place}": name for name, place in mapping["columns"].items()},
        **{f"fixed-{name}": text for name, text in mapping.get("fixed", {}).items()},
    )
    form.values["from"] = round_.get("from") or ""
    return form


def _reading(form: Form) -> Row:
    """What a form says about how a file is read, as the API takes it."""
    say = form.language.gettext
    columns: dict[str, int] = {}
    for name, value in form.values.items():
        if (found := re.fullmatch(r"column-([0-9]{1,2})", name)) and value in FIELDS:
            if value in columns:
                form.wrong(name, say("Two columns cannot hold the same. Choose one of them."))
            columns[value] = int(found[1])
    mapping: Row = {"columns": columns, "header": form.whole("header")}
    for name, words in (("date_order", DATE_ORDERS), ("decimal", DECIMALS), ("unit", UNITS)):
        mapping[name] = form[name] if form[name] in words else None
    mapping["fixed"] = {
        name: text for name in FIXED if (text := form.text(f"fixed-{name}")) and name not in columns
    }
    return {
        "mapping": mapping,
        "sheet": form["sheet"] or None,
        "encoding": form["encoding"] or None,
        "delimiter": form["delimiter"] or None,
        "from": form.day("from"),
        "until": form.day("until"),
    }


def _asks(desk: Desk, round_: Row) -> list[tuple[str, str]]:
    """What must be said first: the field of the form it is about, and the question in the reader's language."""
    say = desk.language.gettext
    asked = []
    for each in round_["asks"]:
        if each in FIELDS:
            question = say("Which column holds this: %(what)s?", what=say(FIELDS[each]))
        else:
            question = say(ASKS.get(each, ASKS["columns"]))
        asked.append((_ASKED_AT.get(each, each if each in ASKS else "column-0"), question))
    return asked


_ASKED_AT = {"duration": "unit", "columns": "column-0"}
"""The field that answers a question, where it is called otherwise."""


def _two_ways(desk: Desk, preview: Row) -> tuple[str, str, str] | None:
    """A date of the file that can be read in two ways, and both of them, for asking which is meant."""
    column = preview["mapping"]["columns"].get("service_on")
    if column is None or "date_order" not in preview["asks"]:
        return None
    for row in preview["rows"]:
        text = row["cells"][column] if column < len(row["cells"]) else ""
        found = _TWO_WAYS.fullmatch(text.strip())
        if found is None or found[1] == found[2]:
            continue
        one, two, year = (int(part) for part in found.groups())
        with suppress(ValueError):
            return text, desk.language.day(date(year, two, one)), desk.language.day(date(year, one, two))
    return None


def _with(words: Mapping[str, str], present: str | None) -> dict[str, str]:
    """The words, and what is there already if they do not have it."""
    return {**words} if present is None or present in words else {**words, present: present}


rounds_pages = Router(
    "/",
    route_handlers=[
        list_rounds,
        new_round,
        bring_round,
        show_round,
        show_reading,
        change_reading,
        match_again,
        show_matching,
    ],
)
