"""A sample call of every function of gt.nn, and with them the whole table of what is covered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from graphtrace import nn, special
from graphtrace.ops.activation import FAMILY
from graphtrace.ops.registry import OPS
from graphtrace.run.coverage import Coverage, measured, parts_of
from graphtrace.run.coverage import coverage as operations
from graphtrace.run.trials import Trial

__all__ = ["PLAIN", "SAMPLES", "coverage", "trial"]

PLAIN = ("causal_mask", "one_hot")
"""Functions that make plain arrays and record nothing."""
LABELS = [0, 2]
ROWS = (2, 3)

Sample = tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]
"""A function of traced arrays, and their shapes."""


def _image(name: str, *shapes: tuple[int, ...], **options: Any) -> dict[str, Sample]:
    return {name: (lambda *xs: getattr(nn, name)(*xs, **options), shapes)}


def _activations() -> dict[str, Sample]:
    from graphtrace.nn import activations

    found: dict[str, Sample] = {name: (getattr(nn, name), (ROWS,)) for name in activations.__all__}
    found["prelu"] = (nn.prelu, (ROWS, (3,)))
    found["glu"] = (nn.glu, ((2, 4),))
    return found


def _losses() -> dict[str, Sample]:
    from graphtrace.nn import losses

    found: dict[str, Sample] = {name: (getattr(nn, name), (ROWS, ROWS)) for name in losses.__all__}
    found["nll"] = (lambda x: nn.nll(x, LABELS), (ROWS,))
    found["cross_entropy"] = (lambda x: nn.cross_entropy(x, LABELS), (ROWS,))
    found["bce"] = (lambda x, t: nn.bce(nn.sigmoid(x), t), (ROWS, ROWS))
    found["kl_div"] = (lambda x, t: nn.kl_div(x, np.exp(t)), (ROWS, ROWS))
    found["gaussian_nll"] = (
        lambda m, t, v: nn.gaussian_nll(m, t, 1.0 + v * v),
        (ROWS, ROWS, ROWS),
    )
    return found


def _layers() -> dict[str, Sample]:
    attention = nn.scaled_dot_product_attention
    return {
        "linear": (nn.linear, ((2, 3), (4, 3), (4,))),
        "bilinear": (nn.bilinear, ((2, 3), (2, 2), (4, 3, 2))),
        "embedding": (lambda table: nn.embedding(LABELS, table), ((4, 3),)),
        "dropout": (lambda x: nn.dropout(x, 0.25, np.random.default_rng(3)), (ROWS,)),
        "stop_gradient": (nn.stop_gradient, (ROWS,)),
        "layer_norm": (nn.layer_norm, ((2, 3), (3,), (3,))),
        "rms_norm": (nn.rms_norm, ((2, 3), (3,))),
        "batch_norm": (nn.batch_norm, ((4, 3), (3,), (3,))),
        "group_norm": (lambda x, w, b: nn.group_norm(x, 2, w, b), ((2, 4, 3), (4,), (4,))),
        "instance_norm": (nn.instance_norm, ((2, 3, 4), (3,), (3,))),
        "l2_normalize": (nn.l2_normalize, (ROWS,)),
        "scaled_dot_product_attention": (attention, ((2, 3), (4, 3), (4, 2))),
        "multi_head_attention": (
            lambda x, w: nn.multi_head_attention(x, x, x, 2, (w, w, w, w)),
            ((2, 4), (4, 4)),
        ),
    }


def _recurrent() -> dict[str, Sample]:
    def shapes(gates: int, *states: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        return (*states, (gates * 2, 3), (gates * 2, 2), (gates * 2,), (gates * 2,))

    x, xs, h = (2, 3), (2, 2, 3), (2, 2)
    return {
        "rnn_cell": (nn.rnn_cell, shapes(1, x, h)),
        "gru_cell": (nn.gru_cell, shapes(3, x, h)),
        "lstm_cell": (lambda x, h, c, *w: nn.lstm_cell(x, (h, c), *w)[0], shapes(4, x, h, h)),
        "rnn": (lambda xs, h, *w: nn.rnn(xs, h, *w)[0], shapes(1, xs, h)),
        "gru": (lambda xs, h, *w: nn.gru(xs, h, *w)[0], shapes(3, xs, h)),
        "lstm": (lambda xs, h, c, *w: nn.lstm(xs, (h, c), *w)[0], shapes(4, xs, h, h)),
    }


SAMPLES: Mapping[str, Sample] = {
    **_activations(),
    **_losses(),
    **_layers(),
    **_recurrent(),
    **_image("conv1d", (1, 2, 5), (2, 2, 3), (2,), padding=1),
    **_image("conv2d", (1, 2, 3, 4), (2, 2, 2, 2), (2,), stride=2),
    **_image("conv_transpose1d", (1, 2, 3), (2, 3, 2), (3,), stride=2),
    **_image("conv_transpose2d", (1, 2, 2, 2), (2, 3, 2, 2), (3,)),
    **_image("max_pool", (1, 2, 4), size=2),
    **_image("max_pool1d", (1, 2, 4), size=2),
    **_image("max_pool2d", (1, 2, 4, 4), size=2),
    **_image("avg_pool", (1, 2, 4, 4), size=2),
    **_image("avg_pool1d", (1, 2, 4), size=2),
    **_image("avg_pool2d", (1, 2, 4, 4), size=2),
    **_image("global_avg_pool", (1, 2, 3, 3)),
    **_image("global_max_pool", (1, 2, 3, 3)),
}


def trial(name: str) -> Trial:
    """Return the function of a name at its sample."""
    function, shapes = SAMPLES[name]
    rng = np.random.default_rng(len(name))
    return Trial(function, tuple(rng.uniform(0.1, 0.9, size=shape) for shape in shapes))


def coverage() -> list[Coverage]:
    """Return the table of all operations and functions, those of gt.nn and gt.special too.

    An activation that is one operation is among the calls of that operation; any other function
    has a row of its own.
    """
    rows = {row.name: row for row in operations()}
    for name in special.__all__:
        rows[name] = replace(rows[name], calls=(*rows[name].calls, f"gt.special.{name}"))
    for name in sorted((*SAMPLES, *PLAIN)):
        call = f"gt.nn.{name}"
        trials = [trial(name)] if name in SAMPLES else []
        parts = parts_of(trials)
        if len(parts) == 1 and OPS[parts[0]].family == FAMILY:
            known = rows[parts[0]]
            rows[parts[0]] = replace(known, calls=(*known.calls, call))
        else:
            own = call if name in rows else name
            rows[own] = measured(own, "nn", trials, (call,))
    return sorted(rows.values(), key=lambda row: (row.family, row.name))
