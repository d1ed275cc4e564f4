"""Sliding windows: the one rearrangement that convolution and pooling are made of.

`unfold` copies every window of an image into a column, so that a convolution is one matrix
product and a pooling one reduction; `fold` is its transpose, which adds the columns back.
Both are linear, and each is the other's derivative. Chellapilla, Puri and Simard, High
Performance Convolutional Neural Networks for Document Processing, 2006, §2.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.costs import FREE, summed
from graphtrace.ops.registry import call, structured
from graphtrace.ops.values import shape_of

FAMILY = "convolution"
MODES = ("constant", "wrap", "reflect", "edge")
"""How a border is filled: with one number, around in a circle, mirrored, with the last value."""

Sizes = tuple[int, ...]
Borders = tuple[tuple[int, int], ...]


def window_counts(
    spatial: Sizes, size: Sizes, stride: Sizes, dilation: Sizes, padding: Borders
) -> Sizes:
    """Return how many windows fit along each spatial axis; 0 or less where none does."""
    return tuple(
        (n + low + high - step * (k - 1) - 1) // s + 1
        for n, k, s, step, (low, high) in zip(spatial, size, stride, dilation, padding, strict=True)
    )


def _padded(a: Any, padding: Borders, mode: str, fill: float) -> Any:
    if not any(map(any, padding)):
        return a
    width = [(0, 0), (0, 0), *padding]
    if mode == "constant":
        return np.pad(a, width, constant_values=fill)
    return np.pad(a, width, mode=mode)  # type: ignore[call-overload] # one of MODES


def _unfold(
    a: Any,
    size: Sizes,
    stride: Sizes,
    dilation: Sizes,
    padding: Borders,
    mode: str = "constant",
    fill: float = 0.0,
) -> Any:
    """(batch, channels, *spatial) → (batch, channels · Π size, number of windows)."""
    whole = _padded(a, padding, mode, fill)
    axes = tuple(range(2, whole.ndim))
    extent = tuple(step * (k - 1) + 1 for k, step in zip(size, dilation, strict=True))
    windows: Any = np.lib.stride_tricks.sliding_window_view(whole, extent, axes)
    strided: Any = windows[
        (..., *(slice(None, None, s) for s in stride), *(slice(None),) * len(axes))
    ]
    chosen = strided[(..., *(slice(None, None, step) for step in dilation))]
    places = chosen.shape[2 : 2 + len(axes)]
    inside = tuple(axis + len(axes) for axis in axes)
    columns = np.transpose(chosen, (0, 1, *inside, *axes))
    batch, channels = a.shape[:2]
    return columns.reshape(batch, channels * math.prod(size), math.prod(places))


def _fold(
    a: Any,
    spatial: Sizes,
    size: Sizes,
    stride: Sizes,
    dilation: Sizes,
    padding: Borders,
    mode: str = "constant",
) -> Any:
    """(batch, channels · Π size, number of windows) → (batch, channels, *spatial), added up."""
    places = window_counts(spatial, size, stride, dilation, padding)
    batch, channels = a.shape[0], a.shape[1] // math.prod(size)
    columns = a.reshape(batch, channels, *size, *places)
    full = tuple(n + low + high for n, (low, high) in zip(spatial, padding, strict=True))
    whole = np.zeros((batch, channels, *full), dtype=a.dtype)
    for element in itertools.product(*map(range, size)):
        where: Any = tuple(
            slice(k * step, k * step + s * (n - 1) + 1, s)
            for k, step, s, n in zip(element, dilation, stride, places, strict=True)
        )
        whole[(..., *where)] += columns[(slice(None), slice(None), *element)]
    for axis, (low, high) in enumerate(padding, start=2):
        if low or high:
            whole = _gathered(whole, axis, low, high, mode)
    return whole


def _gathered(whole: Any, axis: int, low: int, high: int, mode: str) -> Any:
    """Cut a border off, adding it where its values had come from."""
    moved = np.moveaxis(whole, axis, 0)
    n = len(moved) - low - high
    inner = np.array(moved[low : low + n])
    if mode != "constant":
        sources = np.pad(np.arange(n), (low, high), mode=mode)  # type: ignore[call-overload]
        for place in (*range(low), *range(low + n, low + n + high)):
            inner[sources[place]] += moved[place]
    return np.moveaxis(inner, 0, axis)


def _unfold_vjp(
    slot: int,
    g: Any,
    out: Any,
    a: Any,
    size: Sizes,
    stride: Sizes,
    dilation: Sizes,
    padding: Borders,
    mode: str = "constant",
    fill: float = 0.0,
) -> Any:
    return call("fold", g, spatial=shape_of(a)[2:], size=size, stride=stride, dilation=dilation,
                padding=padding, mode=mode)  # fmt: skip


def _unfold_jvp(slot: int, t: Any, out: Any, a: Any, **params: Any) -> Any:
    return call("unfold", t, **{**params, "fill": 0.0})


def _fold_vjp(
    slot: int,
    g: Any,
    out: Any,
    a: Any,
    spatial: Sizes,
    size: Sizes,
    stride: Sizes,
    dilation: Sizes,
    padding: Borders,
    mode: str = "constant",
) -> Any:
    return call(
        "unfold", g, size=size, stride=stride, dilation=dilation, padding=padding, mode=mode
    )


def _options(*rows: Any) -> dict[str, Any]:
    size, stride, dilation, padding, mode = rows
    return {"size": size, "stride": stride, "dilation": dilation, "padding": padding, "mode": mode}


CASES: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 2, 5), _options((3,), (2,), (1,), ((1, 1),), "constant")),
    ((1, 2, 6), _options((2,), (1,), (2,), ((2, 1),), "wrap")),
    ((1, 2, 4, 3), _options((2, 2), (1, 2), (1, 1), ((1, 1), (0, 1)), "reflect")),
    ((1, 1, 3, 4), _options((2, 3), (2, 1), (2, 1), ((1, 0), (1, 1)), "edge")),
]
"""An image's shape and the options that its samples are taken with."""


def _unfold_samples(rng: np.random.Generator) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    return [((rng.normal(size=shape),), options) for shape, options in CASES]


def _fold_samples(rng: np.random.Generator) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    return [
        ((rng.normal(size=_unfold(np.zeros(shape), **options).shape),),
         {"spatial": shape[2:], **options})
        for shape, options in CASES
    ]  # fmt: skip


structured(
    "unfold",
    _unfold,
    family=FAMILY,
    arity=1,
    cost=FREE,
    rules=["fold(g)"],
    vjp=_unfold_vjp,
    jvp=_unfold_jvp,
    calls={},
    samples=_unfold_samples,
    notation=Notation("unfold", latex=r"\mathrm{{unfold}}({a0})"),
    doc="Every window of an image (batch, channels, *spatial) as a column.",
)
structured(
    "fold",
    _fold,
    family=FAMILY,
    arity=1,
    cost=summed,
    rules=["unfold(g)"],
    vjp=_fold_vjp,
    jvp="linear",
    calls={},
    samples=_fold_samples,
    notation=Notation("fold", latex=r"\mathrm{{fold}}({a0})"),
    doc="Columns added back into an image of the given spatial shape: the transpose of unfold.",
)
