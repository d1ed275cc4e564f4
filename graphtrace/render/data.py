"""JSON: the documented record of nodes and edges, strict and in a stable order."""

import json
import math

import numpy as np

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts, Value
from graphtrace.tape.sources import Where

__all__ = ["dump", "graph_data", "json_text", "node_data", "plain_value"]

Plain = None | bool | int | float | str | list["Plain"]


def plain_value(value: Value | None) -> Plain:
    """Return a value as JSON has it: arrays as nested lists, NaN and ±∞ as strings."""
    if value is None:
        return None
    return _plain(np.asarray(value).tolist())


def _plain(value: object) -> Plain:
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return value
    return value if isinstance(value, (bool, int)) else str(value)


def graph_data(facts: GraphFacts) -> dict[str, object]:
    """Return the record: ``nodes``, ``edges`` and the ``output``'s id."""
    return {
        "nodes": [node_data(node) for node in facts.nodes],
        "edges": [_edge(edge) for edge in facts.edges],
        "output": facts.output,
    }


def node_data(node: NodeFacts) -> dict[str, object]:
    """Return one node's record."""
    return {
        "id": node.id,
        "name": node.name,
        "op": node.op,
        "operands": list(node.operands),
        "value": plain_value(node.value),
        "grad": plain_value(node.grad),
        "where": _where(node.where),
    }


def _where(where: Where | None) -> dict[str, object] | None:
    if where is None:
        return None
    return {
        "file": where.file,
        "line": where.line,
        "column": where.column,
        "text": where.text,
        "iteration": where.iteration,
    }


def _edge(edge: EdgeFacts) -> dict[str, object]:
    return {
        "source": edge.source,
        "target": edge.target,
        "slot": edge.slot,
        "local": plain_value(edge.local),
        "formula": edge.formula,
        "contribution": plain_value(edge.contribution),
    }


def json_text(facts: GraphFacts) -> str:
    """Return the record as strict JSON, one node or edge per line."""
    parts = []
    for key, rows in graph_data(facts).items():
        if isinstance(rows, list):
            lines = ",\n".join("  " + dump(row) for row in rows)
            parts.append(f'"{key}": [\n{lines}\n ]' if rows else f'"{key}": []')
        else:
            parts.append(f'"{key}": {dump(rows)}')
    return "{" + ",\n ".join(parts) + "}\n"


def dump(value: object) -> str:
    """Return strict JSON on one line."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    # A lone surrogate in a name cannot be encoded; as an escape it is still strict JSON.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
