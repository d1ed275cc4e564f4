"""The verb `slides`."""

import sys

import pytest

S1 = ("f = ln(x) + exp(y)*z", "--at", "x=1,y=3,z=2")


def test_one_command_makes_a_deck(cli, tmp_path):
    outcome = cli("slides", *S1, "-o", "deck.tex")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "21 steps in deck.tex\n"
    text = (tmp_path / "deck.tex").read_text(encoding="utf-8")
    assert text.count(r"\begin{frame}") == 1
    assert r"\begin{frame}<1-21>" in text


def test_a_name_that_ends_in_a_slash_is_a_folder(cli, tmp_path):
    outcome = cli("slides", *S1, "-o", "new/frames/", "--images", "svg", "--from", "2", "--to", "4")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "3 steps in new/frames/\n"
    names = sorted(path.name for path in (tmp_path / "new" / "frames").iterdir())
    assert names == ["001.svg", "002.svg", "003.svg"]
    assert cli("slides", *S1, "-o", "more/", "--images", "jpg").is_refusal("svg or png")
    assert not (tmp_path / "more").exists()


@pytest.mark.parametrize("kind", ["html", "json", "md"])
def test_kinds_that_need_no_extra(cli, tmp_path, kind):
    outcome = cli("slides", *S1, "-o", f"deck.{kind}")
    assert (outcome.code, outcome.out) == (0, f"21 steps in deck.{kind}\n")
    assert (tmp_path / f"deck.{kind}").stat().st_size > 5000


def test_a_film_without_pillow_says_how_to_get_it(cli, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    outcome = cli("slides", *S1, "-o", "deck.gif")
    assert outcome.is_refusal("pip install 'graphtrace[film]'")
    assert not list(tmp_path.iterdir())


def test_several_sources_share_the_inputs_that_they_have(cli, tmp_path):
    (tmp_path / "net.py").write_text(
        "def loss(w, x=2.0):\n    return (w * x - 1) ** 2\n", encoding="utf-8"
    )
    line = ("slides", "y = x*z", "net.py:loss", "--at", "x=3,z=2,w=1", "-o", "deck.tex")
    outcome = cli(*line)
    assert (outcome.code, outcome.err) == (0, "")
    text = (tmp_path / "deck.tex").read_text(encoding="utf-8")
    assert text.count(r"\begin{frame}") == 2


def test_only_some_steps(cli, tmp_path):
    outcome = cli("slides", *S1, "-o", "deck.tex", "--from", "10", "--to", "12")
    assert outcome.out == "3 steps in deck.tex\n"
    text = (tmp_path / "deck.tex").read_text(encoding="utf-8")
    # What earlier steps have shown is there: the value of f.
    assert "40.17" in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), ("-o deck.pdf",)),
        (("-o", "deck.doc"), ("unknown kind of deck", "pdf")),
        (("-o", "deck"), ("no ending",)),
        (("-o", "deck.tex", "--per", "nod"), ("did you mean 'node'",)),
        (("-o", "deck.tex", "--aspect", "16:10"), ("16:10", "did you mean '16:9'")),
        (("-o", "deck.tex", "--from", "5", "--to", "4"), ("steps 1 to 21",)),
        (("-o", "deck.tex", "--to", "99"), ("steps 1 to 21",)),
        (("-o", "deck.tex", "--animate"), ("animate is for pptx, not for tex",)),
        (("-o", "deck.tex", "--theme", "drak"), ("did you mean 'dark'",)),
    ],
)
def test_what_cannot_be_made_is_one_line(cli, tmp_path, options, words):
    assert cli("slides", *S1, *options).is_refusal(*words)
    assert not list(tmp_path.iterdir())


def test_an_input_that_no_source_has_is_named(cli):
    line = ("slides", "y = x", "z = 2*x", "--at", "x=1,q=2", "-o", "deck.tex")
    assert cli(*line).is_refusal("no SOURCE has an input 'q'")


def test_a_graph_too_large_for_a_deck_says_what_to_do(cli):
    source = "y = x" + "; y = y*x" * 300
    line = ("slides", source, "--at", "x=1", "-o", "deck.tex")
    assert cli(*line).is_refusal("too many for a deck", "--per scope")
