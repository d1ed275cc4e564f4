"""S9: mean 3 and deviation 1, correlation kept, gradients that sum to zero."""

import numpy as np
import pytest

import graphtrace as gt


@pytest.fixture
def run(example):
    return example("s09_batch_norm")


def test_the_statistics(run):
    assert run.numbers("before: mean") == pytest.approx([1.5, 0.16])
    assert run.numbers("after:  mean") == pytest.approx([3, 1])
    before, after = run.numbers("correlation")
    assert before == after
    assert before > 0.5


def test_the_gradient_sums_to_zero_and_is_that_of_finite_differences(run):
    m = run.module
    weights = np.array([0.3, -1.0, 2.0, 0.7])

    def plain(x):
        return (x - x.mean()) / np.sqrt(x.var() + m.EPSILON) @ weights

    data = np.array([0.2, 1.9, 1.1, 3.0])
    g = gt.trace(lambda x: m.batch_norm(x, 1.0, 3.0) @ weights, data).backward()
    steps = np.eye(4) * 1e-6
    expected = [(plain(data + step) - plain(data - step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(g["x"].grad, expected, atol=1e-7)
    assert abs(g["x"].grad.sum()) < 1e-14
    assert "its sum over the batch is 0.0e+00" in run.text
