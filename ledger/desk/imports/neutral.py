"""The neutral CSV, for whatever no reader is written for: what one person gave another, a line a visit.

    visits   external_id, service_date, recorded_at, provider_ref, recipient_ref, minutes, category, description,
             rate_code, evidence_ref, status
    members  external_id, name, email, phone, balance                                             (may be left out)

`minutes` is whole minutes or `H:MM`. Who received pays who gave. Without a list of members a reference is the code
of an account of this community.
"""

from datetime import UTC, datetime, time

from ledger.desk.imports.cells import Line, Wanted, open_lists
from ledger.desk.imports.problems import Mistakes
from ledger.desk.imports.shape import (
    Export,
    ImportedMember,
    ImportedTransfer,
    Options,
    SkippedRow,
)
from ledger.desk.imports.shared import export_of, parted, party

MINUTE = 60
KNOWN = {
    "visits": Wanted(("external_id", "service_date", "provider_ref", "recipient_ref", "minutes")),
    "members": Wanted(("external_id", "name")),
}
DONE = frozenset({"", "confirmed", "posted", "finished", "done", "committed"})
OTHERS = frozenset({"pending", "declined", "rejected", "cancelled", "withdrawn", "disputed"})


def read_neutral(content: bytes, name: str, options: Options) -> Export:
    """Raises ImportRefused."""
    lists = open_lists(name, content, KNOWN)
    mistakes = Mistakes()

    def member(line: Line) -> ImportedMember:
        return ImportedMember(
            line.required("external_id"),
            line.required("name", 120),
            line.file,
            line.number,
            line.text,
            balance_seconds=line.seconds("balance", MINUTE, options) if line.cell("balance") else None,
            email=line.plain("email", 254),
            phone=line.plain("phone"),
        )

    def visit(line: Line) -> ImportedTransfer | SkippedRow:
        status = line.cell("status").casefold()
        if status in OTHERS:
            return line.skipped("not_committed")
        if status not in DONE:
            raise line.problem("state_unknown", "status")
        _, day = line.moment("service_date", options.date_order)
        created_at = datetime.combine(day, time(), UTC)
        if line.cell("recorded_at"):
            created_at, _ = line.moment("recorded_at", options.date_order)
        texts = [line.note(each) for each in ("category", "description", "evidence_ref")]
        return parted(line, ImportedTransfer(
            created_at, day,
            party(line.required("recipient_ref"), options.organisation),
            party(line.required("provider_ref"), options.organisation),
            ", ".join(filter(None, texts)), line.moved("minutes", MINUTE, options),
            line.file, line.number, line.text, line.required("external_id"),
        ))  # fmt: skip

    members = lists["members"].members(member, mistakes) if "members" in lists else []
    mistakes.settle()
    return export_of("neutral", name, content, lists, members, "visits", visit)
