"""Variance, standard deviation, weighted mean, logarithm of a sum of exponentials.

The standard deviation of equal elements is a kink; the derivative used there is 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.axes import Axis, Cases, spread
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import Counts, reducing
from graphtrace.ops.op import call
from graphtrace.ops.reducing import binder, counted, given, only, reduction, samples
from graphtrace.ops.registry import structured
from graphtrace.ops.values import fitting, shape_of, unbroadcast

__all__: list[str] = []


def _spreads(name: str) -> Any:
    """Return NumPy's var or std with a mask as its second operand."""
    function = getattr(np, name)

    def forward(
        a: Any,
        *mask: Any,
        axis: Axis = None,
        keepdims: bool = False,
        ddof: float = 0,
    ) -> Any:
        return function(a, axis=axis, keepdims=keepdims, ddof=ddof, **given(mask))

    return forward


def _twice_per(count: Any, ddof: float) -> Any:
    """Return 2/(n - ddof), infinite where nothing is left; a float stays one."""
    if count.__class__ is float:
        return 2 / (count - ddof) if count > ddof else math.inf
    return 2 / np.maximum(count - ddof, 0)


def _var_scale(
    x: Any, a: Any, out: Any, kept: Any, *, axis: Axis, ddof: float = 0, **_: Any
) -> Any:
    count = counted(a, kept, axis)
    numbers = only(kept, a)
    mean = np.sum(numbers, axis=axis, keepdims=True) / count if np.size(a) else 0.0
    return x * (numbers - mean) * _twice_per(count, ddof)


def _std_scale(
    x: Any, a: Any, out: Any, kept: Any, *, axis: Axis, keepdims: bool, ddof: float = 0
) -> Any:
    whole = spread(out, a, axis, keepdims)
    double = 2 * np.where(np.equal(whole, 0), 1.0, whole)
    return _var_scale(x, a, out, kept, axis=axis, ddof=ddof) / double


_moments = binder("ddof", ddof=0)


def _bind_moments(
    a: Any,
    axis: Any = None,
    dtype: None = None,
    *,
    ddof: float = 0,
    correction: float | None = None,
    **options: Any,
) -> Any:
    if correction is not None and ddof != 0:
        raise ValueError("give either ddof or correction")
    return _moments(a, axis, dtype, ddof=ddof if correction is None else correction, **options)


for _name, _scale, _rule, _latex, _roots in (
    ("var", _var_scale, "2*g*(a - mean(a))/(n - ddof)", r"\mathrm{{Var}}({a0})", 0),
    ("std", _std_scale, "g*(a - mean(a))/((n - ddof)*out)", r"\mathrm{{Std}}({a0})", 1),
):
    for _nan in (False, True):
        _full = f"nan{_name}" if _nan else _name
        reduction(
            _full,
            getattr(np, _full),
            _spreads(_full),
            _scale,
            f"where(a == a, {_rule}, 0)" if _nan else _rule,
            bind=_bind_moments,
            cases=samples({"axis": 1}, {"ddof": 1}),
            notation=Notation(_full, latex=_latex),
            cost=reducing(Counts(1, 3), Counts(2, -2, _roots)),
            nan=_nan,
        )


