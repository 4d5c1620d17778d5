"""What kinds of care are called by the policy in force, and what somebody means who writes one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from api.web.desk.desk import Desk
from api.web.desk.people import plain


@dataclass(frozen=True, slots=True)
class Activities:
    """The activities of the policy in force: titles by code."""

    titles: Mapping[str, str]

    @classmethod
    async def of(cls, desk: Desk) -> "Activities":
        rules = (await desk.read("/policy"))["rules"]
        return cls({each["code"]: each["title"] for each in rules["activities"]})

    def title(self, code: str) -> str:
        """How an activity is called: by its title, or as its code spells it."""
        return self.titles.get(code) or code.replace("-", " ").capitalize()

    def read(self, text: str) -> str | None:
        """The code of what was written: a code, a title, or words of one's own; None for what cannot be one."""
        text = " ".join(text.split())
        for code, title in self.titles.items():
            if text.casefold() in (code, title.casefold()):
                return code
        code = re.sub(r"[^a-z0-9]+", "-", plain(text)).strip("-")[:40].strip("-")
        return code or None
