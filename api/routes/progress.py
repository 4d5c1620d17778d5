"""Long work as it goes on: read by its id, and followed as server-sent events."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar.openapi import ResponseSpec
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.response.base import ASGIResponse
from litestar.response.sse import ServerSentEventMessage
from litestar.response.streaming import ASGIStreamingResponse

from api.documents import PAGE, answers, text
from api.problems import Problem
from api.requests import MAX_PAGE, as_uuid, json_response, only_query, path_id, query_integer
from api.routes.common import AnyRequest, community_of, ledger_of, principal_of
from ledger.desk import work
from ledger.desk.work import Kind, State, Work
from ledger.people.erasure import newest_erasure

EVENT_STREAM = "text/event-stream"
LOOK_EVERY_SECONDS = 0.5
KEEP_ALIVE_SECONDS = 15.0
STREAM_SECONDS = 300.0
"""How long one stream lasts at most. Whoever still listens asks again, and is then looked at again."""

MOST_STREAMS = 10
"""How many one member follows at once, in this process: each asks the database twice a second."""


class ProgressView(msgspec.Struct):
    """What an event of the stream says, as JSON."""

    state: str
    done: int
    total: int


class ProgressEvent(msgspec.Struct):
    """An event of the stream, as a browser sees it. `data` is a JSON object: `state`, `done`, `total`."""

    event: Literal["progress", "end"]
    data: str


STREAMED = {
    **answers({}, 404),
    200: ResponseSpec(
        ProgressEvent, description="A stream.", media_type=EVENT_STREAM, generate_examples=False
    ),
}
"""The answers of a route that follows long work."""


async def read_work(request: AnyRequest, kind: Kind, work_id: UUID) -> Work:
    """A piece of work of this kind in the community that is asked for. Raises Problem("not_found")."""
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        found = await work.read(db, community.id, kind, work_id)
    if found is None:
        raise Problem("not_found")
    return found


async def read_newest_erasure(request: AnyRequest) -> datetime | None:
    """When somebody of the community was last erased: files begun before are not handed out when they name people."""
    community = community_of(request)
    async with ledger_of(request).database.connection(community.id) as db:
        return await newest_erasure(db, community.id)


def begun_response(request: AnyRequest, view: Any, first: bool, name: str) -> ASGIResponse:
    """The answer to a request that begins long work: what it began, or, unless it was the `first`, what it repeats.

    `name` is where the work is read, below the community's address.
    """
    headers = {"location": f"/v1/communities/{community_of(request).slug}/{name}"}
    if first:
        return json_response(view, 202, headers)
    return json_response(view, 200, headers | {"idempotency-replayed": "true"})


PAGES_OF_WORK = {
    "after": text("the id of the one after which the page begins", form=OpenAPIFormat.UUID),
    "limit": PAGE,
}
"""The query of a route that lists long work."""


async def page_of_work(request: AnyRequest, kind: Kind, name: str) -> tuple[list[Work], str | None]:
    """A page of the work of this kind, the newest first, without outcomes; and the address of the next page.

    `name` is what the list is called in its address.
    """
    only_query(request, "after", "limit")
    community = community_of(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    given = request.query_params.get("after")
    after = None if given is None else as_uuid(given, "The query parameter after")
    async with ledger_of(request).database.connection(community.id) as db:
        found = await work.list_newest(db, community.id, kind, after=after, at_most=limit + 1)
    following = None
    if len(found) > limit:
        last = found[limit - 1].id
        following = f"/v1/communities/{community.slug}/{name}?after={last}&limit={limit}"
    return found[:limit], following


async def follow_work(request: AnyRequest, kind: Kind, name: str) -> ASGIStreamingResponse:
    """The stream of the piece of work whose id stands in the path under `name`."""
    only_query(request)
    first = await read_work(request, kind, path_id(request, name))
    if request.app.state.following[principal_of(request).member_id] >= MOST_STREAMS:
        raise Problem("rate_limited")
    return ASGIStreamingResponse(
        iterator=_followed(request, kind, first),
        media_type=EVENT_STREAM,
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _followed(request: AnyRequest, kind: Kind, piece: Work) -> AsyncIterator[bytes]:
    """The events, counted among those that their reader follows for as long as they last."""
    following, reader = request.app.state.following, principal_of(request).member_id
    following[reader] += 1
    try:
        async with aclosing(_events(request, kind, piece)) as events:
            async for event in events:
                yield event
    finally:
        following[reader] -= 1
        if not following[reader]:
            del following[reader]


async def _events(request: AnyRequest, kind: Kind, piece: Work) -> AsyncGenerator[bytes, None]:
    leaving: asyncio.Event = request.app.state.leaving
    started = spoken = time.monotonic()
    said: ProgressView | None = None
    while True:
        now = time.monotonic()
        progress = ProgressView(piece.state, piece.done, piece.total)
        if piece.state is not State.RUNNING:
            yield _event("end", progress)
            return
        if progress != said:
            said, spoken = progress, now
            yield _event("progress", progress)
        elif now - spoken >= KEEP_ALIVE_SECONDS:
            spoken = now
            yield ServerSentEventMessage(data=None, comment="still running").encode()
        if now - started >= STREAM_SECONDS or await _leaves(leaving):
            return
        piece = await read_work(request, kind, piece.id)


async def _leaves(leaving: asyncio.Event) -> bool:
    """Wait until it is time to look again; whether the service is being stopped."""
    try:
        await asyncio.wait_for(leaving.wait(), LOOK_EVERY_SECONDS)
    except TimeoutError:
        return False
    return True


def _event(name: str, progress: ProgressView) -> bytes:
    return ServerSentEventMessage(data=msgspec.json.encode(progress), event=name).encode()
