"""Normalizations: subtract a mean, divide by a standard deviation, scale and shift again.

The variance is the mean of squared deviations (divided by n, not n - 1); `eps` is added to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from graphtrace.nn.parts import as_given, cast, composite, misfit, position
from graphtrace.ops.values import shape_of

__all__ = ["batch_norm", "group_norm", "instance_norm", "l2_normalize", "layer_norm", "rms_norm"]

Axes = int | Sequence[int]


@composite
def layer_norm(
    x: Any, weight: Any = None, bias: Any = None, *, axis: Axes = -1, eps: float = 1e-5
) -> Any:
    """Return (x - mean)/√(variance + eps)·weight + bias, over the given axes of each sample.

    weight and bias have the shape of those axes. Ba et al. 2016, arXiv:1607.06450.
    """
    x = as_given(x)
    axes = _axes("layer_norm", x, axis)
    return _scaled("layer_norm", _standardized(x, axes, eps), weight, bias, axes)


@composite
def rms_norm(x: Any, weight: Any = None, *, axis: Axes = -1, eps: float | None = None) -> Any:
    """Return x/√(mean(x²) + eps)·weight, over the given axes of each sample.

    `eps` is the precision of x unless given. Zhang and Sennrich 2019, arXiv:1910.07467.
    """
    x = as_given(x)
    axes = _axes("rms_norm", x, axis)
    tiny = float(np.finfo(x.dtype if x.dtype.kind == "f" else float).eps) if eps is None else eps
    y = x / np.sqrt(np.mean(np.square(x), axis=axes, keepdims=True) + tiny)
    return _scaled("rms_norm", y, weight, None, axes)


@composite
def batch_norm(
    x: Any,
    weight: Any = None,
    bias: Any = None,
    *,
    mean: Any = None,
    variance: Any = None,
    axis: int = 1,
    eps: float = 1e-5,
) -> Any:
    """Return (x - mean)/√(variance + eps)·weight + bias for each channel (the given axis).

    Without `mean` and `variance` they are taken over the batch (training); with both, which
    have one number for each channel, those are used (evaluation). Gradients flow through the
    statistics of the batch. Ioffe and Szegedy 2015, arXiv:1502.03167, algorithm 1.
    """
    x = as_given(x)
    channel = position("batch_norm", x, axis)
    if (mean is None) != (variance is None):
        raise misfit("batch_norm", "give mean and variance together, or neither")
    if mean is None:
        others = tuple(n for n in range(len(shape_of(x))) if n != channel)
        y = _standardized(x, others, eps)
    else:
        centre = _shaped("batch_norm", "mean", mean, x, (channel,))
        spread = _shaped("batch_norm", "variance", variance, x, (channel,))
        y = (x - centre) / np.sqrt(spread + eps)
    return _scaled("batch_norm", y, weight, bias, (channel,))


@composite
def group_norm(
    x: Any, groups: int, weight: Any = None, bias: Any = None, *, eps: float = 1e-5
) -> Any:
    """Return x normalized over each group of channels of each sample, scaled for each channel.

    x: (batch, channels, …); weight and bias: (channels,). Wu and He 2018, arXiv:1803.08494.
    """
    return _grouped("group_norm", x, groups, weight, bias, eps)


@composite
def instance_norm(x: Any, weight: Any = None, bias: Any = None, *, eps: float = 1e-5) -> Any:
    """Return x normalized for each channel of each sample; group_norm with one channel each.

    Ulyanov et al. 2016, arXiv:1607.08022.
    """
    x = as_given(x)
    return _grouped("instance_norm", x, max(shape_of(x)[1:2], default=1), weight, bias, eps)


@composite
def l2_normalize(x: Any, *, axis: int = -1, eps: float = 1e-12) -> Any:
    """Return x/max(‖x‖, eps) along an axis."""
    x = as_given(x)
    place = position("l2_normalize", x, axis)
    total = np.sum(np.square(x), axis=place, keepdims=True)
    return x / np.sqrt(np.maximum(total, eps * eps))


def _standardized(x: Any, axes: tuple[int, ...], eps: float) -> Any:
    centred = x - np.mean(x, axis=axes, keepdims=True)
    variance = np.mean(np.square(centred), axis=axes, keepdims=True)
    return centred / np.sqrt(variance + eps)


def _grouped(name: str, x: Any, groups: int, weight: Any, bias: Any, eps: float) -> Any:
    x = as_given(x)
    shape = shape_of(x)
    if len(shape) < 2 or groups < 1 or shape[1] % groups:
        raise misfit(name, f"x of shape {shape} (batch, channels, …) has no {groups} equal groups")
    split = np.reshape(x, (shape[0], groups, -1) if x.size else (*shape[:1], groups, 0))
    y = np.reshape(_standardized(split, (2,), eps), shape)
    return _scaled(name, y, weight, bias, (1,))


def _axes(name: str, x: Any, axis: Axes) -> tuple[int, ...]:
    given = (axis,) if isinstance(axis, (int, np.integer)) else tuple(axis)
    return tuple(sorted(position(name, x, int(n)) for n in given))


def _scaled(name: str, y: Any, weight: Any, bias: Any, axes: tuple[int, ...]) -> Any:
    if weight is not None:
        y = y * _shaped(name, "weight", weight, y, axes)
    if bias is not None:
        y = y + _shaped(name, "bias", bias, y, axes)
    return y


def _shaped(name: str, what: str, value: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """Return an array over some axes of x in a shape that broadcasts against x."""
    given, shape = cast(value, x), shape_of(x)
    expected = tuple(shape[n] for n in axes)
    if shape_of(given) != expected:
        raise misfit(
            name, f"{what} has shape {shape_of(given)}; x of shape {shape} needs {expected}"
        )
    if axes == tuple(range(len(shape) - len(axes), len(shape))):
        return given
    return np.reshape(given, tuple(n if k in axes else 1 for k, n in enumerate(shape)))
