"""What may enter a graph: floats and arrays of floats, alone or in lists and dicts."""

from typing import Any

import numpy as np

from graphtrace.errors import RefusedError
from graphtrace.ops.values import Value, normal
from graphtrace.tape.copies import copy_of
from graphtrace.tape.tape import Tape
from graphtrace.tape.var import Var

__all__ = ["Entered", "as_input"]

DOUBLE = np.dtype(np.float64)
PLAIN = (float, np.ndarray)


def as_input(value: Any, name: str) -> Value:
    """Return an input as the tape keeps it: a float, or a copy of an array of floats.

    Python's and NumPy's integer scalars and nested lists of numbers become floats.
    Raises RefusedError for integer arrays, complex numbers, objects and anything else.
    """
    if value.__class__ is float:
        return value
    if value.__class__ is np.ndarray and value.dtype is DOUBLE and value.ndim:
        return copy_of(value)
    if isinstance(value, (bool, np.bool_)):
        raise RefusedError(f"input {name!r} is a bool; gradients need floats: pass 1.0 or 0.0")
    if isinstance(value, (int, np.integer)):
        return float(value)
    if isinstance(value, np.ndarray) and type(value) is not np.ndarray:
        raise RefusedError(
            f"input {name!r} is a {type(value).__name__}, whose operations differ from an array's: "
            f"pass np.asarray({name}), or {name}.filled(…) for a masked array"
        )
    if isinstance(value, np.ndarray) and value.dtype.kind in "iub":
        raise RefusedError(
            f"input {name!r} is an array of {value.dtype}; gradients need floats: pass "
            f"{name}.astype(float), or close over it if it holds indices or a mask"
        )
    try:
        array = copy_of(value) if isinstance(value, np.ndarray) else np.array(value)
    except (ValueError, TypeError):
        if isinstance(value, (list, tuple)):
            raise RefusedError(
                f"input {name!r} is a {type(value).__name__} of uneven lengths; give every row the "
                "same length, or pass the rows as several inputs"
            ) from None
        array = np.array(None)
    if isinstance(value, (list, tuple)) and array.dtype.kind in "iu":
        array = array.astype(float)
    if array.dtype.kind == "c":
        raise RefusedError(
            f"input {name!r} is complex; pass its real and imaginary parts as two inputs"
        )
    if array.dtype.kind != "f":
        kind = f"array of {array.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
        raise RefusedError(
            f"input {name!r} is {'an' if kind[0] in 'aeiou' else 'a'} {kind}, not a number or an "
            "array of floats"
        )
    kept: Value = normal(array)
    return kept


def is_leaf(value: Any) -> bool:
    """Whether a value becomes an input (numbers and arrays) rather than passing through."""
    numbers = (float, int, complex, np.ndarray, np.generic)
    return isinstance(value, numbers) and not isinstance(value, bool)


class Entered:
    """Inputs as they entered a tape, with names made only when asked for."""

    __slots__ = ("_found", "_groups", "arrays", "tape")

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.arrays = False
        self._groups: list[tuple[str, Var | list[Var]]] = []
        self._found: dict[str, Var] | None = None

    @classmethod
    def of(cls, tape: Tape, records: dict[str, Var]) -> "Entered":
        """Return inputs that are on the tape already."""
        entered = cls(tape)
        entered._groups.extend(records.items())
        return entered

    @property
    def by_name(self) -> dict[str, Var]:
        """Input records by name; elements of lists and dicts are `us[0]`, `params[W1]`."""
        if self._found is None:
            found: dict[str, Var] = {}
            for name, group in self._groups:
                if group.__class__ is Var:
                    found[name] = group
                else:
                    found.update((f"{name}[{k}]", record) for k, record in enumerate(group))
            self._found = found
        return self._found

    def enter(self, value: Any, name: str) -> Any:
        """Return the same nesting of lists, tuples and dicts with every leaf an input.

        Anything that is neither a number nor an array passes through.
        """
        self._found = None
        if value.__class__ is Var:
            raise RefusedError(
                f"input {name!r} is being traced already: call the function itself instead of "
                "tracing it inside of a trace"
            )
        if value.__class__ in PLAIN or is_leaf(value):
            kept = as_input(value, name)
            if kept.__class__ is not float:
                self.arrays = True
            record = self.tape.inputs((kept,))[0]
            self._groups.append((name, record))
            return record
        if isinstance(value, (list, tuple)):
            if value and set(map(type, value)) == {float}:
                items: list[Any] = self.tape.inputs(value)
                self._groups.append((name, items))
            else:
                items = [self.enter(item, f"{name}[{k}]") for k, item in enumerate(value)]
            if isinstance(value, list):
                return list(items)
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        if isinstance(value, dict):
            return {key: self.enter(item, f"{name}[{key}]") for key, item in value.items()}
        return value

    def __bool__(self) -> bool:
        return bool(self._groups)
