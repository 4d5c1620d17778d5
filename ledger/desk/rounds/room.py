"""The room of decisions about paper lines: what a batch of them reads, how each is judged, and what is written.

A decision stands in the same transaction as the claims it confirms or logs, with the community's head locked: of two
who decide one line at once, the second hears so, and a service that is killed leaves whole decisions behind. The
claims themselves are judged by `ClaimsRoom`, by the same rules as everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from uuid import UUID

from ledger.book.accounts import Book
from ledger.book.authors import Author, Event
from ledger.book.commands import Act, Command
from ledger.book.ledger import ActRefused
from ledger.book.posting import Outcome, Refused
from ledger.book.refusals import Refusal
from ledger.book.store import Touched
from ledger.database.connections import Connection
from ledger.desk.rounds.rounds import (
    Deed,
    Line,
    LineState,
    Record,
    RecordKind,
    RoundState,
    joined,
    lock_round,
    read_lines,
    read_records,
)
from ledger.hours.claims import ClaimCommand, ClaimState, ConfirmClaim, today_of
from ledger.hours.claims_room import ClaimsRoom
from ledger.hours.policies import Policies
from ledger.people.acts import require_still
from ledger.people.proposals import Action, require_second_person

BUSY_FOR = timedelta(minutes=5)
"""How long a decision of several steps keeps others out. Then whoever made it is taken to be gone."""


NOTHING_MOVES = (Deed.SET_ASIDE, Deed.UNDO)
"""What a lone co-ordinator may do about a line of their own: else their co-op could never sign a round off."""


class Part(Enum):
    """What an act of this room is to its line's decision."""

    CLAIM = "claim"
    """Confirms or logs a claim."""
    RESERVE = "reserve"
    """Keeps others out while the deed takes its steps elsewhere."""
    RELEASE = "release"
    """Lets others in again: a step was refused."""
    DECIDE = "decide"
    """The last: the line is decided, or a decision is undone."""


@dataclass(frozen=True, slots=True)
class Step:
    """One act about a line. `decision_id` is the id of its DECIDE; `undoes` that of the decision an UNDO takes back."""

    line: int
    part: Part
    deed: Deed
    decision_id: UUID
    record_ids: tuple[UUID, ...] = ()
    seconds: int | None = None
    made_id: UUID | None = None
    dispute_id: UUID | None = None
    reason: str | None = None
    people: tuple[UUID, ...] = ()
    undoes: UUID | None = None
    reserved: bool = False
    even_if_matched: bool = False
    command: ClaimCommand | None = None


@dataclass(slots=True)
class _Written:
    """What becomes of one line."""

    step: Step
    provider_id: UUID | None
    receiver_id: UUID | None
    paid_ids: list[UUID] = field(default_factory=list)


