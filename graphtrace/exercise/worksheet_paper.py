"""Paper, and how a picture with boxes is laid out on it: in rows, turned, on several pages."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from graphtrace.annotate.facts import GraphFacts
from graphtrace.errors import FormatError, did_you_mean
from graphtrace.exercise.worksheet_picture import boxed_scene
from graphtrace.scene.blanks import BLANK
from graphtrace.scene.model import Scene
from graphtrace.scene.options import Options

__all__ = ["MARGIN", "PAPERS", "Fit", "Paper", "fitted", "paper_named", "pieces"]

MARGIN, HEAD = 40.0, 120.0
LARGEST, ENOUGH = 1.3, 0.8
WORTH = 1.25
"""How much larger a picture on several pages has to be than on one."""
MANY = 150
EDGE = 8.0
BOX = 26.0
"""Boxes of less than this, 9 mm, are hard to write in."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet of paper in points, upright or lying."""

    name: str
    width: float
    height: float

    @property
    def lying(self) -> "Paper":
        """The paper turned by a quarter."""
        return Paper(self.name, self.height, self.width)

    @property
    def wide(self) -> float:
        """The width between the margins."""
        return self.width - 2 * MARGIN

    @property
    def tall(self) -> float:
        """The height between a heading and the lower margin."""
        return self.height - MARGIN - HEAD


ROWS = (Paper("a4", 595.28, 841.89), Paper("letter", 612.0, 792.0), Paper("a3", 841.89, 1190.55))
PAPERS = {paper.name: paper for paper in ROWS}


def paper_named(name: str) -> Paper:
    """Return a paper, or raise a FormatError that names the known ones."""
    word = name.lower()
    if word not in PAPERS:
        raise FormatError(f"unknown paper {name!r}{did_you_mean(word, PAPERS)}")
    return PAPERS[word]


@dataclass(frozen=True, slots=True)
class Fit:
    """A picture with boxes for a paper.

    Attributes
    ----------
    scene: in its own size; `scale` points of the paper are one of it.
    paper: the paper, turned if that suits the picture.
    notes: sentences for the user, such as that boxes are small.
    """

    scene: Scene
    paper: Paper
    scale: float
    notes: tuple[str, ...] = ()


def fitted(facts: GraphFacts, options: Options, kinds: Sequence[str], paper: Paper) -> Fit:
    """Return the picture with boxes, in as few rows and on as few pages as make it large enough."""
    wide = paper.lying.wide
    widths: tuple[float, ...] = (0.0, 1.4 * wide, 1.2 * wide, wide, paper.wide)
    if len(facts.nodes) > MANY:
        widths = (1.2 * wide,)
    best: Fit | None = None
    split: Fit | None = None
    for wrap in widths:
        scene = boxed_scene(facts, replace(options, wrap=wrap), kinds)
        found = _turned(scene, paper, _size)
        if best is None or found.scale > 1.1 * best.scale or found.scale >= ENOUGH:
            best = found
        # Rows tear a graph apart: no more of them than it takes.
        if best.scale >= ENOUGH:
            break
        found = _turned(scene, paper, _size_in_pieces)
        if split is None or found.scale > 1.1 * split.scale or found.scale >= ENOUGH > split.scale:
            split = found
    assert best is not None
    if split is not None and split.scale > WORTH * best.scale:
        best = split
    notes = [note for note in best.scene.notes if "points wide" not in note]
    boxes = [shape for node in best.scene.nodes for shape in node.shapes if shape.role == BLANK]
    least = min((shape.width for shape in boxes), default=BOX) * best.scale
    if least < BOX:
        notes.append(
            f"On {paper.name} the boxes are {least * 25.4 / 72:.0f} mm wide: use larger paper"
            " (--paper a3), draw a part (--focus NAME), or ask for fewer kinds (--blank)"
        )
    return replace(best, scene=replace(best.scene, notes=()), notes=tuple(notes))


def _turned(scene: Scene, paper: Paper, size: Callable[[Scene, Paper], float]) -> Fit:
    """Return the paper as it is if the picture is large enough there, else as suits it better."""
    upright, lying = size(scene, paper), size(scene, paper.lying)
    if upright < min(ENOUGH, lying):
        return Fit(scene, paper.lying, lying)
    return Fit(scene, paper, upright)


def _size(scene: Scene, paper: Paper) -> float:
    return min(paper.wide / scene.width, paper.tall / scene.height, LARGEST)


def _size_in_pieces(scene: Scene, paper: Paper) -> float:
    tallest = max(bottom - top for top, bottom in _bands(scene)) + 2 * EDGE
    return min(paper.wide / scene.width, paper.tall / tallest, ENOUGH)


def pieces(scene: Scene, paper: Paper, scale: float) -> tuple[Scene, ...]:
    """Return a picture as one piece or, between its rows, in as many as fit a page each."""
    tall = paper.tall / scale + 1.0
    if scene.height <= tall:
        return (scene,)
    found: list[tuple[float, float]] = []
    for top, bottom in _bands(scene):
        if found and bottom - found[-1][0] + 2 * EDGE <= tall:
            found[-1] = found[-1][0], bottom
        else:
            found.append((top, bottom))
    return tuple(_piece(scene, top, bottom) for top, bottom in found)


def _piece(scene: Scene, top: float, bottom: float) -> Scene:
    def inside(y: float) -> bool:
        return top <= y <= bottom

    piece = replace(
        scene,
        nodes=tuple(node for node in scene.nodes if inside(node.box.y + node.box.height / 2)),
        wires=tuple(wire for wire in scene.wires if inside(wire.points[0][1])),
        clusters=tuple(c for c in scene.clusters if inside(c.box.y + c.box.height / 2)),
    )
    return replace(piece.moved(0, EDGE - top), height=bottom - top + 2 * EDGE)


def _bands(scene: Scene) -> list[tuple[float, float]]:
    """Return from where to where something is drawn, from above, with free height between."""
    found: list[tuple[float, float]] = []
    for top, bottom in sorted(_spans(scene)):
        if found and top <= found[-1][1]:
            found[-1] = found[-1][0], max(bottom, found[-1][1])
        else:
            found.append((top, bottom))
    return found


def _spans(scene: Scene) -> Iterator[tuple[float, float]]:
    boxes = [node.box for node in scene.nodes] + [cluster.box for cluster in scene.clusters]
    yield from ((box.y, box.bottom) for box in boxes)
    for wire in scene.wires:
        heights = [y for _, y in (*wire.points, *wire.head)]
        yield min(heights), max(heights)
