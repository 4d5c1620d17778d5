"""Transfers: post, post many, reverse, read, and their receipts."""

from base64 import b64encode
from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse

from api.access import allow
from api.documents import answers, body, text
from api.problems import Problem, refusal_view
from api.requests import (
    MAX_BATCH_BODY,
    MAX_BODY,
    Seconds,
    Text,
    as_uuid,
    bytes_response,
    idempotency_key,
    invented,
    json_response,
    normalised,
    only_query,
    path_id,
    read_body,
)
from api.routes.books import list_transfers
from api.routes.common import (
    AnyRequest,
    base_url,
    community_of,
    gatherer_of,
    hours_of,
    ledger_of,
    principal_of,
    reads_notes,
    refuse_a_claims,
    refused_response,
    require_strong,
    sees,
    transfer_response,
)
from api.views import BatchView, DryRunView, OutcomeView, ProofView, TransferView, transfer_view
from ledger.book.commands import PostTransfer, ReverseTransfer, TransferKind
from ledger.book.journal import Transfer, read_transfers
from ledger.book.ledger import Answer
from ledger.book.posting import Posted, Refused
from ledger.book.proofs import inclusion_proof
from ledger.hours.gifts import giving
from ledger.log.keys import SigningKey
from ledger.log.receipts import present, render_tlog_proof, sign_receipt
from ledger.people.giving import Given, correction
from ledger.people.roles import Role, Scope

MAX_ITEMS = 1000


class EntryBody(msgspec.Struct, forbid_unknown_fields=True):
    """One side: plus for the account that gains."""

    account: UUID
    seconds: Seconds


class TransferBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be posted. The entries' seconds sum to zero."""

    kind: Literal["care", "redeem", "gift", "grant", "adjust", "settle"]
    entries: Annotated[list[EntryBody], msgspec.Meta(max_length=1000)]
    service_on: date | None = None
    hold: UUID | None = None
    note: Text | None = None


class BatchItem(TransferBody, kw_only=True):
    """One transfer of a batch, with the id its author invented."""

    id: UUID


class BatchBody(msgspec.Struct, forbid_unknown_fields=True):
    transfers: Annotated[list[BatchItem], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]


class ReversalBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why the transfer is undone. Kept as a private note."""

    reason: Text


_transfer = msgspec.json.Decoder(TransferBody)
_batch = msgspec.json.Decoder(BatchBody)
_reversal = msgspec.json.Decoder(ReversalBody)
_KINDS = {kind.value: kind for kind in TransferKind}


def as_command(transfer_id: UUID, transfer: TransferBody) -> PostTransfer:
    return PostTransfer(
        transfer_id,
        _KINDS[transfer.kind],
        tuple([(entry.account, entry.seconds) for entry in transfer.entries]),
        transfer.service_on,
        transfer.hold,
        normalised(transfer.note),
    )


@post(
    "/transfers",
    summary="Post a transfer",
    # Who checks the books, or keeps the roles, has no hand in them.
    opt=allow(token=Scope.POST, member=True, barred=(Role.AUDITOR, Role.ADMINISTRATOR)),
    request_max_body_size=MAX_BODY,
    operation_class=body(
        TransferBody, idempotent=True, query={"dry_run": text("to be told the outcome only", "true")}
    ),
    responses=answers({201: TransferView, 200: TransferView | DryRunView}, 404, 409, 413, 415, 422, 503),
)
async def post_transfer(request: AnyRequest) -> ASGIResponse:
    """Move seconds between accounts and get the signed receipt. The Idempotency-Key becomes the transfer's id.

    A member gives from their own account or their household's, a delegate from that of the member they act for:
    a `gift` with one giver. A co-ordinator corrects other people's accounts, with a passkey shown of late, and
    needs a second person for more than ten hours a day. A token with the scope `post` posts anything.
    """
    principal = principal_of(request)
    key = idempotency_key(request)
    posting = giving(hours_of(request), principal, as_command(key, await read_body(request, _transfer)))
    if posting is None:
        raise Problem("not_allowed")
    if posting.corrects:
        require_strong(principal)
    return await post_given(request, posting)


async def post_given(request: AnyRequest, posting: Given) -> ASGIResponse:
    """Post what may be posted, or say what would become of it when the query asks for a dry run."""
    community = community_of(request)
    command = posting.command
    if request.scope["query_string"]:
        only_query(request, "dry_run")
        if request.query_params.get("dry_run") != "true":
            raise Problem("malformed_request", "The query parameter dry_run is `true` or left out.")
        [outcome] = await ledger_of(request).judge(community, [command], posting.also)
        if isinstance(outcome, Refused):
            return refused_response(request, outcome)
        return json_response(DryRunView("posted" if isinstance(outcome, Posted) else "replayed"))
    if posting.also is None:
        [answer] = await gatherer_of(request).post(community, [command])
    else:
        [answer] = await ledger_of(request).post(community, [command], posting.also)
    return transfer_response(request, community, answer)


@post(
    "/transfers:batch",
    opt=allow(token=Scope.POST),
    summary="Post many transfers",
    request_max_body_size=MAX_BATCH_BODY,
    operation_class=body(BatchBody),
    responses=answers({200: BatchView}, 413, 415, 503),
)
async def post_batch(request: AnyRequest) -> ASGIResponse:
    """Up to 1000 transfers, each judged on its own and in order, each with its own id and its own outcome.

    With `Prefer: return=representation` each posted transfer carries its receipt, which takes a third longer;
    otherwise receipts are fetched one by one when somebody wants them.
    """
    only_query(request)
    community = community_of(request)
    signed = request.headers.get("prefer") == "return=representation"
    key = ledger_of(request).keys.receipt_key if signed else None
    items = (await read_body(request, _batch)).transfers
    for item in items:
        invented(str(item.id), "The id of an item")
    answered = await gatherer_of(request).post(community, [as_command(item.id, item) for item in items])
    outcomes = [_outcome_view(base_url(request), community.slug, answer, key) for answer in answered]
    return json_response(
        BatchView(outcomes), headers={"preference-applied": "return=representation"} if signed else None
    )


def _outcome_view(url: str, slug: str, answer: Answer, key: SigningKey | None) -> OutcomeView:
    transfer_id = answer.outcome.command.id
    if isinstance(answer.outcome, Refused):
        problem = refusal_view(answer.outcome, url)
        return OutcomeView(transfer_id, "refused", problem.status, problem=problem)
    if answer.transfer is None:
        raise RuntimeError("a posted or replayed transfer is always read back")
    view = transfer_view(slug, answer.transfer, key)
    if isinstance(answer.outcome, Posted):
        return OutcomeView(transfer_id, "posted", 201, transfer=view)
    return OutcomeView(transfer_id, "replayed", 200, transfer=view)


@get(
    "/transfers/{transfer_id:str}",
    summary="Read a transfer",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, token=Scope.READ, member=True),
    responses=answers({200: TransferView}, 404),
)
async def get_transfer(request: AnyRequest) -> ASGIResponse:
    """A transfer with its receipt, as it was answered when it was posted."""
    community = community_of(request)
    transfer_id = path_id(request, "transfer_id")
    ledger = ledger_of(request)
    async with ledger.database.connection(community.id) as db:
        found = await read_transfers(db, community, [transfer_id])
    visible = sees(principal_of(request))
    if transfer_id not in found or not _seen(found[transfer_id], visible):
        raise Problem("not_found")
    view = transfer_view(
        community.slug,
        found[transfer_id],
        ledger.keys.receipt_key,
        visible,
        notes=reads_notes(request),
    )
    return json_response(view)


def _seen(transfer: Transfer, sees: Callable[[UUID], bool] | None) -> bool:
    """Whether the reader has a part in the transfer, or may see all of them."""
    return sees is None or any(sees(entry.account_id) for entry in transfer.entries)


@post(
    "/transfers/{transfer_id:str}/reversal",
    summary="Reverse a transfer",
    opt=allow(Role.COORDINATOR, token=Scope.POST, strong=True),
    request_max_body_size=MAX_BODY,
    operation_class=body(ReversalBody, idempotent=True),
    responses=answers({201: TransferView, 200: TransferView}, 404, 409, 415, 422, 503),
)
async def post_reversal(request: AnyRequest) -> ASGIResponse:
    """Post the exact opposite of a transfer, once, with a reason. Both stay visible.

    A co-ordinator does not reverse what they or their relatives have a part in, and needs a second person for more
    than ten hours a day.
    """
    only_query(request)
    principal = principal_of(request)
    community = principal.community
    reverses_id = path_id(request, "transfer_id")
    key = idempotency_key(request)
    reversal = await read_body(request, _reversal)
    await refuse_a_claims(request, reverses_id)
    command = ReverseTransfer(key, reverses_id, normalised(reversal.reason))
    if principal.token_id is not None:
        [answer] = await gatherer_of(request).post(community, [command])
    else:
        posting = correction(community, principal.author, command)
        [answer] = await ledger_of(request).post(community, [posting.command], posting.also)
    return transfer_response(request, community, answer)


@get(
    "/transfers/{transfer_id:str}/receipt",
    summary="A transfer's receipt",
    opt=allow(Role.COORDINATOR, Role.AUDITOR, token=Scope.READ, member=True),
    operation_class=body(
        None,
        query={"account": text("only this account's disclosure", form=OpenAPIFormat.UUID)},
        media_types=("application/sd-jwt", "text/plain"),
    ),
    responses=answers({200: ProofView}, 404, 406),
)
async def get_receipt(request: AnyRequest) -> ASGIResponse:
    """The receipt by Accept: application/sd-jwt, text/plain (a .tlog-proof file), or JSON with every part.

    With `?account=` it carries that account's disclosure only: the copy for that account's people. A member gets
    the disclosures of their own accounts, of the note and of who posted it.
    """
    community = community_of(request)
    transfer_id = path_id(request, "transfer_id")
    only_query(request, "account")
    ledger = ledger_of(request)
    async with ledger.database.snapshot(community.id) as db:
        found = await read_transfers(db, community, [transfer_id])
        visible = sees(principal_of(request))
        if transfer_id not in found or not _seen(found[transfer_id], visible):
            raise Problem("not_found")
        transfer = found[transfer_id]
        head = await db.row("log/read_head", community_id=community.id)
        if head is None:
            raise LookupError(f"community {community.slug} has no log")
        path = await inclusion_proof(db, community.id, transfer.leaf_index, head["tree_size"])
    disclosures = transfer.disclosures(visible, notes=reads_notes(request))
    wanted_account = request.query_params.get("account")
    if wanted_account is not None:
        account = as_uuid(wanted_account.lower(), "The query parameter account")
        disclosures = [
            entry.disclosure
            for entry in transfer.entries
            if entry.account_id == account
            and entry.disclosure is not None
            and (visible is None or visible(account))
        ]
        if not disclosures:
            raise Problem("not_found")
    receipt = sign_receipt(transfer.payload, ledger.keys.receipt_key)
    presented = present(receipt, disclosures)
    wanted = request.accept.best_match(["application/json", "application/sd-jwt", "text/plain"])
    if wanted == "application/sd-jwt":
        return bytes_response(presented.encode(), "application/sd-jwt")
    if wanted == "text/plain":
        proof = render_tlog_proof(presented, transfer.leaf_index, path, head["checkpoint"])
        return bytes_response(proof.encode(), "text/plain")
    if wanted is None:
        raise Problem("not_acceptable")
    hashes = [b64encode(node).decode() for node in path]
    return json_response(ProofView(receipt, disclosures, transfer.leaf_index, hashes, head["checkpoint"]))


transfers_router = Router(
    "/v1/communities/{slug:str}",
    route_handlers=[list_transfers, post_transfer, post_batch, get_transfer, post_reversal, get_receipt],
    tags=["Transfers"],
)
