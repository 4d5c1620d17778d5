"""Moving in: an export of another system becomes accounts and transfers, each traceable to its line.

`plan_timeoverflow` is pure. It takes the export and how the community stands, and gives the commands still
to be posted and a report; `check` runs the rules over them in memory, so that a file of which anything
would be refused is refused before anything is written. `run_timeoverflow` posts the plan in chunks.

Nothing is booked twice, because every id is made from what does not change between two exports: the moment,
the two parties, the seconds, the post and, among equal rows, how many came before. The same file again, an
interrupted import repeated, and a later export that contains the earlier one are therefore the same case.
One thing does change in TimeOverflow: somebody who leaves turns from `Name (7)` into a sentence, and a post
can be renamed. So a row that is new, while an imported row of the same second and seconds is missing, is
taken for that row if its parties may be the same.

Where the accounts come from:

| in the export | kind | code |
|---|---|---|
| member number 7 | member | `m7` |
| the bank itself: no limit there either, it goes below zero to fund newcomers | issuance | `organisation` |
| people who left or were deleted: who, is lost | difference, each | `gone-inactive`, `gone-deleted` |
| other banks | difference | `other-banks` |
| what a balance says beyond the transfers | difference | `difference` |

The difference of a member is the balance in the file, less all that imports have booked for that account.
What was recorded here in the meantime, a correction of an imported transfer for instance, is left alone: an
import never undoes what a co-ordinator did. Where nothing was recorded here, every balance afterwards
equals the file's.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from unicodedata import normalize
from uuid import NAMESPACE_URL, UUID, uuid5

from ledger.book.accounts import DEFAULT_LIMITS, Account, Book
from ledger.book.amounts import format_hours
from ledger.book.authors import Event
from ledger.book.commands import AccountKind, Command, OpenAccount, PostTransfer, SetLimits, TransferKind
from ledger.book.journal import Community
from ledger.book.ledger import Ledger
from ledger.book.posting import Decision, Posted, Refused, decide
from ledger.database.connections import Connection
from ledger.desk.timeoverflow import (
    ExportedTransfer,
    ImportProblem,
    Party,
    PartyKind,
    TimeOverflowExport,
    created_at_of,
)

MAX_NOTE = 500
"""Characters of a post's title that are kept as the transfer's note, as many as the API takes."""

SOURCE = "timeoverflow"
CHUNK = 1000
DIFFERENCE_CODE = "difference"
DIFFERENCE_NOTE = "imported balance differs from the imported transfers"

_ACCOUNTS: dict[PartyKind, tuple[AccountKind, str, str]] = {
    PartyKind.ORGANISATION: (AccountKind.ISSUANCE, "organisation", "The time bank itself"),
    PartyKind.INACTIVE: (AccountKind.DIFFERENCE, "gone-inactive", "Members who left before the import"),
    PartyKind.DELETED: (AccountKind.DIFFERENCE, "gone-deleted", "Members deleted before the import"),
    PartyKind.OTHER_BANK: (AccountKind.DIFFERENCE, "other-banks", "Other time banks"),
}
_GONE_CODES = ("gone-inactive", "gone-deleted")


@dataclass(frozen=True, slots=True)
class EarlierTransfer:
    """A transfer that an earlier import posted, by its two accounts."""

    id: UUID
    created_at: datetime
    giver_id: UUID
    receiver_id: UUID
    seconds: int


@dataclass(slots=True)
class Standing:
    """How a community stands before an import. Empty for one that has nothing yet."""

    accounts: dict[UUID, Account] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    imported_seconds: dict[UUID, int] = field(default_factory=dict)
    earlier: list[EarlierTransfer] = field(default_factory=list)
    recorded_here: int = 0
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """A command with the line it came from."""

    command: Command
    file: str
    line_number: int
    line: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One member: what the file's transfers add up to beside the balance in the file.

    `booked_seconds` is what goes to the difference account now: zero when an earlier import has done so.
    """

    uid: int
    name: str
    from_transfers_seconds: int
    imported_balance_seconds: int
    booked_seconds: int

    @property
    def difference_seconds(self) -> int:
        return self.imported_balance_seconds - self.from_transfers_seconds


