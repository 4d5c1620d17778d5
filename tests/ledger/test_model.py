"""`decide` against the naive ledger: thousands of random commands, every answer and every balance compared."""

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ledger.book.accounts import Book
from ledger.book.posting import decide
from tests.naive_ledger import NaiveLedger
from tests.outcomes import answer
from tests.random_commands import commands, opening

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


class DecideAgainstTheModel(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.now = START
        self.book = Book(0)
        self.model = NaiveLedger()
        self.post(opening(self.now))

    def post(self, batch):
        self.book.new_secrets = {command.id: b"s" * 32 for command in batch}
        outcomes = decide(self.book, batch, self.now).outcomes
        assert [answer(outcome) for outcome in outcomes] == [
            self.model.ask(command, self.now) for command in batch
        ]

    @rule(data=st.data())
    def a_batch(self, data):
        self.post(data.draw(st.lists(commands(self.now), min_size=1, max_size=8)))

    @rule(seconds=st.sampled_from([0, 1, 30, 4000]))
    def time_passes(self, seconds):
        self.now += timedelta(seconds=seconds)

    @invariant()
    def time_is_neither_made_nor_lost(self):
        assert sum(account.balance for account in self.book.accounts.values()) == 0
        assert self.model.total() == 0

    @invariant()
    def both_agree_on_every_account(self):
        assert self.book.accounts.keys() == self.model.accounts.keys()
        for account in self.book.accounts.values():
            floor, ceiling, closed = self.model.accounts[account.id][-1]
            assert account.balance == self.model.balance(account.id)
            assert (account.floor, account.ceiling, account.closed) == (floor, ceiling, closed)
            assert account.entry_count == sum(
                who == account.id for _, entries, _, _ in self.model.transfers for who, _ in entries
            )
            # Ours counts a hold until somebody touches the account after its deadline; nobody can tell.
            late = sum(
                hold.seconds
                for hold in self.book.open_holds.values()
                if hold.account_id == account.id and hold.expires_at <= self.now
            )
            assert account.held - late >= 0
            assert account.balance - account.held + late >= (floor if floor is not None else -(2**53))


TestDecideAgainstTheModel = DecideAgainstTheModel.TestCase
TestDecideAgainstTheModel.settings = settings(max_examples=100, stateful_step_count=40)
