"""Markdown for Marp: a slide for each step, with the picture beside the file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import quote

from graphtrace.annotate.worked import Equation
from graphtrace.render.data import dump
from graphtrace.render.markdown import markdown_math, markdown_text
from graphtrace.render.theme import Theme, contrast
from graphtrace.scene.geometry import bounds
from graphtrace.scene.model import Box, Scene
from graphtrace.scene.typeset import printable
from graphtrace.slides.deck import Deck, Frame
from graphtrace.slides.decks.pictures import numbered, writer

__all__ = ["marp_deck"]

ASPECTS = {16 / 9: ("16:9", 1280), 4 / 3: ("4:3", 960)}
TALL = 720
"""A slide's height in pixels; the widths are above."""
SIDE, HEADED, LINE = 50, 140, 76
"""What stays free at each side, and what a heading and a caption take, in pixels."""
LEAST = 200
PAD = 8.0
# Slides begin at the top, so that the picture is always in the same place.
STYLE = (
    "style: |",
    f"  section {{ display: block; place-content: start; padding: 36px {SIDE}px; }}",
    "  section:has(h1) { place-content: center; text-align: center; }",
    "  section h2 { margin: 0 0 16px; }",
    "  section p { text-align: center; margin: 12px 0; }",
)


@dataclass(frozen=True, slots=True)
class _Place:
    """The part of a graph's pages that the picture takes, and its size in pixels."""

    box: Box
    width: int
    height: int

    def cut(self, scene: Scene) -> Scene:
        moved = scene.moved(-self.box.x, -self.box.y)
        return replace(moved, width=self.box.width, height=self.box.height)


def marp_deck(
    deck: Deck, theme: Theme, stem: str, images: str = "svg"
) -> tuple[str, dict[str, bytes]]:
    """Return a deck as Markdown, and its pictures by their path beside it.

    Raises
    ------
    FormatError: for pictures that are neither SVG nor PNG.
    """
    draw, folder = writer(theme, images), f"{stem}-images"
    size, wide = min(ASPECTS.items(), key=lambda row: abs(row[0] - deck.width / deck.height))[1]
    slides, files = ["\n".join(_head(deck, theme, size))], {}
    for _, group in groupby(deck.frames, key=lambda frame: frame.graph):
        frames = list(group)
        place = _place(frames, wide)
        for frame in frames:
            name = f"{folder}/{numbered(frame.number, len(deck.frames), images)}"
            if frame.step.kind != "title":
                files[name] = draw(place.cut(frame.drawing))
            slides.append("\n\n".join(_slide(frame, place, name)))
    return "\n\n---\n\n".join([slides[0] + "\n\n" + slides[1], *slides[2:]]) + "\n", files


def _head(deck: Deck, theme: Theme, size: str) -> Iterator[str]:
    dark = contrast(theme.page, "#ffffff") > contrast(theme.page, "#000000")
    yield from ("---", "marp: true", f"title: {dump(deck.title)}", "theme: default")
    yield f"size: {size}"
    if dark:
        yield "class: invert"
    yield f'backgroundColor: "{theme.page}"'
    yield f'color: "{theme.ink}"'
    yield from ("paginate: true", *STYLE, "---")


def _place(frames: Sequence[Frame], wide: int) -> _Place:
    """Return where the picture of a graph is, as large as its captions leave room for."""
    scene = frames[-1].drawing
    boxes = [node.box for node in scene.nodes] + [cluster.box for cluster in scene.clusters]
    box = bounds(boxes, [point for wire in scene.wires for point in wire.points])
    box = Box(box.x - PAD, box.y - PAD, box.width + 2 * PAD, box.height + 2 * PAD)
    lines = max(len(frame.step.captions) for frame in frames)
    room = max(TALL - HEADED - LINE * lines, LEAST)
    scale = min((wide - 2 * SIDE) / box.width, room / box.height)
    return _Place(box, int(scale * box.width), int(scale * box.height))


def _slide(frame: Frame, place: _Place, name: str) -> Iterator[str]:
    if frame.step.kind == "title":
        yield f"# {markdown_text(frame.heading.ink.text)}"
        yield from (markdown_text(label.ink.text) for label in frame.captions)
    else:
        # Marp takes words such as `bg` in the description of a picture for orders to itself.
        said = f"w:{place.width} h:{place.height} The graph at step {frame.number}"
        yield f"## {markdown_text(frame.step.heading)}"
        yield f"![{said}]({quote(name)})"
        yield from map(_caption, frame.step.captions)
    # A first line on its own: what reads as YAML, such as `so: 2`, would be directives to Marp.
    yield f"<!--\nNotes on step {frame.number}\n\n{_comment(frame.step.notes)}\n-->"


def _caption(line: Equation) -> str:
    return markdown_math(line.latex) or markdown_text(line.text)


def _comment(text: str) -> str:
    """Return text that cannot end a comment."""
    return printable(text).replace("--", "- -").replace("--", "- -")
