"""TXT: the graph as a tree for terminals, the output at its root; needs no Graphviz."""

from collections import deque
from dataclasses import dataclass

from graphtrace.annotate.facts import EdgeFacts, Extras, GraphFacts, InSymbols, NodeFacts, Value
from graphtrace.annotate.summary import brief, gist, signature, summarize
from graphtrace.formula.names import pretty_name
from graphtrace.render.walk import use_counts
from graphtrace.scene.typeset import printable, short_numbers, shorten

__all__ = ["tree_text"]

LINES, DEPTH, WIDTH = 2000, 16, 64
MISSING = "–"


@dataclass(frozen=True, slots=True)
class _Line:
    tree: str
    node: NodeFacts
    edge: EdgeFacts | None
    again: bool
    below: bool


def tree_text(facts: GraphFacts, show: frozenset[str], digits: int = 4) -> str:
    """Return the tree: each node once, with its operands below it, later uses referring to it.

    ``↑`` marks a node that is written out elsewhere, ``↓`` one that is so further down, as 16
    levels are as deep as a tree is readable. After 2000 lines a last sentence says what is left.
    """
    lines, seen = _walk(facts)
    names = {line.node.id: _shown_name(line.node) for line in lines}
    show = show if facts.extras.symbols else show - {"symbolic"}
    header = _header(facts, show)
    uses = use_counts(facts)
    rows = [header] + [_row(line, names, show, digits, uses, facts.extras) for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    missing = len(facts.nodes) - len(seen)
    if missing:
        text.append(_sentence(facts, missing))
    return "\n".join(text) + "\n"


def _walk(facts: GraphFacts) -> tuple[list[_Line], set[int]]:
    """Return the tree's lines by a walk with its own stack; chains may be any length."""
    nodes = {node.id: node for node in facts.nodes}
    incoming: dict[int, list[EdgeFacts]] = {}
    for use in facts.edges:
        incoming.setdefault(use.target, []).append(use)
    lines: list[_Line] = []
    seen: set[int] = set()
    roots = deque(_roots(facts))
    put_off: dict[int, None] = dict.fromkeys(roots)
    while roots and len(lines) < LINES:
        root = roots.popleft()
        stack: list[tuple[int, EdgeFacts | None, str, str, int]] = [(root, None, "", "", 0)]
        while stack and len(lines) < LINES:
            id_, edge, branch, stem, depth = stack.pop()
            operands = incoming.get(id_, [])
            again = id_ in seen or (id_ in put_off and depth > 0)
            below = not again and depth == DEPTH and bool(operands)
            lines.append(_Line(branch, nodes[id_], edge, again, below))
            if below:
                put_off[id_] = None
                roots.append(id_)
            if again or below:
                continue
            seen.add(id_)
            for place, operand in reversed(list(enumerate(operands))):
                last = place == len(operands) - 1
                tee, rest = ("└─ ", "   ") if last else ("├─ ", "│  ")
                stack.append((operand.source, operand, stem + tee, stem + rest, depth + 1))
    return lines, seen


def _roots(facts: GraphFacts) -> list[int]:
    """Return what trees stand for: the output, or every input's gradient of a backward pass."""
    inputs = {node.id for node in facts.nodes if node.kind == "input"}
    return [id_ for id_, of in facts.mirror.items() if of in inputs] or [facts.output]


def _shown_name(node: NodeFacts) -> str:
    return shorten(printable(node.name), 24)


def _header(facts: GraphFacts, show: frozenset[str]) -> list[str]:
    output = next((node for node in facts.nodes if node.id == facts.output), None)
    of = shorten(pretty_name(printable(output.name)), 14) if output else "f"
    titles = {
        "shape": "shape",
        "value": "value",
        "grad": f"∂{of}/∂·",
        "local": "local",
        "contribution": "contribution",
        "symbolic": "in symbols",
        "cost": "cost",
        "where": "where",
    }
    # A contribution belongs to a use; with gradients it is always of interest.
    return ["node", *(title for key, title in titles.items() if _wanted(key, show))]


def _wanted(key: str, show: frozenset[str]) -> bool:
    return key in show or (key == "contribution" and "grad" in show)


def _row(
    line: _Line,
    names: dict[int, str],
    show: frozenset[str],
    digits: int,
    uses: dict[int, int],
    extras: Extras,
) -> list[str]:
    node, edge = line.node, line.edge
    head = names[node.id]
    if line.again or line.below:
        head += " ↓" if line.below else " ↑"
    elif node.kind == "op":
        formula = shorten(short_numbers(printable(node.expression)), WIDTH)
        head = f"{head} = {formula}" if head != formula else formula
    elif uses.get(node.id, 0) > 1 and node.kind == "input":
        head += f" ({uses[node.id]} uses)"
    cells = {
        "shape": "" if line.again or line.below else signature(node.value),
        "value": "" if line.again or line.below else _value(node.value, digits),
        "grad": "" if line.again or line.below else _gradient(node, digits),
        "local": _local(edge, digits),
        "contribution": _contribution(edge, digits),
        "symbolic": "" if line.again or line.below else _symbols(extras.symbols.get(node.id)),
        "cost": "" if line.again or line.below else extras.costs.get(node.id, ""),
        "where": ""
        if line.again or line.below or node.where is None
        else printable(str(node.where)),
    }
    return [line.tree + head, *(text for key, text in cells.items() if _wanted(key, show))]


def _symbols(found: InSymbols | None) -> str:
    """Return value and gradient as formulas of the inputs."""
    if found is None:
        return ""
    parts = [found.value, found.gradient and f"gradient {found.gradient}"]
    return shorten(printable(", ".join(part for part in parts if part)), WIDTH)


def _value(value: Value, digits: int) -> str:
    text = brief(value, digits)
    badges = summarize(value, digits).badges if hasattr(value, "shape") and value.shape else ()
    return " ".join((text, *badges))


def _gradient(node: NodeFacts, digits: int) -> str:
    if node.grad is None:
        return MISSING
    return _value(node.grad, digits)


def _local(edge: EdgeFacts | None, digits: int) -> str:
    if edge is None:
        return ""
    formula = shorten(short_numbers(printable(edge.formula)), 24)
    if edge.count > 1:
        return f"×{edge.count}"
    if edge.local is None:
        return formula or MISSING
    text = brief(edge.local, digits)
    return text if text == formula or not formula else f"{formula} = {text}"


def _contribution(edge: EdgeFacts | None, digits: int) -> str:
    if edge is None:
        return ""
    return MISSING if edge.contribution is None else gist(edge.contribution, digits)


def _sentence(facts: GraphFacts, missing: int) -> str:
    reached = _reachable(facts)
    apart = len(facts.nodes) - len(reached)
    parts = []
    if missing > apart:
        parts.append(
            f"{missing - apart} more nodes are not shown: the tree ends after {LINES} lines;"
            " the json format has them all."
        )
    if apart:
        parts.append(f"{apart} nodes do not feed into the output.")
    return " ".join(parts)


def _reachable(facts: GraphFacts) -> set[int]:
    operands = {node.id: node.operands for node in facts.nodes}
    stack = _roots(facts)
    found = set(stack)
    while stack:
        for id_ in operands[stack.pop()]:
            if id_ not in found:
                found.add(id_)
                stack.append(id_)
    return found
