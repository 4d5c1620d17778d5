"""Finding the member somebody means who types a name or a number, without guessing whom."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from api.web.desk.desk import Desk, Row
from api.web.forms import Form

SUGGESTED = 200
"""How many members a page offers while one types; a larger community is searched by the script."""

PRESENT = frozenset({"applied", "active", "away"})

_NUMBERED = re.compile(r"(?:(?P<name>.*)\()?#?(?P<number>[0-9]{1,9})\)?")


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a text may mean. `sure` says that it was a number or a whole name, and nobody else can be meant."""

    candidates: Sequence[Row] = ()
    sure: bool = False

    @property
    def member(self) -> Row | None:
        return self.candidates[0] if len(self.candidates) == 1 else None


@dataclass(slots=True)
class Finder:
    """Finds members for one page, each text once. `choices` are, by field, those among whom to choose."""

    desk: Desk
    choices: dict[str, Sequence[Row]] = field(default_factory=dict)
    _known: dict[str, Found] = field(default_factory=dict)

    async def suggestions(self) -> tuple[list[str], bool]:
        """What to offer while somebody types, and whether there are more members than that."""
        answer = await self.desk.api.get("/members", limit=SUGGESTED)
        if answer.problem is not None:
            return [], False
        rows = answer.said["members"]
        return [label_of(row) for row in rows if row["status"] in PRESENT], "next" in answer.said

    async def find(self, text: str) -> Found:
        """Those whom the text may mean: the one with that number or whole name, else all who are called like it."""
        text = " ".join(text.split())
        if text not in self._known:
            self._known[text] = await self._find(text)
        return self._known[text]

    async def _find(self, text: str) -> Found:
        if numbered := _NUMBERED.fullmatch(text):
            number, name = int(numbered["number"]), plain(numbered["name"])
            answer = await self.desk.api.get("/members", after=max(number - 1, 0), limit=1)
            rows = [] if answer.problem is not None else answer.said["members"]
            rows = [row for row in rows if row["number"] == number]
            # Name and number of two people: whom it means is asked.
            return Found(rows, sure=all(name in ("", plain(row.get("name"))) for row in rows))
        answer = await self.desk.api.get("/members", name=text)
        if answer.problem is not None:
            return Found()
        rows = answer.said["members"]
        whole = [row for row in rows if plain(row.get("name")) == plain(text)]
        if len(whole) == 1 and "next" not in answer.said:
            return Found(whole, sure=True)
        return Found(whole or rows)

    async def read(self, form: Form, name: str) -> str | None:
        """The id of the member a field of the form names; None with the reason beside the field, or when it is empty.

        Where several are called so, a second field, `<name>-choice`, says which.
        """
        if chosen := form.text(f"{name}-choice"):
            form.values[name] = chosen
        text = form.text(name)
        if text is None:
            return None
        found = await self.find(text)
        if found.member is None:
            self.choices[name] = found.candidates
            form.wrong(name, self.why_not(found))
            return None
        form.values[name] = label_of(found.member)
        return str(found.member["id"])

    def why_not(self, found: Found) -> str:
        """What to do about a text that names nobody, or several."""
        if not found.candidates:
            return self.desk.language.gettext("Nobody is called so. Write the name or the member's number.")
        return self.desk.language.gettext("Several members are called so. Choose the one you mean.")


def label_of(row: Row) -> str:
    """A member as a field names them, and as it is read again: name and number."""
    name = row.get("name")
    return f"{name} ({row['number']})" if name else str(row["number"])


def plain(name: object) -> str:
    """A name without what people leave out when they type: accents, capitals, blanks."""
    letters = unicodedata.normalize("NFKD", str(name or "")).casefold()
    return " ".join("".join(each for each in letters if not unicodedata.combining(each)).split())
