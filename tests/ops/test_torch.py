"""The operations against PyTorch, where it has the function."""

from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.ops import OPS

NAMES = {
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "arctan2": "atan2",
    "power": "pow",
    "logaddexp": "logaddexp",
}
ALIKE = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "negative",
    "square",
    "sqrt",
    "reciprocal",
    "exp",
    "log",
    "exp2",
    "expm1",
    "log2",
    "log10",
    "log1p",
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "abs",
    "sign",
    "maximum",
    "minimum",
    "relu",
    "sigmoid",
]
NAMES |= {name: name for name in ALIKE}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_values_and_gradients_agree_with_pytorch(name, oracle):
    torch = oracle("torch")
    op: Any = OPS[name]
    rng: Any = np.random.default_rng(7)
    shapes = [(3, 1), (4,)]
    letters = ["x", "y"][: op.arity]
    values = {
        letter: rng.uniform(*span, size=shape)
        for letter, span, shape in zip(letters, op.samples, shapes, strict=False)
    }
    theirs = {
        k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in values.items()
    }
    out = getattr(torch, NAMES[name])(*theirs.values())
    seed = rng.normal(size=tuple(out.shape))
    out.backward(torch.tensor(seed))
    g = gt.parse(f"{name}({', '.join(letters)})", **values).backward(seed=seed)
    np.testing.assert_allclose(g.output.value, out.detach().numpy(), rtol=1e-13, atol=1e-15)
    for letter, tensor in theirs.items():
        np.testing.assert_allclose(g[letter].grad, tensor.grad.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("axis", [0, -1, None])
def test_softmax_agrees_with_pytorch(axis, oracle):
    torch = oracle("torch")
    x = np.random.default_rng(3).normal(size=(3, 4)) * 5
    theirs = torch.tensor(x, requires_grad=True)
    flat = theirs if axis is not None else theirs.reshape(-1)
    out = torch.softmax(flat, -1 if axis is None else axis).reshape(3, 4)
    seed = np.arange(12.0).reshape(3, 4)
    out.backward(torch.tensor(seed))
    g = gt.trace(lambda x: gt.nn.softmax(x, axis=axis), x).backward(seed=seed)
    np.testing.assert_allclose(g.output.value, out.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(g["x"].grad, theirs.grad.numpy(), rtol=1e-10, atol=1e-14)


def test_leaky_relu_and_where_agree_with_pytorch_away_from_kinks(oracle):
    torch = oracle("torch")
    x = np.array([-2.0, -0.5, 0.5, 3.0])
    theirs = torch.tensor(x, requires_grad=True)
    out = torch.where(theirs > 1, theirs**2, torch.nn.functional.leaky_relu(theirs, 0.1))
    out.sum().backward()
    g = gt.trace(lambda x: np.sum(np.where(x > 1, x**2, gt.nn.leaky_relu(x, 0.1))), x).backward()
    np.testing.assert_allclose(g["x"].grad, theirs.grad.numpy(), rtol=1e-14)


@pytest.mark.parametrize("condition", [0.5, -2.0, np.nan])
def test_a_number_as_a_condition_passes_the_whole_gradient(condition):
    """Any number but 0 is true to NumPy, and the gradient is not scaled by it."""
    g = gt.parse("where(x, 3*y, z)", x=condition, y=1, z=2).backward()
    assert (g["f"].value, g["y"].grad, g["z"].grad, g["x"].grad) == (3, 3, 0, None)


@pytest.mark.parametrize(
    ("text", "at", "gradient"),
    [
        ("abs(x)", 0.0, 0.0),
        ("maximum(x, 1)", 1.0, 0.5),
        ("minimum(x, 1)", 1.0, 0.5),
        ("relu(x)", 0.0, 0.0),
        ("leaky_relu(x, 0.2)", 0.0, 0.2),
        ("clip(x, -1, 1)", 1.0, 1.0),
        ("sign(x)", 0.0, 0.0),
    ],
)
def test_the_derivative_at_a_kink_is_the_documented_one(text, at, gradient):
    assert gt.parse(text, x=at).backward()["x"].grad == gradient
    assert gt.parse(f"sum({text})", x=[at, at]).backward()["x"].grad.tolist() == [gradient] * 2


def test_ties_in_an_extremum_share_the_gradient():
    g = gt.trace(np.max, np.array([1.0, 3.0, 3.0, 2.0])).backward()
    assert g.output.operands[0].grad.tolist() == [0, 0.5, 0.5, 0]
