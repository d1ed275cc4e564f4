"""The kinds of decks: one row each, by the ending of the file; a folder has none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from graphtrace.errors import FormatError, did_you_mean
from graphtrace.render.theme import Theme
from graphtrace.slides.deck import Deck

__all__ = ["DECKS", "DeckChoice", "DeckKind", "Files", "deck_named"]

Files = Mapping[str, bytes]
"""What is written besides a deck's own file, by a path relative to its folder."""


class DeckChoice(TypedDict, total=False):
    """What only some decks ask for.

    animate: one slide for each graph, with an animation for each step (PPTX).
    delay: seconds that each step is shown (GIF, WebP).
    images: ``"svg"`` or ``"png"`` for the pictures of a folder or a Markdown deck.
    """

    animate: bool
    delay: float
    images: str


@dataclass(frozen=True, slots=True)
class DeckKind:
    """A kind of deck.

    Attributes
    ----------
    name: the file's ending; ``""`` for a folder.
    words: what it is, for help.
    write: from a deck, a theme, what was chosen and the stem of the file's name to its bytes, and
        other files beside it. A folder has files only, its own bytes are empty.
    choices: those of `DeckChoice` that it knows.
    """

    name: str
    words: str
    write: Callable[[Deck, Theme, DeckChoice, str], tuple[bytes, Files]]
    choices: tuple[str, ...] = ()


def _pdf(deck: Deck, theme: Theme, choice: DeckChoice, stem: str) -> tuple[bytes, Files]:
    from graphtrace.slides.decks.pages import pdf_deck

    return pdf_deck(deck, theme), {}


def _tex(deck: Deck, theme: Theme, choice: DeckChoice, stem: str) -> tuple[bytes, Files]:
    from graphtrace.slides.decks.beamer import beamer_text

    return beamer_text(deck, theme).encode("utf-8", "backslashreplace"), {}


def _html(deck: Deck, theme: Theme, choice: DeckChoice, stem: str) -> tuple[bytes, Files]:
    from graphtrace.slides.decks.page import html_deck

    return html_deck(deck, theme).encode(), {}


def _gif(deck: Deck, theme: Theme, choice: DeckChoice, stem: str) -> tuple[bytes, Files]:
    from graphtrace.slides.decks.film import DELAY, gif_deck

    return gif_deck(deck, theme, choice.get("delay") or DELAY), {}


def _webp(deck: Deck, theme: Theme, choice: DeckChoice, stem: str) -> tuple[bytes, Files]:
    from graphtrace.slides.decks.film import DELAY, webp_deck

    return webp_deck(deck, theme, choice.get("delay") or DELAY), {}


def _md(deck: Deck, theme: Theme, choice: DeckChoice, stem: str) -> tuple[bytes, Files]:
    from graphtrace.slides.decks.marp import marp_deck

    text, files = marp_deck(deck, theme, stem, choice.get("images") or "svg")
    return text.encode("utf-8", "backslashreplace"), files


def _json(deck: Deck, theme: Theme, choice: DeckChoice, stem: str) -> tuple[bytes, Files]:
    from graphtrace.slides.decks.data import json_deck

    return json_deck(deck).encode(), {}


def _folder(deck: Deck, theme: Theme, choice: DeckChoice, stem: str) -> tuple[bytes, Files]:
    from graphtrace.slides.decks.pictures import picture_deck

    return b"", picture_deck(deck, theme, choice.get("images") or "svg")


def _pptx(deck: Deck, theme: Theme, choice: DeckChoice, stem: str) -> tuple[bytes, Files]:
    from graphtrace.slides.decks.pptx import pptx_deck

    return pptx_deck(deck, theme, animate=choice.get("animate", False)), {}


ROWS = (
    DeckKind("pdf", "one step a page, as vectors", _pdf),
    DeckKind("pptx", "native shapes, one slide a step or a click a step", _pptx, ("animate",)),
    DeckKind("tex", "Beamer: a frame for each graph, an overlay for each step", _tex),
    DeckKind("html", "one file for a browser, offline: arrow keys, notes, full screen", _html),
    DeckKind("gif", "the steps one after the other, in 255 colours", _gif, ("delay",)),
    DeckKind("webp", "the steps one after the other, without loss", _webp, ("delay",)),
    DeckKind("md", "Markdown for Marp, with the pictures beside it", _md, ("images",)),
    DeckKind("json", "the steps as data", _json),
    DeckKind("", "numbered pictures in a folder", _folder, ("images",)),
)
DECKS = {row.name: row for row in ROWS}


def deck_named(name: str) -> DeckKind:
    """Return a kind of deck by a file's ending, or raise a FormatError that names the known."""
    word = name.lower().lstrip(".")
    if word not in DECKS:
        known = ", ".join(sorted(name for name in DECKS if name))
        hint = did_you_mean(word, [name for name in DECKS if name])
        raise FormatError(
            f"unknown kind of deck {name!r}{hint if 'mean' in hint else ''}; known: {known}, or a"
            " folder: 'frames/'"
        )
    return DECKS[word]
