"""Who is who in an export, and the id that everything in it gets: the same from export to export.

Nothing is booked twice, because every id is made from what does not change between two exports: the old system's
own number of the transfer or, where it has none, the moment, the two parties, the seconds, the note and, among
equal rows, how many came before. The same file again, an interrupted import repeated, and a later export that
contains the earlier one are therefore the same case. What was undone gets ids that were not used before.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from uuid import NAMESPACE_URL, UUID, uuid5

from ledger.book.commands import AccountKind
from ledger.book.journal import Community
from ledger.desk.imports.plans import Known, Standing
from ledger.desk.imports.problems import Asks, ImportProblem, Mistakes
from ledger.desk.imports.shape import (
    Export,
    ImportedMember,
    ImportedTransfer,
    Options,
    Party,
    PartyKind,
    SkippedRow,
    Unknown,
)
from ledger.people.members import skeleton

ACCOUNTS: dict[PartyKind, tuple[AccountKind, str, str]] = {
    PartyKind.ORGANISATION: (AccountKind.ISSUANCE, "organisation", "The time bank itself"),
    PartyKind.INACTIVE: (AccountKind.DIFFERENCE, "gone-inactive", "Members who left before the import"),
    PartyKind.DELETED: (AccountKind.DIFFERENCE, "gone-deleted", "Members deleted before the import"),
    PartyKind.OTHER_BANK: (AccountKind.DIFFERENCE, "other-banks", "Other time banks"),
    PartyKind.UNLISTED: (AccountKind.DIFFERENCE, "not-listed", "People in no list of members"),
}
"""The kind, the code and the name of the account that all of these parties share."""
_GONE_CODES = ("gone-inactive", "gone-deleted")
_NAMES_NOBODY = re.compile(r"[a-z]{0,6}[0-9]{1,12}")


class Identities:
    """The people of one export, and the ids made from it. Mistakes about who is who go to `mistakes`."""

    def __init__(
        self, export: Export, community: Community, standing: Standing, options: Options, mistakes: Mistakes
    ) -> None:
        self.export = export
        self.standing = standing
        self.options = options
        self.mistakes = mistakes
        self.namespace = uuid5(NAMESPACE_URL, f"{community.origin}/imports/{export.system}")
        self.listed = {member.number: member for member in export.members}
        self.chosen: dict[str, Known] = {}
        self.codes: dict[UUID, str] = {}
        self._ids: dict[str, UUID] = {}

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

    # --- ids --------------------------------------------------------------------------------------------------------

    def derived(self, what: str, facts: str) -> UUID:
        """The id that an import makes from these facts; another one each time it was undone."""
        made, again = uuid5(self.namespace, f"{what}/{facts}"), 0
        while made in self.standing.undone:
            again += 1
            made = uuid5(self.namespace, f"{what}/{facts}/again/{again}")
        return made

    def code_facts(self, key: str) -> str:
        return next((code for kind, (_, code, _) in ACCOUNTS.items() if kind.value == key), key)

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
            self.codes[found] = self.code_facts(key)
        return found

    def member_code(self, number: str, account_id: UUID) -> str:
        """A code that names nobody: it stays when the person is erased."""
        first = self.export.system == "timeoverflow"
        code = number.lower() if _NAMES_NOBODY.fullmatch(number.lower()) else account_id.hex[:10]
        code = code if first else f"{self.export.system[:12].replace('_', '-')}-{code}"
        return f"{code}-{account_id.hex[:6]}" if self._was_undone(number) else code

    def _was_undone(self, key: str) -> bool:
        return uuid5(self.namespace, f"account/{self.code_facts(key)}") in self.standing.undone

    def difference_id(self, member: ImportedMember, before: int) -> UUID:
        # With what stood before in its name, a second difference for the same line is another transfer.
        number = member.number
        if self.export.system == "timeoverflow":
            number = number.removeprefix("m")
        facts = f"{self.export.source.sha256.hex()}/{number}/{before}/{member.balance_seconds}"
        return self.derived("difference", facts)

    def same_side(self, before: UUID, now: UUID) -> bool:
        return before == now

    def alike_side(self, before: UUID, now: UUID) -> bool:
        """The same account, or one of the two is somebody of whom no more is known than that they left."""
        gone = [self.derived("account", code) for code in _GONE_CODES]
        return before == now or before in gone or now in gone
