"""From answers to verdicts: right, wrong, following from something wrong, or missing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphtrace.errors import AnswersError
from graphtrace.exercise import mistakes, slips
from graphtrace.exercise.answers import Answers
from graphtrace.exercise.closeness import Closeness
from graphtrace.exercise.kinds import KINDS, MISTAKES, At
from graphtrace.exercise.numbers import Given, is_blank, read_answer
from graphtrace.exercise.problem import Problem, Step
from graphtrace.exercise.world import World, make_world
from graphtrace.ops.values import shape_of

__all__ = ["Suspicion", "Verdict", "judge"]

DECLARED = (mistakes, slips)
"""The modules that declare mistakes; importing them does it."""
MOST_TRIES = 20_000
"""So many numbers are worked out to find a mistake in steps that were not answered."""
ORDER = {kind: place for place, kind in enumerate(KINDS)}
NOT_BEFORE = frozenset({"rounding", "too_few_digits", "shape", "decimal_point", "digits_swapped",
                        "other_node", "count_factor", "total_for_contribution",
                        "gradient_for_value"})  # fmt: skip
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


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What there is to say about one answer.

    Attributes
    ----------
    table, name: which answer; `title` is the step in print.
    status: ``"right"``, ``"wrong"``, ``"follows"`` (consistent with wrong numbers before it) or
        ``"missing"``.
    answer: as it was written; empty when missing.
    right: the right number; `equation` is how it comes about.
    suspicions: mistakes that explain a wrong number, the most likely first.
    follows: the numbers, as answered, that a number follows from: ``∂f/∂h₂ = 3``.
    remark: what else there is to say.
    asked: False for an answer to something that was not asked; it is not counted.
    """

    table: str
    name: str
    title: str
    status: str
    answer: str
    right: Any
    equation: str
    suspicions: tuple[Suspicion, ...] = ()
    follows: tuple[str, ...] = ()
    remark: str = ""
    asked: bool = True


@dataclass(slots=True)
class _Entry:
    """An answer to one or several steps: `x->q` of x·x is to two."""

    table: str
    name: str
    steps: list[Step]
    given: Given | None
    asked: bool


@dataclass(slots=True)
class _Judge:
    problem: Problem
    closeness: Closeness
    given: dict[Step, Given] = field(default_factory=dict)
    status: dict[Step, str] = field(default_factory=dict)
    worlds: list[World] = field(default_factory=list)
    exact: list[World] = field(default_factory=list)


def judge(
    problem: Problem, answers: Answers, closeness: Closeness, asked: Answers | None = None
) -> list[Verdict]:
    """Return a verdict on each answer, in dependency order.

    What is asked are the names in `asked`, or else those in the answers, blanks included.

    Raises AnswersError for unknown names and for text where a number belongs.
    """
    entries = _entries(problem, answers, asked)
    judge_ = _Judge(problem, closeness)
    for entry in entries:
        for step in entry.steps:
            if entry.given is not None:
                judge_.given[step] = entry.given
    _make_worlds(judge_)
    found = [_status(judge_, entry) for entry in entries]
    _make_exact(judge_)
    return [_verdict(judge_, entry, *known) for entry, known in zip(entries, found, strict=True)]


def _entries(problem: Problem, answers: Answers, asked: Answers | None) -> list[_Entry]:
    """Return what was asked or answered, in dependency order."""
    found: dict[Step, _Entry] = {}
    wanted = {} if asked is None else {
        step: name
        for table, rows in asked.tables().items()
        for name in rows
        for step in problem.find(table, name, asked.places.get((table, name), "asked"))[:1]
    }  # fmt: skip
    for table, rows in answers.tables().items():
        for name, answer in rows.items():
            place = answers.places.get((table, name), "")
            steps = problem.find(table, name, place)
            label = f"{place}: {table}.{name}" if place else f"{table}.{name}"
            twice = next((found[step] for step in steps if step in found), None)
            if twice is not None:
                raise AnswersError(f"{label} is answered twice, as {twice.name} too; keep one")
            given = None if is_blank(answer) else read_answer(answer, label)
            entry = _Entry(table, name, steps, given, asked is None or steps[0] in wanted)
            found |= dict.fromkeys(steps, entry)
    for step, name in wanted.items():
        if step not in found:
            found[step] = _Entry(step.table, name, [step], None, True)
    places = {step: place for place, step in enumerate(problem.truths)}
    unique = {id(entry): entry for entry in found.values()}
    return sorted(unique.values(), key=lambda entry: places[entry.steps[0]])


def _make_worlds(judge_: _Judge) -> None:
    """Work out what follows from the answers, in both readings of what was not answered."""
    numbers: dict[Step, tuple[Any, Any]] = {}
    for step, given in judge_.given.items():
        truth = judge_.problem.truth(step)
        if np.shape(given.value) != shape_of(truth):
            continue
        if judge_.closeness.is_right(given, truth):
            judge_.status[step] = "right"
            with np.errstate(all="ignore"):
                off = np.nan_to_num(np.abs(np.asarray(given.value) - np.asarray(truth, float)))
            numbers[step] = given.value, off
        else:
            numbers[step] = given.value, judge_.closeness.own_half(given)
    own = make_world(judge_.problem, numbers)
    judge_.worlds = [own]
    if any(step not in numbers for step in own.numbers):
        judge_.worlds.append(make_world(judge_.problem, numbers, shown=True))


