"""Absolute value, comparisons, choices.

At a kink the derivative used is: 0 for abs at 0, one half for each side of a tie in maximum
and minimum (fmax and fmin too), 1 on both ends of clip. Where one side of fmax or fmin is NaN
the other gets the whole gradient. What where does not choose gets exactly 0, whatever the
gradient on the other side is: so a function can be kept inside of its domain by a where around
its operand and another around its result.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.registry import CALLS, elementwise
from graphtrace.ops.values import shape_of, unbroadcast

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
WHERE = elementwise(
    "where",
    np.where,
    lambda a, b, c: b if a else c,
    family=FAMILY,
    partials=[None, "where(a, 1, 0)", "where(a, 0, 1)"],
    samples=[(-1.0, 1.0), ANY, ANY],
    notation=Notation("where", latex=r"\mathrm{{where}}({args})"),
    calls=[np.where],
)


def _chosen(slot: int, moved: Any, a: Any) -> Any:
    """Return what passes through the chosen side; NaN and infinity of the other never do."""
    return np.where(a, moved, 0) if slot == 1 else np.where(a, 0, moved)


def _where_vjp(slot: int, g: Any, out: Any, a: Any, b: Any, c: Any) -> Any:
    return unbroadcast(_chosen(slot, g, a), b if slot == 1 else c)


def _where_jvp(slot: int, t: Any, out: Any, a: Any, b: Any, c: Any) -> Any:
    return np.broadcast_to(_chosen(slot, t, a), shape_of(out))


def _bind_where(condition: Any, *sides: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if len(sides) != 2:
        raise TypeError("a condition alone gives its places: use np.nonzero")
    return (condition, *sides), {}


WHERE.vjp, WHERE.jvp = _where_vjp, _where_jvp
CALLS[np.where] = (WHERE, _bind_where)
elementwise(
    "fmax",
    np.fmax,
    None,
    family=FAMILY,
    partials=[
        "where(isnan(b), 1, where(a > b, 1, 0) + where(a == b, 1, 0)/2)",
        "where(isnan(a), 1, where(b > a, 1, 0) + where(a == b, 1, 0)/2)",
    ],
    samples=[ANY, ANY],
    definition="maximum(a, b)",
    notation=Notation("fmax", latex=r"\mathrm{{fmax}}({args})"),
    doc="The larger one; where one is NaN, the other.",
)
elementwise(
    "fmin",
    np.fmin,
    None,
    family=FAMILY,
    partials=[
        "where(isnan(b), 1, where(a < b, 1, 0) + where(a == b, 1, 0)/2)",
        "where(isnan(a), 1, where(b < a, 1, 0) + where(a == b, 1, 0)/2)",
    ],
    samples=[ANY, ANY],
    definition="minimum(a, b)",
    notation=Notation("fmin", latex=r"\mathrm{{fmin}}({args})"),
    doc="The smaller one; where one is NaN, the other.",
)
CLIP = elementwise(
    "clip",
    np.clip,
    lambda a, b, c: min(max(a, b), c) if a == a else a,
    family=FAMILY,
    # NumPy gives the upper bound where the lower one exceeds it.
    partials=[
        "where((a >= b)*(a <= c), 1, 0)",
        "where((a < b)*(b <= c), 1, 0)",
        "where(maximum(a, b) > c, 1, 0)",
    ],
    samples=[ANY, (-2.0, -1.0), (1.0, 2.0)],
    definition="minimum(maximum(a, b), c)",
    notation=Notation("clip", latex=r"\mathrm{{clip}}({args})"),
    calls=[],
)


def _bind_clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    *,
    min: Any = None,  # noqa: A002 # NumPy's names
    max: Any = None,  # noqa: A002
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Read both of NumPy's spellings; a missing end is infinite."""
    low = min if a_min is None else a_min
    high = max if a_max is None else a_max
    return (a, -math.inf if low is None else low, math.inf if high is None else high), {}


CALLS[np.clip] = (CLIP, _bind_clip)


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
    calls=[np.logical_and],
)
elementwise(
    "logical_or",
    np.logical_or,
    lambda a, b: bool(a or b),
    family="comparison",
    partials=[None, None],
    samples=[ANY, ANY],
    notation=Notation("or"),
    calls=[np.logical_or],
)
elementwise(
    "logical_not",
    np.logical_not,
    lambda a: not a,
    family="comparison",
    partials=[None],
    samples=[ANY],
    notation=Notation("not"),
    calls=[np.logical_not],
)
elementwise(
    "logical_xor",
    np.logical_xor,
    lambda a, b: bool(a) != bool(b),
    family="comparison",
    partials=[None, None],
    samples=[ANY, ANY],
    notation=Notation("xor"),
)
