"""Blocks of the circuit look: operators in circles, values on stubs, names at the ends."""

import math as trigonometry
from dataclasses import dataclass, replace

from graphtrace.annotate.changes import Move
from graphtrace.annotate.facts import NodeFacts, Value
from graphtrace.annotate.summary import brief
from graphtrace.formula.names import latex_name
from graphtrace.scene.blanks import blank, gradient_room, value_room
from graphtrace.scene.blocks import Block, Lead, Row, arrive, guests, row_boxes, row_labels, stack
from graphtrace.scene.difference import Told, moved_number
from graphtrace.scene.model import Box, Label, Point, Shape, Text
from graphtrace.scene.notes import Notes, gradient_in_symbols, small_print, value_in_symbols
from graphtrace.scene.options import Options
from graphtrace.scene.select import STUB
from graphtrace.scene.typeset import math, name, plain
from graphtrace.scene.wording import describe_node, exceptional, numeral, value_text

__all__ = ["MOST_ROWS", "lead_of", "operation_block", "source_block", "stub_block"]

VALUE, GLYPH, NAME, SMALL_NAME = 13.0, 16.0, 18.0, 15.0
RADIUS = 16.0
LEAST_STUB, STEP = 36.0, 4.0
LIFT = 4.0
# More wires than this into one node carry no type, and stand closer.
MOST_ROWS = 24
CAP = 0.73


@dataclass(frozen=True, slots=True)
class _Stub:
    """The level wire after a producer, its value above and its gradient below.

    `rooms` are the sizes of boxes to write in, above and below.
    """

    length: float
    value: Text | None
    gradient: Text | None
    rooms: tuple[Point | None, Point | None] = (None, None)

    @property
    def rise(self) -> float:
        """The room above the wire."""
        return _room(self.value, self.rooms[0])

    @property
    def fall(self) -> float:
        """The room below the wire."""
        return _room(self.gradient, self.rooms[1])


def _room(ink: Text | None, room: Point | None) -> float:
    if ink is None:
        return 2.0
    own = LIFT + ink.ascent + (9 if ink.role == "badge-text" else 3)
    return max(own, LIFT + room[1] + 1) if room else own


def _stub(
    node: NodeFacts, options: Options, role: str, told: Told | None, bare: bool = False
) -> _Stub:
    value = gradient = None
    if "value" in options.show and not bare:
        value = _number(node.value, role, options.digits, told.moved("value") if told else None)
    if "grad" in options.show and not bare:
        moved = told.moved("gradient") if told else None
        gradient = _number(node.grad, "gradient", options.digits, moved)
    inks = [ink for ink in (value, gradient) if ink]
    rooms = (
        value_room(node, options) if value else None,
        gradient_room(node, options) if gradient else None,
    )
    widths = [ink.width + (26 if ink.role == "badge-text" else 10) for ink in inks]
    widest = max(widths + [room[0] + 8 for room in rooms if room], default=0)
    length = max(LEAST_STUB, STEP * trigonometry.ceil(widest / STEP)) if inks else 14.0
    return _Stub(length, value, gradient, rooms)


def _number(value: Value | None, role: str, digits: int, moved: Move | None) -> Text | None:
    """Return a value's type, as tall as digits; NaN and infinities as a badge's.

    Of a value that moved between two graphs it has both numbers.
    """
    if moved is not None:
        ink = moved_number(moved, role, VALUE, digits)
    elif value is not None:
        ink = value_text(value, role, VALUE, digits)
    else:
        return None
    role = "badge-text" if value is not None and exceptional(value) else role
    return replace(ink, role=role, ascent=CAP * VALUE)


def _draw_stub(stub: _Stub, x: float, axis: float) -> tuple[list[Shape], list[Label]]:
    shapes = [Shape("line", "wire", x, axis, stub.length, 0)]
    labels = []
    middle = x + stub.length / 2
    for given, below in ((stub.value, False), (stub.gradient, True)):
        if given is None:
            continue
        ink = replace(given, part="grad" if below else "value")
        room = stub.rooms[below]
        if room is not None:
            top = axis + LIFT if below else axis - LIFT - room[1]
            shapes.append(blank(ink.part, Box(middle - room[0] / 2, top, *room)))
        lift = LIFT + (3 if ink.role == "badge-text" else 0)
        baseline = axis + (lift + ink.ascent if below else -lift)
        labels.append(Label(ink, middle, baseline, "middle"))
        if ink.role == "badge-text":
            width = ink.width + 12
            shapes.append(
                Shape("rect", "badge", middle - width / 2, baseline - 12.5, width, 15.5, 7.75,
                      part=ink.part)
            )  # fmt: skip
    return shapes, labels


