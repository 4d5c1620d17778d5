"""Proposals: what takes two people. One writes it down, another approves it, and then it is done."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID, uuid5

import msgspec
from litestar import Router, get, post
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import PAGE, answers, body, text
from api.problems import Problem
from api.requests import (
    MAX_BODY,
    MAX_PAGE,
    NOTHING,
    Name,
    Seconds,
    Text,
    as_uuid,
    idempotency_key,
    json_response,
    next_link,
    normalised,
    only_query,
    path_id,
    query_integer,
    read_body,
)
from api.routes.common import (
    AnyRequest,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
    reads_notes,
    refuse_a_claims,
    refused_response,
)
from api.routes.delegates import DelegationBody
from api.routes.departures import SettlementBody
from api.routes.exports import exporting_of
from api.routes.grants import GrantBody
from api.routes.members import ErasureBody, RoleText
from api.routes.periods import MAX_NUMBER, PeriodBody
from api.routes.policy import MAX_POLICY_BODY, PolicyBody, policy_or_problem
from api.routes.pots import PotRuleBody
from api.routes.transfers import TransferBody, as_command
from ledger.book.accounts import Book
from ledger.book.commands import ReverseTransfer, SetLimits
from ledger.book.ledger import ActRefused
from ledger.book.posting import Refused, Replayed
from ledger.book.refusals import Refusal
from ledger.database.connections import Connection
from ledger.desk.closing import approve_closing, proposing_to_close
from ledger.hours.applying import NewPolicy, applying
from ledger.hours.approving import approve_deed
from ledger.hours.claims import HoursBook
from ledger.hours.departures import Departure, Settlement, settling
from ledger.hours.grants import Grant, granting_from_pot
from ledger.hours.hours import Make, Plan
from ledger.hours.periods import reopening_period
from ledger.hours.policy_text import PolicyProblem, read_policy
from ledger.hours.pots import setting_pot_rule
from ledger.log.encoding import canonical_json
from ledger.people.delegates import Delegation
from ledger.people.erasure import Reason, erasing
from ledger.people.giving import CORRECTING, correcting
from ledger.people.granting import granting
from ledger.people.households import holding
from ledger.people.limiting import limiting_together
from ledger.people.members import read_member
from ledger.people.proposals import (
    GIVEN_TO_PROPOSER,
    MAY_APPROVE,
    Action,
    Proposal,
    Work,
    approve,
    card_body,
    delegating,
    proposal_of,
    propose,
    read_proposal,
    refuse,
    token_body,
)
from ledger.people.roles import Principal, Role

T = TypeVar("T")

ScopeText = Literal["read", "post", "manage", "members"]


class TransferProposal(TransferBody, tag_field="action", tag="transfer", kw_only=True):
    """A correction of more than a co-ordinator may make alone."""


class ReversalProposal(msgspec.Struct, tag_field="action", tag="reversal", forbid_unknown_fields=True):
    transfer: UUID
    reason: Text


class LimitsProposal(msgspec.Struct, tag_field="action", tag="limits", forbid_unknown_fields=True):
    account: UUID
    floor: Seconds | None
    ceiling: Seconds | None


class RoleProposal(msgspec.Struct, tag_field="action", tag="role", forbid_unknown_fields=True):
    member: UUID
    role: RoleText


class CardProposal(msgspec.Struct, tag_field="action", tag="card", forbid_unknown_fields=True):
    """A card for somebody who has a role. Once approved, make it with this proposal's id."""

    member: UUID


class TokenProposal(msgspec.Struct, tag_field="action", tag="token", forbid_unknown_fields=True):
    """A token that may write. Once approved, make it with this proposal's id and the same label, scopes and days."""

    label: Name
    scopes: Annotated[list[ScopeText], msgspec.Meta(min_length=1, max_length=4)]
    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 365


class HolderProposal(msgspec.Struct, tag_field="action", tag="holder", forbid_unknown_fields=True):
    """Somebody more to hold a household's account that is in use."""

    account: UUID
    member: UUID