class DecidingRoom:
    """Reads, judges and writes the decisions of one batch about one round. See `ledger.book.ledger.Room`."""

    def __init__(self, community_id: int, policies: Policies, round_id: UUID, author: Author) -> None:
        self._community_id = community_id
        self._policies = policies
        self._round_id = round_id
        self._author = author
        self._claims = ClaimsRoom(community_id, policies)
        self._claimed = False
        self._lines: dict[int, Line] = {}
        self._records: dict[UUID, Record] = {}
        self._objection: ActRefused | None = None
        self._close: frozenset[UUID] = frozenset()
        self._alone = False
        self._failed: dict[UUID, tuple[Refusal, str | None]] = {}
        self._paid: dict[UUID, list[UUID]] = {}
        self._written: dict[int, _Written] = {}
        self._now = datetime.min.replace(tzinfo=UTC)

    # --- reading ----------------------------------------------------------------------------------------------

    async def read(self, db: Connection, acts: Sequence[Act], book: Book, now: datetime) -> Touched:
        steps = [_step(act) for act in acts]
        self._now = now
        try:
            await require_still(db, self._community_id, self._author, now)
            await self._require_matched(db)
        except ActRefused as no:
            self._objection = no
            return Touched()
        self._lines = await read_lines(db, self._community_id, self._round_id, [step.line for step in steps])
        named = [record_id for step in steps for record_id in step.record_ids]
        self._records = await read_records(db, self._community_id, named)
        await self._read_people(db, steps, book, now)
        inner = [
            replace(act, what=step.command) for act, step in zip(acts, steps, strict=True) if step.command
        ]
        return await self._claims.read(db, inner, book, now) if inner else Touched()

    async def _require_matched(self, db: Connection) -> None:
        round_ = await lock_round(db, self._community_id, self._round_id)
        if round_ is None:
            raise ActRefused(Refusal.ROUND_UNKNOWN, str(self._round_id))
        if round_.ended_at is not None:
            raise ActRefused(Refusal.ROUND_ENDED, str(self._round_id))
        if round_.state is not RoundState.MATCHED:
            raise ActRefused(Refusal.ROUND_UNMATCHED, str(self._round_id))

    async def _read_people(self, db: Connection, steps: Sequence[Step], book: Book, now: datetime) -> None:
        """Who is close to whoever decides, and whether there is nobody else to decide instead."""
        concerned = {person for step in steps for person in self._concerned(step)}
        versions = await self._policies.read(db, self._community_id, book.policy_version)
        rows = await db.rows(
            "people/find_relatives_among",
            community_id=self._community_id,
            member_id=self._author.member_id,
            others=list(concerned),
            today=today_of(versions, now),
        )
        close = {row["member_id"] for row in rows}
        if self._author.member_id is not None:
            close.add(self._author.member_id)
        self._close = frozenset(close & concerned)
        if self._close:
            try:
                await require_second_person(db, self._community_id, self._author, Action.TRANSFER, now)
            except ActRefused:
                return
            self._alone = True

    def _concerned(self, step: Step) -> set[UUID]:
        line = self._lines.get(step.line)
        people = set(step.people)
        for record_id in step.record_ids:
            record = self._records.get(record_id)
            people |= set() if record is None else {record.provider_id, record.receiver_id}
        if line is not None and not people:
            people = {*line.provider_ids, *line.receiver_ids}
        return people

    # --- judging ----------------------------------------------------------------------------------------------

    def judge(self, act: Act, book: Book, now: datetime) -> Refused | Sequence[Command]:
        step = _step(act)
        no = self._refusal(step)
        if no is not None:
            self._failed.setdefault(step.decision_id, no)
            return Refused(act, *no)
        if step.command is None:
            return ()
        if isinstance(step.command, ConfirmClaim):
            record = self._records.get(step.command.claim_id)
            if record is not None and record.state == ClaimState.POSTED:
                return ()  # somebody else confirmed it in the meantime, which is all the better
        judged = self._claims.judge(replace(act, what=step.command), book, now)
        if isinstance(judged, Refused):
            self._failed[step.decision_id] = judged.refusal, judged.detail
            return Refused(act, judged.refusal, judged.detail)
        return judged

    def _refusal(self, step: Step) -> tuple[Refusal, str | None] | None:
        """Why not, in the published order; a decision one part of which was refused is refused for the same reason."""
        if self._objection is not None:
            return self._objection.refusal, self._objection.detail
        if step.decision_id in self._failed:
            return self._failed[step.decision_id]
        line = self._lines.get(step.line)
        if line is None:
            return Refusal.LINE_UNKNOWN, str(step.line)
        clash = self._clash(step, line)
        if clash is not None:
            return clash
        if step.part is Part.RELEASE:
            return None
        if self._concerned(step) & self._close and not (step.deed in NOTHING_MOVES and self._alone):
            return Refusal.OWN_AFFAIR, str(step.line)
        return self._unfit(step, line)

    def _clash(self, step: Step, line: Line) -> tuple[Refusal, str | None] | None:
        """How the line stands already: decided, being decided by somebody else, or not decided at all."""
        if step.line in self._written:
            return Refusal.LINE_DECIDED, str(step.line)
        if step.deed is Deed.UNDO:
            return self._clash_with_undo(step, line)
        if line.state is LineState.DECIDED:
            return Refusal.LINE_DECIDED, str(step.line)
        mine = line.state is LineState.DECIDING and line.decision_id == step.decision_id
        if step.reserved or step.part is Part.RELEASE:
            # Somebody took it over, who thought this decision dead.
            return None if mine else (Refusal.LINE_DECIDED, str(step.line))
        return (Refusal.LINE_DECIDED, str(step.line)) if self._busy(line) and not mine else None

    def _clash_with_undo(self, step: Step, line: Line) -> tuple[Refusal, str | None] | None:
        """As above, of what takes a decision back. The line keeps that decision's id until it is undone."""
        if line.state is LineState.UNDECIDED or line.decided is None:
            return Refusal.LINE_UNDECIDED, str(step.line)
        if line.decision_id != step.undoes:
            return Refusal.LINE_DECIDED, str(step.line)
        if step.reserved or step.part is Part.RELEASE:
            return None if line.state is LineState.DECIDING else (Refusal.LINE_DECIDED, str(step.line))
        return (Refusal.LINE_DECIDED, str(step.line)) if self._busy(line) else None

    def _busy(self, line: Line) -> bool:
        if line.state is not LineState.DECIDING or line.decided_at is None:
            return False
        return self._now - line.decided_at < BUSY_FOR

    def _unfit(self, step: Step, line: Line) -> tuple[Refusal, str | None] | None:
        """What is wrong with the records a decision names, or with naming none."""
        if step.deed in (Deed.SET_ASIDE, Deed.UNDO) or step.reserved:
            return None
        if step.deed is Deed.CREATE:
            matched = line.matched
            if matched and not step.even_if_matched:
                return Refusal.LINE_MATCHED, str(matched[0].id)
            return None
        if not step.record_ids:
            return Refusal.LINE_UNMATCHED, str(step.line)
        people = set()
        for record_id in step.record_ids:
            record = self._records.get(record_id)
            if record is None:
                return Refusal.CLAIM_UNKNOWN, str(record_id)
            people.add(frozenset({record.provider_id, record.receiver_id}))
            if record.kind is RecordKind.CLAIM and record.state in (
                ClaimState.WITHDRAWN,
                ClaimState.REVERSED,
            ):
                return Refusal.CLAIM_DECIDED, str(record_id)
            if step.deed is Deed.ACCEPT and record.state in (ClaimState.DECLINED, ClaimState.DISPUTED):
                return Refusal.CLAIM_DECIDED, str(record_id)
            if step.deed is not Deed.ACCEPT and (
                record.kind is not RecordKind.CLAIM or len(step.record_ids) > 1
            ):
                return Refusal.RECORD_UNFIT, str(record_id)
        return (Refusal.RECORD_UNFIT, str(step.line)) if len(people) > 1 else None

    def accept(self, act: Act, parts: Sequence[Outcome], now: datetime) -> object:
        step = _step(act)
        if step.part is Part.CLAIM and step.command is not None:
            record = None
            if isinstance(step.command, ConfirmClaim):
                record = self._records.get(step.command.claim_id)
            if record is None or record.state != ClaimState.POSTED:
                self._claims.accept(replace(act, what=step.command), parts, now)
                self._claimed = True
                if isinstance(step.command, ConfirmClaim):
                    self._paid.setdefault(step.decision_id, []).append(step.command.claim_id)
                    self._records[step.command.claim_id] = replace(
                        self._records[step.command.claim_id], state=ClaimState.POSTED
                    )
            return None
        self._written[step.line] = _Written(step, *self._people(step), self._paid.get(step.decision_id, []))
        return None

    def _people(self, step: Step) -> tuple[UUID | None, UUID | None]:
        """Between whom the decided care was, where that is known: then erasing one of them reaches the line."""
        if len(step.people) == 2:
            return step.people[0], step.people[1]
        for record_id in step.record_ids:
            record = self._records.get(record_id)
            if record is not None:
                return record.provider_id, record.receiver_id
        return None, None

    # --- writing ----------------------------------------------------------------------------------------------

    async def write(self, db: Connection, now: datetime) -> Sequence[Event]:
        if self._claimed:
            await self._claims.write(db, now)
        written = list(self._written.values())
        if not written:
            return ()
        of_round = {"community_id": self._community_id, "round_id": self._round_id}
        steps = [each.step for each in written]
        standing = [_standing(step, self._lines[step.line]) for step in steps]
        await db.run(
            "desk/set_line_states",
            **of_round,
            now=now,
            line_numbers=[step.line for step in steps],
            states=[state for state, _, _ in standing],
            decisions=[deed for _, deed, _ in standing],
            decision_ids=[decision_id for _, _, decision_id in standing],
            provider_ids=[each.provider_id for each in written],
            receiver_ids=[each.receiver_id for each in written],
        )
        decided = [each for each in written if each.step.part is Part.DECIDE]
        if decided:
            await self._write_decisions(db, decided, of_round, now)
        return ()

    async def _write_decisions(
        self, db: Connection, decided: Sequence[_Written], of_round: Mapping[str, object], now: datetime
    ) -> None:
        steps = [each.step for each in decided]
        await db.run(
            "desk/insert_decisions",
            **of_round,
            now=now,
            by_id=self._author.member_id,
            decision_ids=[step.decision_id for step in steps],
            line_numbers=[step.line for step in steps],
            deeds=[step.deed for step in steps],
            seconds=[step.seconds for step in steps],
            made_ids=[step.made_id for step in steps],
            dispute_ids=[step.dispute_id for step in steps],
            records=[joined(step.record_ids) for step in steps],
            paid=[joined(each.paid_ids) for each in decided],
        )
        said = [step for step in steps if step.reason is not None]
        if said:
            await db.run(
                "desk/insert_paper_reasons",
                **of_round,
                decision_ids=[step.decision_id for step in said],
                line_numbers=[step.line for step in said],
                reasons=[step.reason for step in said],
            )
        # What a decided line stands for are the records it was decided with, whatever had been found for it.
        standing = [step for step in steps if step.deed is not Deed.UNDO]
        beside = [(step.line, record_id) for step in standing for record_id in _stands_for(step)]
        if standing:
            await db.run(
                "desk/delete_line_matches", **of_round, line_numbers=[step.line for step in standing]
            )
            await db.run(
                "desk/insert_line_matches",
                **of_round,
                line_numbers=[line for line, _ in beside],
                record_ids=[record_id for _, record_id in beside],
                kinds=[self._kind(record_id) for _, record_id in beside],
                nears=[False] * len(beside),
            )

    def _kind(self, record_id: UUID) -> RecordKind:
        record = self._records.get(record_id)
        return RecordKind.CLAIM if record is None else record.kind


def _step(act: Act) -> Step:
    if not isinstance(act.what, Step):
        raise TypeError(f"{act.name} is no act of this room")
    return act.what


def _standing(step: Step, line: Line) -> tuple[LineState, str | None, UUID | None]:
    """How a line stands after a step: its state, its decision, and the id of that."""
    if step.deed is Deed.UNDO and step.part is not Part.DECIDE:
        # What is being taken back stands until it is.
        state = LineState.DECIDING if step.part is Part.RESERVE else LineState.DECIDED
        return state, line.decision, line.decision_id
    if step.part is Part.RELEASE or step.deed is Deed.UNDO:
        return LineState.UNDECIDED, None, None
    state = LineState.DECIDING if step.part is Part.RESERVE else LineState.DECIDED
    return state, step.deed, step.decision_id


def _stands_for(step: Step) -> tuple[UUID, ...]:
    """A line that was set aside stands for nothing; one that was corrected for what was logged instead."""
    if step.deed is Deed.SET_ASIDE:
        return ()
    return (step.made_id,) if step.made_id is not None else step.record_ids
