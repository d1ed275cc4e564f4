"""DOT: readable source that a user can restyle, with values and gradients in HTML labels."""

import json
from typing import TYPE_CHECKING

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts, Value
from graphtrace.annotate.fold_region import PART
from graphtrace.annotate.summary import (
    GRID_LIMIT,
    brief,
    element_count,
    gist,
    number,
    signature,
    sparkline,
    summarize,
    thumbnail,
)
from graphtrace.formula.names import pretty_name
from graphtrace.render.data import plain_value
from graphtrace.render.theme import Theme
from graphtrace.render.walk import by_scope, inside, use_counts
from graphtrace.scene.needs import need
from graphtrace.scene.typeset import printable, short_numbers, shorten

if TYPE_CHECKING:
    from graphviz import Digraph  # type: ignore[import-untyped] # ships no types

__all__ = ["dot_text"]

ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\\": "&#92;"}
)
PLAIN = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1"'
GRID = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3"'
FONT = "DejaVu Sans, Verdana, sans-serif"
# Graphviz reads no longer strings.
LONGEST = 12_000


def dot_text(facts: GraphFacts, show: frozenset[str], theme: Theme, digits: int = 4) -> str:
    """Return DOT source; every node and edge has a label of its own, in tape order."""
    graph: Digraph = need("graphviz", "graphviz", "DOT").Digraph("graphtrace")
    graph.attr("graph", rankdir="LR", bgcolor=theme.page, fontname=FONT, fontcolor=theme.soft)
    graph.attr("node", shape="box", style="rounded,filled", fillcolor=theme.paper,
               color=theme.line, fontname=FONT, fontcolor=theme.ink)  # fmt: skip
    graph.attr("edge", color=theme.ink, fontname=FONT, fontcolor=theme.soft, fontsize="10")
    counts = use_counts(facts)
    _add_nodes(graph, facts, show, theme, digits)
    for edge in facts.edges:
        label = _edge_label(edge, show, theme, digits, shared=counts[edge.source] > 1)
        graph.edge(f"n{edge.source}", f"n{edge.target}", label=label, _attributes=_edge_data(edge))
    return str(graph.source)


def _add_nodes(
    graph: "Digraph", facts: GraphFacts, show: frozenset[str], theme: Theme, digits: int
) -> None:
    """Add nodes scope by scope; a scope is a cluster inside of its parent's."""
    members = by_scope(facts)

    def fill(parent: "Digraph", path: tuple[str, ...]) -> None:
        for node in members[path]:
            data = _node_data(node)
            if node.kind == "op" and not _shape(node.value):
                data["shape"] = "ellipse"
            parent.node(
                f"n{node.id}", label=_node_label(node, show, theme, digits), _attributes=data
            )
        for place, inner in inside(path, members):
            with parent.subgraph(name=f"cluster_{place}") as cluster:
                cluster.attr(label=f"<{_escape(inner[-1])}>", style="dashed,rounded",
                             color=theme.line)  # fmt: skip
                fill(cluster, inner)

    fill(graph, ())


def _node_data(node: NodeFacts) -> dict[str, str]:
    """Return what a program reads of a node: the facts, and the full name as a tooltip."""
    return {
        "tooltip": _string(pretty_name(node.name)),
        "name": _string(node.name),
        "op": _string(node.op),
        **_numbers(value=node.value, grad=node.grad),
    }


def _edge_data(edge: EdgeFacts) -> dict[str, str]:
    """Return what a program reads of an edge; its key tells it from others of the same ends."""
    return {"key": str(edge.slot), **_numbers(local=edge.local, contribution=edge.contribution)}


def _numbers(**values: Value | None) -> dict[str, str]:
    """Return numbers in full, small arrays as JSON; JSON files have the large ones."""
    return {
        key: json.dumps(plain_value(value)).strip('"')
        for key, value in values.items()
        if value is not None and element_count(value) <= GRID_LIMIT
    }


def _string(text: str) -> str:
    """Return a plain string of DOT: no HTML, no escapes, on one line."""
    words: str = need("graphviz", "graphviz", "DOT").escape(shorten(printable(text), LONGEST))
    return words


def _shape(value: Value) -> tuple[int, ...]:
    return getattr(value, "shape", ())


def _escape(text: str, limit: int = 60) -> str:
    return shorten(printable(text[: limit + 1]), limit).translate(ESCAPES) or " "


def _font(text: str, colour: str, *, italic: bool = False, size: int | None = None) -> str:
    words = f"<I>{text}</I>" if italic else text
    points = f' POINT-SIZE="{size}"' if size else ""
    return f'<FONT COLOR="{colour}"{points}>{words}</FONT>'


