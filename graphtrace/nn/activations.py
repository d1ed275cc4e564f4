"""Activation functions, elementwise but for softmax and its kin.

The derivative used at a kink is documented in `graphtrace.ops.activation`: the one on the
flatter side, as in PyTorch.
"""

from typing import Any

import numpy as np

from graphtrace.nn.parts import as_given, choice, composite, misfit, of, position
from graphtrace.ops.values import shape_of
from graphtrace.tape.var import Var

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softmin",
    "softplus",
    "softsign",
    "swish",
    "tanh_shrink",
]


def relu(x: Any, *, at_zero: float = 0.0) -> Any:
    """Return max(x, 0), elementwise.

    `at_zero` is what stands for its derivative at 0, where it has none: 0 as in PyTorch, or any
    number, such as 1 or one half.
    """
    return of("relu", x) if at_zero == 0 else of("relu_at", x, float(at_zero))


def relu6(x: Any) -> Any:
    """Return min(max(x, 0), 6), elementwise; its derivative at 0 and 6 is 0."""
    return of("relu6", x)


def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """Return x where x > 0, else slope·x; its derivative at 0 is the slope."""
    return of("leaky_relu", x, slope)


@composite
def prelu(x: Any, slope: Any, *, axis: int = 1) -> Any:
    """Return x where x > 0, else slope·x, with a learned slope for all or for each channel.

    `slope` has shape (), (1,) or (x.shape[axis],). He et al. 2015, arXiv:1502.01852.
    """
    count = shape_of(as_given(slope))
    if count in ((), (1,)):
        return of("leaky_relu", x, slope)
    place = position("prelu", x, axis)
    if count != (shape_of(x)[place],):
        raise misfit("prelu", f"{count} slopes for {shape_of(x)[place]} channels (axis {axis})")
    rest = (1,) * (len(shape_of(x)) - place - 1)
    return of("leaky_relu", x, np.reshape(slope, (*count, *rest)))


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """Return x where x > 0, else alpha·(exp(x) - 1). Clevert et al. 2016, arXiv:1511.07289."""
    return of("elu", x, alpha)


def selu(x: Any) -> Any:
    """Return 1.0507·elu(x, 1.6733). Klambauer et al. 2017, arXiv:1706.02515."""
    return of("selu", x)


def celu(x: Any, alpha: Any = 1.0) -> Any:
    """Return x where x > 0, else alpha·(exp(x/alpha) - 1). Barron 2017, arXiv:1704.07483."""
    return of("celu", x, alpha)


def gelu(x: Any, approximate: str = "none") -> Any:
    """Return x·Φ(x), Φ the normal distribution function.

    With `approximate="tanh"`: x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
    Hendrycks and Gimpel 2016, arXiv:1606.08415.
    """
    choice("gelu", "approximate", approximate, ("none", "tanh"))
    return of("gelu" if approximate == "none" else "gelu_tanh", x)


def silu(x: Any) -> Any:
    """Return x·sigmoid(x), also known as swish. Elfwing et al. 2018, arXiv:1702.03118."""
    return of("silu", x)


swish = silu


def mish(x: Any) -> Any:
    """Return x·tanh(softplus(x)). Misra 2020, arXiv:1908.08681."""
    return of("mish", x)


def softplus(x: Any, beta: Any = 1.0) -> Any:
    """Return log(1 + exp(beta·x))/beta, without overflow."""
    return of("softplus", x) if beta.__class__ is not Var and beta == 1 else _softplus(x, beta)


@composite
def _softplus(x: Any, beta: Any) -> Any:
    return of("softplus", as_given(x) * beta) / beta


def softsign(x: Any) -> Any:
    """Return x/(1 + |x|), elementwise."""
    return of("softsign", x)


def hard_tanh(x: Any, low: Any = -1.0, high: Any = 1.0) -> Any:
    """Return x limited to the interval from low to high; the derivative at both ends is 0."""
    return of("hard_tanh", x, low, high)


def hard_sigmoid(x: Any) -> Any:
    """Return min(max(x + 3, 0), 6)/6; the derivative at -3 and 3 is 0."""
    return of("hard_sigmoid", x)


def hard_swish(x: Any) -> Any:
    """Return x·hard_sigmoid(x). Howard et al. 2019, arXiv:1905.02244."""
    return of("hard_swish", x)


def hard_shrink(x: Any, threshold: Any = 0.5) -> Any:
    """Return x where |x| > threshold, else 0."""
    return of("hard_shrink", x, threshold)


def soft_shrink(x: Any, threshold: Any = 0.5) -> Any:
    """Return sign(x)·max(|x| - threshold, 0): the proximal map of threshold·|x|."""
    return of("soft_shrink", x, threshold)


@composite
def tanh_shrink(x: Any) -> Any:
    """Return x - tanh(x)."""
    x = as_given(x)
    return x - np.tanh(x)


def sigmoid(x: Any) -> Any:
    """Return 1/(1 + exp(-x)), elementwise, without overflow."""
    return of("sigmoid", x)


def log_sigmoid(x: Any) -> Any:
    """Return log(sigmoid(x)) = -softplus(-x), without overflow."""
    return of("log_sigmoid", x)


def softmax(x: Any, axis: int | None = -1) -> Any:
    """Return exp(x)/Σexp(x) along an axis (None: over all), shifted by the maximum."""
    return of("softmax", x) if axis == -1 else of("softmax", x, axis=axis)


def log_softmax(x: Any, axis: int | None = -1) -> Any:
    """Return x - log(Σexp(x)) along an axis (None: over all), shifted by the maximum."""
    return of("log_softmax", x) if axis == -1 else of("log_softmax", x, axis=axis)


@composite
def softmin(x: Any, axis: int | None = -1) -> Any:
    """Return softmax(-x) along an axis."""
    return softmax(-as_given(x), axis)


@composite
def glu(x: Any, axis: int = -1) -> Any:
    """Return a·sigmoid(b) of the two halves of x along an axis.

    Dauphin et al. 2017, arXiv:1612.08083. Raises ShapeError when the axis has odd length.
    """
    x = as_given(x)
    place = position("glu", x, axis)
    length = shape_of(x)[place]
    if length % 2:
        raise misfit("glu", f"axis {axis} has {length} elements, which is odd: it has no halves")
    before = (slice(None),) * place
    value, gate = x[(*before, slice(length // 2))], x[(*before, slice(length // 2, None))]
    return value * of("sigmoid", gate)
