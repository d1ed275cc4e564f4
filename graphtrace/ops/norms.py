"""Norms of vectors and matrices, condition numbers, powers and tensor equations.

The norms of order p are one operation, whose derivative at zero is 0; those of order 1 and
infinity, and the norms that go by singular values, are recorded as the sums, extrema and
singular values that they are, with the derivatives of these at ties and zeros.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from graphtrace.formula.tree import Notation
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import Counts, matrices, reducing
from graphtrace.ops.linalg import FAMILY
from graphtrace.ops.registry import call, cut, structured
from graphtrace.ops.values import fitting, plain, shape_of

Axis = int | tuple[int, ...] | None


def _norm(a: Any, p: float = 2.0, axis: Axis = None, keepdims: bool = False) -> Any:
    size = np.abs(a)
    if p == 2:
        return np.sqrt(np.sum(np.square(size), axis=axis, keepdims=keepdims))
    return np.power(np.sum(np.power(size, p), axis=axis, keepdims=keepdims), 1 / p)


def _slope(out: Any, a: Any, p: float, axis: Axis, keepdims: bool) -> Any:
    """Return ∂out/∂a: sign(a)·(|a|/out)^(p-1), and 0 where the norm is 0."""
    if axis is None:
        out = np.reshape(out, (1,) * len(shape_of(a)))
    elif not keepdims:
        out = np.expand_dims(out, axis)
    size = np.where(np.equal(out, 0), 1.0, out)
    return a / size if p == 2 else np.sign(a) * np.power(np.abs(a) / size, p - 1)


def _norm_vjp(
    slot: int, g: Any, out: Any, a: Any, p: float = 2.0, axis: Axis = None, keepdims: bool = False
) -> Any:
    if axis is None:
        g = np.reshape(g, (1,) * len(shape_of(a)))
    elif not keepdims:
        g = np.expand_dims(g, axis)
    return g * _slope(out, a, p, axis, keepdims)


def _norm_jvp(
    slot: int, t: Any, out: Any, a: Any, p: float = 2.0, axis: Axis = None, keepdims: bool = False
) -> Any:
    return np.sum(t * _slope(out, a, p, axis, keepdims), axis=axis, keepdims=keepdims)


def _cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
    """Count a product for each square, or two functions for each other power, and the root."""
    element = Counts(1, 1) if params.get("p", 2.0) == 2 else Counts(0, 1, 2)
    return reducing(element, Counts(0, -1, 1))(out, operands, params)


structured(
    "norm",
    _norm,
    family=FAMILY,
    arity=1,
    cost=_cost,
    rules=["g*sign(a)*(abs(a)/out)**(p - 1)"],
    vjp=_norm_vjp,
    jvp=_norm_jvp,
    samples=lambda rng: [
        ((rng.normal(size=(5,)),), {}),
        ((rng.normal(size=(3, 4)),), {"axis": -1}),
        ((rng.normal(size=(2, 3, 2)),), {"axis": (0, 2), "keepdims": True}),
        ((rng.uniform(0.5, 2, size=(3, 4)),), {"p": 3.0, "axis": 0}),
        ((rng.uniform(0.5, 2, size=(4,)),), {"p": 1.5}),
    ],
    calls={},
    notation=Notation("‖·‖", latex=r"\left\|{a0}\right\|"),
    doc="The p-norm over axes, p = 2 if not given; its derivative at zero is 0.",
)


def _p_norm(x: Any, p: float, axis: Axis, keepdims: bool) -> Any:
    """Return a norm of vectors, by the operation that fits the order."""
    if p in (math.inf, -math.inf):
        extreme = np.max if p > 0 else np.min
        return extreme(np.abs(x), axis=axis, keepdims=keepdims)
    if p == 0:
        ones = np.where(np.not_equal(x, 0), fitting(1.0, x), fitting(0.0, x))
        return np.sum(ones, axis=axis, keepdims=keepdims)
    if p == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    params: dict[str, Any] = {} if p == 2 else {"p": float(p)}
    if axis is not None:
        params["axis"] = axis
    return call("norm", x, **params, **({"keepdims": True} if keepdims else {}))


def _of_matrices(x: Any, order: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    """Return a norm of matrices, whose rows and columns are along two axes."""
    row, column = (normalize_axis_index(axis, np.ndim(x)) for axis in axes)
    if row == column:
        raise ValueError("Duplicate axes given.")
    if order in (None, "fro", "f"):
        return _p_norm(x, 2, (row, column), keepdims)
    if order in (1, -1, math.inf, -math.inf):
        extreme = np.max if order > 0 else np.min
        summed, rest = (row, column) if abs(order) == 1 else (column, row)
        sums = np.sum(np.abs(x), axis=summed, keepdims=True)
        found = extreme(sums, axis=rest, keepdims=True)
    elif order in (2, -2, "nuc"):
        matrices = (
            x
            if (row, column) == (np.ndim(x) - 2, np.ndim(x) - 1)
            else np.moveaxis(x, (row, column), (-2, -1))
        )
        s = np.linalg.svdvals(matrices)
        found = (np.sum if order == "nuc" else np.max if order > 0 else np.min)(s, axis=-1)
        return np.expand_dims(found, tuple(sorted((row, column)))) if keepdims else found
    else:
        raise ValueError(f"Invalid norm order {order!r} for matrices")
    return found if keepdims else np.squeeze(found, (row, column))


@composes(
    np.linalg.norm,
    family=FAMILY,
    samples=[
        example((3, 4)),
        example((3, 4), ord=1, axis=0),
        example((2, 3, 3), ord="nuc", axis=(-2, -1)),
    ],
)
def _any_norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:  # noqa: A002 # NumPy's name
    if axis is None and ord is None:
        return _p_norm(x, 2, None, keepdims)
    axes = tuple(range(np.ndim(x))) if axis is None else axis
    axes = (axes,) if isinstance(axes, (int, np.integer)) else tuple(axes)
    if len(axes) == 1:
        if isinstance(ord, str):
            raise ValueError(f"Invalid norm order {ord!r} for vectors")
        return _p_norm(x, 2 if ord is None else ord, axes[0], keepdims)
    if len(axes) != 2:
        raise ValueError("Improper number of dimensions to norm.")
    return _of_matrices(x, ord, axes, keepdims)


@composes(np.linalg.vector_norm, family=FAMILY, samples=[example((3, 4), ord=3, axis=0)])
def _vector_norm(
    x: Any,
    /,
    *,
    axis: Axis = None,
    keepdims: bool = False,
    ord: float = 2,  # noqa: A002 # NumPy's name
) -> Any:
    return _p_norm(x, ord, axis, keepdims)


@composes(
    np.linalg.matrix_norm, family=FAMILY, samples=[example((2, 3, 4)), example((3, 4), ord=2)]
)
def _matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002 # NumPy's name
    return _of_matrices(x, ord, (-2, -1), keepdims)


@composes(np.linalg.cond, family=FAMILY, samples=[example((2, 3, 3)), example((3, 3), p=1)])
def _cond(x: Any, p: Any = None) -> Any:
    if p in (None, 2, -2):
        s = np.linalg.svdvals(x)
        large, small = s[..., 0], s[..., -1]
        return small / large if p == -2 else large / small
    return np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(np.linalg.inv(x), p, axis=(-2, -1))


@composes(
    np.linalg.matrix_power, family=FAMILY, samples=[example((3, 3), 3), example((2, 3, 3), -2)]
)
def _matrix_power(a: Any, n: int) -> Any:
    """Multiply by repeated squaring."""
    if plain(n) is not n or not isinstance(n, (int, np.integer)):
        raise TypeError("matrix_power() exponent must be an integer")
    if n < 0:
        a, n = np.linalg.inv(a), -n
    shape = shape_of(a)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ValueError(f"a power needs a square matrix, not shape {shape}")
    if n == 0:
        return np.where(np.eye(shape[-1], dtype=bool), 1.0, 0.0 * a)
    result = None
    while n:
        n, odd = divmod(n, 2)
        if odd:
            result = a if result is None else result @ a
        if n:
            a = a @ a
    return result


def _matrix_rank(a: Any, **options: Any) -> Any:
    if not np.all(np.isfinite(a)):
        raise np.linalg.LinAlgError("a matrix that holds NaN or ∞ has no rank")
    return np.linalg.matrix_rank(a, **options)


cut(
    "matrix_rank",
    _matrix_rank,
    family=FAMILY,
    arity=1,
    cost=matrices(-4 / 3, 4),
    samples=lambda rng: [((rng.normal(size=(3, 2)),), {})],
    calls={
        np.linalg.matrix_rank: lambda A, tol=None, hermitian=False, *, rtol=None: (
            (A,),
            {key: value for key, value in (("tol", tol), ("rtol", rtol)) if value is not None}
            | ({"hermitian": True} if hermitian else {}),
        )
    },
    notation=Notation("rank", latex=r"\mathrm{{rank}}\,{0}"),
    doc="The number of singular values that are not zero, which passes no gradient.",
)


@composes(np.linalg.tensorsolve, family=FAMILY, samples=[example((2, 3, 6), (2, 3))])
def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    if axes is not None:
        a = np.moveaxis(a, tuple(axes), tuple(range(np.ndim(a) - len(axes), np.ndim(a))))
    shape, count = shape_of(a), np.ndim(b)
    unknown = shape[count:]
    size = math.prod(unknown)
    if math.prod(shape[:count]) != size:
        raise ValueError(f"a of shape {shape} is not square for a b with {count} axes")
    found = np.linalg.solve(np.reshape(a, (size, size)), np.reshape(b, -1))
    return np.reshape(found, unknown)


@composes(np.linalg.tensorinv, family=FAMILY, samples=[example((2, 3, 6))])
def _tensorinv(a: Any, ind: int = 2) -> Any:
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    shape = shape_of(a)
    size = math.prod(shape[ind:])
    if math.prod(shape[:ind]) != size:
        raise ValueError(f"a of shape {shape} is not square at axis {ind}")
    inverse = np.linalg.inv(np.reshape(a, (size, size)))
    return np.reshape(inverse, (*shape[ind:], *shape[:ind]))
