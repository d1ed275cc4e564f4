"""Numeric accidents are results: NaN and infinity, without an exception and without a warning."""

import math
import warnings

import numpy as np
import pytest

import graphtrace as gt

CASES = [
    # expression, x, value, gradient
    ("ln(x)", -1.0, math.nan, -1.0),
    ("ln(x)", 0.0, -math.inf, math.inf),
    ("1/x", 0.0, math.inf, -math.inf),
    ("x/x", 0.0, math.nan, math.nan),
    ("exp(x)", 1e4, math.inf, math.inf),
    ("cosh(x)", 1e4, math.inf, math.inf),
    ("x*x", 1e200, math.inf, 2e200),
    ("x**3", 1e200, math.inf, math.inf),
    ("x**0.5", -1.0, math.nan, math.nan),
    ("x**-1", 0.0, math.inf, -math.inf),
    ("sqrt(x)", -1.0, math.nan, math.nan),
    ("sqrt(x)", 0.0, 0.0, math.inf),
    ("arcsin(x)", 2.0, math.nan, math.nan),
    ("arctanh(x)", 1.0, math.inf, math.inf),
    ("log1p(x)", -1.0, -math.inf, math.inf),
    ("x*(1/0)", 0.0, math.nan, math.inf),
    ("sin(x)", math.inf, math.nan, math.nan),
    ("x - x", math.inf, math.nan, 0.0),
    ("2**x", 1e4, math.inf, math.inf),
    ("sigmoid(x)", 1e4, 1.0, 0.0),
    ("sigmoid(x)", -1e4, 0.0, 0.0),
    ("tanh(x)", 1e4, 1.0, 0.0),
    ("reciprocal(x)", 0.0, math.inf, -math.inf),
    ("ln(x)", math.nan, math.nan, math.nan),
    ("maximum(x, 1)", math.nan, math.nan, 0.0),
]


@pytest.fixture(autouse=True)
def no_warning_is_let_through():
    """Override the project's filters: here even NumPy's own RuntimeWarnings are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def same(ours, theirs):
    return np.all((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)))


@pytest.mark.parametrize(("text", "x", "value", "gradient"), CASES)
def test_an_accident_of_a_scalar_is_a_value(text, x, value, gradient):
    g = gt.parse(text, x=x).backward()
    assert type(g.output.value) is float
    assert same(g.output.value, value)
    assert same(g["x"].grad, gradient)
    g.check()
    g.facts()
    assert same(gt.parse(text, x=0.5).at(x=x).backward()["x"].grad, gradient)


@pytest.mark.parametrize(("text", "x", "value", "gradient"), CASES)
def test_an_accident_in_an_array_is_the_same(text, x, value, gradient):
    g = gt.parse(text, x=[x, 0.5]).backward(seed=[1.0, 1.0])
    assert same(g.output.value[0], value)
    assert same(g["x"].grad[0], gradient)
    assert np.isfinite(g.output.value[1]) or "1/0" in text
    g.check()
    g.facts()


def program(x):
    return np.log(x) + 1 / (x - x) + np.exp(x * 1e6) * 0.0 + x**0.5


@pytest.mark.parametrize("x", [-1.0, 0.0, 2.0])
@pytest.mark.parametrize("wrap", [float, lambda x: np.array([x])])
def test_traced_and_step_by_step_code_is_quiet(x, wrap):
    g = gt.trace(program, wrap(x))
    g.backward(seed=np.ones(np.shape(g.output.value)))
    assert not np.isfinite(g.output.value)
    steps = gt.Graph()
    program(steps.inputs(x=wrap(x)))
    steps.backward(seed=np.ones(np.shape(steps.output.value)))
    assert same(steps.output.value, g.output.value)
    assert same(steps["x"].grad, g["x"].grad)
    assert same(g.at(x=wrap(x)).output.value, g.output.value)
    g.paths("x")
    g.contributions("x")


def test_the_users_warning_settings_are_left_alone():
    before = np.geterr()
    gt.trace(program, np.array([-1.0])).backward(seed=[1.0])
    assert np.geterr() == before
