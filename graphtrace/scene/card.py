"""Blocks of the card look: one card per value, with its summary and its gradient's."""

import math as trigonometry
from dataclasses import dataclass, replace

import numpy as np

from graphtrace.annotate.facts import NodeFacts, Value
from graphtrace.annotate.summary import element_count, number, summarize, thumbnail
from graphtrace.formula.names import latex_name
from graphtrace.scene.blanks import CELL, gradient_room, padded, value_room
from graphtrace.scene.blocks import Block, Row, arrive, guests, row_boxes, row_labels, stack
from graphtrace.scene.difference import moved_number
from graphtrace.scene.model import Point, Shape, Text
from graphtrace.scene.notes import Notes, gradient_in_symbols, small_print, value_in_symbols
from graphtrace.scene.options import Options
from graphtrace.scene.plan import Plan
from graphtrace.scene.strips import (
    Strip,
    badge_strip,
    beside,
    grid_strip,
    heat_strip,
    line_strip,
    pile,
    statistics_strip,
    telling,
)
from graphtrace.scene.typeset import math, name, plain
from graphtrace.scene.wording import describe_node, exceptional, gradient_ink

__all__ = ["Scales", "card_block", "scales_of"]

PAD = 9.0
# Two summaries stand side by side up to this width together.
WIDEST = 240.0
HEADER = 14.0


@dataclass(frozen=True, slots=True)
class Scales:
    """The largest finite size among the drawn heat maps, one for each role; 0 without any."""

    value: float
    gradient: float


def scales_of(plan: Plan) -> Scales:
    """Return the shared scales of a plan's heat maps."""
    peaks = [0.0, 0.0]
    drawn = plan.cards - plan.hidden
    for node in plan.facts.nodes:
        if node.id in drawn:
            old = plan.facts.changes.nodes[node.id].old if plan.facts.changes.nodes else None
            for side in (node, old) if old else (node,):
                shown = [
                    side.value if "value" in plan.options.show else None,
                    side.grad if "grad" in plan.options.show else None,
                ]
                for index, value in enumerate(shown, node.id in plan.flows):
                    if value is not None and summarize(value).grid is None:
                        peaks[index] = max(peaks[index], thumbnail(value).peak)
    return Scales(*peaks)


def card_block(
    node: NodeFacts,
    rows: list[Row],
    options: Options,
    scales: Scales,
    role: str = "value",
    *,
    notes: Notes | None = None,
) -> Block:
    """Return a card with its operands' last pieces of wire at the left.

    `role` is what its value is: a value, or in a backward pass a gradient.
    """
    title, description = describe_node(node, options.digits)
    inside = _inside(node, options, scales, notes or Notes(), role)
    pile_ = stack(rows, least=24.0)
    # Whole, so that the card ends where its block does.
    left = trigonometry.ceil(pile_.width + 16) if rows else 0
    spread = max((abs(offset) for offset in pile_.offsets), default=0.0) + 8
    wide = trigonometry.ceil(inside.width + 2 * PAD)
    tall = 2 * trigonometry.ceil(max(inside.height / 2 + PAD - 1, pile_.reach + 1, spread))
    axis = tall / 2
    frame = Shape("rect", "card", left, 0, wide, tall, 6)
    dy = (tall - inside.height) / 2
    shapes = (
        frame,
        *(shape.moved(left + PAD, dy) for shape in inside.shapes),
        *row_boxes(pile_, axis, left - 12),
    )
    labels = (
        *row_labels(pile_, axis, left - 12),
        *(label.moved(left + PAD, dy) for label in inside.labels),
    )
    return Block(
        f"n{node.id}", "card", title, description, left + wide, tall,
        arrive(pile_, axis, left, left, None), shapes, labels, node.scope,
        guests(pile_, axis),
    )  # fmt: skip


