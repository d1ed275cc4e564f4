"""Pictures: each step one file, SVG or PNG."""

from collections.abc import Callable

from graphtrace.errors import FormatError, did_you_mean
from graphtrace.render.png import png_bytes
from graphtrace.render.svg import svg_text
from graphtrace.render.theme import Theme
from graphtrace.scene.model import Scene
from graphtrace.slides.deck import Deck

__all__ = ["numbered", "picture_deck", "writer"]


def picture_deck(deck: Deck, theme: Theme, images: str = "svg") -> dict[str, bytes]:
    """Return a deck as ``001.svg``, ``002.svg`` and so on, or as PNG of twice its size.

    Raises
    ------
    FormatError: for pictures of another kind.
    """
    draw = writer(theme, images)
    return {
        numbered(frame.number, len(deck.frames), images): draw(frame.page) for frame in deck.frames
    }


def writer(theme: Theme, images: str) -> Callable[[Scene], bytes]:
    """Return what makes a picture of a scene: ``"svg"`` or ``"png"``."""
    kinds: dict[str, Callable[[Scene], bytes]] = {
        "svg": lambda scene: svg_text(scene, theme).encode("utf-8", "backslashreplace"),
        "png": lambda scene: png_bytes(scene, theme),
    }
    if images not in kinds:
        raise FormatError(f"images are svg or png, not {images!r}{did_you_mean(images, kinds)}")
    return kinds[images]


def numbered(number: int, count: int, images: str) -> str:
    """Return a picture's name, such that names in order are steps in order."""
    return f"{number:0{max(3, len(str(count)))}}.{images}"
