"""Whatever the ledger may answer, the desk has plain words for it."""

from api.web.desk.audit import KINDS_OF_ACCOUNTS, STATES
from api.web.desk.audit_words import FINDINGS
from api.web.desk.books import TRANSFER_KINDS
from api.web.desk.policy import WHY
from api.web.desk.reports import AGES, EXCHANGE_HEADINGS, EXCHANGES
from ledger.book.commands import AccountKind, TransferKind
from ledger.desk.audit.findings import REMEDIES
from ledger.desk.reports import Reciprocity
from ledger.desk.work import State
from ledger.hours.liability import AgeBand
from ledger.hours.simulation import Why


def test_each_of_them_is_said():
    assert FINDINGS.keys() == REMEDIES.keys()
    for words, meant in (
        (STATES, State),
        (KINDS_OF_ACCOUNTS, AccountKind),
        (TRANSFER_KINDS, TransferKind),
        (WHY, Why),
        (AGES, AgeBand),
        (EXCHANGES, Reciprocity),
        (EXCHANGE_HEADINGS, Reciprocity),
    ):
        assert set(words) == {each.value for each in meant}
