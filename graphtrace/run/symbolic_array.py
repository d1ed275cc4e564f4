"""Arrays of SymPy expressions that operations run on: the same declarations, read in symbols.

NumPy functions and operators on these arrays reach operations by the same tables as traced
values do (`ops.registry.CALLS`), so that rules of derivatives run on them as they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from graphtrace.formula.symbols import apply_sympy, exact_number, number_of, to_sympy
from graphtrace.ops.composed import COMPOSED
from graphtrace.ops.late import reached
from graphtrace.ops.op import Op
from graphtrace.ops.registry import definitions, notations
from graphtrace.ops.ufuncs import ufunc_method
from graphtrace.ops.values import shape_of

__all__ = ["NoSymbolsError", "SymbolicArray", "evaluate", "local", "mapped", "symbolic"]


class NoSymbolsError(Exception):
    """An operation has no symbolic form; its text is the operation's name."""


class SymbolicArray(np.ndarray):
    """An array of SymPy expressions, 0-d for a scalar; NumPy's functions on it stay symbolic."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__":
            function = ufunc_method(ufunc, method)
            if function is None:
                raise NoSymbolsError(ufunc.__name__)
            return function(*inputs, **kwargs)
        return _call(ufunc, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in COMPOSED or reached(func) is not None:
            kept = {key: value for key, value in kwargs.items() if value is not np._NoValue}
            return _call(func, args, kept)
        return super().__array_function__(func, types, args, kwargs)

    def __getitem__(self, index: Any) -> Any:
        return _wrapped(np.asarray(self)[index])

    def __bool__(self) -> bool:
        raise NoSymbolsError("a branch")

    @staticmethod
    def __graphtrace_record__(op: Op, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
        return evaluate(op, operands, params or {})


def _call(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    if function in COMPOSED:
        return COMPOSED[function][0](*args, **kwargs)
    found = reached(function)
    if found is None:
        raise NoSymbolsError(function.__name__)
    op, bind = found
    operands, params = bind(*args, **kwargs)
    return evaluate(op, operands, params)


def symbolic(value: Any) -> SymbolicArray:
    """Return a value as an array of SymPy expressions: exact numbers for plain ones."""
    if isinstance(value, SymbolicArray):
        return value
    if np.asarray(value).dtype == object:
        return _wrapped(value)
    return _wrapped(_each(exact_number, np.asarray(value)))


def _wrapped(value: Any) -> SymbolicArray:
    array = np.empty((), dtype=object)
    if isinstance(value, np.ndarray):
        array = np.asarray(value, dtype=object)
    else:
        array[()] = value
    return array.view(SymbolicArray)


def mapped(function: Callable[[Any], Any], array: Any) -> SymbolicArray:
    """Return a function of each element."""
    return _wrapped(_each(function, array))


def _each(function: Callable[..., Any], *arrays: Any) -> Any:
    """Apply a function of numbers or expressions element by element, with broadcasting."""
    return np.frompyfunc(function, len(arrays), 1)(*map(_bare, arrays))


def _bare(value: Any) -> Any:
    """Return the plain array of objects, on which NumPy computes by the objects' operators."""
    return np.asarray(value).view(np.ndarray)


def evaluate(op: Op, operands: Sequence[Any], params: Mapping[str, Any]) -> SymbolicArray:
    """Run an operation in symbols.

    Raises NoSymbolsError for one that has no symbolic form.
    """
    if op.is_elementwise:
        known = notations(), definitions()
        try:
            found = _each(lambda *args: apply_sympy(op.name, list(args), *known), *_all(operands))
        except KeyError:
            raise NoSymbolsError(op.name) from None
        return _wrapped(found)
    try:
        if op.name in RULES and len(operands) == op.arity:
            return _wrapped(RULES[op.name](*_all(operands), **params))
        if op.name in SAME:
            given = [_numbers(operand) for operand in operands]
            if op.name in MASKED and len(given) == 2:
                given = [np.where(given[1], given[0], MASKED[op.name])]
            return _wrapped(_flat(op.forward(*given, **params)))
    except (TypeError, ValueError):  # a comparison of expressions that nobody can decide, …
        raise NoSymbolsError(op.name) from None
    raise NoSymbolsError(op.name)


def _all(operands: Sequence[Any]) -> list[SymbolicArray]:
    return [symbolic(operand) for operand in operands]


def _numbers(operand: Any) -> Any:
    """Return an operand of arithmetic: truths as 1 or 0; indices and masks as they are."""
    if isinstance(operand, np.ndarray) and operand.dtype != object and operand.dtype.kind in "iub":
        return operand
    return np.asarray(_each(number_of, symbolic(operand)), dtype=object)


