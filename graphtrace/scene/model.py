"""The passive picture: nodes, wires, labels and clusters with places, and roles for colours."""

import re
from dataclasses import dataclass, field, replace

__all__ = ["FADED", "LIT", "Box", "Cluster", "Label", "Point", "Scene", "SceneNode", "Shape",
           "Text", "Wire", "faded", "lit"]  # fmt: skip

Point = tuple[float, float]
FADED = "faded-"
"""What the role of type, shapes and wires begins with that are there but not of interest."""

LIT = "lit-"
"""What the role of shapes and wires begins with that a step of a lecture is about."""
NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")


def lit(role: str) -> str:
    """Return a role in its highlighted form."""
    return role if role.startswith(LIT) else LIT + role.removeprefix(FADED)


def faded(role: str) -> str:
    """Return a role in its faded form."""
    return role if role.startswith(FADED) else FADED + role


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; y grows downwards, as everywhere in a scene."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the lower edge."""
        return self.y + self.height

    def moved(self, dx: float, dy: float) -> "Box":
        """Return the box elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def scaled(self, factor: float) -> "Box":
        """Return the box with every length multiplied, seen from the origin."""
        return Box(*(factor * length for length in (self.x, self.y, self.width, self.height)))


@dataclass(frozen=True, slots=True)
class Text:
    """Measured type that has no place yet.

    Attributes
    ----------
    text: what it says, as plain Unicode.
    art: SVG path data with the baseline's start at (0, 0), for typeset mathematics; else empty.
    tex: the LaTeX that `art` was made from; else empty.
    part: the answer that it gives away: ``"value"`` or ``"grad"`` of its node, ``"local"`` or
        ``"contribution"`` and the wire's key, as in ``"local e1-3-0"``; else empty.
    """

    text: str
    role: str
    size: float
    width: float
    ascent: float
    descent: float
    italic: bool = False
    art: str = ""
    tex: str = ""
    part: str = ""

    @property
    def height(self) -> float:
        """Ascent and descent together."""
        return self.ascent + self.descent

    def scaled(self, factor: float) -> "Text":
        """Return the type in another size."""
        art = self.art and NUMBER.sub(lambda found: f"{float(found[0]) * factor:.2f}", self.art)
        return replace(
            self, size=self.size * factor, width=self.width * factor,
            ascent=self.ascent * factor, descent=self.descent * factor, art=art,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Label:
    """Text in its place: `x` is where its start, middle or end lies, `y` its baseline."""

    ink: Text
    x: float
    y: float
    anchor: str = "start"

    @property
    def left(self) -> float:
        """The x of the left edge."""
        share = {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]
        return self.x - share * self.ink.width

    @property
    def box(self) -> Box:
        """The measured bounds."""
        return Box(self.left, self.y - self.ink.ascent, self.ink.width, self.ink.height)

    def moved(self, dx: float, dy: float) -> "Label":
        """Return the label elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def scaled(self, factor: float) -> "Label":
        """Return the label with every length multiplied, seen from the origin."""
        ink = self.ink.scaled(factor)
        return replace(self, ink=ink, x=self.x * factor, y=self.y * factor)


@dataclass(frozen=True, slots=True)
class Shape:
    """An ellipse, a rectangle or a line (from x, y to x + width, y + height).

    `level` in [-1, 1] colours the cell of a heat map; None elsewhere. `weight` is what the width
    of its line is multiplied by, `part` the answer that it gives away, as for text.
    """

    kind: str
    role: str
    x: float
    y: float
    width: float
    height: float
    radius: float = 0.0
    dashed: bool = False
    level: float | None = None
    weight: float = 1.0
    part: str = ""

    def moved(self, dx: float, dy: float) -> "Shape":
        """Return the shape elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def scaled(self, factor: float) -> "Shape":
        """Return the shape with every length multiplied, seen from the origin."""
        return replace(
            self, x=self.x * factor, y=self.y * factor, width=self.width * factor,
            height=self.height * factor, radius=self.radius * factor, weight=self.weight * factor,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SceneNode:
    """One drawn node; `key` is stable and unique, `title` and `description` are for readers."""

    key: str
    role: str
    title: str
    description: str
    box: Box
    shapes: tuple[Shape, ...]
    labels: tuple[Label, ...]

    def moved(self, dx: float, dy: float) -> "SceneNode":
        """Return the node elsewhere."""
        return replace(
            self,
            box=self.box.moved(dx, dy),
            shapes=tuple(shape.moved(dx, dy) for shape in self.shapes),
            labels=tuple(label.moved(dx, dy) for label in self.labels),
        )

    def scaled(self, factor: float) -> "SceneNode":
        """Return the node with every length multiplied, seen from the origin."""
        return replace(
            self,
            box=self.box.scaled(factor),
            shapes=tuple(shape.scaled(factor) for shape in self.shapes),
            labels=tuple(label.scaled(factor) for label in self.labels),
        )


@dataclass(frozen=True, slots=True)
class Wire:
    """A Bézier curve: one point, then three for each piece; `head` is the arrow's triangle.

    `weight` is what the width of its line is multiplied by.
    """

    key: str
    source: str
    target: str
    role: str
    title: str
    points: tuple[Point, ...]
    head: tuple[Point, Point, Point]
    dashed: bool = False
    weight: float = 1.0

    def moved(self, dx: float, dy: float) -> "Wire":
        """Return the wire elsewhere."""
        a, b, c = ((x + dx, y + dy) for x, y in self.head)
        points = tuple((x + dx, y + dy) for x, y in self.points)
        return replace(self, points=points, head=(a, b, c))

    def scaled(self, factor: float) -> "Wire":
        """Return the wire with every length multiplied, seen from the origin."""
        a, b, c = ((x * factor, y * factor) for x, y in self.head)
        points = tuple((x * factor, y * factor) for x, y in self.points)
        return replace(self, points=points, head=(a, b, c), weight=self.weight * factor)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A scope: a frame around its nodes and its name."""

    key: str
    title: str
    box: Box
    label: Label

    def moved(self, dx: float, dy: float) -> "Cluster":
        """Return the frame elsewhere."""
        return replace(self, box=self.box.moved(dx, dy), label=self.label.moved(dx, dy))

    def scaled(self, factor: float) -> "Cluster":
        """Return the frame with every length multiplied, seen from the origin."""
        return replace(self, box=self.box.scaled(factor), label=self.label.scaled(factor))


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole picture, in points; every output format is a walk over this record.

    `notes` are sentences for the user, such as which layout was used when time ran out.
    """

    width: float
    height: float
    title: str
    description: str
    nodes: tuple[SceneNode, ...]
    wires: tuple[Wire, ...]
    clusters: tuple[Cluster, ...]
    notes: tuple[str, ...] = field(default=())

    def moved(self, dx: float, dy: float) -> "Scene":
        """Return the same page with everything on it elsewhere."""
        return replace(
            self,
            nodes=tuple(node.moved(dx, dy) for node in self.nodes),
            wires=tuple(wire.moved(dx, dy) for wire in self.wires),
            clusters=tuple(cluster.moved(dx, dy) for cluster in self.clusters),
        )

    def scaled(self, factor: float) -> "Scene":
        """Return the scene with every length multiplied."""
        return replace(
            self,
            width=self.width * factor,
            height=self.height * factor,
            nodes=tuple(node.scaled(factor) for node in self.nodes),
            wires=tuple(wire.scaled(factor) for wire in self.wires),
            clusters=tuple(cluster.scaled(factor) for cluster in self.clusters),
        )
