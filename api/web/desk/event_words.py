"""The admin trail in words: a sentence for every kind of event, and whose names it needs."""

import re
from collections.abc import Callable
from uuid import UUID

from markupsafe import Markup, escape

from api.web.desk.desk import ROLES, Desk, Row
from api.web.desk.words import ERASURE_REASONS, RELATIONS, SCOPES, SETTLEMENT_REASONS, STATUSES
from api.web.language import mark

KINDS = {
    "community_founded": mark("The co-op was founded."),
    "member_enrolled": mark("%(member)s was enrolled."),
    "person_changed": mark("Details of %(member)s were changed: %(fields)s."),
    "standing_changed": mark("%(member)s is %(to)s since %(since)s; before, they were %(from)s."),
    "classes_changed": mark("The classes of %(member)s were changed."),
    "role_granted": mark("%(member)s was made %(role)s."),
    "role_ended": mark("%(member)s is no longer %(role)s."),
    "member_erased": mark("What told who %(member)s was is deleted, because %(reason)s."),
    "member_settled": mark("The credits of %(member)s were settled, because %(reason)s."),
    "card_issued": mark("A card was made for %(member)s."),
    "card_used": mark("%(member)s signed in with a card."),
    "card_revoked": mark("A card of %(member)s was revoked."),
    "passkey_added": mark("%(member)s made a passkey."),
    "passkey_removed": mark("A passkey of %(member)s was removed."),
    "token_created": mark("A token for a machine was made; it ends after %(days)s days."),
    "token_revoked": mark("A token of a machine was ended."),
    "delegation_given": mark("%(delegate)s may act for %(member)s: %(scopes)s."),
    "delegation_received": mark("%(member)s may act for somebody: %(scopes)s."),
    "delegation_ended": mark("A delegation of %(member)s was ended."),
    "relative_recorded": mark("%(relative)s was recorded as family of %(member)s: %(relation)s."),
    "relative_removed": mark("%(relative)s is not recorded as family of %(member)s any more."),
    "holder_added": mark("%(holder)s holds a household’s account now."),
    "holder_removed": mark("%(holder)s holds a household’s account no longer."),
    "household_changed": mark("The household of %(member)s changed: it is about %(holder)s."),
    "proposed": mark("This was proposed: %(action)s."),
    "proposal_approved": mark("A proposal of %(proposer)s was approved: %(action)s."),
    "proposal_declined": mark("A proposal was declined: %(action)s."),
    "proposal_withdrawn": mark("A proposal was withdrawn: %(action)s."),
    "account_opened": mark("An account was opened."),
    "account_closed": mark("An account was closed."),
    "limits_changed": mark("The limits of an account were changed to %(floor)s and %(ceiling)s."),
    "corrected_alone": mark("More than ten hours were corrected by one person alone."),
    "claim_declined": mark("Hours of %(member)s were declined for somebody."),
    "claim_withdrawn": mark("Hours of %(member)s were withdrawn for somebody."),
    "dispute_opened": mark("Hours of %(member)s were disputed."),
    "dispute_withdrawn": mark("A dispute about hours of %(member)s was withdrawn."),
    "dispute_resolved": mark("A dispute about hours of %(member)s was decided."),
    "care_request_asked": mark("Care was asked for, for %(member)s."),
    "care_request_cancelled": mark("A request for care of %(member)s was cancelled."),
    "granted": mark("%(member)s was given %(seconds)s from a pot."),
    "clearance_recorded": mark("A clearance of %(member)s was recorded: %(kind)s."),
    "clearance_revoked": mark("A clearance of %(member)s was revoked: %(kind)s."),
    "policy_applied": mark("Version %(version)s of the policy was put in force."),
    "period_closed": mark("Everything up to %(through)s was closed."),
    "balances_recorded": mark("What everybody stood at was recorded, up to %(through)s."),
    "period_reopened": mark("The period up to %(through)s was opened again, proposed by %(proposer)s."),
    "pot_rule_set": mark("The rule of a pot was changed."),
    "target_set": mark("A target of the social report was set."),
    "evidence_made": mark("An evidence pack was made, of %(first)s to %(last)s."),
    "round_signed_off": mark("A paper round of %(lines)s lines was signed off."),
    "round_abandoned": mark(
        "A paper round of %(lines)s lines was abandoned; %(decided)s of them had been decided."
    ),
    "balance_asserted": mark("That an account stood at %(seconds)s on %(on)s was written down."),
    "assertion_withdrawn": mark("What was written down about the balance of an account was withdrawn."),
    "import_posted": mark("An import was posted: %(transfers)s transfers, %(seconds)s."),
    "import_undone": mark("An import was undone: %(transfers)s transfers were reversed."),
    "exported": mark("The books were taken out as a file: %(form)s."),
    "community_moved": mark("The community moved to %(to)s."),
    "move_undone": mark("The community stayed here: its move to %(to)s was undone."),
}
"""A sentence for every kind of event there is."""

