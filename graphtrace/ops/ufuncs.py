"""Methods of NumPy's ufuncs that are recorded: reduce, accumulate, outer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphtrace.ops.op import call

__all__ = ["ufunc_method"]


def _logsumexp(a: Any, axis: Any = None, keepdims: bool = False, **refused: Any) -> Any:
    if any(value is not None for value in refused.values()):
        return np.sum(a, **refused)  # says which option it is
    given: dict[str, Any] = {} if axis is None else {"axis": axis}
    return call("logsumexp", a, **given, **({"keepdims": True} if keepdims else {}))


REDUCE: dict[Any, Callable[..., Any]] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logical_and: np.all,
    np.logical_or: np.any,
    np.logaddexp: _logsumexp,
}
ACCUMULATE: dict[Any, Callable[..., Any]] = {np.add: np.cumsum, np.multiply: np.cumprod}


def ufunc_method(ufunc: Any, method: str) -> Callable[..., Any] | None:
    """Return what records a method of a ufunc, or None; both scans go along axis 0 by default."""
    known = {"reduce": REDUCE, "accumulate": ACCUMULATE}.get(method, {}).get(ufunc)
    if known is not None:
        return lambda a, axis=0, **options: known(a, axis=axis, **options)
    if method == "outer":
        return lambda a, b: ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)
    return None
