"""What is remembered of a source for its next list: how its lists are read, and whom names on them mean."""

import json
from collections.abc import Mapping as Of
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ledger.book.ledger import ActRefused
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk.rounds.reading import shape_of
from ledger.desk.rounds.rounds import Round, key_of
from ledger.desk.tables.mapping import Field, Mapping
from ledger.desk.tables.table import Table
from ledger.people.members import read_member


async def remembered_reading(
    db: Connection, community_id: int, source: str, shapes: Of[bytes, int | None]
) -> Mapping | None:
    """How the source's last list of one of these shapes was read, with the line its header stands on here."""
    row = await db.row(
        "desk/read_paper_reading",
        community_id=community_id,
        source_key=key_of(source),
        shapes=list(shapes),
    )
    if row is None:
        return None
    return replace(Mapping.from_dict(json.loads(row["reading"])), header=shapes[row["shape"]])


async def remember_reading(
    db: Connection, community_id: int, round_: Round, table: Table, mapping: Mapping, now: datetime
) -> None:
    """Remember how a list was read for the next one with its header; never a name that was the same on all lines."""
    fixed: dict[Field, str] = {each: said for each, said in mapping.fixed.items() if each is Field.ACTIVITY}
    await db.run(
        "desk/write_paper_reading",
        community_id=community_id,
        source_key=round_.source_key,
        shape=shape_of(table, mapping.header),
        reading=json.dumps(replace(mapping, fixed=fixed).to_dict()),
        now=now,
    )


async def remembered_names(db: Connection, community_id: int, source: str) -> dict[str, UUID]:
    """The members whom names on the source's lists mean, as a person said; by `name_key`."""
    rows = await db.rows("desk/read_paper_names", community_id=community_id, source_key=key_of(source))
    return {row["written"]: row["member_id"] for row in rows}


async def remember_names(
    db: Connection, community_id: int, round_: Round, meant: Of[str, UUID], by_id: UUID, now: datetime
) -> None:
    """Remember whom names as they are written mean. Raises ActRefused with MEMBER_UNKNOWN."""
    for member_id in set(meant.values()):
        if await read_member(db, community_id, member_id) is None:
            raise ActRefused(Refusal.MEMBER_UNKNOWN, str(member_id))
    keyed = {name_key(written): member_id for written, member_id in meant.items()}
    await db.run(
        "desk/write_paper_names",
        community_id=community_id,
        source_key=round_.source_key,
        now=now,
        by_id=by_id,
        written=list(keyed),
        member_ids=list(keyed.values()),
    )


def name_key(written: str) -> str:
    """A written name as it is remembered: with or without capitals, and with any blanks."""
    return " ".join(written.casefold().split())
