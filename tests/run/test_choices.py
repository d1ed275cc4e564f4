"""A choice drops the gradient of the side not taken, even where that gradient is infinite."""

import numpy as np
import pytest

import graphtrace as gt


@pytest.mark.parametrize(
    ("expression", "at", "name"),
    [
        ("f = 1/where(x > 0, x, y)", {"x": -1, "y": 0}, "x"),
        ("f = ln(relu(x))", {"x": -1}, "x"),
        ("f = sqrt(maximum(x, y))", {"x": -1, "y": 0}, "x"),
        ("f = sqrt(minimum(y, -x))", {"x": -1, "y": 0}, "x"),
        ("f = sqrt(clip(x, 0, 1))", {"x": -1}, "x"),
        ("f = ln(sign(x) - 1)", {"x": 1}, "x"),
        ("f = sum(sqrt(relu(x)))", {"x": [-1.0, -2.0]}, "x"),
    ],
)
def test_the_side_not_taken_gets_zero_not_nan(expression, at, name):
    g = gt.parse(expression, **at).backward()
    assert np.array_equal(g[name].grad, np.zeros(np.shape(at[name])))
    assert g.contributions(name).total is not None


def test_agrees_with_pytorch_in_both_forms(oracle):
    torch = oracle("torch")
    x = np.array([-1.0, 4.0, 0.25])
    g = gt.trace(lambda x: np.sum(np.sqrt(np.maximum(x, 0.0))), x).backward()
    t = torch.tensor(x, requires_grad=True)
    torch.sqrt(torch.clamp(t, min=0.0)).sum().backward()
    np.testing.assert_allclose(g["x"].grad[1:], t.grad.numpy()[1:])
    assert g["x"].grad[0] == 0.0


def test_a_taken_side_keeps_its_infinite_gradient():
    g = gt.parse("f = sqrt(relu(x))", x=0.0)
    assert g.backward()["x"].grad == 0.0
    assert gt.parse("f = sqrt(where(x >= 0, x, 1))", x=0.0).backward()["x"].grad == np.inf
