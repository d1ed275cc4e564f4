"""The strips that cards are stacked from: lines of type, aligned grids, histograms, heat maps."""

import math
from dataclasses import dataclass, replace

from graphtrace.annotate.summary import Summary, Thumbnail, number
from graphtrace.scene.model import Label, Shape, Text
from graphtrace.scene.typeset import plain
from graphtrace.scene.wording import numeral

__all__ = ["Strip", "badge_strip", "beside", "grid_strip", "heat_strip", "level_of", "line_strip",
           "pile", "statistics_strip", "telling"]  # fmt: skip

TEXT = 10.5
CAP = 0.73
BAR, TALL = 5.0, 12.0
CELL = 6.0
TICK = 3.0


@dataclass(frozen=True, slots=True)
class Strip:
    """A piece of a card with its top left at the origin."""

    width: float
    height: float
    shapes: tuple[Shape, ...] = ()
    labels: tuple[Label, ...] = ()


def telling(part: str, strip: Strip) -> Strip:
    """Return a strip that gives an answer away; see `Text.part`."""
    shapes = tuple(replace(shape, part=part) for shape in strip.shapes)
    labels = tuple(replace(label, ink=replace(label.ink, part=part)) for label in strip.labels)
    return replace(strip, shapes=shapes, labels=labels)


def pile(strips: list[Strip], gap: float = 5.0) -> Strip:
    """Return strips one below another."""
    shapes: list[Shape] = []
    labels: list[Label] = []
    y = 0.0
    for strip in strips:
        shapes += [shape.moved(0, y) for shape in strip.shapes]
        labels += [label.moved(0, y) for label in strip.labels]
        y += strip.height + gap
    width = max((strip.width for strip in strips), default=0.0)
    return Strip(width, max(y - gap, 0.0), tuple(shapes), tuple(labels))


def beside(strips: list[Strip], gap: float = 10.0) -> Strip:
    """Return strips side by side, centred on one line."""
    shapes: list[Shape] = []
    labels: list[Label] = []
    height = max((strip.height for strip in strips), default=0.0)
    x = 0.0
    for strip in strips:
        y = (height - strip.height) / 2
        shapes += [shape.moved(x, y) for shape in strip.shapes]
        labels += [label.moved(x, y) for label in strip.labels]
        x += strip.width + gap
    return Strip(max(x - gap, 0.0), height, tuple(shapes), tuple(labels))


def line_strip(ink: Text) -> Strip:
    """Return one line of type."""
    return Strip(ink.width, ink.height, (), (Label(ink, 0, ink.ascent),))


def grid_strip(
    rows: tuple[tuple[str, ...], ...],
    role: str,
    size: float = 12.0,
    cell: tuple[float, float] | None = None,
) -> Strip:
    """Return a matrix in brackets, each column aligned at its decimal points.

    With `cell`, its least width and height, each number has a box that it may be written in.
    """
    italic = role != "value"
    inks = [[plain(numeral(text), role, size, italic=italic) for text in row] for row in rows]
    if not inks or not inks[0]:
        return line_strip(plain("[ ]", role, size, italic=italic))
    if cell is not None:
        return _boxes(inks, cell)
    tails = [
        [plain("." + text.partition(".")[2], role, size).width if "." in text else 0.0
         for text in row]
        for row in rows
    ]  # fmt: skip
    labels: list[Label] = []
    line, x = size * 1.25, 7.0
    for column in range(len(inks[0])):
        after = max(row[column] for row in tails)
        before = max(
            ink[column].width - tail[column] for ink, tail in zip(inks, tails, strict=True)
        )
        for index, row in enumerate(inks):
            right = x + before + tails[index][column]
            labels.append(Label(row[column], right, index * line + size * 0.95, "end"))
        x += before + after + 12
    width, height = x - 5, len(inks) * line + 1
    return Strip(width, height, _brackets(width, height), tuple(labels))


def _boxes(inks: list[list[Text]], cell: tuple[float, float]) -> Strip:
    """Return a matrix in brackets, each number in the middle of a box."""
    wide, tall = max([cell[0], *(ink.width + 6 for row in inks for ink in row)]), cell[1]
    shapes, labels = list[Shape](), list[Label]()
    for i, row in enumerate(inks):
        for j, ink in enumerate(row):
            x, y = 5 + j * (wide + 3), 1 + i * (tall + 3)
            shapes.append(Shape("rect", "blank", x, y, wide, tall, 2))
            level = y + (tall + CAP * ink.size) / 2
            labels.append(Label(ink, x + wide / 2, level, "middle"))
    width, height = 7 + len(inks[0]) * (wide + 3), len(inks) * (tall + 3) - 1
    return Strip(width, height, (*_brackets(width, height), *shapes), tuple(labels))


