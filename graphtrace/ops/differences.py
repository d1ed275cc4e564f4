"""Differences between neighbours, and what numerical analysis makes of them.

diff, ediff1d, gradient and trapezoid are linear; each pull-back is the transposed stencil.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.axes import Cases, back, last
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import Counts, lines, size_of
from graphtrace.ops.op import call
from graphtrace.ops.registry import structured
from graphtrace.ops.values import fitting, shape_of, unbroadcast

__all__: list[str] = []

FAMILY = "difference"


def _zeros(like: Any, axis: int, size: int) -> Any:
    """Return zeros in the shape of an array but for the size of one axis."""
    shape = list(shape_of(like))
    shape[axis] = size
    return np.zeros(shape, dtype=getattr(like, "dtype", float))


def _diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    return np.diff(a, n, axis)


def _diff_vjp(slot: int, g: Any, out: Any, a: Any, n: int = 1, axis: int = -1) -> Any:
    """Pull g back: the n-th difference of g between n zeros on each side, with sign (-1)^n."""
    if n == 0:
        return g
    if shape_of(a)[axis] <= n:
        return np.zeros(shape_of(a))
    edge = _zeros(g, axis, n)
    pulled = np.diff(np.concatenate([edge, g, edge], axis), n, axis)
    return pulled if n % 2 == 0 else -pulled


def _joined(a: Any, before: Any, after: Any, axis: int) -> Any:
    """Return the array with what is put before and after it along an axis."""
    single = list(shape_of(a))
    single[axis] = 1
    parts = [
        np.broadcast_to(x, tuple(single)) if np.ndim(x) == 0 else x
        for x in (before, a, after)
        if x is not None
    ]
    return a if len(parts) == 1 else np.concatenate(parts, axis)


def _diff_cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
    """Count one subtraction for each element of every order of difference."""
    length = shape_of(operands[0])[params.get("axis", -1)]
    lines = size_of(operands[0]) // max(length, 1)
    orders = range(1, params.get("n", 1) + 1)
    return Counts(additions=lines * sum(max(length - n, 0) for n in orders))


def _bind_diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    if np.ndim(a) == 0:
        raise ValueError("diff needs at least one axis")
    if n < 0:
        raise ValueError(f"order must not be negative but is {n}")
    given = {"n": (n, 1), "axis": (axis, -1)}
    params = {key: value for key, (value, usual) in given.items() if value != usual}
    return (_joined(a, prepend, append, axis) if n else a,), params


structured(
    "diff",
    _diff,
    family=FAMILY,
    arity=1,
    cost=_diff_cost,
    rules=["-diff(pad(g))"],
    vjp=_diff_vjp,
    jvp="linear",
    samples=lambda rng: [
        ((rng.normal(size=(5,)),), {}),
        ((rng.normal(size=(4, 3)),), {"n": 2, "axis": 0}),
        ((rng.normal(size=(2, 5)),), {"n": 3}),
        ((rng.normal(size=(2, 2)),), {"n": 2}),
    ],
    calls={np.diff: _bind_diff},
    notation=Notation("Δ", latex=r"\Delta {0}"),
)


@composes(np.ediff1d, family=FAMILY, samples=[example((2, 3)), example((4,), (2,), (1,))])
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Record the differences of all elements in order, with what is put around them."""
    inner = np.diff(np.reshape(ary, (-1,)))
    ends = [None if x is None else np.reshape(fitting(x, ary), -1) for x in (to_begin, to_end)]
    return _joined(inner, ends[0], ends[1], 0)


def _gradient(a: Any, spacing: Any = 1.0, axis: int = -1, edge_order: int = 1) -> Any:
    return np.gradient(a, spacing, axis=axis, edge_order=edge_order)  # type: ignore[call-overload]


def _gradient_cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
    """Count a difference and a quotient for each element; three products at uneven places."""
    even = np.ndim(params.get("spacing", 1.0)) == 0
    return (Counts(1, 1) if even else Counts(3, 2)) * size_of(out)


def _stencil(size: int, spacing: Any, edge_order: Any) -> list[tuple[int, Any]]:
    """Return (offset, weights) with gradient[i] = Σ weights[i]·a[i + offset].

    No weight reaches further than two elements, so that five combs of period five tell them
    apart.
    """
    places = np.arange(size)
    combs = (places[:, None] % 5 == np.arange(5)).astype(float)
    response = np.gradient(combs, spacing, axis=0, edge_order=edge_order)
    found = []
    for offset in range(-2, 3):
        reached = places + offset
        weights = np.where((reached >= 0) & (reached < size), response[places, reached % 5], 0.0)
        if weights.any():
            found.append((offset, weights))
    return found


def _gradient_vjp(
    slot: int, g: Any, out: Any, a: Any, spacing: Any = 1.0, axis: int = -1, edge_order: int = 1
) -> Any:
    size = shape_of(a)[axis]
    upstream = last(g, axis)
    places = np.arange(size)
    pulled: Any = 0.0
    for offset, weights in _stencil(size, spacing, edge_order):
        source = places - offset
        inside = np.clip(source, 0, size - 1)
        factors = np.where(source == inside, weights[inside], 0.0)
        kind = getattr(g, "dtype", float)
        pulled = pulled + upstream[..., inside] * factors.astype(kind)
    return back(pulled, axis)


