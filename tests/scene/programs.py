"""Programs as users write them, traced: scalars, arrays, and both in one."""

from collections.abc import Callable

import numpy as np

import graphtrace as gt
from graphtrace import nn

__all__ = ["PROGRAMS"]


def arrays(*shapes):
    """Return normal numbers, the same each time."""
    rng = np.random.default_rng(5)
    return [rng.normal(size=shape) for shape in shapes]


def classifier(x, W, b, y):
    z = W @ x + b
    p = nn.softmax(z)
    loss = -np.sum(y * np.log(p))
    return loss  # noqa: RET504 - a name for the result, as in a user's program


def perceptron(x, W1, b1, W2, b2, y):
    h = np.tanh(x @ W1 + b1)
    o = h @ W2 + b2
    return np.mean((o - y) ** 2)


def attention(x, Wq, Wk, Wv):
    q, k, v = x @ Wq, x @ Wk, x @ Wv
    a = nn.softmax(q @ k.T / np.sqrt(8))
    o = a @ v
    return np.sum(o * o)


def ridge(w, X, y, lam):
    r = X @ w - y
    fit = np.sum(r * r)
    penalty = lam * np.sum(w * w)
    return fit + penalty


def lstm(x, W, U, b):
    h, c = np.zeros(4), np.zeros(4)
    for t in range(len(x)):
        z = W @ x[t] + U @ h + b
        i, f, o = (1 / (1 + np.exp(-z[4 * k : 4 * k + 4])) for k in range(3))
        c = f * c + i * np.tanh(z[12:])
        h = o * np.tanh(c)
    return np.sum(h)


def recurrent(w, u):
    h = 0.0
    for value in u:
        h = w * (value + h)
    return h


def traced(function, *shapes) -> Callable[[], gt.Graph]:
    return lambda: gt.trace(function, *arrays(*shapes)).backward()


PROGRAMS: dict[str, Callable[[], gt.Graph]] = {
    "classifier": traced(classifier, 4, (3, 4), 3, 3),
    "perceptron": traced(perceptron, (8, 4), (4, 16), 16, (16, 2), 2, (8, 2)),
    "attention": traced(attention, (5, 8), (8, 8), (8, 8), (8, 8)),
    "scalars and arrays": traced(ridge, 3, (6, 3), 6, ()),
    "lstm": traced(lstm, (2, 3), (16, 3), (16, 4), 16),
    "long loop": lambda: gt.trace(recurrent, 2.0, [1.0] * 20).backward(),
}
