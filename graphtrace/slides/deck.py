"""From storyboards to decks: a page for each step, with a heading, the picture and captions."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from graphtrace.errors import FormatError, did_you_mean
from graphtrace.formula.names import pretty_name
from graphtrace.scene.build import build_scene
from graphtrace.scene.model import Box, Label, Scene, SceneNode, Text
from graphtrace.scene.options import Options
from graphtrace.scene.typeset import plain, printable, shorten
from graphtrace.slides.caption import CAPTION, caption_lines
from graphtrace.slides.stage import drawn
from graphtrace.slides.steps import Step, Storyboard

__all__ = ["ASPECTS", "Deck", "Frame", "make_deck"]

WIDTH = 960.0
ASPECTS = {"16:9": 540.0, "4:3": 720.0}
MARGIN, TOP, BELOW = 40.0, 84.0, 26.0
HEADING, COUNT, TITLE = 24.0, 14.0, 34.0
LARGEST = 2.2
"""A point of the picture on the page is at most so large."""
READABLE = 9.0
"""Type of fewer points than this on a page of 960 cannot be read from the back."""
SMALL_TYPE = 10.0
WIDTHS = (0.0, 2000.0, 1400.0, 1000.0, 700.0)
"""The widths from which a picture is tried in rows."""
FEW = 150
WORTH = 1.25
"""How much larger a picture in rows has to be than one in fewer."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One page of a deck.

    Attributes
    ----------
    step: what it is about; `number` counts the pages from 1, `graph` the graphs from 0.
    drawing: the picture alone, in its place on the page; empty on a title page.
    heading, count: the page's title and, at its right, which step of how many this is.
    captions: the lines below the picture.
    """

    step: Step
    number: int
    graph: int
    drawing: Scene
    heading: Label
    count: Label | None
    captions: tuple[Label, ...]

    @property
    def said(self) -> str:
        """The page in words: what stands on it besides the picture."""
        return "; ".join(label.ink.text for label in (self.heading, *self.captions))

    @property
    def page(self) -> Scene:
        """The whole page as one scene."""
        labels = [self.heading, *([self.count] if self.count else []), *self.captions]
        nodes = []
        for at, label in enumerate(labels):
            said = label.ink.text
            nodes.append(SceneNode(f"t{at}", "caption", said, said, label.box, (), (label,)))
        return replace(self.drawing, nodes=(*self.drawing.nodes, *nodes))


@dataclass(frozen=True, slots=True)
class Deck:
    """Pages of one size in points, from one graph or several one after the other.

    `notes` are sentences for the user, such as that type is too small to be read; `boards` are the
    storyboards that the pages were made from, one for each graph.
    """

    title: str
    width: float
    height: float
    frames: tuple[Frame, ...]
    notes: tuple[str, ...] = ()
    boards: tuple[Storyboard, ...] = ()


def make_deck(
    boards: Sequence[Storyboard], options: Options, *, aspect: str = "16:9", title: str = ""
) -> Deck:
    """Return the pages of storyboards; all pages of one share one layout.

    Raises
    ------
    FormatError: for an unknown aspect ratio.
    """
    if aspect not in ASPECTS:
        raise FormatError(f"unknown aspect ratio {aspect!r}{did_you_mean(aspect, ASPECTS)}")
    height = ASPECTS[aspect]
    total = sum(len(board.steps) for board in boards)
    frames: list[Frame] = []
    notes: list[str] = []
    for at, board in enumerate(boards):
        stage = _Stage(board, options, height, at, title if at == 0 else "")
        notes += stage.notes
        frames += stage.frames(len(frames) + 1, total)
    title = printable(title or " · ".join(board.title for board in boards))
    remarks = tuple(dict.fromkeys(notes))
    return Deck(title, WIDTH, height, tuple(frames), remarks, tuple(boards))


class _Stage:
    """One storyboard's picture, captions and pages."""

    def __init__(
        self, board: Storyboard, options: Options, height: float, graph: int, over: str
    ) -> None:
        self.board, self.height, self.graph, self.over = board, height, graph, over
        self.names = {f"n{node.id}": pretty_name(node.name) for node in board.facts.nodes}
        self.names |= {f"h{node.id}": pretty_name(node.name) for node in board.facts.nodes}
        self.captions = [caption_lines(step.captions, WIDTH - 2 * MARGIN) for step in board.steps]
        room = max((_tall(lines) for lines in self.captions), default=0.0)
        self.floor = height - BELOW - room
        space = Box(MARGIN, TOP, WIDTH - 2 * MARGIN, max(self.floor - TOP - 16, 60.0))
        self.scene, self.notes = _fitted(board, options, space, height)

    def frames(self, first: int, total: int) -> Iterable[Frame]:
        """Yield the pages; the first has the number `first` of `total`."""
        before = self.board.already
        for at, (step, shown) in enumerate(self.board.shown()):
            number = first + at
            if step.kind == "title":
                yield self._title(step, number)
                continue
            picture = drawn(self.scene, shown, shown - before, step.lit, self.names)
            before = shown
            heading = Label(plain(step.heading, "name", HEADING, limit=60), MARGIN, 50.0)
            count = Label(plain(f"{number}/{total}", "shape", COUNT), WIDTH - MARGIN, 50.0, "end")
            captions = self._captions(self.captions[at])
            yield Frame(step, number, self.graph, picture, heading, count, captions)

    def _captions(self, lines: Sequence[Text]) -> tuple[Label, ...]:
        y, found = self.floor, []
        for ink in lines:
            found.append(Label(ink, WIDTH / 2, y + ink.ascent, "middle"))
            y += ink.height + GAP
        return tuple(found)

    def _title(self, step: Step, number: int) -> Frame:
        blank = replace(self.scene, nodes=(), wires=(), clusters=())
        kinds = {step.kind for step in self.board.steps}
        words = "forward and backward" if "seed" in kinds else "forward"
        inks = [
            *_title_lines(step.heading, self.over),
            plain(f"{words}, step by step", "shape", CAPTION),
        ]
        y = self.height / 2 - sum(LEADING * ink.size for ink in inks) / 2
        labels = []
        for ink in inks:
            y += LEADING * ink.size
            labels.append(Label(ink, WIDTH / 2, y, "middle"))
        return Frame(step, number, self.graph, blank, labels[0], None, tuple(labels[1:]))


