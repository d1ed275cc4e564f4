"""Sums of products over chosen axes: tensordot, multi_dot, kron, trace."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.axes import Cases, pairs
from graphtrace.ops.costs import Counts, chain, contraction, each, size_of
from graphtrace.ops.registry import call, structured
from graphtrace.ops.values import shape_of, unbroadcast

__all__ = ["scaled", "tensordot_vjp"]

FAMILY = "product"
Axes = tuple[tuple[int, ...], tuple[int, ...]]


def scaled(slot: int, g: Any, a: Any, b: Any) -> Any:
    """Pull g back through a product with a scalar."""
    return unbroadcast(g * (b if slot == 0 else a), a if slot == 0 else b)


def _paired(a: Any, b: Any, axes: Any) -> Axes:
    """Return the axes to sum over as two tuples of numbers from 0."""
    if isinstance(axes, (int, np.integer)):
        left: Any = tuple(range(np.ndim(a) - int(axes), np.ndim(a)))
        right: Any = tuple(range(int(axes)))
    else:
        left, right = ((n,) if np.ndim(n) == 0 else tuple(n) for n in axes)
    if len(left) != len(right):
        raise ValueError(f"axes {left} and {right} do not pair up")
    for axis, ndim in [*((n, np.ndim(a)) for n in left), *((n, np.ndim(b)) for n in right)]:
        if not -ndim <= axis < ndim:
            raise ValueError(f"axis {axis} is out of bounds for an array of dimension {ndim}")
    return tuple(int(n) % np.ndim(a) for n in left), tuple(int(n) % np.ndim(b) for n in right)


def _tensordot(a: Any, b: Any, axes: Axes) -> Any:
    return np.tensordot(a, b, axes)


def tensordot_vjp(slot: int, g: Any, out: Any, a: Any, b: Any, axes: Axes) -> Any:
    """Contract g with the other operand over its free axes, then restore the order of axes."""
    left, right = axes
    free_a = tuple(n for n in range(np.ndim(a)) if n not in left)
    free_b = tuple(n for n in range(np.ndim(b)) if n not in right)
    split = len(free_a)
    if slot == 0:
        product = call("tensordot", g, b, axes=(tuple(range(split, np.ndim(g))), free_b))
        order = free_a + tuple(left[right.index(n)] for n in sorted(right))
    else:
        product = call("tensordot", a, g, axes=(free_a, tuple(range(split))))
        order = tuple(right[left.index(n)] for n in sorted(left)) + free_b
    return product if order == tuple(sorted(order)) else np.transpose(product, np.argsort(order))


def _terms(a: Any, b: Any, axes: Axes) -> int:
    return math.prod(shape_of(a)[n] for n in axes[0])


def _tensor_samples(rng: np.random.Generator) -> Cases:
    shapes: list[tuple[tuple[int, ...], tuple[int, ...], Axes]] = [
        ((3, 4), (4, 2), ((1,), (0,))),
        ((2, 3, 4), (4, 3, 2), ((1, 2), (1, 0))),
        ((2, 3), (3, 2), ((0, 1), (1, 0))),
        ((2,), (2, 3), ((), ())),
        ((2, 3, 2), (4, 3), ((1,), (1,))),
    ]
    return [((rng.normal(size=a), rng.normal(size=b)), {"axes": axes}) for a, b, axes in shapes]


structured(
    "tensordot",
    _tensordot,
    family=FAMILY,
    arity=2,
    cost=contraction(_terms),
    rules=["tensordot(g, b)", "tensordot(a, g)"],
    vjp=tensordot_vjp,
    jvp="linear",
    samples=_tensor_samples,
    calls={
        np.tensordot: lambda a, b, axes=2: ((a, b), {"axes": _paired(a, b, axes)}),
        np.linalg.tensordot: lambda x1, x2, /, *, axes=2: (
            (x1, x2),
            {"axes": _paired(x1, x2, axes)},
        ),
    },
    notation=Notation("tensordot", latex=r"\mathrm{{tensordot}}({args})"),
)


def _multi_dot(*arrays: Any) -> Any:
    return np.linalg.multi_dot(arrays)


def _multi_dot_vjp(slot: int, g: Any, out: Any, *arrays: Any) -> Any:
    """Pull g back through a chain: (what stands left)ᵀ · g · (what stands right)ᵀ."""
    chain = list(arrays)
    if np.ndim(chain[0]) == 1:
        chain[0] = chain[0][None, :]
    if np.ndim(chain[-1]) == 1:
        chain[-1] = chain[-1][:, None]
    middle = np.reshape(g, (np.shape(chain[0])[0], np.shape(chain[-1])[1]))
    left = [np.transpose(a) for a in reversed(chain[:slot])]
    right = [np.transpose(a) for a in reversed(chain[slot + 1 :])]
    return np.reshape(call("multi_dot", *left, middle, *right), shape_of(arrays[slot]))


def _chains(rng: np.random.Generator) -> Cases:
    shapes: list[list[tuple[int, ...]]] = [
        [(3, 4), (4, 2), (2, 5)],
        [(3,), (3, 4), (4, 2), (2,)],
        [(3,), (3, 4), (4, 2)],
        [(2, 3), (3, 2)],
    ]
    return [(tuple(rng.normal(size=shape) for shape in chain), {}) for chain in shapes]


structured(
    "multi_dot",
    _multi_dot,
    family=FAMILY,
    arity=None,
    cost=chain,
    rules=["left.T @ g @ right.T"],
    vjp=_multi_dot_vjp,
    jvp="linear",
    samples=_chains,
    calls={np.linalg.multi_dot: lambda arrays: (tuple(arrays), {})},
    notation=Notation("multi_dot", latex=r"\mathrm{{multi\_dot}}({args})"),
)


def _kron_vjp(slot: int, g: Any, out: Any, a: Any, b: Any) -> Any:
    """Pull g back through kron: axis n of the result is axis n of a by axis n of b."""
    ndim = max(np.ndim(a), np.ndim(b))
    if ndim == 0:
        return scaled(slot, g, a, b)
    left = (1,) * (ndim - np.ndim(a)) + shape_of(a)
    right = (1,) * (ndim - np.ndim(b)) + shape_of(b)
    blocks = np.reshape(g, [n for both in zip(left, right, strict=True) for n in both])
    whole, evens = tuple(range(ndim)), tuple(range(0, 2 * ndim, 2))
    if slot == 0:
        odds = tuple(n + 1 for n in evens)
        return np.reshape(np.tensordot(blocks, np.reshape(b, right), (odds, whole)), shape_of(a))
    return np.reshape(np.tensordot(np.reshape(a, left), blocks, (whole, evens)), shape_of(b))


structured(
    "kron",
    np.kron,
    family=FAMILY,
    arity=2,
    cost=each(multiplications=1),
    rules=["tensordot(g, b)", "tensordot(a, g)"],
    vjp=_kron_vjp,
    jvp="linear",
    samples=pairs(((2, 3), (4, 2)), ((3,), (2,)), ((3,), (2, 2)), ((2, 2), (3,)), ((), (2,))),
    calls={np.kron: lambda a, b: ((a, b), {})},
    notation=Notation("kron", latex=r"{0} \otimes {1}"),
)


def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return np.trace(a, offset, axis1, axis2)


def _trace_vjp(
    slot: int, g: Any, out: Any, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1
) -> Any:
    """Put g on the diagonal."""
    shape = shape_of(a)
    first, second = axis1 % len(shape), axis2 % len(shape)
    unit = np.eye(shape[first], shape[second], offset, dtype=getattr(g, "dtype", float))
    flat = [size if n in (first, second) else 1 for n, size in enumerate(shape)]
    unit = np.reshape(unit if first < second else unit.T, flat)
    return np.expand_dims(g, (first, second)) * unit


def _trace_cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
    """Count the sums of diagonals; the trace of ones is how many elements one has."""
    elements = int(np.sum(_trace(np.broadcast_to(1, shape_of(operands[0])), **params)))
    return Counts(additions=max(elements - size_of(out), 0))


def _bind_trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    if math.comb(np.ndim(a), 2) == 0:
        raise ValueError(f"the trace of shape {np.shape(a)}: at least two axes are needed")
    given = {"offset": (offset, 0), "axis1": (axis1, 0), "axis2": (axis2, 1)}
    return (a,), {key: value for key, (value, usual) in given.items() if value != usual}


def _traces(rng: np.random.Generator) -> Cases:
    options: Sequence[dict[str, Any]] = [{"axis1": 2, "axis2": 0, "offset": 1}, {"axis1": -1}]
    return [
        ((rng.normal(size=(3, 3)),), {}),
        ((rng.normal(size=(3, 4)),), {"offset": -1}),
        *(((rng.normal(size=(3, 2, 4)),), given) for given in options),
    ]


structured(
    "trace",
    _trace,
    family=FAMILY,
    arity=1,
    cost=_trace_cost,
    rules=["g*eye(n)"],
    vjp=_trace_vjp,
    jvp="linear",
    samples=_traces,
    calls={
        np.trace: _bind_trace,
        np.linalg.trace: lambda x, /, *, offset=0: _bind_trace(x, offset, -2, -1),
    },
    notation=Notation("tr", latex=r"\mathrm{{tr}}({a0})"),
)
