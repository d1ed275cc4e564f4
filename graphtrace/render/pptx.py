"""PPTX: one slide of native shapes, grouped node by node, with wires that stay connected."""

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from graphtrace.render.drawingml import Drawing
from graphtrace.render.office_theme import dressed
from graphtrace.render.theme import Theme
from graphtrace.scene.model import Point, Scene
from graphtrace.scene.needs import need
from graphtrace.scene.typeset import printable, shorten

__all__ = ["new_presentation", "picture_elements", "pptx_bytes", "starts_of", "written"]

# 16:9, as PowerPoint's own blank presentation, and its largest slide; in points.
WIDTH, MARGIN, WIDEST = 960.0, 20.0, 4032.0
SHAPE = 9 / 16
# A point of the scene on the slide: more looks coarse; before it gets less, the slide grows.
LARGEST, LEAST = 2.0, 0.6
EMU = 12_700
BLANK = 6
# Zip files cannot say an earlier time.
EPOCH = (1980, 1, 1, 0, 0, 0)


def pptx_bytes(scene: Scene, theme: Theme, *, scale: float | None = None) -> bytes:
    """Return a presentation of one slide; by default the picture is fitted to it.

    `scale` is the size of a point of the scene in points of the slide, which grows if need be.
    """
    size, width = _fit(scene, scale)
    height = SHAPE * width
    deck = new_presentation(width, height, theme)
    slide = deck.slides.add_slide(deck.slide_layouts[BLANK])
    corner = (width - scene.width * size) / 2, (height - scene.height * size) / 2
    drawing = Drawing(theme, size, corner)
    tree = slide.shapes._spTree
    for element in picture_elements(scene, drawing):
        tree.append(element)
    return written(deck, scene.title, scene.description)


def new_presentation(width: float, height: float, theme: Theme) -> Any:
    """Return a presentation without slides, of a size in points, in a theme's colours.

    Raises
    ------
    FormatError: where python-pptx is not installed.
    """
    deck = need("pptx", "python-pptx", "PPTX", extra="pptx").Presentation()
    deck.slide_width, deck.slide_height = round(width * EMU), round(height * EMU)
    dressed(deck, theme)
    return deck


def written(deck: Any, title: str, subject: str) -> bytes:
    """Return a presentation's file, the same for the same slides, with its properties."""
    _describe(deck, title, subject)
    file = io.BytesIO()
    deck.save(file)
    return _timeless(file.getvalue())


def _fit(scene: Scene, scale: float | None) -> tuple[float, float]:
    """Return the size of a point of the scene, and the width of the slide."""
    # The width that a slide needs for a scene of size 1.
    needs = max(scene.width, scene.height / SHAPE)
    size = scale if scale is not None else min((WIDTH - 2 * MARGIN) / needs, LARGEST)
    if scale is None and size < LEAST:
        size = min(LEAST, (WIDEST - 2 * MARGIN) / needs)
    return size, min(max(WIDTH, size * needs + 2 * MARGIN), WIDEST)


def picture_elements(scene: Scene, drawing: Drawing) -> Iterator[Any]:
    """Yield frames of scopes, then nodes, then the wires between them."""
    for cluster in scene.clusters:
        yield drawing.cluster(cluster)
    starts = starts_of(scene)
    for node in scene.nodes:
        yield drawing.node(node, starts.get(node.key, ()))
    for wire in scene.wires:
        yield drawing.wire(wire)


def starts_of(scene: Scene) -> dict[str, tuple[Point, ...]]:
    """Return where wires start at each node that any do."""
    starts: dict[str, dict[Point, None]] = {}
    for wire in scene.wires:
        starts.setdefault(wire.source, {})[wire.points[0]] = None
    return {key: tuple(points) for key, points in starts.items()}


def _describe(deck: Any, title: str, subject: str) -> None:
    """Write the document's properties, without the time."""
    facts = deck.core_properties
    facts.title = shorten(printable(title), 200)
    facts.subject = shorten(printable(subject), 200)
    facts.author = facts.last_modified_by = "graphtrace"
    facts.created = facts.modified = datetime(*EPOCH)  # noqa: DTZ001 - written without a zone


def _timeless(data: bytes) -> bytes:
    """Return a zip file with the same parts, each of the same moment."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            part = zipfile.ZipInfo(name, EPOCH)
            part.compress_type, part.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(part, old.read(name))
    return file.getvalue()
