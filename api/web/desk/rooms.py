"""The rooms of the desk: where they are, what they are called, the key that leads there, and to whom they open."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from api.web.language import Language, mark
from api.web.pages import environment

COORDINATOR, AUDITOR, ADMINISTRATOR = "coordinator", "auditor", "administrator"
CHECKERS = frozenset({COORDINATOR, AUDITOR})
ALL = frozenset({COORDINATOR, AUDITOR, ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Room:
    """A room: its address below the desk, its name, the letter that leads there after `g`, and whose role opens it."""

    address: str
    name: str
    letter: str
    roles: frozenset[str] = ALL


@dataclass(frozen=True, slots=True)
class Group:
    """Rooms that belong together, under a name; the first group needs none."""

    name: str
    rooms: Sequence[Room]


GROUPS = (
    Group("", (Room("", mark("Today"), "t"),)),
    Group(
        mark("People"),
        (
            Room("/members", mark("Members"), "m"),
            Room("/households", mark("Households"), "h", CHECKERS),
            Room("/clearances", mark("Clearances"), "n", CHECKERS),
            Room("/proposals", mark("Proposals"), "v"),
        ),
    ),
    Group(
        mark("Hours"),
        (
            Room("/claims", mark("Claims"), "c", CHECKERS),
            Room("/sheets", mark("Sheets"), "s", frozenset({COORDINATOR})),
            Room("/rounds", mark("Reconcile"), "k", CHECKERS),
            Room("/requests", mark("Requests"), "r", CHECKERS),
            Room("/disputes", mark("Disputes"), "d", CHECKERS),
        ),
    ),
    Group(
        mark("Credits"),
        (
            Room("/pots", mark("Pots"), "p"),
            Room("/accounts", mark("Accounts"), "a", CHECKERS),
            Room("/journal", mark("Journal"), "j"),
            Room("/statements", mark("Statements"), "w", CHECKERS),
        ),
    ),
    Group(
        mark("Rules and checks"),
        (
            Room("/policy", mark("Policy"), "o"),
            Room("/reports", mark("Reports"), "e"),
            Room("/social", mark("Social report"), "q"),
            Room("/audit", mark("Audit"), "u"),
            Room("/periods", mark("Periods"), "y"),
            Room("/files", mark("Imports and exports"), "i", CHECKERS),
            Room("/trail", mark("Trail"), "l"),
        ),
    ),
)

_ADDRESSES = frozenset(room.address for group in GROUPS for room in group.rooms)


def rooms_for(role: str) -> Sequence[Group]:
    """The groups with the rooms that open to this role; a group without any is left out."""
    open_to = [Group(group.name, [each for each in group.rooms if role in each.roles]) for group in GROUPS]
    return [group for group in open_to if group.rooms]


def rooms_as_links(spoken: Language, role: str, home: str, path: str) -> Markup:
    """The rooms that open to a role, as HTML; marked is the one that the page at `path`, below `home`, belongs to."""
    below = path.removeprefix(home).rstrip("/")
    here = f"/{below[1:].partition('/')[0]}" if below else ""
    return _links(
        spoken.tag, role, home, here if here in _ADDRESSES else None, "page" if here == below else "true"
    )


@lru_cache(4096)
def _links(tag: str, role: str, home: str, here: str | None, current: str) -> Markup:
    known = {"groups": rooms_for(role), "home": home, "here": here, "current": current}
    return Markup(environment(tag).get_template("desk/rooms.html").render(known))  # noqa: S704 - the template escapes