structured(
    "gradient",
    _gradient,
    family=FAMILY,
    arity=1,
    cost=_gradient_cost,
    rules=["gradient(g).T"],
    vjp=_gradient_vjp,
    jvp="linear",
    samples=lambda rng: [
        ((rng.normal(size=(6,)),), {}),
        ((rng.normal(size=(4, 3)),), {"axis": 0, "spacing": 0.5, "edge_order": 2}),
        ((rng.normal(size=(2, 5)),), {"spacing": np.array([0.0, 1.0, 1.5, 3.0, 3.2])}),
        ((rng.normal(size=(2,)),), {"spacing": 2.0}),
    ],
    calls={},
    notation=Notation("∇", latex=r"\nabla {0}"),
    doc="Central differences along one axis, of first or second order at the ends.",
)


@composes(
    np.gradient,
    family=FAMILY,
    samples=[example((3, 4)), example((5,), np.array([0, 1, 3, 4, 6]), edge_order=2)],
)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Record the gradient along each axis: one array, or a tuple for several axes."""
    ndim = np.ndim(f)
    if axis is None:
        axes = list(range(ndim))
    else:
        axes = [int(n) for n in (axis if isinstance(axis, (tuple, list)) else (axis,))]
    spacings = list(varargs) * (len(axes) if len(varargs) == 1 else 1) or [1.0] * len(axes)
    if len(spacings) != len(axes) or (len(varargs) == 1 < len(axes) and np.ndim(varargs[0])):
        raise TypeError("invalid number of arguments: give one spacing, or one for each axis")
    found = []
    for along, spacing in zip(axes, spacings, strict=True):
        if hasattr(type(spacing), "__graphtrace_record__"):
            raise TypeError("the spacing must be plain numbers, not a traced value")
        step = float(spacing) if np.ndim(spacing) == 0 else np.array(spacing, dtype=float)
        found.append(call("gradient", f, spacing=step, axis=along, edge_order=edge_order))
    return found[0] if len(found) == 1 else tuple(found)


def _trapezoid(y: Any, *x: Any, dx: float = 1.0, axis: int = -1) -> Any:
    return np.trapezoid(y, x[0] if x else None, dx, axis)


def _trapezoid_vjp(
    slot: int, g: Any, out: Any, y: Any, *x: Any, dx: float = 1.0, axis: int = -1
) -> Any:
    """Pull g back to the heights (slot 0) or to the places they stand at (slot 1)."""
    heights = last(y, axis)
    upstream = np.expand_dims(g, -1)
    edge = np.zeros((*shape_of(heights)[:-1], 1), dtype=getattr(y, "dtype", float))
    if 0 in shape_of(heights):
        return np.zeros(shape_of(x[0] if slot else y))
    if slot == 0:
        steps: Any = dx
        if x:
            places = x[0] if np.ndim(x[0]) == 1 else last(x[0], axis)
            steps = places[..., 1:] - places[..., :-1]
        half = np.broadcast_to(upstream * steps / 2, shape_of(heights[..., 1:]))
        pulled = np.concatenate([half, edge], -1) + np.concatenate([edge, half], -1)
        return back(pulled, axis)
    mean = upstream * (heights[..., 1:] + heights[..., :-1]) / 2
    pulled = np.concatenate([edge, mean], -1) - np.concatenate([mean, edge], -1)
    if np.ndim(x[0]) == 1:
        return unbroadcast(pulled, x[0])
    return back(unbroadcast(pulled, last(x[0], axis)), axis)


def _trapezoid_cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
    """Count a sum of heights times a step for each interval, all added up and halved."""
    steps = Counts(additions=size_of(operands[1]) - 1) if len(operands) == 2 else Counts()
    return lines(Counts(1, 2), Counts(0, -3))(out, operands, params) + steps


def _bind_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    if hasattr(type(dx), "__graphtrace_record__"):
        raise TypeError("dx must be a plain number; multiply the result by a traced one")
    given = {"dx": (float(dx), 1.0), "axis": (int(axis), -1)}
    params = {key: value for key, (value, usual) in given.items() if value != usual}
    return (y,) if x is None else (y, x), params


def _trapezoids(rng: np.random.Generator) -> Cases:
    return [
        ((rng.normal(size=(5,)),), {"dx": 0.5}),
        ((rng.normal(size=(5,)), np.sort(rng.normal(size=(5,)))), {}),
        ((rng.normal(size=(4, 3)), rng.normal(size=(4,))), {"axis": 0}),
        ((rng.normal(size=(4, 3)), rng.normal(size=(4, 3))), {"axis": 0}),
        ((rng.normal(size=(2, 3)),), {}),
    ]


structured(
    "trapezoid",
    _trapezoid,
    family=FAMILY,
    arity=None,
    cost=_trapezoid_cost,
    rules=["g*diff(x)/2", "-diff(g*y)/2"],
    vjp=_trapezoid_vjp,
    jvp="linear",
    samples=_trapezoids,
    calls={np.trapezoid: _bind_trapezoid},
    notation=Notation("∫", latex=r"\mathrm{{trapezoid}}({args})"),
)
