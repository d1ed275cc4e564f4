"""The gradient check: every edge's rule against central finite differences of its operation.

Step sizes as in Press et al., Numerical Recipes, 3rd ed., §5.7: ε^(1/3) relative to the
operand. Each operation is checked alone, at the recorded values, so that a wrong rule is
named with its operand and element instead of showing up somewhere upstream. Elementwise operations
are checked at every element at once, others at up to 64 elements and, in blocks, at all the rest.
"""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from graphtrace.ops.registry import Op
from graphtrace.ops.values import normal, shape_of, unbroadcast
from graphtrace.run.backward import carries
from graphtrace.run.hazards import Finding, find_hazards, line_of
from graphtrace.run.kinks import CLOSER, KINK, UNJUDGED, UPRIGHT, grows, kink
from graphtrace.run.state import State

__all__ = ["CheckReport", "CheckRow", "check_edges", "direction_of", "short"]

STEP = float(np.finfo(np.float64).eps) ** (1 / 3)
MOST_ELEMENTS = 64
NOT_FINITE = "not finite here: not judged"


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One checked edge: its worst element, by rule and by finite differences.

    `element` is the index into the operand, () for a scalar. The numbers are ∂⟨v, target⟩/∂element
    for a fixed direction v (v = 1 for a scalar target, so the local gradient itself). `note` says
    why an edge could not be judged, or that the point is a kink; `where` is the user's line.
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
    where: str = ""

    def __str__(self) -> str:
        text = self.sentence()
        return f"{text} at {self.where}" if self.where else text

    def sentence(self) -> str:
        """Return the row without its line."""
        place = f"[{', '.join(map(str, self.element))}]" if self.element else ""
        verdict = "ok" if self.ok else "WRONG"
        text = (
            f"{verdict}: {self.source}{place} → {self.target} ({self.op}, operand {self.slot}): "
            f"rule {self.analytic:.10g}, finite difference {self.numeric:.10g}"
        )
        return f"{text} ({self.note})" if self.note else text


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All checked edges, in tape order, and the points without a derivative among them."""

    rows: tuple[CheckRow, ...]
    hazards: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no edge is wrong."""
        return not self.failures

    @property
    def failures(self) -> tuple[CheckRow, ...]:
        """The wrong edges."""
        return tuple(row for row in self.rows if not row.ok)

    def __str__(self) -> str:
        return "\n".join([self._sentence(), *map(str, self.failures), *map(str, self.hazards)])

    def _sentence(self) -> str:
        wrong, count = len(self.failures), len(self.rows)
        if not count:
            return "nothing to check: no edge has a gradient"
        if wrong:
            some = "the one edge disagrees" if count == 1 else f"{wrong} of {count} edges disagree"
            return f"{some} with finite differences"
        open_ = sum(row.note.startswith(UNJUDGED) for row in self.rows)
        agreed = count - open_
        every = "the one edge agrees" if agreed == 1 else f"all {agreed} edges agree"
        if not open_:
            return f"{every} with finite differences"
        rest = "1 edge is" if open_ == 1 else f"{open_} edges are"
        return f"{f'{every} with finite differences; ' if agreed else ''}{rest} not judged"


def check_edges(state: State, rtol: float, atol: float) -> CheckReport:
    """Check every edge that a gradient can pass."""
    rows = []
    sealed = state.sealed
    hazards = find_hazards(state)
    undecided = {finding.node for finding in hazards}
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
                row = _Edge(state, op, target, slot, rtol, atol).row()
                if not row.ok and row.target in undecided:
                    row = replace(row, ok=True, note=f"{UNJUDGED}: see the hazard")
                rows.append(row)
    return CheckReport(tuple(rows), hazards)


@dataclass(frozen=True, slots=True)
class _Slopes:
    """Central and one-sided differences of ⟨v, target⟩ by some elements, and their rounding."""

    central: Any
    low: Any
    high: Any
    noise: Any


