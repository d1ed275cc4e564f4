"""Paths through the graph, each with its product of local gradients.

∂target/∂source is the sum of these products over all paths (Bauer 1974).
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import Any

import numpy as np

from graphtrace.ops.values import shape_of
from graphtrace.run.state import State

__all__ = ["Path", "Paths", "Step", "Way", "best_ways", "find_paths", "in_symbols"]


@dataclass(frozen=True, slots=True)
class Path:
    """One path.

    Attributes
    ----------
    nodes: names from source to target.
    edges: (source, target, slot) ids.
    factors: local gradients along the path; None where an array is involved. In symbols they
        are SymPy expressions; where an array is involved whole derivatives, as SymPy arrays.
    product: their product, of shape target.shape + source.shape; None likewise.
    """

    nodes: tuple[str, ...]
    edges: tuple[tuple[int, int, int], ...]
    factors: tuple[Any, ...]
    product: Any

    def __str__(self) -> str:
        shown = "→".join(self.nodes)
        if self.product is None:
            return shown
        if not self.factors:
            return f"{shown}: 1"
        factors = "·".join(map(_text, reversed(self.factors)))
        return f"{shown}: {factors} = {_text(self.product)}"


def _text(factor: Any) -> str:
    """Return a number to six digits; an expression as it is, in brackets where it is a sum."""
    if isinstance(factor, float):
        return f"{factor:.6g}"
    return f"({factor})" if getattr(factor, "is_Add", False) else str(factor)


@dataclass(frozen=True, slots=True)
class Paths:
    """The largest paths by |product|, at most `limit`, and how many there are in all."""

    rows: tuple[Path, ...]
    total: int

    def __iter__(self) -> Iterator[Path]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Path:
        return self.rows[index]

    def __str__(self) -> str:
        lines = [str(path) for path in self.rows]
        if self.total > len(self.rows):
            lines.append(f"… {self.total - len(self.rows):,} more of {self.total:,} paths")
        return "\n".join(lines)


Step = tuple[int, int, float]
"""A use of a node: the user, its slot, and the factor of this step."""
Way = tuple[float, tuple[tuple[int, int, int], ...]]
"""The product of a path's factors, and its edges."""


def find_paths(state: State, source: int, target: int, limit: int) -> Paths:
    """Return the `limit` paths from source to target with the largest |product|.

    Paths through arrays have no product; they count as NaN, and rank after the others.
    """
    sealed = state.sealed

    def steps(number: int) -> Iterator[Step]:
        if sealed.differentiable[number] or number == source:
            for user, slot in sealed.uses[number]:
                if _passes(state, user, slot):
                    yield user, slot, _factor(state, number, user, slot)

    ((best, count),) = best_ways(steps, [source], target, limit)
    return Paths(tuple(_path(state, source, edges) for _, edges in best), count)


def best_ways(
    steps: Callable[[int], Iterable[Step]], sources: Sequence[int], target: int, limit: int
) -> list[tuple[list[Way], int]]:
    """Return, for each source, its best ways to the target and how many there are in all.

    `steps` gives the uses of a node, each with its factor; the best are those with the largest
    |product| of factors, NaN last. Dynamic programming from the target back: a path among the
    best is, from any of its nodes on, among that node's best.
    """
    best: dict[int, list[tuple[float, float, Any]]] = {target: [(1.0, 1.0, None)]}
    count: dict[int, int] = {target: 1}
    for number in range(target - 1, min(sources) - 1, -1):
        found: list[tuple[float, float, Any]] = []
        ways = 0
        for user, slot, factor in steps(number):
            if user not in best:
                continue
            ways += count[user]
            for _, product, link in best[user]:
                value = factor * product
                found.append((_size(value), value, ((number, user, slot), link)))
        if found:
            best[number] = nlargest(limit, found, key=lambda item: item[0])
            count[number] = ways
    return [
        ([(p, _edges(link)) for _, p, link in best.get(number, ())], count.get(number, 0))
        for number in sources
    ]


def _edges(link: Any) -> tuple[tuple[int, int, int], ...]:
    edges = []
    while link is not None:
        edge, link = link
        edges.append(edge)
    return tuple(edges)


def _passes(state: State, user: int, slot: int) -> bool:
    op = state.sealed.op(user)
    return op is not None and op.passes(slot)


def _factor(state: State, source: int, target: int, slot: int) -> float:
    if shape_of(state.value(source)) or shape_of(state.value(target)):
        return math.nan
    local = state.local(target, slot)
    return math.nan if local is None else float(local)


def _size(value: float) -> float:
    return -1.0 if math.isnan(value) else abs(value)


def _path(state: State, source: int, edges: tuple[tuple[int, int, int], ...]) -> Path:
    names = [state.sealed.names[source], *(state.sealed.names[edge[1]] for edge in edges)]
    factors: list[float | None] = []
    product = 1.0
    exact = True
    for start, end, slot in edges:
        arrays = shape_of(state.value(start)) or shape_of(state.value(end))
        factor = None if arrays else _factor(state, start, end, slot)
        exact = exact and factor is not None
        factors.append(factor)
        product *= factor if factor is not None else 1.0
    return Path(tuple(names), edges, tuple(factors), product if exact else None)


def in_symbols(state: State, paths: Paths) -> Paths:
    """Return the same paths, in the same order, with factors and products in symbols."""
    from graphtrace.run.symbolic import Symbolic, shown

    symbols = Symbolic(state)
    rows = []
    for path in paths:
        whole: Any = None
        factors = []
        for _, target, slot in path.edges:
            own = symbols.edge_jacobian(target, slot)
            factors.append(shown(own))
            middle = state.sealed.operands[target][slot]
            axes = np.ndim(state.value(middle))
            whole = own if whole is None else np.tensordot(own, whole, axes)
        product = path.product if whole is None else shown(whole)
        rows.append(replace(path, factors=tuple(factors), product=product))
    return Paths(tuple(rows), paths.total)
