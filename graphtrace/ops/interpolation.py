"""Lines between known points: interp.

At a known point there is a kink; the derivative used is that of the line on its right (at the
last point, on its left), and beyond the ends 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.axes import Cases
from graphtrace.ops.costs import each
from graphtrace.ops.indexing import Slot, pick
from graphtrace.ops.op import call
from graphtrace.ops.registry import cut, structured
from graphtrace.ops.values import shape_of

__all__: list[str] = []


def _segment(x: Any, xp: Any, offset: int = 0) -> Any:
    """Return the piece that each place lies on, or the point that many after its start."""
    count = np.size(xp)
    found = np.searchsorted(xp, x, side="right") - 1
    return np.clip(np.clip(found, 0, max(count - 2, 0)) + offset, 0, count - 1)


cut(
    "segment",
    _segment,
    family="count",
    arity=2,
    samples=lambda rng: [((rng.normal(size=(3,)), np.array([-1.0, 0.0, 1.0])), {})],
    calls={},
    notation=Notation("segment", latex=r"\mathrm{{segment}}({args})"),
    doc="The number of the piece between known points that each place lies on.",
)


def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    out = np.asarray(np.interp(x, xp, fp, left, right))
    kinds = [array.dtype for array in (x, xp, fp) if hasattr(array, "dtype")]
    return out.astype(np.result_type(np.float32, *kinds)) if kinds else out  # NumPy widens


def _pieces(x: Any, xp: Any, fp: Any) -> tuple[Any, Any, Any, Any]:
    """Return the numbers of the points around each place, the slope, and how far along it is."""
    here = call("segment", x, xp)
    after = call("segment", x, xp, offset=1)
    start = pick(xp, here)
    width = pick(xp, after) - start
    width = np.where(np.equal(width, 0), 1.0, width)
    return here, after, (pick(fp, after) - pick(fp, here)) / width, (x - start) / width


def _inside(x: Any, xp: Any) -> Any:
    return np.logical_and(np.greater_equal(x, xp[0]), np.less_equal(x, xp[-1]))


def _placed(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros with g added at the indices."""
    return call("scatter", g, index, index=Slot(1), shape=shape)


def _interp_vjp(
    slot: int, g: Any, out: Any, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None
) -> Any:
    here, after, slope, part = _pieces(x, xp, fp)
    within = np.where(_inside(x, xp), g, 0.0)
    if slot == 0:
        return within * slope
    shape = shape_of(xp)
    if slot == 1:
        pulled = -within * slope
        return _placed(pulled * (1 - part), here, shape) + _placed(pulled * part, after, shape)
    total = _placed(within * (1 - part), here, shape) + _placed(within * part, after, shape)
    if left is None:
        below = np.where(np.less(x, xp[0]), g, 0.0)
        total = total + _placed(below, np.zeros(shape_of(x), dtype=int), shape)
    if right is None:
        above = np.where(np.greater(x, xp[-1]), g, 0.0)
        total = total + _placed(above, np.full(shape_of(x), shape[0] - 1), shape)
    return total


def _interp_jvp(
    slot: int, t: Any, out: Any, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None
) -> Any:
    if slot == 2:
        ends = (None if left is None else 0.0, None if right is None else 0.0)
        return call("interp", x, xp, t, left=ends[0], right=ends[1])
    here, after, slope, part = _pieces(x, xp, fp)
    moved = t if slot == 0 else -(pick(t, here) * (1 - part) + pick(t, after) * part)
    return np.where(_inside(x, xp), moved * slope, 0.0)


def _bind_interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: None = None
) -> Any:
    if period is not None:
        raise TypeError("period= is not supported")
    given = {"left": left, "right": right}
    for name, value in given.items():
        if value is not None and not isinstance(value, (int, float, np.number)):
            raise TypeError(f"{name}= must be a number, not a traced value")
    return (x, xp, fp), {key: float(value) for key, value in given.items() if value is not None}


def _samples(rng: np.random.Generator) -> Cases:
    points = np.array([-1.0, -0.3, 0.4, 1.2])
    places = np.array([[-1.6, -0.8, 0.1], [0.9, 1.9, 0.3]])
    return [
        ((places, points, rng.normal(size=4)), {}),
        ((places[0], points, rng.normal(size=4)), {"left": 0.5, "right": -1.0}),
        ((0.2, points, rng.normal(size=4)), {}),
    ]


structured(
    "interp",
    _interp,
    family="product",
    arity=3,
    cost=each(multiplications=2, additions=3, others=1),
    rules=["g*slope", "-g*slope*part", "g*part"],
    vjp=_interp_vjp,
    jvp=_interp_jvp,
    samples=_samples,
    calls={np.interp: _bind_interp},
    notation=Notation("interp", latex=r"\mathrm{{interp}}({args})"),
)