@dataclass(frozen=True, slots=True)
class Widened:
    """An account whose limits must be wider than they would be, because its history went that far."""

    code: str
    limit: str
    seconds: int
    why: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The control totals of an import, the same for a dry run and a run."""

    file_name: str
    sha256: str
    organisation: str | None
    member_count: int
    transfer_count: int
    offer_count: int
    inquiry_count: int
    skipped: tuple[tuple[str, int, str], ...]
    first_on: date | None
    last_on: date | None
    credit_seconds: int
    debit_seconds: int
    comparisons: tuple[Comparison, ...]
    unlisted: tuple[tuple[int, str], ...]
    gone_transfer_count: int
    openings: tuple[tuple[str, str, int | None], ...]
    widened: tuple[Widened, ...]
    transfers_to_book: int
    already_booked: int
    recognised: int
    differences_to_book: int
    differences_seconds: int
    recorded_here: int
    finished_at: datetime | None = None

    @property
    def net_seconds(self) -> int:
        return self.credit_seconds + self.debit_seconds

    @property
    def nothing_to_do(self) -> bool:
        return self.finished_at is not None

    def to_dict(self) -> dict[str, Any]:
        """The same facts for `--json`: seconds, ISO dates, names of fields as here."""
        return {
            "file_name": self.file_name,
            "sha256": self.sha256,
            "organisation": self.organisation,
            "member_count": self.member_count,
            "transfer_count": self.transfer_count,
            "offer_count": self.offer_count,
            "inquiry_count": self.inquiry_count,
            "skipped": [
                {"file": file, "line": line_number, "reason": reason}
                for file, line_number, reason in self.skipped
            ],
            "first_on": None if self.first_on is None else self.first_on.isoformat(),
            "last_on": None if self.last_on is None else self.last_on.isoformat(),
            "credit_seconds": self.credit_seconds,
            "debit_seconds": self.debit_seconds,
            "net_seconds": self.net_seconds,
            "comparisons": [
                {
                    "uid": row.uid,
                    "name": row.name,
                    "from_transfers_seconds": row.from_transfers_seconds,
                    "imported_balance_seconds": row.imported_balance_seconds,
                    "difference_seconds": row.difference_seconds,
                    "booked_seconds": row.booked_seconds,
                }
                for row in self.comparisons
            ],
            "unlisted": [{"uid": uid, "name": name} for uid, name in self.unlisted],
            "gone_transfer_count": self.gone_transfer_count,
            "openings": [{"code": code, "kind": kind, "floor": floor} for code, kind, floor in self.openings],
            "widened": [
                {"code": row.code, "limit": row.limit, "seconds": row.seconds, "why": row.why}
                for row in self.widened
            ],
            "transfers_to_book": self.transfers_to_book,
            "already_booked": self.already_booked,
            "recognised": self.recognised,
            "differences_to_book": self.differences_to_book,
            "differences_seconds": self.differences_seconds,
            "recorded_here": self.recorded_here,
            "finished_at": None if self.finished_at is None else self.finished_at.isoformat(),
        }

    def render_lines(self) -> list[str]:
        """Plain text for a terminal, widest 110 columns unless a name is very long."""
        lines = [f"{self.file_name}", f"sha256 {self.sha256}", ""]
        if self.finished_at is not None:
            return [*lines, f"already imported on {self.finished_at.date().isoformat()}: nothing to do"]
        lines += [
            f"time bank        {self.organisation or '(has no transfers of its own)'}",
            f"members          {self.member_count}",
            f"transfers        {self.transfer_count}, from {self.first_on or '-'} to {self.last_on or '-'}",
            f"sum of credits   {format_hours(self.credit_seconds)}",
            f"sum of debits    {format_hours(self.debit_seconds)}",
            f"net              {format_hours(self.net_seconds)}",
            f"skipped          {len(self.skipped)}",
        ]
        lines += [
            f"  {file}, line {line_number}: {_SKIPPED[reason]}" for file, line_number, reason in self.skipped
        ]
        lines += [
            f"with people gone {self.gone_transfer_count} transfers",
            f"not imported     {self.offer_count} offers, {self.inquiry_count} inquiries",
            "",
            f"{'number':>7}  {'name':<32} {'from transfers':>16} {'balance in file':>16} {'difference':>12}",
        ]
        for row in self.comparisons:
            lines.append(
                f"{row.uid:>7}  {row.name:<32} {format_hours(row.from_transfers_seconds):>16}"
                f" {format_hours(row.imported_balance_seconds):>16}"
                f" {format_hours(row.difference_seconds) if row.difference_seconds else '':>12}".rstrip()
            )
        differing = sum(1 for row in self.comparisons if row.difference_seconds)
        lines += ["", f"{differing} of {len(self.comparisons)} members differ"]
        lines += [f"not in the list of members, own account: {uid}  {name}" for uid, name in self.unlisted]
        lines += [
            "",
            f"accounts to open     {len(self.openings)}",
            f"transfers to book    {self.transfers_to_book}",
            f"already booked       {self.already_booked}",
        ]
        if self.recognised:
            lines.append(
                f"  of these, {self.recognised} look different now: a party left, or a post was renamed"
            )
        lines.append(
            f"differences to book  {self.differences_to_book}, together"
            f" {format_hours(self.differences_seconds)}, against the account `{DIFFERENCE_CODE}`"
        )
        lines += [
            f"{row.limit} of {row.code} widened to {format_hours(row.seconds)}: {row.why}"
            for row in self.widened
        ]
        if self.recorded_here:
            lines.append(
                f"{self.recorded_here} transfers were recorded here and stay: balances will differ from the"
                " file by them"
            )
        return lines


_SKIPPED = {
    "zero": "no time, moves nothing",
    "same_account": "gives and receives on one account, moves nothing",
    "other_banks": "between another bank and somebody not in the list of members",
}


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import has still to post, in order: accounts and limits first, then the transfers."""

    export: TimeOverflowExport
    preparations: tuple[Booking, ...]
    postings: tuple[Booking, ...]
    report: ImportReport


