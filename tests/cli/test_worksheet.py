"""The verb `worksheet`."""

import json

import pytest

S1 = ("f = ln(x) + exp(y)*z", "--at", "x=1,y=3,z=2")


def test_one_command_makes_a_sheet_and_its_key(cli, tmp_path):
    outcome = cli("worksheet", *S1, "-o", "sheet.md", "--answers", "key.md")
    assert (outcome.code, outcome.err, outcome.out) == (0, "", "16 blanks\n")
    assert {path.name for path in tmp_path.iterdir()} == {
        "sheet.md",
        "sheet.svg",
        "key.md",
        "key.svg",
    }
    assert "2. value: h₂ = exp(y) = ________" in (tmp_path / "sheet.md").read_text("utf-8")
    assert "2. value: h₂ = exp(y) = exp(3) = 20.09" in (tmp_path / "key.md").read_text("utf-8")


def test_a_variant_says_its_inputs_and_its_key_scores_full_marks(cli, tmp_path):
    line = ("-o", "sheet.html", "--answers", "key.json", "--fraction", "0.5", "--seed", "7")
    outcome = cli("worksheet", *S1, *line)
    words, _, inputs = outcome.out.strip().partition(" at ")
    assert words == "8 blanks of Variant 7"
    graded = cli("grade", S1[0], "key.json", "--at", inputs, "--json")
    assert graded.code == 0
    assert json.loads(graded.out)["score"] == 1


def test_inputs_that_are_arrays_can_be_given_back(cli):
    source = ("y = sum(tanh(W @ x))", "--at", "W=[[1,2],[3,4]],x=[0.5,0.25]")
    outcome = cli("worksheet", *source, "-o", "a.tex", "--answers", "k.json", "--seed", "2")
    _, _, inputs = outcome.out.strip().partition(" at ")
    assert cli("grade", source[0], "k.json", "--at", inputs).code == 0


def test_several_variants_are_numbered(cli, tmp_path):
    outcome = cli("worksheet", *S1, "-o", "sheet.tex", "--answers", "key.tex", "--variants", "2")
    assert [line.partition(" at ")[0] for line in outcome.out.splitlines()] == [
        "16 blanks of Variant 1",
        "16 blanks of Variant 2",
    ]
    files = {path.name for path in tmp_path.iterdir()}
    assert files == {"sheet-1.tex", "sheet-2.tex", "key-1.tex", "key-2.tex"}


def test_the_gradient_starts_from_upstream(cli, tmp_path):
    line = ("-o", "s.md", "--answers", "k.json", "--upstream", "3", "--blank", "upstream")
    assert cli("worksheet", *S1, *line).code == 0
    assert json.loads((tmp_path / "k.json").read_text())["grads"]["x"] == 3
    assert "∂f/∂f = 3" in (tmp_path / "s.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), ("-o sheet.pdf",)),
        (("-o", "-"), ("-o sheet.pdf",)),
        (("-o", "sheet.doc"), ("unknown format", "known: html, md, pdf, tex")),
        (("-o", "sheet"), ("no ending",)),
        (("-o", "sheet.md", "--blank", "valus"), ("did you mean 'values'",)),
        (("-o", "sheet.md", "--fraction", "2"), ("above 0 and at most 1",)),
        (("-o", "sheet.md", "--keep", "q", "--seed", "1"), ("no input 'q' to keep",)),
        (("-o", "sheet.md", "--paper", "b4"), ("unknown paper 'b4'",)),
        (("-o", "sheet.md", "--answers", "sheet.html"), ("give the key another name",)),
        (("-o", "nowhere/sheet.tex"), ("cannot write",)),
        (("-o", "sheet.md", "--seed", "one"), ("--seed",)),
    ],
)
def test_what_cannot_be_made_is_one_line(cli, tmp_path, options, words):
    assert cli("worksheet", *S1, *options).is_refusal(*words)
    assert not list(tmp_path.iterdir())


def test_an_array_needs_upstream(cli, tmp_path):
    line = ("worksheet", "y = 2*x", "--at", "x=[1,2]", "-o", "s.md")
    assert cli(*line).is_refusal("--upstream")
    assert cli(*line, "--upstream", "[1,1]").code == 0
    assert cli(*line, "--blank", "values").code == 0
