"""PDF and PPTX: opened by the programs that people open them with; nothing in them is a picture."""

import io
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from graphtrace.annotate.facts import GraphFacts
from graphtrace.formula.names import latex_name
from graphtrace.render import render
from graphtrace.render.runs import runs
from graphtrace.scene.typeset import math
from tests.render import hostile
from tests.scene import samples

Oracle = Callable[[str], ModuleType]
Program = Callable[[str], str]
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


def test_a_pdf_has_type_that_can_be_selected_and_no_images(
    oracle: Oracle, program: Program, tmp_path: Path
) -> None:
    oracle("typst")
    pdftotext = program("pdftotext")
    for name, facts in (("s2", samples.s2()), ("card", samples.softmax(nan=True))):
        data = render(facts, "pdf")
        (tmp_path / f"{name}.pdf").write_bytes(data)
        assert b"Date" not in data.replace(b"/Datetime", b"")
        assert len(run(tmp_path, "pdfimages", "-list", f"{name}.pdf").splitlines()) == 2
        fonts = run(tmp_path, "pdffonts", f"{name}.pdf").splitlines()[2:]
        assert fonts
        # The columns "emb" and "sub": every font is embedded, as the characters that are used.
        assert all("DejaVuSans" in font and " yes yes " in font for font in fonts)
    assert {"2", "17", "14", "7"} <= set(run(tmp_path, pdftotext, "s2.pdf", "-").split())
    assert "float64[100, 50]" in run(tmp_path, pdftotext, "card.pdf", "-")


def test_a_pdf_is_as_large_as_asked_for(oracle: Oracle, program: Program, tmp_path: Path) -> None:
    oracle("typst")
    program("pdftotext")
    (tmp_path / "f.pdf").write_bytes(render(samples.s1(), "pdf", width=360))
    assert "Page size:       360 x" in run(tmp_path, "pdfinfo", "f.pdf")


def test_hostile_names_stay_text_in_a_pdf(oracle: Oracle, program: Program, tmp_path: Path) -> None:
    oracle("typst")
    data = render(hostile.graph(), "pdf")
    for action in (b"/JavaScript", b"/JS", b"/URI", b"/Launch", b"/OpenAction", b"/EmbeddedFile"):
        assert action not in data
    pdftotext = program("pdftotext")
    (tmp_path / "f.pdf").write_bytes(data)
    found = run(tmp_path, pdftotext, "-layout", "f.pdf", "-")
    for words in ("params[<b>]", "params[&amp;]", "params[</text><sc…", r"params[\write18{t…"):
        assert words in found
    assert "Pages:           1" in run(tmp_path, "pdfinfo", "f.pdf")


def opened(oracle: Oracle, facts: GraphFacts) -> Any:
    reader = oracle("pptx")
    return reader.Presentation(io.BytesIO(render(facts, "pptx"))).slides[0]


def leaves(shapes: Any) -> list[Any]:
    found = []
    for shape in shapes:
        found += leaves(shape.shapes) if hasattr(shape, "shapes") else [shape]
    return found


def test_a_slide_has_native_shapes_and_text(oracle: Oracle) -> None:
    slide = opened(oracle, samples.s1())
    kinds = oracle("pptx.enum.shapes").MSO_SHAPE_TYPE
    every = leaves(slide.shapes)
    assert not any(shape.shape_type == kinds.PICTURE for shape in every)
    words = [shape.text_frame.text for shape in every if shape.has_text_frame]
    assert {"x", "h1", "20.09", "40.17", "ln", "exp", "×", "+"} <= set(words)
    # The operator is the circle's own text, and each node is one group that moves as a whole.
    circles = [
        s for s in every if s.has_text_frame and s.text_frame.text in ("ln", "exp", "×", "+")
    ]
    assert len(circles) == 4
    assert all(circle.auto_shape_type.name == "OVAL" for circle in circles)
    groups = [shape for shape in slide.shapes if shape.shape_type == kinds.GROUP]
    assert len(groups) == 7
    assert groups[0]._element.nvGrpSpPr.cNvPr.get("descr").startswith("x = 1: input")
    ids = [shape.shape_id for shape in every + groups]
    assert len(set(ids)) == len(ids)


