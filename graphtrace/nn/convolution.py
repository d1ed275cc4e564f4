"""Convolution and pooling over one or two spatial axes.

Images are (batch, channels, *spatial), or (channels, *spatial) for one image. All are made
of `unfold` (every window as a column; see `graphtrace.ops.convolution`) and a matrix product
or a reduction. As everywhere in the field, "convolution" is correlation: the kernel is not
turned around.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from graphtrace.nn.parts import as_given, choice, composite, misfit, of, refused
from graphtrace.ops.convolution import window_counts
from graphtrace.ops.values import shape_of

__all__ = [
    "avg_pool",
    "avg_pool1d",
    "avg_pool2d",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "global_avg_pool",
    "global_max_pool",
    "max_pool",
    "max_pool1d",
    "max_pool2d",
]

BORDERS = {"zero": "constant", "circular": "wrap", "reflect": "reflect", "replicate": "edge"}
"""NumPy's words for how a border is filled."""
Sizes = tuple[int, ...]


@composite
def conv1d(
    x: Any,
    weight: Any,
    bias: Any = None,
    *,
    stride: int | Sizes = 1,
    padding: int | str | Sizes = 0,
    border: str = "zero",
    dilation: int | Sizes = 1,
    groups: int = 1,
) -> Any:
    """Correlate signals with kernels; see `conv2d`.

    x: (batch, channels, n) or (channels, n); weight: (outputs, channels/groups, k).
    """
    return _convolve("conv1d", 1, x, weight, bias, stride, padding, border, dilation, groups)


@composite
def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    *,
    stride: int | Sizes = 1,
    padding: int | str | Sizes = 0,
    border: str = "zero",
    dilation: int | Sizes = 1,
    groups: int = 1,
) -> Any:
    """Return y[b, o, i] = bias[o] + Σ_c,k weight[o, c, k]·x[b, c, stride·i + dilation·k - padding].

    x: (batch, channels, h, w) or (channels, h, w); weight: (outputs, channels/groups, kh, kw);
    result: (batch, outputs, ⌊(h + 2·padding - dilation·(kh - 1) - 1)/stride⌋ + 1, …).
    `padding` is a number, one for each axis, "valid" (0) or "same" (for stride 1); `border`
    is how it is filled: "zero", "circular", "reflect" or "replicate". With `groups`, each group
    of outputs sees its own group of channels.

    Raises ShapeError when shapes do not fit. Dumoulin and Visin 2016, arXiv:1603.07285.
    """
    return _convolve("conv2d", 2, x, weight, bias, stride, padding, border, dilation, groups)


@composite
def conv_transpose1d(
    x: Any, weight: Any, bias: Any = None, *, stride: int | Sizes = 1, padding: int | Sizes = 0
) -> Any:
    """Return the transpose of conv1d: x (batch, inputs, n), weight (inputs, outputs, k)."""
    return _transposed("conv_transpose1d", 1, x, weight, bias, stride, padding)


@composite
def conv_transpose2d(
    x: Any, weight: Any, bias: Any = None, *, stride: int | Sizes = 1, padding: int | Sizes = 0
) -> Any:
    """Return the transpose of conv2d: every x scaled into its window, windows added up.

    x: (batch, inputs, h, w), weight: (inputs, outputs, kh, kw); result:
    (batch, outputs, stride·(h - 1) + kh - 2·padding, …).
    """
    return _transposed("conv_transpose2d", 2, x, weight, bias, stride, padding)


@composite
def max_pool(
    x: Any,
    size: int | Sizes,
    *,
    stride: int | Sizes | None = None,
    padding: int | Sizes = 0,
    dilation: int | Sizes = 1,
) -> Any:
    """Return the maximum of every window, over one or two spatial axes; see `max_pool2d`.

    A `size` of several numbers has one for each; else x is (batch, channels, *spatial).
    """
    axes = _pooled_axes("max_pool", x, size)
    return _pool("max_pool", axes, "max", x, size, stride, padding, dilation)


@composite
def max_pool1d(
    x: Any,
    size: int | Sizes,
    *,
    stride: int | Sizes | None = None,
    padding: int | Sizes = 0,
    dilation: int | Sizes = 1,
) -> Any:
    """Return the maximum of every window (default stride: its size); see `max_pool2d`."""
    return _pool("max_pool1d", 1, "max", x, size, stride, padding, dilation)


@composite
def max_pool2d(
    x: Any,
    size: int | Sizes,
    *,
    stride: int | Sizes | None = None,
    padding: int | Sizes = 0,
    dilation: int | Sizes = 1,
) -> Any:
    """Return the maximum of every window (default stride: its size); borders never win.

    k equal maxima of a window get 1/k of its gradient each.
    """
    return _pool("max_pool2d", 2, "max", x, size, stride, padding, dilation)


