"""Sheets as pages: the heading, the picture, the questions below it or on the next page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from graphtrace.annotate.worked import Equation
from graphtrace.exercise.worksheet_paper import MARGIN, Paper, pieces
from graphtrace.exercise.worksheet_sheet import Question, Sheet
from graphtrace.scene.blanks import CELL
from graphtrace.scene.model import Box, Label, Scene, SceneNode, Shape, Text
from graphtrace.scene.strips import Strip, grid_strip
from graphtrace.scene.typeset import math, plain
from graphtrace.slides.caption import CAPTION, caption_lines

__all__ = ["pages_of"]

TITLE, TEXT, SMALL, LEADING = 15.0, 10.5, 8.5, 1.4
QUESTION = 11.5
INDENT = 74.0
LINE = 70.0
"""The least length of a line to write on."""
GAP, COLUMN_GAP = 9.0, 24.0


def pages_of(sheet: Sheet, paper: Paper) -> tuple[Scene, ...]:
    """Return a sheet's pages as scenes of the paper's size."""
    return tuple(_Press(sheet, paper).pages())


@dataclass(frozen=True, slots=True)
class _Entry:
    """A question in type, with its top left at the origin."""

    strip: Strip
    least: float


class _Press:
    """Sets one sheet."""

    def __init__(self, sheet: Sheet, paper: Paper) -> None:
        self.sheet, self.paper = sheet, paper
        self.wide = paper.width - 2 * MARGIN
        self.shapes: list[Shape] = []
        self.labels: list[Label] = []

    def pages(self) -> Iterator[Scene]:
        """Yield the pages."""
        top = self._heading() + 6
        first, *more = pieces(self.sheet.picture, self.paper, self.sheet.scale)
        placed, y = self._placed(first, top)
        for piece in more:
            yield self._page(placed)
            placed, y = self._placed(piece, MARGIN)
        floor = self.paper.height - MARGIN
        columns = self._columns()
        room = (self.wide - COLUMN_GAP * (columns - 1)) / columns
        entries = [self._entry(question, room) for question in self.sheet.questions]
        for at in range(0, len(entries), columns):
            row = entries[at : at + columns]
            tall = max(entry.strip.height for entry in row)
            if y + tall > floor and self.labels:
                yield self._page(placed)
                placed, y = replace(placed, nodes=(), wires=(), clusters=()), MARGIN
            for column, entry in enumerate(row):
                x = MARGIN + column * (room + COLUMN_GAP)
                self.shapes += [shape.moved(x, y) for shape in entry.strip.shapes]
                self.labels += [label.moved(x, y) for label in entry.strip.labels]
            y += tall + GAP
        yield self._page(placed)

    def _placed(self, drawing: Scene, top: float) -> tuple[Scene, float]:
        """Return a picture in the middle of the page, from `top` on, and where it ends."""
        size = min(self.sheet.scale, (self.paper.height - MARGIN - top) / drawing.height)
        placed = drawing.scaled(size)
        dx = (self.paper.width - placed.width) / 2
        return placed.moved(dx, top), top + drawing.height * size + 10

    def _page(self, drawing: Scene) -> Scene:
        nodes = []
        for at, label in enumerate(self.labels):
            said = label.ink.text
            nodes.append(SceneNode(f"t{at}", "caption", said, said, label.box, (), (label,)))
        lines = SceneNode("lines", "caption", "", " ", Box(0, 0, 0, 0), tuple(self.shapes), ())
        self.shapes, self.labels = [], []
        title = f"{self.sheet.title}: key" if self.sheet.is_key else self.sheet.title
        return replace(
            drawing, width=self.paper.width, height=self.paper.height, title=title,
            nodes=(*drawing.nodes, lines, *nodes),
        )  # fmt: skip

    def _heading(self) -> float:
        """Set what stands above the picture; return where it ends."""
        sheet, right, y = self.sheet, self.paper.width - MARGIN, MARGIN + 8
        mark = " · ".join(filter(None, [sheet.mark, "Key" if sheet.is_key else ""]))
        side = plain(mark, "shape", TEXT)
        self.labels.append(Label(side, right, y, "end"))
        for line in _wrapped(sheet.title, self.wide - side.width - 20, TITLE, "name"):
            self.labels.append(Label(line, MARGIN, y))
            y += LEADING * line.size
        if not sheet.is_key:
            y += 8
            for words, left, end in (("Name", MARGIN, 0.62), ("Date", 0.66, 1.0)):
                x = left if left >= 1 else MARGIN + left * self.wide
                ink = plain(words, "shape", TEXT)
                self.labels.append(Label(ink, x, y))
                stop = MARGIN + end * self.wide
                start = x + ink.width + 5
                self.shapes.append(Shape("line", "rule", start, y + 2, stop - start, 0))
            y += 2 * TEXT
        for words in sheet.given:
            for line in _wrapped(words, self.wide, TEXT, "name"):
                self.labels.append(Label(line, MARGIN, y))
                y += LEADING * TEXT
        return y

    def _columns(self) -> int:
        """Return how many columns of questions fit."""
        least = max(self._entry(question, 1e6).least for question in self.sheet.questions)
        # The equations of a key may be set a little smaller.
        least *= 0.88 if self.sheet.is_key else 1.0
        most = int((self.wide + COLUMN_GAP) / (least + COLUMN_GAP))
        return max(1, min(most, 3, len(self.sheet.questions)))

    def _entry(self, question: Question, room: float) -> _Entry:
        number = plain(f"{question.number}.", "shape", TEXT)
        word = plain(question.word, "shape", SMALL)
        left = INDENT
        lines = self._lines(question, room - left)
        labels, shapes, y, widest = list[Label](), list[Shape](), 0.0, 0.0
        for ink in lines:
            labels.append(Label(ink, left, y + ink.ascent))
            y += ink.height + 3
            widest = max(widest, ink.width)
        base = lines[0].ascent
        labels += [Label(number, 18.0, base, "end"), Label(word, 24.0, base)]
        grid = self._grid(question)
        if grid is not None:
            shapes += [shape.moved(left, y + 2) for shape in grid.shapes]
            labels += [label.moved(left, y + 2) for label in grid.labels]
            y += grid.height + 5
            widest = max(widest, grid.width)
        elif not self.sheet.is_key:
            start = left + lines[-1].width + 5
            below = y - 3 - lines[-1].descent + 2
            shapes.append(Shape("line", "rule", start, below, max(room - start, LINE), 0))
            y, widest = max(y, 20.0), widest + 5 + LINE
        return _Entry(Strip(room, y, tuple(shapes), tuple(labels)), left + widest)

    def _lines(self, question: Question, room: float) -> Sequence[Text]:
        if question.answer is not None:
            scale = QUESTION / CAPTION
            return [ink.scaled(scale) for ink in caption_lines([question.answer], room / scale)]
        what, size = question.what, question.size
        tail = f" of {size} =" if size else " ="
        tex = what.latex + (rf"\ \mathrm{{of\ {size}}} =" if size else " =")
        tex = tex.replace("×", r" \times ").replace("shape ", r"shape\ ")
        return [_typed(Equation(what.text + tail, tex), room - LINE)]

    def _grid(self, question: Question) -> Strip | None:
        if question.grid:
            return grid_strip(question.grid, "value", TEXT)
        if question.shape is None or self.sheet.is_key:
            return None
        rows, columns = question.shape
        blank = grid_strip(tuple(("0",) * columns for _ in range(rows)), "value", TEXT, CELL)
        return replace(blank, labels=())


def _typed(line: Equation, room: float) -> Text:
    ink = math(line.latex, line.text, "name", QUESTION, widest=1e9, limit=110)
    return ink if ink.width <= room else ink.scaled(max(room / ink.width, 0.5))


def _wrapped(text: str, room: float, size: float, role: str) -> Iterator[Text]:
    """Yield lines of plain type; a word that is too long is set smaller."""
    words, line = text.split(), ""
    for word in [*words, ""]:
        longer = f"{line} {word}".strip()
        if word and plain(longer, role, size, limit=400).width <= room:
            line = longer
            continue
        if line:
            ink = plain(line, role, size, limit=400)
            yield ink if ink.width <= room else ink.scaled(room / ink.width)
        line = word
