"""What one person may do alone only while there is nobody else: done if it may be, else proposed to a second person."""

from hashlib import sha256
from uuid import UUID

from litestar.response.base import ASGIResponse

from api.web.desk.desk import Desk, Row
from api.web.forms import Form
from api.web.language import mark

PROPOSED = {
    "proposed": mark(
        "This takes a second person, so it was proposed. Somebody else approves it on this page."
    )
}


def derived(key: str, what: str) -> str:
    """Another id for the same form: sending the form again gives the same one again."""
    return str(UUID(bytes=sha256(f"{key}/{what}".encode()).digest()[:16], version=4))


async def do_or_propose(
    desk: Desk, form: Form, method: str, path: str, body: object, proposal: Row, done: tuple[str, str]
) -> ASGIResponse | None:
    """Send the deed; where that takes a second person, propose it. `done` is where to go then, and what to say there.

    Returns None when it was refused: the form says why.
    """
    answer = await desk.api.send(method, path, body, key=form.key)
    if answer.problem is None:
        return desk.done(*done)
    if answer.problem == "second_person_needed":
        key = derived(form.key, "proposal")
        answer = await desk.api.send("POST", "/proposals", proposal, key=key)
        if answer.problem is None:
            return desk.done(f"/proposals/{key}", "proposed")
    desk.refuse(form, answer)
    return None
