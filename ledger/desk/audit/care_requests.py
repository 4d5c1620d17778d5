"""Each request for care against its steps, what was asked, the policy of its day, and the hold that reserves for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import asyncpg

from ledger.book.commands import Act, fingerprint
from ledger.database.connections import Connection
from ledger.desk.audit.erasures import Erased
from ledger.desk.audit.findings import Findings
from ledger.desk.audit.rules import Rules
from ledger.desk.audit.tree import instant
from ledger.hours.care_requests import NewCareRequest, expiry, hold_of, series_ids
from ledger.log.encoding import canonical_json

_NEXT = {
    ("", "asked"): "open",
    ("open", "taken"): "taken",
    ("taken", "given_back"): "open",
    ("open", "cancelled"): "cancelled",
    ("taken", "cancelled"): "cancelled",
    ("taken", "settled"): "settled",
}
_SAME_IN_A_SERIES = (
    "receiver_id",
    "asked_by",
    "asked_via",
    "activity",
    "from_time",
    "seconds",
    "asked_at",
    "area",
    "note",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class CareRequests:
    """Follows every request for care of a community, one series at a time."""

    db: Connection
    community_id: int
    findings: Findings
    rules: Rules
    erased: Erased

    async def check(self) -> None:
        series: list[list[asyncpg.Record]] = []
        async for row in self.db.stream("desk/audit_hours_care_requests", community_id=self.community_id):
            if series and series[0][0]["first_id"] != row["first_id"]:
                self._series(series)
                series = []
            if series and series[-1][0]["care_request_id"] == row["care_request_id"]:
                series[-1].append(row)
            else:
                series.append([row])
        if series:
            self._series(series)

    def _series(self, series: Sequence[Sequence[asyncpg.Record]]) -> None:
        for place, rows in enumerate(series):
            row = rows[0]
            try:
                said = [
                    *_steps(row, [each for each in rows if each["event_number"] is not None]),
                    *self._asked(row, [each[0] for each in series], place),
                    *self._reserved(row),
                ]
            # Of any kind: whatever a tampered row causes is to be told, and the next to be looked at.
            except (TypeError, ValueError, KeyError, AttributeError, OverflowError, ArithmeticError):
                said = ["It holds what the service cannot have written."]
            for what in said:
                self.findings.add("hours", what, f"care_request, care_request {row['care_request_id']}")

    def _asked(self, row: asyncpg.Record, series: Sequence[asyncpg.Record], place: int) -> Iterator[str]:
        """Whether it is what was asked, by the fingerprint that is remembered of its series."""
        first = series[0]
        if row["care_request_id"] != series_ids(row["first_id"], len(series))[place]:
            yield "Requests of its series are missing, or their days were changed."
        if (row["series_id"] is None) != (len(series) == 1):
            yield "series_id says something else than how many there are."
        for name in _SAME_IN_A_SERIES:
            if row[name] != first[name]:
                yield f"{name} is not that of the others of its series."
        if row["action"] != "ask_for_care" or row["refusal"] is not None:
            yield "No request that asked for it is remembered."
        elif row["answered_at"] != row["asked_at"]:
            yield "asked_at is not when its request was answered."
        elif str(row["receiver_id"]) not in self.erased.members:
            new = NewCareRequest(
                row["receiver_id"],
                row["activity"],
                date.fromisoformat(row["care_on"]) - place * timedelta(days=7),
                row["seconds"],
                None if row["from_time"] is None else time.fromisoformat(row["from_time"]),
                row["area"],
                row["note"],
                len(series),
            )
            act = Act(row["first_id"], "ask_for_care", canonical_json(new.asked()).decode())
            if row["fingerprint"] != fingerprint(act):
                yield "Who, what, when, how long, where or the note is not what was asked for."

    def _reserved(self, row: asyncpg.Record) -> Iterator[str]:
        """Whether what is set aside follows from the policy of the day, and its hold is there."""
        if (row["hold_id"] is None) != (row["held_seconds"] == 0):
            yield "It sets something aside without a hold, or nothing with one."
        if row["hold_id"] is not None:
            if row["hold_id"] != hold_of(row["care_request_id"]):
                yield "hold_id is not the hold of this request."
            held = (row["hold_account_id"], row["hold_seconds"], row["hold_expires_at"])
            if held != (row["payer_account_id"], row["held_seconds"], row["expires_at"]):
                yield "payer_account_id, held_seconds or expires_at is not that of its hold."
        care_on, asked = date.fromisoformat(row["care_on"]), instant(row["asked_at"])
        if self.rules.whole and row["policy_version"] not in self.rules.in_force(row["asked_at"], care_on):
            yield f"policy_version is {row['policy_version']}; another was in force on that day."
        policy = self.rules.policy(row["policy_version"])
        activity = None if policy is None else policy.activity(row["activity"])
        if policy is None:
            return
        if activity is None or asked is None:
            yield "The policy has no such activity, or asked_at is no moment."
            return
        expires_at = expiry(policy, care_on, _EPOCH + timedelta(microseconds=asked))
        if instant(row["expires_at"]) != (expires_at - _EPOCH) // timedelta(microseconds=1):
            yield "expires_at is not the policy's days after the day of the care."
        due = self._due(
            row, policy.redeemed(activity, row["seconds"]), policy.credited(activity, row["seconds"])
        )
        if row["held_seconds"] != due.get(row["payer_account_id"], policy.redeemed(activity, row["seconds"])):
            yield f"held_seconds is {row['held_seconds']}, and not what the policy sets aside."
        if row["payer_account_id"] not in due:
            yield "payer_account_id has no reason to pay for it."

    def _due(self, row: asyncpg.Record, price: int, credited: int) -> dict[UUID, int]:
        """What each account that may pay would set aside."""
        policy = self.rules.versions[row["policy_version"]][1]
        due: dict[UUID, int] = {}
        if row["holdings"]:
            due[row["payer_account_id"]] = price
        pot_id, issuance_id = self.rules.fund(policy.pot, "pot"), self.rules.fund(policy.issuance, "issuance")
        if pot_id is not None:
            due[pot_id] = credited
        if issuance_id is not None:
            due[issuance_id] = 0
        return due


def _steps(row: asyncpg.Record, steps: Sequence[asyncpg.Record]) -> Iterator[str]:
    state, taken_by, moment = "", None, instant(row["asked_at"])
    for place, step in enumerate(steps, 1):
        kind, at = step["kind"], instant(step["at"])
        if step["event_number"] != place:
            yield f"Step {step['event_number']} stands where step {place} must."
        after = _NEXT.get((state, kind))
        if after is None:
            yield f"Step {place}, {kind}, cannot follow on how the request stood."
        if at is None or moment is None or at < moment:
            yield f"Step {place}, {kind}, came before what it follows on."
        if (step["by_id"] is None) != (step["via"] in ("shell", "silence")):
            yield f"Step {place}, {kind}: by_id and via do not agree."
        state, moment = after or kind, at
        if kind == "taken":
            taken_by = step["by_id"] if step["for_member_id"] is None else str(step["for_member_id"])
        elif kind == "given_back":
            taken_by = None
        if (kind == "settled") != (step["claim_id"] is not None):
            yield f"Step {place}, {kind}: only what settles a request names a claim."
        elif kind == "settled" and step["at"] not in (step["settled_ats"] or ()):
            yield f"Claim {step['claim_id']} did not settle this request then."
    due = {"state": state, "event_count": len(steps), "taken_by": taken_by}
    if steps:
        first = steps[0]
        due |= {"asked_by": first["by_id"], "asked_via": first["via"], "asked_at": first["at"]}
    for name, value in due.items():
        found = str(row[name]) if name == "taken_by" and row[name] is not None else row[name]
        if found != value:
            yield f"{name} is {found}, and its steps make it {value}."
