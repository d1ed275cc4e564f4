"""The tape: records in order of execution, and what was noted beside them."""

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import numpy as np

from graphtrace.errors import RefusedError
from graphtrace.ops.linalg import MatrixError
from graphtrace.ops.registry import Op
from graphtrace.ops.values import Value, normal
from graphtrace.tape.copies import copy_of
from graphtrace.tape.var import ABSENT, CONSTANT, INPUT, Var

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Guard", "Tape", "apply", "apply_arrays", "fill", "scope", "snapshot"]

ARRAY = np.ndarray
DOUBLE = np.dtype(np.float64)
SINGLE = np.dtype(np.float32)
SMALL = 4096
"""Arrays up to so many bytes are compared fastest by a copy of their bytes."""


class Guard(tuple[Var, bool, Any, int]):
    """A branch that was taken: (tested record, outcome, code, instruction offset)."""

    __slots__ = ()


class Tape(list[Any]):
    """An append-only list of records; `quiet` marks one that ends with a function.

    Records hold the tape's bound `append`, so the tape and its records form a cycle while
    recording goes on; `detach` ends that, in one step.
    """

    __slots__ = ("__weakref__", "constants", "guards", "hushed", "names", "push", "quiet", "scopes")

    def __init__(self, *, quiet: bool = False) -> None:
        self.guards: list[Guard] = []
        self.scopes: list[tuple[int, tuple[str, ...]]] = [(0, tuple(_scope_stack))]
        self.names: list[tuple[Var, str]] = []
        self.constants: dict[int, tuple[np.ndarray, Var]] = {}
        self.quiet = quiet
        self.hushed: np.errstate | None = None
        self.push: Any = self.append
        if quiet:
            _tracing.append(self)
        else:
            _open_tapes.add(self)

    def __hash__(self) -> int:  # type: ignore[override] # a tape is identified, not compared
        return object.__hash__(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    @classmethod
    def noted(
        cls,
        guards: list["Guard"],
        names: list[tuple[Var, str]],
        scopes: list[tuple[int, tuple[str, ...]]],
    ) -> "Tape":
        """Return an ended tape that only keeps notes, for records made without recording."""
        tape = cls(quiet=True)
        tape.detach()
        tape.guards, tape.names, tape.scopes = guards, names, scopes
        return tape

    def leaf(self, value: Value, op: Any, code: Any = None, lasti: int = 0) -> Var:
        """Append a record that computes nothing: an input or a constant."""
        record = Var()
        record.value = value
        record.a = None
        record.b = ()
        record.da = record.db = None
        record.op = op
        record.code = code
        record.lasti = lasti
        record.g = None if op is CONSTANT else ABSENT
        record.push = self.push
        self.append(record)
        return record

    def inputs(self, values: Sequence[Value]) -> list[Var]:
        """Append one input record for each value."""
        push = self.push
        records = []
        for value in values:
            record = Var()
            record.value = value
            record.op = INPUT
            record.a = None
            record.g = ABSENT
            record.code = None
            record.push = push
            push(record)
            records.append(record)
        return records

    def constant(self, value: Any, frame: Any) -> Var:
        """Return a record for something untraced; the same unchanged array is recorded once."""
        code, lasti = position_of(frame)
        if isinstance(value, np.ndarray) and value.ndim:
            known = self.constants.get(id(value))
            if known is not None and known[0] is value and _same(known[1].value, value):
                return known[1]
            record = self.leaf(snapshot(value, frame), CONSTANT, code, lasti)
            self.constants[id(value)] = (value, record)
            return record
        return self.leaf(snapshot(value, frame), CONSTANT, code, lasti)

    def hush(self) -> None:
        """Silence NumPy's floating-point warnings until the recording ends."""
        self.hushed = np.errstate(all="ignore")
        self.hushed.__enter__()

    def detach(self) -> list[Var]:
        """Return the records as a plain list and empty the tape, which ends the recording.

        Of an ended recording nothing is left to return.
        """
        if self.push is None:
            return []
        records = list(self)
        self.clear()
        self.constants.clear()
        self.push = None
        if self.hushed is not None:
            self.hushed.__exit__(None, None, None)
            self.hushed = None
        if self.quiet:
            _tracing.remove(self)
        else:
            _open_tapes.discard(self)
        return records


_open_tapes: WeakSet[Tape] = WeakSet()
"""Graphs that are built step by step; they end when they are dropped."""
_tracing: list[Tape] = []
"""Recordings that are going on; they end with the function that is traced."""
_scope_stack: list[str] = []


@contextmanager
def scope(name: str) -> "Iterator[None]":
    """Put everything recorded inside under a named scope; scopes nest.

    In pictures a scope is a cluster around its nodes.
    """
    if not isinstance(name, str) or not name:
        raise RefusedError(f"a scope's name is a non-empty string, not {name!r}")
    _scope_stack.append(name)
    _note_scope()
    try:
        yield
    finally:
        _scope_stack.pop()
        _note_scope()


def _note_scope() -> None:
    path = tuple(_scope_stack)
    for tape in (*_tracing, *_open_tapes):
        tape.scopes.append((len(tape), path))


def _same(kept: np.ndarray, now: np.ndarray) -> bool:
    if kept.shape != now.shape or kept.dtype != now.dtype:
        return False
    if kept.nbytes > SMALL and np.array_equal(kept, now):
        return True
    return kept.tobytes() == now.tobytes()


def position_of(frame: Any) -> tuple[Any, int]:
    """Return the small tuple a record keeps of a frame (or of an expression's place)."""
    if frame.__class__ is tuple:
        return frame[0], frame[1]
    return frame.f_code, frame.f_lasti


def snapshot(value: Any, frame: Any) -> Value:
    """Return a constant as the tape keeps it: floats for numbers, copies of arrays."""
    if value.__class__ is float:
        return value
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer, np.float64)):
        try:
            return float(value)
        except OverflowError:
            raise _refuse(
                frame, "an integer beyond the range of floats", "scale it down first"
            ) from None
    if isinstance(value, np.ndarray) and type(value) is not np.ndarray:
        raise _refuse(
            frame,
            f"a {type(value).__name__}, whose operations differ from an array's,",
            "use np.asarray(…), or .filled(…) for a masked array",
        )
    if isinstance(value, np.generic):
        array: Any = value
    elif value.__class__ is ARRAY:
        array = copy_of(value)
    else:
        try:
            array = np.array(value)
        except ValueError as error:
            raise _refuse(
                frame,
                f"a {type(value).__name__} of uneven lengths: {error}",
                "give every row the same length",
            ) from None
    kind = array.dtype.kind
    if kind in "fbiu":
        if array.ndim == 0 and array.dtype == np.float64:
            return float(array)
        return array
    if kind == "c":
        raise _refuse(frame, "a complex value", "split it into real and imaginary parts")
    is_array = isinstance(value, (np.ndarray, list, tuple))
    raise _refuse(
        frame,
        f"an array of {array.dtype}" if is_array else f"an operand of type {type(value).__name__}",
        "use numbers and arrays of floats; stack traced values with np.stack",
    )


