"""S16: the mean over all masks is ridge regression; sampling agrees within its error."""

import numpy as np
import pytest

import graphtrace as gt


@pytest.fixture
def run(example):
    return example("s16_dropout")


def test_value_and_gradient_agree_over_all_masks(run):
    m = run.module
    p, X, y, w = m.KEPT, m.X, m.Y, m.W
    norms = (X**2).sum(axis=0)
    value = np.sum((y - p * X @ w) ** 2) + p * (1 - p) * norms @ w**2
    gradient = -2 * p * X.T @ (y - p * X @ w) + 2 * p * (1 - p) * norms * w
    for function in (m.expected, m.ridge):
        g = gt.trace(function, w).backward()
        assert g.output.value == pytest.approx(value, rel=1e-12)
        np.testing.assert_allclose(g["w"].grad, gradient, rtol=1e-12)
    assert run.numbers("with w = p·w̌:") == [pytest.approx(value)]


def test_sampling_agrees_within_its_standard_error(run):
    line = next(line for line in run.text.splitlines() if "standard errors from ridge" in line)
    off = np.array(line.partition("[")[2].partition("]")[0].split(), dtype=float)
    assert (off < 4).all()
