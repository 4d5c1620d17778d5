"""What kinds of care are called by the policy in force, and what somebody means who writes one."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.web.desk.desk import Desk
from ledger.hours.activity_codes import code_of, listed_code


@dataclass(frozen=True, slots=True)
class Activities:
    """The activities of the policy in force: titles by code. `others` says that any else may be written too."""

    titles: Mapping[str, str]
    others: bool

    @classmethod
    async def of(cls, desk: Desk) -> "Activities":
        rules = (await desk.read("/policy"))["rules"]
        titles = {each["code"]: each["title"] for each in rules["activities"]}
        return cls(titles, bool(rules["open_activities"]))

    def title(self, code: str) -> str:
        """How an activity is called: by its title, or as its code spells it."""
        return self.titles.get(code) or code.replace("-", " ").capitalize()

    def read(self, text: str) -> str | None:
        """The code of what was written: a code, a title, or words of one's own; None for what cannot be one."""
        return listed_code(text, self.titles) or code_of(text)

    def offered(self, text: str) -> str:
        """What a field for it begins with, where paper says this: its title, or the words where any will do."""
        code = listed_code(text, self.titles)
        return self.titles[code] if code else text if self.others and code_of(text) else ""
