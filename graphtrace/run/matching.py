"""Which node of one graph is which of another: by expression, name, operands and uses.

Nodes that compute the same expression of the same inputs are one node, for certain. From there
on: the same name and operation; the same operation at the same place, seen from its uses and
from its operands; another operation of the same operand; the same operations in the same order;
last another operation under the same name or at the same place. What is paired early is better
founded, so that where pairs would close a circle the later ones are given up.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from graphtrace.ops.values import shape_of
from graphtrace.run.alignment import common_subsequence, without_cycles
from graphtrace.run.state import State

__all__ = ["COMMUTATIVE", "comparable", "match"]

COMMUTATIVE = frozenset(
    (
        "add", "multiply", "maximum", "minimum", "fmax", "fmin", "hypot", "logaddexp",
        "logaddexp2", "equal", "not_equal", "bitwise_and", "bitwise_or", "bitwise_xor",
        "logical_and", "logical_or", "logical_xor",
    )
)  # fmt: skip
"""Operations that give the same bits with their operands in the other order."""

MOST_TRIED = 32
"""Of the uses of one operand, so many are looked at for the one that fits best."""


def match(old: State, new: State) -> dict[int, int]:
    """Return the numbers of the new graph's nodes by those of the old one, in the new's order.

    Every node is in one pair at most. The graphs laid on top of each other have no cycle. The
    same graphs give the same pairs.
    """
    found = _Matcher(_Side(old), _Side(new)).run()
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


class _Side:
    """One of the two graphs: what each node does, what it is called, what it is used by."""

    def __init__(self, state: State) -> None:
        sealed = state.sealed
        self.sealed = sealed
        self.operands = sealed.operands
        self.uses = sealed.uses
        self.output = state.output
        self.kinds = [sealed.kind(n) for n in range(len(sealed.nodes))]
        self.ops = [_op_name(state, n) for n in range(len(sealed.nodes))]
        self.params = [comparable(dict(sealed.params(n))) for n in range(len(sealed.nodes))]

    def name(self, number: int) -> str | None:
        """Return the name that the user gave."""
        return self.sealed.names[number] if self.sealed.named[number] else None

    @cached_property
    def texts(self) -> list[str]:
        """For each node the source text that recorded it."""
        places = map(self.sealed.where, range(len(self.kinds)))
        return [where.text if where else "" for where in places]

    def outline(self, number: int, classes: list[int]) -> Hashable:
        """Return what a node does, with its constants, but whatever its other operands are."""
        operands = (
            classes[operand] if self.kinds[operand] == "constant" else -1
            for operand in self.operands[number]
        )
        return (self.ops[number], self.params[number], *operands)

    def commutes(self, number: int) -> bool:
        """Whether the order of a node's operands makes no difference."""
        return self.ops[number] in COMMUTATIVE

    @cached_property
    def named(self) -> dict[tuple[str, int], int]:
        """Return the operations that have names of the user's own, with the pass of their loop.

        What is assigned twice in a pass is numbered twice as fast: there a3 is not the other a3.
        """
        places = map(self.sealed.where, range(len(self.kinds)))
        return {
            (name, (where.iteration if where else None) or 1): number
            for number, where in enumerate(places)
            if self.kinds[number] == "op" and (name := self.name(number)) is not None
        }

    def classes(self, table: dict[Hashable, int]) -> list[int]:
        """Number the expressions: equal numbers are equal expressions of inputs of equal names.

        `table` is shared by both sides.
        """
        found: list[int] = []
        for number, kind in enumerate(self.kinds):
            key: Hashable
            if kind == "input":
                key = (kind, self.sealed.names[number])
            elif kind == "constant":
                key = (kind, comparable(self.sealed.nodes[number].value))
            else:
                classes = [found[operand] for operand in self.operands[number]]
                operands = tuple(sorted(classes) if self.commutes(number) else classes)
                key = (kind, self.ops[number], self.params[number], operands)
            found.append(table.setdefault(key, len(table)))
        return found


def _op_name(state: State, number: int) -> str:
    op = state.sealed.op(number)
    return op.name if op else state.sealed.kind(number)


