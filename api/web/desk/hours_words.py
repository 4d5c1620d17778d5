"""What the API says of claims, requests and disputes, in words for the desk, marked for translation."""

from api.web.language import mark

CLAIM_STEPS = {
    "logged": mark("Logged"),
    "posted": mark("Confirmed and paid"),
    "declined": mark("Declined"),
    "withdrawn": mark("Withdrawn"),
    "disputed": mark("Disputed"),
    "undisputed": mark("Dispute withdrawn"),
    "upheld": mark("Dispute decided: it stands as it was logged"),
    "corrected": mark("Dispute decided: the length was corrected"),
    "reversed": mark("Dispute decided: taken back"),
}
OVERLAPS = {
    "duplicate": mark("Looks like the same visit, logged twice"),
    "provider": mark("The giver was at both at the same time"),
    "receiver": mark("The receiver had both at the same time"),
}
REQUEST_STATES = {
    "open": mark("looks for somebody"),
    "taken": mark("taken"),
    "settled": mark("done"),
    "cancelled": mark("cancelled"),
    "expired": mark("expired"),
}
REQUEST_STEPS = {
    "asked": mark("Asked for"),
    "taken": mark("Taken"),
    "given_back": mark("Given back"),
    "cancelled": mark("Cancelled"),
    "settled": mark("Visit paid"),
}
OUTCOMES = {
    "upheld": mark("stands as logged"),
    "corrected": mark("length corrected"),
    "reversed": mark("taken back"),
    "withdrawn": mark("withdrawn"),
}
SIDES = {
    "provider": mark("for the giver"),
    "receiver": mark("for the receiver"),
    "coordinator": mark("as co-ordinator"),
}
PURPOSES = {
    "community": mark("for the community"),
    "hardship": mark("for members in hardship"),
    "guarantee": mark("to stand behind members’ credits"),
}
ELIGIBLE = {
    "anybody": mark("anybody"),
    "frail": mark("members who are frail"),
    "service_user": mark("service users"),
}
