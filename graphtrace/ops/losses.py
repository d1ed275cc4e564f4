"""Losses of one prediction and one target, elementwise and without overflow.

At a kink: huber's derivative is the same from both sides. Probabilities of exactly 0 and 1
in binary_cross_entropy are treated as PyTorch does: logarithms are at least -100, and the
denominator of the derivative at least 1e-12.
"""

from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.registry import elementwise

FAMILY = "loss"
ANY = (-3.0, 3.0)
PROBABILITY = (0.1, 0.9)


def _huber(a: Any, b: Any) -> Any:
    size = np.abs(a)
    return np.where(size <= b, a * a / 2, b * (size - b / 2))


def _binary_cross_entropy(a: Any, b: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        yes, no = np.maximum(np.log(a), -100), np.maximum(np.log1p(-a), -100)
    return -(b * yes + (1 - b) * no)


def _bce_with_logits(a: Any, b: Any) -> Any:
    return np.maximum(a, 0) - a * b + np.log1p(np.exp(-np.abs(a)))


def _relative_entropy(a: Any, b: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(a == 0, 0 * a, a * (np.log(a) - b))


elementwise(
    "huber",
    _huber,
    None,
    family=FAMILY,
    partials=["minimum(maximum(a, -b), b)", "where(abs(a) <= b, 0, abs(a) - b)"],
    samples=[ANY, (0.5, 1.5)],
    definition="where(abs(a) <= b, a**2/2, b*(abs(a) - b/2))",
    notation=Notation("huber", latex=r"\mathrm{{huber}}({args})"),
    doc="a²/2 where |a| ≤ b, else b*(|a| - b/2). Huber 1964, Ann. Math. Statist. 35.",
)
elementwise(
    "binary_cross_entropy",
    _binary_cross_entropy,
    None,
    family=FAMILY,
    partials=[
        "(a - b)/maximum(a*(1 - a), 1e-12)",
        "maximum(log(1 - a), -100) - maximum(log(a), -100)",
    ],
    samples=[PROBABILITY, PROBABILITY],
    definition="-(b*log(a) + (1 - b)*log(1 - a))",
    notation=Notation("BCE", latex=r"\mathrm{{BCE}}({args})"),
    doc="-(b*log(a) + (1 - b)*log(1 - a)) of a probability a and a target b.",
)
elementwise(
    "bce_with_logits",
    _bce_with_logits,
    None,
    family=FAMILY,
    partials=["sigmoid(a) - b", "-a"],
    samples=[ANY, PROBABILITY],
    definition="log(1 + exp(a)) - a*b",
    notation=Notation("BCE", latex=r"\mathrm{{BCE}}_{{\sigma}}({args})"),
    doc="log(1 + exp(a)) - a*b: the cross-entropy of sigmoid(a) and a target b.",
)
elementwise(
    "relative_entropy",
    _relative_entropy,
    None,
    family=FAMILY,
    partials=["log(a) + 1 - b", "-a"],
    samples=[PROBABILITY, ANY],
    definition="a*(log(a) - b)",
    notation=Notation("KL", latex=r"\mathrm{{KL}}({args})"),
    doc="a*(log(a) - b) of a probability a and a log-probability b; 0 where a is 0.",
)
