"""Moving and spreading axes, for rules; samples of a few shapes, for declarations."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphtrace.ops.values import shape_of

__all__ = ["Axis", "Cases", "back", "last", "pairs", "spread"]

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
    else:
        g = np.reshape(g, (1,) * len(shape) if axis is None else np.shape(g))
    return np.broadcast_to(g, shape)
