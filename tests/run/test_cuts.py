"""Where and why a gradient stops; which parts of an array stay the same."""

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import GradientError, ShapeError


def test_a_gradient_that_arrives_is_not_cut():
    g = gt.parse("f = relu(x)*y", x=2, y=3).backward()
    assert len(g.cuts("x")) == 0
    assert str(g.cuts("x")) == "x: a gradient other than 0 arrives"


def test_every_way_that_is_cut_is_named_with_its_reason():
    def f(x, y):
        a = gt.nn.relu(x)
        k = np.argmax(np.array([1.0, 0.0]) * x)
        b = a * 0.0
        c = np.floor(x)
        return a * y + b + c + k

    g = gt.trace(f, -1.0, 2.0).backward()
    found = {cut.target: cut for cut in g.cuts("x")}
    assert set(found) == {"a", "k", "c"}
    assert found["a"].reason == "the local gradient of a is 0 here"
    assert found["k"].reason == "argmax has no derivative"
    assert "`a = gt.nn.relu(x)`" in str(found["a"])
    assert "np.floor(x)" in str(found["c"])
    assert found["k"].nodes[0] == "x"


def test_a_factor_of_zero_and_a_dead_unit_are_the_reason():
    W = np.array([[1.0, -1.0], [0.0, 0.0]])
    g = gt.trace(lambda W, x: np.sum(gt.nn.relu(W @ x)), W, np.zeros(2)).backward()
    assert g.cuts("W")[0].reason.startswith("the local gradient of ")
    g = gt.trace(lambda W, x: np.sum(W @ x), W, np.zeros(2)).backward()
    assert [cut.reason for cut in g.cuts("W")] == ["x is 0"]


def test_masks_that_do_not_meet_and_values_without_use():
    def first(x, y):
        return np.sum(gt.nn.relu(x)[:1])

    g = gt.trace(first, np.array([-1.0, 3.0]), 1.0).backward()
    (cut,) = g.cuts("x")
    assert cut.reason.startswith("where the gradient of ")
    assert cut.op == "relu"
    (cut,) = g.cuts("y")
    assert str(cut) == "y: the output does not depend on it"


def test_it_needs_a_backward_pass():
    with pytest.raises(GradientError, match=r"run g.backward\(\) before asking for x"):
        gt.parse("f = x", x=1).cuts("x")


def test_twins_agree_in_value_and_gradient():
    x = np.array([1.0, 2.0])
    W = np.array([[1.0, 1.0], [2.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    v = np.array([1.0, 1.0, 1.0, 5.0])
    g = gt.trace(lambda W: np.tanh(W @ x) @ v, W).backward()
    assert g.twins("W") == ((0, 2),)
    assert g.twins("W", axis=1) == ()
    with pytest.raises(ShapeError, match=r"shape \(4, 2\): there is no axis 2"):
        g.twins("W", axis=2)
    with pytest.raises(GradientError, match="has no gradient"):
        gt.trace(np.sum, W).twins("a")
