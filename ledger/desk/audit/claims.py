"""Each claim against its steps, the transfers that paid it, the policy it was made under, and who took part in it.

Claims are read one by one in a stream; what is kept in memory is what the admin trail says of the few that somebody
decided about: declined, withdrawn, disputed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from ledger.book.authors import SHELL
from ledger.book.commands import Act, fingerprint
from ledger.database.connections import Connection
from ledger.desk.audit.erasures import Erased
from ledger.desk.audit.findings import Findings
from ledger.desk.audit.rules import Rules
from ledger.desk.audit.tree import instant
from ledger.hours.claims import Claim, LogClaims, NewClaim, posting_id, receipt_text
from ledger.hours.policy import Above, Policy

Decision = tuple[str, str | None, str | None, str | None, str | None, str | None]
"""What an event says was decided about a claim: kind, moment, capacity, by whom, of which dispute, its outcome."""

AT_ONCE = 500
"""Postings that are looked for together."""

# What each step makes of a claim. Out of a dispute some lead back to where it stood: see `Course.take`.
_NEXT = {
    ("", "logged"): "submitted",
    ("submitted", "posted"): "posted",
    ("submitted", "declined"): "declined",
    ("submitted", "withdrawn"): "withdrawn",
    ("declined", "withdrawn"): "withdrawn",
    ("submitted", "disputed"): "disputed",
    ("declined", "disputed"): "disputed",
    ("posted", "disputed"): "disputed",
    ("disputed", "undisputed"): "",
    ("disputed", "upheld"): "",
    ("disputed", "declined"): "declined",
    ("disputed", "corrected"): "posted",
    ("disputed", "reversed"): "reversed",
    ("reversed", "corrected"): "posted",
    ("upheld", "posted"): "posted",
}
_PAYS = frozenset({"posted", "corrected"})
_DECIDES = frozenset({"upheld", "corrected", "reversed"})
_PERSONS = frozenset({"member", "delegate", "coordinator"})


@dataclass(slots=True)
class Course:
    """Where the steps taken so far leave a claim. `before` is how it stood when it was disputed last."""

    state: str = ""
    before: str = ""
    credited: int = 0
    paid: int = 0
    postings: int = 0
    payers: set[UUID] = field(default_factory=set)
    posted: asyncpg.Record | None = None
    dispute: Mapping[str, Any] | None = None

    def take(self, kind: str | None) -> bool:
        """Whether a step of the kind may follow; takes it as if it did."""
        state = _NEXT.get((self.state, kind or ""))
        fits = state is not None
        if self.state == "disputed":
            # Only what was posted is taken back, and only what was not can be declined or paid without that.
            was_posted = self.before == "posted"
            fits = fits and {
                "reversed": was_posted,
                "declined": not was_posted,
                "corrected": not was_posted,
            }.get(kind or "", True)
        if kind == "disputed":
            self.before = self.state
        elif kind == "undisputed":
            state = self.before
        elif kind == "upheld":
            # What was not paid yet is paid by the next step.
            state = "posted" if self.before == "posted" else "upheld"
        self.state = (
            state
            if state is not None
            else {"posted": "posted", "corrected": "posted"}.get(kind or "", kind or "")
        )
        return fits


class Claims:
    """Follows every claim of a community. `decided` and `disputes` are by claim id, and what is left is stray."""

    def __init__(
        self, db: Connection, community_id: int, findings: Findings, rules: Rules, erased: Erased,
        decided: dict[str, set[Decision]], disputes: dict[str, list[asyncpg.Record]],
    ) -> None:  # fmt: skip
        self._db = db
        self._community_id = community_id
        self._findings = findings
        self._rules = rules
        self._erased = erased
        self._decided = decided
        self._disputes = disputes
        self._next: dict[UUID, UUID] = {}

    async def check(self) -> None:
        """Check every claim, then what is left over of decisions and disputes."""
        steps: list[asyncpg.Record] = []
        async for row in self._db.stream("desk/audit_hours_claims", community_id=self._community_id):
            if steps and steps[0]["claim_id"] != row["claim_id"]:
                await self._claim(steps)
                steps = []
            steps.append(row)
        if steps:
            await self._claim(steps)
        await self._look_for_next()
        for claim_id, decisions in self._decided.items():
            for kind, at, *_ in sorted(decisions, key=str):
                what = f"An event says {kind} at {at}, and no step of a claim does."
                self._add(what, f"claim {claim_id}", "claim_event")
        for claim_id, rows in self._disputes.items():
            for row in rows:
                what = "No step of its claim opened this dispute."
                self._add(what, f"dispute_id {row['dispute_id']}, claim {claim_id}", "dispute")

    def _add(self, what: str, where: str, table: str = "claim") -> None:
        self._findings.add("hours", what, f"{table}, {where}")

    async def _claim(self, rows: Sequence[asyncpg.Record]) -> None:
        row = rows[0]
        claim_id = row["claim_id"]
        where = f"claim {claim_id}"
        steps = [each for each in rows if each["event_number"] is not None]
        try:
            said = [*self._steps(row, steps), *self._row(row)]
        # Of any kind: whatever a tampered row causes is to be told, and the next claim to be looked at.
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError, ArithmeticError):
            said = [("claim", "It holds what the service cannot have written.")]
        for table, what in said:
            self._add(what, where, table)
        # What the next posting and the next reversal would be called must not be there yet.
        number = sum(each["kind"] in _PAYS for each in steps)
        self._next[posting_id(claim_id, number + 1)] = claim_id
        if not any(each["kind"] == "reversed" and each["transfer_id"] is not None for each in steps):
            self._next[uuid5(claim_id, f"reversal/{number}")] = claim_id
        if len(self._next) >= AT_ONCE:
            await self._look_for_next()

    async def _look_for_next(self) -> None:
        found = await self._db.rows(
            "desk/audit_hours_transfers", community_id=self._community_id, transfer_ids=list(self._next)
        )
        for row in found:
            claim_id = self._next[row["transfer_id"]]
            what = f"The transfer {row['transfer_id']} was posted for this claim, and none of its steps names it."
            self._add(what, f"claim {claim_id}", "claim_event")
        self._next = {}

    # --- the claim itself -------------------------------------------------------------------------------------

    def _row(self, row: asyncpg.Record) -> Iterator[tuple[str, str]]:
        """What must be so however far the claim has come."""
        both = (str(row["provider_id"]), str(row["receiver_id"]))
        if not row["provider_holdings"]:
            yield "claim", "provider_id did not hold provider_account_id when it was logged."
        if not row["receiver_holdings"]:
            yield "claim", "receiver_id did not hold receiver_account_id when it was logged."
        if row["session_id"] is not None and row["claim_id"] != uuid5(row["session_id"], "/".join(both)):
            yield "claim", "Its id does not follow from session_id, provider_id and receiver_id."
        if row["action"] != "log_claims" or row["refusal"] is not None:
            yield "claim", "No request that logged it is remembered."
        elif row["answered_at"] != row["logged_at"]:
            yield "claim", "logged_at is not when its request was answered."
        elif not (
            # The hash of a session's request names claims in an order that nothing here remembers.
            row["session_id"] is not None
            or any(each in self._erased.members for each in both)
            or any(row["fingerprint"] == fingerprint(act) for act in _asked(row))
        ):
            yield "claim", "Who, what, when, how long or the note is not what was asked to be logged."
        if row["care_request_id"] is not None:
            yield from self._for_request(row)
        service_on = date.fromisoformat(row["service_on"])
        if self._rules.whole:
            versions = self._rules.in_force(row["logged_at"], service_on)
            if row["policy_version"] not in versions:
                due = ", ".join(map(str, sorted(versions)))
                yield "claim", f"policy_version is {row['policy_version']}; in force on that day was {due}."
            policy = self._rules.policy(row["policy_version"])
            if policy is not None and not _is_due(policy, row["logged_at"], row["due_at"]):
                yield "claim", "due_at is not the policy's days after logged_at."

    def _for_request(self, row: asyncpg.Record) -> Iterator[tuple[str, str]]:
        if (row["asked_for_id"], row["asked_activity"]) != (row["receiver_id"], row["activity"]):
            yield "claim", "care_request_id is no request of this receiver for this activity."
        elif row["posting_count"] and not row["takings"]:
            # Not who has it now: it may have been given back, and the claim paid after a dispute.
            yield "claim", "Its request for care was never taken by the provider."

    # --- its steps --------------------------------------------------------------------------------------------

    def _steps(self, row: asyncpg.Record, steps: Sequence[asyncpg.Record]) -> Iterator[tuple[str, str]]:
        course = Course()
        decisions: set[Decision] = set()
        disputes = {each["event_number"]: each for each in self._disputes.pop(str(row["claim_id"]), ())}
        earlier: asyncpg.Record | None = None
        for place, step in enumerate(steps, 1):
            named = f"Step {step['event_number']}, {step['kind']}"
            if step["event_number"] != place:
                yield "claim_event", f"Step {step['event_number']} stands where step {place} must."
            stood = course.state
            if not course.take(step["kind"]):
                yield "claim_event", f"{named}, cannot follow on how the claim stood."
            if earlier is not None and not _follows(earlier, step, together=stood in ("reversed", "upheld")):
                yield "claim_event", f"{named}, has another moment than the step before it allows."
            for what in (*_by(row, step), *self._money(row, step, course, stood)):
                yield "claim_event", f"{named}: {what}"
            if step["kind"] == "disputed":
                course.dispute = disputes.pop(step["event_number"], None)
                yield from self._disputed(row, step, course)
            decisions |= _decided(step, stood, course)
            earlier = step
        for each in disputes.values():
            yield "dispute", f"No step of the claim opened dispute {each['dispute_id']}."
        yield from _left(row, steps, course)
        events = self._decided.pop(str(row["claim_id"]), set())
        for kind, at, *_ in sorted(events - decisions, key=str):
            yield "claim_event", f"An event says {kind} at {at}, and no step does, or not so."
        for kind, at, *_ in sorted(decisions - events, key=str):
            yield "claim_event", f"A step of {at} says {kind}, and no event does, or not so."

    def _disputed(
        self, row: asyncpg.Record, step: asyncpg.Record, course: Course
    ) -> Iterator[tuple[str, str]]:
        """The dispute that a step opened; its other columns are held against the events."""
        dispute = course.dispute
        if dispute is None:
            yield "dispute", f"Step {step['event_number']} opened a dispute, and there is none."
            return
        side = "coordinator" if step["via"] == "coordinator" else "receiver"
        if step["by_id"] == str(row["provider_id"]):
            side = "provider"
        due = {
            "claim_state": course.before,
            "opened_side": side,
            "provider_id": str(row["provider_id"]),
            "receiver_id": str(row["receiver_id"]),
        }
        for name, value in due.items():
            if dispute[name] != value:
                yield "dispute", f"{name} of dispute {dispute['dispute_id']} is {dispute[name]}, not {value}."
        policy = self._rules.policy(row["policy_version"])
        if policy is not None:
            days = {day + timedelta(days=policy.dispute_days) for day in self._rules.days_at(step["at"])}
            if dispute["deadline_on"] not in {str(day) for day in days}:
                yield (
                    "dispute",
                    f"deadline_on of dispute {dispute['dispute_id']} is not the policy's days later.",
                )

    # --- what a step posted -----------------------------------------------------------------------------------

    def _money(self, row: asyncpg.Record, step: asyncpg.Record, course: Course, stood: str) -> Iterator[str]:
        """What a step moved, or that it moved nothing."""
        kind = step["kind"]
        if step["transfer_id"] is not None and step["leaf_index"] is None:
            yield f"The transfer {step['transfer_id']} does not exist."
            return
        if kind in _PAYS:
            course.postings += 1
            course.credited, course.paid = step["step_credited"], step["step_paid"]
            yield from self._payment(row, step, course)
            course.posted = step
            course.payers.add(step["payer_account_id"])
            return
        if kind == "reversed":
            if (step["step_credited"], step["step_paid"], step["payer_account_id"]) != (0, 0, None):
                yield "credited_seconds and paid_seconds are not 0, or somebody pays."
            yield from _taken_back(row, step, course)
            course.credited = course.paid = 0
            return
        if any(
            step[each] is not None
            for each in ("transfer_id", "step_credited", "step_paid", "payer_account_id")
        ):
            yield "It says that something was paid, and such a step pays nothing."

    def _payment(self, row: asyncpg.Record, step: asyncpg.Record, course: Course) -> Iterator[str]:
        policy = self._rules.policy(row["policy_version"])
        activity = None if policy is None else policy.activity(row["activity"])
        recorded = _length(row, step, course)
        if policy is None:
            return
        if activity is None:
            yield f"The policy has no activity {row['activity']}."
            return
        credited, paid, payer_id = step["step_credited"], step["step_paid"], step["payer_account_id"]
        due = policy.credited(activity, recorded)
        pot_id = self._rules.fund(policy.pot, "pot")
        issuance_id = self._rules.fund(policy.issuance, "issuance")
        above = {cap.above for cap in policy.caps.values()}
        if payer_id is None:
            if (credited, paid, step["transfer_id"]) != (0, 0, None):
                yield "Nobody pays, and something was paid."
            elif due and Above.HONOUR not in above:
                yield f"Nothing was paid, and {due} seconds are due by the policy."
            return
        allowed = {row["receiver_account_id"], row["asked_payer_id"], pot_id, issuance_id} | course.payers
        if payer_id not in allowed:
            yield f"The account {payer_id} has no reason to pay for it."
        # What is paid for: all of it, unless a cap left some for the honour.
        least = credited if Above.HONOUR in above else due
        most = due if Above.POT in above else credited
        if not 0 <= credited <= due or least > most:
            yield f"credited_seconds is {credited}; by the policy {due} seconds are due for {recorded}."
            return
        if payer_id not in (pot_id, issuance_id):
            price = policy.redeemed(activity, recorded)
            least, most = [(2 * price * part + due) // (2 * due) for part in (least, most)]
        if not least <= paid <= most:
            yield f"paid_seconds is {paid}; by the policy it costs {least if least == most else f'{least} to {most}'}."
            return
        due_entries = _entries(row, payer_id, credited, paid, pot_id)
        noted = payer_id == row["receiver_account_id"]
        said = receipt_text(_as_paid(row, recorded), activity.title, recorded, noted=noted)
        yield from _posted(row, step, course.postings, due_entries, said)


def _asked(row: asyncpg.Record) -> Iterator[Act]:
    """What may have been asked when the claim was logged: without confirming it, or with."""
    for confirmed in (False, True):
        yield LogClaims((_new(row),), SHELL, confirmed).act(row["claim_id"])


def _new(row: asyncpg.Record) -> NewClaim:
    return NewClaim(
        row["claim_id"],
        row["provider_id"],
        row["receiver_id"],
        row["activity"],
        date.fromisoformat(row["service_on"]),
        row["recorded_seconds"],
        None if row["from_time"] is None else time.fromisoformat(row["from_time"]),
        None if row["to_time"] is None else time.fromisoformat(row["to_time"]),
        row["note"],
        row["care_request_id"],
    )


def _is_due(policy: Policy, logged_at: str | None, due_at: str | None) -> bool:
    if policy.silence_days is None or due_at is None:
        return policy.silence_days is None and due_at is None
    logged, due = instant(logged_at), instant(due_at)
    if logged is None or due is None:
        return False
    return due - logged == policy.silence_days * timedelta(days=1) // timedelta(microseconds=1)


def _follows(earlier: asyncpg.Record, step: asyncpg.Record, *, together: bool) -> bool:
    """Whether the step came later than the one before; in the same moment when one deed made both."""
    before, after = instant(earlier["at"]), instant(step["at"])
    if before is None or after is None:
        return False
    return before == after if together else before <= after


def _by(row: asyncpg.Record, step: asyncpg.Record) -> Iterator[str]:
    """Who did it, and whether it was theirs to do."""
    kind, by, via = step["kind"], step["by_id"], step["via"]
    provider, receiver = str(row["provider_id"]), str(row["receiver_id"])
    if via == "silence":
        due, at = instant(row["due_at"]), instant(step["at"])
        if kind != "posted" or by is not None or due is None or at is None or at < due:
            yield "Silence did not confirm it then."
    elif (by is None) != (via == "shell"):
        yield "by_id and via do not agree."
    if (via == "delegate") != (step["for_member_id"] is not None):
        yield "for_member_id and via do not agree."
    elif via == "delegate" and str(step["for_member_id"]) != receiver:
        yield "The delegate acts for somebody else than the receiver."
    if via == "member" and by not in (provider, receiver):
        yield "A member who has no part in the claim cannot do this."
    if kind in ("posted", "declined") and by == provider:
        yield "Nobody confirms or declines their own hours."
    if kind in _DECIDES and (via != "coordinator" or by in (provider, receiver)):
        yield "Only a co-ordinator decides a dispute, and not their own."


def _length(row: asyncpg.Record, step: asyncpg.Record, course: Course) -> int:
    """The seconds of care that a step paid: what was recorded, unless a dispute corrected it."""
    if step["kind"] == "corrected" and course.dispute is not None:
        return int(course.dispute["corrected_seconds"])
    recorded: int = row["recorded_seconds"]
    return recorded


def _taken_back(row: asyncpg.Record, step: asyncpg.Record, course: Course) -> Iterator[str]:
    posted = course.posted
    if step["transfer_id"] is None or posted is None:
        # Where a co-ordinator had reversed the transfer by hand, nothing was left to take back.
        return
    if (step["transfer_id"], step["transfer_kind"], step["reverses_id"]) != (
        uuid5(row["claim_id"], f"reversal/{course.postings}"),
        "reverse",
        posted["transfer_id"],
    ):
        yield f"The transfer {step['transfer_id']} does not take back what was posted."
    yield from _authored(step)


def _entries(
    row: asyncpg.Record, payer_id: UUID, credited: int, paid: int, pot_id: UUID | None
) -> dict[UUID, int]:
    """What a payment moves: from the payer to the provider, and what is left over to the pot, or from it."""
    moved = {payer_id: -paid}
    for account_id, seconds in ((row["provider_account_id"], credited), (pot_id, paid - credited)):
        if account_id is not None:
            moved[account_id] = moved.get(account_id, 0) + seconds
    return {account_id: seconds for account_id, seconds in moved.items() if seconds}


def _posted(
    row: asyncpg.Record, step: asyncpg.Record, number: int, due: dict[UUID, int], said: str
) -> Iterator[str]:
    """Whether the transfer of a step moves just that, is called so, and says so."""
    if step["transfer_id"] is None:
        if due:
            yield "No transfer paid it."
        return
    if dict(zip(step["account_ids"] or (), step["moved"] or (), strict=True)) != due:
        yield "The entries of its transfer are not what credited_seconds, paid_seconds and the accounts make."
    if step["transfer_id"] != posting_id(row["claim_id"], number):
        yield f"The transfer {step['transfer_id']} is not posting {number} of this claim."
    if step["transfer_kind"] != ("care" if row["care_request_id"] is None else "redeem"):
        yield f"Its transfer is of the kind {step['transfer_kind']}."
    if step["transfer_on"] != row["service_on"]:
        yield f"Its transfer is for {step['transfer_on']}."
    if step["recorded_at"] != step["at"]:
        yield "Its transfer was recorded at another moment."
    yield from _authored(step)
    if step["receipt_note"] is not None and step["receipt_note"] != said:
        yield "Its receipt says something else about the visit."


def _authored(step: asyncpg.Record) -> Iterator[str]:
    via, by, for_member_id = step["transfer_via"], step["author_id"], step["author_for_id"]
    posted = (step["via"], step["by_id"], step["for_member_id"])
    due = posted if step["via"] in _PERSONS else (None, None, None)
    if (via, None if by is None else str(by), for_member_id) != due:
        yield "Its transfer was posted by somebody else."


def _as_paid(row: asyncpg.Record, recorded: int) -> Claim:
    """The claim as far as the receipt tells of it: its times no longer count when another length was paid."""
    new = _new(row)
    timed = recorded == new.recorded_seconds
    return Claim(
        new.id,
        new.provider_id,
        new.receiver_id,
        new.activity,
        new.service_on,
        new.from_time if timed else None,
        new.to_time if timed else None,
        new.recorded_seconds,
        row["policy_version"],
        row["provider_account_id"],
        row["receiver_account_id"],
        new.care_request_id,
        None,
        note=new.note,
    )


def _decided(step: asyncpg.Record, stood: str, course: Course) -> set[Decision]:
    """What the admin trail must say of a step; nothing when somebody only logged or confirmed hours."""
    kind, dispute = step["kind"], course.dispute
    by = step["by_id"]
    if kind in ("declined", "withdrawn") and stood != "disputed":
        return {(f"claim_{kind}", step["at"], step["via"], by, None, None)}
    dispute_id = None if dispute is None else dispute["dispute_id"]
    if kind == "disputed":
        return {("dispute_opened", step["at"], step["via"], by, dispute_id, None)}
    if kind == "undisputed":
        return {("dispute_withdrawn", step["at"], step["via"], by, dispute_id, None)}
    outcome = "reversed" if kind == "declined" else kind
    if (
        stood == "disputed"
        and outcome == "reversed"
        and dispute is not None
        and dispute["outcome"] == "corrected"
    ):
        return set()  # said by the step that pays the right length
    if kind in _DECIDES or (kind == "declined" and stood == "disputed"):
        return {("dispute_resolved", step["at"], step["via"], by, dispute_id, outcome)}
    return set()


def _left(row: asyncpg.Record, steps: Sequence[asyncpg.Record], course: Course) -> Iterator[tuple[str, str]]:
    """Whether the claim's row is what its steps leave."""
    due = {
        "state": course.state,
        "event_count": len(steps),
        "posting_count": course.postings,
        "credited_seconds": course.credited,
        "paid_seconds": course.paid,
    }
    if steps:
        first = steps[0]
        due |= {"logged_by": first["by_id"], "logged_via": first["via"], "logged_at": first["at"]}
    for name, value in due.items():
        if row[name] != value:
            yield "claim", f"{name} is {row[name]}, and its steps make it {value}."
    if course.dispute is not None and course.state == "disputed" and course.dispute["outcome"] is not None:
        yield (
            "dispute",
            f"Dispute {course.dispute['dispute_id']} has an outcome, and the claim is still disputed.",
        )
