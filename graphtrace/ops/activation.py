"""Activation functions.

The derivative used at a kink is the one on its flatter side: at 0 it is 0 for relu, the slope
b for leaky_relu, b for elu (as if approached from the left); at both ends of hard_tanh,
hard_sigmoid and relu6, of hard_shrink and soft_shrink it is 0; at the ends of hard_swish it is
0 and 1. These are PyTorch's choices.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.axes import leading
from graphtrace.ops.costs import FREE, Counts, lines
from graphtrace.ops.registry import OPS, elementwise, structured

FAMILY = "activation"
ANY = (-3.0, 3.0)
SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
GELU_SCALE = math.sqrt(2 / math.pi)
CUBIC = 3 * 0.044715 * GELU_SCALE
INNER = f"{GELU_SCALE!r}*(a + 0.044715*a**3)"
"""What the tanh approximation of gelu takes the hyperbolic tangent of."""


def _sigmoid(a: Any) -> Any:
    """1/(1 + exp(-a)): where exp overflows the result is 0, as it should be."""
    out = np.exp(-a)
    if out.__class__ is np.ndarray:
        out += 1
        return np.reciprocal(out, out)
    return 1 / (1 + out)


def _sigmoid_scalar(a: float) -> float:
    if a >= 0:
        return 1.0 / (1.0 + math.exp(-a))
    small = math.exp(a)
    return small / (1.0 + small)


def _relu(a: Any) -> Any:
    return np.maximum(a, 0)


def _softplus(a: Any) -> Any:
    return np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a)))


def _leaky_relu(a: Any, b: Any) -> Any:
    return np.where(a > 0, a, b * a)


elementwise(
    "relu",
    _relu,
    lambda a: a if a > 0 or a != a else 0.0,
    family=FAMILY,
    partials=["where(a > 0, 1, 0)"],
    samples=[ANY],
    definition="maximum(a, 0)",
    notation=Notation("ReLU", latex=r"\mathrm{{ReLU}}({a0})"),
)
elementwise(
    "relu_at",
    lambda a, b: _relu(a) + np.zeros_like(b),
    None,
    family=FAMILY,
    partials=["where(a > 0, 1, where(a == 0, b, 0))", None],
    samples=[ANY, (0.0, 1.0)],
    definition="maximum(a, 0)",
    notation=Notation("ReLU", latex=r"\mathrm{{ReLU}}({a0})"),
    calls=[],
    doc="relu with the number b for its derivative at 0, where it has none.",
)
elementwise(
    "leaky_relu",
    _leaky_relu,
    lambda a, b: a if a > 0 else b * a,
    family=FAMILY,
    partials=["where(a > 0, 1, b)", "where(a > 0, 0, a)"],
    samples=[ANY, (0.01, 0.3)],
    definition="where(a > 0, a, b*a)",
    notation=Notation("LReLU", latex=r"\mathrm{{LeakyReLU}}({args})"),
)
elementwise(
    "sigmoid",
    _sigmoid,
    _sigmoid_scalar,
    family=FAMILY,
    partials=["sigmoid(a)*(1 - sigmoid(a))"],
    samples=[ANY],
    definition="1/(1 + exp(-a))",
    notation=Notation("σ", latex=r"\sigma({a0})"),
)
elementwise(
    "relu6",
    lambda a: np.clip(a, 0, 6),
    None,
    family=FAMILY,
    partials=["where((a > 0)*(a < 6), 1, 0)"],
    samples=[(0.5, 5.5)],
    definition="minimum(maximum(a, 0), 6)",
    notation=Notation("ReLU6", latex=r"\mathrm{{ReLU6}}({a0})"),
)
elementwise(
    "elu",
    lambda a, b: np.where(a > 0, a, b * np.expm1(np.minimum(a, 0))),
    lambda a, b: b * math.expm1(a) if a <= 0 else a,
    family=FAMILY,
    partials=["where(a > 0, 1, b*exp(minimum(a, 0)))", "where(a > 0, 0, expm1(minimum(a, 0)))"],
    samples=[ANY, (0.5, 1.5)],
    definition="where(a > 0, a, b*(exp(a) - 1))",
    notation=Notation("ELU", latex=r"\mathrm{{ELU}}({args})"),
    doc="a where a > 0, else b*(exp(a) - 1). Clevert et al. 2016, arXiv:1511.07289.",
)
elementwise(
    "selu",
    lambda a: np.where(a > 0, SELU_SCALE * a, SELU_SCALE * SELU_ALPHA * np.expm1(np.minimum(a, 0))),
    None,
    family=FAMILY,
    partials=[f"where(a > 0, {SELU_SCALE!r}, {SELU_SCALE * SELU_ALPHA!r}*exp(minimum(a, 0)))"],
    samples=[ANY],
    definition=f"where(a > 0, {SELU_SCALE!r}*a, {SELU_SCALE * SELU_ALPHA!r}*(exp(a) - 1))",
    notation=Notation("SELU", latex=r"\mathrm{{SELU}}({a0})"),
    doc="Klambauer et al. 2017, arXiv:1706.02515, eq. 2.",
)
elementwise(
    "celu",
    lambda a, b: np.where(a > 0, a, b * np.expm1(np.minimum(a, 0) / b)),
    None,
    family=FAMILY,
    partials=[
        "where(a > 0, 1, exp(minimum(a, 0)/b))",
        "where(a > 0, 0, expm1(minimum(a, 0)/b) - minimum(a, 0)/b*exp(minimum(a, 0)/b))",
    ],
    samples=[ANY, (0.5, 1.5)],
    definition="where(a > 0, a, b*(exp(a/b) - 1))",
    notation=Notation("CELU", latex=r"\mathrm{{CELU}}({args})"),
    doc="a where a > 0, else b*(exp(a/b) - 1). Barron 2017, arXiv:1704.07483.",
)
elementwise(
    "gelu",
    lambda a: a * OPS["ndtr"].forward(a),
    None,
    family=FAMILY,
    partials=["ndtr(a) + a*exp(-a**2/2)/sqrt(2*pi)"],
    samples=[ANY],
    definition="a*(1 + erf(a/sqrt(2)))/2",
    notation=Notation("GELU", latex=r"\mathrm{{GELU}}({a0})"),
    doc="a*Φ(a). Hendrycks and Gimpel 2016, arXiv:1606.08415.",
)
elementwise(
    "gelu_tanh",
    lambda a: a / 2 * (1 + np.tanh(GELU_SCALE * (a + 0.044715 * a * a * a))),
    None,
    family=FAMILY,
    partials=[
        f"(1 + tanh({INNER}))/2 + a/2*(1 - tanh({INNER})**2)*({GELU_SCALE!r} + {CUBIC!r}*a**2)",
    ],
    samples=[ANY],
    definition=f"a/2*(1 + tanh({INNER}))",
    notation=Notation("GELU", latex=r"\mathrm{{GELU}}({a0})"),
    doc="The tanh approximation of gelu. Hendrycks and Gimpel 2016, arXiv:1606.08415, §2.",
)
elementwise(
    "silu",
    lambda a: a * _sigmoid(a),
    lambda a: a * _sigmoid_scalar(a),
    family=FAMILY,
    partials=["sigmoid(a)*(1 + a*(1 - sigmoid(a)))"],
    samples=[ANY],
    definition="a/(1 + exp(-a))",
    notation=Notation("SiLU", latex=r"\mathrm{{SiLU}}({a0})"),
    aliases=["swish"],
    doc="Elfwing et al. 2018, arXiv:1702.03118; as swish: Ramachandran et al., arXiv:1710.05941.",
)
elementwise(
    "softplus",
    _softplus,
    None,
    family=FAMILY,
    partials=["sigmoid(a)"],
    samples=[ANY],
    definition="log(1 + exp(a))",
    notation=Notation("softplus", latex=r"\mathrm{{softplus}}({a0})"),
    doc="log(1 + exp(a)), computed as max(a, 0) + log1p(exp(-|a|)).",
)
elementwise(
    "log_sigmoid",
    lambda a: -_softplus(-a),
    None,
    family=FAMILY,
    partials=["sigmoid(-a)"],
    samples=[ANY],
    definition="-log(1 + exp(-a))",
    notation=Notation("log σ", latex=r"\log\sigma({a0})"),
)
elementwise(
    "mish",
    lambda a: a * np.tanh(_softplus(a)),
    None,
    family=FAMILY,
    partials=["tanh(softplus(a)) + a*(1 - tanh(softplus(a))**2)*sigmoid(a)"],
    samples=[ANY],
    definition="a*tanh(log(1 + exp(a)))",
    notation=Notation("mish", latex=r"\mathrm{{mish}}({a0})"),
    doc="a*tanh(softplus(a)). Misra 2020, arXiv:1908.08681.",
)
elementwise(
    "softsign",
    lambda a: a / (1 + np.abs(a)),
    None,
    family=FAMILY,
    partials=["1/(1 + abs(a))**2"],
    samples=[ANY],
    definition="a/(1 + abs(a))",
    notation=Notation("softsign", latex=r"\mathrm{{softsign}}({a0})"),
)
elementwise(
    "hard_tanh",
    np.clip,
    None,
    family=FAMILY,
    partials=[
        "where((a > b)*(a < c), 1, 0)",
        "where((a <= b)*(b <= c), 1, 0)",
        "where(a >= c, 1, where(b > c, 1, 0))",
    ],
    samples=[ANY, (-2.0, -1.0), (1.0, 2.0)],
    definition="minimum(maximum(a, b), c)",
    notation=Notation("hardtanh", latex=r"\mathrm{{hardtanh}}({args})"),
    calls=[],
    doc="a limited to the interval from b to c; outside and at its ends a gets no gradient.",
)
elementwise(
    "hard_sigmoid",
    lambda a: np.clip(a + 3, 0, 6) / 6,
    None,
    family=FAMILY,
    partials=["where((a > -3)*(a < 3), 1, 0)/6"],
    samples=[(-2.9, 2.9)],
    definition="minimum(maximum(a + 3, 0), 6)/6",
    notation=Notation("hardσ", latex=r"\mathrm{{hard}}\sigma({a0})"),
)
elementwise(
    "hard_swish",
    lambda a: a * np.clip(a + 3, 0, 6) / 6,
    None,
    family=FAMILY,
    partials=["where(a >= 3, 1, where(a > -3, (2*a + 3)/6, 0))"],
    samples=[(-2.9, 5.0)],
    definition="a*minimum(maximum(a + 3, 0), 6)/6",
    notation=Notation("hardswish", latex=r"\mathrm{{hardswish}}({a0})"),
    doc="a*min(max(a + 3, 0), 6)/6. Howard et al. 2019, arXiv:1905.02244.",
)
elementwise(
    "hard_shrink",
    lambda a, b: np.where(np.abs(a) > b, a, 0 * a),
    None,
    family=FAMILY,
    partials=["where(abs(a) > b, 1, 0)", "0"],
    samples=[(1.0, 3.0), (0.2, 0.8)],
    definition="where(abs(a) > b, a, 0)",
    notation=Notation("hardshrink", latex=r"\mathrm{{hardshrink}}({args})"),
    doc="a where |a| > b, else 0.",
)
elementwise(
    "soft_shrink",
    lambda a, b: np.sign(a) * np.maximum(np.abs(a) - b, 0),
    None,
    family=FAMILY,
    partials=["where(abs(a) > b, 1, 0)", "where(abs(a) > b, -sign(a), 0)"],
    samples=[(1.0, 3.0), (0.2, 0.8)],
    definition="where(abs(a) > b, a - b*sign(a), 0)",
    notation=Notation("softshrink", latex=r"\mathrm{{softshrink}}({args})"),
    doc="sign(a)*max(|a| - b, 0): the proximal map of b*|a|.",
)
elementwise(
    "stop_gradient",
    np.copy,
    lambda a: a,
    family=FAMILY,
    cost=FREE,
    partials=[None],
    samples=[ANY],
    notation=Notation("stop", latex=r"\mathrm{{stop}}({a0})"),
    doc="The operand itself; no gradient passes.",
)


def _rows(rng: np.random.Generator) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    return [
        ((rng.normal(size=(4,)),), {}),
        ((rng.normal(size=(3, 4)),), {"axis": 0}),
        ((rng.normal(size=(3, 4)),), {"axis": None}),
    ]


def _softmax(a: Any, axis: int | None = -1) -> Any:
    if np.size(a) == 0:
        return np.copy(a)
    shifted = np.exp(a - np.max(a, axis=axis, keepdims=True))
    return shifted / np.sum(shifted, axis=axis, keepdims=True)


def _softmax_vjp(slot: int, g: Any, out: Any, a: Any, axis: int | None = -1) -> Any:
    return out * (g - np.sum(g * out, axis=axis, keepdims=True))


structured(
    "softmax",
    _softmax,
    family=FAMILY,
    arity=1,
    cost=lines(Counts(1, 2, 2), Counts(0, -1, -1)),
    rules=["out*(g - sum(g*out))"],
    vjp=_softmax_vjp,
    jvp=_softmax_vjp,
    many=leading(_softmax_vjp),
    calls={},
    samples=_rows,
    notation=Notation("softmax", latex=r"\mathrm{{softmax}}({a0})"),
    doc="exp(a)/sum(exp(a)) along an axis (default -1), shifted by the maximum.",
)


def _log_softmax(a: Any, axis: int | None = -1) -> Any:
    if np.size(a) == 0:
        return np.copy(a)
    shifted = a - np.max(a, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def _log_softmax_vjp(slot: int, g: Any, out: Any, a: Any, axis: int | None = -1) -> Any:
    return g - np.exp(out) * np.sum(g, axis=axis, keepdims=True)


def _log_softmax_jvp(slot: int, t: Any, out: Any, a: Any, axis: int | None = -1) -> Any:
    return t - np.sum(t * np.exp(out), axis=axis, keepdims=True)


structured(
    "log_softmax",
    _log_softmax,
    family=FAMILY,
    arity=1,
    cost=lines(Counts(0, 3, 2), Counts(0, -1, 0)),
    rules=["g - exp(out)*sum(g)"],
    vjp=_log_softmax_vjp,
    jvp=_log_softmax_jvp,
    many=leading(_log_softmax_jvp),
    calls={},
    samples=_rows,
    notation=Notation("log softmax", latex=r"\log\,\mathrm{{softmax}}({a0})"),
    doc="a - log(sum(exp(a))) along an axis (default -1), shifted by the maximum.",
)
