"""What a proposal says, as facts in plain words: a name and what stands under it, one after another."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.web.desk.books import TRANSFER_KINDS
from api.web.desk.desk import ROLES, Desk, Row
from api.web.desk.hours_words import ELIGIBLE, PURPOSES
from api.web.desk.words import CLOSING_ITEMS, ERASURE_REASONS, RELATIONS, SCOPES, SETTLEMENT_REASONS
from api.web.language import mark

TOKEN_SCOPES = {
    "read": mark("read the books"),
    "post": mark("post"),
    "manage": mark("open accounts and change limits"),
    "members": mark("read members’ names"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """What is named, in English and marked for translation, and what stands under it; `path` leads to it, on the desk.

    With `long` it is a text of many lines.
    """

    title: str
    text: str
    path: str | None = None
    long: bool = False


async def facts_of(desk: Desk, proposal: Row) -> Sequence[Fact]:
    """What the proposal would do. The members it names must have been met."""
    what, say = proposal["what"], desk.language
    about = (
        []
        if proposal.get("member") is None
        else [_member(desk, mark("Whom it is about"), proposal["member"])]
    )
    match proposal["action"]:
        case "role":
            return [*about, Fact(mark("Role"), say.gettext(ROLES[what["role"]]))]
        case "erasure":
            return [*about, Fact(mark("Why"), say.gettext(ERASURE_REASONS[what["reason"]]))]
        case "delegation":
            return [*about, *_delegation(desk, what)]
        case "settlement":
            facts = [*about, Fact(mark("Why"), say.gettext(SETTLEMENT_REASONS[what["reason"]]))]
            return [*facts, await _goes_to(desk, what.get("to"))]
        case "holder":
            return [await _account(desk, mark("Household"), what["account"]), *about]
        case "limits":
            account = await _account(desk, mark("Account"), what["account"])
            return [account, *_bounds(desk, what["floor"], what["ceiling"])]
        case "token":
            scopes = ", ".join(say.gettext(TOKEN_SCOPES[each]) for each in what["scopes"])
            days = say.ngettext("%(count)s day", "%(count)s days", what.get("days", 365))
            return [
                Fact(mark("Name"), what["label"]),
                Fact(mark("What it may do"), scopes),
                Fact(mark("How long"), days),
            ]
        case "policy":
            return _policy(desk, what)
        case "period":
            return _period(desk, what)
        case "reopening":
            opens = Fact(
                mark("Opens the closing with the number"), str(what["number"]), f"/periods/{what['number']}"
            )
            return [opens, *_note(what.get("reason"))]
        case "pot_rule":
            return await _pot_rule(desk, what)
        case "grant":
            pot = await _account(desk, mark("From the pot"), what["pot"])
            much = Fact(mark("How much"), say.duration(what["seconds"]))
            return [pot, _member(desk, mark("To whom"), what["member"]), much, *_note(what.get("reason"))]
        case "transfer":
            return await _transfer(desk, what)
        case "reversal":
            transfer = Fact(mark("Transfer to take back"), what["transfer"], f"/journal/{what['transfer']}")
            return [transfer, *_note(what.get("reason"))]
    return about


def member_ids_of(proposal: Row) -> Sequence[str]:
    """The ids of members within what is proposed; an account's among them is no member's, and is not met."""
    what = proposal["what"]
    return [what[each] for each in ("member", "delegate", "to") if isinstance(what.get(each), str)]


def _member(desk: Desk, title: str, member_id: str) -> Fact:
    return Fact(title, desk.name(member_id), f"/members/{member_id}")


async def _account(desk: Desk, title: str, account_id: str) -> Fact:
    account = await desk.part(f"/accounts/{account_id}")
    if account is None:
        return Fact(title, desk.language.gettext("an account"))
    return Fact(title, account.get("name") or account["code"], f"/accounts/{account_id}")


async def _goes_to(desk: Desk, to: str | None) -> Fact:
    title = mark("Who gets the credits")
    if to is None:
        return Fact(title, desk.language.gettext("the pot that the policy names"))
    return _member(desk, title, to) if to in desk.names else await _account(desk, title, to)


def _period(desk: Desk, what: Row) -> list[Fact]:
    day = desk.language.day(what["through"], "full")
    facts = [
        Fact(mark("Closes everything up to and with"), day, f"/periods/checklist?through={what['through']}")
    ]
    if what.get("despite"):
        left = "; ".join([desk.language.gettext(CLOSING_ITEMS[each]) for each in what["despite"]])
        facts.append(Fact(mark("Even though this may still be open"), left))
    return [*facts, *_note(what.get("reason"))]


def _note(text: str | None) -> list[Fact]:
    return [] if text is None else [Fact(mark("Note"), text)]


def _bounds(desk: Desk, floor: int | None, ceiling: int | None) -> list[Fact]:
    nothing = desk.language.gettext("no bound")
    return [
        Fact(mark("Lowest balance"), nothing if floor is None else desk.language.duration(floor)),
        Fact(mark("Highest balance"), nothing if ceiling is None else desk.language.duration(ceiling)),
    ]


def _delegation(desk: Desk, what: Row) -> list[Fact]:
    say = desk.language
    until = what.get("until")
    cap = what.get("monthly_cap", 0)
    return [
        _member(desk, mark("Delegate"), what["delegate"]),
        Fact(mark("What they are to them"), say.gettext(RELATIONS[what["relation"]])),
        Fact(mark("What they may do"), ", ".join(say.gettext(SCOPES[each]) for each in what["scopes"])),
        *([Fact(mark("At most each month"), say.duration(cap))] if cap else []),
        Fact(mark("From"), say.day(what["from"])),
        Fact(mark("Until"), say.gettext("one of them ends it") if until is None else say.day(until)),
    ]


def _policy(desk: Desk, what: Row) -> list[Fact]:
    day = what.get("from")
    say = desk.language
    return [
        Fact(mark("In force from"), say.gettext("the day of approval") if day is None else say.day(day)),
        Fact(mark("The policy’s file"), what["source"], long=True),
    ]


async def _pot_rule(desk: Desk, what: Row) -> list[Fact]:
    say = desk.language
    budgets = (
        (mark("At most each month"), what.get("monthly_budget")),
        (mark("At most each month for one member"), what.get("member_monthly")),
        (mark("A second person from more than"), what.get("signature_limit")),
    )
    return [
        await _account(desk, mark("Pot"), what["account"]),
        Fact(mark("What it is for"), say.gettext(PURPOSES[what["purpose"]])),
        Fact(mark("Whom it helps"), say.gettext(ELIGIBLE[what.get("eligible", "anybody")])),
        *(
            Fact(title, say.gettext("no bound") if much is None else say.duration(much))
            for title, much in budgets
        ),
    ]


async def _transfer(desk: Desk, what: Row) -> list[Fact]:
    say = desk.language
    facts = [Fact(mark("Kind"), say.gettext(TRANSFER_KINDS[what["kind"]]))]
    for entry in what["entries"]:
        account = await _account(desk, mark("Account"), entry["account"])
        text = say.gettext(
            "%(account)s: %(much)s", account=account.text, much=say.duration(entry["seconds"], signed=True)
        )
        facts.append(Fact(account.title, text, account.path))
    if what.get("service_on"):
        facts.append(Fact(mark("Day"), say.day(what["service_on"])))
    return [*facts, *_note(what.get("note"))]
