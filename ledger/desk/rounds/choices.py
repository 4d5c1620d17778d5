"""What somebody decided about a line, on its way to be done, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from ledger.book.authors import Author
from ledger.book.commands import Act
from ledger.book.journal import Community
from ledger.book.posting import Outcome, Refused, Replayed
from ledger.book.refusals import Refusal
from ledger.desk.rounds.room import DecidingRoom, Part, Step
from ledger.desk.rounds.rounds import Deed, Line, Record
from ledger.hours.claims import LogClaims, NewClaim
from ledger.hours.hours import Hours
from ledger.log.encoding import canonical_json
from ledger.people.roles import Principal


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person decided about a line. What is None is taken from the line.

    `record_ids` are the claims or transfers meant, where they are not those that were matched. `seconds`, the people,
    the day and the activity are those of the claim to log. `confirmed` pays what is logged: the receiver signed.
    """

    line: int
    deed: Deed
    record_ids: tuple[UUID, ...] = ()
    seconds: int | None = None
    provider_id: UUID | None = None
    receiver_id: UUID | None = None
    service_on: date | None = None
    activity: str | None = None
    reason: str | None = None
    confirmed: bool = False
    even_if_matched: bool = False


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What became of a choice: done, or `refusal` and `detail` say why not.

    `made_id` is the claim it logged. `dispute_id` is the dispute it opened; `waits` says why that has no outcome yet:
    mostly because another co-ordinator must decide it.
    """

    line: int
    refusal: Refusal | None = None
    detail: str | None = None
    replayed: bool = False
    made_id: UUID | None = None
    dispute_id: UUID | None = None
    waits: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """One choice on its way: the line and the records it is about, as they were just read."""

    choice: Choice
    line: Line
    records: tuple[Record, ...]
    decision_id: UUID
    round_id: UUID

    def id_of(self, step: str) -> UUID:
        """The id of one of its steps: the same whenever the request is repeated."""
        return uuid5(self.decision_id, step)

    def act(self, part: Part, step: Step) -> Act:
        """`asked` is what the person said, so that a repeat is known for one; never a text, which may name somebody."""
        choice = self.choice
        asked = canonical_json(
            [
                str(self.round_id),
                choice.line,
                choice.deed,
                [str(each) for each in choice.record_ids],
                choice.seconds,
                *(None if each is None else str(each) for each in (choice.provider_id, choice.receiver_id)),
                None if choice.service_on is None else str(choice.service_on),
                choice.activity,
                choice.confirmed,
                choice.even_if_matched,
            ]
        ).decode()
        act_id = self.decision_id if part is Part.DECIDE else self.id_of(part.value)
        return Act(act_id, f"{part.value}_paper_line", asked, step)

    def step(self, part: Part, **more: object) -> Step:
        """A step about the records that were read, unless `more` says others."""
        said: dict[str, object] = {
            "record_ids": tuple(record.id for record in self.records),
            "reason": self.choice.reason,
            "even_if_matched": self.choice.even_if_matched,
        }
        said |= more  # named as `Step` names them
        return Step(self.choice.line, part, self.choice.deed, self.decision_id, **said)  # type: ignore[arg-type]

    def logging(self, author: Author, new: NewClaim, **more: object) -> tuple[list[Act], UUID]:
        """The acts that log a claim and decide the line with it, and the claim's id."""
        command = LogClaims((new,), author, self.choice.confirmed)
        act = command.act(new.id)
        said: dict[str, object] = {
            "people": (new.provider_id, new.receiver_id),
            "made_id": new.id,
            "seconds": new.recorded_seconds,
            **more,
        }
        log = Act(act.id, act.name, act.asked, self.step(Part.CLAIM, command=command, **said))
        return [log, self.act(Part.DECIDE, self.step(Part.DECIDE, **said))], new.id


@dataclass(frozen=True, slots=True)
class Doing:
    """Whoever decides, about which round, and what it is done with."""

    hours: Hours
    community: Community
    asker: Principal
    round_id: UUID

    async def post(self, acts: Sequence[Act]) -> dict[UUID, Outcome]:
        """Post the acts in one transaction; what became of each, by its id."""
        author = self.asker.author
        answers = await self.hours.ledger.post(
            self.community,
            acts,
            room=lambda: DecidingRoom(self.community.id, self.hours.policies, self.round_id, author),
        )
        return {act.id: answer.outcome for act, answer in zip(acts, answers, strict=True)}


def answer_of(
    line: int,
    outcome: Outcome,
    *,
    made_id: UUID | None = None,
    dispute_id: UUID | None = None,
    waits: Refusal | None = None,
) -> LineAnswer:
    """The answer that the outcome of a decision's last act, or of the one that was refused, makes."""
    if isinstance(outcome, Refused):
        return LineAnswer(line, outcome.refusal, outcome.detail, outcome.replayed)
    return LineAnswer(line, None, None, isinstance(outcome, Replayed), made_id, dispute_id, waits)
