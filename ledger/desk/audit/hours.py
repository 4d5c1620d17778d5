"""How hours became credits, looked at again: policies, periods, pots, clearances, disputes, requests and claims.

What the log proves: every transfer that paid a claim, with the day, the seconds, who posted it, and on the receipt what
was done and for how long; and every decision, which has an event: a policy, a closed period, a pot's rule, a clearance,
a dispute and its outcome, a claim declined or withdrawn. Claims are held against both, and against the policy that
was in force.

What rests on the tables alone: that somebody logged hours, until they are paid or decided about. The request that
logged them is remembered with a hash of all it asked, so it takes changing two tables in the same way, and whoever can
do that is not found; nor is a step that paid nothing for the honour of it, nor who took or gave back a request for
care. Not compared at all are hints that move nothing: which claims overlap, tasks, the reasons and statements people
wrote, and what a pot gave in a month, by which only its rule is measured.

All of it is read each time, also with `since_last`: a claim is changed without a new leaf. Claims and requests come in
streams; what is held in memory are decisions, disputes, versions and rules, which are few beside them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import asyncpg

from ledger.database.connections import Connection
from ledger.desk.audit.care_requests import CareRequests
from ledger.desk.audit.claims import Claims, Decision
from ledger.desk.audit.erasures import Erased
from ledger.desk.audit.findings import KEPT, Findings
from ledger.desk.audit.people import Happened, Row, differences, happened
from ledger.desk.audit.periods import Closings, check_periods
from ledger.desk.audit.rules import Rules
from ledger.hours.policy import Period

_STRAY = {
    "claim_event": "The step belongs to no claim.",
    "claim_note": "The note belongs to no claim.",
    "request": "It was answered as done, and what it logged or asked for is missing.",
    "open_claim": "It is not the row of a claim that waits, or such a row is missing.",
    "care_request_event": "The step belongs to no request for care.",
    "care_request_note": "The note belongs to no request for care.",
}


async def check_hours(db: Connection, community_id: int, findings: Findings, erased: Erased) -> None:
    """Compare everything about hours with what it follows from. In the audit's snapshot."""
    trail = Trail(findings)
    async for record in db.stream(
        "desk/audit_hours_events", community_id=community_id, kinds=[*TAKEN, *DECIDED]
    ):
        trail.take(record)

    async def rows(statement: str, **values: Any) -> list[asyncpg.Record]:
        return await db.rows(f"desk/{statement}", community_id=community_id, **values)

    def compare(table: str, keys: Sequence[str], expected: Iterable[Row], actual: Iterable[Row]) -> None:
        for what, where in differences(table, keys, expected, actual):
            findings.add("hours", what, where)

    rules = Rules(findings)
    policies = await rows("audit_hours_policies")
    for record in policies:
        rules.take(record)
    for record in await rows("audit_hours_funds"):
        rules.funds[record["code"]] = (record["account_id"], record["kind"])
    compare("policy", ("version",), trail.policies, map(_policy, policies))
    compare(
        "pot_rule",
        ("account_id", "rule_number"),
        trail.pot_rules,
        map(dict, await rows("audit_hours_pot_rules")),
    )
    clearances = map(dict, await rows("audit_hours_clearances"))
    compare("clearance", ("clearance_id",), trail.clearances.values(), clearances)
    disputes = await rows("audit_hours_disputes")
    compare("dispute", ("dispute_id",), trail.disputes.values(), [_dispute(record) for record in disputes])

    for record in await rows("audit_hours_head"):
        newest = max((each["version"] for each in policies if each["version"] is not None), default=0)
        if record["policy_version"] != newest:
            findings.add("hours", f"policy_version is {record['policy_version']}, not {newest}.", "log_head")
    await check_periods(db, community_id, findings, trail.closings, erased)

    of_claims: dict[str, list[asyncpg.Record]] = {}
    for record in disputes:
        of_claims.setdefault(record["claim_id"] or "", []).append(record)
    await Claims(db, community_id, findings, rules, erased, trail.decided, of_claims).check()
    await CareRequests(db, community_id, findings, rules, erased).check()
    for statement in ("audit_hours_strays", "audit_hours_stray_requests"):
        for record in await rows(statement, most=KEPT):
            findings.add("hours", _STRAY[record["of_table"]], f"{record['of_table']}, {record['id']}")
    for record in await rows("audit_hours_earned", most=KEPT):
        findings.add(
            "hours",
            f"seconds is {record['seconds']}; what the member's claims were credited makes {record['due']}.",
            f"earned_total, member {record['member_id']}",
        )
    if rules.whole:
        for period in Period:
            await _check_cap(db, community_id, findings, rules, period)


async def _check_cap(
    db: Connection, community_id: int, findings: Findings, rules: Rules, period: Period
) -> None:
    caps = {
        version: policy.caps[period].seconds
        for version, (_, policy) in enumerate(rules.versions)
        if period in policy.caps
    }
    if not caps:
        return
    for row in await db.rows(
        "desk/audit_hours_caps",
        community_id=community_id,
        period=period.value,
        versions=list(caps),
        caps=list(caps.values()),
        most=KEPT,
    ):
        begins = "" if row["begins"] is None else f" from {row['begins']}"
        findings.add(
            "hours",
            f"The {period} cap is {row['cap']}, and {row['seconds']} were credited{begins}.",
            f"claim, provider {row['provider_id']}",
        )


