"""The way of a wire between two blocks: one clean curve where nothing stands in between."""

from collections.abc import Sequence

from graphtrace.scene.geometry import bounds, sample, straight
from graphtrace.scene.model import Box, Point

__all__ = ["EDGE", "SIDE", "joined"]

# Wires keep this far from blocks: at their sides, and above and below.
SIDE, EDGE = 5, 2
LONGEST = 1200.0
Points = tuple[Point, ...]


def joined(out: Point, route: Points, rest: Points, walls: Sequence[Box] | None) -> Points:
    """Return a producer's way out, the way to the consumer's margin, and `rest`, its way in.

    As much of Graphviz' route as possible is replaced by one curve that ends level and meets
    none of the `walls`; without walls to check, the route is taken as it is.
    """
    leave, enter = (out[0] + SIDE, out[1]), (rest[0][0] - SIDE, rest[0][1])
    # Ports are whole numbers to Graphviz; the last handle moves with the end.
    handle = (route[-2][0], route[-2][1] + enter[1] - route[-1][1])
    way = (leave, *route[1:-2], handle, enter)
    if walls is not None:
        way = _smoothed(way, walls)
    return (out, *straight(out, leave), *way[1:], *straight(enter, rest[0]), *rest[1:])


def _smoothed(way: Points, walls: Sequence[Box]) -> Points:
    end = way[-1]
    for knot in range(0, len(way) - 1, 3):
        start = way[knot]
        before = way[knot - 1] if knot else (start[0] - 1, start[1])
        curve = _curve(start, (start[0] - before[0], start[1] - before[1]), end)
        if curve and not _meets(curve, walls):
            return (*way[:knot], *curve)
    return way


def _curve(start: Point, tangent: Point, end: Point) -> Points | None:
    """Return a curve that leaves along the tangent and arrives level, if it runs to the right."""
    run = end[0] - start[0]
    if not 0 < run <= LONGEST or tangent[0] <= 0:
        return None
    rise = run / 2 * tangent[1] / tangent[0]
    # A steep way out would overshoot the end.
    rise = max(-abs(end[1] - start[1]), min(abs(end[1] - start[1]), rise))
    middle = start[0] + run / 2
    return start, (middle, start[1] + rise), (middle, end[1]), end


def _meets(curve: Points, walls: Sequence[Box]) -> bool:
    points = sample(curve, 48)
    around = bounds([], points)
    near = [
        box
        for box in walls
        if box.x < around.right
        and box.right > around.x
        and box.y < around.bottom
        and box.bottom > around.y
    ]
    return any(box.x < x < box.right and box.y < y < box.bottom for box in near for x, y in points)
