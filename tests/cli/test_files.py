"""SOURCE as `file.py:function`: inputs from --at or defaults, and errors with the user's line."""

import json
import sys

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

class Odd(BaseException):
    pass

def odd(x=1.0):
    raise Odd("not an Exception")

def leaves(x=1.0):
    raise GeneratorExit

async def later(x=1.0):
    return x * x

def hands_on(x=1.0):
    return later(x)

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
        ("missing.py", ["missing.py", "no such file"]),
        ("missing.py:", ["missing.py", "no such file"]),
        ("no/missing.py:f", ["missing.py", "no such file"]),
        ("net.py:", ["which function?", "net.py:loss"]),
        ("net.py:odd", ["net.py:45", "Odd: not an Exception"]),
        ("net.py:leaves", ["net.py:48", "GeneratorExit"]),
        ("net.py:later", ["net.py:later is an async function", "plain def"]),
        ("net.py:hands_on", ["net.py:hands_on is an async function", "plain def"]),
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


def test_an_async_function_is_refused_without_a_warning(shell):
    assert shell("table", "net.py:later").is_refusal("plain def")


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


@pytest.fixture
def package(tmp_path):
    """Write a package in a package whose modules import each other, and a script beside it."""
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "outer" / "__init__.py").write_text("K = 2.0\n", encoding="utf-8")
    (inner / "__init__.py").write_text("def f(x=3.0): return x * x\n", encoding="utf-8")
    (inner / "helper.py").write_text("K = 5.0\n", encoding="utf-8")
    # A neighbour with the name of one of Python's own must not replace that.
    (inner / "statistics.py").write_text("raise RuntimeError\n", encoding="utf-8")
    (inner / "m.py").write_text(
        "import statistics\nfrom .. import K as two\nfrom .helper import K\n"
        "from outer.inner.helper import K as same\n\n"
        "def f(x=3.0):\n    from . import helper\n    return x * K * two * helper.K / same\n",
        encoding="utf-8",
    )
    (inner / "fails.py").write_text("from .missing import K\n", encoding="utf-8")
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    (scripts / "s.py").write_text(
        "from outer.inner.helper import K\nfrom beside import L\n\n"
        "def f(x=3.0):\n    return x * K * L\n",
        encoding="utf-8",
    )
    (scripts / "beside.py").write_text("L = 7.0\n", encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("source", "gradient"),
    [("outer/inner/m.py:f", 10), ("outer/inner/__init__.py:f", 6), ("scripts/s.py:f", 35)],
)
def test_a_file_may_import_its_package_and_what_is_here(shell, source, gradient):
    assert nodes(shell("table", source, "--json"))["x"]["grad"] == gradient


def test_a_file_of_a_package_may_be_named_from_anywhere(shell, package):
    assert shell("table", f"{package / 'outer' / 'inner' / 'm.py'}:f").code == 0


@pytest.mark.usefixtures("package")
def test_the_search_path_and_failed_modules_are_left_as_they_were(cli):
    path = list(sys.path)
    assert cli("table", "outer/inner/m.py:f").code == 0
    assert cli("table", "outer/inner/fails.py:f").is_refusal("fails.py:1", "outer.inner.missing")
    assert sys.path == path
    assert "outer.inner.m" in sys.modules
    assert "outer.inner.fails" not in sys.modules


def test_a_package_with_the_name_of_an_installed_one_is_refused(cli, tmp_path):
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "__init__.py").touch()
    (tmp_path / "numpy" / "m.py").write_text("def f(x=1.0): return x\n", encoding="utf-8")
    outcome = cli("table", "numpy/m.py:f")
    assert outcome.is_refusal("'numpy' has the name of another", "rename the folder")