def _brackets(width: float, height: float) -> tuple[Shape, ...]:
    ticks = []
    for x, start in ((0.0, 0.0), (width, width - TICK)):
        ticks.append(Shape("line", "bracket", x, 0, 0, height))
        ticks.append(Shape("line", "bracket", start, 0, TICK, 0))
        ticks.append(Shape("line", "bracket", start, height, TICK, 0))
    return tuple(ticks)


def statistics_strip(summary: Summary, role: str, digits: int) -> Strip:
    """Return a histogram between minimum and maximum, and the statistics."""
    if summary.minimum is None or summary.maximum is None:
        return line_strip(plain("no finite value", role, TEXT, italic=role != "value"))
    digits = min(digits, 3)
    italic = role != "value"

    def text(words: str) -> Strip:
        return line_strip(plain(words, role, TEXT, italic=italic))

    ends = [text(numeral(number(x, digits))) for x in (summary.minimum, summary.maximum)]
    if summary.spark:
        first = beside([ends[0], _bars(summary.spark, role), ends[1]], gap=5.0)
    else:
        first = text(f"all {numeral(number(summary.minimum, digits))}")
    facts = [("mean", summary.mean), ("sd", summary.sd)]
    if role != "value":
        facts = [("norm", summary.norm)]
    elif not summary.spark and not summary.dropped:
        return first
    words = "  ".join(f"{name} {numeral(number(x, digits))}" for name, x in facts)
    if summary.dropped:
        words += "  (finite values)"
    return pile([first, text(words)], gap=2.0)


def _bars(spark: tuple[int, ...], role: str) -> Strip:
    shapes = []
    for index, level in enumerate(spark):
        tall = TALL * (level + 0.5) / 7.5
        shapes.append(Shape("rect", f"{role}-bar", index * (BAR + 1), TALL - tall, BAR, tall))
    return Strip(len(spark) * (BAR + 1) - 1, TALL, tuple(shapes))


def level_of(value: float, peak: float) -> float:
    """Return the place of a value on the colour scale, in [-1, 1].

    It is the root of the share in the peak, so that what is a hundred times smaller is still seen.
    """
    share = min(abs(value) / peak, 1.0) if peak > 0 else 0.0
    return round(math.copysign(math.sqrt(share), value), 3)


def heat_strip(thumb: Thumbnail, peak: float) -> Strip:
    """Return a heat map; colours span -peak … peak, centred on 0, crosses mark NaN and ∞."""
    rows = len(thumb.cells)
    columns = len(thumb.cells[0]) if rows else 0
    tall = CELL if rows > 1 else 10.0
    shapes = []
    for i, row in enumerate(thumb.cells):
        for j, cell in enumerate(row):
            x, y = j * CELL, i * tall
            if cell is None:
                shapes += _crossed(x, y, tall)
                continue
            shapes.append(Shape("rect", "heat", x, y, CELL, tall, level=level_of(cell, peak)))
    shapes.append(Shape("rect", "heat-frame", 0, 0, columns * CELL, rows * tall))
    return Strip(columns * CELL, rows * tall, tuple(shapes))


def _crossed(x: float, y: float, tall: float) -> list[Shape]:
    """Return the cell of a heat map that holds NaN or an infinity: it has a cross."""
    lines = [
        Shape("line", "heat-bad", x, y + (0 if way > 0 else tall), CELL, way * tall)
        for way in (1, -1)
    ]
    return [Shape("rect", "heat-bad", x, y, CELL, tall), *lines]


def badge_strip(texts: tuple[str, ...]) -> Strip:
    """Return badges side by side."""
    pills = []
    for words in texts:
        alarming = not words.startswith("zeros")
        ink = plain(numeral(words), "badge-text" if alarming else "shape", TEXT)
        frame = Shape("rect", "badge" if alarming else "tag", 0, 0, ink.width + 10, 15, 7.5)
        pills.append(Strip(frame.width, 15, (frame,), (Label(ink, 5, 11.3),)))
    return beside(pills, gap=5.0)
