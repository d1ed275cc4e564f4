"""`graphtrace check`: exit code 0 when derivatives agree with finite differences, else 1."""

import json

import numpy as np
import pytest

# A user's file with an operation of its own, whose derivative is wrong by a factor of π/180.
WRONG = """
import numpy as np
from graphtrace.ops.registry import elementwise

elementwise("degrees_to_radians", np.deg2rad, None, family="ours", partials=["1"], samples=[(0, 1)])

def f(x=60.0, v=np.array([30.0, 90.0])):
    return np.deg2rad(x) + np.sum(np.deg2rad(v))
"""

FIELDS = {"source", "target", "slot", "op", "element", "analytic", "numeric", "ok", "note", "where"}


def test_right_derivatives_pass(cli, s1):
    outcome = cli("check", *s1)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.strip()


def test_json_has_a_row_an_edge(cli, s1):
    report = json.loads(cli("check", *s1, "--json").out)
    assert report["ok"] is True
    assert len(report["rows"]) == 6
    assert all(set(row) == FIELDS for row in report["rows"])
    assert all(abs(row["analytic"] - row["numeric"]) < 1e-4 for row in report["rows"])


def test_an_array_names_its_worst_element(cli):
    outcome = cli("check", "y = W @ u", "--at", "W=[[1,2],[3,4]],u=[1,1]", "--json")
    assert outcome.code == 0
    elements = [row["element"] for row in json.loads(outcome.out)["rows"]]
    assert [len(element) for element in elements] == [2, 1]


def test_a_numeric_accident_is_not_a_crash(cli):
    outcome = cli("check", "y = ln(x)", "--at", "x=-1")
    assert outcome.code in (0, 1)
    assert outcome.err == ""


@pytest.fixture
def wrong(tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")


@pytest.mark.usefixtures("wrong")
def test_a_wrong_derivative_is_an_answer_of_no_that_names_it(shell):
    outcome = shell("check", "wrong.py:f")
    assert (outcome.code, outcome.err) == (1, "")
    for words in ("degrees_to_radians", "operand 0", "x", "v[0]", "rule 1", "0.01745"):
        assert words in outcome.out


@pytest.mark.usefixtures("wrong")
def test_a_wrong_derivative_in_json(shell):
    outcome = shell("check", "wrong.py:f", "--json")
    report = json.loads(outcome.out)
    assert (outcome.code, report["ok"]) == (1, False)
    (row, *_) = (row for row in report["rows"] if not row["ok"])
    assert (row["op"], row["slot"], row["analytic"]) == ("degrees_to_radians", 0, 1)
    assert row["numeric"] == pytest.approx(np.pi / 180, rel=1e-6)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("x", "nothing to check: no edge has a gradient"),
        ("ln(x)", "the one edge agrees with finite differences"),
        ("ln(x)*x", "all 3 edges agree with finite differences"),
    ],
)
def test_the_sentence_fits_the_number_of_edges(cli, source, sentence):
    outcome = cli("check", source, "--at", "x=2")
    assert (outcome.code, outcome.out, outcome.err) == (0, f"{sentence}\n", "")
