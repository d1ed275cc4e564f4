"""The verb `ops`: the table of operations, as text and as JSON."""

import json


def test_the_json_lists_what_is_promised_for_every_operation(cli):
    done = cli("ops", "--json")
    rows = json.loads(done.out)
    assert done.code == 0
    keys = {"name", "family", "reverse", "forward", "second_order", "formula", "calls"}
    assert all(set(row) == keys for row in rows)
    by_name = {row["name"]: row for row in rows}
    assert by_name["exp"]["formula"] == "exp(a)"
    assert by_name["exp"]["calls"] == ["np.exp"]
    assert "np.ravel" in by_name["reshape"]["calls"]
    assert by_name["hstack"]["calls"] == ["np.hstack"]
    assert by_name["layer_norm"]["calls"] == ["gt.nn.layer_norm"]
    assert by_name["hinge"]["formula"] == "by multiply, subtract, relu, mean"


def test_what_is_not_differentiable_is_listed_as_such(cli):
    rows = json.loads(cli("ops", "--json").out)
    cut = {row["name"]: row["formula"] for row in rows if not row["reverse"]}
    for name in ("less", "argmax", "nonzero", "zeros_like", "stop_gradient", "one_hot"):
        assert cut[name] == "no gradient passes"


def test_the_text_is_a_table(cli):
    lines = cli("ops").out.splitlines()
    assert lines[0].endswith("operations and functions")
    assert any(line.startswith("tanh") and "1 - out**2" in line for line in lines)
