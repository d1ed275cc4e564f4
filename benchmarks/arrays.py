"""The array cases: an LSTM of small vectors, an MLP, a Jacobian; the same code for every library.

Each case returns a function to time. Gradients are checked against plain NumPy or PyTorch
by the tests, not here.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["CASES"]

RNG = np.random.default_rng(0)
HIDDEN, FEATURES, STEPS = 16, 8, 100
GATES = [
    [RNG.normal(size=(FEATURES, HIDDEN)) * 0.3 for _ in range(4)],
    [RNG.normal(size=(HIDDEN, HIDDEN)) * 0.3 for _ in range(4)],
    [np.zeros(HIDDEN) for _ in range(4)],
]
SEQUENCE = [RNG.normal(size=FEATURES) for _ in range(STEPS)]
START = np.zeros(HIDDEN)
PIXELS = RNG.normal(size=(64, 784))
LABELS = np.eye(10)[RNG.integers(0, 10, 64)]
LAYERS = [
    *(RNG.normal(size=(784, 256)) * 0.05, np.zeros(256)),
    *(RNG.normal(size=(256, 128)) * 0.05, np.zeros(128)),
    *(RNG.normal(size=(128, 10)) * 0.05, np.zeros(10)),
]
MATRIX, POINT = RNG.normal(size=(200, 100)), RNG.normal(size=100)
Run = Callable[[], Any]


def lstm(np: Any, sigmoid: Any, xs: Any, W: Any, U: Any, b: Any, h: Any, c: Any) -> Any:
    """25 operations a step; the weights and the first state are variables, the inputs data."""
    for x in xs:
        i = sigmoid(x @ W[0] + h @ U[0] + b[0])
        f = sigmoid(x @ W[1] + h @ U[1] + b[1])
        o = sigmoid(x @ W[2] + h @ U[2] + b[2])
        new = np.tanh(x @ W[3] + h @ U[3] + b[3])
        c = f * c + i * new
        h = o * np.tanh(c)
    return np.sum(h)


def mlp(np: Any, relu: Any, log_softmax: Any, X: Any, Y: Any, *layers: Any) -> Any:
    """784-256-128-10 with the cross-entropy of a batch of 64; the weights are variables."""
    W1, b1, W2, b2, W3, b3 = layers
    h1 = relu(X @ W1 + b1)
    h2 = relu(h1 @ W2 + b2)
    return -np.sum(Y * log_softmax(h2 @ W3 + b3)) / 64


def lstm_graphtrace() -> Run:
    import graphtrace as gt

    def run(W: Any, U: Any, b: Any, h: Any, c: Any) -> Any:
        return lstm(np, gt.nn.sigmoid, SEQUENCE, W, U, b, h, c)

    return lambda: gt.trace(run, *GATES, START, START).backward()


def lstm_torch() -> Run:
    import torch

    torch.set_num_threads(1)

    def variable(a: Any) -> Any:
        return torch.tensor(a, requires_grad=True)

    def run() -> None:
        gates = [[variable(a) for a in group] for group in GATES]
        xs = [torch.tensor(x) for x in SEQUENCE]
        lstm(torch, torch.sigmoid, xs, *gates, variable(START), variable(START)).backward()

    return run


def lstm_autograd() -> Run:
    import autograd
    import autograd.numpy as anp

    def run(parameters: Any) -> Any:
        return lstm(anp, lambda a: 1 / (1 + anp.exp(-a)), SEQUENCE, *parameters)

    gradient = autograd.grad(run)
    return lambda: gradient((*GATES, START, START))


def lstm_mygrad() -> Run:
    import mygrad as mg
    from mygrad.nnet.activations import sigmoid

    mg.turn_memory_guarding_off()

    def run() -> None:
        gates = [[mg.tensor(a) for a in group] for group in GATES]
        lstm(mg, sigmoid, SEQUENCE, *gates, mg.tensor(START), mg.tensor(START)).backward()

    return run


def mlp_graphtrace() -> Run:
    import graphtrace as gt

    def run(*layers: Any) -> Any:
        return mlp(np, relu, gt.nn.log_softmax, PIXELS, LABELS, *layers)

    def relu(a: Any) -> Any:
        return np.maximum(a, 0)

    return lambda: gt.trace(run, *LAYERS).backward()


def mlp_torch() -> Run:
    import torch

    torch.set_num_threads(1)

    def run() -> None:
        layers = [torch.tensor(a, requires_grad=True) for a in LAYERS]
        X, Y = torch.tensor(PIXELS), torch.tensor(LABELS)
        mlp(torch, torch.relu, lambda a: torch.log_softmax(a, 1), X, Y, *layers).backward()

    return run


def mlp_autograd() -> Run:
    import autograd
    import autograd.numpy as anp
    from autograd.scipy.special import logsumexp

    def log_softmax(a: Any) -> Any:
        return a - logsumexp(a, axis=1, keepdims=True)

    def run(layers: Any) -> Any:
        return mlp(anp, lambda a: anp.maximum(a, 0), log_softmax, PIXELS, LABELS, *layers)

    gradient = autograd.grad(run)
    return lambda: gradient(LAYERS)


def mlp_mygrad() -> Run:
    import mygrad as mg
    from mygrad.nnet.activations import logsoftmax

    mg.turn_memory_guarding_off()

    def run() -> None:
        layers = [mg.tensor(a) for a in LAYERS]
        relu = mg.nnet.activations.relu
        mlp(mg, relu, logsoftmax, PIXELS, LABELS, *layers).backward()

    return run


def mlp_handwritten() -> Run:
    """Forward and backward as one would write them by hand."""

    def run() -> Any:
        W1, b1, W2, b2, W3, b3 = LAYERS
        a1 = PIXELS @ W1 + b1
        h1 = np.maximum(a1, 0)
        a2 = h1 @ W2 + b2
        h2 = np.maximum(a2, 0)
        z = h2 @ W3 + b3
        shifted = z - z.max(1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        loss = -np.sum(LABELS * logs) / 64
        dz = (np.exp(logs) - LABELS) / 64
        dW3, db3 = h2.T @ dz, dz.sum(0)
        dh2 = dz @ W3.T * (a2 > 0)
        dW2, db2 = h1.T @ dh2, dh2.sum(0)
        dh1 = dh2 @ W2.T * (a1 > 0)
        return loss, PIXELS.T @ dh1, dh1.sum(0), dW2, db2, dW3, db3

    return run


def jacobian_graphtrace() -> Run:
    import graphtrace as gt

    def run() -> Any:
        graph = gt.trace(lambda x: gt.nn.softmax(MATRIX @ x), POINT)
        return graph.jacobian(graph.output.id, "x")

    return run


def jacobian_torch() -> Run:
    """The faster of torch.func's two."""
    import torch

    torch.set_num_threads(1)
    W, x = torch.tensor(MATRIX), torch.tensor(POINT)
    jacobian = torch.func.jacfwd(lambda x: torch.softmax(W @ x, 0))
    return lambda: jacobian(x)