def _logsumexp(a: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    if np.size(a) == 0:
        return np.log(np.sum(np.exp(a), axis=axis, keepdims=keepdims))
    top = np.max(a, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, np.zeros_like(top))
    total = np.log(np.sum(np.exp(a - top), axis=axis, keepdims=keepdims))
    return total + np.reshape(top, np.shape(total))


def _logsumexp_scale(
    x: Any, a: Any, out: Any, kept: Any, *, axis: Axis, keepdims: bool, **_: Any
) -> Any:
    whole = spread(out, a, axis, keepdims)
    return x * np.exp(a - np.where(np.equal(np.abs(whole), np.inf), 0.0, whole))


reduction(
    "logsumexp",
    None,
    _logsumexp,
    _logsumexp_scale,
    "g*exp(a - out)",
    bind=binder(),
    cases=samples(),
    notation=Notation("logsumexp", latex=r"\ln \sum \exp({a0})"),
    cost=reducing(Counts(0, 2, 2)),
)


def _axes(a: Any, axis: Axis) -> list[int]:
    """Return the reduced axes as numbers from 0, in the order they were given."""
    ndim = np.ndim(a)
    if axis is None:
        return list(range(ndim))
    return [n % ndim for n in (axis if isinstance(axis, tuple) else (axis,))]


def _weighted(a: Any, w: Any, axis: Axis) -> Any:
    """Return the weights in a shape that broadcasts with a: their axes are the reduced ones."""
    axes = _axes(a, axis)
    if shape_of(w) == shape_of(a):
        return w
    shape = [size if n in axes else 1 for n, size in enumerate(shape_of(a))]
    return np.reshape(np.transpose(w, np.argsort(axes)), shape)


def _unweighted(pulled: Any, a: Any, w: Any, axis: Axis) -> Any:
    """Return a gradient of the broadcast weights in the shape of the weights."""
    axes = _axes(a, axis)
    if shape_of(w) == shape_of(a):
        return pulled
    own = np.reshape(pulled, [shape_of(a)[n] for n in sorted(axes)])
    return np.transpose(own, np.argsort(np.argsort(axes)))


def _average(a: Any, w: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.average(a, axis, w, keepdims=keepdims)  # type: ignore[call-overload]


def _average_vjp(
    slot: int, g: Any, out: Any, a: Any, w: Any, axis: Axis = None, keepdims: bool = False
) -> Any:
    weights = _weighted(a, w, axis)
    total = np.sum(np.broadcast_to(weights, shape_of(a)), axis=axis, keepdims=True)
    share = spread(g, a, axis, keepdims) / total
    if slot == 0:
        return share * weights
    pulled = unbroadcast(share * (a - spread(out, a, axis, keepdims)), weights)
    return _unweighted(pulled, a, w, axis)


def _average_jvp(
    slot: int, t: Any, out: Any, a: Any, w: Any, axis: Axis = None, keepdims: bool = False
) -> Any:
    weights = _weighted(a, w, axis)
    shape = shape_of(a)
    total = np.sum(np.broadcast_to(weights, shape), axis=axis, keepdims=keepdims)
    if slot == 0:
        return np.sum(t * weights, axis=axis, keepdims=keepdims) / total
    moved = _weighted(a, t, axis) * (a - spread(out, a, axis, keepdims))
    return np.sum(np.broadcast_to(moved, shape), axis=axis, keepdims=keepdims) / total


def _averages(rng: np.random.Generator) -> Cases:
    shapes: list[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
        ((4,), (4,), {}),
        ((3, 4), (3,), {"axis": 0}),
        ((3, 4), (4,), {"axis": -1, "keepdims": True}),
        ((2, 3, 4), (2, 3, 4), {"axis": (0, 2)}),
        ((2, 3), (2, 3), {}),
        ((2, 3, 4), (4, 2), {"axis": (2, 0)}),
    ]
    return [
        ((rng.normal(size=left), rng.uniform(0.5, 2, size=right)), dict(params))
        for left, right, params in shapes
    ]


structured(
    "average",
    _average,
    family="reduction",
    arity=2,
    cost=reducing(Counts(1, 2), Counts(1, -2)),
    rules=["g*b/sum(b)", "g*(a - out)/sum(b)"],
    vjp=_average_vjp,
    jvp=_average_jvp,
    samples=_averages,
    calls={},
    notation=Notation("average", latex=r"\mathrm{{average}}({args})"),
    doc="The mean weighted by the second operand.",
)


@composes(
    np.average,
    family="reduction",
    samples=[example((3, 4), axis=1), example((3, 4), 0, np.array([1.0, 2.0, 0.5]))],
)
def average(
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """Record a mean or a weighted mean; with `returned` the sum of the weights too."""
    along = tuple(axis) if isinstance(axis, list) else axis
    options: dict[str, Any] = {} if along is None else {"axis": along}
    if keepdims:
        options["keepdims"] = True
    if weights is None:
        out = np.mean(a, **options)
        weights = fitting(np.ones(shape_of(a)), a)
    else:
        out = call("average", a, weights, **options)
    if not returned:
        return out
    whole = np.broadcast_to(_weighted(a, weights, along), shape_of(a))
    return out, np.sum(whole, **options)
