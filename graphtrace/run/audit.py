"""The audit: every operation run again, and its rules held against each other.

For a linear map J and any v, t: ⟨v, J·t⟩ = ⟨Jᵀ·v, t⟩, so forward and reverse rule of an operation
must give one number; and both must agree with finite differences (`check.py`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from graphtrace.ops.registry import Op
from graphtrace.ops.values import normal, shape_of
from graphtrace.run.check import check_edges, direction_of
from graphtrace.run.modes import reaches
from graphtrace.run.state import State

__all__ = ["AuditReport", "Finding", "audit_nodes"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one node.

    `kind` is one of impure, aliasing, shape, dtype, transpose, gradient.
    """

    node: str
    op: str
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.node} ({self.op}): {self.kind}: {self.message}"


@dataclass(frozen=True, slots=True)
class AuditReport:
    """All findings, and how many operations were run again."""

    findings: tuple[Finding, ...]
    operations: int

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def __str__(self) -> str:
        if self.ok:
            return f"{self.operations} operations run again: all pure, all rules agree"
        return "\n".join(str(finding) for finding in self.findings)


VIEWS = frozenset({"shape", "indexing", "joining", "ordering"})
"""Families whose results are views of their operands on purpose."""


def audit_nodes(state: State, rtol: float, atol: float) -> AuditReport:
    """Audit every operation of a graph."""
    findings: list[Finding] = []
    sealed = state.sealed
    count = 0
    with np.errstate(all="ignore"):
        for number in range(len(sealed.nodes)):
            op = sealed.op(number)
            if op is None:
                continue
            count += 1
            name = sealed.names[number]
            for kind, message in (*_rerun(state, op, number), *_transposed(state, op, number)):
                findings.append(Finding(name, op.name, kind, message))
    findings.extend(
        Finding(row.target, row.op, "gradient", str(row))
        for row in check_edges(state, rtol, atol).failures
    )
    return AuditReport(tuple(findings), count)


def _rerun(state: State, op: Op, number: int) -> list[tuple[str, str]]:
    """Compare a second run with the recorded value."""
    sealed = state.sealed
    kept = sealed.nodes[number].value
    operands = sealed.values(number)
    before = [np.array(value) for value in operands]
    again = op.evaluate(operands, sealed.params(number))
    for slot, (old, new) in enumerate(zip(before, operands, strict=True)):
        if not np.array_equal(old, np.asarray(new), equal_nan=_floats(new)):
            return [("impure", f"running it changes operand {slot} in place")]
    if shape_of(again) != shape_of(kept):
        return [("shape", f"recorded {shape_of(kept)}, run again {shape_of(again)}")]
    found = []
    if np.asarray(again).dtype != np.asarray(kept).dtype:
        types = f"recorded {np.asarray(kept).dtype}, run again {np.asarray(again).dtype}"
        found.append(("dtype", types))
    if not np.array_equal(np.asarray(again), np.asarray(kept), equal_nan=_floats(kept)):
        found.append(("impure", "another run on the same operands gives another value"))
    precise = [np.asarray(value).dtype for value in operands if shape_of(value)]
    if shape_of(kept) and _floats(kept) and precise and all(d.kind == "f" for d in precise):
        widest = np.result_type(*precise)
        if np.asarray(kept).dtype.itemsize > widest.itemsize:
            found.append(("dtype", f"operands are {widest}, the result {np.asarray(kept).dtype}"))
    if op.family not in VIEWS and any(_aliases(value, again) for value in operands):
        found.append(("aliasing", "the result shares memory with an operand"))
    return found


def _aliases(operand: Any, value: Any) -> bool:
    if not isinstance(operand, np.ndarray) or not isinstance(value, np.ndarray):
        return False
    return bool(np.shares_memory(operand, value))


def _floats(value: Any) -> bool:
    return np.asarray(value).dtype.kind == "f"


def _transposed(state: State, op: Op, number: int) -> list[tuple[str, str]]:
    """Hold forward and reverse rule of each operand against each other."""
    sealed = state.sealed
    found = []
    values, params = sealed.values(number), sealed.params(number)
    out = sealed.nodes[number].value
    for slot, source in enumerate(sealed.operands[number]):
        if not reaches(state, op, slot, source):
            continue
        v = direction_of(shape_of(out))
        t = np.flip(direction_of(shape_of(values[slot])))
        pushed = np.sum(v * op.push(slot, normal(t), out, values, params))
        pulled = np.sum(t * op.pull(slot, normal(v), out, values, params))
        size = np.sum(np.abs(v)) + np.sum(np.abs(t)) + abs(pulled)
        if np.isfinite(pushed - pulled) and abs(pushed - pulled) > 1e-6 * size:
            message = f"operand {slot}: ⟨v, J·t⟩ = {pushed:.10g}, ⟨Jᵀ·v, t⟩ = {pulled:.10g}"
            found.append(("transpose", message))
    return found
