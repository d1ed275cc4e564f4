"""Plain placement in columns, for graphs that Graphviz cannot lay out in time."""

from typing import TYPE_CHECKING

from graphtrace.scene.geometry import bounds
from graphtrace.scene.model import Box, Point

if TYPE_CHECKING:
    from graphtrace.scene.layout import Frame

__all__ = ["columns_of", "place_in_columns"]

COLUMN_GAP, ROW_GAP, MARGIN = 44.0, 14.0, 20.0


def place_in_columns(
    frame: "Frame",
) -> tuple[tuple[Point, ...], tuple[tuple[Point, ...], ...], dict[tuple[str, ...], Box]]:
    """Return corners, routes and cluster boxes in time linear in the graph's size.

    A box stands one column to the right of its furthest source; a box without sources stands
    just left of its first target. Wires may pass behind boxes. Mirrored boxes stand below the
    others, in columns from right to left.
    """
    corners: list[Point] = [(0.0, 0.0)] * len(frame.boxes)
    back = [index for index, box in enumerate(frame.boxes) if box.mirrored]
    there = [index for index, box in enumerate(frame.boxes) if not box.mirrored]
    _place(frame, there, corners)
    _place(frame, back, corners)
    if back:
        above, below = _extent(frame, there, corners), _extent(frame, back, corners)
        right, down = max(above.right, below.right), above.bottom + 4 * MARGIN - below.y
        for index in back:
            x, y = corners[index]
            corners[index] = (right - x - frame.boxes[index].width, y + down)
    routes = tuple(
        _route(frame, corners, edge.source, edge.target, edge.port) for edge in frame.edges
    )
    return tuple(corners), routes, _clusters(frame, corners)


def _extent(frame: "Frame", members: list[int], corners: list[Point]) -> Box:
    boxes = [Box(*corners[i], frame.boxes[i].width, frame.boxes[i].height) for i in members]
    return bounds(boxes, [])


def _place(frame: "Frame", there: list[int], corners: list[Point]) -> None:
    """Place some of the boxes, in columns from left to right."""
    columns = columns_of(frame)
    sources: list[list[int]] = [[] for _ in frame.boxes]
    for edge in frame.edges:
        sources[edge.target].append(edge.source)
    members: list[list[int]] = [[] for _ in range(max(columns, default=-1) + 1)]
    for index in there:
        members[columns[index]].append(index)
    x = 0.0
    for group in members:
        wide = max((frame.boxes[index].width for index in group), default=0)
        _fill(frame, group, sources, corners, x + wide)
        x += wide + COLUMN_GAP


def columns_of(frame: "Frame") -> list[int]:
    """Return each box's column; Kahn's walk, as boxes need not come in order."""
    count = len(frame.boxes)
    targets: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for edge in frame.edges:
        targets[edge.source].append(edge.target)
        waiting[edge.target] += 1
    fed = [number > 0 for number in waiting]
    columns = [0] * count
    ready = [index for index in range(count) if not fed[index]]
    for index in ready:
        for target in targets[index]:
            columns[target] = max(columns[target], columns[index] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for index in range(count):
        if not fed[index] and targets[index]:
            columns[index] = max(min(columns[target] for target in targets[index]) - 1, 0)
    return columns


def _fill(
    frame: "Frame",
    column: list[int],
    sources: list[list[int]],
    corners: list[Point],
    right: float,
) -> None:
    """Stack one column's boxes near the mean height of their sources, right-aligned."""

    def wish(index: int) -> float:
        axes = [corners[s][1] + frame.boxes[s].height / 2 for s in sources[index]]
        return sum(axes) / len(axes) if axes else 0.0

    fed = sorted((index for index in column if sources[index]), key=lambda i: (wish(i), i))
    bottom = float("-inf")
    for index in fed + [index for index in column if not sources[index]]:
        box = frame.boxes[index]
        y = max(wish(index) - box.height / 2, bottom + ROW_GAP)
        corners[index] = (right - box.width, y)
        bottom = y + box.height
    # Boxes are only ever pushed down; the column as a whole goes back up to where it belongs.
    drift = [corners[i][1] + frame.boxes[i].height / 2 - wish(i) for i in fed]
    shift = sum(drift) / len(drift) if drift else 0.0
    for index in column:
        corners[index] = (corners[index][0], corners[index][1] - shift)


def _route(
    frame: "Frame", corners: list[Point], source: int, target: int, port: int
) -> tuple[Point, ...]:
    tail, head = frame.boxes[source], frame.boxes[target]
    way = -1 if head.mirrored else 1
    x0, y0 = corners[source][0] + (tail.width if way > 0 else 0), corners[source][1]
    y0 += tail.height / 2
    ports = head.ports or (head.height / 2,)
    x1, y1 = corners[target][0] + (0 if way > 0 else head.width), corners[target][1] + ports[port]
    bend = way * max(way * (x1 - x0) / 2, COLUMN_GAP / 2)
    return (x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1)


def _clusters(frame: "Frame", corners: list[Point]) -> dict[tuple[str, ...], Box]:
    found: dict[tuple[str, ...], Box] = {}
    for path in frame.clusters:
        boxes = [
            Box(*corners[index], box.width, box.height)
            for index, box in enumerate(frame.boxes)
            if box.cluster[: len(path)] == path
        ]
        around = bounds(boxes, [])
        found[path] = Box(
            around.x - MARGIN,
            around.y - MARGIN,
            around.width + 2 * MARGIN,
            around.height + 2 * MARGIN,
        )
    return found
