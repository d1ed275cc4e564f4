"""One picture, many frames: of the whole scene each step shows a part. Nothing ever moves."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace

from graphtrace.scene.geometry import bounds
from graphtrace.scene.model import Box, Label, Scene, SceneNode, Shape, Wire, lit

__all__ = ["drawn", "part_of"]

PAD = 2.5
OUTLINES = ("operation", "card")


def part_of(node: SceneNode, thing: Shape | Label) -> str:
    """Return the part that type or a shape belongs to, with its owner: ``"value n3"``; or ""."""
    part = thing.ink.part if isinstance(thing, Label) else thing.part
    # The box of a node of many uses stands for the node.
    return part if not part or " " in part else f"{part} n{node.key[1:]}"


def drawn(
    scene: Scene,
    shown: AbstractSet[str],
    new: AbstractSet[str] = frozenset(),
    about: AbstractSet[str] = frozenset(),
    names: dict[str, str] | None = None,
) -> Scene:
    """Return the scene with the parts that are shown, those that are new marked, `about` lit.

    With `names` by key, titles and descriptions give away no more than what is drawn.
    """
    names = names or {}
    # A wire goes on from the short piece after its node.
    tails = {wire.source for wire in scene.wires if wire.key in about}
    nodes = tuple(
        _tail(_node(node, shown, new, about, names), node.key in tails) for node in scene.nodes
    )
    wires = tuple(_wire(wire, about, names) for wire in scene.wires)
    return replace(scene, nodes=nodes, wires=wires)


def _node(
    node: SceneNode,
    shown: AbstractSet[str],
    new: AbstractSet[str],
    about: AbstractSet[str],
    names: dict[str, str],
) -> SceneNode:
    shapes = [shape for shape in node.shapes if _is_shown(part_of(node, shape), shown)]
    labels = tuple(label for label in node.labels if _is_shown(part_of(node, label), shown))
    marks = list(_marks(node, new & shown))
    if f"n{node.key[1:]}" in about and node.key[0] in "nh":
        outlined = [shape for shape in shapes if shape.role in OUTLINES]
        if outlined:
            shapes = [
                replace(shape, role=lit(shape.role)) if shape in outlined else shape
                for shape in shapes
            ]
        else:
            marks += [_mark([label.box], 3.0) for label in labels if label.ink.role == "name"]
    title, description = node.title, node.description
    if _owner(node.key) in names:
        title, description = names[_owner(node.key)], ""
    return replace(
        node, title=title, description=description, shapes=(*marks, *shapes), labels=labels
    )


def _tail(node: SceneNode, is_lit: bool) -> SceneNode:
    if not is_lit:
        return node
    shapes = tuple(
        replace(shape, role=lit(shape.role)) if shape.role == "wire" else shape
        for shape in node.shapes
    )
    return replace(node, shapes=shapes)


def _is_shown(part: str, shown: AbstractSet[str]) -> bool:
    return not part or part in shown


def _marks(node: SceneNode, new: AbstractSet[str]) -> Iterable[Shape]:
    """Yield a mark behind each part that is new."""
    boxes: dict[str, list[Box]] = {}
    for label in node.labels:
        if part_of(node, label) in new:
            boxes.setdefault(part_of(node, label), []).append(label.box)
    for shape in node.shapes:
        if part_of(node, shape) in new:
            box = Box(shape.x, shape.y, shape.width, shape.height)
            boxes.setdefault(part_of(node, shape), []).append(box)
    for part in sorted(boxes):
        yield _mark(boxes[part], PAD)


def _mark(boxes: list[Box], pad: float) -> Shape:
    box = bounds(boxes, [])
    return Shape(
        "rect", "mark", box.x - pad, box.y - pad / 2, box.width + 2 * pad, box.height + pad, 3
    )


def _wire(wire: Wire, about: AbstractSet[str], names: dict[str, str]) -> Wire:
    if wire.key in about:
        wire = replace(wire, role=lit(wire.role))
    if not names:
        return wire
    ends = [names.get(key, "") for key in (_owner(wire.key), wire.target)]
    return replace(wire, title=" → ".join(end for end in ends if end))


def _owner(key: str) -> str:
    """Return the key of the node that a wire comes from, or that a stand-in stands for."""
    # A stand-in at the head of its wire has the wire's key behind an "a": "ae3-5-0" stands for n3.
    start, dash, _ = key.removeprefix("a").partition("-")
    return f"n{start[1:]}" if dash else key
