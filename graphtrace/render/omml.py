"""Formulas as the native equations of office documents (ECMA-376, part 1, 22.1)."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element

from graphtrace.render.runs import ACCENTS, UNSEEN, mathml
from graphtrace.scene.needs import need
from graphtrace.scene.typeset import printable

__all__ = ["MATH", "omml"]

MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
# What MathML calls a construction, what OMML does, and the parts, in the same order in both.
BUILT = {
    "mfrac": ("f", ("num", "den")),
    "msub": ("sSub", ("e", "sub")),
    "msup": ("sSup", ("e", "sup")),
    "msubsup": ("sSubSup", ("e", "sub", "sup")),
    "munder": ("limLow", ("e", "lim")),
    "mover": ("limUpp", ("e", "lim")),
}
THIN, WIDE = "\u2009", "\u2003"
Look = Callable[[bool], Any]
Piece = tuple[str, str] | Any
"""Type of a style with its text, or an element."""


def omml(tex: str, look: Look) -> Any | None:
    """Return LaTeX as an element `m:oMath`, or None where it has more than is known here.

    `look` makes the properties of type, italic or not, for each piece.
    """
    root = _parsed(tex) if tex else None
    if root is None:
        return None
    writer = _Writer(look)
    try:
        return writer.filled("oMath", writer.row(root))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _parsed(tex: str) -> Element | None:
    return mathml(tex)


class _Writer:
    """One walk over MathML."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._etree: Any = need("lxml.etree", "python-pptx", "PPTX", extra="pptx")

    def filled(self, name: str, pieces: Iterable[Piece]) -> Any:
        """Return an element with pieces in it, neighbouring type of one style joined."""
        element = self._element(name)
        style, text = "", ""
        for piece in pieces:
            joined = isinstance(piece, tuple)
            if text and not (joined and piece[0] == style):
                element.append(self._run(style, text))
                text = ""
            if joined:
                style, text = piece[0], text + piece[1]
            else:
                element.append(piece)
        if text:
            element.append(self._run(style, text))
        return element

    def row(self, parent: Element) -> Iterator[Piece]:
        """Yield the pieces of what stands side by side."""
        parts = list(parent)
        if len(parts) > 1 and _fence(parts[0], "prefix") and _fence(parts[-1], "postfix"):
            yield self._bracketed(parts)
            return
        for part in parts:
            yield from self._pieces(part)

    def _pieces(self, element: Element) -> Iterator[Piece]:
        tag = element.tag.rpartition("}")[2]
        if tag in ("math", "mrow", "mstyle"):
            yield from self.row(element)
        elif tag in ("mi", "mo", "mn", "mtext"):
            yield _style(tag, element), _letters(tag, element)
        elif tag == "mspace":
            wide = float(element.get("width", "0").removesuffix("em") or 0) > 0.5
            yield "p", WIDE if wide else THIN
        elif tag == "msqrt":
            root = self._built("rad", ())
            root[0].insert(0, self._element("degHide", val="1"))
            root.append(self._element("deg"))
            root.append(self.filled("e", self.row(element)))
            yield root
        elif tag in BUILT and len(element) == len(BUILT[tag][1]):
            accent = ACCENTS.get("".join(element[1].itertext())) if tag == "mover" else None
            yield self._accented(element[0], accent) if accent else self._construction(element)
        else:
            raise ValueError(tag)

    def _construction(self, element: Element) -> Any:
        name, parts = BUILT[element.tag.rpartition("}")[2]]
        return self._built(name, zip(parts, element, strict=True))

    def _built(self, name: str, parts: Iterable[tuple[str, Element]]) -> Any:
        made = self._element(name)
        control = self._element("ctrlPr")
        control.append(self._look(True))
        properties = self._element(f"{name}Pr")
        properties.append(control)
        made.append(properties)
        for key, part in parts:
            made.append(self.filled(key, self._pieces(part)))
        return made

    def _accented(self, base: Element, accent: str) -> Any:
        made = self._built("acc", (("e", base),))
        made[0].insert(0, self._element("chr", val=accent))
        return made

    def _bracketed(self, parts: list[Element]) -> Any:
        made = self._built("d", ())
        for at, (key, part) in enumerate((("begChr", parts[0]), ("endChr", parts[-1]))):
            made[0].insert(at, self._element(key, val=part.text or ""))
        inner = [piece for part in parts[1:-1] for piece in self._pieces(part)]
        made.append(self.filled("e", inner))
        return made

    def _run(self, style: str, text: str) -> Any:
        run = self._element("r")
        if style != "i":
            properties = self._element("rPr")
            known = self._element("nor") if style == "text" else self._element("sty", val=style)
            properties.append(known)
            run.append(properties)
        run.append(self._look(style == "i"))
        type_ = self._element("t")
        type_.text = printable(text)
        type_.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        run.append(type_)
        return run

    def _element(self, name: str, **attributes: str) -> Any:
        words = {f"{{{MATH}}}{key}": value for key, value in attributes.items()}
        return self._etree.Element(f"{{{MATH}}}{name}", words, nsmap={"m": MATH})


def _fence(element: Element, form: str) -> bool:
    return element.get("fence") == "true" and element.get("form") == form


def _style(tag: str, element: Element) -> str:
    """Return the style of a leaf: ``"i"``, upright ``"p"``, bold ``"b"``, or plain text."""
    if tag == "mtext":
        return "text"
    variant = element.get("mathvariant", "")
    if variant == "bold":
        return "b"
    upright = variant == "normal" or (tag == "mi" and len(element.text or "") > 1)
    return "p" if upright else "i"


def _letters(tag: str, element: Element) -> str:
    text = (element.text or "").translate(UNSEEN)
    # Programs set no space after the comma of a list of numbers.
    return text + THIN if tag == "mo" and text == "," else text
