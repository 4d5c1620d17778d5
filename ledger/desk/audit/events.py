"""Does each leaf that names no transfer say what its event says? Pure, and the same in this process or in workers.

Events are rare beside transfers, so one function both checks and says in words what is wrong.
"""

from collections.abc import Sequence
from uuid import UUID

from ledger.desk.audit import rows
from ledger.desk.audit.erasures import NOBODY, Erased
from ledger.desk.audit.findings import difference
from ledger.log.encoding import read_canonical_json
from ledger.log.events import event_disclosure, render_event_leaf
from ledger.log.merkle import leaf_hash
from ledger.log.receipts import digest

MEMBER_ERASED = "member_erased"
"""The kind of event that says somebody was erased: `accounts` in its details are those that went with them."""

_LEAF_FIELDS = 4

Said = tuple[str, str, str]
"""Check, what and where of a finding."""


def look(
    issuer: str, origin: str, erased: Erased, leaf: rows.LeafRow, events: Sequence[rows.ReadEvent], entries: int,
) -> list[Said]:  # fmt: skip
    """All that is wrong with a leaf that names no transfer, given the events and the number of entries at its place."""
    at = f"leaf {leaf.leaf_index}"
    said: list[Said] = []
    if leaf.payload is None or leaf.leaf_hash is None:
        missing = "payload" if leaf.payload is None else "leaf_hash"
        said.append(("unreadable", f"log_leaf.{missing} is NULL or of a wrong length.", f"log_leaf, {at}"))
    elif leaf_hash(leaf.payload) != leaf.leaf_hash:
        said.append(("leaf_hash", "leaf_hash is not the hash of the payload.", f"log_leaf, {at}"))
    if entries:
        what = f"The leaf is not that of a transfer, and entries stand at its place: {entries}."
        said.append(("entries", what, f"entry, {at}"))
    if not events:
        what = "The leaf names no transfer, and no event stands at its place."
        said.append(("one_to_one", what, f"log_leaf, {at}"))
    if len(events) > 1:
        said.append(("one_to_one", "More than one event stands at this leaf.", f"event, {at}"))
    for event, problems in events:
        where = f"event, {at}, event {UUID(bytes=event.event_id)}"
        said += [("unreadable", f"event.{problem}.", where) for problem in problems]
        said += [(check, what, where) for check, what in _leaf(issuer, origin, leaf.payload, event)]
        said += [(check, what, where) for check, what in _disclosure(erased, event)]
    return said


def _leaf(issuer: str, origin: str, payload: bytes | None, event: rows.EventRow) -> list[tuple[str, str]]:
    """Do the columns that stand in the leaf render to it?"""
    said = []
    seconds, rest = divmod(event.recorded_at, rows.MICROSECONDS)
    if rest:
        said.append(("recorded_at", "recorded_at is not in whole seconds."))
    try:
        rendered = render_event_leaf(
            issuer=issuer,
            origin=origin,
            leaf_index=event.leaf_index,
            event_id=str(UUID(bytes=event.event_id)),
            recorded_seconds=seconds + rows.SECONDS_TO_2000,
            kind=event.kind,
            digest=event.digest,
        )
    except ValueError:
        said.append(("leaf", "The event holds a value that no leaf can carry."))
        return said
    if payload is not None and payload != rendered:
        said.append(("leaf", difference(payload, rendered, "its event renders to")))
    return said


def _disclosure(erased: Erased, event: rows.EventRow) -> list[tuple[str, str]]:
    """Are the columns behind the digest those it was made of? Nobody can tell once the salt was erased."""
    member_id = None if event.member_id is None else str(UUID(bytes=event.member_id))
    said = []
    details = _details(event)
    if details is None:
        said.append(("event", "details is not the canonical JSON of an event."))
    if event.salt is None:
        # What excuses others must itself remain: otherwise one erasure could hide who was erased before.
        if event.kind == MEMBER_ERASED:
            said.append(("event", "The event says that somebody was erased, and its own salt is missing."))
        elif not erased.member_after(event.leaf_index, member_id, event.author_id):
            said.append(("event", "The salt is missing, and nobody whom the event names was erased later."))
    elif details is not None:
        try:
            derived = digest(
                event_disclosure(
                    event.salt,
                    via=event.via,
                    author_id=event.author_id,
                    member_id=member_id,
                    details=details,
                )
            )
        except ValueError:
            derived = None
        if derived != event.digest:
            what = "The digest does not follow from via, author, member, details and salt of the event."
            said.append(("digest", what))
    return said


def _details(event: rows.EventRow) -> dict[str, object] | None:
    try:
        details = read_canonical_json(event.details.encode())
    except ValueError:
        return None
    # What is None is left out of the digest, so the service leaves it out of the column as well.
    if not isinstance(details, dict) or None in details.values():
        return None
    return details


def read_erasures(issuer: str, origin: str, data: bytes) -> Erased:
    """Who was erased, by the rows of `audit_erasures`. An event with anything wrong about it excuses nothing."""
    erased = Erased()
    for fields in rows.rows(data):
        leaf = rows.leaf_fields(fields[:_LEAF_FIELDS], [])
        read = rows.event_fields(fields[_LEAF_FIELDS:])
        event, _ = read
        details = _details(event)
        if event.member_id is None or details is None or look(issuer, origin, NOBODY, leaf, [read], 0):
            continue
        accounts = details.get("accounts")
        account_ids = [_uuid_bytes(each) for each in accounts] if isinstance(accounts, list) else []
        erased.add(
            str(UUID(bytes=event.member_id)),
            [account_id for account_id in account_ids if account_id is not None],
            event.leaf_index,
        )
    return erased


def _uuid_bytes(value: object) -> bytes | None:
    try:
        return UUID(value).bytes if isinstance(value, str) else None
    except ValueError:
        return None