def _even(rise: float, fall: float) -> int:
    """Return a whole even height with the axis in its middle."""
    return 2 * trigonometry.ceil(max(rise, fall) + 1)


def _notes(node: NodeFacts, options: Options, notes: Notes) -> list[Text]:
    """Return the small print below a node."""
    gradient = gradient_in_symbols(node, notes)
    return [*([gradient] if gradient else []), *small_print(node, options, notes)]


def _below(notes: list[Text], centre: float, top: float) -> list[Label]:
    labels = []
    for ink in notes:
        labels.append(Label(ink, centre, top + ink.ascent, "middle"))
        top += ink.height + 1
    return labels


def source_block(
    node: NodeFacts, options: Options, role: str = "value", *, notes: Notes | None = None
) -> Block:
    """Return an input (its name at the wire's left end) or a constant (its number there).

    `role` is what its value is: in a backward pass the seed is a gradient, and has a name.
    """
    title, description = describe_node(node, options.digits)
    constant = node.kind == "constant" and role == "value"
    if constant:
        ink = plain(numeral(brief(node.value, options.digits)), "constant", VALUE)
    else:
        ink = name(node.name, "name", NAME)
    notes = notes or Notes()
    stub = _stub(node, options, role, notes.told, bare=constant)
    prints = _notes(node, options, notes) if not constant or notes.told else []
    left = ink.width + 7
    width = trigonometry.ceil(max(left + stub.length, *(n.width for n in prints), 0.0))
    drop = min((ink.ascent - ink.descent) / 2, 6.0) if ink.art else CAP * ink.size / 2
    fall = max(max(stub.fall, 10.0) + sum(n.height + 1 for n in prints), drop + ink.descent)
    height = _even(max(stub.rise, 10.0, ink.ascent - drop), fall)
    axis = height / 2
    shapes, labels = _draw_stub(stub, left, axis)
    # Long blocks keep their wire up to the port at the right edge.
    shapes[0] = Shape("line", "wire", left, axis, width - left, 0)
    labels.append(Label(ink, 0, axis + drop))
    labels += _below(prints, width / 2, axis + max(stub.fall, 10.0))
    return Block(
        f"n{node.id}", node.kind, title, description, width, height, (), tuple(shapes),
        tuple(labels), node.scope,
    )  # fmt: skip


def lead_of(node: NodeFacts, key: str, options: Options, kind: str = "alias") -> Lead:
    """Return what stands for a constant or another node inside of the block that uses it.

    `kind` is ``"alias"`` for a hub, ``"reference"`` for a forward value in the backward pass, and
    ``"stub"`` where the picture ends.
    """
    title, description = describe_node(node, options.digits)
    if node.kind == "constant":
        ink = plain(numeral(brief(node.value, options.digits)), "constant", VALUE)
        return Lead(key, "constant", title, description, ink)
    if kind == STUB:
        ink = math(rf"\cdots\,{latex_name(node.name)}", f"… {node.name}", "name", 15.0, limit=24)
        return Lead(key, kind, title, description, ink)
    return Lead(key, kind, title, description, name(node.name, "name", 15.0))


def stub_block(node: NodeFacts, rows: list[Row]) -> Block:
    """Return what stands where a node's value is used outside of the picture."""
    pile = stack(rows)
    ink = math(rf"{node.latex}\,\cdots", f"{node.name} …", "name", SMALL_NAME, widest=200.0)
    left = pile.width + 12.0
    drop = min((ink.ascent - ink.descent) / 2, 5.0)
    height = _even(max(pile.reach, ink.ascent - drop), max(pile.reach, ink.descent + drop))
    axis = height / 2
    labels = (*row_labels(pile, axis, left - 10), Label(ink, left + 4, axis + drop))
    title = f"{node.name} …"
    return Block(
        f"n{node.id}", STUB, title, "goes on outside of this picture",
        trigonometry.ceil(left + 4 + ink.width), height, arrive(pile, axis, left, left, None), (),
        labels, node.scope, guests(pile, axis),
    )  # fmt: skip


