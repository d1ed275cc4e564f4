"""S8: the exact table; starts that cannot learn; one that does."""

import numpy as np
import pytest

import graphtrace as gt


@pytest.fixture
def run(example):
    return example("s08_xor")


def test_the_exact_weights_give_the_table(run):
    assert "[0.0, 1.0, 1.0, 0.0]" in run.text.splitlines()[0]


def test_from_zero_only_the_last_bias_moves(run):
    m = run.module
    g = gt.trace(m.loss, np.zeros((2, 2)), np.zeros(2), np.zeros(2), 0.1).backward()
    assert [name for name in m.NAMES if np.any(g[name].grad)] == ["b2"]
    assert g["b2"].grad == pytest.approx(np.mean(2 * (0.1 - m.TARGETS)))
    assert "a gradient reaches ['b2']" in run.text


def test_a_constant_start_keeps_its_twins_and_learns_nothing(run):
    assert "twins ((0, 1),)" in run.text
    assert run.numbers("loss") == [0.25]


def test_a_random_start_reaches_the_table(run):
    line = next(line for line in run.text.splitlines() if line.startswith("from a random start"))
    found = np.array(line.rpartition("[")[2].strip("]").split(), dtype=float)
    np.testing.assert_allclose(found, [0, 1, 1, 0], atol=1e-3)
