"""PDF: one page for each step, the SVG of each as vectors with the shipped fonts embedded."""

import json

from graphtrace.render.pdf import compiled
from graphtrace.render.svg import svg_text
from graphtrace.render.theme import Theme
from graphtrace.slides.deck import Deck

__all__ = ["pdf_deck"]

# The whole program: pages come as data, so that none of them is read as Typst.
PROGRAM = b"""#set document(title: sys.inputs.title, date: none)
#set page(width: float(sys.inputs.width) * 1pt, height: float(sys.inputs.height) * 1pt, margin: 0pt)
#set text(lang: "en")
#for page in json(bytes(sys.inputs.pages)) {
  image(bytes(page.svg), format: "svg", alt: page.alt, width: 100%)
}"""


def pdf_deck(deck: Deck, theme: Theme) -> bytes:
    """Return a deck as PDF, of the deck's size in points.

    Raises
    ------
    FormatError: where Typst is not installed.
    """
    pages = [
        {"svg": svg_text(frame.page, theme, prefix=""), "alt": frame.said} for frame in deck.frames
    ]
    inputs = {
        "title": deck.title,
        "width": f"{deck.width:g}",
        "height": f"{deck.height:g}",
        "pages": json.dumps(pages),
    }
    return compiled(PROGRAM, inputs)
