"""A second ledger, slow and plain: the model that the real one is held against.

It stores nothing but what happened, in lists, and works everything out from there each time it is asked. It
shares no code with `decide`; only the commands and the names of refusals are the same.
"""

from datetime import timedelta

from ledger.book.commands import (
    CloseAccount,
    OpenAccount,
    PlaceHold,
    PostTransfer,
    ReverseTransfer,
    SetLimits,
    VoidHold,
)

BIGGEST = 9_007_199_254_740_991


class NaiveLedger:
    def __init__(self):
        self.answers = {}  # id -> (the command, its answer)
        self.accounts = {}  # id -> list of (floor, ceiling, closed), newest last
        self.kinds = {}
        self.codes = set()
        self.transfers = []  # (id, entries, reverses, hold)
        self.holds = {}  # id -> (account, seconds, expires_at)
        self.ended = {}  # hold id -> how

    def ask(self, command, now):
        """The answer's name: posted, done, replayed, or the refusal's code."""
        for hold, (_, _, expires_at) in self.holds.items():
            if hold not in self.ended and expires_at <= now:
                self.ended[hold] = "expired"
        if command.id in self.answers:
            earlier, answer = self.answers[command.id]
            if earlier != command:
                return "id_reused"
            return answer if answer not in ("posted", "done") else "replayed"
        answer = self.answer(command, now)
        self.answers[command.id] = (command, answer)
        return answer

    def answer(self, command, now):
        match command:
            case PostTransfer():
                return self.post(command, now)
            case ReverseTransfer():
                return self.reverse(command)
            case PlaceHold():
                return self.hold(command, now)
            case VoidHold():
                trouble = self.hold_trouble(command.hold_id)
                if trouble is None:
                    self.ended[command.hold_id] = "voided"
                return trouble or "done"
            case OpenAccount():
                return self.open(command)
            case SetLimits():
                return self.limit(command)
            case CloseAccount():
                return self.close(command)

    # What is true now, worked out from what happened.

    def balance(self, account):
        return sum(
            seconds for _, entries, _, _ in self.transfers for who, seconds in entries if who == account
        )

    def held(self, account, without=None):
        return sum(
            seconds
            for hold, (who, seconds, _) in self.holds.items()
            if who == account and hold not in self.ended and hold != without
        )

    def closed(self, account):
        return self.accounts[account][-1][2]

    def total(self):
        return sum(self.balance(account) for account in self.accounts)

    # What may happen.

    def post(self, command, now):
        amounts = [seconds for _, seconds in command.entries]
        who = [account for account, _ in command.entries]
        if len(amounts) < 2:
            return "too_few_entries"
        if len(amounts) > 100:
            return "too_many_entries"
        if any(seconds == 0 or abs(seconds) > 600_000_000 for seconds in amounts):
            return "seconds_out_of_range"
        if sorted(set(who)) != sorted(who):
            return "account_repeated"
        if sum(amounts) != 0:
            return "unbalanced"
        if command.service_on and (command.service_on - now.date()).days > 1:
            return "service_date_in_future"
        return self.move(command.id, command.entries, None, command.hold_id)

    def reverse(self, command):
        [*found] = [transfer for transfer in self.transfers if transfer[0] == command.reverses_id]
        if not found:
            return "transfer_unknown"
        [(_, entries, reverses, _)] = found
        if reverses is not None:
            return "transfer_is_reversal"
        if any(reverses == command.reverses_id for _, _, reverses, _ in self.transfers):
            return "already_reversed"
        return self.move(command.id, [(who, -seconds) for who, seconds in entries], command.reverses_id, None)

    def move(self, transfer_id, entries, reverses, hold):
        if any(who not in self.accounts for who, _ in entries):
            return "account_unknown"
        if any(self.closed(who) for who, _ in entries):
            return "account_closed"
        if hold is not None:
            trouble = self.hold_trouble(hold)
            if trouble:
                return trouble
            holder, most, _ = self.holds[hold]
            used = [-seconds for who, seconds in entries if who == holder]
            if len(used) != 1 or used[0] < 1 or used[0] > most:
                return "hold_exceeded"
        for who, seconds in entries:
            floor = self.accounts[who][-1][0]
            least = -BIGGEST if floor is None else floor
            if seconds < 0 and self.balance(who) + seconds - self.held(who, without=hold) < least:
                return "below_floor"
        for who, seconds in entries:
            ceiling = self.accounts[who][-1][1]
            if seconds > 0 and self.balance(who) + seconds > (BIGGEST if ceiling is None else ceiling):
                return "above_ceiling"
        if hold is not None:
            self.ended[hold] = "settled"
        self.transfers.append((transfer_id, list(entries), reverses, hold))
        return "posted"

    def hold(self, command, now):
        account = command.account_id
        if command.seconds < 1 or command.seconds > 600_000_000:
            return "seconds_out_of_range"
        if account not in self.accounts:
            return "account_unknown"
        if self.closed(account):
            return "account_closed"
        if command.expires_at <= now or command.expires_at - now > timedelta(days=731):
            return "expiry_out_of_range"
        floor = self.accounts[account][-1][0]
        if self.balance(account) - self.held(account) - command.seconds < (
            -BIGGEST if floor is None else floor
        ):
            return "below_floor"
        self.holds[command.id] = (account, command.seconds, command.expires_at)
        return "done"

    def hold_trouble(self, hold):
        if hold not in self.holds:
            return "hold_unknown"
        return {None: None, "expired": "hold_expired"}.get(self.ended.get(hold), "hold_resolved")

    def open(self, command):
        if command.code in self.codes:
            return "code_taken"
        if (command.peer_slug is None) == (command.kind == "clearing"):
            return "peer_required"
        if self.odd_limits(command.kind, command.floor, command.ceiling):
            return "limits_invalid"
        self.codes.add(command.code)
        self.kinds[command.id] = command.kind
        self.accounts[command.id] = [(command.floor, command.ceiling, False)]
        return "done"

    def odd_limits(self, kind, floor, ceiling):
        if floor is None:
            return kind not in ("issuance", "difference") or (ceiling is not None and ceiling < 0)
        return floor > 0 or (ceiling is not None and ceiling < 0)

    def limit(self, command):
        account = command.account_id
        if account not in self.accounts:
            return "account_unknown"
        if self.closed(account):
            return "account_closed"
        if command.expected_change not in (None, len(self.accounts[account])):
            return "limits_changed"
        if self.odd_limits(self.kinds[account], command.floor, command.ceiling):
            return "limits_invalid"
        if command.floor is not None and self.balance(account) - self.held(account) < command.floor:
            return "limits_exclude_balance"
        if command.ceiling is not None and self.balance(account) > command.ceiling:
            return "limits_exclude_balance"
        self.accounts[account].append((command.floor, command.ceiling, False))
        return "done"

    def close(self, command):
        account = command.account_id
        if account not in self.accounts:
            return "account_unknown"
        if self.closed(account):
            return "account_closed"
        if self.balance(account) or self.held(account):
            return "account_not_empty"
        floor, ceiling, _ = self.accounts[account][-1]
        self.accounts[account].append((floor, ceiling, True))
        return "done"
