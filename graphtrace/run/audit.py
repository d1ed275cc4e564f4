"""The audit: every operation run again, and its rules held against each other.

For a linear map J and any v, t: ⟨v, J·t⟩ = ⟨Jᵀ·v, t⟩, so forward and reverse rule of an operation
must give one number; and both must agree with finite differences (`check.py`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphtrace.ops.registry import Op
from graphtrace.ops.values import normal, shape_of
from graphtrace.run.check import check_edges, direction_of, short
from graphtrace.run.hazards import Finding, line_of
from graphtrace.run.modes import reaches
from graphtrace.run.state import State

__all__ = ["AuditReport", "Finding", "audit_nodes"]

MOST_ELEMENTS = 64
ROUNDING = 512
Found = Iterator[tuple[str, str]]
"""Kinds of findings with their messages."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """All findings, and how many operations were run again."""

    findings: tuple[Finding, ...]
    operations: int

    @property
    def ok(self) -> bool:
        """Whether no operation is wrong; a hazard says something of the point, not of a rule."""
        return all(finding.kind == "hazard" for finding in self.findings)

    def __str__(self) -> str:
        lines = [str(finding) for finding in self.findings]
        if self.ok:
            run = "1 operation" if self.operations == 1 else f"{self.operations} operations"
            lines.insert(0, f"{run} run again: all pure, all rules agree")
        return "\n".join(lines)


VIEWS = frozenset({"shape", "indexing", "joining", "ordering"})
"""Families whose results are views of their operands on purpose."""


def audit_nodes(state: State, rtol: float, atol: float) -> AuditReport:
    """Audit every operation of a graph."""
    findings: list[Finding] = []
    sealed = state.sealed
    count = 0
    checked = check_edges(state, rtol, atol)
    undecided = {finding.node for finding in checked.hazards}
    with np.errstate(all="ignore"):
        for number in range(len(sealed.nodes)):
            op = sealed.op(number)
            if op is None:
                continue
            count += 1
            name, line = sealed.names[number], line_of(state, number)
            node = _Node(state, op, number)
            for part in (node.rerun, *([] if name in undecided else [node.rules])):
                found = _collected(part)
                findings += [Finding(name, op.name, kind, text, line) for kind, text in found]
    findings += [
        Finding(row.target, row.op, "gradient", row.sentence(), row.where)
        for row in checked.failures
    ]
    return AuditReport((*findings, *checked.hazards), count)


def _collected(part: Callable[[], Found]) -> list[tuple[str, str]]:
    """Return what an examination finds; one that ends in an exception finds that."""
    found: list[tuple[str, str]] = []
    try:
        found.extend(part())
    except Exception as error:  # noqa: BLE001 - a user's operation may raise anything: a finding
        found.append(("error", short(error)))
    return found


def _copied(value: Any) -> Any:
    return value.copy() if value.__class__ is np.ndarray else value


class _Node:
    """One operation at its recorded operands."""

    def __init__(self, state: State, op: Op, number: int) -> None:
        self.state, self.op, self.number = state, op, number
        # Copies, so that an operation that writes into them leaves the record as it was.
        self.values = [_copied(value) for value in state.sealed.values(number)]
        self.params = state.sealed.params(number)
        self.kept = _copied(state.value(number))

    def rerun(self) -> Found:
        """Run it twice more and compare with the recorded value."""
        before = [np.array(value) for value in self.values]
        for again in (self._again() for _ in range(2)):
            changed = [k for k, old in enumerate(before) if not _same(old, self.values[k])]
            if changed:
                yield "impure", f"running it changes operand {changed[0]} in place"
                return
            differs = list(self._compared(again))
            if differs:
                yield from differs
                break
        yield from self._precision()
        if self.op.family not in VIEWS:
            yield from self._aliasing(again)

    def _again(self) -> Any:
        return self.op.evaluate(self.values, self.params)

    def _compared(self, again: Any) -> Found:
        kept, new = np.asarray(self.kept), np.asarray(again)
        if new.shape != kept.shape:
            yield "shape", f"recorded {kept.shape}, run again {new.shape}"
            return
        if new.dtype != kept.dtype:
            yield "dtype", f"recorded {kept.dtype}, run again {new.dtype}"
        if not _same(kept, new):
            at = tuple(int(i) for i in np.argwhere(_differing(kept, new))[0])
            place = f" at element {list(at)}" if at else ""
            numbers = f"recorded {kept[at]:.10g}, run again {new[at]:.10g}{place}"
            yield "impure", f"another run on the same operands gives another value: {numbers}"

    def _precision(self) -> Found:
        types = [np.asarray(value).dtype for value in self.values if shape_of(value)]
        kept = np.asarray(self.kept).dtype
        if shape_of(self.kept) and types and all(d.kind == "f" for d in (*types, kept)):
            widest = np.result_type(*types)
            if kept.itemsize > widest.itemsize:
                yield "dtype", f"operands are {widest}, the result {kept}"

    def _aliasing(self, again: Any) -> Found:
        for slot, value in enumerate(self.values):
            if again is value and shape_of(value):
                yield "aliasing", f"the result is operand {slot} itself; return a copy"
            elif _overlap(value, again):
                yield "aliasing", f"the result is a view of operand {slot}; return a copy"

    def rules(self) -> Found:
        """Hold forward and reverse rule of each operand against each other."""
        for slot, source in enumerate(self.state.sealed.operands[self.number]):
            if reaches(self.state, self.op, slot, source):
                yield from self._rule(slot)

    def _rule(self, slot: int) -> Found:
        v = direction_of(shape_of(self.kept))
        t = np.flip(direction_of(shape_of(self.values[slot])))
        before = [np.array(value) for value in (*self.values, self.kept)]
        given = np.array(v), np.array(t)
        pulled = self._pull(slot, given[0])
        pushed = self._push(slot, given[1])
        for what, old, new in (("gradient", v, given[0]), ("tangent", t, given[1])):
            if not _same(old, new):
                yield "impure", f"the rule for operand {slot} changes the {what} it is given"
                return
        now = (*self.values, self.kept)
        if not all(_same(old, new) for old, new in zip(before, now, strict=True)):
            yield "impure", f"the rule for operand {slot} changes a recorded value in place"
            return
        for what, got, like in (
            ("pull-back", pulled, self.values[slot]),
            ("push-forward", pushed, self.kept),
        ):
            if shape_of(got) != shape_of(like):
                shapes = f"shape {shape_of(got)} where {shape_of(like)} is due"
                yield "shape", f"the {what} of operand {slot} has {shapes}"
                return
        if not (_same(pulled, self._pull(slot, v)) and _same(pushed, self._push(slot, t))):
            yield "impure", f"the rule for operand {slot} gives another value when run again"
            return
        yield from self._transposed(slot, v, t, pulled, pushed)

    def _pull(self, slot: int, v: Any) -> Any:
        return self.op.pull(slot, normal(v), self.kept, self.values, self.params)

    def _push(self, slot: int, t: Any) -> Any:
        return self.op.push(slot, normal(t), self.kept, self.values, self.params)

    def _transposed(self, slot: int, v: Any, t: Any, pulled: Any, pushed: Any) -> Found:
        forward, reverse = float(np.sum(v * pushed)), float(np.sum(t * pulled))
        # Of what was summed up: large terms may cancel.
        size = float(np.sum(np.abs(v * pushed)) + np.sum(np.abs(t * pulled)) + 1e-3)
        if not np.isfinite(forward - reverse) or abs(forward - reverse) <= 1e-6 * size:
            return
        where, pair = f"operand {slot}", (forward, reverse)
        if 1 < t.size <= MOST_ELEMENTS:
            gaps = [
                float(np.sum(v * self._push(slot, unit.reshape(t.shape))))
                for unit in np.eye(t.size)
            ]
            worst = int(np.argmax(np.abs(np.array(gaps) - np.ravel(pulled))))
            at = tuple(int(i) for i in np.unravel_index(worst, t.shape))
            where, pair = f"{where}, element {list(at)}", (gaps[worst], float(pulled[at]))
        yield "transpose", f"{where}: ⟨v, J·t⟩ = {pair[0]:.10g}, ⟨Jᵀ·v, t⟩ = {pair[1]:.10g}"


def _overlap(one: Any, other: Any) -> bool:
    arrays = isinstance(one, np.ndarray) and isinstance(other, np.ndarray)
    return arrays and bool(np.shares_memory(one, other))


def _differing(one: Any, other: Any) -> Any:
    """Return where two arrays of a shape differ by more than the order of a sum may explain."""
    one, other = np.asarray(one), np.asarray(other)
    # NaN is the one thing that is not equal to itself.
    same = np.equal(one, other) | (np.not_equal(one, one) & np.not_equal(other, other))
    if one.dtype.kind == "f" and other.dtype.kind == "f":
        eps = max(float(np.finfo(part.dtype).eps) for part in (one, other))
        size = np.max(np.abs(one), where=np.isfinite(one), initial=0.0)
        same |= np.abs(one - other) <= ROUNDING * eps * size
    return ~same


def _same(one: Any, other: Any) -> bool:
    one, other = np.asarray(one), np.asarray(other)
    return one.shape == other.shape and not np.any(_differing(one, other))
