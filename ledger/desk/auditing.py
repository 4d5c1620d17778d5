"""Audits in the background of a service, each in a process of its own that has the log keys' public halves alone."""

from base64 import b64encode
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.desk.apart import do_apart
from ledger.desk.work import Kind
from ledger.desk.working import Progress, Working

log = structlog.get_logger()


class Auditing:
    """Begins audits among the long work of one service. It knows what an audit needs; `Working` knows no kind of work.

    `marks_folder` is where a clean audit leaves its mark, as one at the shell does.
    """

    def __init__(self, working: Working, ledger: Ledger, database_url: str, marks_folder: Path) -> None:
        self._working = working
        self._ledger = ledger
        self._database_url = database_url
        self._marks_folder = marks_folder

    def begin(self, community: Community, work_id: UUID, against: str | None) -> None:
        """Do the audit that was begun in the table, in the background."""

        async def do(progress: Progress) -> dict[str, Any]:
            outcome = await do_apart("ledger.desk.audit", self._order(community, against), progress)
            told: dict[str, Any] = _printable(outcome)
            told["finding_count"] = len(told["findings"]) + sum(told["more"].values())
            log.info("audited", community=community.slug, findings=told["finding_count"])
            return told

        self._working.begin(community, Kind.AUDIT, work_id, do)

    def _order(self, community: Community, against: str | None) -> dict[str, Any]:
        publics = self._ledger.keys.log_publics(community.origin)
        return {
            "database_url": self._database_url,
            "log_keys": [b64encode(public).decode() for public in publics],
            "checkpoints_folder": str(self._ledger.published.folder),
            "marks_folder": str(self._marks_folder),
            "community": asdict(community),
            "against": against,
        }


def _printable(value: Any) -> Any:
    """The value without any character that a screen might obey, or that a database refuses to keep."""
    if isinstance(value, str):
        return "".join([each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in value])
    if isinstance(value, list):
        return [_printable(each) for each in value]
    if isinstance(value, dict):
        return {name: _printable(each) for name, each in value.items()}
    return value
