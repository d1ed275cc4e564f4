"""S7: the slopes of the activations, the choice at 0, the Jacobian of softmax."""

import numpy as np
import pytest


@pytest.fixture
def run(example):
    return example("s07_activations")


def test_the_slopes_are_the_formulas(run):
    m = run.module
    z = m.Z
    sigma = 1 / (1 + np.exp(-z))
    worked = {
        "sigmoid": (sigma, sigma * (1 - sigma)),
        "relu": (np.maximum(z, 0), (z > 0).astype(float)),
        "tanh": (np.tanh(z), 1 / np.cosh(z) ** 2),
    }
    for name, (value, slope) in worked.items():
        values, slopes = m.curve(m.DERIVATIVES[name][0])
        np.testing.assert_allclose(values, value, atol=1e-14)
        np.testing.assert_allclose(slopes, slope, atol=1e-14)
    assert (z[0], z[200], z[-1]) == (-10, 0, 10)


def test_the_slope_of_relu_at_zero_is_stated_and_can_be_chosen(run):
    found = [line for line in run.text.splitlines() if line.startswith("relu with")]
    assert [line.rpartition(" ")[2] for line in found] == ["0", "0.5", "1"]
    assert "relu: largest difference from its formula 0.0e+00, slope at 0 0" in run.text


def test_the_jacobian_of_softmax(run):
    z = np.array([1.0, 2.0, 0.5])
    s = np.exp(z) / np.exp(z).sum()
    numbers = run.text.split("[[")[1].split("]]")[0].replace("[", "").replace("]", "").split()
    found = np.array(numbers, dtype=float).reshape(3, 3)
    np.testing.assert_allclose(found, np.diag(s) - np.outer(s, s), atol=5e-5)


def test_the_differences_are_of_rounding(run):
    found = [line for line in run.text.splitlines() if "largest difference" in line]
    assert len(found) == 4
    numbers = [line.rpartition("formula ")[2].split(",")[0].split()[-1] for line in found]
    assert all(float(number) < 1e-15 for number in numbers)
