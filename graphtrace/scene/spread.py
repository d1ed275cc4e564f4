"""Room between columns: as much at each gap as the steepest wire across it asks for."""

import math
from bisect import bisect_left
from dataclasses import replace

from graphtrace.scene.layout import Frame, Placement
from graphtrace.scene.model import Box, Point
from graphtrace.scene.routes import SIDE

__all__ = ["spread"]

# How much of its climb a wire has as room between its columns.
STEEP = 1.0
Columns = list[tuple[float, float]]


def spread(frame: Frame, placement: Placement, most: float) -> Placement:
    """Return a placement in which every gap is wide enough for its wires, by at most `most`.

    Graphviz knows one gap for all columns; what lies right of a gap moves, wires are stretched.
    """
    columns = _columns(frame, placement)
    starts = [start for start, _ in columns]
    more = [0.0] * len(columns)
    for edge, route in zip(frame.edges, placement.routes, strict=True):
        ends = [edge.source, edge.target]
        left, right = sorted(_column(starts, placement.corners[end][0]) for end in ends)
        if right - left != 1:
            # A wire past other columns has room there.
            continue
        room = columns[right][0] - columns[left][1] + 2 * SIDE
        lack = STEEP * abs(route[0][1] - route[-1][1]) - room
        more[left] = max(more[left], min(math.ceil(lack), most))
    if not any(more):
        return placement
    return _stretched(placement, columns, more)


def _columns(frame: Frame, placement: Placement) -> Columns:
    """Return where columns of boxes begin and end; boxes that overlap sideways share one."""
    spans = sorted(
        (x, x + box.width) for (x, _), box in zip(placement.corners, frame.boxes, strict=True)
    )
    columns: Columns = []
    for start, end in spans:
        if columns and start < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(end, columns[-1][1]))
        else:
            columns.append((start, end))
    return columns


def _column(starts: list[float], x: float) -> int:
    return max(bisect_left(starts, x + 0.5) - 1, 0)


def _stretched(placement: Placement, columns: Columns, more: list[float]) -> Placement:
    shifts = [0.0]
    for extra in more:
        shifts.append(shifts[-1] + extra)
    starts = [start for start, _ in columns]

    def moved(x: float) -> float:
        at = _column(starts, x)
        end = columns[at][1]
        if x <= end or at + 1 == len(columns):
            return x + shifts[at]
        share = (x - end) / (columns[at + 1][0] - end)
        return x + shifts[at] + share * more[at]

    def point(place: Point) -> Point:
        return moved(place[0]), place[1]

    return replace(
        placement,
        corners=tuple(point(corner) for corner in placement.corners),
        routes=tuple(tuple(point(place) for place in route) for route in placement.routes),
        clusters={
            path: Box(moved(box.x), box.y, moved(box.right) - moved(box.x), box.height)
            for path, box in placement.clusters.items()
        },
    )
