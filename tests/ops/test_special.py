"""Special functions: through SciPy's names and in expressions, without SciPy at start."""

import importlib
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import RefusedError
from graphtrace.ops import OPS
from graphtrace.ops.late import LATE_CALLS, MissingLibraryError

mp: Any = importlib.import_module("mpmath")
ROOT = Path(__file__).resolve().parents[2]
X = np.array([[-1.6, -0.4, 0.3], [0.9, 1.7, 2.4]])
P = np.abs(X)
Q = np.array([0.5, 1.3, 2.6])
U = P / 3

# SciPy's name, the arguments, PyTorch's name (in torch.special unless it has a dot).
TORCH: list[tuple[str, tuple[Any, ...], str]] = [
    ("erf", (X,), "erf"),
    ("erfc", (X,), "erfc"),
    ("erfcx", (X,), "erfcx"),
    ("erfinv", (X / 3,), "erfinv"),
    ("expit", (X,), "expit"),
    ("log_expit", (X,), "torch.nn.functional.logsigmoid"),
    ("logit", (U,), "logit"),
    ("gammaln", (X,), "gammaln"),
    ("digamma", (X,), "digamma"),
    ("psi", (X,), "psi"),
    ("ndtr", (X,), "ndtr"),
    ("log_ndtr", (X,), "log_ndtr"),
    ("log_ndtr", (X * 30,), "log_ndtr"),
    ("ndtri", (U,), "ndtri"),
    ("xlogy", (P, Q), "xlogy"),
    ("xlog1py", (P, Q), "xlog1py"),
    ("entr", (P,), "entr"),
    ("i0", (X,), "i0"),
    ("i0e", (X,), "i0e"),
    ("i1", (X,), "i1"),
    ("i1e", (X,), "i1e"),
    ("expm1", (X,), "expm1"),
    ("log1p", (P,), "log1p"),
    ("exp2", (X,), "exp2"),
]

# Functions that PyTorch lacks or cannot differentiate, by mpmath.
MPMATH: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "gamma": (mp.gamma, (P,)),
    "beta": (mp.beta, (P, Q)),
    "betaln": (lambda a, b: mp.log(mp.beta(a, b)), (P, Q)),
    "rel_entr": (lambda a, b: a * mp.log(a / b), (P, Q)),
    "kl_div": (lambda a, b: a * mp.log(a / b) - a + b, (P, Q)),
    "exp10": (lambda a: mp.mpf(10) ** a, (X,)),
    "expi": (mp.ei, (X,)),
    "exp1": (mp.e1, (P,)),
    "dawsn": (lambda a: mp.sqrt(mp.pi) / 2 * mp.exp(-a * a) * mp.erfi(a), (X,)),
    "erfi": (mp.erfi, (X,)),
    "erfcinv": (lambda a: mp.erfinv(1 - a), (U,)),
    "j0": (lambda a: mp.besselj(0, a), (X,)),
    "j1": (lambda a: mp.besselj(1, a), (X,)),
    "cbrt": (mp.cbrt, (P,)),
}
WITH_ORDER: dict[str, Any] = {
    "polygamma": mp.psi,
    "iv": mp.besseli,
    "jv": mp.besselj,
    "ive": lambda n, x: mp.besseli(n, x) * mp.exp(-abs(x)),
}


def inputs(graph):
    return [node for node in graph if node.kind == "input"]


