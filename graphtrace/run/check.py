"""The gradient check: every edge's rule against central finite differences of its operation.

Step sizes as in Press et al., Numerical Recipes, 3rd ed., §5.7: ε^(1/3) relative to the
operand. Each operation is checked alone, at the recorded values, so that a wrong rule is
named with its operand and element instead of showing up somewhere upstream.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from graphtrace.ops.registry import Op
from graphtrace.ops.values import normal, shape_of
from graphtrace.run.backward import carries
from graphtrace.run.state import State

__all__ = ["CheckReport", "CheckRow", "check_edges", "direction_of"]

STEP = float(np.finfo(np.float64).eps) ** (1 / 3)
MOST_ELEMENTS = 64


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One checked edge: its worst element, by rule and by finite differences.

    `element` is the index into the operand, () for a scalar. The numbers are ∂⟨v, target⟩/∂element
    for a fixed direction v (v = 1 for a scalar target, so the local gradient itself). `note` says
    why an edge could not be judged, or that the point is a kink.
    """

    source: str
    target: str
    slot: int
    op: str
    element: tuple[int, ...]
    analytic: float
    numeric: float
    ok: bool
    note: str = ""

    def __str__(self) -> str:
        place = f"[{', '.join(map(str, self.element))}]" if self.element else ""
        verdict = "ok" if self.ok else "WRONG"
        text = (
            f"{verdict}: {self.source}{place} → {self.target} ({self.op}, operand {self.slot}): "
            f"rule {self.analytic:.10g}, finite difference {self.numeric:.10g}"
        )
        return f"{text} ({self.note})" if self.note else text


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All checked edges, in tape order."""

    rows: tuple[CheckRow, ...]

    @property
    def ok(self) -> bool:
        """Whether no edge is wrong."""
        return not self.failures

    @property
    def failures(self) -> tuple[CheckRow, ...]:
        """The wrong edges."""
        return tuple(row for row in self.rows if not row.ok)

    def __str__(self) -> str:
        wrong, count = self.failures, len(self.rows)
        if not count:
            return "nothing to check: no edge has a gradient"
        if not wrong:
            every = "the one edge agrees" if count == 1 else f"all {count} edges agree"
            return f"{every} with finite differences"
        some = "the one edge disagrees" if count == 1 else f"{len(wrong)} of {count} edges disagree"
        lines = [f"{some} with finite differences"]
        return "\n".join([*lines, *(str(row) for row in wrong)])


def check_edges(state: State, rtol: float, atol: float) -> CheckReport:
    """Check every edge that a gradient can pass."""
    rows = []
    sealed = state.sealed
    with np.errstate(all="ignore"):
        for target, operands in enumerate(sealed.operands):
            op = sealed.op(target)
            if op is None:
                continue
            for slot, source in enumerate(operands):
                if not op.passes(slot) or not sealed.differentiable[source]:
                    continue
                if not carries(sealed.nodes[source]):
                    continue
                rows.append(_check(state, op, source, target, slot, rtol, atol))
    return CheckReport(tuple(rows))


def _check(
    state: State, op: Op, source: int, target: int, slot: int, rtol: float, atol: float
) -> CheckRow:
    """Return the row of the edge's worst element."""
    sealed = state.sealed
    values = [_double(value) for value in sealed.values(target)]
    params = sealed.params(target)
    out = _double(sealed.nodes[target].value)
    direction = direction_of(shape_of(out))
    analytic = np.asarray(_rule(state, op, target, slot, direction, out, values, params))
    worst: tuple[float, CheckRow] | None = None
    for element in _elements(shape_of(values[slot])):
        numeric, low, high, noise = _difference(op, values, params, slot, element, direction)
        ours = float(analytic[element])
        good, note = _judge(ours, numeric, low, high, rtol, atol + noise)
        row = CheckRow(
            sealed.names[source],
            sealed.names[target],
            slot,
            op.name,
            element,
            ours,
            numeric,
            good,
            note,
        )
        gap = abs(ours - numeric) if np.isfinite(ours - numeric) else 0.0
        rank = gap + (1e300 if not good else 0.0)
        if worst is None or rank > worst[0]:
            worst = (rank, row)
    if worst is None:
        return CheckRow(
            sealed.names[source],
            sealed.names[target],
            slot,
            op.name,
            (),
            0.0,
            0.0,
            True,
            "no elements",
        )
    return worst[1]


def _rule(
    state: State, op: Op, target: int, slot: int, direction: Any, out: Any, values: Any, params: Any
) -> Any:
    """Return the recorded local gradient of a scalar edge, else the direction pulled back."""
    if not shape_of(out) and not shape_of(values[slot]):
        kept = state.local(target, slot)
        if kept is not None:
            return kept
    return op.pull(slot, normal(direction), out, values, params)


def _double(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(float)
    return float(value) if isinstance(value, np.floating) else value


def direction_of(shape: tuple[int, ...]) -> Any:
    """Return a fixed direction without zeros or repetitions; 1 for a scalar."""
    if not shape:
        return np.float64(1.0)
    count = int(np.prod(shape))
    return (np.cos(np.arange(count) * 2.0 + 0.5) + 1.5).reshape(shape)


def _elements(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the indices to check: all of a small array, an even spread over a large one."""
    count = int(np.prod(shape))
    step = max(count // MOST_ELEMENTS, 1)
    return [tuple(int(i) for i in np.unravel_index(n, shape)) for n in range(0, count, step)]


def _difference(
    op: Op, values: list[Any], params: Any, slot: int, element: tuple[int, ...], direction: Any
) -> tuple[float, float, float, float]:
    """Return the central difference, the two one-sided ones, and the rounding error in them."""
    at = float(np.asarray(values[slot])[element])
    step = STEP * max(abs(at), 1.0)

    def run(x: float) -> Any:
        moved = list(values)
        if element:
            moved[slot] = np.array(values[slot])
            moved[slot][element] = x
        else:
            moved[slot] = x
        return np.asarray(op.evaluate(moved, params), dtype=float)

    def slope(low: Any, high: Any, width: float) -> float:
        # Element by element: what does not move leaves no rounding error in the sum.
        rise = np.where(low == high, 0.0, high - low)
        return float(np.sum(rise * direction)) / width

    here, below, above = run(at), run(at - step), run(at + step)
    size = np.abs(below) + np.abs(above)
    if op.is_elementwise:
        size = np.where(below == above, 0.0, size)
    noise = float(np.sum(size * direction)) * float(np.finfo(float).eps) / step
    return slope(below, above, 2 * step), slope(below, here, step), slope(here, above, step), noise


def _judge(
    ours: float, numeric: float, low: float, high: float, rtol: float, atol: float
) -> tuple[bool, str]:
    """Compare; at a kink any value between the one-sided derivatives is right."""
    if not np.isfinite(ours) or not np.isfinite(numeric):
        if np.isfinite([numeric, low, high]).all() and abs(high - low) <= rtol * (1 + abs(numeric)):
            return False, "the rule is not finite where the operation is smooth"
        same = ours == numeric or (np.isnan(ours) and np.isnan(numeric))
        return True, "" if same else "not finite here: not judged"
    gap = abs(ours - numeric)
    if gap <= atol + rtol * max(abs(ours), abs(numeric)):
        return True, ""
    slack = atol + rtol * max(abs(low), abs(high))
    between = min(low, high) - slack <= ours <= max(low, high) + slack
    if between and abs(high - low) > 1e-3 * max(1.0, abs(high), abs(low)):
        return True, "a kink: one-sided derivatives differ"
    return False, ""
