"""Parts of an array that are the same in value and in gradient, and so stay the same."""

from typing import Any

import numpy as np

from graphtrace.errors import GradientError, ShapeError
from graphtrace.run.state import State

__all__ = ["find_twins"]


def find_twins(state: State, number: int, axis: int) -> tuple[tuple[int, ...], ...]:
    """Return the groups of indices along an axis whose slices agree, exactly.

    They agree in value and in gradient: gradient descent then keeps them the same (hidden units
    after a constant start). Only groups of two and more are listed, in order. Raises
    GradientError before a backward pass, ShapeError for an axis that is not there.
    """
    name = state.sealed.names[number]
    value, grad = state.value(number), state.grad(number)
    if grad is None:
        raise GradientError(f"{name} has no gradient: run g.backward() first")
    if not -np.ndim(value) <= axis < np.ndim(value):
        raise ShapeError(f"{name} has shape {np.shape(value)}: there is no axis {axis}")
    groups: dict[bytes, list[int]] = {}
    pairs = zip(_slices(value, axis), _slices(grad, axis), strict=True)
    for index, (one, other) in enumerate(pairs):
        groups.setdefault(one.tobytes() + other.tobytes(), []).append(index)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _slices(value: Any, axis: int) -> Any:
    # 0.0 is added so that -0.0 and 0.0 have the same bytes.
    return np.ascontiguousarray(np.moveaxis(np.asarray(value), axis, 0)) + 0.0
