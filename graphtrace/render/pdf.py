"""PDF: the SVG as vectors with the shipped fonts embedded, without dates; one page, its size."""

import json
from collections.abc import Iterable

from graphtrace.errors import FormatError
from graphtrace.render.svg import svg_text
from graphtrace.render.theme import Theme
from graphtrace.scene.fonts import FOLDER
from graphtrace.scene.model import Scene
from graphtrace.scene.needs import need
from graphtrace.scene.typeset import printable

__all__ = ["LARGEST", "compiled", "paged_pdf", "pdf_bytes"]

LARGEST = 14_400
"""The longest side of a page, in points (ISO 32000-1, annex C)."""

# An SVG counts pixels, 96 to an inch; a page counts points, 72 to an inch.
PIXELS = 4 / 3
# The whole program: names and pictures come as data, so that none of them is read as Typst.
PROGRAM = b"""#set document(title: sys.inputs.title, date: none)
#set page(width: auto, height: auto, margin: 0pt)
#set text(lang: "en")
#image(bytes(sys.inputs.svg), format: "svg", alt: sys.inputs.alt)"""
PAGES = b"""#set document(title: sys.inputs.title, date: none)
#set page(width: float(sys.inputs.width) * 1pt, height: float(sys.inputs.height) * 1pt, margin: 0pt)
#set text(lang: "en")
#for page in json(bytes(sys.inputs.pages)) {
  image(bytes(page.svg), format: "svg", alt: page.alt, width: 100%)
}"""


def pdf_bytes(scene: Scene, theme: Theme, *, scale: float = 1.0) -> bytes:
    """Return the scene as PDF, `scale` points of the page to one of the scene.

    Raises
    ------
    FormatError: where Typst is not installed.
    """
    titles = "; ".join(node.title for node in scene.nodes)
    inputs = {
        "svg": svg_text(scene, theme, prefix="", scale=scale * PIXELS),
        "title": printable(scene.title),
        "alt": printable(f"{scene.description} {titles}"),
    }
    return compiled(PROGRAM, inputs)


def paged_pdf(title: str, size: tuple[float, float], pages: Iterable[tuple[str, str]]) -> bytes:
    """Return pages of one size in points as PDF, each an SVG with what it says in words.

    Raises
    ------
    FormatError: where Typst is not installed.
    """
    inputs = {
        "title": title,
        "width": f"{size[0]:g}",
        "height": f"{size[1]:g}",
        "pages": json.dumps([{"svg": svg, "alt": words} for svg, words in pages]),
    }
    return compiled(PAGES, inputs)


def compiled(program: bytes, inputs: dict[str, str]) -> bytes:
    """Return the PDF of a Typst program, with the shipped fonts and nothing else of this machine.

    Raises
    ------
    FormatError: where Typst is not installed, and for what it refuses.
    """
    typst = need("typst", "typst", "PDF", extra="pdf")
    try:
        made = typst.compile(
            program,
            format="pdf",
            sys_inputs=inputs,
            font_paths=[str(FOLDER)],
            ignore_system_fonts=True,
        )
    except RuntimeError as error:
        raise FormatError(f"the PDF could not be written: {error}; try -o f.svg") from error
    return bytes(made)
