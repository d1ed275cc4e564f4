"""Turn a formula into SymPy objects: the same text, read in symbols."""

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from graphtrace.formula.tree import Expr, Name, Notation, Number

__all__ = ["apply_sympy", "exact_number", "number_of", "to_sympy"]

Notations = Mapping[str, Notation]


def to_sympy(
    expr: Expr,
    notations: Notations,
    values: Mapping[str, Any],
    definitions: Mapping[str, Expr],
) -> Any:
    """Return the expression as a SymPy object.

    `values` maps names to SymPy objects; `definitions` gives, for operations without a
    SymPy function of their own, their formula in operands `a`, `b`, `c`.
    Raises KeyError with the operation's name where there is neither.
    """
    if isinstance(expr, Number):
        if isinstance(expr.value, tuple):
            raise KeyError("array")
        return exact_number(expr.value)
    if isinstance(expr, Name):
        return values[expr.id] if expr.id in values else _constant(expr.id)
    args = [to_sympy(arg, notations, values, definitions) for arg in expr.args]
    return apply_sympy(expr.op, args, notations, definitions)


def _constant(name: str) -> Any:
    import sympy

    return {"pi": sympy.pi}[name]


def exact_number(value: float) -> Any:
    """Return a literal as SymPy's rational: 1/3 for 0.333…, else the decimal as written."""
    import sympy

    if isinstance(value, bool):
        return sympy.true if value else sympy.false
    number = float(value)
    if not math.isfinite(number):
        return sympy.Float(number)
    simple = sympy.Rational(number).limit_denominator(1000)
    return simple if float(simple) == number else sympy.Rational(repr(number))


def apply_sympy(
    op: str, args: list[Any], notations: Notations, definitions: Mapping[str, Expr]
) -> Any:
    """Apply one operation to SymPy objects."""
    import sympy

    known = SYMPY_OPERATORS.get(op)
    if known is not None:
        return known(*args)
    note = notations[op]
    if note.sympy is not None:
        return getattr(sympy, note.sympy)(*map(number_of, args))
    if op in definitions:
        operands = dict(zip("abc", args, strict=False))
        return to_sympy(definitions[op], notations, operands, definitions)
    raise KeyError(op)


def _is_truth(value: Any) -> bool:
    from sympy.core.relational import Relational
    from sympy.logic.boolalg import BooleanAtom, BooleanFunction

    return isinstance(value, (Relational, BooleanAtom, BooleanFunction))


def number_of(value: Any) -> Any:
    """Return a truth as the number NumPy computes with: 1 or 0."""
    import sympy

    return sympy.Piecewise((1, value), (0, True)) if _is_truth(value) else value


def _truth_of(value: Any) -> Any:
    import sympy

    return value if _is_truth(value) else sympy.Ne(value, 0)


def _on_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: function(*map(number_of, args))


def _on_truths(name: str) -> Callable[..., Any]:
    def combine(*args: Any) -> Any:
        import sympy

        return getattr(sympy, name)(*map(_truth_of, args))

    return combine


def _product(left: Any, right: Any) -> Any:
    if _is_truth(left) and _is_truth(right):
        return _on_truths("And")(left, right)
    return number_of(left) * number_of(right)


def _where(condition: Any, yes: Any, no: Any) -> Any:
    import sympy

    return sympy.Piecewise((number_of(yes), _truth_of(condition)), (number_of(no), True))


def _relation(name: str) -> Callable[[Any, Any], Any]:
    def relate(left: Any, right: Any) -> Any:
        import sympy

        return getattr(sympy, name)(number_of(left), number_of(right))

    return relate


SYMPY_OPERATORS: dict[str, Callable[..., Any]] = {
    "add": _on_numbers(operator.add),
    "subtract": _on_numbers(operator.sub),
    "multiply": _product,
    "divide": _on_numbers(operator.truediv),
    "power": _on_numbers(operator.pow),
    "negative": _on_numbers(operator.neg),
    "identity": lambda a: a,
    "logical_and": _on_truths("And"),
    "logical_or": _on_truths("Or"),
    "logical_not": _on_truths("Not"),
    "where": _where,
    "less": _relation("Lt"),
    "less_equal": _relation("Le"),
    "greater": _relation("Gt"),
    "greater_equal": _relation("Ge"),
    "equal": _relation("Eq"),
    "not_equal": _relation("Ne"),
}
