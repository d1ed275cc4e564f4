"""`graphtrace render`: which part of a graph is drawn, which paths stand out, in how many rows."""

import pytest


def drawn(cli, s1, tmp_path, *options):
    outcome = cli("render", *s1, "-o", "f.svg", *options)
    assert (outcome.code, outcome.out) == (0, "")
    return (tmp_path / "f.svg").read_text(encoding="utf-8"), outcome.err


def test_a_part_is_drawn_and_said_to_be_one(cli, s1, tmp_path):
    whole, note = drawn(cli, s1, tmp_path)
    assert note == ""
    part, note = drawn(cli, s1, tmp_path, "--focus", "h2", "--radius", "1")
    assert "3 of 7 nodes: within 1 step of h₂." in note
    assert part.count("<ellipse") < whole.count("<ellipse")
    several, _ = drawn(cli, s1, tmp_path, "--focus", "h1,h2", "--focus", "f", "--radius", "0")
    assert several.count("<ellipse") == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--path", "y:f"], "y → h₂ → h₃ → f"),
        (["--heaviest", "2"], "② z → h₃ → f"),
        (["--show", "+thickness"], "line width: |contribution|"),
        (["--show", "+symbolic"], "∂f/∂y = z*exp(y)"),
        (["--show", "value,cost"], "in all: 3 parameters · 4 ops"),
    ],
)
def test_what_was_asked_for_is_in_the_picture(cli, s1, tmp_path, options, words):
    text, _ = drawn(cli, s1, tmp_path, *options)
    said = text.replace("</text>", " ").replace("\n", "")
    for part in words.split(" ", 1) if words.startswith("②") else [words]:
        assert part in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--focus", "hh2"], "focus: no node 'hh2'; did you mean 'h2'?"),
        (["--path", "y:ff"], "path: no node 'ff'; did you mean 'f'?"),
        (["--only", "gradients"], "cannot draw only 'gradients'; did you mean 'gradient'?"),
        (["--radius", "2"], "a radius is around a node: give its name as the focus too"),
        (["--wrap", "10"], "wrap is at least 300 points, or 0 for one row"),
    ],
)
def test_wishes_that_cannot_be_granted(cli, s1, tmp_path, options, message):
    outcome = cli("render", *s1, "-o", "f.svg", *options)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in " ".join(outcome.err.split())
    assert not (tmp_path / "f.svg").exists()


def test_text_has_symbols_and_costs_and_no_use_for_a_focus(cli, s1):
    outcome = cli("render", *s1, "--show", "value,symbolic,cost", "--focus", "h2")
    assert outcome.code == 0
    assert "z*exp(y)" in outcome.out
    assert "1 op · back 2 · 8 B" in outcome.out
    assert "--focus changed nothing: txt is no picture" in outcome.err
