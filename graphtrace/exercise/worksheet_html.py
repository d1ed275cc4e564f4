"""Sheets as one HTML page: the picture inside of it, boxes to type in, ready to print."""

from collections.abc import Iterator
from html import escape

from graphtrace.exercise.worksheet_paper import Paper, pieces
from graphtrace.exercise.worksheet_sheet import Question, Sheet
from graphtrace.render.svg import svg_text
from graphtrace.render.theme import Theme
from graphtrace.scene.typeset import printable

__all__ = ["html_text"]

# Twice as large as type on the page, at most.
STYLE = """\
@page { size: %(paper)s; margin: 14mm; }
body { margin: 1.5rem auto; max-width: %(width)dpx; padding: 0 1rem; color: %(ink)s;
  background: %(page)s; font: 15px/1.5 "DejaVu Sans", Verdana, sans-serif; }
header { display: flex; justify-content: space-between; gap: 2rem; }
h1 { font-size: 1.25rem; margin: 0; overflow-wrap: anywhere; }
.mark, .word { color: %(soft)s; }
.word { font-size: .8rem; display: inline-block; width: 4.6rem; }
.who { display: grid; grid-template-columns: 2fr 1fr; gap: 2rem; margin: 1rem 0; }
.who label { display: flex; gap: .5rem; }
input { font: inherit; color: inherit; background: none; border: 0;
  border-bottom: 1px solid %(line)s; border-radius: 0; padding: 0 .2rem; }
.who input { flex: 1; min-width: 0; }
.grid { display: inline-grid; gap: 3px; vertical-align: middle; padding: 2px 6px;
  border: 1px solid %(soft)s; border-width: 0 1px; }
.grid input { width: 4rem; border: 1px solid %(ink)s; border-radius: 2px; }
.grid span { text-align: right; padding: 0 .4rem; }
svg { display: block; max-width: 100%%; height: auto; margin: 1rem auto; }
ol { columns: %(columns)d; column-gap: 2.5rem; padding-left: 2.2rem; }
li { break-inside: avoid; margin: 0 0 .6rem; }
li > input { width: 8rem; }
@media print { body { margin: 0; padding: 0; max-width: none; }
  svg { max-height: 75vh; break-inside: avoid; } }
"""
PIXELS = 4 / 3


def html_text(sheet: Sheet, paper: Paper, theme: Theme) -> str:
    """Return the page; it needs no network and no script."""
    return "\n".join(_parts(sheet, paper, theme)) + "\n"


def _parts(sheet: Sheet, paper: Paper, theme: Theme) -> Iterator[str]:
    title = _plain(sheet.title)
    size = f"{paper.width:.0f}pt {paper.height:.0f}pt"
    style = STYLE % {
        "paper": size, "width": paper.width * PIXELS, "ink": theme.ink, "page": theme.page,
        "soft": theme.soft, "line": theme.line, "columns": 1 if sheet.is_key else 2,
    }  # fmt: skip
    mark = " · ".join(filter(None, [sheet.mark, "Key" if sheet.is_key else ""]))
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}{': key' if sheet.is_key else ''}</title>\n<style>\n{style}</style>"
    yield f'</head>\n<body>\n<header><h1>{title}</h1><span class="mark">{_plain(mark)}</span>'
    yield "</header>"
    if not sheet.is_key:
        yield '<div class="who"><label>Name <input></label><label>Date <input></label></div>'
    for words in sheet.given:
        yield f"<p>{_plain(words)}</p>"
    for at, piece in enumerate(pieces(sheet.picture, paper, sheet.scale)):
        yield svg_text(piece, theme, prefix=f"s{at}-", scale=PIXELS).rstrip()
    yield "<ol>"
    for question in sheet.questions:
        yield f'<li><span class="word">{question.word}</span> {_question(question)}</li>'
    yield "</ol>\n</body>\n</html>"


def _question(question: Question) -> str:
    if question.answer is not None:
        found = _plain(question.answer.text)
        cells = [f"<span>{_plain(cell)}</span>" for row in question.grid for cell in row]
        return f"{found} {_grid(question, cells)}" if cells else found
    size = f" ({_plain(question.size)})" if question.size else ""
    name = f'aria-label="answer {question.number}"'
    blank = f"<input {name}>"
    if question.shape is not None:
        blank = _grid(question, [blank] * (question.shape[0] * question.shape[1]))
    return f"{_plain(question.what.text)}{size} = {blank}"


def _grid(question: Question, cells: list[str]) -> str:
    assert question.shape is not None
    way = f"grid-template-columns: repeat({question.shape[1]}, auto)"
    return f'<span class="grid" style="{way}">{"".join(cells)}</span>'


def _plain(text: str) -> str:
    return escape(printable(text))
