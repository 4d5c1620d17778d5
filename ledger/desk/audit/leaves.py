"""Does each leaf say what its transfer and entries say? Pure, and the same in this process or in workers.

`check_block` says yes or no for each leaf, and that is where the audit spends its time. Why a leaf is doubtful
is worked out afterwards by `doubts`, for that leaf alone.
"""

import json
from binascii import b2a_base64
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import cast
from uuid import UUID

from ledger.book.amounts import MAX_ENTRY_SECONDS
from ledger.book.commands import PostTransfer, ReverseTransfer, TransferKind, fingerprint
from ledger.book.posting import MAX_ENTRIES
from ledger.desk.audit import events, rows
from ledger.desk.audit.erasures import NOBODY, Erased
from ledger.desk.audit.rows import MICROSECONDS, SECONDS_TO_2000
from ledger.log.events import author_disclosure
from ledger.log.receipts import digest, note_disclosure

_PADDING = b"=\n"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_BLOCK_BYTES = 64
_INNER = bytes([octet ^ 0x36 for octet in range(256)])
_OUTER = bytes([octet ^ 0x5C for octet in range(256)])
_DAY_ZERO = date(2000, 1, 1)
UNREADABLE_HASH = bytes(rows.HASH_BYTES)


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of the leaves [first, end), as COPY gave them."""

    first: int
    end: int
    leaves: bytes
    transfers: bytes
    notes_and_authors: bytes
    entries: bytes
    events: bytes


@dataclass(slots=True)
class Checked:
    """What a block came to.

    `transfer_count` counts the sound ones, `entry_count` and `event_count` those at a leaf. `hashes` are those of
    the leaves, recomputed, one after the other from the first to the last that is there. `doubtful` are the indexes
    of leaves that need a second look, `missing` of those that are not there, `repeated` of those that are there
    twice. `moments` are (leaf index, recorded_at) wherever recorded_at changes. `said` is what is wrong with leaves
    that name no transfer.
    """

    first: int
    leaf_count: int = 0
    transfer_count: int = 0
    entry_count: int = 0
    event_count: int = 0
    hashes: bytes = b""
    doubtful: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    moments: list[tuple[int, int]] = field(default_factory=list)
    said: list[events.Said] = field(default_factory=list)


class Community:
    """What every leaf of a community has in common, the secrets of its accounts, and who was erased."""

    def __init__(
        self, issuer: str, origin: str, slug: str, secrets: list[tuple[bytes, bytes]], erased: Erased = NOBODY
    ) -> None:
        self.issuer = issuer
        self.origin = origin
        self.slug = slug
        self.erased = erased
        # (account id as text, inner and outer pad of RFC 2104). Two plain hashes with the pads made once are
        # four times as fast as hmac.digest, which looks its hash up anew each time.
        self.accounts = {
            account_id: (
                str(UUID(bytes=account_id)),
                secret.ljust(_BLOCK_BYTES, b"\0").translate(_INNER) + b"carehours disclosure v1",
                secret.ljust(_BLOCK_BYTES, b"\0").translate(_OUTER),
            )
            for account_id, secret in secrets
        }

    def salt(self, account_id: bytes, transfer_id: bytes) -> str:
        """As `receipts.salt_for`."""
        _, inner, outer = self.accounts[account_id]
        mac = sha256(outer + sha256(inner + transfer_id).digest()).digest()
        return b2a_base64(mac[:16], newline=False)[:22].translate(_URL_SAFE).decode()

    def sound(
        self, leaf: tuple[int, bytes, bytes, bytes], transfer: rows.TransferRow, note: rows.Note | None,
        author: rows.Author | None, entries: list[rows.EntryRow], found: bytes,
    ) -> bool:  # fmt: skip
        """Whether everything about the leaf is as it must be; `found` is the hash of its payload.

        Nearly all of an audit is spent here, so disclosures, digests, fingerprint and leaf are written out, as
        `receipts` and `commands` define them. What it says no to, `doubts` looks at through the definitions.

        Raises KeyError or ValueError where it cannot even be computed.
        """
        index, leaf_hash, transfer_id, payload = leaf
        (
            _, _, recorded_at, asked, kind_octets, service_on, reverses_id, hold_id, note_digest, via, author_digest
        ) = transfer  # fmt: skip
        slug, accounts = self.slug, self.accounts
        total = place = 0
        sides, moves = [], []
        for account_id, number, _, stored_place, seconds, after, stored in entries:
            try:
                account, inner, outer = accounts[account_id]
            except KeyError:
                if not self.erased.account_after(index, account_id):
                    return False
                # Without its secret no digest can be derived again; that the leaf carries it is still seen below.
                account, derived = str(UUID(bytes=account_id)), stored
            else:
                mac = sha256(outer + sha256(inner + transfer_id).digest()).digest()
                salt = b2a_base64(mac[:16])[:22].translate(_URL_SAFE).decode()
                text = f'["{salt}","own",{{"acct":"{account}","after":{after},"n":{number}}}]'
                # Base64 of this text has neither "+" nor "/": those stand for octets that are not in it.
                derived = b2a_base64(sha256(b2a_base64(text.encode()).rstrip(_PADDING)).digest())[
                    :43
                ].translate(_URL_SAFE)
            if derived != stored or stored_place != place or not 0 < abs(seconds) <= MAX_ENTRY_SECONDS:
                return False
            place += 1
            total += seconds
            sides.append(f'{{"_sd":["{derived.decode()}"],"c":"{slug}","s":{seconds}}}')
            moves.append(f'["{account}",{seconds}]')
        if total or found != leaf_hash or not 2 <= place <= MAX_ENTRIES:
            return False
        if entries[0][0] == entries[1][0] or (place > 2 and len({entry[0] for entry in entries}) != place):
            return False
        since_2000, rest = divmod(recorded_at, MICROSECONDS)
        if rest:
            return False
        kind = kind_octets.decode()
        on = hold = reverses = own = capacity = ""
        asked_on = asked_hold = asked_note = "null"
        if service_on is not None:
            asked_on = f'"{day_text(service_on)}"'
            on = f'"on":{asked_on},'
        if hold_id is not None:
            asked_hold = f'"{UUID(bytes=hold_id)}"'
            hold = f'"hold":{asked_hold},'
        is_erased = False
        if note_digest is not None or note is not None:
            if note_digest is None:
                return False
            if note is None:
                # Without the note the request's fingerprint cannot be made again either.
                is_erased = self.note_erased(index, entries)
                if not is_erased:
                    return False
            else:
                note_text = note[1].decode()
                if digest(note_disclosure(note[0].decode(), note_text)).encode() != note_digest:
                    return False
                asked_note = json.dumps(note_text)
            own = f'"_sd":["{note_digest.decode()}"],'
        if via is not None or author_digest is not None or author is not None:
            if via is None or author_digest is None or not self.author_sound(index, author_digest, author):
                return False
            capacity = f',"via":"{via.decode()}"'
            own = f'{own[:-2]},"' if own else '"_sd":["'
            own += f'{author_digest.decode()}"],'
        if reverses_id is None:
            command = f'["post_transfer","{kind}",[{",".join(moves)}],{asked_on},{asked_hold},{asked_note}]'
        else:
            original = f'"{UUID(bytes=reverses_id)}"'
            reverses = f'"rev":{original},'
            command = f'["reverse_transfer",{original},{asked_note}]'
        if sha256(command.encode()).digest() != asked and not is_erased:
            return False
        jti = transfer_id.hex()
        return (
            payload
            == (
                f'{{{own}"entries":[{",".join(sides)}],{hold}"iat":{since_2000 + SECONDS_TO_2000},'
                f'"iss":"{self.issuer}","jti":"{jti[:8]}-{jti[8:12]}-{jti[12:16]}-{jti[16:20]}-{jti[20:]}",'
                f'"k":"{kind}","log":"{self.origin}","n":{index},{on}{reverses}"v":1{capacity}}}'
            ).encode()
        )

    def note_erased(self, index: int, entries: list[rows.EntryRow]) -> bool:
        """Whether the note at this leaf may be missing: somebody was erased to whom it may say something."""
        return any(self.erased.account_after(index, entry[0]) for entry in entries)

    def author_sound(self, index: int, author_digest: bytes, author: rows.Author | None) -> bool:
        """Whether the digest is that of the author, as far as this can still be known."""
        if author is None:
            return False
        member_id, for_member_id = author_ids(author)
        if author[2] is None:
            return self.erased.member_after(index, member_id, for_member_id)
        disclosure = author_disclosure(author[2].decode(), member_id, for_member_id)
        return digest(disclosure).encode() == author_digest


def author_ids(author: rows.Author) -> tuple[str, str | None]:
    """Who posted a transfer, and for whom, as text."""
    member_id, for_member_id, _ = author
    return str(UUID(bytes=member_id)), None if for_member_id is None else str(UUID(bytes=for_member_id))


def check_block(community: Community, block: Block) -> Checked:
    """Look at every leaf of the block."""
    checked = Checked(block.first)
    entries = rows.entry_rows(block.entries)
    if entries is None:
        entries = (entry for entry, _ in rows.entry_fields(block.entries))
    entry_at = iter(entries)
    entry = next(entry_at, None)
    transfer_at = rows.transfer_rows(block.transfers)
    transfer = next(transfer_at, None)
    notes, authors = rows.note_and_author_rows(block.notes_and_authors)
    event_at = rows.event_rows(block.events)
    hashes: list[bytes] = []
    expected, last_moment, entry_count = block.first, None, 0
    for leaf in rows.leaf_rows(block.leaves):
        index, _, transfer_id, payload = leaf
        checked.leaf_count += 1
        if index < expected:
            checked.repeated.append(index)
            continue
        while index > expected:
            checked.missing.append(expected)
            hashes.append(UNREADABLE_HASH)
            expected += 1
        expected += 1
        found = UNREADABLE_HASH if payload is None else sha256(b"\x00" + payload).digest()
        hashes.append(found)
        own: list[rows.EntryRow] = []
        while entry is not None and entry[2] <= index:
            if entry[2] == index:
                own.append(entry)
            entry = next(entry_at, None)
        entry_count += len(own)
        if transfer_id is None:
            found_events = event_at.get(index, [])
            checked.event_count += len(found_events)
            checked.said += events.look(
                community.issuer,
                community.origin,
                community.erased,
                rows.LeafRow(*leaf),
                found_events,
                len(own),
            )
            if found_events and found_events[0][0].recorded_at != last_moment:
                last_moment = found_events[0][0].recorded_at
                checked.moments.append((index, last_moment))
            continue
        while transfer is not None and transfer[0] < index:
            transfer = next(transfer_at, None)
        if transfer is None or transfer[0] != index or transfer[1] != transfer_id or payload is None:
            checked.doubtful.append(index)
            continue
        if transfer[2] != last_moment:
            last_moment = transfer[2]
            checked.moments.append((index, last_moment))
        try:
            # A field that is None here ends in one of the errors below, or in a hash that differs.
            sound = community.sound(
                cast(tuple[int, bytes, bytes, bytes], leaf), cast(rows.TransferRow, transfer), notes.get(index),
                authors.get(index), own, found,
            )  # fmt: skip
        except (KeyError, ValueError, OverflowError):
            sound = False
        if sound:
            checked.transfer_count += 1
        else:
            checked.doubtful.append(index)
    checked.entry_count = entry_count
    checked.hashes = b"".join(hashes)
    return checked


@lru_cache(maxsize=4096)
def day_text(days: int) -> str:
    """A date column as text. Raises OverflowError for a day that no calendar has."""
    return (_DAY_ZERO + timedelta(days)).isoformat()


def fingerprint_of(
    transfer_id: bytes, kind: str, moves: list[tuple[str, int]], service_on: str | None, hold_id: str | None,
    reverses_id: str | None, note: str | None,
) -> bytes:  # fmt: skip
    """The fingerprint of the command that became this transfer.

    A fingerprint writes its ids and dates down as text and leaves the transfer's own id out, so text serves in
    their place: making objects of them first would cost more than the hash.
    """
    identity = cast(UUID, transfer_id)
    if reverses_id is not None:
        return fingerprint(ReverseTransfer(identity, UUID(reverses_id), note))
    return fingerprint(
        PostTransfer(
            identity,
            cast(TransferKind, kind),
            cast("tuple[tuple[UUID, int], ...]", tuple(moves)),
            cast("date | None", service_on),
            cast("UUID | None", hold_id),
            note,
        )
    )


# A worker process keeps the community it was started for.
_worker: list[Community] = []


def start_worker(
    issuer: str, origin: str, slug: str, secrets: list[tuple[bytes, bytes]], erased: Erased
) -> None:
    """Initialise a worker process."""
    _worker.append(Community(issuer, origin, slug, secrets, erased))


def check_block_in_worker(block: Block) -> Checked:
    """`check_block` for the community this process was started for."""
    return check_block(_worker[0], block)
