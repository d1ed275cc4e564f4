"""Trigonometric and hyperbolic functions."""

import math

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.registry import elementwise

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
    partials=["1 - tanh(a)**2"],
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