def comparable(value: Any) -> Hashable:
    """Return a constant or a parameter as something that compares by what it holds."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return (value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, *map(comparable, value))
    if isinstance(value, dict):
        return tuple((repr(key), comparable(item)) for key, item in value.items())
    # The text of a number tells 1 from 1.0, and NaN is itself.
    return (type(value).__name__, getattr(value, "__qualname__", None) or repr(value))


class _Matcher:
    """The pairs that were found so far, in the order they were found in."""

    def __init__(self, old: _Side, new: _Side) -> None:
        self.old, self.new = old, new
        self.pairs: dict[int, int] = {}
        self.back: dict[int, int] = {}
        self._uses: dict[tuple[int, int, str], list[int]] = {}
        table: dict[Hashable, int] = {}
        self._classes = old.classes(table), new.classes(table)

    def run(self) -> dict[int, int]:
        """Find all pairs."""
        self._same_expression()
        if self._alike(self.old.output, self.new.output):
            self._pair(*self._closest(self.old.output, self.new.output))
        self._same_name(self._alike)
        self._spread()
        while self._other_operation(self._replaced):
            self._spread()
        self._in_order()
        self._spread()
        while self._other_operation(self._replaced) or self._other_operation(self._of_one_role):
            self._spread()
        return without_cycles(self.pairs, self.old.operands, self.new.operands)

    # -- pairing ------------------------------------------------------------------------

    def _pair(self, old: int, new: int) -> bool:
        self.pairs[old] = new
        self.back[new] = old
        return True

    def _free(self, old: int, new: int) -> bool:
        return old not in self.pairs and new not in self.back

    def _alike(self, old: int, new: int) -> bool:
        """Whether two nodes that have no partner yet are of one operation."""
        if not self._free(old, new) or self.old.ops[old] != self.new.ops[new]:
            return False
        if self.old.kinds[old] != "input":
            return True
        values = self.old.sealed.nodes[old].value, self.new.sealed.nodes[new].value
        return shape_of(values[0]) == shape_of(values[1])

    def _operations(self, old: int, new: int) -> bool:
        """Whether two nodes that have no partner yet are operations, of any kind."""
        return self._free(old, new) and self.old.kinds[old] == self.new.kinds[new] == "op"

    # -- by expression and by name ------------------------------------------------------

    def _same_expression(self) -> None:
        """Pair what computes the same; among several, first those of one name and operands."""
        groups: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for side, classes in enumerate(self._classes):
            kinds = (self.old, self.new)[side].kinds
            for number, class_ in enumerate(classes):
                if kinds[number] != "constant":
                    groups[class_][side].append(number)
        for olds, news in groups.values():
            if olds and news:
                self._sort_out(olds, news)

    def _sort_out(self, olds: list[int], news: list[int]) -> None:
        def named(number: int, side: _Side) -> Hashable:
            return side.name(number)

        def placed(number: int, side: _Side) -> Hashable:
            pairs, classes = (self.pairs, self._classes[0])
            if side is self.new:
                pairs, classes = {n: n for n in side.operands[number]}, self._classes[1]
            return tuple(
                -1 - classes[operand] if side.kinds[operand] == "constant" else pairs.get(operand)
                for operand in side.operands[number]
            )

        def both(number: int, side: _Side) -> Hashable:
            name = named(number, side)
            return None if name is None else (name, placed(number, side))

        for trait in (both, named, placed, lambda *_: ""):
            waiting: dict[Hashable, deque[int]] = defaultdict(deque)
            for o in olds:
                if o not in self.pairs:
                    waiting[trait(o, self.old)].append(o)
            for n in news:
                key = trait(n, self.new) if n not in self.back else None
                if key is not None and waiting[key]:
                    self._pair(waiting[key].popleft(), n)

    def _ends(self, fits: Callable[[int, int], bool]) -> bool:
        ends = self.old.output, self.new.output
        return fits(*ends) and self._pair(*ends)

    def _same_name(self, fits: Callable[[int, int], bool]) -> bool:
        known, found = self.old.named, False
        for name, n in self.new.named.items():
            o = known.get(name)
            found |= o is not None and fits(o, n) and self._pair(o, n)
        return found

    # -- by place -----------------------------------------------------------------------

    def _spread(self) -> None:
        """Pair the same operations at the same places, until there are no more."""
        self._down(self.pairs.items())
        while self._up(whole=True) or self._up(whole=False):
            pass

    def _down(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Pair operands of pairs, slot by slot, then those that are left, in order."""
        todo = deque(pairs)
        while todo:
            o, n = todo.popleft()
            mine, yours = self.old.operands[o], self.new.operands[n]
            straight = list(zip(mine, yours, strict=False))
            across = [
                (p, q)
                for p in mine
                for q in yours
                if (p, q) not in straight and self.old.kinds[p] != "input"
            ] if len(mine) * len(yours) <= MOST_TRIED else []  # fmt: skip
            for p, q in (*straight, *across):
                if self._alike(p, q):
                    pair = self._closest(p, q)
                    self._pair(*pair)
                    todo.append(pair)

    def _closest(self, old: int, new: int) -> tuple[int, int]:
        """Return two nodes of one operation, or one of them with an operand of the other.

        Of `a + b` that has become `(a + b) + c` the inner sum is what it was.
        """
        if self.old.kinds[old] != "op":
            return old, new
        pairs = [(old, q) for q in self.new.operands[new][:MOST_TRIED]]
        pairs += [(p, new) for p in self.old.operands[old][:MOST_TRIED]]
        pairs = [(old, new), *(pair for pair in pairs if self._alike(*pair))]
        return max(pairs, key=lambda pair: self._known(*pair))

    def _known(self, old: int, new: int) -> int:
        """Return how many operands two nodes have in common: pairs, or the same expressions."""
        mine, yours = self.old.operands[old], self.new.operands[new]
        partners = {self.pairs.get(p) for p in mine}
        classes = {self._classes[0][p] for p in mine}
        return sum(q in partners or self._classes[1][q] in classes for q in yours)

    def _up(self, *, whole: bool) -> bool:
        """Pair operations whose operands are pairs: all of them, or as many as possible."""
        found = False
        for n, kind in enumerate(self.new.kinds):
            if kind != "op" or n in self.back:
                continue
            best = max(self._candidates(n, whole), default=None)
            if best is not None:
                self._pair(-best[-1], n)
                self._down([(-best[-1], n)])
                found = True
        return found

    def _candidates(self, n: int, whole: bool) -> Iterator[tuple[int, bool, bool, bool, int]]:
        """Yield old nodes that share operands with a new one: how many, its name, …, -number."""
        seen = set()
        for slot, operand in enumerate(self.new.operands[n]):
            partner = self.back.get(operand)
            if partner is None:
                continue
            for o in self._waiting(partner, slot, self.new.ops[n]):
                if o in seen:
                    continue
                seen.add(o)
                shared = self._shared(o, n)
                if not whole or shared == len(self.new.operands[n]) == len(self.old.operands[o]):
                    name = self.new.name(n)
                    yield (
                        shared,
                        name is not None and name == self.old.name(o),
                        self.old.params[o] == self.new.params[n],
                        self.old.texts[o] == self.new.texts[n],
                        -o,
                    )
                if len(seen) >= MOST_TRIED:
                    return

    def _waiting(self, operand: int, slot: int, op: str) -> list[int]:
        """Return old uses of a node in one slot that have no partner yet, the first ones."""
        key = (operand, slot, op)
        if key not in self._uses:
            uses = reversed(self.old.uses[operand])
            self._uses[key] = [o for o, place in uses if place == slot and self.old.ops[o] == op]
        found = self._uses[key]
        # Of a shared weight there are thousands: those with partners are dropped for good.
        while found and found[-1] in self.pairs:
            found.pop()
        return [o for o in found[: -2 * MOST_TRIED - 1 : -1] if o not in self.pairs]

    def _in_order(self) -> None:
        """Pair operations that follow in the same order and whose operands or uses are pairs too.

        Of a line `f = (h - 1)**2` that has become `f = (g - 1)**2 + p` the difference and the
        square are the same.
        """
        waiting, keys = [], []
        for side, known, classes in zip(
            (self.old, self.new), (self.pairs, self.back), self._classes, strict=True
        ):
            free = [n for n, kind in enumerate(side.kinds) if kind == "op" and n not in known]
            waiting.append(free)
            keys.append([side.outline(n, classes) for n in free])
        found = {waiting[0][i]: waiting[1][j] for i, j in common_subsequence(*keys)}
        linked = set()
        for o, n in found.items():
            for p, q in zip(self.old.operands[o], self.new.operands[n], strict=True):
                if found.get(p) == q:
                    linked |= {o, p}
                elif self.pairs.get(p) == q:
                    linked.add(o)
        for o, n in found.items():
            if o in linked:
                self._pair(o, n)

    def _shared(self, o: int, n: int) -> int:
        """Return in how many slots two nodes have paired operands, or constants."""
        pairs = zip(self.old.operands[o], self.new.operands[n], strict=False)
        return sum(
            self.pairs.get(p) == q or self.old.kinds[p] == self.new.kinds[q] == "constant"
            for p, q in pairs
        )

    def _replaced(self, old: int, new: int) -> bool:
        """Whether two operations without partners have an operand in common."""
        operands = zip(self.old.operands[old], self.new.operands[new], strict=False)
        return self._operations(old, new) and any(self.pairs.get(p) == q for p, q in operands)

    def _of_one_role(self, old: int, new: int) -> bool:
        """Whether two operations without partners have one name, or as many operands."""
        counts = len(self.old.operands[old]), len(self.new.operands[new])
        name = self.old.name(old)
        named = name is not None and name == self.new.name(new)
        return self._operations(old, new) and (named or counts[0] == counts[1])

    def _other_operation(self, fits: Callable[[int, int], bool]) -> bool:
        """Pair another operation under the same name, or one that fits in the same use."""
        found = self._same_name(fits)
        found |= self._ends(fits)
        for o, n in list(self.pairs.items()):
            for p, q in zip(self.old.operands[o], self.new.operands[n], strict=False):
                found |= fits(p, q) and self._pair(p, q)
        return found
