"""The app's icon as a picture of dots, for phones, which take no drawing. Drawn here, so that none is kept."""

import zlib
from functools import cache
from math import hypot
from struct import pack

# Red, green and blue of the ground, and of the lines on it.
_COLOURS = ((10, 255), (81, 255), (54, 255))
# A clock's face and its hands, as shares of the side: all of it within the 40 % that a phone never cuts off.
_RADIUS, _HALF_LINE = 0.25, 0.042
_HANDS = (((0.5, 0.5), (0.5, 0.36)), ((0.5, 0.5), (0.585, 0.565)))


@cache
def drawn_icon(size: int) -> bytes:
    """The icon as a PNG (W3C), `size` dots wide and high. Takes some tenths of a second the first time."""
    shades = [
        bytes(round(green + (full - green) * part / 15) for green, full in _COLOURS) for part in range(16)
    ]
    rows = bytearray()
    for y in range(size):
        rows.append(0)
        for x in range(size):
            rows.append(_shade((x + 0.5) / size, (y + 0.5) / size, size))
    header = pack(">IIBBBBB", size, size, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", b"".join(shades)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))


def _shade(x: float, y: float, size: int) -> int:
    """How white a place is, from 0 to 15: the lines, and something between where a dot lies on an edge."""
    from_centre = hypot(x - 0.5, y - 0.5)
    away = abs(from_centre - _RADIUS)
    if from_centre < _RADIUS:
        away = min(away, *(_distance(x, y, *each) for each in _HANDS))
    return round(15 * min(max((_HALF_LINE - away) * size + 0.5, 0.0), 1.0))


def _distance(x: float, y: float, one: tuple[float, float], other: tuple[float, float]) -> float:
    """From a place to a line between two."""
    (left, top), (right, bottom) = one, other
    along = ((x - left) * (right - left) + (y - top) * (bottom - top)) / hypot(
        right - left, bottom - top
    ) ** 2
    along = min(max(along, 0.0), 1.0)
    return hypot(x - left - along * (right - left), y - top - along * (bottom - top))
