"""Fold literals in a formula for display: `2*x**(2 - 1)` is read as `2*x`."""

from graphtrace.formula.tree import Call, Expr, Number

__all__ = ["fold"]

ZERO, ONE, MINUS_ONE = Number(0), Number(1), Number(-1)
ARITHMETIC = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
}


def fold(expr: Expr) -> Expr:
    """Return an equal formula with sums and products of literals computed, and 1 and 0 left out.

    Only what holds for every value, infinite ones too, is left out: never a factor 0.
    """
    if not isinstance(expr, Call):
        return expr
    args = tuple(fold(arg) for arg in expr.args)
    if len(args) == 2:
        left, right = args
        if expr.op in ARITHMETIC and _literal(left) and _literal(right):
            return Number(ARITHMETIC[expr.op](left.value, right.value))  # type: ignore[union-attr] # both are numbers
        if expr.op == "power" and right in (ZERO, ONE):
            return left if right == ONE else ONE
        if expr.op in ("multiply", "divide") and right == ONE:
            return left
        if expr.op == "multiply" and left == ONE:
            return right
        if expr.op == "multiply" and left == MINUS_ONE:
            return Call("negative", (right,), (), expr.span)
    return Call(expr.op, args, expr.params, expr.span)


def _literal(expr: Expr) -> bool:
    return isinstance(expr, Number) and isinstance(expr.value, (int, float))
