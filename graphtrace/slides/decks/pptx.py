"""PPTX decks: native shapes, one slide a step, or one slide a graph with a click for each step."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from graphtrace.render.drawingml import Drawing
from graphtrace.render.pptx import new_presentation, picture_elements, starts_of, written
from graphtrace.render.theme import Theme
from graphtrace.scene.model import LIT, Cluster, Label, Shape, Wire
from graphtrace.scene.typeset import printable
from graphtrace.slides.deck import MARGIN, Deck, Frame
from graphtrace.slides.decks.clicks import Click, timing
from graphtrace.slides.decks.titles import aside, lay_out, opening, titled
from graphtrace.slides.layers import Layer, layers_of

__all__ = ["pptx_deck"]

TAKEN = 20
"""Shapes are numbered from here on: those before are the titles'."""
Times = tuple[int, ...]
"""The numbers, from 0, of the frames that show something."""


def pptx_deck(deck: Deck, theme: Theme, *, animate: bool = False) -> bytes:
    """Return a presentation of the deck's size; captions are text, notes in the notes pane.

    With `animate` the steps of a graph are clicks on one slide.

    Raises
    ------
    FormatError: where python-pptx is not installed.
    """
    made = new_presentation(deck.width, deck.height, theme)
    lay_out(made, deck)
    # One for all slides, so that what they share is made once.
    writer = _Writer(made, deck, Drawing(theme, 1.0, (0.0, 0.0), TAKEN))
    for _, group in groupby(deck.frames, key=lambda frame: frame.graph):
        frames = list(group)
        if not animate:
            for frame in frames:
                writer.step(frame)
            continue
        for frame in frames:
            if frame.step.kind == "title":
                writer.step(frame)
        writer.clicks([frame for frame in frames if frame.step.kind != "title"])
    return written(made, deck.title, f"{len(deck.frames)} steps")


class _Writer:
    """Adds slides to a presentation."""

    def __init__(self, made: Any, deck: Deck, drawing: Drawing) -> None:
        self._made, self._deck, self._drawing = made, deck, drawing
        self._room = deck.width - 2 * MARGIN

    def step(self, frame: Frame) -> None:
        """Add the slide of one step."""
        if frame.step.kind == "title":
            slide = opening(self._made, frame, self._deck)
        else:
            slide = titled(self._made, frame.heading, self._deck)
            tree = slide.shapes._spTree
            for element in picture_elements(frame.drawing, self._drawing):
                tree.append(element)
            for label in (*([frame.count] if frame.count else []), *frame.captions):
                tree.append(self._drawing.equation(label, self._room))
        slide.notes_slide.notes_text_frame.text = printable(frame.step.notes)

    def clicks(self, frames: Sequence[Frame]) -> None:
        """Add one slide on which each step after the first is a click."""
        if not frames:
            return
        # Each step has a heading of its own.
        slide = aside(self._made, self._deck.boards[frames[0].graph].title)
        shown: list[tuple[Any, Times]] = []
        for element, times in (*self._picture(frames), *self._type(frames)):
            slide.shapes._spTree.append(element)
            shown.append((element, times))
        slide.element.append(timing(_changes(shown, len(frames))))
        said = (
            f"{at}. {printable(f'{frame.heading.ink.text}: {frame.step.notes}')}"
            for at, frame in enumerate(frames, 1)
        )
        slide.notes_slide.notes_text_frame.text = "\n".join(said)

    def _picture(self, frames: Sequence[Frame]) -> list[tuple[Any, Times]]:
        """Return the picture's elements from back to front; those of one node and time together."""
        scenes = [frame.drawing for frame in frames]
        groups = groupby(layers_of(scenes), key=lambda layer: (layer.owner, tuple(layer.frames)))
        parts = [(owner, times, list(layers)) for (owner, times), layers in groups]
        made: dict[int, Any] = {}
        # Wires hold on to what was made last before them: outlines without highlight.
        order = sorted(range(len(parts)), key=lambda at: _turn(parts[at][2]))
        starts = starts_of(scenes[0])
        nodes = {node.key: node for node in scenes[0].nodes}
        for at in order:
            owner, times, layers = parts[at]
            things = [layer.element for layer in layers]
            if isinstance(things[0], Wire):
                made[at] = self._drawing.wire(things[0])
            elif isinstance(things[0], Cluster):
                made[at] = self._drawing.cluster(things[0])
            else:
                shapes = tuple(thing for thing in things if isinstance(thing, Shape))
                labels = tuple(thing for thing in things if isinstance(thing, Label))
                node = replace(nodes[owner], shapes=shapes, labels=labels)
                dots = starts.pop(owner, ()) if len(times) == len(frames) else ()
                made[at] = self._drawing.part(node, dots)
        return [(made[at], parts[at][1]) for at in range(len(parts))]

    def _type(self, frames: Sequence[Frame]) -> Iterator[tuple[Any, Times]]:
        """Yield headings, counts and captions; those of several frames once."""
        times: dict[Label, list[int]] = {}
        for at, frame in enumerate(frames):
            for label in (frame.heading, frame.count, *frame.captions):
                if label is not None:
                    times.setdefault(label, []).append(at)
        for label, found in times.items():
            yield self._drawing.equation(label, self._room), tuple(found)


def _turn(layers: Sequence[Layer]) -> int:
    """Return when to make a part: what is highlighted first, wires last."""
    if isinstance(layers[0].element, Wire):
        return 2
    roles = [layer.element.role for layer in layers if isinstance(layer.element, Shape)]
    return 0 if any(role.startswith(LIT) for role in roles) else 1


def _changes(shown: Iterable[tuple[Any, Times]], frames: int) -> list[Click]:
    """Return what appears and what goes at each click after the first frame."""
    come: list[list[Any]] = [[] for _ in range(frames + 1)]
    go: list[list[Any]] = [[] for _ in range(frames + 1)]
    for element, times in shown:
        for at in times:
            if at - 1 not in times:
                come[at].append(element)
            if at + 1 not in times:
                go[at + 1].append(element)
    return [Click(tuple(come[at]), tuple(go[at])) for at in range(1, frames)]
