"""Charts as geometry: numbers in, places of bars, lines and labels out. `templates/desk/charts.html` draws them as SVG.

Everything is in units of a sixteenth of the reader's text size, so a chart grows with the text. Axes have round
numbers. Labels cannot overlap: as many are left out as their estimated widths ask for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from unicodedata import east_asian_width

TEXT = 14
"""The height of a letter's box."""
LINE = 20
GAP = 8
PLOT_HEIGHT = 200
TOP = 12
RIGHT = 12
LEAST_PLOT = 220
"""What is left for bars on a screen 320 wide, beside labels of an usual width."""
MAX_SERIES = 6
"""As many as can be told apart by colour and pattern."""

SECONDS = (60, 120, 300, 600, 900, 1800, 3600)
"""Round steps below and up to an hour."""

Say = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Series:
    """What one colour and pattern stands for, and its value for each place on the axis."""

    name: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of a series, with the words it says when it is pointed at."""

    x: float
    y: float
    width: float
    height: float
    series: int
    value: int
    says: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text whose foot stands at (x, y); `anchor` says which part of it x is: start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str

    @property
    def left(self) -> float:
        width = text_width(self.text)
        return self.x - {"start": 0, "middle": width / 2, "end": width}[self.anchor]

    @property
    def right(self) -> float:
        return self.left + text_width(self.text)


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the plot at a round number."""

    y: float
    value: int
    label: Label


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the plot at a number that matters, such as a floor."""

    y: float
    label: Label


@dataclass(frozen=True, slots=True)
class Spot:
    """A point beside the line, such as what somebody else says."""

    x: float
    y: float
    label: Label


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing `width` by `height`, its plot from `left` to `right` and from `top` to `bottom`; `zero` is the axis."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    zero: float
    ticks: Sequence[Tick]
    labels: Sequence[Label]
    bars: Sequence[Bar] = ()
    series: Sequence[str] = ()
    path: str = ""
    rules: Sequence[Rule] = ()
    spot: Spot | None = None


def text_width(text: str) -> float:
    """About how wide a text is; rather too wide than too narrow."""
    return sum(TEXT if east_asian_width(letter) in "WF" else TEXT * 0.62 for letter in text)


def round_steps(low: int, high: int, units: Sequence[int] = (1,), most: int = 5) -> list[int]:
    """Round numbers from at most `low` to at least `high`, both ends and zero between them, in at most `most` steps.

    The step is one of `units` (in rising order), or 1, 2 or 5 times a power of ten of the greatest of them.
    """
    low, high = min(low, 0), max(high, 0)
    if low == high:
        high = units[-1]
    for step in _steps(units):
        first, last = low // step, -(-high // step)
        if last - first <= most:
            return [step * place for place in range(first, last + 1)]
    raise AssertionError("there is always a greater step")


def _steps(units: Sequence[int]) -> Sequence[int]:
    greatest = units[-1]
    return [*units[:-1], *(times * 10**power * greatest for power in range(16) for times in (1, 2, 5))]


def stacked(
    places: Sequence[str], series: Sequence[Series], say: Say, units: Sequence[int] = (1,), slot: float = 22
) -> Chart:
    """Bars of non-negative values on top of each other, one stack for each place, at least `slot` wide."""
    sums = [sum(each.values[place] for each in series) for place in range(len(places))]
    plot = max(LEAST_PLOT, slot * len(places))
    width = plot / max(len(places), 1)
    frame = _Frame(0, max(sums, default=0), say, units, plot, _overhang(places, width))
    bars = []
    for place, name in enumerate(places):
        below = 0
        for number, each in enumerate(series):
            value = each.values[place]
            if value:
                top, foot = frame.y(below + value), frame.y(below)
                says = f"{name}, {each.name}: {say(value)}" if each.name else f"{name}: {say(value)}"
                bars.append(
                    Bar(
                        _round(frame.left + (place + 0.12) * width),
                        top,
                        _round(width * 0.76),
                        _round(foot - top),
                        number,
                        value,
                        says,
                    )
                )
            below += value
    return frame.chart(_thinned(places, frame, width), bars=bars, series=[each.name for each in series])


def grouped(places: Sequence[str], series: Sequence[Series], say: Say, units: Sequence[int] = (1,)) -> Chart:
    """Bars of values of any sign side by side, one group for each place, as wide as its label."""
    values = [value for each in series for value in each.values]
    slot = max([text_width(name) + GAP for name in places] + [30.0 * len(series)])
    plot = max(LEAST_PLOT, slot * len(places))
    width = plot / max(len(places), 1)
    frame = _Frame(min(values, default=0), max(values, default=0), say, units, plot, _overhang(places, width))
    part = width * 0.76 / max(len(series), 1)
    bars = []
    for place, name in enumerate(places):
        for number, each in enumerate(series):
            value = each.values[place]
            if value:
                top, foot = sorted((frame.y(value), frame.y(0)))
                says = f"{name}, {each.name}: {say(value)}" if each.name else f"{name}: {say(value)}"
                x = _round(frame.left + (place + 0.12) * width + number * part)
                bars.append(Bar(x, top, _round(part), _round(foot - top), number, value, says))
    return frame.chart(_thinned(places, frame, width), bars=bars, series=[each.name for each in series])


def stepped(
    points: Sequence[tuple[int, int]],
    until: int,
    say: Say,
    marks: Sequence[tuple[int, str]],
    units: Sequence[int] = (1,),
    rules: Sequence[tuple[int, str]] = (),
    width: float = 560,
    spot: tuple[int, int, str] | None = None,
) -> Chart:
    """A line that stays at each value until the next: `points` are (moment, value) in rising order, drawn to `until`.

    `marks` are the (moment, text) of the axis below, in rising order; `rules` the (value, text) of lines across, those
    that lie too close to another left out; `spot` is the (moment, value, text) of a point beside the line.
    """
    values = [value for _, value in points] + [value for value, _ in rules]
    if spot is not None:
        values.append(spot[1])
    frame = _Frame(min(values, default=0), max(values, default=0), say, units, width)
    first = points[0][0] if points else until
    span = max(until - first, 1)

    def x(moment: int) -> float:
        return _round(frame.left + frame.plot * min(max(moment - first, 0), span) / span)

    path = ""
    for moment, value in points:
        path += f"H{x(moment)}V{frame.y(value)}" if path else f"M{x(moment)} {frame.y(value)}"
    if path:
        path += f"H{x(until)}"
    labels: list[Label] = []
    for moment, text in marks:
        half = text_width(text) / 2
        at = min(max(x(moment), frame.left + half), frame.left + frame.plot - half)
        label = Label(_round(at), frame.foot, text, "middle")
        if first <= moment <= until and (not labels or label.left >= labels[-1].right + GAP):
            labels.append(label)
    drawn: list[Rule] = []
    for value, text in rules:
        y = frame.y(value)
        if all(abs(y - other.y) >= LINE for other in drawn):
            # Above its line, or below it where there is no room above.
            foot = y - 5 if y - LINE >= 0 else y + TEXT + 2
            drawn.append(Rule(y, Label(frame.left + frame.plot - 4, _round(foot), text, "end")))
    return frame.chart(
        labels, path=path, rules=drawn, spot=None if spot is None else frame.spot(x(spot[0]), *spot[1:])
    )


class _Frame:
    """The axes: what stands at the left, how high a value is, and how far the plot goes."""

    def __init__(
        self, low: int, high: int, say: Say, units: Sequence[int], plot: float, overhang: float = 0
    ) -> None:
        self.steps = round_steps(low, high, units)
        # Nought needs no unit.
        self.words = [say(value) if value else "0" for value in self.steps]
        self.left = _round(max([overhang, *(text_width(word) for word in self.words)]) + GAP)
        self.plot = plot
        self.bottom = TOP + PLOT_HEIGHT
        self.foot = self.bottom + LINE + GAP

    def y(self, value: int) -> float:
        low, high = self.steps[0], self.steps[-1]
        return _round(self.bottom - PLOT_HEIGHT * (value - low) / (high - low))

    def spot(self, x: float, value: int, text: str) -> Spot:
        """A point with its text above it, or below it where there is no room above, within the plot."""
        y, half = self.y(value), text_width(text) / 2
        at = min(max(x, self.left + half), self.left + self.plot - half)
        foot = y - GAP - 4 if y - GAP - LINE >= 0 else y + GAP + TEXT + 2
        return Spot(x, y, Label(_round(at), _round(foot), text, "middle"))

    def chart(
        self,
        labels: Sequence[Label],
        *,
        bars: Sequence[Bar] = (),
        series: Sequence[str] = (),
        path: str = "",
        rules: Sequence[Rule] = (),
        spot: Spot | None = None,
    ) -> Chart:
        ticks = [
            Tick(
                self.y(value),
                value,
                Label(_round(self.left - GAP / 2), _round(self.y(value) + TEXT * 0.35), word, "end"),
            )
            for value, word in zip(self.steps, self.words, strict=True)
        ]
        right = _round(self.left + self.plot)
        furthest = max([right, *(label.right for label in labels)])
        return Chart(
            width=_round(furthest + RIGHT),
            height=self.foot + GAP,
            left=self.left,
            right=right,
            top=TOP,
            bottom=self.bottom,
            zero=self.y(0),
            ticks=ticks,
            labels=labels,
            bars=bars,
            series=series,
            path=path,
            rules=rules,
            spot=spot,
        )


def _overhang(places: Sequence[str], width: float) -> float:
    """How far the name below the first bar sticks out to the left of the plot."""
    return max(text_width(places[0]) / 2 - width / 2, 0) if places else 0


def _thinned(places: Sequence[str], frame: _Frame, width: float) -> list[Label]:
    """The names below their bars: all of them, or every second, third..., as their widths allow."""
    widest = max([text_width(name) for name in places], default=0)
    every = max(1, ceil((widest + GAP) / width))
    return [
        Label(_round(frame.left + (place + 0.5) * width), frame.foot, places[place], "middle")
        for place in range(0, len(places), every)
    ]


def _round(number: float) -> float:
    return round(number, 1)
