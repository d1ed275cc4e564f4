"""From answers to verdicts: right, wrong, following from something wrong, or missing."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from graphtrace.annotate.summary import number
from graphtrace.errors import AnswersError
from graphtrace.exercise.answers import Answers
from graphtrace.exercise.closeness import Closeness
from graphtrace.exercise.detect import Evidence, Suspicion, suspicions_for
from graphtrace.exercise.numbers import Given, is_blank, read_answer
from graphtrace.exercise.problem import Problem, Step
from graphtrace.exercise.world import make_world
from graphtrace.ops.values import shape_of

__all__ = ["Verdict", "judge"]

MOST_SHOWN = 24


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


def judge(
    problem: Problem, answers: Answers, closeness: Closeness, asked: Answers | None = None
) -> list[Verdict]:
    """Return a verdict on each answer, in dependency order.

    What is asked are the names in `asked`, or else those in the answers, blanks included.

    Raises AnswersError for unknown names and for text where a number belongs.
    """
    entries = _entries(problem, answers, asked)
    evidence = Evidence(problem, closeness)
    for entry in entries:
        for step in entry.steps:
            if entry.given is not None:
                evidence.given[step] = entry.given
    _make_worlds(evidence)
    found = [_status(evidence, entry) for entry in entries]
    _make_exact(evidence)
    return [_verdict(evidence, entry, *known) for entry, known in zip(entries, found, strict=True)]


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


def _make_worlds(evidence: Evidence) -> None:
    """Work out what follows from the answers, in both readings of what was not answered."""
    numbers: dict[Step, tuple[Any, Any]] = {}
    for step, given in evidence.given.items():
        truth = evidence.problem.truth(step)
        if np.shape(given.value) != shape_of(truth):
            continue
        if evidence.closeness.is_right(given, truth):
            evidence.status[step] = "right"
            with np.errstate(all="ignore"):
                off = np.nan_to_num(np.abs(np.asarray(given.value) - np.asarray(truth, float)))
            numbers[step] = given.value, off
        else:
            numbers[step] = given.value, evidence.closeness.own_half(given)
    own = make_world(evidence.problem, numbers)
    evidence.worlds = [own]
    if any(step not in numbers for step in own.numbers):
        evidence.worlds.append(make_world(evidence.problem, numbers, shown=True))


def _make_exact(evidence: Evidence) -> None:
    """Work out the same for a student who goes on with all digits, as with a calculator."""
    numbers: dict[Step, tuple[Any, Any]] = {}
    truths = evidence.problem.truth
    for step, given in evidence.given.items():
        if np.shape(given.value) != shape_of(truths(step)):
            continue
        if evidence.status[step] == "right":
            numbers[step] = truths(step), 0.0
        elif evidence.status[step] == "wrong":
            numbers[step] = given.value, evidence.closeness.own_half(given)
    evidence.exact = [make_world(evidence.problem, numbers)]
    if len(evidence.worlds) > 1:
        for step, status in evidence.status.items():
            if status == "follows":
                numbers[step] = evidence.exact[0].get(step), 0.0
        evidence.exact.append(make_world(evidence.problem, numbers, shown=True))


def _verdict(
    evidence: Evidence, entry: _Entry, status: str, follows: tuple[str, ...], remark: str
) -> Verdict:
    problem, step = evidence.problem, entry.steps[0]
    suspicions: tuple[Suspicion, ...] = ()
    if entry.given is not None and status == "wrong":
        suspicions = suspicions_for(evidence, step, entry.given)
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


def _status(evidence: Evidence, entry: _Entry) -> tuple[str, tuple[str, ...], str]:
    """Return the status of an answer, what it follows from, and a remark; remember the status."""
    if entry.given is None:
        return "missing", (), ""
    found = _judged(evidence, entry.steps[0], entry.given)
    evidence.status |= dict.fromkeys(entry.steps, found[0])
    return found


def _judged(evidence: Evidence, step: Step, given: Given) -> tuple[str, tuple[str, ...], str]:
    if evidence.status.get(step) == "right":
        return "right", (), ""
    truth = evidence.problem.truth(step)
    if np.shape(given.value) != shape_of(truth):
        have, want = _shape(np.shape(given.value)), _shape(shape_of(truth))
        return "wrong", (), f"it is {have}; it should be {want}"
    for world in evidence.worlds:
        if world.is_own(step):
            expected, slack = world.expect(step)
            if evidence.closeness.is_right(given, expected, slack):
                blamed = _blamed(evidence, step)
                if not blamed:
                    return "right", (), "it follows from your rounded numbers"
                return "follows", tuple(_as_answered(evidence, other) for other in blamed), ""
    return "wrong", (), _where(evidence.closeness, given, truth)


def _where(closeness: Closeness, given: Given, truth: Any) -> str:
    """Return which elements of an array are wrong."""
    if not np.ndim(truth):
        return ""
    wrong = np.argwhere(~closeness.fits(given, truth))
    first = tuple(int(index) for index in wrong[0])
    have, want = (number(np.asarray(array)[first]) for array in (given.value, truth))
    place = ", ".join(map(str, first))
    count = "every element is" if len(wrong) == np.size(truth) else f"{len(wrong)} elements are"
    count = "one element is" if len(wrong) == 1 else count
    return f"{count} wrong, the first at [{place}]: {have}, it should be {want}"


def _shape(shape: tuple[int, ...]) -> str:
    if not shape:
        return "a single number"
    return f"an array of shape {'×'.join(map(str, shape))}"


def _blamed(evidence: Evidence, step: Step) -> list[Step]:
    """Return the nearest answered steps before one that are not right."""
    found: dict[Step, None] = {}
    seen, waiting = {step}, [step]
    while waiting:
        for parent in evidence.problem.parents(waiting.pop()):
            if parent in seen:
                continue
            seen.add(parent)
            if evidence.status.get(parent) in ("wrong", "follows"):
                found[parent] = None
            elif parent not in evidence.given:
                waiting.append(parent)
    return list(found)


def _as_answered(evidence: Evidence, step: Step) -> str:
    text = evidence.given[step].text
    short = text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"
    return f"{evidence.problem.title(step)} = {short}"
