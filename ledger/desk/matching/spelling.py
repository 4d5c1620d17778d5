"""How names are written: what people leave out, write in two ways, or get wrong by a slip of the pen."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_MAX_TOKENS = 8

_TITLES = frozenset(
    "mr mrs ms miss mx dr doctor prof rev revd sir dame fr sr sister"
    " sig sigra signa signor signora signore signorina dott dottssa dottoressa prof profssa don suor"
    " sra srta senor senora senorita dona senyor senyora".split()
)
_HONORIFICS = ("さん", "さま", "様", "氏", "君", "くん", "ちゃん", "先生", "殿")
_OLD_FORMS = str.maketrans(
    "髙﨑碕邊邉齋齊澤濱廣國嶋嶌櫻眞惠德榮瀨彌壽藏",
    "高崎崎辺辺斎斉沢浜広国島島桜真恵徳栄瀬弥寿蔵",
)
"""Characters of Japanese names that a family register keeps, and a keyboard does not offer."""
_JOINED_TITLE = re.compile(r"\b(sig|dott|prof)\.\s?(ra|na|ssa)\b")
WORD = re.compile(r"[^\W\d_]+")
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff々ー]+")


def fold(text: str) -> str:
    """A name without what people leave out or write in two ways: accents, case, width, the kind of kana."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(each for each in apart if not 0x300 <= ord(each) < 0x370)
    kana = "".join(
        chr(ord(each) - 0x60) if "ァ" <= each <= "ヶ" else each
        for each in unicodedata.normalize("NFC", plain)
    )
    return kana.translate(_OLD_FORMS).replace("'", "").replace("’", "").replace("·", "")


@dataclass(frozen=True, slots=True)
class Form:
    """A name taken apart: its words without titles; a name in Japanese is one word, since its space is optional."""

    words: tuple[str, ...]
    apart: tuple[str, ...]
    titled: bool
    initials: int
    """How many of the words are one letter."""

    @classmethod
    def of(cls, text: str) -> "Form":
        folded = _JOINED_TITLE.sub(r"\1\2", fold(text))
        words = WORD.findall(folded)[:_MAX_TOKENS]
        kept = [word for word in words if word not in _TITLES]
        titled = len(kept) < len(words)
        # Somebody may be called Don.
        kept = kept or words
        if kept and all(CJK.fullmatch(word) for word in kept):
            bare = kept[-1]
            for honorific in _HONORIFICS:
                bare = bare.removesuffix(honorific)
            if bare != kept[-1]:
                titled = True
                kept = [*kept[:-1], bare] if bare else kept[:-1]
            return cls(("".join(kept),) if kept else (), tuple(kept), titled, 0)
        return cls(tuple(kept), tuple(kept), titled, sum(len(word) == 1 for word in kept))


def less(word: str) -> Iterator[str]:
    """The word, and the word without each of its letters: what two words one slip apart have in common."""
    if bound_of(word):
        yield word
        yield from {word[:at] + word[at + 1 :] for at in range(len(word))}


def bound_of(word: str) -> int:
    """How many slips a word may hold: short ones are other names."""
    if CJK.fullmatch(word):
        return 1 if len(word) > 2 else 0
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2


def distance(one: str, other: str, bound: int) -> int:
    """Letters to add, leave out, replace or swap with their neighbour to make one word the other; at most bound + 1."""
    if abs(len(one) - len(other)) > bound:
        return bound + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, another in enumerate(other, 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != another))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == another:
                least = min(least, earlier[j - 2] + 1)
            row.append(least)
        if min(row) > bound:
            return bound + 1
    return min(row[-1], bound + 1)
