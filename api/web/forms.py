"""HTML forms: reading what was typed, and saying beside each field what is wrong with it.

Values are read leniently, since people type them ("1:30", "90 min", " 3/5 "): what comes out is what the API takes.
What cannot be read stands in `errors` by the field's name, and the page shows the form again as it was.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import parse_qsl
from uuid import uuid4

from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE

from api.problems import Problem
from api.requests import MAX_FILE, MAX_NAME
from api.routes.common import AnyRequest
from api.web.language import Language

MAX_FIELDS = 5_000
MAX_FORM_WITH_FILE = MAX_FILE + 1024 * 1024

_CLOCKED = re.compile(r"(\d{1,3})\s*[:h]\s*(\d{1,2})?\s*(?:m|min)?", re.IGNORECASE)
_MINUTES = re.compile(r"(\d{1,5})\s*(?:m|min|mins|minutes?|'|′)", re.IGNORECASE)
_HOURS = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*(?:h|hrs?|hours?)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was chosen in a form, by the name it has on its sender's machine."""

    name: str
    content: bytes


@dataclass(slots=True)
class Form:
    """What a form said: `values` by field name, the last one where a name came twice, `lists` all of them."""

    language: Language
    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """The text of a field, or an empty one: for showing it again."""
        return self.values.get(name, "")

    @property
    def key(self) -> str:
        """The id of what the form makes, invented when it was first shown: sent twice, it is done once."""
        return self.values.setdefault("key", str(uuid4()))

    def wrong(self, name: str, message: str) -> None:
        self.errors.setdefault(name, message)

    def text(self, name: str) -> str | None:
        """The text without white space around it, None when nothing was written."""
        return " ".join(self[name].split()) or None

    def required(self, name: str) -> str:
        found = self.text(name)
        if found is None:
            self.wrong(name, self.language.gettext("Please fill this in."))
        return found or ""

    def listed(self, name: str) -> list[str]:
        """What the text lists, parted by commas or semicolons."""
        return [each.strip() for each in self[name].replace(";", ",").split(",") if each.strip()]

    def checked(self, name: str) -> bool:
        return bool(self[name])

    def day(self, name: str) -> str | None:
        """An ISO date, as date fields send it."""
        found = self.text(name)
        if found is None:
            return None
        try:
            return date.fromisoformat(found).isoformat()
        except ValueError:
            self.wrong(
                name, self.language.gettext("Please write the day as year-month-day, such as 2026-05-31.")
            )
            return None

    def seconds(self, name: str) -> int | None:
        """A length in seconds from "1:30", "1h30", "90 min", "1.5" or "1,5"; a bare number means hours."""
        found = self.text(name)
        if found is None:
            return None
        seconds = read_duration(found)
        if seconds is None:
            self._wrong_length(name)
        return seconds

    def length(self, name: str) -> int | None:
        """As `seconds`, of something that took time: more than none, and not left empty."""
        self.required(name)
        seconds = self.seconds(name)
        if seconds is not None and seconds <= 0:
            self._wrong_length(name)
        return seconds

    def _wrong_length(self, name: str) -> None:
        self.wrong(name, self.language.gettext("Please write how long, such as 1:30, 90 min or 1.5."))

    def whole(self, name: str) -> int | None:
        found = self.text(name)
        if found is None:
            return None
        if not re.fullmatch(r"-?[0-9]{1,9}", found):
            self.wrong(name, self.language.gettext("Please write a whole number."))
            return None
        return int(found)


def read_duration(text: str) -> int | None:
    """Seconds, or None for what is no length of time. A minus in front counts."""
    text = text.strip()
    sign = -1 if text[:1] in ("-", "−") else 1
    text = text.lstrip("-−+").strip()
    if found := _MINUTES.fullmatch(text):
        return sign * int(found[1]) * 60
    if found := _CLOCKED.fullmatch(text):
        minutes = int(found[2] or 0)
        return None if minutes > 59 else sign * (int(found[1]) * 3600 + minutes * 60)
    if found := _HOURS.fullmatch(text):
        return sign * (int(found[1]) * 3600 + round(float(f"0.{found[2] or 0}") * 3600))
    return None


async def read_form(request: AnyRequest, spoken: Language) -> Form:
    """The form that was sent, URL-encoded, or in parts when it has files. Raises Problem for anything else.

    A page whose form has files allows as much with `request_max_body_size=MAX_FORM_WITH_FILE`.
    """
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    files: dict[str, Upload] = {}
    if declared == "multipart/form-data":
        pairs = await _read_parts(request, files)
    elif declared == "application/x-www-form-urlencoded":
        pairs = await _read_pairs(request)
    else:
        raise Problem("media_type_unsupported")
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return Form(spoken, {name: given[-1] for name, given in lists.items()}, lists, files=files)


async def _read_pairs(request: AnyRequest) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            (await request.body()).decode(),
            keep_blank_values=True,
            max_num_fields=MAX_FIELDS,
            errors="strict",
        )
    except ValueError:
        raise Problem("malformed_request", "The form cannot be read.") from None


async def _read_parts(request: AnyRequest, files: dict[str, Upload]) -> list[tuple[str, str]]:
    """The fields of a form in parts; its files go into `files`, an empty choice is none."""
    pairs = []
    try:
        parts = await request.form()
    except (ClientException, ValueError) as problem:
        if isinstance(problem, ClientException) and problem.status_code == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
            raise
        raise Problem("malformed_request", "The form cannot be read.") from None
    for name, value in parts.multi_items():
        if not isinstance(value, UploadFile):
            pairs.append((name, str(value)))
        elif value.filename:
            files[name] = Upload(_called(value.filename), await value.read())
    return pairs


def _called(filename: str) -> str:
    """What a file is called, without its folder, which some browsers send too, and without what nobody sees."""
    name = "".join(each for each in re.split(r"[/\\]", filename)[-1] if each.isprintable())
    name = unicodedata.normalize("NFC", name).strip(" .")
    stem, dot, kind = name.rpartition(".")
    if len(name) > MAX_NAME and 0 < len(kind) < MAX_NAME // 2:
        return stem[: MAX_NAME - len(dot + kind)] + dot + kind
    return name[:MAX_NAME] or "file"


def empty_form(spoken: Language, values: Mapping[str, object] | None = None) -> Form:
    """A form as it is first shown, with what is known already."""
    known = {name: str(value) for name, value in (values or {}).items() if value is not None}
    return Form(spoken, known, {name: [value] for name, value in known.items()})
