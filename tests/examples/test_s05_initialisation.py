"""S5: gradients of a zero and of a constant start, by hand."""

from typing import Any

import numpy as np
import pytest

import graphtrace as gt


@pytest.fixture
def run(example):
    return example("s05_initialisation")


def test_a_zero_start_moves_the_last_bias_alone(run):
    m = run.module
    g = gt.trace(m.network, *m.ZERO).backward(seed=m.SEED)
    np.testing.assert_array_equal(g["out"].value, [0, 0])
    np.testing.assert_array_equal(g["b2"].grad, [0.1, 0.2])
    for name in ("W1", "b1", "W2"):
        np.testing.assert_array_equal(g[name].grad, 0)
        assert f"cut: {name} →" in run.text
    assert "W2 is 0" in run.text
    assert "a1 is 0" in run.text


def test_a_constant_start_has_the_worked_numbers(run):
    m = run.module
    g = gt.trace(m.network, *m.CONSTANT).backward(seed=m.SEED)
    worked: dict[str, tuple[Any, Any]] = {
        "z1": ([4, 4], [0.3, 0.3]),
        "a1": ([4, 4], [0.3, 0.3]),
        "out": ([9, 9], [0.1, 0.2]),
        "b2": ([1, 1], [0.1, 0.2]),
        "W2": (np.ones((2, 2)), [[0.4, 0.4], [0.8, 0.8]]),
        "b1": ([-2, -2], [0.3, 0.3]),
        "W1": (np.full((2, 2), 2), [[0.3, 0.6], [0.3, 0.6]]),
    }
    for name, (value, grad) in worked.items():
        np.testing.assert_allclose(g[name].value, value, rtol=1e-12)
        np.testing.assert_allclose(g[name].grad, grad, rtol=1e-12)


def test_the_twins_stay_twins(run):
    assert "twins among the hidden units: ((0, 1),), rows of W1: ((0, 1),)" in run.text
    assert "after a step: hidden units ((0, 1),), rows of W1 ((0, 1),)" in run.text
