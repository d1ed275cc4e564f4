"""Written derivations: LaTeX that compiles, HTML without network, Markdown and text, escaped."""

import json
import re
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import FormatError
from graphtrace.render.derivation import (
    check_format,
    derivation_formats,
    save_derivation,
    write_derivation,
)
from tests.render import hostile

Program = Callable[[str], str]


def s1() -> gt.Graph:
    return gt.parse("h1 = ln(x); h2 = exp(y); h3 = h2*z; f = h1 + h3", x=1, y=3, z=2)


def layers() -> gt.Graph:
    def loss(W: np.ndarray, b: np.ndarray, V: np.ndarray, x: np.ndarray, y: np.ndarray) -> Any:
        z = W @ x + b
        a = gt.nn.leaky_relu(z, 0.01)
        p = gt.nn.softmax(V @ a)
        return -np.sum(y * np.log(p))

    rng = np.random.default_rng(0)
    shapes = ((4, 3), (4,), (2, 4), (3,))
    return gt.trace(loss, *(rng.normal(size=shape) for shape in shapes), np.array([0.0, 1.0]))


def named(names: tuple[str, ...]) -> gt.Graph:
    def f(params: dict[str, float]) -> float:
        total = 1.0
        for value in params.values():
            total = total * value
        return total

    return gt.trace(f, dict.fromkeys(names, 2.0))


def wide() -> gt.Graph:
    """Return a graph whose lines are longer than a page is wide."""
    text = "; ".join(f"total_of_part_{n + 1} = total_of_part_{n}*w + w/3" for n in range(9))
    return gt.parse(text, total_of_part_0=-1.25, w=1e-7)


GRAPHS = {
    "s1": s1,
    "layers": layers,
    "hostile": lambda: named(hostile.NAMES),
    "wide": wide,
}


@pytest.mark.parametrize("name", GRAPHS)
def test_latex_compiles(program: Program, tmp_path: Path, name: str):
    pdflatex, pdftotext = program("pdflatex"), program("pdftotext")
    (tmp_path / "pwned.tex").write_text("PWNED", encoding="utf-8")
    source = GRAPHS[name]().explain(format="tex", symbolic="both")
    assert source.isascii()
    (tmp_path / "f.tex").write_text(source, encoding="utf-8")
    done = subprocess.run(
        [pdflatex, "-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "f.tex"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    log = (tmp_path / "f.log").read_text(encoding="utf-8", errors="replace")
    wrong = [line for line in log.splitlines() if line.startswith("!")]
    assert (done.returncode, wrong) == (0, []), wrong
    assert "Missing character" not in log
    if name != "hostile":
        assert "Overfull" not in log
    found = subprocess.run(
        [pdftotext, "-layout", "f.pdf", "-"], cwd=tmp_path, capture_output=True, check=True
    ).stdout.decode()
    assert "Forward pass" in found
    assert "PWNED" not in found
    assert not (tmp_path / "pwned").exists()
    if name == "s1":
        assert "40.17" in found


class Page(HTMLParser):
    """What a page consists of, and what it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [f"{key}={value}" for key, value in attrs if key in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("name", GRAPHS)
def test_html_is_one_file_that_fetches_nothing(name: str):
    text = GRAPHS[name]().explain(format="html", symbolic="both")
    page = Page()
    page.feed(text)
    assert page.fetched == []
    assert not {"script", "link", "img", "iframe", "b"} & set(page.tags)
    assert "url(" not in text
    assert page.tags.count("math") > (0 if name == "hostile" else 10)
    assert "Forward pass" in page.words
    if name == "hostile":
        assert "<script" in page.words
        assert page.tags.count("bdi") > 0
    if name == "layers":
        assert "\U0001d7cf" in page.words


def test_html_in_a_browser(program: Program, tmp_path: Path):
    chromium = program("chromium")
    (tmp_path / "f.html").write_text(s1().explain(format="html"), encoding="utf-8")
    done = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "f.html"],
        cwd=tmp_path, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    page = Page()
    page.feed(done.stdout.decode())
    assert "mfrac" in page.tags
    assert page.tags.count("section") == 6


def test_markdown_has_displayed_formulas():
    found = s1().explain(format="md").splitlines()
    assert found[0] == "# Gradient of f by hand"
    assert "## 3. Forward pass" in found
    assert r"$$h_{3} = h_{2} \cdot z = 20.09 \cdot 2 = 40.17$$" in found
    (line,) = [line for line in found if line.startswith(r"$$y \to h_{2} \to h_{3} \to f")]
    assert line.endswith(r"= 1 \cdot 2 \cdot 20.09 = 40.17$$")


def test_markdown_of_hostile_names_has_no_tags_and_no_open_formulas():
    found = named(hostile.NAMES).explain(format="md")
    for line in found.splitlines():
        plain = re.sub(r"\\.", "", line)
        assert "<" not in plain
        assert "$" not in plain.removeprefix("$$").removesuffix("$$")
        assert plain.count("$$") in (0, 2)
    layered = layers().explain(format="md")
    assert not re.search(r"[<>]", layered)
    assert r"\gt " in layered


def test_text_has_one_line_for_each():
    found = s1().explain().splitlines()
    assert found[0] == "Gradient of f by hand"
    assert "  ∂f/∂h₂ = ∂f/∂h₃ · ∂h₃/∂h₂ = 1 · z = 1 · 2 = 2" in found
    ugly = named(hostile.NAMES).explain()
    assert "\u202e" not in ugly
    assert "\x00" not in ugly


def test_json_has_text_and_latex():
    found = json.loads(s1().explain(format="json"))
    assert set(found) == {"title", "program", "sections", "remarks"}
    (forward,) = [part for part in found["sections"] if part["title"] == "Forward pass"]
    assert forward["lines"][0] == {
        "text": "h₁ = ln(x) = ln(1) = 0",
        "latex": r"h_{1} = \ln(x) = \ln(1) = 0",
        "note": "",
    }


@pytest.mark.parametrize("format", derivation_formats())
def test_the_same_graph_gives_the_same_bytes(format: str):  # noqa: A002
    assert layers().explain(format=format, symbolic="both") == layers().explain(
        format=format, symbolic="both"
    )


def test_files_are_whole_or_absent(tmp_path: Path):
    found = s1().derivation()
    save_derivation(found, tmp_path / "f.md")
    assert (tmp_path / "f.md").read_text(encoding="utf-8") == write_derivation(found, "markdown")
    with pytest.raises(FormatError, match=r"known: html, json, md, tex, txt"):
        save_derivation(found, tmp_path / "f.docx")
    with pytest.raises(FormatError, match="no extension"):
        check_format(tmp_path / "f", None)
    with pytest.raises(FormatError, match="cannot write"):
        save_derivation(found, tmp_path / "none" / "f.md")
    assert [path.name for path in tmp_path.iterdir()] == ["f.md"]
