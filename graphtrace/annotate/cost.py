"""Accounting: what every node, every layer and the whole graph costs, as data and as tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from graphtrace.annotate.table import Column, Table, plain_text
from graphtrace.errors import NameNotFoundError, did_you_mean
from graphtrace.ops.costs import Counts
from graphtrace.ops.values import shape_of
from graphtrace.run.cost import backward_counts, forward_counts
from graphtrace.run.state import State, input_numbers, inputs_of

__all__ = ["Cost", "CostRow", "account"]


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one node, or one layer, costs.

    Attributes
    ----------
    name: the node's name; a layer's scope, `encoder/attention` for one inside another.
    op: the operation; `input`, `constant`, `layer` or `total` for what is none.
    shape: of the value; a layer's is that of its last node.
    parameters: numbers that are learned: a parameter belongs to where it is used first.
    bytes: what the value takes, or all values of a layer, shared memory or not.
    forward, backward: operations of each pass; the backward pass of a node passes its gradient
        on to its operands.
    """

    name: str
    op: str
    shape: tuple[int, ...]
    parameters: int
    bytes: int
    forward: Counts
    backward: Counts


@dataclass(frozen=True, slots=True)
class Cost:
    """The accounts of a graph.

    Attributes
    ----------
    nodes: one row a node, in order of execution.
    layers: one row for each data input and each stay in a scope, in order; empty without scopes.
    total: their sum; its shape is the output's.
    parameters: the names of the inputs that are counted as parameters.
    """

    nodes: tuple[CostRow, ...]
    layers: tuple[CostRow, ...]
    total: CostRow
    parameters: tuple[str, ...]

    def __getitem__(self, name: str) -> CostRow:
        """Return the row of a node by its name, or the first one of a layer."""
        for row in (*self.nodes, *self.layers):
            if row.name == name:
                return row
        known = [row.name for row in (*self.nodes, *self.layers)]
        raise NameNotFoundError(f"no node or layer {name!r}{did_you_mean(name, known)}")

    def tables(self) -> tuple[Table, ...]:
        """Return the table of layers, where there are any, and the table of nodes."""
        computed = [row for row in self.nodes if row.op != "constant"]
        nodes = _table("Nodes", computed, self.total)
        return (self.layer_table(), nodes) if self.layers else (nodes,)

    def layer_table(self) -> Table:
        """Return the table of layers."""
        return _table("Layers", self.layers, self.total)

    def __str__(self) -> str:
        """Return the layers, or the nodes where there are no layers, and the total as text."""
        return plain_text(self.tables()[:1])

    def as_json(self) -> str:
        """Return everything as strict JSON."""
        rows = {
            "total": asdict(self.total),
            "parameters": list(self.parameters),
            "layers": [asdict(row) for row in self.layers],
            "nodes": [asdict(row) for row in self.nodes],
        }
        from json import dumps

        return dumps(rows, ensure_ascii=False, indent=1) + "\n"


def account(
    state: State,
    parameters: Iterable[str] | str | None = None,
    data: Iterable[str] | str = (),
    depth: int = 1,
) -> Cost:
    """Return the accounts of a graph.

    `parameters` are the inputs that are learned, by default all that are not `data`; a name
    stands for its elements too: `params` for `params[W1]`. A layer is a stay in a scope; `depth`
    is how many scopes inside of each other are told apart.

    Raises NameNotFoundError for a name that is no input.
    """
    learned = _learned(state, parameters, data)
    sealed = state.sealed
    passes = zip(forward_counts(state), backward_counts(state), strict=True)
    nodes = tuple(
        CostRow(
            name=sealed.names[number],
            op=op.name if op else sealed.kind(number),
            shape=shape_of(state.value(number)),
            parameters=_size(state, number) if number in learned else 0,
            bytes=_bytes(state.value(number)),
            forward=forward,
            backward=backward,
        )
        for number, (forward, backward) in enumerate(passes)
        for op in (sealed.op(number),)
    )
    everything = range(len(nodes))
    total = _sum("total", "total", nodes, everything, everything, state.output)
    names = tuple(sealed.names[number] for number in sorted(learned))
    return Cost(nodes, _layers(state, nodes, learned, depth), total, names)


