"""Who lives in the invented co-op: names, languages, families, and who acts for whom."""

from dataclasses import dataclass

from ledger.people.delegates import Relation
from ledger.people.roles import DelegateScope
from ledger.people.start import INVENTED

SEED = "carehours"
SLUG = INVENTED
NAME = "Orchard Lane Care Co-operative"


@dataclass(frozen=True, slots=True)
class Cast:
    """A member as invented: `helper` gives more care than they need, `joined_day` counts from the founding."""

    name: str
    language: str
    birth_year: int
    helper: bool
    joined_day: int = 0
    email: str | None = None


# Six or seven people a language; every third needs more care than they can give.
CAST = (
    Cast("Margaret Holloway", "en", 1941, False),
    Cast("Thomas Ashdown", "en", 1958, True),
    Cast("Priya Winterbourne", "en", 1979, True),
    Cast("Doris Pemberley", "en", 1939, False, email="doris@orchard-lane.example"),
    Cast("Samuel Kettlewell", "en", 1961, True),
    Cast("Joan Fairbrother", "en", 1955, True, email="joan@orchard-lane.example"),
    Cast("Walter Stainforth", "en", 1934, False),
    Cast("Eluned Prosser", "cy", 1957, True),
    Cast("Gwilym Tudur", "cy", 1938, False),
    Cast("Angharad Bevan", "cy", 1966, True),
    Cast("Ifor Llywelyn", "cy", 1971, True),
    Cast("Nerys Cadwaladr", "cy", 1943, False),
    Cast("Dafydd Gethin", "cy", 1960, True),
    Cast("Siân Môn", "cy", 1988, True, 200),
    Cast("Ornella Brambilla", "it", 1959, True),
    Cast("Ettore Fumagalli", "it", 1937, False),
    Cast("Giuseppina Rotondo", "it", 1936, False),
    Cast("Niccolò Valsecchi", "it", 1990, True),
    Cast("Mariù Scaramuzza", "it", 1963, True),
    Cast("Fausto Bellini", "it", 1954, True, 40),
    Cast("Iluminada Cortázar", "es", 1940, False),
    Cast("Joaquín Peñalver", "es", 1975, True),
    Cast("Begoña Ibáñez", "es", 1968, True),
    Cast("Nicanor Zúñiga", "es", 1935, False),
    Cast("Rosalía Quiñones", "es", 1956, True),
    Cast("Leandro Muñiz", "es", 1962, True),
    Cast("Montserrat Puigdollers", "ca", 1942, False),
    Cast("Jaume Vilalta", "ca", 1947, True),
    Cast("Neus Garriga", "ca", 1974, True),
    Cast("Ramon Casadellà", "ca", 1944, False),
    Cast("Mercè Abellán", "ca", 1958, True),
    Cast("Oriol Güell", "ca", 1983, True, 75),
    Cast("佐々木 千代", "ja", 1933, False),
    Cast("高橋 健一", "ja", 1964, True),
    Cast("森田 由美子", "ja", 1953, True),
    Cast("石川 勇", "ja", 1941, False),
    Cast("小野寺 さくら", "ja", 1992, True, 130),
    Cast("藤原 美咲", "ja", 1970, True),
    Cast("西村 拓海", "ja", 1986, True),
)
APPLICANT = Cast("Tegwen Rhys", "cy", 1969, True)
"""Who has asked to join, and waits."""

# All numbers below are places in CAST.
COORDINATORS = (2, 21)
AUDITOR = 33
FRAIL = (6, 16, 20, 23, 32)
WORKERS = (4, 30)
CAPITAL_PROVIDERS = (5, 27)
LEAVER = 10
LATE = 6
"""Who dies in the course of the year; HEIR is the spouse."""
HEIR = 3

HOUSEHOLDS = (
    ("Holloway and Ashdown", (0, 1)),
    ("Teulu Tudur", (8, 9)),
    ("Famiglia Fumagalli", (15, 17)),
    ("Casa Cortázar", (20, 22)),
    ("Família Puigdollers", (26, 27)),
    ("石川家", (35, 37)),
)
"""(name, the members who share the account)"""

RELATIVES = (
    (0, 1, Relation.PARTNER),
    (8, 9, Relation.CHILD),
    (15, 17, Relation.GRANDCHILD),
    (20, 22, Relation.CHILD),
    (26, 27, Relation.SPOUSE),
    (35, 37, Relation.CHILD),
    (LATE, HEIR, Relation.SPOUSE),
    (16, 18, Relation.CHILD),
    (29, 28, Relation.CHILD),
)
"""(member, relative, what the relative is to the member)"""


@dataclass(frozen=True, slots=True)
class ActsFor:
    """A delegation to come: from which day, and whether two co-ordinators give it, for somebody who cannot."""

    member: int
    delegate: int
    relation: Relation
    scopes: frozenset[DelegateScope]
    monthly_cap: int
    day: int
    by_two: bool = False


_SEE, _REQUEST, _CONFIRM, _SPEND = DelegateScope
DELEGATIONS = (
    ActsFor(16, 18, Relation.CHILD, frozenset({_SEE, _REQUEST, _CONFIRM}), 0, 10),
    ActsFor(23, 25, Relation.FRIEND, frozenset(DelegateScope), 36_000, 20, by_two=True),
    ActsFor(29, 28, Relation.CHILD, frozenset({_SEE, _REQUEST, _CONFIRM}), 0, 25),
    ActsFor(32, 34, Relation.NEIGHBOUR, frozenset({_SEE, _CONFIRM}), 0, 30),
)
ENDED = (32, 280)
"""Whose delegation ends, and on which day."""

WRITTEN = {
    0: "Maggie Holloway", 1: "Tom Ashdown", 4: "Kettlewell, Sam", 5: "Joan Fairbrothr", 13: "Sian Mon",
    14: "O. Brambilla", 17: "Niccolo Valsecchi", 25: "Muñiz Leandro", 29: "Ramon Casadella", 30: "Merce Abellan",
}  # fmt: skip
"""How some write each other on paper: the names people call them by, without accents, or turned round."""
UNKNOWN_NAME = "The neighbour from number 12"

PASSBOOKS = ((HEIR, 0), (5, 0), (11, 5_400))
"""Whose passbook was looked at, and how many seconds more than the books it says."""
WISHES = ((HEIR, True), (5, False))
"""Who wishes statements by e-mail, and whether in large print."""

CHECKED = (1, 4, 7, 12, 14, 18, 22, 25, 28, 30, 34, 37)
"""Who has a police check; of some it runs out, or is taken away, in the course of the year."""
EXPIRES_SOON, EXPIRED, RENEWED, REVOKED = 7, 12, 14, 30
FIRST_AIDERS = (4, 22)

ACTIVITIES = ("company", "company", "shopping", "shopping", "cooking", "garden", "transport", "paperwork")
CARE_NOTES = (
    "A walk in the park", "To the doctor and back", "Cooking for two days", "Cwmni a phaned", "Garddio",
    "Compagnia e lettura", "Spesa al mercato", "Paseo y compañía", "Ayuda con papeles",
    "Acompanyament al metge", "Arreglar l'aixeta", "買い物の付き添い", "話し相手",
)  # fmt: skip
AREAS = ("Orchard Lane", "Near the station", "Lôn y Berllan", "Vicino al mercato", "Plaza Mayor", "駅の近く")
DECLINED = ("That was an hour, not two.", "It was on another day.", "You came to my neighbour, not to me.")
WITHDRAWN = ("Typed the wrong day", "Wrong neighbour", "Already on the paper sheet")
