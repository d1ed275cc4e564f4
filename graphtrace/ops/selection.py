"""Absolute value, comparisons, choices.

At a kink the derivative used is: 0 for abs at 0, one half for each side of a tie in maximum
and minimum, 1 on both ends of clip.
"""

import math
import operator
from collections.abc import Callable

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.registry import elementwise

FAMILY = "selection"
ANY = (-3.0, 3.0)


def _sign(a: float) -> float:
    return math.copysign(1.0, a) if a != 0 and a == a else a * 0.0 if a != a else 0.0


def _larger(a: float, b: float) -> float:
    return a if a > b or a != a else b


def _smaller(a: float, b: float) -> float:
    return a if a < b or a != a else b


elementwise(
    "abs",
    np.abs,
    abs,
    family=FAMILY,
    partials=["sign(a)"],
    samples=[ANY],
    notation=Notation("|x|", text="abs({a0})", latex=r"\left|{a0}\right|", sympy="Abs"),
    calls=[np.abs, np.fabs],
    aliases=["fabs", "absolute"],
)
elementwise(
    "sign",
    np.sign,
    _sign,
    family=FAMILY,
    partials=["0"],
    samples=[ANY],
    notation=Notation("sign", latex=r"\mathrm{{sign}}({a0})", sympy="sign"),
)
elementwise(
    "maximum",
    np.maximum,
    _larger,
    family=FAMILY,
    partials=[
        "where(a > b, 1, 0) + where(a == b, 1, 0)/2",
        "where(b > a, 1, 0) + where(a == b, 1, 0)/2",
    ],
    samples=[ANY, ANY],
    notation=Notation("max", latex=r"\max({args})", sympy="Max"),
)
elementwise(
    "minimum",
    np.minimum,
    _smaller,
    family=FAMILY,
    partials=[
        "where(a < b, 1, 0) + where(a == b, 1, 0)/2",
        "where(b < a, 1, 0) + where(a == b, 1, 0)/2",
    ],
    samples=[ANY, ANY],
    notation=Notation("min", latex=r"\min({args})", sympy="Min"),
)
elementwise(
    "where",
    np.where,
    lambda a, b, c: b if a else c,
    family=FAMILY,
    partials=[None, "where(a, 1, 0)", "where(a, 0, 1)"],
    samples=[(-1.0, 1.0), ANY, ANY],
    notation=Notation("where", latex=r"\mathrm{{where}}({args})"),
    calls=[np.where],
)
elementwise(
    "clip",
    np.clip,
    lambda a, b, c: min(max(a, b), c) if a == a else a,
    family=FAMILY,
    partials=["where((a >= b)*(a <= c), 1, 0)", "where(a < b, 1, 0)", "where(a > c, 1, 0)"],
    samples=[ANY, (-2.0, -1.0), (1.0, 2.0)],
    definition="minimum(maximum(a, b), c)",
    notation=Notation("clip", latex=r"\mathrm{{clip}}({args})"),
    calls=[np.clip],
)


def _compare(name: str, ufunc: np.ufunc, scalar: Callable[..., float], infix: str) -> None:
    elementwise(
        name,
        ufunc,
        scalar,
        family="comparison",
        partials=[None, None],
        samples=[ANY, ANY],
        notation=Notation(infix, infix=infix, precedence=2),
    )


_compare("less", np.less, operator.lt, "<")
_compare("less_equal", np.less_equal, operator.le, "<=")
_compare("greater", np.greater, operator.gt, ">")
_compare("greater_equal", np.greater_equal, operator.ge, ">=")
_compare("equal", np.equal, operator.eq, "==")
_compare("not_equal", np.not_equal, operator.ne, "!=")
elementwise(
    "logical_and",
    np.logical_and,
    lambda a, b: bool(a and b),
    family="comparison",
    partials=[None, None],
    samples=[ANY, ANY],
    notation=Notation("and"),
    calls=[np.logical_and, np.bitwise_and],
)
elementwise(
    "logical_or",
    np.logical_or,
    lambda a, b: bool(a or b),
    family="comparison",
    partials=[None, None],
    samples=[ANY, ANY],
    notation=Notation("or"),
    calls=[np.logical_or, np.bitwise_or],
)
elementwise(
    "logical_not",
    np.logical_not,
    lambda a: not a,
    family="comparison",
    partials=[None],
    samples=[ANY],
    notation=Notation("not"),
    calls=[np.logical_not, np.invert],
)
