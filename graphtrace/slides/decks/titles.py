"""Titles of slides as their layouts' placeholders: outlines and screen readers find them."""

from typing import Any

from graphtrace.scene.model import Label
from graphtrace.scene.needs import need
from graphtrace.scene.typeset import printable
from graphtrace.slides.deck import LEADING, MARGIN, Deck, Frame

__all__ = ["aside", "lay_out", "opening", "titled"]

OPENING, TITLE_ONLY, EMU = 0, 5, 12_700
LINE, MIDDLE = 1.3, 0.36
"""A line's height, and how high its middle is above the baseline, in sizes of its type."""
USUAL = 24.0
"""The size of a title slide's type before its lines say theirs."""
COUNT = 80.0
"""What the number of a step takes at the right, in points."""
STYLE = (
    '<a:lstStyle xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    '<a:lvl1pPr marL="0" indent="0" algn="{align}"><a:buNone/><a:defRPr sz="{size}">'
    '<a:solidFill><a:schemeClr val="tx1"/></a:solidFill></a:defRPr></a:lvl1pPr></a:lstStyle>'
)


def lay_out(made: Any, deck: Deck) -> None:
    """Give the titles of the layouts that a deck's slides are of their places and type."""
    headings = [frame.heading for frame in deck.frames if frame.step.kind != "title"]
    layouts = made.slide_layouts
    for box in layouts[OPENING].placeholders:
        if box.placeholder_format.idx < 2:
            _style(box, "ctr", USUAL)
    if headings:
        box, heading = layouts[TITLE_ONLY].placeholders[0], headings[0]
        _style(box, "l", heading.ink.size)
        tall = LINE * heading.ink.size
        top = heading.y - MIDDLE * heading.ink.size - tall / 2
        _put(box, heading.left, top, _room(deck), tall)


def titled(made: Any, heading: Label, deck: Deck) -> Any:
    """Return a new slide with its title; a long one is smaller."""
    slide = made.slides.add_slide(made.slide_layouts[TITLE_ONLY])
    frame = slide.shapes.title.text_frame
    frame.text = printable(heading.ink.text)
    if heading.ink.width > _room(deck):
        size = heading.ink.size * _room(deck) / heading.ink.width
        frame.paragraphs[0].runs[0].font.size = round(size * EMU)
    return slide


def aside(made: Any, title: str) -> Any:
    """Return a new slide whose title is above it: for those who do not see the slide."""
    slide = made.slides.add_slide(made.slide_layouts[TITLE_ONLY])
    box, place = slide.shapes.title, slide.slide_layout.placeholders[0]
    box.text_frame.text = printable(title)
    box.left, box.top, box.width, box.height = (
        place.left, -2 * place.height, place.width, place.height,
    )  # fmt: skip
    return slide


def opening(made: Any, frame: Frame, deck: Deck) -> Any:
    """Return a graph's title slide; its statements are the title, if it has no other."""
    slide = made.slides.add_slide(made.slide_layouts[OPENING])
    labels = [frame.heading, *frame.captions]
    statements = frame.step.heading.startswith(frame.heading.ink.text.removesuffix("…"))
    count = len(labels) - 1 if statements else 1
    boxes = slide.shapes.title, slide.placeholders[1]
    for box, lines in zip(boxes, (labels[:count], labels[count:]), strict=True):
        tall = [LEADING * label.ink.size for label in lines]
        # The middle of the first line.
        middle = lines[0].y - MIDDLE * lines[0].ink.size
        _put(box, MARGIN, middle - tall[0] / 2, deck.width - 2 * MARGIN, sum(tall))
        for at, label in enumerate(lines):
            text = box.text_frame
            _line(text.paragraphs[0] if at == 0 else text.add_paragraph(), label)
    return slide


def _line(paragraph: Any, label: Label) -> None:
    colours = need("pptx.enum.dml", "python-pptx", "PPTX", extra="pptx").MSO_THEME_COLOR
    points = need("pptx.util", "python-pptx", "PPTX", extra="pptx").Pt
    paragraph.line_spacing = points(round(LEADING * label.ink.size))
    paragraph.space_before = 0
    run = paragraph.add_run()
    run.text = printable(label.ink.text)
    run.font.size = round(label.ink.size * EMU)
    if label.ink.role != "name":
        run.font.color.theme_color = colours.TEXT_2


def _room(deck: Deck) -> float:
    return deck.width - 2 * MARGIN - COUNT


def _put(box: Any, x: float, y: float, width: float, height: float) -> None:
    box.left, box.top, box.width, box.height = (round(s * EMU) for s in (x, y, width, height))


def _style(box: Any, align: str, size: float) -> None:
    """Say in a layout's placeholder how its type is set."""
    parse = need("pptx.oxml", "python-pptx", "PPTX", extra="pptx").parse_xml
    body = box.text_frame._txBody
    style = parse(STYLE.format(align=align, size=round(100 * size)))
    body.replace(body[1], style)
    for key, value in {"wrap": "none", "anchor": "ctr"}.items():
        body.bodyPr.set(key, value)
    for side in ("lIns", "tIns", "rIns", "bIns"):
        body.bodyPr.set(side, "0")
