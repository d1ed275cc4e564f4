"""`graphtrace table`: every number of the worked systems, as tables and as JSON."""

import json
import math

import numpy as np
import pytest

E3 = math.exp(3)
S2 = "p = u1; q = w*p; r = u2 + q; s = w*r; t = u3 + s; y = w*t"


def read(outcome):
    assert (outcome.code, outcome.err) == (0, "")
    facts = json.loads(outcome.out)
    by_name = {node["name"]: node for node in facts["nodes"]}
    name_of = {node["id"]: node["name"] for node in facts["nodes"]}
    edges = {(name_of[e["source"]], name_of[e["target"]], e["slot"]): e for e in facts["edges"]}
    return facts, by_name, edges


def test_s1_in_json_has_every_number(cli, s1):
    facts, nodes, edges = read(cli("table", *s1, "--json"))
    assert set(facts) == {"nodes", "edges", "output"}
    assert all(
        set(node) == {"id", "name", "op", "operands", "value", "grad", "where"}
        for node in facts["nodes"]
    )
    assert all(
        set(edge) == {"source", "target", "slot", "local", "formula", "contribution"}
        for edge in facts["edges"]
    )
    assert nodes["f"]["id"] == facts["output"]
    for name, grad in {"f": 1, "x": 1, "y": 2 * E3, "z": E3}.items():
        assert nodes[name]["grad"] == pytest.approx(grad, rel=1e-12)
    assert nodes["f"]["value"] == pytest.approx(2 * E3, rel=1e-12)
    values = sorted(node["value"] for node in facts["nodes"] if node["op"] != "input")
    assert values == pytest.approx([0, E3, 2 * E3, 2 * E3], rel=1e-12)
    # ∂h1/∂x, ∂h2/∂y, ∂h3/∂h2, ∂h3/∂z, ∂f/∂h1, ∂f/∂h3
    assert sorted(edge["local"] for edge in edges.values()) == pytest.approx(
        [1, 1, 1, 2, E3, E3], rel=1e-12
    )
    for name in ("x", "y", "z"):
        (contribution,) = (e["contribution"] for key, e in edges.items() if key[0] == name)
        assert contribution == nodes[name]["grad"]


def test_s2_lists_the_three_contributions_of_w(cli):
    _, nodes, edges = read(cli("table", S2, "--at", "w=2,u1=1,u2=1,u3=1", "--json"))
    assert (nodes["y"]["value"], nodes["w"]["grad"]) == (14, 17)
    assert [edges["w", target, 0]["contribution"] for target in "qsy"] == [4, 6, 7]


def test_both_slots_of_a_square_are_edges(cli):
    _, nodes, edges = read(cli("table", "y = x*x", "--at", "x=3", "--json"))
    assert [edges["x", "y", slot]["contribution"] for slot in (0, 1)] == [3, 3]
    assert nodes["x"]["grad"] == 6


def test_the_plain_tables_show_names_values_gradients_and_contributions(cli, s1):
    outcome = cli("table", *s1)
    assert (outcome.code, outcome.err) == (0, "")
    lines = [line.split() for line in outcome.out.splitlines()]
    row = {line[1]: line for line in lines if len(line) > 3 and line[0].isdigit()}
    assert row["y"][-1] == "40.17"
    assert row["z"][-1] == "20.09"
    assert any(line[:3] == ["y", "→", line[2]] and line[-1] == "40.17" for line in lines if line)
    assert "\x1b" not in outcome.out
    assert not any(line != line.rstrip() for line in outcome.out.splitlines())


def test_arrays_and_a_seed(cli):
    outcome = cli("table", "y = W @ u", "--at", "W=[[1,2],[3,4]],u=[1,1]", "--seed=[1,0]", "--json")
    _, nodes, _ = read(outcome)
    assert nodes["y"]["value"] == [3, 7]
    assert nodes["W"]["grad"] == [[1, 1], [0, 0]]
    assert nodes["u"]["grad"] == [1, 2]


def test_a_seed_scales_the_gradients(cli):
    _, nodes, _ = read(cli("table", "y = 3*x", "--at", "x=1", "--seed", "-2", "--json"))
    assert nodes["x"]["grad"] == -6


def test_another_output(cli):
    _, nodes, _ = read(cli("table", S2, "--at", "w=2,u1=1,u2=1,u3=1", "--output", "s", "--json"))
    assert nodes["w"]["grad"] == 5  # s = w·u2 + w²·u1, so u2 + 2·w·u1
    assert nodes["y"]["grad"] is None


def test_inputs_from_files(cli, tmp_path):
    np.savez(tmp_path / "weights.npz", W=np.array([[1.0, 2.0]]))
    (tmp_path / "data.json").write_text('{"u": [3, 4]}', encoding="utf-8")
    outcome = cli("table", "y = sum(W @ u)", "--at", "@weights.npz", "--at", "@data.json", "--json")
    _, nodes, _ = read(outcome)
    assert nodes["y"]["value"] == 11


def test_an_expression_may_come_from_standard_input(shell):
    outcome = shell("table", "-", "--at", "x=2", "--json", stdin="a = x*x\ny = a + x\n")
    _, nodes, _ = read(outcome)
    assert nodes["x"]["grad"] == 5


def test_a_numeric_accident_is_a_marked_result(cli):
    outcome = cli("table", "y = ln(x) + 1/z", "--at", "x=-1,z=0")
    assert (outcome.code, outcome.err) == (0, "")
    assert "NaN (!)" in outcome.out
    assert "∞ (!)" in outcome.out


def test_json_of_a_numeric_accident_is_json(cli):
    outcome = cli("table", "y = ln(x)", "--at", "x=-1", "--json")
    assert outcome.code == 0

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    json.loads(outcome.out, parse_constant=refuse)


def test_json_is_the_same_in_every_process(shell, s1, environment):
    outputs = set()
    for seed in ("0", "1"):
        environment["PYTHONHASHSEED"] = seed
        outputs.add(shell("table", *s1, "--json").out)
    assert len(outputs) == 1