def plan_timeoverflow(
    export: TimeOverflowExport,
    community: Community,
    standing: Standing | None = None,
    *,
    member_floor: int | None = DEFAULT_LIMITS[AccountKind.MEMBER][0],
) -> ImportPlan:
    """The commands that bring the community from `standing` to the export, and the report of it. Pure."""
    planner = _Planner(export, community, standing or Standing(), member_floor)
    return planner.plan()


class _Planner:
    """The steps of one plan, sharing what they gather."""

    def __init__(
        self, export: TimeOverflowExport, community: Community, standing: Standing, member_floor: int | None
    ) -> None:
        self.export = export
        self.community = community
        self.standing = standing
        self.member_floor = 0 if member_floor is None else member_floor
        self.namespace = uuid5(NAMESPACE_URL, f"{community.origin}/imports/{SOURCE}")
        self.openings: dict[UUID, Booking] = {}
        self.moved: defaultdict[UUID, int] = defaultdict(int)
        self.lowest: dict[UUID, int] = {}
        self.highest: dict[UUID, int] = {}

    def plan(self) -> ImportPlan:
        export = self.export
        for member in export.members:
            party = Party(PartyKind.MEMBER, member.uid, member.name)
            self.account_for(party, export.members_file, member.line_number, member.line)
        known = {earlier.id for earlier in self.standing.earlier}
        made = [(transfer, self.transfer(transfer, key)) for transfer, key in numbered(export.transfers)]
        fresh = [(transfer, command) for transfer, command in made if command.id not in known]
        recognised = self.recognise([command.id for _, command in made], fresh)
        postings = []
        for transfer, command in fresh:
            if command.id in recognised:
                continue
            for party in (transfer.giver, transfer.receiver):
                self.account_for(party, export.transfers_file, transfer.line_number, transfer.line)
            self.move(command)
            postings.append(Booking(command, export.transfers_file, transfer.line_number, transfer.line))
        booked = len(postings)
        differences = self.differences()
        postings += differences.values()
        preparations, widened = self.preparations()
        return ImportPlan(
            export,
            tuple(preparations),
            tuple(postings),
            self.report(booked, len(recognised), differences, preparations, widened),
        )

    def account_id(self, code: str) -> UUID:
        return uuid5(self.namespace, f"account/{code}")

    def party_id(self, party: Party) -> UUID:
        if party.kind is PartyKind.MEMBER:
            return self.account_id(party.key)
        return self.account_id(_ACCOUNTS[party.kind][1])

    def account_for(self, party: Party, file: str, line_number: int, line: str) -> UUID:
        """The account of a party, which is opened unless the community has it."""
        if party.kind is PartyKind.MEMBER:
            return self.open(AccountKind.MEMBER, party.key, party.name, file, line_number, line)
        kind, code, name = _ACCOUNTS[party.kind]
        if party.kind is PartyKind.ORGANISATION:
            name = self.export.organisation or name
        return self.open(kind, code, name, file, line_number, line)

    def open(
        self, kind: AccountKind, code: str, name: str | None, file: str, line_number: int, line: str
    ) -> UUID:
        account_id = self.account_id(code)
        if account_id not in self.standing.accounts and account_id not in self.openings:
            floor = self.member_floor if kind is AccountKind.MEMBER else None
            command = OpenAccount(account_id, kind, code, floor, None, name)
            self.openings[account_id] = Booking(command, file, line_number, line)
        return account_id

    def transfer(self, transfer: ExportedTransfer, key: str) -> PostTransfer:
        return PostTransfer(
            uuid5(self.namespace, f"transfer/{key}"),
            TransferKind.IMPORT,
            (
                (self.party_id(transfer.giver), -transfer.seconds),
                (self.party_id(transfer.receiver), transfer.seconds),
            ),
            service_on=transfer.service_on,
            note=normalize("NFC", transfer.post)[:MAX_NOTE] or None,
        )

    def recognise(
        self, present: Iterable[UUID], fresh: Sequence[tuple[ExportedTransfer, PostTransfer]]
    ) -> set[UUID]:
        """Which new rows are earlier rows that look different now."""
        present = set(present)
        missing: defaultdict[tuple[datetime, int], list[EarlierTransfer]] = defaultdict(list)
        for earlier in self.standing.earlier:
            if earlier.id not in present:
                missing[earlier.created_at, earlier.seconds].append(earlier)
        found: set[UUID] = set()
        # Rows with the very same parties first: a renamed post must not take the row of somebody who left.
        for alike in (self.same_side, self.alike_side):
            for transfer, command in fresh:
                candidates = missing.get((transfer.created_at, transfer.seconds), [])
                if command.id in found:
                    continue
                for earlier in candidates:
                    (giver_id, _), (receiver_id, _) = command.entries
                    if alike(earlier.giver_id, giver_id) and alike(earlier.receiver_id, receiver_id):
                        candidates.remove(earlier)
                        found.add(command.id)
                        break
        return found

    def same_side(self, before: UUID, now: UUID) -> bool:
        return before == now

    def alike_side(self, before: UUID, now: UUID) -> bool:
        """The same account, or one of the two is somebody of whom no more is known than that they left."""
        gone = [self.account_id(code) for code in _GONE_CODES]
        return before == now or before in gone or now in gone

    def move(self, command: PostTransfer) -> None:
        for account_id, seconds in command.entries:
            self.moved[account_id] += seconds
            account = self.standing.accounts.get(account_id)
            balance = self.moved[account_id] + (account.balance if account else 0)
            held = account.held if account else 0
            self.lowest[account_id] = min(self.lowest.get(account_id, balance - held), balance - held)
            self.highest[account_id] = max(self.highest.get(account_id, balance), balance)

    def differences(self) -> dict[int, Booking]:
        """A transfer for each member whose balance in the file imports have not accounted for."""
        export = self.export
        bookings: dict[int, Booking] = {}
        for member in export.members:
            account_id = self.account_id(f"m{member.uid}")
            before = self.standing.imported_seconds.get(account_id, 0)
            difference = member.balance_seconds - before - self.moved[account_id]
            if difference == 0:
                continue
            against = self.open(
                AccountKind.DIFFERENCE, DIFFERENCE_CODE, "Differences of imports",
                export.members_file, member.line_number, member.line,
            )  # fmt: skip
            # With what stood before in its name, a second difference for the same line is another transfer.
            key = f"difference/{export.sha256.hex()}/{member.uid}/{before}/{member.balance_seconds}"
            command = PostTransfer(
                uuid5(self.namespace, key),
                TransferKind.ADJUST,
                ((account_id, difference), (against, -difference)),
                note=DIFFERENCE_NOTE,
            )
            self.move(command)
            bookings[member.uid] = Booking(command, export.members_file, member.line_number, member.line)
        return bookings

    def preparations(self) -> tuple[list[Booking], list[Widened]]:
        """Openings and wider limits: limits that did not exist at the time do not refuse history."""
        bookings: list[Booking] = []
        widened: list[Widened] = []
        why = "the history went that far"
        for account_id, booking in self.openings.items():
            command = booking.command
            if isinstance(command, OpenAccount) and command.floor is not None:
                lowest = self.lowest.get(account_id, 0)
                if lowest < command.floor:
                    widened.append(Widened(command.code, "floor", lowest, why))
                    booking = replace(booking, command=replace(command, floor=lowest))
            bookings.append(booking)
        last = self.export.members[-1] if self.export.members else None
        lines = {self.account_id(f"m{member.uid}"): member for member in self.export.members}
        codes = {
            self.account_id(code): code
            for code in [f"m{member.uid}" for member in self.export.members]
            + [
                party.key
                for transfer in self.export.transfers
                for party in (transfer.giver, transfer.receiver)
            ]
        }
        for account_id in self.lowest:
            account = self.standing.accounts.get(account_id)
            if account is None or account.closed:
                continue
            lowest, highest = self.lowest[account_id], self.highest[account_id]
            floor = account.floor if account.floor is None else min(account.floor, lowest)
            ceiling = account.ceiling if account.ceiling is None else max(account.ceiling, highest)
            if (floor, ceiling) == (account.floor, account.ceiling):
                continue
            code = codes.get(account_id, str(account_id))
            if floor is not None and floor != account.floor:
                widened.append(Widened(code, "floor", floor, why))
            if ceiling is not None and ceiling != account.ceiling:
                widened.append(Widened(code, "ceiling", ceiling, why))
            key = f"limits/{self.export.sha256.hex()}/{account_id}/{account.limits_count}/{floor}/{ceiling}"
            member = lines.get(account_id, last)
            bookings.append(
                Booking(
                    SetLimits(uuid5(self.namespace, key), account_id, floor, ceiling),
                    self.export.members_file,
                    member.line_number if member else 1,
                    member.line if member else "",
                )
            )
        return bookings, widened

    def report(
        self,
        booked: int,
        recognised: int,
        differences: dict[int, Booking],
        preparations: Sequence[Booking],
        widened: Sequence[Widened],
    ) -> ImportReport:
        export = self.export
        by_party: defaultdict[str, int] = defaultdict(int)
        unlisted: dict[int, str] = {}
        listed = {member.uid for member in export.members}
        gone = 0
        for transfer in export.transfers:
            by_party[transfer.giver.key] -= transfer.seconds
            by_party[transfer.receiver.key] += transfer.seconds
            sides = (transfer.giver, transfer.receiver)
            gone += any(side.kind in (PartyKind.DELETED, PartyKind.INACTIVE) for side in sides)
            for side in sides:
                if side.uid is not None and side.uid not in listed:
                    unlisted[side.uid] = side.name or ""
        days = [transfer.service_on for transfer in export.transfers]
        booked_differences = {
            uid: dict(booking.command.entries)[self.account_id(f"m{uid}")]
            for uid, booking in differences.items()
            if isinstance(booking.command, PostTransfer)
        }
        return ImportReport(
            file_name=export.file_name,
            sha256=export.sha256.hex(),
            organisation=export.organisation,
            member_count=len(export.members),
            transfer_count=len(export.transfers),
            offer_count=export.offer_count,
            inquiry_count=export.inquiry_count,
            skipped=tuple((export.transfers_file, row.line_number, row.reason) for row in export.skipped),
            first_on=min(days, default=None),
            last_on=max(days, default=None),
            credit_seconds=sum(seconds for seconds in by_party.values() if seconds > 0),
            debit_seconds=sum(seconds for seconds in by_party.values() if seconds < 0),
            comparisons=tuple(
                Comparison(
                    member.uid,
                    member.name,
                    by_party[f"m{member.uid}"],
                    member.balance_seconds,
                    booked_differences.get(member.uid, 0),
                )
                for member in export.members
            ),
            unlisted=tuple(sorted(unlisted.items())),
            gone_transfer_count=gone,
            openings=tuple(
                (booking.command.code, booking.command.kind.value, booking.command.floor)
                for booking in preparations
                if isinstance(booking.command, OpenAccount)
            ),
            widened=tuple(widened),
            transfers_to_book=booked,
            already_booked=len(export.transfers) - booked,
            recognised=recognised,
            differences_to_book=len(differences),
            differences_seconds=sum(booked_differences.values()),
            recorded_here=self.standing.recorded_here,
            finished_at=self.standing.finished_at,
        )


