"""Expressions as immutable trees: numbers, names, calls of operations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["Call", "Expr", "Name", "Notation", "Number", "Printed", "Span", "Statement",
           "substitute"]  # fmt: skip

Span = tuple[int, int, int]
"""Line, first column and end column in the text, all counted from 1."""


@dataclass(frozen=True, slots=True)
class Number:
    """A literal: 2, 0.5, or a nested tuple of numbers for an array."""

    value: float | tuple[object, ...]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, an operand (`a`, `b`, `c`) or the result (`out`)."""

    id: str
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """An operation on arguments; `+`, `[…]` and `.T` are calls like any other."""

    op: str
    args: tuple["Expr", ...]
    params: tuple[tuple[str, object], ...] = ()
    span: Span | None = field(default=None, compare=False)


Expr = Number | Name | Call


@dataclass(frozen=True, slots=True)
class Statement:
    """`target = value`, or a bare expression when `target` is None."""

    target: str | None
    value: Expr


@dataclass(frozen=True, slots=True)
class Notation:
    """How an operation is written.

    Attributes
    ----------
    symbol: what stands in the circle of a circuit picture.
    infix: the operator between (or before) its operands, or None for a function.
    precedence: binding strength of `infix`; 100 for functions and postfix forms.
    text, latex: templates with `{0}`, `{1}`… for operands and `{name}` for parameters;
        None means `name(operands)`.
    sympy: dotted name in SymPy, or None when the definition says it all.
    """

    symbol: str
    infix: str | None = None
    precedence: int = 100
    text: str | None = None
    latex: str | None = None
    sympy: str | None = None


Notations = Mapping[str, Notation]


@dataclass(frozen=True, slots=True)
class Printed:
    """What is put in a name's place, in print already, and how tightly its two forms bind."""

    text: str
    latex: str
    bind: int = 100
    latex_bind: int = 100


def substitute(expr: Expr, replace: Callable[[Expr], Expr | None]) -> Expr:
    """Return `expr` with every subtree for which `replace` answers swapped for the answer."""
    found = replace(expr)
    if found is not None:
        return found
    if isinstance(expr, Call):
        args = tuple(substitute(arg, replace) for arg in expr.args)
        return Call(expr.op, args, expr.params, expr.span)
    return expr
