"""Products of stacks of vectors, and of vectors with matrices: vecdot, vdot, matvec, vecmat."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.axes import Cases, back, last, pairs
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import contraction
from graphtrace.ops.registry import Bind, structured
from graphtrace.ops.values import unbroadcast

FAMILY = "product"


def _length(a: Any, b: Any, axis: int = -1) -> int:
    return int(np.shape(a)[axis])


def _vecdot(a: Any, b: Any, axis: int = -1) -> Any:
    return np.vecdot(a, b, axis=axis)  # type: ignore[call-overload] # missing in the stubs


def _vecdot_vjp(slot: int, g: Any, out: Any, a: Any, b: Any, axis: int = -1) -> Any:
    own, other = (a, b) if slot == 0 else (b, a)
    product = np.expand_dims(g, -1) * last(other, axis)
    return back(unbroadcast(product, last(own, axis)), axis)


def _bind_vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return (x1, x2), {} if axis == -1 else {"axis": axis}


def _vecdots(rng: np.random.Generator) -> Cases:
    return [
        *pairs(((4,), (4,)), ((3, 4), (4,)), ((2, 1, 4), (3, 4)))(rng),
        ((rng.normal(size=(4, 3)), rng.normal(size=(4, 3))), {"axis": 0}),
    ]


structured(
    "vecdot",
    _vecdot,
    family=FAMILY,
    arity=2,
    cost=contraction(_length),
    rules=["g*b", "g*a"],
    vjp=_vecdot_vjp,
    jvp="linear",
    samples=_vecdots,
    calls=dict.fromkeys([np.vecdot, np.linalg.vecdot], _bind_vecdot),
    notation=Notation("vecdot", latex=r"\langle {args} \rangle"),
)


@composes(np.vdot, family=FAMILY, samples=[example((2, 3), (3, 2))])
def vdot(a: Any, b: Any, /) -> Any:
    """Record the dot product of all elements in order."""
    return np.dot(*(x if np.ndim(x) < 2 else np.ravel(x) for x in (a, b)))


def _column(a: Any) -> Any:
    return np.expand_dims(a, -1)


def _times(a: Any, x: Any) -> Any:
    """Multiply every matrix with its vector."""
    return np.squeeze(np.matmul(a, _column(x)), -1)


def _matvec(a: Any, b: Any) -> Any:
    return np.matvec(a, b) if hasattr(np, "matvec") else _times(a, b)


def _matvec_vjp(slot: int, g: Any, out: Any, a: Any, b: Any) -> Any:
    if slot == 0:
        return unbroadcast(_column(g) * np.expand_dims(b, -2), a)
    return unbroadcast(_times(np.swapaxes(a, -1, -2), g), b)


def _vecmat(a: Any, b: Any) -> Any:
    return np.vecmat(a, b) if hasattr(np, "vecmat") else _times(np.swapaxes(b, -1, -2), a)


def _vecmat_vjp(slot: int, g: Any, out: Any, a: Any, b: Any) -> Any:
    if slot == 0:
        return unbroadcast(_times(b, g), a)
    return unbroadcast(_column(a) * np.expand_dims(g, -2), b)


def _calls(name: str) -> dict[Any, Bind]:
    """Return the ufunc's entry; NumPy has these since 2.2."""
    return {getattr(np, name): lambda x1, x2, /: ((x1, x2), {})} if hasattr(np, name) else {}


structured(
    "matvec",
    _matvec,
    family=FAMILY,
    arity=2,
    cost=contraction(_length),
    rules=["outer(g, b)", "a.T @ g"],
    vjp=_matvec_vjp,
    jvp="linear",
    samples=pairs(((3, 4), (4,)), ((3, 4), (5, 4)), ((2, 3, 4), (4,))),
    calls=_calls("matvec"),
    notation=Notation("@", latex=r"{0} \, {1}"),
)
structured(
    "vecmat",
    _vecmat,
    family=FAMILY,
    arity=2,
    cost=contraction(_length),
    rules=["b @ g", "outer(a, g)"],
    vjp=_vecmat_vjp,
    jvp="linear",
    samples=pairs(((3,), (3, 4)), ((5, 3), (3, 4)), ((3,), (2, 3, 4))),
    calls=_calls("vecmat"),
    notation=Notation("@", latex=r"{0} \, {1}"),
)
