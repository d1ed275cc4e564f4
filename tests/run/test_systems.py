"""Worked systems S3, S5 and S8 as plain NumPy functions, with their exact numbers."""

# ruff: noqa: RET504  # the worked quantities keep their names

from typing import Any

import numpy as np
import pytest

import graphtrace as gt

S3: dict[str, float] = {
    "i1": 2, "i2": -1, "w11": 1, "w12": -0.5, "w21": 0.5, "w22": -1, "w31": 0.5, "w32": -1,
    "w41": -0.5, "w42": 1, "b1": 0.5, "b2": -0.5, "b3": -1, "b4": 0.5, "t1": 1, "t2": 0.5,
}  # fmt: skip


def two_layers(i1, i2, w11, w12, w21, w22, w31, w32, w41, w42, b1, b2, b3, b4, t1, t2):
    h1 = i1 * w11 + i2 * w21 + b1
    h2 = i1 * w12 + i2 * w22 + b2
    h3 = np.maximum(h1, 0)
    h4 = np.maximum(h2, 0)
    o1 = h3 * w31 + h4 * w41 + b3
    o2 = h3 * w32 + h4 * w42 + b4
    mse = 0.5 * (t1 - o1) ** 2 + 0.5 * (t2 - o2) ** 2
    return mse


def test_two_layers_forward_backward_and_one_step():
    g = gt.trace(two_layers, **S3).backward()
    values = {"h1": 2, "h2": -0.5, "h3": 2, "h4": 0, "o1": 0, "o2": -1.5, "mse": 2.5}
    assert {name: g[name].value for name in values} == values
    grads = {
        # δo = o − t = (−1, −2); δh3 = −1·0.5 + −2·−1 = 1.5 and h2 < 0 lets nothing through
        "o1": -1, "o2": -2, "h3": 1.5, "h1": 1.5, "h2": 0, "h4": -1.5, "w21": -1.5, "w11": 3,
        "w31": -2, "w32": -4, "w41": 0, "w42": 0, "w12": 0, "w22": 0, "b1": 1.5, "b2": 0,
        "b3": -1, "b4": -2, "i1": 1.5, "i2": 0.75, "t1": 1, "t2": 2,
    }  # fmt: skip
    assert {name: g[name].grad for name in grads} == grads
    alive = [path.product for path in g.paths("w21") if path.product]
    assert sorted(alive) == [-2, 0.5]
    assert S3["w21"] - 0.1 * g["w21"].grad == 0.65
    assert g.check().ok


def dense(x, W1, b1, W2, b2):
    z1 = W1 @ x + b1
    a1 = np.maximum(z1, 0)
    out = W2 @ a1 + b2
    return out


UPSTREAM = [0.1, 0.2]


def test_all_zero_initialisation_gives_gradient_to_the_last_bias_only():
    zero: dict[str, Any] = {
        "W1": np.zeros((2, 2)),
        "b1": np.zeros(2),
        "W2": np.zeros((2, 2)),
        "b2": np.zeros(2),
    }
    g = gt.trace(dense, np.array([1.0, 2.0]), **zero).backward(seed=UPSTREAM)
    assert g["out"].value.tolist() == [0, 0]
    assert g["b2"].grad.tolist() == UPSTREAM
    for name in ("W1", "b1", "W2"):
        assert not g[name].grad.any()


def test_constant_initialisation_keeps_the_hidden_units_identical():
    start: dict[str, Any] = {
        "W1": np.full((2, 2), 2.0),
        "b1": np.full(2, -2.0),
        "W2": np.ones((2, 2)),
        "b2": np.ones(2),
    }
    g = gt.trace(dense, np.array([1.0, 2.0]), **start).backward(seed=UPSTREAM)
    values = {"z1": [4, 4], "a1": [4, 4], "out": [9, 9]}
    assert {name: g[name].value.tolist() for name in values} == values
    grads = {
        "b2": [0.1, 0.2],
        "W2": [[0.4, 0.4], [0.8, 0.8]],
        "a1": [0.3, 0.3],
        "z1": [0.3, 0.3],
        "b1": [0.3, 0.3],
        "W1": [[0.3, 0.6], [0.3, 0.6]],
    }
    worked: Any
    for name, worked in grads.items():
        np.testing.assert_allclose(g[name].grad, worked, rtol=1e-15)
    moved = {name: value - 0.1 * g[name].grad for name, value in start.items()}
    after = g.at(**moved).backward(seed=UPSTREAM)
    for graph in (g, after):
        assert graph["a1"].value[0] == graph["a1"].value[1]
        assert (graph["W1"].grad[0] == graph["W1"].grad[1]).all()


def xor(x, W1, b1, W2, b2):
    h = np.maximum(W1 @ x + b1, 0)
    return W2 @ h + b2


XOR: dict[str, Any] = {
    "W1": np.ones((2, 2)),
    "b1": np.array([0.0, -1.0]),
    "W2": np.array([1.0, -2.0]),
    "b2": 0.0,
}


@pytest.mark.parametrize(
    ("x", "y"), [([0.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 0)]
)
def test_the_xor_table(x, y):
    g = gt.trace(xor, np.array(x), **XOR)
    assert g.output.value == y
    assert gt.trace(xor, np.zeros(2), **XOR).at(x=x).output.value == y


@pytest.mark.parametrize("x", [[0.0, 1.0], [1.0, 1.0]])
@pytest.mark.parametrize("seed", [1.0, -2.5])
def test_from_all_zero_weights_only_the_last_bias_moves(x, seed):
    zero: dict[str, Any] = {name: np.zeros_like(value)[()] for name, value in XOR.items()}
    g = gt.trace(xor, np.array(x), **zero).backward(seed=seed)
    assert g["b2"].grad == seed
    for name in ("W1", "b1", "W2"):
        assert not g[name].grad.any()


def test_a_random_start_learns_xor_by_gradient_descent():
    rng = np.random.default_rng(1)
    X = np.array([[0.0, 0, 1, 1], [0, 1, 0, 1]])
    y = np.array([0.0, 1, 1, 0])

    def loss(W1, b1, W2, b2):
        h = np.maximum(W1 @ X + b1, 0)
        return np.mean((W2 @ h + b2 - y) ** 2)

    weights: dict[str, Any] = {
        "W1": rng.normal(size=(4, 2)),
        "b1": np.zeros((4, 1)),
        "W2": rng.normal(size=(4,)),
        "b2": 0.0,
    }
    g = gt.trace(loss, **weights)
    for _ in range(800):
        g = g.at(**weights).backward()
        weights = {name: value - 0.1 * g[name].grad for name, value in weights.items()}
    assert g.output.value < 1e-3
    h = np.maximum(weights["W1"] @ X + weights["b1"], 0)
    assert np.round(weights["W2"] @ h + weights["b2"]).tolist() == y.tolist()
