"""Two graphs as one: nodes of both that were matched stand once, with what differs beside them."""

import heapq
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from graphtrace.annotate.build import build_facts
from graphtrace.annotate.changes import Change, Changes, Move, measured
from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts
from graphtrace.run.matching import COMMUTATIVE, comparable
from graphtrace.run.state import State

__all__ = ["unite"]

Key = tuple[int, int, int]
Place = tuple[int, int]
"""(0, number) for a node that is in the old graph alone, else (1, its number in the new one)."""


def unite(old: State, new: State, pairs: Mapping[int, int], rtol: float, atol: float) -> GraphFacts:
    """Return the facts of both graphs on one drawing, with their changes.

    `pairs` has the numbers in the new graph by those in the old. What is there in both has the
    names, numbers and notation of the new one; what is there in the old one alone is written with
    the names that its operands have in the new one.
    """
    return _Union(old, new, pairs).facts(rtol, atol)


class _Union:
    """Both graphs, their facts, and the ids of their nodes on the drawing."""

    def __init__(self, old: State, new: State, pairs: Mapping[int, int]) -> None:
        self.old, self.new, self.pairs = old, new, pairs
        self.back = {n: o for o, n in pairs.items()}
        self.before = build_facts(replace(old, sealed=old.sealed.renamed(self._names())))
        self.after = build_facts(new)
        ids = self._order()
        self.of_new = {number: id_ for (side, number), id_ in ids.items() if side}
        self.of_old = {o: ids[self._place(0, o)] for o in range(len(old.sealed.nodes))}

    def facts(self, rtol: float, atol: float) -> GraphFacts:
        """Return all of it."""
        edges, was, kept = self._edges()
        order = sorted(edges, key=lambda key: (key[1], key[2], key[0]))
        changes = self._changes(rtol, atol)
        moves = [
            move for change in changes.values() for move in (change.value, change.grad) if move
        ]
        moves.sort(key=_largest_first)
        return GraphFacts(
            self._nodes(changes, order),
            tuple(edges[key] for key in order),
            self.of_new[self.after.output],
            self.after.title,
            self._mirror(),
            changes=Changes(changes, was, kept, tuple(moves), rtol, atol),
        )

    def _names(self) -> list[str]:
        """Return the names of the old nodes on the drawing: their partners', else their own.

        A name that stands for something else in the new graph gets `_old`, or, where it is not
        the user's, the next number.
        """
        names = self.new.sealed.names
        taken, found, last = {*names}, [], Counter[str]()
        for number, own in enumerate(self.old.sealed.names):
            name = own
            if number in self.pairs:
                name = names[self.pairs[number]]
            elif self.old.sealed.kind(number) != "constant":
                name = _free(own, taken, last, given=self.old.sealed.named[number])
                taken.add(name)
            found.append(name)
        return found

    def _place(self, side: int, number: int) -> Place:
        partner = self.pairs.get(number) if side == 0 else None
        return (side, number) if partner is None else (1, partner)

    def _order(self) -> dict[Place, int]:
        """Number the nodes so that operands come first: as in the new graph, where possible.

        A node that is gone stands before what came after it.
        """
        wish: dict[Place, tuple[float, int]] = {}
        follows = len(self.new.sealed.nodes)
        for number in reversed(range(len(self.old.sealed.nodes))):
            follows = self.pairs.get(number, follows)
            if number not in self.pairs:
                wish[0, number] = (follows - 0.5, number)
        wish |= {(1, number): (number, number) for number in range(len(self.new.sealed.nodes))}
        waiting: Counter[Place] = Counter()
        after: dict[Place, list[Place]] = {}
        for side, state in ((0, self.old), (1, self.new)):
            for number, operands in enumerate(state.sealed.operands):
                target = self._place(side, number)
                waiting[target] += len(operands)
                for operand in operands:
                    after.setdefault(self._place(side, operand), []).append(target)
        ready = [(rank, place) for place, rank in wish.items() if not waiting[place]]
        heapq.heapify(ready)
        found: dict[Place, int] = {}
        while ready:
            _, place = heapq.heappop(ready)
            found[place] = len(found)
            for target in after.get(place, ()):
                waiting[target] -= 1
                if not waiting[target]:
                    heapq.heappush(ready, (wish[target], target))
        return found

    def _edges(self) -> tuple[dict[Key, EdgeFacts], dict[Key, EdgeFacts | None], frozenset[Key]]:
        """Return the edges of both, what each was before, and which of them are in both.

        An operand that has changed its slot is the same edge.
        """
        olds: dict[tuple[int, int], list[EdgeFacts]] = {}
        for edge in self.before.edges:
            moved = _moved(edge, self.of_old)
            olds.setdefault((moved.source, moved.target), []).append(moved)
        news = [_moved(edge, self.of_new) for edge in self.after.edges]
        found = {(edge.source, edge.target, edge.slot): edge for edge in news}
        was: dict[Key, EdgeFacts | None] = {}
        kept = set()
        for key, edge in found.items():
            waiting = olds.get(key[:2], [])
            # The same slot first, so that x·x keeps both of its edges.
            same = next((old for old in waiting if old.slot == edge.slot), None)
            same = same or next(iter(waiting), None)
            was[key] = same
            if same is not None:
                waiting.remove(same)
                kept.add(key)
        for edge in (edge for edges in olds.values() for edge in edges):
            slot = edge.slot
            while (edge.source, edge.target, slot) in found:
                slot += 1
            found[edge.source, edge.target, slot] = replace(edge, slot=slot)
            was[edge.source, edge.target, slot] = edge
        return found, was, frozenset(kept)

    def _changes(self, rtol: float, atol: float) -> dict[int, Change]:
        """Return what became of each node, in order of the ids."""
        found = {
            id_: self._change(id_, self.back.get(number), number, rtol, atol)
            for number, id_ in self.of_new.items()
        }
        for number, id_ in self.of_old.items():
            if number not in self.pairs:
                found[id_] = Change("removed", self.before.nodes[number], None)
        return dict(sorted(found.items()))

    def _change(self, id_: int, o: int | None, n: int, rtol: float, atol: float) -> Change:
        new = self.after.nodes[n]
        if o is None:
            return Change("added", None, new)
        old = self.before.nodes[o]
        parameters = [
            comparable(dict(s.sealed.params(k))) for s, k in ((self.old, o), (self.new, n))
        ]
        status = "same"
        if old.op != new.op or parameters[0] != parameters[1]:
            status = "changed"
        elif not _same_operands([self.pairs.get(p) for p in old.operands], new):
            status = "rewired"
        own = self.old.sealed.names[o]
        return Change(
            status, old, new, own if own != new.name and new.kind != "constant" else "",
            measured(id_, "value", old.value, new.value, rtol, atol),
            measured(id_, "gradient", old.grad, new.grad, rtol, atol),
        )  # fmt: skip

    def _nodes(self, changes: Mapping[int, Change], order: list[Key]) -> tuple[NodeFacts, ...]:
        operands: dict[int, list[int]] = {}
        for source, target, _ in order:
            operands.setdefault(target, []).append(source)
        found = []
        for id_, change in changes.items():
            shown = change.new or change.old
            assert shown is not None
            found.append(replace(shown, id=id_, operands=tuple(operands.get(id_, ()))))
        return tuple(found)

    def _mirror(self) -> dict[int, int | None]:
        """Return which nodes are gradients of which, where backward passes were recorded."""
        found: dict[int, int | None] = {}
        for facts, ids in ((self.before, self.of_old), (self.after, self.of_new)):
            for number, of in facts.mirror.items():
                found[ids[number]] = None if of is None else ids[of]
        return found


def _largest_first(move: Move) -> tuple[float, float, int, bool]:
    size = 0.0 if math.isnan(move.change) else abs(move.change)
    return -move.relative, -size, move.node, move.what != "value"


def _same_operands(partners: list[int | None], new: NodeFacts) -> bool:
    """Whether operands of an old node are those of the new one, in any order where it commutes."""
    if new.op in COMMUTATIVE:
        return Counter(partners) == Counter(new.operands)
    return tuple(partners) == new.operands


def _free(name: str, taken: set[str], last: Counter[str], *, given: bool) -> str:
    """Return a name that is not taken yet; `last` has the last number of each stem."""
    if name not in taken:
        return name
    stem = f"{name}_old" if given else name.rstrip("0123456789")
    other = stem if given else ""
    while not other or other in taken:
        last[stem] += 1
        other = f"{stem}{last[stem]}"
    return other


def _moved(edge: EdgeFacts, ids: Mapping[int, int]) -> EdgeFacts:
    return replace(edge, source=ids[edge.source], target=ids[edge.target])