class DelegationProposal(DelegationBody, tag_field="action", tag="delegation", kw_only=True):
    """A delegate for a frail member."""

    member: UUID


class ErasureProposal(ErasureBody, tag_field="action", tag="erasure", kw_only=True):
    member: UUID


class PolicyProposal(PolicyBody, tag_field="action", tag="policy", kw_only=True):
    """A policy. Without `from` it is in force from the day on which it is approved."""


class PeriodProposal(PeriodBody, tag_field="action", tag="period", kw_only=True):
    """A period to be closed."""


class ReopeningProposal(msgspec.Struct, tag_field="action", tag="reopening", forbid_unknown_fields=True):
    """The newest closed period, by its number, to be opened again."""

    number: Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)]
    reason: Text


class PotRuleProposal(PotRuleBody, tag_field="action", tag="pot_rule", kw_only=True):
    """A rule for the pot whose account this is."""

    account: UUID


class GrantProposal(GrantBody, tag_field="action", tag="grant", kw_only=True):
    """More from a pot than one co-ordinator may grant."""


class SettlementProposal(SettlementBody, tag_field="action", tag="settlement", kw_only=True):
    """What becomes of a member's credits, where that takes two: an inheritance with consent, or much at once."""

    member: UUID


ProposalBody = (
    TransferProposal
    | ReversalProposal
    | LimitsProposal
    | RoleProposal
    | CardProposal
    | TokenProposal
    | HolderProposal
    | DelegationProposal
    | ErasureProposal
    | PolicyProposal
    | PeriodProposal
    | ReopeningProposal
    | PotRuleProposal
    | GrantProposal
    | SettlementProposal
)


class ProposalView(msgspec.Struct, omit_defaults=True):
    """A proposal: `what` as it was asked, `state` open, approved, declined, withdrawn or expired."""

    id: UUID
    action: str
    what: dict[str, Any]
    state: str
    proposed_by: UUID
    proposed_at: datetime
    expires_at: datetime
    member: UUID | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = None


class ProposalsView(msgspec.Struct, omit_defaults=True):
    proposals: list[ProposalView]
    next: str | None = None


_proposal: msgspec.json.Decoder[ProposalBody] = msgspec.json.Decoder(ProposalBody)

WITH_TEXT = frozenset({Action.TRANSFER, Action.REVERSAL, Action.GRANT, Action.PERIOD, Action.REOPENING})
"""What has a free text in it, which is kept apart."""

APPROVERS = allow(Role.COORDINATOR, Role.ADMINISTRATOR, strong=True)


@post(
    "/proposals",
    summary="Propose what takes two people",
    opt=APPROVERS,
    request_max_body_size=MAX_POLICY_BODY,
    operation_class=body(ProposalBody, idempotent=True),
    responses=answers({201: ProposalView, 200: ProposalView}, 403, 404, 409, 413, 415, 422, 503),
)
async def post_proposal(request: AnyRequest) -> ASGIResponse:
    """Write down what is to be done. Somebody else approves it within thirty days. The Idempotency-Key is its id."""
    only_query(request)
    principal = principal_of(request)
    key = idempotency_key(request)
    asked = await read_body(request, _proposal)
    if isinstance(asked, ReversalProposal):
        await refuse_a_claims(request, asked.transfer)
    if isinstance(asked, TransferProposal) and (asked.kind not in CORRECTING or asked.hold is not None):
        raise Problem("not_allowed")
    if isinstance(asked, PeriodProposal):
        asked.checked()
    if isinstance(asked, ReopeningProposal) and principal.role is not Role.COORDINATOR:
        # An administrator is the second, never both.
        raise Problem("not_allowed")
    if isinstance(asked, PolicyProposal):
        policy = policy_or_problem(request, asked.source)
        if isinstance(policy, ASGIResponse):
            return policy
    action, text_, concerns, note = _written_down(asked)
    if principal.role not in MAY_APPROVE[action]:
        raise Problem("not_allowed")
    ledger = ledger_of(request)
    if concerns is not None:
        async with ledger.database.connection(principal.community.id) as db:
            if await read_member(db, principal.community.id, concerns) is None:
                raise Problem("not_found")
    check = None
    if isinstance(asked, PeriodProposal):
        check = proposing_to_close(
            hours_of(request), principal.community, asked.through, frozenset(asked.despite), note
        )
    answer = await propose(
        ledger, principal.community, principal.author, key, action, text_, concerns, note, check
    )
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    return await _proposal_response(request, key, isinstance(answer.outcome, Replayed), 201)


