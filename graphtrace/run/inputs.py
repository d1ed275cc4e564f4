"""What may enter a graph: floats and arrays of floats, alone or in lists and dicts."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from graphtrace.errors import RefusedError
from graphtrace.ops.values import Value, normal

__all__ = ["as_input", "flatten", "rebuild"]


def as_input(value: Any, name: str) -> Value:
    """Return an input as the tape keeps it: a float, or a copy of an array of floats.

    Python's and NumPy's integer scalars and nested lists of numbers become floats.
    Raises RefusedError for integer arrays, complex numbers, objects and anything else.
    """
    if value.__class__ is float:
        return value
    if isinstance(value, (bool, np.bool_)):
        raise RefusedError(f"input {name!r} is a bool; gradients need floats: pass 1.0 or 0.0")
    if isinstance(value, (int, np.integer)):
        return float(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "iub":
        raise RefusedError(
            f"input {name!r} is an array of {value.dtype}; gradients need floats: pass "
            f"{name}.astype(float), or close over it if it holds indices or a mask"
        )
    try:
        array = np.array(value)
    except (ValueError, TypeError):
        array = np.array(None)
    if isinstance(value, (list, tuple)) and array.dtype.kind in "iu":
        array = array.astype(float)
    if array.dtype.kind == "c":
        raise RefusedError(
            f"input {name!r} is complex; pass its real and imaginary parts as two inputs"
        )
    if array.dtype.kind != "f":
        raise RefusedError(
            f"input {name!r} is a {type(value).__name__}, not a number or an array of floats"
        )
    kept: Value = normal(array)
    return kept


def is_leaf(value: Any) -> bool:
    """Whether a value becomes an input (numbers and arrays) rather than passing through."""
    return isinstance(value, (float, int, np.ndarray, np.generic)) and not isinstance(value, bool)


def flatten(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield every number and array in nested lists, tuples and dicts, with its name.

    Elements are named `us[0]` and `params[W1]`. Anything else passes through untraced.
    """
    if is_leaf(value):
        yield name, value
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from flatten(item, f"{name}[{number}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from flatten(item, f"{name}[{key}]")


def rebuild(value: Any, take: Callable[[], Any]) -> Any:
    """Return the same nesting with `take()` in the place of every leaf, in order."""
    if is_leaf(value):
        return take()
    if isinstance(value, list):
        return [rebuild(item, take) for item in value]
    if isinstance(value, tuple):
        items = [rebuild(item, take) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, dict):
        return {key: rebuild(item, take) for key, item in value.items()}
    return value
