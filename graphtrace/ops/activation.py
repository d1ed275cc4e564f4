"""Activation functions.

The derivative of relu and leaky_relu at 0 is the one on the left (0, and the slope b).
"""

import math
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.registry import elementwise, structured

FAMILY = "activation"
ANY = (-3.0, 3.0)


def _sigmoid(a: Any) -> Any:
    """1/(1 + exp(-a)) without overflow, in the precision of `a`."""
    small = np.exp(-np.abs(a))
    return np.where(a >= 0, 1 / (1 + small), small / (1 + small))


def _sigmoid_scalar(a: float) -> float:
    if a >= 0:
        return 1.0 / (1.0 + math.exp(-a))
    small = math.exp(a)
    return small / (1.0 + small)


def _relu(a: Any) -> Any:
    return np.maximum(a, 0)


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


def _softmax(a: Any, axis: int | None = -1) -> Any:
    shifted = np.exp(a - np.max(a, axis=axis, keepdims=True))
    return shifted / np.sum(shifted, axis=axis, keepdims=True)


def _softmax_vjp(slot: int, g: Any, out: Any, a: Any, axis: int | None = -1) -> Any:
    return out * (g - np.sum(g * out, axis=axis, keepdims=True))


structured(
    "softmax",
    _softmax,
    family=FAMILY,
    arity=1,
    rules=["out*(g - sum(g*out))"],
    vjp=_softmax_vjp,
    jvp=_softmax_vjp,
    calls={},
    samples=lambda rng: [
        ((rng.normal(size=(4,)),), {}),
        ((rng.normal(size=(3, 4)),), {"axis": 0}),
        ((rng.normal(size=(3, 4)),), {"axis": None}),
    ],
    notation=Notation("softmax", latex=r"\mathrm{{softmax}}({a0})"),
    doc="exp(a)/sum(exp(a)) along an axis (default -1), shifted by the maximum.",
)
