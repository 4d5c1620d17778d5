"""Tasks: what a co-ordinator should look at."""

from datetime import datetime
from typing import Literal
from uuid import UUID

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
    as_uuid,
    idempotency_key,
    json_response,
    next_link,
    only_query,
    path_id,
    query_integer,
    read_body,
)
from api.routes.common import (
    AnyRequest,
    act_response,
    community_of,
    hours_of,
    ledger_of,
    principal_of,
)
from api.views import DoneView
from ledger.database.connections import Connection
from ledger.hours.tasks import finish_task
from ledger.people.roles import Role


class TaskView(msgspec.Struct, omit_defaults=True):
    """A balance past a soft limit: whose, on which account, and the seconds it stood at when that was posted."""

    id: UUID
    kind: Literal["below_soft_floor", "above_soft_ceiling"]
    member: UUID
    made_at: datetime
    account: UUID | None = None
    balance: int | None = None


class TasksView(msgspec.Struct, omit_defaults=True):
    tasks: list[TaskView]
    next: str | None = None


@get(
    "/tasks",
    summary="List open tasks",
    opt=allow(Role.COORDINATOR),
    operation_class=body(
        None,
        query={
            "after": text("the id of the task after which the page begins", form=OpenAPIFormat.UUID),
            "limit": PAGE,
        },
    ),
    responses=answers({200: TasksView}, 404),
)
async def list_tasks(request: AnyRequest) -> ASGIResponse:
    """What nobody has looked at yet, the oldest first, a page at a time. One account has one open task of a kind."""
    only_query(request, "after", "limit")
    community = community_of(request)
    limit = query_integer(request, "limit", 50, 1, MAX_PAGE)
    async with ledger_of(request).database.snapshot(community.id) as db:
        after = await _after(db, community.id, request.query_params.get("after"))
        rows = await db.rows("hours/list_tasks", community_id=community.id, at_most=limit + 1, **after)
    tasks = [
        TaskView(
            row["task_id"], row["kind"], row["member_id"], row["made_at"], row["account_id"], row["balance"]
        )
        for row in rows[:limit]
    ]
    following = None
    if len(rows) > limit:
        following = f"/v1/communities/{community.slug}/tasks?after={tasks[-1].id}&limit={limit}"
    return json_response(TasksView(tasks, following), headers=next_link(following))


async def _after(db: Connection, community_id: int, given: str | None) -> dict[str, object]:
    if given is None:
        return {"after_at": None, "after_id": None}
    task_id = as_uuid(given, "The query parameter after")
    row = await db.row("hours/read_task", community_id=community_id, task_id=task_id)
    if row is None:
        raise Problem("not_found")
    return {"after_at": row["made_at"], "after_id": task_id}


@post(
    "/tasks/{task_id:str}/done",
    summary="Take a task off the list",
    opt=allow(Role.COORDINATOR),
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=body(dict, idempotent=True),
    responses=answers({200: DoneView}, 404, 409, 415, 422, 503),
)
async def post_task_done(request: AnyRequest) -> ASGIResponse:
    """Say that you have looked at it, unless it is about you or yours. The next time makes a new task."""
    only_query(request)
    task_id = path_id(request, "task_id")
    key = idempotency_key(request)
    await read_body(request, NOTHING)
    answer = await finish_task(hours_of(request), community_of(request), principal_of(request), key, task_id)
    return act_response(request, answer)


tasks_router = Router(
    "/v1/communities/{slug:str}", route_handlers=[list_tasks, post_task_done], tags=["Tasks"]
)
