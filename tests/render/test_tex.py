"""TikZ: real LaTeX compiles it, alone and in Beamer; no name is ever a command."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.nn.samples import SAMPLES
from graphtrace.render import render
from graphtrace.render.tex import tex_math, tex_text
from tests.render import hostile
from tests.scene import samples

Program = Callable[[str], str]


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("20.09", "20.09"),
        ("−3", r"\ensuremath{-}3"),
        ("h₁₂", r"h\textsubscript{1}\textsubscript{2}"),
        ("x²", r"x\textsuperscript{2}"),
        ("∂f/∂α", r"\ensuremath{\partial}f/\ensuremath{\partial}\ensuremath{\alpha}"),
        ("é ñ", r"\'{e} \~{n}"),
        ("50% of x_1 & #2 {y}", r"50\% of x\_1 \& \#2 \{y\}"),
        ("$~^", r"\ensuremath{\mathdollar}\textasciitilde{}\textasciicircum{}"),
        ("\\write18{rm}", r"\textbackslash{}write18\{rm\}"),
        ("---", "-{}-{}-{}"),
        ("① h", "(1) h"),
        ("▁█", r"\gtbar{1}\gtbar{8}"),
        ("🎉ש", r"\gtchar{1F389}\gtchar{5E9}"),
    ],
)  # fmt: skip
def test_text_is_plain_ascii_that_prints_each_character(text: str, tex: str) -> None:
    assert tex_text(text) == tex
    assert tex.isascii()


@pytest.mark.parametrize(
    ("formula", "tex"),
    [
        (r"\frac{\partial f}{\partial W_{1}}", r"\frac{\partial f}{\partial W_{1}}"),
        (r"h_1^2", r"h_{1}^{2}"),
        (r"\left(a + b\right) \odot \delta^{\top}", r"\left( a + b\right) \odot \delta ^{\top }"),
        (r"\mathrm{cross\_entropy}(p, y)", r"\mathrm{cross\_entropy}(p, y)"),
        ("δ x^⊤", r"\delta x^{\top }"),
        (r"\sqrt{x}", r"\sqrt{x}"),
    ],
)
def test_formulas_pass(formula: str, tex: str) -> None:
    assert tex_math(formula) == tex


@pytest.mark.parametrize(
    "formula",
    [r"\write18{x}", r"\input{x}", r"\def\a{b}", r"\csname x\endcsname", "a % b", "a $ b", "a & b",
     "a # b", "a ~ b", "^^5c", r"a \\ b", "{a", "a}", r"\left( a", r"\right)", r"\frac{a}", "x_1_2",
     "x'^2", r"\begin{x}", r"\mathrm{ש}", "🎉", "", " ", "{" * 50 + "}" * 50, "a\nb\\"],
)  # fmt: skip
def test_what_latex_might_not_compile_is_no_formula(formula: str) -> None:
    found = tex_math(formula)
    assert found is None or "\\" not in found.replace(r"\mathdollar", "")


def test_every_formula_of_the_library_passes() -> None:
    rng = np.random.default_rng(0)
    for name, (function, shapes) in SAMPLES.items():
        graph = gt.trace(function, *[rng.uniform(0.1, 0.9, size=shape) for shape in shapes])
        facts = graph.facts()
        formulas = [n.latex for n in facts.nodes] + [e.latex for e in facts.edges]
        for formula in formulas:
            assert not formula or tex_math(formula), (name, formula)


def compiled(pdflatex: str, folder: Path, name: str) -> str:
    """Compile a file with commands of the shell allowed, and return the log."""
    done = subprocess.run(
        [pdflatex, "-shell-escape", "-interaction=nonstopmode", "-halt-on-error", name],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    log = (folder / name).with_suffix(".log").read_text(encoding="utf-8", errors="replace")
    wrong = [line for line in log.splitlines() if line.startswith("!")]
    assert (done.returncode, wrong) == (0, []), wrong
    assert "Missing character" not in log
    return log


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_latex_compiles_it_on_its_own(program: Program, tmp_path: Path, theme: str) -> None:
    pdflatex, pdftotext = program("pdflatex"), program("pdftotext")
    facts = samples.softmax(nan=True) if theme == "light" else samples.s2()
    (tmp_path / "f.tex").write_bytes(render(facts, "tex", theme=theme))
    log = compiled(pdflatex, tmp_path, "f.tex")
    assert "(1 page," in log
    assert "Overfull" not in log
    found = subprocess.run(
        [pdftotext, "-layout", "f.pdf", "-"], cwd=tmp_path, capture_output=True, check=True
    ).stdout.decode()
    words = ("float64[100, 50]", "softmax", "zeros 97%") if theme == "light" else ("14", "17")
    assert all(word in found for word in words)


def test_nothing_of_a_name_runs_or_ends_the_picture(program: Program, tmp_path: Path) -> None:
    pdflatex, pdftotext = program("pdflatex"), program("pdftotext")
    (tmp_path / "pwned.tex").write_text("PWNED", encoding="utf-8")
    for name, facts in (("a", hostile.graph()), ("b", hostile.arrays())):
        source = render(facts, "tex", show="value,name,formula,local,grad")
        (tmp_path / f"{name}.tex").write_bytes(source)
        assert "(1 page," in compiled(pdflatex, tmp_path, f"{name}.tex")
        found = subprocess.run(
            [pdftotext, f"{name}.pdf", "-"], cwd=tmp_path, capture_output=True, check=True
        ).stdout.decode()
        assert "PWNED" not in found
    assert not (tmp_path / "pwned").exists()


def test_it_is_a_part_of_a_beamer_frame(program: Program, tmp_path: Path) -> None:
    pdflatex = program("pdflatex")
    (tmp_path / "s1.tex").write_bytes(render(samples.s1(), "tex"))
    (tmp_path / "net.tex").write_bytes(render(samples.network(), "tex"))
    deck = r"""\documentclass{beamer}
\usepackage{tikz}
\begin{document}
\begin{frame}{First} \input{s1.tex} after \end{frame}
\begin{frame}{Second} \resizebox{\textwidth}{!}{\input{net.tex}} \end{frame}
\end{document}
"""
    (tmp_path / "deck.tex").write_text(deck, encoding="utf-8")
    assert "(2 pages," in compiled(pdflatex, tmp_path, "deck.tex")
