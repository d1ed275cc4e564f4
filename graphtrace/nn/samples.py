"""A sample call of every function of gt.nn, and from it the operations that each reaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from graphtrace import nn
from graphtrace.ops.registry import CALLS, OPS
from graphtrace.run.record import record_function
from graphtrace.tape.var import operation

__all__ = ["PLAIN", "SAMPLES", "reached", "sample"]

PLAIN = ("causal_mask", "one_hot")
"""Functions that make plain arrays and record nothing."""
LABELS = [0, 2]
ROWS = (2, 3)

KINDS = ("product", "reduction")
"""Families whose operations say more of a function than its additions do."""

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
    **_image("max_pool1d", (1, 2, 4), size=2),
    **_image("max_pool2d", (1, 2, 4, 4), size=2),
    **_image("avg_pool1d", (1, 2, 4), size=2),
    **_image("avg_pool2d", (1, 2, 4, 4), size=2),
    **_image("global_avg_pool", (1, 2, 3, 3)),
    **_image("global_max_pool", (1, 2, 3, 3)),
}


def sample(name: str) -> tuple[Callable[..., Any], tuple[np.ndarray, ...]]:
    """Return a function of arrays that calls the function of a name, and arrays for it."""
    function, shapes = SAMPLES[name]
    rng = np.random.default_rng(len(name))
    return function, tuple(rng.uniform(0.1, 0.9, size=shape) for shape in shapes)


def reached() -> dict[str, tuple[str, ...]]:
    """Return, by operation, the functions that record it.

    A function counts for what is most its own among its parts: operations that NumPy has no
    name for, else products, else reductions, else all.
    """
    named = {op.name for op, _ in CALLS.values()}
    found: dict[str, list[str]] = {}
    for name in sorted(SAMPLES):
        function, arrays = sample(name)
        records = record_function(function, arrays, {}).records
        parts = {operation(record).name for record in records} & set(OPS)
        parts = {part for part in parts if OPS[part].family != "shape"}
        kinds = [{part for part in parts if OPS[part].family == kind} for kind in KINDS]
        for part in next(filter(None, [parts - named, *kinds]), parts):
            found.setdefault(part, []).append(f"gt.nn.{name}")
    return {op: tuple(names) for op, names in found.items()}
