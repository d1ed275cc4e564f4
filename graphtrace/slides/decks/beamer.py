"""Beamer: one frame for each graph, every element of the drawing once, with its overlays."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from graphtrace.render.tex import tex_text
from graphtrace.render.theme import Theme
from graphtrace.render.tikz import MACROS, comment, element_lines, page_line, styles
from graphtrace.slides.deck import Deck, Frame
from graphtrace.slides.layers import layers_of, ranges

__all__ = ["beamer_text"]

# Beamer's paper, in big points: 160 mm wide, or 128 mm for the old format.
PAPER = {16 / 9: (160 / 25.4 * 72, "169"), 4 / 3: (128 / 25.4 * 72, "43")}
HEAD = r"""% {title}
% Compiles on its own (pdflatex, xelatex or lualatex). Speaker notes: uncomment the line with notes.
\documentclass[aspectratio={aspect}]{{beamer}}
\usepackage{{tikz}}
\usefonttheme[onlymath]{{serif}}
\setbeamertemplate{{navigation symbols}}{{}}
% \setbeameroption{{show notes}}
"""
# The drawing is the page's background, which begins exactly at its corner.
FRAME = r"""\setbeamertemplate{{background}}{{%
\begin{{tikzpicture}}[x={scale:.6g}bp, y=-{scale:.6g}bp]
\clip (0,0) rectangle ({width:g},{height:g});"""
SHOWN = r"""\begin{{frame}}<1-{last}>[plain]
  \only<{last}>{{}}%"""


def beamer_text(deck: Deck, theme: Theme) -> str:
    """Return a deck as LaTeX for Beamer; each graph is one frame, each step one overlay."""
    wide, aspect = min(PAPER.items(), key=lambda row: abs(row[0] - deck.width / deck.height))[1]
    scale = wide / deck.width
    pages = [frame.page for frame in deck.frames]
    lines = [
        HEAD.format(title=comment(deck.title).strip("% "), aspect=aspect).rstrip(),
        MACROS.rstrip(),
        *styles(pages, theme, scale),
        r"\begin{document}",
    ]
    for _, group in groupby(deck.frames, key=lambda frame: frame.graph):
        lines += _frame(list(group), deck, theme, scale)
    return "\n".join([*lines, r"\end{document}", ""])


def _frame(frames: Sequence[Frame], deck: Deck, theme: Theme, scale: float) -> Iterator[str]:
    pages = [frame.page for frame in frames]
    yield FRAME.format(scale=scale, width=deck.width, height=deck.height)
    yield page_line(pages[0])
    for layer in layers_of(pages):
        when = ",".join(
            f"{first}-{last}" if last > first else str(first)
            for first, last in ranges(layer.frames, 1)
        )
        drawn = "\n".join(element_lines(layer.element, theme, scale))
        yield drawn if len(layer.frames) == len(pages) else rf"\only<{when}>{{%" + f"\n{drawn}}}%"
    yield r"\end{tikzpicture}}"
    yield SHOWN.format(last=len(frames))
    for at, frame in enumerate(frames, start=1):
        yield rf"  \note<{at}>{{{tex_text(frame.step.notes)}}}%"
    yield r"\end{frame}"
