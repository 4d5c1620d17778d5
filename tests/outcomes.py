"""What became of a command, as the naive ledger would say it."""

from ledger.book.posting import Done, Posted, Refused


def answer(outcome):
    match outcome:
        case Posted():
            return "posted"
        case Done():
            return "done"
        case Refused():
            return outcome.refusal.code
    return "replayed"
