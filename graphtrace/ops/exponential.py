"""Exponentials and logarithms."""

import math

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.registry import elementwise

FAMILY = "exponential"
ANY = (-2.0, 2.0)
POSITIVE = (0.2, 3.0)

elementwise(
    "exp",
    np.exp,
    math.exp,
    family=FAMILY,
    partials=["exp(a)"],
    samples=[ANY],
    notation=Notation("exp", latex=r"\exp({a0})", sympy="exp"),
)
elementwise(
    "log",
    np.log,
    math.log,
    family=FAMILY,
    partials=["1/a"],
    samples=[POSITIVE],
    notation=Notation("ln", text="ln({a0})", latex=r"\ln({a0})", sympy="log"),
    aliases=["ln"],
)
elementwise(
    "exp2",
    np.exp2,
    lambda a: math.pow(2.0, a),
    family=FAMILY,
    partials=["exp2(a)*log(2)"],
    samples=[ANY],
    definition="2**a",
    notation=Notation("2ˣ", latex="2^{{{a0}}}"),
)
elementwise(
    "expm1",
    np.expm1,
    math.expm1,
    family=FAMILY,
    partials=["expm1(a) + 1"],
    samples=[ANY],
    definition="exp(a) - 1",
    notation=Notation("expm1", latex=r"(\exp({a0}) - 1)"),
)
elementwise(
    "log2",
    np.log2,
    math.log2,
    family=FAMILY,
    partials=["1/(a*log(2))"],
    samples=[POSITIVE],
    definition="log(a)/log(2)",
    notation=Notation("log₂", latex=r"\log_{{2}}({a0})"),
)
elementwise(
    "log10",
    np.log10,
    math.log10,
    family=FAMILY,
    partials=["1/(a*log(10))"],
    samples=[POSITIVE],
    definition="log(a)/log(10)",
    notation=Notation("log₁₀", latex=r"\log_{{10}}({a0})"),
)
elementwise(
    "log1p",
    np.log1p,
    math.log1p,
    family=FAMILY,
    partials=["1/(1 + a)"],
    samples=[POSITIVE],
    definition="log(1 + a)",
    notation=Notation("log1p", latex=r"\ln(1 + {a0})"),
)
elementwise(
    "logaddexp",
    np.logaddexp,
    None,
    family=FAMILY,
    partials=["exp(a - logaddexp(a, b))", "exp(b - logaddexp(a, b))"],
    samples=[ANY, ANY],
    definition="log(exp(a) + exp(b))",
    notation=Notation("logaddexp", latex=r"\ln(e^{{{a0}}} + e^{{{a1}}})"),
)
elementwise(
    "logaddexp2",
    np.logaddexp2,
    None,
    family=FAMILY,
    partials=["exp2(a - logaddexp2(a, b))", "exp2(b - logaddexp2(a, b))"],
    samples=[ANY, ANY],
    definition="log2(2**a + 2**b)",
    notation=Notation("logaddexp2", latex=r"\log_{{2}}(2^{{{a0}}} + 2^{{{a1}}})"),
)
