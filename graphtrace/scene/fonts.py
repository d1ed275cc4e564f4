"""Widths of text, read from the metrics of the fonts that are shipped with the package."""

import struct
from bisect import bisect_left
from functools import cache, lru_cache
from pathlib import Path

__all__ = ["FAMILY", "font_files", "text_width"]

FOLDER = Path(__file__).resolve().parent.parent / "fonts"
# Verdana has almost the same widths, for readers without the shipped font.
FAMILY = "'DejaVu Sans', Verdana, 'Bitstream Vera Sans', sans-serif"


def font_files() -> list[str]:
    """Return the paths of the shipped font files, upright first."""
    return [str(FOLDER / "DejaVuSans.ttf"), str(FOLDER / "DejaVuSans-Oblique.ttf")]


class _Metrics:
    """Advance widths of one TrueType file (tables head, hhea, hmtx and cmap format 4)."""

    def __init__(self, path: str) -> None:
        data = Path(path).read_bytes()
        count = struct.unpack_from(">H", data, 4)[0]
        tables: dict[bytes, int] = {}
        for index in range(count):
            tag, _, offset, _ = struct.unpack_from(">4sIII", data, 12 + 16 * index)
            tables[tag] = offset
        self._data, self._hmtx = data, tables[b"hmtx"]
        self._em = struct.unpack_from(">H", data, tables[b"head"] + 18)[0]
        self._last = struct.unpack_from(">H", data, tables[b"hhea"] + 34)[0] - 1
        start = self._format4(tables[b"cmap"])
        size = struct.unpack_from(">H", data, start + 6)[0] // 2
        self._ends = struct.unpack_from(f">{size}H", data, start + 14)
        self._starts = struct.unpack_from(f">{size}H", data, start + 16 + 2 * size)
        self._deltas = struct.unpack_from(f">{size}H", data, start + 16 + 4 * size)
        self._ranges_at = start + 16 + 6 * size

    def _format4(self, cmap: int) -> int:
        count = struct.unpack_from(">H", self._data, cmap + 2)[0]
        for index in range(count):
            offset = cmap + struct.unpack_from(">I", self._data, cmap + 8 + 8 * index)[0]
            if struct.unpack_from(">H", self._data, offset)[0] == 4:
                return int(offset)
        raise ValueError("the font has no character map of format 4")

    def _glyph(self, code: int) -> int:
        segment = bisect_left(self._ends, code)
        if code > 0xFFFF or segment == len(self._ends) or code < self._starts[segment]:
            return 0
        at = self._ranges_at + 2 * segment
        offset: int = struct.unpack_from(">H", self._data, at)[0]
        if offset == 0:
            return (code + int(self._deltas[segment])) & 0xFFFF
        where = at + offset + 2 * (code - self._starts[segment])
        glyph: int = struct.unpack_from(">H", self._data, where)[0]
        return (glyph + int(self._deltas[segment])) & 0xFFFF if glyph else 0

    @cache  # noqa: B019 - two fonts live as long as the process
    def width(self, char: str) -> float:
        glyph = self._glyph(ord(char))
        if glyph == 0:
            # A reader's fall-back font draws it; emoji and ideographs are about one em and more.
            return 1.2
        at = self._hmtx + 4 * min(glyph, self._last)
        return float(struct.unpack_from(">H", self._data, at)[0] / self._em)


@cache
def _metrics(italic: bool) -> _Metrics:
    return _Metrics(font_files()[1 if italic else 0])


@lru_cache(maxsize=8192)
def text_width(text: str, size: float, italic: bool = False) -> float:
    """Return the width of a line of text in points."""
    metrics = _metrics(italic)
    return size * sum(metrics.width(char) for char in text)
