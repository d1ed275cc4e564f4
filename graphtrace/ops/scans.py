"""Running sums and products, and the linear recurrence that differentiates them.

`recurrence(a, b)` is y with y[i] = a[i]·y[i-1] + b[i]. The derivative of a running product is
such a recurrence, and that of a recurrence is one again, run backwards: exact at zeros, in
linear time, to any order. Blelloch, Prefix Sums and Their Applications, 1990, §1.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.axes import Cases
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import Counts, lines
from graphtrace.ops.op import call
from graphtrace.ops.registry import structured
from graphtrace.ops.values import shape_of

__all__ = ["part", "shifted"]

FAMILY = "scan"


def part(a: Any, axis: int, index: Any) -> Any:
    """Return a[index] along one axis."""
    return a[(slice(None),) * (axis % np.ndim(a)) + (index,)]


def _reversed(a: Any, axis: int) -> Any:
    return part(a, axis, slice(None, None, -1))


def shifted(a: Any, axis: int, first: float) -> Any:
    """Return the array moved up by one along an axis, with a number in the first place."""
    shape = list(shape_of(a))
    if shape[axis] == 0:
        return a
    shape[axis] = 1
    filler = np.full(shape, first, dtype=getattr(a, "dtype", float))
    return np.concatenate([filler, part(a, axis, slice(None, -1))], axis)


def _recurrence(a: Any, b: Any, axis: int = -1) -> Any:
    if np.ndim(b) == 1 and b.dtype == a.dtype == np.float64:
        return np.fromiter(_running(a.tolist(), b.tolist()), dtype=float, count=len(b))
    rows, terms = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
    out = np.empty(terms.shape, dtype=np.result_type(a, b))
    out[:1] = terms[:1]
    for n in range(1, len(out)):
        out[n] = rows[n] * out[n - 1] + terms[n]
    return np.moveaxis(out, 0, axis)


def _running(a: list[float], b: list[float]) -> Iterable[float]:
    """Run the recurrence on floats."""
    if not b:
        return ()
    pairs: Any = zip(a[1:], b[1:], strict=True)
    found: Iterable[float] = accumulate(pairs, lambda y, x: x[0] * y + x[1], initial=b[0])
    return found


def _backwards(a: Any, g: Any, axis: int) -> Any:
    """Return z with z[i] = g[i] + a[i+1]·z[i+1]."""
    factors = shifted(_reversed(a, axis), axis, 0.0)
    return _reversed(call("recurrence", factors, _reversed(g, axis), axis=axis), axis)


def _recurrence_vjp(slot: int, g: Any, out: Any, a: Any, b: Any, axis: int = -1) -> Any:
    pulled = _backwards(a, g, axis)
    return pulled if slot == 1 else pulled * shifted(out, axis, 0.0)


def _recurrence_jvp(slot: int, t: Any, out: Any, a: Any, b: Any, axis: int = -1) -> Any:
    moved = t if slot == 1 else t * shifted(out, axis, 0.0)
    return call("recurrence", a, moved, axis=axis)


def _recurrences(rng: np.random.Generator) -> Cases:
    return [
        ((rng.normal(size=(5,)), rng.normal(size=(5,))), {}),
        ((rng.normal(size=(4, 3)), rng.normal(size=(4, 3))), {"axis": 0}),
        ((rng.normal(size=(2, 3)), rng.normal(size=(2, 3))), {}),
    ]


structured(
    "recurrence",
    _recurrence,
    family=FAMILY,
    arity=2,
    cost=lines(Counts(1, 1), Counts(-1, -1)),
    rules=["z*shifted(out)", "z"],
    vjp=_recurrence_vjp,
    jvp=_recurrence_jvp,
    samples=_recurrences,
    calls={},
    notation=Notation("recurrence", latex=r"\mathrm{{recurrence}}({args})"),
    doc="y[i] = a[i]*y[i-1] + b[i] along an axis, starting from b[0].",
)


def _line(a: Any, axis: int | None) -> tuple[Any, int]:
    """Return what is scanned and along which axis: by default all elements in order."""
    return (np.reshape(a, (-1,)), 0) if axis is None else (a, axis)


def _cumsum(a: Any, axis: int | None = None) -> Any:
    return np.cumsum(a, axis)


def _cumsum_vjp(slot: int, g: Any, out: Any, a: Any, axis: int | None = None) -> Any:
    along = 0 if axis is None else axis
    return np.reshape(_reversed(np.cumsum(_reversed(g, along), along), along), shape_of(a))


def _cumprod(a: Any, axis: int | None = None) -> Any:
    return np.cumprod(a, axis)


def _cumprod_vjp(slot: int, g: Any, out: Any, a: Any, axis: int | None = None) -> Any:
    factors, along = _line(a, axis)
    pulled = _backwards(factors, g, along) * shifted(out, along, 1.0)
    return np.reshape(pulled, shape_of(a))


def _cumprod_jvp(slot: int, t: Any, out: Any, a: Any, axis: int | None = None) -> Any:
    factors, along = _line(a, axis)
    moved = np.reshape(t, shape_of(factors)) * shifted(out, along, 1.0)
    return call("recurrence", factors, moved, axis=along)


def _bind(a: Any, axis: Any = None, dtype: None = None) -> Any:
    if dtype is not None:
        raise TypeError("dtype= is not supported: convert the inputs before the trace")
    return (a,), {} if axis is None else {"axis": int(axis)}


def _samples(rng: np.random.Generator) -> Cases:
    with_zeros = np.array([0.5, 0.0, -1.2, 0.0, 2.0])
    return [
        ((rng.normal(size=(5,)),), {}),
        ((with_zeros,), {}),
        ((rng.normal(size=(3, 4)),), {"axis": 0}),
        ((rng.normal(size=(2, 3)),), {}),
        ((rng.normal(size=(2, 1, 3)),), {"axis": -1}),
        ((1.5,), {}),
    ]


structured(
    "cumsum",
    _cumsum,
    family=FAMILY,
    arity=1,
    cost=lines(Counts(0, 1), Counts(0, -1), None),
    rules=["flip(cumsum(flip(g)))"],
    vjp=_cumsum_vjp,
    jvp="linear",
    samples=_samples,
    calls={np.cumsum: _bind},
    notation=Notation("cumsum", latex=r"\mathrm{{cumsum}}({a0})"),
)
structured(
    "cumprod",
    _cumprod,
    family=FAMILY,
    arity=1,
    cost=lines(Counts(1), Counts(-1), None),
    rules=["recurrence(a, g)*shifted(out)"],
    vjp=_cumprod_vjp,
    jvp=_cumprod_jvp,
    samples=_samples,
    calls={np.cumprod: _bind},
    notation=Notation("cumprod", latex=r"\mathrm{{cumprod}}({a0})"),
)


@composes(np.nancumsum, family=FAMILY, samples=[example((2, 3)), example((2, 3), axis=1)])
def nancumsum(a: Any, axis: int | None = None, dtype: None = None) -> Any:
    """Record a running sum in which NaN counts as 0."""
    return np.cumsum(np.where(np.equal(a, a), a, 0.0), axis, dtype)


@composes(np.nancumprod, family=FAMILY, samples=[example((2, 3)), example((2, 3), axis=1)])
def nancumprod(a: Any, axis: int | None = None, dtype: None = None) -> Any:
    """Record a running product in which NaN counts as 1."""
    return np.cumprod(np.where(np.equal(a, a), a, 1.0), axis, dtype)


def _cumulative(scan: Callable[..., Any], start: float) -> Callable[..., Any]:
    """Return the array API's name for a scan, which can put the start in front."""

    def cumulative(
        x: Any, /, *, axis: int | None = None, dtype: None = None, include_initial: bool = False
    ) -> Any:
        if axis is None and np.ndim(x) > 1:
            raise ValueError("axis is needed for an array of more than one axis")
        out = scan(x, axis, dtype)
        if not include_initial:
            return out
        along = 0 if axis is None else axis
        shape = tuple(1 if n == along % np.ndim(out) else size
                      for n, size in enumerate(np.shape(out)))  # fmt: skip
        return np.concatenate([np.full(shape, start, dtype=out.dtype), out], along)

    return cumulative


for _name, _scan, _start in (("sum", np.cumsum, 0.0), ("prod", np.cumprod, 1.0)):
    _found = getattr(np, f"cumulative_{_name}", None)  # since NumPy 2.1
    if _found is not None:
        composes(_found, family=FAMILY, samples=[example((2, 3), axis=1)])(
            _cumulative(_scan, _start)
        )
