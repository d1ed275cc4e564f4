"""The backward pass: one loop over the tape in reverse, never recursion.

Reverse accumulation as in Griewank and Walther, Evaluating Derivatives, 2nd ed., ch. 3. The
upstream gradient of every record stays in its slot `g`; contributions are not stored but
recomputed exactly from it when asked for (`contribution`), so that they cost no memory.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from graphtrace.errors import GradientError, ShapeError
from graphtrace.ops.registry import Op
from graphtrace.ops.values import cast_like, normal, shape_of, unbroadcast
from graphtrace.tape.var import ABSENT, Marker, Var, WithConstant, operation

__all__ = ["backward", "clear", "contribution", "jacobian", "local", "seed_for"]


def clear(records: Sequence[Var]) -> None:
    """Forget all gradients: absent, not zero."""
    for record in records:
        if record.g is not None:
            record.g = ABSENT


def seed_for(output: Var, seed: Any, name: str) -> Any:
    """Return the gradient to start from, in the output's shape and precision.

    Raises GradientError when an output that is no scalar has no seed, ShapeError when the
    seed has another shape.
    """
    value = output.value
    if seed is None and value.__class__ is float:
        return 1.0
    shape = shape_of(value)
    if isinstance(value, bool) or (hasattr(value, "dtype") and value.dtype.kind != "f"):
        raise GradientError(f"{name} is {type(value).__name__}, not a float: it has no gradient")
    if seed is None:
        if shape:
            raise GradientError(
                f"{name} has shape {shape}: give a seed of that shape, or make the output a "
                "scalar (for example its sum)"
            )
        seed = 1.0
    try:
        array = np.array(seed)
        array = array.astype(float, casting="same_kind")
    except (TypeError, ValueError):
        raise ShapeError(
            f"the seed must be a real number or an array of them, of shape {shape}"
        ) from None
    if array.shape != shape:
        raise ShapeError(f"the seed has shape {array.shape}, but {name} has shape {shape}")
    return cast_like(normal(array), value)


def backward(records: Sequence[Var], output: Var, seed: Any, leading: int = 0) -> None:
    """Fill `g` of every record that the output depends on; all others must be ABSENT.

    The first `leading` records are known to be inputs, which pass nothing on.
    """
    output.g = seed
    rest = islice(reversed(records), len(records) - leading)
    first = _sweep(rest)
    if first is not None:
        owned: set[int] = set()
        bunched: list[Var] = []
        spread = partial(_spread, owned, bunched)
        with np.errstate(all="ignore"):
            try:
                spread(first)
                _sweep(rest, spread)
            finally:
                for record in bunched:
                    record.g = settled(record.g)


class Bunch:
    """A matrix's gradient on the way: what came first, and pairs of vectors still to multiply.

    The sum of many outer products is one matrix product, which is a weight's gradient over the
    steps of a loop.
    """

    __slots__ = ("first", "left", "right")

    def __init__(self, first: Any) -> None:
        self.first = first
        self.left: list[Any] = []
        self.right: list[Any] = []


def settled(g: Any) -> Any:
    """Return a gradient as an array, with the products of a Bunch carried out."""
    if g.__class__ is not Bunch:
        return g
    return g.first + np.array(g.left).T @ np.array(g.right)


def _sweep(records: Iterator[Var], spread: Callable[[Var], None] | None = None) -> Var | None:
    """Pass through records of the scalar form and `spread` those of the general form.

    Without `spread` return the first of the general form.
    """
    absent = ABSENT
    for record in records:
        g = record.g
        if g is absent:
            continue
        a = record.a
        if a is not None:
            a.g += g * record.da
            b = record.b
            if b is not None:
                b.g += g * record.db
        elif g is not None and record.op.__class__ is not Marker:
            if spread is None:
                return record
            spread(record)
    return None


ARRAY = np.ndarray
NO_PARAMS: dict[str, Any] = {}


def _spread(owned: set[int], bunched: list[Var], record: Var) -> None:
    """Add the contributions of a record of the general form to its operands' gradients.

    A first contribution is kept as it is, without a copy; from the second on the sum is an
    array of our own (`owned`), which later ones are added into, or a Bunch (`bunched`).
    """
    op = record.op
    if not op.differentiable:
        return
    g = record.g
    if g.__class__ is Bunch:
        g = record.g = settled(g)
    if record.db is True:
        _spread_arrays(owned, bunched, record, op, g)
        return
    operands = record.b
    values = [operand.value for operand in operands]
    partials = op.partial_texts
    for slot, operand in enumerate(operands):
        if operand.g is None or (partials and partials[slot] is None):
            continue
        piece = op.pull(slot, g, record.value, values, record.da or NO_PARAMS)
        value = values[slot]
        if (
            piece.__class__ is not ARRAY
            or value.__class__ is not ARRAY
            or piece.dtype is not value.dtype
        ):
            piece = cast_like(piece, value)
        if operand.g is ABSENT:
            operand.g = piece
        else:
            _add(operand, piece, owned)


def _spread_arrays(owned: set[int], bunched: list[Var], record: Var, op: Op, g: Any) -> None:
    """Do the same for operands that are arrays of one float type, without parameters."""
    operands = record.b
    pulls = op.pulls or op.ready_pulls()
    if len(operands) == 1:
        operand = operands[0]
        if operand.g is not None:
            value = operand.value
            piece = pulls[0](g, record.value, value)
            if piece.dtype is not value.dtype:
                piece = cast_like(piece, value)
            if operand.g is ABSENT:
                operand.g = piece
            else:
                _add(operand, piece, owned)
        return
    left, right = operands
    a = left.value
    b = right.value
    rows = op.rows
    for pull, operand, value, slot in ((pulls[0], left, a, 0), (pulls[1], right, b, 1)):
        before = operand.g
        if before is None or pull is None:
            continue
        if rows is not None and before is not ABSENT:
            pair = rows(slot, g, a, b)
            if pair is not None:
                _bunch(operand, pair, bunched)
                continue
        piece = pull(g, record.value, a, b)
        if piece.shape != value.shape:
            piece = unbroadcast(piece, value)
        if piece.dtype is not value.dtype:
            piece = cast_like(piece, value)
        if before is ABSENT:
            operand.g = piece
        else:
            _add(operand, piece, owned)


def _add(operand: Var, piece: Any, owned: set[int]) -> None:
    before = operand.g
    if before.__class__ is Bunch:
        before.first = before.first + piece
    elif id(operand) in owned:
        before += piece
    else:
        operand.g = before + piece
        if operand.g.__class__ is ARRAY:
            owned.add(id(operand))


def _bunch(operand: Var, pair: tuple[Any, Any], bunched: list[Var]) -> None:
    g = operand.g
    if g.__class__ is not Bunch:
        g = operand.g = Bunch(g)
        bunched.append(operand)
    g.left.append(pair[0])
    g.right.append(pair[1])


def carries(record: Var) -> bool:
    """Whether a gradient may be kept on this record: floats that are not constants."""
    return record.g is not None


def local(record: Var, slot: int) -> Any:
    """Return ∂record/∂operand as it stands in one number per element.

    A number between scalars; for an elementwise operation on arrays the derivative of each
    element of the result, in its shape; None for other operations (see `jacobian`) and for
    operands that no gradient can reach.
    """
    if record.a is not None:
        if record.op.__class__ is WithConstant:
            return record.da if record.op.side != slot else None
        return record.da if slot == 0 else record.db
    op = operation(record)
    if not isinstance(op, Op) or not op.passes(slot) or not carries(record.b[slot]):
        return None
    values = [operand.value for operand in record.b]
    with np.errstate(all="ignore"):
        if op.is_elementwise:
            found = np.asarray(op.local(slot, record.value, values), dtype=float)
            return normal(np.broadcast_to(found, shape_of(record.value)).copy())
        if not shape_of(record.value) and not shape_of(values[slot]):
            return float(op.pull(slot, 1.0, record.value, values, record.da or {}))
    return None


def jacobian(record: Var, slot: int) -> Any:
    """Return ∂record/∂operand in full: an array of shape result.shape + operand.shape."""
    number = local(record, slot)
    out = shape_of(record.value)
    if record.a is not None or (not out and not shape_of(record.b[slot].value)):
        return number
    op = operation(record)
    if not isinstance(op, Op) or not op.passes(slot) or not carries(record.b[slot]):
        return None
    values = [operand.value for operand in record.b]
    operand = shape_of(values[slot])
    rows = np.zeros((int(np.prod(out)), int(np.prod(operand))))
    with np.errstate(all="ignore"):
        for row in range(len(rows)):
            unit = np.zeros(len(rows))
            unit[row] = 1.0
            g = normal(unit.reshape(out))
            piece = op.pull(slot, g, record.value, values, record.da or {})
            rows[row] = np.asarray(piece, dtype=float).ravel()
    return rows.reshape(out + operand)


def contribution(record: Var, slot: int, operand: Var) -> Any:
    """Return what one use adds to the operand's gradient: upstream pulled back through it.

    None where the gradient was not computed or cannot pass.
    """
    g = record.g
    if g is ABSENT or g is None or operand.g is ABSENT or operand.g is None:
        return None
    with np.errstate(all="ignore"):
        if record.a is not None:
            return g * local(record, slot)
        op = record.op
        if not op.passes(slot):
            return None
        values = [item.value for item in record.b]
        return cast_like(op.pull(slot, g, record.value, values, record.da or {}), operand.value)
