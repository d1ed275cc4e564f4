"""Matrix and vector products, batched as NumPy batches them."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.axes import Cases, back, last, pairs
from graphtrace.ops.contractions import scaled, tensordot_vjp
from graphtrace.ops.costs import contraction, each
from graphtrace.ops.registry import structured
from graphtrace.ops.values import shape_of, unbroadcast

FAMILY = "product"


def _last(a: Any, b: Any) -> int:
    return shape_of(a)[-1]


def _dot_terms(a: Any, b: Any) -> int:
    return shape_of(a)[-1] if shape_of(a) and shape_of(b) else 1


def _flip(a: Any) -> Any:
    return np.swapaxes(a, -1, -2)


def _matmul_vjp(slot: int, g: Any, out: Any, a: Any, b: Any) -> Any:
    """Pull g back through a @ b; vectors are treated as NumPy does, as one row or column."""
    ranks = (a.ndim, b.ndim)
    if ranks == (1, 2):
        return b @ g if slot == 0 else a[:, None] * g
    if ranks == (2, 2):
        return g @ b.T if slot == 0 else a.T @ g
    if ranks == (2, 1):
        return g[:, None] * b if slot == 0 else g @ a
    if ranks == (1, 1):
        return g * b if slot == 0 else g * a
    rows = a if np.ndim(a) > 1 else a[None, :]
    columns = b if np.ndim(b) > 1 else b[:, None]
    full = g
    if np.ndim(a) == 1:
        full = np.expand_dims(full, -2 if np.ndim(b) > 1 else -1)
    if np.ndim(b) == 1:
        full = np.expand_dims(full, -1)
    if slot == 0:
        return np.reshape(unbroadcast(full @ _flip(columns), rows), shape_of(a))
    return np.reshape(unbroadcast(_flip(rows) @ full, columns), shape_of(b))


def _matmul_rows(slot: int, g: Any, a: Any, b: Any) -> tuple[Any, Any] | None:
    """Return the vectors whose outer product is the gradient of a matrix in matrix × vector."""
    if slot == 1 and a.ndim == 1 and b.ndim == 2:
        return a, g
    if slot == 0 and a.ndim == 2 and b.ndim == 1:
        return g, b
    return None


def _matmul_many(slot: int, t: Any, out: Any, a: Any, b: Any) -> Any:
    """Return many tangents of a @ b at once, where the other operand is a vector or a matrix."""
    if t is None:
        if max(a.ndim, b.ndim) > 2 or (a, b)[slot].ndim > 1:
            return None
        return b if slot == 0 else a.T
    if slot == 0:
        return t @ b if b.ndim <= 2 else None
    if b.ndim == 1:
        return t @ a.T if a.ndim <= 2 else None
    return a @ t if a.ndim <= 2 else None


MATRICES = (((3, 4), (4, 2)), ((4,), (4,)), ((3, 4), (4,)), ((4,), (4, 2)))
BATCHES = (
    ((5, 3, 4), (5, 4, 2)),
    ((5, 3, 4), (4, 2)),
    ((5, 3, 4), (4,)),
    ((4,), (5, 4, 2)),
    ((2, 1, 3, 4), (5, 4, 2)),
)
structured(
    "matmul",
    np.matmul,
    family=FAMILY,
    arity=2,
    cost=contraction(_last),
    rules=["g @ b.T", "a.T @ g"],
    vjp=_matmul_vjp,
    jvp="linear",
    rows=_matmul_rows,
    many=_matmul_many,
    samples=pairs(*MATRICES, *BATCHES),
    calls=dict.fromkeys([np.matmul, np.linalg.matmul], lambda x1, x2, /: ((x1, x2), {})),
    notation=Notation("@", infix="@", precedence=5),
)


def _dot_vjp(slot: int, g: Any, out: Any, a: Any, b: Any) -> Any:
    """Pull g back through np.dot: scalars scale, else the last axis of a meets b's last but one."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return scaled(slot, g, a, b)
    if np.ndim(a) <= 2 and np.ndim(b) <= 2:
        return _matmul_vjp(slot, g, out, a, b)
    axes = ((np.ndim(a) - 1,), (max(np.ndim(b) - 2, 0),))
    return tensordot_vjp(slot, g, out, a, b, axes)


