"""gt.special: what SciPy writes with arrays, as SciPy computes it, with derivatives."""

import numpy as np
import pytest

import graphtrace as gt

A = np.array([[0.3, -0.2, 0.5], [0.1, 0.7, -0.4], [0.2, 0.6, 0.9]])
CALLS = [
    ("linalg", "expm", (A,), {}),
    ("linalg", "expm", (np.stack([A, A.T]),), {}),
    ("special", "logsumexp", (A,), {}),
    ("special", "logsumexp", (A,), {"axis": 1, "keepdims": True}),
    ("special", "logsumexp", (A,), {"axis": (0, 1)}),
    ("special", "softmax", (A,), {}),
    ("special", "softmax", (A,), {"axis": 0}),
    ("special", "log_softmax", (A,), {}),
    ("special", "log_softmax", (A,), {"axis": -1}),
    ("special", "polygamma", (1, A + 1), {}),
    ("special", "polygamma", (3, A + 1), {}),
]


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_values_are_those_of_scipy_and_every_mode_agrees_with_finite_differences(oracle, number):
    module, name, (*first, x), options = CALLS[number]
    theirs, ours = getattr(oracle(f"scipy.{module}"), name), getattr(gt.special, name)
    np.testing.assert_allclose(ours(*first, x, **options), theirs(*first, x, **options), 1e-12)
    t, v = np.sin(np.arange(x.size) + 1).reshape(x.shape), np.cos(theirs(*first, x, **options))

    def total(f, at):
        return np.sum(v * f(*first, at, **options))

    g = gt.trace(lambda x: total(ours, x), x).backward()
    step = 1e-5
    slope = (total(theirs, x + step * t) - total(theirs, x - step * t)) / (2 * step)
    assert np.sum(g["x"].grad * t) == pytest.approx(slope, rel=1e-7)
    assert g.jvp({"x": t}) == pytest.approx(slope, rel=1e-7)
    ends = [g.at(x=x + s * step * t).backward()["x"].grad for s in (1, -1)]
    np.testing.assert_allclose(
        g.hvp({"x": t})["x"], (ends[0] - ends[1]) / (2 * step), rtol=1e-5, atol=1e-8
    )