@composite
def avg_pool(
    x: Any, size: int | Sizes, *, stride: int | Sizes | None = None, padding: int | Sizes = 0
) -> Any:
    """Return the mean of every window, over one or two spatial axes as in `max_pool`."""
    axes = _pooled_axes("avg_pool", x, size)
    return _pool("avg_pool", axes, "mean", x, size, stride, padding, 1)


@composite
def avg_pool1d(
    x: Any, size: int | Sizes, *, stride: int | Sizes | None = None, padding: int | Sizes = 0
) -> Any:
    """Return the mean of every window (default stride: its size), borders counted as zeros."""
    return _pool("avg_pool1d", 1, "mean", x, size, stride, padding, 1)


@composite
def avg_pool2d(
    x: Any, size: int | Sizes, *, stride: int | Sizes | None = None, padding: int | Sizes = 0
) -> Any:
    """Return the mean of every window (default stride: its size), borders counted as zeros."""
    return _pool("avg_pool2d", 2, "mean", x, size, stride, padding, 1)


@composite
def global_avg_pool(x: Any) -> Any:
    """Return the mean over all spatial axes: (batch, channels, *spatial) → (batch, channels)."""
    x = as_given(x)
    return np.mean(x, axis=_spatial("global_avg_pool", x))


@composite
def global_max_pool(x: Any) -> Any:
    """Return the maximum over all spatial axes: (batch, channels, *spatial) → (batch, channels)."""
    x = as_given(x)
    return np.max(x, axis=_spatial("global_max_pool", x))


def _spatial(name: str, x: Any) -> Sizes:
    if len(shape_of(x)) < 3:
        raise misfit(name, f"x is (batch, channels, *spatial), not of shape {shape_of(x)}")
    return tuple(range(2, len(shape_of(x))))


def _convolve(
    name: str,
    axes: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: int | Sizes,
    padding: int | str | Sizes,
    border: str,
    dilation: int | Sizes,
    groups: int,
) -> Any:
    x, single = _batched(name, axes, x)
    weight = as_given(weight)
    channels, kernel = shape_of(x)[1], shape_of(weight)
    if len(kernel) != axes + 2 or kernel[1] * groups != channels or kernel[0] % groups:
        raise misfit(
            name,
            f"{channels} channels in {groups} group{'s' * (groups != 1)} need a weight of shape "
            f"(outputs, {channels / groups:g}, {', '.join('k' * axes)}), not {kernel}",
        )
    choice(name, "border", border, tuple(BORDERS))
    steps = _sizes(name, "dilation", dilation, axes)
    options: dict[str, Any] = {
        "size": kernel[2:],
        "stride": _sizes(name, "stride", stride, axes),
        "dilation": steps,
        "padding": _borders(name, padding, kernel[2:], steps, stride),
    }
    places = _places(name, x, options)
    columns = of("unfold", x, **options, mode=BORDERS[border])
    product = _grouped(weight, columns, groups)
    y = np.reshape(product, (shape_of(x)[0], kernel[0], *places))
    return _finished(name, y, bias, single)


