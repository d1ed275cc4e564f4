"""Sheets of answers to small graphs, judged by hand first."""

import json
import math

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import AnswersError
from graphtrace.exercise.answers import Answers, answers_json, answers_of

E3 = math.exp(3)


@pytest.fixture(scope="module")
def s1():
    """Return f = ln x + e^y z at (1, 3, 2): h1 = 0, h2 = e³, h3 = 2e³."""
    return gt.parse("f = ln(x) + exp(y)*z", x=1, y=3, z=2).backward()


def status(report):
    return {(v.table, v.name): v.status for v in report.verdicts}


def test_all_that_is_right(s1):
    answers = answers_of(s1.facts())
    assert dict(answers.values) == pytest.approx({"h1": 0, "h2": E3, "h3": 2 * E3, "f": 2 * E3})
    assert dict(answers.grads) == pytest.approx(
        {"x": 1, "y": 2 * E3, "z": E3, "h1": 1, "h2": 2, "h3": 1, "f": 1}
    )
    assert answers.locals["z->h3"] == pytest.approx(E3)
    assert answers.contributions["y->h2"] == pytest.approx(2 * E3)
    report = s1.grade(answers)
    assert (report.score, report.ok, report.first_wrong) == (1, True, None)


def test_a_key_as_json_is_graded_as_it_is(s1, tmp_path):
    (tmp_path / "key.json").write_text(answers_json(answers_of(s1.facts())), encoding="utf-8")
    assert s1.grade(tmp_path / "key.json").score == 1


def test_the_answers_of_the_issue(s1):
    report = s1.grade(
        {"values": {"h2": 20.0855}, "grads": {"y": "40.171"}, "locals": {"h2->h3": 2}}
    )
    assert (report.asked, report.score) == (3, 1)


def test_the_first_wrong_step_and_what_follows(s1):
    """h2 = 3·3 = 9 instead of e³; everything after it is worked out from 9."""
    report = s1.grade(
        {
            "values": {"h1": "0", "h2": "9", "h3": "18", "f": "18"},
            "locals": {"y->h2": "9", "z->h3": "9"},
            "grads": {"h2": "2", "y": "18", "z": "9", "x": "1"},
        }
    )
    assert report.counts == {"right": 3, "wrong": 1, "follows": 6, "missing": 0}
    first = report.first_wrong
    assert first is not None
    assert (first.table, first.name, first.answer) == ("values", "h2", "9")
    assert "exp(3)" in first.equation
    follows = {v.name: v.follows for v in report.verdicts if v.status == "follows"}
    assert follows["h3"] == ("h₂ = 9",)
    assert follows["f"] == ("h₃ = 18",)
    assert follows["y"] == ("local ∂h₂/∂y = 9",)


def test_missing_steps_are_taken_from_the_students_own_numbers(s1):
    report = s1.grade({"values": {"h2": "9", "f": "18"}, "grads": {"y": "18"}})
    assert status(report) == {
        ("values", "h2"): "wrong", ("values", "f"): "follows", ("grads", "y"): "follows"
    }  # fmt: skip


def test_missing_steps_may_be_printed_on_the_sheet():
    """∂f/∂h is printed as 4; the student's own local gradient is wrong, its product is not."""
    graph = gt.parse("h = x*x; f = h*h", x=1).backward()
    assert graph["h"].grad == 2
    report = graph.grade({"values": {"h": "2"}, "contributions": {"x->h#0": "2", "h->f": "2"}})
    # h = 2 would make ∂f/∂h 4; both readings of the missing ∂f/∂h are consistent.
    assert status(report) == {
        ("values", "h"): "wrong", ("contributions", "x->h#0"): "right",
        ("contributions", "h->f"): "follows",
    }  # fmt: skip


def test_a_second_mistake_is_told_from_what_follows(s1):
    report = s1.grade({"values": {"h2": "9", "h3": "11"}})
    assert [v.status for v in report.verdicts] == ["wrong", "wrong"]
    assert report.verdicts[1].suspicions[0].kind == "other_operation"