def _inside(node: NodeFacts, options: Options, scales: Scales, notes: Notes, role: str) -> Strip:
    strips = []
    if "name" in options.show or "formula" in options.show:
        strips.append(_header(node))
    symbols = value_in_symbols(notes, unlike=node.expression)
    if symbols:
        strips.append(line_strip(symbols))
    if np.ndim(node.value):
        options = replace(options, show=options.show | {"shape"})
    prints = small_print(node, options, notes)
    strips += [beside([line_strip(ink) for ink in prints[at : at + 2]]) for at in (0, 2)]
    if "value" in options.show:
        peak = scales.value if role == "value" else scales.gradient
        room = value_room(node, options)
        found = _both(notes, "value", node.value, role, options.digits, peak, room)
        strips += [telling("value", strip) for strip in found]
    moved = notes.told.moved("gradient") if notes.told else None
    if "grad" in options.show and (node.grad is not None or moved):
        formula = gradient_in_symbols(node, notes)
        found = [line_strip(formula or gradient_ink(notes.output, node.name, 11.0))]
        digits, room = options.digits, gradient_room(node, options)
        found += _both(notes, "gradient", node.grad, "gradient", digits, scales.gradient, room)
        strips += [telling("grad", strip) for strip in found]
    return pile([strip for strip in strips if strip.labels or strip.shapes])


def _header(node: NodeFacts) -> Strip:
    if node.kind != "op":
        return line_strip(_roomy(name(node.name, "name", 16.0, limit=24)))
    tex = f"{latex_name(node.name)} = {node.latex}"
    text = f"{node.name} = {node.expression}"
    return line_strip(_roomy(math(tex, text, "name", HEADER, widest=240.0, limit=32)))


def _roomy(ink: Text) -> Text:
    """Return type that takes a full line's room, also where its letters have no long strokes."""
    return replace(
        ink, ascent=max(ink.ascent, 0.72 * ink.size), descent=max(ink.descent, 0.24 * ink.size)
    )


def _both(
    notes: Notes,
    what: str,
    value: Value | None,
    role: str,
    digits: int,
    peak: float,
    room: Point | None = None,
) -> list[Strip]:
    """Return a summary; of a value that moved between two graphs both, with an arrow."""
    move = notes.told.moved(what) if notes.told else None
    if move is None:
        return [] if value is None else _summary(value, role, digits, peak, room)
    if max(element_count(side) for side in (move.old, move.new) if side is not None) == 1:
        return [line_strip(moved_number(move, role, 13.0, digits))]
    sides = [
        _absent() if side is None else pile(_summary(side, role, digits, peak))
        for side in (move.old, move.new)
    ]
    arrow = line_strip(plain("→", role, 13.0))
    if sides[0].width + sides[1].width <= WIDEST:
        return [beside([sides[0], arrow, sides[1]], gap=8.0)]
    # One below the other, both from where the arrow ends.
    inset = Strip(arrow.width, 0.0)
    return [beside([inset, sides[0]], gap=8.0), beside([arrow, sides[1]], gap=8.0)]


def _absent() -> Strip:
    return line_strip(plain("–", "shape", 13.0))


def _summary(
    value: Value, role: str, digits: int, peak: float, room: Point | None = None
) -> list[Strip]:
    """Return a value's strips, with boxes to write in where there is `room` for them."""
    summary = summarize(value, digits)
    strips: list[Strip] = []
    if np.ndim(value) == 0 and exceptional(value):
        # The badge is the number.
        return [padded(badge_strip((number(value, digits),)), room)]
    if summary.grid is not None and np.ndim(value) == 0:
        text = plain(summary.grid[0][0].replace("-", "\u2212"), role, 13.0, italic=role != "value")
        strips.append(padded(line_strip(text), room))
    elif summary.grid is not None:
        strips.append(grid_strip(summary.grid, role, cell=CELL if room else None))
    elif element_count(value):
        statistics = statistics_strip(summary, role, digits)
        strips.append(padded(beside([heat_strip(thumbnail(value), peak), statistics]), room))
    if summary.badges:
        strips.append(badge_strip(summary.badges))
    return strips
