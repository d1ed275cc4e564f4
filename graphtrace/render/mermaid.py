"""Mermaid: a flowchart for Markdown pages, with values and gradients in the labels."""

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts
from graphtrace.annotate.summary import gist, signature, summarize
from graphtrace.formula.names import pretty_name
from graphtrace.render.theme import Theme
from graphtrace.render.walk import by_scope, inside, use_counts
from graphtrace.scene.typeset import printable, short_numbers, shorten

__all__ = ["mermaid_text"]

# What stands for itself in a label; Mermaid reads `#60;` as the character of that number.
PLAIN = frozenset(" .,:=+/()[]")
MOST = 60
# A gradient is marked by a sign too, not by its place and colour alone.
GRADIENT = "∂"


def mermaid_text(facts: GraphFacts, show: frozenset[str], theme: Theme, digits: int = 4) -> str:
    """Return a Mermaid flowchart; nodes are `n0`, `n1`, … in tape order.

    A comment above each node that has a shortened name says it in full.
    """
    lines = ["flowchart LR"]
    counts = use_counts(facts)
    lines += _scope((), by_scope(facts), show, digits)
    for edge in facts.edges:
        label = _edge_label(edge, show, digits, shared=counts[edge.source] > 1)
        lines.append(f"  n{edge.source} -->{label} n{edge.target}")
    lines += _classes(facts, theme)
    return "\n".join([*lines, ""])


def _scope(
    path: tuple[str, ...],
    members: dict[tuple[str, ...], list[NodeFacts]],
    show: frozenset[str],
    digits: int,
) -> list[str]:
    """Return a scope's nodes and the scopes inside of it; scopes are as deep as they are named."""
    indent = "  " * (len(path) + 1)
    lines = []
    for node in members[path]:
        if len(node.name) > MOST:
            lines.append(f"{indent}%% n{node.id}: {_escape(node.name, len(node.name))}")
        lines.append(f"{indent}n{node.id}{_node(node, show, digits)}")
    for number, inner in inside(path, members):
        lines.append(f'{indent}subgraph s{number}["{_escape(inner[-1])}"]')
        lines += [*_scope(inner, members, show, digits), f"{indent}end"]
    return lines


def _escape(text: str, limit: int = MOST) -> str:
    """Return a text in which every character that could mean something is a number."""
    line = shorten(printable(text[: limit + 1]), limit)
    return "".join(
        char if char.isalnum() or char in PLAIN else f"#{ord(char)};" for char in line
    ) or "#32;"  # fmt: skip


def _node(node: NodeFacts, show: frozenset[str], digits: int) -> str:
    array = bool(getattr(node.value, "shape", ()))
    rows = []
    # A name that was not given is shown too: others' formulas refer to it.
    words = [_escape(pretty_name(node.name))] if "name" in show else []
    if node.kind == "op":
        words.append(_escape(short_numbers(node.expression)))
    if words:
        rows.append(" = ".join(words))
    if array or "shape" in show:
        rows.append(_escape(signature(node.value)))
    if "value" in show and (node.kind != "constant" or array):
        badges = summarize(node.value, digits).badges if array else ()
        rows.append(_escape(" ".join((gist(node.value, digits), *badges))))
    if "grad" in show and node.grad is not None:
        rows.append(f"{GRADIENT} {_escape(gist(node.grad, digits))}")
    if "where" in show and node.where is not None:
        rows.append(_escape(str(node.where)))
    label = "<br/>".join(rows) or "#32;"
    if node.kind == "op" and not array:
        return f'(["{label}"])'
    return f'["{label}"]'


def _edge_label(edge: EdgeFacts, show: frozenset[str], digits: int, *, shared: bool) -> str:
    rows = []
    if edge.count > 1:
        rows.append(_escape(f"×{edge.count}"))
    if "local" in show and edge.formula:
        rows.append(_escape(short_numbers(edge.formula), 40))
    wanted = "contribution" in show or ("grad" in show and shared)
    if wanted and edge.contribution is not None:
        rows.append(f"{GRADIENT} {_escape(gist(edge.contribution, digits))}")
    return f'|"{"<br/>".join(rows)}"|' if rows else ""


def _classes(facts: GraphFacts, theme: Theme) -> list[str]:
    """Return one style for each kind of node; the page's own background stays as it is."""
    look = f"fill:{theme.paper},color:{theme.ink},stroke:"
    lines = [
        f"  classDef input {look}{theme.value}",
        f"  classDef constant {look}{theme.line}",
        f"  classDef op {look}{theme.ink}",
        f"  classDef output {look}{theme.ink},stroke-width:3px",
    ]
    kinds: dict[str, list[str]] = {}
    for node in facts.nodes:
        style = "output" if node.id == facts.output else node.kind
        kinds.setdefault(style, []).append(f"n{node.id}")
    return lines + [f"  class {','.join(ids)} {style}" for style, ids in kinds.items()]
