"""The derivative of a graph as a graph: the backward pass, itself recorded.

Every record is made again on a new tape, and the rules are then applied to traced values, so
that gradients are nodes like any other: they can be drawn, replayed, and differentiated in
their turn, to any order.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from graphtrace.ops.values import shape_of
from graphtrace.run.inputs import Entered
from graphtrace.run.modes import pull_back, push_forward
from graphtrace.run.record import Recording
from graphtrace.run.state import State
from graphtrace.tape.tape import Tape, apply
from graphtrace.tape.var import INPUT, Var

__all__ = ["record_gradient", "record_product", "replayed"]

Twins = list[Any]
"""For each node of the old graph its twin on the new tape; constants stay plain values."""


@contextmanager
def recording() -> Iterator[Tape]:
    """Give a tape with the garbage collector paused, and end it afterwards."""
    collecting = gc.isenabled()
    gc.disable()
    tape = Tape(quiet=True)
    tape.hush()
    try:
        yield tape
    finally:
        tape.detach()
        if collecting:
            gc.enable()


def replayed(state: State, tape: Tape, last: int) -> Twins:
    """Record nodes 0 to `last` again on a tape, where they were recorded before."""
    sealed = state.sealed
    twins: Twins = []
    for number in range(last + 1):
        record = sealed.nodes[number]
        op = sealed.op(number)
        place = (record.code, getattr(record, "lasti", 0))
        if sealed.kind(number) == "constant":
            twins.append(record.value)
        elif op is None:
            twins.append(tape.leaf(record.value, INPUT, *place))
        else:
            operands = [twins[operand] for operand in sealed.operands[number]]
            if not any(operand.__class__ is Var for operand in operands):
                operands = [tape.constant(operand, place) for operand in operands]
            twins.append(apply(op, operands, sealed.params(number) or None, place))
    return twins


def record_gradient(
    state: State, wrt: Sequence[int], seed: Any, names: Sequence[str]
) -> tuple[Recording, Twins]:
    """Record forward and backward pass; the outputs are the gradients of the nodes `wrt`.

    `names` are what the gradients are called. Returns the recording and the nodes' twins in
    it. A gradient that no path reaches is zero.
    """
    with recording() as tape:
        twins = replayed(state, tape, len(state.sealed.nodes) - 1)
        found = pull_back(state, twins, state.output, seed)
        outputs = tuple(_as_node(tape, found.get(n), state.value(n)) for n in wrt)
        return _finish(state, tape, twins, outputs, names), twins


def record_product(
    state: State, along: Sequence[tuple[int, Any]], names: Sequence[str]
) -> Recording:
    """Record the forward pass and its tangent: the output is J·t.

    `along` pairs node numbers with their directions.
    """
    with recording() as tape:
        twins = replayed(state, tape, state.output)
        moved = push_forward(state, twins, dict(along), state.output)
        output = _as_node(tape, moved, state.value(state.output))
        return _finish(state, tape, twins, (output,), names)


def _as_node(tape: Tape, gradient: Any, like: Any) -> Var:
    """Return a gradient as a record of its own; zeros where there is none."""
    if gradient is None:
        gradient = np.zeros(shape_of(like))
    if gradient.__class__ is Var:
        return gradient
    return tape.constant(gradient, (None, 0))


def _finish(
    state: State, tape: Tape, twins: Twins, outputs: tuple[Var, ...], names: Sequence[str]
) -> Recording:
    sealed = state.sealed
    inputs = {
        sealed.names[number]: twins[number]
        for number in range(len(twins))
        if sealed.kind(number) == "input"
    }
    given = {
        twins[number]: sealed.names[number]
        for number in range(len(twins))
        if sealed.kind(number) == "op"
    }
    for output, name in zip(outputs, names, strict=True):
        given.setdefault(output, name)
    records = tape.detach()
    return Recording(
        tape, records, Entered.of(tape, inputs), outputs, given, names[0] if names else ""
    )
