"""`graphtrace check`: exit code 0 when derivatives agree with finite differences, else 1."""

import json

FIELDS = {"source", "target", "slot", "op", "element", "analytic", "numeric", "ok", "note"}


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