def _learned(
    state: State, parameters: Iterable[str] | str | None, data: Iterable[str] | str
) -> set[int]:
    chosen = inputs_of(state) if parameters is None else input_numbers(state, parameters)
    return {*chosen} - {*input_numbers(state, data)}


def _layers(
    state: State, nodes: Sequence[CostRow], learned: set[int], depth: int
) -> tuple[CostRow, ...]:
    """Return one row for each data input and each stay in a scope, in order of execution."""
    sealed = state.sealed
    groups: dict[tuple[int, ...], list[int]] = {}
    outside = 0
    inside: dict[int, tuple[int, ...]] = {}
    rows: dict[tuple[int, ...], tuple[str, str]] = {}
    for number in range(len(nodes)):
        kind = sealed.kind(number)
        if kind == "constant" or number in learned:
            continue
        stay = sealed.stays[number][:depth]
        if kind == "input":
            stay = (-1, number)
            rows[stay] = (nodes[number].name, "input")
        elif not stay:
            stay = (-2, outside)
            rows[stay] = (nodes[number].name, "layer")
        else:
            outside += 1
            rows[stay] = ("/".join(sealed.scope(number)[:depth]), "layer")
        groups.setdefault(stay, []).append(number)
        inside[number] = stay
    if all(stay[0] < 0 for stay in groups):
        return ()
    kept: dict[tuple[int, ...], list[int]] = {stay: [] for stay in groups}
    for number in sorted(learned):
        first = next((target for target, _ in sealed.uses[number]), None)
        if first is None:
            groups[-1, number] = kept[-1, number] = [number]
            rows[-1, number] = (nodes[number].name, "input")
        else:
            kept[inside[first]].append(number)
    return tuple(
        _sum(*rows[stay], nodes, own, (*own, *kept[stay]), own[-1]) for stay, own in groups.items()
    )


def _sum(
    name: str,
    op: str,
    nodes: Sequence[CostRow],
    computed: Iterable[int],
    held: Iterable[int],
    last: int,
) -> CostRow:
    rows = [nodes[number] for number in computed]
    return CostRow(
        name=name,
        op=op,
        shape=nodes[last].shape,
        parameters=sum(nodes[number].parameters for number in set(held)),
        bytes=sum(row.bytes for row in rows),
        forward=sum((row.forward for row in rows), Counts()),
        backward=sum((row.backward for row in rows), Counts()),
    )


def _size(state: State, number: int) -> int:
    return math.prod(shape_of(state.value(number)))


def _bytes(value: Any) -> int:
    return int(np.asarray(value).nbytes)


COLUMNS = (
    Column("name", "name"),
    Column("op", "formula"),
    Column("shape", "value", right=True),
    Column("parameters", "value", right=True),
    Column("bytes", "quiet", right=True),
    Column("×", "value", right=True),
    Column("+", "value", right=True),
    Column("other", "quiet", right=True),
    Column("back ×", "gradient", right=True),
    Column("back +", "gradient", right=True),
)
LEGEND = "× and + forward and back; other: functions, comparisons"


def _table(title: str, rows: Sequence[CostRow], total: CostRow) -> Table:
    """Return rows and their total."""
    return Table(f"{title} ({LEGEND})", COLUMNS, tuple(_cells(row) for row in (*rows, total)))


def _cells(row: CostRow) -> tuple[str, ...]:
    ahead, back = row.forward, row.backward
    numbers = (row.parameters, row.bytes, ahead.multiplications, ahead.additions, ahead.others,
               back.multiplications, back.additions)  # fmt: skip
    shape = "×".join(map(str, row.shape)) or "scalar"
    op = "" if row.op in ("layer", "total") else row.op
    return (row.name, op, shape, *map(str, numbers))