def _row(cell: str) -> str:
    return f"<TR><TD>{cell}</TD></TR>"


def _node_label(node: NodeFacts, show: frozenset[str], theme: Theme, digits: int) -> str:
    """Return an HTML table: the operation, its name, its value, its gradient."""
    rows = []
    title = _title(node, show, theme)
    if title:
        rows.append(_row(title))
    if _shape(node.value) or "shape" in show:
        rows.append(_row(_font(_escape(signature(node.value)), theme.soft, size=10)))
    if "value" in show and (node.kind != "constant" or _shape(node.value)):
        rows += _value_rows(node.value, theme, theme.value, digits, italic=False)
    if "grad" in show and node.grad is not None:
        rows += _value_rows(node.grad, theme, theme.gradient, digits, italic=True)
    if "where" in show and node.where is not None:
        rows.append(_row(_font(_escape(str(node.where)), theme.soft, size=10)))
    return f"<<TABLE {PLAIN}>{''.join(rows) or _row(' ')}</TABLE>>"


def _title(node: NodeFacts, show: frozenset[str], theme: Theme) -> str:
    """Return the operation's symbol and, where there is one, the name with its formula."""
    parts = []
    if node.kind == "op":
        parts.append(_font(_escape(node.symbol), theme.ink, size=16))
    wordy = "formula" in show or node.op == PART
    long = node.kind == "op" and (bool(_shape(node.value)) or wordy)
    if "name" in show and (node.named or node.kind != "op"):
        words = _escape(pretty_name(node.name)) + (
            f" = {_escape(short_numbers(node.expression))}" if long else ""
        )
        parts.append(_font(words, theme.ink, italic=True))
    elif long:
        parts.append(_font(_escape(short_numbers(node.expression)), theme.ink))
    return "&#160;&#160;".join(parts)


def _value_rows(value: Value, theme: Theme, colour: str, digits: int, *, italic: bool) -> list[str]:
    summary = summarize(value, digits)
    rows = []
    if not _shape(value):
        colour = theme.alarm if summary.dropped else colour
        rows.append(_row(_font(_escape(brief(value, digits)), colour, italic=italic)))
    elif summary.grid is not None:
        cells = "".join(
            "<TR>" + "".join(f'<TD ALIGN="RIGHT">{_font(_escape(text), colour, italic=italic)}</TD>'
                             for text in row) + "</TR>"
            for row in summary.grid if row
        )  # fmt: skip
        if cells:
            rows.append(_row(f"<TABLE {GRID}>{cells}</TABLE>"))
    else:
        rows.append(_row(_heat(value, theme)))
        if summary.minimum is not None and summary.maximum is not None:
            low, high = number(summary.minimum, 3), number(summary.maximum, 3)
            words = f"{low} {sparkline(summary.spark)} {high}  norm {number(summary.norm, 3)}"
            words += " (finite values)" if summary.dropped else ""
            rows.append(_row(_font(_escape(words), colour, italic=italic, size=10)))
    if summary.badges and element_count(value) > 1:
        words = "  ".join(summary.badges)
        rows.append(_row(_font(_escape(words), theme.alarm, size=10)))
    return rows


def _heat(value: Value, theme: Theme) -> str:
    """Return a heat map of coloured cells; images would break when the file moves."""
    thumb = thumbnail(value)
    rows = []
    for row in thumb.cells:
        colours = [
            theme.alarm if x is None else theme.heat_colour(x / thumb.peak if thumb.peak else 0.0)
            for x in row
        ]
        cells = "".join(f'<TD WIDTH="8" HEIGHT="6" BGCOLOR="{colour}"></TD>' for colour in colours)
        rows.append(f"<TR>{cells}</TR>")
    return f"<TABLE {PLAIN}>{''.join(rows)}</TABLE>" if rows else "[ ]"


def _edge_label(
    edge: EdgeFacts, show: frozenset[str], theme: Theme, digits: int, *, shared: bool
) -> str:
    parts = []
    if edge.count > 1:
        parts.append(_font(f"×{edge.count}", theme.soft))
    if "local" in show and edge.formula:
        parts.append(_font(_escape(short_numbers(edge.formula), 40), theme.soft))
    wanted = "contribution" in show or ("grad" in show and shared)
    if wanted and edge.contribution is not None:
        parts.append(_font(_escape(gist(edge.contribution, digits)), theme.gradient, italic=True))
    return f"<{'<BR/>'.join(parts) or ' '}>"
