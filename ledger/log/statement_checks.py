"""Is this statement genuine? Asked and answered as of a receipt (`verification`): no network, no database."""

from dataclasses import dataclass, replace

from ledger.log.checking import Check, check_checkpoint, check_issuer, check_signature
from ledger.log.reading import without_end
from ledger.log.statements import SignedStatement, Statement, read_statement_text
from ledger.log.trust import Trust


@dataclass(frozen=True, slots=True)
class StatementVerification:
    """The answer. What the statement says is given only when it is valid: nothing else is worth reading."""

    valid: bool
    checks: tuple[Check, ...]
    statement: Statement | None = None


def verify_statement(text: bytes, trust: Trust) -> StatementVerification:
    """Check a statement against those we trust. Never raises, whatever the bytes."""
    try:
        signed = read_statement_text(without_end(text))
    except UnicodeDecodeError:
        says = "This is not a statement as Carehours writes it: it has characters that a statement never has."
        return StatementVerification(False, (Check("form", False, says),))
    except ValueError as problem:
        says = f"This is not a statement as Carehours writes it, or it was changed or cut short: {problem}."
        return StatementVerification(False, (Check("form", False, says),))
    checks = (
        Check("form", True, "This is a statement, written as Carehours writes it."),
        check_issuer(signed.summary.issuer, trust),
        check_signature(
            "statement", signed.kid, signed.summary.origin, signed.signature, signed.signed, trust
        ),
        _check_sums(signed.summary),
        _check_lines(signed),
        _check_checkpoint(signed, trust),
    )
    if any(check.passed is False for check in checks):
        return StatementVerification(False, checks)
    return StatementVerification(True, checks, replace(signed.summary, lines=signed.lines))


def _check_sums(summary: Statement) -> Check:
    if summary.opening + summary.gained - summary.given != summary.closing:
        return Check(
            "sums", False, "What it opened with, with what came and went, is not what it closes with."
        )
    return Check("sums", True, "What it opened with, with what came and went, is what it closes with.")


def _check_lines(signed: SignedStatement) -> Check:
    if signed.lines is None:
        return Check(
            "lines", None, "It came without its lines: its balances and sums are checked, its lines are not."
        )
    if signed.lines_digest != signed.summary.digest:
        return Check("lines", False, "Its lines are not those that were signed.")
    if not _follow(signed):
        return Check("lines", False, "Its lines do not lead from the opening to the closing balance.")
    return Check(
        "lines",
        True,
        "Its lines are those that were signed, and lead from the opening to the closing balance.",
    )


def _follow(signed: SignedStatement) -> bool:
    """Whether the lines lead, one number after another, from the opening to the closing balance, within its days."""
    summary, lines = signed.summary, signed.lines or ()
    balance, number, leaf, day = summary.opening, summary.start_number, -1, summary.from_on
    for line in lines:
        balance, number = balance + line.seconds, number + 1
        if line.balance_after != balance or line.number != number:
            return False
        if not leaf < line.leaf_index < summary.tree_size or not day <= line.recorded_on <= summary.until_on:
            return False
        leaf, day = line.leaf_index, line.recorded_on
    gained = sum(line.seconds for line in lines if line.seconds > 0)
    given = -sum(line.seconds for line in lines if line.seconds < 0)
    return (balance, gained, given, len(lines)) == (
        summary.closing,
        summary.gained,
        summary.given,
        summary.count,
    )


def _check_checkpoint(signed: SignedStatement, trust: Trust) -> Check:
    if signed.note is None:
        return Check("checkpoint", None, "It came without the checkpoint of the public log that it names.")
    signed_, checkpoint = check_checkpoint(signed.note, signed.summary.origin, trust)
    if checkpoint is None:
        return signed_
    if (checkpoint.size, checkpoint.root) != (signed.summary.tree_size, signed.summary.root):
        return Check("checkpoint", False, "The checkpoint is not the one that the statement names.")
    return signed_
