"""Trigonometric and hyperbolic functions, angles, and sinc.

sinc has all its derivatives everywhere, at 0 too.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.costs import each
from graphtrace.ops.registry import call, elementwise, structured

ANY = (-2.0, 2.0)
INSIDE = (-0.9, 0.9)


def _note(symbol: str, latex: str, sympy: str) -> Notation:
    return Notation(symbol, latex=latex + "({a0})", sympy=sympy)


FAMILY = "trigonometric"
elementwise(
    "sin",
    np.sin,
    math.sin,
    family=FAMILY,
    partials=["cos(a)"],
    samples=[ANY],
    notation=_note("sin", r"\sin", "sin"),
)
elementwise(
    "cos",
    np.cos,
    math.cos,
    family=FAMILY,
    partials=["-sin(a)"],
    samples=[ANY],
    notation=_note("cos", r"\cos", "cos"),
)
elementwise(
    "tan",
    np.tan,
    math.tan,
    family=FAMILY,
    partials=["1 + tan(a)**2"],
    samples=[(-1.2, 1.2)],
    notation=_note("tan", r"\tan", "tan"),
)
elementwise(
    "arcsin",
    np.arcsin,
    math.asin,
    family=FAMILY,
    partials=["1/sqrt(1 - a**2)"],
    samples=[INSIDE],
    notation=_note("arcsin", r"\arcsin", "asin"),
    aliases=["asin"],
)
elementwise(
    "arccos",
    np.arccos,
    math.acos,
    family=FAMILY,
    partials=["-1/sqrt(1 - a**2)"],
    samples=[INSIDE],
    notation=_note("arccos", r"\arccos", "acos"),
    aliases=["acos"],
)
elementwise(
    "arctan",
    np.arctan,
    math.atan,
    family=FAMILY,
    partials=["1/(1 + a**2)"],
    samples=[ANY],
    notation=_note("arctan", r"\arctan", "atan"),
    aliases=["atan"],
)
elementwise(
    "arctan2",
    np.arctan2,
    math.atan2,
    family=FAMILY,
    partials=["b/(a**2 + b**2)", "-a/(a**2 + b**2)"],
    samples=[(0.2, 2.0), (0.2, 2.0)],
    notation=Notation("atan2", latex=r"\mathrm{{atan2}}({args})", sympy="atan2"),
    aliases=["atan2"],
)
elementwise(
    "deg2rad",
    np.deg2rad,
    math.radians,
    family=FAMILY,
    cost=each(multiplications=1),
    partials=["pi/180"],
    samples=[(-200.0, 200.0)],
    notation=Notation("rad", latex=r"\mathrm{{rad}}({a0})", sympy="rad"),
    calls=[np.deg2rad, np.radians],
    aliases=["radians"],
    doc="Degrees as radians.",
)
elementwise(
    "rad2deg",
    np.rad2deg,
    math.degrees,
    family=FAMILY,
    cost=each(multiplications=1),
    partials=["180/pi"],
    samples=[ANY],
    notation=Notation("deg", latex=r"\mathrm{{deg}}({a0})", sympy="deg"),
    calls=[np.rad2deg, np.degrees],
    aliases=["degrees"],
    doc="Radians as degrees.",
)


def _sinc(a: Any, order: int = 0) -> Any:
    """Return a derivative of sin(πa)/(πa).

    With f(u) = sin(u)/u: u·f⁽ⁿ⁾(u) + n·f⁽ⁿ⁻¹⁾(u) = sin(u + nπ/2) away from 0, where the
    recurrence is stable; near 0 the Taylor series.
    """
    if not order:
        return np.sinc(a)
    u = np.asarray(np.pi * a)
    near = np.abs(u) < 2 + order / 2
    away = np.where(near, 1, u)
    whole = np.sin(away) / away
    for n in range(1, order + 1):
        turned = (np.sin, np.cos)[n % 2](away) * (1, 1, -1, -1)[n % 4]
        whole = (turned - n * whole) / away
    small = np.where(near, u, 0)
    series = np.zeros_like(u)
    for k in range((order + 1) // 2, 20 + order):
        power = 2 * k - order
        series = series + (-1) ** k * small**power / ((2 * k + 1) * math.factorial(power))
    return np.where(near, series, whole) * np.pi**order


def _sinc_rule(slot: int, g: Any, out: Any, a: Any, order: int = 0) -> Any:
    return g * call("sinc", a, order=order + 1)


structured(
    "sinc",
    _sinc,
    family=FAMILY,
    arity=1,
    cost=each(multiplications=2, others=1),
    rules=["g*(cos(pi*a) - sinc(a))/a"],
    vjp=_sinc_rule,
    jvp=_sinc_rule,
    samples=lambda rng: [
        ((rng.uniform(-3, 3, size=(2, 3)),), {}),
        ((np.array([0.0, 1e-9, 1e-3, 0.63, 0.64, 40.0]),), {}),
        ((rng.uniform(-3, 3, size=(4,)),), {"order": 3}),
        ((0.0,), {}),
    ],
    calls={np.sinc: lambda x: ((x,), {})},
    notation=Notation("sinc", latex=r"\mathrm{{sinc}}({a0})"),
    doc="sin(πa)/(πa), 1 at 0; `order` asks for a derivative of it.",
)

FAMILY = "hyperbolic"
elementwise(
    "sinh",
    np.sinh,
    math.sinh,
    family=FAMILY,
    partials=["cosh(a)"],
    samples=[ANY],
    notation=_note("sinh", r"\sinh", "sinh"),
)
elementwise(
    "cosh",
    np.cosh,
    math.cosh,
    family=FAMILY,
    partials=["sinh(a)"],
    samples=[ANY],
    notation=_note("cosh", r"\cosh", "cosh"),
)
elementwise(
    "tanh",
    np.tanh,
    math.tanh,
    family=FAMILY,
    partials=["1 - out**2"],
    samples=[ANY],
    notation=_note("tanh", r"\tanh", "tanh"),
)
elementwise(
    "arcsinh",
    np.arcsinh,
    math.asinh,
    family=FAMILY,
    partials=["1/sqrt(a**2 + 1)"],
    samples=[ANY],
    notation=_note("arsinh", r"\mathrm{{arsinh}}", "asinh"),
    aliases=["asinh"],
)
elementwise(
    "arccosh",
    np.arccosh,
    math.acosh,
    family=FAMILY,
    partials=["1/sqrt(a**2 - 1)"],
    samples=[(1.2, 3.0)],
    notation=_note("arcosh", r"\mathrm{{arcosh}}", "acosh"),
    aliases=["acosh"],
)
elementwise(
    "arctanh",
    np.arctanh,
    math.atanh,
    family=FAMILY,
    partials=["1/(1 - a**2)"],
    samples=[INSIDE],
    notation=_note("artanh", r"\mathrm{{artanh}}", "atanh"),
    aliases=["atanh"],
)
