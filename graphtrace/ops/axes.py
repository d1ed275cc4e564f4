"""Moving and spreading axes, for rules; samples of a few shapes, for declarations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphtrace.ops.values import shape_of

__all__ = ["Axis", "Cases", "back", "last", "leading", "pairs", "spread"]

Axis = int | tuple[int, ...] | None
Cases = list[tuple[tuple[Any, ...], dict[str, Any]]]


def pairs(*shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> Any:
    """Return samples of two arrays for each pair of shapes."""

    def samples(rng: np.random.Generator) -> Cases:
        return [((rng.normal(size=left), rng.normal(size=right)), {}) for left, right in shapes]

    return samples


def last(a: Any, axis: int) -> Any:
    """Return the array with one axis moved to the end."""
    ndim = np.ndim(a)
    if axis % ndim == ndim - 1:
        return a
    return np.transpose(a, [*(n for n in range(ndim) if n != axis % ndim), axis % ndim])


def back(a: Any, axis: int) -> Any:
    """Return the array with its last axis moved to a place: the reverse of `last`."""
    order = list(range(np.ndim(a) - 1))
    order.insert(axis % np.ndim(a), np.ndim(a) - 1)
    return a if order[-1] == np.ndim(a) - 1 else np.transpose(a, order)


def spread(g: Any, a: Any, axis: Axis, keepdims: bool) -> Any:
    """Broadcast the gradient of a reduction back over the reduced axes."""
    shape = shape_of(a)
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape)


def leading(jvp: Callable[..., Any]) -> Callable[..., Any]:
    """Return a tangent rule along axes, made to take many tangents along a leading axis.

    For rules that broadcast, of operations with one operand and a parameter `axis`: counted
    from the end, the axes are the same with and without the leading one.
    """

    def many(slot: int, t: Any, out: Any, a: Any, axis: Axis = -1, **params: Any) -> Any:
        if t is None:
            return None
        ndim = len(shape_of(a))
        axes = range(ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
        return jvp(slot, t, out, a, tuple(axis % ndim - ndim for axis in axes), **params)

    return many
