"""`graphtrace explain`: the written solution on the terminal and in files."""

import json

import pytest

S2 = "p = u1; q = w*p; r = u2 + q; s = w*r; t = u3 + s; y = w*t"
S2_AT = ("--at", "w=2,u1=1,u2=1,u3=1")


def test_text_on_the_terminal(cli, s1):
    outcome = cli("explain", *s1)
    assert (outcome.code, outcome.err) == (0, "")
    # The expression is one statement, so its parts have no names of their own.
    assert "  f = h₁ + h₃ = 0 + 40.17 = 40.17" in outcome.out.splitlines()
    assert "  ∂f/∂y = 40.17" in outcome.out.splitlines()


def test_derivatives_by_one_input(cli):
    outcome = cli("explain", S2, *S2_AT, "--wrt", "w")
    assert "  ∂y/∂w = 7 + 6 + 4 = 17" in outcome.out.splitlines()
    assert "∂y/∂u₁" not in outcome.out


@pytest.mark.parametrize(
    ("options", "numbers", "symbols"),
    [
        ((), True, False),
        (("--numeric",), True, False),
        (("--symbolic",), False, True),
        (("--both",), True, True),
        (("--numeric", "--symbolic"), True, True),
    ],
)
def test_numbers_or_symbols_or_both(cli, options, numbers, symbols):
    outcome = cli("explain", S2, *S2_AT, *options)
    assert ("Forward pass" in outcome.out) is numbers
    assert ("  y = u₁·w³ + u₂·w² + u₃·w" in outcome.out.splitlines()) is symbols


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("f.md", "# Gradient of f by hand"),
        ("f.tex", "% Gradient of f by hand"),
        ("f.html", "<!DOCTYPE html>"),
        ("f.txt", "Gradient of f by hand"),
    ],
)
def test_files(cli, s1, tmp_path, name, start):
    outcome = cli("explain", *s1, "-o", name)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_json(cli, s1):
    found = json.loads(cli("explain", *s1, "--json").out)
    titles = [section["title"] for section in found["sections"]]
    assert titles[:3] == ["Given", "Nodes and operations", "Forward pass"]


def test_another_output_and_seed(cli):
    outcome = cli("explain", S2, *S2_AT, "--output", "s", "--seed=-1", "--wrt", "w")
    assert "  ∂L/∂w = (−3) + (−2) = −5" in outcome.out.splitlines()


def test_bad_requests_are_one_line(cli, s1, tmp_path):
    assert cli("explain", *s1, "--wrt", "q").is_refusal("no node 'q'", "known")
    assert cli("explain", *s1, "-o", "f.docx").is_refusal("'.docx'", "known: html")
    assert cli("explain", *s1, "-o", "solution").is_refusal("no extension")
    assert cli("explain", *s1, "--json", "--format", "md").is_refusal("only one")
    assert cli("explain", *s1, "-o", "none/f.md").is_refusal("cannot write")
    assert cli("explain", "y = 2*x", "--at", "x=[1,2]").is_refusal("seed")
    long = "; ".join(f"x{n + 1} = x{n} + 1" for n in range(300))
    assert cli("explain", long, "--at", "x0=1").is_refusal("too many to write out", "wrt='x0'")
    assert list(tmp_path.iterdir()) == []
