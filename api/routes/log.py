"""The public log: checkpoints, tiles, consistency proofs and keys. Everybody may read it without a token."""

import re
from base64 import b64encode
from hashlib import sha256

from litestar import Router, get
from litestar.response.base import ASGIResponse

from api.documents import answers, body, integer
from api.problems import Problem
from api.requests import MAX_SAFE, bytes_response, json_response, only_query, query_integer
from api.routes.common import AnyRequest, ledger_of
from api.views import ConsistencyView
from ledger.book.journal import Community
from ledger.book.proofs import consistency_proof, tile
from ledger.log.merkle import tile_path
from ledger.log.trust import render_trust

PUBLIC = {"public": True}
IMMUTABLE = "public, max-age=31536000, immutable"
# Anybody may check our signatures from any page; nothing here depends on who asks.
OPEN = {"access-control-allow-origin": "*"}


@get("/{slug:str}/checkpoint", summary="The newest checkpoint", opt=PUBLIC, responses=answers({}, 404))
async def get_checkpoint(request: AnyRequest) -> ASGIResponse:
    """Origin, size and root hash of the log, signed (C2SP tlog-checkpoint)."""
    ledger = ledger_of(request)
    community = await _community(request)
    async with ledger.database.connection(community.id) as db:
        head = await db.row("log/read_head", community_id=community.id)
    if head is None:
        raise Problem("not_found")
    return bytes_response(head["checkpoint"].encode(), "text/plain", 200, OPEN, "no-cache")


@get(
    "/{slug:str}/tile/{tile_name:path}",
    summary="A tile of the log's tree",
    opt=PUBLIC,
    responses=answers({}, 404),
)
async def get_tile(request: AnyRequest) -> ASGIResponse:
    """Hashes of the tree in tiles of height 8 (C2SP tlog-tiles), such as `0/x001/234.p/17`."""
    community = await _community(request)
    place = tile_path(str(request.path_params["tile_name"]).lstrip("/"))
    if place is None:
        raise Problem("not_found")
    async with ledger_of(request).database.connection(community.id) as db:
        hashes = await tile(db, community.id, *place)
    if hashes is None:
        raise Problem("not_found")
    return bytes_response(hashes, "application/octet-stream", 200, OPEN, IMMUTABLE)


@get(
    "/{slug:str}/consistency",
    summary="A consistency proof",
    opt=PUBLIC,
    operation_class=body(
        None,
        query={
            "old": integer("size of the earlier tree", 0, MAX_SAFE),
            "new": integer("size of the later tree", 0, MAX_SAFE),
        },
    ),
    responses=answers({200: ConsistencyView}, 404),
)
async def get_consistency(request: AnyRequest) -> ASGIResponse:
    """Proof that the log only grew between two sizes. `new` left out means the newest."""
    community = await _community(request)
    only_query(request, "old", "new")
    async with ledger_of(request).database.snapshot(community.id) as db:
        head = await db.row("log/read_head", community_id=community.id)
        if head is None:
            raise Problem("not_found")
        size: int = head["tree_size"]
        new = query_integer(request, "new", size, 0, MAX_SAFE)
        old = query_integer(request, "old", 0, 0, MAX_SAFE)
        if not old <= new <= size:
            raise Problem("malformed_request", f"old is at most new, and new at most {size}.")
        proof = await consistency_proof(db, community.id, old, new)
    hashes = [b64encode(node).decode() for node in proof]
    return json_response(ConsistencyView(old, new, hashes), headers=OPEN, cache="no-cache")


async def _community(request: AnyRequest) -> Community:
    slug = str(request.path_params["slug"])
    community = (
        await ledger_of(request).community(slug) if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", slug) else None
    )
    if community is None:
        raise Problem("not_found")
    return community


@get(
    "/.well-known/jwks.json",
    summary="The keys that sign receipts",
    opt=PUBLIC,
    responses=answers({}),
    tags=["Log"],
)
async def get_keys(request: AnyRequest) -> ASGIResponse:
    """Every key that ever signed a receipt, retired ones included (RFC 7517)."""
    return _cacheable(request, ledger_of(request).keys.jwks())


@get(
    "/.well-known/carehours-trust.json",
    summary="All that a verifier needs",
    opt=PUBLIC,
    responses=answers({}),
    tags=["Log"],
)
async def get_trust(request: AnyRequest) -> ASGIResponse:
    """Receipt keys and log keys in one file, for `carehours verify --trust` and for keeping."""
    ledger = ledger_of(request)
    communities = await ledger.communities()
    issuers = {request.app.state.settings.url, *[community.issuer for community in communities]}
    origins = [community.origin for community in communities]
    return _cacheable(request, render_trust(issuers, ledger.keys, origins))


def _cacheable(request: AnyRequest, value: object) -> ASGIResponse:
    response = json_response(value, cache="public, max-age=300")
    etag = f'"{sha256(response.body).hexdigest()[:32]}"'
    if request.headers.get("if-none-match") == etag:
        return ASGIResponse(body=b"", status_code=304, headers={"etag": etag} | OPEN)
    return bytes_response(
        response.body, "application/json", 200, OPEN | {"etag": etag}, "public, max-age=300"
    )


log_router = Router("/log", route_handlers=[get_checkpoint, get_tile, get_consistency], tags=["Log"])
