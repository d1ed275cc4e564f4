"""The facts as two tables of text, nodes and edges: for terminals, pipes and notebooks."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from graphtrace.annotate.facts import GraphFacts, Value
from graphtrace.annotate.summary import GRID_LIMIT, brief, number, sparkline, summarize

if TYPE_CHECKING:
    from graphtrace.run.coverage import Coverage

__all__ = [
    "MARK",
    "Column",
    "Table",
    "as_text",
    "cell",
    "edge_table",
    "node_table",
    "ops_table",
    "plain_table",
    "plain_text",
    "tables",
]

MARK = "(!)"


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, what the column holds (a role, not a colour), and its side."""

    title: str
    role: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table of text cells; every row has one cell a column."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


NODE_COLUMNS = (
    Column("id", "quiet", right=True),
    Column("name", "name"),
    Column("expression", "formula"),
    Column("value", "value", right=True),
    Column("gradient", "gradient", right=True),
    Column("where", "quiet"),
)
EDGE_COLUMNS = (
    Column("edge", "name"),
    Column("slot", "quiet", right=True),
    Column("local formula", "formula"),
    Column("local", "value", right=True),
    Column("contribution", "gradient", right=True),
)


def tables(facts: GraphFacts) -> tuple[Table, Table]:
    """Return the node table and the edge table."""
    return node_table(facts), edge_table(facts)


def plain_table(facts: GraphFacts) -> str:
    """Return both tables as plain text."""
    return plain_text(tables(facts))


def plain_text(several: Iterable[Table]) -> str:
    """Return tables one below the other as plain text."""
    return "\n".join(as_text(table) for table in several)


def node_table(facts: GraphFacts) -> Table:
    """Return one row a node, in tape order: name, expression, value, upstream gradient, where."""
    output = facts.nodes[facts.output].name
    rows = tuple(
        (
            str(node.id),
            node.name,
            "" if node.kind == "constant" else node.expression,
            cell(node.value),
            "" if node.grad is None else cell(node.grad),
            "" if node.where is None else str(node.where),
        )
        for node in facts.nodes
    )
    return Table(f"Nodes (gradient = ∂{output}/∂node)", NODE_COLUMNS, rows)


def edge_table(facts: GraphFacts) -> Table:
    """Return one row an edge: operand → node, slot, local formula and value, contribution."""
    rows = tuple(
        (
            f"{facts.nodes[edge.source].name} → {facts.nodes[edge.target].name}",
            str(edge.slot),
            edge.formula,
            "" if edge.local is None else cell(edge.local),
            "" if edge.contribution is None else cell(edge.contribution),
        )
        for edge in facts.edges
    )
    return Table("Edges (contribution = upstream × local)", EDGE_COLUMNS, rows)


OPS_COLUMNS = (
    Column("operation", "name"),
    Column("family", "quiet"),
    Column("reverse", "value"),
    Column("forward", "value"),
    Column("second order", "value"),
    Column("derivative", "formula"),
    Column("reached by", "quiet"),
)


def ops_table(rows: "Iterable[Coverage]") -> Table:
    """Return one row an operation or function: its modes, its formulas, what reaches it."""
    listed = tuple(
        (
            row.name,
            row.family,
            *("yes" if mode else "–" for mode in (row.reverse, row.forward, row.second_order)),
            row.formula,
            " ".join(row.calls),
        )
        for row in rows
    )
    return Table(f"{len(listed)} operations and functions", OPS_COLUMNS, listed)


def cell(value: Value) -> str:
    """Return a value in one line: all of a small array, the summary of a large one.

    A value that is not finite everywhere ends in the mark ``(!)``.
    """
    if np.size(value) <= GRID_LIMIT:
        return brief(value, limit=GRID_LIMIT) + ("" if np.isfinite(value).all() else f" {MARK}")
    facts = summarize(value)
    parts = [facts.signature]
    if facts.minimum is not None:
        low, high = number(facts.minimum), number(facts.maximum)
        parts.append(f"[{low} {sparkline(facts.spark)} {high}]")
        parts.append(f"mean {number(facts.mean)} sd {number(facts.sd)}")
    parts += facts.badges
    return " ".join([*parts, MARK] if facts.dropped else parts)


def as_text(table: Table) -> str:
    """Return the table as plain aligned text, one line a row, without trailing blanks."""
    heading = tuple(column.title for column in table.columns)
    widths = [
        max(_width(row[place]) for row in (heading, *table.rows)) for place in range(len(heading))
    ]
    lines = [table.title, _line(heading, widths, table.columns)]
    lines.append("  ".join("-" * width for width in widths))
    lines += [_line(row, widths, table.columns) for row in table.rows]
    return "\n".join(lines) + "\n"


def _line(row: Iterable[str], widths: list[int], columns: tuple[Column, ...]) -> str:
    """Return one aligned line."""
    padded = []
    for text, width, column in zip(row, widths, columns, strict=True):
        blank = " " * (width - _width(text))
        padded.append(blank + text if column.right else text + blank)
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Return how many terminal columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