def _inner_vjp(slot: int, g: Any, out: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return scaled(slot, g, a, b)
    return tensordot_vjp(slot, g, out, a, b, ((np.ndim(a) - 1,), (np.ndim(b) - 1,)))


structured(
    "dot",
    np.dot,
    family=FAMILY,
    arity=2,
    cost=contraction(_dot_terms),
    rules=["g @ b.T", "a.T @ g"],
    vjp=_dot_vjp,
    jvp="linear",
    samples=pairs(*MATRICES, ((2, 3, 4), (5, 4, 2)), ((2, 3, 4), (4,)), ((4,), (5, 4, 2)),
                  ((), (3,))),
    calls={np.dot: lambda a, b: ((a, b), {})},
    notation=Notation("·", latex=r"{0} \cdot {1}"),
)  # fmt: skip
structured(
    "inner",
    np.inner,
    family=FAMILY,
    arity=2,
    cost=contraction(_dot_terms),
    rules=["g @ b", "g.T @ a"],
    vjp=_inner_vjp,
    jvp="linear",
    samples=pairs(((4,), (4,)), ((3, 4), (2, 4)), ((2, 3, 4), (4,)), ((), (3,))),
    calls={np.inner: lambda a, b, /: ((a, b), {})},
    notation=Notation("inner", latex=r"\langle {args} \rangle"),
)


def _outer_vjp(slot: int, g: Any, out: Any, a: Any, b: Any) -> Any:
    if slot == 0:
        return np.reshape(g @ np.reshape(b, (-1,)), shape_of(a))
    return np.reshape(np.reshape(a, (-1,)) @ g, shape_of(b))


structured(
    "outer",
    np.outer,
    family=FAMILY,
    arity=2,
    cost=each(multiplications=1),
    rules=["g @ b", "g.T @ a"],
    vjp=_outer_vjp,
    jvp="linear",
    samples=pairs(((3,), (4,)), ((2, 3), (4,)), ((), (3,))),
    calls={
        np.outer: lambda a, b: ((a, b), {}),
        np.linalg.outer: lambda x1, x2, /: ((x1, x2), {}),
    },
    notation=Notation("⊗", latex=r"{0} \otimes {1}"),
)


def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1) -> Any:
    return np.cross(a, b, axisa, axisb, axisc)


def _cross_vjp(
    slot: int, g: Any, out: Any, a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1
) -> Any:
    own, axis = (a, axisa) if slot == 0 else (b, axisb)
    upstream = last(g, axisc)
    if slot == 0:
        product = np.cross(last(b, axisb), upstream)
    else:
        product = np.cross(upstream, last(a, axisa))
    return back(unbroadcast(product, last(own, axis)), axis)


def _bind_cross(
    a: Any,
    b: Any,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    for operand, place in ((a, axisa), (b, axisb)):
        if np.ndim(operand) == 0 or np.shape(operand)[place] != 3:
            raise ValueError(f"the vectors must have 3 elements, not shape {np.shape(operand)}")
    given = {"axisa": axisa, "axisb": axisb, "axisc": axisc}
    return (a, b), {key: value for key, value in given.items() if value != -1}


def _crossings(rng: np.random.Generator) -> Cases:
    return [
        *pairs(((3,), (3,)), ((4, 3), (3,)), ((2, 1, 3), (4, 3)))(rng),
        ((rng.normal(size=(3, 4)), rng.normal(size=(4, 3))), {"axisa": 0, "axisc": 0}),
        ((rng.normal(size=(4, 3)), rng.normal(size=(3, 1))), {"axisb": 0}),
    ]


structured(
    "cross",
    _cross,
    family=FAMILY,
    arity=2,
    cost=each(multiplications=2, additions=1),
    rules=["cross(b, g)", "cross(g, a)"],
    vjp=_cross_vjp,
    jvp="linear",
    samples=_crossings,
    calls={
        np.cross: _bind_cross,
        np.linalg.cross: lambda x1, x2, /, *, axis=-1: _bind_cross(x1, x2, axis=axis),
    },
    notation=Notation("×", latex=r"{0} \times {1}"),
)
