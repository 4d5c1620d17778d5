"""Balance assertions looked at again: each is what its event says, and held if our own books said the same."""

from typing import Any

import asyncpg

from ledger.database.connections import Connection
from ledger.desk.audit.findings import Findings
from ledger.log.encoding import read_json

CHECK = "assertions"


async def check_assertions(db: Connection, community_id: int, findings: Findings) -> None:
    """Compare the assertions with the events about them and with the entries; read in the snapshot of the audit."""
    made: dict[str, asyncpg.Record] = {}
    withdrawn: dict[str, asyncpg.Record] = {}
    for event in await db.rows("desk/audit_assertion_events", community_id=community_id):
        # Each holder of an account has an event of their own; they say the same.
        known = made if event["kind"] == "balance_asserted" else withdrawn
        known[str(_details(event).get("assertion"))] = event
    for row in await db.rows("desk/audit_assertions", community_id=community_id):
        where = f"balance_assertion {row['assertion_id']}"
        event = made.pop(row["assertion_id"], None)
        if event is None:
            findings.add(CHECK, "No event says that it was asserted.", where)
            continue
        for name in _differences(row, event, withdrawn.pop(row["assertion_id"], None)):
            findings.add(CHECK, f"{name} is not what the event says.", where)
        if row["held"] != (row["seconds"] == row["recorded_seconds"]):
            findings.add(CHECK, "held is not what the entries say.", where)
    for event in (*made.values(), *withdrawn.values()):
        findings.add(CHECK, "An event is about an assertion that is not there.", f"event {event['event_id']}")


def _differences(row: asyncpg.Record, made: asyncpg.Record, withdrawn: asyncpg.Record | None) -> list[str]:
    said = _details(made)
    pairs = {
        "account_id": (row["account_id"], said.get("account")),
        "stood_on": (row["stood_on"], said.get("on")),
        "seconds": (row["seconds"], said.get("seconds")),
        "source": (row["source"], said.get("source")),
        "tree_size": (row["tree_size"], said.get("size")),
        "asserted_at": (row["asserted_at"], made["recorded_at"]),
        "asserted_by": (row["asserted_by"], made["author_id"]),
        "withdrawn_at": (row["withdrawn_at"], None if withdrawn is None else withdrawn["recorded_at"]),
        "withdrawn_by": (row["withdrawn_by"], None if withdrawn is None else withdrawn["author_id"]),
    }
    return [name for name, (here, there) in pairs.items() if here != there]


def _details(event: asyncpg.Record) -> dict[str, Any]:
    try:
        said = read_json(event["details"].encode())
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
