"""The audit: recomputing our own record from its parts, and saying each difference found.

`run` says what is looked at and in which order, in one snapshot. `log` reads leaves, transfers and entries in blocks,
`rows` takes them apart, and `leaves` holds them against each other, in worker processes: nearly all of the time goes
there. `events` does so for the leaves of the admin trail, and knows from it what was erased on purpose (`erasures`).
`doubts` says in words why a leaf is doubtful. `standings` follows each account's entries, `tree` builds the
log's tree again, `accounts` knows each account's own rows, `relations` looks for rows without their counterpart, and
`people` tells from the admin trail who may do what, and compares. `hours` does so for what was agreed and decided about
hours, and follows every claim (`claims`) and request for care (`care_requests`) by the policies of then (`rules`);
`periods` counts closings again.
`findings` is what comes out.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.desk.audit.findings import AuditReport, Finding
    from ledger.desk.audit.run import audit_community

__all__ = ["AuditReport", "Finding", "audit_community"]


def __getattr__(name: str) -> object:
    # Imported when asked for: a worker process needs `leaves` alone, and the rest takes a second to load.
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module("ledger.desk.audit.run"), name)
