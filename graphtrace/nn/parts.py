"""How a function of several operations is recorded: under a scope, at the user's line."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from graphtrace.errors import RefusedError, ShapeError
from graphtrace.ops.registry import OPS
from graphtrace.ops.values import normal, shape_of
from graphtrace.tape.protocols import record
from graphtrace.tape.refuse import place
from graphtrace.tape.tape import Tape, scope
from graphtrace.tape.var import Var, caller

__all__ = [
    "as_given",
    "cast",
    "choice",
    "composite",
    "fits",
    "labels_of",
    "misfit",
    "of",
    "position",
    "refused",
]

P = ParamSpec("P")
R = TypeVar("R")


def composite(function: Callable[P, R]) -> Callable[P, R]:
    """Record what a function does under a scope of its name; on plain values just compute.

    Every record gets the position of the user's call, so that it has the user's line. The
    result alone takes the name that the call is assigned to.
    """
    name = getattr(function, "__name__", "").lstrip("_")

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        tape = _tape_of((*args, *kwargs.values()))
        if tape is None:
            plain: R = _plain(function(*args, **kwargs))
            return plain
        frame = caller()
        start = len(tape)
        with scope(name):
            result = function(*args, **kwargs)
        code, offset = frame.f_code, frame.f_lasti
        for made in tape[start:]:
            made.code = code
            made.lasti = offset if made is result else ~offset
        return result

    return run


def _tape_of(values: Iterable[Any]) -> Tape | None:
    """Return the recording that the first traced value belongs to."""
    for value in values:
        if value.__class__ is Var:
            tape: Tape = value.push.__self__
            return tape
        if value.__class__ in (tuple, list):
            found = _tape_of(value)
            if found is not None:
                return found
    return None


def _plain(result: Any) -> Any:
    return tuple(map(_plain, result)) if isinstance(result, tuple) else normal(result)


def of(name: str, *operands: Any, **params: Any) -> Any:
    """Record the operation of a name, or just compute it on plain values."""
    return record(OPS[name], operands, params or None)


def as_given(value: Any) -> Any:
    """Return a traced value as it is, anything else as an array."""
    return value if value.__class__ is Var else np.asarray(value)


def cast(value: Any, like: Any) -> Any:
    """Return a plain array of numbers in the precision of another value."""
    if value.__class__ is Var:
        return value
    kind = like.dtype if hasattr(like, "dtype") else np.dtype(float)
    return np.asarray(value, dtype=kind if kind.kind == "f" else None)


def misfit(name: str, text: str) -> ShapeError:
    """Return the error for shapes that do not fit, with the user's line."""
    return ShapeError(f"{place(caller())}nn.{name}: {text}")


def refused(name: str, text: str) -> RefusedError:
    """Return the error for an argument that makes no sense, with the user's line."""
    return RefusedError(f"{place(caller())}nn.{name}: {text}")


def fits(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Return whether a shape broadcasts to another without making it larger."""
    try:
        return np.broadcast_shapes(shape, whole) == whole
    except ValueError:
        return False


def choice(name: str, option: str, value: Any, known: tuple[str, ...]) -> None:
    """Refuse a word that is not one of those known."""
    if value not in known:
        words = ", ".join(map(repr, known))
        raise refused(name, f"{option} is one of {words}, not {value!r}")


def labels_of(name: str, what: str, value: Any, count: int, ignore: int | None = None) -> Any:
    """Return plain integers from 0 to count - 1; one word for them is told to the user.

    `ignore` is a value that is let through.
    """
    several = {"index": "indices"}.get(what, what + "s")
    if value.__class__ is Var:
        raise refused(name, f"{several} are plain integers: close over them with a lambda")
    found = np.asarray(value)
    if found.dtype.kind not in "iu" and found.size:
        raise refused(name, f"{several} are integers, not {found.dtype}")
    found = found.astype(np.intp)
    wrong = found[(found < 0) | (found >= count)]
    wrong = wrong if ignore is None else wrong[wrong != ignore]
    if wrong.size:
        raise refused(
            name, f"{what} {wrong.flat[0]} is not one of the {count} from 0 to {count - 1}"
        )
    return found


def position(name: str, value: Any, axis: int) -> int:
    """Return an axis counted from the front, or refuse one that is not there."""
    count = len(shape_of(value))
    if not -count <= axis < count:
        raise misfit(name, f"there is no axis {axis} in shape {shape_of(value)}")
    return axis % count
