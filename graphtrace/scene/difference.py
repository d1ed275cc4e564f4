"""Two graphs on one drawing: both numbers of what moved, marks of what came, went and changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from graphtrace.annotate.changes import SIGNS, Change, Changes, Move, labels_of, percent
from graphtrace.annotate.facts import EdgeFacts, GraphFacts, Value
from graphtrace.annotate.summary import gist
from graphtrace.formula.names import pretty_name
from graphtrace.scene.blocks import Block, Lead
from graphtrace.scene.model import Shape, Text
from graphtrace.scene.strips import Strip, beside, line_strip, pile
from graphtrace.scene.typeset import math, plain, printable
from graphtrace.scene.wording import TINY, numeral

__all__ = ["RANKED", "Told", "change_notes", "difference_legend", "edge_sign", "marked",
           "moved_contribution", "moved_lead", "moved_number", "moved_text", "ranks_of",
           "told_of", "wire_status"]  # fmt: skip

SMALL, TEXT = 10.0, 11.0
HEAVY = 2.2
RANKED = 9
"""So many of the largest moves have a number in the picture."""
ARROW, ABSENT, NORM = " → ", "–", "norm "
MOST_DIGITS = 17
PAD = 4.0
WORDS = {"added": "added", "removed": "removed", "changed": "was", "rewired": "was"}
KEYS = {"added": "added", "removed": "removed", "changed": "changed", "rewired": "changed"}
"""The role of the type, by status."""
BORDERS = {"added": " (heavy border)", "removed": " (dashed border)"}
Ranks = Mapping[int, tuple[tuple[str, Move], ...]]


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to say of one node: how it differs, and which of the largest moves it made."""

    change: Change
    ranks: tuple[tuple[str, Move], ...] = ()

    def moved(self, role: str) -> Move | None:
        """Return how the value, or the gradient, moved."""
        return self.change.value if role == "value" else self.change.grad


def ranks_of(changes: Changes) -> Ranks:
    """Return the largest moves with their numbers, by node."""
    found: dict[int, tuple[tuple[str, Move], ...]] = {}
    for at, move in enumerate(changes.moves[:RANKED]):
        found[move.node] = (*found.get(move.node, ()), (chr(0x2460 + at), move))
    return found


def told_of(changes: Changes, ranks: Ranks, id_: int) -> Told | None:
    """Return what there is to say of a node; None in a graph of its own."""
    change = changes.nodes.get(id_)
    return None if change is None else Told(change, ranks.get(id_, ()))


def moved_text(old: Value | None, new: Value | None, digits: int, *, limit: int = TINY) -> str:
    """Return `old → new`, in as many digits as it takes to tell them apart."""
    texts = [ABSENT, ABSENT]
    for count in range(digits, MOST_DIGITS + 1):
        texts = [ABSENT if x is None else gist(x, count, limit) for x in (old, new)]
        if texts[0] != texts[1]:
            break
    if all(text.startswith(NORM) for text in texts):
        texts[1] = texts[1].removeprefix(NORM)
    return numeral(ARROW.join(texts))


def moved_number(move: Move, role: str, size: float, digits: int) -> Text:
    """Return both numbers as measured type; gradients are in italics."""
    words = moved_text(move.old, move.new, digits)
    for fewer in range(digits - 1, 1, -1):
        if len(words) <= 40:
            break
        words = moved_text(move.old, move.new, fewer)
    return plain(words, role, size, italic=role != "value", limit=120)


def moved_contribution(
    changes: Changes, edge: EdgeFacts, size: float, digits: int, *, whole: bool
) -> Text | None:
    """Return a contribution before and now; None where it is as it was."""
    key = (edge.source, edge.target, edge.slot)
    before = changes.edges.get(key)
    if key not in changes.kept or before is None or before.contribution is None:
        return None
    limit = TINY if whole else 1
    pair = before.contribution, edge.contribution
    if pair[1] is None or len({gist(value, digits, limit) for value in pair}) == 1:
        return None
    words = moved_text(*pair, digits, limit=limit)
    return plain(words, "contribution", size, italic=True, limit=100)


def moved_lead(lead: Lead, change: Change | None, digits: int) -> Lead:
    """Return what stands for a constant with both its numbers, if it moved."""
    if lead.role != "constant" or change is None or change.value is None:
        return lead
    ink = moved_number(change.value, "value", lead.ink.size, digits)
    return replace(lead, ink=replace(ink, role=lead.ink.role))


def edge_sign(changes: Changes, edge: EdgeFacts) -> Text | None:
    """Return + or − for an edge that came or went where no border of a node says so, else None."""
    status = wire_status(changes, (edge.source, edge.target, edge.slot))
    return None if status == "same" else plain(SIGNS[status], KEYS[status], 14.0)


def wire_status(changes: Changes, key: tuple[int, int, int]) -> str:
    """Return an edge's status as far as no node's border tells it."""
    ends = [changes.nodes[id_] for id_ in key[:2] if id_ in changes.nodes]
    told = {end.status for end in ends if not end.is_constant}
    return "same" if {"added", "removed"} & told else changes.edge(key)


