"""Linear maps, look-ups, dropout, and cuts."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphtrace.nn.parts import as_given, composite, labels_of, misfit, of, refused
from graphtrace.ops.values import shape_of

__all__ = ["bilinear", "dropout", "embedding", "linear", "one_hot", "stop_gradient"]


@composite
def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """Return x·weightᵀ + bias.

    x: (…, inputs), weight: (outputs, inputs), bias: (outputs,) or None; result: (…, outputs).
    """
    x, weight = as_given(x), as_given(weight)
    inputs = shape_of(x)[-1:]
    if len(shape_of(weight)) != 2 or shape_of(weight)[1:] != inputs:
        raise misfit(
            "linear",
            f"x of shape {shape_of(x)} and a weight of shape {shape_of(weight)} do not fit: "
            "they are (…, inputs) and (outputs, inputs)",
        )
    outputs = shape_of(weight)[0]
    product = np.matmul(x, np.transpose(weight))
    if bias is None:
        return product
    if shape_of(as_given(bias)) != (outputs,):
        raise misfit("linear", f"a bias of shape {shape_of(as_given(bias))} for {outputs} outputs")
    return product + bias


@composite
def bilinear(x: Any, y: Any, weight: Any, bias: Any = None) -> Any:
    """Return xᵀ·weight[k]·y + bias[k] for each output k.

    x: (…, n), y: (…, m), weight: (outputs, n, m); result: (…, outputs).
    """
    x, y, weight = as_given(x), as_given(y), as_given(weight)
    if shape_of(weight)[1:] != (*shape_of(x)[-1:], *shape_of(y)[-1:]):
        raise misfit(
            "bilinear",
            f"x and y of shapes {shape_of(x)} and {shape_of(y)} need a weight of shape "
            f"(outputs, {shape_of(x)[-1]}, {shape_of(y)[-1]}), not {shape_of(weight)}",
        )
    rows = np.matmul(
        np.expand_dims(x, -2), np.transpose(weight, (1, 0, 2)).reshape((shape_of(x)[-1], -1))
    )
    grid = np.reshape(rows, (*shape_of(x)[:-1], *shape_of(weight)[::2]))
    product = np.sum(grid * np.expand_dims(y, -2), axis=-1)
    return product if bias is None else product + bias


@composite
def embedding(indices: Any, table: Any) -> Any:
    """Return the rows of a table at integer indices: (…) → (…, *table.shape[1:]).

    Rows that are looked up several times get the sum of their gradients.
    """
    table = as_given(table)
    return table[labels_of("embedding", "index", indices, shape_of(table)[0])]


def one_hot(labels: Any, classes: int, dtype: Any = float) -> np.ndarray:
    """Return 1 at each label's place on a new last axis, else 0; labels are plain integers."""
    rows: np.ndarray = np.eye(classes, dtype=dtype)
    found: np.ndarray = rows[labels_of("one_hot", "label", labels, classes)]
    return found


@composite
def dropout(x: Any, rate: float, rng: np.random.Generator, *, training: bool = True) -> Any:
    """Return x with each element 0 with probability `rate`, the others divided by 1 - rate.

    The choice is drawn once, from the generator, and stays in the record: the same graph
    evaluated at other inputs drops the same elements. Without `training` x is returned.
    Srivastava et al. 2014, J. Mach. Learn. Res. 15.
    """
    if not 0 <= rate < 1:
        raise refused("dropout", f"rate is in [0, 1), not {rate!r}")
    x = as_given(x)
    if not training or rate == 0:
        return x
    kept = rng.random(shape_of(x)) >= rate
    return x * (kept / (1.0 - rate)).astype(x.dtype)


def stop_gradient(x: Any) -> Any:
    """Return x itself, as a cut: no gradient passes."""
    return of("stop_gradient", x)
