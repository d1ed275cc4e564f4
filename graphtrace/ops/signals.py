"""Sums of products of a sequence with a sliding one: convolve and correlate."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.axes import Cases
from graphtrace.ops.costs import sliding
from graphtrace.ops.registry import structured
from graphtrace.ops.values import shape_of

__all__: list[str] = []

FAMILY = "product"
MODES = ("full", "same", "valid")


def _convolve(a: Any, b: Any, mode: str = "full") -> Any:
    return np.convolve(a, b, mode)  # type: ignore[call-overload] # one of MODES


def _correlate(a: Any, b: Any, mode: str = "valid") -> Any:
    return np.correlate(a, b, mode)  # type: ignore[call-overload] # one of MODES


def _whole(g: Any, long: int, short: int, mode: str, mirrored: bool) -> Any:
    """Return the gradient of the full result: that of a part of it between zeros."""
    total = long + short - 1
    size = shape_of(g)[0]
    start = {"full": 0, "same": (short - 1) // 2, "valid": short - 1}[mode]
    if mirrored:
        start = total - start - size
    if size == total:
        return g
    kind = getattr(g, "dtype", float)
    zeros = [np.zeros(n, dtype=kind) for n in (start, total - start - size)]
    return np.concatenate([zeros[0], g, zeros[1]])


def _convolve_vjp(slot: int, g: Any, out: Any, a: Any, b: Any, mode: str = "full") -> Any:
    long, short = sorted((max(np.size(a), 1), max(np.size(b), 1)), reverse=True)
    other = np.reshape(b if slot == 0 else a, (-1,))
    pulled = np.convolve(_whole(g, long, short, mode, mirrored=False), other[::-1], "valid")
    return np.reshape(pulled, shape_of(a if slot == 0 else b))


def _correlate_vjp(slot: int, g: Any, out: Any, a: Any, b: Any, mode: str = "valid") -> Any:
    """Pull g back: correlating is convolving with the second operand reversed."""
    left, right = np.size(a), np.size(b)
    whole = _whole(g, max(left, right), min(left, right), mode, mirrored=left < right)
    if slot == 0:
        pulled = np.convolve(whole, np.reshape(b, (-1,)), "valid")
    else:
        pulled = np.convolve(whole, np.reshape(a, (-1,))[::-1], "valid")[::-1]
    return np.reshape(pulled, shape_of(a if slot == 0 else b))


def _binder(usual: str) -> Any:
    def bind(a: Any, v: Any, mode: str = usual) -> Any:
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")
        return (a, v), {} if mode == usual else {"mode": mode}

    return bind


def _sequences(rng: np.random.Generator) -> Cases:
    return [
        ((rng.normal(size=left), rng.normal(size=right)), {"mode": mode})
        for left, right in ((5, 3), (4, 2), (3, 4), (3, 3), (2, 5))
        for mode in MODES
    ]


structured(
    "convolve",
    _convolve,
    family=FAMILY,
    arity=2,
    cost=sliding("full"),
    rules=["correlate(g, b)", "correlate(g, a)"],
    vjp=_convolve_vjp,
    jvp="linear",
    samples=_sequences,
    calls={np.convolve: _binder("full")},
    notation=Notation("∗", latex=r"{0} * {1}"),
)
structured(
    "correlate",
    _correlate,
    family=FAMILY,
    arity=2,
    cost=sliding("valid"),
    rules=["convolve(g, b)", "convolve(a, g)"],
    vjp=_correlate_vjp,
    jvp="linear",
    samples=_sequences,
    calls={np.correlate: _binder("valid")},
    notation=Notation("⋆", latex=r"{0} \star {1}"),
)
