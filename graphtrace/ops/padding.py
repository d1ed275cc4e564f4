"""Padding: np.pad in all its modes but "empty".

The modes that copy elements or constants are one record, `pad`, linear in the array. The modes
of a statistic (maximum, minimum, mean, median) are recorded as that statistic of the edge,
joined to both ends axis by axis, as NumPy computes them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import FREE
from graphtrace.ops.indexing import ALL
from graphtrace.ops.registry import call, structured
from graphtrace.ops.values import plain, shape_of

FAMILY = "joining"
Widths = tuple[tuple[int, int], ...]
COPIES = ("edge", "reflect", "symmetric", "wrap")
STATISTICS: dict[str, Callable[..., Any]] = {
    "maximum": np.max,
    "minimum": np.min,
    "mean": np.mean,
    "median": np.median,
}


def _pad(a: Any, widths: Widths, mode: str = "constant", **options: Any) -> Any:
    return np.pad(a, widths, mode, **options)  # type: ignore[call-overload]


def _pad_vjp(
    slot: int,
    g: Any,
    out: Any,
    a: Any,
    widths: Widths,
    mode: str = "constant",
    constant_values: Any = 0,
    end_values: Any = 0,
    reflect_type: str = "even",
) -> Any:
    shape = shape_of(a)
    if mode == "constant":
        ends = zip(widths, shape, strict=True)
        return g[tuple(slice(before, before + size) for (before, _), size in ends)]
    if mode in COPIES and reflect_type == "even":
        size = int(np.prod(shape))
        origin = _pad(np.arange(size).reshape(shape), widths, mode)
        summed = call("scatter", np.reshape(g, -1), index=origin.reshape(-1), shape=(size,))
        return np.reshape(summed, shape)
    options = {"reflect_type": reflect_type} if mode in COPIES else {}
    for axis in reversed(range(len(shape))):
        if any(widths[axis]):
            columns = _pad(np.eye(shape[axis]), (widths[axis], (0, 0)), mode, **options)
            g = np.swapaxes(np.matmul(np.swapaxes(g, axis, -1), columns), axis, -1)
    return g


def _pad_jvp(slot: int, t: Any, out: Any, a: Any, widths: Widths, **options: Any) -> Any:
    """Pad the tangent alike; what is put at the ends from outside does not move."""
    fixed = ("constant_values", "end_values")
    linear = {key: value for key, value in options.items() if key not in fixed}
    return call("pad", t, widths=widths, **linear)


def _samples(rng: np.random.Generator) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    widths = {"widths": ((1, 2), (0, 3))}
    modes: list[dict[str, Any]] = [
        {"mode": "constant", "constant_values": 2.0},
        {"mode": "edge"},
        {"mode": "reflect"},
        {"mode": "reflect", "reflect_type": "odd"},
        {"mode": "symmetric"},
        {"mode": "symmetric", "reflect_type": "odd"},
        {"mode": "wrap"},
        {"mode": "linear_ramp", "end_values": 1.5},
    ]
    return [((rng.normal(size=(3, 2)),), {**widths, **mode}) for mode in modes]


structured(
    "pad",
    _pad,
    family=FAMILY,
    arity=1,
    cost=FREE,
    rules=["unpad(g)"],
    vjp=_pad_vjp,
    jvp=_pad_jvp,
    calls={},
    samples=_samples,
    notation=Notation("pad", latex=r"\mathrm{{pad}}({a0})"),
)


@composes(
    np.pad,
    family=FAMILY,
    samples=[
        example((3, 2), 1, mode=mode) for mode in ("constant", *COPIES, "linear_ramp", *STATISTICS)
    ],
)
def _padded(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    if not isinstance(mode, str) or mode == "empty":
        raise TypeError("pad() with a function or mode='empty' has no derivative")
    if any(plain(value) is not value for value in options.values()):
        raise TypeError("pad() with traced values; use np.concatenate")
    widths = _widths(pad_width, np.ndim(array))
    if mode in STATISTICS:
        return _with_statistic(array, widths, STATISTICS[mode], **options)
    kept = {key: value for key, value in options.items() if value is not None}
    _pad(np.zeros(np.shape(array)), widths, mode, **kept)  # NumPy's own complaints
    return call("pad", array, widths=widths, mode=mode, **kept)


def _widths(given: Any, count: int) -> Widths:
    if isinstance(given, dict):
        pairs: list[Any] = [(0, 0)] * count
        for axis, width in given.items():
            pairs[axis] = (width, width) if np.ndim(width) == 0 else width
        given = pairs
    whole = np.broadcast_to(np.asarray(given), (count, 2)).tolist()
    if any(not isinstance(width, int) or width < 0 for pair in whole for width in pair):
        raise ValueError("pad_width holds integers that are not negative")
    return tuple((before, after) for before, after in whole)


def _with_statistic(
    array: Any, widths: Widths, statistic: Callable[..., Any], stat_length: Any = None
) -> Any:
    """Join a statistic of the first and of the last elements to both ends of every axis."""
    count = np.ndim(array)
    lengths = np.broadcast_to(np.asarray(stat_length, dtype=object), (count, 2))
    for axis, ends in enumerate(widths):
        shape = np.shape(array)
        size = shape[axis]
        parts = []
        for end, width in enumerate(ends):
            length = size if lengths[axis, end] is None else min(int(lengths[axis, end]), size)
            if length <= 0:
                raise ValueError("stat_length must be positive")
            chosen = slice(length) if end == 0 else slice(size - length, size)
            if width:
                edge = array[(ALL,) * axis + (chosen,)] if length < size else array
                value = statistic(edge, axis=axis, keepdims=True)
                parts.append(np.broadcast_to(value, (*shape[:axis], width, *shape[axis + 1 :])))
            if end == 0:
                parts.append(array)
        if len(parts) > 1:
            array = np.concatenate(parts, axis=axis)
    return array
