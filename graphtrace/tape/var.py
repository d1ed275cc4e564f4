"""One record of the tape, which is also the handle that user code computes with.

A record is a slotted object made without `__init__` and without a central dispatcher: that,
and holding operands directly instead of by number, is what makes recording fast (see
`docs/design.md`). Three forms share the slots:

- scalar, operands `a` and maybe `b`: `da`, `db` are the partial derivatives, as floats;
- scalar with one literal: `op` is a `WithConstant`, `db` the literal, `b` is None;
- any other: `a` is None, `b` the tuple of operands, `da` the parameters (a dict or None).
"""

from __future__ import annotations

from sys import _getframe
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

from graphtrace.ops.registry import Op

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

__all__ = ["ABSENT", "CONSTANT", "INPUT", "Position", "Var", "WithConstant", "operation"]

ABSENT = -0.0
"""This very object in a record's `g` means: no gradient has arrived. It is also the exact
neutral element of addition, so the first contribution can simply be added to it. A record that
can never have a gradient (a constant, a truth value, an integer) has None there instead."""

LIBRARIES = ("graphtrace.", "numpy.", "scipy.")

Position = tuple[Any, int]
"""A code object and instruction offset, or an expression's source and a column."""


class Marker(NamedTuple):
    """What stands for an operation in records that compute nothing."""

    name: str


INPUT = Marker("input")
CONSTANT = Marker("constant")


class WithConstant:
    """A binary operation with a literal on one side (0: left, 1: right)."""

    __slots__ = ("op", "side")

    def __init__(self, op: Op, side: int) -> None:
        self.op = op
        self.side = side


class Var:
    """A value being recorded: behaves like the number or array it stands for.

    Python's operators, NumPy's functions and the common array methods all record a node and
    return a new Var; what cannot be recorded raises RefusedError with the line and the fix.
    """

    __slots__ = ("a", "b", "code", "da", "db", "g", "lasti", "op", "push", "value")

    value: Any
    a: Any
    b: Any
    da: Any
    db: Any
    op: Any
    code: CodeType | Any
    lasti: int
    g: Any
    push: Any

    # Python operators and unary functions are generated from the declarations and attached
    # in `operators.py`, NumPy's protocols and methods in `protocols.py`.
    if TYPE_CHECKING:

        def __add__(self, other: Any) -> Var: ...
        def __radd__(self, other: Any) -> Var: ...
        def __sub__(self, other: Any) -> Var: ...
        def __rsub__(self, other: Any) -> Var: ...
        def __mul__(self, other: Any) -> Var: ...
        def __rmul__(self, other: Any) -> Var: ...
        def __truediv__(self, other: Any) -> Var: ...
        def __rtruediv__(self, other: Any) -> Var: ...
        def __pow__(self, other: Any) -> Var: ...
        def __rpow__(self, other: Any) -> Var: ...
        def __matmul__(self, other: Any) -> Var: ...
        def __rmatmul__(self, other: Any) -> Var: ...
        def __neg__(self) -> Var: ...
        def __pos__(self) -> Var: ...
        def __abs__(self) -> Var: ...
        def __lt__(self, other: Any) -> Var: ...
        def __le__(self, other: Any) -> Var: ...
        def __gt__(self, other: Any) -> Var: ...
        def __ge__(self, other: Any) -> Var: ...
        def __and__(self, other: Any) -> Var: ...
        def __or__(self, other: Any) -> Var: ...
        def __xor__(self, other: Any) -> Var: ...
        def __invert__(self) -> Var: ...
        def __bool__(self) -> bool: ...
        def __len__(self) -> int: ...
        def __iter__(self) -> Iterator[Var]: ...
        def __getitem__(self, index: Any) -> Var: ...

        sum: Callable[..., Var]
        mean: Callable[..., Var]
        max: Callable[..., Var]
        min: Callable[..., Var]
        prod: Callable[..., Var]
        std: Callable[..., Var]
        var: Callable[..., Var]
        cumsum: Callable[..., Var]
        cumprod: Callable[..., Var]
        trace: Callable[..., Var]
        argmax: Callable[..., Var]
        argmin: Callable[..., Var]
        any: Callable[..., Var]
        all: Callable[..., Var]
        dot: Callable[..., Var]
        reshape: Callable[..., Var]
        ravel: Callable[..., Var]
        flatten: Callable[..., Var]
        transpose: Callable[..., Var]
        swapaxes: Callable[..., Var]
        squeeze: Callable[..., Var]
        clip: Callable[..., Var]
        repeat: Callable[..., Var]
        take: Callable[..., Var]
        diagonal: Callable[..., Var]
        choose: Callable[..., Var]
        compress: Callable[..., Var]
        argsort: Callable[..., Var]
        argpartition: Callable[..., Var]
        searchsorted: Callable[..., Var]
        nonzero: Callable[..., tuple[Var, ...]]
        T: Var
        mT: Var  # noqa: N815 # NumPy's name
        shape: tuple[int, ...]
        ndim: int
        size: int
        dtype: np.dtype[Any]

    def __repr__(self) -> str:
        return f"Var({self.value!r})"


def operation(record: Var) -> Op | Marker:
    """Return the record's operation, whatever its form."""
    op = record.op
    found: Op | Marker = op.op if op.__class__ is WithConstant else op
    return found


def caller(depth: int = 1) -> Any:
    """Return the nearest frame above that is not graphtrace's own, NumPy's or SciPy's."""
    frame: Any = _getframe(depth + 1)
    while frame.f_globals.get("__name__", "").startswith(LIBRARIES) and frame.f_back is not None:
        frame = frame.f_back
    return frame
