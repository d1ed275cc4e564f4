"""What every operation can do, found out by doing it at its declared samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from graphtrace.errors import GraphTraceError
from graphtrace.formula.printers import to_text
from graphtrace.ops.late import LATE_CALLS
from graphtrace.ops.registry import CALLS, OPS, Op, call, notations
from graphtrace.run.derived import record_gradient, record_product
from graphtrace.run.record import record_function
from graphtrace.run.state import State
from graphtrace.tape.sealed import Sealed

__all__ = ["Coverage", "calls_of", "coverage"]

Case = tuple[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Coverage:
    """One operation's row.

    `reverse`, `forward` and `second_order` tell whether the mode ran at the first sample;
    all are False for operations that pass no gradient. `calls` are the functions that reach it.
    """

    name: str
    family: str
    reverse: bool
    forward: bool
    second_order: bool
    formula: str
    calls: tuple[str, ...]


def coverage() -> list[Coverage]:
    """Return a row for every operation, by family and name."""
    rows = []
    for op in sorted(OPS.values(), key=lambda op: (op.family, op.name)):
        reverse, forward, second = _modes(op) if op.differentiable else (False, False, False)
        rows.append(
            Coverage(op.name, op.family, reverse, forward, second, _formula(op), calls_of(op))
        )
    return rows


def calls_of(op: Op) -> tuple[str, ...]:
    """Return the names of the functions that reach an operation."""
    found = {_qualified(function) for function, (target, _) in CALLS.items() if target is op}
    found.update(name for name, (target, _) in LATE_CALLS.items() if target is op)
    return tuple(sorted(found))


def _qualified(function: Any) -> str:
    name = getattr(function, "__name__", str(function))
    module = getattr(function, "__module__", None) or "numpy"
    if module.startswith("numpy.linalg"):
        return f"np.linalg.{name}"
    return f"np.{name}" if module.startswith("numpy") else f"{module}.{name}"


def _formula(op: Op) -> str:
    if not op.differentiable:
        return ""
    shown = [to_text(expr, notations()) for expr in (op.partials or op.rules) if expr is not None]
    return "; ".join(shown)


def first_case(op: Op) -> Case:
    """Return operands and parameters in the operation's domain."""
    if op.is_elementwise:
        middle = [low + (high - low) * 0.4 for low, high in op.samples]
        return tuple(np.array([x, x + 0.01]) for x in middle), {}
    found: Case = op.samples(np.random.default_rng(5))[0]
    return found


def _modes(op: Op) -> tuple[bool, bool, bool]:
    """Run reverse, forward and second-order mode."""
    operands, params = first_case(op)

    def run(*args: Any) -> Any:
        return np.sum(call(op.name, *args, **params))

    try:
        recording = record_function(run, operands, {})
        sealed = Sealed(recording.records, {})
        state = State(sealed, sealed.numbers[recording.outputs[0]])
    except GraphTraceError:
        return False, False, False
    node = 0
    direction = np.ones(np.shape(sealed.nodes[node].value))
    reverse = _runs(lambda: record_gradient(state, [node], 1.0, ["g"]))
    forward = _runs(lambda: record_product(state, [(node, direction)], ["t"]))

    def twice() -> None:
        first, _ = record_gradient(state, [node], 1.0, ["g"])
        again = Sealed(first.records, {})
        inner = State(again, again.numbers[first.outputs[0]])
        record_gradient(inner, [0], direction, ["h"])

    return reverse, forward, _runs(twice)


def _runs(action: Any) -> bool:
    try:
        action()
    except GraphTraceError:
        return False
    return True
