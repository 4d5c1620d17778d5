"""A name on paper, held against the names of members: candidates, each with how it was found.

Two members whom a name fits alike are never chosen between. The rungs keep that apart from a member whom it fits
better: "Mary Jones" is Mary Jones, whoever else is called Mary Janes. Of "Mary and Huw" neither is chosen.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from ledger.desk.matching.nicknames import groups
from ledger.desk.matching.spelling import CJK, WORD, Form, bound_of, distance, less


@dataclass(frozen=True, slots=True)
class Named:
    """A member as far as names care."""

    id: UUID
    number: int
    name: str


class NameReason(StrEnum):
    """How a name on paper leads to a member, from the surest to the least sure; a candidate may need several."""

    SAME = "same_name"
    CHOSEN = "chosen"  # by a person, for this name
    NUMBER = "member_number"
    SPELLING = "accents_or_case"
    TITLE = "title"
    SWAPPED = "swapped_order"
    NICKNAME = "nickname"
    INITIAL = "initial"
    PART = "part_of_name"
    MISSPELT = "misspelt"
    SEVERAL = "one_of_several"  # people whose names stand together, such as a couple's


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member whom a written name may mean. Rung 0 fits as written, higher ones fit worse."""

    member_id: UUID
    reasons: tuple[NameReason, ...]
    rung: int

    @property
    def sure(self) -> bool:
        """Whether all of the name is there and spelt so: nobody had to suppose anything."""
        return self.rung <= SURE_RUNG


SURE_RUNG = 2
MAX_CANDIDATES = 10
_RUNGS = {
    NameReason.SPELLING: 1,
    NameReason.TITLE: 1,
    NameReason.SWAPPED: 2,
    NameReason.NICKNAME: 3,
    NameReason.INITIAL: 4,
    NameReason.PART: 5,
    NameReason.MISSPELT: 6,
}
_NUMBER = re.compile(
    r"(?:会員番号|会員|no|nr|n|num|number|member|socio|socia|soci|aelod|rhif|#|№)?[\s.:º°]*([0-9]{1,9})"
)
_TOGETHER = re.compile(r"\s*[&+/;、]\s*|\s+(?:and|a|ac|e|ed|y|i)\s+")
"""What stands between the names of two people. Small words only: "Mary A Jones" has an initial."""
_NUMBER_BESIDE = re.compile(r"(.*\D)\s*[(\[#]\s*([0-9]{1,9})\s*[)\]]?\s*")


