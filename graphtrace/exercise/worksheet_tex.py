"""Sheets as LaTeX documents that compile on their own, with the picture in TikZ."""

from collections.abc import Iterator

from graphtrace.annotate.worked import Equation
from graphtrace.exercise.worksheet_paper import MARGIN, Paper, pieces
from graphtrace.exercise.worksheet_sheet import Question, Sheet
from graphtrace.render.tex import tex_math, tex_text
from graphtrace.render.theme import Theme
from graphtrace.render.tikz import MACROS, comment, picture_lines
from graphtrace.scene.typeset import printable

__all__ = ["tex_document"]

HEAD = r"""{title}
% Compiles on its own (pdflatex, xelatex or lualatex).
\documentclass[10pt]{{article}}
\usepackage[paperwidth={width}bp,paperheight={height}bp,margin={margin}bp]{{geometry}}
\usepackage{{tikz}}
\usepackage{{multicol}}
\pagestyle{{empty}}
\setlength\parindent{{0pt}}
\setlength\parskip{{4pt}}
% \gtquestion{{number}}{{kind}}{{formula}}{{what stands at the right of it}}
\def\gtquestion#1#2#3#4{{\par\vspace{{6pt}}\noindent\begin{{minipage}}{{\linewidth}}%
  \makebox[1.6em][r]{{#1.}}\hspace{{.5em}}\makebox[4.4em][l]{{\footnotesize #2}}#3#4%
  \end{{minipage}}\par}}
\def\gtline{{\hrulefill}}
\def\gtcell{{\fboxsep=0pt\fbox{{\rule{{0pt}}{{18bp}}\hspace{{36bp}}}}}}
"""
# A key's equations may be long: one column, smaller where they are wider than the page.
ROOM = 75.0


def tex_document(sheet: Sheet, paper: Paper, theme: Theme) -> str:
    """Return the document; it is plain ASCII, and no name in it is ever a command."""
    mark = " / ".join(filter(None, [sheet.mark, "Key" if sheet.is_key else ""]))
    title = _plain(sheet.title)
    head = HEAD.format(
        title=comment(sheet.title).strip(), width=f"{paper.width:.2f}",
        height=f"{paper.height:.2f}", margin=f"{MARGIN:g}",
    )  # fmt: skip
    lines = [
        head.rstrip(), r"\begin{document}", MACROS.rstrip(), r"\raggedright",
        rf"{{\large {title}}}\hfill {_plain(mark)}\par",
    ]  # fmt: skip
    if not sheet.is_key:
        lines.append(r"\vspace{6pt}Name \gtline\hspace{1em}Date \rule{6em}{.4pt}\par\vspace{4pt}")
    lines += [rf"{_plain(words)}\par" for words in sheet.given]
    for piece in pieces(sheet.picture, paper, sheet.scale):
        lines += [r"\begin{center}", *picture_lines(piece, theme, sheet.scale), r"\end{center}"]
    columns = 1 if sheet.is_key else 2
    lines += [rf"\begin{{multicols}}{{{columns}}}"] if columns > 1 else []
    for question in sheet.questions:
        lines += _question(question, paper.wide - ROOM)
    lines += [r"\end{multicols}"] if columns > 1 else []
    return "\n".join([*lines, r"\end{document}", ""])


def _question(question: Question, wide: float) -> Iterator[str]:
    if question.answer is not None:
        formula = rf"\gtfit{{1}}{{{wide:.0f}}}{{{_formula(question.answer)}}}"
        rest = rf"\quad {_matrix(question.grid)}" if question.grid else ""
    else:
        size = f" ({question.size})" if question.size else ""
        formula = rf"{_formula(question.what)}{_plain(size)} ${{}}={{}}$ "
        rest = r"\gtline"
        if question.shape is not None:
            rows, columns = question.shape
            rest = _array(((r"\gtcell",) * columns,) * rows, r"\,")
    yield rf"\gtquestion{{{question.number}}}{{{question.word}}}{{{formula}}}{{{rest}}}"


def _formula(equation: Equation) -> str:
    found = tex_math(equation.latex)
    return _plain(equation.text) if found is None else rf"$\displaystyle {found}$"


def _matrix(grid: tuple[tuple[str, ...], ...]) -> str:
    return _array(tuple(tuple(map(_plain, row)) for row in grid), r"\hspace{.8em}")


def _array(cells: tuple[tuple[str, ...], ...], gap: str) -> str:
    body = r" \\ ".join(" & ".join(rf"\hbox{{{cell}}}" for cell in row) for row in cells)
    columns = "{@{}" + f"r@{{{gap}}}" * (len(cells[0]) - 1) + "r@{}}"
    return rf"$\left[\begin{{array}}{columns}{body}\end{{array}}\right]$"


def _plain(text: str) -> str:
    return tex_text(printable(text))
