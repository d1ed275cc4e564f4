"""Branches: the one that was taken is noted, and a replay never takes another in silence."""

# ruff: noqa: FURB110, FURB192  # each spelling of a branch is a case

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphtrace as gt
from graphtrace.errors import GuardError, NameNotFoundError, ShapeError

STATED = settings(deadline=None, derandomize=True, max_examples=60)


def branch(x):
    if x > 1:
        return x * x
    return -x


def newton(a):
    """The square root by Newton's method: as many steps as it takes."""
    x = a
    while abs(x * x - a) > 1e-9:
        x = (x + a / x) / 2
    return x


def test_a_replay_on_the_same_branch_computes_and_on_the_other_refuses():
    g = gt.trace(branch, 3.0)
    assert g.at(x=2.0).backward()["x"].grad == 4
    line = inspect.getsourcelines(branch)[1] + 1
    with pytest.raises(GuardError) as caught:
        g.at(x=0.5)
    assert str(caught.value) == (
        f"test_guards.py:{line}: `if x > 1:`: the recorded run took the True branch, these inputs "
        "take the other (tested value False); trace the function anew at these inputs"
    )
    with pytest.raises(GuardError, match="took the False branch"):
        gt.trace(branch, 0.5).at(x=3.0)


def test_a_while_loop_is_guarded_at_each_turn():
    g = gt.trace(newton, 2.0).backward()
    assert g.output.value == pytest.approx(2**0.5, rel=1e-11)
    assert g["a"].grad == pytest.approx(0.5 / 2**0.5, rel=1e-6)
    assert g.at(a=2.0000001).output.value == pytest.approx(2.0000001**0.5)
    with pytest.raises(GuardError, match="while abs"):
        g.at(a=1e6)
    with pytest.raises(GuardError, match="while abs"):
        g.at(a=1.0)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x if x else x + 1,
        lambda x: x if not (x > 1) else x * 2,
        lambda x: x * 2 if x > 1 and x < 5 else x,
        lambda x: max(x, 1.0) * 3 + x,
        lambda x: sorted([x, 1.0 + x * 0])[0],
        lambda x: x if x in (2.0, 3.0) else x * 5,
    ],
)
def test_every_way_to_branch_is_guarded(function):
    """Either the replay gives what the function gives, or it refuses."""
    for start in (0.0, 0.5, 2.0, 7.0):
        g = gt.trace(function, start)
        for x in (0.0, 0.5, 1.5, 2.0, 3.0, 7.0):
            try:
                replayed = g.at(x=x).output.value
            except GuardError:
                continue
            assert replayed == function(x)


def test_choices_by_where_need_no_guard():
    g = gt.trace(lambda x: np.where(x > 1, x * x, -x), 3.0)
    assert g.at(x=0.5).backward()["x"].grad == -1


@given(st.floats(-3, 3), st.floats(-3, 3), st.lists(st.floats(-3, 3), min_size=3, max_size=3))
@STATED
def test_a_replay_gives_the_numbers_of_a_new_trace(x, y, w):
    def f(x, y, w):
        h = np.tanh(x * w) + y
        s = h[0] ** 2 / (1 + y * y) - np.sum(np.maximum(h, x) * 0.5)
        return s * np.exp(-x) + 2 * s

    old = gt.trace(f, 0.3, 0.7, np.array([0.1, 0.2, 0.3])).backward()
    replayed = old.at(x=x, y=y, w=w).backward()
    anew = gt.trace(f, x, y, np.array(w)).backward()
    assert [node.name for node in replayed] == [node.name for node in anew]
    for ours, theirs in zip(replayed, anew, strict=True):
        np.testing.assert_array_equal(ours.value, theirs.value)
        assert (ours.grad is None) == (theirs.grad is None)
        if ours.grad is not None:
            np.testing.assert_array_equal(ours.grad, theirs.grad)
    assert old["x"].value == 0.3


def test_a_replay_keeps_the_rest_and_can_be_replayed():
    g = gt.parse("f = x*y + 1", x=2, y=3)
    second = g.at(x=5).at(y=7)
    assert [graph.output.value for graph in (g, g.at(x=5), second)] == [7, 16, 36]
    assert second.backward()["x"].grad == 7
    assert second["f"].name == "f"


def test_a_replay_refuses_other_names_and_shapes():
    g = gt.trace(
        lambda x, mask: np.sum(x[mask > 0] * np.ones(2)), np.ones(3), np.array([1.0, 0, 1])
    )
    with pytest.raises(NameNotFoundError, match="no input 'y'"):
        g.at(y=1)
    with pytest.raises(NameNotFoundError, match="did you mean 'mask'"):
        g.at(maks=1)
    with pytest.raises(ShapeError, match=r"has shape \(3,\) in this graph, not \(2,\)"):
        g.at(x=[1.0, 2.0])
    with pytest.raises(
        ShapeError, match=r"test_guards\.py:\d+: .* multiply has shapes \(3,\), \(2,\)"
    ):
        g.at(mask=[1.0, 1.0, 1.0])


def test_a_step_by_step_graph_replays():
    g = gt.Graph()
    x = g.inputs(x=2.0)
    y = x * 3
    z = y * y
    assert (g.output.value, g.at(x=1.0).backward()["x"].grad) == (36, 18)
    g.backward(y)
    assert g.at(x=1.0).output.value == 9
    assert z.value == 36
