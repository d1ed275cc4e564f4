"""Blocks of the circuit look: operators in circles, values on stubs, names at the ends."""

import math as trigonometry
from dataclasses import dataclass

from graphtrace.annotate.facts import NodeFacts
from graphtrace.annotate.summary import brief, signature
from graphtrace.scene.blocks import Block, Row, arrive, row_labels, stack
from graphtrace.scene.model import Label, Shape, Text
from graphtrace.scene.options import Options
from graphtrace.scene.typeset import math, name, plain
from graphtrace.scene.wording import describe_node, exceptional, numeral, value_text

__all__ = ["alias_block", "operation_block", "source_block"]

VALUE, GRADIENT, SMALL, GLYPH, NAME = 13.0, 13.0, 10.0, 16.0, 18.0
RADIUS = 16.0
LEAST_STUB, STEP = 54.0, 6.0
LIFT = 4.0
CAP = 0.73


@dataclass(frozen=True, slots=True)
class _Stub:
    """The level wire after a producer, its value above and its gradient below."""

    length: float
    rise: float
    fall: float
    value: Text | None
    gradient: Text | None
    badge: bool


def _stub(node: NodeFacts, options: Options, bare: bool = False) -> _Stub:
    value = gradient = None
    if "value" in options.show and not bare:
        value = value_text(node.value, "value", VALUE, options.digits)
    if "grad" in options.show and node.grad is not None and not bare:
        gradient = value_text(node.grad, "gradient", GRADIENT, options.digits)
    badge = value is not None and exceptional(node.value)
    widest = max((ink.width for ink in (value, gradient) if ink), default=0.0)
    length = LEAST_STUB if widest else 14.0
    length = max(length, STEP * trigonometry.ceil((widest + (26 if badge else 16)) / STEP))
    rise = LIFT + CAP * VALUE + (9 if badge else 2) if value else 2.0
    fall = LIFT + CAP * GRADIENT + 4 if gradient else 2.0
    return _Stub(length if widest else 14.0, rise, fall, value, gradient, badge)


def _draw_stub(
    stub: _Stub, x: float, axis: float, dashed: bool = False
) -> tuple[list[Shape], list[Label]]:
    shapes = [Shape("line", "wire", x, axis, stub.length, 0, dashed=dashed)]
    labels = []
    middle = x + stub.length / 2
    if stub.value:
        role = "badge-text" if stub.badge else "value"
        lift = LIFT + (3 if stub.badge else 0)
        ink = Text(stub.value.text, role, VALUE, stub.value.width, CAP * VALUE, 0.24 * VALUE)
        labels.append(Label(ink, middle, axis - lift, "middle"))
        if stub.badge:
            width = stub.value.width + 12
            shapes.append(
                Shape("rect", "badge", middle - width / 2, axis - lift - 12.5, width, 16, 8)
            )
    if stub.gradient:
        old = stub.gradient
        ink = Text(old.text, "gradient", GRADIENT, old.width, CAP * GRADIENT, 0.24 * 13, True)
        labels.append(Label(ink, middle, axis + LIFT + CAP * GRADIENT, "middle"))
    return shapes, labels


def _even(rise: float, fall: float) -> int:
    """Return a whole even height with the axis in its middle."""
    return 2 * trigonometry.ceil(max(rise, fall) + 1)


def _notes(node: NodeFacts, options: Options) -> list[Text]:
    """Return the small print below a node: shape and place in the source, when asked for."""
    found = []
    if "shape" in options.show:
        found.append(plain(signature(node.value), "shape", SMALL))
    if "where" in options.show and node.where is not None:
        found.append(plain(str(node.where), "where", SMALL, limit=32))
    return found


def _below(notes: list[Text], centre: float, top: float) -> list[Label]:
    labels = []
    for ink in notes:
        labels.append(Label(ink, centre, top + ink.ascent, "middle"))
        top += ink.height + 1
    return labels


def source_block(node: NodeFacts, options: Options, *, bare: bool = False) -> Block:
    """Return an input (its name at the wire's left end) or a constant (its number there)."""
    title, description = describe_node(node, options.digits)
    constant = node.kind == "constant"
    if constant:
        ink = plain(numeral(brief(node.value, options.digits)), "constant", VALUE)
    else:
        ink = name(node.name, "name", NAME)
    stub = _stub(node, options, bare=bare or constant)
    notes = _notes(node, options) if not constant else []
    left = ink.width + 7
    width = trigonometry.ceil(max(left + stub.length, *(n.width for n in notes), 0.0))
    fall = max(stub.fall, 10.0) + sum(n.height + 1 for n in notes)
    height = _even(max(stub.rise, 10.0), fall)
    axis = height / 2
    shapes, labels = _draw_stub(stub, left, axis)
    # Long blocks keep their wire up to the port at the right edge.
    shapes[0] = Shape("line", "wire", left, axis, width - left, 0)
    baseline = axis + (ink.ascent - ink.descent) / 2 if ink.art else axis + CAP * ink.size / 2
    labels.append(Label(_trim(ink), 0, min(baseline, axis + 6) if ink.art else baseline))
    labels += _below(notes, width / 2, axis + max(stub.fall, 10.0))
    return Block(
        f"n{node.id}", node.kind, title, description, width, height, (), tuple(shapes),
        tuple(labels), node.scope,
    )  # fmt: skip


