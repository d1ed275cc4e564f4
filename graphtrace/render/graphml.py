"""GraphML: nodes and edges with every fact as an attribute, for networkx, Gephi, yEd and others."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts, Value
from graphtrace.render.data import plain_value

__all__ = ["graphml_text"]

ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})
SPACE = "http://graphml.graphdrawing.org/xmlns"
TYPES = {bool: "boolean", int: "int", float: "double", str: "string"}

Attributes = Mapping[str, bool | int | float | str | None]


def graphml_text(facts: GraphFacts) -> str:
    """Return the graph as GraphML: nodes `n0`, `n1`, …, edges such as `n0-n5-1`, slot 1 of n5.

    `value`, `grad`, `local` and `contribution` are numbers between scalars, and the text of a JSON
    list for arrays; what was not computed is left out.
    """
    body: list[str] = []
    keys: dict[tuple[str, str, str], str] = {}

    def data(where: str, attributes: Attributes) -> str:
        found = []
        for name, value in attributes.items():
            if value is not None:
                key = keys.setdefault((where, name, TYPES[type(value)]), f"d{len(keys)}")
                found.append(f'<data key="{key}">{_escape(_text(value))}</data>')
        return "".join(found)

    of_graph = data("graph", {"title": facts.title, "output": f"n{facts.output}"})
    body += [f'<node id="n{node.id}">{data("node", _node(node))}</node>' for node in facts.nodes]
    for edge in facts.edges:
        ends = f'source="n{edge.source}" target="n{edge.target}"'
        name = f"n{edge.source}-n{edge.target}-{edge.slot}"
        body.append(f'<edge id="{name}" {ends}>{data("edge", _edge(edge))}</edge>')
    declared = [
        f'<key id="{id_}" for="{where}" attr.name="{name}" attr.type="{kind}"/>'
        for (where, name, kind), id_ in keys.items()
    ]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<graphml xmlns="{SPACE}">',
        *declared,
        f'<graph edgedefault="directed">{of_graph}',
        *body,
        "</graph>",
        "</graphml>",
        "",
    ]
    return "\n".join(lines)


def _node(node: NodeFacts) -> Attributes:
    where = node.where
    return {
        "name": node.name,
        "kind": node.kind,
        "op": node.op,
        "expression": node.expression,
        "value": _plain(node.value),
        "grad": _plain(node.grad),
        "shape": json.dumps(list(np.shape(node.value))) if np.ndim(node.value) else None,
        "dtype": str(np.asarray(node.value).dtype),
        "scope": "/".join(node.scope) or None,
        "file": where.file if where else None,
        "line": where.line if where else None,
    }


def _edge(edge: EdgeFacts) -> Attributes:
    return {
        "slot": edge.slot,
        "formula": edge.formula,
        "local": _plain(edge.local),
        "contribution": _plain(edge.contribution),
    }


def _plain(value: Value | None) -> bool | float | str | None:
    """Return a number as it is, anything else as JSON."""
    if value is None:
        return None
    array = np.asarray(value)
    if array.ndim == 0 and array.dtype.kind in "biuf":
        return bool(array) if array.dtype.kind == "b" else float(array)
    return json.dumps(plain_value(value), allow_nan=False)


def _text(value: bool | float | str) -> str:
    """Return a value as XML Schema writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "INF" if value > 0 else "-INF"
        return repr(value)
    return str(value)


def _escape(text: str) -> str:
    return "".join(map(_allowed, text)).translate(ESCAPES)


def _allowed(char: str) -> str:
    """Return a character, or a replacement for one that XML cannot hold."""
    code: Any = ord(char)
    fine = code >= 0x20 or char in "\t\n\r"
    return (
        char if fine and not 0xD800 <= code < 0xE000 and code not in (0xFFFE, 0xFFFF) else "\ufffd"
    )
