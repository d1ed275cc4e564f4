"""The formats of sheets and keys: one row each, by the ending of the file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graphtrace.errors import FormatError, did_you_mean
from graphtrace.exercise.worksheet_pages import pages_of
from graphtrace.exercise.worksheet_paper import Paper
from graphtrace.exercise.worksheet_sheet import Question, Sheet
from graphtrace.render.markdown import markdown_text
from graphtrace.render.theme import Theme

__all__ = ["FORMATS", "SheetFormat", "format_named"]

Files = Mapping[str, bytes]
LINE = "________"


@dataclass(frozen=True, slots=True)
class SheetFormat:
    """A format of sheets.

    Attributes
    ----------
    name: the file's ending.
    write: from a sheet, its paper, a theme and the stem of the file's name to its bytes, and other
        files beside it.
    """

    name: str
    write: Callable[[Sheet, Paper, Theme, str], tuple[bytes, Files]]


def format_named(name: str) -> SheetFormat:
    """Return a format by a file's ending, or raise a FormatError that names the known ones."""
    word = name.lower().lstrip(".")
    if word not in FORMATS:
        hint = did_you_mean(word, FORMATS)
        known = ", ".join(sorted(FORMATS))
        raise FormatError(
            f"unknown format {name!r} of a worksheet{hint if 'mean' in hint else ''};"
            f" known: {known}"
        )
    return FORMATS[word]


def _pdf(sheet: Sheet, paper: Paper, theme: Theme, stem: str) -> tuple[bytes, Files]:
    from graphtrace.render.pdf import paged_pdf
    from graphtrace.render.svg import svg_text

    pages = pages_of(sheet, paper)
    words = [f"{page.title}, page {at} of {len(pages)}" for at, page in enumerate(pages, 1)]
    drawn = [svg_text(page, theme, prefix="") for page in pages]
    size = paper.width, paper.height
    return paged_pdf(pages[0].title, size, zip(drawn, words, strict=True)), {}


def _html(sheet: Sheet, paper: Paper, theme: Theme, stem: str) -> tuple[bytes, Files]:
    from graphtrace.exercise.worksheet_html import html_text

    return _utf8(html_text(sheet, paper, theme)), {}


def _tex(sheet: Sheet, paper: Paper, theme: Theme, stem: str) -> tuple[bytes, Files]:
    from graphtrace.exercise.worksheet_tex import tex_document

    return _utf8(tex_document(sheet, paper, theme)), {}


def _md(sheet: Sheet, paper: Paper, theme: Theme, stem: str) -> tuple[bytes, Files]:
    from graphtrace.render.svg import svg_text

    name = f"{stem}.svg"
    return _utf8(_markdown(sheet, name)), {name: _utf8(svg_text(sheet.picture, theme, prefix=""))}


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _markdown(sheet: Sheet, picture: str) -> str:
    mark = " · ".join(filter(None, [sheet.mark, "Key" if sheet.is_key else ""]))
    lines = [f"# {markdown_text(sheet.title)}", ""]
    lines += [markdown_text(mark), ""] if mark else []
    lines += [] if sheet.is_key else [f"Name {LINE}{LINE} Date {LINE}", ""]
    lines += [part for words in sheet.given for part in (markdown_text(words), "")]
    lines += [f"![The graph with numbered boxes](<{picture}>)", ""]
    lines += [f"{q.number}. {q.word}: {_words(q)}" for q in sheet.questions]
    return "\n".join([*lines, ""])


def _words(question: Question) -> str:
    if question.answer is not None:
        found = markdown_text(question.answer.text)
        return f"{found}: {markdown_text(_rows(question.grid))}" if question.grid else found
    size = f" ({question.size})" if question.size else ""
    blank = LINE
    if question.shape is not None:
        blank = _rows((("____",) * question.shape[1],) * question.shape[0])
    return f"{markdown_text(question.what.text)}{size} = {blank}"


def _rows(grid: tuple[tuple[str, ...], ...]) -> str:
    rows = [f"[{', '.join(row)}]" for row in grid]
    return f"[{', '.join(rows)}]" if len(rows) > 1 else rows[0]


ROWS = (
    SheetFormat("pdf", _pdf),
    SheetFormat("html", _html),
    SheetFormat("tex", _tex),
    SheetFormat("md", _md),
)
FORMATS = {row.name: row for row in ROWS}
