"""Sums, products, means and extrema over axes, and their forms that skip NaN.

Where the largest (smallest) value occurs k times, each occurrence gets 1/k of the gradient;
an `initial` that is beyond all elements leaves none. The derivative of a product is the product
of the other elements, never a quotient, so that zeros are no exception.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.axes import Axis, Cases, spread
from graphtrace.ops.costs import Cost, Counts, reducing
from graphtrace.ops.reducing import binder, counted, given, only, reduction, samples
from graphtrace.ops.values import shape_of

__all__: list[str] = []


def _forward(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a reduction of NumPy with a mask as its second operand."""

    def forward(
        a: Any,
        *mask: Any,
        axis: Axis = None,
        keepdims: bool = False,
        initial: float | None = None,
    ) -> Any:
        if mask or initial is not None:
            return function(a, axis=axis, keepdims=keepdims, **given(mask, initial=initial))
        return function(a, axis=axis, keepdims=keepdims)

    return forward


def _unlimited(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same for a reduction without an initial value."""

    def forward(a: Any, *mask: Any, axis: Axis = None, keepdims: bool = False) -> Any:
        if mask:
            return function(a, axis=axis, keepdims=keepdims, where=mask[0])
        return function(a, axis=axis, keepdims=keepdims)

    return forward


def _ptp(a: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.ptp(a, axis=axis, keepdims=keepdims)


def _sum_scale(x: Any, a: Any, out: Any, kept: Any, **_: Any) -> Any:
    return x


def _mean_scale(x: Any, a: Any, out: Any, kept: Any, *, axis: Axis, **_: Any) -> Any:
    return x / counted(a, kept, axis)


def _others(a: Any, axis: Axis) -> Any:
    """Return for each element the product of all others along the axes, by no division."""
    ndim = np.ndim(a)
    if ndim == 0:
        return 1.0
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    reduced = sorted(n % ndim for n in axes)
    order = [*(n for n in range(ndim) if n not in reduced), *reduced]
    moved = np.transpose(a, order)
    shape = shape_of(moved)
    rows = shape[: ndim - len(reduced)]
    flat = np.reshape(moved, (*rows, math.prod(shape[len(rows) :])))
    if 0 in shape:
        return a
    ones = np.ones((*rows, 1), dtype=getattr(a, "dtype", float))
    before = np.cumprod(np.concatenate([ones, flat[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([ones, flat[..., :0:-1]], -1), -1)[..., ::-1]
    return np.transpose(np.reshape(before * after, shape), np.argsort(order))


def _prod_scale(
    x: Any, a: Any, out: Any, kept: Any, *, axis: Axis, initial: Any = None, **_: Any
) -> Any:
    scaled = x * _others(only(kept, a, 1.0), axis)
    return scaled if initial is None else scaled * initial


def _extreme_scale(
    x: Any, a: Any, out: Any, kept: Any, *, axis: Axis, keepdims: bool, initial: Any = None
) -> Any:
    hit = np.equal(a, spread(out, a, axis, keepdims))
    if kept is not None:
        hit = np.logical_and(hit, kept)
    ties = np.sum(hit, axis=axis, keepdims=True)
    return x * hit / (ties if initial is None else np.maximum(ties, 1))


def _ptp_scale(x: Any, a: Any, out: Any, kept: Any, *, axis: Axis, **_: Any) -> Any:
    high, low = (extreme(a, axis=axis, keepdims=True) for extreme in (np.max, np.min))
    up = _extreme_scale(x, a, high, kept, axis=axis, keepdims=True)
    return up - _extreme_scale(x, a, low, kept, axis=axis, keepdims=True)


HIT = "g*where(a == out, 1, 0)/k"
LIMITED = binder("initial")
FREE = binder()
SUMS = samples({"axis": 1}, {"axis": 0, "initial": 1.5})
MEANS = samples({"axis": 1}, {"keepdims": True})
EXTREME = reducing(Counts(0, 0, 1), Counts(0, 0, -1))
EXTREMES = samples({"axis": 1, "initial": -9.0}, {"axis": 0, "initial": 0.1})


def _named(symbol: str) -> Notation:
    return Notation(symbol, latex=rf"\mathrm{{{{{symbol}}}}}({{a0}})")


def _both(
    name: str,
    function: Callable[..., Any],
    scale: Callable[..., Any],
    rule: str,
    notation: Notation,
    cases: Callable[[np.random.Generator], Cases],
    cost: Cost,
    limited: bool = True,
    alias: str = "",
) -> None:
    """Declare a reduction and its form that skips NaN."""
    wrap = _forward if limited else _unlimited
    bind = LIMITED if limited else FREE
    for nan in (False, True):
        own = getattr(np, f"nan{name}") if nan else function
        reduction(
            f"nan{name}" if nan else name,
            own,
            wrap(own),
            scale,
            f"where(a == a, {rule}, 0)" if nan else rule,
            bind=bind,
            notation=_named(f"nan{name}") if nan else notation,
            nan=nan,
            aliases=() if nan or not alias else (alias,),
            calls=() if nan or not alias else (getattr(np, alias),),
            cases=cases,
            cost=cost,
        )


_both("sum", np.sum, _sum_scale, "g", Notation("Σ", latex=r"\sum {0}"), cases=SUMS,
      cost=reducing(Counts(0, 1), Counts(0, -1)))  # fmt: skip
_both("prod", np.prod, _prod_scale, "g*others", Notation("Π", latex=r"\prod {0}"), cases=SUMS,
      cost=reducing(Counts(1), Counts(-1)))  # fmt: skip
_both("mean", np.mean, _mean_scale, "g/n", _named("mean"), limited=False, cases=MEANS,
      cost=reducing(Counts(0, 1), Counts(1, -1)))  # fmt: skip
_both("max", np.max, _extreme_scale, HIT, Notation("max", latex=r"\max({a0})"),
      cases=EXTREMES, alias="amax", cost=EXTREME)  # fmt: skip
_both("min", np.min, _extreme_scale, HIT, Notation("min", latex=r"\min({a0})"),
      cases=samples({"axis": 1, "initial": 9.0}), alias="amin", cost=EXTREME)  # fmt: skip
reduction(
    "ptp",
    np.ptp,
    _ptp,
    _ptp_scale,
    "g*(where(a == max(a), 1, 0) - where(a == min(a), 1, 0))",
    bind=lambda a, axis=None, *, keepdims=False: FREE(a, axis, keepdims=keepdims),
    cases=samples(),
    notation=_named("ptp"),
    cost=reducing(Counts(0, 0, 2), Counts(0, 1, -2)),
)