def _policy(record: asyncpg.Record) -> Row:
    return {
        "version": str(record["version"]),
        "in_force_from": record["in_force_from"],
        "rules": sha256((record["rules"] or "").encode(errors="replace")).hexdigest(),
        "applied_at": record["applied_at"],
        "applied_by": record["applied_by"],
    }


def _dispute(record: asyncpg.Record) -> Row:
    return {name: value if value is None else str(value) for name, value in record.items()}


@dataclass(slots=True)
class Trail:
    """What the events about hours leave, in the order of the log. `decided` is by claim."""

    findings: Findings
    policies: list[Row] = field(default_factory=list)
    pot_rules: list[Row] = field(default_factory=list)
    clearances: dict[str | None, Row] = field(default_factory=dict)
    disputes: dict[str | None, Row] = field(default_factory=dict)
    decided: dict[str, set[Decision]] = field(default_factory=dict)
    closings: Closings = field(init=False)

    def __post_init__(self) -> None:
        self.closings = Closings(self.findings)

    def take(self, record: asyncpg.Record) -> None:
        event = happened(record)
        take = TAKEN.get(event.kind or "")
        if take is not None:
            take(self, event, record)
        if event.kind in DECIDED:
            self.decided.setdefault(event.said("claim") or "", set()).add(
                (
                    event.kind or "",
                    event.at,
                    record["via"],
                    record["author_id"],
                    event.said("dispute"),
                    event.said("outcome"),
                )
            )

    def policy_applied(self, event: Happened, _: asyncpg.Record) -> None:
        self.policies.append(
            {
                "version": event.said("version"),
                "in_force_from": event.said("from"),
                "rules": event.said("rules"),
                "applied_at": event.at,
                "applied_by": event.by,
            }
        )

    def period_closed(self, event: Happened, record: asyncpg.Record) -> None:
        self.closings.take_closed(event, record)

    def balances_recorded(self, event: Happened, record: asyncpg.Record) -> None:
        self.closings.take_recorded(event, record)

    def period_reopened(self, event: Happened, record: asyncpg.Record) -> None:
        self.closings.take_reopened(event, record)

    def pot_rule_set(self, event: Happened, _: asyncpg.Record) -> None:
        self.pot_rules.append(
            {
                "account_id": event.said("account"),
                "rule_number": event.said("rule"),
                "purpose": event.said("purpose"),
                "eligible": event.said("eligible"),
                "monthly_budget": event.said("monthly_budget"),
                "member_monthly": event.said("member_monthly"),
                "signature_limit": event.said("signature_limit"),
                "set_at": event.at,
                "set_by": event.by,
            }
        )

    def clearance_recorded(self, event: Happened, _: asyncpg.Record) -> None:
        self.clearances[event.said("clearance")] = {
            "clearance_id": event.said("clearance"),
            "member_id": event.member_id,
            "kind": event.said("kind"),
            "issued_on": event.said("issued"),
            "expires_on": event.said("expires"),
            "verified_by": event.by,
            "recorded_at": event.at,
            "revoked_at": None,
            "revoked_by": None,
        }

    def clearance_revoked(self, event: Happened, _: asyncpg.Record) -> None:
        row = self.clearances.get(event.said("clearance"))
        if row is None:
            self._nothing(event, "a clearance")
        else:
            row |= {"revoked_at": event.at, "revoked_by": event.by}

    def dispute_opened(self, event: Happened, _: asyncpg.Record) -> None:
        # Logged for both; what else the row says follows from the claim.
        self.disputes[event.said("dispute")] = {
            "dispute_id": event.said("dispute"),
            "claim_id": event.said("claim"),
            "opened_by": event.by,
            "opened_at": event.at,
            "outcome": None,
            "resolved_by": None,
            "resolved_at": None,
            "corrected_seconds": None,
        }

    def dispute_ended(self, event: Happened, _: asyncpg.Record) -> None:
        row = self.disputes.get(event.said("dispute"))
        if row is None:
            self._nothing(event, "a dispute")
            return
        row |= {
            "outcome": "withdrawn" if event.kind == "dispute_withdrawn" else event.said("outcome"),
            "resolved_by": event.by,
            "resolved_at": event.at,
            "corrected_seconds": event.said("seconds"),
        }

    def _nothing(self, event: Happened, what: str) -> None:
        self.findings.add("hours", f"The event ends {what} that no event before it began.", event.where)


TAKEN: dict[str, Callable[[Trail, Happened, asyncpg.Record], None]] = {
    "policy_applied": Trail.policy_applied,
    "period_closed": Trail.period_closed,
    "balances_recorded": Trail.balances_recorded,
    "period_reopened": Trail.period_reopened,
    "pot_rule_set": Trail.pot_rule_set,
    "clearance_recorded": Trail.clearance_recorded,
    "clearance_revoked": Trail.clearance_revoked,
    "dispute_opened": Trail.dispute_opened,
    "dispute_withdrawn": Trail.dispute_ended,
    "dispute_resolved": Trail.dispute_ended,
}
"""What each kind of event does to the tables."""

DECIDED = frozenset(
    {"claim_declined", "claim_withdrawn", "dispute_opened", "dispute_withdrawn", "dispute_resolved"}
)
"""Events that say what was decided about a claim."""
