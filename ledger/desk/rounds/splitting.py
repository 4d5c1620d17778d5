"""A line on which two people stand together, such as "Ann and Bob", as a line for each.

Each of the new lines has all of the time: two who helped for two hours gave two hours each. Nobody but a person says
that it is so; it may as well be a household, which is one receiver.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import asyncpg

from ledger.book.ledger import ActRefused
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk.matching.names import Candidate, Named, Names
from ledger.desk.rounds.reading import MAX_LINES
from ledger.desk.rounds.remembering import name_key
from ledger.desk.rounds.rounds import LineState, RoundState, Side, joined, read_lines, require_open


async def split_line(
    db: Connection, community_id: int, round_id: UUID, number: int, side: Side, written: str
) -> list[int]:
    """Split a line between those who stand on one side of it; the numbers of the lines that are there instead.

    They are to be matched anew. `written` is what was seen on that side, so that nothing is split twice. Raises
    ActRefused: ROUND_UNKNOWN, ROUND_ENDED, ROUND_UNMATCHED, LINE_UNKNOWN, LINE_DECIDED, ROUND_CHANGED, LINE_OF_ONE or
    ROUND_TOO_LONG.
    """
    round_ = await require_open(db, community_id, round_id)
    if round_.state is not RoundState.MATCHED:
        raise ActRefused(Refusal.ROUND_UNMATCHED, str(round_id))
    line = (await read_lines(db, community_id, round_id, [number])).get(number)
    if line is None:
        raise ActRefused(Refusal.LINE_UNKNOWN, str(number))
    if line.state is not LineState.UNDECIDED:
        raise ActRefused(Refusal.LINE_DECIDED, str(number))
    stands = line.provider if side is Side.PROVIDER else line.receiver
    if stands is None or name_key(written) != name_key(stands):
        raise ActRefused(Refusal.ROUND_CHANGED, str(round_.change_count))
    members = await db.rows("desk/read_round_members", community_id=community_id)
    parts = await asyncio.to_thread(_apart, members, stands)
    if not parts:
        raise ActRefused(Refusal.LINE_OF_ONE, str(number))
    rows = await db.rows(
        "desk/split_round_line",
        community_id=community_id,
        round_id=round_id,
        line_number=number,
        side=side,
        names=[name for name, _ in parts],
        # Whom they mean, so that erasing somebody reaches the line before it is matched again.
        members=[joined(each.member_id for each in found) for _, found in parts],
    )
    numbers = sorted(row["line_number"] for row in rows)
    if numbers[-1] > MAX_LINES:
        raise ActRefused(Refusal.ROUND_TOO_LONG)
    await db.run(
        "desk/delete_line_matches", community_id=community_id, round_id=round_id, line_numbers=[number]
    )
    return numbers


def _apart(members: Sequence[asyncpg.Record], written: str) -> list[tuple[str, list[Candidate]]]:
    names = Names(Named(row["member_id"], row["member_number"], row["name"]) for row in members)
    return names.apart(written)
