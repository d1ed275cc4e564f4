"""Rounding, remainders and signs.

Functions that jump are differentiated between their jumps, where they are constant: floor,
ceil, trunc, rint, round and floor_divide pass a gradient of zero, at a jump too. A remainder
follows its first operand with slope 1 and its second with minus the whole quotient, on the
side of the jump that its value is on.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import each
from graphtrace.ops.registry import CALLS, call, elementwise, structured
from graphtrace.ops.values import shape_of

FAMILY = "rounding"
FLAT = "Its derivative is zero wherever it has one, and zero is used at the jumps."
ANY = (-3.0, 3.0)
BETWEEN = (0.1, 0.4)


def _step(
    name: str, ufunc: np.ufunc, definition: str | None, latex: str, sympy: str | None
) -> None:
    elementwise(
        name,
        ufunc,
        None,
        family=FAMILY,
        partials=["0"],
        samples=[BETWEEN],
        definition=definition,
        notation=Notation(name, latex=latex, sympy=sympy),
        doc=FLAT,
    )


_step("floor", np.floor, None, r"\left\lfloor {a0} \right\rfloor", "floor")
_step("ceil", np.ceil, None, r"\left\lceil {a0} \right\rceil", "ceiling")
_step(
    "trunc",
    np.trunc,
    "where(a < 0, ceil(a), floor(a))",
    r"\mathrm{{trunc}}({a0})",
    None,
)
_step(
    "rint",
    np.rint,
    "where(mod(a, 2) == 0.5, floor(a), floor(a + 0.5))",
    r"\mathrm{{rint}}({a0})",
    None,
)
CALLS[np.fix] = CALLS[np.trunc]

elementwise(
    "floor_divide",
    np.floor_divide,
    operator.floordiv,
    family=FAMILY,
    partials=["0", "0"],
    samples=[(5.2, 5.8), (2.0, 2.5)],
    definition="floor(a/b)",
    notation=Notation("//", infix="//", precedence=5),
    doc=FLAT,
)
elementwise(
    "mod",
    np.mod,
    operator.mod,
    family=FAMILY,
    partials=["1", "-floor(a/b)"],
    samples=[(5.2, 5.8), (2.0, 2.5)],
    definition="a - b*floor(a/b)",
    notation=Notation("mod", infix="%", precedence=5),
    aliases=["remainder"],
    doc="The remainder with the sign of the second operand, as Python's %.",
)
elementwise(
    "fmod",
    np.fmod,
    math.fmod,
    family=FAMILY,
    partials=["1", "-trunc(a/b)"],
    samples=[(5.2, 5.8), (-2.5, -2.0)],
    definition="a - b*trunc(a/b)",
    notation=Notation("fmod", latex=r"\mathrm{{fmod}}({args})"),
    doc="The remainder with the sign of the first operand, as C's fmod.",
)


def _fraction(a: Any) -> Any:
    return np.modf(a)[0]


elementwise(
    "fraction",
    _fraction,
    None,
    family=FAMILY,
    partials=["1"],
    samples=[BETWEEN],
    definition="a - trunc(a)",
    notation=Notation("frac", latex=r"\mathrm{{frac}}({a0})"),
    doc="What trunc leaves, with the operand's sign: the first of the two results of np.modf.",
)


@composes(np.divmod, family=FAMILY, samples=[example(np.array([2.3, -1.2]), np.array([0.7, 0.9]))])
def _divmod(a: Any, b: Any) -> tuple[Any, Any]:
    return np.floor_divide(a, b), np.mod(a, b)


@composes(np.modf, family=FAMILY, samples=[example(np.array([2.3, -1.2]))])
def _modf(a: Any) -> tuple[Any, Any]:
    return call("fraction", a), np.trunc(a)


def _flat(slot: int, g: Any, out: Any, a: Any, decimals: int = 0) -> Any:
    return np.zeros(shape_of(a))


structured(
    "round",
    np.round,
    family=FAMILY,
    arity=1,
    cost=each(others=1),
    rules=["0"],
    vjp=_flat,
    jvp=_flat,
    samples=lambda _: [((np.array([0.12, 0.57, -0.33]),), {"decimals": 1}), ((0.2,), {})],
    calls={},
    notation=Notation("round", latex=r"\mathrm{{round}}({a0})"),
    aliases=["around"],
    doc="Rounded to a number of decimals, halves to even. " + FLAT,
)


@composes(
    np.round,
    np.around,
    family=FAMILY,
    samples=[example(np.array([2.3, -1.2])), example(np.array([0.12, -0.33]), decimals=1)],
)
def _round(a: Any, decimals: int = 0) -> Any:
    return call("round", a, decimals=int(decimals)) if decimals else np.rint(a)


elementwise(
    "copysign",
    np.copysign,
    math.copysign,
    family=FAMILY,
    partials=["sign(a)*copysign(1, b)", "0"],
    samples=[ANY, ANY],
    definition="abs(a)*where(b < 0, -1, 1)",
    notation=Notation("copysign", latex=r"\mathrm{{copysign}}({args})"),
    doc="|a| with the sign of b; its derivative by a is 0 at a = 0, by b always.",
)
elementwise(
    "heaviside",
    np.heaviside,
    None,
    family=FAMILY,
    partials=["0", "where(a == 0, 1, 0)"],
    samples=[(0.2, 3.0), ANY],
    definition="where(a < 0, 0, where(a == 0, b, 1))",
    notation=Notation("H", latex=r"H({args})"),
    doc="0 below 0, 1 above, b at 0. " + FLAT,
)


def _test(name: str, ufunc: np.ufunc, scalar: Callable[..., bool], definition: str | None) -> None:
    elementwise(
        name,
        ufunc,
        scalar,
        family="comparison",
        partials=[None],
        samples=[ANY],
        definition=definition,
        notation=Notation(name),
        doc="A truth, which passes no gradient.",
    )


_test("isnan", np.isnan, lambda a: a != a, "a != a")
_test("isfinite", np.isfinite, math.isfinite, None)
_test("isinf", np.isinf, math.isinf, None)
_test("signbit", np.signbit, lambda a: math.copysign(1.0, a) < 0, "a < 0")
