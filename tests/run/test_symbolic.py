"""The symbolic readings: the formulas that compute the numbers, read by SymPy."""

import math

import numpy as np
import pytest
import sympy

import graphtrace as gt
from graphtrace.errors import GradientError, GraphTraceError

RNN = "p = u1; q = w*p; r = u2 + q; s = w*r; t = u3 + s; y = w*t"
w, u1, u2, u3, x, y = sympy.symbols("w u1 u2 u3 x y")


def same(ours, theirs):
    return sympy.simplify(ours - theirs) == 0


@pytest.fixture(scope="module")
def rnn():
    return gt.parse(RNN, w=2, u1=1, u2=1, u3=1).backward()


def test_the_recurrence_forward_in_symbols(rnn):
    worked = {
        "p": u1,
        "q": w * u1,
        "r": u2 + w * u1,
        "s": w * u2 + w**2 * u1,
        "t": u3 + w * u2 + w**2 * u1,
        "y": w * u3 + w**2 * u2 + w**3 * u1,
    }
    for name, expected in worked.items():
        assert same(rnn.symbolic(name), expected)
    assert same(rnn.symbolic(), worked["y"])


def test_the_recurrence_backward_in_symbols(rnn):
    worked = {
        "w": u3 + 2 * w * u2 + 3 * w**2 * u1,
        "t": w,
        "s": w,
        "r": w**2,
        "q": w**2,
        "p": w**3,
    }
    for name, expected in worked.items():
        assert same(rnn.symbolic_gradient("y", name), expected)
    assert same(rnn.symbolic_gradient("s", "w"), u2 + 2 * w * u1)


def test_the_three_contributions_in_symbols(rnn):
    worked = {
        "q": w**2 * u1,
        "s": w * u2 + w**2 * u1,
        "y": u3 + w * u2 + w**2 * u1,
    }
    rows = rnn.contributions("w", symbolic=True)
    assert [row.target for row in rows] == ["q", "s", "y"]
    for row in rows:
        assert same(row.contribution, worked[row.target])
        assert same(row.contribution, row.upstream * row.local)
    assert same(rows.total, sum(worked.values()))
    at = {w: 2, u1: 1, u2: 1, u3: 1}
    assert [row.contribution.subs(at) for row in rows] == [4, 6, 7]


def test_a_loop_in_symbols():
    def recurrence(w, us):
        h = 0.0
        for u in us:
            h = w * (u + h)
        return h

    g = gt.trace(recurrence, 2.0, [1.0, 1.0, 1.0]).backward()
    inputs = [sympy.Symbol(f"us[{k}]") for k in range(3)]
    expected = sum(w ** (3 - k) * u for k, u in enumerate(inputs))
    assert same(g.symbolic("h3"), expected)
    assert same(g.symbolic_gradient("h3", "w"), sympy.diff(expected, w))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/3*x", x / 3),
        ("0.1*x", x / 10),
        ("1e-300*x", x * sympy.Rational(10) ** -300),
        ("x**0.5", sympy.sqrt(x)),
        ("1.4142135623730951*x", sympy.Rational("1.4142135623730951") * x),
        ("where(x > 0, x, -x)", sympy.Piecewise((x, x > 0), (-x, True))),
        ("where(1 < 0, x, 2*x)", 2 * x),
        ("log2(x)", sympy.log(x) / sympy.log(2)),
    ],
)
def test_literals_and_definitions_in_symbols(text, expected):
    assert gt.parse(text, x=1).symbolic() == expected


def test_truths_are_numbers_in_arithmetic():
    for text, value in (("(x > 1)*x", 2.0), ("(x > 1) + 1", 2.0), ("(x > 1)*(x < 3)*x", 2.0)):
        g = gt.parse(text, x=2)
        assert float(g.output.value) == value
        assert float(g.symbolic().subs(x, 2)) == value


@pytest.mark.parametrize("point", [-2.0, 0.3, 2.0])
def test_a_clipped_value_has_a_symbolic_derivative(point):
    g = gt.parse("f = clip(x, -1, 1)*x", x=point).backward()
    assert float(g.symbolic_gradient("f", "x").subs(x, point)) == g["x"].grad


def test_a_gradient_in_symbols_is_the_derivative_of_the_value_in_symbols():
    g = gt.parse("h = sin(x)*y; f = exp(h)/(1 + h**2) + arctan(x*y)", x=0.4, y=1.7).backward()
    for name, symbol in (("x", x), ("y", y)):
        ours = g.symbolic_gradient("f", name)
        derived = sympy.diff(g.symbolic("f"), symbol)
        at = {x: sympy.Rational(4, 10), y: sympy.Rational(17, 10)}
        assert sympy.N((ours - derived).subs(at), 30) == pytest.approx(0, abs=1e-25)
        assert float(ours.subs(at)) == pytest.approx(g[name].grad, rel=1e-14)


def test_what_has_no_symbols_says_so():
    other = gt.parse("a = x*2; f = y*1", x=1, y=1)
    with pytest.raises(GradientError, match="f does not depend on x"):
        other.symbolic_gradient("f", "x")

    def deep(x):
        for _ in range(3000):
            x = np.sin(x)
        return x

    with pytest.raises(GraphTraceError, match="nested too deeply for a symbolic reading"):
        gt.trace(deep, 1.0).symbolic()


def test_a_long_polynomial_is_expanded_exactly():
    def power(x):
        for _ in range(64):
            x = x * 1.5
        return x

    assert gt.trace(power, 1.0).symbolic() == x * sympy.Rational(3, 2) ** 64
    assert math.isclose(gt.trace(power, 1.0).output.value, 1.5**64)