@get(
    "/proposals",
    summary="List proposals",
    opt=allow(*Role),
    operation_class=body(
        None,
        query={
            "state": text("only those that wait for a decision", "open"),
            "after": text("the id of the proposal after which the page begins", form=OpenAPIFormat.UUID),
            "limit": PAGE,
        },
    ),
    responses=answers({200: ProposalsView}),
)
async def list_proposals(request: AnyRequest) -> ASGIResponse:
    """Proposals, the newest first, a page at a time; the Link header leads to the next page."""
    community = community_of(request)
    only_query(request, "state", "after", "limit")
    after = request.query_params.get("after")
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    state = request.query_params.get("state")
    if state not in (None, "open"):
        raise Problem("malformed_request", "The query parameter state is `open` or left out.")
    now = datetime.now(UTC)
    async with ledger_of(request).database.connection(community.id) as db:
        rows = await db.rows(
            "people/list_proposals",
            community_id=community.id,
            after=None if after is None else as_uuid(after, "The query parameter after"),
            open_at=now if state == "open" else None,
            at_most=limit + 1,
        )
    page = [proposal_view(proposal_of(row), now, notes=reads_notes(request)) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        only = "&state=open" if state == "open" else ""
        following = f"/v1/communities/{community.slug}/proposals?after={page[-1].id}&limit={limit}{only}"
    return json_response(ProposalsView(page, following), headers=next_link(following))


@get(
    "/proposals/{proposal_id:str}",
    summary="Read a proposal",
    opt=allow(*Role),
    responses=answers({200: ProposalView}, 404),
)
async def get_proposal(request: AnyRequest) -> ASGIResponse:
    """A proposal and what became of it."""
    only_query(request)
    return await _proposal_response(request, path_id(request, "proposal_id"))


@post(
    "/proposals/{proposal_id:str}/approval",
    summary="Approve a proposal",
    status_code=200,
    opt=APPROVERS,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({200: ProposalView}, 403, 404, 409, 412, 415, 422, 503),
)
async def post_approval(request: AnyRequest) -> ASGIResponse:
    """Approve what somebody else proposed, and have it done at once. A card or a token the proposer then makes.

    When it cannot be done, the answer says why and the proposal stays open.
    """
    only_query(request)
    principal = principal_of(request)
    proposal = await _read(request)
    key = idempotency_key(request)
    await read_body(request, NOTHING)
    if principal.role not in MAY_APPROVE[proposal.action]:
        raise Problem("not_allowed")
    deed = _DEEDS.get(proposal.action)
    if proposal.action is Action.PERIOD:
        period = _stored(proposal, PeriodProposal)
        answer = await approve_closing(
            hours_of(request),
            principal.community,
            principal.author,
            key,
            proposal,
            period.through,
            frozenset(period.despite),
        )
    elif deed is not None:
        answer = await approve_deed(
            hours_of(request), principal.community, principal.author, key, proposal, deed(principal, proposal)
        )
    else:
        work = _work(principal, proposal)
        [answer, *_] = await approve(
            ledger_of(request), principal.community, principal.author, key, proposal, work
        )
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    if proposal.action is Action.ERASURE:
        await exporting_of(request).sweep(principal.community)
    return await _proposal_response(request, proposal.id, isinstance(answer.outcome, Replayed))


@post(
    "/proposals/{proposal_id:str}/refusal",
    summary="Decline or withdraw a proposal",
    status_code=200,
    opt=APPROVERS,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({200: ProposalView}, 403, 404, 409, 415, 422, 503),
)
async def post_refusal(request: AnyRequest) -> ASGIResponse:
    """Decline somebody else's proposal, or withdraw one's own."""
    only_query(request)
    principal = principal_of(request)
    proposal = await _read(request)
    key = idempotency_key(request)
    await read_body(request, NOTHING)
    answer = await refuse(ledger_of(request), principal.community, principal.author, key, proposal)
    if isinstance(answer.outcome, Refused):
        return refused_response(request, answer.outcome)
    return await _proposal_response(request, proposal.id, isinstance(answer.outcome, Replayed))


def proposal_view(proposal: Proposal, now: datetime, *, notes: bool) -> ProposalView:
    """The proposal; its free text only with `notes`."""
    note = proposal.note if notes else None
    return ProposalView(
        proposal.id,
        proposal.action,
        msgspec.json.decode(proposal.body) | ({} if note is None else {_note(proposal.action): note}),
        proposal.state(now),
        proposal.proposed_by,
        proposal.proposed_at,
        proposal.expires_at,
        proposal.member_id,
        proposal.decided_by,
        proposal.decided_at,
    )


def _note(action: Action) -> str:
    """What the free text of a proposal is called in its form."""
    return "note" if action is Action.TRANSFER else "reason"


def _written_down(asked: ProposalBody) -> tuple[Action, str, UUID | None, str | None]:
    """The action, the body as it is stored, the member it concerns, and the free text, which is stored apart."""
    match asked:
        case CardProposal():
            return Action.CARD, card_body(asked.member), asked.member, None
        case TokenProposal():
            return Action.TOKEN, token_body(asked.label, asked.scopes, asked.days), None, None
    plain = msgspec.to_builtins(asked)
    action = Action(plain.pop("action"))
    note = normalised(plain.pop(_note(action), None)) if action in WITH_TEXT else None
    return action, canonical_json(plain).decode(), getattr(asked, "member", None), note


def _work(principal: Principal, proposal: Proposal) -> Work:
    """What an approval of the proposal does."""
    return _WORK[proposal.action](principal, proposal)


def _transfer(principal: Principal, proposal: Proposal) -> Work:
    asked = msgspec.json.decode(proposal.body, type=TransferBody)
    asked.note = proposal.note
    command = as_command(uuid5(proposal.id, "transfer"), asked)
    return correcting(principal.community, proposal.proposed_by, principal.author, command)


def _reversal(principal: Principal, proposal: Proposal) -> Work:
    transfer_id = UUID(msgspec.json.decode(proposal.body)["transfer"])
    command = ReverseTransfer(uuid5(proposal.id, "transfer"), transfer_id, proposal.note)
    return correcting(principal.community, proposal.proposed_by, principal.author, command)


def _limits(principal: Principal, proposal: Proposal) -> Work:
    asked = _stored(proposal, LimitsProposal)
    command = SetLimits(uuid5(proposal.id, "limits"), asked.account, asked.floor, asked.ceiling)
    return limiting_together(principal.community, proposal.proposed_by, principal.author, command)


def _role(principal: Principal, proposal: Proposal) -> Work:
    asked = _stored(proposal, RoleProposal)
    return granting(
        principal.community, proposal.proposed_by, principal.author, asked.member, Role(asked.role)
    )


def _holder(principal: Principal, proposal: Proposal) -> Work:
    asked = _stored(proposal, HolderProposal)
    return holding(principal.community, proposal.proposed_by, principal.author, asked.account, asked.member)


def _delegation(principal: Principal, proposal: Proposal) -> Work:
    asked = _stored(proposal, DelegationProposal)
    delegation = Delegation(
        proposal.id,
        asked.member,
        asked.delegate,
        asked.relation,
        frozenset(asked.scopes),
        asked.monthly_cap,
        asked.from_on,
        asked.until_on,
    )
    return delegating(principal.community, proposal.proposed_by, principal.author, delegation)


def _erasure(principal: Principal, proposal: Proposal) -> Work:
    asked = _stored(proposal, ErasureProposal)
    return erasing(principal.community, principal.author, asked.member, Reason(asked.reason))


_WORK: dict[Action, Callable[[Principal, Proposal], Work]] = {
    Action.TRANSFER: _transfer,
    Action.REVERSAL: _reversal,
    Action.LIMITS: _limits,
    Action.ROLE: _role,
    Action.HOLDER: _holder,
    Action.DELEGATION: _delegation,
    Action.ERASURE: _erasure,
} | {action: lambda _principal, _proposal: Work() for action in GIVEN_TO_PROPOSER}


def _policy(principal: Principal, proposal: Proposal) -> Make:
    asked = _stored(proposal, PolicyProposal)
    try:
        policy = read_policy(asked.source)
    except PolicyProblem:
        # It could be read when it was proposed: the service has changed since.
        return _unreadable
    new = NewPolicy(asked.source, policy, asked.from_on)
    return applying(principal.community, principal.author, proposal.id, new, proposal.proposed_by)


async def _unreadable(_db: Connection, _slice: HoursBook, _book: Book, _now: datetime) -> Plan:
    raise ActRefused(Refusal.POLICY_INVALID)


def _reopening(principal: Principal, proposal: Proposal) -> Make:
    number = msgspec.json.decode(proposal.body)["number"]
    return reopening_period(
        principal.community, principal.author, number, proposal.note, proposal.proposed_by
    )


def _pot_rule(principal: Principal, proposal: Proposal) -> Make:
    asked = _stored(proposal, PotRuleProposal)
    return setting_pot_rule(
        principal.community,
        principal.author,
        proposal.id,
        asked.account,
        asked.rule(),
        proposal.proposed_by,
    )


def _grant(principal: Principal, proposal: Proposal) -> Make:
    asked = msgspec.json.decode(proposal.body)
    wanted = Grant(UUID(asked["pot"]), UUID(asked["member"]), asked["seconds"], proposal.note or "")
    return granting_from_pot(principal.community, principal.author, proposal.proposed_by, proposal.id, wanted)


def _settlement(principal: Principal, proposal: Proposal) -> Make:
    asked = _stored(proposal, SettlementProposal)
    settlement = Settlement(asked.member, Departure(asked.reason), asked.to)
    return settling(principal.community, principal.author, proposal.proposed_by, proposal.id, settlement)


_DEEDS: dict[Action, Callable[[Principal, Proposal], Make]] = {
    Action.POLICY: _policy,
    Action.REOPENING: _reopening,
    Action.POT_RULE: _pot_rule,
    Action.GRANT: _grant,
    Action.SETTLEMENT: _settlement,
}
"""What is planned with the head locked, because it depends on how things stand then."""


def _stored(proposal: Proposal, form: type[T]) -> T:
    """The proposal as it was asked. What was stored has lost only the word that told its form."""
    told = msgspec.json.decode(proposal.body) | {"action": proposal.action.value}
    return msgspec.convert(told, form)


async def _read(request: AnyRequest) -> Proposal:
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        proposal = await read_proposal(db, community.id, path_id(request, "proposal_id"))
    if proposal is None:
        raise Problem("not_found")
    return proposal


async def _proposal_response(
    request: AnyRequest, proposal_id: UUID, replayed: bool = False, status: int = 200
) -> ASGIResponse:
    community = community_of(request)
    ledger = ledger_of(request)
    async with ledger.database.connection(community.id) as db:
        proposal = await read_proposal(db, community.id, proposal_id)
    if proposal is None:
        raise Problem("not_found")
    view = proposal_view(proposal, ledger.now(), notes=reads_notes(request))
    if replayed:
        return json_response(view, 200, {"idempotency-replayed": "true"})
    headers = (
        {"location": f"/v1/communities/{community.slug}/proposals/{proposal_id}"} if status == 201 else None
    )
    return json_response(view, status, headers)


proposals_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[post_proposal, list_proposals, get_proposal, post_approval, post_refusal],
    tags=["Proposals"],
)
