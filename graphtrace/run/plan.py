"""A recorded graph made ready to run many times: forward at other inputs, and backward.

What depends on the inputs that change is found once; a run is then one loop over these
operations. Nothing is traced again, no records are made.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from graphtrace.ops.registry import Op
from graphtrace.ops.values import shape_of
from graphtrace.run.modes import reaches
from graphtrace.run.replay import left, misfit
from graphtrace.run.state import State
from graphtrace.tape.tape import Guard

__all__ = ["Plan", "Pull", "pulls", "sweep"]


class Step(NamedTuple):
    """One operation to run: its node, its operands' nodes and its options."""

    node: int
    op: Op
    operands: tuple[int, ...]
    params: Mapping[str, Any]
    guards: tuple[Guard, ...]


class Pull(NamedTuple):
    """One operation to go back through, and the (slot, operand) pairs that gradients pass."""

    node: int
    op: Op
    operands: tuple[int, ...]
    params: Mapping[str, Any]
    edges: tuple[tuple[int, int], ...]


class Plan:
    """What runs again when some inputs change.

    `changing` are the numbers of the inputs that change. Gradients are computed of the
    output by the nodes `wrt`; all nodes if it is None.
    """

    def __init__(
        self,
        state: State,
        guards: Iterable[Guard],
        changing: Iterable[int],
        wrt: Iterable[int] | None = None,
    ) -> None:
        self.state = state
        self.changing = frozenset(changing)
        self._steps = _steps(state, guards, self.changing)
        self._pulls = pulls(state, wrt)
        self._recorded = [record.value for record in state.sealed.nodes]

    def forward(self, inputs: Mapping[int, Any]) -> list[Any]:
        """Return every node's value at other inputs, by number.

        Where `is_elementwise` holds and every input is given, an input may be an array with
        one number for each of many runs; then so is every value.

        Raises GuardError, naming the line, where a recorded branch would be left.
        """
        values = self._recorded.copy()
        for number, value in inputs.items():
            values[number] = value
        with np.errstate(all="ignore"):
            for node, op, operands, params, guards in self._steps:
                given = [values[operand] for operand in operands]
                try:
                    out = values[node] = op.evaluate(given, params)
                except (ValueError, IndexError) as error:
                    raise misfit(self.state.sealed.nodes[node], op, given, error) from None
                for guard in guards:
                    turned = np.not_equal(np.asarray(out, dtype=bool), guard[1])
                    if turned.any():
                        raise left(guard, bool(np.ravel(out)[turned.argmax()]))
        return values

    def backward(self, values: Sequence[Any], seed: Any) -> dict[int, Any]:
        """Return ∂⟨seed, output⟩/∂node at the values of a forward run, by number."""
        return sweep(self._pulls, self.state.output, values, seed)

    @property
    def is_elementwise(self) -> bool:
        """Whether every value is a number and every operation works element by element."""
        return not any(shape_of(value) for value in self._recorded) and all(
            step.op.is_elementwise and not step.params for step in self._steps
        )


def _steps(state: State, guards: Iterable[Guard], changing: frozenset[int]) -> list[Step]:
    """Return the operations that depend on the inputs that change, in order."""
    sealed = state.sealed
    checks: dict[int, list[Guard]] = {}
    for guard in guards:
        checks.setdefault(sealed.numbers[guard[0]], []).append(guard)
    moved = set(changing)
    steps = []
    for node, operands in enumerate(sealed.operands):
        op = sealed.op(node)
        if op is not None and not moved.isdisjoint(operands):
            moved.add(node)
            own = tuple(checks.get(node, ()))
            steps.append(Step(node, op, operands, sealed.params(node), own))
    return steps


def pulls(state: State, wrt: Iterable[int] | None = None) -> list[Pull]:
    """Return what gradients of the output go back through, to the nodes `wrt` or to all."""
    sealed = state.sealed
    wanted = None if wrt is None else set(wrt)
    found = []
    for node, operands in enumerate(sealed.operands[: state.output + 1]):
        op = sealed.op(node)
        if op is None:
            continue
        edges = tuple(
            (slot, source)
            for slot, source in enumerate(operands)
            if reaches(state, op, slot, source) and (wanted is None or source in wanted)
        )
        if edges:
            if wanted is not None:
                wanted.add(node)
            found.append(Pull(node, op, operands, sealed.params(node), edges))
    return found[::-1]


def sweep(
    rows: Iterable[Pull],
    output: int,
    values: Sequence[Any],
    seed: Any,
    done: Callable[[int], None] | None = None,
) -> dict[int, Any]:
    """Return ∂⟨seed, output⟩/∂node for the nodes that the rows reach.

    `values` are the nodes' values, or what stands for them. `done(node)` is called when the
    gradient of a node has been passed on to its operands.
    """
    found: dict[int, Any] = {output: seed}
    with np.errstate(all="ignore"):
        for node, op, operands, params, edges in rows:
            if node not in found:
                continue
            given = [values[operand] for operand in operands]
            for slot, source in edges:
                piece = op.pull(slot, found[node], values[node], given, params)
                found[source] = found[source] + piece if source in found else piece
            if done is not None:
                done(node)
    return found
