"""The way of a wire between two blocks: one clean curve where nothing stands in between."""

from collections.abc import Sequence

from graphtrace.scene.geometry import sample, straight
from graphtrace.scene.model import Box, Point

__all__ = ["EDGE", "SIDE", "joined"]

# Wires keep this far from blocks: at their sides, and above and below.
SIDE, EDGE = 5, 2
LONGEST = 260.0
Points = tuple[Point, ...]


def joined(out: Point, route: Points, rest: Points, walls: Sequence[Box] | None) -> Points:
    """Return a producer's way out, the way to the consumer's margin, and `rest`, its way in.

    Short wires take one curve of their own when it meets none of the `walls`; Graphviz' route is
    taken elsewhere, and everywhere when `walls` is None.
    """
    leave, enter = (out[0] + SIDE, out[1]), (rest[0][0] - SIDE, rest[0][1])
    curve = _curve(leave, enter)
    if walls is None or not 0 < enter[0] - leave[0] <= LONGEST or _meets(curve, walls):
        # Ports are whole numbers to Graphviz; the last handle moves with the end.
        handle = (route[-2][0], route[-2][1] + enter[1] - route[-1][1])
        curve = (leave, *route[1:-2], handle, enter)
    return (out, *straight(out, leave), *curve[1:], *straight(enter, rest[0]), *rest[1:])


def _curve(start: Point, end: Point) -> Points:
    middle = (start[0] + end[0]) / 2
    return start, (middle, start[1]), (middle, end[1]), end


def _meets(curve: Points, walls: Sequence[Box]) -> bool:
    top, bottom = sorted((curve[0][1], curve[-1][1]))
    near = [
        box
        for box in walls
        if box.x < curve[-1][0] and box.right > curve[0][0] and box.y < bottom and box.bottom > top
    ]
    points = sample(curve, 24) if near else []
    return any(box.x < x < box.right and box.y < y < box.bottom for box in near for x, y in points)
