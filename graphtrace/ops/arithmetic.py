"""Arithmetic, powers and the identity.

The rule of a power by its base, b·a^(b−1), has the exponent 0 instead of −1 for b = 0, and the
rule by its exponent, a^b·ln a, has ln 1 for a = 0: so a⁰ and 0^b have the derivative 0 to any
order, never 0·∞. By the exponent a negative base has none (NaN), which does not touch the base's.
np.float_power is recorded as power, in the operands' precision. hypot has none at the origin.
"""

import math
import operator

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.costs import FREE, each, power
from graphtrace.ops.registry import elementwise

FAMILY = "arithmetic"
ANY = (-3.0, 3.0)
POSITIVE = (0.2, 3.0)

elementwise(
    "identity",
    np.positive,
    lambda a: a,
    family=FAMILY,
    cost=FREE,
    partials=["1"],
    samples=[ANY],
    notation=Notation("=", text="{a0}", latex="{a0}"),
    calls=[np.positive, np.conjugate],
    doc="The operand itself, under another name.",
)
elementwise(
    "add",
    np.add,
    operator.add,
    family=FAMILY,
    cost=each(additions=1),
    partials=["1", "1"],
    samples=[ANY, ANY],
    notation=Notation("+", infix="+", precedence=4),
)
elementwise(
    "subtract",
    np.subtract,
    operator.sub,
    family=FAMILY,
    cost=each(additions=1),
    partials=["1", "-1"],
    samples=[ANY, ANY],
    notation=Notation("−", infix="-", precedence=4),
)
elementwise(
    "multiply",
    np.multiply,
    operator.mul,
    family=FAMILY,
    cost=each(multiplications=1),
    partials=["b", "a"],
    samples=[ANY, ANY],
    notation=Notation("×", infix="*", precedence=5),
)
elementwise(
    "divide",
    np.divide,
    operator.truediv,
    family=FAMILY,
    cost=each(multiplications=1),
    partials=["1/b", "-a/b**2"],
    samples=[ANY, POSITIVE],
    notation=Notation("÷", infix="/", precedence=5),
)
elementwise(
    "negative",
    np.negative,
    operator.neg,
    family=FAMILY,
    cost=each(additions=1),
    partials=["-1"],
    samples=[ANY],
    notation=Notation("neg", infix="-", precedence=6),
)
elementwise(
    "power",
    np.power,
    math.pow,
    family=FAMILY,
    cost=power,
    partials=[
        "b*a**(b - 1 + where(b == 0, 1, 0))",
        "a**b*log(a + where(a == 0, 1, 0))",
    ],
    samples=[POSITIVE, ANY],
    notation=Notation("^", infix="**", precedence=8),
    calls=[np.power, np.float_power],
    aliases=["pow"],
)
elementwise(
    "square",
    np.square,
    lambda a: a * a,
    family=FAMILY,
    cost=each(multiplications=1),
    partials=["2*a"],
    samples=[ANY],
    definition="a**2",
    notation=Notation("x²", latex="{0}^{{2}}"),
)
elementwise(
    "sqrt",
    np.sqrt,
    math.sqrt,
    family=FAMILY,
    partials=["1/(2*sqrt(a))"],
    samples=[POSITIVE],
    notation=Notation("√", latex=r"\sqrt{{{a0}}}", sympy="sqrt"),
)
elementwise(
    "cbrt",
    np.cbrt,
    getattr(math, "cbrt", None),
    family=FAMILY,
    partials=["1/(3*cbrt(a)**2)"],
    samples=[POSITIVE],
    notation=Notation("∛", latex=r"\sqrt[3]{{{a0}}}", sympy="cbrt"),
)
elementwise(
    "reciprocal",
    np.reciprocal,
    lambda a: 1.0 / a,
    family=FAMILY,
    partials=["-1/a**2"],
    samples=[POSITIVE],
    definition="1/a",
    notation=Notation("1/x", latex=r"\frac{{1}}{{{a0}}}"),
)
elementwise(
    "hypot",
    np.hypot,
    math.hypot,
    family=FAMILY,
    partials=["a/hypot(a, b)", "b/hypot(a, b)"],
    samples=[POSITIVE, ANY],
    definition="sqrt(a**2 + b**2)",
    notation=Notation("hypot", latex=r"\mathrm{{hypot}}({args})"),
)