class Names:
    """The names of a community's members, ready to be looked up in."""

    def __init__(self, members: Iterable[Named]) -> None:
        self._members = sorted(members, key=lambda each: (each.number, each.id))
        self._forms = [Form.of(each.name) for each in self._members]
        self._places = {each.id: at for at, each in enumerate(self._members)}
        self._by_number = {each.number: at for at, each in enumerate(self._members)}
        # Of these members only: nothing of a name outlives them.
        self._cost = lru_cache(maxsize=100_000)(_cost)
        self._by_words: dict[tuple[str, ...], set[int]] = {}
        self._by_word: dict[str, set[int]] = {}
        self._by_group: dict[int, set[int]] = {}
        self._by_less: dict[str, set[int]] = {}
        for at, form in enumerate(self._forms):
            for words in {form.words, form.apart}:
                self._by_words.setdefault(tuple(sorted(words)), set()).add(at)
            for word in {*form.words, *form.apart}:
                self._by_word.setdefault(word, set()).add(at)
                for group in groups(word):
                    self._by_group.setdefault(group, set()).add(at)
                for shorter in less(word):
                    self._by_less.setdefault(shorter, set()).add(at)

    def find(self, written: str) -> Sequence[Candidate]:
        """At most ten whom the written name may mean, the best first. Several on the first rung: it is ambiguous."""
        written = " ".join(written.split())
        found = self._several(written)
        if not found:
            numbered = self._numbered(written)
            if numbered is not None:
                return numbered
            found = self._named(written, Form.of(written))
        return sorted(found, key=lambda each: (each.rung, self._places[each.member_id]))[:MAX_CANDIDATES]

    def _named(self, written: str, form: Form) -> list[Candidate]:
        if not form.words:
            return []
        whole = self._whole(written, form)
        if not whole:
            return self._nearly(form)
        if len(form.apart) > 1:
            return whole
        # "Joan" may be Joan, of whom no more is known, or any other Joan.
        same = {each.member_id for each in whole}
        others = [
            each
            for each in self._nearly(form)
            if each.reasons == (NameReason.PART,) and each.member_id not in same
        ]
        return [replace(each, rung=others[0].rung) for each in whole] + others if others else whole

    def apart(self, written: str) -> list[tuple[str, list[Candidate]]]:
        """The names that stand together in a written one, each whole, with whom it may mean; none when it is one's."""
        written = " ".join(written.split())
        parts = _TOGETHER.split(written)
        if len(parts) < 2 or self._whole(written, Form.of(written)):
            return []
        family = parts[-1].rpartition(" ")[2]
        names = []
        for part in parts:
            # "Mary and Huw Price" have one surname.
            whole = f"{part} {family}"
            shared = " " not in part and self._whole(whole, Form.of(whole))
            names.append(whole if shared else part)
        found = [self.find(name) for name in names]
        # One member whom every part may mean is one with a long name.
        if not all(found) or set.intersection(*({each.member_id for each in some} for some in found)):
            return []
        return [
            (name, [each for each in some if each.rung == some[0].rung])
            for name, some in zip(names, found, strict=True)
        ]

    def _several(self, written: str) -> list[Candidate]:
        """The people of a name that is two people's, all on one rung; empty when it is not."""
        told = {
            each.member_id: Candidate(each.member_id, (*each.reasons, NameReason.SEVERAL), 0)
            for _, found in self.apart(written)
            for each in found
        }
        return list(told.values())

    def _numbered(self, written: str) -> Sequence[Candidate] | None:
        """Whom a member number means, alone or beside a name; where the two disagree, both people are told."""
        plain = unicodedata.normalize("NFKC", written).casefold().strip()
        if match := _NUMBER.fullmatch(plain):
            at = self._by_number.get(int(match[1]))
            return [] if at is None else [Candidate(self._members[at].id, (NameReason.NUMBER,), 0)]
        match = _NUMBER_BESIDE.fullmatch(unicodedata.normalize("NFKC", written))
        if match is None or not WORD.search(match[1]):
            return None
        named = self.find(match[1])
        at = self._by_number.get(int(match[2]))
        if at is None:
            return []
        numbered = Candidate(self._members[at].id, (NameReason.NUMBER,), 0)
        if any(each.member_id == numbered.member_id for each in named) or not named:
            return [numbered] if named else []
        return [numbered, *(Candidate(each.member_id, each.reasons, 0) for each in named[:1])]

    def _whole(self, written: str, form: Form) -> list[Candidate]:
        """Those who have all the words of the name and no other, in whatever order."""
        found = []
        same = unicodedata.normalize("NFC", written)
        places = {
            at for words in {form.words, form.apart} for at in self._by_words.get(tuple(sorted(words)), ())
        }
        for at in places:
            if unicodedata.normalize("NFC", " ".join(self._members[at].name.split())) == same:
                found.append(Candidate(self._members[at].id, (NameReason.SAME,), 0))
                continue
            theirs = self._forms[at]
            swapped = theirs.words != form.words and theirs.apart != form.apart
            reasons = [NameReason.TITLE] if form.titled or theirs.titled else []
            if swapped:
                reasons.append(NameReason.SWAPPED)
            found.append(self._candidate(at, reasons or [NameReason.SPELLING]))
        return found

    def _nearly(self, form: Form) -> list[Candidate]:
        """Those the name may mean with a nickname, an initial, a word too few or a slip of the pen."""
        hits = Counter[int]()
        of_long: list[set[int]] = []
        for word in {*form.words, *form.apart}:
            if len(word) > 1:
                near = self._near(word)
                hits.update(near)
                if bound_of(word) > 1:
                    of_long.append(near)
        initials = {word for word in form.words if len(word) == 1}
        found = []
        for at, count in hits.items():
            theirs = self._forms[at]
            unheard = min(len(form.words), len(theirs.words)) - count - max(form.initials, theirs.initials)
            # A long word may hold two slips, and then finds nobody by itself.
            if unheard > 0 and unheard > sum(at not in near for near in of_long):
                continue
            if form.initials and not initials <= {word[0] for word in theirs.words}:
                continue
            aligned = _align(form.words, theirs.words, self._cost) or _align(
                form.apart, theirs.apart, self._cost
            )
            if aligned is not None:
                found.append(self._candidate(at, *aligned))
        return found

    def _near(self, word: str) -> set[int]:
        """Those who have this word, a nickname of it, or one that is a slip away from it."""
        near = set(self._by_word.get(word, ()))
        for group in groups(word):
            near |= self._by_group.get(group, set())
        for shorter in less(word):
            near |= self._by_less.get(shorter, set())
        return near

    def _candidate(self, at: int, reasons: Sequence[NameReason], more: int = 0) -> Candidate:
        unsure = sum(_RUNGS[each] for each in reasons if _RUNGS[each] > SURE_RUNG)
        rung = (unsure or max(_RUNGS[each] for each in reasons)) + more
        return Candidate(self._members[at].id, tuple(reasons), rung)


