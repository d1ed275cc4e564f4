"""S4: the matrix forms of every gradient; where a naive softmax fails."""

import numpy as np
import pytest

import graphtrace as gt


@pytest.fixture
def run(example):
    return example("s04_classifier")


def test_the_gradients_are_the_matrix_forms(run):
    m = run.module
    z1 = m.W1 @ m.X + m.B1
    z2 = m.W2 @ np.where(z1 > 0, z1, 0.01 * z1) + m.B2
    p = np.exp(z2) / np.exp(z2).sum()
    delta = (m.W2.T @ (p - m.Y)) * np.where(z1 > 0, 1, 0.01)
    g = gt.trace(m.classifier, m.W1, m.B1, m.W2, m.B2).backward()
    np.testing.assert_allclose(g["z2"].grad, p - m.Y, rtol=1e-12)
    np.testing.assert_allclose(g["W1"].grad, np.outer(delta, m.X), rtol=1e-12)
    np.testing.assert_allclose(g["b1"].grad, delta, rtol=1e-12)
    np.testing.assert_allclose(g["W2"].grad, np.outer(p - m.Y, g["a1"].value), rtol=1e-12)
    np.testing.assert_allclose(g.jacobian("p", "z2"), np.diag(p) - np.outer(p, p), atol=1e-15)
    assert (z1 > 0).any()
    assert (z1 < 0).any()


def test_it_prints_differences_of_rounding_alone(run):
    lines = [line for line in run.text.splitlines() if "largest difference" in line]
    assert len(lines) == 4
    assert all(float(line.rpartition(" ")[2]) < 1e-14 for line in lines)


def test_it_names_the_node_and_line_of_each_accident(run):
    overflow, clean, empty, shifted = run.text.splitlines()[-6:-2]
    assert "= [nan  0.  0.]: first at e, " in overflow
    assert "s04_classifier.py:" in overflow
    assert "= [nan nan]: first at p, " in empty
    assert clean.endswith("= [1. 0. 0.]: clean")
    assert shifted.endswith("= [0.5 0.5]: clean")
