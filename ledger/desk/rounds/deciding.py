"""Deciding lines of a round: what a person says becomes acts about the claims, and the line says what was decided.

Every id follows from the request's key and the line, so a request that is repeated, after a lost answer or a service
that was killed in the middle, does what is left of it and nothing twice. Most decisions are written many at once
(`room`); a correction or a dispute takes several steps, and keeps others out of its line meanwhile.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid5

from ledger.book.commands import Act
from ledger.book.journal import Community
from ledger.book.ledger import ActRefused
from ledger.book.refusals import Refusal
from ledger.desk.matching.matching import DOUBTS
from ledger.desk.rounds.choices import Choice, Doing, LineAnswer, Way, answer_of
from ledger.desk.rounds.room import Part
from ledger.desk.rounds.rounds import (
    Deed,
    Line,
    LineState,
    Record,
    RecordKind,
    read_lines,
    read_records,
    read_round,
)
from ledger.desk.rounds.stepwise import decide_in_steps, undo
from ledger.hours.activity_codes import code_of, listed_code
from ledger.hours.claims import ClaimState, ConfirmClaim, HoursBook, NewClaim
from ledger.hours.hours import Hours
from ledger.hours.policy import in_force
from ledger.people.roles import Principal

AT_ONCE = 100
"""Lines that are decided in one transaction: others of the community wait for it."""


async def decide_lines(
    hours: Hours, community: Community, asker: Principal, key: UUID, round_id: UUID, choices: Sequence[Choice]
) -> list[LineAnswer]:
    """Do what a co-ordinator decided about lines, each on its own; the answers in the order of the choices.

    Raises ActRefused with ROUND_UNKNOWN, ROUND_ENDED or ROUND_UNMATCHED when it is no round to decide.
    """
    await _require_matched(hours, community, round_id)
    deciding = _Deciding(Doing(hours, community, asker, round_id), key)
    answers: dict[int, LineAnswer] = {}
    for first in range(0, len(choices), AT_ONCE):
        for answer in await deciding.decide(choices[first : first + AT_ONCE]):
            answers[answer.line] = answer
    return [answers[choice.line] for choice in choices]


async def _require_matched(hours: Hours, community: Community, round_id: UUID) -> None:
    async with hours.ledger.database.connection(community.id) as db:
        round_ = await read_round(db, community.id, round_id)
    if round_ is None:
        raise ActRefused(Refusal.ROUND_UNKNOWN, str(round_id))
    if round_.ended_at is None and round_.matched_at is None:
        raise ActRefused(Refusal.ROUND_UNMATCHED, str(round_id))


class _Deciding:
    """The decisions of one request."""

    def __init__(self, doing: Doing, key: UUID) -> None:
        self._doing = doing
        self._key = key

    async def decide(self, choices: Sequence[Choice]) -> list[LineAnswer]:
        async with self._doing.hours.ledger.database.snapshot(self._doing.community.id) as db:
            slice_ = await self._doing.hours.read(db, self._doing.community, self._doing.hours.ledger.now())
            lines = await read_lines(
                db, self._doing.community.id, self._doing.round_id, [each.line for each in choices]
            )
            named = [record_id for choice in choices for record_id in choice.record_ids]
            records = await read_records(db, self._doing.community.id, named)
        answers: list[LineAnswer] = []
        together: list[tuple[Way, list[Act], UUID | None]] = []
        for choice in choices:
            line = lines.get(choice.line)
            if line is None:
                answers.append(LineAnswer(choice.line, Refusal.LINE_UNKNOWN, str(choice.line)))
                continue
            way = self._way(choice, line, records)
            if line.state is LineState.DECIDED and line.decision_id == way.decision_id:
                answers.append(_again(line, choice))
            elif choice.deed in (Deed.CORRECT, Deed.DISPUTE):
                answers.append(await decide_in_steps(self._doing, way))
            elif choice.deed is Deed.UNDO and line.decided is not None:
                answers.append(await undo(self._doing, way))
            else:
                planned = self._plan(way, slice_)
                if isinstance(planned, LineAnswer):
                    answers.append(planned)
                else:
                    together.append((way, *planned))
        return answers + await self._post(together)

    def _way(self, choice: Choice, line: Line, records: dict[UUID, Record]) -> Way:
        named = tuple(records[each] for each in choice.record_ids if each in records)
        if not choice.record_ids:
            named = line.matched if choice.deed is not Deed.CREATE else ()
        return Way(choice, line, named, uuid5(self._key, f"line/{choice.line}"), self._doing.round_id)

    def _plan(self, way: Way, slice_: HoursBook) -> LineAnswer | tuple[list[Act], UUID | None]:
        """The acts of a decision that takes one transaction, and the claim it logs, if any."""
        choice, line = way.choice, way.line
        if choice.deed in (Deed.SET_ASIDE, Deed.UNDO):
            records: tuple[UUID, ...] = ()
            step = way.step(Part.DECIDE, record_ids=records, undoes=line.decision_id)
            return [way.act(Part.DECIDE, step)], None
        if len(way.records) < len(choice.record_ids):
            return LineAnswer(choice.line, Refusal.CLAIM_UNKNOWN, str(choice.record_ids[0]))
        if choice.deed is Deed.ACCEPT:
            acts = []
            for record in way.records:
                if record.kind is RecordKind.CLAIM and record.state == ClaimState.SUBMITTED:
                    command = ConfirmClaim(record.id, self._doing.asker)
                    act = command.act(way.id_of(f"confirm/{record.id}"))
                    acts.append(Act(act.id, act.name, act.asked, way.step(Part.CLAIM, command=command)))
            return [*acts, way.act(Part.DECIDE, way.step(Part.DECIDE))], None
        new = self._new_claim(way, slice_)
        if isinstance(new, LineAnswer):
            return new
        return way.logging(self._doing.asker.author, new)

    def _new_claim(self, way: Way, slice_: HoursBook) -> NewClaim | LineAnswer:
        """The claim the line says is missing, or what is missing to log it."""
        choice, line = way.choice, way.line
        # Whom a name was only taken for, a person has to say.
        sure = not any(doubt in line.reasons for doubt in DOUBTS)
        provider = choice.provider_id or (_only(line.provider_ids) if sure else None)
        receiver = choice.receiver_id or (_only(line.receiver_ids) if sure else None)
        service_on, seconds = choice.service_on or line.service_on, choice.seconds or line.seconds
        if provider is None or receiver is None or service_on is None or seconds is None:
            missing = {
                "provider": provider,
                "receiver": receiver,
                "service_on": service_on,
                "seconds": seconds,
            }
            lacks = ", ".join(name for name, value in missing.items() if value is None)
            return LineAnswer(choice.line, Refusal.LINE_INCOMPLETE, lacks)
        activity = choice.activity or activity_of(slice_, service_on, line.activity)
        if activity is None:
            return LineAnswer(choice.line, Refusal.LINE_INCOMPLETE, "activity")
        # The times stand for the length that stands beside them on the paper, and for no other.
        timed = choice.seconds in (None, line.seconds)
        return NewClaim(
            way.id_of("claim"),
            provider,
            receiver,
            activity,
            service_on,
            seconds,
            line.from_time if timed else None,
            line.to_time if timed else None,
            line.note,
        )

    async def _post(self, together: Sequence[tuple[Way, list[Act], UUID | None]]) -> list[LineAnswer]:
        if not together:
            return []
        outcomes = await self._doing.post([act for _, acts, _ in together for act in acts])
        return [
            answer_of(way.choice.line, outcomes[way.decision_id], made_id=made_id)
            for way, _, made_id in together
        ]


def activity_of(slice_: HoursBook, day: date, written: str | None) -> str | None:
    """The code of the activity that is called like this in the policy of the day, by its code or its title.

    Where the policy takes any activity, one that is not listed gets the code its words make, if they make one.
    """
    if written is None:
        return None
    policy = slice_.policies[in_force(slice_.policies, day)][1]
    titles = {code: activity.title for code, activity in policy.activities.items()}
    return listed_code(written, titles) or (code_of(written) if policy.open_activities else None)


def _only(ids: Sequence[UUID]) -> UUID | None:
    return ids[0] if len(ids) == 1 else None


def _again(line: Line, choice: Choice) -> LineAnswer:
    """The answer of a decision that was made before, by a request with this very key."""
    decided = line.decided
    if decided is not None and decided.deed is not choice.deed:
        return LineAnswer(line.number, Refusal.ID_REUSED)
    return LineAnswer(
        line.number,
        replayed=True,
        made_id=None if decided is None else decided.made_id,
        dispute_id=None if decided is None else decided.dispute_id,
    )
