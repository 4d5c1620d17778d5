"""An invented co-op, for looking around: about forty people in six languages and a year of their hours.

`year` tells the year, day by day, and is pure: the same seed and founding day give the same steps with the same ids for
ever. A step says when it is, and what somebody does then through the functions the routes use. `make` carries them out
with a ledger whose clock stands where the story is. So it can be interrupted, and run again on any later day, and
changes nothing that is there. `people` are who they are, `founding` sets the co-op up, `visits`, `requests`,
`disputes`, `giving` and `affairs` are what happens in a week, `books` is what is done with the books of it, `guests`
are those a visitor may be, and the two policies are files.
"""

from ledger.desk.demo.guests import Guest, read_guests
from ledger.desk.demo.make import demo_progress, found_demo, make_demo
from ledger.desk.demo.people import NAME, SEED, SLUG
from ledger.desk.demo.year import DAYS, demo_steps

__all__ = [
    "DAYS",
    "NAME",
    "SEED",
    "SLUG",
    "Guest",
    "demo_progress",
    "demo_steps",
    "found_demo",
    "make_demo",
    "read_guests",
]
