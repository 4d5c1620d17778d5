"""How a community stands before an import, read at one moment."""

from collections.abc import AsyncIterator
from uuid import UUID

from ledger.book.accounts import Account
from ledger.book.commands import AccountKind, TransferKind
from ledger.book.journal import Community
from ledger.database.connections import Connection
from ledger.desk.imports.plans import Known, Standing
from ledger.desk.imports.problems import ImportProblem
from ledger.desk.imports.shape import What
from ledger.desk.imports.spool import AT_ONCE, EarlierTransfer, Spool
from ledger.desk.imports.timeoverflow import created_at_of
from ledger.hours.applying import opening_limits
from ledger.hours.policies import Policies


async def read_standing(
    db: Connection,
    community: Community,
    policies: Policies,
    system: str,
    file_hash: bytes,
    what: What,
    spool: Spool,
) -> Standing:
    """How the community stands; what earlier imports posted goes to the spool. `db` should be a snapshot."""
    of_community = {"community_id": community.id}
    standing = Standing()
    finished = await db.row("desk/read_import_file", file_hash=file_hash, what=what, **of_community)
    standing.finished_at = None if finished is None else finished["finished_at"]
    closed = await db.row("desk/import_closed_through", **of_community)
    standing.closed_through = None if closed is None else closed["closed_through"]
    floor, _ = await opening_limits(db, community.id, AccountKind.MEMBER, policies)
    standing.member_floor = 0 if floor is None else floor
    for row in await db.rows("desk/read_standings", **of_community):
        account_id, kind, code, *limits = row
        standing.accounts[account_id] = Account(account_id, AccountKind(kind), *limits)
        standing.codes[code] = account_id
    await _read_people(db, community, system, standing)
    earlier: list[EarlierTransfer] = []
    async for transfer in _earlier(db, community, system, standing):
        earlier.append(transfer)
        if len(earlier) == AT_ONCE:
            spool.add_earlier(earlier)
            earlier.clear()
    spool.add_earlier(earlier)
    count = await db.row("desk/count_recorded_here", **of_community)
    standing.recorded_here = 0 if count is None else count["transfers"]
    return standing


async def _read_people(db: Connection, community: Community, system: str, standing: Standing) -> None:
    for row in await db.rows("desk/import_people", community_id=community.id):
        known = Known(row["member_id"], row["member_number"], row["account_id"])
        standing.members[known.member_id] = known
        standing.alike.setdefault(row["skeleton"], []).append(known)
    for row in await db.rows("desk/import_matches", community_id=community.id, system=system):
        here = standing.members.get(row["member_id"])
        number = 0 if here is None else here.number
        standing.matched[row["number"]] = Known(row["member_id"], number, row["account_id"])
    for row in await db.rows("desk/import_undone", community_id=community.id):
        standing.undone |= {each for each in row if each is not None}


async def _earlier(
    db: Connection, community: Community, system: str, standing: Standing
) -> AsyncIterator[EarlierTransfer]:
    """What earlier imports from the system posted; their seconds are added up by account on the way."""
    imported = standing.imported_seconds
    giver: tuple[UUID, UUID] | None = None
    async for row in db.stream("desk/read_import_entries", community_id=community.id, system=system):
        if not row["undone"]:
            imported[row["account_id"]] = imported.get(row["account_id"], 0) + row["seconds"]
        if row["kind"] != TransferKind.IMPORT:
            if row["undone"]:
                standing.undone.add(row["transfer_id"])
            continue
        if giver is None or giver[0] != row["transfer_id"]:
            giver = (row["transfer_id"], row["account_id"])
            continue
        created_at = None
        if system == "timeoverflow":
            try:
                created_at = created_at_of(row["line"])
            except ImportProblem:
                created_at = None  # a line of the list of members
        yield EarlierTransfer(
            row["transfer_id"], created_at, giver[1], row["account_id"], row["seconds"], row["undone"]
        )
