"""The plan of an import: how the community gets from where it stands to the export. Pure, over a spool.

Nothing is booked twice, because every id is made from what does not change between two exports: the old system's
own number of the transfer or, where it has none, the moment, the two parties, the seconds, the note and, among
equal rows, how many came before. The same file again, an interrupted import repeated, and a later export that
contains the earlier one are therefore the same case. What was undone gets ids that were not used before.

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

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from unicodedata import normalize
from uuid import NAMESPACE_URL, UUID, uuid5

from ledger.book.accounts import Account
from ledger.book.commands import AccountKind, OpenAccount, PostTransfer, SetLimits, TransferKind
from ledger.book.journal import Community
from ledger.desk.imports.plans import Booking, Known, Standing
from ledger.desk.imports.problems import Asks, ImportProblem, Mistakes
from ledger.desk.imports.report import DIFFERENCE_CODE, Comparison, ImportReport, Widened
from ledger.desk.imports.shape import (
    Export,
    ImportedMember,
    ImportedTransfer,
    Options,
    Party,
    PartyKind,
    SkippedRow,
    Unknown,
    What,
)
from ledger.desk.imports.spool import Spool, SpooledRow
from ledger.people.members import NewMember, Person, skeleton

MAX_NOTE = 500
"""Characters of a row's text that are kept as the transfer's note, as many as the API takes."""

DIFFERENCE_NOTE = "imported balance differs from the imported transfers"
OPENING_NOTE = "opening balance"

_ACCOUNTS: dict[PartyKind, tuple[AccountKind, str, str]] = {
    PartyKind.ORGANISATION: (AccountKind.ISSUANCE, "organisation", "The time bank itself"),
    PartyKind.INACTIVE: (AccountKind.DIFFERENCE, "gone-inactive", "Members who left before the import"),
    PartyKind.DELETED: (AccountKind.DIFFERENCE, "gone-deleted", "Members deleted before the import"),
    PartyKind.OTHER_BANK: (AccountKind.DIFFERENCE, "other-banks", "Other time banks"),
    PartyKind.UNLISTED: (AccountKind.DIFFERENCE, "not-listed", "People in no list of members"),
}
_GONE_CODES = ("gone-inactive", "gone-deleted")
_NAMES_NOBODY = re.compile(r"[a-z]{0,6}[0-9]{1,12}")


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
        self.namespace = uuid5(NAMESPACE_URL, f"{community.origin}/imports/{export.system}")
        self.mistakes = Mistakes()
        self.listed = {member.number: member for member in export.members}
        self.chosen: dict[str, Known] = {}
        self.openings: dict[UUID, Booking] = {}
        self.moved: defaultdict[UUID, int] = defaultdict(int)
        self.lowest: dict[UUID, int] = {}
        self.highest: dict[UUID, int] = {}
        self._ids: dict[str, UUID] = {}
        self._codes: dict[UUID, str] = {}

    def plan(self) -> ImportPlan:
        """Raises ImportRefused when anything of the export cannot be taken over."""
        self.match()
        self.mistakes.settle()
        export = self.export
        if self.options.what is What.HISTORY:
            self.spool.fill(replace(export, rows=self.resolved), self.mistakes)
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
        self.spool.name_rows(lambda facts: uuid5(self.namespace, facts))
        recognised = self.spool.recognise((self.same_side, self.alike_side), self.party_id)
        booked = 0
        for row in self.spool.fresh():
            booked += 1
            for key in (row.giver, row.receiver):
                if self._ids.get(key) not in self.openings:
                    self.account_for(self.spool.parties[key], row.file, row.line_number, row.line)
            self.move(((self.party_id(row.giver), -row.seconds), (self.party_id(row.receiver), row.seconds)))
        differences = self.differences()
        preparations, widened = self.preparations()
        return ImportPlan(
            self,
            tuple(preparations),
            tuple(differences.values()),
            tuple(self.chosen.items()),
            self.report(booked, recognised, differences, preparations, widened),
        )

    # --- who is who -------------------------------------------------------------------------------------------------

    def match(self) -> None:
        """Who of the file is a member here already: as remembered, or as was said. A name alone decides nothing."""
        options, standing = self.options, self.standing
        for number in (*options.same, *options.others):
            if number not in self.listed:
                self.mistakes.add(ImportProblem("choice_unknown", number))
        taken: set[UUID] = set()
        for member in self.export.members:
            known = standing.matched.get(member.number)
            said = options.same.get(member.number)
            if said is not None:
                known = standing.members.get(said)
                if known is None or known.account_id is None:
                    self._mistake("member_without_account", member)
                    continue
            elif known is None and member.number not in options.others and self._asks(member):
                alike = [str(each.member_id) for each in standing.alike[skeleton(member.name)]]
                asks = Asks(member.number, member.name, tuple(alike))
                self.mistakes.add(ImportProblem("name_alike", member.file, member.line_number, asks=asks))
            if known is not None:
                if known.member_id in taken:
                    self._mistake("member_twice", member)
                taken.add(known.member_id)
                self.chosen[member.number] = known

    def _asks(self, member: ImportedMember) -> bool:
        """Whether somebody has this name here who was not enrolled for this very number, by an import before."""
        if self.derived("account", self.code_facts(member.number)) in self.standing.accounts:
            return False
        return bool(member.name and self.standing.alike.get(skeleton(member.name)))

    def _mistake(self, code: str, member: ImportedMember) -> None:
        self.mistakes.add(ImportProblem(code, member.file, member.line_number))

    def resolved(self, mistakes: Mistakes) -> Iterator[ImportedTransfer | SkippedRow]:
        """The rows with every party one that is known; a row that names somebody else is a mistake, or is shown."""
        for row in self.export.rows(mistakes):
            if isinstance(row, SkippedRow):
                yield row
                continue
            giver, receiver = self.known_party(row.giver), self.known_party(row.receiver)
            if giver is None or receiver is None:
                mistakes.add(ImportProblem("party_unlisted", row.file, row.line_number))
            elif giver.key == receiver.key:
                if giver.kind is PartyKind.UNLISTED:
                    yield SkippedRow("same_account", row.file, row.line_number)
                else:
                    mistakes.add(ImportProblem("same_party", row.file, row.line_number))
            elif giver is row.giver and receiver is row.receiver:
                yield row
            else:
                yield replace(row, giver=giver, receiver=receiver)

    def known_party(self, party: Party) -> Party | None:
        if party.number is None or self.export.opens_unlisted or party.number in self.listed:
            return party
        if not self.listed and self.by_code(party.number) is not None:
            return party
        return Party(PartyKind.UNLISTED) if self.options.unknown is Unknown.DIFFERENCE else None

    def by_code(self, number: str) -> UUID | None:
        """The account that an export without a list of members means: by a number remembered, or by its code here."""
        known = self.standing.matched.get(number)
        if known is not None:
            return known.account_id
        return self.standing.codes.get(number.lower())

    # --- ids and accounts -------------------------------------------------------------------------------------------

    def derived(self, what: str, facts: str) -> UUID:
        """The id that an import makes from these facts; another one each time it was undone."""
        made, again = uuid5(self.namespace, f"{what}/{facts}"), 0
        while made in self.standing.undone:
            again += 1
            made = uuid5(self.namespace, f"{what}/{facts}/again/{again}")
        return made

    def code_facts(self, key: str) -> str:
        return next((code for kind, (_, code, _) in _ACCOUNTS.items() if kind.value == key), key)

    def party_id(self, key: str) -> UUID:
        found = self._ids.get(key)
        if found is None:
            known = self.chosen.get(key)
            by_code = None if self.listed or known is not None else self.by_code(key)
            if known is not None and known.account_id is not None:
                found = known.account_id
            else:
                found = by_code or self.derived("account", self.code_facts(key))
            self._ids[key] = found
            self._codes[found] = self.code_facts(key)
        return found

    def account_for(self, party: Party, file: str, line_number: int, line: str) -> UUID:
        """The account of a party, which is opened unless the community has it."""
        account_id = self.party_id(party.key)
        if account_id in self.standing.accounts or account_id in self.openings:
            return account_id
        if party.kind is not PartyKind.MEMBER or party.number is None:
            kind, code, name = _ACCOUNTS[party.kind]
            if party.kind is PartyKind.ORGANISATION:
                name = self.export.organisation or name
            return self.open(account_id, kind, code, name, file, line_number, line)
        listed = self.listed.get(party.number)
        # Some systems export no names: then the accounts are opened, and the people are enrolled later by hand.
        member = None if listed is None or not listed.name else self.enrolled(listed, account_id)
        floor, ceiling = self.standing.member_floor, None
        if listed is not None:
            floor = floor if listed.floor is None else listed.floor
            ceiling = listed.ceiling
        # A member's account has no name of its own: it is shown by the name of its holder.
        own_name = None if member is not None else party.name
        code = self.member_code(party.number, account_id)
        command = OpenAccount(account_id, AccountKind.MEMBER, code, floor, ceiling, own_name)
        self.openings[account_id] = Booking(command, file, line_number, line, member, party.number)
        self._codes[account_id] = command.code
        return account_id

    def member_code(self, number: str, account_id: UUID) -> str:
        """A code that names nobody: it stays when the person is erased."""
        first = self.export.system == "timeoverflow"
        code = number.lower() if _NAMES_NOBODY.fullmatch(number.lower()) else account_id.hex[:10]
        code = code if first else f"{self.export.system[:12].replace('_', '-')}-{code}"
        return f"{code}-{account_id.hex[:6]}" if self._was_undone(number) else code

    def _was_undone(self, key: str) -> bool:
        return uuid5(self.namespace, f"account/{self.code_facts(key)}") in self.standing.undone

    def enrolled(self, member: ImportedMember, account_id: UUID) -> NewMember:
        """The member who is enrolled with the account: active, and in no class, which no export says."""
        person = Person(
            normalize("NFC", member.name), member.email, member.phone, member.address, member.languages
        )
        joined_on = min(member.joined_on or self.today, self.today)
        return NewMember(
            self.derived("member", member.number), person, joined_on, account_id=account_id, takes_over=True
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
            ((self.party_id(row.giver), -row.seconds), (self.party_id(row.receiver), row.seconds)),
            service_on=row.service_on,
            note=normalize("NFC", row.note)[:MAX_NOTE] or None,
        )
        return Booking(command, row.file, row.line_number, row.line)

    def same_side(self, before: UUID, now: UUID) -> bool:
        return before == now

    def alike_side(self, before: UUID, now: UUID) -> bool:
        """The same account, or one of the two is somebody of whom no more is known than that they left."""
        gone = [self.derived("account", code) for code in _GONE_CODES]
        return before == now or before in gone or now in gone

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
            account_id = self.party_id(member.number)
            before = self.standing.imported_seconds.get(account_id, 0)
            if member.balance_seconds is None:
                continue
            difference = member.balance_seconds - before - self.moved[account_id]
            if difference == 0:
                continue
            against = self.open(
                self.derived("account", DIFFERENCE_CODE), AccountKind.DIFFERENCE, DIFFERENCE_CODE,
                "Differences of imports", member.file, member.line_number, member.line,
            )  # fmt: skip
            command = PostTransfer(
                self.difference_id(member, before),
                TransferKind.ADJUST,
                ((account_id, difference), (against, -difference)),
                note=DIFFERENCE_NOTE if history else OPENING_NOTE,
            )
            self.move(command.entries)
            bookings[member.number] = Booking(command, member.file, member.line_number, member.line)
        return bookings

    def difference_id(self, member: ImportedMember, before: int) -> UUID:
        # With what stood before in its name, a second difference for the same line is another transfer.
        number = member.number
        if self.export.system == "timeoverflow":
            number = number.removeprefix("m")
        facts = f"{self.export.source.sha256.hex()}/{number}/{before}/{member.balance_seconds}"
        return self.derived("difference", facts)

    # --- what is prepared -------------------------------------------------------------------------------------------

    def preparations(self) -> tuple[list[Booking], list[Widened]]:
        """Openings and wider limits: limits that did not exist at the time do not refuse history."""
        bookings: list[Booking] = []
        widened: list[Widened] = []
        why = "the history went that far"
        for account_id, booking in self.openings.items():
            command = booking.command
            if isinstance(command, OpenAccount):
                lowest, highest = self.lowest.get(account_id, 0), self.highest.get(account_id, 0)
                if command.floor is not None and lowest < command.floor:
                    widened.append(Widened(command.code, "floor", lowest, why))
                    command = replace(command, floor=lowest)
                if command.ceiling is not None and highest > command.ceiling:
                    widened.append(Widened(command.code, "ceiling", highest, why))
                    command = replace(command, ceiling=highest)
                booking = replace(booking, command=command)
            bookings.append(booking)
        for account_id in self.lowest:
            account = self.standing.accounts.get(account_id)
            if account is None or account.closed:
                continue
            floor, ceiling = self._wide_enough(account)
            if (floor, ceiling) == (account.floor, account.ceiling):
                continue
            code = self._codes.get(account_id, str(account_id))
            if floor is not None and floor != account.floor:
                widened.append(Widened(code, "floor", floor, why))
            if ceiling is not None and ceiling != account.ceiling:
                widened.append(Widened(code, "ceiling", ceiling, why))
            key = f"limits/{self.export.source.sha256.hex()}/{account_id}/{account.limits_count}/{floor}/{ceiling}"
            command = SetLimits(uuid5(self.namespace, key), account_id, floor, ceiling)
            member = self.listed.get(code)
            place = ("", 1, "") if member is None else (member.file, member.line_number, member.line)
            bookings.append(Booking(command, place[0] or self.export.source.name, *place[1:]))
        return bookings, widened

    def _wide_enough(self, account: Account) -> tuple[int | None, int | None]:
        lowest, highest = self.lowest[account.id], self.highest[account.id]
        floor = account.floor if account.floor is None else min(account.floor, lowest)
        ceiling = account.ceiling if account.ceiling is None else max(account.ceiling, highest)
        return floor, ceiling

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
            number: dict(booking.command.entries)[self.party_id(number)]
            for number, booking in differences.items()
            if isinstance(booking.command, PostTransfer)
        }
        unlisted = {
            party.number: party.name or ""
            for party in spool.parties.values()
            if party.number is not None and party.number not in self.listed
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
            matched=tuple((number, str(known.member_id)) for number, known in self.chosen.items()),
            widened=tuple(widened),
            transfers_to_book=booked,
            already_booked=counted.transfers - booked,
            recognised=recognised,
            differences_to_book=len(differences),
            differences_seconds=sum(booked_differences.values()),
            recorded_here=self.standing.recorded_here,
            finished_at=self.standing.finished_at,
        )
