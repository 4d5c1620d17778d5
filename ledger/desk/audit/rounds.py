"""Paper rounds looked at again: whether each that ended has its event, and the event says what the rows say.

The event of a sign-off says the file's hash, the counts, the sums and a hash over what was decided about each line. So
whoever changes a decision afterwards, or the paper's day or length, is found. The texts of the lines are in no hash:
they can be erased.
"""

from typing import Any
from uuid import UUID

import asyncpg

from ledger.database.connections import Connection
from ledger.desk.audit.findings import Findings
from ledger.desk.rounds.ending import Totals, record_hash, said_of_totals
from ledger.log.encoding import read_json

EVENTS = {"signed_off": "round_signed_off", "abandoned": "round_abandoned"}


async def check_rounds(db: Connection, community_id: int, findings: Findings) -> None:
    """Compare the rounds that ended with the events about them; read in the snapshot of the audit."""
    events: dict[str, asyncpg.Record] = {}
    for row in await db.rows("desk/audit_round_events", community_id=community_id):
        said = _details(row)
        round_id = str(said.get("round"))
        if round_id in events:
            findings.add("rounds", "Two events end one round.", f"event {row['event_id']}")
        events[round_id] = row
    for row in await db.rows("desk/audit_rounds", community_id=community_id):
        where = f"paper_round {row['round_id']}"
        event = events.pop(row["round_id"], None)
        if event is None:
            if row["ended_at"] is not None:
                findings.add("rounds", "The round has ended, and no event says so.", where)
            continue
        wrong = _differences(row, event)
        if row["state"] == "signed_off":
            wrong += await _wrong_record(db, community_id, row, _details(event))
        for each in wrong:
            findings.add("rounds", each, where)
    for event in events.values():
        findings.add("rounds", "An event ends a round that is not there.", f"event {event['event_id']}")


def _differences(row: asyncpg.Record, event: asyncpg.Record) -> list[str]:
    said = _details(event)
    pairs = {
        "state": (EVENTS.get(row["state"]), event["kind"]),
        "file_hash": (row["file_hash"], said.get("file")),
        "ended_at": (row["ended_at"], event["recorded_at"]),
        "ended_by": (row["ended_by"], event["author_id"]),
    }
    return [f"{name} is not what the event says." for name, (here, there) in pairs.items() if here != there]


async def _wrong_record(
    db: Connection, community_id: int, row: asyncpg.Record, said: dict[str, Any]
) -> list[str]:
    """What is wrong with the totals that are shown, and with the lines they were made of."""
    try:
        shown = said_of_totals(Totals.from_text(row["totals"]))
    except (ValueError, TypeError, AttributeError):
        return ["totals is nothing the service could have written."]
    wrong = [f"totals is not what the event says: {name}." for name in shown if shown[name] != said.get(name)]
    rows = await db.rows(
        "desk/read_round_decisions", community_id=community_id, round_id=UUID(row["round_id"])
    )
    if len(rows) != said.get("lines"):
        wrong.append("There are not as many decided lines as the event says.")
    elif any(row["decision"] != row["standing"] for row in rows):
        wrong.append("A line does not stand as was decided about it.")
    elif record_hash(rows) != said.get("record"):
        wrong.append("What was decided about the lines is not what was signed off.")
    return wrong


def _details(event: asyncpg.Record) -> dict[str, Any]:
    try:
        said = read_json(event["details"].encode())
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
