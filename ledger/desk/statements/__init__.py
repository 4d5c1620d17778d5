"""Statements: an account's entries over a period, with the balances they lead between."""

from ledger.desk.statements.periods import Period, month_before
from ledger.desk.statements.reading import Holder, Made, make_statement

__all__ = ["Holder", "Made", "Period", "make_statement", "month_before"]
