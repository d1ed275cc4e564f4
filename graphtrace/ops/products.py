"""Matrix and vector products, batched as NumPy batches them."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.registry import structured
from graphtrace.ops.values import shape_of, unbroadcast

Cases = list[tuple[tuple[Any, ...], dict[str, Any]]]


def _flip(a: Any) -> Any:
    return np.swapaxes(a, -1, -2)


def _matmul_vjp(slot: int, g: Any, out: Any, a: Any, b: Any) -> Any:
    """Pull g back through a @ b; vectors are treated as NumPy does, as one row or column."""
    shapes = (len(a.shape), len(b.shape))
    if shapes == (2, 2):
        return g @ b.T if slot == 0 else a.T @ g
    if shapes == (1, 2):
        return b @ g if slot == 0 else a[:, None] * g
    if shapes == (2, 1):
        return g[:, None] * b if slot == 0 else g @ a
    if shapes == (1, 1):
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


def _dot_vjp(slot: int, g: Any, out: Any, a: Any, b: Any) -> Any:
    """Pull g back through np.dot: scalars scale, else the last axis of a meets b's last but one."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return unbroadcast(g * (b if slot == 0 else a), a if slot == 0 else b)
    if np.ndim(a) <= 2 and np.ndim(b) <= 2:
        return _matmul_vjp(slot, g, out, a, b)
    axis = max(np.ndim(b) - 2, 0)
    rest_a = np.ndim(a) - 1
    if slot == 0:
        others = [number for number in range(np.ndim(b)) if number != axis]
        return np.tensordot(g, b, axes=(list(range(rest_a, np.ndim(g))), others))
    product = np.tensordot(a, g, axes=(list(range(rest_a)), list(range(rest_a))))
    return np.moveaxis(product, 0, axis)


def _samples(rng: np.random.Generator) -> Cases:
    shapes = [((3, 4), (4, 2)), ((4,), (4,)), ((3, 4), (4,)), ((4,), (4, 2))]
    return [((rng.normal(size=left), rng.normal(size=right)), {}) for left, right in shapes]


def _batches(rng: np.random.Generator) -> Cases:
    shapes = [
        ((5, 3, 4), (5, 4, 2)),
        ((5, 3, 4), (4, 2)),
        ((5, 3, 4), (4,)),
        ((4,), (5, 4, 2)),
        ((2, 1, 3, 4), (5, 4, 2)),
    ]
    return [((rng.normal(size=left), rng.normal(size=right)), {}) for left, right in shapes]


def _dot_samples(rng: np.random.Generator) -> Cases:
    shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
        ((2, 3, 4), (5, 4, 2)),
        ((2, 3, 4), (4,)),
        ((4,), (5, 4, 2)),
    ]
    extra: Cases = [((rng.normal(size=left), rng.normal(size=right)), {}) for left, right in shapes]
    return [*_samples(rng), *extra, ((1.5, rng.normal(size=(3,))), {})]


structured(
    "matmul",
    np.matmul,
    family="product",
    arity=2,
    rules=["g @ b.T", "a.T @ g"],
    vjp=_matmul_vjp,
    jvp="linear",
    samples=lambda rng: [*_samples(rng), *_batches(rng)],
    calls={np.matmul: lambda a, b: ((a, b), {})},
    notation=Notation("@", infix="@", precedence=5),
)
structured(
    "dot",
    np.dot,
    family="product",
    arity=2,
    rules=["g @ b.T", "a.T @ g"],
    vjp=_dot_vjp,
    jvp="linear",
    samples=_dot_samples,
    calls={np.dot: lambda a, b: ((a, b), {})},
    notation=Notation("·", latex=r"{0} \cdot {1}"),
)
