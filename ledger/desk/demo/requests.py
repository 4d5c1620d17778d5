"""Families ask for care: it is taken, given back, taken by another, visited and settled, or cancelled, or runs out."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from ledger.book.authors import Author, Via
from ledger.book.ledger import Answer
from ledger.desk.demo.people import ACTIVITIES, AREAS
from ledger.desk.demo.stage import Do, Stage, Who
from ledger.desk.demo.teller import HOUR, QUARTER, Someone, Teller, Visit
from ledger.desk.demo.visits import Visits, claiming
from ledger.hours.care_requests import NewCareRequest, ask, asker_for, cancel, give_back, series_ids, take
from ledger.hours.claims import LogClaims, NewClaim
from ledger.people.roles import DelegateScope

EXPIRY_DAYS = 8
"""How many days after the day of the care what a request holds is free again, by both policies."""


class Requests:
    """The requests for care of the year."""

    def __init__(self, teller: Teller, visits: Visits) -> None:
        self.teller = teller
        self.visits = visits
        self._holding: dict[UUID, tuple[UUID, int]] = {}

    def asked(self, *, ahead: int | None = None) -> None:
        """Somebody asks for care in some days; the dice say what comes of it. With `ahead` nobody takes it."""
        teller = self.teller
        receiver = self._receiver(3 * HOUR)
        if receiver is None:
            return
        days = 3 + teller.random.randrange(8) if ahead is None else ahead
        activity = "body-care" if teller.chance(25) else teller.pick(ACTIVITIES)
        seconds = QUARTER * teller.pick((4, 4, 6, 8, 8, 12))
        request_id = self._ask(receiver, activity, days, seconds)
        drawn = teller.random.randrange(100)
        if ahead is not None or drawn < 10:
            return
        if drawn < 18:
            teller.later(2, lambda: self._cancel(receiver, [request_id]))
            return
        taker = self._taker(receiver, activity, days)
        if taker is None:
            return
        teller.later(1, partial(self._take, taker, request_id))
        if drawn < 28:
            teller.later(2, partial(self._give_back, taker, request_id))
            taker = self._taker(receiver, activity, days, besides=taker)
            if taker is None:
                return
            teller.later(2, partial(self._take, taker, request_id))
        teller.later(days, partial(self._visited, taker, receiver, request_id, activity, seconds))

    def series(self, times: int, kept: int) -> None:
        """The same every week, taken by one volunteer; after some of them the rest is cancelled."""
        teller = self.teller
        receiver = self._receiver(times * HOUR)
        if receiver is None:
            return
        seconds, days = HOUR, 3
        first_id = self._ask(receiver, "shopping", days, seconds, weekly=times)
        taker = self._taker(receiver, "shopping", days)
        if taker is None:
            return
        ids = series_ids(first_id, times)
        for number, request_id in enumerate(ids[:kept]):
            care = days + 7 * number
            teller.later(1, partial(self._take, taker, request_id))
            teller.later(care, partial(self._visited, taker, receiver, request_id, "shopping", seconds))
        if kept < times:
            teller.later(days + 7 * kept - 2, lambda: self._cancel(receiver, ids[kept:]))

    def _receiver(self, seconds: int) -> Someone | None:
        teller = self.teller
        able = [each for each in teller.present(helper=False) if teller.spare(each.payer_id) >= seconds]
        return teller.pick(able) if able else None

    def _taker(
        self, receiver: Someone, activity: str, days: int, besides: Someone | None = None
    ) -> Someone | None:
        teller = self.teller
        care_on = teller.today + timedelta(days=days)
        able = [
            each
            for each in teller.present(helper=True)
            if each is not besides
            and each is not receiver.delegate
            and each.place not in receiver.family
            and (activity != "body-care" or teller.cleared(each, care_on))
        ]
        return teller.pick(able) if able else None

    def _asker(self, receiver: Someone) -> Who:
        acting = receiver.acting(DelegateScope.REQUEST)
        if acting is not None:
            return acting
        return self.teller.coordinator if receiver.frail else receiver.who

    def _ask(self, receiver: Someone, activity: str, days: int, seconds: int, weekly: int = 1) -> UUID:
        teller = self.teller
        new = NewCareRequest(
            receiver.id,
            activity,
            teller.today + timedelta(days=days),
            seconds,
            area=teller.pick(AREAS),
            note="Please ring twice" if teller.chance(20) else None,
            weekly=weekly,
        )
        key = teller.step("ask", _asking(new, self._asker(receiver)))
        for number, request_id in enumerate(series_ids(key, weekly)):
            self._hold(receiver, request_id, seconds, days + 7 * number)
        return key

    def _hold(self, receiver: Someone, request_id: UUID, seconds: int, days: int) -> None:
        teller = self.teller
        teller.held[receiver.payer_id] += seconds
        self._holding[request_id] = receiver.payer_id, seconds
        teller.later(days + EXPIRY_DAYS, lambda: self._release(request_id))

    def _release(self, request_id: UUID) -> None:
        """What was set aside is free, if it is not already."""
        payer_id, seconds = self._holding.pop(request_id, (self.teller.pot, 0))
        self.teller.held[payer_id] -= seconds

    def _take(self, taker: Someone, request_id: UUID) -> None:
        author = Author(Via.MEMBER, taker.id)
        self.teller.step(
            "take",
            lambda stage, key: take(stage.hours, stage.community, author, key, request_id, taker.id),
        )

    def _give_back(self, taker: Someone, request_id: UUID) -> None:
        self.teller.step(
            "give_back",
            lambda stage, key: give_back(
                stage.hours, stage.community, stage.asker(taker.who), key, request_id
            ),
        )

    def _cancel(self, receiver: Someone, ids: list[UUID]) -> None:
        """Cancel the first of these, and with it the others, which follow it in its series."""
        who, following = self._asker(receiver), len(ids) > 1
        self.teller.step(
            "cancel",
            lambda stage, key: cancel(
                stage.hours, stage.community, stage.asker(who), key, ids[0], following=following
            ),
        )
        for request_id in ids:
            self._release(request_id)

    def _visited(
        self, taker: Someone, receiver: Someone, request_id: UUID, activity: str, seconds: int
    ) -> None:
        """The visit takes what was asked for, or a quarter of an hour less or more."""
        teller = self.teller
        took = seconds + QUARTER * teller.pick((-1, 0, 0, 0, 1))
        visit = Visit(teller.next_id("claim"), taker, receiver, teller.today, took, activity)
        new = NewClaim(visit.id, taker.id, receiver.id, activity, visit.on, took, care_request_id=request_id)
        teller.step("log visit", claiming(LogClaims((new,), Author(Via.MEMBER, taker.id))), key=visit.id)
        self.visits.tell(visit)
        teller.promised[receiver.payer_id] += took - seconds
        self.visits.confirmed_later(visit, settles=lambda: self._settled(visit, request_id, seconds))

    def _settled(self, visit: Visit, request_id: UUID, asked: int) -> None:
        """The hold is spent by it: it is free, and pays."""
        self._release(request_id)
        self.teller.promised[visit.receiver.payer_id] += asked


def _asking(new: NewCareRequest, who: Who) -> Do:
    async def do(stage: Stage, key: UUID) -> Answer:
        asker = stage.asker(who)
        author = asker_for(asker, new.receiver_id)
        if author is None:
            raise RuntimeError("nobody asks for the care of somebody who is nothing to them")
        return await ask(stage.hours, stage.community, asker, author, key, new)

    return do
