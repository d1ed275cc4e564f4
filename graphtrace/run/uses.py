"""What each use of a node contributes to its gradient."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphtrace.errors import GradientError
from graphtrace.run.state import State

__all__ = ["Contributions", "Use", "find_contributions", "find_symbolic_contributions"]


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One use: where it goes, and upstream × local = contribution."""

    target: str
    slot: int
    formula: str
    upstream: Any
    local: Any
    contribution: Any


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """One row for each use of a node, in tape order, and their total: its gradient.

    `seed` is what the backward pass put in at this node (None unless it is the output).
    """

    name: str
    rows: tuple[Use, ...]
    total: Any
    seed: Any = None

    def __iter__(self) -> Iterator[Use]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Use:
        return self.rows[index]

    def __str__(self) -> str:
        lines = [f"into {row.target}: {row.contribution}" for row in self.rows]
        return "\n".join([*lines, f"sum: {self.total}"])


def find_contributions(state: State, number: int, formulas: list[str]) -> Contributions:
    """Return the contributions of each use of a node to its upstream gradient.

    Raises GradientError when the gradient was not computed.
    """
    name = state.sealed.names[number]
    total = state.grad(number)
    if total is None:
        raise GradientError(
            f"{name} has no gradient: run g.backward() first, from an output that depends on it"
        )
    rows = []
    for (target, slot), formula in zip(state.sealed.uses[number], formulas, strict=True):
        piece = state.contribution(target, slot)
        if piece is None:
            continue
        rows.append(
            Use(
                state.sealed.names[target],
                slot,
                formula,
                state.grad(target),
                state.local(target, slot),
                piece,
            )
        )
    seed = state.grad(number) if number == state.output and not rows else None
    return Contributions(name, tuple(rows), total, seed)


def find_symbolic_contributions(state: State, number: int, formulas: list[str]) -> Contributions:
    """Return the same rows as SymPy expressions, or arrays of them, of the inputs.

    From an output that is an array the gradient starts with a symbol for each element: δ.
    """
    from graphtrace.run.symbolic import Symbolic, shown

    symbols = Symbolic(state)
    grads = symbols.grads()
    if number not in grads:
        symbols.grad(number)
    rows = tuple(
        Use(
            state.sealed.names[target],
            slot,
            formula,
            shown(grads[target]),
            shown(symbols.local(target, slot)),
            symbols.contribution(target, slot),
        )
        for (target, slot), formula in zip(state.sealed.uses[number], formulas, strict=True)
        if target in grads and symbols.passes(target, slot)
    )
    return Contributions(state.sealed.names[number], rows, shown(grads[number]))
