"""What the API's words mean to people, marked for translation: standings, classes, relations, scopes, roles."""

from api.web.language import mark

STATUSES = {
    "applied": mark("applied"),
    "active": mark("active"),
    "away": mark("away"),
    "left": mark("left"),
    "died": mark("died"),
}
CLASSES = {
    "worker": mark("worker"),
    "volunteer": mark("volunteer"),
    "service_user": mark("service user"),
    "family_member": mark("family member"),
    "capital_provider": mark("capital provider"),
}
FAMILY = {
    "spouse": mark("spouse"),
    "partner": mark("partner"),
    "child": mark("child"),
    "parent": mark("parent"),
    "sibling": mark("sibling"),
    "grandchild": mark("grandchild"),
    "grandparent": mark("grandparent"),
    "in_law": mark("in-law"),
    "other_relative": mark("other relative"),
}
RELATIONS = FAMILY | {
    "friend": mark("friend"),
    "neighbour": mark("neighbour"),
    "carer": mark("carer"),
}
SCOPES = {
    "see": mark("see their hours and balance"),
    "request": mark("ask for care for them"),
    "confirm": mark("confirm hours for them"),
    "spend": mark("give their credits away"),
}
CARD_STATES = {
    "open": mark("not used yet"),
    "used": mark("used"),
    "revoked": mark("revoked"),
    "expired": mark("expired"),
}
CLEARANCE_STATES = {
    "valid": mark("valid"),
    "not_yet": mark("not valid yet"),
    "expired": mark("expired"),
    "revoked": mark("revoked"),
}
CLAIM_STATES = {
    "submitted": mark("waits for confirmation"),
    "posted": mark("posted"),
    "declined": mark("declined"),
    "withdrawn": mark("withdrawn"),
    "disputed": mark("disputed"),
    "reversed": mark("reversed"),
}
ACCOUNT_KINDS = {
    "member": mark("own account"),
    "household": mark("household’s account"),
    "pot": mark("pot"),
    "issuance": mark("issuance"),
    "difference": mark("difference"),
    "clearing": mark("clearing"),
}
CLOSING_ITEMS = {
    "trial_balance": mark("All balances together are zero"),
    "audit": mark("An audit of everything recorded until then"),
    "open_claims": mark("Claims that wait for an answer"),
    "open_disputes": mark("Disputes that are not decided"),
    "open_requests": mark("Requests for care that are open or taken"),
    "unmatched_sheets": mark("Paper rounds that are not signed off"),
    "failed_assertions": mark("Asserted balances that differ"),
    "holds": mark("Hours that were set aside and still are"),
}
"""What is looked at before a period is closed."""

ERASURE_REASONS = {
    "asked": mark("they, or their family, asked for it"),
    "not_needed": mark("what is known of them is not needed any more"),
    "unlawful": mark("it should not have been kept"),
}
SETTLEMENT_REASONS = {
    "left": mark("they left"),
    "died": mark("they died"),
    "inactive": mark("they have not been active for long"),
}
VIAS = {
    "member": mark("as a member"),
    "delegate": mark("as a delegate"),
    "coordinator": mark("as co-ordinator"),
    "auditor": mark("as auditor"),
    "administrator": mark("as administrator"),
    "token": mark("a machine"),
    "shell": mark("the operator"),
}