def _refuse(frame: Any, what: str, fix: str) -> RefusedError:
    from graphtrace.tape.refuse import refusal

    return refusal(what + " cannot be recorded", fix, frame)


def apply(op: Op, args: Sequence[Any], params: Mapping[str, Any] | None, frame: Any) -> Var:
    """Record one operation: the general path, for arrays, parameters and odd operands."""
    push = None
    plain = False
    for arg in args:
        if arg.__class__ is not Var:
            plain = True
        elif push is None:
            push = arg.push
        elif push is not arg.push and push.__self__ is not arg.push.__self__:
            raise _refuse(
                frame,
                "values of two different graphs in one operation",
                "use one graph's values only, or pass plain numbers across",
            )
    if push is None:
        raise TypeError(f"{op.name} needs at least one traced operand here")
    tape: Tape = push.__self__
    if tape.push is None:
        raise _refuse(
            frame,
            "a value of a recording that has ended",
            "compute with it inside the traced function, or read n.value",
        )
    if plain:
        args = [arg if arg.__class__ is Var else tape.constant(arg, frame) for arg in args]
    operands = tuple(args)
    values = [operand.value for operand in operands]
    try:
        if tape.hushed is not None:
            out = op.evaluate(values, params or {})
        else:
            with np.errstate(all="ignore"):
                out = op.evaluate(values, params or {})
    except (ValueError, IndexError, TypeError) as error:
        raise _misfit(op, values, error, frame) from None
    return _recorded(op, operands, values, out, params, frame)


