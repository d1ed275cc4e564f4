"""Compile our own declared formulas to Python functions; the only place that may.

User expressions never come here: they are recorded call by call.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from graphtrace.errors import RegistrationError
from graphtrace.formula.tree import Call, Expr, Name, Number

__all__ = ["CONSTANTS", "define", "python_source"]

CONSTANTS = {"pi": math.pi}
"""Numbers that formulas name."""

INFIX = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "matmul": "@",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}


def python_source(expr: Expr, *, functions: str = "f_") -> str:
    """Return Python source for a formula: operators inline, other operations as `f_name(…)`."""
    if isinstance(expr, Number):
        if isinstance(expr.value, tuple):
            raise RegistrationError("a formula holds no array literals")
        return f"({expr.value!r})" if expr.value < 0 else repr(expr.value)
    if isinstance(expr, Name):
        return expr.id
    if expr.op == "where" and expr.args[1:] == (Number(1), Number(0)):
        condition = expr.args[0]
        if isinstance(condition, Name):
            return f"({condition.id} != 0)"
        return python_source(condition, functions=functions)
    args = [python_source(arg, functions=functions) for arg in expr.args]
    if expr.op == "negative":
        return f"(-{args[0]})"
    if expr.op == "identity":
        return args[0]
    if expr.op in INFIX:
        return f"({args[0]} {INFIX[expr.op]} {args[1]})"
    return f"{functions}{expr.op}({', '.join(args)})"


def calls_in(expr: Expr) -> set[str]:
    """Return the operations a formula uses."""
    if not isinstance(expr, Call):
        return set()
    return {expr.op}.union(*(calls_in(arg) for arg in expr.args))


def define(source: str, namespace: Mapping[str, Any], name: str) -> Callable[..., Any]:
    """Define a function from generated source and return it.

    `namespace` holds everything the source may name. The source is always put together by
    graphtrace from declared formulas.
    """
    scope: dict[str, Any] = {
        "__builtins__": {
            "ArithmeticError": ArithmeticError,
            "ValueError": ValueError,
            "TypeError": TypeError,
            "float": float,
            "int": int,
        },
        **CONSTANTS,
        **namespace,
    }
    code = compile(source, f"<graphtrace {name}>", "exec")
    exec(code, scope)  # noqa: S102 # our own formulas only; see the module docstring
    function: Callable[..., Any] = scope[name]
    return function
