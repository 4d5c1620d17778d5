"""How people stand, told again from the admin trail, and held against the tables as they are now.

Every change of who may do what has an event: a role, a delegation, a holder of an account, a relative, a token, a
passkey, a card, a decision about a proposal, a member's status, an erasure. What the events leave is compared row
by row with what the tables say. The events themselves are held against the log elsewhere (`events`), so whoever
changes a table alone is found here, and whoever changes the events too is found there.

Not compared is what has no event: sessions, and what a delegate has spent in a month. The audit reads all of it
each time, also with `since_last`: people are few beside transfers, and a role can be changed without a new leaf.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg

from ledger.database.connections import Connection
from ledger.desk.audit.findings import Findings
from ledger.desk.audit.rows import MICROSECONDS
from ledger.desk.audit.tree import instant
from ledger.log.encoding import read_canonical_json
from ledger.people.cards import CARD_FOR
from ledger.people.delegates import Relation, converse
from ledger.people.members import GONE, Status

Row = dict[str, str | None]
"""A row of a table by its columns, as PostgreSQL writes the values. A column left out is not compared."""

_SECRET = frozenset({"token_hash", "public_key", "body"})
"""Columns whose value is not repeated in a finding."""

_NOBODYS = frozenset({"shell", "token"})
_DAY = timedelta(days=1)
_SIGNED_OUT = frozenset({*GONE, Status.APPLIED})


async def check_people(db: Connection, community_id: int, findings: Findings) -> None:
    """Compare how people stand with what the events say. In the audit's snapshot; all people are held in memory."""
    trail = Trail(findings)
    async for record in db.stream("desk/audit_people_events", community_id=community_id):
        trail.take(happened(record))

    async def rows(statement: str, shape: Callable[[asyncpg.Record], Row] = dict) -> list[Row]:
        return [shape(row) for row in await db.rows(f"desk/{statement}", community_id=community_id)]

    def compare(table: str, keys: Sequence[str], expected: Iterable[Row], actual: Iterable[Row]) -> None:
        for what, where in differences(table, keys, expected, actual):
            findings.add("people", what, where)

    compare("member", ("member_id",), trail.members.values(), await rows("audit_people_members"))
    compare("member_role", ("member_id", "role", "granted_at"), trail.roles, await rows("audit_people_roles"))
    holders = await rows("audit_people_holders")
    compare("account_holder", ("account_id", "member_id", "since"), trail.holders.values(), holders)
    relatives = await rows("audit_people_relatives", _read_relative)
    compare("relative", ("member_id", "relative_id"), trail.relatives.values(), relatives)
    delegations = await rows("audit_people_delegations")
    compare("delegation", ("delegation_id",), trail.delegations.values(), delegations)
    proposals = await rows("audit_people_proposals")
    compare("proposal", ("proposal_id",), trail.proposals.values(), proposals)
    decisions = await rows("audit_people_decisions")
    compare("proposal_decision", ("proposal_id",), trail.decisions.values(), decisions)
    compare("passkey", ("passkey_id",), trail.passkeys.values(), await rows("audit_people_passkeys"))
    tokens = await rows("audit_people_tokens", _read_lasting)
    compare("api_token", ("token_id",), trail.tokens_beside(tokens), tokens)
    cards = await rows("audit_people_cards", _read_lasting)
    # That a card is gone harms nobody.
    there = {card["card_id"] for card in cards}
    issued = [card for card in trail.cards.values() if card["card_id"] in there]
    compare("card", ("card_id",), issued, cards)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as it stands in its table. `by` is the member who did it, None for the shell or a token."""

    kind: str | None
    at: str | None
    by: str | None
    member_id: str | None
    where: str
    details: dict[str, Any]

    def said(self, name: str) -> str | None:
        """What the details say under this name, as PostgreSQL would write it."""
        value = self.details.get(name)
        if isinstance(value, list):
            return f"{{{','.join(map(str, value))}}}"
        return None if value is None else str(value)


def happened(record: asyncpg.Record) -> Happened:
    try:
        details = read_canonical_json((record["details"] or "").encode())
    except ValueError:
        # Said elsewhere: such an event does not follow from its digest.
        details = None
    return Happened(
        kind=record["kind"],
        at=record["recorded_at"],
        by=None if record["via"] in _NOBODYS else record["author_id"],
        member_id=record["member_id"],
        where=f"event, leaf {record['leaf_index']}, event {record['event_id']}",
        details=details if isinstance(details, dict) else {},
    )


@dataclass(slots=True)
class Trail:
    """What the events taken so far leave in each table."""

    findings: Findings
    began_at: str | None = None
    members: dict[str | None, Row] = field(default_factory=dict)
    roles: list[Row] = field(default_factory=list)
    holders: dict[tuple[str | None, ...], Row] = field(default_factory=dict)
    relatives: dict[tuple[str, str], Row] = field(default_factory=dict)
    delegations: dict[str | None, Row] = field(default_factory=dict)
    proposals: dict[str | None, Row] = field(default_factory=dict)
    decisions: dict[str | None, Row] = field(default_factory=dict)
    tokens: dict[str | None, Row] = field(default_factory=dict)
    passkeys: dict[str | None, Row] = field(default_factory=dict)
    cards: dict[str | None, Row] = field(default_factory=dict)
    _role_now: dict[str | None, Row] = field(default_factory=dict)
    _holds_now: dict[tuple[str | None, str | None], Row] = field(default_factory=dict)
    _cards_of: dict[str | None, list[Row]] = field(default_factory=dict)
    _passkeys_of: dict[str | None, set[str | None]] = field(default_factory=dict)
    _relatives_of: dict[str, set[str]] = field(default_factory=dict)
    _revoked: dict[str | None, str | None] = field(default_factory=dict)

    def take(self, event: Happened) -> None:
        """Take one event, in the order of the log."""
        self.began_at = self.began_at or event.at
        take = TAKEN.get(event.kind or "")
        if take is not None:
            take(self, event)

    def _nothing(self, event: Happened, what: str) -> None:
        self.findings.add("people", f"The event ends {what} that no event before it began.", event.where)

    # --- members ----------------------------------------------------------------------------------------------

    def enrolled(self, event: Happened) -> None:
        self.members[event.member_id] = {
            "member_id": event.member_id,
            "member_number": event.said("number"),
            "status": event.said("status"),
            "frail": "false",
            "enrolled_at": event.at,
            "erased_at": None,
            "is_person": "true",
        }
        if "account" in event.details:
            self._hold(event, event.said("account"))

    def standing_changed(self, event: Happened) -> None:
        member = self.members.get(event.member_id)
        if member is not None:
            member["status"] = event.said("to")
            member["frail"] = "true" if event.said("frail") == "1" else "false"
        if event.said("to") in _SIGNED_OUT:
            self._revoke_cards(event)

    def erased(self, event: Happened) -> None:
        """The rows that name the member are gone. One without an enrolment has none to look for in `member`."""
        member_id = event.member_id
        member = self.members.get(member_id)
        if member is not None:
            member |= {"frail": "false", "erased_at": event.at, "is_person": "false"}
        for account_id, holder_id in [each for each in self._holds_now if each[1] == member_id]:
            self._holds_now.pop((account_id, holder_id))["until"] = event.at
        for passkey_id in self._passkeys_of.pop(member_id, ()):
            self.passkeys.pop(passkey_id, None)
        for card in self._cards_of.pop(member_id, ()):
            self.cards.pop(card["card_id"], None)
        for relative_id in self._relatives_of.pop(member_id or "", ()):
            self.relatives.pop(_pair(member_id or "", relative_id), None)
            self._relatives_of.get(relative_id, set()).discard(member_id or "")

    # --- what they may do -------------------------------------------------------------------------------------

    def role_granted(self, event: Happened) -> None:
        proposer = event.said("proposer")
        row: Row = {
            "member_id": event.member_id,
            "role": event.said("role"),
            "granted_at": event.at,
            "granted_by": event.by if proposer is None else proposer,
            "approved_by": None if proposer is None else event.by,
            "ended_at": None,
            "ended_by": None,
        }
        self.roles.append(row)
        self._role_now[event.member_id] = row
        self._revoke_cards(event)

    def role_ended(self, event: Happened) -> None:
        row = self._role_now.pop(event.member_id, None)
        if row is None:
            self._nothing(event, "a role")
        else:
            row |= {"ended_at": event.at, "ended_by": event.by}

    def holder_added(self, event: Happened) -> None:
        self._hold(event, event.said("account"))

    def _hold(self, event: Happened, account_id: str | None) -> None:
        # Who held the account until this very second holds it on, in the same row.
        row = self.holders.setdefault(
            (account_id, event.member_id, event.at),
            {"account_id": account_id, "member_id": event.member_id, "since": event.at},
        )
        row["until"] = None
        self._holds_now[account_id, event.member_id] = row

    def holder_removed(self, event: Happened) -> None:
        row = self._holds_now.pop((event.said("account"), event.member_id), None)
        if row is None:
            self._nothing(event, "a holding")
        else:
            row["until"] = event.at

    def delegation_given(self, event: Happened) -> None:
        self.delegations[event.said("delegation")] = {
            "delegation_id": event.said("delegation"),
            "member_id": event.member_id,
            "delegate_id": event.said("delegate"),
            "relation": event.said("relation"),
            "scopes": event.said("scopes"),
            "monthly_cap": event.said("cap"),
            "from_on": event.said("from"),
            "until_on": event.said("until"),
            "given_at": event.at,
            "ended_at": None,
            "ended_by": None,
        }

    def delegation_ended(self, event: Happened) -> None:
        row = self.delegations.get(event.said("delegation"))
        if row is None:
            self._nothing(event, "a delegation")
        elif row["ended_at"] is None:
            # Logged for both of them; the first counts.
            row |= {"ended_at": event.at, "ended_by": event.by}

    def relative_recorded(self, event: Happened) -> None:
        # Logged for both, and stored once, for either.
        member_id, relative_id = event.member_id or "", event.said("relative") or ""
        row = _relative(member_id, relative_id, event.said("relation"))
        self.relatives[_pair(member_id, relative_id)] = row
        self._relatives_of.setdefault(member_id, set()).add(relative_id)
        self._relatives_of.setdefault(relative_id, set()).add(member_id)

    def relative_removed(self, event: Happened) -> None:
        member_id, relative_id = event.member_id or "", event.said("relative") or ""
        self.relatives.pop(_pair(member_id, relative_id), None)
        self._relatives_of.get(member_id, set()).discard(relative_id)
        self._relatives_of.get(relative_id, set()).discard(member_id)

    # --- proposals --------------------------------------------------------------------------------------------

    def proposed(self, event: Happened) -> None:
        self.proposals[event.said("proposal")] = {
            "proposal_id": event.said("proposal"),
            "action": event.said("action"),
            "body": event.said("body"),
            "member_id": event.member_id,
            "proposed_by": event.by,
            "proposed_at": event.at,
        }

    def decided(self, event: Happened) -> None:
        proposal = self.proposals.get(event.said("proposal"))
        if proposal is None:
            self._nothing(event, "a proposal")
            return
        self.decisions[event.said("proposal")] = {
            "proposal_id": event.said("proposal"),
            "proposed_by": proposal["proposed_by"],
            "outcome": (event.kind or "").removeprefix("proposal_"),
            "decided_by": event.by,
            "decided_at": event.at,
        }

    # --- ways in ----------------------------------------------------------------------------------------------

    def token_created(self, event: Happened) -> None:
        self.tokens[event.said("token")] = {
            "token_id": event.said("token"),
            "token_hash": event.said("hash"),
            "scopes": event.said("scopes"),
            "made_by": event.by,
            "created_at": event.at,
            "days": event.said("days"),
            "revoked_at": None,
        }

    def token_revoked(self, event: Happened) -> None:
        token = self.tokens.get(event.said("token"))
        if token is None:
            self._revoked[event.said("token")] = event.at
        else:
            token["revoked_at"] = event.at

    def tokens_beside(self, rows: Iterable[Row]) -> list[Row]:
        """The tokens there must be, beside these rows.

        Tokens are older than events: one that nobody made is good when it was made before the first event of the
        community. Whoever can write to the database can claim so of another, and the audit cannot tell; it says
        nothing of their hashes and scopes either. Revoke such tokens and make new ones.
        """
        began = instant(self.began_at)
        old: list[Row] = []
        for row in rows:
            token_id, made, ended = row["token_id"], instant(row["created_at"]), instant(row["revoked_at"])
            if token_id in self.tokens or row["made_by"] is not None:
                continue
            if began is None or (made is not None and made < began):
                earlier = (
                    row["revoked_at"] if began is None or (ended is not None and ended < began) else None
                )
                old.append({"token_id": token_id, "revoked_at": earlier or self._revoked.get(token_id)})
        return [*self.tokens.values(), *old]

    def passkey_added(self, event: Happened) -> None:
        self.passkeys[event.said("passkey")] = {
            "passkey_id": event.said("passkey"),
            "member_id": event.member_id,
            "public_key": event.said("key"),
            "made_at": event.at,
            "removed_at": None,
        }
        self._passkeys_of.setdefault(event.member_id, set()).add(event.said("passkey"))

    def passkey_removed(self, event: Happened) -> None:
        passkey = self.passkeys.get(event.said("passkey"))
        if passkey is None:
            self._nothing(event, "a passkey")
        else:
            passkey["removed_at"] = event.at

    def card_issued(self, event: Happened) -> None:
        self._revoke_cards(event)
        card: Row = {
            "card_id": event.said("card_id"),
            "member_id": event.member_id,
            "issued_by": event.by,
            "issued_at": event.at,
            "days": str(CARD_FOR // _DAY),
            "used_at": None,
            "revoked_at": None,
        }
        self.cards[event.said("card_id")] = card
        self._cards_of.setdefault(event.member_id, []).append(card)

    def card_used(self, event: Happened) -> None:
        card = self.cards.get(event.said("card_id"))
        if card is not None:
            card["used_at"] = event.at

    def card_revoked(self, event: Happened) -> None:
        card = self.cards.get(event.said("card_id"))
        if card is not None:
            card["revoked_at"] = event.at

    def _revoke_cards(self, event: Happened) -> None:
        """A new card, a role, and leaving make worthless what cards the member has."""
        for card in self._cards_of.get(event.member_id, ()):
            if card["used_at"] is None and card["revoked_at"] is None:
                card["revoked_at"] = event.at


TAKEN: dict[str, Callable[[Trail, Happened], None]] = {
    "member_enrolled": Trail.enrolled,
    "standing_changed": Trail.standing_changed,
    "member_erased": Trail.erased,
    "role_granted": Trail.role_granted,
    "role_ended": Trail.role_ended,
    "holder_added": Trail.holder_added,
    "holder_removed": Trail.holder_removed,
    "delegation_given": Trail.delegation_given,
    "delegation_ended": Trail.delegation_ended,
    "relative_recorded": Trail.relative_recorded,
    "relative_removed": Trail.relative_removed,
    "proposed": Trail.proposed,
    "proposal_approved": Trail.decided,
    "proposal_declined": Trail.decided,
    "proposal_withdrawn": Trail.decided,
    "token_created": Trail.token_created,
    "token_revoked": Trail.token_revoked,
    "passkey_added": Trail.passkey_added,
    "passkey_removed": Trail.passkey_removed,
    "card_issued": Trail.card_issued,
    "card_used": Trail.card_used,
    "card_revoked": Trail.card_revoked,
}
"""What each kind of event does to the tables. Any other changes nothing that is compared."""


def _pair(member_id: str, relative_id: str) -> tuple[str, str]:
    return (member_id, relative_id) if member_id < relative_id else (relative_id, member_id)


def _relative(member_id: str, relative_id: str, relation: str | None) -> Row:
    """The row as it would be written for the one whose id comes first."""
    first, second = _pair(member_id, relative_id)
    if first != member_id and relation is not None and relation in Relation.__members__.values():
        relation = converse(Relation(relation))
    return {"member_id": first, "relative_id": second, "relation": relation}


def _read_relative(record: asyncpg.Record) -> Row:
    return _relative(record["member_id"] or "", record["relative_id"] or "", record["relation"])


def _read_lasting(record: asyncpg.Record) -> Row:
    """The row with the whole days it lasts from when it was made, None when those are not moments."""
    row: Row = dict(record)
    made = instant(row["created_at"] if "created_at" in row else row["issued_at"])
    until = instant(row["expires_at"])
    day = int(_DAY.total_seconds()) * MICROSECONDS
    row["days"] = None if made is None or until is None else str((until - made) // day)
    return row


def differences(
    table: str, keys: Sequence[str], expected: Iterable[Row], actual: Iterable[Row]
) -> Iterator[tuple[str, str]]:
    """What and where of each difference between the rows there must be and those there are."""
    there: dict[tuple[str | None, ...], tuple[list[Row], list[Row]]] = {}
    for side, rows in enumerate((expected, actual)):
        for row in rows:
            there.setdefault(tuple([row[key] for key in keys]), ([], []))[side].append(row)
    for key, (due, found) in there.items():
        named = [f"{name} {_word(value)}" for name, value in zip(keys, key, strict=True)]
        where = f"{table}, {', '.join(named)}"
        if len(due) > 1 or len(found) > 1:
            due, found = sorted(due, key=_in_order), sorted(found, key=_in_order)
        for one, other in zip(due, found, strict=False):
            said = [_say(name, other[name], value) for name, value in one.items() if other[name] != value]
            if said:
                yield f"{'; '.join(said)}.", where
        for _ in found[len(due) :]:
            yield "No event says that this row was made.", where
        for _ in due[len(found) :]:
            yield "The row is missing, and no event says that it was deleted.", where


def _in_order(row: Row) -> tuple[str, str]:
    return (row.get("ended_at") or "~", row.get("granted_by") or "")


def _say(name: str, found: str | None, due: str | None) -> str:
    if name in _SECRET:
        return f"{name} is not the one that the events know"
    return f"{name} is {_word(found)}, and the events make it {_word(due)}"


def _word(value: str | None) -> str:
    return "NULL" if value is None else value
