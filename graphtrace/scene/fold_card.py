"""The card of a folded part of a program: what it is, its totals, its shapes, its gradients."""

import math
from collections.abc import Sequence

from graphtrace.annotate.facts import NodeFacts
from graphtrace.annotate.fold_region import FoldFacts
from graphtrace.annotate.summary import count_text, number
from graphtrace.scene.blocks import Block, Row, arrive, guests, row_labels, stack
from graphtrace.scene.model import Shape
from graphtrace.scene.options import Options
from graphtrace.scene.strips import Strip, badge_strip, beside, line_strip, pile, telling
from graphtrace.scene.typeset import plain, printable
from graphtrace.scene.wording import numeral

__all__ = ["fold_block", "has_bars", "norm_words", "thinned"]

PAD, STEP = 9.0, 4.0
TITLE, SMALL = 14.0, 10.5
TALL, LEAST_BAR = 22.0, 1.5
# A strip of more passes than this shows the largest of each few.
BARS, WIDEST = 60, 180.0
DECADES = 12.0
LISTED, SHAPES = 200, 2


def fold_block(node: NodeFacts, fold: FoldFacts, rows: list[Row], options: Options) -> Block:
    """Return the card of a fold with its wires at the left; repeats are a pile of cards."""
    inside = _inside(fold, options)
    pile_ = stack(rows, least=24.0)
    left = math.ceil(pile_.width + 16) if rows else 0
    spread = max((abs(offset) for offset in pile_.offsets), default=0.0) + 8
    wide = math.ceil(inside.width + 2 * PAD)
    under = 2 if fold.count > 1 else 0
    tall = math.ceil(max(inside.height + 2 * PAD - 2, 2 * pile_.reach + 2, 2 * spread))
    # As much room above as the cards below need, so that wires keep meeting the axis.
    height = 2 * math.ceil(tall / 2 + under * STEP)
    axis, top = height / 2, height / 2 - tall / 2
    cards = [
        Shape("rect", "card", left + at * STEP, top + at * STEP, wide, tall, 6)
        for at in range(under, -1, -1)
    ]
    dy = top + (tall - inside.height) / 2
    labels = (
        *row_labels(pile_, axis, left - 12),
        *(label.moved(left + PAD, dy) for label in inside.labels),
    )
    title, description = _described(fold, options.digits)
    return Block(
        f"n{node.id}", "fold", title, description, left + wide + int(under * STEP), height,
        arrive(pile_, axis, left, left, None),
        (*cards, *(shape.moved(left + PAD, dy) for shape in inside.shapes)), labels, node.scope,
        guests(pile_, axis),
    )  # fmt: skip


def _inside(fold: FoldFacts, options: Options) -> Strip:
    head = [line_strip(plain(fold.title, "name", TITLE, limit=44))]
    if fold.count > 1:
        head.append(line_strip(plain(f"×{fold.count}", "value", TITLE)))
    strips = [beside(head, gap=8.0)]
    place = " · ".join(word for word in (fold.note, str(fold.where or "")) if word)
    if place:
        strips.append(line_strip(plain(place, "where", SMALL)))
    strips.append(line_strip(plain(_totals(fold), "shape", SMALL)))
    flows = " → ".join(_listed(shapes) for shapes in (fold.flows_in, fold.flows_out) if shapes)
    if flows:
        strips.append(line_strip(plain(flows, "shape", SMALL, limit=90)))
    if fold.result and "value" in options.show:
        result = plain(numeral(fold.result), "value", SMALL + 1.5)
        strips.append(telling("value", line_strip(result)))
    if fold.exceptional:
        words = f"NaN or ∞ in {fold.exceptional} value{'s' * (fold.exceptional > 1)}"
        strips.append(badge_strip((words,)))
    if "grad" in options.show and any(norm is not None for norm in fold.norms):
        strips.append(telling("grad", _norms(fold, options.digits)))
    return pile(strips, gap=4.0)


