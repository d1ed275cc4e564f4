"""How the nodes of two graphs on one drawing differ: what moved, what came, what went."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from graphtrace.annotate.summary import element_count, number, summarize
from graphtrace.ops.values import shape_of

if TYPE_CHECKING:
    from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts, Value

__all__ = ["ATOL", "RTOL", "SIGNS", "Change", "Changes", "Move", "labels_of", "measured", "percent"]

RTOL, ATOL = 1e-6, 1e-12
SIGNS = {"added": "+", "removed": "−", "changed": "≠", "rewired": "≠"}
"""The sign of each status; a node that is there on both sides, and the same, has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """A value or a gradient that differs by more than the tolerance.

    Attributes
    ----------
    node: the node's id in both graphs together.
    what: ``"value"`` or ``"gradient"``.
    change: new - old for numbers, the norm of new - old for arrays; NaN where there is none.
    relative: its size by the larger of the two norms, from 0 to 2; infinite where one of the two is
        missing, or of another shape, or NaN or infinite in other places.
    note: why it is infinite.
    """

    node: int
    what: str
    old: "Value | None"
    new: "Value | None"
    change: float
    relative: float
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One node of two graphs on one drawing.

    Attributes
    ----------
    status: ``"same"``, ``"added"``, ``"removed"``, ``"changed"`` (another operation or other
        parameters), ``"rewired"`` (other operands).
    old, new: its facts on either side, None where it is not there. The old ones are written
        with the names of the drawing.
    name: its own name on the old side, if that is another one; else empty.
    value, grad: how they moved; None within the tolerance.
    """

    status: str
    old: "NodeFacts | None"
    new: "NodeFacts | None"
    name: str = ""
    value: Move | None = None
    grad: Move | None = None

    @property
    def is_constant(self) -> bool:
        """Whether it is a number of the program's own."""
        return any(side.kind == "constant" for side in (self.old, self.new) if side)

    @property
    def was(self) -> str:
        """What another operation or another wiring was before; empty for everything else."""
        if self.status not in ("changed", "rewired") or self.old is None:
            return ""
        return self.old.expression


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """All that differs between two graphs; empty for a graph of its own.

    Attributes
    ----------
    nodes: by id, in order.
    edges: by source, target and slot: the edge on the old side, None for one that is new there.
        What is there on the new side too is also in `kept`.
    moves: those of all nodes, the largest relative ones first.
    """

    nodes: Mapping[int, Change] = field(default_factory=dict)
    edges: "Mapping[tuple[int, int, int], EdgeFacts | None]" = field(default_factory=dict)
    kept: frozenset[tuple[int, int, int]] = frozenset()
    moves: tuple[Move, ...] = ()
    rtol: float = RTOL
    atol: float = ATOL

    def edge(self, key: tuple[int, int, int]) -> str:
        """Return an edge's status: ``"same"``, ``"added"`` or ``"removed"``."""
        if key not in self.edges or key in self.kept:
            return "same"
        return "added" if self.edges[key] is None else "removed"

    def count(self, *statuses: str) -> int:
        """Return how many nodes have one of some statuses."""
        return sum(change.status in statuses for change in self.nodes.values())

    def moved(self, what: str) -> int:
        """Return how many values, or gradients, moved."""
        return sum(move.what == what for move in self.moves)


def labels_of(facts: "GraphFacts", shown: Callable[[str], str] = str) -> dict[int, str]:
    """Return the names of nodes, of a number of the program with its use: ``2 in h1``.

    `shown` says how a name is printed.
    """
    names = {node.id: shown(node.name) for node in facts.nodes}
    uses = {edge.source: names[edge.target] for edge in reversed(facts.edges)}
    return {
        node.id: f"{names[node.id]} in {uses[node.id]}"
        if node.kind == "constant" and node.id in uses
        else names[node.id]
        for node in facts.nodes
    }


def percent(relative: float) -> str:
    """Return a relative change in print: ``4.8 %``."""
    return f"{number(100 * relative, 2)} %" if np.isfinite(relative) else "–"


def measured(
    node: int, what: str, old: "Value | None", new: "Value | None", rtol: float, atol: float
) -> Move | None:
    """Return how a value moved; None if every element is within atol + rtol · the largest one.

    The largest one is that of both sides, so that an array's small elements may differ by what
    rounding makes of its large ones.
    """
    if old is None or new is None:
        if old is new:
            return None
        note = "not computed before" if old is None else "not computed any more"
        return Move(node, what, old, new, np.nan, np.inf, note)
    if shape_of(old) != shape_of(new):
        note = f"shape {list(shape_of(old))} → {list(shape_of(new))}"
        return Move(node, what, old, new, np.nan, np.inf, note)
    with np.errstate(all="ignore"):
        a, b = (np.asarray(value, dtype=np.float64) for value in (old, new))
        finite = np.isfinite(a) & np.isfinite(b)
        odd = ~(finite | (a == b) | (np.isnan(a) & np.isnan(b)))
        a, b = np.where(finite, a, 0.0), np.where(finite, b, 0.0)
        scale = float(max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0)))
        if not odd.any() and not (np.abs(b - a) > atol + rtol * scale).any():
            return None
        # By the largest element, so that squares neither overflow nor vanish.
        size = scale or 1.0
        before, after, gap = a / size, b / size, b / size - a / size
        larger = max(np.linalg.norm(before), np.linalg.norm(after)) or 1.0
        relative = float(np.linalg.norm(gap) / larger)
        change = float(b - a) if not shape_of(new) else _norm(b - a)
    if not odd.any():
        return Move(node, what, old, new, change, relative)
    count, whole = int(odd.sum()), element_count(new)
    note = f"NaN or ∞ on one side only: {count} of {whole}" if whole > 1 else ""
    return Move(node, what, old, new, np.nan if not shape_of(new) else change, np.inf, note)


def _norm(gap: np.ndarray) -> float:
    return summarize(gap).norm or 0.0
