"""Measured type: plain text by the shipped font, mathematics from LaTeX as vector paths."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from warnings import catch_warnings, simplefilter
from xml.etree.ElementTree import Element

from graphtrace.annotate.summary import number
from graphtrace.formula.names import gradient_parts, latex_name, pretty_name
from graphtrace.scene.fonts import text_width
from graphtrace.scene.model import Text
from graphtrace.scene.needs import need

__all__ = ["math", "name", "plain", "plain_type", "printable", "short_numbers", "shorten"]

ASCENT, DESCENT = 0.76, 0.24
# A fraction is two lines high.
GRADIENT = 0.9
LONGEST_TEX = 400
WORD = re.compile(r"[\w\[\], .:']+(\^[\w(){}\[\]+,-]+)?")
LONG_NUMBER = re.compile(r"(?<![\w.])\d+\.\d{4,}(?![\w.])")
# A minus sign with nothing to subtract from: ziamath would leave room on both sides of it.
SIGN = re.compile(r"(^|[=(\[{,<>]|\\cdot|\\times)(\s*)-(?=[\s\w\\.])")
COMMAND = re.compile(r"\\([A-Za-z]+)")
# Spaces in path data that nothing needs.
SPACES = re.compile(r" (?=[-A-Za-z])|(?<=[A-Za-z]) ")
# Marks that reorder the text around them; a name must not rearrange the picture's other type.
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


_plain_type: ContextVar[bool] = ContextVar("plain_type", default=False)


@contextmanager
def plain_type(*, wanted: bool) -> Iterator[None]:
    """Set mathematics as plain Unicode meanwhile: in pictures with thousands of formulas.

    A formula takes some 5 ms to typeset, and nobody reads it there.
    """
    token = _plain_type.set(wanted)
    try:
        yield
    finally:
        _plain_type.reset(token)


def printable(text: str) -> str:
    """Return the text on one line, without what XML forbids or what reorders its surroundings."""
    if text.isprintable():
        return text
    return "".join(_safe(char) for char in text)


def _safe(char: str) -> str:
    kind = unicodedata.category(char)
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    if char in BIDI:
        return ""
    return "\ufffd" if kind == "Cs" or char in "\ufffe\uffff" else char


def shorten(text: str, limit: int) -> str:
    """Return at most `limit` characters, the last an ellipsis if any were cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plain(text: str, role: str, size: float, *, italic: bool = False, limit: int = 60) -> Text:
    """Return a measured line of text."""
    line = shorten(printable(text[: limit + 1]), limit)
    width = text_width(line, size, italic)
    return Text(line, role, size, width, ASCENT * size, DESCENT * size, italic)


def name(word: str, role: str, size: float, *, limit: int = 18) -> Text:
    """Return a variable's name in math type: `h1` as h₁, Greek words as letters."""
    if word and not word.strip("_ "):
        # A lone low line would read as a minus sign.
        return plain(f"\u201c{word}\u201d", role, size, limit=limit)
    if gradient_parts(word) and len(word) <= 2 * limit and all(map(_has_glyph, word)):
        return math(latex_name(word), pretty_name(word), role, GRADIENT * size)
    if len(word) > limit or not WORD.fullmatch(word) or not all(map(_has_glyph, word)):
        return plain(word, role, size, italic=True, limit=limit)
    return math(latex_name(word), pretty_name(word), role, size)


def math(
    tex: str, fallback: str, role: str, size: float, *, widest: float = 400.0, limit: int = 40
) -> Text:
    """Return LaTeX as vector paths; plain `fallback` if it does not parse or is too wide."""
    tex, fallback = short_numbers(tex), short_numbers(fallback)
    drawn = None if _plain_type.get() else _typeset(tex, size)
    if drawn is None or drawn[1] > widest:
        return plain(fallback, role, size, italic=True, limit=limit)
    art, width, ascent, descent = drawn
    return Text(printable(fallback), role, size, width, ascent, descent, art=art, tex=tex)


def short_numbers(formula: str) -> str:
    """Return a formula with its long decimals in four significant digits."""
    return LONG_NUMBER.sub(lambda match: number(float(match[0])), formula)


def _has_glyph(char: str) -> bool:
    """Tell whether the mathematics font has a character: Latin, Greek, symbols."""
    return " " <= char < "\u0400" or "\u2000" <= char < "\u2c00"


@lru_cache(maxsize=4096)
def _typeset(tex: str, size: float) -> tuple[str, float, float, float] | None:
    """Return path data, width, ascent and descent, or None when it cannot be typeset."""
    if not tex or len(tex) > LONGEST_TEX or not all(map(_has_glyph, tex)):
        return None
    if not all(map(_known, COMMAND.findall(tex))):
        return None
    with catch_warnings():
        # What these packages deprecate in each other is no business of users.
        simplefilter("ignore")
        drawing = _drawing(tex, size)
    if drawing is None:
        return None
    left, top, width, height = (float(part) for part in drawing.get("viewBox", "0 0 0 0").split())
    parts = [_path(element.tag, element.attrib) for element in drawing]
    if None in parts or not parts:
        return None
    art = SPACES.sub("", " ".join(part for part in parts if part))
    return art, left + width, -top, top + height


def _drawing(tex: str, size: float) -> Element | None:
    config = need("ziamath.config", "ziamath", "mathematical type").config
    latex = need("ziamath.zmath", "ziamath", "mathematical type").Latex
    # Plain paths only: nothing that depends on <symbol> or <use>.
    config.svg2, config.precision = False, 2
    try:
        drawn: Element = latex(SIGN.sub(r"\1\2{-}", tex), size=size, margin=0).svgxml()
    except Exception:  # noqa: BLE001 - malformed input raises assorted errors of three packages
        return None
    return drawn


def _path(tag: str, attributes: dict[str, str]) -> str | None:
    if tag == "path":
        return attributes["d"].strip()
    if tag == "rect":
        x, y, w, h = (float(attributes[key]) for key in ("x", "y", "width", "height"))
        return f"M {x:g} {y:g} h {w:g} v {h:g} h {-w:g} Z"
    return None


@lru_cache(maxsize=1024)
def _known(command: str) -> bool:
    """Tell whether ziamath renders a command; it would print an unknown one as its letters."""
    parser = need("latex2mathml.symbols_parser", "ziamath", "mathematical type")
    return command in _commands() or parser.convert_symbol("\\" + command) is not None


@cache
def _commands() -> frozenset[str]:
    commands = need("latex2mathml.commands", "ziamath", "mathematical type")
    words: set[str] = set()
    for value in vars(commands).values():
        found = [value] if isinstance(value, str) else value
        if isinstance(found, (list, tuple, set, frozenset, dict)):
            words.update(word[1:] for word in found if isinstance(word, str) and word[:1] == "\\")
    return frozenset(words)
