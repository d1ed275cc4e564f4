"""Functions of SciPy that it writes with arrays, so that its own cannot be recorded.

They take SciPy's arguments, traced or not; what SciPy computes by ufuncs (erf, gamma, …) is
recorded under its own name.
"""

from typing import Any

from graphtrace.ops.registry import OPS
from graphtrace.tape.protocols import record

__all__ = ["expm", "log_softmax", "logsumexp", "polygamma", "softmax"]

Axis = int | tuple[int, ...] | None


def expm(A: Any) -> Any:
    """Return the exponential of square matrices, shape (..., n, n); needs SciPy.

    Its derivative: Higham, Functions of Matrices, SIAM 2008, eq. 3.16.
    """
    return record(OPS["expm"], (A,))


def logsumexp(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return ln Σ exp(a) over axes (None: over all), without overflow."""
    given: dict[str, Any] = {} if axis is None else {"axis": axis}
    return record(OPS["logsumexp"], (a,), given | ({"keepdims": True} if keepdims else {}))


def polygamma(n: int, x: Any) -> Any:
    """Return the n-th derivative of digamma at x, elementwise; needs SciPy."""
    return record(OPS["polygamma"], (float(n), x))


def softmax(x: Any, axis: Axis = None) -> Any:
    """Return exp(x)/Σ exp(x) over axes; over all by default, unlike `gt.nn.softmax`."""
    return record(OPS["softmax"], (x,), {"axis": axis})


def log_softmax(x: Any, axis: Axis = None) -> Any:
    """Return x - ln Σ exp(x) over axes; over all by default, unlike `gt.nn.log_softmax`."""
    return record(OPS["log_softmax"], (x,), {"axis": axis})
