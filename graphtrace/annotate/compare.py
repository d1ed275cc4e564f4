"""What differs between two graphs: operations added, removed and changed, numbers that moved."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from graphtrace.annotate.changes import ATOL, RTOL, SIGNS, Change, Move, labels_of, percent
from graphtrace.annotate.facts import GraphFacts, Value
from graphtrace.annotate.summary import gist, number
from graphtrace.annotate.table import MARK, Column, Table, plain_text
from graphtrace.annotate.union import unite
from graphtrace.errors import GradientError
from graphtrace.run.matching import match
from graphtrace.run.state import State

__all__ = ["Difference", "difference_of"]

STRUCTURE = (
    Column("", "quiet"),
    Column("node", "name"),
    Column("what", "formula"),
    Column("before", "formula"),
    Column("now", "formula"),
    Column("where", "quiet"),
)
MOVED = (
    Column("#", "quiet", right=True),
    Column("node", "name"),
    Column("what", "formula"),
    Column("before", "value", right=True),
    Column("now", "value", right=True),
    Column("change", "gradient", right=True),
    Column("relative", "gradient", right=True),
    Column("where", "quiet"),
)
WORDS = {
    "added": "added",
    "removed": "removed",
    "changed": "another operation",
    "rewired": "other operands",
}


@dataclass(frozen=True, eq=False)
class Difference:
    """Two graphs, node by node; printed, it is a table of what differs.

    Attributes
    ----------
    facts: of both graphs on one drawing; `facts.changes` has all that differs, by node and edge.
    """

    facts: GraphFacts

    @property
    def same(self) -> bool:
        """Whether both compute the same, with all values and gradients within the tolerance."""
        changes = self.facts.changes
        return not changes.moves and not changes.count(*SIGNS)

    @property
    def moves(self) -> tuple[Move, ...]:
        """The values and gradients that moved, the largest relative change first."""
        return self.facts.changes.moves

    @cached_property
    def added(self) -> tuple[str, ...]:
        """Names of the nodes that are in the second graph alone."""
        return self._names("added")

    @cached_property
    def removed(self) -> tuple[str, ...]:
        """Names of the nodes that are in the first graph alone."""
        return self._names("removed")

    @cached_property
    def changed(self) -> tuple[str, ...]:
        """Names of the nodes with another operation, other parameters or other operands."""
        return self._names("changed", "rewired")

    @cached_property
    def renamed(self) -> tuple[tuple[str, str], ...]:
        """Nodes whose name alone differs, before and now; this makes no graph another one."""
        return tuple(
            (change.name, change.new.name)
            for change in self.facts.changes.nodes.values()
            if change.name and change.new and (change.new.named or change.new.kind == "input")
        )

    def _names(self, *statuses: str) -> tuple[str, ...]:
        nodes = self.facts.nodes
        found = self.facts.changes.nodes.items()
        return tuple(nodes[id_].name for id_, change in found if change.status in statuses)

    def sentence(self) -> str:
        """Return the outcome in one sentence."""
        changes = self.facts.changes
        within = f"within {changes.rtol:g} of their size"
        if self.same:
            text = f"The same: {len(changes.nodes)} nodes, values and gradients {within}."
        else:
            parts = [f"{count} {word}" for count, word in self._counts() if count]
            text = f"{', '.join(parts)}."
            if self.moves:
                moved = [(changes.moved(what), what) for what in ("value", "gradient")]
                words = " and ".join(f"{n} {what}{'s' * (n > 1)}" for n, what in moved if n)
                rest = f"{words} moved by more than {changes.rtol:g} of their size."
                text = f"{text if parts else ''} {rest}".strip()
        if self.renamed:
            names = ", ".join(f"{old} → {new}" for old, new in self.renamed[:3])
            text += f" Renamed: {names}{', …' if len(self.renamed) > 3 else ''}."
        return text

    def _counts(self) -> Iterator[tuple[int, str]]:
        changes = self.facts.changes
        for status in ("added", "removed"):
            count = changes.count(status)
            yield count, f"node{'s' if count > 1 else ''} {status}"
        count = changes.count("changed")
        yield count, "other operations" if count > 1 else "other operation"
        count = changes.count("rewired")
        yield count, f"node{'s' if count > 1 else ''} with other operands"

    def tables(self) -> tuple[Table, ...]:
        """Return the nodes that came, went or changed, and what moved, largest first."""
        changes, found = self.facts.changes, []
        rows = [
            self._structure_row(id_, c) for id_, c in changes.nodes.items() if c.status in SIGNS
        ]
        if rows:
            title = "Operations added (+), removed (−) and changed (≠)"
            found.append(Table(title, STRUCTURE, tuple(rows)))
        moved = [self._moved_row(rank, move) for rank, move in enumerate(self.moves, 1)]
        if moved:
            title = (
                "Moved (relative = |change| / the larger of before and now; arrays by their norm)"
            )
            found.append(Table(title, MOVED, tuple(moved)))
        return tuple(found)

    @cached_property
    def _labels(self) -> dict[int, str]:
        return labels_of(self.facts)

    def _structure_row(self, id_: int, change: Change) -> tuple[str, ...]:
        shown = change.new or change.old
        assert shown is not None
        before, now = ("" if side is None else side.expression for side in (change.old, change.new))
        where = "" if shown.where is None else str(shown.where)
        name = self._labels[id_]
        return SIGNS[change.status], name, WORDS[change.status], before, now, where

    def _moved_row(self, rank: int, move: Move) -> tuple[str, ...]:
        node = self.facts.nodes[move.node]
        own = self.facts.changes.nodes[move.node].name
        name = self._labels[node.id]
        name = f"{name} (was {own})" if own and node.named else name
        change = move.note or ("" if np.isnan(move.change) else _signed(move))
        return (
            str(rank),
            name,
            move.what,
            _short(move.old),
            _short(move.new),
            change,
            percent(move.relative),
            "" if node.where is None else str(node.where),
        )

    def __str__(self) -> str:
        return plain_text((*self.tables(),)) + ("\n" if not self.same else "") + self.sentence()


def _short(value: Value | None) -> str:
    """Return a number, all of a tiny array, or the norm of a larger one."""
    if value is None:
        return "–"
    return gist(value) + ("" if np.isfinite(value).all() else f" {MARK}")


def _signed(move: Move) -> str:
    """Return the change of a number with its sign, the norm of an array's."""
    if np.ndim(move.new):  # type: ignore[arg-type] # a value
        return f"norm {number(move.change)}"
    if isinstance(move.new, (bool, np.bool_)):
        return ""
    return f"{'+' if move.change > 0 else ''}{number(move.change)}"


def difference_of(
    old: State, new: State, rtol: float = RTOL, atol: float = ATOL, *, ran: tuple[bool, bool]
) -> Difference:
    """Return what differs between two graphs; `ran` says of each whether it was run backward.

    Raises
    ------
    GradientError: when only one of them was.
    """
    if ran[0] != ran[1]:
        has, lacks = ("first", "second") if ran[0] else ("second", "first")
        raise GradientError(
            f"the {has} graph has gradients and the {lacks} has none: call .backward() on both, "
            "or on neither"
        )
    return Difference(unite(old, new, match(old, new), rtol, atol))
