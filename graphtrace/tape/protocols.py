"""NumPy's two protocols and the array methods on Var; refusals of what cannot be recorded."""

from collections.abc import Callable
from pathlib import Path
from sys import _getframe
from typing import Any

import numpy as np

from graphtrace.errors import GraphTraceError, RefusedError, ShapeError, did_you_mean
from graphtrace.ops.composed import COMPOSED
from graphtrace.ops.indexing import bind_getitem
from graphtrace.ops.late import called, reached
from graphtrace.ops.registry import OPS, Op
from graphtrace.ops.ufuncs import ufunc_method
from graphtrace.ops.values import shape_of
from graphtrace.tape.operators import scalar_recorder
from graphtrace.tape.refuse import REFUSED, place, refusal
from graphtrace.tape.tape import Guard, apply, apply_arrays
from graphtrace.tape.unsupported import taken_out, unsupported
from graphtrace.tape.var import Var, caller

__all__ = ["attach", "call"]

HOME = str(Path(__file__).parents[1])
"""Where this library's own code is."""
FAST: dict[Any, Callable[..., Var] | None] = {}
"""From a ufunc to its generated recorder for one float, None where it has none."""
PLAIN: dict[Any, Op] = {}
"""From a ufunc that is one operation to it, once it has been called."""


def array_ufunc(self: Var, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Record a NumPy ufunc (`__array_ufunc__`)."""
    if not kwargs and method == "__call__":
        fast = FAST.get(ufunc)
        if fast is not None:
            return fast(self, _getframe(1))
        op = PLAIN.get(ufunc)
        if op is not None:
            return apply_arrays(op, inputs, caller())
    if ufunc not in FAST:
        known = reached(ufunc)
        FAST[ufunc] = None if known is None else scalar_recorder(known[0])
        if known is not None and ufunc not in COMPOSED:
            PLAIN[ufunc] = known[0]
    frame = caller()
    if method != "__call__":
        function = ufunc_method(ufunc, method)
        if function is not None:
            _refuse_options(function, kwargs, frame)
            return function(*inputs, **kwargs)
        fix = "use np.sum, np.max or a loop" if method == "reduce" else "write it without it"
        raise refusal(f"{called(ufunc)}.{method} cannot be recorded", fix, frame)
    if ufunc in COMPOSED:
        return _compose(ufunc, inputs, kwargs, frame)
    found = reached(ufunc)
    if found is None:
        raise unsupported(ufunc, frame)
    if kwargs and ufunc.signature is not None:
        return call(ufunc, inputs, kwargs, frame)
    _refuse_options(ufunc, kwargs, frame)
    return apply_arrays(found[0], inputs, frame)


def array_function(self: Var, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """Record a NumPy function that is no ufunc (`__array_function__`)."""
    shortcut = SHAPE_QUERIES.get(func)
    if shortcut is not None:
        return shortcut(*[_bare(arg) for arg in args], **kwargs)
    return call(func, args, kwargs, caller())


def call(func: Any, args: Any, kwargs: Any, frame: Any) -> Any:
    """Record a NumPy function by its table entry."""
    if func in COMPOSED:
        return _compose(func, args, kwargs, frame)
    found = reached(func)
    if found is None:
        raise unsupported(func, frame)
    op, bind = found
    kwargs = {key: value for key, value in kwargs.items() if value is not np._NoValue}
    _refuse_options(func, kwargs, frame)
    try:
        operands, params = bind(*args, **kwargs)
    except (ValueError, IndexError) as error:
        raise ShapeError(f"{place(frame)}{called(func)}: {error}") from None
    except TypeError as error:
        text = str(error).split("() ")[-1]
        raise refusal(
            f"{called(func)}: {text}", f"{op.name} supports fewer options than NumPy's", frame
        ) from None
    if not any(operand.__class__ is Var for operand in operands):
        raise refusal(
            f"{called(func)} of these arguments cannot be recorded",
            "pass the traced values as the array arguments",
            frame,
        )
    return apply(op, operands, params or None, frame)


def _compose(func: Any, args: Any, kwargs: Any, frame: Any) -> Any:
    """Record a function that is several operations, all of them at the user's line."""
    kwargs = {key: value for key, value in kwargs.items() if value is not np._NoValue}
    _refuse_options(func, kwargs, frame)
    tape = _tape_of((args, *kwargs.values()))
    start = len(tape)
    try:
        result = COMPOSED[func][0](*args, **kwargs)
        _place(tape[start:], result, frame)
        return result
    except GraphTraceError:
        raise
    except (ValueError, IndexError) as error:
        raise ShapeError(f"{place(frame)}{called(func)}: {error}") from None
    except TypeError as error:
        text = str(error).split("() ")[-1]
        raise refusal(
            f"{called(func)}: {text}", "fewer options than NumPy's are supported", frame
        ) from None


def _tape_of(values: Any) -> Any:
    """Return the tape of the first traced value among nested arguments; [] where none is."""
    for value in values:
        if value.__class__ is Var:
            return value.push.__self__
        if isinstance(value, (list, tuple)):
            found = _tape_of(value)
            if found != []:
                return found
    return []


def _place(made: list[Var], result: Any, frame: Any) -> None:
    """Move records made inside of a function of ours to the line that called it.

    What a user's own function recorded meanwhile stays where it is. Only the results take the
    name that the call is assigned to: for the others the offset is inverted.
    """
    parts = result if isinstance(result, (list, tuple)) else (result,)
    for record in made:
        code = record.code
        here = code is frame.f_code and record.lasti == frame.f_lasti
        if here or getattr(code, "co_filename", "").startswith(HOME):
            record.code = frame.f_code
            last = any(record is part for part in parts)
            record.lasti = frame.f_lasti if last else ~frame.f_lasti


def _refuse_options(func: Any, kwargs: dict[str, Any], frame: Any) -> None:
    if kwargs.get("out") is not None:
        raise refusal("out= writes into an array in place", "assign the result instead", frame)
    kwargs.pop("out", None)
    if kwargs and isinstance(func, np.ufunc) and func.signature is None:
        key = next(iter(kwargs))
        raise refusal(
            f"{called(func)}({key}=…) cannot be recorded",
            "use np.where for a choice, or astype before the trace",
            frame,
        )


def _bare(value: Any) -> Any:
    return value.value if value.__class__ is Var else value


SHAPE_QUERIES: dict[Any, Callable[..., Any]] = {
    np.shape: np.shape,
    np.ndim: np.ndim,
    np.size: np.size,
}
"""Functions of the shape alone: they record nothing."""


def _method(func: Any) -> Any:
    def method(self: Var, *args: Any, **kwargs: Any) -> Any:
        return call(func, (self, *args), kwargs, caller())

    return method


def _reshape(self: Var, *shape: Any, **kwargs: Any) -> Any:
    sizes = shape[0] if len(shape) == 1 else shape
    return call(np.reshape, (self, sizes) if shape else (self,), kwargs, caller())


def _transpose(self: Var, *axes: Any, **kwargs: Any) -> Any:
    given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    return call(np.transpose, (self, given) if axes else (self,), kwargs, caller())


def _flatten(self: Var, *args: Any, **kwargs: Any) -> Any:
    return call(np.ravel, (self, *args), kwargs, caller())


def _getitem(self: Var, index: Any) -> Any:
    frame = caller()
    try:
        operands, params = bind_getitem(self, index)
    except IndexError as error:
        raise refusal(str(error), "use integers, slices, or arrays", frame) from None
    return apply(OPS["getitem"], operands, params, frame)


def _round(self: Var, decimals: int | None = None) -> Any:
    """Round to even, as Python does; the result stays a float."""
    return call(np.round, (self, decimals or 0), {}, caller())


def _iter(self: Var) -> Any:
    shape = shape_of(self.value)
    if not shape:
        raise refusal("a scalar cannot be iterated over", "pass an array or a list", caller())
    op = OPS["getitem"]
    return (apply(op, (self,), {"index": row}, caller(1)) for row in range(shape[0]))


def _bool(self: Var) -> bool:
    """Take a branch, and note it as a guard: a replay that would turn elsewhere refuses."""
    frame = caller()
    if np.size(self.value) != 1:
        raise refusal(
            "the truth of an array with several elements is ambiguous",
            "use np.where(condition, a, b)",
            frame,
        )
    outcome = bool(self.value)
    self.push.__self__.guards.append(Guard((self, outcome, frame.f_code, frame.f_lasti)))
    return outcome


def _len(self: Var) -> int:
    shape = shape_of(self.value)
    if not shape:
        raise refusal("a scalar has no len()", "pass an array or a list", caller())
    return shape[0]


class _UnknownAttributeError(RefusedError, AttributeError):
    """A refusal that `hasattr` understands."""


def _unsupported_attribute(name: str) -> property:
    """Return a property that refuses an attribute of arrays, with the line.

    One for each name, and no `__getattr__`: that would slow down every attribute of a record.
    """

    def refuse(self: Var) -> Any:
        known = {*METHODS, "reshape", "transpose", "flatten", "copy"}
        raise _UnknownAttributeError(
            f"{place(caller())}.{name} is not supported on a traced value; "
            f"write it with supported functions{did_you_mean(name, known, limit=0)}"
        )

    return property(refuse)


def _array(self: Var, *args: Any, **kwargs: Any) -> Any:
    """Refuse to become an array; name the function of SciPy that asks for it."""
    raise taken_out(caller())


def _refused(what: str, fix: str) -> Any:
    def method(self: Var, *args: Any, **kwargs: Any) -> Any:
        raise refusal(what, fix, caller())

    return method


METHODS = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "dot": np.dot,
    "ravel": np.ravel,
    "squeeze": np.squeeze,
    "swapaxes": np.swapaxes,
    "clip": np.clip,
    "round": np.round,
    "repeat": np.repeat,
    "take": np.take,
    "diagonal": np.diagonal,
    "choose": np.choose,
    "nonzero": np.nonzero,
    "argsort": np.argsort,
    "argpartition": np.argpartition,
    "searchsorted": np.searchsorted,
    "prod": np.prod,
    "std": np.std,
    "var": np.var,
    "cumsum": np.cumsum,
    "cumprod": np.cumprod,
    "trace": np.trace,
    "argmax": np.argmax,
    "argmin": np.argmin,
    "any": np.any,
    "all": np.all,
    "conj": np.conjugate,
    "conjugate": np.conjugate,
}


