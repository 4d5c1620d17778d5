"""Decisions that take several steps: a correction, a dispute, and taking back what a decision did.

The line is kept for the decision from its first step to its last. Each step has an id that follows from the request's
key, so a request that is repeated goes on where it was cut off.
"""

from ledger.book.amounts import format_hours
from ledger.book.posting import Refused
from ledger.book.refusals import Refusal
from ledger.desk.rounds.choices import Doing, LineAnswer, Way, answer_of
from ledger.desk.rounds.room import Part
from ledger.desk.rounds.rounds import Decided, Deed, Record, read_records
from ledger.hours.answering import withdraw
from ledger.hours.claims import ClaimState, LogClaims, NewClaim
from ledger.hours.disputes import DisputeOutcome, decide_dispute, open_dispute, withdraw_dispute


async def decide_in_steps(doing: Doing, way: Way) -> LineAnswer:
    """Correct or dispute a claim: the line is kept for this decision, until the last step is done."""
    choice = way.choice
    seconds = None
    if choice.deed is Deed.CORRECT:
        seconds = choice.seconds or way.line.seconds
        if seconds is None:
            return LineAnswer(choice.line, Refusal.LINE_INCOMPLETE, "seconds")
        if len(way.records) == 1 and way.records[0].seconds == seconds:
            return LineAnswer(choice.line, Refusal.CORRECTION_SAME, str(way.records[0].id))
    reserve = way.act(Part.RESERVE, way.step(Part.RESERVE))
    outcome = (await doing.post([reserve]))[reserve.id]
    if isinstance(outcome, Refused):
        return answer_of(choice.line, outcome)
    if len(way.records) != 1:
        # Kept for it once, and taken over by somebody who thought it dead.
        return LineAnswer(choice.line, Refusal.LINE_DECIDED, str(choice.line))
    [record] = way.records
    # Withdrawn: by this very decision, before it was cut off.
    if seconds is not None and record.state in (ClaimState.SUBMITTED, ClaimState.WITHDRAWN):
        answer = await _log_instead(doing, way, record, seconds)
    else:
        answer = await _dispute(doing, way, record, seconds)
    if answer.refusal is not None:
        await doing.post([way.act(Part.RELEASE, way.step(Part.RELEASE))])
    return answer


async def _log_instead(doing: Doing, way: Way, record: Record, seconds: int) -> LineAnswer:
    """Withdraw a claim that still waits, and log it with the length the paper says."""
    choice = way.choice
    new = NewClaim(
        way.id_of("claim"),
        record.provider_id,
        record.receiver_id,
        record.activity,
        record.service_on,
        seconds,
        note=way.line.note,
        care_request_id=record.care_request_id,
    )
    # Looked at before anything is withdrawn: a claim must not go for one that cannot be logged.
    command = LogClaims((new,), doing.asker.author, choice.confirmed)
    judged = await doing.hours.judge_claim(doing.community, new.id, command)
    if isinstance(judged, Refused):
        return answer_of(choice.line, judged)
    reason = choice.reason or f"The paper says {format_hours(seconds)}."
    gone = await withdraw(
        doing.hours, doing.community, doing.asker, way.id_of("withdrawal"), record.id, reason
    )
    if isinstance(gone.outcome, Refused):
        return answer_of(choice.line, gone.outcome)
    acts, made_id = way.logging(doing.asker.author, new, reserved=True)
    outcomes = await doing.post(acts)
    return answer_of(choice.line, outcomes[way.decision_id], made_id=made_id)


async def _dispute(doing: Doing, way: Way, record: Record, seconds: int | None) -> LineAnswer:
    """Dispute a claim; with `seconds` decide at once that it was that long, where this person may."""
    choice, dispute_id = way.choice, way.id_of("dispute")
    statement = choice.reason or f"The paper says {format_hours(seconds or 0)}."
    opened = await open_dispute(doing.hours, doing.community, doing.asker, dispute_id, record.id, statement)
    if isinstance(opened.outcome, Refused):
        return answer_of(choice.line, opened.outcome)
    waits = None
    if seconds is not None:
        decided = await decide_dispute(
            doing.hours,
            doing.community,
            doing.asker,
            way.id_of("outcome"),
            dispute_id,
            DisputeOutcome.CORRECTED,
            seconds,
        )
        if isinstance(decided.outcome, Refused):
            waits = decided.outcome.refusal
    step = way.step(Part.DECIDE, dispute_id=dispute_id, seconds=seconds, reserved=True)
    decide = way.act(Part.DECIDE, step)
    outcome = (await doing.post([decide]))[decide.id]
    return answer_of(choice.line, outcome, dispute_id=dispute_id, waits=waits)


async def undo(doing: Doing, way: Way) -> LineAnswer:
    """Take back what a decision did, where its deed allows it, and then the decision."""
    choice, decided = way.choice, way.line.decided
    if decided is None:
        raise RuntimeError("only a decided line comes here")
    if decided.paid_ids:
        return LineAnswer(choice.line, Refusal.DECISION_STANDS, str(decided.id))
    people = (*way.line.provider_ids[:1], *way.line.receiver_ids[:1])
    said: dict[str, object] = {"record_ids": (), "undoes": decided.id, "people": people}
    if decided.made_id is not None or decided.dispute_id is not None:
        reserve = way.act(Part.RESERVE, way.step(Part.RESERVE, **said))
        reserved = (await doing.post([reserve]))[reserve.id]
        if isinstance(reserved, Refused):
            return answer_of(choice.line, reserved)
        no = await _take_back(doing, way, decided)
        if no is not None:
            await doing.post([way.act(Part.RELEASE, way.step(Part.RELEASE, **said))])
            return no
        said["reserved"] = True
    undo = way.act(Part.DECIDE, way.step(Part.DECIDE, **said))
    return answer_of(choice.line, (await doing.post([undo]))[undo.id])


async def _take_back(doing: Doing, way: Way, decided: Decided) -> LineAnswer | None:
    """Withdraw the claim that was logged, or the dispute that was opened, unless that was done; or why not."""
    stands = LineAnswer(way.choice.line, Refusal.DECISION_STANDS, str(decided.id))
    state: str | None
    async with doing.hours.ledger.database.connection(doing.community.id) as db:
        if decided.made_id is not None:
            state = (await read_records(db, doing.community.id, [decided.made_id]))[decided.made_id].state
        else:
            row = await db.row(
                "hours/read_dispute", community_id=doing.community.id, dispute_id=decided.dispute_id
            )
            state = "gone" if row is None else row["outcome"]
    if state == "withdrawn":
        return None
    if decided.made_id is not None:
        if state not in (ClaimState.SUBMITTED, ClaimState.DECLINED):
            return stands
        key, reason = way.id_of("withdrawal"), way.choice.reason
        answer = await withdraw(doing.hours, doing.community, doing.asker, key, decided.made_id, reason)
    else:
        if state is not None or decided.dispute_id is None:
            return stands
        key = way.id_of("undispute")
        answer = await withdraw_dispute(doing.hours, doing.community, doing.asker, key, decided.dispute_id)
    return answer_of(way.choice.line, answer.outcome) if isinstance(answer.outcome, Refused) else None
