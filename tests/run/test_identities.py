"""S4, S6 and S7: identities of classifiers, Jacobians and activations, by independent NumPy."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import graphtrace as gt

FEW = settings(max_examples=25, deadline=None)
SMALL = st.floats(-4, 4, allow_subnormal=False)


def arrays(*shape: int) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(np.float64, shape, elements=SMALL)


def matrices() -> st.SearchStrategy[np.ndarray]:
    return hnp.array_shapes(min_dims=2, max_dims=2, max_side=4).flatmap(lambda s: arrays(*s))


def stable_softmax(z: np.ndarray) -> np.ndarray:
    e: np.ndarray = np.exp(z - np.max(z))
    found: np.ndarray = e / np.sum(e)
    return found


# -- S4 --------------------------------------------------------------------------------------------


def naive(z):
    e = np.exp(z)
    y_hat = e / np.sum(e)
    return y_hat  # noqa: RET504 - a name for the result, as in the problem


def shifted(z):
    e = np.exp(z - np.max(z))
    y_hat = e / np.sum(e)
    return y_hat  # noqa: RET504


def classifier(W1, b1, W2, b2, x, y):
    z1 = W1 @ x + b1
    a1 = gt.nn.leaky_relu(z1, 0.01)
    z2 = W2 @ a1 + b2
    y_hat = gt.nn.softmax(z2)
    loss = -np.sum(y * np.log(y_hat))
    return loss  # noqa: RET504


def draw(seed: int, hidden: int, classes: int, inputs: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "W1": rng.normal(size=(hidden, inputs)),
        "b1": rng.normal(size=hidden),
        "W2": rng.normal(size=(classes, hidden)),
        "b2": rng.normal(size=classes),
        "x": rng.normal(size=inputs),
        "y": np.eye(classes)[rng.integers(classes)],
    }


@FEW
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(2, 5), st.integers(1, 4))
def test_s4_gradients_of_the_classifier(seed: int, hidden: int, classes: int, inputs: int) -> None:
    p = draw(seed, hidden, classes, inputs)
    g = gt.trace(classifier, **p).backward()
    z1 = p["W1"] @ p["x"] + p["b1"]
    a1 = np.where(z1 > 0, z1, 0.01 * z1)
    y_hat = stable_softmax(p["W2"] @ a1 + p["b2"])
    delta0, delta1 = y_hat - p["y"], p["W2"]
    delta2 = np.where(z1 > 0, 1.0, 0.01)
    expected = {
        "z2": delta0,  # ∂L/∂z2 = ŷ − y
        "b2": delta0,
        "W2": np.outer(delta0, a1),
        "a1": delta1.T @ delta0,
        "b1": delta1.T @ delta0 * delta2,  # ∂L/∂b1 = δ1ᵀ δ0 ∘ δ2
        "W1": np.outer(delta1.T @ delta0 * delta2, p["x"]),  # ∂L/∂W1 = (δ1ᵀ δ0 ∘ δ2) xᵀ
    }
    for name, gradient in expected.items():
        np.testing.assert_allclose(g[name].grad, gradient, rtol=1e-9, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(g.jacobian("z2", "a1"), p["W2"])
    np.testing.assert_allclose(g.jacobian("a1", "z1"), np.diag(delta2))
    assert g["W2"].value.shape == (classes, hidden)


def test_s4_a_batch_of_hidden_outputs_has_one_column_an_example() -> None:
    p = draw(3, 4, 3, 2)
    X = np.random.default_rng(0).normal(size=(2, 7))
    g = gt.trace(lambda W1, b1: gt.nn.leaky_relu(W1 @ X + b1[:, None], 0.01), p["W1"], p["b1"])
    assert g.output.value.shape == (4, 7)


@FEW
@given(st.integers(1, 6).flatmap(arrays))
@pytest.mark.parametrize("softmax", [naive, shifted, gt.nn.softmax])
def test_s4_and_s7_the_jacobian_of_softmax(softmax: Callable[..., Any], z: np.ndarray) -> None:
    """∂ŷ_k/∂z_k = ŷ_k(1 − ŷ_k), ∂ŷ_k/∂z_i = −ŷ_k·ŷ_i, so diag(s) − s·sᵀ."""
    g = gt.trace(softmax, z)
    s = stable_softmax(z)
    found = g.jacobian(g.output.id, g.nodes[0].id)
    np.testing.assert_allclose(found, np.diag(s) - np.outer(s, s), atol=1e-12)
    for k in range(len(z)):
        assert found[k, k] == pytest.approx(s[k] * (1 - s[k]), abs=1e-12)
    np.testing.assert_allclose(np.sum(found, axis=0), 0, atol=1e-12)
    row = g.backward(seed=np.eye(len(z))[0]).nodes[0].grad
    np.testing.assert_allclose(row, found[0], atol=1e-12)


@pytest.mark.parametrize("z", [[1000.0, 0.0, 0.0], [-1000.0, -1000.0]])
def test_s4_the_naive_softmax_fails_visibly_and_the_shifted_one_is_clean(z: list[float]) -> None:
    g = gt.trace(naive, np.array(z)).backward(seed=np.ones(len(z)))
    assert not np.isfinite(g["y_hat"].value).all()
    assert not np.isfinite(g["z"].grad).all()
    first = next(node for node in g if not np.isfinite(node.value).all() or node.name == "y_hat")
    # What goes wrong first is told from the values: exp overflows, or the division is by 0.
    if z[0] > 0:
        assert (first.name, first.op, first.value[0]) == ("e", "exp", np.inf)
        assert first.where is not None
        assert first.where.text == "e = np.exp(z)"
    else:
        assert (first.name, first.op) == ("y_hat", "divide")
        assert first.operands[1].value == 0.0
    assert "NaN" in str(g.table())
    clean = gt.trace(shifted, np.array(z)).backward(seed=np.eye(len(z))[0])
    np.testing.assert_allclose(clean["y_hat"].value, stable_softmax(np.array(z)))
    assert all(np.isfinite(node.value).all() for node in clean)
    assert np.isfinite(clean["z"].grad).all()
    assert "NaN" not in str(clean.table())


# -- S6 --------------------------------------------------------------------------------------------


@FEW
@given(matrices(), st.integers(1, 4), st.integers(0, 10**6))
def test_s6_shapes_and_values_of_jacobians(X: np.ndarray, k: int, seed: int) -> None:
    d = X.shape[1]
    rng = np.random.default_rng(seed)
    w, W = rng.normal(size=d), rng.normal(size=(k, d))
    rows: list[tuple[Callable[..., Any], Any, Any]] = [
        (lambda w: np.sum(w * 0.0) + 4.0, w, np.zeros(d)),
        (lambda w: np.sum(w**2), w, 2 * w),
        (lambda w: w @ X[0], w, X[0]),
        (lambda w: X @ w, w, X),
        (lambda w: +w, w, np.eye(d)),
        (lambda w: w**2, w, np.diag(2 * w)),
        (lambda W: X @ W.T, W, np.einsum("il,kj->ijkl", X, np.eye(k))),
    ]
    for function, at, expected in rows:
        g = gt.trace(function, at)
        found = np.asarray(g.jacobian(g.output.id, g.nodes[0].id))
        assert found.shape == np.shape(g.output.value) + at.shape
        np.testing.assert_allclose(found, expected, atol=1e-12)
        assert found.shape == expected.shape


@FEW
@given(arrays(2, 3), arrays(2))
def test_s6_by_inner_nodes_of_any_rank_and_both_ways(X: np.ndarray, u: np.ndarray) -> None:
    """Forward and reverse sweeps are chosen by size; both must give the product of the parts."""

    def f(X, u):
        h = np.tanh(X)
        y = h.T @ u
        s = np.sum(y)
        return s  # noqa: RET504

    g = gt.trace(f, X, u)
    dh = 1 - np.tanh(X) ** 2
    by_h = np.einsum("jk,i->jik", np.eye(3), u)
    np.testing.assert_allclose(g.jacobian("y", "h"), by_h, atol=1e-12)
    np.testing.assert_allclose(g.jacobian("y", "X"), by_h * dh, atol=1e-12)
    np.testing.assert_allclose(g.jacobian("s", "y"), np.ones(3))
    np.testing.assert_allclose(g.jacobian("s", "h"), np.sum(by_h, axis=0), atol=1e-12)
    np.testing.assert_allclose(
        g.jacobian("h", "X"), np.einsum("ij,kl->ikjl", np.eye(2), np.eye(3)) * dh, atol=1e-12
    )
    np.testing.assert_array_equal(g.jacobian("h", "u"), np.zeros((2, 3, 2)))
    np.testing.assert_array_equal(g.jacobian("u", "s"), np.zeros((2,)))


# -- S7 --------------------------------------------------------------------------------------------

REAL = st.floats(-30, 30, allow_subnormal=False)


def sigma(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


@FEW
@given(REAL)
def test_s7_derivatives_of_sigmoid_tanh_and_relu(z: float) -> None:
    expected = {
        "sigmoid(z)": sigma(z) * sigma(-z),  # σ(1 − σ), without the cancellation in 1 − σ
        "tanh(z)": 1 / math.cosh(z) ** 2,  # 1 − tanh²
        "relu(z)": 1.0 if z > 0 else 0.0,
        "leaky_relu(z, 0.01)": 1.0 if z > 0 else 0.01,
    }
    for text, derivative in expected.items():
        slope = gt.parse(text, z=z).backward()["z"].grad
        assert slope == pytest.approx(derivative, rel=1e-6, abs=1e-12), text
        both = gt.parse(text, z=[z, -z]).backward(seed=[1.0, 0.0])["z"].grad
        np.testing.assert_allclose(both, [slope, 0.0], rtol=1e-12, atol=1e-15)


SHOWN = {
    "sigmoid(z)": "sigmoid(z)*(1 - sigmoid(z))",
    "tanh(z)": "1 - y**2",
    "relu(z)": "1[z > 0]",
}


def test_s7_formulas_are_shown_as_on_the_blackboard() -> None:
    shown = {text: gt.parse(f"y = {text}", z=0.3)["z"].uses[0].formula for text in SHOWN}
    assert shown == SHOWN


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0, 0.3])
def test_s7_the_slope_of_relu_at_zero_is_stated_and_can_be_chosen(at_zero: float) -> None:
    z = np.array([-2.0, 0.0, 3.0])
    g = gt.trace(lambda z: gt.nn.relu(z, at_zero=at_zero), z).backward(seed=np.ones(3))
    np.testing.assert_array_equal(g.output.value, [0, 0, 3])
    np.testing.assert_array_equal(g["z"].grad, [0, at_zero, 1])
    np.testing.assert_array_equal(g.jvp({"z": np.ones(3)}), [0, at_zero, 1])
    alone = gt.trace(lambda z: gt.nn.relu(z, at_zero=at_zero), 0.0).backward()
    assert (alone.output.value, alone["z"].grad) == (0.0, at_zero)
    assert g.check().ok
    assert g.audit().ok
    assert gt.nn.relu(-1.0, at_zero=at_zero) == 0.0


@FEW
@given(st.integers(2, 5).flatmap(arrays), st.integers(0, 10**6))
def test_s7_the_hessian_of_log_sum_exp_is_the_jacobian_of_softmax(z: np.ndarray, seed: int) -> None:
    g = gt.trace(lambda z: np.log(np.sum(np.exp(z))), z)
    s = stable_softmax(z)
    expected = np.diag(s) - np.outer(s, s)
    np.testing.assert_allclose(g.hessian(g.output.id, "z"), expected, atol=1e-12)
    move = np.random.default_rng(seed).normal(size=z.shape)
    np.testing.assert_allclose(g.hvp({"z": move})["z"], expected @ move, atol=1e-11)