def jacobian_autograd() -> Run:
    import autograd
    import autograd.numpy as anp

    def softmax(x: Any) -> Any:
        z = MATRIX @ x
        e = anp.exp(z - anp.max(z))
        return e / anp.sum(e)

    jacobian = autograd.jacobian(softmax)
    return lambda: jacobian(POINT)


def jacobian_mygrad() -> Run:
    """One backward pass a row, as MyGrad has no Jacobian of its own."""
    import mygrad as mg
    from mygrad.nnet.activations import softmax

    mg.turn_memory_guarding_off()

    def run() -> Any:
        rows = []
        for row in range(200):
            x = mg.tensor(POINT)
            softmax((MATRIX @ x)[None, :])[0, row].backward()
            rows.append(x.grad)
        return np.array(rows)

    return run


CASES: dict[str, tuple[Callable[[], Run], int, float]] = {
    "lstm-graphtrace": (lstm_graphtrace, 5, 1e3),
    "lstm-torch": (lstm_torch, 5, 1e3),
    "lstm-autograd": (lstm_autograd, 2, 1e3),
    "lstm-mygrad": (lstm_mygrad, 2, 1e3),
    "mlp-graphtrace": (mlp_graphtrace, 40, 1e3),
    "mlp-handwritten": (mlp_handwritten, 40, 1e3),
    "mlp-torch": (mlp_torch, 40, 1e3),
    "mlp-autograd": (mlp_autograd, 20, 1e3),
    "mlp-mygrad": (mlp_mygrad, 20, 1e3),
    "jacobian-graphtrace": (jacobian_graphtrace, 50, 1e6),
    "jacobian-torch": (jacobian_torch, 50, 1e6),
    "jacobian-autograd": (jacobian_autograd, 5, 1e6),
    "jacobian-mygrad": (jacobian_mygrad, 3, 1e6),
}
"""By name: what makes the function to time, how often it runs for one sample, units a second."""
