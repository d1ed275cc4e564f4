"""Functions of NumPy and SciPy that are not recorded: which, where, and what comes nearest."""

from collections.abc import Callable
from difflib import get_close_matches
from sys import _getframe
from typing import Any

import numpy as np

from graphtrace.errors import RefusedError
from graphtrace.ops.composed import COMPOSED
from graphtrace.ops.late import LATE_CALLS, called
from graphtrace.ops.registry import CALLS
from graphtrace.tape.refuse import REFUSED, refusal

__all__ = ["taken_out", "unsupported"]

OWN = "or declare an operation of your own with gt.op"
SPECIAL = ("expm", "log_softmax", "logsumexp", "polygamma", "softmax")
"""What `gt.special` has, because SciPy writes it with arrays: see there."""

NEAREST = {
    "np.apply_along_axis": "a loop and np.stack",
    "np.apply_over_axes": "a loop",
    "np.allclose": "np.max(np.abs(a - b)) < tolerance",
    "np.angle": "np.arctan2",
    "np.array_equal": "np.all(a == b)",
    "np.array_equiv": "np.all(a == b)",
    "np.bincount": "gt.add_at",
    "np.copyto": "gt.set_at",
    "np.corrcoef": "np.mean, np.std and @",
    "np.cov": "np.mean and @",
    "np.digitize": "np.searchsorted",
    "np.fill_diagonal": "gt.set_at",
    "np.frexp": "np.log2",
    "np.full": "np.broadcast_to(v, shape)",
    "np.histogram": "np.searchsorted with gt.add_at",
    "np.histogram2d": "np.searchsorted with gt.add_at",
    "np.histogramdd": "np.searchsorted with gt.add_at",
    "np.imag": "real and imaginary parts as two inputs",
    "np.intersect1d": "np.sort",
    "np.isclose": "np.abs(a - b) < tolerance",
    "np.isin": "np.equal",
    "np.ldexp": "x * 2.0**n",
    "np.lexsort": "np.argsort",
    "np.linalg.eig": "np.linalg.eigh, of a symmetric matrix",
    "np.linalg.eigvals": "np.linalg.eigvalsh, of a symmetric matrix",
    "np.linspace": "a + (b - a)*np.linspace(0, 1, n)",
    "np.logspace": "10**(a + (b - a)*np.linspace(0, 1, n))",
    "np.geomspace": "a*(b/a)**np.linspace(0, 1, n)",
    "np.place": "gt.set_at",
    "np.poly": "a loop of products",
    "np.polyfit": "np.linalg.lstsq",
    "np.polyval": "a loop: y = y*x + c",
    "np.put": "gt.set_at",
    "np.put_along_axis": "gt.set_at",
    "np.putmask": "gt.set_at",
    "np.roots": "np.linalg.eigvalsh, of a symmetric matrix",
    "np.setdiff1d": "np.sort",
    "np.trim_zeros": "a slice, x[start:stop]",
    "np.union1d": "np.sort",
    "np.unique": "np.sort",
    "np.unwrap": "np.mod",
    "np.vander": "np.power",
}
"""What to write instead, where a similar name would mislead."""
MODULES = {"np.fft": "np.matmul with the cosines and sines of the transform"}


def unsupported(function: Callable[..., Any], frame: Any) -> RefusedError:
    """Return the error for a function that is not recorded, called in a frame."""
    name = _asked(frame) or called(function)
    return refusal(f"{name} is not supported", _remedy(name), frame)


def taken_out(frame: Any) -> RefusedError:
    """Return the error for a value that had to become an array, by whatever function asked."""
    name = _asked(frame)
    if name is None:
        return refusal(*REFUSED["__array__"], frame)
    if name in _recorded():
        what = f"{name} of what is no traced array takes the number out of the graph"
        return refusal(what, "join several with np.stack, or make the array an input too", frame)
    return refusal(f"{name} takes the numbers out of the graph", _remedy(name), frame)


def _recorded() -> dict[str, str]:
    """Return every function that is recorded, with its own last name; NumPy's before SciPy's."""
    names = [*map(called, (*CALLS, *COMPOSED)), *LATE_CALLS]
    return {name: name.rpartition(".")[2] for name in sorted(names)}


def _remedy(name: str) -> str:
    home, _, last = name.rpartition(".")
    recorded = _recorded()
    nearest = NEAREST.get(name) or MODULES.get(home)
    if nearest is None and home.startswith("scipy."):
        twins = (f"np.linalg.{last}", f"np.{last}", f"scipy.special.{last}")
        nearest = next((twin for twin in twins if twin in recorded), None)
        if last in SPECIAL:
            nearest = f"gt.special.{last}"
    if nearest is not None:
        return f"the nearest that is recorded: {nearest}; {OWN}"
    close = get_close_matches(last, recorded.values(), n=1, cutoff=0.0)[0]
    full = next(name for name, own in recorded.items() if own == close)
    return f"the nearest by name that is recorded: {full}; {OWN}"


def _asked(frame: Any) -> str | None:
    """Return the function of NumPy or SciPy that the user's line calls, if written in Python."""
    inner = _getframe(1)
    while inner.f_back is not frame and inner.f_back is not None:
        inner = inner.f_back
    module = inner.f_globals.get("__name__", "")
    name = inner.f_code.co_name
    if module.startswith("scipy."):
        return f"{module.partition('._')[0]}.{name}"
    for home, holder in (("np", np), ("np.linalg", np.linalg)):
        if module.startswith("numpy.") and callable(getattr(holder, name, None)):
            return f"{home}.{name}"
    return None
