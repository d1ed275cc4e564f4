"""The same graph at other inputs: every record computed again, in order; nothing re-traced."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graphtrace.errors import GuardError, NameNotFoundError, ShapeError, did_you_mean
from graphtrace.ops.registry import Op
from graphtrace.ops.values import shape_of
from graphtrace.run.inputs import as_input
from graphtrace.tape.sources import where_of
from graphtrace.tape.tape import Guard, fill
from graphtrace.tape.var import ABSENT, CONSTANT, INPUT, Var, WithConstant, operation

__all__ = ["changed_inputs", "left", "misfit", "replay"]


def changed_inputs(inputs: Mapping[str, Var], given: Mapping[str, Any]) -> dict[Var, Any]:
    """Return new values of inputs by their records.

    Raises NameNotFoundError for what is no input, ShapeError for another shape, RefusedError
    for what cannot be one.
    """
    changed: dict[Var, Any] = {}
    for name, value in given.items():
        record = inputs.get(name)
        if record is None:
            raise NameNotFoundError(f"no input {name!r}{did_you_mean(name, inputs)}")
        new = as_input(value, name)
        if shape_of(new) != shape_of(record.value):
            raise ShapeError(
                f"input {name!r} has shape {shape_of(record.value)} in this graph, "
                f"not {shape_of(new)}; trace the function anew for other shapes"
            )
        changed[record] = new
    return changed


def replay(
    records: Sequence[Var], guards: Sequence[Guard], changed: Mapping[Var, Any]
) -> dict[Var, Var]:
    """Return for each record its twin at the changed inputs, in the same order.

    Raises GuardError, naming the line, where a recorded branch would be left.
    """
    twins: dict[Var, Var] = {}
    checks: dict[Var, list[Guard]] = {}
    for guard in guards:
        checks.setdefault(guard[0], []).append(guard)
    with np.errstate(all="ignore"):
        for record in records:
            twin = _twin(record, twins, changed)
            twins[record] = twin
            for guard in checks.get(record, ()):
                if bool(twin.value) is not guard[1]:
                    raise left(guard, twin.value)
    return twins


def _twin(record: Var, twins: Mapping[Var, Var], changed: Mapping[Var, Any]) -> Var:
    twin = Var()
    twin.code, twin.lasti = record.code, getattr(record, "lasti", 0)
    twin.push = None
    twin.g = ABSENT
    op = operation(record)
    if op is INPUT or op is CONSTANT:
        twin.value = changed.get(record, record.value)
        twin.g = None if op is CONSTANT else ABSENT
        twin.op, twin.a, twin.b, twin.da, twin.db = op, None, (), None, None
        return twin
    assert isinstance(op, Op)
    if record.op.__class__ is WithConstant:
        _with_constant(twin, record, twins[record.a])
        return twin
    if record.a is None:
        operands = tuple([twins[operand] for operand in record.b])
    else:
        operands = tuple([twins[item] for item in (record.a, record.b) if item is not None])
    values = [operand.value for operand in operands]
    params = record.da if record.a is None else None
    try:
        out = op.evaluate(values, params or {})
    except (ValueError, IndexError) as error:
        raise misfit(record, op, values, error) from None
    fill(twin, op, operands, values, out, params)
    return twin


def misfit(record: Var, op: Op, values: Sequence[Any], error: Exception) -> ShapeError:
    """Return the error for an operation that fails at other inputs, with the user's line."""
    where = where_of(record.code, record.lasti)
    line = f"{where}: `{where.text}`: " if where else ""
    shapes = ", ".join(str(shape_of(value)) for value in values)
    return ShapeError(
        f"{line}at these inputs {op.name} has shapes {shapes}: {error}; "
        "trace the function anew at these inputs"
    )


def _with_constant(twin: Var, record: Var, operand: Var) -> None:
    op, side = record.op.op, record.op.side
    values = [operand.value, record.db] if side == 1 else [record.db, operand.value]
    twin.value = op.evaluate(values, {})
    twin.op, twin.a, twin.b, twin.db = record.op, operand, None, record.db
    twin.da = op.scalar_partials(twin.value, values)[1 - side]


def left(guard: Guard, value: Any) -> GuardError:
    """Return the error for a branch that was recorded and would be left, with its line."""
    where = where_of(guard[2], guard[3])
    line = f"{where}: `{where.text}`: " if where else ""
    return GuardError(
        f"{line}the recorded run took the {guard[1]} branch, these inputs take the other "
        f"(tested value {value!r}); trace the function anew at these inputs"
    )
