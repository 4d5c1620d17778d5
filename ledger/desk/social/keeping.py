"""What a co-op keeps beside the numbers of its social reports: targets for them, and texts in its own words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from ledger.book.authors import Author, Event
from ledger.book.journal import Community
from ledger.book.ledger import Answer, Ledger
from ledger.book.posting import Decision
from ledger.database.connections import Connection
from ledger.people.acts import act

PARTS = ("aims", "deeds", "difference", "learned")
"""What a Prove It report tells in words: what was set out to do, what was done, what it changed, what was learned."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one range of days; `change_count` is 0 when nobody has written any."""

    parts: dict[str, str] = field(default_factory=lambda: dict.fromkeys(PARTS, ""))
    change_count: int = 0
    written_by: UUID | None = None
    written_at: datetime | None = None


async def read_targets(db: Connection, community_id: int) -> dict[str, int]:
    """The targets there are, by the code of their measure, in its unit."""
    rows = await db.rows("desk/list_social_targets", community_id=community_id)
    return {row["measure"]: row["target"] for row in rows if row["target"] is not None}


async def set_target(
    ledger: Ledger, community: Community, author: Author, key: UUID, measure: str, target: int | None
) -> Answer:
    """Set the target of a measure, or none any more, on the record."""

    async def also(db: Connection, _: Decision, now: datetime) -> Sequence[Event]:
        await db.run(
            "desk/insert_social_target",
            community_id=community.id,
            measure=measure,
            now=now,
            target=target,
            set_by=author.member_id,
        )
        return [Event("target_set", author, None, {"measure": measure, "target": target}, key)]

    return await act(ledger, community, author, key, "set_target", [measure, target], also)


async def read_texts(db: Connection, community_id: int, from_on: date, until_on: date) -> Texts:
    row = await db.row("desk/read_social_text", community_id=community_id, from_on=from_on, until_on=until_on)
    if row is None:
        return Texts()
    return Texts(
        {part: row[part] for part in PARTS}, row["change_count"], row["written_by"], row["written_at"]
    )


async def write_texts(
    db: Connection,
    community_id: int,
    from_on: date,
    until_on: date,
    parts: dict[str, str],
    *,
    seen: int,
    written_by: UUID | None,
    now: datetime,
) -> bool:
    """Keep the texts of a range; False when somebody else changed them since they were seen."""
    row = await db.row(
        "desk/write_social_text",
        community_id=community_id,
        from_on=from_on,
        until_on=until_on,
        seen=seen,
        written_by=written_by,
        now=now,
        **parts,
    )
    return row is not None
