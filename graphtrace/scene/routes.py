"""The way of a wire between two blocks: one clean curve where nothing stands in between."""

from collections.abc import Sequence
from dataclasses import dataclass

from graphtrace.scene.blocks import Block
from graphtrace.scene.geometry import bounds, overlap, sample, straight
from graphtrace.scene.model import Box, Point

__all__ = ["EDGE", "SIDE", "Wall", "joined", "joined_backwards", "wall"]

# Wires keep this far from blocks: at their sides, and above and below.
SIDE, EDGE = 5, 2
# How far before its end a wire may leave its route for a curve that arrives level.
ENDINGS = (200.0, 130.0, 80.0)
FURTHEST = 320.0
CLEAR = 4.0
Points = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Wall:
    """What a wire keeps out of: a block's outline, and in it the parts that are drawn."""

    outline: Box
    parts: tuple[Box, ...]


def wall(block: Block, x: float, y: float) -> Wall:
    """Return the wall around a block in its place, with some air around each part."""
    boxes = [Box(s.x, s.y, s.width, s.height) for s in block.shapes]
    boxes += [label.box for label in block.labels]
    boxes += [guest.label.box for guest in block.guests]
    boxes += [bounds([], [arrival.start, *arrival.path]) for arrival in block.arrivals]
    parts = tuple(_grown(box, x, y) for box in boxes)
    return Wall(bounds(list(parts), []), parts)


def _grown(box: Box, dx: float, dy: float) -> Box:
    return Box(
        box.x + dx - CLEAR, box.y + dy - CLEAR, box.width + 2 * CLEAR, box.height + 2 * CLEAR
    )


def joined(out: Point, route: Points, rest: Points, walls: Sequence[Wall] | None) -> Points:
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
        if len(way) > 4:
            # The way out of the producer in the same manner, seen in a mirror.
            back = _smoothed(_mirrored(way), [_flipped(wall) for wall in walls])
            way = _mirrored(back)
    return (out, *straight(out, leave), *way[1:], *straight(enter, rest[0]), *rest[1:])


def joined_backwards(
    out: Point, route: Points, rest: Points, walls: Sequence[Wall] | None
) -> Points:
    """Return what `joined` does, for a wire that runs from right to left."""
    flipped = None if walls is None else [_flipped(wall) for wall in walls]
    back = joined(_turned((out,))[0], _turned(route), _turned(rest), flipped)
    return _turned(back)


def _turned(way: Points) -> Points:
    return tuple((-x, y) for x, y in way)


def _mirrored(way: Points) -> Points:
    return tuple((-x, y) for x, y in reversed(way))


def _flipped(wall: Wall) -> Wall:
    outline, *parts = (
        Box(-box.right, box.y, box.width, box.height) for box in (wall.outline, *wall.parts)
    )
    return Wall(outline, tuple(parts))


def _smoothed(way: Points, walls: Sequence[Wall]) -> Points:
    end = way[-1]
    # Graphviz' pieces may meet at a corner: where one starts is a good place to leave.
    knots = [end[0] - x for x, _ in way[3:-1:3] if ENDINGS[-1] <= end[0] - x <= FURTHEST]
    for back in (end[0] - way[0][0], *knots, *ENDINGS):
        if not 0 < back <= (FURTHEST if back in knots else ENDINGS[0] + 20):
            continue
        kept = _until(way, end[0] - back)
        start = kept[-1]
        # The last handle that is not on the point itself.
        before = next((point for point in kept[-2::-1] if abs(start[0] - point[0]) > 1), None)
        tangent = (start[0] - before[0], start[1] - before[1]) if before else (1.0, 0.0)
        curve = _curve(start, tangent, end)
        if curve and not _meets(curve, walls):
            return (*kept, *curve[1:])
    return way


def _until(way: Points, x: float) -> Points:
    """Return the part of a way up to an x, by de Casteljau's construction."""
    for at in range(0, len(way) - 3, 3):
        p0, p1, p2, p3 = way[at : at + 4]
        if p3[0] < x:
            continue
        low, high = 0.0, 1.0
        for _ in range(30):
            t = (low + high) / 2
            a, b, c = _between(p0, p1, t), _between(p1, p2, t), _between(p2, p3, t)
            d, e = _between(a, b, t), _between(b, c, t)
            cut = _between(d, e, t)
            low, high = (t, high) if cut[0] < x else (low, t)
        if t < 1e-6 or t > 1 - 1e-6:
            return way[: at + (1 if t < 0.5 else 4)]
        return (*way[: at + 1], a, d, cut)
    return way[:1]


def _between(one: Point, two: Point, t: float) -> Point:
    return one[0] + (two[0] - one[0]) * t, one[1] + (two[1] - one[1]) * t


def _curve(start: Point, tangent: Point, end: Point) -> Points | None:
    """Return a curve that leaves along the tangent and arrives level, if it runs to the right."""
    run = end[0] - start[0]
    if run <= 0 or tangent[0] <= 0:
        return None
    slope = tangent[1] / tangent[0]
    # A long handle on a steep way out would overshoot the end; a short one makes no corner.
    most = abs(end[1] - start[1]) / abs(slope) if slope else run
    handle = max(min(run / 2, most), 1.0)
    return start, (start[0] + handle, start[1] + handle * slope), (start[0] + run / 2, end[1]), end


def _meets(curve: Points, walls: Sequence[Wall]) -> bool:
    points = sample(curve, 48)
    around = bounds([], points)
    near = [
        part
        for wall in walls
        if overlap(wall.outline, around)
        for part in wall.parts
        if overlap(part, around)
    ]
    return any(box.x < x < box.right and box.y < y < box.bottom for box in near for x, y in points)
