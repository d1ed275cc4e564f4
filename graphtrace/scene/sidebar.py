"""What stands below the picture: boxes for nodes of many uses, and keys."""

from graphtrace.annotate.facts import NodeFacts
from graphtrace.annotate.summary import brief, element_count
from graphtrace.scene.blanks import gradient_room, padded
from graphtrace.scene.card import scales_of
from graphtrace.scene.difference import (
    Told,
    change_notes,
    difference_legend,
    moved_text,
    ranks_of,
    told_of,
)
from graphtrace.scene.fold_card import has_bars
from graphtrace.scene.legend import (
    cost_legend,
    fold_legend,
    heat_legend,
    path_legend,
    thickness_legend,
)
from graphtrace.scene.model import Box, SceneNode, Shape, Text
from graphtrace.scene.plan import Plan
from graphtrace.scene.select import STUB
from graphtrace.scene.strips import Strip, beside, line_strip, pile, telling
from graphtrace.scene.typeset import name, plain
from graphtrace.scene.wording import contribution_text, describe_node, gradient_name, numeral

__all__ = ["sidebar"]

GAP, BELOW = 16.0, 22.0
PER_LINE, SHOWN = 6, 18
TEXT = 11.0


def sidebar(plan: Plan, around: Box) -> list[SceneNode]:
    """Return the boxes below a picture, in rows no wider than it (or than one box)."""
    boxes = [_hub(plan, node) for node in _listed(plan)]
    boxes += _legends(plan)
    x, y, tall = around.x, around.bottom + BELOW, 0.0
    found = []
    for key, role, title, strip in boxes:
        if x > around.x and x + strip.width > max(around.right, around.x + 480):
            x, y, tall = around.x, y + tall + GAP, 0.0
        found.append(
            SceneNode(
                key, role, title, "", Box(x, y, strip.width, strip.height),
                tuple(shape.moved(x, y) for shape in strip.shapes),
                tuple(label.moved(x, y) for label in strip.labels),
            )
        )  # fmt: skip
        x, tall = x + strip.width + GAP, max(tall, strip.height)
    return found


def _legends(plan: Plan) -> list[tuple[str, str, str, Strip]]:
    """Return the keys to what is drawn, for those things that are."""
    digits, accents, found = plan.options.digits, plan.accents, []
    scales = scales_of(plan)
    if scales.value or scales.gradient:
        found.append(("legend", "colours of the heat maps", heat_legend(scales, digits)))
    barred = any(has_bars(card) and card.operations for card in plan.facts.folds.values())
    if barred and "grad" in plan.options.show:
        found.append(("legend-passes", "bars on cards", fold_legend()))
    if accents.thickness:
        widths = thickness_legend(accents.thickness, digits)
        found.append(("legend-widths", "line widths", widths))
    if accents.ranked:
        found.append(("legend-paths", "highlighted paths", path_legend(accents.ranked, digits)))
    if plan.facts.extras.total and "cost" in plan.options.show:
        found.append(("legend-cost", "cost", cost_legend(plan.facts.extras.total)))
    if plan.facts.changes.nodes:
        found.append(("legend-changes", "what differs", difference_legend(plan.facts, digits)))
    return [(key, "legend", title, strip) for key, title, strip in found]


def _listed(plan: Plan) -> list[NodeFacts]:
    return [node for node in plan.facts.nodes if node.id in plan.hubs and node.kind != "constant"]


