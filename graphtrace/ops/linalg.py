"""Linear algebra: inverses, linear systems, determinants, powers; batched as NumPy's.

Formulas as in M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", 2008, unless another source is named.

A singular matrix: `inv` and `solve` raise MatrixError with the user's line. `det` has its value
and its gradient, the matrix of cofactors, there too; its second derivative is NaN. `slogdet` is
-inf there with a gradient of NaN.

`slogdet` returns two values, each recorded by an operation of its own: every record on the
tape has one value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from graphtrace.errors import GraphTraceError
from graphtrace.formula.tree import Notation
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import Counts, matrices, size_of
from graphtrace.ops.late import scipy
from graphtrace.ops.registry import call, cut, structured
from graphtrace.ops.values import shape_of, unbroadcast

FAMILY = "linalg"
Cases = list[tuple[tuple[Any, ...], dict[str, Any]]]


class MatrixError(GraphTraceError, np.linalg.LinAlgError):
    """A matrix is singular, not square, or lacks what a decomposition needs."""


def turned(a: Any) -> Any:
    """Return the transpose of the last two axes."""
    return np.swapaxes(a, -1, -2)


def spread(g: Any) -> Any:
    """Give the gradient of one number for each matrix two axes of length one."""
    return np.expand_dims(g, (-2, -1))


def word(name: str) -> Notation:
    """Return the notation of a function with an upright name."""
    return Notation(name, latex=rf"\mathrm{{{{{name}}}}}({{args}})")


def squares(rng: np.random.Generator) -> Cases:
    """Return well-conditioned square matrices, one and several."""
    return [((rng.normal(size=shape) + 3 * np.eye(3),), {}) for shape in ((3, 3), (2, 3, 3))]


def _inv(a: Any, singular: str = "raise") -> Any:
    try:
        return finitely(np.linalg.inv, a)
    except np.linalg.LinAlgError:
        if singular == "raise" or np.ndim(a) < 2 or np.shape(a)[-1] != np.shape(a)[-2]:
            raise
    if np.ndim(a) > 2:
        return np.stack([_inv(matrix, singular) for matrix in a])
    return np.full_like(a, np.nan)


def _inv_vjp(slot: int, g: Any, out: Any, a: Any, singular: str = "raise") -> Any:
    return -(turned(out) @ g @ turned(out))


def _inv_jvp(slot: int, t: Any, out: Any, a: Any, singular: str = "raise") -> Any:
    return -(out @ t @ out)


structured(
    "inv",
    _inv,
    family=FAMILY,
    arity=1,
    cost=matrices(2),
    rules=["-(out.T @ g @ out.T)"],
    vjp=_inv_vjp,
    jvp=_inv_jvp,
    samples=squares,
    calls={np.linalg.inv: lambda a: ((a,), {})},
    notation=Notation("inv", latex="{0}^{{-1}}"),
    doc="Giles 2008, §2.2.3. With singular='nan', for rules, NaN instead of an error.",
)


def _solve_finite(a: Any, b: Any) -> Any:
    """Solve, with NaN for a matrix that holds NaN or ∞.

    What elimination leaves beside NaN would depend on the order of its steps.
    """
    if np.ndim(a) < 2 or np.all(np.isfinite(a)):
        return np.linalg.solve(a, b)
    fine = np.all(np.isfinite(a), axis=(-2, -1))
    identity = np.eye(*np.shape(a)[-2:], dtype=np.asarray(a).dtype)
    found = np.linalg.solve(np.where(fine[..., None, None], a, identity), b)
    there = fine[..., None] if np.ndim(b) == 1 else fine[..., None, None]
    return np.where(there, found, np.asarray(np.nan, dtype=found.dtype))


def _solve(a: Any, b: Any, singular: str = "raise") -> Any:
    try:
        return _solve_finite(a, b)
    except np.linalg.LinAlgError:
        if singular == "raise":
            raise
    return _inv(a, singular) @ b


def _solve_vjp(slot: int, g: Any, out: Any, a: Any, b: Any, singular: str = "raise") -> Any:
    vector = len(shape_of(b)) == 1
    of_b = _solve_again(turned(a), np.expand_dims(g, -1) if vector else g, singular)
    if slot == 0:
        x = np.expand_dims(out, -1) if vector else out
        return unbroadcast(-(of_b @ turned(x)), a)
    return unbroadcast(np.squeeze(of_b, -1) if vector else of_b, b)


def _solve_jvp(slot: int, t: Any, out: Any, a: Any, b: Any, singular: str = "raise") -> Any:
    if slot == 1:
        return np.broadcast_to(_solve_again(a, t, singular), shape_of(out))
    if len(shape_of(b)) == 1:
        return -np.squeeze(_solve_again(a, t @ np.expand_dims(out, -1), singular), -1)
    return -_solve_again(a, t @ out, singular)


def _solve_cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
    """Count an elimination and two triangular systems for each right side."""
    n = shape_of(operands[0])[-1]
    return matrices(2 / 3)(out, operands, params) + Counts(1, 1) * (n * size_of(out))


def _solve_again(a: Any, b: Any, singular: str) -> Any:
    return call("solve", a, b, **({} if singular == "raise" else {"singular": singular}))


def _systems(rng: np.random.Generator) -> Cases:
    shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
        ((3, 3), (3,)),
        ((3, 3), (3, 2)),
        ((2, 3, 3), (3,)),
        ((2, 3, 3), (3, 2)),
        ((3, 3), (2, 3, 1)),
    ]
    return [((rng.normal(size=a) + 3 * np.eye(3), rng.normal(size=b)), {}) for a, b in shapes]


structured(
    "solve",
    _solve,
    family=FAMILY,
    arity=2,
    cost=_solve_cost,
    rules=["-(solve(a.T, g) @ out.T)", "solve(a.T, g)"],
    vjp=_solve_vjp,
    jvp=_solve_jvp,
    samples=_systems,
    calls={np.linalg.solve: lambda a, b: ((a, b), {})},
    notation=Notation("solve", latex=r"{0}^{{-1}} {1}"),
    doc="The x with a·x = b. Giles 2008, §2.3.1.",
)


def finitely(compute: Callable[[Any], Any], a: Any) -> Any:
    """Return one or several results of each matrix, NaN for one that holds NaN or ∞.

    LAPACK raises an error for some of those, and for others never ends.
    """
    a = np.asarray(a)
    if a.ndim < 2 or np.all(np.isfinite(a)):
        return compute(a)
    fine = np.all(np.isfinite(a), axis=(-2, -1))
    found = compute(np.where(fine[..., None, None], a, np.eye(*a.shape[-2:], dtype=a.dtype)))

    def spoiled(part: Any) -> Any:
        there = np.reshape(fine, fine.shape + (1,) * (np.ndim(part) - fine.ndim))
        return np.where(there, part, np.asarray(np.nan, dtype=part.dtype))

    return tuple(map(spoiled, found)) if isinstance(found, tuple) else spoiled(found)


def _cofactor(a: Any) -> Any:
    """Return det(a)·a⁻ᵀ, from singular values: exact for a singular matrix too.

    cof(U·S·V) = cof(U)·cof(S)·cof(V), and cof(U) = det(U)·U for an orthogonal U.
    """
    if not np.size(a):
        return np.zeros(np.shape(a))
    return finitely(_cofactors, a)


def _cofactors(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a)
    others = np.where(np.eye(s.shape[-1], dtype=bool), np.ones_like(s)[..., None], s[..., None, :])
    sign = np.sign(np.linalg.det(u) * np.linalg.det(vh))
    return spread(sign) * ((u * np.prod(others, axis=-1)[..., None, :]) @ vh)


def _cofactor_vjp(slot: int, g: Any, out: Any, a: Any) -> Any:
    inverse = call("inv", turned(a), singular="nan")
    return spread(np.sum(g * out, axis=(-2, -1))) * inverse - inverse @ turned(g) @ out


def _cofactor_jvp(slot: int, t: Any, out: Any, a: Any) -> Any:
    inverse = call("inv", turned(a), singular="nan")
    return spread(np.sum(inverse * t, axis=(-2, -1))) * out - out @ turned(t) @ inverse


structured(
    "cofactor",
    _cofactor,
    family=FAMILY,
    arity=1,
    cost=matrices(24),
    rules=["sum(g*out)*inv(a.T) - inv(a.T) @ g.T @ out"],
    vjp=_cofactor_vjp,
    jvp=_cofactor_jvp,
    samples=squares,
    calls={},
    notation=word("cofactor"),
    doc="The matrix of cofactors, det(a)·a⁻ᵀ: the gradient of the determinant.",
)


def _det_vjp(slot: int, g: Any, out: Any, a: Any) -> Any:
    return spread(g) * call("cofactor", a)


def _det_jvp(slot: int, t: Any, out: Any, a: Any) -> Any:
    return np.sum(t * call("cofactor", a), axis=(-2, -1))


structured(
    "det",
    np.linalg.det,
    family=FAMILY,
    arity=1,
    cost=matrices(2 / 3),
    rules=["g*cofactor(a)"],
    vjp=_det_vjp,
    jvp=_det_jvp,
    samples=squares,
    calls={np.linalg.det: lambda a: ((a,), {})},
    notation=Notation("det", latex=r"\det {0}"),
    doc="Giles 2008, §2.2.4, with the cofactors for det(a)·a⁻ᵀ, which a singular a has too.",
)


def _logabsdet(a: Any) -> Any:
    return np.linalg.slogdet(a)[1]


def _logabsdet_vjp(slot: int, g: Any, out: Any, a: Any) -> Any:
    return spread(g) * call("inv", turned(a), singular="nan")


def _logabsdet_jvp(slot: int, t: Any, out: Any, a: Any) -> Any:
    return np.sum(t * call("inv", turned(a), singular="nan"), axis=(-2, -1))


structured(
    "logabsdet",
    _logabsdet,
    family=FAMILY,
    arity=1,
    cost=matrices(2 / 3),
    rules=["g*inv(a.T)"],
    vjp=_logabsdet_vjp,
    jvp=_logabsdet_jvp,
    samples=squares,
    calls={},
    notation=Notation("log |det|", latex=r"\log\left|\det {0}\right|"),
    doc="The logarithm of the absolute value of the determinant: slogdet's second result.",
)
cut(
    "det_sign",
    lambda a: np.linalg.slogdet(a)[0],
    family=FAMILY,
    arity=1,
    cost=matrices(2 / 3),
    samples=squares,
    calls={},
    notation=Notation("sign det", latex=r"\mathrm{{sign}}\det {0}"),
    doc="The sign of the determinant, which passes no gradient: slogdet's first result.",
)


class SlogdetResult(NamedTuple):
    """What np.linalg.slogdet returns of a traced matrix."""

    sign: Any
    logabsdet: Any


@composes(np.linalg.slogdet, family=FAMILY, samples=[example((3, 3)), example((2, 2, 2))])
def _slogdet(a: Any) -> SlogdetResult:
    return SlogdetResult(call("det_sign", a), call("logabsdet", a))


def _expm(a: Any) -> Any:
    return scipy("linalg", "expm").expm(a)


def _frechet(a: Any, t: Any) -> Any:
    """Return the derivative of expm at a along t: the corner of expm([[a, t], [0, a]]).

    Higham, Functions of Matrices, SIAM 2008, eq. 3.16 (Mathias 1996).
    """
    size = shape_of(a)[-1]
    top = np.concatenate([a, t], axis=-1)
    bottom = np.concatenate([np.zeros(shape_of(a)), a], axis=-1)
    whole = call("expm", np.concatenate([top, bottom], axis=-2))
    return whole[..., :size, size:]


def _expm_vjp(slot: int, g: Any, out: Any, a: Any) -> Any:
    return _frechet(turned(a), g)


def _expm_jvp(slot: int, t: Any, out: Any, a: Any) -> Any:
    return _frechet(a, t)


structured(
    "expm",
    _expm,
    family=FAMILY,
    arity=1,
    cost=matrices(44 / 3),
    rules=["expm_derivative(a.T, g)"],
    vjp=_expm_vjp,
    jvp=_expm_jvp,
    samples=lambda rng: [((rng.normal(size=shape) / 2,), {}) for shape in ((2, 2), (2, 3, 3))],
    calls={},
    notation=Notation("expm", latex="e^{{{0}}}"),
    doc="The exponential of a matrix. Its pull-back is its derivative at the transpose along g.",
)


def expm(a: Any) -> Any:
    """Return the exponential of a square matrix, traced or not; needs SciPy."""
    return call("expm", a)
