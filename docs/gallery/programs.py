"""Programs that the gallery draws, as a user would write them: plain NumPy."""

from typing import Any

import numpy as np

import graphtrace as gt

SENTENCE = np.random.default_rng(1).normal(size=(6, 8))
"""Six words of eight features each."""
SERIES = list(np.random.default_rng(2).normal(size=(50, 3)))
"""Fifty measurements of three numbers each."""
X = np.random.default_rng(3).normal(size=(32, 16))
LABELS = np.random.default_rng(4).integers(0, 10, 32)
"""A batch of 32 samples of sixteen features, and their classes."""


def linear(x, W, b):
    """Return x·W + b."""
    return x @ W + b


def attention(x, p):
    """Return self-attention with one head: each row a mean of all rows."""
    q, k, v = x @ p["Wq"], x @ p["Wk"], x @ p["Wv"]
    a = gt.nn.softmax(q @ k.T / np.sqrt(8.0))
    return (a @ v) @ p["Wo"]


def mlp(x, p):
    """Return two layers with a GELU between them."""
    h = gt.nn.gelu(linear(x, p["W1"], p["b1"]))
    return linear(h, p["W2"], p["b2"])


def block(x, p):
    """Return a transformer block, normalised before its two parts."""
    x = x + attention(gt.nn.layer_norm(x), p)
    return x + mlp(gt.nn.layer_norm(x), p)


def transformer(x, layers):
    """Return the mean square of what comes out of all blocks."""
    for p in layers:
        x = block(x, p)
    return np.mean(x**2)


def transformer_weights(layers, d=8) -> list[dict[str, Any]]:
    """Return weights of so many blocks, the same each time."""
    rng = np.random.default_rng(0)

    def matrix(rows, columns):
        return rng.normal(size=(rows, columns)) / np.sqrt(rows)

    return [
        {name: matrix(d, d) for name in ("Wq", "Wk", "Wv", "Wo")}
        | {"W1": matrix(d, 4 * d), "b1": np.zeros(4 * d), "W2": matrix(4 * d, d), "b2": np.zeros(d)}
        for _ in range(layers)
    ]


def lstm(series, W, b):
    """Return the sum of the last state of an LSTM with four units."""
    h, c = np.zeros(4), np.zeros(4)
    for x in series:
        z = W @ np.concatenate([x, h]) + b
        i, f, o = gt.nn.sigmoid(z[:4]), gt.nn.sigmoid(z[4:8]), gt.nn.sigmoid(z[8:12])
        c = f * c + i * np.tanh(z[12:])
        h = o * np.tanh(c)
    return np.sum(h)


def lstm_weights() -> tuple[np.ndarray, np.ndarray]:
    """Return W and b of the four gates, stacked."""
    W = np.random.default_rng(0).normal(size=(16, 7)) * 0.5
    b = np.repeat([0.0, 1.5, 0.0, 0.0], 4)  # gates that begin open forget more slowly
    return W, b


def recurrent(w, series):
    """Return the last state of an RNN with one weight."""
    h = 0.0
    for u in series:
        h = w * (u + h)
    return h


def rnn(w, v, b, series):
    """Return the last state of an RNN of one unit with three shared weights."""
    h = 0.0
    for u in series:
        h = np.tanh(w * h + v * u + b)
    return h


def ridge(w, X, y, strength):
    """Return the squared error of a linear model, and a penalty: arrays and numbers in one."""
    r = X @ w - y
    fit = np.sum(r * r)
    penalty = strength * np.sum(w * w)
    return fit + penalty


def classifier(W, b):
    """Return the cross-entropy of softmax regression on the batch."""
    scores = X @ W + b
    p = gt.nn.softmax(scores)
    chosen = p[np.arange(len(LABELS)), LABELS]
    return -np.mean(np.log(chosen))


def classifier_weights() -> tuple[np.ndarray, np.ndarray]:
    """Return weights and biases."""
    return np.random.default_rng(3).normal(size=(16, 10)) / 4, np.zeros(10)


def shallow(W, x):
    """Return W·x through tanh: small enough to draw both passes."""
    y = np.tanh(W @ x)
    return np.sum(y**2)
