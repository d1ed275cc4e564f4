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
# Each layer is typeset once, into a box of its own, and shown in its overlays: typesetting all of
# them again for each step would take a hundred times as long.
LAYERS = r"""\def\gtlayer#1#2{%
  \ifcsname gtlayer#1\endcsname\else\expandafter\newbox\csname gtlayer#1\endcsname\fi
  \setbox\csname gtlayer#1\endcsname\hbox{%
    \begin{tikzpicture}[overlay, x=@bp, y=-@bp]#2\end{tikzpicture}}}
\def\gtshow#1{\rlap{\copy\csname gtlayer#1\endcsname}}
\def\gtonly#1#2#3{\ifnum\gtstep<#1 \else\ifnum\gtstep>#2 \else\gtshow{#3}\fi\fi}"""
# The drawing is the page's background, which begins exactly at its corner. It is made when Beamer
# has begun to count the next step already: the frame itself says which step it is.
PAGE = r"""\setbeamertemplate{background}{%
\vbox to\paperheight{\offinterlineskip\hbox to\paperwidth{%"""
SHOWN = r"""\hss}\vss}}
\begin{frame}<1-@>[plain]
  \xdef\gtstep{\insertoverlaynumber}\only<@>{}%"""


def beamer_text(deck: Deck, theme: Theme) -> str:
    """Return a deck as LaTeX for Beamer; each graph is one frame, each step one overlay."""
    wide, aspect = min(PAPER.items(), key=lambda row: abs(row[0] - deck.width / deck.height))[1]
    scale = wide / deck.width
    pages = [frame.page for frame in deck.frames]
    lines = [
        HEAD.format(title=comment(deck.title).strip("% "), aspect=aspect).rstrip(),
        MACROS.rstrip(),
        LAYERS.replace("@", f"{scale:.6g}"),
        *styles(pages, theme, scale),
        r"\begin{document}",
    ]
    for _, group in groupby(deck.frames, key=lambda frame: frame.graph):
        lines += _frame(list(group), deck, theme, scale)
    return "\n".join([*lines, r"\end{document}", ""])


def _frame(frames: Sequence[Frame], deck: Deck, theme: Theme, scale: float) -> Iterator[str]:
    pages = [frame.page for frame in frames]
    layers = layers_of(pages)
    yield rf"\gtlayer{{0}}{{{page_line(pages[0])}}}"
    for at, layer in enumerate(layers, start=1):
        drawn = "\n".join(element_lines(layer.element, theme, scale))
        yield rf"\gtlayer{{{at}}}{{%" + f"\n{drawn}}}"
    yield PAGE
    yield r"\gtshow{0}%"
    for at, layer in enumerate(layers, start=1):
        if len(layer.frames) == len(pages):
            yield rf"\gtshow{{{at}}}%"
            continue
        for first, last in ranges(layer.frames, 1):
            yield rf"\gtonly{{{first}}}{{{last}}}{{{at}}}%"
    yield SHOWN.replace("@", str(len(frames)))
    for at, frame in enumerate(frames, start=1):
        yield rf"  \note<{at}>{{{tex_text(frame.step.notes)}}}%"
    yield r"\end{frame}"
