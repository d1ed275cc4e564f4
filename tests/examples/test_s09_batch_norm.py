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


def test_it_is_the_closed_form(run):
    m = run.module
    y = gt.trace(m.batch_norm, m.DATA, 1.0, 3.0)["y"].value
    scale = 0.4 / np.sqrt(0.16 + m.EPSILON)
    np.testing.assert_allclose(y, 3 + scale * np.array([-1, 1, -1, 1]), rtol=1e-12)


def test_backward_through_the_mean_and_the_variance(run):
    """By hand, with ε = 0: -Σw/σ = -2/0.4, and -½·Σw(x - μ)/σ³ = ½·1.04/0.064."""
    assert run.numbers("through μ") == pytest.approx([-5, 8.125], rel=1e-9)
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(2, 6))
    g = gt.trace(lambda x: run.module.batch_norm(x, 2.0, 3.0) @ w, x).backward()
    x_hat = (x - x.mean()) / x.std()
    worked = 2 / x.std() * (w - w.mean() - x_hat * np.mean(w * x_hat))
    np.testing.assert_allclose(g["x"].grad, worked, rtol=1e-9)


def test_each_feature_is_standardised_alone(run):
    rng = np.random.default_rng(4)
    pair = rng.normal(size=(50, 2)) @ [[2.0, 1.0], [0.0, 0.5]]
    y = gt.trace(run.module.batch_norm, pair, np.ones(2), np.zeros(2))["y"].value
    np.testing.assert_allclose(y, (pair - pair.mean(axis=0)) / pair.std(axis=0), rtol=1e-10)
    after, before = (np.corrcoef(*columns.T).ravel()[1] for columns in (y, pair))
    assert after == pytest.approx(before, rel=1e-12)
    assert "two features: means [0. 0.], deviations [1. 1.]" in run.text
