"""The plan of an import: how the community gets from where it stands to the export. Pure, over a spool.

Nothing is booked twice: every id is made from what does not change between two exports (`identities`).

Some things do change in TimeOverflow: somebody who leaves turns from `Name (7)` into a sentence, and a post can be
renamed. So a row that is new, while an imported row of the same second and seconds is missing, is taken for that
row if its parties may be the same.

Where the accounts come from:

| in the export | kind | code |
|---|---|---|
| a member | member | their number where it names nobody, else made up |
| the bank itself: no limit there either, it goes below zero to fund newcomers | issuance | `organisation` |
| people who left or were deleted: who, is lost | difference, each | `gone-inactive`, `gone-deleted` |
| other banks | difference | `other-banks` |
| people in no list of members, when that was asked for | difference | `not-listed` |
| what a balance says beyond the transfers | difference | `difference` |

The difference of a member is the balance in the file, less all that imports have booked for that account.
What was recorded here in the meantime, a correction of an imported transfer for instance, is left alone: an
import never undoes what a co-ordinator did. Where nothing was recorded here, every balance afterwards
equals the file's.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from unicodedata import normalize
from uuid import UUID, uuid5

from ledger.book.commands import AccountKind, OpenAccount, PostTransfer, SetLimits, TransferKind
from ledger.book.journal import Community
from ledger.desk.imports.identities import ACCOUNTS, Identities
from ledger.desk.imports.plans import Booking, Known, Standing
from ledger.desk.imports.problems import ImportProblem, Mistakes
from ledger.desk.imports.report import DIFFERENCE_CODE, Comparison, ImportReport, Widened
from ledger.desk.imports.shape import (
    Export,
    ImportedMember,
    Options,
    Party,
    PartyKind,
    What,
)
from ledger.desk.imports.spool import Spool, SpooledRow
from ledger.people.members import NewMember, Person

MAX_NOTE = 500
"""Characters of a row's text that are kept as the transfer's note, as many as the API takes."""

DIFFERENCE_NOTE = "imported balance differs from the imported transfers"
OPENING_NOTE = "opening balance"


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """`preparations` open accounts and widen limits; the postings come from the spool each time they are asked for."""

    planner: "Planner"
    preparations: tuple[Booking, ...]
    differences: tuple[Booking, ...]
    matches: tuple[tuple[str, Known], ...]
    report: ImportReport

    @property
    def posting_count(self) -> int:
        return self.report.transfers_to_book + len(self.differences)

    def postings(self) -> Iterator[Booking]:
        """The history, oldest first, then the differences."""
        yield from map(self.planner.booking, self.planner.spool.fresh())
        yield from self.differences


class Planner:
    """The steps of one plan, sharing what they gather. Mistakes go to `mistakes`, which is settled by `plan`."""

    def __init__(
        self,
        export: Export,
        spool: Spool,
        community: Community,
        standing: Standing,
        options: Options,
        today: date,
    ) -> None:
        self.export = export
        self.spool = spool
        self.standing = standing
        self.options = options
        self.today = today
        self.mistakes = Mistakes()
        self.who = Identities(export, community, standing, options, self.mistakes)
        self.openings: dict[UUID, Booking] = {}
        self.moved: defaultdict[UUID, int] = defaultdict(int)
        self.lowest: dict[UUID, int] = {}
        self.highest: dict[UUID, int] = {}

    def plan(self) -> ImportPlan:
        """Raises ImportRefused when anything of the export cannot be taken over."""
        self.who.match()
        self.mistakes.settle()
        export = self.export
        if self.options.what is What.HISTORY:
            self.spool.fill(replace(export, rows=self.who.resolved), self.mistakes)
        elif all(member.balance_seconds is None for member in export.members):
            self.mistakes.add(ImportProblem("balances_missing", export.source.name))
        self.mistakes.settle()
        for member in export.members:
            self.account_for(
                Party(PartyKind.MEMBER, member.number, member.name),
                member.file,
                member.line_number,
                member.line,
            )
        self.spool.name_rows(lambda facts: uuid5(self.who.namespace, facts))
        recognised = self.spool.recognise((self.who.same_side, self.who.alike_side), self.who.party_id)
        booked = 0
        for row in self.spool.fresh():
            booked += 1
            for key in (row.giver, row.receiver):
                if self.who.party_id(key) not in self.openings:
                    self.account_for(self.spool.parties[key], row.file, row.line_number, row.line)
            self.move(
                ((self.who.party_id(row.giver), -row.seconds), (self.who.party_id(row.receiver), row.seconds))
            )
        differences = self.differences()
        preparations, widened = self.preparations()
        return ImportPlan(
            self,
            tuple(preparations),
            tuple(differences.values()),
            tuple(self.who.chosen.items()),
            self.report(booked, recognised, differences, preparations, widened),
        )

    # --- accounts ---------------------------------------------------------------------------------------------------

    def account_for(self, party: Party, file: str, line_number: int, line: str) -> UUID:
        """The account of a party, which is opened unless the community has it."""
        account_id = self.who.party_id(party.key)
        if account_id in self.standing.accounts or account_id in self.openings:
            return account_id
        if party.kind is not PartyKind.MEMBER or party.number is None:
            kind, code, name = ACCOUNTS[party.kind]
            if party.kind is PartyKind.ORGANISATION:
                name = self.export.organisation or name
            return self.open(account_id, kind, code, name, file, line_number, line)
        listed = self.who.listed.get(party.number)
        # Some systems export no names: then the accounts are opened, and the people are enrolled later by hand.
        member = None if listed is None or not listed.name else self.enrolled(listed, account_id)
        floor, ceiling = self.standing.member_floor, None
        if listed is not None:
            floor = floor if listed.floor is None else listed.floor
            ceiling = listed.ceiling
        # A member's account has no name of its own: it is shown by the name of its holder.
        own_name = None if member is not None else party.name
        code = self.who.member_code(party.number, account_id)
        command = OpenAccount(account_id, AccountKind.MEMBER, code, floor, ceiling, own_name)
        self.openings[account_id] = Booking(command, file, line_number, line, member, party.number)
        self.who.codes[account_id] = command.code
        return account_id

    def enrolled(self, member: ImportedMember, account_id: UUID) -> NewMember:
        """The member who is enrolled with the account: active, and in no class, which no export says."""
        person = Person(
            normalize("NFC", member.name), member.email, member.phone, member.address, member.languages
        )
        joined_on = min(member.joined_on or self.today, self.today)
        return NewMember(
            self.who.derived("member", member.number),
            person,
            joined_on,
            account_id=account_id,
            takes_over=True,
        )

    def open(
        self,
        account_id: UUID,
        kind: AccountKind,
        code: str,
        name: str | None,
        file: str,
        line_number: int,
        line: str,
    ) -> UUID:
        if account_id not in self.standing.accounts and account_id not in self.openings:
            if code in self.standing.codes and self.standing.codes[code] in self.standing.undone:
                code = f"{code}-{account_id.hex[:6]}"
            command = OpenAccount(account_id, kind, code, None, None, name)
            self.openings[account_id] = Booking(command, file, line_number, line)
        return account_id

    # --- what moves -------------------------------------------------------------------------------------------------

    def booking(self, row: SpooledRow) -> Booking:
        command = PostTransfer(
            row.id,
            TransferKind.IMPORT,
            ((self.who.party_id(row.giver), -row.seconds), (self.who.party_id(row.receiver), row.seconds)),
            service_on=row.service_on,
            note=normalize("NFC", row.note)[:MAX_NOTE] or None,
        )
        return Booking(command, row.file, row.line_number, row.line)

    def move(self, entries: Sequence[tuple[UUID, int]]) -> None:
        for account_id, seconds in entries:
            self.moved[account_id] += seconds
            account = self.standing.accounts.get(account_id)
            balance = self.moved[account_id] + (account.balance if account else 0)
            held = account.held if account else 0
            self.lowest[account_id] = min(self.lowest.get(account_id, balance - held), balance - held)
            self.highest[account_id] = max(self.highest.get(account_id, balance), balance)

    def differences(self) -> dict[str, Booking]:
        """A transfer for each member whose balance in the file imports have not accounted for."""
        bookings: dict[str, Booking] = {}
        history = self.options.what is What.HISTORY
        for member in self.export.members:
            account_id = self.who.party_id(member.number)
            before = self.standing.imported_seconds.get(account_id, 0)
            if member.balance_seconds is None:
                continue
            difference = member.balance_seconds - before - self.moved[account_id]
            if difference == 0:
                continue
            against = self.open(
                self.who.derived("account", DIFFERENCE_CODE), AccountKind.DIFFERENCE, DIFFERENCE_CODE,
                "Differences of imports", member.file, member.line_number, member.line,
            )  # fmt: skip
            command = PostTransfer(
                self.who.difference_id(member, before),
                TransferKind.ADJUST,
                ((account_id, difference), (against, -difference)),
                note=DIFFERENCE_NOTE if history else OPENING_NOTE,
            )
            self.move(command.entries)
            bookings[member.number] = Booking(command, member.file, member.line_number, member.line)
        return bookings

    # --- what is prepared -------------------------------------------------------------------------------------------

    def preparations(self) -> tuple[list[Booking], list[Widened]]:
        """Openings and wider limits: limits that did not exist at the time do not refuse history."""
        bookings = [self._opening(booking) for booking in self.openings.values()]
        bookings += filter(None, map(self._limits, self.lowest))
        widened = []
        for booking in bookings:
            command, before = booking.command, booking.limits_before
            if before is not None and isinstance(command, OpenAccount | SetLimits):
                code = command.code if isinstance(command, OpenAccount) else self._code(command.account_id)
                for limit, was, seconds in (
                    ("floor", before[0], command.floor),
                    ("ceiling", before[1], command.ceiling),
                ):
                    if seconds is not None and seconds != was:
                        widened.append(Widened(code, limit, seconds, "the history went that far"))
        return bookings, widened

    def _opening(self, booking: Booking) -> Booking:
        command = booking.command
        if not isinstance(command, OpenAccount) or command.id not in self.lowest:
            return booking
        limits = self._wide_enough(command.id, command.floor, command.ceiling)
        if limits == (command.floor, command.ceiling):
            return booking
        wider = replace(command, floor=limits[0], ceiling=limits[1])
        return replace(booking, command=wider, limits_before=(command.floor, command.ceiling))

    def _limits(self, account_id: UUID) -> Booking | None:
        """Wider limits for an account that is here already; None when it needs none."""
        account = self.standing.accounts.get(account_id)
        if account is None or account.closed:
            return None
        before = account.floor, account.ceiling
        floor, ceiling = self._wide_enough(account_id, *before)
        if (floor, ceiling) == before:
            return None
        key = (
            f"limits/{self.export.source.sha256.hex()}/{account_id}/{account.limits_count}/{floor}/{ceiling}"
        )
        # Whoever changes them after this plan was made is not overwritten.
        command = SetLimits(uuid5(self.who.namespace, key), account_id, floor, ceiling, account.limits_count)
        member = self.who.listed.get(self._code(account_id))
        if member is None:
            return Booking(command, self.export.source.name, 1, "", limits_before=before)
        return Booking(command, member.file, member.line_number, member.line, limits_before=before)

    def _code(self, account_id: UUID) -> str:
        return self.who.codes.get(account_id, str(account_id))

    def _wide_enough(
        self, account_id: UUID, floor: int | None, ceiling: int | None
    ) -> tuple[int | None, int | None]:
        return (
            None if floor is None else min(floor, self.lowest[account_id]),
            None if ceiling is None else max(ceiling, self.highest[account_id]),
        )

    # --- what is said of it -----------------------------------------------------------------------------------------

    def report(
        self,
        booked: int,
        recognised: int,
        differences: Mapping[str, Booking],
        preparations: Sequence[Booking],
        widened: Sequence[Widened],
    ) -> ImportReport:
        export, spool = self.export, self.spool
        sums, counted = spool.sums(), spool.counted()
        booked_differences = {
            number: dict(booking.command.entries)[self.who.party_id(number)]
            for number, booking in differences.items()
            if isinstance(booking.command, PostTransfer)
        }
        unlisted = {
            party.number: party.name or ""
            for party in spool.parties.values()
            if party.number is not None and party.number not in self.who.listed
        }
        return ImportReport(
            system=export.system,
            file_name=export.source.name,
            sha256=export.source.sha256.hex(),
            what=self.options.what,
            organisation=export.organisation,
            member_count=len(export.members),
            transfer_count=counted.transfers,
            not_imported=dict(export.not_imported),
            skipped_count=spool.skipped_count,
            skipped=tuple((row.file, row.line_number, row.reason) for row in spool.skipped),
            first_on=counted.first_on,
            last_on=counted.last_on,
            credit_seconds=sum(seconds for seconds in sums.values() if seconds > 0),
            debit_seconds=sum(seconds for seconds in sums.values() if seconds < 0),
            comparisons=tuple(
                Comparison(
                    member.number,
                    member.name,
                    sums.get(member.number, 0),
                    member.balance_seconds,
                    booked_differences.get(member.number, 0),
                )
                for member in export.members
            ),
            unlisted=tuple(sorted(unlisted.items())),
            gone_transfer_count=counted.gone,
            openings=tuple(
                (booking.command.code, booking.command.kind.value, booking.command.floor)
                for booking in preparations
                if isinstance(booking.command, OpenAccount)
            ),
            enrolled=sum(1 for booking in preparations if booking.member is not None),
            matched=tuple((number, str(known.member_id)) for number, known in self.who.chosen.items()),
            widened=tuple(widened),
            transfers_to_book=booked,
            already_booked=counted.transfers - booked,
            recognised=recognised,
            differences_to_book=len(differences),
            differences_seconds=sum(booked_differences.values()),
            recorded_here=self.standing.recorded_here,
            finished_at=self.standing.finished_at,
        )