class _Edge:
    """One edge under test."""

    def __init__(
        self, state: State, op: Op, target: int, slot: int, rtol: float, atol: float
    ) -> None:
        sealed = state.sealed
        self.state, self.op, self.target, self.slot = state, op, target, slot
        self.rtol, self.atol = rtol, atol
        self.values = [_double(value) for value in sealed.values(target)]
        self.params = sealed.params(target)
        self.out = _double(sealed.nodes[target].value)
        # What is not finite says nothing of the rest, and hides nothing of it.
        v = direction_of(shape_of(self.out))
        self.direction = np.where(np.isfinite(self.out), v, 0.0) if shape_of(self.out) else v
        self.finite = all(np.all(np.isfinite(x)) for x in (*self.values, self.out))
        self.operand = np.asarray(self.values[slot], dtype=float)

    def row(self) -> CheckRow:
        """Return the row of the edge's worst element."""
        doing = "the rule"
        try:
            rule = np.asarray(self._rule(), dtype=float)
            doing = "running it again"
            return self._judged(rule)
        except Exception as error:  # noqa: BLE001 - a user's operation may raise anything
            return self._row((), np.nan, np.nan, False, f"{doing} fails: {short(error)}")

    def _judged(self, rule: Any) -> CheckRow:
        if rule.shape != self.operand.shape:
            shapes = f"the rule gives shape {rule.shape}, the operand has {self.operand.shape}"
            return self._row((), np.nan, np.nan, False, shapes)
        if not self.operand.size:
            return self._row((), 0.0, 0.0, True, "no elements")
        if self.op.is_elementwise:
            return self._everywhere(rule)
        return self._worst(rule, [(e, self._slopes(self._at(e))) for e in self._elements(rule)])

    def _row(
        self, element: tuple[int, ...], ours: Any, numeric: Any, ok: bool, note: str
    ) -> CheckRow:
        names = self.state.sealed.names
        source = self.state.sealed.operands[self.target][self.slot]
        return CheckRow(
            names[source], names[self.target], self.slot, self.op.name, element, float(ours),
            float(numeric), ok, note, line_of(self.state, self.target),
        )  # fmt: skip

    def _rule(self) -> Any:
        """Return the recorded local gradient of a scalar edge, else the direction pulled back."""
        if not shape_of(self.out) and not self.operand.shape:
            kept = self.state.local(self.target, self.slot)
            if kept is not None:
                return kept
        v = normal(np.array(self.direction))
        return self.op.pull(self.slot, v, self.out, self.values, self.params)

    def _worst(self, rule: Any, slopes: Iterable[tuple[tuple[int, ...], _Slopes]]) -> CheckRow:
        """Return the row with the largest error; a wrong one comes before any right one."""
        worst: tuple[float, CheckRow] | None = None
        for element, slope in slopes:
            ours, numeric = float(rule[element]), float(slope.central)
            good, note = _judge(
                ours, numeric, float(slope.low), float(slope.high), self.rtol,
                self.atol + float(slope.noise),
            )  # fmt: skip
            if not good and not self.finite and not np.isfinite(ours):
                good, note = True, NOT_FINITE
            if not good and self._agrees_closer(element, ours):
                good, note = True, ""
            elif not (good or self.op.is_elementwise) and (worst is None or worst[1].ok):
                found = self._kink(element, ours)
                good, note = bool(found), found or note
            gap = abs(ours - numeric) if np.isfinite(ours - numeric) else 0.0
            rank = gap + (1e300 if not good else 0.0)
            if worst is None or rank > worst[0]:
                worst = (rank, self._row(element, ours, numeric, good, note))
        assert worst is not None
        return worst[1]

    def _agrees_closer(self, element: tuple[int, ...], ours: float) -> bool:
        """Tell whether steps in proportion to a small number, as in 1/x, agree with the rule."""
        at = abs(float(self.operand[element]))
        if not 0 < at < 1:
            return False
        central, noise = self._slope(element, STEP * at)
        slack = self.atol + self.rtol * max(abs(ours), abs(central))
        return noise <= slack and abs(ours - central) <= slack + noise

    def _slope(self, element: tuple[int, ...], step: float) -> tuple[float, float]:
        """Return the central difference by one element and its rounding error."""
        slopes = self._slopes(self._at(element), step)
        central, noise = (float(np.asarray(part)[element]) if np.ndim(part) else float(part)
                          for part in (slopes.central, slopes.noise))  # fmt: skip
        return central, noise

    def _kink(self, element: tuple[int, ...], ours: float) -> str:
        def slope(offset: Any, step: float) -> tuple[float, float]:
            near = copy(self)
            near.operand = self.operand + offset
            return near._slope(element, step)

        step = STEP * max(abs(float(self.operand[element])), 1.0)
        return kink(slope, element, self.operand.shape, ours, step)

    def _everywhere(self, rule: Any) -> CheckRow:
        """Judge an elementwise operation at every element, by moving all of them at once."""
        slopes = self._slopes(np.ones(self.operand.shape))
        gap = np.abs(rule - slopes.central)
        most = np.maximum(np.abs(rule), np.abs(slopes.central))
        fine = np.isfinite(gap) & (gap <= self.atol + slopes.noise + self.rtol * most)
        if not fine.all():
            near = self._slopes(
                np.ones(gap.shape), STEP * np.maximum(np.abs(self.operand), 1) / CLOSER
            )
            finite = np.isfinite(slopes.low) & np.isfinite(slopes.high)
            upright = ~fine & finite & grows(slopes.central, near.central, near.noise)
            if upright.any() and (fine | upright).all():
                at = tuple(map(int, np.argwhere(upright)[0]))
                return self._row(at, rule[at], slopes.central[at], True, UPRIGHT)
            fine |= upright
        doubtful = [tuple(map(int, at)) for at in np.argwhere(~fine)]
        if not doubtful:
            at = tuple(map(int, np.unravel_index(int(np.argmax(gap)), gap.shape)))
            doubtful = [at]
        parts = (slopes.central, slopes.low, slopes.high, slopes.noise)
        return self._worst(rule, ((at, _Slopes(*(part[at] for part in parts))) for at in doubtful))

    def _elements(self, rule: Any) -> list[tuple[int, ...]]:
        """Return the elements to check: of a large array a spread, and where its blocks differ."""
        count = self.operand.size
        step = max(count // MOST_ELEMENTS, 1)
        starts = range(0, count, step)
        chosen = list(starts)
        if step > 1:
            for start in starts:
                chosen += self._suspects(np.ravel(rule), start, min(start + step, count))
        shape = self.operand.shape
        return [tuple(int(i) for i in np.unravel_index(n, shape)) for n in sorted(set(chosen))]

    def _suspects(self, rule: Any, start: int, end: int) -> list[int]:
        """Return an element of a block that disagrees as a whole, found by halving it."""
        while True:
            block = np.zeros(self.operand.size)
            block[start:end] = 1.0
            slope = self._slopes(block.reshape(self.operand.shape))
            total = float(np.sum(rule[start:end]))
            size = float(np.sum(np.abs(rule[start:end])))
            slack = self.atol + float(slope.noise) + self.rtol * size
            if abs(total - slope.central) <= slack or not np.isfinite(total - slope.central):
                return []
            if end - start == 1:
                return [start]
            middle = (start + end) // 2
            left = self._suspects(rule, start, middle)
            if left:
                return left
            start = middle

    def _at(self, element: tuple[int, ...]) -> Any:
        unit = np.zeros(self.operand.shape)
        unit[element] = 1.0
        return unit

    def _slopes(self, along: Any, step: Any = None) -> _Slopes:
        """Return differences as the operand moves along ones: of the sum, or by element."""
        at, v = self.operand, self.direction
        if step is None and self.op.is_elementwise:
            step = STEP * np.maximum(np.abs(at), 1.0)
        elif step is None:
            step = STEP * float(np.fmax.reduce(np.abs(at[along > 0]), initial=1.0))
        here = self._run(at)
        below, above = (self._run(np.where(along > 0, at + k * step, at)) for k in (-1, 1))
        size = np.where(v == 0, 0.0, np.abs(below) + np.abs(above))
        if self.op.is_elementwise:
            size = np.where(below == above, 0.0, size)

        def slope(low: Any, high: Any, width: Any) -> Any:
            # Element by element: what does not move leaves no rounding error in the sum.
            rise = np.where((low == high) | (v == 0), 0.0, (high - low) * v)
            return self._gathered(rise) / width

        noise = self._gathered(size * np.abs(v)) * float(np.finfo(float).eps) / step
        return _Slopes(
            slope(below, above, 2 * step), slope(below, here, step), slope(here, above, step), noise
        )

    def _gathered(self, parts: Any) -> Any:
        """Sum over the target: for an elementwise operation over what an element reaches."""
        if not self.op.is_elementwise:
            return float(np.sum(parts))
        return np.asarray(unbroadcast(np.asarray(parts), self.operand), dtype=float)

    def _run(self, operand: Any) -> Any:
        moved = list(self.values)
        moved[self.slot] = operand if operand.ndim else float(operand)
        return np.asarray(self.op.evaluate(moved, self.params), dtype=float)


def short(error: Exception) -> str:
    """Return an exception on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"


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


def _judge(
    ours: float, numeric: float, low: float, high: float, rtol: float, atol: float
) -> tuple[bool, str]:
    """Compare; at a kink any value between the one-sided derivatives is right."""
    if not np.isfinite(ours) or not np.isfinite(numeric):
        if np.isfinite([numeric, low, high]).all() and abs(high - low) <= rtol * (1 + abs(numeric)):
            return False, "the rule is not finite where the operation is smooth"
        same = ours == numeric or (np.isnan(ours) and np.isnan(numeric))
        return True, "" if same else NOT_FINITE
    gap = abs(ours - numeric)
    if gap <= atol + rtol * max(abs(ours), abs(numeric)):
        return True, ""
    slack = atol + rtol * max(abs(low), abs(high))
    between = min(low, high) - slack <= ours <= max(low, high) + slack
    if between and abs(high - low) > 1e-3 * max(1.0, abs(high), abs(low)):
        return True, KINK
    return False, ""
