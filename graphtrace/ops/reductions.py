"""Sums, means and extrema over axes.

Where the largest (smallest) value occurs k times, each occurrence gets 1/k of the gradient.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.registry import Bind, structured
from graphtrace.ops.values import shape_of

Axis = int | tuple[int, ...] | None


def _spread(g: Any, a: Any, axis: Axis, keepdims: bool) -> Any:
    """Broadcast the gradient of a reduction back over the reduced axes."""
    shape = shape_of(a)
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    else:
        g = np.reshape(g, (1,) * len(shape) if axis is None else np.shape(g))
    return np.broadcast_to(g, shape)


def _sum_vjp(slot: int, g: Any, out: Any, a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return _spread(g, a, axis, keepdims)


def _mean_vjp(
    slot: int, g: Any, out: Any, a: Any, axis: Axis = None, keepdims: bool = False
) -> Any:
    count = math.prod(shape_of(a)) // max(math.prod(shape_of(out)), 1)
    return _spread(g, a, axis, keepdims) / count


def _extreme_vjp(
    slot: int, g: Any, out: Any, a: Any, axis: Axis = None, keepdims: bool = False
) -> Any:
    hit = np.equal(a, _spread(out, a, axis, keepdims))
    ties = np.sum(hit, axis=axis, keepdims=True)
    return _spread(g, a, axis, keepdims) * hit / ties


def _extreme_jvp(
    slot: int, t: Any, out: Any, a: Any, axis: Axis = None, keepdims: bool = False
) -> Any:
    hit = np.equal(a, _spread(out, a, axis, keepdims))
    ties = np.sum(hit, axis=axis, keepdims=keepdims)
    return np.sum(t * hit, axis=axis, keepdims=keepdims) / ties


def _bind(a: Any, axis: Axis = None, *, keepdims: Any = False) -> Any:
    params: dict[str, Any] = {}
    if axis is not None:
        params["axis"] = axis
    if keepdims not in (False, np._NoValue):
        params["keepdims"] = bool(keepdims)
    return (a,), params


def _samples(rng: np.random.Generator) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    return [
        ((rng.normal(size=(5,)),), {}),
        ((rng.normal(size=(3, 4)),), {"axis": 0}),
        ((rng.normal(size=(3, 4)),), {"axis": -1, "keepdims": True}),
        ((rng.normal(size=(2, 3, 4)),), {"axis": (0, 2)}),
        ((rng.normal(size=(2, 3)),), {"keepdims": True}),
        ((1.5,), {}),
    ]


def _reduction(
    name: str,
    function: Callable[..., Any],
    rule: str,
    vjp: Callable[..., Any],
    jvp: Callable[..., Any] | str,
    symbol: str,
    latex: str,
    aliases: tuple[str, ...] = (),
) -> None:
    bind: Bind = _bind
    structured(
        name,
        function,
        family="reduction",
        arity=1,
        rules=[rule],
        vjp=vjp,
        jvp=jvp,
        samples=_samples,
        calls={function: bind},
        notation=Notation(symbol, latex=latex),
        aliases=aliases,
    )


HIT = "g*where(a == out, 1, 0)"
_reduction("sum", np.sum, "g", _sum_vjp, "linear", "Σ", r"\sum {0}")
_reduction("mean", np.mean, "g/n", _mean_vjp, "linear", "mean", r"\mathrm{{mean}}({a0})")
_reduction("max", np.max, HIT, _extreme_vjp, _extreme_jvp, "max", r"\max({a0})", ("amax",))
_reduction("min", np.min, HIT, _extreme_vjp, _extreme_jvp, "min", r"\min({a0})", ("amin",))
