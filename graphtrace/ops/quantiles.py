"""Medians, quantiles and percentiles, by every method that NumPy has.

A quantile is a weighted sum of the sorted elements. The weights, found by an operation of its
own that no gradient passes, are its derivative. Where k elements equal one that counts, they
share its weight, 1/k each.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.axes import Axis, Cases, spread
from graphtrace.ops.costs import sorting
from graphtrace.ops.op import call
from graphtrace.ops.reducing import skipping, unwarned
from graphtrace.ops.registry import cut, structured
from graphtrace.ops.values import shape_of

__all__: list[str] = []

FAMILY = "reduction"
SKIPS = {"nanmedian", "nanquantile"}


def _shares(row: Any, levels: Any, method: str, nan: bool) -> Any:
    """Return the weight of each element of a vector, a row for each level."""
    found = np.zeros((len(levels), len(row)))
    holes = np.isnan(row)
    count = int(np.sum(~holes)) if nan else len(row)
    if count == 0 or (holes.any() and not nan):
        return np.full_like(found, np.nan)
    order = np.argsort(row, kind="stable")  # NaN comes last
    places = np.quantile(np.arange(count, dtype=float), levels, method=method)  # type: ignore[call-overload]
    low = np.floor(places).astype(int)
    rest = places - low
    rows = np.arange(len(levels))
    np.add.at(found, (rows, low), 1 - rest)
    np.add.at(found, (rows, np.minimum(low + 1, count - 1)), rest)
    ordered = row[order]
    groups = np.concatenate([[0], np.cumsum(ordered[1:] != ordered[:-1])])
    sizes = np.bincount(groups)
    ends = np.cumsum(sizes)
    totals = np.add.reduceat(found, ends - sizes, axis=1)
    shared = (totals / sizes)[:, groups]
    out = np.empty_like(shared)
    out[:, order] = shared
    return out


def _weights(
    a: Any, *, q: Any, axis: Axis = None, method: str = "linear", nan: bool = False
) -> Any:
    """Return ∂quantile/∂a, of shape q.shape + a.shape."""
    array, levels = np.asarray(a), np.ravel(q)
    ndim = array.ndim
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    reduced = sorted(n % ndim for n in axes)
    order = [*(n for n in range(ndim) if n not in reduced), *reduced]
    moved = np.transpose(array, order)
    size = math.prod(array.shape[n] for n in reduced)
    rows = moved.reshape(-1, size) if size else moved.reshape(0, 0)
    found = np.zeros((len(levels), len(rows), size))
    for n, row in enumerate(rows):
        found[:, n] = _shares(row, levels, method, nan)
    whole = found.reshape(len(levels), *moved.shape)
    back = np.transpose(whole, [0, *(1 + int(n) for n in np.argsort(order))])
    return back.reshape(np.shape(q) + array.shape).astype(array.dtype)


cut(
    "quantile_weights",
    _weights,
    family=FAMILY,
    arity=1,
    samples=lambda rng: [
        ((rng.normal(size=(5,)),), {"q": 0.3}),
        ((rng.normal(size=(3, 4)),), {"q": (0.25, 0.9), "axis": 0}),
    ],
    calls={},
    notation=Notation("weights", latex=r"\mathrm{{weights}}({a0})"),
    doc="Which part of a quantile each element has.",
)


def _rules(nan: bool) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return pull-back and tangent of a quantile that skips NaN or does not."""

    def vjp(
        slot: int,
        g: Any,
        out: Any,
        a: Any,
        q: Any = 0.5,
        axis: Axis = None,
        keepdims: bool = False,
        method: str = "linear",
    ) -> Any:
        weights = call("quantile_weights", a, q=q, axis=axis, method=method, nan=nan)
        if np.ndim(q) == 0:
            return spread(g, a, axis, keepdims) * weights
        flat = np.reshape(weights, (np.size(q), *shape_of(a)))
        rest = shape_of(out)[np.ndim(q) :]
        each = np.reshape(g, (np.size(q), *rest))
        rows = [spread(each[n], a, axis, keepdims) * flat[n] for n in range(np.size(q))]
        return np.sum(np.stack(rows), axis=0) if rows else np.zeros(shape_of(a))

    def jvp(
        slot: int,
        t: Any,
        out: Any,
        a: Any,
        q: Any = 0.5,
        axis: Axis = None,
        keepdims: bool = False,
        method: str = "linear",
    ) -> Any:
        weights = call("quantile_weights", a, q=q, axis=axis, method=method, nan=nan)
        kept = np.equal(a, a) if nan else True
        moved = np.where(kept, weights * t, 0.0) if nan else weights * t
        extra, ndim = np.ndim(q), np.ndim(a)
        axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        return np.sum(moved, axis=tuple(extra + n % ndim for n in axes), keepdims=keepdims)

    return vjp, jvp


