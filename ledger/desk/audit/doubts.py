"""Why a leaf is doubtful: the same checks as `leaves`, one by one and in words."""

from hashlib import sha256
from uuid import UUID

from ledger.book.amounts import MAX_ENTRY_SECONDS
from ledger.book.posting import MAX_ENTRIES
from ledger.desk.audit import rows
from ledger.desk.audit.findings import Findings, difference
from ledger.desk.audit.leaves import UNREADABLE_HASH, Community, day_text, fingerprint_of
from ledger.desk.audit.rows import MICROSECONDS, SECONDS_TO_2000
from ledger.log.receipts import account_disclosure, digest, note_disclosure, render_leaf

_LEAF_FIELDS = 4
_TRANSFER_FIELDS = 11


def explain(
    community: Community,
    fields: rows.Fields,
    entries: list[rows.EntryRow],
    codes: dict[bytes, str],
    findings: Findings,
) -> rows.TransferRow | None:
    """Say what is wrong with a leaf, given its row of `audit_joined_leaves`. Returns the transfer it names.

    Says nothing when nothing is wrong: the leaf was only read apart from its transfer, because another row
    made the order of the two differ.
    """
    problems: list[str] = []
    leaf = rows.leaf_fields(fields[:_LEAF_FIELDS], problems)
    unreadable = [(f"log_leaf.{problem}", "log_leaf") for problem in problems]
    given = fields[_LEAF_FIELDS : _LEAF_FIELDS + _TRANSFER_FIELDS]
    transfer = None
    if any(field is not None for field in given):
        problems = []
        transfer = rows.transfer_fields(given, problems)
        unreadable += [(f"transfer.{problem}", "transfer") for problem in problems]
    attached = rows.note_and_author(fields[_LEAF_FIELDS + _TRANSFER_FIELDS :])
    found = UNREADABLE_HASH if leaf.payload is None else sha256(b"\x00" + leaf.payload).digest()
    if (
        transfer is not None
        and not unreadable
        and _sound(community, leaf, transfer, attached, entries, found)
    ):
        return transfer
    doubt = _Doubt(community, leaf, transfer, attached, entries, codes, findings)
    before = findings.counts.total()
    for what, table in unreadable:
        findings.add("unreadable", f"{what}.", f"{table}, {doubt.at}")
    doubt.look(found)
    if findings.counts.total() == before:
        findings.add(
            "leaf", "The leaf does not follow from its transfer and entries.", f"log_leaf, {doubt.at}"
        )
    return transfer


def _sound(
    community: Community, leaf: rows.LeafRow, transfer: rows.TransferRow,
    attached: tuple[rows.Note | None, rows.Author | None], entries: list[rows.EntryRow], found: bytes,
) -> bool:  # fmt: skip
    index, leaf_hash, transfer_id, payload = leaf
    if (
        leaf_hash is None
        or payload is None
        or transfer_id != transfer.transfer_id
        or index != transfer.leaf_index
    ):
        return False
    try:
        return community.sound((index, leaf_hash, transfer_id, payload), transfer, *attached, entries, found)
    except (KeyError, ValueError, OverflowError):
        return False