def test_numbers_rounded_on_the_way_are_right(s1):
    report = s1.grade({"values": {"h2": "20.1", "h3": "40.2", "f": "40.20"}})
    assert report.score == 1
    assert "rounded" in report.verdicts[-1].remark


def test_what_is_missing_is_not_wrong(s1):
    report = s1.grade({"values": {"h1": "0", "h2": "", "h3": None, "f": "?"}})
    assert report.counts == {"right": 1, "wrong": 0, "follows": 0, "missing": 3}
    assert (report.ok, report.score) == (True, 0.25)


def test_what_is_asked_for_may_be_said(s1):
    asked = {"grads": {"x": 0, "y": 0, "z": 0}}
    report = s1.grade({"grads": {"x": 1, "h2": 3}}, asked=asked)
    assert (report.asked, report.score) == (3, pytest.approx(1 / 3))
    assert report.counts["missing"] == 2
    assert report.first_wrong is not None
    assert not report.first_wrong.asked


@pytest.mark.parametrize("name", ["h2->h3", "h2→h3", " h₂ -> h₃ ", "h_2->h_3", "h2->h3#0"])
def test_names_are_read_as_they_are_written(s1, name):
    assert s1.grade({"locals": {name: 2}}).score == 1


def test_an_edge_that_comes_twice():
    square = gt.parse("q = x*x", x=3).backward()
    report = square.grade({"locals": {"x->q": 3}, "contributions": {"x->q#0": 3, "x->q#1": 3}})
    assert report.score == 1
    assert square.grade({"locals": {"x->q": 6}, "grads": {"x": 12}}).counts["follows"] == 1
    power = gt.parse("q = x**x", x=3).backward()
    with pytest.raises(AnswersError, match="several operands; write x->q#0 and x->q#1"):
        power.grade({"locals": {"x->q": 27}})
    assert power.grade({"locals": {"x->q#0": 27, "x->q#1": "27ln 3"}}).score == 1


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"values": {"h9": 1}}, "no node 'h9'"),
        ({"values": {"hh1": 1}}, "did you mean 'h1'"),
        ({"grad": {"xx": 1}}, "no node 'xx'"),
        ({"gradz": {"x": 1}}, "did you mean 'grads'"),
        ({"locals": {"x": 1}}, "write source->target"),
        ({"locals": {"x->h3": 1}}, "no edge from x to h3; there is x->h1"),
        ({"locals": {"h2->h3#4": 1}}, "there is #0"),
        ({"grads": {"x": "one"}}, "grads.x: 'one' is not a number"),
        ({"grads": {"x": "1", " x": "2"}}, "answered twice"),
        ({"grads": 3}, "not a table"),
        ({"grads": {"x": {"y": 1}}}, "is a table"),
        ({}, "there are no answers"),
    ],
)
def test_bad_requests_say_what_to_do(s1, answers, words):
    with pytest.raises(AnswersError) as caught:
        s1.grade(answers)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_gradients_need_a_backward_pass():
    graph = gt.parse("y = x*x", x=2)
    assert graph.grade({"values": {"y": 4}, "locals": {"x->y": 2}}).score == 1
    with pytest.raises(AnswersError, match="backward"):
        graph.grade({"grads": {"x": 4}})


def test_constants_and_cut_gradients_are_not_asked():
    graph = gt.parse("h = z*z; y = 2*x", x=2, z=1.5).backward()
    for answers in ({"grads": {"h": 0}}, {"locals": {"2->y": 2}}, {"values": {"2": 2}}):
        with pytest.raises(AnswersError):
            graph.grade(answers)


def test_not_a_number_is_an_answer_like_any_other():
    graph = gt.parse("y = ln(x); z = y*0", x=-1)
    report = graph.grade({"values": {"y": "NaN", "z": "0"}})
    assert [v.status for v in report.verdicts] == ["right", "wrong"]
    accident = gt.parse("y = ln(x)", x=2).grade({"values": {"y": math.nan}})
    assert [v.status for v in accident.verdicts] == ["wrong"]


