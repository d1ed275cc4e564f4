"""A finished recording as numbered nodes: literals expanded, names given, uses found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np

from graphtrace.formula.names import find_name, number_text
from graphtrace.ops.registry import Op
from graphtrace.ops.values import shape_of
from graphtrace.tape.sources import Place, Where, place_of, where_of
from graphtrace.tape.var import CONSTANT, INPUT, Var, WithConstant, operation

__all__ = ["Sealed"]

PREFIXES = ("h", "v", "t", "n", "node")
"""Stems for the names of unnamed nodes; the first that the user does not use is taken."""


class Sealed:
    """Numbered nodes of a finished recording.

    Attributes
    ----------
    nodes: records in order of execution, every literal a node of its own before its use.
    operands: for each node the numbers of its operands, in slot order.
    numbers: the number of each record.
    given: names that were given outright (inputs, statements, `gt.name`), by record.
    result: the record that takes a name when nothing else names it, and that name.
    """

    def __init__(
        self,
        records: Sequence[Var],
        given: Mapping[Var, str],
        scopes: Sequence[tuple[int, tuple[str, ...]]] = ((0, ()),),
        result: tuple[Var, str] | None = None,
    ) -> None:
        self.records = records
        self.given = given
        self._result = result
        self._scopes = scopes
        self.nodes: list[Var] = []
        self.operands: list[tuple[int, ...]] = []
        self.numbers: dict[Var, int] = {}
        self._first: list[int] = []
        self._number()

    def _number(self) -> None:
        nodes, operands, first = self.nodes, self.operands, self._first
        numbers = self.numbers
        for record in self.records:
            first.append(len(nodes))
            op = record.op
            if op.__class__ is WithConstant:
                literal = _literal(record)
                numbers[literal] = len(nodes)
                pair = (numbers[record.a], len(nodes))
                nodes.append(literal)
                operands.append(())
                operands.append(pair if op.side == 1 else pair[::-1])
            elif record.op is INPUT:
                operands.append(())
            elif record.a is not None:
                one, two = record.a, record.b
                operands.append((numbers[one],) if two is None else (numbers[one], numbers[two]))
            else:
                operands.append(tuple([numbers[operand] for operand in record.b]))
            numbers[record] = len(nodes)
            nodes.append(record)

    def renamed(self, names: Sequence[str]) -> "Sealed":
        """Return the same nodes under other names."""
        other = copy(self)
        other.__dict__.pop("by_name", None)
        other.__dict__["names"] = list(names)
        return other

    def op(self, number: int) -> Op | None:
        """Return a node's operation; None for inputs and constants."""
        found = operation(self.nodes[number])
        return found if isinstance(found, Op) else None

    def kind(self, number: int) -> str:
        """Return "input", "constant" or "op"."""
        found = operation(self.nodes[number])
        return found.name if found is INPUT or found is CONSTANT else "op"

    def params(self, number: int) -> Mapping[str, Any]:
        """Return a node's parameters."""
        record = self.nodes[number]
        return (record.da or {}) if record.a is None and self.op(number) is not None else {}

    def values(self, number: int) -> list[Any]:
        """Return the operands' values, in slot order."""
        return [self.nodes[operand].value for operand in self.operands[number]]

    @cached_property
    def uses(self) -> list[list[tuple[int, int]]]:
        """For each node the (target, slot) of every use, in order."""
        found: list[list[tuple[int, int]]] = [[] for _ in self.nodes]
        for target, operands in enumerate(self.operands):
            for slot, source in enumerate(operands):
                found[source].append((target, slot))
        return found

    @cached_property
    def differentiable(self) -> list[bool]:
        """For each node whether a gradient could flow from it to some input."""
        found: list[bool] = []
        for number, operands in enumerate(self.operands):
            op = self.op(number)
            if op is None:
                found.append(self.kind(number) == "input" and _is_float(self.nodes[number].value))
            else:
                found.append(any(found[s] and op.passes(k) for k, s in enumerate(operands)))
        return found

    @cached_property
    def iterations(self) -> list[int | None]:
        """For each node k, when it is the k-th of several recorded at one place."""
        places = [
            (id(record.code), record.lasti)
            if record.code is not None and op is not None and record.lasti >= 0
            else None
            for number, record in enumerate(self.nodes)
            for op in (self.op(number),)
        ]
        totals = Counter(place for place in places if place is not None)
        seen: Counter[tuple[int, int]] = Counter()
        found: list[int | None] = []
        for place in places:
            if place is None or totals[place] == 1:
                found.append(None)
                continue
            seen[place] += 1
            found.append(seen[place])
        return found

    def where(self, number: int) -> Where | None:
        """Return where a node was recorded."""
        record = self.nodes[number]
        code = record.code
        return None if code is None else where_of(code, record.lasti, self.iterations[number])

    def scope(self, number: int) -> tuple[str, ...]:
        """Return the path of scopes a node was recorded in."""
        return self.scopes[number]

    @cached_property
    def scopes(self) -> list[tuple[str, ...]]:
        """For each node its path of scopes."""
        return self._along(tuple(path for _, path in self._scopes))

    @cached_property
    def stays(self) -> list[tuple[int, ...]]:
        """For each node a number for each scope of its path: the time that it was entered.

        Two scopes of the same name that follow each other differ in it.
        """
        found: list[tuple[int, ...]] = []
        known: tuple[int, ...] = ()
        before: tuple[str, ...] = ()
        for time, (_, path) in enumerate(self._scopes):
            shared = 0
            while shared < min(len(before), len(path)) and before[shared] == path[shared]:
                shared += 1
            known = known[:shared] + (time,) * (len(path) - shared)
            before = path
            found.append(known)
        return self._along(tuple(found))

    def _along(self, paths: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Return for each node what belongs to the last change of scope before it."""
        starts = [
            self._first[start] if start < len(self._first) else len(self.nodes)
            for start, _ in self._scopes
        ]
        found: list[tuple[Any, ...]] = []
        for start, end, path in zip(starts, [*starts[1:], len(self.nodes)], paths, strict=True):
            found.extend([path] * (end - start))
        return found

    @cached_property
    def names(self) -> list[str]:
        """Every node's unique name; see `named` for which were the user's own."""
        return self._naming[0]

    @cached_property
    def named(self) -> list[bool]:
        """For each node whether the user gave the name."""
        return self._naming[1]

    @cached_property
    def by_name(self) -> dict[str, int]:
        """Numbers by name; literals have no entry."""
        return {
            name: number
            for number, name in enumerate(self.names)
            if self.kind(number) != "constant" or self.named[number]
        }

    def find(self, name: str) -> int | None:
        """Return the node of a name; h1, h_1 and h₁ are one name."""
        return find_name(self.by_name, name)

    @cached_property
    def _naming(self) -> tuple[list[str], list[bool]]:
        bases = self._assigned()
        totals = Counter(base for base in bases if base is not None)
        outright = Counter(self.given.values())
        taken = set(outright) | {base for base, count in totals.items() if count == 1}
        names: list[str | None] = []
        seen: Counter[str] = Counter()
        for record, assigned in zip(self.nodes, bases, strict=True):
            name = self.given.get(record)
            shared = name is not None and outright[name] > 1 and record.op is not INPUT
            base = name if shared else assigned
            if (name is None or shared) and base is not None:
                if totals[base] == 1 and base not in outright:
                    name = base
                else:
                    seen[base] += 1
                    name = _subscripted(base, seen[base], taken)
                    taken.add(name)
            names.append(name)
        if self._result is not None and self._result[1] not in taken:
            number = self.numbers[self._result[0]]
            names[number] = names[number] or self._result[1]
            taken.add(self._result[1])
        return self._name_rest(names, taken), [name is not None for name in names]

    def _name_rest(self, names: Sequence[str | None], taken: set[str]) -> list[str]:
        """Number the nodes that have no name, under a stem the user does not use."""
        stems = {name.rstrip("0123456789").rstrip("_") for name in taken}
        prefix = next((stem for stem in PREFIXES if stem not in stems), PREFIXES[-1])
        count = 0
        found: list[str] = []
        for number, name in enumerate(names):
            if name is not None:
                found.append(name)
            elif self.kind(number) == "constant":
                found.append(_constant_name(self.nodes[number].value))
            else:
                count += 1
                found.append(f"{prefix}{count}")
        return found

    def _assigned(self) -> list[str | None]:
        """Return for each node the name its source assigns it to, before subscripts."""
        cache: dict[tuple[int, int], Place] = {}
        found: list[str | None] = []
        for record in self.nodes:
            code = record.code
            if code is None or record in self.given:
                found.append(None)
                continue
            key = (id(code), record.lasti)
            place = cache.get(key)
            if place is None:
                place = cache[key] = place_of(code, record.lasti)
            found.append(None if operation(record) is CONSTANT else place.target)
        for number, operands in enumerate(self.operands):
            for slot, source in enumerate(operands):
                record = self.nodes[source]
                if operation(record) is CONSTANT and shape_of(record.value) and not found[source]:
                    if record.code is not None and record.lasti < 0:
                        continue
                    user = self.nodes[number]
                    words = cache.get((id(user.code), user.lasti))
                    if words is not None and slot < len(words.operands):
                        found[source] = words.operands[slot]
        return found


def _literal(record: Var) -> Var:
    literal = Var()
    literal.value = record.db
    literal.a = None
    literal.b = ()
    literal.da = literal.db = None
    literal.op = CONSTANT
    literal.code = None
    literal.lasti = 0
    literal.g = None
    literal.push = None
    return literal


def _is_float(value: Any) -> bool:
    return isinstance(value, float) or (
        isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "f"
    )


def _constant_name(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return number_text(value) if np.isfinite(value) else repr(value)
    shape = "×".join(str(size) for size in shape_of(value))
    return f"constant {shape}" if shape else str(value)


def _subscripted(base: str, k: int, taken: set[str]) -> str:
    """Return base with subscript k, avoiding a name that the user gave to something else."""
    name = f"{base}{k}" if not base[-1:].isdigit() else f"{base}_{k}"
    while name in taken:
        name = f"{base}_{k}" if f"{base}_{k}" not in taken else name + "_"
    return name
