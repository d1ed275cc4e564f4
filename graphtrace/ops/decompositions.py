"""Decompositions: Cholesky, QR, eigenvectors of symmetric matrices; `singular.py` has the SVD.

A decomposition into several factors is one operation for each factor (`qr_q` and `qr_r`), so
that every record on the tape has one value; they share one computation, the last of its kind
being kept. Each factor's pull-back is the part of the published formula with the gradients of
the other factors zero; added up over the factors they make the whole.

- A matrix that is meant to be symmetric (`cholesky`, `eigh`, `eigvalsh`) is read as
  (a + aᵀ)/2, where NumPy reads one triangle: so gradients are symmetric. One that is not
  symmetric, beyond a ten-thousandth of its size, is an error.
- Repeated eigenvalues or singular values have gradients that are those of a choice of
  eigenvectors. The vectors themselves may turn freely among each other there, which has no
  derivative: that part is left out (1/0 read as 0; equal but for rounding is equal), which is
  right for whatever does not depend on the choice, such as a projector. The reciprocal of a
  singular value of zero, where U or V of a matrix that is not square needs it, is read as 0 too.
- The factors of a matrix that holds NaN or ∞ are NaN.
- The sign of each vector is LAPACK's choice and is held as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import matrices
from graphtrace.ops.linalg import Cases, finitely, turned, word
from graphtrace.ops.registry import call, structured
from graphtrace.ops.values import plain, shape_of

FAMILY = "linalg"
TOLERANCE = 1e-4

_last: dict[str, tuple[Any, tuple[Any, ...]]] = {}
"""By kind the last decomposed matrix and its factors."""


def factors(kind: str, decompose: Callable[[Any], Any], a: Any) -> tuple[Any, ...]:
    """Decompose a matrix, or return the factors again when it is the last one."""
    kept = _last.get(kind)
    if kept is not None and _same(kept[0], a):
        return kept[1]
    found = tuple(finitely(lambda a: tuple(decompose(a)), a))
    for factor in found:
        factor.flags.writeable = False
    _last[kind] = (np.array(a), found)
    return found


def _same(one: Any, other: Any) -> bool:
    return one.dtype == np.asarray(other).dtype and np.array_equal(one, other)


def _halved(a: Any) -> Any:
    """Return weights that keep a lower triangle and half of its diagonal."""
    size = shape_of(a)[-1]
    kind = np.asarray(plain(a)).dtype
    return np.tri(size, dtype=kind) - np.eye(size, dtype=kind) / 2


def _symmetric(a: Any) -> Any:
    return (a + turned(a)) / 2


def _read_symmetric(a: Any) -> Any:
    """Return the symmetric part of a matrix that NumPy would read one triangle of."""
    a = np.asarray(a)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        return a  # NumPy says what is wrong
    gap = np.abs(a - turned(a))
    if np.any(gap > TOLERANCE * max(1.0, float(np.max(np.abs(a), initial=0.0)))):
        raise np.linalg.LinAlgError("the matrix is not symmetric; use (a + a.T)/2")
    return _symmetric(a)


def rounding(s: Any) -> Any:
    """Return what two eigenvalues or singular values of a matrix may differ by from rounding."""
    s = np.asarray(s)
    most = np.max(np.abs(s), axis=-1, keepdims=True, initial=0.0)[..., None]
    return 4 * s.shape[-1] * np.finfo(s.dtype).eps * most


def inverse_gap(s: Any, *, squares: bool = False) -> Any:
    """Return 1/(s_j - s_i), or 1/(s_j² - s_i²), for each i, j; 0 where equal but for rounding."""
    gap = np.expand_dims(s, -2) - np.expand_dims(s, -1)
    equal = np.abs(plain(gap)) <= rounding(plain(s))
    if squares:
        gap = gap * (np.expand_dims(s, -2) + np.expand_dims(s, -1))
    return np.where(equal, 0.0, 1.0) / np.where(equal, 1.0, gap)


def _definite(rng: np.random.Generator) -> Cases:
    found: Cases = []
    for shape in ((3, 3), (2, 3, 3)):
        half = rng.normal(size=shape)
        found.append(((half @ turned(half) + np.diag([1.0, 3.0, 6.0]),), {}))
    return found


DEFINITE = np.array([[2.0, 0.3, -0.4], [0.3, 3.0, 0.5], [-0.4, 0.5, 5.0]])


def _cholesky(a: Any) -> Any:
    return finitely(lambda a: np.linalg.cholesky(_read_symmetric(a)), a)


def _cholesky_vjp(slot: int, g: Any, out: Any, a: Any) -> Any:
    inner = turned(out) @ g * _halved(a)
    left = np.linalg.solve(turned(out), inner)
    return _symmetric(turned(np.linalg.solve(turned(out), turned(left))))


def _cholesky_jvp(slot: int, t: Any, out: Any, a: Any) -> Any:
    left = np.linalg.solve(out, _symmetric(t))
    return out @ (turned(np.linalg.solve(out, turned(left))) * _halved(a))


structured(
    "cholesky",
    _cholesky,
    family=FAMILY,
    arity=1,
    cost=matrices(1 / 3),
    rules=["symmetric(inv(out.T) @ tril(out.T @ g) @ inv(out))"],
    vjp=_cholesky_vjp,
    jvp=_cholesky_jvp,
    samples=_definite,
    calls={},
    notation=word("cholesky"),
    doc="The lower factor. I. Murray, arXiv:1602.07527 (2016), eq. 8 and 10; tril halves the "
    "diagonal.",
)


BATCH = np.stack([DEFINITE, DEFINITE @ DEFINITE])


@composes(np.linalg.cholesky, family=FAMILY, samples=[example(DEFINITE), example(BATCH)])
def _cholesky_of(a: Any, /, *, upper: bool = False) -> Any:
    found = call("cholesky", a)
    return turned(found) if upper else found


class EighResult(NamedTuple):
    """What np.linalg.eigh returns of a traced matrix."""

    eigenvalues: Any
    eigenvectors: Any


def _eigh(a: Any) -> tuple[Any, ...]:
    return factors("eigh", lambda a: np.linalg.eigh(_read_symmetric(a)), a)


def scaled(vectors: Any, weights: Any) -> Any:
    """Return V·diag(w)."""
    return vectors * np.expand_dims(weights, -2)


def _eigvalsh_vjp(slot: int, g: Any, out: Any, a: Any) -> Any:
    v = call("eigh_vectors", a)
    return scaled(v, g) @ turned(v)


def _eigvalsh_jvp(slot: int, t: Any, out: Any, a: Any) -> Any:
    v = call("eigh_vectors", a)
    return np.sum(v * (_symmetric(t) @ v), axis=-2)


def _eigh_vectors_vjp(slot: int, g: Any, out: Any, a: Any) -> Any:
    inner = inverse_gap(call("eigvalsh", a)) * (turned(out) @ g)
    return _symmetric(out @ inner @ turned(out))


def _eigh_vectors_jvp(slot: int, t: Any, out: Any, a: Any) -> Any:
    inner = turned(out) @ _symmetric(t) @ out
    return out @ (inverse_gap(call("eigvalsh", a)) * inner)


def _bind_eigvalsh(a: Any, UPLO: str = "L") -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (a,), {}


structured(
    "eigvalsh",
    lambda a: _eigh(a)[0],
    family=FAMILY,
    arity=1,
    cost=matrices(4 / 3),
    rules=["eigh_vectors(a) @ diag(g) @ eigh_vectors(a).T"],
    vjp=_eigvalsh_vjp,
    jvp=_eigvalsh_jvp,
    samples=_definite,
    calls={np.linalg.eigvalsh: _bind_eigvalsh},
    notation=Notation("λ", latex=r"\lambda({0})"),
    doc="The eigenvalues of a symmetric matrix, ascending. Giles 2008, §3.1.",
)
structured(
    "eigh_vectors",
    lambda a: _eigh(a)[1],
    family=FAMILY,
    arity=1,
    cost=matrices(9),
    rules=["symmetric(out @ (inverse_gaps(a)*(out.T @ g)) @ out.T)"],
    vjp=_eigh_vectors_vjp,
    jvp=_eigh_vectors_jvp,
    samples=_definite,
    calls={},
    notation=word("eigenvectors"),
    doc="The eigenvectors of a symmetric matrix, as columns. Giles 2008, §3.1, with "
    "1/(λ_j - λ_i) for each pair.",
)


@composes(np.linalg.eigh, family=FAMILY, samples=[example(DEFINITE), example(BATCH)])
def _eigh_of(a: Any, UPLO: str = "L") -> EighResult:
    return EighResult(call("eigvalsh", a), call("eigh_vectors", a))


class QRResult(NamedTuple):
    """What np.linalg.qr returns of a traced matrix."""

    Q: Any
    R: Any


def _qr(a: Any) -> tuple[Any, ...]:
    if np.ndim(a) >= 2 and np.shape(a)[-2] < np.shape(a)[-1]:
        raise np.linalg.LinAlgError("a matrix of more columns than rows")
    return factors("qr", np.linalg.qr, a)


def _qr_pull(q: Any, r: Any, middle: Any, outer: Any, a: Any) -> Any:
    """Return (outer + Q·copyltu(M))·R⁻ᵀ, where copyltu mirrors the lower triangle."""
    lower = middle * _halved(r)
    whole = q @ (lower + turned(lower))
    total = whole if outer is None else outer + whole
    return turned(call("solve", r, turned(total), singular="nan"))


def _qr_q_vjp(slot: int, g: Any, out: Any, a: Any) -> Any:
    return _qr_pull(out, call("qr_r", a), -(turned(g) @ out), g, a)


def _qr_r_vjp(slot: int, g: Any, out: Any, a: Any) -> Any:
    return _qr_pull(call("qr_q", a), out, out @ turned(g), None, a)


def _qr_move(q: Any, r: Any, t: Any) -> tuple[Any, Any, Any]:
    """Return X = t·R⁻¹, Qᵀ·X and the rotation of Q, which is skew."""
    x = turned(call("solve", turned(r), turned(t), singular="nan"))
    inner = turned(q) @ x
    lower = np.tril(inner, -1)
    return x, inner, lower - turned(lower)


def _qr_q_jvp(slot: int, t: Any, out: Any, a: Any) -> Any:
    x, inner, turn = _qr_move(out, call("qr_r", a), t)
    return x + out @ (turn - inner)


def _qr_r_jvp(slot: int, t: Any, out: Any, a: Any) -> Any:
    _, inner, turn = _qr_move(call("qr_q", a), out, t)
    return (inner - turn) @ out


def _tall(rng: np.random.Generator) -> Cases:
    return [((rng.normal(size=shape),), {}) for shape in ((3, 3), (4, 2), (2, 3, 2))]


structured(
    "qr_q",
    lambda a: _qr(a)[0],
    family=FAMILY,
    arity=1,
    cost=matrices(-4 / 3, 4),
    rules=["(g + out @ mirrored(-(g.T @ out))) @ inv(qr_r(a)).T"],
    vjp=_qr_q_vjp,
    jvp=_qr_q_jvp,
    samples=_tall,
    calls={},
    notation=Notation("Q", latex="Q({0})"),
    doc="The orthogonal factor of a matrix with no more columns than rows. Walter, Lehmann and "
    "Lamour, Optim. Methods Softw. 27 (2012), as in Seeger et al., arXiv:1710.08717, §4.",
)
structured(
    "qr_r",
    lambda a: _qr(a)[1],
    family=FAMILY,
    arity=1,
    cost=matrices(-2 / 3, 2),
    rules=["qr_q(a) @ mirrored(out @ g.T) @ inv(out).T"],
    vjp=_qr_r_vjp,
    jvp=_qr_r_jvp,
    samples=_tall,
    calls={},
    notation=Notation("R", latex="R({0})"),
    doc="The triangular factor; source as for qr_q.",
)


@composes(
    np.linalg.qr,
    family=FAMILY,
    samples=[example((3, 3)), example((2, 4, 2)), example((2, 3))],
)
def _qr_of(a: Any, mode: str = "reduced") -> Any:
    """Return Q and R; of a wide matrix from the square part, R's rest being Qᵀ times the rest.

    Roberts and Roberts, arXiv:2009.10071 (2020), §3.
    """
    rows, columns = shape_of(a)[-2:]
    if mode not in ("reduced", "r") and not (mode == "complete" and rows <= columns):
        raise TypeError(f"qr() mode={mode!r}")
    square = a if rows >= columns else a[..., :rows]
    if rows >= columns:
        r = call("qr_r", square)
        return r if mode == "r" else QRResult(call("qr_q", square), r)
    q = call("qr_q", square)
    r = np.concatenate([call("qr_r", square), turned(q) @ a[..., rows:]], axis=-1)
    return r if mode == "r" else QRResult(q, r)
