"""Curves and arrowheads."""

import math

from graphtrace.scene.model import Box, Point

__all__ = ["arrow", "bounds", "overlap", "sample", "straight"]

HEAD, HALF = 8.0, 2.9
LONGER, WIDER = 0.9, 0.8


def arrow(
    tip: Point, angle: float, weight: float = 1.0
) -> tuple[tuple[Point, Point, Point], Point]:
    """Return the triangle of an arrowhead that flies at `angle`, and where its wire ends.

    Heads of heavy lines are longer and wider, but less so than their lines.
    """
    dx, dy = math.cos(angle), math.sin(angle)
    more = max(weight - 1.0, 0.0)
    long, half = HEAD + LONGER * more, HALF + WIDER * more
    back = (tip[0] - long * dx, tip[1] - long * dy)
    left = (back[0] - half * dy, back[1] + half * dx)
    right = (back[0] + half * dy, back[1] - half * dx)
    # The wire ends a little inside of the head, so that no gap shows.
    return (tip, left, right), (tip[0] - (long - 1) * dx, tip[1] - (long - 1) * dy)


def straight(start: Point, end: Point) -> tuple[Point, Point, Point]:
    """Return the three further points of a Bézier piece that is a straight line."""
    (x0, y0), (x1, y1) = start, end
    third = ((x1 - x0) / 3, (y1 - y0) / 3)
    return (x0 + third[0], y0 + third[1]), (x1 - third[0], y1 - third[1]), end


def sample(points: tuple[Point, ...], steps: int = 12) -> list[Point]:
    """Return points along a Bézier curve."""
    found = [points[0]]
    for at in range(0, len(points) - 3, 3):
        p0, p1, p2, p3 = points[at : at + 4]
        for step in range(1, steps + 1):
            t = step / steps
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            found.append(
                (
                    a * p0[0] + b * p1[0] + c * p2[0] + d * p3[0],
                    a * p0[1] + b * p1[1] + c * p2[1] + d * p3[1],
                )
            )
    return found


def overlap(one: Box, two: Box) -> bool:
    """Tell whether two boxes share any area."""
    return one.x < two.right and one.right > two.x and one.y < two.bottom and one.bottom > two.y


def bounds(boxes: list[Box], points: list[Point]) -> Box:
    """Return the smallest box around boxes and points."""
    xs = [x for box in boxes for x in (box.x, box.right)] + [x for x, _ in points]
    ys = [y for box in boxes for y in (box.y, box.bottom)] + [y for _, y in points]
    if not xs:
        return Box(0, 0, 0, 0)
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