NAMES = {
    "community_founded": mark("co-op founded"),
    "member_enrolled": mark("member enrolled"),
    "person_changed": mark("details changed"),
    "standing_changed": mark("standing changed"),
    "classes_changed": mark("classes changed"),
    "role_granted": mark("role given"),
    "role_ended": mark("role ended"),
    "member_erased": mark("person erased"),
    "member_settled": mark("credits settled"),
    "card_issued": mark("card made"),
    "card_used": mark("card used"),
    "card_revoked": mark("card revoked"),
    "passkey_added": mark("passkey made"),
    "passkey_removed": mark("passkey removed"),
    "token_created": mark("token made"),
    "token_revoked": mark("token ended"),
    "delegation_given": mark("delegation given"),
    "delegation_received": mark("delegation received"),
    "delegation_ended": mark("delegation ended"),
    "relative_recorded": mark("relative recorded"),
    "relative_removed": mark("relative removed"),
    "holder_added": mark("holder added"),
    "holder_removed": mark("holder removed"),
    "household_changed": mark("household changed"),
    "proposed": mark("proposed"),
    "proposal_approved": mark("proposal approved"),
    "proposal_declined": mark("proposal declined"),
    "proposal_withdrawn": mark("proposal withdrawn"),
    "account_opened": mark("account opened"),
    "account_closed": mark("account closed"),
    "limits_changed": mark("limits changed"),
    "corrected_alone": mark("corrected alone"),
    "claim_declined": mark("hours declined"),
    "claim_withdrawn": mark("hours withdrawn"),
    "dispute_opened": mark("dispute opened"),
    "dispute_withdrawn": mark("dispute withdrawn"),
    "dispute_resolved": mark("dispute decided"),
    "care_request_asked": mark("care asked for"),
    "care_request_cancelled": mark("request cancelled"),
    "granted": mark("grant from a pot"),
    "clearance_recorded": mark("clearance recorded"),
    "clearance_revoked": mark("clearance revoked"),
    "policy_applied": mark("policy applied"),
    "period_closed": mark("period closed"),
    "balances_recorded": mark("balances recorded"),
    "period_reopened": mark("period opened again"),
    "pot_rule_set": mark("pot’s rule changed"),
    "target_set": mark("target set"),
    "evidence_made": mark("evidence pack made"),
    "round_signed_off": mark("round signed off"),
    "round_abandoned": mark("round abandoned"),
    "balance_asserted": mark("balance asserted"),
    "assertion_withdrawn": mark("assertion withdrawn"),
    "import_posted": mark("import posted"),
    "import_undone": mark("import undone"),
    "exported": mark("books taken out"),
    "community_moved": mark("community moved"),
    "move_undone": mark("move undone"),
}
"""The same kinds in two or three words, for a list and to choose from."""

