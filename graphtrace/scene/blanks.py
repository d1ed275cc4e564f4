"""Room to write in by hand: where a worksheet has boxes, the picture keeps their place."""

from dataclasses import replace

from graphtrace.annotate.facts import EdgeFacts, NodeFacts, Value
from graphtrace.annotate.summary import GRID_LIMIT, element_count
from graphtrace.scene.model import Box, Shape
from graphtrace.scene.options import Options
from graphtrace.scene.strips import Strip
from graphtrace.scene.wording import TINY

__all__ = ["BLANK", "CELL", "blank", "gradient_room", "padded", "row_rooms", "value_room"]

BLANK = "blank"
"""The role of a box to write in; its part says which answer it is for."""
WIDE, TALL, MORE = 54.0, 21.0, 44.0
CELL = (38.0, 19.0)
"""The least width and height of one number of a matrix."""
Room = tuple[float, float]


def blank(part: str, box: Box) -> Shape:
    """Return the box for an answer."""
    return Shape("rect", BLANK, box.x, box.y, box.width, box.height, 2, part=part)


def value_room(node: NodeFacts, options: Options) -> Room | None:
    """Return the size of a box for a node's value, or None where none is asked for."""
    if "value" not in options.blanks or node.kind != "op":
        return None
    return _size(node.value)


def gradient_room(node: NodeFacts, options: Options) -> Room | None:
    """Return the size of a box for a node's gradient, or None."""
    if "grad" not in options.blanks or node.grad is None:
        return None
    return _size(node.grad)


def row_rooms(edge: EdgeFacts, options: Options) -> tuple[Room | None, Room | None]:
    """Return the sizes of boxes for an edge's local gradient and its contribution.

    Of arrays the local gradient is a rule, not a number; large contributions are too much to write.
    """
    local = contribution = None
    if "local" in options.blanks and edge.local is not None and element_count(edge.local) == 1:
        local = _size(edge.local)
    given = edge.contribution
    if "contribution" in options.blanks and given is not None:
        contribution = _size(given) if element_count(given) <= GRID_LIMIT else None
    return local, contribution


def _size(value: Value) -> Room:
    count = element_count(value)
    return WIDE + MORE * (min(count, TINY) - 1 if count else 0), TALL


def padded(strip: Strip, room: Room | None) -> Strip:
    """Return a strip of a card in the middle of a box to write in; without room as it is."""
    if room is None:
        return strip
    width, height = max(room[0], strip.width), max(room[1], strip.height)
    dx, dy = (width - strip.width) / 2, (height - strip.height) / 2
    frame = blank("", Box(0, 0, width, height))
    return replace(
        strip, width=width, height=height,
        shapes=(frame, *(shape.moved(dx, dy) for shape in strip.shapes)),
        labels=tuple(label.moved(dx, dy) for label in strip.labels),
    )  # fmt: skip
