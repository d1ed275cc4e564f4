"""Why a node gets no gradient: the edges where every way to the output ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphtrace.errors import GradientError
from graphtrace.run.state import State
from graphtrace.tape.sources import Where

__all__ = ["Cut", "Cuts", "find_cuts"]


@dataclass(frozen=True, slots=True)
class Cut:
    """One place where the gradient stops.

    Attributes
    ----------
    nodes: names from the node that was asked about to the one before the cut.
    target: the operation's node that lets nothing through; None where a value is not used.
    op, where: that operation and the user's line.
    reason: what about it stops the gradient, in words.
    """

    nodes: tuple[str, ...]
    target: str | None
    op: str
    where: Where | None
    reason: str

    def __str__(self) -> str:
        way = " → ".join(self.nodes if self.target is None else (*self.nodes, self.target))
        place = f" ({self.where}: `{self.where.text}`)" if self.where else ""
        return f"{way}: {self.reason}{place}"


@dataclass(frozen=True, slots=True)
class Cuts:
    """All cuts between a node and the output; empty when a gradient other than 0 arrives."""

    name: str
    rows: tuple[Cut, ...]

    def __iter__(self) -> Iterator[Cut]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Cut:
        return self.rows[index]

    def __str__(self) -> str:
        if not self.rows:
            return f"{self.name}: a gradient other than 0 arrives"
        return "\n".join(map(str, self.rows))


def find_cuts(state: State, number: int) -> Cuts:
    """Return where each way from a node to the output stops carrying gradient.

    Each edge is followed once, so a shared cut is listed once, with the first way that leads
    there. Raises GradientError before a backward pass.
    """
    sealed = state.sealed
    name = sealed.names[number]
    if state.grad(state.output) is None and all(
        state.grad(n) is None for n in range(len(sealed.nodes))
    ):
        raise GradientError(f"no gradient was computed: run g.backward() before asking for {name}")
    if _carries(state.grad(number)):
        return Cuts(name, ())
    useful = _leading_to(state)
    found: list[Cut] = []
    ways: dict[int, tuple[str, ...]] = {number: (name,)}
    waiting = [number]
    for source in waiting:
        way = ways[source]
        uses = [use for use in sealed.uses[source] if use[0] in useful]
        if not uses and source not in useful:
            found.append(Cut(way, None, sealed.kind(source), sealed.where(source), UNUSED))
        for target, slot in uses:
            reason = _reason(state, target, slot)
            if reason is not None:
                op = sealed.op(target)
                cut = Cut(
                    way,
                    sealed.names[target],
                    op.name if op else "",
                    sealed.where(target),
                    reason,
                )
                found.append(cut)
            elif target not in ways and not _carries(state.grad(target)):
                ways[target] = (*way, sealed.names[target])
                waiting.append(target)
    return Cuts(name, tuple(found))


UNUSED = "the output does not depend on it"


def _leading_to(state: State) -> set[int]:
    """Return the nodes that the output depends on, through whatever operations."""
    found = {state.output}
    for target in range(state.output, -1, -1):
        if target in found:
            found.update(state.sealed.operands[target])
    return found


def _carries(grad: Any) -> bool:
    return grad is not None and bool(np.any(grad))


def _reason(state: State, target: int, slot: int) -> str | None:
    """Return why an edge lets nothing through, None where it is not this edge that stops it."""
    sealed = state.sealed
    op = sealed.op(target)
    name = sealed.names[target]
    if op is None:
        return None
    if not op.differentiable:
        return f"{op.name} has no derivative"
    if not op.passes(slot):
        return f"{op.name} passes no gradient to its operand {slot + 1}"
    if not _carries(state.grad(target)):
        return None
    others = [
        sealed.names[operand]
        for place, operand in enumerate(sealed.operands[target])
        if place != slot and np.size(state.value(operand)) and not np.any(state.value(operand))
    ]
    local = state.local(target, slot)
    if local is not None and np.size(local) and not np.any(local):
        because = f", as {' and '.join(others)} is 0" if others and not op.chooses else ""
        return f"the local gradient of {name} is 0 {_everywhere(local)}{because}"
    if _carries(state.contribution(target, slot)):
        return None
    if others:
        return f"{' and '.join(others)} is 0"
    if local is not None:
        return f"where the gradient of {name} is not 0, its local gradient is"
    return f"{op.name} passes 0"


def _everywhere(local: Any) -> str:
    return "everywhere" if np.ndim(local) else "here"
