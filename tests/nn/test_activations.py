"""Activation functions against PyTorch, at their kinks, and on plain values."""

import importlib
import re
import sys

import numpy as np
import pytest

import graphtrace as gt
from graphtrace import nn
from graphtrace.errors import RefusedError, ShapeError

X = np.linspace(-4.05, 4.45, 18).reshape(3, 6)
SAME = {
    "relu": "relu",
    "relu6": "relu6",
    "leaky_relu": "leaky_relu",
    "elu": "elu",
    "selu": "selu",
    "celu": "celu",
    "gelu": "gelu",
    "silu": "silu",
    "swish": "silu",
    "mish": "mish",
    "softplus": "softplus",
    "softsign": "softsign",
    "hard_tanh": "hardtanh",
    "hard_sigmoid": "hardsigmoid",
    "hard_swish": "hardswish",
    "hard_shrink": "hardshrink",
    "soft_shrink": "softshrink",
    "tanh_shrink": "tanhshrink",
    "sigmoid": "sigmoid",
    "log_sigmoid": "logsigmoid",
    "glu": "glu",
}
# Where PyTorch has no second derivative, as it is 0 almost everywhere.
NO_SECOND = {"hard_sigmoid", "hard_swish", "hard_shrink", "soft_shrink", "relu6", "hard_tanh"}


@pytest.mark.parametrize("name", sorted(SAME))
def test_an_activation_agrees_with_pytorch(name, agree):
    # PyTorch rounds 1/6 to single precision in the gradient of hardsigmoid.
    options = {"orders": name not in NO_SECOND, "rtol": 1e-7 if name == "hard_sigmoid" else 1e-9}
    agree(getattr(nn, name), lambda F, x: getattr(F, SAME[name])(x), X, **options)


@pytest.mark.parametrize("axis", [-1, 0])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_softmax_and_its_kin_agree_with_pytorch(name, axis, agree):
    agree(lambda x: getattr(nn, name)(x, axis=axis), lambda F, x: getattr(F, name)(x, dim=axis), X)


def test_variants_agree_with_pytorch(agree):
    agree(lambda x: nn.gelu(x, "tanh"), lambda F, x: F.gelu(x, approximate="tanh"), X)
    agree(lambda x: nn.hard_tanh(x, -2.0, 0.5), lambda F, x: F.hardtanh(x, -2.0, 0.5), X,
          orders=False)  # fmt: skip
    agree(lambda x: nn.elu(x, 0.75), lambda F, x: F.elu(x, 0.75), X)
    agree(lambda x: nn.celu(x, 0.75), lambda F, x: F.celu(x, 0.75), X)
    agree(lambda x: nn.glu(x, 1), lambda F, x: F.glu(x, 1), X.reshape(3, 2, 3))
    agree(nn.prelu, lambda F, x, a: F.prelu(x, a), X, np.array([0.25]))
    agree(nn.prelu, lambda F, x, a: F.prelu(x, a), X.reshape(3, 2, 3), np.array([0.2, -0.3]))


KINKS = [
    (nn.relu, "relu", 0.0),
    (nn.relu6, "relu6", 0.0),
    (nn.relu6, "relu6", 6.0),
    (nn.leaky_relu, "leaky_relu", 0.0),
    (nn.elu, "elu", 0.0),
    (nn.selu, "selu", 0.0),
    (nn.celu, "celu", 0.0),
    (nn.hard_tanh, "hardtanh", 1.0),
    (nn.hard_tanh, "hardtanh", -1.0),
    (nn.hard_sigmoid, "hardsigmoid", 3.0),
    (nn.hard_sigmoid, "hardsigmoid", -3.0),
    (nn.hard_swish, "hardswish", -3.0),
    (nn.hard_swish, "hardswish", 3.0),
    (nn.hard_shrink, "hardshrink", 0.5),
    (nn.soft_shrink, "softshrink", -0.5),
]