def numbered(transfers: Sequence[ExportedTransfer]) -> list[tuple[ExportedTransfer, str]]:
    """Each transfer with its key: all that stays the same, and how many equal rows are older."""
    seen: Counter[str] = Counter()
    keyed = []
    for transfer in transfers:
        facts = [
            transfer.created_at.isoformat(),
            transfer.giver.key,
            transfer.receiver.key,
            transfer.seconds,
            transfer.post,
        ]
        key = json.dumps(facts, ensure_ascii=False)
        seen[key] += 1
        keyed.append((transfer, json.dumps([*facts, seen[key]], ensure_ascii=False)))
    return keyed


def check(plan: ImportPlan, standing: Standing, now: datetime) -> None:
    """Run the rules over the whole plan in memory; raises ImportProblem at the line first refused."""
    book = Book(
        0,
        accounts={account_id: replace(account) for account_id, account in standing.accounts.items()},
        taken_codes=set(standing.codes),
    )
    bookings = plan.preparations + plan.postings
    outcomes = decide(book, [booking.command for booking in bookings], now).outcomes
    for booking, outcome in zip(bookings, outcomes, strict=True):
        if isinstance(outcome, Refused):
            raise _refused(booking, outcome, "Nothing was written.")


def _refused(booking: Booking, outcome: Refused, aftermath: str) -> ImportProblem:
    refusal = outcome.refusal
    return ImportProblem(
        refusal.code, booking.file, booking.line_number, None, f"{refusal.says} {aftermath}", refusal.remedy
    )


