"""Attention: averages of values, weighted by how well queries and keys agree."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from graphtrace.nn.parts import as_given, cast, composite, fits, misfit, of
from graphtrace.ops.values import shape_of
from graphtrace.tape.var import Var

__all__ = ["causal_mask", "multi_head_attention", "scaled_dot_product_attention"]


@composite
def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    mask: Any = None,
    *,
    causal: bool = False,
    scale: float | None = None,
) -> Any:
    """Return softmax(query·keyᵀ·scale + mask)·value.

    query: (…, n, d), key: (…, m, d), value: (…, m, e); result: (…, n, e). `mask` broadcasts
    to (…, n, m): booleans (True: may look) or numbers that are added. With `causal`, query i
    looks at keys 0 … i only. `scale` is 1/√d unless given. A query that may look at nothing
    gets NaN. Vaswani et al. 2017, arXiv:1706.03762, eq. 1.
    """
    name = "scaled_dot_product_attention"
    query, key, value = as_given(query), as_given(key), as_given(value)
    _compare(name, shape_of(query), shape_of(key), shape_of(value))
    width = shape_of(query)[-1]
    factor = 1.0 / math.sqrt(width) if scale is None else scale
    scores = np.matmul(query, np.swapaxes(key, -1, -2)) * factor
    if causal:
        scores = np.where(causal_mask(*shape_of(scores)[-2:]), scores, -math.inf)
    if mask is not None:
        scores = _masked(name, scores, mask)
    return np.matmul(of("softmax", scores), value)


def causal_mask(queries: int, keys: int) -> np.ndarray:
    """Return the booleans of which keys each query may look at: those not after it."""
    return np.tri(queries, keys, dtype=bool)


@composite
def multi_head_attention(
    query: Any,
    key: Any,
    value: Any,
    heads: int,
    weights: tuple[Any, Any, Any, Any],
    biases: tuple[Any, Any, Any, Any] | None = None,
    mask: Any = None,
    *,
    causal: bool = False,
) -> Any:
    """Return attention of several heads, side by side, projected.

    query: (…, n, d), key and value: (…, m, d). `weights` (and `biases`) are those of the
    projections of query, key and value and of the result, (d, d) each, applied as in `linear`.
    Vaswani et al. 2017, arXiv:1706.03762, §3.2.2.
    """
    from graphtrace.nn.layers import linear

    name = "multi_head_attention"
    offsets = biases or (None, None, None, None)
    parts = []
    for given, weight, bias in zip((query, key, value), weights[:3], offsets[:3], strict=True):
        projected = linear(given, weight, bias)
        shape = shape_of(projected)
        if shape[-1] % heads:
            raise misfit(name, f"{shape[-1]} features do not split into {heads} heads")
        split = np.reshape(projected, (*shape[:-1], heads, shape[-1] // heads))
        parts.append(np.swapaxes(split, -2, -3))
    seen = scaled_dot_product_attention(parts[0], parts[1], parts[2], mask, causal=causal)
    joined = np.swapaxes(seen, -2, -3)
    shape = shape_of(joined)
    return linear(np.reshape(joined, (*shape[:-2], shape[-2] * shape[-1])), weights[3], offsets[3])


def _compare(
    name: str, query: tuple[int, ...], key: tuple[int, ...], value: tuple[int, ...]
) -> None:
    if min(map(len, (query, key, value))) < 2 or query[-1] != key[-1] or key[-2] != value[-2]:
        raise misfit(
            name,
            f"query {query}, key {key} and value {value} are not (…, n, d), (…, m, d), (…, m, e)",
        )


def _masked(name: str, scores: Any, mask: Any) -> Any:
    given = as_given(mask)
    if not fits(shape_of(given), shape_of(scores)):
        raise misfit(name, f"a mask of shape {shape_of(given)} for scores of {shape_of(scores)}")
    if given.__class__ is not Var and given.dtype.kind == "b":
        return np.where(given, scores, -math.inf)
    return scores + cast(given, scores)
