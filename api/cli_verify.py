"""`carehours verify`: whether a receipt, a statement, the proof of a balance or an evidence pack is genuine.

It needs the file and the keys somebody kept, no network and no database.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import rich_click as click

from api.cli_common import Failure, printable, read_at_most

ZIP = b"PK\x03\x04"
PDF = b"%PDF-"
SIGNS = {True: "ok ", False: "NO ", None: " - "}


class Answer(NamedTuple):
    """What was checked, in a word; the result with its `valid` and `checks`; what it says in words when it is valid."""

    what: str
    result: Any
    lines: Iterable[str]


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--trust",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The trust file: /.well-known/carehours-trust.json of the service, kept beforehand.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def verify(file: Path, trust: Path, as_json: bool) -> None:
    """Check a receipt, a statement, the proof of a balance at the close, or an evidence pack, with the keys you kept.

    Needs no network and no database; exit code 1 when it fails.
    """
    from ledger.log.trust import MAX_TRUST_BYTES, MalformedTrust, Trust

    try:
        trusted = Trust.from_json(read_at_most(trust, MAX_TRUST_BYTES))
    except MalformedTrust as problem:
        raise Failure(printable(f"{trust}: {problem}")) from None
    what, result, lines = answer_about(file, trusted)
    if as_json:
        click.echo(json.dumps({"valid": result.valid} | asdict(result), default=_plain))
    else:
        for each in result.checks:
            click.echo(printable(f"{SIGNS[each.passed]} {each.says}"))
        if result.valid:
            for line in lines:
                click.echo(printable(f"     {line}"))
        click.echo(f"The {what} is valid." if result.valid else f"The {what} is NOT valid.")
    if not result.valid:
        sys.exit(1)


def answer_about(file: Path, trusted: Any) -> Answer:
    """Check a file as what it says it is; what says nothing of itself is taken for a receipt. Failure for a PDF."""
    from ledger.log.balance_proofs import is_balance_proof, verify_balance
    from ledger.log.statement_checks import verify_statement
    from ledger.log.statements import MAX_STATEMENT_BYTES, is_statement
    from ledger.log.verification import verify as verify_receipt

    given = read_at_most(file, MAX_STATEMENT_BYTES)
    if given.startswith(ZIP):
        # It takes longer to import than the others to check.
        from ledger.desk.social.checking import MAX_PACK, verify_pack

        pack = verify_pack(read_at_most(file, MAX_PACK), trusted)
        return Answer("evidence pack", pack, what_a_pack_says(pack.payload))
    if given.startswith(PDF):
        raise Failure("This is a PDF: give the signed file that came with it (statement-….txt).")
    if is_statement(given):
        statement = verify_statement(given, trusted)
        return Answer("statement", statement, what_a_statement_says(statement.statement))
    if is_balance_proof(given):
        balance = verify_balance(given, trusted)
        return Answer("proof", balance, what_a_balance_was(balance.says))
    receipt = verify_receipt(given, trusted)
    return Answer("receipt", receipt, what_a_receipt_says(receipt))


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def what_a_pack_says(said: Any) -> Iterator[str]:
    """A valid evidence pack in words."""
    from datetime import UTC, datetime

    as_of = datetime.fromtimestamp(said["iat"], UTC)
    yield f"The social report of {said['from']} to {said['until']}, as of {as_of:%Y-%m-%d %H:%M} UTC."


def what_a_statement_says(said: Any) -> Iterator[str]:
    """A valid statement in words."""
    from ledger.book.amounts import format_hours

    whose = ", ".join(said.names) or f"account {said.code}"
    yield f"Statement of {whose} at {said.community_name}, {said.from_on} to {said.until_on}."
    yield (
        f"Opened with {format_hours(said.opening)} hours; {format_hours(said.gained)} came and"
        f" {format_hours(said.given)} went; closed with {format_hours(said.closing)}."
    )
    for line in said.lines or ():
        about = ", ".join([each for each in (line.what, *line.who) if each]) or line.kind
        side = "came" if line.seconds > 0 else "went"
        hours = format_hours(abs(line.seconds))
        yield f"{line.recorded_on}: {hours} {side} ({about}), then {format_hours(line.balance_after)}."


def what_a_balance_was(says: Any) -> Iterator[str]:
    """A valid proof of a balance in words."""
    from ledger.book.amounts import format_hours

    whose = "An account" if says.account_id is None else f"Account {says.account_id}"
    yield f"{whose} stood at {format_hours(says.balance)} hours, the sum of {says.entry_count} entries,"
    yield f"when everything through {says.through} was closed in {says.origin} (closing {says.number}),"
    yield f"on {says.closed_at:%Y-%m-%d %H:%M} UTC, with {says.accounts} accounts."


POSTED_BY = {
    "member": "a member",
    "delegate": "a delegate for somebody else",
    "coordinator": "a co-ordinator",
}


def what_a_receipt_says(result: Any) -> Iterator[str]:
    """A valid receipt in words: when, what for, how much, and whatever it discloses."""
    from datetime import UTC, datetime

    from ledger.book.amounts import format_hours

    said = result.payload
    recorded = datetime.fromtimestamp(said["iat"], UTC)
    given = f", for {said['on']}" if "on" in said else ""
    yield f"It says: {said['k']}, recorded {recorded:%Y-%m-%d %H:%M} UTC{given}, transfer {said['jti']}."
    disclosed = {each.entry_index: each for each in result.disclosed}
    for number, entry in enumerate(said["entries"]):
        side = "received" if entry["s"] > 0 else "gave"
        line = f"An account of {entry['c']} {side} {format_hours(abs(entry['s']))} hours"
        if number in disclosed:
            shown = disclosed[number]
            line += f": account {shown.account_id}, which then stood at {format_hours(shown.balance_after)}"
        yield line + "."
    if "via" in said:
        posted = f"Posted by {POSTED_BY[said['via']]}"
        if result.author is not None:
            posted += f": by member {result.author.member_id}"
            if result.author.for_member_id is not None:
                posted += f", for member {result.author.for_member_id}"
        yield posted + "."
    if result.note is not None:
        yield f"Note: {result.note}"
