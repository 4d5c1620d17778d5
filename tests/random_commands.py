"""Commands at random over few ids, so that ids, accounts and holds meet again and again."""

from datetime import timedelta
from uuid import UUID, uuid5

from hypothesis import strategies as st

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

SPACE = UUID(int=11)
ACCOUNTS = [uuid5(SPACE, f"account {n}") for n in range(7)]
IDS = [uuid5(SPACE, f"id {n}") for n in range(300)]

fresh = st.sampled_from(IDS)
accounts = st.sampled_from(ACCOUNTS)
anything = st.one_of(fresh, accounts)
small = st.one_of(st.integers(-120, 120), st.sampled_from([600_000_000, -600_000_001, 2**53]))
floors = st.sampled_from([None, -60, -30, 0, 0, 5])
ceilings = st.sampled_from([None, None, None, 100, 0, -1])


@st.composite
def balanced(draw):
    who = draw(st.lists(accounts, min_size=2, max_size=4, unique=True))
    seconds = draw(st.lists(st.integers(1, 60), min_size=len(who) - 1, max_size=len(who) - 1))
    sign = draw(st.sampled_from([1, -1]))
    return tuple(zip(who, [*[sign * each for each in seconds], -sign * sum(seconds)], strict=True))


odd = st.lists(st.tuples(accounts, small), max_size=3).map(tuple)


def commands(now):
    """Any command, most of them sensible, as of `now`."""
    moments = st.sampled_from([-1, 0, 1, 30, 3600, 99_999_999]).map(
        lambda after: now + timedelta(seconds=after)
    )
    days = st.sampled_from([None, None, -400, 0, 1, 2]).map(
        lambda d: d if d is None else (now + timedelta(days=d)).date()
    )
    kinds = st.sampled_from([kind for kind in TransferKind if kind is not TransferKind.REVERSE])
    notes = st.sampled_from([None, None, "Shopping", 'sŵn "quoted" \\ 日本'])
    moves = st.builds(PostTransfer, fresh, kinds, balanced(), days, st.none(), notes)
    return st.one_of(
        moves,
        moves,
        st.builds(
            PostTransfer, fresh, kinds, st.one_of(balanced(), odd), days, st.one_of(st.none(), fresh), notes
        ),
        st.builds(ReverseTransfer, fresh, fresh, st.sampled_from([None, "typed twice"])),
        st.builds(PlaceHold, fresh, accounts, st.integers(-1, 60), moments),
        st.builds(VoidHold, fresh, fresh),
        st.builds(
            OpenAccount,
            anything,
            st.sampled_from(AccountKind),
            st.sampled_from([f"code-{n}" for n in range(20)]),
            floors,
            ceilings,
            st.sampled_from([None, "Siân"]),
            st.sampled_from([None, None, "elm"]),
        ),
        st.builds(SetLimits, fresh, accounts, floors, ceilings, st.sampled_from([None, None, 1, 2])),
        st.builds(CloseAccount, fresh, accounts),
    )


def opening(now):
    """A few accounts to begin with, so that most commands find something."""
    kinds = [
        AccountKind.MEMBER,
        AccountKind.MEMBER,
        AccountKind.HOUSEHOLD,
        AccountKind.POT,
        AccountKind.ISSUANCE,
    ]
    limits = [(-60, None), (-60, 100), (-30, None), (0, None), (None, None)]
    return [
        OpenAccount(account, kind, f"start-{n}", floor, ceiling)
        for n, (account, kind, (floor, ceiling)) in enumerate(zip(ACCOUNTS, kinds, limits, strict=False))
    ]