@pytest.mark.parametrize(("name", "args", "theirs"), TORCH, ids=[row[0] for row in TORCH])
def test_values_and_gradients_agree_with_pytorch(name, args, theirs, oracle):
    torch, special = oracle("torch"), oracle("scipy.special")
    tensors = [torch.tensor(arg, requires_grad=True) for arg in args]
    function = torch.nn.functional.logsigmoid if "." in theirs else getattr(torch.special, theirs)
    out = function(*tensors)
    seed = np.cos(np.arange(6.0)).reshape(2, 3)
    out.backward(torch.tensor(seed))
    g = gt.trace(getattr(special, name), *args).backward(seed=seed)
    np.testing.assert_allclose(g.output.value, out.detach().numpy(), rtol=1e-12, atol=1e-14)
    for node, tensor in zip(inputs(g), tensors, strict=True):
        np.testing.assert_allclose(node.grad, tensor.grad.numpy(), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("name", MPMATH)
def test_values_and_gradients_agree_with_mpmath(name, oracle):
    special = oracle("scipy.special")
    exact, args = MPMATH[name]
    g = gt.trace(getattr(special, name), *args).backward(seed=np.ones((2, 3)))
    rows = [np.ravel(arg) for arg in np.broadcast_arrays(*args)]
    for slot, node in enumerate(inputs(g)):
        found = np.broadcast_to(node.grad, (2, 3)) if node.grad.ndim > 1 else node.grad
        partials = np.array(
            [
                float(mp.diff(exact, row, tuple(int(k == slot) for k in range(len(row)))))
                for row in zip(*rows, strict=True)
            ]
        ).reshape(2, 3)
        expected = partials if found.ndim > 1 else partials.sum(axis=0)
        np.testing.assert_allclose(found, expected, rtol=1e-9)
    values = [float(exact(*row)) for row in zip(*rows, strict=True)]
    np.testing.assert_allclose(np.ravel(g.output.value), values, rtol=1e-12)


@pytest.mark.parametrize("name", WITH_ORDER)
@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_functions_of_an_order_agree_with_mpmath(name, order):
    exact = WITH_ORDER[name]
    for x in (0.4, 1.3, 2.9):
        g = gt.parse(f"{name}({order}, x)", x=x).backward()
        assert g.output.value == pytest.approx(float(exact(order, x)), rel=1e-12)
        slope, curve = (float(mp.diff(lambda t: exact(order, t), x, k)) for k in (1, 2))
        assert g["x"].grad == pytest.approx(slope, rel=1e-10)
        assert g.hessian(g.output.name, "x") == pytest.approx(curve, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "derivatives"),
    [
        ("i0", (0, 1 / 2)),
        ("i1", (1 / 2, 0)),
        ("j0", (0, -1 / 2)),
        ("j1", (1 / 2, 0)),
        ("erf", (2 / math.sqrt(math.pi), 0)),
        ("dawsn", (1, 0)),
        ("i0e", (0, None)),
        ("i1e", (1 / 2, None)),
    ],
)
def test_derivatives_at_zero_are_the_limits(name, derivatives):
    g = gt.parse(f"{name}(x)", x=0.0).backward()
    assert g["x"].grad == pytest.approx(derivatives[0], rel=1e-14)
    if derivatives[1] is not None:
        assert g.hessian(g.output.name, "x") == pytest.approx(derivatives[1], rel=1e-14)


def test_the_limits_of_products_with_logarithms():
    g = gt.parse("xlogy(x, y)", x=0.0, y=2.0).backward()
    assert (g.output.value, g["x"].grad, g["y"].grad) == (0, math.log(2), 0)
    corner = gt.parse("xlogy(x, y)", x=0.0, y=0.0).backward()
    assert (corner.output.value, corner["x"].grad) == (0, -math.inf)
    assert math.isnan(corner["y"].grad)
    edge = gt.parse("entr(x)", x=0.0).backward()
    assert (edge.output.value, edge["x"].grad) == (0, math.inf)


def test_names_in_expressions_and_scipys_are_the_same_operations(oracle):
    special = oracle("scipy.special")
    for name, (op, _) in LATE_CALLS.items():
        assert OPS[op.name] is op
        assert isinstance(getattr(special, name.rpartition(".")[2]), np.ufunc)
    by_scipy = gt.trace(lambda x: special.expit(x) * special.psi(x), 1.5).backward()
    by_name = gt.parse("expit(x)*psi(x)", x=1.5).backward()
    assert by_scipy["x"].grad == by_name["x"].grad
    single = gt.trace(special.erf, np.array([0.5, 1.0], dtype=np.float32)).backward(seed=[1, 1])
    assert single.output.value.dtype == single["x"].grad.dtype == np.float32
    assert gt.trace(special.gammaln, np.empty((0, 2))).output.value.shape == (0, 2)
    symbolic = gt.parse("gammaln(x)", x=3.0).symbolic()
    assert float(symbolic.subs({"x": 5})) == pytest.approx(math.log(24))


@pytest.mark.parametrize(
    ("name", "call", "text"),
    [
        (
            "softmax",
            lambda f: f,
            "numbers out of the graph; the nearest that is recorded: gt.special",
        ),
        ("log_softmax", lambda f: f, "recorded: gt.special.log_softmax; or declare"),
        ("logsumexp", lambda f: f, "scipy.special.logsumexp takes the numbers out of the graph"),
        ("polygamma", lambda f: lambda x: f(1, x), "recorded: gt.special.polygamma; or declare"),
        ("hyp1f1", lambda f: lambda x: f(1, 2, x), "scipy.special.hyp1f1 is not supported"),
    ],
)
def test_what_scipy_computes_by_itself_is_refused_with_the_users_line(name, call, text, oracle):
    function = call(getattr(oracle("scipy.special"), name))
    with pytest.raises(RefusedError, match=re.escape(text)) as caught:
        gt.trace(lambda x: function(x), np.ones(3))  # noqa: PLW0108 # the line must be ours
    assert str(caught.value).startswith("test_special.py:")


def test_without_scipy_one_error_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(MissingLibraryError) as caught:
        gt.parse("2*erf(x)", x=1.0)
    assert str(caught.value) == "erf needs SciPy: pip install 'graphtrace[scipy]'"
    assert gt.parse("expit(x)", x=0.0).output.value == 0.5


def test_nothing_imports_scipy_until_a_special_function_is_computed(oracle):
    oracle("scipy")
    code = """
import sys, numpy as np, graphtrace as gt
gt.trace(lambda x: np.sin(x)**2, 1.0).backward()
assert "scipy" not in sys.modules
gt.parse("erf(x)", x=1.0)
assert "scipy" in sys.modules
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