def apply_arrays(op: Op, args: tuple[Any, ...], frame: Any) -> Var:
    """Record an operation without parameters: the short way for arrays of one float type.

    At least one operand is traced, the other may be a plain array. Such a record has True in
    `db`, for the backward pass. All else goes to `apply`.
    """
    first = args[0]
    second = args[-1]
    push = first.push if first.__class__ is Var else second.push
    tape: Tape = push.__self__
    if tape.hushed is None:
        return apply(op, args, None, frame)
    if first.__class__ is ARRAY:
        first = tape.constant(first, frame)
    elif second.__class__ is ARRAY:
        second = tape.constant(second, frame)
    if first.__class__ is not Var or second.__class__ is not Var or second.push is not push:
        return apply(op, args, None, frame)
    a = first.value
    b = second.value
    dtype = a.dtype if a.__class__ is ARRAY is b.__class__ else None
    if (dtype is not DOUBLE and dtype is not SINGLE) or b.dtype is not dtype:
        return apply(op, args, None, frame)
    operands: tuple[Var, ...]
    try:
        if len(args) == 1:
            operands = (first,)
            out = op.forward(a)
        else:
            operands = (first, second)
            out = op.forward(a, b)
    except (ValueError, IndexError, TypeError) as error:
        raise _misfit(op, [operand.value for operand in operands], error, frame) from None
    if out.__class__ is not ARRAY or out.dtype is not dtype:
        values = [operand.value for operand in operands]
        return _recorded(op, operands, values, normal(out), None, frame)
    record = Var()
    record.value = out
    record.op = op
    record.a = None
    record.b = operands
    record.da = None
    record.db = op.arity is not None
    record.g = ABSENT
    record.code = frame.f_code
    record.lasti = frame.f_lasti
    record.push = push
    push(record)
    return record


def _recorded(
    op: Op,
    operands: tuple[Var, ...],
    values: Sequence[Value],
    out: Value,
    params: Mapping[str, Any] | None,
    frame: Any,
) -> Var:
    push = operands[0].push
    record = Var()
    record.push = push
    if frame.__class__ is tuple:
        record.code, record.lasti = frame
    else:
        record.code = frame.f_code
        record.lasti = frame.f_lasti
    fill(record, op, operands, values, out, params)
    push(record)
    return record


def fill(
    record: Var,
    op: Op,
    operands: tuple[Var, ...],
    values: Sequence[Value],
    out: Value,
    params: Mapping[str, Any] | None,
) -> None:
    """Fill a record's value, operation and operands, in the form that fits them.

    One or two float operands get the scalar form with the partial derivatives as numbers;
    all else the general form. A result that is no float can have no gradient.
    """
    record.value = out
    record.op = op
    record.a = None
    record.b = operands
    record.da = params
    record.db = None
    kind = out.__class__
    if kind is not float:
        record.g = ABSENT if kind is not bool and out.dtype.kind == "f" else None
        return
    record.g = ABSENT
    if params or not op.partial_texts or len(operands) > 2:
        return
    for operand in operands:
        if operand.value.__class__ is not float or operand.op is CONSTANT:
            return
    partials = op.scalar_partials(out, values)
    if None in partials or (op.chooses and 0.0 in partials):
        return
    record.a, record.da = operands[0], partials[0]
    record.b, record.db = (operands[1], partials[1]) if len(operands) == 2 else (None, None)


def _misfit(op: Op, values: Sequence[Any], error: Exception, frame: Any) -> Exception:
    from graphtrace.errors import ShapeError
    from graphtrace.tape.refuse import place

    shapes = ", ".join(str(np.shape(value)) for value in values)
    reason = " ".join(str(error).split())
    if isinstance(error, np.linalg.LinAlgError):
        return MatrixError(f"{place(frame)}{op.name} of shapes {shapes}: {reason}")
    return ShapeError(f"{place(frame)}{op.name} of shapes {shapes}: {reason}")
