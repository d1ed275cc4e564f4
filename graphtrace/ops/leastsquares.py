"""The pseudo-inverse and least squares, differentiated with the rank held as it is.

Where the rank changes both jump, and have no derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import matrices
from graphtrace.ops.linalg import FAMILY, Cases, finitely, turned
from graphtrace.ops.registry import call, structured
from graphtrace.ops.values import plain, shape_of


def _pinv(a: Any, rcond: float | None = None) -> Any:
    options: Any = {} if rcond is None else {"rcond": rcond}
    return finitely(lambda a: np.linalg.pinv(a, **options), a)


def _pinv_vjp(slot: int, g: Any, out: Any, a: Any, rcond: float | None = None) -> Any:
    p, pt, gt = out, turned(out), turned(g)
    kernel = gt - gt @ p @ a
    return (gt - a @ p @ gt) @ p @ pt + pt @ p @ kernel - pt @ g @ pt


def _pinv_jvp(slot: int, t: Any, out: Any, a: Any, rcond: float | None = None) -> Any:
    p, pt, tt = out, turned(out), turned(t)
    return p @ pt @ (tt - tt @ a @ p) + (tt - p @ a @ tt) @ pt @ p - p @ t @ p


def _bind_pinv(
    a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    cutoff = rcond if rtol is None else rtol
    if hermitian or plain(cutoff) is not cutoff:
        raise TypeError("hermitian=True or a traced cutoff")
    return (a,), {} if cutoff is None else {"rcond": cutoff}


def _tall(rng: np.random.Generator) -> Cases:
    return [((rng.normal(size=shape),), {}) for shape in ((4, 3), (2, 3), (2, 3, 2))]


structured(
    "pinv",
    _pinv,
    family=FAMILY,
    arity=1,
    cost=matrices(8, 16),
    rules=[
        (
            "-(out.T @ g @ out.T) + (g.T - a @ out @ g.T) @ out @ out.T"
            " + out.T @ out @ (g.T - g.T @ out @ a)"
        )
    ],
    vjp=_pinv_vjp,
    jvp=_pinv_jvp,
    samples=_tall,
    calls={np.linalg.pinv: _bind_pinv},
    notation=Notation("pinv", latex="{0}^{{+}}"),
    doc="Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973), eq. 4.12, for a constant rank.",
)


def _lstsq(a: Any, b: Any, rcond: float | None = None) -> Any:
    # The right side too: beside a finite matrix it may hold what LAPACK does not end on.
    whole = np.all(np.isfinite(b))
    b = b if whole else np.where(np.isfinite(b), b, 0.0)
    found = finitely(lambda a: np.linalg.lstsq(a, b, rcond=rcond)[0], a)
    return found if whole else np.full_like(found, np.nan)


def _lstsq_pinv(a: Any, rcond: float | None) -> Any:
    if rcond is None:
        rcond = float(np.finfo(np.asarray(plain(a)).dtype).eps) * max(shape_of(a))
    return call("pinv", a, rcond=rcond)


def _lstsq_vjp(slot: int, g: Any, out: Any, a: Any, b: Any, rcond: float | None = None) -> Any:
    p = _lstsq_pinv(a, rcond)
    back = turned(p) @ g
    if slot == 1:
        return back
    if len(shape_of(b)) == 1:
        g, out, b, back = (np.expand_dims(item, -1) for item in (g, out, b, back))
    left = (b - a @ out) @ turned(p @ back)
    return left + turned(p) @ out @ turned(g - turned(a) @ back) - back @ turned(out)


def _lstsq_jvp(slot: int, t: Any, out: Any, a: Any, b: Any, rcond: float | None = None) -> Any:
    p = _lstsq_pinv(a, rcond)
    if slot == 1:
        return p @ t
    tt, x = turned(t), out
    kernel = tt @ (turned(p) @ x)
    return p @ (turned(p) @ (tt @ (b - a @ x))) + kernel - p @ (a @ kernel) - p @ (t @ x)


structured(
    "lstsq",
    _lstsq,
    family=FAMILY,
    arity=2,
    cost=matrices(8, 16),
    rules=[
        (
            "(b - a @ out) @ (pinv(a) @ pinv(a).T @ g).T - pinv(a).T @ g @ out.T"
            " + pinv(a).T @ out @ (g - a.T @ pinv(a).T @ g).T"
        ),
        "pinv(a).T @ g",
    ],
    vjp=_lstsq_vjp,
    jvp=_lstsq_jvp,
    samples=lambda rng: [
        ((rng.normal(size=(4, 2)), rng.normal(size=(4,))), {}),
        ((rng.normal(size=(4, 2)), rng.normal(size=(4, 3))), {}),
        ((rng.normal(size=(2, 3)), rng.normal(size=(2,))), {}),
    ],
    calls={},
    notation=Notation("lstsq", latex="{0}^{{+}} {1}"),
    doc="The shortest x with the least |a·x - b|, which is pinv(a) @ b, and its derivative.",
)


@composes(np.linalg.lstsq, family=FAMILY, samples=[example((4, 2), (4,)), example((4, 2), (4, 3))])
def _least_squares(a: Any, b: Any, rcond: float | None = None) -> tuple[Any, Any, Any, Any]:
    """Return the solution, the squared residuals where NumPy has them, rank, singular values."""
    x = call("lstsq", a, b, rcond=rcond) if rcond is not None else call("lstsq", a, b)
    left, right = (np.where(np.isfinite(value), value, 0.0) for value in (plain(a), plain(b)))
    _, residuals, rank, _ = np.linalg.lstsq(left, right, rcond=rcond)
    if np.size(residuals):
        squared = np.square(b - a @ x)
        residuals = np.sum(squared, axis=0, keepdims=len(shape_of(b)) == 1)
    return x, residuals, rank, np.linalg.svdvals(a)
