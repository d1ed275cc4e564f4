"""Frames of scopes, moved a little where a wire would run along them."""

from collections.abc import Sequence
from itertools import pairwise

from graphtrace.scene.geometry import bounds, overlap, sample
from graphtrace.scene.model import Box, Point

__all__ = ["clear_of", "holding", "shared_length"]

NEAR = 3.5
# A wire that crosses a border shares about this much with it; more is running along.
CROSSING = 12.0
# How far a border may move, inwards first: its margin has the room.
SHIFTS = (0.0, 5.0, -4.0, 8.0, -7.0)
STEP = 2.0
# How far a frame's border keeps from a wire that it was widened for, and at least.
AIR = (8.0, 3.0)
Path = tuple[str, ...]


def clear_of(wires: Sequence[tuple[Point, ...]], clusters: dict[Path, Box]) -> dict[Path, Box]:
    """Return the clusters' boxes, each side where it shares least with any wire."""
    if not clusters:
        return {}
    lines = [_fine(wire) for wire in wires]
    return {path: _settled(box, lines) for path, box in clusters.items()}


def holding(
    clusters: dict[Path, Box],
    wires: Sequence[tuple[Path, Path, tuple[Point, ...]]],
    blocks: Sequence[tuple[Path, Box]],
) -> dict[Path, Box]:
    """Return the clusters' boxes, widened for wires between what is in them that leave them.

    A box stays as it is where something else stands. `wires` are the scopes of both ends and the
    curve, `blocks` the scope and the outline of each block.
    """
    found: dict[Path, Box] = {}
    for path, box in sorted(clusters.items()):
        depth = len(path)
        inner = [
            point
            for source, target, points in wires
            if source[:depth] == path == target[:depth]
            for point in sample(points)
        ]
        others = [block for scope, block in blocks if scope[:depth] != path]
        others += [b for other, b in clusters.items() if other[:depth] != path[: len(other)]]
        found[path] = _wider(box, inner, found.get(path[:-1]), others)
    return found


def _wider(box: Box, points: list[Point], above: Box | None, others: list[Box]) -> Box:
    """Return a box around some points, inside of the one above and off others, or as it was."""
    astray = [(x, y) for x, y in points if not (box.x < x < box.right and box.y < y < box.bottom)]
    for air in AIR:
        spots = [Box(x - air, y - air, 2 * air, 2 * air) for x, y in astray]
        wider = bounds([box, *spots], [])
        within = above is None or bounds([above, wider], []) == above
        if within and not any(overlap(wider, other) for other in others):
            return wider
    return box


def shared_length(box: Box, wires: Sequence[tuple[Point, ...]]) -> float:
    """Return the length of the longest stretch of a wire on one side of a box."""
    lines = [_fine(wire) for wire in wires]
    return max(_along(box, side, 0.0, lines) for side in "tblr")


def _fine(wire: tuple[Point, ...]) -> list[Point]:
    """Return points along a wire that are at most about 2 points apart."""
    points = sample(wire, 24)
    found = points[:1]
    for (x0, y0), (x1, y1) in pairwise(points):
        count = max(int(max(abs(x1 - x0), abs(y1 - y0)) / STEP) + 1, 1)
        found += [
            (x0 + (x1 - x0) * i / count, y0 + (y1 - y0) * i / count) for i in range(1, count + 1)
        ]
    return found


def _settled(box: Box, lines: list[list[Point]]) -> Box:
    moves = {side: _best(box, side, lines) for side in "tblr"}
    return Box(
        box.x + moves["l"],
        box.y + moves["t"],
        box.width - moves["l"] - moves["r"],
        box.height - moves["t"] - moves["b"],
    )


def _best(box: Box, side: str, lines: list[list[Point]]) -> float:
    lengths = []
    for shift in SHIFTS:
        length = _along(box, side, shift, lines)
        if length <= CROSSING:
            return shift
        lengths.append(length)
    return SHIFTS[lengths.index(min(lengths))]


def _along(box: Box, side: str, shift: float, lines: list[list[Point]]) -> float:
    """Return how far any wire runs along a side that is moved inwards by a shift."""
    level = {
        "t": box.y + shift, "b": box.bottom - shift, "l": box.x + shift, "r": box.right - shift,
    }[side]  # fmt: skip
    across, along = (1, 0) if side in "tb" else (0, 1)
    low, high = (box.x, box.right) if side in "tb" else (box.y, box.bottom)
    longest = 0.0
    for line in lines:
        start: float | None = None
        for point in line:
            if abs(point[across] - level) < NEAR and low <= point[along] <= high:
                start = point[along] if start is None else start
                longest = max(longest, abs(point[along] - start))
            else:
                start = None
    return longest
