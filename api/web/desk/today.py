"""Today: what waits for a co-ordinator, the first few of each, and what a new co-op does first."""

from dataclasses import dataclass

from litestar import Router, get, post
from litestar.response.base import ASGIResponse

from api.access import PUBLIC
from api.routes.common import AnyRequest
from api.web.desk.desk import Desk, Row, open_desk
from api.web.desk.event_words import ACTIONS
from api.web.language import mark

SHOWN = 5
COUNTED = 100
"""How many of each are looked at; of more it is said that there are more."""
YOUNG = 10
"""With more members than this a co-op has found its feet, and the list of first steps is gone."""

TELLINGS = {"task-done": mark("Taken off the list. The next time makes a new one.")}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits, of one kind: the first few, how many there are, and whether there may be more than were counted."""

    rows: list[Row]
    count: int
    more: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A first step of a new co-op: whether it is done, and where it is done."""

    text: str
    done: bool
    address: str


@get("/", opt=PUBLIC, include_in_schema=False)
async def show_today(request: AnyRequest) -> ASGIResponse:
    """What waits for whoever reads it, as far as it opens to their role."""
    desk = await open_desk(request)
    trial, tasks, proposals, overlaps, unconfirmed, disputes, wishes, clearances = await desk.parts(
        ("/", {}),
        ("/tasks", {"limit": COUNTED}),
        ("/proposals", {"state": "open", "limit": COUNTED}),
        ("/claims", {"overlapping": "true", "limit": COUNTED}),
        ("/claims", {"state": "submitted", "limit": COUNTED}),
        ("/disputes", {"limit": COUNTED}),
        ("/care-requests", {"all": "true", "state": "open", "limit": 2 * COUNTED}),
        ("/clearances/expiring", {"limit": COUNTED}),
    )
    undecided = {**disputes, "disputes": _undecided(disputes)} if disputes else None
    waiting = {
        "tasks": waiting_of(tasks, "tasks"),
        "proposals": waiting_of(proposals, "proposals"),
        "overlaps": waiting_of(overlaps, "claims"),
        "claims": waiting_of(unconfirmed, "claims", "due_at"),
        "disputes": waiting_of(undecided, "disputes", "deadline_on"),
        "requests": waiting_of(wishes, "care_requests", "care_on"),
        "clearances": waiting_of(clearances, "clearances"),
    }
    await desk.meet(
        row.get(each)
        for kind in waiting.values()
        for row in kind.rows
        for each in ("member", "provider", "receiver", "proposed_by")
    )
    return desk.page(
        "today.html",
        waiting=waiting,
        nothing=not any(kind.count for kind in waiting.values()),
        steps=await first_steps(desk),
        trial=trial,
        actions=ACTIONS,
        tellings=TELLINGS,
    )


@post("/tasks/{task_id:str}/done", opt=PUBLIC, include_in_schema=False)
async def finish_task(request: AnyRequest) -> ASGIResponse:
    """Take a task off the list."""
    desk = await open_desk(request)
    form = await desk.form()
    path = f"/tasks/{request.path_params['task_id']}/done"
    answer = await desk.api.send("POST", path, {}, key=form.key)
    if answer.problem is None:
        return desk.done("", "task-done")
    desk.refuse(form, answer)
    return desk.page("deed.html", 422, form=form, back="")


def waiting_of(answer: Row | None, rows: str, first: str | None = None) -> Waiting:
    """What waits of a list: the first few, those with the least `first` before the others, and before those without."""
    if answer is None:
        return Waiting([], 0, False)
    found = answer[rows]
    if first is not None:
        found = sorted(found, key=lambda row: (first not in row, str(row.get(first))))
    return Waiting(found[:SHOWN], len(found), "next" in answer)


def _undecided(disputes: Row) -> list[Row]:
    return [row for row in disputes["disputes"] if row.get("outcome") is None]


async def first_steps(desk: Desk) -> list[Step]:
    """What a new co-op does first; nothing once all is done, or the co-op is no longer new."""
    if not desk.may("coordinator"):
        return []
    members = await desk.part("/members", limit=YOUNG)
    if members is None or "next" in members:
        return []
    passkeys, keepers, versions = await desk.parts(
        ("/passkeys", {}),
        ("/members", {"role": "coordinator", "limit": 2}),
        ("/policy/versions", {"limit": 2}),
    )
    others = [row for row in members["members"] if row["id"] != desk.me["member_id"]]
    cards = await desk.parts(*((f"/members/{row['id']}/cards", {}) for row in others))
    steps = [
        Step(
            mark("Make a passkey"),
            bool(passkeys and passkeys["passkeys"]),
            f"/sign-in?c={desk.me['community']}",
        ),
        Step(mark("Read the policy, and make it yours"), _has_own(versions), f"{desk.home}/policy"),
        Step(mark("Enrol the first member"), bool(others), f"{desk.home}/members/new"),
        Step(
            mark("Print the first card"),
            any(each and each["cards"] for each in cards),
            f"{desk.home}/members",
        ),
        Step(
            mark("Appoint a second co-ordinator"),
            bool(keepers and len(keepers["members"]) > 1),
            f"{desk.home}/members",
        ),
    ]
    return [] if all(each.done for each in steps) else steps


def _has_own(versions: Row | None) -> bool:
    return bool(versions and versions.get("versions"))


today_pages = Router("/", route_handlers=[show_today, finish_task])