@pytest.mark.parametrize(("function", "name", "at"), KINKS)
def test_the_derivative_at_a_kink_is_pytorchs(function, name, at, oracle):
    torch = oracle("torch")
    theirs = torch.tensor([at, at], dtype=torch.float64, requires_grad=True)
    getattr(torch.nn.functional, name)(theirs).sum().backward()
    g = gt.trace(lambda x: np.sum(function(x)), np.array([at, at])).backward()
    np.testing.assert_allclose(g["x"].grad, theirs.grad.numpy(), rtol=1e-15)
    assert gt.trace(function, at).backward().nodes[0].grad == pytest.approx(float(theirs.grad[0]))
    assert g.check().ok


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (nn.softplus, "softplus"),
        (nn.log_sigmoid, "logsigmoid"),
        (nn.sigmoid, "sigmoid"),
        (nn.silu, "silu"),
        (nn.mish, "mish"),
        (nn.elu, "elu"),
        (nn.gelu, "gelu"),
        (nn.log_softmax, "log_softmax"),
    ],
)
def test_extreme_inputs_stay_finite(function, name, oracle):
    torch = oracle("torch")
    x = np.array([-800.0, -40.0, 0.0, 40.0, 800.0])
    theirs = torch.tensor(x, requires_grad=True)
    options = {"dim": 0} if name == "log_softmax" else {}
    out = getattr(torch.nn.functional, name)(theirs, **options)
    out.backward(torch.arange(1.0, 6.0, dtype=torch.float64))
    g = gt.trace(function, x).backward(seed=np.arange(1.0, 6.0))
    np.testing.assert_allclose(g.output.value, out.detach().numpy(), rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(g["x"].grad, theirs.grad.numpy(), rtol=1e-9, atol=1e-15)


def test_plain_numbers_and_lists_give_plain_values():
    assert nn.relu(-2) == 0
    assert type(nn.silu(1.5)) is float
    np.testing.assert_allclose(nn.softplus([0, 0]), [np.log(2)] * 2)
    np.testing.assert_allclose(nn.softmin([1.0, 1.0]), [0.5, 0.5])
    assert nn.softmax(np.zeros((0, 3))).shape == (0, 3)
    assert nn.log_softmax(np.zeros((3, 0))).shape == (3, 0)


def test_gelu_without_scipy_is_the_same(monkeypatch, agree):
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(ImportError):
        importlib.import_module("scipy.special")
    agree(nn.gelu, lambda F, x: F.gelu(x), X)
    assert nn.gelu(1.0) == pytest.approx(0.8413447460685429, rel=1e-15)


@pytest.mark.parametrize("beta", [0.5, 3.0])
def test_softplus_takes_a_sharpness(agree, beta):
    x = np.array([-2.0, 0.3, 1.5])
    agree(lambda x: nn.softplus(x, beta), lambda F, x: F.softplus(x, beta), x)
    g = gt.trace(nn.softplus, x[0], beta).backward()
    step = 1e-6
    ends = [float(nn.softplus(x[0], beta + s * step)) for s in (1, -1)]
    assert g["beta"].grad == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-6)


@pytest.mark.parametrize("name", ["silu", "softplus", "mish", "log_sigmoid", "gelu"])
def test_the_second_derivative_at_zero_is_right(name, agree):
    """Sigmoid is computed through |x|, whose kink at 0 must not show."""
    agree(getattr(nn, name), lambda F, x: getattr(F, SAME[name])(x), np.zeros(3))


@pytest.mark.parametrize(
    ("run", "error", "text"),
    [
        (lambda x: nn.gelu(x, "fast"), RefusedError, "nn.gelu: approximate is one of 'none'"),
        (lambda x: nn.glu(x, 0), ShapeError, "nn.glu: axis 0 has 3 elements, which is odd"),
        (lambda x: nn.glu(x, 5), ShapeError, "nn.glu: there is no axis 5 in shape (3, 6)"),
        (lambda x: nn.prelu(x, np.ones(4)), ShapeError, "nn.prelu: (4,) slopes for 6 channels"),
    ],
)
def test_misuse_is_refused_with_the_line(run, error, text):
    with pytest.raises(error, match=re.escape(text)) as caught:
        gt.trace(run, X)
    assert str(caught.value).startswith("test_activations.py:")
    with pytest.raises(error, match=re.escape(text)):
        run(X)