def _trim(ink: Text) -> Text:
    """Return digits without the room below the baseline that digits do not use."""
    return ink


def alias_block(node: NodeFacts, use: str, scope: tuple[str, ...], options: Options) -> Block:
    """Return a dashed stand-in for a node of many uses, near one of them."""
    title, description = describe_node(node, options.digits)
    if node.kind == "constant":
        ink = plain(numeral(brief(node.value, options.digits)), "constant", VALUE)
    else:
        ink = name(node.name, "name", 15.0)
    left, height = ink.width + 6, _even(9, 9)
    width = trigonometry.ceil(left + 20)
    axis = height / 2
    baseline = min(axis + (ink.ascent - ink.descent) / 2, axis + 5)
    shapes = (Shape("line", "alias", left, axis, width - left, 0, dashed=True),)
    return Block(
        use, "alias", f"{title} (also used elsewhere)", description, width, height, (), shapes,
        (Label(ink, 0, baseline),), scope,
    )  # fmt: skip


def operation_block(
    node: NodeFacts, rows: list[Row], options: Options, *, named: bool, output: bool
) -> Block:
    """Return an operation: its operands' last pieces of wire, its circle, its stub."""
    title, description = describe_node(node, options.digits)
    glyph = plain(node.symbol, "operator", GLYPH if len(node.symbol) < 3 else 13.0, limit=14)
    radius = max(RADIUS, glyph.width / 2 + 8)
    stub, pile = _stub(node, options), stack(rows)
    caption = _caption(node, options, named and not output)
    end = name(node.name, "name", NAME) if output and "name" in options.show else None
    notes = _notes(node, options)

    reach = max((abs(offset) for offset in pile.offsets), default=0.0)
    funnel = 12.0 + (6.0 + 0.35 * reach if len(rows) > 1 else 0.0)
    wide = caption is not None and caption.width > 2 * radius + 6
    bend = pile.width + 4 if rows else 0.0
    centre = bend + (funnel if rows else 0.0) + radius
    start = centre + radius
    rise = max(stub.rise, RADIUS + 1, pile.reach)
    if caption:
        rise = max(rise, RADIUS + 5 + caption.height, stub.rise + 3 + caption.height if wide else 0)
    fall = max(stub.fall, RADIUS + 1, pile.reach, RADIUS + 4 + sum(n.height + 1 for n in notes))
    height = _even(rise, fall)
    axis = height / 2
    right = start + stub.length + (end.width + 8 if end else 0.0)
    if caption:
        right = max(right, centre + (caption.width - radius if wide else 0.0) + 2)
    right = max(right, *(centre + n.width / 2 for n in notes), 0.0)
    width = trigonometry.ceil(right)

    shapes = [Shape("ellipse", "operation", centre - radius, axis - RADIUS, 2 * radius, 2 * RADIUS)]
    labels = [Label(glyph, centre, axis + 0.36 * glyph.size, "middle")]
    wires, type_ = _draw_stub(stub, start, axis)
    wires[0] = Shape("line", "wire", start, axis, stub.length if end else width - start, 0)
    shapes += wires
    labels += type_ + row_labels(pile, axis, bend)
    if end:
        middle = min((end.ascent - end.descent) / 2, 6.0)
        labels.append(Label(end, start + stub.length + 7, axis + middle))
    if caption:
        y = axis - (max(stub.rise, RADIUS) + 3 if wide else RADIUS + 4) - caption.descent
        labels.append(Label(caption, centre - radius if wide else centre, y,
                            "start" if wide else "middle"))  # fmt: skip
    labels += _below(notes, centre, axis + RADIUS + 4)
    arrivals = arrive(pile, axis, bend, centre, (radius, RADIUS))
    return Block(
        f"n{node.id}", "operation", title, description, width, height, arrivals, tuple(shapes),
        tuple(labels), node.scope,
    )  # fmt: skip


def _caption(node: NodeFacts, options: Options, named: bool) -> Text | None:
    """Return what stands above the circle: the name, or `name = formula` when asked for."""
    if "formula" in options.show:
        tex = f"{_tex(node)} = {node.latex}" if node.named else node.latex
        text = f"{node.name} = {node.expression}" if node.named else node.expression
        return math(tex, text, "name", 12.0, widest=180.0, limit=32)
    if named and "name" in options.show:
        return name(node.name, "name", 12.0)
    return None


def _tex(node: NodeFacts) -> str:
    from graphtrace.formula.names import latex_name

    return latex_name(node.name)
