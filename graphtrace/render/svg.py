"""SVG: a walk over the scene; attributes only, real text, ids prefixed per figure."""

import hashlib
from collections.abc import Iterator
from itertools import groupby

from graphtrace.render.theme import Paint, Theme
from graphtrace.render.walk import coordinate as _n
from graphtrace.render.walk import frame, reader_text
from graphtrace.scene.fonts import FAMILY
from graphtrace.scene.model import Cluster, Label, Point, Scene, SceneNode, Shape, Wire
from graphtrace.scene.typeset import printable

__all__ = ["element_svg", "escape", "svg_text"]

NAMESPACE = "http://www.w3.org/2000/svg"
CRISP = 'shape-rendering="crispEdges"'
"""Without it hairs show between the cells of a heat map."""
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def svg_text(scene: Scene, theme: Theme, *, prefix: str | None = None, scale: float = 1.0) -> str:
    """Return the scene as an SVG document.

    `prefix` starts every id; by default it is made from the scene itself, so that two different
    pictures on one page do not share ids. `scale` multiplies the displayed size.
    """
    prefix = _prefix(scene) if prefix is None else escape(prefix)
    width, height = _n(scene.width * scale), _n(scene.height * scale)
    view = f'viewBox="0 0 {_n(scene.width)} {_n(scene.height)}" role="graphics-document"'
    labelled = f'aria-labelledby="{prefix}title {prefix}desc"'
    lines = [
        f'<svg xmlns="{NAMESPACE}" width="{width}" height="{height}" {view} {labelled}>',
        f'<title id="{prefix}title">{escape(scene.title)}</title>',
        f'<desc id="{prefix}desc">{escape(" ".join((scene.description, *scene.notes)))}</desc>',
        f'<rect width="{_n(scene.width)}" height="{_n(scene.height)}" fill="{theme.page}"/>',
    ]
    for cluster in scene.clusters:
        lines += [
            f"<g><title>{escape(cluster.title)}</title>",
            element_svg(cluster, theme),
            "</g>",
        ]
    lines += [_wire(wire, theme, prefix) for wire in scene.wires]
    for node in scene.nodes:
        lines += _node(node, theme, prefix)
    return "\n".join([*lines, "</svg>", ""])


def element_svg(thing: Cluster | Wire | Shape | Label, theme: Theme) -> str:
    """Return the drawing of one element of a scene, without words for readers."""
    if isinstance(thing, Cluster):
        return f"{_shape(frame(thing), theme)}\n{_label(thing.label, theme)}"
    if isinstance(thing, Wire):
        paint = theme.paint(thing)
        head = " ".join(f"{_n(x)},{_n(y)}" for x, y in thing.head)
        return (
            f'<path d="{_curve(thing.points)}" {_attributes(paint)}/>'
            f'<polygon points="{head}" fill="{paint.stroke}"/>'
        )
    return _shape(thing, theme) if isinstance(thing, Shape) else _label(thing, theme)


def escape(text: str) -> str:
    """Return text for an element or an attribute of SVG or HTML."""
    return printable(text).translate(ESCAPES)


def _prefix(scene: Scene) -> str:
    digest = hashlib.sha256(repr(scene).encode("utf-8", "backslashreplace")).hexdigest()
    return f"g{digest[:8]}-"


def _node(node: SceneNode, theme: Theme, prefix: str) -> list[str]:
    return [
        f'<g id="{prefix}{escape(node.key)}" role="graphics-symbol">',
        f"<title>{escape(node.title)}</title><desc>{escape(reader_text(node))}</desc>",
        *_shapes(node.shapes, theme),
        *(_label(label, theme) for label in node.labels),
        "</g>",
    ]


def _shapes(shapes: tuple[Shape, ...], theme: Theme) -> Iterator[str]:
    """Yield shapes; the many cells of a heat map share what they have in common."""
    for cells, run in groupby(shapes, lambda shape: shape.level is not None):
        if cells:
            drawn = (_rect(shape, _attributes(theme.paint(shape))) for shape in run)
            yield from (f"<g {CRISP}>", *drawn, "</g>")
        else:
            yield from (_shape(shape, theme) for shape in run)


def _wire(wire: Wire, theme: Theme, prefix: str) -> str:
    return (
        f'<g id="{prefix}{escape(wire.key)}" role="graphics-symbol">'
        f"<title>{escape(wire.title)}</title>{element_svg(wire, theme)}</g>"
    )


def _attributes(paint: Paint) -> str:
    words = f'fill="{paint.fill or "none"}"'
    if paint.stroke:
        words += f' stroke="{paint.stroke}" stroke-width="{_n(paint.width)}"'
    return words + (' stroke-dasharray="4 3"' if paint.dashed else "")


def _curve(points: tuple[Point, ...]) -> str:
    first, *rest = (f"{_n(x)} {_n(y)}" for x, y in points)
    return f"M{first}C" + " ".join(rest)


def _shape(shape: Shape, theme: Theme) -> str:
    paint = _attributes(theme.paint(shape))
    if shape.level is not None:
        return _rect(shape, f"{paint} {CRISP}")
    if shape.kind == "line":
        ends = f'x1="{_n(shape.x)}" y1="{_n(shape.y)}"'
        ends += f' x2="{_n(shape.x + shape.width)}" y2="{_n(shape.y + shape.height)}"'
        return f"<line {ends} {paint}/>"
    if shape.kind == "ellipse":
        rx, ry = shape.width / 2, shape.height / 2
        centre = f'cx="{_n(shape.x + rx)}" cy="{_n(shape.y + ry)}"'
        return f'<ellipse {centre} rx="{_n(rx)}" ry="{_n(ry)}" {paint}/>'
    return _rect(shape, paint)


def _rect(shape: Shape, paint: str) -> str:
    corner = f' rx="{_n(shape.radius)}"' if shape.radius else ""
    return (
        f'<rect x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}"'
        f' height="{_n(shape.height)}"{corner} {paint}/>'
    )


def _label(label: Label, theme: Theme) -> str:
    ink, colour = label.ink, theme.text(label.ink.role)
    if ink.art:
        return (
            f'<path transform="translate({_n(label.left)} {_n(label.y)})" d="{ink.art}"'
            f' fill="{colour}" role="img" aria-label="{escape(ink.text)}"/>'
        )
    style = ' font-style="italic"' if ink.italic else ""
    anchor = f' text-anchor="{label.anchor}"' if label.anchor != "start" else ""
    return (
        f'<text x="{_n(label.x)}" y="{_n(label.y)}" font-family="{FAMILY}"'
        f' font-size="{_n(ink.size)}"{style}{anchor} fill="{colour}"'
        f' xml:space="preserve">{escape(ink.text)}</text>'
    )
