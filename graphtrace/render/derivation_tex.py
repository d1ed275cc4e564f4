"""A worked derivation as a LaTeX document that compiles on its own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graphtrace.annotate.derivation_parts import Derivation, Line
from graphtrace.annotate.worked import members
from graphtrace.render.tex import tex_math, tex_text
from graphtrace.render.tikz import MACROS
from graphtrace.scene.typeset import printable

__all__ = ["document"]

WIDE = 78
"""So many characters of Unicode fit a line of the page."""
PATH = r":\quad "
HEAD = r"""
% Compiles on its own: pdflatex, xelatex or lualatex.
\documentclass[11pt,fleqn]{article}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath}
\usepackage{graphicx}
\setlength\parindent{0pt}
\setlength\parskip{4pt plus 2pt}
\setlength\mathindent{1em}
\allowdisplaybreaks
"""
BODY = r"""
\begin{document}
\raggedright\sloppy
\setlength\abovedisplayskip{3pt plus 2pt}
\setlength\belowdisplayskip{3pt plus 2pt}
"""
POINTS = 420
"""The width of a line."""
COMMAS, SUMS, PRODUCTS = (", ",), (" + ", " - ", " − "), (" · ", r" \cdot ")
ARROWS = (" → ", r" \to ")
FRACTION = re.compile(r"(∂[^\s/]+)/(∂[^\s/]+)")
LONGEST_HEAD = 30
"""What is wider stands on a line of its own, before the sign."""


def document(derivation: Derivation) -> str:
    """Return the document; it is plain ASCII, and no name in it is ever a command."""
    lines = [
        f"% {_plain(derivation.title)}",
        HEAD.strip(),
        MACROS.rstrip(),
        BODY.strip(),
        rf"\section*{{{_plain(derivation.title)}}}",
        _plain(derivation.opening),
    ]
    for number, section in enumerate(derivation.sections, 1):
        lines += ["", rf"\subsection*{{{number}. {_plain(section.title)}}}"]
        if section.intro:
            lines.append(_plain(section.intro))
        lines += _lines(section.lines)
    for remark in derivation.remarks:
        lines += ["", rf"\medskip Note: {_plain(remark)}"]
    return "\n".join([*lines, r"\end{document}", ""])


def _plain(text: str) -> str:
    return tex_text(printable(text))


def _lines(lines: tuple[Line, ...]) -> Iterator[str]:
    """Yield displays of aligned equations, and paragraphs of what is no formula."""
    group: list[_Chain] = []
    for line in lines:
        latex = None if line.equation is None else tex_math(line.equation.latex)
        if latex is not None:
            group.append(_chain(line))
            continue
        yield from _display(group)
        group = []
        yield rf"\par\hangindent=2em {_plain(line.text)}\par"
    yield from _display(group)


def _display(group: list["_Chain"]) -> Iterator[str]:
    if group:
        # What stands left of the signs takes the same room on every line.
        room = WIDE - max(_width(chain.head[1]) for chain in group)
        yield r"\begin{align*}"
        yield " \\\\\n".join(row for chain in group for row in _rows(chain, room))
        yield r"\end{align*}"


Pair = tuple[str, str]
"""A piece of a formula in LaTeX and in Unicode."""


@dataclass(frozen=True, slots=True)
class _Chain:
    """One equation: what stands before the sign, a line of its own before it, and the members."""

    head: Pair
    sign: str
    before: Pair | None
    members: tuple[Pair, ...]
    note: str


def _chain(line: Line) -> _Chain:
    assert line.equation is not None
    tex, text = line.equation.latex, line.equation.text
    way, path, rest = tex.partition(PATH)
    if path:
        said, _, text = text.partition(": ")
        parts = tuple(zip(members(rest), members(text), strict=False))
        if _width(said) > LONGEST_HEAD:
            return _Chain(("", ""), r"\qquad ", (way, said), parts, line.note)
        return _Chain((way, said), r":\quad ", None, parts, line.note)
    first, *more = zip(members(tex), members(text), strict=False)
    if not more:
        return _Chain(("", ""), "", None, (first,), line.note)
    if _width(first[1]) > LONGEST_HEAD:
        return _Chain(("", ""), "= ", first, tuple(more), line.note)
    return _Chain(first, "= ", None, tuple(more), line.note)


def _rows(chain: _Chain, room: int) -> list[str]:
    """Return an equation on as many lines as it takes, aligned at its signs."""
    rows = []
    if chain.before is not None:
        rows = [f"& {_fitted(*piece, room)}" for piece in _broken(*chain.before, room)]
    left = f"{_math(chain.head[0])} " if chain.head[0] else ""
    # The colon of a path belongs to the path.
    colon = chain.sign.startswith(":")
    current = f"{left}{':' * colon} & {chain.sign.removeprefix(':')}"
    wide = 0
    for place, (tex, text) in enumerate(chain.members):
        pieces = _broken(tex, text, room)
        sign = " = " if place else ""
        if place and wide + sum(_width(piece[1]) for piece in pieces) > room:
            rows.append(current)
            current, wide, sign = "& ", 0, "= "
        current += sign + _fitted(*pieces[0], room)
        wide += _width(pieces[0][1]) + len(sign)
        for piece, said in pieces[1:]:
            rows.append(current)
            current, wide = rf"& \qquad {_fitted(piece, said, room)}", _width(said)
    note = rf" \quad \text{{({_plain(chain.note)})}}" if chain.note else ""
    if note and wide + len(chain.note) > room:
        rows.append(current)
        current = "& "
    return [*rows, current + note]


def _broken(tex: str, text: str, room: int) -> list[Pair]:
    """Return a long sum, list or product as pieces that fit a line each, signs before them."""
    if _width(text) <= room:
        return [(tex, text)]
    inside = text[:1] == "[" and text[-1:] == "]"
    for signs in (COMMAS,) if inside else (SUMS, PRODUCTS, ARROWS):
        parts = _split(tex, signs, inside), _split(text, signs, inside)
        if len(parts[0]) == len(parts[1]) > 1:
            return _lines_of(list(zip(*parts, strict=True)), room)
    return [(tex, text)]


def _lines_of(parts: list[Pair], room: int) -> list[Pair]:
    """Return parts put together while they fit a line."""
    found = [parts[0]]
    for more in parts[1:]:
        longer = found[-1][0] + more[0], found[-1][1] + more[1]
        if _width(longer[1]) <= room:
            found[-1] = longer
        else:
            found.append(more)
    return found


def _split(chain: str, signs: tuple[str, ...], inside: bool) -> list[str]:
    """Return what stands between signs, each with its sign; what is in brackets is left alone."""
    found, depth, start = [], 0, 0
    for at, char in enumerate(chain):
        depth += (char in "{([") - (char in "})]")
        if depth == inside and at and any(chain.startswith(sign, at) for sign in signs):
            # A comma ends a line, a sign begins one.
            found.append(chain[start : at + inside])
            start = at + inside
    return [*found, chain[start:]]


def _width(text: str) -> int:
    """Return about how many characters wide a formula is; of a fraction only its longer part."""
    return len(FRACTION.sub(lambda found: max(found[1], found[2], key=len), text))


def _fitted(tex: str, text: str, room: int) -> str:
    """Return a part of a formula that has passed as a whole; smaller if it is too wide."""
    found = _math(tex)
    if _width(text) <= room:
        return found
    return rf"\gtfit{{1.1}}{{{POINTS * room // WIDE}}}{{$\displaystyle {found}$}}"


def _math(tex: str) -> str:
    """Return a part of a formula that has passed as a whole."""
    return tex_math(tex) or rf"\text{{{_plain(tex)}}}"
