"""The XML of native shapes in office documents: groups, outlines, text, connectors."""

import math
from collections.abc import Sequence
from copy import deepcopy
from functools import partial
from typing import Any

from graphtrace.render.office_theme import FACE, SLOTS
from graphtrace.render.omml import MATH, omml
from graphtrace.render.runs import runs
from graphtrace.render.theme import Paint, Theme
from graphtrace.render.walk import alternative, frame, whole_way
from graphtrace.scene.fonts import text_width
from graphtrace.scene.model import Box, Cluster, Label, Point, SceneNode, Shape, Text, Wire
from graphtrace.scene.needs import need
from graphtrace.scene.typeset import printable, shorten

__all__ = ["Drawing"]

SPACES = {
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
}
EQUATIONS = SPACES | {
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "a14": "http://schemas.microsoft.com/office/drawing/2010/main",
    "p159": "http://schemas.microsoft.com/office/powerpoint/2015/09/main",
    "m": MATH,
}
EMU = 12_700
# The type of formulas, in text and in equations.
FORMULA, EQUATION = "Cambria", "Cambria Math"
# A line's height, and how high its middle is above the baseline, in sizes of that type.
LINE, MIDDLE = 1.2, 0.375
PORT = 1.2
# Width and length of arrowheads from a size on; programs scale them with lines of 2 points or more.
HEADS = ((0.8, ("med", "lg")), (0.5, ("sm", "med")), (0.0, ("sm", "sm")))
# A connector holds on to a place on an outline that is at most as far from its tip, in points.
NEAR = 1.0
ALIGN = {"start": "l", "middle": "ctr", "end": "r"}
GEOMETRY = {"ellipse": "ellipse", "rect": "rect", "line": "line"}
# The places on an outline that a connector can hold on to, in order of their numbers.
SITES = {
    "ellipse": tuple(
        (0.5 + 0.5 * math.cos(math.radians(turn)), 0.5 - 0.5 * math.sin(math.radians(turn)))
        for turn in range(90, 450, 45)
    ),
    "rect": ((0.5, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 0.5)),
}


