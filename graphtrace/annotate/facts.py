"""Immutable facts about a graph: what pictures, tables and JSON are made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from graphtrace.annotate.changes import Changes
from graphtrace.annotate.fold_region import FoldFacts, Region
from graphtrace.tape.sources import Where

__all__ = ["EdgeFacts", "Extras", "GraphFacts", "InSymbols", "NodeFacts", "Value"]

type_value = float | bool | np.ndarray | np.generic
Value = type_value


@dataclass(frozen=True, slots=True, eq=False)
class NodeFacts:
    """One node: what it is, what it holds, where it came from.

    Attributes
    ----------
    id: position on the tape.
    name: unique name; a constant's is its number.
    named: True when the user gave the name (a parameter, an assignment, `gt.name`).
    kind: ``"input"``, ``"constant"`` or ``"op"``.
    op: name of the operation in the registry; equals `kind` for inputs and constants.
    symbol: what stands in the circle of a circuit picture, as plain Unicode.
    expression, latex: the node by its operands' names, e.g. ``h2*z`` and ``h_{2} z``.
    operands: ids, in slot order (the same id twice for ``x*x``).
    value: a float or bool, or an array.
    grad: upstream gradient, in the value's shape; None when it was not computed.
    differentiable: False for constants and for nodes that no gradient can enter.
    """

    id: int
    name: str
    named: bool
    kind: str
    op: str
    symbol: str
    expression: str
    latex: str
    operands: tuple[int, ...]
    value: Value
    grad: Value | None
    differentiable: bool
    where: Where | None
    scope: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EdgeFacts:
    """One use of one operand by one node.

    Attributes
    ----------
    local: ∂target/∂source: a number between scalars; for an elementwise operation on
        arrays the elementwise derivative, in the target's shape; None otherwise.
    formula, latex: the rule, with the operands' names.
    upstream: the target's gradient (None when not computed).
    contribution: what this use adds to the source's gradient (None when not computed).
    count: how many uses it stands for, where parts of the graph are folded.
    """

    source: int
    target: int
    slot: int
    local: Value | None
    formula: str
    latex: str
    upstream: Value | None
    contribution: Value | None
    count: int = 1


@dataclass(frozen=True, slots=True)
class InSymbols:
    """A node's value and its gradient as formulas of the inputs; empty where there is none."""

    value: str
    value_latex: str
    gradient: str = ""
    gradient_latex: str = ""


@dataclass(frozen=True, slots=True)
class Extras:
    """What takes work of its own, by node id, and is there only if it was asked for.

    Attributes
    ----------
    symbols: formulas of the inputs.
    costs: what each node costs, in words; `total` is for all of them together.
    remarks: sentences for the user on what has been left out.
    """

    symbols: Mapping[int, InSymbols] = field(default_factory=dict)
    costs: Mapping[int, str] = field(default_factory=dict)
    total: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class GraphFacts:
    """All nodes in tape order, all edges by target and slot, and the output's id.

    `mirror` is not empty for a recorded backward pass: it has the id of each of its nodes, with
    the id of the forward node that it is the gradient of, or None for a step in between.
    `changes` is not empty for two graphs on one drawing: what differs between them.
    `outline` has the parts of the program, `folds` says which nodes stand for whole parts of it.
    """

    nodes: tuple[NodeFacts, ...]
    edges: tuple[EdgeFacts, ...]
    output: int
    title: str
    mirror: Mapping[int, int | None] = field(default_factory=dict)
    extras: Extras = field(default_factory=Extras)
    outline: Region | None = None
    folds: Mapping[int, FoldFacts] = field(default_factory=dict)
    changes: Changes = field(default_factory=Changes)
