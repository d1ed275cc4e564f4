"""Forward and reverse sweeps over plain values or over traced ones: one code for both.

`values` stands for the nodes: their values, to compute numbers; or their twins on another tape,
to record the sweep itself (`derived.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from graphtrace.ops.op import Op, Units
from graphtrace.ops.values import cast_like, normal, shape_of
from graphtrace.run.backward import carries
from graphtrace.run.state import State

TANGENTS = 2**20
"""The most numbers that the tangents of one node may have at a time."""

__all__ = ["jacobian", "pull_back", "push_forward", "reaches", "values_of"]


def values_of(state: State) -> list[Any]:
    """Return every node's value."""
    return [record.value for record in state.sealed.nodes]


def reaches(state: State, op: Op, slot: int, source: int) -> bool:
    """Whether a gradient passes from a node of this operation to its operand."""
    sealed = state.sealed
    return op.passes(slot) and sealed.differentiable[source] and carries(sealed.nodes[source])


def pull_back(
    state: State,
    values: Sequence[Any],
    output: int,
    seed: Any,
    whole: Callable[[int, Any], Any] | None = None,
) -> dict[int, Any]:
    """Return ∂⟨seed, output⟩/∂node for every node that the output depends on.

    `whole(node, gradient)` is told each gradient once its last contribution is in, before it is
    passed on; what it returns takes the gradient's place.
    """
    sealed = state.sealed
    found: dict[int, Any] = {output: seed}
    with np.errstate(all="ignore"):
        for target in range(output, -1, -1):
            op = sealed.op(target)
            if target not in found:
                continue
            if whole is not None:
                found[target] = whole(target, found[target])
            if op is None:
                continue
            operands = [values[operand] for operand in sealed.operands[target]]
            params = sealed.params(target)
            for slot, source in enumerate(sealed.operands[target]):
                if not reaches(state, op, slot, source):
                    continue
                piece = op.pull(slot, found[target], values[target], operands, params)
                found[source] = found[source] + piece if source in found else piece
    return found


def push_forward(
    state: State,
    values: Sequence[Any],
    directions: Mapping[int, Any],
    output: int,
    *,
    many: bool = False,
) -> Any:
    """Return the tangent of the output when nodes move along directions; None when it stays.

    A node that has a direction moves along it alone, whatever its operands do. With `many`,
    directions and tangent are stacked along a leading axis.
    """
    sealed = state.sealed
    tangents: dict[int, Any] = dict(directions)
    with np.errstate(all="ignore"):
        for target in range(min(directions, default=0) + 1, output + 1):
            op = sealed.op(target)
            if op is None or target in directions:
                continue
            operands = [values[operand] for operand in sealed.operands[target]]
            for slot, source in enumerate(sealed.operands[target]):
                if source not in tangents or not op.passes(slot):
                    continue
                push = op.push_many if many else op.push
                piece = push(
                    slot, tangents[source], values[target], operands, sealed.params(target)
                )
                tangents[target] = tangents[target] + piece if target in tangents else piece
    return tangents.get(output)


def jacobian(state: State, output: int, node: int) -> Any:
    """Return ∂output/∂node, of shape output.shape + node.shape; a float between scalars.

    One forward sweep with all elements of the node (in portions, so that tangents stay in
    bounds), or one reverse sweep for each element of the output, whichever are fewer.
    """
    values = values_of(state)
    rows, columns = np.shape(values[output]), np.shape(values[node])
    found = np.zeros((int(np.prod(rows)), int(np.prod(columns))))
    if found.shape[1] <= found.shape[0]:
        portion = max(1, TANGENTS // max(1, _largest(state, node, output)))
        for start in range(0, found.shape[1], portion):
            count = min(portion, found.shape[1] - start)
            units: Any = Units(columns)
            if count < found.shape[1]:
                units = np.eye(count, found.shape[1], start).reshape(count, *columns)
            moved = push_forward(state, values, {node: units}, output, many=True)
            if moved.__class__ is Units:
                moved = moved.array
            if moved is not None:
                found[:, start : start + count] = moved.reshape(count, -1).T
    else:
        for row, seed in enumerate(_units(rows)):
            pulled = pull_back(state, values, output, seed).get(node)
            if pulled is not None:
                found[row] = np.ravel(pulled)
    found += 0.0  # -0.0, from 0 times a negative number, is 0
    kind = values[output] if shape_of(values[output]) else values[node]
    return cast_like(found.reshape(rows + columns), _like(kind, rows + columns))


def _largest(state: State, node: int, output: int) -> int:
    """Return the size of the largest value between a node and an output that depends on it."""
    moving = {node}
    for target in range(node + 1, output + 1):
        if not moving.isdisjoint(state.sealed.operands[target]):
            moving.add(target)
    return max(int(np.size(state.value(target))) for target in moving)


def _like(value: Any, shape: tuple[int, ...]) -> Any:
    return np.empty(shape, dtype=np.asarray(value).dtype) if shape else 1.0


def _units(shape: tuple[int, ...]) -> list[Any]:
    """Return the unit arrays of a shape, in order of their elements."""
    size = int(np.prod(shape))
    return [normal(row.reshape(shape)) for row in np.eye(size)]
