"""The derivative of a graph as a graph: the backward pass, itself recorded.

Every record is made again on a new tape, and the rules are then applied to traced values, so
that gradients are nodes like any other: they can be drawn, replayed, and differentiated in
their turn, to any order.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import CodeType
from typing import Any

import numpy as np

from graphtrace.ops.registry import OPS
from graphtrace.ops.values import shape_of
from graphtrace.run.inputs import Entered
from graphtrace.run.modes import pull_back, push_forward
from graphtrace.run.record import Recording
from graphtrace.run.state import State
from graphtrace.tape.tape import Tape, apply
from graphtrace.tape.var import ABSENT, CONSTANT, INPUT, Var

__all__ = ["record_backward", "record_gradient", "record_product", "replayed"]

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


def record_backward(state: State, seed: Any) -> Recording:
    """Record forward and backward pass as one graph, each under a scope of its name.

    The gradient of every node that the output depends on is a node ∂output/∂node of its own; what
    its rule computes on the way stands at the line of the operation that the rule belongs to. The
    outputs are the gradients of the inputs; an input that no path reaches has none.
    """
    sealed = state.sealed
    with recording() as tape:
        twins = replayed(state, tape, len(sealed.nodes) - 1)
        notes = _Notes(state, tape, twins)
        found = pull_back(state, twins, state.output, seed, notes.whole)
        notes.settle()
        inputs = [found[n] for n in sorted(found) if sealed.kind(n) == "input"]
        outputs = tuple(inputs) or (found[state.output],)
        names = [notes.name(n) for n in sorted(found) if sealed.kind(n) == "input"]
        done = _finish(state, tape, twins, outputs, names or [notes.name(state.output)])
    title = f"forward and backward pass of {state.title or sealed.names[state.output]}"
    tape.scopes = notes.scopes()
    return done._replace(given=done.given | notes.given, title=title, mirror=notes.mirror)


class _Notes:
    """What each record of a backward pass is for, noted while it is recorded."""

    def __init__(self, state: State, tape: Tape, twins: Twins) -> None:
        self._state, self._tape, self._twins = state, tape, twins
        self._target = state.output
        self._settled = len(tape)
        self._paths = [("forward", *self._scope_of(record)) for record in tape]
        self.mirror: dict[Var, Var | None] = {}
        self.given: dict[Var, str] = {}

    def _scope_of(self, twin: Var) -> tuple[str, ...]:
        if not hasattr(self, "_numbers"):
            self._numbers = {t: n for n, t in enumerate(self._twins) if t.__class__ is Var}
        number = self._numbers.get(twin)
        return () if number is None else self._state.sealed.scope(number)

    def name(self, number: int) -> str:
        """Return ∂output/∂node."""
        names = self._state.sealed.names
        return f"∂{names[self._state.output]}/∂{names[number]}"

    def whole(self, number: int, gradient: Any) -> Var:
        """Give a node's gradient a record of its own, with its name."""
        self.settle()
        self._target = number
        if gradient.__class__ is not Var:
            gradient = self._tape.leaf(gradient, CONSTANT)
        elif self.mirror.get(gradient) is not None:
            gradient = apply(OPS["identity"], (gradient,), None, (None, 0))
        self.settle()
        self.mirror[gradient] = self._twins[number]
        self.given[gradient] = self.name(number)
        made: Var = gradient
        return made

    def settle(self) -> None:
        """Put what was recorded since the last time to the operation that it was recorded for."""
        sealed = self._state.sealed
        record = sealed.nodes[self._target]
        path = ("backward", *sealed.scope(self._target))
        for made in self._tape[self._settled :]:
            made.code, made.lasti = record.code, _inside(record)
            self.mirror.setdefault(made, None)
            self._paths.append(path)
        self._settled = len(self._tape)

    def scopes(self) -> list[tuple[int, tuple[str, ...]]]:
        """Return the scopes in the order they are entered, with the first record in each."""
        found: list[tuple[int, tuple[str, ...]]] = [(0, ())]
        for start, path in enumerate(self._paths):
            if path != found[-1][1]:
                found.append((start, path))
        return found


def _inside(record: Var) -> int:
    """Return the place of what is recorded inside of a call: see `tape/sources.py`."""
    lasti = getattr(record, "lasti", 0)
    return min(lasti, ~lasti) if isinstance(record.code, CodeType) else lasti


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
    for record in records:
        # A seed stands where scalars are multiplied without asking which of them are constants.
        if record.op is CONSTANT and record.value.__class__ is float:
            record.g = ABSENT
    return Recording(
        tape, records, Entered.of(tape, inputs), outputs, given, names[0] if names else ""
    )
