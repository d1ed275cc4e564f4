"""What is wrong with a picture, measured over its scene; the numbers are points."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphtrace.scene.geometry import bounds, overlap, sample
from graphtrace.scene.model import Box, Point, Scene

__all__ = ["overlapping_nodes", "small_type", "untidy"]

SLIDE, LEAST = 1280, 9


def untidy(scene: Scene) -> dict[str, Sequence[object]]:
    """Return everything that overlaps, crosses or leaves its place, by the name of its measure."""
    checks: tuple[Callable[[Scene], Any], ...] = (
        overlapping_labels, labels_outside, overlapping_nodes, crossed_nodes, crossed_labels,
        labels_on_stubs,
    )  # fmt: skip
    return {check.__name__: found for check in checks if (found := check(scene))}


def small_type(scene: Scene) -> list[str]:
    """Return type of less than 9 pixels on a slide of 1280 pixels that the picture fills."""
    scale = min(SLIDE / scene.width, 1.0)
    labels = [label for node in scene.nodes for label in node.labels]
    labels += [cluster.label for cluster in scene.clusters]
    return [label.ink.text for label in labels if label.ink.size * scale < LEAST - 1e-9]


def overlapping_labels(scene: Scene) -> list[tuple[str, str]]:
    labels = [label for node in scene.nodes for label in node.labels]
    labels += [cluster.label for cluster in scene.clusters]
    boxes = [(label.ink.text, label.box) for label in labels]
    return overlaps(boxes)


def overlaps(boxes: list[tuple[str, Box]]) -> list[tuple[str, str]]:
    """Return the names of boxes that touch, by a sweep downwards: there are many pairs."""
    found: list[tuple[str, str]] = []
    open_: list[tuple[str, Box]] = []
    for name, box in sorted(boxes, key=lambda item: item[1].y):
        open_ = [(other, rest) for other, rest in open_ if rest.bottom > box.y]
        found += [(other, name) for other, rest in open_ if touch(box, rest)]
        open_.append((name, box))
    return found


def labels_outside(scene: Scene) -> list[str]:
    page = Box(0, 0, scene.width, scene.height)
    found = [
        label.ink.text
        for node in scene.nodes
        for label in node.labels
        if not (inside(label.box, page) and inside(label.box, node.box))
    ]
    frames = [(cluster.label, cluster.box) for cluster in scene.clusters]
    return found + [label.ink.text for label, box in frames if not inside(label.box, box)]


def overlapping_nodes(scene: Scene) -> list[tuple[str, str]]:
    blocks = [node for node in scene.nodes if node.key[0] in "nhl"]
    return overlaps([(block.key, block.box) for block in blocks])


def crossed_nodes(scene: Scene) -> list[tuple[str, str]]:
    bodies = [
        (node.key, Box(shape.x, shape.y, shape.width, shape.height))
        for node in scene.nodes
        for shape in node.shapes
        if shape.kind != "line" and shape.level is None
    ]
    return [
        (wire.key, key)
        for wire in scene.wires
        for points in [sample(wire.points)]
        for around in [bounds([], points)]
        for key, body in bodies
        if overlap(around, body)
        and key not in (wire.source, wire.target)
        and any(holds(body, point) for point in points)
    ]


def crossed_labels(scene: Scene) -> list[tuple[str, str]]:
    labels = [label for node in scene.nodes for label in node.labels]
    labels += [cluster.label for cluster in scene.clusters]
    boxes = np.array([(b.x, b.y, b.right, b.bottom) for b in (label.box for label in labels)])
    left, top, right, bottom = boxes.reshape(-1, 4).T
    found = []
    for wire in scene.wires:
        points = sample(wire.points)
        around = bounds([], points)
        near = (left < around.right) & (right > around.x)
        near &= (top < around.bottom) & (bottom > around.y)
        found += [
            (wire.key, labels[at].ink.text)
            for at in np.flatnonzero(near)
            if any(holds(labels[at].box, point) for point in points)
        ]
    return found


def labels_on_stubs(scene: Scene) -> list[tuple[str, str]]:
    stubs = [
        (node.key, Box(shape.x, shape.y - 0.5, shape.width, 1))
        for node in scene.nodes
        for shape in node.shapes
        if shape.role == "wire"
    ]
    labels = [label for node in scene.nodes for label in node.labels]
    return [
        (key, label.ink.text)
        for key, stub in stubs
        for label in labels
        if touch(stub, label.box, 0.3)
    ]


def touch(one: Box, two: Box, slack: float = 0.6) -> bool:
    return (
        one.x + slack < two.right
        and two.x + slack < one.right
        and one.y + slack < two.bottom
        and two.y + slack < one.bottom
    )


def inside(one: Box, two: Box, slack: float = 0.6) -> bool:
    return (
        one.x >= two.x - slack
        and one.y >= two.y - slack
        and one.right <= two.right + slack
        and one.bottom <= two.bottom + slack
    )


def holds(box: Box, point: Point, slack: float = 0.6) -> bool:
    x, y = point
    return box.x + slack < x < box.right - slack and box.y + slack < y < box.bottom - slack
