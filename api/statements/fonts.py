"""The fonts that a PDF is written with.

None is in a package of ours: they are looked for where systems keep theirs, and CAREHOURS_PDF_FONT names others. A
letter that no font has is never left out in silence: there is no PDF then, and the answer says what to install.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

_LATIN = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "/usr/share/fonts/liberation-sans/LiberationSans-Regular.ttf",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "/Library/Fonts/Arial Unicode.ttf",
    "/System/Library/Fonts/Supplemental/Arial.ttf",
    "C:/Windows/Fonts/segoeui.ttf",
    "C:/Windows/Fonts/arial.ttf",
)
_JAPANESE = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",
    "/usr/share/fonts/truetype/fonts-japanese-gothic.ttf",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "/System/Library/Fonts/ヒラギノ角ゴシック W3.ttc",
    "C:/Windows/Fonts/YuGothR.ttc",
    "C:/Windows/Fonts/msgothic.ttc",
    "C:/Windows/Fonts/meiryo.ttc",
)
_BOLD = {
    "DejaVuSans.ttf": "DejaVuSans-Bold.ttf",
    "NotoSans-Regular.ttf": "NotoSans-Bold.ttf",
    "LiberationSans-Regular.ttf": "LiberationSans-Bold.ttf",
    "NotoSansCJK-Regular.ttc": "NotoSansCJK-Bold.ttc",
    "Arial.ttf": "Arial Bold.ttf",
    "segoeui.ttf": "segoeuib.ttf",
    "arial.ttf": "arialbd.ttf",
}


class NoPdf(Exception):
    """There can be no PDF, in words for whoever keeps the service."""


@dataclass(frozen=True, slots=True)
class Fonts:
    """Where fonts are, the preferred first."""

    regular: tuple[Path, ...]

    @classmethod
    def of(cls, environ: Mapping[str, str], tag: str) -> "Fonts":
        """Those that CAREHOURS_PDF_FONT names, then those of the system, for a language first. Raises NoPdf."""
        if find_spec("fpdf") is None:
            raise NoPdf(
                "PDF needs an extra package: pip install 'carehours[pdf]'. Printing the page works without."
            )
        named = [Path(each) for each in environ.get("CAREHOURS_PDF_FONT", "").split(os.pathsep) if each]
        for path in named:
            if not path.is_file():
                raise NoPdf(
                    "CAREHOURS_PDF_FONT names a file that is not there. It is a list of TrueType fonts."
                )
        usual = (_JAPANESE, _LATIN) if tag == "ja" else (_LATIN, _JAPANESE)
        there = [Path(each) for places in usual for each in _first_there(places)]
        found = tuple(dict.fromkeys([*named, *there]))
        if not found:
            raise NoPdf(
                "PDF needs a font, and none was found: install the package fonts-dejavu-core, or name a TrueType"
                " font in CAREHOURS_PDF_FONT."
            )
        return cls(found)


def _first_there(places: Iterable[str]) -> list[str]:
    return [each for each in places if Path(each).is_file()][:1]


@lru_cache(8)
def _letters(path: Path) -> frozenset[int]:
    """What a font can write."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # has no types

    with TTFont(path, fontNumber=0, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())


def choose(fonts: Fonts, text: str) -> list[Path]:
    """The fonts that this text needs, the preferred one first. Raises NoPdf for a letter that none of them has."""
    needed = {ord(each) for each in text if each.isprintable() and not each.isspace()}
    chosen: list[Path] = []
    for path in fonts.regular:
        if not chosen or needed & _letters(path):
            chosen.append(path)
            needed -= _letters(path)
        if not needed:
            return chosen
    signs = ", ".join(f"U+{each:04X}" for each in sorted(needed)[:3])
    raise NoPdf(
        f"No font here can write all that is in this statement ({signs}): install the package fonts-noto-cjk or"
        " fonts-noto-core, or name a font that can in CAREHOURS_PDF_FONT."
    )


def bold_of(path: Path) -> Path | None:
    """The bold one of a font, when it stands beside it."""
    name = _BOLD.get(path.name)
    bold = None if name is None else path.with_name(name)
    return bold if bold is not None and bold.is_file() else None
