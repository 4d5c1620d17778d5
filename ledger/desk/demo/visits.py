"""Visits and what becomes of them: logged at once, from a sheet or for a group; confirmed, declined, or doubled."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

from ledger.book.authors import Author, Via
from ledger.book.ledger import Answer
from ledger.desk.demo.people import ACTIVITIES, CARE_NOTES, DECLINED, WITHDRAWN
from ledger.desk.demo.stage import Do, Stage, Who
from ledger.desk.demo.teller import HOUR, Someone, Teller, Visit
from ledger.hours.answering import decline, see_overlaps, withdraw
from ledger.hours.claims import ConfirmClaim, LogClaims, NewClaim
from ledger.hours.well_being import Said, say_well_being
from ledger.people.roles import DelegateScope

SILENCE_DAYS = 14
OFFLINE_DAYS = 20
"""How long the phone of the one volunteer was without a signal."""

SAID = (5, 4, 4, 5, 3, 4, 5, 2, 4, 3, 5, 4, 1)
"""How visits were, about as often as each is said."""


class Visits:
    """The visits of the year, by their day, the first to be told first.

    `posted` are those of late that the receiver paid in full, the newest last.
    """

    def __init__(self, teller: Teller) -> None:
        self.teller = teller
        self.by_day: dict[date, list[Visit]] = {}
        self.posted: list[Visit] = []
        self.declined: list[Visit] = []
        self._silent: list[Visit] = []
        self._pairs: set[tuple[UUID, UUID, date]] = set()
        self._busy: dict[tuple[UUID, date], list[tuple[int, int]]] = {}

    # --- one to one -----------------------------------------------------------------------------------------------

    def visit(self) -> None:
        """One person helps another. Mostly a helper helps somebody who needs more than they can give."""
        visit = self.invented()
        if visit is None:
            return
        teller = self.teller
        from_time, to_time = self._times(visit) if teller.chance(60) else (None, None)
        note = teller.pick(CARE_NOTES) if teller.chance(40) else None
        new = NewClaim(
            visit.id,
            visit.provider.id,
            visit.receiver.id,
            visit.activity,
            visit.on,
            visit.seconds,
            from_time,
            to_time,
            note,
        )
        self._promise(visit)
        if teller.chance(10):
            teller.gathered_later(1 + teller.random.randrange(5), lambda: self._typed(visit, new))
        elif teller.chance(1):
            teller.gathered_later(OFFLINE_DAYS, lambda: self._logged(visit, new))
        else:
            self._logged(visit, new)

    def invented(self) -> Visit | None:
        """Somebody who helps somebody today, or None when the two drawn do not meet."""
        teller = self.teller
        helpers, everybody = teller.present(helper=True), teller.present()
        in_need = teller.present(helper=False)
        provider = teller.pick(helpers)
        receiver = teller.pick(in_need if teller.chance(70) else everybody)
        if teller.chance(8):
            provider, receiver = teller.pick(in_need), teller.pick(helpers)
        seconds = teller.visit_seconds()
        pair = provider.id, receiver.id, teller.today
        strangers = provider is not receiver and receiver.place not in provider.family
        if not strangers or pair in self._pairs or not teller.can_pay(receiver, seconds):
            return None
        self._pairs.add(pair)
        # Some write down the minutes as they were; the policy rounds them.
        recorded = seconds - 60 * teller.pick((0, 0, 0, 0, 5, 8))
        return Visit(
            teller.next_id("claim"), provider, receiver, teller.today, recorded, teller.pick(ACTIVITIES)
        )

    def _times(self, visit: Visit) -> tuple[time, time] | tuple[None, None]:
        """From when to when, where neither of the two was elsewhere; no times when that cannot be found."""
        begins = 60 * (8 + self.teller.random.randrange(7)) + 15 * self.teller.random.randrange(4)
        ends = begins + visit.seconds // 60
        days = [(person.id, visit.on) for person in (visit.provider, visit.receiver)]
        spans = [span for day in days for span in self._busy.get(day, ())]
        if any(begins < later and earlier < ends for earlier, later in spans):
            return None, None
        for day in days:
            self._busy.setdefault(day, []).append((begins, ends))
        midnight = datetime.combine(visit.on, time())
        return (midnight + timedelta(minutes=begins)).time(), (midnight + timedelta(minutes=ends)).time()

    def _promise(self, visit: Visit) -> None:
        self.tell(visit)
        self.teller.promised[visit.receiver.payer_id] += self.teller.price(visit)

    def tell(self, visit: Visit) -> None:
        """It took place, whoever logs it."""
        self.by_day.setdefault(visit.on, []).append(visit)

    def _kept(self, visit: Visit, *, paid: bool) -> None:
        """The claim waits no more."""
        teller = self.teller
        teller.promised[visit.receiver.payer_id] -= teller.price(visit)
        if not paid:
            return
        teller.pay(visit)
        if visit.paid == visit.credited > 0:
            self.posted.append(visit)

    def _typed(self, visit: Visit, new: NewClaim) -> None:
        """A co-ordinator types a sheet that the receiver has signed."""
        log = LogClaims((new,), self.teller.coordinator.author, confirmed=True)
        self.teller.gathered_step("log sheet", visit.id, claiming(log))
        self._kept(visit, paid=True)

    def _logged(self, visit: Visit, new: NewClaim) -> None:
        """The volunteer logs it, and something comes of it."""
        teller = self.teller
        log = LogClaims((new,), Author(Via.MEMBER, visit.provider.id))
        teller.gathered_step("log", visit.id, claiming(log))
        drawn = teller.random.randrange(100)
        if drawn < 12:
            self.left_to_silence(visit)
        elif drawn < 15:
            teller.later(2, lambda: self._decline(visit))
        elif drawn < 16:
            teller.later(1, lambda: self._withdraw(visit, teller.pick(WITHDRAWN)))
        else:
            self.confirmed_later(visit)

    def confirmed_later(self, visit: Visit, settles: Callable[[], None] | None = None) -> None:
        """In the next days, by the receiver, whoever acts for them, or a co-ordinator for somebody frail.

        `settles` is what becomes of the request for care that the visit was for.
        """
        days = 1 + self.teller.random.randrange(3)
        self.teller.gathered_later(days, lambda: self._confirm(visit, settles))

    def _confirm(self, visit: Visit, settles: Callable[[], None] | None) -> None:
        teller = self.teller
        who, name = visit.receiver.who, "confirm"
        acting = visit.receiver.acting(DelegateScope.CONFIRM)
        if acting is not None and acting.member_id != visit.provider.id:
            who, name = acting, "confirm for"
        elif visit.receiver.frail and teller.chance(40):
            who, name = teller.coordinator, "confirm by co-ordinator"
        teller.gathered_step(name, teller.id(f"confirm/{visit.id}"), _confirming(visit, who))
        if settles is not None:
            settles()
        self._kept(visit, paid=True)

    def left_to_silence(self, visit: Visit) -> None:
        self._silent.append(visit)

    def let_silence_confirm(self) -> None:
        """On Monday mornings: what was left alone for the policy's days, counted from the evening it was logged."""
        teller = self.teller
        teller.step("silence", _silence, kept=False)
        due = [visit for visit in self._silent if (teller.today - visit.on).days > SILENCE_DAYS]
        self._silent = [visit for visit in self._silent if visit not in due]
        for visit in due:
            self._kept(visit, paid=True)

    def _decline(self, visit: Visit) -> None:
        teller, reason = self.teller, self.teller.pick(DECLINED)
        teller.step(
            "decline",
            lambda stage, key: decline(
                stage.hours, stage.community, stage.asker(visit.receiver.who), key, visit.id, reason
            ),
        )
        self._kept(visit, paid=False)
        if teller.chance(50):
            teller.later(2, lambda: self._withdraw(visit, None))
        else:
            self.declined.append(visit)

    def _withdraw(self, visit: Visit, reason: str | None) -> None:
        self.teller.step(
            "withdraw",
            lambda stage, key: withdraw(
                stage.hours, stage.community, stage.asker(visit.provider.who), key, visit.id, reason
            ),
        )
        if reason is not None:
            self._kept(visit, paid=False)

    # --- the same visit twice -------------------------------------------------------------------------------------

    def doubled(self, *, seen: bool = True) -> None:
        """The volunteer logs a visit that a co-ordinator types from the sheet as well; usually somebody looks."""
        teller = self.teller
        visit = next(filter(None, (self.invented() for _ in range(20))), None)
        if visit is None:
            return
        self._promise(visit)
        claims = [
            NewClaim(claim_id, visit.provider.id, visit.receiver.id, visit.activity, visit.on, visit.seconds)
            for claim_id in (visit.id, uuid5(visit.id, "again"))
        ]
        first, again = claims
        log = LogClaims((first,), Author(Via.MEMBER, visit.provider.id))
        teller.gathered_step("log", visit.id, claiming(log))
        teller.later(1, lambda: self._logged_again(visit, again, seen))
        self.confirmed_later(visit)

    def _logged_again(self, visit: Visit, again: NewClaim, seen: bool) -> None:
        teller, who = self.teller, self.teller.coordinator
        log = LogClaims((again,), who.author)
        teller.step("log again", claiming(log), key=again.id)
        if not seen:
            return
        teller.step(
            "see_overlaps",
            lambda stage, key: see_overlaps(stage.hours, stage.community, stage.asker(who), key, again.id),
        )
        teller.step(
            "decline",
            lambda stage, key: decline(
                stage.hours, stage.community, stage.asker(visit.receiver.who), key, again.id, "Logged twice"
            ),
        )

    # --- groups ---------------------------------------------------------------------------------------------------

    def lunch_club(self) -> None:
        """One cooks for several, who share the time."""
        teller = self.teller
        provider = teller.pick(teller.present(helper=True))
        guests = [
            each
            for each in teller.present(helper=False)
            if each.place not in provider.family and teller.can_pay(each, HOUR)
        ]
        teller.random.shuffle(guests)
        session = teller.next_id("session")
        visits = [self._in_session(session, provider, guest, HOUR // 2, "lunch-club") for guest in guests[:5]]
        self._log_session(session, visits, Author(Via.MEMBER, provider.id))
        for visit in visits:
            self._promise(visit)
            if teller.chance(25):
                self.left_to_silence(visit)
            else:
                self.confirmed_later(visit)

    def team_day(self) -> None:
        """Several help one to move house, who logs it and so confirms it at once."""
        teller = self.teller
        able = [each for each in teller.present() if teller.spare(each.payer_id) >= 8 * HOUR]
        if not able:
            return
        receiver = teller.pick(able)
        helpers = [each for each in teller.present(helper=True) if each is not receiver]
        helpers = [each for each in helpers if each.place not in receiver.family]
        teller.random.shuffle(helpers)
        session = teller.next_id("session")
        visits = [self._in_session(session, helper, receiver, 2 * HOUR, "garden") for helper in helpers[:3]]
        self._log_session(session, visits, Author(Via.MEMBER, receiver.id))
        for visit in visits:
            self._promise(visit)
            self._kept(visit, paid=True)

    def _in_session(
        self, session: UUID, provider: Someone, receiver: Someone, seconds: int, activity: str
    ) -> Visit:
        claim_id = uuid5(session, f"{provider.id}/{receiver.id}")
        return Visit(claim_id, provider, receiver, self.teller.today, seconds, activity)

    def _log_session(self, session: UUID, visits: list[Visit], author: Author) -> None:
        claims = tuple(
            NewClaim(visit.id, visit.provider.id, visit.receiver.id, visit.activity, visit.on, visit.seconds)
            for visit in visits
        )
        self.teller.gathered_step(
            "log session", session, claiming(LogClaims(claims, author, session_id=session))
        )


def claiming(log: LogClaims) -> Do:
    return lambda stage, key: stage.hours.claim(stage.community, key, log)


def _confirming(visit: Visit, who: Who) -> Do:
    async def do(stage: Stage, key: UUID) -> Answer:
        confirm = ConfirmClaim(visit.id, stage.asker(who))
        answer = await stage.hours.claim(stage.community, key, confirm)
        await _say_how_it_was(stage, visit)
        return answer

    return do


async def _say_how_it_was(stage: Stage, visit: Visit) -> None:
    """One in four receivers says how the visit was, and some who gave it; no step of its own: it is in no log.

    What they say follows from the claim's id: drawn by chance, it would make all that is told after it another story.
    """
    drawn = visit.id.bytes
    if drawn[1] >= 64:
        return
    people = [visit.receiver] if drawn[2] % 2 else [visit.receiver, visit.provider]
    async with stage.ledger.database.transaction(stage.community.id) as db:
        for person, first, second in zip(people, drawn[3::2], drawn[4::2], strict=False):
            said = Said(SAID[first % len(SAID)], SAID[second % len(SAID)] if second % 7 else None)
            await say_well_being(
                db,
                stage.community.id,
                visit.id,
                person.id,
                said,
                uuid5(visit.id, f"well-being/{person.id}"),
                typed=False,
                now=stage.now,
            )


async def _silence(stage: Stage, _: UUID) -> None:
    await stage.hours.confirm_silent(stage.community)
