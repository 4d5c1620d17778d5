"""What the pages about the books share: what accounts and transfers are called."""

from collections.abc import AsyncIterator, Iterable, Sequence

from litestar.response.base import ASGIResponse

from api.web.desk.desk import Column, Desk, Row
from api.web.desk.words import ACCOUNT_KINDS
from api.web.language import mark

TRANSFER_KINDS = {
    "care": mark("care"),
    "redeem": mark("care, paid with credits"),
    "gift": mark("gift"),
    "grant": mark("grant from a pot"),
    "adjust": mark("correction"),
    "reverse": mark("reversal"),
    "settle": mark("settlement"),
    "import": mark("brought over from earlier books"),
    "inherit": mark("inheritance"),
    "lapse": mark("lapsed to the pot"),
}
READERS = ("coordinator", "auditor")
"""Whose role may look into accounts."""


class Accounts:
    """The accounts a page names, by id, as far as its reader may know them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._rows: dict[str, Row] = {}

    async def meet(self, ids: Iterable[str | None]) -> None:
        """Learn what these accounts are called."""
        wanted = sorted({each for each in ids if each is not None} - self._rows.keys())
        if not self.desk.may(*READERS):
            return
        for start in range(0, len(wanted), 200):
            answer = await self.desk.api.get("/accounts", ids=",".join(wanted[start : start + 200]))
            if answer.problem is None:
                self._rows |= {row["id"]: row for row in answer.said["accounts"]}

    def name(self, account_id: str | None) -> str:
        """By name where it may be read and there is one, else by code."""
        row = self._rows.get(account_id or "")
        if row is None:
            return self.desk.language.gettext("an account")
        return str(row.get("name") or row["code"])

    def link(self, account_id: str | None) -> str | None:
        """The address of the account's page, for whom it opens."""
        known = account_id is not None and self.desk.may(*READERS)
        return f"{self.desk.home}/accounts/{account_id}" if known else None


def entry_name(desk: Desk, account: Row) -> str:
    """How an account is called that stands by itself: its name, else what it is and its code."""
    if account.get("name"):
        return str(account["name"])
    kind = desk.language.gettext(ACCOUNT_KINDS[account["kind"]])
    return desk.language.gettext("%(code)s (%(kind)s)", code=account["code"], kind=kind)


def moved_seconds(transfer: Row) -> int:
    """How many seconds a transfer moves: what its accounts gain together."""
    return sum(entry["seconds"] for entry in transfer["entries"] if entry["seconds"] > 0)


def rows_csv(desk: Desk, name: str, columns: Sequence[Column], rows: Iterable[Row]) -> ASGIResponse:
    """Rows that are no list of the API's as CSV or XLSX."""

    async def pages() -> AsyncIterator[list[list[object]]]:
        yield [[each.cell(row) for each in columns] for row in rows]

    return desk.spreadsheet(name, columns, pages())
