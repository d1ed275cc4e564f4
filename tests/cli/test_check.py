"""`graphtrace check`: exit code 0 when derivatives agree with finite differences, else 1."""

import json

FIELDS = {"source", "target", "slot", "op", "element", "analytic", "numeric", "ok"}


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


def test_arrays_are_checked_by_element(cli):
    outcome = cli("check", "y = W @ u", "--at", "W=[[1,2],[3,4]],u=[1,1]", "--seed=[1,2]", "--json")
    assert outcome.code == 0
    elements = {str(row["element"]) for row in json.loads(outcome.out)["rows"]}
    assert len(elements) > 1


def test_a_numeric_accident_is_not_a_crash(cli):
    outcome = cli("check", "y = ln(x)", "--at", "x=-1")
    assert outcome.code in (0, 1)
    assert outcome.err == ""