def _grouped(weight: Any, columns: Any, groups: int) -> Any:
    """Multiply kernels, as rows, with the columns of their group."""
    outputs = shape_of(weight)[0]
    if groups == 1:
        return np.matmul(np.reshape(weight, (outputs, -1)), columns)
    batch, _, count = shape_of(columns)
    rows = np.reshape(weight, (groups, outputs // groups, -1))
    return np.matmul(rows, np.reshape(columns, (batch, groups, -1, count)))


def _transposed(
    name: str,
    axes: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: int | Sizes,
    padding: int | Sizes,
) -> Any:
    x, single = _batched(name, axes, x)
    weight = as_given(weight)
    batch, inputs, *spatial = shape_of(x)
    kernel = shape_of(weight)
    if len(kernel) != axes + 2 or kernel[0] != inputs:
        raise misfit(
            name,
            f"{inputs} channels need a weight of shape ({inputs}, outputs, "
            f"{', '.join('k' * axes)}), not {kernel}",
        )
    strides = _sizes(name, "stride", stride, axes)
    borders = _sizes(name, "padding", padding, axes)
    result = tuple(
        s * (n - 1) + k - 2 * border
        for n, k, s, border in zip(spatial, kernel[2:], strides, borders, strict=True)
    )
    if min(result) < 1:
        raise misfit(name, f"padding {padding} leaves nothing of an input of shape {shape_of(x)}")
    rows = np.transpose(np.reshape(weight, (inputs, -1)))
    columns = np.matmul(rows, np.reshape(x, (batch, inputs, -1)))
    y = of(
        "fold",
        columns,
        spatial=result,
        size=kernel[2:],
        stride=strides,
        dilation=(1,) * axes,
        padding=tuple((border, border) for border in borders),
    )
    return _finished(name, y, bias, single)


def _pool(
    name: str,
    axes: int,
    kind: str,
    x: Any,
    size: int | Sizes,
    stride: int | Sizes | None,
    padding: int | Sizes,
    dilation: int | Sizes,
) -> Any:
    x, single = _batched(name, axes, x)
    window = _sizes(name, "size", size, axes)
    borders = _sizes(name, "padding", padding, axes)
    if any(2 * border > k for border, k in zip(borders, window, strict=True)):
        raise misfit(name, f"padding {padding} is more than half of a window of {size}")
    options: dict[str, Any] = {
        "size": window,
        "stride": window if stride is None else _sizes(name, "stride", stride, axes),
        "dilation": _sizes(name, "dilation", dilation, axes),
        "padding": tuple((border, border) for border in borders),
    }
    batch, channels = shape_of(x)[:2]
    places = _places(name, x, options)
    if kind == "max" and any(borders):
        options["fill"] = -math.inf
    columns = of("unfold", x, **options)
    windows = np.reshape(columns, (batch, channels, math.prod(window), math.prod(places)))
    reduced = np.max(windows, axis=2) if kind == "max" else np.mean(windows, axis=2)
    return _finished(name, np.reshape(reduced, (batch, channels, *places)), None, single)


def _pooled_axes(name: str, x: Any, size: int | Sizes) -> int:
    """Return the number of spatial axes: of the sizes, or else of a batch of images."""
    axes = len(shape_of(as_given(x))) - 2 if isinstance(size, (int, np.integer)) else len(size)
    if axes not in (1, 2):
        raise misfit(
            name,
            "x is (batch, channels, n) or (batch, channels, h, w), or size has a number for each "
            f"spatial axis; x has shape {shape_of(as_given(x))}, size is {size}",
        )
    return axes


def _batched(name: str, axes: int, x: Any) -> tuple[Any, bool]:
    """Return x with a batch axis, and whether it had none."""
    x = as_given(x)
    shape = shape_of(x)
    if len(shape) not in (axes + 1, axes + 2):
        spatial = ", ".join(("h", "w")[:axes] if axes == 2 else "n")
        raise misfit(name, f"x is (batch, channels, {spatial}), not of shape {shape}")
    single = len(shape) == axes + 1
    return (np.reshape(x, (1, *shape)) if single else x), single


def _finished(name: str, y: Any, bias: Any, single: bool) -> Any:
    if bias is not None:
        outputs = shape_of(y)[1]
        if shape_of(as_given(bias)) != (outputs,):
            raise misfit(name, f"a bias of shape {shape_of(as_given(bias))} for {outputs} outputs")
        y = y + np.reshape(bias, (outputs, *(1,) * (len(shape_of(y)) - 2)))
    return np.reshape(y, shape_of(y)[1:]) if single else y


def _places(name: str, x: Any, options: dict[str, Any]) -> Sizes:
    """Return how many windows fit along each axis, or say why none does."""
    spatial = shape_of(x)[2:]
    places = window_counts(spatial, **options)
    if min(places) < 1:
        window, image = ("×".join(map(str, sizes)) for sizes in (options["size"], spatial))
        raise misfit(
            name,
            f"a window of {window} (dilation {options['dilation']}) does not fit an input of "
            f"{image} (padding {options['padding']})",
        )
    return places


def _sizes(name: str, what: str, given: int | Sizes, axes: int) -> Sizes:
    """Return one number for each axis; all are at least 1, paddings at least 0."""
    found = (given,) * axes if isinstance(given, (int, np.integer)) else tuple(given)
    least = 0 if what == "padding" else 1
    if len(found) != axes or not all(
        isinstance(n, (int, np.integer)) and n >= least for n in found
    ):
        kind = "a number" if axes == 1 else f"a number or {axes} numbers"
        raise refused(name, f"{what} is {kind} of at least {least}, not {given!r}")
    return tuple(int(n) for n in found)


def _borders(
    name: str, padding: int | str | Sizes, size: Sizes, dilation: Sizes, stride: int | Sizes
) -> tuple[tuple[int, int], ...]:
    if isinstance(padding, str):
        choice(name, "padding", padding, ("valid", "same"))
        if padding == "valid":
            return ((0, 0),) * len(size)
        if set(_sizes(name, "stride", stride, len(size))) != {1}:
            raise refused(name, "padding 'same' needs stride 1")
        spans = [step * (k - 1) for k, step in zip(size, dilation, strict=True)]
        return tuple((span // 2, span - span // 2) for span in spans)
    return tuple((n, n) for n in _sizes(name, "padding", padding, len(size)))
