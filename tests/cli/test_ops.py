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


def test_every_operation_has_all_three_modes_or_none(cli):
    rows = json.loads(cli("ops", "--json").out)
    for row in rows:
        assert row["reverse"] == row["forward"] == row["second_order"], row["name"]
    assert {row["name"] for row in rows if not row["reverse"]} >= {"less", "equal"}


def test_the_text_is_a_table(cli):
    lines = cli("ops").out.splitlines()
    assert lines[0].endswith("operations")
    assert any(line.startswith("tanh") and "1 - out**2" in line for line in lines)
