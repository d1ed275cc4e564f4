"""S6: every Jacobian has the shape of the output, then of the input, and its closed form."""

import numpy as np
import pytest

import graphtrace as gt


@pytest.fixture
def module(example):
    return example("s06_jacobians").module


def test_shapes_and_values(module):
    X, w, W = module.X, module.POINT, module.WEIGHTS
    worked = {
        "c": np.zeros(3),
        "‖w‖²": 2 * w,
        "wᵀx₁": X[0],
        "Xw": X,
        "w": np.eye(3),
        "w²": np.diag(2 * w),
        "XWᵀ": np.einsum("il,kj->ijkl", X, np.eye(len(W))),
    }
    assert worked.keys() == module.FUNCTIONS.keys()
    for name, expected in worked.items():
        start = W if name == "XWᵀ" else w
        g = gt.trace(module.FUNCTIONS[name][0], start)
        (parameter,) = [node for node in g.nodes if node.kind == "input"]
        J = g.jacobian(g.output, parameter)
        assert J.shape == np.shape(g.output.value) + start.shape
        np.testing.assert_allclose(J, expected, atol=1e-15)


def test_it_prints_them(example):
    text = example("s06_jacobians").text
    assert "f = XWᵀ: shape (4, 2) + (2, 3) = (4, 2, 2, 3)" in text
    assert "f = c: shape () + (3,) = (3,)" in text
    assert "-0." not in text
