"""What a pot is for, and how far it may be spent: rules that are only added, of which the newest counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from ledger.book.accounts import Book
from ledger.book.authors import Author, Details, Event
from ledger.book.commands import AccountKind
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused, Answer
from ledger.book.posting import Outcome
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.hours.approving import second_person
from ledger.hours.claims import HoursBook
from ledger.hours.hours import Hours, Make, Plan
from ledger.people.proposals import Action


class Purpose(StrEnum):
    """What a pot is for. GUARANTEE stands behind the hours that members have saved."""

    COMMUNITY = "community"
    HARDSHIP = "hardship"
    GUARANTEE = "guarantee"


class Eligible(StrEnum):
    """Whom a pot helps: anybody, members on record as frail, or those in the class of service users."""

    ANYBODY = "anybody"
    FRAIL = "frail"
    SERVICE_USER = "service_user"


@dataclass(frozen=True, slots=True)
class PotRule:
    """A pot's rule. Seconds: what it gives in a calendar month in all and to one member, None for no bound.

    A grant of more than `signature_limit` seconds takes a second person.
    """

    purpose: Purpose
    eligible: Eligible
    monthly_budget: int | None
    member_monthly: int | None
    signature_limit: int


async def set_pot_rule(
    hours: Hours, community: Community, author: Author, key: UUID, account_id: UUID, rule: PotRule
) -> Answer:
    """Give a pot a rule, single-handed: only while nobody else could approve it, or from the shell.

    Refused with ACCOUNT_UNKNOWN, NOT_A_POT, ACCOUNT_CLOSED or SECOND_PERSON_NEEDED.
    """
    made = setting_pot_rule(community, author, key, account_id, rule)
    asked = [
        str(account_id),
        rule.purpose,
        rule.eligible,
        rule.monthly_budget,
        rule.member_monthly,
        rule.signature_limit,
    ]
    return await hours.do(community, author, key, "set_pot_rule", asked, made)


def setting_pot_rule(
    community: Community,
    author: Author,
    key: UUID,
    account_id: UUID,
    rule: PotRule,
    proposer: UUID | None = None,
) -> Make:
    """The deed of setting a pot's rule. `key` is the request's id, or the proposal's when `proposer` proposed it."""

    async def make(db: Connection, _: HoursBook, _book: Book, now: datetime) -> Plan:
        row = await db.row("hours/read_pot_account", community_id=community.id, account_id=account_id)
        if row is None:
            raise ActRefused(Refusal.ACCOUNT_UNKNOWN, str(account_id))
        if row["kind"] != AccountKind.POT:
            raise ActRefused(Refusal.NOT_A_POT, str(account_id))
        if row["closed"]:
            raise ActRefused(Refusal.ACCOUNT_CLOSED, str(account_id))
        number: int = row["rule_number"] + 1
        said: Details = {
            "account": str(account_id),
            "rule": number,
            "purpose": rule.purpose,
            "eligible": rule.eligible,
            "monthly_budget": rule.monthly_budget,
            "member_monthly": rule.member_monthly,
            "signature_limit": rule.signature_limit,
            **await second_person(db, community.id, author, proposer, Action.POT_RULE, now),
        }

        async def write(db: Connection, _: Sequence[Outcome], now: datetime) -> Sequence[Event]:
            await db.run(
                "hours/insert_pot_rule",
                community_id=community.id,
                account_id=account_id,
                rule_number=number,
                purpose=rule.purpose,
                eligible=rule.eligible,
                monthly_budget=rule.monthly_budget,
                member_monthly=rule.member_monthly,
                signature_limit=rule.signature_limit,
                now=now,
                set_by=author.member_id,
            )
            return [Event("pot_rule_set", author, None, said, key if proposer is None else uuid4())]

        return Plan(write=write)

    return make