def _median_of(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def forward(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
        return function(a, axis=axis, keepdims=keepdims)

    return forward


def _median_rules(nan: bool) -> tuple[Callable[..., Any], Callable[..., Any]]:
    full_vjp, full_jvp = _rules(nan)

    def vjp(slot: int, g: Any, out: Any, a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
        return full_vjp(slot, g, out, a, 0.5, axis, keepdims)

    def jvp(slot: int, t: Any, out: Any, a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
        return full_jvp(slot, t, out, a, 0.5, axis, keepdims)

    return vjp, jvp


def _quantile_of(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def forward(
        a: Any, q: Any = 0.5, axis: Axis = None, keepdims: bool = False, method: str = "linear"
    ) -> Any:
        out = np.asarray(function(a, q, axis=axis, method=method, keepdims=keepdims))
        return out.astype(np.asarray(a).dtype)  # NumPy widens for several levels

    return forward


def _params(axis: Any, keepdims: bool) -> dict[str, Any]:
    params: dict[str, Any] = {}
    if axis is not None:
        params["axis"] = tuple(axis) if isinstance(axis, (list, tuple)) else int(axis)
    return params | ({"keepdims": True} if keepdims else {})


def _bind_median(
    a: Any, axis: Any = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    if overwrite_input:
        raise TypeError("overwrite_input= changes the operand in place")
    return (a,), _params(axis, keepdims)


def _bind_quantile(scale: float) -> Callable[..., Any]:
    def bind(
        a: Any,
        q: Any,
        axis: Any = None,
        *,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: bool = False,
        weights: None = None,
    ) -> Any:
        if overwrite_input:
            raise TypeError("overwrite_input= changes the operand in place")
        if weights is not None:
            raise TypeError("weights= is not supported")
        if hasattr(type(q), "__graphtrace_record__"):
            raise TypeError("the level q must be plain numbers, not a traced value")
        levels = np.true_divide(q, scale) if scale != 1 else np.asarray(q, dtype=float)
        params = {"q": float(levels) if np.ndim(levels) == 0 else np.array(levels)}
        params |= _params(axis, keepdims)
        return (a,), params | ({} if method == "linear" else {"method": method})

    return bind


def _medians(rng: np.random.Generator) -> Cases:
    return [
        ((rng.normal(size=(5,)),), {}),
        ((rng.normal(size=(3, 4)),), {"axis": 1}),
        ((rng.normal(size=(2, 3, 4)),), {"axis": (0, -1), "keepdims": True}),
        ((1.5,), {}),
    ]


def _quantiles(rng: np.random.Generator) -> Cases:
    return [
        ((rng.normal(size=(5,)),), {"q": 0.3}),
        ((rng.normal(size=(3, 4)),), {"q": np.array([0.2, 0.5, 1.0]), "axis": 0}),
        ((rng.normal(size=(3, 4)),), {"q": np.array([[0.1], [0.7]]), "keepdims": True}),
        ((rng.normal(size=(3, 5)),), {"q": 0.4, "axis": -1, "method": "hazen"}),
        ((rng.normal(size=(3, 5)),), {"q": 0.4, "axis": -1, "method": "lower"}),
    ]


for _name, _nan in (("median", False), ("nanmedian", True)):
    _vjp, _jvp = _median_rules(_nan)
    structured(
        _name,
        unwarned(_median_of(_name), nan=_nan),
        family=FAMILY,
        cost=sorting(None),
        arity=1,
        rules=["g*weights(a)"],
        vjp=_vjp,
        jvp=_jvp,
        samples=skipping(_medians) if _nan else _medians,
        calls={getattr(np, _name): _bind_median},
        notation=Notation(_name, latex=rf"\mathrm{{{{{_name}}}}}({{a0}})"),
    )
for _name, _percent, _nan in (
    ("quantile", "percentile", False),
    ("nanquantile", "nanpercentile", True),
):
    _vjp, _jvp = _rules(_nan)
    structured(
        _name,
        unwarned(_quantile_of(_name), nan=_nan),
        family=FAMILY,
        cost=sorting(None),
        arity=1,
        rules=["g*weights(a)"],
        vjp=_vjp,
        jvp=_jvp,
        samples=skipping(_quantiles) if _nan else _quantiles,
        calls={getattr(np, _name): _bind_quantile(1), getattr(np, _percent): _bind_quantile(100)},
        notation=Notation(_name, latex=rf"\mathrm{{{{{_name}}}}}({{a0}})"),
    )
