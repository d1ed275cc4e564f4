"""Decks of pages: PDF and Beamer."""

import subprocess

import pytest

import graphtrace as gt
from graphtrace.slides.save import make_slides, save_slides


def facts():
    return gt.parse("f = ln(x) + exp(y)*z", x=1, y=3, z=2).backward().facts()


def product():
    return gt.parse("y = w*(v + w*u)", w=2, u=1, v=1).backward().facts()


def test_a_pdf_has_a_page_for_each_step_and_no_picture(oracle, program, tmp_path):
    oracle("typst")
    made = save_slides([facts(), product()], tmp_path / "deck.pdf")
    lines = _run(program("pdfinfo"), tmp_path / "deck.pdf").splitlines()
    info = dict(line.split(":", 1) for line in lines if ":" in line)
    assert int(info["Pages"]) == made.pages
    assert info["Page size"].split()[:3] == ["960", "x", "540"]
    images = _run(program("pdfimages"), "-list", tmp_path / "deck.pdf")
    assert len(images.splitlines()) == 2, "raster pictures in the PDF"
    text = _run(program("pdftotext"), tmp_path / "deck.pdf", "-")
    assert "Backward: gradient of h₂" in text
    assert "Backward: sum at w" in text


def test_beamer_compiles_with_an_overlay_for_each_step(program, tmp_path):
    made = save_slides([facts(), product()], tmp_path / "deck.tex")
    done = subprocess.run(
        [program("pdflatex"), "-interaction=nonstopmode", "-halt-on-error", "deck.tex"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode("latin-1")[-2000:]
    assert f"({made.pages} pages" in done.stdout.decode("latin-1").replace("\n", "")
    pages = [_page(program, tmp_path / "deck.pdf", k) for k in range(1, made.pages + 1)]
    assert [page.split("/")[0].split()[-1] for page in pages if "/" in page][:3] == ["2", "3", "4"]
    # The value of h3 appears at its own step, the sixth.
    assert ["40.17" in page for page in pages[:8]] == [False] * 5 + [True] * 3
    assert "The graph" in pages[1]
    assert "The gradients of the inputs" in pages[20]
    assert "The graph" in pages[22]


def _page(program, path, number):
    return _run(program("pdftotext"), "-f", str(number), "-l", str(number), path, "-")


def _run(*command):
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


HOSTILE = r"\write18{touch x} $a$ & <b> %\end{document}"


@pytest.mark.parametrize("kind", ["tex"])
def test_a_hostile_title_stays_text(kind, program, tmp_path):
    x = gt.Graph()
    v = x.inputs(**{HOSTILE: 2.0})
    y = v * v
    gt.name(y, HOSTILE)
    save_slides([x.backward().facts()], tmp_path / f"deck.{kind}", title=HOSTILE)
    done = subprocess.run(
        [program("pdflatex"), "-interaction=nonstopmode", "-halt-on-error", f"deck.{kind}"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode("latin-1")[-2000:]
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("kind", ["pdf", "tex"])
def test_two_runs_give_the_same_bytes(kind, oracle):
    if kind == "pdf":
        oracle("typst")
    assert make_slides([facts()], kind).data == make_slides([facts()], kind).data


def test_an_answer_not_shown_yet_is_not_in_the_page(oracle):
    oracle("typst")
    from graphtrace.render.svg import svg_text
    from graphtrace.render.theme import THEMES
    from graphtrace.scene.options import Options
    from graphtrace.slides.deck import make_deck
    from graphtrace.slides.storyboard import make_storyboard

    deck = make_deck([make_storyboard(facts())], Options())
    assert "40.17" not in svg_text(deck.frames[4].page, THEMES["light"])
    assert "40.17" in svg_text(deck.frames[5].page, THEMES["light"])
