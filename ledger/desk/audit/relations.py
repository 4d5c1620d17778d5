"""Rows of two tables that must name each other, and one statement for each way in which they may not."""

from collections.abc import Callable

import asyncpg


def _transfer(row: asyncpg.Record) -> str:
    return f"leaf {row['leaf_index']}, transfer {row['transfer_id']}"


def _reversal(row: asyncpg.Record) -> tuple[str, str]:
    if row["is_missing"]:
        what = "is missing"
    elif row["is_reversal"]:
        what = "is itself a reversal"
    elif row["is_later"]:
        what = "came after it"
    else:
        what = "was reversed twice, or this is not its exact opposite"
    return f"The transfer it reverses, {row['reverses_id']}, {what}.", _transfer(row)


# (statement, whether it only looks at leaves from the first on, check, table, what and where of a row)
RELATIONS: tuple[tuple[str, bool, str, str, Callable[[asyncpg.Record], tuple[str, str]]], ...] = (
    ("audit_reversals", True, "reversals", "transfer", _reversal),
    (
        "audit_stray_settlements", True, "holds", "transfer",
        lambda row: (f"It names the hold {row['hold_id']}, which it did not settle.", _transfer(row)),
    ),
    (
        "audit_stray_resolutions", False, "holds", "hold_resolution",
        lambda row: (f"A hold that never was is said to be {row['outcome']}.", f"hold {row['hold_id']}"),
    ),
    (
        "audit_stray_voids", False, "holds", "request",
        lambda row: ("No hold was released by this request.", f"request {row['request_id']}"),
    ),
    (
        "audit_stray_requests", False, "openings", "request",
        lambda row: (
            f"It was answered as done ({row['action']}), and what it made is missing.", f"request {row['request_id']}",
        ),
    ),
    (
        "audit_stray_notes", False, "note", "transfer_note",
        lambda row: ("No transfer has the digest of this note.", f"transfer {row['transfer_id']}"),
    ),
    (
        "audit_stray_authors", False, "author", "transfer_author",
        lambda row: ("No transfer has the digest of this author.", f"transfer {row['transfer_id']}"),
    ),
    (
        "audit_shared_event_ids", False, "ids", "transfer and event",
        lambda row: (f"One id is a transfer and an event ({row['kind']}).", _transfer(row)),
    ),
    (
        "audit_shared_ids", False, "ids", "transfer and request",
        lambda row: (f"One id is a transfer and the request to {row['action']}.", _transfer(row)),
    ),
)  # fmt: skip