def the_one(candidates: Sequence[Candidate]) -> Candidate | None:
    """The candidate who alone stands on the lowest rung, or None: two who fit alike are never chosen between."""
    if not candidates or (len(candidates) > 1 and candidates[1].rung == candidates[0].rung):
        return None
    return candidates[0]


def _align(
    written: Sequence[str], theirs: Sequence[str], cost_of: Callable[[str, str], int | None]
) -> tuple[list[NameReason], int] | None:
    """How the words of two names go together, and how much worse than its reasons it is; None when they don't."""
    pairs = sorted(
        (cost, i, j)
        for i, word in enumerate(written)
        for j, other in enumerate(theirs)
        if (cost := cost_of(word, other)) is not None
    )
    matched: dict[int, int] = {}
    reasons: set[NameReason] = set()
    slips = 0
    whole = False
    for cost, i, j in pairs:
        if i in matched or j in matched.values():
            continue
        matched[i] = j
        whole = whole or (len(written[i]) > 1 and len(theirs[j]) > 1)
        if cost:
            reasons.add(_REASON_OF_COST[min(cost, 3)])
            slips += max(0, cost - 2)
    missing = max(len(written), len(theirs)) - len(matched)
    if not whole or (len(matched) < len(written) and len(matched) < len(theirs)):
        return None
    if missing:
        reasons.add(NameReason.PART)
    if [matched[i] for i in sorted(matched)] != sorted(matched.values()):
        reasons.add(NameReason.SWAPPED)
    told = sorted(reasons, key=list(NameReason).index) or [NameReason.SPELLING]
    return told, max(0, missing - 1) + max(0, slips - 1)


_REASON_OF_COST = {1: NameReason.NICKNAME, 2: NameReason.INITIAL, 3: NameReason.MISSPELT}


def _cost(word: str, other: str) -> int | None:
    """0 the same word, 1 a nickname, 2 an initial, 2 and the number of slips; None when the words differ."""
    if word == other:
        return 0
    if groups(word) & groups(other):
        return 1
    if (len(word) == 1 or len(other) == 1) and word[0] == other[0] and not CJK.fullmatch(word):
        return 2
    bound = min(bound_of(word), bound_of(other))
    slips = distance(word, other, bound) if bound else 1
    return 2 + slips if slips <= bound else None
