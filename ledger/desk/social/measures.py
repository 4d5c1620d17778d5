"""Every number of the social report: what exactly it counts, in which unit, and which rows stand behind it.

A number is `held` when it rests on something that changes without a trace, such as a member's class: an evidence pack
keeps it as it was, and everything else is counted again from what was recorded by then.
"""

from dataclasses import dataclass
from enum import StrEnum


def mark(message: str) -> str:
    """The message itself: marks a text for translation that the pages say."""
    return message


class Unit(StrEnum):
    """What a value is in, always whole. PER_MILLE is of a number that is told; HUNDREDTHS of an answer from 1 to 5."""

    COUNT = "count"
    SECONDS = "seconds"
    DAYS = "days"
    PER_MILLE = "per_mille"
    HUNDREDTHS = "hundredths"


class Perspective(StrEnum):
    """From where a balanced scorecard looks at a co-op (after Kaplan and Norton, for one that is not for profit)."""

    PEOPLE = "people"
    CREDITS = "credits"
    PROCESSES = "processes"
    LEARNING = "learning"


class Rows(StrEnum):
    """What the rows behind a number are. NONE for answers of people, which are never shown singly."""

    CLAIMS = "claims"
    MEMBERS = "members"
    REQUESTS = "requests"
    DISPUTES = "disputes"
    ACCOUNTS = "accounts"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of the report. `more_is_better` is None where neither is; `definition` is one sentence.

    Of a wait, `per_cent` says of how many of its rows, the fastest first, it is the longest.
    """

    code: str
    title: str
    definition: str
    unit: Unit
    perspective: Perspective
    rows: Rows
    more_is_better: bool | None = None
    held: bool = False
    per_cent: int | None = None


_P, _C, _I, _L = Perspective.PEOPLE, Perspective.CREDITS, Perspective.PROCESSES, Perspective.LEARNING

ALL = (
    Measure(
        "people_reached",
        mark("People reached"),
        mark("Members who received care on a day of the range by a claim that stands paid."),
        Unit.COUNT,
        _P,
        Rows.MEMBERS,
        True,
    ),
    Measure(
        "first_received",
        mark("People reached for the first time"),
        mark("Those of the people reached who had no paid care on any day before the range."),
        Unit.COUNT,
        _P,
        Rows.MEMBERS,
        True,
    ),
    Measure(
        "both",
        mark("Give and receive"),
        mark("Members who gave and received paid care on days of the range."),
        Unit.COUNT,
        _P,
        Rows.MEMBERS,
        True,
    ),
    Measure(
        "only_give",
        mark("Only give"),
        mark("Members who gave paid care on days of the range and received none."),
        Unit.COUNT,
        _P,
        Rows.MEMBERS,
    ),
    Measure(
        "only_receive",
        mark("Only receive"),
        mark("Members who received paid care on days of the range and gave none."),
        Unit.COUNT,
        _P,
        Rows.MEMBERS,
    ),
    Measure(
        "neither",
        mark("Neither give nor receive"),
        mark(
            "Members, active or away, who had joined by the last day and had no part in paid care in the range."
        ),
        Unit.COUNT,
        _P,
        Rows.MEMBERS,
        False,
        held=True,
    ),
    Measure(
        "receiver_visit",
        mark("How visits were for receivers"),
        mark(
            "The mean of receivers’ answers, from 1 to 5, in whole months of the range in which five people or more"
            " answered."
        ),
        Unit.HUNDREDTHS,
        _P,
        Rows.NONE,
        True,
        held=True,
    ),
    Measure(
        "receiver_after",
        mark("How receivers feel afterwards"),
        mark(
            "The mean of receivers’ answers, from 1 (much worse) to 5 (much better than before the visit), in whole"
            " months of the range in which five people or more answered."
        ),
        Unit.HUNDREDTHS,
        _P,
        Rows.NONE,
        True,
        held=True,
    ),
    Measure(
        "receiver_share",
        mark("Visits that receivers told us about"),
        mark(
            "Answers of receivers as a part of the paid visits, in whole months of the range in which five people or"
            " more answered."
        ),
        Unit.PER_MILLE,
        _P,
        Rows.NONE,
        True,
        held=True,
    ),
    Measure(
        "visits",
        mark("Visits"),
        mark("Claims with care on a day of the range that stand paid; what a dispute took back is left out."),
        Unit.COUNT,
        _C,
        Rows.CLAIMS,
        True,
    ),
    Measure(
        "hours_given",
        mark("Hours of care"),
        mark("The length of these visits together, as it was recorded, or as a dispute corrected it."),
        Unit.SECONDS,
        _C,
        Rows.CLAIMS,
        True,
    ),
    Measure(
        "outstanding",
        mark("Hours outstanding"),
        mark(
            "What the accounts of members and households above zero hold together, at the moment of the report."
        ),
        Unit.SECONDS,
        _C,
        Rows.ACCOUNTS,
    ),
    Measure(
        "logged",
        mark("Claims logged"),
        mark("Claims with care on a day of the range, whatever became of them."),
        Unit.COUNT,
        _I,
        Rows.CLAIMS,
    ),
    Measure(
        "by_receiver",
        mark("Confirmed by the receiver"),
        mark("Those of the claims logged that the receiver confirmed, or logged themselves."),
        Unit.COUNT,
        _I,
        Rows.CLAIMS,
    ),
    Measure(
        "by_delegate",
        mark("Confirmed by a delegate"),
        mark("Those of the claims logged that a delegate of the receiver confirmed."),
        Unit.COUNT,
        _I,
        Rows.CLAIMS,
    ),
    Measure(
        "by_coordinator",
        mark("Confirmed by a co-ordinator"),
        mark("Those of the claims logged that a co-ordinator confirmed, or typed from a signed sheet."),
        Unit.COUNT,
        _I,
        Rows.CLAIMS,
    ),
    Measure(
        "by_silence",
        mark("Confirmed by silence"),
        mark("Those of the claims logged that nobody answered within the days of the policy."),
        Unit.COUNT,
        _I,
        Rows.CLAIMS,
    ),
    Measure(
        "by_machine",
        mark("Confirmed by a machine"),
        mark("Those of the claims logged that were confirmed with a token or at the shell."),
        Unit.COUNT,
        _I,
        Rows.CLAIMS,
    ),
    Measure(
        "declined",
        mark("Declined"),
        mark("Those of the claims logged whose first answer was that the hours are not right."),
        Unit.COUNT,
        _I,
        Rows.CLAIMS,
    ),
    Measure(
        "withdrawn",
        mark("Withdrawn"),
        mark("Those of the claims logged that were taken back before anybody had answered."),
        Unit.COUNT,
        _I,
        Rows.CLAIMS,
    ),
    Measure(
        "disputed_first",
        mark("Disputed before an answer"),
        mark("Those of the claims logged that were disputed before anybody had answered."),
        Unit.COUNT,
        _I,
        Rows.CLAIMS,
    ),
    Measure(
        "unanswered",
        mark("Not answered yet"),
        mark("Those of the claims logged that still wait for an answer."),
        Unit.COUNT,
        _I,
        Rows.CLAIMS,
        False,
    ),
    Measure(
        "by_people",
        mark("Confirmed by a person"),
        mark("The part of the claims confirmed that a person confirmed, and not silence or a machine."),
        Unit.PER_MILLE,
        _I,
        Rows.CLAIMS,
        True,
    ),
    Measure(
        "confirm_median",
        mark("Wait until confirmed (50\u00a0%)"),
        mark(
            "The longest wait after logging among the claims confirmed fastest (50\u00a0%); those confirmed by"
            " silence, or by whoever logged them, are left out."
        ),
        Unit.SECONDS,
        _I,
        Rows.CLAIMS,
        False,
        per_cent=50,
    ),
    Measure(
        "confirm_ninety",
        mark("Wait until confirmed (90\u00a0%)"),
        mark("The longest wait after logging among the fastest of the same claims (90\u00a0%)."),
        Unit.SECONDS,
        _I,
        Rows.CLAIMS,
        False,
        per_cent=90,
    ),
    Measure(
        "requests",
        mark("Requests for care"),
        mark("Requests for care on a day of the range."),
        Unit.COUNT,
        _I,
        Rows.REQUESTS,
    ),
    Measure(
        "requests_taken",
        mark("Requests taken"),
        mark("The part of these requests that somebody took."),
        Unit.PER_MILLE,
        _I,
        Rows.REQUESTS,
        True,
    ),
    Measure(
        "requests_visited",
        mark("Requests that led to a visit"),
        mark("The part of these requests that a paid visit settled."),
        Unit.PER_MILLE,
        _I,
        Rows.REQUESTS,
        True,
    ),
    Measure(
        "taking_median",
        mark("From asking to taking (50\u00a0%)"),
        mark(
            "The longest time from asking to being taken for the first time, among the requests taken"
            " fastest (50\u00a0%)."
        ),
        Unit.SECONDS,
        _I,
        Rows.REQUESTS,
        False,
        per_cent=50,
    ),
    Measure(
        "taking_ninety",
        mark("From asking to taking (90\u00a0%)"),
        mark(
            "The longest time from asking to being taken for the first time, among the requests taken"
            " fastest (90\u00a0%)."
        ),
        Unit.SECONDS,
        _I,
        Rows.REQUESTS,
        False,
        per_cent=90,
    ),
    Measure(
        "visiting_median",
        mark("From asking to the visit (50\u00a0%)"),
        mark(
            "The most days from the day of asking to that of the visit, among the requests visited soonest"
            " (50\u00a0%)."
        ),
        Unit.DAYS,
        _I,
        Rows.REQUESTS,
        False,
        per_cent=50,
    ),
    Measure(
        "visiting_ninety",
        mark("From asking to the visit (90\u00a0%)"),
        mark(
            "The most days from the day of asking to that of the visit, among the requests visited soonest"
            " (90\u00a0%)."
        ),
        Unit.DAYS,
        _I,
        Rows.REQUESTS,
        False,
        per_cent=90,
    ),
    Measure(
        "disputes",
        mark("Disputes"),
        mark("Disputes opened on a day of the range."),
        Unit.COUNT,
        _I,
        Rows.DISPUTES,
    ),
    Measure(
        "disputes_open",
        mark("Disputes without an outcome"),
        mark("Those of these disputes that are not decided."),
        Unit.COUNT,
        _I,
        Rows.DISPUTES,
        False,
    ),
    Measure(
        "disputes_upheld",
        mark("Disputes: claim upheld"),
        mark("Those of these disputes after which the claim stood as it was."),
        Unit.COUNT,
        _I,
        Rows.DISPUTES,
    ),
    Measure(
        "disputes_corrected",
        mark("Disputes: claim corrected"),
        mark("Those of these disputes after which the claim has another length."),
        Unit.COUNT,
        _I,
        Rows.DISPUTES,
    ),
    Measure(
        "disputes_reversed",
        mark("Disputes: claim taken back"),
        mark("Those of these disputes after which nothing is paid for the claim."),
        Unit.COUNT,
        _I,
        Rows.DISPUTES,
    ),
    Measure(
        "disputes_withdrawn",
        mark("Disputes withdrawn"),
        mark("Those of these disputes that whoever opened them took back."),
        Unit.COUNT,
        _I,
        Rows.DISPUTES,
    ),
    Measure(
        "deciding_median",
        mark("Days to decide a dispute (50\u00a0%)"),
        mark(
            "The most days from opening to outcome, among these disputes that were decided fastest (50\u00a0%)."
        ),
        Unit.DAYS,
        _I,
        Rows.DISPUTES,
        False,
        per_cent=50,
    ),
    Measure(
        "deciding_ninety",
        mark("Days to decide a dispute (90\u00a0%)"),
        mark(
            "The most days from opening to outcome, among these disputes that were decided fastest (90\u00a0%)."
        ),
        Unit.DAYS,
        _I,
        Rows.DISPUTES,
        False,
        per_cent=90,
    ),
    Measure(
        "givers",
        mark("People who give"),
        mark("Members who gave care on a day of the range by a claim that stands paid."),
        Unit.COUNT,
        _L,
        Rows.MEMBERS,
        True,
    ),
    Measure(
        "first_given",
        mark("People who give for the first time"),
        mark("Those of the people who give who had given no paid care on any day before the range."),
        Unit.COUNT,
        _L,
        Rows.MEMBERS,
        True,
    ),
    Measure(
        "new_members",
        mark("New members"),
        mark("Members, active or away, who joined on a day of the range."),
        Unit.COUNT,
        _L,
        Rows.MEMBERS,
        True,
        held=True,
    ),
    Measure(
        "cleared",
        mark("Clearances in date"),
        mark(
            "The part of those who gave paid care that needs clearances who had each of them, good on the last day"
            " of the range."
        ),
        Unit.PER_MILLE,
        _L,
        Rows.MEMBERS,
        True,
        held=True,
    ),
    Measure(
        "provider_visit",
        mark("How visits were for those who gave"),
        mark(
            "The mean of providers’ answers, from 1 to 5, in whole months of the range in which five people or more"
            " answered."
        ),
        Unit.HUNDREDTHS,
        _L,
        Rows.NONE,
        True,
        held=True,
    ),
    Measure(
        "provider_after",
        mark("Whether those who give could go on"),
        mark(
            "The mean of providers’ answers, from 1 (no) to 5 (gladly), in whole months of the range in which five"
            " people or more answered."
        ),
        Unit.HUNDREDTHS,
        _L,
        Rows.NONE,
        True,
        held=True,
    ),
    Measure(
        "provider_share",
        mark("Visits that providers told us about"),
        mark(
            "Answers of providers as a part of the paid visits, in whole months of the range in which five people or"
            " more answered."
        ),
        Unit.PER_MILLE,
        _L,
        Rows.NONE,
        True,
        held=True,
    ),
)
"""The measures in the order in which a report tells them."""

MEASURES = {measure.code: measure for measure in ALL}