async def read_standing(db: Connection, community: Community, file_hash: bytes) -> Standing:
    """How the community stands. Several statements: `db` should be a snapshot."""
    standing = Standing()
    finished = await db.row("desk/read_import_file", community_id=community.id, file_hash=file_hash)
    standing.finished_at = None if finished is None else finished["finished_at"]
    for row in await db.rows("desk/read_standings", community_id=community.id):
        account_id, kind, code, *limits = row
        standing.accounts[account_id] = Account(account_id, AccountKind(kind), *limits)
        standing.codes.add(code)
    lines: dict[UUID, str] = {}
    entries: defaultdict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    imported: defaultdict[UUID, int] = defaultdict(int)
    for row in await db.rows("desk/read_import_entries", community_id=community.id):
        imported[row["account_id"]] += row["seconds"]
        if row["kind"] == TransferKind.IMPORT:
            lines[row["transfer_id"]] = row["line"]
            entries[row["transfer_id"]].append((row["account_id"], row["seconds"]))
    standing.imported_seconds = dict(imported)
    for transfer_id, line in lines.items():
        try:
            created_at = created_at_of(line)
        except ImportProblem:
            continue  # a line of another system's file
        (giver_id, _), (receiver_id, seconds) = entries[transfer_id]
        standing.earlier.append(EarlierTransfer(transfer_id, created_at, giver_id, receiver_id, seconds))
    count = await db.row("desk/count_recorded_here", community_id=community.id)
    standing.recorded_here = 0 if count is None else count["transfers"]
    return standing


