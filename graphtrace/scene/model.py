"""The passive picture: nodes, wires, labels and clusters with places, and roles for colours."""

from dataclasses import dataclass, field, replace

__all__ = ["FADED", "Box", "Cluster", "Label", "Point", "Scene", "SceneNode", "Shape", "Text",
           "Wire", "faded"]  # fmt: skip

Point = tuple[float, float]
FADED = "faded-"
"""What the role of type, shapes and wires begins with that are there but not of interest."""


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


@dataclass(frozen=True, slots=True)
class Text:
    """Measured type that has no place yet.

    Attributes
    ----------
    text: what it says, as plain Unicode.
    art: SVG path data with the baseline's start at (0, 0), for typeset mathematics; else empty.
    tex: the LaTeX that `art` was made from; else empty.
    part: the answer that it gives away: ``"value"`` or ``"grad"`` of its node, ``"local"`` or
        ``"contribution"`` and the wire's key, as in ``"local n1-n3-0"``; else empty.
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


@dataclass(frozen=True, slots=True)
class Cluster:
    """A scope: a frame around its nodes and its name."""

    key: str
    title: str
    box: Box
    label: Label


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
