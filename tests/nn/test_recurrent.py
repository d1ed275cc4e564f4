"""Recurrent cells and networks against PyTorch's modules."""

import re
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace import nn
from graphtrace.errors import RefusedError, ShapeError

RNG = np.random.default_rng(9)
X, H, C = RNG.normal(size=(2, 3)), RNG.normal(size=(2, 4)), RNG.normal(size=(2, 4))
XS = RNG.normal(size=(5, 2, 3))


def weights(gates) -> Any:
    return [RNG.normal(size=(gates * 4, *rest)) * 0.5 for rest in ((3,), (4,), (), ())]


def module(oracle, name):
    """Return a function that calls PyTorch's module with given weights."""
    torch = oracle("torch")

    def call(inputs, state, *given):
        made = getattr(torch.nn, name)(3, 4).double()
        names = [key for key, _ in made.named_parameters()]
        return torch.func.functional_call(
            made, dict(zip(names, given, strict=True)), (inputs, state)
        )

    return call


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_rnn_cell_agrees_with_pytorch(nonlinearity, agree):
    agree(
        lambda x, h, *w: nn.rnn_cell(x, h, *w, nonlinearity=nonlinearity),
        lambda _, x, h, w, u, b, c: getattr(x @ w.T + b + h @ u.T + c, nonlinearity)(),
        X,
        H,
        *weights(1),
    )


def test_cells_agree_with_pytorch(agree, oracle):
    lstm = module(oracle, "LSTMCell")
    for k in (0, 1):
        agree(
            lambda x, h, c, *w, k=k: nn.lstm_cell(x, (h, c), *w)[k],
            lambda _, x, h, c, *w, k=k: lstm(x, (h, c), *w)[k],
            X,
            H,
            C,
            *weights(4),
        )
    gru = module(oracle, "GRUCell")
    agree(nn.gru_cell, lambda _, x, h, *w: gru(x, h, *w), X, H, *weights(3))


def test_networks_over_time_agree_with_pytorch(agree, oracle):
    options = {"orders": False}  # as for the cells; long in PyTorch
    rnn, lstm, gru = (module(oracle, name) for name in ("RNN", "LSTM", "GRU"))
    agree(lambda x, h, *w: nn.rnn(x, h, *w)[0],
          lambda _, x, h, *w: rnn(x, h[None], *w)[0], XS, H, *weights(1), **options)  # fmt: skip
    agree(lambda x, h, c, *w: nn.lstm(x, (h, c), *w)[0],
          lambda _, x, h, c, *w: lstm(x, (h[None], c[None]), *w)[0],
          XS, H, C, *weights(4), **options)  # fmt: skip
    agree(lambda x, h, *w: nn.gru(x, h, *w)[0],
          lambda _, x, h, *w: gru(x, h[None], *w)[0], XS, H, *weights(3), **options)  # fmt: skip


def test_the_last_state_is_the_last_output():
    w = weights(4)
    states, (h, c) = nn.lstm(XS, (H, C), *w)
    assert states.shape == (5, 2, 4)
    assert c.shape == (2, 4)
    np.testing.assert_array_equal(states[-1], h)
    states, h = nn.gru(XS, H, *weights(3))
    np.testing.assert_array_equal(states[-1], h)
    assert nn.rnn_cell(X[0], H[0], *weights(1)[:2]).shape == (4,)


@pytest.mark.parametrize(
    ("run", "error", "text"),
    [
        (
            lambda x: nn.lstm_cell(x, (H, C), *weights(3)[:2]),
            ShapeError,
            "w_x has shape (12, 3); x of shape (2, 3) and h of shape (2, 4) need (16, 3)",
        ),
        (lambda x: nn.gru_cell(x, X, *weights(3)[:2]), ShapeError, "need (9, 3)"),
        (
            lambda x: nn.rnn_cell(x, H, *weights(1), nonlinearity="sin"),
            RefusedError,
            "one of 'tanh', 'relu'",
        ),
        (lambda x: nn.rnn(x[:0, None], H, *weights(1)), ShapeError, "there are no steps in time"),
    ],
)
def test_misuse_is_refused_with_the_line(run, error, text):
    with pytest.raises(error, match=re.escape(text)) as caught:
        gt.trace(run, X)
    assert str(caught.value).startswith("test_recurrent.py:")
