"""A node before it has a place: a fixed-size block with its wires' last pieces inside."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from graphtrace.scene.geometry import arrow, straight
from graphtrace.scene.model import Label, Point, Shape, Text

__all__ = ["Arrival", "Block", "Row", "Stack", "arrive", "row_labels", "stack"]

GAP = 4.0
ABOVE_WIRE, BELOW_WIRE = 3.0, 3.0


@dataclass(frozen=True, slots=True)
class Row:
    """One wire that comes in, with the type above and below it near its head."""

    edge: str
    title: str
    above: Text | None
    below: Text | None

    @property
    def width(self) -> float:
        """The room that the type needs along the wire."""
        return max((ink.width for ink in (self.above, self.below) if ink), default=0.0)

    @property
    def rise(self) -> float:
        """The room above the wire."""
        return self.above.height + ABOVE_WIRE if self.above else 4.0

    @property
    def fall(self) -> float:
        """The room below the wire."""
        return self.below.height + BELOW_WIRE if self.below else 4.0


@dataclass(frozen=True, slots=True)
class Stack:
    """Rows with the height of each wire relative to the axis, and what they reach over."""

    rows: tuple[Row, ...]
    offsets: tuple[float, ...]
    reach: float
    width: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """A port at the block's left edge and the wire's way from there to its arrowhead."""

    edge: str
    y: float
    path: tuple[Point, ...]
    head: tuple[Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Block:
    """A drawing of whole-number size around a horizontal axis; wires leave at the axis' end."""

    key: str
    role: str
    title: str
    description: str
    width: int
    height: int
    arrivals: tuple[Arrival, ...]
    shapes: tuple[Shape, ...]
    labels: tuple[Label, ...]
    scope: tuple[str, ...] = ()

    @property
    def axis(self) -> float:
        """The y of the axis."""
        return self.height / 2


def stack(rows: Sequence[Row], least: float = 20.0) -> Stack:
    """Return rows one below another, centred on the axis, with room for all their type."""
    ys: list[float] = []
    for row in rows:
        above = ys[-1] + rows[len(ys) - 1].fall + GAP + row.rise if ys else 0.0
        ys.append(max(above, ys[-1] + least) if ys else 0.0)
    middle = (ys[0] + ys[-1]) / 2 if ys else 0.0
    offsets = tuple(round(y - middle) for y in ys)
    reach = 0.0
    if rows:
        reach = max(rows[0].rise - offsets[0], rows[-1].fall + offsets[-1])
    width = max((row.width for row in rows), default=0.0)
    return Stack(tuple(rows), offsets, reach, width)


def row_labels(pile: Stack, axis: float, right: float) -> list[Label]:
    """Return the rows' type, right-aligned at `right`."""
    labels = []
    for row, offset in zip(pile.rows, pile.offsets, strict=True):
        y = axis + offset
        if row.above:
            x = right - (pile.width - row.above.width) / 2
            labels.append(Label(row.above, x, y - ABOVE_WIRE - row.above.descent, "end"))
        if row.below:
            x = right - (pile.width - row.below.width) / 2
            labels.append(Label(row.below, x, y + BELOW_WIRE + row.below.ascent, "end"))
    return labels


def arrive(
    pile: Stack, axis: float, bend: float, centre: float, radii: Point | None
) -> tuple[Arrival, ...]:
    """Return the wires' last pieces: level below their type up to `bend`, then to the node.

    With radii, the wires turn towards the middle of an ellipse around (centre, axis);
    without, they run level into a straight side at x = centre.
    """
    count = len(pile.rows)
    widest = math.radians({0: 0, 1: 0, 2: 34, 3: 48}.get(count, 60))
    arrivals = []
    for index, (row, offset) in enumerate(zip(pile.rows, pile.offsets, strict=True)):
        y = axis + offset
        angle = widest * (2 * index / (count - 1) - 1) if count > 1 else 0.0
        if radii is None:
            head, end = arrow((centre, y), 0.0)
            path = (*straight((0.0, y), end),)
        else:
            tip = (
                centre - radii[0] * math.cos(angle),
                axis + radii[1] * math.sin(angle),
            )
            head, end = arrow(tip, -angle)
            path = (*straight((0.0, y), (bend, y)), *_turn((bend, y), end, -angle))
        arrivals.append(Arrival(row.edge, y, path, head))
    return tuple(arrivals)


def _turn(start: Point, end: Point, angle: float) -> tuple[Point, Point, Point]:
    run = max(end[0] - start[0], 1.0)
    back = min(run, math.hypot(end[0] - start[0], end[1] - start[1])) * 0.5
    second = (end[0] - back * math.cos(angle), end[1] - back * math.sin(angle))
    return (start[0] + run * 0.45, start[1]), second, end
