"""Formulas as runs of text with scripts, for formats that have no mathematics of their own."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from xml.etree.ElementTree import Element, fromstring

from graphtrace.scene.model import Text
from graphtrace.scene.needs import need

__all__ = ["ACCENTS", "UNSEEN", "Run", "mathml", "runs"]

# Invisible signs of MathML: a function is applied, factors, a separator.
UNSEEN = str.maketrans("", "", "\u2061\u2062\u2063\u2064\u200b")
SCRIPTS = {"msub": (0, -1), "msup": (0, 1), "msubsup": (0, -1, 1), "munder": (0, -1),
           "mover": (0, 1), "munderover": (0, -1, 1)}  # fmt: skip
ACCENTS = {"^": "\u0302", "¯": "\u0304", "―": "\u0304", "~": "\u0303", "→": "\u20d7",
           "˙": "\u0307", "¨": "\u0308"}  # fmt: skip
RELATIONS = frozenset("=<>≤≥≠≈→↦∈") | {"mod"}
SIGNS = frozenset("+-−")
# What may stand beside the stroke of a fraction without brackets: a number, a word, ∂ of a word.
BARE = re.compile(r"\d[\d.]*|∂?[^\W\d]+")


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one kind; `level` is 1 for a superscript, -1 for a subscript, else 0."""

    text: str
    italic: bool = False
    level: int = 0


def runs(ink: Text) -> tuple[Run, ...]:
    """Return a label's text: a formula with its scripts, anything else in one run."""
    found = _formula(ink.tex) if ink.tex else None
    return found or (Run(ink.text, ink.italic),)


@lru_cache(maxsize=4096)
def _formula(tex: str) -> tuple[Run, ...] | None:
    """Return a formula's runs, or None where it cannot be read."""
    root = mathml(tex)
    if root is None:
        return None
    joined: list[Run] = []
    for run in _spaced(_walk(root, 0)):
        last = joined[-1] if joined else None
        if last and (last.italic, last.level) == (run.italic, run.level):
            joined[-1] = Run(last.text + run.text, run.italic, run.level)
        elif run.text:
            joined.append(run)
    return tuple(joined)


def mathml(tex: str) -> Element | None:
    """Return a formula as MathML, or None where it cannot be read."""
    convert = need("latex2mathml.converter", "ziamath", "mathematical type").convert
    try:
        return fromstring(convert(tex))  # noqa: S314 - made here, from a formula that was typeset
    except Exception:  # noqa: BLE001 - malformed input raises assorted errors of that package
        return None


def _spaced(found: Iterable[Run]) -> Iterator[Run]:
    """Yield the runs with spaces around relations and signs, and after functions' names."""
    before = ""
    for run in found:
        text = run.text
        if not run.level:
            binary = text in SIGNS and before and before[-1] not in "(/[=<>, "
            if text in RELATIONS or binary:
                text = f" {text} "
            elif text == ",":
                text = ", "
            elif text[:1].isalnum() and len(before) > 1 and before.isalpha():
                text = " " + text
        before = text or before
        yield Run(text, run.italic, run.level)


def _walk(element: Element, level: int) -> Iterator[Run]:
    """Yield the runs of an element; scripts of scripts stay at the first level."""
    tag = element.tag.rpartition("}")[2]
    parts = list(element)
    if tag in SCRIPTS and len(parts) == len(SCRIPTS[tag]):
        accent = ACCENTS.get(_letters(parts[1])) if tag == "mover" else None
        if accent:
            yield from _accented(parts[0], accent, level)
            return
        for part, shift in zip(parts, SCRIPTS[tag], strict=True):
            yield from _walk(part, level or shift)
    elif tag == "mfrac" and len(parts) == 2:
        yield from _enclosed(parts[0], level)
        yield Run("/", level=level)
        yield from _enclosed(parts[1], level)
    elif tag == "msqrt":
        yield Run("√(", level=level)
        for part in parts:
            yield from _walk(part, level)
        yield Run(")", level=level)
    elif tag == "mspace":
        yield Run(" ", level=level)
    elif parts:
        for part in parts:
            yield from _walk(part, level)
    else:
        yield _leaf(tag, element, level)


def _leaf(tag: str, element: Element, level: int) -> Run:
    text = (element.text or "").translate(UNSEEN)
    upright = element.get("mathvariant") in ("normal", "bold") or not text.isalpha()
    return Run(text, tag == "mi" and len(text) == 1 and not upright, level)


def _letters(element: Element) -> str:
    return "".join(element.itertext()).translate(UNSEEN)


def _accented(base: Element, accent: str, level: int) -> Iterator[Run]:
    *before, last = _walk(base, level)
    yield from before
    yield Run(last.text + accent, last.italic, last.level)


def _enclosed(element: Element, level: int) -> Iterator[Run]:
    """Yield a numerator or denominator, in brackets where it has several parts."""
    inner = list(_walk(element, level))
    base = "".join(run.text for run in inner if run.level == level)
    bare = BARE.fullmatch(base) is not None
    yield from inner if bare else (Run("(", level=level), *inner, Run(")", level=level))
