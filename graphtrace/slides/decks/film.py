"""GIF and WebP: the steps one after the other, each for a while, over and over."""

import io
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphtrace.errors import FormatError
from graphtrace.render.png import png_bytes
from graphtrace.render.theme import Theme
from graphtrace.scene.needs import need
from graphtrace.slides.deck import Deck

__all__ = ["DELAY", "LAST", "gif_deck", "webp_deck"]

DELAY, LAST = 1.5, 2.5
"""Seconds that a step is shown for, and how many times as long the last one is."""
SCALE = 4 / 3
"""Pixels per point: 1280 × 720 for a page of 960 × 540."""
COLOURS = 255
"""Of 256 colours one says that a pixel stays as it was in the frame before."""
EXACT = 64
"""As many colours, the most frequent ones, are kept as they are."""
EVERY = 1 << 24


def gif_deck(deck: Deck, theme: Theme, delay: float = DELAY) -> bytes:
    """Return a deck as an animated GIF, `delay` seconds a step; all frames share one palette.

    Raises
    ------
    FormatError: where Pillow is not installed.
    """
    image = _pillow("GIF")
    pages = _pages(deck, theme)
    palette, nearest = _palette(image, pages)
    frames = list(_indexed(image, pages, palette, nearest))
    out = io.BytesIO()
    frames[0].save(
        out, "GIF", save_all=True, append_images=frames[1:], duration=_times(deck, delay), loop=0,
        disposal=1, optimize=False, transparency=COLOURS,
    )  # fmt: skip
    return out.getvalue()


def webp_deck(deck: Deck, theme: Theme, delay: float = DELAY) -> bytes:
    """Return a deck as an animated WebP without loss, `delay` seconds a step.

    Raises
    ------
    FormatError: where Pillow is not installed, or was built without WebP.
    """
    image = _pillow("WebP")
    if not need("PIL.features", "pillow", "WebP", extra="film").check("webp"):
        raise FormatError("this Pillow was built without WebP: `pip install --upgrade pillow`")
    first, *rest = _pages(deck, theme)
    out = io.BytesIO()
    _opened(image, first).save(
        out, "WEBP", save_all=True, append_images=(_opened(image, page) for page in rest),
        duration=_times(deck, delay), loop=0, lossless=True, method=4,
    )  # fmt: skip
    return out.getvalue()


def _pillow(purpose: str) -> ModuleType:
    return need("PIL.Image", "pillow", purpose, extra="film")


def _pages(deck: Deck, theme: Theme) -> list[bytes]:
    """Return the pages as PNG: small enough that all of them may be in memory."""
    return [png_bytes(frame.page, theme, scale=SCALE) for frame in deck.frames]


def _opened(image: ModuleType, page: bytes) -> Any:
    return image.open(io.BytesIO(page)).convert("RGB")


def _times(deck: Deck, delay: float) -> list[int]:
    """Return how long each step is shown, in milliseconds; a GIF counts in hundredths."""
    usual = 10 * round(100 * delay)
    return [usual] * (len(deck.frames) - 1) + [10 * round(100 * LAST * delay)]


# -- one palette for all frames ---------------------------------------------------------------


def _packed(image: ModuleType, page: bytes) -> NDArray[np.int32]:
    """Return a page's pixels as one number for each colour."""
    parts = np.asarray(_opened(image, page), dtype=np.uint8)
    red, green, blue = (parts[:, :, at].astype(np.int32) for at in range(3))
    return (red << 16) | (green << 8) | blue


def _palette(
    image: ModuleType, pages: Sequence[bytes]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return at most 255 colours of all pages, and for every colour the number of the nearest."""
    number = np.zeros(EVERY, dtype=np.int32)
    for page in pages:
        number[_packed(image, page)] = 1
    colours = np.flatnonzero(number)
    number[colours] = np.arange(len(colours))
    counts = np.zeros(len(colours), dtype=np.int64)
    for page in pages:
        counts += np.bincount(number[_packed(image, page)].ravel(), minlength=len(colours))
    del number
    parts = np.stack([colours >> 16, (colours >> 8) & 255, colours & 255], axis=1)
    chosen = _chosen(image, parts.astype(np.uint8), counts)
    nearest = np.zeros(EVERY, dtype=np.uint8)
    for start in range(0, len(colours), 4096):
        some = slice(start, start + 4096)
        far = ((parts[some, None, :] - chosen[None].astype(np.int64)) ** 2).sum(axis=2)
        nearest[colours[some]] = far.argmin(axis=1)
    return chosen, nearest


def _chosen(
    image: ModuleType, parts: NDArray[np.uint8], counts: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Return the palette: the most frequent colours as they are, the others by median cut."""
    if len(parts) <= COLOURS:
        return parts
    order = np.argsort(-counts, kind="stable")
    exact, rest = parts[order[:EXACT]], order[EXACT:]
    # A colour counts by the root of its area, so that thin type is not lost to large shapes.
    often = np.maximum(np.sqrt(counts[rest] / counts[rest].max()) * 64, 1).astype(np.int64)
    row = image.fromarray(np.repeat(parts[rest], often, axis=0)[None])
    cut = row.quantize(colors=COLOURS - EXACT, method=image.Quantize.MEDIANCUT)
    others = np.array(cut.getpalette(), dtype=np.uint8).reshape(-1, 3)
    _, first = np.unique(both := np.concatenate([exact, others]), axis=0, return_index=True)
    return both[np.sort(first)]


def _indexed(
    image: ModuleType,
    pages: Iterable[bytes],
    palette: NDArray[np.uint8],
    nearest: NDArray[np.uint8],
) -> Iterator[Any]:
    """Yield the frames by numbers of colours; what stays is transparent after the first."""
    table = np.zeros((256, 3), dtype=np.uint8)
    table[: len(palette)] = palette
    before: NDArray[np.uint8] | None = None
    for page in pages:
        now = nearest[_packed(image, page)]
        change = now if before is None else np.where(now == before, np.uint8(COLOURS), now)
        frame = image.fromarray(change)
        frame.putpalette(table.tobytes())
        yield frame
        before = now