class Drawing:
    """Makes the elements of a slide in order; each shape has the next number after `last`."""

    def __init__(self, theme: Theme, size: float, corner: Point, last: int = 1) -> None:
        self._theme, self._size, self._corner = theme, size, corner
        self._etree: Any = need("lxml.etree", "python-pptx", "PPTX", extra="pptx")
        self._last = last
        self._bodies: dict[str, tuple[int, Shape]] = {}
        self._ports: dict[tuple[str, Point], int] = {}
        # A colour that stands for several things is the first of them.
        self._scheme = {getattr(theme, ours): named for named, ours in reversed(SLOTS.values())}
        self._made: dict[tuple[Any, ...], tuple[Any, Any, dict[Point, int]]] = {}
        self._curves: dict[tuple[Any, ...], Any] = {}

    def cluster(self, cluster: Cluster) -> Any:
        """Return the frame of a scope with its name."""
        parts = [
            self.outline(frame(cluster)),
            self.text_box(cluster.label),
        ]
        return self._group(cluster.title, cluster.title, cluster.box, parts)

    def node(self, node: SceneNode, starts: Sequence[Point]) -> Any:
        """Return a node's shapes and type as one group, with a dot where each wire starts.

        On the slides of a deck most nodes are drawn again and again: from the second time on it is
        a copy, with the numbers that it had.
        """
        key = (node, *starts)
        if key not in self._made:
            group = self._node(node, starts)
            body = self._bodies.get(node.key)
            ports = {start: self._ports[node.key, start] for start in starts}
            self._made[key] = group, body, ports
        group, body, ports = self._made[key]
        if body is not None:
            self._bodies[node.key] = body
        self._ports.update({(node.key, start): number for start, number in ports.items()})
        return deepcopy(group)

    def _node(self, node: SceneNode, starts: Sequence[Point]) -> Any:
        body = next((shape for shape in node.shapes if shape.kind == "ellipse"), None)
        body = body or next((s for s in node.shapes if s.kind == "rect" and s.role == "card"), None)
        inside = [label for label in node.labels if body and _centred(label, body)]
        parts = []
        for shape in node.shapes:
            own = inside[0] if shape is body and inside else None
            parts.append(self.outline(shape, own))
            if shape is body:
                self._bodies[node.key] = (self._last, shape)
        parts += [self.text_box(label) for label in node.labels if label not in inside[:1]]
        for start in starts:
            x, y = start
            dot = Shape("ellipse", "wire", x - PORT / 2, y - PORT / 2, PORT, PORT)
            ink = self._theme.paint(dot).stroke
            parts.append(self._shape(dot, "start of wires", Paint(ink, None, 0.0, dashed=False)))
            self._ports[node.key, start] = self._last
        return self._group(node.title, alternative(node), node.box, parts)

    def part(self, node: SceneNode, starts: Sequence[Point]) -> Any:
        """Return a part of a node: a group, or the shape or type that it consists of."""
        group = self.node(node, starts)
        parts = len(node.shapes) + len(node.labels) + len(starts)
        return group[-1] if parts == 1 else group

    def wire(self, wire: Wire) -> Any:
        """Return a wire: a connector that holds on to both its ends where it is straight.

        Programs draw a connector's curve each in their own way, so a bent wire is a free curve.
        """
        ends = self._ports.get((wire.source, wire.points[0])), self._bodies.get(wire.target)
        if (wire, *ends) not in self._curves:
            self._curves[wire, *ends] = self._wire(wire)
        return deepcopy(self._curves[wire, *ends])

    def _wire(self, wire: Wire) -> Any:
        points = whole_way(wire)
        left, top = (min(axis) for axis in zip(*points, strict=True))
        right, bottom = (max(axis) for axis in zip(*points, strict=True))
        box = Box(left, top, right - left, bottom - top)
        level = _straight(points)
        element = self._element("p:cxnSp" if level else "p:sp")
        facts = self._add(element, "p:nvCxnSpPr" if level else "p:nvSpPr")
        facts.append(self._properties("wire", wire.title))
        ends = self._add(facts, "p:cNvCxnSpPr" if level else "p:cNvSpPr")
        self._add(facts, "p:nvPr")
        look = self._add(element, "p:spPr")
        look.append(self._place(box))
        if level:
            self._connect(ends, wire)
            place = look[0]
            for key, turned in zip(("flipH", "flipV"), _turned(points), strict=True):
                if turned:
                    place.set(key, "1")
            self._add(self._add(look, "a:prstGeom", prst="straightConnector1"), "a:avLst")
        else:
            look.append(self._curve(points, box))
            self._add(look, "a:noFill")
        line = self._line(look, self._theme.paint(wire))
        wide, long = next(head for least, head in HEADS if self._size >= least)
        self._add(line, "a:tailEnd", type="triangle", w=wide, len=long)
        return element

    def _connect(self, ends: Any, wire: Wire) -> None:
        """Say what a connector holds on to: the dot where it starts, the outline it ends at."""
        port = self._ports.get((wire.source, wire.points[0]))
        if port is not None:
            self._add(ends, "a:stCxn", id=port, idx=6)
        body = self._bodies.get(wire.target)
        if body is not None:
            site, far = _site(body[1], wire.head[0])
            if far < NEAR:
                self._add(ends, "a:endCxn", id=body[0], idx=site)

    def _group(self, name: str, title: str, box: Box, parts: list[Any]) -> Any:
        element = self._element("p:grpSp")
        facts = self._add(element, "p:nvGrpSpPr")
        facts.append(self._properties(name, title))
        self._add(facts, "p:cNvGrpSpPr")
        self._add(facts, "p:nvPr")
        place = self._place(box)
        for key, source in (("a:chOff", place[0]), ("a:chExt", place[1])):
            self._add(place, key, **dict(source.attrib))
        self._add(element, "p:grpSpPr").append(place)
        for part in parts:
            element.append(part)
        return element

    def outline(self, shape: Shape, label: Label | None = None) -> Any:
        """Return a shape, with a label in its middle if there is one."""
        name = "scope" if shape.role == "cluster" else shape.role
        return self._shape(shape, name, self._theme.paint(shape), label)

    @property
    def last(self) -> int:
        """The number of the shape that was made last; a group's parts have higher ones."""
        return self._last

    def _shape(self, shape: Shape, name: str, paint: Paint, label: Label | None = None) -> Any:
        line = shape.kind == "line"
        element = self._element("p:cxnSp" if line else "p:sp")
        facts = self._add(element, "p:nvCxnSpPr" if line else "p:nvSpPr")
        facts.append(self._properties(name, ""))
        self._add(facts, "p:cNvCxnSpPr" if line else "p:cNvSpPr")
        self._add(facts, "p:nvPr")
        look = self._add(element, "p:spPr")
        look.append(self._place(Box(shape.x, shape.y, shape.width, shape.height)))
        form = "roundRect" if shape.radius and shape.kind == "rect" else GEOMETRY[shape.kind]
        values = self._add(self._add(look, "a:prstGeom", prst=form), "a:avLst")
        if form == "roundRect":
            share = shape.radius / max(min(shape.width, shape.height), 0.1)
            self._add(values, "a:gd", name="adj", fmla=f"val {min(round(1e5 * share), 50_000)}")
        if paint.fill:
            self._colour(self._add(look, "a:solidFill"), paint.fill)
        else:
            self._add(look, "a:noFill")
        self._line(look, paint)
        if label is not None:
            element.append(self._words(label, "ctr"))
        return element

    def text_box(self, label: Label, room: float = 0.0) -> Any:
        """Return a box of text, as wide as its type was measured, its line on the baseline.

        A formula has its fractions in one line, smaller where it would be wider than `room`.
        """
        size = label.ink.size
        middle, height = label.y - MIDDLE * size, LINE * size
        box = Box(label.left, middle - height / 2, label.ink.width, height)
        return self._box(label, box, self._words(label, ALIGN[label.anchor], room))

    def equation(self, label: Label, room: float) -> Any:
        """Return a formula as a native equation, with a text box for programs without these."""
        math = omml(label.ink.tex, partial(self._equation_look, label.ink))
        if math is None:
            return self.text_box(label, room)
        element = self._element("mc:AlternateContent")
        choice = self._add(element, "mc:Choice", Requires="p159")
        body, line = self._paragraph(ALIGN[label.anchor])
        whole = self._add(self._add(line, "a14:m"), "m:oMathPara")
        whole.append(math)
        choice.append(self._box(label, label.box, body))
        self._last -= 1
        self._add(element, "mc:Fallback").append(self.text_box(label, room))
        return element

    def _box(self, label: Label, box: Box, words: Any) -> Any:
        element = self._element("p:sp")
        facts = self._add(element, "p:nvSpPr")
        facts.append(self._properties(label.ink.role, ""))
        self._add(facts, "p:cNvSpPr", txBox=1)
        self._add(facts, "p:nvPr")
        look = self._add(element, "p:spPr")
        look.append(self._place(box))
        self._add(self._add(look, "a:prstGeom", prst="rect"), "a:avLst")
        self._add(look, "a:noFill")
        element.append(words)
        return element

    def _paragraph(self, align: str) -> tuple[Any, Any]:
        """Return the body of a box of text, and its one line."""
        body = self._element("p:txBody")
        self._add(body, "a:bodyPr", wrap="none", lIns=0, tIns=0, rIns=0, bIns=0, anchor="ctr")
        self._add(body, "a:lstStyle")
        line = self._add(body, "a:p")
        self._add(line, "a:pPr", algn=align)
        return body, line

    def _words(self, label: Label, align: str, room: float = 0.0) -> Any:
        ink = label.ink
        found = runs(ink)
        size = ink.size
        if ink.tex:
            # A fraction in one line is wider than it was in two.
            wide = sum(text_width(run.text, size * (0.7 if run.level else 0.9)) for run in found)
            fits, least = (0.9 * room, 0.5) if room else (1.2 * ink.width, 0.7)
            size *= max(min(1.0, fits / wide) if wide else 1.0, least)
        body, line = self._paragraph(align)
        for run in found:
            part = self._add(line, "a:r")
            look = self._look(ink, size, FORMULA if ink.tex else FACE)
            if run.italic:
                look.set("i", "1")
            if run.level:
                look.set("baseline", "30000" if run.level > 0 else "-25000")
            part.append(look)
            self._add(part, "a:t").text = printable(run.text)
        return body

    def _equation_look(self, ink: Text, italic: bool) -> Any:
        look = self._look(ink, ink.size, EQUATION)
        look.set("i", str(int(italic)))
        return look

    def _look(self, ink: Text, size: float, face: str) -> Any:
        """Return the properties of type."""
        look = self._element("a:rPr", lang="en-US", sz=max(100, round(100 * size * self._size)))
        self._colour(self._add(look, "a:solidFill"), self._theme.text(ink.role))
        for key in ("a:latin", "a:ea", "a:cs"):
            self._add(look, key, typeface=face)
        return look

    def _curve(self, points: tuple[Point, ...], box: Box) -> Any:
        """Return a Bézier curve as geometry of one's own, relative to its box."""
        element = self._element("a:custGeom")
        for key in ("a:avLst", "a:gdLst", "a:ahLst", "a:cxnLst"):
            self._add(element, key)
        self._add(element, "a:rect", l="0", t="0", r="r", b="b")
        width, height = self._length(box.width), self._length(box.height)
        path = self._add(self._add(element, "a:pathLst"), "a:path", w=width, h=height, fill="none")

        def add(parent: Any, point: Point) -> None:
            x, y = self._length(point[0] - box.x), self._length(point[1] - box.y)
            self._add(parent, "a:pt", x=x, y=y)

        add(self._add(path, "a:moveTo"), points[0])
        for at in range(1, len(points), 3):
            piece = self._add(path, "a:cubicBezTo")
            for point in points[at : at + 3]:
                add(piece, point)
        return element

    def _line(self, look: Any, paint: Paint) -> Any:
        width = round(paint.width * self._size * EMU)
        line = self._add(look, "a:ln", w=width) if paint.stroke else self._add(look, "a:ln")
        if not paint.stroke:
            self._add(line, "a:noFill")
            return line
        self._colour(self._add(line, "a:solidFill"), paint.stroke)
        if paint.dashed:
            self._add(line, "a:prstDash", val="dash")
        return line

    def _properties(self, name: str, title: str) -> Any:
        self._last += 1
        element = self._element("p:cNvPr", id=self._last, name=shorten(printable(name), 60) or " ")
        if title:
            element.set("descr", printable(title))
        return element

    def _place(self, box: Box) -> Any:
        x, y = (
            round((self._corner[axis] + self._size * start) * EMU)
            for axis, start in enumerate((box.x, box.y))
        )
        element = self._element("a:xfrm")
        self._add(element, "a:off", x=x, y=y)
        self._add(element, "a:ext", cx=self._length(box.width), cy=self._length(box.height))
        return element

    def _length(self, length: float) -> int:
        return max(round(length * self._size * EMU), 0)

    def _colour(self, parent: Any, colour: str) -> None:
        if colour in self._scheme:
            self._add(parent, "a:schemeClr", val=self._scheme[colour])
        else:
            self._add(parent, "a:srgbClr", val=colour[1:].upper())

    def _element(self, name: str, /, **attributes: object) -> Any:
        space, _, word = name.partition(":")
        words = {key: str(value) for key, value in attributes.items()}
        # Programs look up the prefixes that `Requires` names.
        spaces = SPACES if space in SPACES else EQUATIONS
        return self._etree.Element(f"{{{spaces[space]}}}{word}", words, nsmap=spaces)

    def _add(self, parent: Any, name: str, /, **attributes: object) -> Any:
        element = self._element(name, **attributes)
        parent.append(element)
        return element


def _centred(label: Label, body: Shape) -> bool:
    """Tell whether a label stands in the middle of a shape, as an operator in its circle."""
    if label.anchor != "middle" or body.kind != "ellipse":
        return False
    dx = label.x - (body.x + body.width / 2)
    return abs(dx) < 0.01 and body.y < label.y < body.y + body.height


def _straight(points: tuple[Point, ...]) -> bool:
    """Tell whether a curve is a straight line."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    length = math.dist(points[0], points[-1])
    return length > 0 and all(
        abs((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) < 0.3 * length for x, y in points
    )


def _turned(points: tuple[Point, ...]) -> tuple[bool, bool]:
    """Tell whether a line runs to the left, and whether it runs up."""
    return points[-1][0] < points[0][0], points[-1][1] < points[0][1]


def _site(body: Shape, tip: Point) -> tuple[int, float]:
    """Return the number of a shape's connection site that is nearest to a point, and how far."""
    sites = SITES[body.kind]
    places = [(body.x + u * body.width, body.y + v * body.height) for u, v in sites]
    far = [math.dist(place, tip) for place in places]
    site = min(range(len(far)), key=far.__getitem__)
    return site, far[site]