async def dry_run_timeoverflow(
    ledger: Ledger, community: Community, export: TimeOverflowExport
) -> ImportReport:
    """What an import would do. Writes nothing; raises ImportProblem when a line would be refused."""
    plan, _ = await _planned(ledger, community, export)
    return plan.report


async def run_timeoverflow(
    ledger: Ledger,
    community: Community,
    export: TimeOverflowExport,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    chunk: int = CHUNK,
) -> ImportReport:
    """Post what the export has and the ledger has not, in chunks, and say what it was.

    May be interrupted at any moment and repeated: what was posted stays and is not posted again. The file
    counts as imported when its last chunk is in.
    """
    plan, standing = await _planned(ledger, community, export)
    if standing.finished_at is not None:
        return plan.report
    total = len(plan.preparations) + len(plan.postings)
    done = 0
    progress(done, total)
    # Accounts and limits come in batches of their own, before the first transfer that needs them.
    for bookings in (plan.preparations, plan.postings):
        for start in range(0, len(bookings), chunk):
            part = bookings[start : start + chunk]
            await _post(ledger, community, export, part)
            done += len(part)
            progress(done, total)
    async with ledger.database.transaction(community.id) as db:
        await db.run(
            "desk/insert_import_file",
            community_id=community.id,
            file_hash=export.sha256,
            source=SOURCE,
            file_name=export.file_name,
            transfer_count=len(export.transfers),
            finished_at=ledger.now(),
        )
    return plan.report