ACTIONS = {
    "transfer": mark("a correction of the books"),
    "reversal": mark("taking a transfer back"),
    "limits": mark("other limits for an account"),
    "role": mark("a role"),
    "card": mark("a card for somebody who has a role"),
    "token": mark("a token for a machine"),
    "holder": mark("somebody more in a household"),
    "delegation": mark("a delegate for somebody frail"),
    "erasure": mark("erasing a person"),
    "policy": mark("another policy"),
    "period": mark("closing a period"),
    "reopening": mark("opening a period again"),
    "pot_rule": mark("another rule for a pot"),
    "grant": mark("a grant from a pot"),
    "settlement": mark("settling somebody’s credits"),
}
FIELDS = {
    "name": mark("name"),
    "email": mark("e-mail"),
    "phone": mark("phone"),
    "address": mark("address"),
    "languages": mark("languages"),
    "birth_year": mark("year of birth"),
    "statements_by_email": mark("statements by e-mail"),
    "statements_large_print": mark("statements in large print"),
}

WORDS = {
    "role": ROLES,
    "from": STATUSES,
    "to": STATUSES,
    "relation": RELATIONS,
    "action": ACTIONS,
    "reason": ERASURE_REASONS | SETTLEMENT_REASONS,
}
PEOPLE = ("delegate", "relative", "holder", "proposer")
DAYS = ("since", "through", "on", "first", "last")

_PLACES = re.compile(r"%\((\w+)\)s")


def words_of(desk: Desk, event: Row) -> str:
    """The event as a sentence. Their names must have been met; a kind that is new here is said by its own word."""
    sentence, values = _sentence(desk, event, desk.name)
    return sentence % values


def linked_words_of(desk: Desk, event: Row) -> Markup:
    """As `words_of`, as HTML in which each name leads to its member's page, and a proposal to its own."""
    link = Markup('<a href="%s/%s/%s">%s</a>')
    sentence, values = _sentence(
        desk, event, lambda each: link % (desk.home, "members", each, desk.name(each))
    )
    if "action" in values and (proposal := event["details"].get("proposal")):
        values["action"] = link % (desk.home, "proposals", proposal, values["action"])
    return escape(sentence) % values


def _sentence(desk: Desk, event: Row, named: Callable[[str], str]) -> tuple[str, dict[str, str]]:
    """The sentence in the reader's language, and what stands in its places."""
    sentence = KINDS.get(event["kind"])
    if sentence is None:
        return str(event["kind"]).replace("_", " "), {}
    said = desk.language.gettext(sentence)
    if event.get("details", {}).get("alone"):
        alone = desk.language.gettext("One person did this alone: there was nobody else to approve it.")
        said = f"{said} {alone}"
    return said, {each: _value(desk, event, each, named) for each in _PLACES.findall(sentence)}


def members_of(event: Row) -> set[str | None]:
    """The ids of the members whose names the event needs."""
    details = event.get("details", {})
    by = event.get("by") if event["via"] != "token" else None
    named = {event.get("member"), by, *(details.get(each) for each in PEOPLE)}
    return {each for each in named if isinstance(each, str) and _is_id(each)}


def _value(desk: Desk, event: Row, name: str, named: Callable[[str], str]) -> str:
    said = desk.language
    if name == "member":
        return named(event["member"]) if event.get("member") else said.gettext("somebody")
    found = event.get("details", {}).get(name)
    match name:
        case "fields" | "scopes":
            words = FIELDS if name == "fields" else SCOPES
            return ", ".join(said.gettext(words.get(each, each)) for each in found or [])
        case "floor" | "ceiling":
            return said.gettext("no bound") if found is None else said.duration(found)
        case "seconds":
            return said.duration(found or 0)
        case "days" | "version":
            return said.number(found or 0)
    if found is None:
        return said.gettext("unknown")
    if name in PEOPLE:
        return named(found)
    if name in DAYS:
        return said.day(found)
    words = WORDS.get(name, {})
    return said.gettext(words[found]) if found in words else str(found)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