class _Doubt:
    def __init__(
        self, community: Community, leaf: rows.LeafRow, transfer: rows.TransferRow | None,
        attached: tuple[rows.Note | None, rows.Author | None], entries: list[rows.EntryRow],
        codes: dict[bytes, str], findings: Findings,
    ) -> None:  # fmt: skip
        self.community = community
        self.leaf = leaf
        self.transfer = transfer
        self.note, self.author = attached
        self.entries = entries
        self.codes = codes
        self.findings = findings
        self.identity = "" if leaf.transfer_id is None else str(UUID(bytes=leaf.transfer_id))
        self.at = f"leaf {leaf.leaf_index}" + (f", transfer {self.identity}" if self.identity else "")

    def look(self, found: bytes) -> None:
        self._pair()
        self._entries()
        if self.leaf.payload is not None and found != self.leaf.leaf_hash:
            self.findings.add(
                "leaf_hash", "leaf_hash is not the hash of the payload.", f"log_leaf, {self.at}"
            )
        if self.transfer is None or self.leaf.transfer_id is None:
            return
        self._digests(self.leaf.transfer_id)
        note = self._note(self.transfer.note_digest)
        self._author(self.transfer.via, self.transfer.author_digest)
        try:
            self._transfer(self.transfer, self.leaf.transfer_id, note)
        except (ValueError, OverflowError):
            self.findings.add(
                "leaf", "The transfer holds a value that no receipt can carry.", f"transfer, {self.at}"
            )

    def _pair(self) -> None:
        if self.leaf.transfer_id is None:
            self.findings.add("one_to_one", "The leaf names no transfer.", f"log_leaf, {self.at}")
        elif self.transfer is None:
            self.findings.add("one_to_one", "The transfer of this leaf is missing.", f"transfer, {self.at}")
        elif self.transfer.leaf_index != self.leaf.leaf_index:
            self.findings.add(
                "one_to_one",
                f"The transfer says it is leaf {self.transfer.leaf_index}; the log has it elsewhere.",
                f"transfer, {self.at}",
            )

    def _entries(self) -> None:
        where = f"entry, {self.at}"
        add = self.findings.add
        if not 2 <= len(self.entries) <= MAX_ENTRIES:
            add("balanced", f"The transfer has {len(self.entries)} entries, not 2 to {MAX_ENTRIES}.", where)
        total = sum([entry[4] for entry in self.entries])
        if total:
            add("balanced", f"The seconds of its entries sum to {total}, not to zero.", where)
        places = [entry[3] for entry in self.entries]
        if places != list(range(len(places))):
            add("balanced", f"The places of its entries are {places}, not 0, 1, 2...", where)
        if len({entry[0] for entry in self.entries}) < len(self.entries):
            add("balanced", "One account stands in two of its entries.", where)
        for entry in self.entries:
            if not entry[4] or not -MAX_ENTRY_SECONDS <= entry[4] <= MAX_ENTRY_SECONDS:
                add("balanced", f"{entry[4]} seconds are not allowed in an entry.", self._entry(entry))

    def _digests(self, transfer_id: bytes) -> None:
        for entry in self.entries:
            account_id, number, _, _, _, after, stored = entry
            if account_id not in self.community.accounts:
                if self.community.erased.account_after(self.leaf.leaf_index, account_id):
                    continue
                what = "The entry's account has no secret, or there is no such account."
                if account_id in self.community.erased.accounts:
                    what = "The entry's account had been erased before."
                self.findings.add("accounts", what, self._entry(entry))
                continue
            salt = self.community.salt(account_id, transfer_id)
            derived = digest(account_disclosure(salt, str(UUID(bytes=account_id)), after, number))
            if derived.encode() != stored:
                self.findings.add(
                    "digest",
                    "The digest does not follow from account, balance after, entry number and the account's secret.",
                    self._entry(entry),
                )

    def _note(self, note_digest: bytes | None) -> str | None:
        """The note's text, after a look at its digest; None as well when it cannot be read."""
        where = f"transfer_note, {self.at}"
        if self.note is None:
            is_erased = self.community.note_erased(self.leaf.leaf_index, self.entries)
            if note_digest is not None and not is_erased:
                self.findings.add("note", "The transfer has a note digest, and its note is missing.", where)
            return None
        try:
            text = self.note[1].decode()
            derived = digest(note_disclosure(self.note[0].decode(), text)).encode()
        except ValueError:
            self.findings.add("note", "The note or its salt is not text.", where)
            return None
        if note_digest is None:
            self.findings.add("note", "There is a note, and the transfer has no digest of one.", where)
        elif derived != note_digest:
            self.findings.add(
                "note", "The note or its salt is not what the transfer's digest was made of.", where
            )
        return text

    def _author(self, via: bytes | None, author_digest: bytes | None) -> None:
        where = f"transfer_author, {self.at}"
        add = self.findings.add
        if (via is None) != (author_digest is None):
            add("author", "Of via and author_digest there is only one.", f"transfer, {self.at}")
        if author_digest is None:
            if self.author is not None:
                add("author", "There is an author, and the transfer has no digest of one.", where)
            return
        if self.author is None:
            add("author", "The transfer has an author digest, and its author is missing.", where)
            return
        try:
            is_sound = self.community.author_sound(self.leaf.leaf_index, author_digest, self.author)
        except ValueError:
            is_sound = False
        if is_sound:
            return
        if self.author[2] is None:
            add("author", "The author's salt is missing, and nobody whom it names was erased later.", where)
        else:
            add("author", "The author or the salt is not what the transfer's digest was made of.", where)

    def _transfer(self, transfer: rows.TransferRow, transfer_id: bytes, note: str | None) -> None:
        where = f"transfer, {self.at}"
        seconds, rest = divmod(transfer.recorded_at, MICROSECONDS)
        if rest:
            self.findings.add("recorded_at", "recorded_at is not in whole seconds.", where)
        kind = transfer.kind.decode()
        on = None if transfer.service_on is None else day_text(transfer.service_on)
        hold = None if transfer.hold_id is None else str(UUID(bytes=transfer.hold_id))
        reverses = None if transfer.reverses_id is None else str(UUID(bytes=transfer.reverses_id))
        # Without its note the fingerprint cannot be made again; that the note is missing was said before.
        if self.note is not None or transfer.note_digest is None:
            moves = [(str(UUID(bytes=entry[0])), entry[4]) for entry in self.entries]
            if transfer.fingerprint != fingerprint_of(transfer_id, kind, moves, on, hold, reverses, note):
                self.findings.add(
                    "fingerprint", "The fingerprint is not that of a request for this transfer.", where
                )
        if self.leaf.payload is None:
            return
        rendered = render_leaf(
            issuer=self.community.issuer,
            origin=self.community.origin,
            slug=self.community.slug,
            leaf_index=self.leaf.leaf_index,
            transfer_id=self.identity,
            recorded_seconds=seconds + SECONDS_TO_2000,
            kind=kind,
            service_on=on,
            entries=[(entry[4], entry[6].decode("ascii")) for entry in self.entries],
            reverses_id=reverses,
            hold_id=hold,
            note_digest=None if transfer.note_digest is None else transfer.note_digest.decode("ascii"),
            via=None if transfer.via is None else transfer.via.decode("ascii"),
            author_digest=None if transfer.author_digest is None else transfer.author_digest.decode("ascii"),
        )
        if rendered != self.leaf.payload:
            what = difference(self.leaf.payload, rendered, "its transfer and entries render to")
            self.findings.add("leaf", what, f"log_leaf, {self.at}")

    def _entry(self, entry: rows.EntryRow) -> str:
        account = self.codes.get(entry[0]) or str(UUID(bytes=entry[0]))
        return f"entry, {self.at}, place {entry[3]}, account {account}"
