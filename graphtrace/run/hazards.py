"""Points where an operation has no derivative although its rule gives a number.

A rule that is right everywhere else gives there the derivative of one choice (see the module of
the operation's family); finite differences give another, so that neither says the other is wrong.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphtrace.ops.decompositions import rounding
from graphtrace.ops.registry import Op
from graphtrace.run.state import State

__all__ = ["Finding", "find_hazards", "hazard", "line_of"]


LONGEST = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about one node.

    `kind` is one of impure, aliasing, shape, dtype, transpose, gradient, error: the operation is
    wrong; or hazard: the point is one where it has no derivative. `where` is the user's line.
    """

    node: str
    op: str
    kind: str
    message: str
    where: str = ""

    def __str__(self) -> str:
        line = f"{self.where}: " if self.where else ""
        return f"{line}{self.node} ({self.op}): {self.kind}: {self.message}"


def line_of(state: State, number: int) -> str:
    """Return a node's line in the user's source, as `file.py:3: text`; empty when unknown."""
    where = state.sealed.where(number)
    if where is None:
        return ""
    text = where.text if len(where.text) <= LONGEST else where.text[: LONGEST - 1] + "…"
    return f"{where}: `{text}`" if text else str(where)


def find_hazards(state: State) -> tuple[Finding, ...]:
    """Return a finding for each node at such a point."""
    sealed = state.sealed
    found = []
    for number in range(len(sealed.nodes)):
        op = sealed.op(number)
        if op is None:
            continue
        text = hazard(op, sealed.values(number), state.value(number))
        if text:
            found.append(
                Finding(sealed.names[number], op.name, "hazard", text, line_of(state, number))
            )
    return tuple(found)


def hazard(op: Op, values: Sequence[Any], out: Any) -> str:
    """Return why an operation has no derivative at a point; empty where nothing is known."""
    test = TESTS.get(op.name)
    if test is None or not all(np.all(np.isfinite(value)) for value in values):
        return ""
    with np.errstate(all="ignore"):
        return test(values, out)


Test = Callable[[Sequence[Any], Any], str]


def _singular(*, vectors: bool) -> Test:
    def test(values: Sequence[Any], out: Any) -> str:
        return _repeated("singular value", np.linalg.svd(values[0], compute_uv=False), vectors)

    return test


def _eigen(*, vectors: bool) -> Test:
    def test(values: Sequence[Any], out: Any) -> str:
        return _repeated("eigenvalue", np.linalg.eigvalsh(values[0]), vectors)

    return test


def _repeated(what: str, found: Any, vectors: bool) -> str:
    if not found.size:
        return ""
    nothing = rounding(found)[..., 0]
    pairs = np.argwhere(np.abs(np.diff(found, axis=-1)) <= nothing)
    if len(pairs):
        first = int(pairs[0][-1])
        value = found[tuple(pairs[0])]
        which = f"{what}s {first} and {first + 1} are equal ({value:.4g}): "
        if vectors:
            return (
                f"{which}their vectors may turn among each other, which has no derivative and is "
                "left out; right for what does not depend on the choice of vectors"
            )
        return (
            f"{which}each of them alone has a kink here; right for what treats them alike, such "
            "as their sum"
        )
    if what == "singular value" and np.any(found[..., -1:] <= nothing):
        return f"{what} {found.shape[-1] - 1} is 0, where it has a kink; the side taken is LAPACK's"
    return ""


def _rank(values: Sequence[Any], out: Any) -> str:
    a = values[0]
    full = min(np.shape(a)[-2:])
    rank = int(np.min(np.linalg.matrix_rank(a), initial=full))
    if rank == full:
        return ""
    return (
        f"the matrix has rank {rank} of at most {full}, where the result jumps; the rule holds the "
        "rank as it is"
    )


def _columns(values: Sequence[Any], out: Any) -> str:
    a = values[0]
    square = a[..., : min(np.shape(a)[-2:])]
    if not np.size(a) or np.all(np.linalg.matrix_rank(square) == np.shape(square)[-1]):
        return ""
    return "the leading columns are linearly dependent, where Q and R have no derivative"


def _condition(values: Sequence[Any], out: Any) -> str:
    a = values[0]
    if np.ndim(a) < 2 or not np.size(a):
        return ""
    worst = float(np.max(np.linalg.cond(a)))
    if worst * float(np.finfo(np.asarray(a).dtype).eps) < 0.1:
        return ""
    return f"the matrix is singular to rounding (condition number {worst:.2g}): no digit is certain"


def _log_det(values: Sequence[Any], out: Any) -> str:
    if not np.any(np.isneginf(out)):
        return ""
    return "the matrix is singular: log|det| is −∞ there and has no derivative"


TESTS: dict[str, Test] = {
    "svdvals": _singular(vectors=False),
    "svd_u": _singular(vectors=True),
    "svd_vh": _singular(vectors=True),
    "eigvalsh": _eigen(vectors=False),
    "eigh_vectors": _eigen(vectors=True),
    "pinv": _rank,
    "lstsq": _rank,
    "qr_q": _columns,
    "qr_r": _columns,
    "inv": _condition,
    "solve": _condition,
    "logabsdet": _log_det,
}
"""By operation what tells such a point."""