def _make_exact(judge_: _Judge) -> None:
    """Work out the same for a student who goes on with all digits, as with a calculator."""
    numbers: dict[Step, tuple[Any, Any]] = {}
    truths = judge_.problem.truth
    for step, given in judge_.given.items():
        if np.shape(given.value) != shape_of(truths(step)):
            continue
        if judge_.status[step] == "right":
            numbers[step] = truths(step), 0.0
        elif judge_.status[step] == "wrong":
            numbers[step] = given.value, judge_.closeness.own_half(given)
    judge_.exact = [make_world(judge_.problem, numbers)]
    if len(judge_.worlds) > 1:
        for step, status in judge_.status.items():
            if status == "follows":
                numbers[step] = judge_.exact[0].get(step), 0.0
        judge_.exact.append(make_world(judge_.problem, numbers, shown=True))


def _verdict(
    judge_: _Judge, entry: _Entry, status: str, follows: tuple[str, ...], remark: str
) -> Verdict:
    problem, step = judge_.problem, entry.steps[0]
    suspicions: tuple[Suspicion, ...] = ()
    if entry.given is not None and status == "wrong":
        suspicions = _suspicions(judge_, step, entry.given)
    return Verdict(
        entry.table,
        entry.name,
        problem.title(step),
        status,
        "" if entry.given is None else entry.given.text,
        problem.truth(step),
        problem.equation(step).text,
        suspicions,
        follows,
        remark,
        entry.asked,
    )


def _status(judge_: _Judge, entry: _Entry) -> tuple[str, tuple[str, ...], str]:
    """Return the status of an answer, what it follows from, and a remark; remember the status."""
    if entry.given is None:
        return "missing", (), ""
    found = _judged(judge_, entry.steps[0], entry.given)
    judge_.status |= dict.fromkeys(entry.steps, found[0])
    return found


def _judged(judge_: _Judge, step: Step, given: Given) -> tuple[str, tuple[str, ...], str]:
    if judge_.status.get(step) == "right":
        return "right", (), ""
    truth = judge_.problem.truth(step)
    if np.shape(given.value) != shape_of(truth):
        have, want = _shape(np.shape(given.value)), _shape(shape_of(truth))
        return "wrong", (), f"it is {have}; it should be {want}"
    for world in judge_.worlds:
        if world.is_own(step):
            expected, slack = world.expect(step)
            if judge_.closeness.is_right(given, expected, slack):
                blamed = _blamed(judge_, step)
                if not blamed:
                    return "right", (), "it follows from your rounded numbers"
                return "follows", tuple(_as_answered(judge_, other) for other in blamed), ""
    return "wrong", (), ""


def _shape(shape: tuple[int, ...]) -> str:
    if not shape:
        return "a single number"
    return f"an array of shape {'×'.join(map(str, shape))}"


def _blamed(judge_: _Judge, step: Step) -> list[Step]:
    """Return the nearest answered steps before one that are not right."""
    found: dict[Step, None] = {}
    seen, waiting = {step}, [step]
    while waiting:
        for parent in judge_.problem.parents(waiting.pop()):
            if parent in seen:
                continue
            seen.add(parent)
            if judge_.status.get(parent) in ("wrong", "follows"):
                found[parent] = None
            elif parent not in judge_.given:
                waiting.append(parent)
    return list(found)


def _as_answered(judge_: _Judge, step: Step) -> str:
    return f"{judge_.problem.title(step)} = {judge_.given[step].text}"


# -- mistakes -----------------------------------------------------------------------------


def _suspicions(judge_: _Judge, step: Step, given: Given) -> tuple[Suspicion, ...]:
    """Return what explains a wrong number: here, else in a step before that was not answered."""
    found: list[Suspicion] = []
    for worlds in (judge_.exact, judge_.worlds):
        for world in worlds:
            expected, slack = world.expect(step)
            at = At(judge_.problem, step, world.get, expected, given, judge_.closeness)
            for kind, number, words in _guesses(at):
                if _fits(judge_.closeness, given, number, expected, slack):
                    found.append(Suspicion(kind, words))
        if found:
            break
    hidden = list(_hidden(judge_, step, given))
    if np.shape(given.value) != shape_of(judge_.problem.truth(step)):
        found.append(Suspicion("shape", "the array has another shape"))
    unique: dict[str, Suspicion] = {}
    for part in (found, hidden):
        for one in sorted(part, key=lambda item: ORDER[item.kind]):
            unique.setdefault(one.kind, one)
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


def _hidden(judge_: _Judge, step: Step, given: Given) -> Iterator[Suspicion]:
    """Yield mistakes in steps that were not answered which lead to the number answered."""
    problem, world = judge_.problem, judge_.exact[0]
    unanswered = _unanswered(judge_, step)
    if np.shape(given.value) != shape_of(problem.truth(step)):
        return
    tries = 0
    for place, before in enumerate(unanswered):
        expected = world.get(before)
        at = At(problem, before, world.get, expected, None, judge_.closeness)
        rest = _between(problem, before, unanswered[place + 1 :], step)
        for kind, number, words in _guesses(at):
            if kind in NOT_BEFORE or shape_of(number) != shape_of(expected):
                continue
            if not np.all(np.isfinite(number)) or judge_.closeness.same(number, expected):
                continue
            tries += len(rest)
            if tries > MOST_TRIES:
                return
            led = _led_to(world, before, number, rest)
            if _fits(judge_.closeness, given, led, world.expect(step)[0]):
                yield Suspicion(kind, words, problem.title(before))


def _unanswered(judge_: _Judge, step: Step) -> list[Step]:
    """Return the steps before one that were not answered, up to those that were, in order."""
    seen: set[Step] = set()
    waiting = [step]
    while waiting:
        for parent in judge_.problem.parents(waiting.pop()):
            is_op = parent.table != "values" or judge_.problem.op(parent.node) is not None
            if parent not in seen and parent not in judge_.given and is_op:
                seen.add(parent)
                waiting.append(parent)
    if len(seen) > MOST_TRIES:
        return []
    return [parent for parent in judge_.problem.truths if parent in seen]


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
