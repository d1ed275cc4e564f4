"""`graphtrace render --fold, --unfold, --depth, --deadline`: large graphs on the command line."""

import json

import pytest

NET = """
import numpy as np

def cell(h, u, w):
    return np.tanh(w * h + u)

def rnn(w=0.9, h=0.1, steps: int = 40):
    for t in range(steps):
        h = cell(h, 0.1 * t, w)
    return h
"""
ALL = "Folded: 162 nodes are drawn as 3. `--unfold NAME` opens one (cell), `--fold none` draws all."


@pytest.fixture
def net(tmp_path):
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    return "net.py:rnn"


def said(outcome) -> str:
    assert outcome.code == 0, outcome
    return " ".join(outcome.err.split())


def test_a_large_graph_opens_folded_and_says_so(cli, net, tmp_path):
    # Two inputs, 40 numbers, 120 operations.
    note = said(cli("render", net, "-o", "f.svg"))
    assert "Folded: 162 nodes are drawn as" in note
    text = (tmp_path / "f.svg").read_text(encoding="utf-8")
    assert "2–40 of 40 · net.py:4" in text
    assert said(cli("render", net, "-o", "g.svg", "--at", "steps=10")) == ""


@pytest.mark.parametrize("ending", ["svg", "tex", "dot", "mmd"])
def test_a_fold_is_one_node_in_every_format(cli, net, tmp_path, ending):
    assert ALL in said(cli("render", net, "-o", f"f.{ending}", "--fold", "all"))
    text = (tmp_path / f"f.{ending}").read_text(encoding="utf-8")
    assert "cell" in text
    assert "tanh" not in text
    assert "120 operations" in text.replace("\\ ", " ")


def test_the_tree_has_the_contribution_of_all_uses_together(cli, net):
    outcome = cli("render", net, "--fold", "all")
    lines = {line.split()[1]: line.split() for line in outcome.out.splitlines()[2:]}
    assert "cell ×40, 120 operations" in outcome.out
    assert lines["w"][-2] == "×40"
    # One card uses w: what it adds to the gradient is the gradient.
    assert lines["w"][-1] == lines["w"][-3]
    whole = json.loads(cli("table", net, "--json").out)
    grads = {node["name"]: node["grad"] for node in whole["nodes"]}
    assert float(lines["w"][-1].replace("×10⁻", "e-")) == pytest.approx(grads["w"], rel=1e-3)


def test_what_is_unfolded_is_drawn(cli, net, tmp_path):
    note = said(cli("render", net, "-o", "f.svg", "--unfold", "cell[7]"))
    assert "Folded: 162 nodes are drawn as" in note
    text = (tmp_path / "f.svg").read_text(encoding="utf-8")
    assert "1–6 of 40" in text
    assert "8–40 of 40" in text
    assert said(cli("render", net, "-o", "f.svg", "--depth", "2", "--wrap", "0", "--show", "value"))
    both = ["--unfold", "cell[7],cell[9]"]
    note = said(cli("render", net, "-o", "f.svg", *both))
    assert said(cli("render", net, "-o", "f.svg", "--unfold", "cell[7]", *both)) == note


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fold", "al"], "cannot fold 'al'; did you mean 'all'?"),
        (["--unfold", "cel"], "unfold: no part of the program 'cel'; did you mean 'cell'?"),
        (["--unfold", "cell[41]"], "unfold: no part of the program 'cell[41]'"),
        (["--fold", "none", "--unfold", "cell"], "nothing is folded with fold='none'"),
        (["--depth", "-1"], "depth counts levels from 0 on, not -1"),
        (["--deadline", "0"], "the deadline is a time in seconds above 0"),
        (["--backward", "--fold", "all"], "both passes is drawn whole: leave out fold and unfold"),
    ],
)
def test_wishes_that_cannot_be_granted(cli, net, tmp_path, options, message):
    outcome = cli("render", net, "-o", "f.svg", *options)
    assert outcome.is_refusal()
    assert message in " ".join(outcome.err.split())
    assert not (tmp_path / "f.svg").exists()


def test_formats_of_data_hold_every_node(cli, net):
    outcome = cli("render", net, "--format", "json", "--fold", "all")
    assert len(json.loads(outcome.out)["nodes"]) == 162
    assert "--fold changed nothing: json is no picture" in said(outcome)


def test_both_passes_of_a_large_graph_are_drawn_whole(cli, net):
    assert "Folded" not in said(cli("render", net, "--backward", "-o", "f.svg"))
