"""What a graph costs: operations forward and backward, counted by each operation's declaration."""

import numpy as np

from graphtrace.ops.costs import Counts
from graphtrace.ops.values import shape_of
from graphtrace.run.derived import recording, replayed
from graphtrace.run.plan import pulls, sweep
from graphtrace.run.state import State
from graphtrace.tape.sealed import Sealed
from graphtrace.tape.var import INPUT

__all__ = ["backward_counts", "forward_counts"]


def forward_counts(state: State) -> list[Counts]:
    """Return for each node what its operation costs; nothing for inputs and constants."""
    sealed = state.sealed
    found = []
    for number, record in enumerate(sealed.nodes):
        op = sealed.op(number)
        values, params = sealed.values(number), sealed.params(number)
        found.append(Counts() if op is None else op.count(record.value, values, params))
    return found


def backward_counts(state: State) -> list[Counts]:
    """Return for each node what it costs to pass its gradient on to its operands.

    The backward pass is recorded, as a graph of its own, and its operations are counted by the
    same declarations: the rules as they run, and the additions where contributions meet. An
    output whose gradient cannot be taken costs nothing.
    """
    found = [Counts()] * len(state.sealed.nodes)
    like = state.value(state.output)
    if not state.sealed.differentiable[state.output]:
        return found
    ends: list[tuple[int, int]] = []
    with recording() as tape:
        twins = replayed(state, tape, state.output)
        seed = tape.leaf(np.ones(shape_of(like)) if shape_of(like) else 1.0, INPUT)
        start = len(tape)
        rows = pulls(state)
        sweep(rows, state.output, twins, seed, lambda node: ends.append((node, len(tape))))
        records = tape.detach()
    both = Sealed(records, {})
    counts = forward_counts(State(both, 0))
    for node, end in ends:
        made = (counts[both.numbers[record]] for record in records[start:end])
        found[node] = sum(made, Counts())
        start = end
    return found
