"""Which mistake explains a wrong number: every kind is tried with the student's own numbers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphtrace.exercise import mistakes, slips
from graphtrace.exercise.closeness import Closeness
from graphtrace.exercise.kinds import KINDS, MISTAKES, At
from graphtrace.exercise.numbers import Given
from graphtrace.exercise.problem import Problem, Step
from graphtrace.exercise.world import World
from graphtrace.ops.values import shape_of

__all__ = ["Evidence", "Suspicion", "suspicions_for"]

DECLARED = (mistakes, slips)
"""The modules that declare mistakes; importing them does it."""
MOST_TRIES = 20_000
"""So many numbers are worked out to find a mistake in steps that were not answered."""
ORDER = {kind: place for place, kind in enumerate(KINDS)}
NOT_BEFORE = frozenset({"rounding", "too_few_digits", "shape", "decimal_point", "digits_swapped",
                        "other_node", "count_factor", "gradient_for_value"})  # fmt: skip
"""Mistakes in what was written; they are not looked for in steps that were not answered."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A mistake that explains a number exactly.

    Attributes
    ----------
    kind: one of `KINDS`.
    words: what was done, in plain words.
    at: the step that was not answered in which it was made; empty for the step itself.
    """

    kind: str
    words: str
    at: str = ""


@dataclass(slots=True)
class Evidence:
    """What is known of a sheet.

    Attributes
    ----------
    given, status: by step, what was answered and what became of it.
    worlds: what follows from the answers as written; the second one, where there is one, has the
        right number wherever nothing was answered.
    exact: the same for a student who goes on with all digits, as with a calculator.
    """

    problem: Problem
    closeness: Closeness
    given: dict[Step, Given] = field(default_factory=dict)
    status: dict[Step, str] = field(default_factory=dict)
    worlds: list[World] = field(default_factory=list)
    exact: list[World] = field(default_factory=list)


def suspicions_for(evidence: Evidence, step: Step, given: Given) -> tuple[Suspicion, ...]:
    """Return what explains a wrong number: here, else in a step before that was not answered."""
    found: list[Suspicion] = []
    for worlds in (evidence.exact, evidence.worlds):
        for world in worlds:
            expected, slack = world.expect(step)
            at = At(evidence.problem, step, world.get, expected, given, evidence.closeness)
            for kind, guess, words in _guesses(at):
                if _fits(evidence.closeness, given, guess, expected, slack):
                    found.append(Suspicion(kind, words))
        if found:
            break
    hidden = list(_hidden(evidence, step, given))
    if np.shape(given.value) != shape_of(evidence.problem.truth(step)):
        found.append(Suspicion("shape", "the array has another shape"))
    unique: dict[str, Suspicion] = {}
    for part in (found, hidden):
        for one in sorted(part, key=lambda item: ORDER[item.kind]):
            unique.setdefault(one.kind, one)
    if len(unique) > 1:
        # Whatever explains a number says more than that another node has it too.
        unique.pop("other_node", None)
    return tuple(unique.values())


def _guesses(at: At) -> Iterator[tuple[str, Any, str]]:
    """Yield every number that a mistake leads to; where one cannot be made, nothing."""
    for row in MISTAKES:
        if at.step.table not in row.tables:
            continue
        with np.errstate(all="ignore"):
            try:
                for number, words in row.guesses(at):
                    yield row.kind, number, words
            except (ArithmeticError, ValueError, TypeError, IndexError, np.linalg.LinAlgError):
                continue


def _fits(closeness: Closeness, given: Given, number: Any, expected: Any, slack: Any = 0.0) -> bool:
    if np.shape(number) != np.shape(given.value) or not np.all(np.isfinite(number)):
        return False
    if number is given.value:
        return True
    fits_slack = shape_of(slack) in ((), np.shape(number))
    return not closeness.same(number, expected) and closeness.is_right(
        given, number, slack if fits_slack else 0.0
    )


def _hidden(evidence: Evidence, step: Step, given: Given) -> Iterator[Suspicion]:
    """Yield mistakes in steps that were not answered which lead to the number answered."""
    problem, world = evidence.problem, evidence.exact[0]
    unanswered = _unanswered(evidence, step)
    fits_shape = np.shape(given.value) == shape_of(problem.truth(step))
    tries = 0
    for place, before in enumerate(unanswered):
        expected = world.get(before)
        at = At(problem, before, world.get, expected, None, evidence.closeness)
        rest = _between(problem, before, unanswered[place + 1 :], step)
        for kind, guess, words in _guesses(at):
            if kind in NOT_BEFORE:
                continue
            if problem.parents(step) == [before] and step.table == "grads":
                # With one use the contribution is the gradient, of whatever shape.
                if _fits(evidence.closeness, given, guess, expected):
                    yield Suspicion(kind, words, problem.title(before))
                continue
            if not fits_shape or shape_of(guess) != shape_of(expected):
                continue
            if not np.all(np.isfinite(guess)) or evidence.closeness.same(guess, expected):
                continue
            tries += len(rest)
            if tries > MOST_TRIES:
                return
            led = _led_to(world, before, guess, rest)
            if _fits(evidence.closeness, given, led, world.expect(step)[0]):
                yield Suspicion(kind, words, problem.title(before))


def _unanswered(evidence: Evidence, step: Step) -> list[Step]:
    """Return the steps before one that were not answered, up to those that were, in order."""
    seen: set[Step] = set()
    waiting = [step]
    while waiting:
        for parent in evidence.problem.parents(waiting.pop()):
            is_op = parent.table != "values" or evidence.problem.op(parent.node) is not None
            if parent not in seen and parent not in evidence.given and is_op:
                seen.add(parent)
                waiting.append(parent)
    if len(seen) > MOST_TRIES:
        return []
    return [parent for parent in evidence.problem.truths if parent in seen]


def _between(problem: Problem, before: Step, later: Iterable[Step], step: Step) -> list[Step]:
    """Return those of the later steps, and the step itself, that a step before has a part in."""
    touched = {before}
    found = []
    for other in [*later, step]:
        if any(parent in touched for parent in problem.parents(other)):
            touched.add(other)
            found.append(other)
    return found


def _led_to(world: World, before: Step, number: Any, rest: Iterable[Step]) -> Any:
    """Return the last step's number, were one before it another."""
    changed: dict[Step, Any] = {before: number}
    found = number
    for step in rest:
        found = changed[step] = world.problem.compute(
            step, lambda at: changed[at] if at in changed else world.get(at)
        )
    return found