def _flat(value: Any) -> Any:
    """Return the expressions that an assignment has put into 0-d arrays."""
    if not isinstance(value, np.ndarray):
        return value
    return _each(lambda item: item.item() if isinstance(item, np.ndarray) else item, value)


def local(op: Op, slot: int, out: Any, operands: Sequence[Any]) -> SymbolicArray:
    """Return ∂out/∂operand of an elementwise operation, element by element."""
    expr = op.partials[slot]
    if expr is None:
        raise NoSymbolsError(op.name)
    letters = ("out", *op.operands)

    def one(*args: Any) -> Any:
        return to_sympy(expr, notations(), dict(zip(letters, args, strict=True)), definitions())

    return _wrapped(_each(one, out, *operands))


def _softmax(a: Any, axis: Any = -1) -> Any:
    whole = np.exp(a)
    return whole / np.sum(whole, axis=axis, keepdims=True)


def _log_softmax(a: Any, axis: Any = -1) -> Any:
    return a - np.log(np.sum(np.exp(a), axis=axis, keepdims=True))


def _logsumexp(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.log(np.sum(np.exp(a), axis=axis, keepdims=keepdims))


def _mean(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    total = np.sum(a, axis=axis, keepdims=keepdims)
    return total / (np.size(a) // max(np.size(total), 1))


def _var(a: Any, axis: Any = None, keepdims: bool = False, ddof: float = 0) -> Any:
    squares = (a - _mean(a, axis, keepdims=True)) ** 2
    total = np.sum(squares, axis=axis, keepdims=keepdims)
    return total / (np.size(a) // max(np.size(total), 1) - ddof)


def _std(a: Any, **options: Any) -> Any:
    return np.sqrt(_var(a, **options))


def _norm(a: Any, p: float = 2.0, axis: Any = None, keepdims: bool = False) -> Any:
    powers = a**2 if p == 2 else np.abs(a) ** p
    return np.sum(powers, axis=axis, keepdims=keepdims) ** (1 / symbolic(float(p)))


def _extreme(name: str) -> Callable[..., Any]:
    """Return the largest or smallest element along axes, as SymPy's Max or Min."""

    def extreme(a: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        import sympy

        bare = _bare(a)
        ndim = bare.ndim
        axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        reduced = [n % ndim for n in axes]
        kept = [n for n in range(ndim) if n not in reduced]
        rows = np.transpose(bare, kept + reduced).reshape([shape_of(bare)[n] for n in kept] + [-1])
        first = [] if initial is None else [exact_number(initial)]
        found = np.empty(rows.shape[:-1], dtype=object)
        for place in np.ndindex(found.shape):
            found[place] = getattr(sympy, name)(*first, *rows[place])
        return np.expand_dims(found, reduced) if keepdims else found

    return extreme


def _matrix(name: str) -> Callable[..., Any]:
    """Return what SymPy has for one square matrix."""

    def run(a: Any, **options: Any) -> Any:
        import sympy

        if a.ndim != 2:
            raise NoSymbolsError(f"{name} of several matrices")
        found = getattr(sympy.Matrix(_bare(a)), name)()
        return np.array(found.tolist(), dtype=object) if hasattr(found, "tolist") else found

    return run


def _solve(a: Any, b: Any, **options: Any) -> Any:
    return _matrix("inv")(a) @ _bare(b)


RULES: dict[str, Callable[..., Any]] = {
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "logsumexp": _logsumexp,
    "mean": _mean,
    "var": _var,
    "std": _std,
    "norm": _norm,
    "max": _extreme("Max"),
    "min": _extreme("Min"),
    "det": _matrix("det"),
    "inv": _matrix("inv"),
    "cofactor": _matrix("cofactor_matrix"),
    "solve": _solve,
    "logabsdet": lambda a: np.log(np.abs(_wrapped(_matrix("det")(a)))),
}
"""Operations whose function compares or factors numbers, by what it computes."""

MASKED = {"sum": 0, "prod": 1}
"""What stands in the place of an element that a mask leaves out."""
SAME = frozenset([
    "sum", "prod", "cumsum", "cumprod", "matmul", "dot", "inner", "outer", "vecdot", "matvec",
    "vecmat", "cross", "kron", "trace", "tensordot", "multi_dot", "einsum", "transpose", "reshape",
    "broadcast_to", "concatenate", "stack", "pad", "getitem", "scatter", "set_at", "add_at",
    "diagonal", "on_diagonal", "triu", "tril", "repeat", "tile", "flip", "roll", "rot90", "diff",
    "average", "trapezoid", "recurrence", "unfold", "fold", "convolve", "correlate",
])  # fmt: skip
"""Operations that only add, multiply and move: their function runs on expressions as it is."""