def test_straight_wires_are_connectors_that_hold_on_to_both_ends(oracle: Oracle) -> None:
    slide = opened(oracle, samples.s1())
    every = {shape.shape_id: shape for shape in leaves(slide.shapes)}
    glued = [
        ends
        for shape in every.values()
        for ends in shape._element.iter("{*}cNvCxnSpPr")
        if len(ends) == 2
    ]
    assert len(glued) >= 3
    for start, end in glued:
        for place in (start, end):
            assert every[int(place.get("id"))].auto_shape_type.name == "OVAL"


def test_scripts_are_raised_and_lowered_text(oracle: Oracle) -> None:
    slide = opened(oracle, samples.s1())
    lowered = [
        (shape.text_frame.text, run.text)
        for shape in leaves(slide.shapes)
        if shape.has_text_frame
        for run in shape.text_frame.paragraphs[0].runs
        if run._r.find(f"{A}rPr").get("baseline", "0").startswith("-")
    ]
    assert {("h1", "1"), ("h2", "2"), ("h3", "3")} <= set(lowered)


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (latex_name("h1"), "h_1"),
        (r"W^{[2]}", "W^[2]"),
        (r"1 - h_{1}^{2}", "1 − h_1^2"),
        (r"-\frac{a}{y^{2}}", "−a/y^2"),
        (r"\frac{\partial f}{\partial x}", "∂f/∂x"),
        (r"\frac{a + b}{c}", "(a + b)/c"),
        (r"W_{1}^{\top} \delta", "W_1^⊤δ"),
        (r"\ln x", "ln x"),
        (r"\mathrm{softmax}(z)", "softmax(z)"),
        (r"\hat{x}", "x\u0302"),
        (r"\sqrt{x+1}", "√(x + 1)"),
    ],
)
def test_a_formula_is_runs_of_text(tex: str, text: str) -> None:
    mark = {0: "", 1: "^", -1: "_"}
    found = "".join(mark[run.level] + run.text for run in runs(math(tex, "", "name", 12.0)))
    assert found == text


def test_hostile_names_stay_text_on_a_slide(oracle: Oracle) -> None:
    oracle("pptx")
    data = render(hostile.graph(), "pptx")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        xml = parts.read("ppt/slides/slide1.xml")
    fromstring(xml)  # noqa: S314 - our own output
    assert b"hlinkClick" not in xml
    slide = opened(oracle, hostile.graph())
    words = [shape.text_frame.text for shape in leaves(slide.shapes) if shape.has_text_frame]
    assert {"params[<b>]", "params[&amp;]"} <= set(words)
    assert max(map(len, words)) < 100
    titles = [shape._element.nvGrpSpPr.cNvPr.get("descr") for shape in slide.shapes
              if hasattr(shape, "shapes")]  # fmt: skip
    assert any(hostile.LONG in title for title in titles)


def test_libreoffice_opens_slides(oracle: Oracle, program: Program, tmp_path: Path) -> None:
    oracle("pptx")
    soffice, pdftotext = program("soffice"), program("pdftotext")
    names = {"s1": samples.s1(), "card": samples.softmax(nan=True), "hostile": hostile.graph()}
    for name, facts in names.items():
        (tmp_path / f"{name}.pptx").write_bytes(render(facts, "pptx"))
    # A profile of its own, so that tests in parallel do not wait for each other.
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    files = [f"{name}.pptx" for name in names]
    run(tmp_path, soffice, profile, "--headless", "--convert-to", "pdf", *files)
    for name in names:
        assert "Pages:           1" in run(tmp_path, "pdfinfo", f"{name}.pdf")
        assert len(run(tmp_path, "pdfimages", "-list", f"{name}.pdf").splitlines()) == 2
    found = run(tmp_path, pdftotext, "s1.pdf", "-")
    assert all(word in found for word in ("20.09", "40.17", "exp", "ln"))
    assert "float64[100, 50]" in run(tmp_path, pdftotext, "card.pdf", "-")
    assert "params[<b>]" in run(tmp_path, pdftotext, "hostile.pdf", "-")