def operation_block(
    node: NodeFacts,
    rows: list[Row],
    options: Options,
    role: str = "value",
    *,
    named: bool,
    output: bool,
    notes: Notes | None = None,
) -> Block:
    """Return an operation: its operands' last pieces of wire, its circle, its stub."""
    title, description = describe_node(node, options.digits)
    notes = notes or Notes()
    glyph = plain(node.symbol, "operator", GLYPH if len(node.symbol) < 3 else 13.0, limit=14)
    radius = max(RADIUS, glyph.width / 2 + 8)
    stub, pile = (
        _stub(node, options, role, notes.told),
        stack(rows, 26.0 if len(rows) <= MOST_ROWS else 9.0),
    )
    captions = _captions(node, options, notes, named and not output)
    end = name(node.name, "name", NAME) if output and "name" in options.show else None

    reach = max((abs(offset) for offset in pile.offsets), default=0.0)
    funnel = 11.0 + (3.0 + 0.3 * reach if len(rows) > 1 else 0.0)
    bend = pile.width + 4 if rows else 0.0
    centre = bend + (funnel if rows else 0.0) + radius
    start = centre + radius
    top, bottom = min(pile.offsets, default=0.0), max(pile.offsets, default=0.0)
    above = _small_print(captions, centre, radius, stub.rise, -top, -1)
    below = _small_print(_notes(node, options, notes), centre, radius, stub.fall, bottom, 1)
    middle = min((end.ascent - end.descent) / 2, 6.0) if end else 0.0
    tall = max(end.ascent - middle, end.descent + middle) if end else 0.0
    room = max(RADIUS + 1, pile.reach, tall)
    height = _even(max(room, stub.rise, above.reach), max(room, stub.fall, below.reach))
    axis = height / 2
    right = start + stub.length + (end.width + 8 if end else 0.0)
    width = trigonometry.ceil(max(right, above.right, below.right))

    circle = Shape("ellipse", "operation", centre - radius, axis - RADIUS, 2 * radius, 2 * RADIUS)
    wires, numbers = _draw_stub(stub, start, axis)
    wires[0] = Shape("line", "wire", start, axis, stub.length if end else width - start, 0)
    labels = [Label(glyph, centre, axis + 0.36 * glyph.size, "middle")]
    labels += numbers + row_labels(pile, axis, bend)
    if end:
        labels.append(Label(end, start + stub.length + 7, axis + middle))
    labels += [label.moved(0, axis) for label in above.labels + below.labels]
    arrivals = arrive(pile, axis, bend, centre, (radius, RADIUS))
    return Block(
        f"n{node.id}", "operation", title, description, width, height, arrivals,
        (circle, *wires, *row_boxes(pile, axis, bend)), tuple(labels), node.scope,
        guests(pile, axis),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _SmallPrint:
    """Labels above or below a circle, relative to the axis, and how far they reach."""

    labels: tuple[Label, ...]
    reach: float
    right: float


def _small_print(
    inks: list[Text], centre: float, radius: float, clear: float, steep: float, way: int
) -> _SmallPrint:
    """Place small type above (way -1) or below (way 1) a circle.

    Type that is wider than the circle goes on to the right, clear of the stub's numbers; where
    a wire comes in steeply from this side (`steep` high above or below), it keeps out of its way.
    """
    least = centre - (0.45 * radius if steep > RADIUS else radius + 3)
    lefts = [max(centre - ink.width / 2, least) for ink in inks]
    right = max((left + ink.width for left, ink in zip(lefts, inks, strict=True)), default=0.0)
    at = max(RADIUS + 1, clear) + 3 if right > centre + radius + 2 else RADIUS + 4
    labels = []
    for left, ink in zip(lefts, inks, strict=True):
        labels.append(Label(ink, left, at + ink.ascent if way > 0 else -at - ink.descent))
        at += ink.height + 1
    return _SmallPrint(tuple(labels), at if inks else 0.0, right + 2)


def _captions(node: NodeFacts, options: Options, notes: Notes, named: bool) -> list[Text]:
    """Return what stands above the circle, from below: the name or `name = formula`, symbols."""
    if "formula" in options.show:
        tex = f"{latex_name(node.name)} = {node.latex}"
        text = f"{node.name} = {node.expression}"
        formula = math(tex, text, "name", 12.0, widest=180.0, limit=32)
        symbols = value_in_symbols(notes, unlike=node.expression)
        # Above the circle the last line is at the top.
        return [symbols, formula] if symbols else [formula]
    symbols = value_in_symbols(notes, name=node.name if "name" in options.show else "")
    if symbols:
        return [symbols]
    named = named and "name" in options.show
    return [name(node.name, "name", 12.0)] if named else []
