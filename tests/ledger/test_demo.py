"""The invented co-op: believable, the same every time, and accepted by the rules."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from ledger.book.accounts import Book, Original
from ledger.book.commands import AccountKind, Command, OpenAccount, PostTransfer, ReverseTransfer
from ledger.book.posting import Outcome, Refused, Replayed, decide
from ledger.desk.demo import SEED, demo_commands

TODAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def play(book: Book, commands: list[Command]) -> list[Outcome]:
    """One by one, as `Ledger.post` would batch by batch: reversals find what came before them."""
    outcomes = []
    for command in commands:
        decision = decide(book, [command], NOW)
        outcomes += decision.outcomes
        for transfer in decision.transfers:
            entries = tuple((entry.account_id, entry.seconds) for entry in transfer.entries)
            book.originals[transfer.id] = Original(transfer.id, transfer.reverses_id is not None, entries)
    return outcomes


@pytest.mark.parametrize("seed", [SEED, "another"])
@pytest.mark.parametrize("today", [TODAY, date(2028, 2, 29)])
def test_everything_is_accepted_and_sums_to_zero(seed: str, today: date) -> None:
    book = Book(0)
    now = datetime.combine(today, datetime.min.time(), UTC)
    for batch in demo_commands(seed, today):
        for command in batch:
            decision = decide(book, [command], now)
            assert not [outcome for outcome in decision.outcomes if isinstance(outcome, Refused)]
            for transfer in decision.transfers:
                entries = tuple((entry.account_id, entry.seconds) for entry in transfer.entries)
                book.originals[transfer.id] = Original(transfer.id, transfer.reverses_id is not None, entries)
    assert sum(account.balance for account in book.accounts.values()) == 0
    for account in book.accounts.values():
        assert account.floor is None or account.balance - account.held >= account.floor
    assert 1_500 < book.tree_size < 3_000


def test_the_same_seed_and_day_make_the_same_co_op() -> None:
    assert list(demo_commands(SEED, TODAY)) == list(demo_commands(SEED, TODAY))
    assert list(demo_commands(SEED, TODAY)) != list(demo_commands("another", TODAY))


def test_running_it_twice_changes_nothing() -> None:
    book = Book(0)
    commands = [command for batch in demo_commands(SEED, TODAY) for command in batch]
    play(book, commands)
    size = book.tree_size
    assert all(isinstance(outcome, Replayed) for outcome in play(book, commands))
    assert book.tree_size == size


def test_accounts_and_mistakes_are_there_a_batch_before_they_are_used() -> None:
    known: set[object] = set()
    for batch in demo_commands(SEED, TODAY):
        for command in batch:
            if isinstance(command, ReverseTransfer):
                assert command.reverses_id in known
            if isinstance(command, PostTransfer):
                assert known.issuperset(account_id for account_id, _ in command.entries)
        known.update(command.id for command in batch)


def test_the_co_op_has_forty_people_and_every_kind_of_event() -> None:
    commands = [command for batch in demo_commands(SEED, TODAY) for command in batch]
    kinds = Counter(command.kind for command in commands if isinstance(command, OpenAccount))
    assert 38 <= kinds[AccountKind.MEMBER] <= 42 and kinds[AccountKind.HOUSEHOLD] >= 5
    assert kinds[AccountKind.POT] == 2 and kinds[AccountKind.ISSUANCE] == 1
    names = {type(command).__name__ for command in commands}
    assert names == {"OpenAccount", "PostTransfer", "PlaceHold", "VoidHold", "ReverseTransfer"}
    posted = [command for command in commands if isinstance(command, PostTransfer)]
    assert {command.kind.value for command in posted} == {"care", "redeem", "gift", "grant", "settle"}
    days = [command.service_on for command in posted if command.service_on]
    assert min(days) >= TODAY - timedelta(days=365) and max(days) < TODAY
    assert all(seconds % 900 == 0 for command in posted for _, seconds in command.entries)
    weekdays = Counter(day.weekday() for day in days)
    assert weekdays[2] > 3 * weekdays[6]
