"""PPTX decks: native shapes, one slide a step, or one slide a graph with a click for each step."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from graphtrace.render.drawingml import Drawing
from graphtrace.render.pptx import fill_background, new_presentation, picture_elements, written
from graphtrace.render.theme import Theme
from graphtrace.scene.model import Cluster, Label, Wire
from graphtrace.scene.needs import need
from graphtrace.scene.typeset import printable
from graphtrace.slides.deck import Deck, Frame
from graphtrace.slides.decks.clicks import Click, timing
from graphtrace.slides.layers import Layer, layers_of

__all__ = ["pptx_deck"]

TITLE_ONLY, EMU = 5, 12_700
TAKEN = 20
LINE = 1.3
"""A line's height, in sizes of its type."""


def pptx_deck(deck: Deck, theme: Theme, *, animate: bool = False) -> bytes:
    """Return a presentation of the deck's size; captions are text, notes in the notes pane.

    With `animate` the steps of a graph are clicks on one slide.

    Raises
    ------
    FormatError: where python-pptx is not installed.
    """
    made = new_presentation(deck.width, deck.height)
    # One for all slides: the numbers up to here are those of titles and notes.
    drawing = Drawing(theme, 1.0, (0.0, 0.0), TAKEN)
    if not animate:
        for frame in deck.frames:
            _slide(made, frame, theme, drawing)
    else:
        for _, group in groupby(deck.frames, key=lambda f: (f.graph, f.step.kind == "title")):
            frames = list(group)
            if len(frames) == 1:
                _slide(made, frames[0], theme, drawing)
            else:
                _animated(made, frames, theme, drawing)
    return written(made, deck.title, f"{len(deck.frames)} steps")


def _slide(made: Any, frame: Frame, theme: Theme, drawing: Drawing) -> None:
    slide = _titled(made, frame.heading, theme)
    tree = slide.shapes._spTree
    for element in picture_elements(frame.drawing, drawing):
        tree.append(element)
    for label in (*([frame.count] if frame.count else []), *frame.captions):
        tree.append(drawing.text_box(label))
    slide.notes_slide.notes_text_frame.text = printable(frame.step.notes)


def _titled(made: Any, heading: Label, theme: Theme) -> Any:
    """Return a new slide with its title."""
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Emu, Pt

    slide = made.slides.add_slide(made.slide_layouts[TITLE_ONLY])
    fill_background(slide, theme)
    box = slide.shapes.title
    place = heading.box
    middle, tall = (place.y + place.bottom) / 2, LINE * heading.ink.size
    sides = (place.x, middle - tall / 2, place.width, tall)
    box.left, box.top, box.width, box.height = (Emu(round(side * EMU)) for side in sides)
    frame = box.text_frame
    frame.text = printable(heading.ink.text)
    frame.word_wrap = False
    frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    line = frame.paragraphs[0]
    line.alignment = PP_ALIGN.CENTER if heading.anchor == "middle" else PP_ALIGN.LEFT
    face = line.runs[0].font
    face.size, face.name = Pt(heading.ink.size), "Verdana"
    colour = need("pptx.dml.color", "python-pptx", "PPTX", extra="pptx").RGBColor
    face.color.rgb = colour.from_string(theme.text("name")[1:].upper())
    return slide


def _animated(made: Any, frames: Sequence[Frame], theme: Theme, drawing: Drawing) -> None:
    """Add one slide on which each step is a click."""
    title = frames[0].heading
    slide = _titled(made, title, theme)
    tree = slide.shapes._spTree
    # Each step has a heading of its own; the slide's title is for outlines and readers.
    slide.shapes.title.top = -2 * slide.shapes.title.height
    numbers: list[tuple[int, Layer]] = []
    for layer in layers_of([frame.page for frame in frames]):
        first = drawing.last + 1
        tree.append(_element(layer, drawing))
        numbers.append((first, layer))
    tree.getparent().getparent().append(timing(_clicks(numbers, len(frames))))
    said = (f"{at}. {printable(frame.step.notes)}" for at, frame in enumerate(frames, 1))
    slide.notes_slide.notes_text_frame.text = "\n".join(said)


def _element(layer: Layer, drawing: Drawing) -> Any:
    thing = layer.element
    if isinstance(thing, Wire):
        return drawing.wire(thing)
    if isinstance(thing, Cluster):
        return drawing.cluster(thing)
    if isinstance(thing, Label):
        return drawing.text_box(thing)
    return drawing.outline(thing)


def _clicks(numbers: Sequence[tuple[int, Layer]], frames: int) -> list[Click]:
    """Return what appears and what goes at each click after the first frame."""
    found = []
    for at in range(1, frames):
        come = [n for n, layer in numbers if at in layer.frames and at - 1 not in layer.frames]
        go = [n for n, layer in numbers if at - 1 in layer.frames and at not in layer.frames]
        found.append(Click(tuple(come), tuple(go)))
    return found
