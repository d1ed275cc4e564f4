"""Random sheets: right answers score full marks, planted mistakes are named as what they are."""

import math
import random
from collections import Counter

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.exercise.closeness import Closeness
from graphtrace.exercise.grading import grade_answers
from graphtrace.exercise.judge import judge
from graphtrace.exercise.kinds import KINDS
from graphtrace.exercise.problem import Problem
from graphtrace.exercise.reading import answers_from
from graphtrace.exercise.report import Report
from tests.exercise.planting import PLANTS
from tests.exercise.programs import random_program

GRAPHS = 200
SHARE = 6
"""Each graph gets one kind of mistake in six, in turns."""
IN_WRITING = {"rounding", "too_few_digits", "digits_swapped"}


def five_digits(number):
    return f"{number:.5g}"


def graded(problem, answers):
    return Report(tuple(judge(problem, answers_from(answers), Closeness())))


def planted(program, truth, plant, follow):
    """Return a student's numbers with one mistake, with what follows from it or without."""
    table, where, wrong = plant

    def change(at, name, right, done):
        return wrong(right, done) if (at, name) == (table, where) else right

    if follow:
        return program.work_out(change)
    numbers = program.work_out()
    getattr(numbers, table)[where] = wrong(getattr(truth, table)[where], truth)
    return numbers


def sheets(seed):
    """Yield (kind, table, name, report) for mistakes that change what is written."""
    rng = random.Random(seed)  # noqa: S311 # no secrets
    program = random_program(seed)
    graph = gt.parse(program.text, **program.inputs).backward()
    problem = Problem.of(graph._state, graph.facts())
    truth = program.work_out()
    for write in (float, five_digits):
        report = graded(problem, program.answers(truth, write))
        assert report.score == 1, f"{program.text}\n{report}"
    for number, (kind, plants) in enumerate(PLANTS.items()):
        choices = list(plants(program))
        if number % SHARE != seed % SHARE or not choices:
            continue
        table, where, _ = plant = rng.choice(choices)
        write = five_digits if kind in IN_WRITING else rng.choice([float, five_digits])
        try:
            numbers = planted(program, truth, plant, rng.random() < 0.5)
        except (ValueError, ArithmeticError):
            continue
        wrong, right = getattr(numbers, table)[where], getattr(truth, table)[where]
        if not math.isfinite(wrong) or write(wrong) == write(right):
            continue
        name = program.edge_name(where) if isinstance(where, tuple) else where
        yield kind, table, name, graded(problem, program.answers(numbers, write))


def test_planted_mistakes_are_named():
    planted_in: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    named: Counter[str] = Counter()
    first: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    for seed in range(GRAPHS):
        for kind, table, name, report in sheets(seed):
            verdict = next(v for v in report.verdicts if (v.table, v.name) == (table, name))
            planted_in[kind] += 1
            # Rounded to few digits, another number may be right too.
            if verdict.status != "wrong":
                continue
            changed[kind] += 1
            named[kind] += kind in {found.kind for found in verdict.suspicions}
            first[kind] += report.first_wrong is verdict
            alone[kind] += report.counts["wrong"] == 1
    for kind, count in changed.items():
        assert count >= 0.7 * planted_in[kind], kind
        assert named[kind] >= 0.95 * count, (kind, named[kind], count)
        assert first[kind] == count, kind
    # What only follows is not held against anyone.
    assert alone.total() >= 0.98 * changed.total()
    assert set(changed) == set(PLANTS)
    assert min(changed.values()) >= 8, changed


def test_mistakes_are_named_where_only_gradients_are_handed_in():
    """Locals and contributions are in the students' heads; the first wrong gradient tells."""
    planted_in: Counter[str] = Counter()
    named: Counter[str] = Counter()
    for seed in range(0, GRAPHS, 8):
        rng = random.Random(seed)  # noqa: S311 # no secrets
        program = random_program(seed)
        graph = gt.parse(program.text, **program.inputs).backward()
        problem = Problem.of(graph._state, graph.facts())
        truth = program.work_out()
        for kind in ("sign", "missed_path", "no_upstream", "no_local", "swapped", "rule",
                     "wrong_point"):  # fmt: skip
            choices = [item for item in PLANTS[kind](program) if item[0] != "values"]
            if not choices:
                continue
            try:
                numbers = planted(program, truth, rng.choice(choices), follow=True)
            except (ValueError, ArithmeticError):
                continue
            grads = {name: five_digits(value) for name, value in numbers.grads.items()}
            report = graded(problem, {"grads": grads})
            if report.first_wrong is not None:
                planted_in[kind] += 1
                named[kind] += kind in kinds_named(report)
    for kind, count in planted_in.items():
        assert named[kind] >= 0.95 * count, (kind, named[kind], count)
    assert min(planted_in.values()) >= 6, planted_in


