"""Recurrent cells, and networks of them over time.

Weights are laid out as in PyTorch: `w_x` (gates·hidden, inputs), `w_h` (gates·hidden, hidden),
`b_x` and `b_h` (gates·hidden,) or None.
"""

from typing import Any

import numpy as np

from graphtrace.nn.parts import as_given, choice, composite, misfit, of
from graphtrace.ops.values import shape_of

__all__ = ["gru", "gru_cell", "lstm", "lstm_cell", "rnn", "rnn_cell"]


@composite
def rnn_cell(
    x: Any,
    h: Any,
    w_x: Any,
    w_h: Any,
    b_x: Any = None,
    b_h: Any = None,
    *,
    nonlinearity: str = "tanh",
) -> Any:
    """Return tanh(w_x·x + b_x + w_h·h + b_h), or relu of it; one step in time.

    x: (…, inputs), h: (…, hidden); result: (…, hidden). Elman 1990, Finding Structure in Time.
    """
    choice("rnn_cell", "nonlinearity", nonlinearity, ("tanh", "relu"))
    x, h = as_given(x), as_given(h)
    _compare("rnn_cell", 1, x, h, w_x, w_h)
    total = _affine(x, w_x, b_x) + _affine(h, w_h, b_h)
    return np.tanh(total) if nonlinearity == "tanh" else of("relu", total)


@composite
def lstm_cell(
    x: Any, state: tuple[Any, Any], w_x: Any, w_h: Any, b_x: Any = None, b_h: Any = None
) -> tuple[Any, Any]:
    """Return the next (h, c): c' = f·c + i·g, h' = o·tanh(c').

    The gates i, f, o = sigmoid(…) and g = tanh(…) of w_x·x + b_x + w_h·h + b_h come in the order
    i, f, g, o. Hochreiter and Schmidhuber 1997; with forget gates: Gers et al. 2000.
    """
    x, h, c = as_given(x), as_given(state[0]), as_given(state[1])
    _compare("lstm_cell", 4, x, h, w_x, w_h)
    gates = _affine(x, w_x, b_x) + _affine(h, w_h, b_h)
    size = shape_of(h)[-1]
    i, f, g, o = (gates[..., k * size : (k + 1) * size] for k in range(4))
    c = of("sigmoid", f) * c + of("sigmoid", i) * np.tanh(g)
    return of("sigmoid", o) * np.tanh(c), c


@composite
def gru_cell(x: Any, h: Any, w_x: Any, w_h: Any, b_x: Any = None, b_h: Any = None) -> Any:
    """Return h' = (1 - z)·n + z·h, n = tanh(w_n·x + b_n + r·(u_n·h + d_n)).

    The gates r, z = sigmoid(…) and n come in the order r, z, n. Cho et al. 2014,
    arXiv:1406.1078, in the form of PyTorch and cuDNN.
    """
    x, h = as_given(x), as_given(h)
    _compare("gru_cell", 3, x, h, w_x, w_h)
    size = shape_of(h)[-1]
    new, old = _affine(x, w_x, b_x), _affine(h, w_h, b_h)
    r = of("sigmoid", new[..., :size] + old[..., :size])
    z = of("sigmoid", new[..., size : 2 * size] + old[..., size : 2 * size])
    n = np.tanh(new[..., 2 * size :] + r * old[..., 2 * size :])
    return n + z * (h - n)


@composite
def rnn(
    xs: Any,
    h: Any,
    w_x: Any,
    w_h: Any,
    b_x: Any = None,
    b_h: Any = None,
    nonlinearity: str = "tanh",
) -> tuple[Any, Any]:
    """Run rnn_cell over the first axis of xs; return all hidden states, stacked, and the last."""
    found = []
    for x in as_given(xs):
        h = rnn_cell(x, h, w_x, w_h, b_x, b_h, nonlinearity=nonlinearity)
        found.append(h)
    return _stacked("rnn", found), h


@composite
def lstm(
    xs: Any, state: tuple[Any, Any], w_x: Any, w_h: Any, b_x: Any = None, b_h: Any = None
) -> tuple[Any, tuple[Any, Any]]:
    """Run lstm_cell over the first axis of xs; return all h, stacked, and the last (h, c)."""
    found = []
    for x in as_given(xs):
        state = lstm_cell(x, state, w_x, w_h, b_x, b_h)
        found.append(state[0])
    return _stacked("lstm", found), state


@composite
def gru(xs: Any, h: Any, w_x: Any, w_h: Any, b_x: Any = None, b_h: Any = None) -> tuple[Any, Any]:
    """Run gru_cell over the first axis of xs; return all hidden states, stacked, and the last."""
    found = []
    for x in as_given(xs):
        h = gru_cell(x, h, w_x, w_h, b_x, b_h)
        found.append(h)
    return _stacked("gru", found), h


def _affine(x: Any, weight: Any, bias: Any) -> Any:
    product = np.matmul(x, np.transpose(weight))
    return product if bias is None else product + bias


def _stacked(name: str, states: list[Any]) -> Any:
    if not states:
        raise misfit(name, "there are no steps in time")
    return np.stack(states)


def _compare(name: str, gates: int, x: Any, h: Any, w_x: Any, w_h: Any) -> None:
    inputs, hidden = shape_of(x)[-1:], shape_of(h)[-1:]
    rows = gates * hidden[0] if hidden else 0
    for what, weight, columns in (("w_x", w_x, inputs), ("w_h", w_h, hidden)):
        found = shape_of(as_given(weight))
        if not columns or found != (rows, *columns):
            raise misfit(
                name,
                f"{what} has shape {found}; x of shape {shape_of(x)} and h of shape {shape_of(h)} "
                f"need {(rows, *columns)}",
            )
