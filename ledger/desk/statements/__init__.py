"""Statements: an account's entries over a period, with the balances they lead between."""

from ledger.desk.statements.periods import Period, month_before
from ledger.desk.statements.reading import Holder, Made, make_statement
from ledger.desk.statements.wishes import change_wish

__all__ = ["Holder", "Made", "Period", "change_wish", "make_statement", "month_before"]
