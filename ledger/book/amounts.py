"""Time as whole seconds: bounds, rounding and the forms people read.

The unit of the ledger is the second. Nothing here, and nothing that calls it, uses a float.
"""

import re
from fractions import Fraction

MAX_ENTRY_SECONDS = 600_000_000
"""Largest seconds in one entry: about 166,667 hours, far above any honest transfer."""

MAX_BALANCE_SECONDS = 2**53 - 1
"""Largest balance, either way: the greatest integer every JSON reader keeps exact (RFC 7493 section 2.2)."""

_HOURS_MINUTES = re.compile(
    r"(?P<sign>-?)(?P<hours>[0-9]{1,7}):(?P<minutes>[0-5][0-9])(?::(?P<seconds>[0-5][0-9]))?"
)


def credited_seconds(recorded_seconds: int, rate: Fraction) -> int:
    """Seconds to credit for the seconds recorded, at `rate`, rounded half up, once.

    Half up means towards plus infinity at exactly one half, for a debit as for a credit, so that the two
    sides of one claim never differ. Raises ValueError for a rate that is not positive.
    """
    if rate <= 0:
        raise ValueError(f"a rate is positive, not {rate}")
    exact = recorded_seconds * rate
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def format_hours(seconds: int) -> str:
    """`-1:05` for minus one hour and five minutes; seconds are shown only when there are any (`0:00:30`)."""
    sign = "-" if seconds < 0 else ""
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02}" + (f":{rest:02}" if rest else "")


def parse_hours(text: str) -> int:
    """Seconds in `H:MM` or `H:MM:SS`, the inverse of `format_hours`. Raises ValueError on anything else."""
    match = _HOURS_MINUTES.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not hours and minutes such as 1:30")
    seconds = int(match["hours"]) * 3600 + int(match["minutes"]) * 60 + int(match["seconds"] or 0)
    return -seconds if match["sign"] else seconds