# -- arrays: planted by hand -----------------------------------------------------------------

RNG = np.random.default_rng(3)
X, W1, B1, W2 = (RNG.normal(size=shape) for shape in ((4, 3), (3, 2), (2,), (2, 2)))
T = np.ones((4, 2))


def net(x, w1, b, w2, t):
    a = x @ w1 + b
    h = np.tanh(a)
    y = h @ w2
    return np.mean((y - t) ** 2)


# The same by hand, in matrix calculus.
A = X @ W1 + B1
H = np.tanh(A)
Y = H @ W2
DY = 2 * (Y - T) / Y.size
DH = DY @ W2.T
DA = DH * (1 - H**2)
RIGHT = {"y": DY, "h": DH, "a": DA, "w1": X.T @ DA, "w2": H.T @ DY, "b": DA.sum(axis=0)}

ARRAY_MISTAKES = [
    ("w2", (H.T @ DY).T, "transposed"),
    ("w2", DY.T @ H, "transposed"),
    ("w1", (X.T @ DA).T, "transposed"),
    ("h", DY @ W2, "transposed"),
    ("h", W2.T @ DY.T, "transposed"),
    ("b", DA, "not_summed"),
    ("b", DA.mean(axis=0), "not_summed"),
    ("y", 2 * (Y - T), "count_factor"),
    ("a", DH, "no_local"),
    ("a", 1 - H**2, "no_upstream"),
    ("a", DH * (1 - A**2), "wrong_point"),
    ("a", DH * (1 - H), "rule"),
    ("a", -DA, "sign"),
    ("h", H, "value_for_gradient"),
    ("w1", DA, "shape"),
    ("b", 1.0, "shape"),
]


@pytest.fixture(scope="module")
def network():
    return gt.trace(net, X, W1, B1, W2, T).backward()


def kinds_named(report):
    """Return the kinds that explain the first wrong step."""
    return {found.kind for found in report.first_wrong.suspicions}


def test_a_network_by_hand_scores_full_marks(network):
    assert network.grade({"grads": RIGHT}).score == 1
    few = {name: np.round(value, 4).tolist() for name, value in RIGHT.items()}
    assert network.grade({"grads": few, "values": {"h": H, "y": Y}}).score == 1


@pytest.mark.parametrize(("name", "answer", "kind"), ARRAY_MISTAKES)
def test_mistakes_with_arrays_are_named(network, name, answer, kind):
    report = network.grade({"grads": RIGHT | {name: answer}})
    (verdict,) = (v for v in report.verdicts if v.status != "right")
    assert (verdict.name, verdict.status) == (name, "wrong")
    assert kind in {found.kind for found in verdict.suspicions}


def test_what_follows_from_a_wrong_array(network):
    wrong = DH * (1 - H)
    grads = RIGHT | {"a": wrong, "w1": X.T @ wrong, "b": wrong.sum(axis=0)}
    report = network.grade({"grads": grads})
    assert report.first_wrong.name == "a"
    assert "[0, 0]" in report.first_wrong.remark
    assert {v.name for v in report.verdicts if v.status == "follows"} == {"w1", "b"}


def test_every_kind_is_tried_somewhere():
    kinds = set(PLANTS) | {kind for _, _, kind in ARRAY_MISTAKES}
    # A neighbour's number is the last resort; see test_grade.
    assert kinds == set(KINDS) - {"other_node"}


def test_matrix_products_in_the_wrong_order():
    a, b = np.array([[1.0, 2], [3, 4]]), np.array([[0.0, 1], [5, 2]])
    graph = gt.parse("c = a @ b", a=a, b=b)
    for answer, kind in ((b @ a, "swapped"), (a.T @ b, "transposed"), (a * b, "other_operation")):
        report = grade_answers(graph._state, graph.facts(), {"values": {"c": answer}})
        assert kind in kinds_named(report)


def test_mistakes_are_found_where_only_some_steps_are_answered():
    graph = gt.parse("q = w*u1; s = w*(u2 + q); y = w*(u3 + s)", w=2, u1=1, u2=1, u3=1).backward()
    for answer, kind in (("13", "missed_path"), ("10", "missed_path"), ("-17", "sign")):
        assert kind in kinds_named(graph.grade({"grads": {"w": answer}}))
    deep = gt.parse("a = x*x; b = sin(a); f = b*a", x=1.5).backward()
    # cos taken at x instead of a: df/dx = (a cos x + sin a) 2x
    wrong = (2.25 * math.cos(1.5) + math.sin(2.25)) * 3
    first = deep.grade({"grads": {"x": f"{wrong:.5g}"}}).first_wrong
    assert first is not None
    assert ("wrong_point", "local ∂b/∂a") in {(s.kind, s.at) for s in first.suspicions}
