"""Names of accounts in plain-text journals."""

import re
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from ledger.book.commands import AccountKind
from ledger.desk.journals import beancount_names, hledger_names

A, B = UUID(int=1), UUID(int=2)
_ACCOUNTS = st.lists(
    st.tuples(st.sampled_from([kind.value for kind in AccountKind]), st.text(max_size=8)), max_size=12
)


def test_an_account_is_its_kind_and_code() -> None:
    accounts = [(A, "member", "m12"), (B, "difference", "gone-deleted")]
    assert hledger_names(accounts) == {A: "member:m12", B: "difference:gone-deleted"}
    assert beancount_names(accounts) == {A: "Assets:Member:M12", B: "Equity:Difference:Gone-deleted"}


def test_accounts_that_would_look_the_same_get_their_ids() -> None:
    assert beancount_names([(A, "member", "m1"), (B, "member", "M1")]) == {
        A: f"Assets:Member:M1-{A.hex}",
        B: f"Assets:Member:M1-{B.hex}",
    }


@given(_ACCOUNTS)
def test_names_are_all_different_and_plain(accounts: list[tuple[str, str]]) -> None:
    numbered = [(uuid5(A, str(number)), *account) for number, account in enumerate(accounts)]
    for names, form in (
        (hledger_names(numbered), r"[a-z]+:[A-Za-z0-9-]*"),
        (beancount_names(numbered), r"(Assets|Equity):[A-Z][a-z]+:[A-Z0-9][A-Za-z0-9-]*"),
    ):
        assert len(set(names.values())) == len(accounts)
        assert all(re.fullmatch(form, name) for name in names.values())
