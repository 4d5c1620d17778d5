"""How the social report is laid out, for the pages and for `carehours report`: its parts, and what stands in each."""

from ledger.desk.social.measures import mark

PERSPECTIVES = {
    "people": mark("Members and families"),
    "credits": mark("Care and credits"),
    "processes": mark("How we work"),
    "learning": mark("Learning and growing"),
}
"""The perspectives of a balanced scorecard, and what each is called."""

PARTS = {
    "aims": mark("What we set out to do"),
    "deeds": mark("What we did"),
    "difference": mark("What difference it made"),
    "learned": mark("What we learned"),
}
"""What a Prove It report tells in words, and what each part is called."""

NUMBERS_OF = {
    "deeds": (
        "visits",
        "hours_given",
        "people_reached",
        "first_received",
        "givers",
        "both",
        "requests_visited",
        "by_people",
    ),
    "difference": (
        "receiver_visit",
        "receiver_after",
        "receiver_share",
        "provider_visit",
        "provider_after",
        "provider_share",
    ),
}
"""The measures that stand beside a part of a Prove It report."""