async def _planned(
    ledger: Ledger, community: Community, export: TimeOverflowExport
) -> tuple[ImportPlan, Standing]:
    async with ledger.database.snapshot(community.id) as db:
        standing = await read_standing(db, community, export.sha256)
    plan = plan_timeoverflow(export, community, standing)
    check(plan, standing, ledger.now())
    return plan, standing


async def _post(
    ledger: Ledger, community: Community, export: TimeOverflowExport, bookings: Sequence[Booking]
) -> None:
    by_id = {booking.command.id: booking for booking in bookings}

    async def write_lines(db: Connection, decision: Decision, _: datetime) -> Sequence[Event]:
        # Only what is posted now: a replay has its line from the time it was posted.
        posted = [by_id[outcome.command.id] for outcome in decision.outcomes if isinstance(outcome, Posted)]
        if not posted:
            return ()
        await db.run(
            "desk/insert_import_lines",
            community_id=community.id,
            file_hash=export.sha256,
            transfer_ids=[booking.command.id for booking in posted],
            member_files=[booking.file for booking in posted],
            line_numbers=[booking.line_number for booking in posted],
            lines=[booking.line for booking in posted],
        )
        return ()

    answers = await ledger.post(community, [booking.command for booking in bookings], write_lines)
    for booking, answer in zip(bookings, answers, strict=True):
        if isinstance(answer.outcome, Refused):
            # Only when somebody changed the books between the check and this chunk.
            raise _refused(booking, answer.outcome, "What was posted before stays; to repeat is safe.")