GAP, LEADING, TITLE_LINES = 6.0, 1.45, 12


def _title_lines(title: str, over: str) -> list[Text]:
    """Return a lecture's title and a program's statements below it, as large as fits the page."""
    statements = [part.strip() for part in re.split(r"[;\n]", title) if part.strip()]
    if len(statements) > TITLE_LINES:
        statements = [*statements[: TITLE_LINES - 1], "…"]
    wide = WIDTH - 2 * MARGIN
    size = TITLE if len(statements) < 4 and not over else CAPTION
    inks = [plain(over, "name", TITLE, limit=120)] if over else []
    inks += [plain(words, "name", size, limit=80) for words in statements or [title]]
    return [ink.scaled(min(1.0, wide / ink.width)) for ink in inks]


def _tall(lines: Sequence[Text]) -> float:
    return sum(ink.height + GAP for ink in lines)


def _fitted(
    board: Storyboard, options: Options, space: Box, height: float
) -> tuple[Scene, list[str]]:
    """Return the picture in the middle of the space, in as many rows as make it largest."""
    facts, best = board.facts, None
    widths = WIDTHS if len(facts.nodes) <= FEW else (options.wrap,)
    for width in widths:
        scene = build_scene(facts, replace(options, wrap=width, named=True))
        size = min(space.width / scene.width, space.height / scene.height, LARGEST)
        if best is None or size > WORTH * best[0]:
            best = size, scene
    assert best is not None
    size, scene = best
    notes = [note for note in scene.notes if "points wide" not in note]
    if size * SMALL_TYPE < READABLE:
        notes.append(
            f"The small type of {shorten(printable(board.title), 40)} has"
            f" {size * SMALL_TYPE:.1f} points on a page of 960: show a part (`--focus NAME`), fold"
            " parts (`--fold all`), or show less (`--show value,grad,name`)."
        )
    placed = scene.scaled(size)
    dx = space.x + (space.width - placed.width) / 2
    dy = space.y + (space.height - placed.height) / 2
    page = replace(placed.moved(dx, dy), width=WIDTH, height=height, notes=())
    return page, notes