def _hub(plan: Plan, node: NodeFacts) -> tuple[str, str, str, Strip]:
    """Return the box of a shared node: its value and its gradient as the sum over its uses."""
    digits, show = plan.options.digits, plan.options.show
    changes = plan.facts.changes
    told = told_of(changes, ranks_of(changes), node.id)
    # What a graph of before has is not in the sum, unless the node itself is gone.
    now = [e for e in plan.uses[node.id] if changes.edge((e.source, e.target, e.slot)) != "removed"]
    uses = now or plan.uses[node.id]
    head: list[Strip] = [line_strip(name(node.name, "name", 16.0))]
    # On a worksheet the value stands where it is computed, and the terms at the uses.
    if "value" in show and not (plan.options.blanks and node.kind == "op"):
        words = _moved(told, "value", digits) or numeral(brief(node.value, digits))
        head.append(telling("value", line_strip(plain(f"= {words}", "value", 13.0, limit=100))))
    outside = {other.id for other in plan.facts.nodes if other.kind == STUB}
    near = [edge for edge in uses if edge.target not in outside]
    others = ", others outside" if len(near) < len(uses) else ""
    head.append(line_strip(plain(f"{len(near)} uses{others}", "shape", TEXT)))
    strips = [beside(head, gap=8.0)]
    strips += [line_strip(ink) for ink in (change_notes(told) if told else ())]
    if "grad" in show and node.grad is not None and plan.options.blanks:
        strips += [telling("grad", _total(plan, node))]
    elif "grad" in show and node.grad is not None:
        total = _moved(told, "gradient", digits)
        total = total or contribution_text(node.grad, 13.0, digits).text
        words = f"{gradient_name(plan.output, node.name)} = {total}"
        found = [line_strip(_gradient(words, 13.0))]
        terms = [
            contribution_text(edge.contribution, TEXT, digits).text
            for edge in uses
            if edge.contribution is not None
        ]
        if element_count(node.grad) == 1:
            found += [line_strip(_gradient(words, TEXT)) for words in _sum_lines(terms)]
        else:
            found += [line_strip(_gradient(words, TEXT)) for words in _list_lines(terms)]
        strips += [telling("grad", strip) for strip in found]
    return f"h{node.id}", "hub", describe_node(node, digits)[0], _framed(pile(strips, gap=4.0))


def _total(plan: Plan, node: NodeFacts) -> Strip:
    """Return the gradient of a worksheet's shared node, with a box to write it in."""
    assert node.grad is not None
    head = _gradient(f"{gradient_name(plan.output, node.name)} =", 13.0)
    room = None if node.kind == "op" else gradient_room(node, plan.options)
    text = contribution_text(node.grad, 13.0, plan.options.digits).text
    return beside([line_strip(head), padded(line_strip(_gradient(text, 13.0)), room)])


def _moved(told: Told | None, what: str, digits: int) -> str:
    """Return both numbers of what moved between two graphs, else nothing."""
    move = told.moved(what) if told else None
    return moved_text(move.old, move.new, digits) if move else ""


def _gradient(words: str, size: float) -> Text:
    return plain(words, "gradient", size, italic=True, limit=120)


def _short(terms: list[str]) -> list[str]:
    if len(terms) <= SHOWN:
        return terms
    return [*terms[: SHOWN - 3], f"… {len(terms) - SHOWN + 1} more …", *terms[-2:]]


def _sum_lines(terms: list[str]) -> list[str]:
    """Return `= 7 + 6 − 4`, broken into lines."""
    parts = []
    for index, term in enumerate(_short(terms)):
        minus = term.startswith("\u2212")
        sign = "" if index == 0 else ("\u2212 " if minus else "+ ")
        parts.append(sign + (term[1:] if minus and index else term))
    lines = [" ".join(parts[at : at + PER_LINE]) for at in range(0, len(parts), PER_LINE)]
    return [("= " if index == 0 else "   ") + line for index, line in enumerate(lines)]


def _list_lines(terms: list[str]) -> list[str]:
    """Return `norms 7, 6, 4`, broken into lines."""
    norms = bool(terms) and all(term.startswith("norm ") for term in terms)
    parts = _short([term.removeprefix("norm ") if norms else term for term in terms])
    lines = [", ".join(parts[at : at + PER_LINE]) for at in range(0, len(parts), PER_LINE)]
    return [("norms " if norms and index == 0 else "") + line for index, line in enumerate(lines)]


def _framed(inside: Strip, pad: float = 9.0) -> Strip:
    width, height = inside.width + 2 * pad, inside.height + 2 * pad
    frame = Shape("rect", "card", 0, 0, width, height, 6, dashed=True)
    return Strip(
        width, height,
        (frame, *(shape.moved(pad, pad) for shape in inside.shapes)),
        tuple(label.moved(pad, pad) for label in inside.labels),
    )  # fmt: skip