def change_notes(told: Told) -> list[Text]:
    """Return the small print on how a node differs."""
    change, found = told.change, []
    if change.status in SIGNS:
        sign, role = SIGNS[change.status], KEYS[change.status]
        words = f"{sign} {WORDS[change.status]}"
        if change.was and change.old:
            tex = rf"\text{{{words} }} {change.old.latex}"
            text = f"{words} {change.was}"
            found.append(math(tex, text, role, SMALL, widest=180.0, limit=32))
        else:
            found.append(plain(words, role, SMALL))
    for mark, move in told.ranks:
        size = percent(move.relative) if not move.note else move.note
        found.append(plain(f"{mark} {move.what} {size}", "changed", SMALL))
    return found


def marked(block: Block, told: Told) -> Block:
    """Return a node's block with the border of its status, and with words for readers."""
    change = told.change
    words = [f"{SIGNS[change.status]} {change.status}"] if change.status in SIGNS else []
    words += [f"was {change.was}"] if change.was else []
    words += [f"before called {change.name}"] if change.name else []
    for move in (change.value, change.grad):
        if move is not None:
            words.append(f"{move.what} {moved_text(move.old, move.new, 4)}")
    said = printable("; ".join([block.description, *words]))
    block = replace(block, description=said)
    if change.status not in ("added", "removed"):
        return block
    if not any(shape.role in ("operation", "card") for shape in block.shapes):
        block = _framed_name(block)
    gone = change.status == "removed"
    shapes = tuple(
        replace(shape, dashed=gone, weight=1.3 if gone else HEAVY)
        if shape.role in ("operation", "card")
        else shape
        for shape in block.shapes
    )
    return replace(block, shapes=shapes)


def _framed_name(block: Block) -> Block:
    """Return the block of an input with a frame around its name."""
    left = min((label for label in block.labels), key=lambda label: label.left)
    box = left.box
    rise = max(block.axis - box.y, box.bottom - block.axis) + PAD
    height = max(block.height, 2 * int(rise + 1.5))
    drop = (height - block.height) / 2
    frame = Shape("rect", "operation", 0.5, height / 2 - rise, box.width + 2 * PAD - 1, 2 * rise, 4)
    wide = int(2 * PAD)
    shapes = []
    for shape in block.shapes:
        moved = shape.moved(wide, drop)
        shapes.append(moved)
    labels = [label.moved(PAD if label is left else wide, drop) for label in block.labels]
    return replace(
        block, width=block.width + wide, height=height, shapes=(frame, *shapes),
        labels=tuple(labels),
    )  # fmt: skip


def difference_legend(facts: GraphFacts, digits: int) -> Strip:
    """Return the key to the marks, and the largest moves in order."""
    changes = facts.changes
    lines = [beside(list(_keys(changes)), gap=16.0)]
    if changes.moves:
        words = f"before → now, where they differ by more than {changes.rtol:g} of their size"
        more = len(changes.moves) - RANKED
        lines.append(line_strip(plain(words, "shape", TEXT, limit=100)))
        lines.append(_ranking(facts, digits))
        if more > 0:
            words = f"and {more} smaller one{'s' if more > 1 else ''}"
            lines.append(line_strip(plain(words, "shape", TEXT)))
    if not changes.moves and not changes.count(*SIGNS):
        words = f"no difference beyond {changes.rtol:g} of the sizes"
        lines = [line_strip(plain(words, "shape", TEXT, limit=100))]
    return pile([line for line in lines if line.labels], gap=4.0)


def _keys(changes: Changes) -> Iterator[Strip]:
    for statuses in (("added",), ("removed",), ("changed", "rewired")):
        count = changes.count(*statuses)
        if count:
            role = KEYS[statuses[0]]
            words = f"{SIGNS[statuses[0]]} {role}{BORDERS.get(role, '')}: {count}"
            yield line_strip(plain(words, role, TEXT))
    for role in ("added", "removed"):
        if any(wire_status(changes, key) == role for key in changes.edges):
            look = " (dashed)" if role == "removed" else ""
            yield line_strip(plain(f"{SIGNS[role]} operand {role}{look}", role, TEXT))


def _ranking(facts: GraphFacts, digits: int) -> Strip:
    """Return the largest moves, one below another, in columns."""
    names, rows = labels_of(facts, pretty_name), []
    for at, move in enumerate(facts.changes.moves[:RANKED]):
        words = moved_text(move.old, move.new, digits)
        italic = move.what == "gradient"
        rows.append(
            (
                plain(f"{chr(0x2460 + at)} {names[move.node]}", "changed", TEXT),
                plain(move.what, "shape", TEXT),
                plain(words, move.what, TEXT, italic=italic, limit=110),
                plain(move.note or percent(move.relative), "changed", TEXT),
            )
        )
    lines, wide = [], [max(ink.width for ink in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [Strip(w, line_strip(ink).height, (), line_strip(ink).labels)
                 for ink, w in zip(row, wide, strict=True)]  # fmt: skip
        lines.append(beside(cells, gap=10.0))
    return pile(lines, gap=4.0)
