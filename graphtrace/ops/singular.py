"""The singular value decomposition, thin, factor by factor; see `decompositions.py`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import matrices
from graphtrace.ops.decompositions import factors, inverse_gap, scaled
from graphtrace.ops.linalg import FAMILY, Cases, turned
from graphtrace.ops.registry import call, structured
from graphtrace.ops.values import shape_of


class SVDResult(NamedTuple):
    """What np.linalg.svd returns of a traced matrix."""

    U: Any
    S: Any
    Vh: Any


def _svd(a: Any) -> tuple[Any, ...]:
    return factors("svd", lambda a: np.linalg.svd(a, full_matrices=False), a)


def _reciprocal(s: Any) -> Any:
    zero = np.equal(s, 0)
    return np.where(zero, 0.0, 1.0) / np.where(zero, 1.0, s)


def _outside(u: Any, x: Any) -> Any:
    """Return the part of x's columns that U does not reach: (I - U·Uᵀ)·x."""
    return x - u @ (turned(u) @ x)


def _svd_s_vjp(slot: int, g: Any, out: Any, a: Any) -> Any:
    return scaled(call("svd_u", a), g) @ call("svd_vh", a)


def _svd_s_jvp(slot: int, t: Any, out: Any, a: Any) -> Any:
    return np.sum(call("svd_u", a) * (t @ turned(call("svd_vh", a))), axis=-2)


def _svd_side_vjp(g: Any, u: Any, s: Any, vh: Any) -> Any:
    """Pull the gradient of U back to U·S·Vh; by transposing it serves V too."""
    inner = turned(u) @ g
    turn = scaled(inverse_gap(s, squares=True) * (inner - turned(inner)), s)
    total = u @ turn
    if shape_of(u)[-2] > shape_of(u)[-1]:
        total = total + _outside(u, scaled(g, _reciprocal(s)))
    return total @ vh


def _svd_side_jvp(t: Any, u: Any, s: Any, vh: Any) -> Any:
    """Push t to U; by transposing it serves V too."""
    across = t @ turned(vh)
    inner = scaled(turned(u) @ across, s)
    moved = u @ (inverse_gap(s, squares=True) * (inner + turned(inner)))
    if shape_of(u)[-2] > shape_of(u)[-1]:
        moved = moved + _outside(u, scaled(across, _reciprocal(s)))
    return moved


def _svd_u_vjp(slot: int, g: Any, out: Any, a: Any) -> Any:
    return _svd_side_vjp(g, out, call("svdvals", a), call("svd_vh", a))


def _svd_u_jvp(slot: int, t: Any, out: Any, a: Any) -> Any:
    return _svd_side_jvp(t, out, call("svdvals", a), call("svd_vh", a))


def _svd_vh_vjp(slot: int, g: Any, out: Any, a: Any) -> Any:
    u, s = call("svd_u", a), call("svdvals", a)
    return turned(_svd_side_vjp(turned(g), turned(out), s, turned(u)))


def _svd_vh_jvp(slot: int, t: Any, out: Any, a: Any) -> Any:
    u, s = call("svd_u", a), call("svdvals", a)
    return turned(_svd_side_jvp(turned(t), turned(out), s, turned(u)))


def _any_shape(rng: np.random.Generator) -> Cases:
    return [((rng.normal(size=shape),), {}) for shape in ((3, 3), (4, 2), (2, 3), (2, 3, 2))]


def _svd_factor(name: str, which: int, rule: str, vjp: Any, jvp: Any, note: Notation) -> None:
    structured(
        name,
        lambda a: _svd(a)[which],
        family=FAMILY,
        cost=matrices(-4 / 3, 4) if name == "svdvals" else matrices(8, 14),
        arity=1,
        rules=[rule],
        vjp=vjp,
        jvp=jvp,
        samples=_any_shape,
        calls={np.linalg.svdvals: lambda x: ((x,), {})} if name == "svdvals" else {},
        notation=note,
        doc="A factor of the thin singular value decomposition U·S·Vh. J. Townsend, "
        "“Differentiating the singular value decomposition”, 2016, eq. 10 to 17 and 31.",
    )


_svd_factor(
    "svdvals",
    1,
    "svd_u(a) @ diag(g) @ svd_vh(a)",
    _svd_s_vjp,
    _svd_s_jvp,
    Notation("σ", latex=r"\sigma({0})"),
)
_svd_factor(
    "svd_u",
    0,
    "(out @ (inverse_gaps(a)*(out.T @ g - g.T @ out)) @ diag(svdvals(a))"
    " + outside(out, g) @ diag(1/svdvals(a))) @ svd_vh(a)",
    _svd_u_vjp,
    _svd_u_jvp,
    Notation("U", latex="U({0})"),
)
_svd_factor(
    "svd_vh",
    2,
    "svd_u(a) @ (diag(svdvals(a)) @ (inverse_gaps(a)*(out @ g.T - g @ out.T)) @ out"
    " + diag(1/svdvals(a)) @ outside(out.T, g.T).T)",
    _svd_vh_vjp,
    _svd_vh_jvp,
    Notation("Vᵀ", latex="V({0})^{{T}}"),
)


@composes(
    np.linalg.svd, family=FAMILY, samples=[example((3, 3)), example((2, 4, 3), full_matrices=False)]
)
def _svd_of(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    if hermitian:
        raise TypeError("svd() hermitian=True")
    if not compute_uv:
        return call("svdvals", a)
    if full_matrices and shape_of(a)[-1] != shape_of(a)[-2]:
        raise TypeError("svd() full_matrices=True of a matrix that is not square; pass False")
    return SVDResult(call("svd_u", a), call("svdvals", a), call("svd_vh", a))
