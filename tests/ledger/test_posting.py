"""What `decide` answers, as tables: one attempt a line, its outcome at the end."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

import pytest

from ledger.book.accounts import Account, Book
from ledger.book.commands import (
    AccountKind,
    CloseAccount,
    OpenAccount,
    PlaceHold,
    PostTransfer,
    ReverseTransfer,
    SetLimits,
    TransferKind,
    VoidHold,
)
from ledger.book.posting import Done, Posted, Refused, Replayed, decide
from ledger.book.refusals import Refusal

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SPACE = UUID(int=7)


def ident(name: str) -> UUID:
    return uuid5(SPACE, name)


def new_book() -> Book:
    """ana may stand 60 below zero, ben may hold 100, the mint is an issuance account, dee is closed."""
    book = Book(0, closed_through=date(2025, 12, 31))
    for name, kind, floor, ceiling in [
        ("ana", AccountKind.MEMBER, -60, None),
        ("ben", AccountKind.MEMBER, 0, 100),
        ("pot", AccountKind.POT, 0, None),
        ("mint", AccountKind.ISSUANCE, None, None),
        ("dee", AccountKind.MEMBER, 0, None),
    ]:
        book.accounts[ident(name)] = Account(
            ident(name), kind, floor=floor, ceiling=ceiling, secret=b"s" * 32
        )
    book.accounts[ident("dee")].closed = True
    return book


def read_command(words: list[str]):
    """A line of a scenario as a command: the first word is its id, the second what it does."""
    key, verb, *rest = words
    command_id = ident(key)
    match verb:
        case "move":
            *sides, last = rest
            hold_id = None
            if last.startswith("hold="):
                hold_id = ident(last[5:])
            else:
                sides.append(last)
            entries = []
            for side in sides:
                name, _, seconds = side.partition(":")
                entries.append((ident(name), int(seconds)))
            return PostTransfer(command_id, TransferKind.CARE, tuple(entries), None, hold_id)
        case "on":
            day = date.fromisoformat(rest[0])
            entries = ((ident("mint"), -1), (ident("ana"), 1))
            return PostTransfer(command_id, TransferKind.CARE, entries, day)
        case "reverse":
            return ReverseTransfer(command_id, ident(rest[0]), "a mistake")
        case "hold":
            return PlaceHold(command_id, ident(rest[0]), int(rest[1]), NOW + timedelta(seconds=int(rest[2])))
        case "void":
            return VoidHold(command_id, ident(rest[0]))
        case "open":
            floor, ceiling = (None if word == "none" else int(word) for word in rest[2:4])
            peer = rest[4] if len(rest) > 4 else None
            return OpenAccount(command_id, AccountKind(rest[0]), rest[1], floor, ceiling, None, peer)
        case "limits":
            floor, ceiling = (None if word == "none" else int(word) for word in rest[1:3])
            seen = int(rest[3]) if len(rest) > 3 else None
            return SetLimits(command_id, ident(rest[0]), floor, ceiling, seen)
        case "close":
            return CloseAccount(command_id, ident(rest[0]))
    raise AssertionError(f"no verb {verb}")


def name_of(outcome) -> str:
    match outcome:
        case Posted():
            return "posted"
        case Done():
            return "done"
        case Replayed():
            return "replayed"
        case Refused():
            return outcome.refusal.code
    raise AssertionError(outcome)


SCENARIOS = {
    "a transfer, its replay, and the floor": """
        t1  move ana:-60 pot:60             posted
        t1  move ana:-60 pot:60             replayed      # the reply was lost
        t1  move ana:-59 pot:59             id_reused
        t1  reverse t1                      id_reused
        t2  move ana:-1 pot:1               below_floor   # ana already stands at -60
        t2  move ana:-1 pot:1               below_floor   # remembered: the same id, the same answer
        t3  move pot:-60 ana:60             posted
        t2  move ana:-1 pot:1               below_floor   # even though it would pass now
        t4  move ana:-1 pot:1               posted
    """,
    "a ceiling": """
        t1  move mint:-100 ben:100          posted
        t2  move mint:-1 ben:1              above_ceiling
        t3  move ben:-1 ana:1               posted
        t4  move mint:-1 ben:1              posted
    """,
    "several entries in one transfer": """
        t1  move mint:-30 ana:10 ben:20     posted
        t2  move ana:-10 ben:-20 mint:30    posted
        t3  move ana:-61 ben:61             below_floor
        t4  move ana:-10 ben:-10 pot:20     below_floor   # ben has nothing left
    """,
    "what a transfer must look like": """
        t1  move ana:-1                     too_few_entries
        t2  move ana:0 ben:0                seconds_out_of_range
        t3  move ana:-600000001 ben:600000001  seconds_out_of_range
        t4  move ana:-1 ana:1               account_repeated
        t5  move ana:-2 ben:1               unbalanced
        t6  move ana:-1 nobody:1            account_unknown
        t7  move ana:-1 dee:1               account_closed
        t8  on 2026-11-24                   service_date_in_future
        t9  on 2026-11-23                   posted        # it is already tomorrow somewhere
        t10 on 2025-12-31                   period_closed
        t11 on 2026-01-01                   posted
    """,
    "reversals": """
        t1  move mint:-50 ana:50            posted
        r1  reverse t1                      posted
        r1  reverse t1                      replayed
        r2  reverse t1                      already_reversed
        r3  reverse r1                      transfer_is_reversal
        r4  reverse t9                      transfer_unknown
        t2  move mint:-50 ben:50            posted
        t3  move ben:-50 ana:50             posted
        r5  reverse t2                      below_floor   # ben has spent it
    """,
    "a hold sets seconds aside": """
        h1  hold ana 40 3600                done
        h1  hold ana 40 3600                replayed
        t1  move ana:-21 pot:21             below_floor   # 40 of 60 are set aside
        t2  move ana:-20 pot:20             posted
        h2  hold ana 1 3600                 below_floor
        t3  move ana:-41 pot:41 hold=h1     hold_exceeded
        t4  move pot:-1 ana:1 hold=h1       hold_exceeded # it must take from the held account
        t5  move ana:-10 pot:10 hold=h1     posted        # settled in part: the rest is free again
        t6  move ana:-10 pot:10 hold=h1     hold_resolved
        v1  void h1                         hold_resolved
        t7  move ana:-30 pot:30             posted
        t8  move ana:-1 pot:1               below_floor
    """,
    "a hold is voided once": """
        h1  hold ana 60 3600                done
        t1  move ana:-1 pot:1               below_floor
        v1  void h1                         done
        v1  void h1                         replayed
        v2  void h1                         hold_resolved
        v3  void h9                         hold_unknown
        t2  move ana:-1 pot:1               posted
        t3  move ana:-1 pot:1 hold=h1       hold_resolved
    """,
    "what a hold must look like": """
        h1  hold ana 0 3600                 seconds_out_of_range
        h2  hold nobody 1 3600              account_unknown
        h3  hold dee 1 3600                 account_closed
        h4  hold ana 1 0                    expiry_out_of_range
        h5  hold ana 1 -1                   expiry_out_of_range
        h6  hold ana 1 99999999             expiry_out_of_range
        h7  hold ana 61 3600                below_floor
        t1  move ana:-1 ben:1 hold=h9       hold_unknown
    """,
    "opening accounts": """
        eve   open member eve -60 none      done
        eve   open member eve -60 none      replayed
        x1    open member eve -60 none      code_taken
        x2    open member fay none none     limits_invalid
        x3    open member fay 1 none        limits_invalid
        x4    open member fay 0 -1          limits_invalid
        x5    open clearing elm -60 60      peer_required
        x6    open member fay 0 none elm    peer_required
        elm   open clearing elm -60 60 elm  done
        mint2 open issuance mint2 none none done
        t1    move eve:-60 elm:60           posted
    """,
    "limits and closing": """
        l1  limits ana -10 none             done
        t1  move ana:-11 pot:11             below_floor
        t2  move ana:-10 pot:10             posted
        l2  limits ana -9 none              limits_exclude_balance
        l3  limits pot 0 9                  limits_exclude_balance
        l4  limits ana none none            limits_invalid
        l5  limits nobody 0 none            account_unknown
        l6  limits dee 0 none               account_closed
        l7  limits ana -20 none 1           limits_changed   # somebody else was quicker
        l8  limits ana -20 none 2           done
        c1  close ana                       account_not_empty
        c2  close ben                       done
        c3  close ben                       account_closed
        c4  close nobody                    account_unknown
        t3  move ana:-1 ben:1               account_closed
        l9  limits ben 0 none               account_closed
    """,
}


def lines_of(scenario: str):
    for line in scenario.strip().splitlines():
        words = line.split("#")[0].split()
        yield words[:-1], words[-1]


@pytest.mark.parametrize("title", SCENARIOS)
def test_a_scenario_goes_as_written(title):
    book = new_book()
    for words, expected in lines_of(SCENARIOS[title]):
        [outcome] = decide(book, [read_command(words)], NOW).outcomes
        assert name_of(outcome) == expected, " ".join(words)


@pytest.mark.parametrize("title", SCENARIOS)
def test_a_batch_equals_its_parts(title):
    commands = [read_command(words) for words, _ in lines_of(SCENARIOS[title])]
    outcomes = decide(new_book(), commands, NOW).outcomes
    assert [name_of(outcome) for outcome in outcomes] == [
        expected for _, expected in lines_of(SCENARIOS[title])
    ]


def test_an_expired_hold_frees_its_seconds_without_a_sweeper():
    book = new_book()
    decide(book, [read_command("h1 hold ana 60 10".split())], NOW)
    later = NOW + timedelta(seconds=10)
    decision = decide(book, [read_command("t1 move ana:-60 pot:60".split())], later)
    assert [name_of(outcome) for outcome in decision.outcomes] == ["posted"]
    assert [(end.hold.id, end.outcome) for end in decision.resolutions] == [(ident("h1"), "expired")]


def test_an_expired_hold_cannot_be_settled_or_voided():
    book = new_book()
    decide(book, [read_command("h1 hold ana 60 10".split())], NOW)
    later = NOW + timedelta(seconds=10)
    settle, void = read_command("t1 move ana:-1 pot:1 hold=h1".split()), read_command("v1 void h1".split())
    assert [name_of(outcome) for outcome in decide(book, [settle, void], later).outcomes] == [
        "hold_expired"
    ] * 2


def test_a_refused_settlement_leaves_the_hold_as_it_was():
    book = new_book()
    decide(book, [read_command("h1 hold ana 60 3600".split())], NOW)
    decision = decide(book, [read_command("t1 move ana:-60 ben:60 dee:0 hold=h1".split())], NOW)
    assert isinstance(decision.outcomes[0], Refused)
    over = read_command("t2 move ana:-60 mint:-50 ben:110 hold=h1".split())
    assert name_of(decide(book, [over], NOW).outcomes[0]) == "above_ceiling"
    assert book.accounts[ident("ana")].held == 60
    assert ident("h1") in book.open_holds


def test_a_refused_command_changes_no_account():
    for title, scenario in SCENARIOS.items():
        book = new_book()
        for words, expected in lines_of(scenario):
            before = {
                account.id: (account.balance, account.held, account.floor)
                for account in book.accounts.values()
            }
            decision = decide(book, [read_command(words)], NOW)
            if expected not in ("posted", "done"):
                after = {
                    account.id: (account.balance, account.held, account.floor)
                    for account in book.accounts.values()
                }
                assert before == after, (title, words)
                assert not decision.transfers


OF_THE_BOOK = list(Refusal)[: list(Refusal).index(Refusal.ABOVE_CEILING) + 1]
"""What `decide` itself refuses; the refusals about people come after these."""


def test_every_refusal_is_reached_by_a_scenario():
    reached = {expected for scenario in SCENARIOS.values() for _, expected in lines_of(scenario)}
    reached |= {
        "hold_expired",
        "too_many_entries",
    }  # each has a test of its own, since its line would be too long
    assert {refusal.code for refusal in OF_THE_BOOK} <= reached


def test_every_refusal_about_people_is_met_in_a_test():
    tests = [path.read_text() for path in Path(__file__).parents[1].rglob("test_*.py")]
    of_people = list(Refusal)[len(OF_THE_BOOK) :]
    assert len(of_people) > 20
    for refusal in of_people:
        assert any(refusal.code in text or f"Refusal.{refusal.name}" in text for text in tests), refusal


def test_a_transfer_of_more_than_a_hundred_entries_is_refused():
    entries = tuple((ident(f"a{n}"), 1) for n in range(101))
    [outcome] = decide(new_book(), [PostTransfer(ident("t"), TransferKind.CARE, entries)], NOW).outcomes
    assert name_of(outcome) == "too_many_entries"


PRECEDENCE = """
    move ana:0                               too_few_entries           # and zero
    move ana:0 ana:1                         seconds_out_of_range      # and repeated, and unbalanced
    move ana:-2 ana:1                        account_repeated          # and unbalanced
    move ana:-2 nobody:1                     unbalanced                # and unknown
    move dee:-1 nobody:1                     account_unknown           # and closed
    move ana:-100 dee:100                    account_closed            # and below the floor
    move ana:-100 pot:100 hold=h9            hold_unknown              # and below the floor
    move ana:-101 ben:101                    below_floor               # and above the ceiling
"""


@pytest.mark.parametrize("line", PRECEDENCE.strip().splitlines())
def test_when_several_refusals_apply_the_first_in_the_published_order_is_heard(line):
    *words, expected = line.split("#")[0].split()
    [outcome] = decide(new_book(), [read_command(["t1", *words])], NOW).outcomes
    assert name_of(outcome) == expected


def test_the_published_order_is_the_one_in_the_readme():
    readme = (Path(__file__).parents[2] / "ledger" / "README.md").read_text()
    published = re.findall(r"^\| `([a-z_]+)` \| [0-9]{3} \|", readme, re.MULTILINE)
    assert published == [refusal.code for refusal in Refusal]