def attach() -> None:
    """Give Var NumPy's protocols, array methods, attributes and refusals."""
    members: dict[str, Any] = {
        "__array_ufunc__": array_ufunc,
        "__array_function__": array_function,
        "__array_priority__": 1000,
        "__graphtrace_record__": staticmethod(
            lambda op, operands, params: apply(op, operands, params or None, caller())
        ),
        "__getitem__": _getitem,
        "__round__": _round,
        "__divmod__": lambda self, other: call(np.divmod, (self, other), {}, caller()),
        "__rdivmod__": lambda self, other: call(np.divmod, (other, self), {}, caller()),
        "__iter__": _iter,
        "__bool__": _bool,
        "__len__": _len,
        "reshape": _reshape,
        "transpose": _transpose,
        "flatten": _flatten,
        "copy": lambda self: self,
        "real": property(lambda self: self),
        "__copy__": lambda self: self,
        "__deepcopy__": lambda self, memo: self,  # noqa: ARG005 # what copy calls it with
        "compress": lambda self, condition, axis=None: call(
            np.compress, (condition, self, axis), {}, caller()
        ),
        "T": property(lambda self: call(np.transpose, (self,), {}, caller())),
        "mT": property(lambda self: call(np.matrix_transpose, (self,), {}, caller())),
        "shape": property(lambda self: shape_of(self.value)),
        "ndim": property(lambda self: len(shape_of(self.value))),
        "size": property(lambda self: int(np.size(self.value))),
        "dtype": property(lambda self: np.asarray(self.value).dtype),
    }
    members.update({name: _method(func) for name, func in METHODS.items()})
    members.update({name: _refused(*why) for name, why in REFUSED.items()})
    members["__array__"] = _array
    for name in {*dir(np.ndarray), *dir(float)}:
        if not name.startswith("_") and not hasattr(Var, name):
            members.setdefault(name, _unsupported_attribute(name))
    for name, member in members.items():
        setattr(Var, name, member)


def record(op: Op, args: tuple[Any, ...], params: dict[str, Any] | None = None) -> Any:
    """Record an operation of our own, or just compute it when nothing in `args` is traced."""
    if not params and len(args) == 1 and args[0].__class__ is Var:
        return apply_arrays(op, args, caller(1))
    if any(arg.__class__ is Var for arg in args):
        return apply(op, args, params, caller(1))
    values = [np.asarray(arg)[()] if not isinstance(arg, float) else arg for arg in args]
    with np.errstate(over="ignore"):  # as where exp saturates in a sigmoid
        return op.evaluate(values, params or {})
