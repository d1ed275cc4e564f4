"""SOURCE as `file.py:function`: inputs from --at or defaults, and errors with the user's line."""

import json

import pytest

NET = """
import numpy as np

def loss(w=0.5, x=2.0, *, target=1.0):
    y = np.tanh(w * x)
    return (y - target) ** 2

def needs(x):
    return x * x

def loop(w=2.0, steps: int = 3):
    h = 1.0
    for _ in range(steps):
        h = w * h
    return h

def broken(x=1.0):
    table = {}
    return table["missing"] * x

def asks_numpy(x=1.0):
    return float(x) + 1

def noisy(x=2.0):
    print("hello")
    return x * x

def accident(x=-1.0, z=0.0):
    return np.log(x) + 1 / z + np.sqrt(x) * np.log(0.0)

def lazy(x=3.0):
    from uses import needs
    return needs(x)

def stops(x=1.0):
    raise SystemExit(0)

def endless(x=1.0):
    return endless(x + 1)

biggest = max

answer = 42
"""


@pytest.fixture(autouse=True)
def net(tmp_path):
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    (tmp_path / "bad.py").write_text("def f(x:\n", encoding="utf-8")
    (tmp_path / "latin.py").write_bytes(b"s = 'caf\xe9'\ndef f(x=1.0): return x\n")
    (tmp_path / "null.py").write_bytes(b"x = 1\0\n")
    (tmp_path / "stops.py").write_text("import sys\nsys.exit(3)\n", encoding="utf-8")
    (tmp_path / "fails.py").write_text("\n\nraise RuntimeError('no data')\n", encoding="utf-8")
    (tmp_path / "uses.py").write_text("from net import needs\n", encoding="utf-8")


def nodes(outcome):
    assert (outcome.code, outcome.err) == (0, ""), outcome
    return {node["name"]: node for node in json.loads(outcome.out)["nodes"]}


def test_inputs_are_the_defaults_unless_given(cli):
    assert nodes(cli("table", "net.py:loss", "--json"))["w"]["value"] == 0.5
    changed = nodes(cli("table", "net.py:loss", "--at", "w=0,target=3", "--json"))
    assert (changed["w"]["value"], changed["target"]["value"]) == (0, 3)
    assert changed["w"]["grad"] == -12  # 2·(0 - 3)·1·2


def test_nodes_know_the_users_line(cli):
    where = nodes(cli("table", "net.py:loss", "--json"))["y"]["where"]
    assert "net.py" in json.dumps(where)
    assert "5" in json.dumps(where)


def test_a_whole_number_parameter_counts(cli):
    found = nodes(cli("table", "net.py:loop", "--json"))
    assert found["w"]["grad"] == 12  # w³
    more = nodes(cli("table", "net.py:loop", "--at", "steps=2", "--json"))
    assert more["w"]["grad"] == 4  # w²


def test_a_file_may_import_its_neighbours(cli):
    assert nodes(cli("table", "uses.py:needs", "--at", "x=3", "--json"))["x"]["grad"] == 6
    assert nodes(cli("table", "net.py:lazy", "--json"))["x"]["grad"] == 6


def test_what_user_code_prints_does_not_spoil_the_output(shell):
    outcome = shell("table", "net.py:noisy", "--json")
    assert outcome.err == "hello\n"
    assert json.loads(outcome.out)["output"] > 0


def test_no_bytecode_is_left_beside_the_file(cli, tmp_path):
    cli("table", "net.py:loss")
    assert not (tmp_path / "__pycache__").exists()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("net.py:los", ["no function 'los'", "did you mean 'loss'"]),
        ("net.py:answer", ["no function 'answer'"]),
        ("net.py", ["which function?", "net.py:loss"]),
        ("missing.py:f", ["missing.py", "no such file"]),
        ("missing.py", ["which function?"]),
        ("net.py:needs", ["needs a value for 'x'", "--at x="]),
        ("net.py:broken", ["net.py:19", "KeyError: 'missing'"]),
        ("net.py:asks_numpy", ["net.py:22"]),
        ("net.py:stops", ["net.py:", "SystemExit: 0"]),
        ("net.py:endless", ["net.py:", "RecursionError"]),
        ("net.py:biggest", ["net.py:biggest does not tell its parameters"]),
        ("latin.py:f", ["latin.py", "SyntaxError"]),
        ("null.py:f", ["null.py"]),
        ("bad.py:f", ["bad.py:1", "SyntaxError"]),
        ("stops.py:f", ["stops.py:2", "SystemExit: 3"]),
        ("fails.py:f", ["fails.py:3", "RuntimeError: no data"]),
        ("graph.gtrace", ["saved graphs cannot be read yet"]),
    ],
)
def test_a_source_that_cannot_be_traced_is_one_line(cli, source, words):
    assert cli("table", source).is_refusal(*words)


def test_numeric_accidents_in_a_function_are_quiet_results(shell):
    for verb in ("table", "check", "render"):
        outcome = shell(verb, "net.py:accident")
        assert (outcome.code, outcome.err) == (0, ""), outcome
        assert verb == "check" or "NaN" in outcome.out


def test_a_count_must_be_whole(cli):
    outcome = cli("table", "net.py:loop", "--at", "steps=2.5")
    assert outcome.is_refusal("'steps' is an int", "--at steps=3")


def test_an_input_that_is_no_parameter_is_refused(cli):
    outcome = cli("table", "net.py:loss", "--at", "tarjet=1")
    assert outcome.is_refusal("no parameter 'tarjet'", "did you mean 'target'")
