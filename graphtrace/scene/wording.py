"""The words and numbers that go into a picture, taken from the facts."""

import re

import numpy as np

from graphtrace.annotate.facts import EdgeFacts, NodeFacts, Value
from graphtrace.annotate.summary import brief, element_count, gist, signature
from graphtrace.formula.names import latex_name, pretty_name
from graphtrace.scene.model import Text
from graphtrace.scene.typeset import math, plain, printable, shorten

__all__ = [
    "IDENTIFIER",
    "TINY",
    "contribution_text",
    "describe_edge",
    "describe_node",
    "exceptional",
    "gradient_ink",
    "gradient_name",
    "local_text",
    "numeral",
    "value_text",
]

IDENTIFIER = re.compile(r"[^\W\d]\w*")
MINUS = str.maketrans({"-": "\u2212"})
WIDEST_LOCAL = 120.0
TINY, LONGEST = 4, 34


def numeral(text: str) -> str:
    """Return a number's text with the minus sign of good type."""
    return text.translate(MINUS)


def value_text(value: Value, role: str, size: float, digits: int) -> Text:
    """Return a value on one line; gradients are in italics, of large ones the norm.

    Numbers that would make a long line have fewer digits; none is cut off.
    """
    if role != "value" and element_count(value) > TINY:
        return plain(numeral(gist(value, digits, limit=0)), role, size, italic=True)
    words = brief(value, digits, TINY)
    for fewer in range(digits - 1, 0, -1):
        if len(words) <= LONGEST:
            break
        words = brief(value, fewer, TINY)
    return plain(numeral(words), role, size, italic=role != "value", limit=80)


def exceptional(value: Value) -> bool:
    """Tell whether a value holds NaN or an infinity."""
    return not bool(np.all(np.isfinite(value)))


def gradient_name(output: str, name: str) -> str:
    """Return ∂f/∂h₁."""
    return f"∂{shorten(pretty_name(output), 14)}/∂{shorten(pretty_name(name), 14)}"


def gradient_ink(output: str, name: str, size: float) -> Text:
    """Return ∂f/∂h₁ as mathematics on one line."""
    tex = rf"\partial {latex_name(output)} / \partial {latex_name(name)}"
    return math(tex, gradient_name(output, name), "gradient", size, widest=20 * size)


def local_text(edge: EdgeFacts, size: float, digits: int, *, long: bool = False) -> Text | None:
    """Return the local gradient's rule; its number where the rule is too wide to print."""
    if not edge.latex and not edge.formula:
        return None
    widest = 2 * WIDEST_LOCAL if long else WIDEST_LOCAL
    short = edge.formula
    if edge.local is not None and element_count(edge.local) == 1:
        short = numeral(brief(edge.local, digits))
    ink = math(edge.latex, edge.formula, "local", size, widest=widest)
    if ink.art or ink.width <= widest:
        return ink
    return plain(short, "local", size, limit=28 if long else 18)


def contribution_text(value: Value, size: float, digits: int, *, whole: bool = True) -> Text:
    """Return a contribution: a number, the numbers of a tiny vector if `whole`, else a norm."""
    if np.ndim(value) == 0 or (whole and np.ndim(value) == 1 and element_count(value) <= TINY):
        return value_text(value, "contribution", size, digits)
    words = gist(value, digits, limit=0)
    return plain(numeral(words), "contribution", size, italic=True)


def describe_node(node: NodeFacts, digits: int) -> tuple[str, str]:
    """Return the title and the description that a reader of the picture hears."""
    title = f"{pretty_name(node.name)} = {brief(node.value, digits)}"
    parts = [f"{node.kind} {node.op}" if node.kind == "op" else node.kind]
    if node.kind == "op":
        parts.append(node.expression)
    parts.append(f"value {brief(node.value, digits)}")
    if np.ndim(node.value):
        parts.append(signature(node.value))
    if node.grad is not None:
        parts.append(f"gradient {brief(node.grad, digits)}")
    if node.where is not None:
        parts.append(str(node.where))
    return printable(title), printable("; ".join(parts))


def describe_edge(edge: EdgeFacts, source: str, target: str, digits: int) -> str:
    """Return what an edge says when asked: its rule, its number and its contribution."""
    text = f"∂{pretty_name(target)}/∂{pretty_name(source)}"
    if edge.formula:
        text += f" = {edge.formula}"
    if edge.local is not None and brief(edge.local, digits) != edge.formula:
        text += f" = {brief(edge.local, digits)}"
    if edge.contribution is not None:
        text += f"; contribution {brief(edge.contribution, digits)}"
    return printable(text)
