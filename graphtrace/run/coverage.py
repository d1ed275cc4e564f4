"""What every operation and function can do, found out by doing it at its declared samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphtrace.errors import GraphTraceError
from graphtrace.formula.printers import to_text
from graphtrace.ops.late import LATE_CALLS, called, every_name
from graphtrace.ops.registry import CALLS, OPS, Op, notations
from graphtrace.run.derived import record_gradient, record_product
from graphtrace.run.record import record_function
from graphtrace.run.state import State, inputs_of
from graphtrace.run.trials import Trial, composed, of_composed, of_operation
from graphtrace.tape.sealed import Sealed
from graphtrace.tape.var import operation

__all__ = ["CUT", "Coverage", "coverage", "measured", "parts_of"]

CUT = "no gradient passes"
"""Stands in the place of the formula of what is not differentiable."""
Modes = tuple[bool, bool, bool]
NONE: Modes = (False, False, False)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The row of an operation, or of a function that is recorded as several.

    `reverse`, `forward` and `second_order` tell whether the mode ran at its samples; all are
    False for what passes no gradient. `formula` is the derivative by each operand, separated
    by `;`; for a function of several operations it is `by` and their names. `calls` are the
    functions that reach it.
    """

    name: str
    family: str
    reverse: bool
    forward: bool
    second_order: bool
    formula: str
    calls: tuple[str, ...]


def coverage() -> list[Coverage]:
    """Return a row for every operation and every NumPy function of several, by family and name."""
    rows = [_of_operation(op) for op in OPS.values()]
    for made in composed():
        calls = tuple(map(called, made.names))
        name = calls[0].rpartition(".")[2]
        rows.append(
            measured(calls[0] if name in OPS else name, made.family, of_composed(made), calls)
        )
    return sorted(rows, key=lambda row: (row.family, row.name))


def measured(name: str, family: str, trials: Sequence[Trial], calls: tuple[str, ...]) -> Coverage:
    """Return the row of a function of several operations, by running it at all samples.

    Without any it makes plain arrays only.
    """
    found = [_modes(trial) for trial in trials] or [NONE]
    reverse, forward, second = map(all, zip(*found, strict=True))
    formula = f"by {', '.join(parts_of(trials)) or 'nothing'}" if reverse else CUT
    return Coverage(name, family, reverse, forward, second, formula, tuple(sorted(calls)))


def parts_of(trials: Sequence[Trial]) -> tuple[str, ...]:
    """Return the names of the operations that a function records, in order."""
    found = [
        operation(record).name
        for trial in trials
        for record in record_function(trial.function, trial.arrays, {}).records
    ]
    return tuple(dict.fromkeys(name for name in found if name in OPS))


def _of_operation(op: Op) -> Coverage:
    calls: set[str] = set().union(
        *(every_name(f) for f, (target, _) in CALLS.items() if target is op)
    )
    calls.update(name for name, (target, _) in LATE_CALLS.items() if target is op)
    formula, modes = CUT, NONE
    if op.differentiable:
        shown = [expr for expr in (op.partials or op.rules) if expr is not None]
        formula = "; ".join(to_text(expr, notations()) for expr in shown)
        modes = _modes(of_operation(op))
    return Coverage(op.name, op.family, *modes, formula, tuple(sorted(calls)))


def _modes(trial: Trial) -> Modes:
    """Run reverse, forward and second-order mode."""
    try:
        recording = record_function(trial.total, trial.arrays, {})
    except GraphTraceError:
        return NONE
    state = _state(recording)
    if not state.sealed.differentiable[state.output]:
        return NONE
    inputs = inputs_of(state)
    directions = [(n, np.ones(np.shape(state.value(n)))) for n in inputs]
    reverse = _runs(lambda: _gradients(state))
    forward = _runs(lambda: record_product(state, directions, ["t"]))

    def twice() -> None:
        first = _gradients(state)
        for output in first.outputs:
            _gradients(_state(first, output))

    return reverse, forward, _runs(twice)


def _state(recording: Any, output: Any = None) -> State:
    sealed = Sealed(recording.records, {})
    return State(sealed, sealed.numbers[recording.outputs[0] if output is None else output])


def _gradients(state: State) -> Any:
    """Record the gradients by all inputs."""
    inputs = inputs_of(state)
    seed = np.ones(np.shape(state.value(state.output)))
    names = [f"g{n}" for n in inputs]
    return record_gradient(state, inputs, seed if seed.ndim else 1.0, names)[0]


def _runs(action: Callable[[], Any]) -> bool:
    try:
        action()
    except GraphTraceError:
        return False
    return True
