"""PDF: one page for each step, the SVG of each as vectors with the shipped fonts embedded."""

from graphtrace.render.pdf import paged_pdf
from graphtrace.render.svg import svg_text
from graphtrace.render.theme import Theme
from graphtrace.slides.deck import Deck

__all__ = ["pdf_deck"]


def pdf_deck(deck: Deck, theme: Theme) -> bytes:
    """Return a deck as PDF, of the deck's size in points.

    Raises
    ------
    FormatError: where Typst is not installed.
    """
    pages = [(svg_text(frame.page, theme, prefix=""), frame.said) for frame in deck.frames]
    return paged_pdf(deck.title, (deck.width, deck.height), pages)
