"""Values on the tape: Python floats for float64 scalars, arrays for the rest."""

from typing import Any

import numpy as np

__all__ = ["Value", "cast_like", "fitting", "normal", "plain", "shape_of", "unbroadcast"]

Value = Any
"""A float, a bool, a NumPy scalar of another dtype, or an ndarray."""


def normal(value: Any) -> Value:
    """Return the value as the tape keeps it: float64 scalars and 0-d arrays as Python floats."""
    kind = value.__class__
    if kind is np.ndarray:
        if value.ndim:
            return value
        value = value[()]
        kind = value.__class__
    if kind is np.float64:
        return float(value)
    if kind is np.bool_:
        return bool(value)
    return np.int64(value) if kind is int else value


def plain(value: Any) -> Value:
    """Return the value behind a traced one, for what is decided once and not recorded."""
    return getattr(value, "value", value)


def shape_of(value: Any) -> tuple[int, ...]:
    """Return the shape; () for scalars."""
    found: tuple[int, ...] = getattr(value, "shape", ())
    return found


def unbroadcast(g: Any, like: Any) -> Any:
    """Sum a gradient over the axes that broadcasting added or stretched to reach its shape."""
    shape = shape_of(like)
    if shape_of(g) != shape:
        extra = len(shape_of(g)) - len(shape)
        if extra == 1 and g.__class__ is np.ndarray:
            g = np.add.reduce(g)  # as np.sum, without its detours
        elif extra > 0:
            g = np.sum(g, axis=tuple(range(extra)))
        stretched = tuple(
            axis for axis, size in enumerate(shape) if size == 1 and shape_of(g)[axis] != 1
        )
        if stretched:
            g = np.sum(g, axis=stretched, keepdims=True)
        if shape_of(g) != shape:
            g = np.broadcast_to(g, shape)
    return g


def fitting(value: Any, like: Any) -> Any:
    """Return a plain value as an array in the precision of another; a traced one as it is."""
    kind = getattr(like, "dtype", np.dtype(float))
    return value if plain(value) is not value else np.asarray(value, dtype=kind)


def cast_like(g: Any, like: Any) -> Any:
    """Return a gradient in its value's precision; floats for floats."""
    if like.__class__ is float:
        return g if g.__class__ is float else float(g)
    if g.__class__ is np.ndarray and g.dtype == like.dtype:
        return g
    return normal(np.asarray(g, dtype=like.dtype).reshape(like.shape))