def test_a_seed_and_another_output():
    graph = gt.parse("h = x*x; f = h*y", x=2, y=3).backward("h", seed=5)
    assert graph.grade({"grads": {"h": 5, "x": 20}}).score == 1
    found = graph.grade({"grads": {"h": 1, "x": 4}})
    assert found.first_wrong is not None
    assert found.first_wrong.suspicions[0].kind == "seed"
    assert found.counts["follows"] == 1


def test_an_output_that_is_used_too():
    graph = gt.parse("h = x*x; f = h*y", x=2, y=3).backward()
    assert graph.grade(answers_of(graph.facts())).score == 1


def test_a_neighbours_number_is_recognised():
    graph = gt.parse("u = x*3.7; v = x + 1.3; y = u*v*u", x=1.9).backward()
    found = graph.grade({"values": {"u": f"{1.9 + 1.3:.2f}"}}).first_wrong
    assert found is not None
    assert [s.kind for s in found.suspicions] == ["other_node"]


def test_wrong_elements_of_an_array_are_named():
    graph = gt.parse("y = W @ u", W=np.array([[1.0, 2], [3, 4]]), u=np.ones(2))
    (verdict,) = graph.grade({"values": {"y": [3, 8]}}).verdicts
    assert verdict.remark == "one element is wrong, the first at [1]: 8, it should be 7"
    (verdict,) = graph.grade({"values": {"y": [[3], [7]]}}).verdicts
    assert "shape 2×1" in verdict.remark


def test_single_precision_is_no_mistake():
    graph = gt.trace(lambda x: np.sum(np.tanh(x)), np.array([0.1, 0.7], dtype=np.float32))
    graph.backward()
    answers = {"grads": {"x": [1 - math.tanh(0.1) ** 2, 1 - math.tanh(0.7) ** 2]}}
    assert graph.grade(answers).score == 1


def test_the_report_as_json(s1):
    report = s1.grade({"values": {"h2": "9", "h3": "18", "f": ""}})
    data = json.loads(report.as_json())
    assert {key: data[key] for key in ("ok", "asked", "right", "wrong", "follows", "missing")} == {
        "ok": False, "asked": 3, "right": 0, "wrong": 1, "follows": 1, "missing": 1
    }  # fmt: skip
    assert data["first_wrong"] == data["answers"][0]
    assert set(data["answers"][0]) == {
        "kind", "name", "status", "answer", "right", "equation", "mistakes", "follows_from",
        "remark", "asked",
    }  # fmt: skip
    assert data["answers"][1]["follows_from"] == ["h₂ = 9"]


def test_the_report_in_words(s1):
    text = str(s1.grade({"grads": {"h2": "1", "y": "20.09"}}))
    assert "0 of 2 right, 1 wrong, 1 follows from a wrong number" in text
    assert "First wrong step: gradient ∂f/∂h₂" in text
    assert "∂f/∂h₂ = ∂f/∂h₃ · ∂h₃/∂h₂ = 1 · z = 1 · 2 = 2" in text
    assert "without the local (inner) derivative" in text
    assert "consistent with your ∂f/∂h₂ = 1" in text


def test_a_long_chain_is_graded_without_recursion():
    lines = ["h1 = x*0.99", *(f"h{k} = h{k - 1}*0.999 + x" for k in range(2, 900))]
    graph = gt.parse("; ".join(lines), x=1).backward()
    wrong = float(graph["h899"].value) + 0.999**897
    # h2 is off by one, and everything between is not answered.
    answers = {"values": {"h2": float(graph["h2"].value) + 1, "h899": wrong}}
    assert [v.status for v in graph.grade(answers).verdicts] == ["wrong", "follows"]


def test_answers_are_plain_data():
    answers = Answers(values={"h": "3/4"}, grads={"x": None, "W": np.eye(2)})
    assert json.loads(answers_json(answers)) == {
        "values": {"h": "3/4"}, "grads": {"x": None, "W": [[1, 0], [0, 1]]}
    }  # fmt: skip
    assert answers_json(Answers()) == "{}\n"
