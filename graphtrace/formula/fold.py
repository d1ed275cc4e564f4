"""Fold literals in a formula for display: `2*x**(2 - 1)` is read as `2*x`."""

import operator
from collections.abc import Callable

from graphtrace.formula.tree import Call, Expr, Number

__all__ = ["fold"]

ZERO, ONE, MINUS_ONE = Number(0), Number(1), Number(-1)
SUMS = ("add", "subtract")
ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
}
COMPARISONS = {
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
}


COMPARISONS = {
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
}


def fold(expr: Expr) -> Expr:
    """Return an equal formula with sums and products of literals computed, and 1 and 0 left out.

    Only what holds for every value, infinite ones too, is left out: never a factor 0. Choices
    that literals decide are decided.
    """
    if not isinstance(expr, Call):
        return expr
    args = tuple(fold(arg) for arg in expr.args)
    if expr.op == "where":
        decided = _decide(args[0])
        if decided is not None:
            return args[1] if decided else args[2]
    if len(args) == 2:
        shorter = _fold_pair(expr.op, *args)
        if shorter is not None:
            return shorter
    return Call(expr.op, args, expr.params, expr.span)


def _fold_pair(op: str, left: Expr, right: Expr) -> Expr | None:
    """Return a shorter form of an operation on two folded operands, None when there is none."""
    if op in ARITHMETIC:
        one, two = _literal(left), _literal(right)
        if one is not None and two is not None:
            return Number(ARITHMETIC[op](one, two))
    if op == "power" and right in (ZERO, ONE):
        return left if right == ONE else ONE
    if (op in ("multiply", "divide") and right == ONE) or (op in SUMS and right == ZERO):
        return left
    if (op == "multiply" and left == ONE) or (op == "add" and left == ZERO):
        return right
    if op == "multiply" and left == MINUS_ONE:
        return Call("negative", (right,))
    return None


def _decide(condition: Expr) -> bool | None:
    if not isinstance(condition, Call) or condition.op not in COMPARISONS:
        return None
    one, two = (_literal(arg) for arg in condition.args)
    return None if one is None or two is None else COMPARISONS[condition.op](one, two)


def _literal(expr: Expr) -> float | None:
    if isinstance(expr, Number) and not isinstance(expr.value, tuple):
        return expr.value
    return None