def _totals(fold: FoldFacts) -> str:
    words = []
    if fold.operations:
        words.append(f"{count_text(fold.operations)} operation{'s' * (fold.operations > 1)}")
    if fold.parameters:
        word = "parameter" if fold.operations else "number"
        words.append(f"{count_text(fold.parameters)} {word}{'s' * (fold.parameters > 1)}")
    return " · ".join(words)


def _listed(shapes: Sequence[str]) -> str:
    more = len(shapes) - SHAPES
    return ", ".join(shapes[:SHAPES]) + (f" + {more} more" if more > 0 else "")


def _norms(fold: FoldFacts, digits: int) -> Strip:
    """Return the gradient's norm over the passes: bars on a log scale, both ends in words."""
    norms = fold.norms
    text = norm_words(norms, min(digits, 3), fold.first)
    words = line_strip(plain(text, "gradient", SMALL, italic=True))
    return pile([_bars(norms), words], gap=3.0) if has_bars(fold) else words


def has_bars(fold: FoldFacts) -> bool:
    """Tell whether a card has a bar for each pass."""
    return len(fold.norms) > 1 and any(norm is not None for norm in fold.norms)


def norm_words(norms: Sequence[float | None], digits: int, start: int = 1) -> str:
    """Return the first and the last norm of passes, or the only one, as text."""
    first, last = (numeral(_number(norm, digits)) for norm in (norms[0], norms[-1]))
    if len(norms) == 1:
        return f"‖g‖ {first}"
    ends = [_subscript(start), _subscript(start + len(norms) - 1)]
    return f"‖g{ends[0]}‖ {first} … ‖g{ends[1]}‖ {last}  (log scale)"


def _number(norm: float | None, digits: int) -> str:
    return "–" if norm is None else number(norm, digits)


def _subscript(count: int) -> str:
    return str(count).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _bars(norms: Sequence[float | None]) -> Strip:
    """Return one bar for each pass; none for a gradient of 0, a whole one in red for NaN and ∞."""
    shown = thinned(norms, BARS)
    logs = [math.log10(x) for x in shown if x is not None and 0 < x < math.inf]
    high = max(logs, default=0.0)
    # At least one decade, so that what is nearly the same looks the same.
    low = min(max(min(logs, default=0.0), high - DECADES), high - 1.0)
    step = min(WIDEST / len(shown), 8.0)
    shapes = [Shape("line", "heat-frame", 0, TALL, step * len(shown), 0)]
    for at, norm in enumerate(shown):
        if norm is None or norm == 0:
            continue
        role, share = "heat-bad", 1.0
        if math.isfinite(norm):
            role = "gradient-bar"
            share = max(math.log10(norm) - low, 0.0) / (high - low)
        tall = LEAST_BAR + (TALL - LEAST_BAR) * share
        shapes.append(Shape("rect", role, at * step, TALL - tall, max(step - 1.0, 1.0), tall))
    return Strip(step * len(shown), TALL, tuple(shapes))


def thinned(norms: Sequence[float | None], most: int) -> list[float | None]:
    """Return at most so many norms: of each few neighbours the largest, NaN before all numbers."""
    if len(norms) <= most:
        return list(norms)
    found: list[float | None] = []
    for at in range(most):
        part = norms[at * len(norms) // most : (at + 1) * len(norms) // most]
        known = [norm for norm in part if norm is not None]
        bad = [norm for norm in known if math.isnan(norm)]
        found.append(bad[0] if bad else max(known, default=None))
    return found


def _described(fold: FoldFacts, digits: int) -> tuple[str, str]:
    """Return the title and the description that a reader of the picture hears."""
    title = fold.title + (f" ×{fold.count}" if fold.count > 1 else "")
    parts = [fold.note, str(fold.where or ""), _totals(fold)]
    parts += [f"from {', '.join(fold.flows_in)}" if fold.flows_in else ""]
    parts += [f"to {', '.join(fold.flows_out)}" if fold.flows_out else ""]
    if any(norm is not None for norm in fold.norms):
        norms = [_number(norm, digits) for norm in fold.norms]
        cut = [*norms[:LISTED], "…"] if len(norms) > LISTED else norms
        parts.append(f"gradient norms {', '.join(cut)}")
    return printable(title), printable("; ".join(part for part in parts if part))
