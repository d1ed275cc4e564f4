"""A node before it has a place: a fixed-size block with its wires' last pieces inside."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from graphtrace.scene.blanks import blank
from graphtrace.scene.geometry import arrow, straight
from graphtrace.scene.model import Box, Label, Point, Shape, Text, faded

__all__ = ["Arrival", "Block", "Guest", "Lead", "Row", "Stack", "accented", "arrive", "faded_row",
           "guests", "mirrored", "row_boxes", "row_labels", "stack"]  # fmt: skip

GAP = 4.0
ABOVE_WIRE, BELOW_WIRE = 3.0, 3.0
MARK_GAP = 4.0
# The sine of the steepest angle at which a wire meets an ellipse.
STEEPEST = 0.85
LEAD_GAP = 5.0
# The level piece of wire after a lead without type.
BARE = 8.0


@dataclass(frozen=True, slots=True)
class Lead:
    """What a wire starts from inside its target's block: a constant or a hub's stand-in."""

    key: str
    role: str
    title: str
    description: str
    ink: Text

    @property
    def drop(self) -> float:
        """How far below its wire's level the type's baseline is."""
        ink = self.ink
        return min((ink.ascent - ink.descent) / 2 if ink.art else 0.36 * ink.size, 5.0)


@dataclass(frozen=True, slots=True)
class Row:
    """One wire that comes in, with the type above and below it near its head.

    A row with a lead has no port; the `spine` row runs level into the node. Its `mark` stands
    before what is above the wire, and `weight` is what the wire's width is multiplied by. `rooms`
    are the sizes of boxes to write in, above and below the wire.
    """

    edge: str
    title: str
    above: Text | None
    below: Text | None
    lead: Lead | None = None
    spine: bool = False
    mark: Text | None = None
    weight: float = 1.0
    faded: bool = False
    rooms: tuple[Point | None, Point | None] = (None, None)

    @property
    def width(self) -> float:
        """The room that the type needs along the wire."""
        upper = [ink.width for ink in (self.mark, self.above) if ink]
        over = sum(upper) + MARK_GAP * (len(upper) - 1)
        boxes = [room[0] for room in self.rooms if room]
        return max(over, self.below.width if self.below else 0.0, *boxes, 0.0)

    @property
    def rise(self) -> float:
        """The room above the wire."""
        upper = [ink.height for ink in (self.mark, self.above) if ink]
        upper += [self.rooms[0][1]] if self.rooms[0] else []
        own = max(upper) + ABOVE_WIRE + self.swell if upper else 4.0
        return max(own, self.lead.ink.ascent - self.lead.drop) if self.lead else own

    @property
    def fall(self) -> float:
        """The room below the wire."""
        lower = [self.below.height] if self.below else []
        lower += [self.rooms[1][1]] if self.rooms[1] else []
        own = max(lower) + BELOW_WIRE + self.swell if lower else 4.0
        return max(own, self.lead.ink.descent + self.lead.drop) if self.lead else own

    @property
    def swell(self) -> float:
        """How far a heavy wire reaches further to each side than a usual one."""
        return max(0.6 * (self.weight - 1), 0.0)


def faded_row(row: Row) -> Row:
    """Return a row that is there for context only."""
    inks = {
        part: ink and replace(ink, role=faded(ink.role))
        for part, ink in (("above", row.above), ("below", row.below), ("mark", row.mark))
    }
    lead = row.lead and replace(
        row.lead,
        role=faded(row.lead.role),
        ink=replace(row.lead.ink, role=faded(row.lead.ink.role)),
    )
    return replace(row, **inks, lead=lead, faded=True)  # type: ignore[arg-type] # inks, by name


@dataclass(frozen=True, slots=True)
class Stack:
    """Rows with the height of each wire relative to the axis, and what they reach over."""

    rows: tuple[Row, ...]
    offsets: tuple[float, ...]
    reach: float
    lead: float
    type: float

    @property
    def width(self) -> float:
        """Leads and type side by side."""
        return self.lead + self.type

    def start(self, row: Row) -> float:
        """Return where a row's wire begins: at the left, or after its lead."""
        if row.lead is None:
            return 0.0
        return self.lead if row.width else self.width - BARE


@dataclass(frozen=True, slots=True)
class Arrival:
    """The wire's way to its arrowhead, from a port at the left edge or from a lead."""

    edge: str
    port: bool
    start: Point
    path: tuple[Point, ...]
    head: tuple[Point, Point, Point]
    weight: float = 1.0
    faded: bool = False


@dataclass(frozen=True, slots=True)
class Guest:
    """A lead in its place."""

    lead: Lead
    label: Label


@dataclass(frozen=True, slots=True)
class Block:
    """A drawing of whole-number size around a horizontal axis; wires leave at the axis' end."""

    key: str
    role: str
    title: str
    description: str
    width: int
    height: int
    arrivals: tuple[Arrival, ...]
    shapes: tuple[Shape, ...]
    labels: tuple[Label, ...]
    scope: tuple[str, ...] = ()
    guests: tuple[Guest, ...] = ()
    mirrored: bool = False

    @property
    def axis(self) -> float:
        """The y of the axis."""
        return self.height / 2

    @property
    def exit(self) -> Point:
        """Where wires leave."""
        return (0.0 if self.mirrored else self.width), self.axis


def accented(block: Block, weight: float, role: str, *, fades: bool) -> Block:
    """Return a block whose wire out has another weight and role, or one that fades as a whole."""
    if weight == 1.0 and role == "wire" and not fades:
        return block
    shapes = tuple(
        replace(shape, role=role, weight=weight) if shape.role == "wire" else shape
        for shape in block.shapes
    )
    if not fades:
        return replace(block, shapes=shapes)
    labels = tuple(
        replace(label, ink=replace(label.ink, role=faded(label.ink.role))) for label in block.labels
    )
    shapes = tuple(replace(shape, role=faded(shape.role)) for shape in shapes)
    return replace(block, shapes=shapes, labels=labels)


def mirrored(block: Block) -> Block:
    """Return a block that is read from right to left; its type and a card's inside stay."""
    wide = block.width
    card = next((shape.x for shape in block.shapes if shape.role == "card"), float("inf"))
    return replace(
        block,
        arrivals=tuple(
            replace(
                arrival,
                start=(wide - arrival.start[0], arrival.start[1]),
                path=tuple((wide - x, y) for x, y in arrival.path),
                head=_flipped_head(wide, arrival.head),
            )
            for arrival in block.arrivals
        ),
        shapes=tuple(
            replace(s, x=s.x - card if s.x >= card else wide - s.x - s.width) for s in block.shapes
        ),
        labels=tuple(
            label.moved(-card, 0) if label.left >= card else _flipped_label(wide, label)
            for label in block.labels
        ),
        guests=tuple(
            replace(guest, label=_flipped_label(wide, guest.label)) for guest in block.guests
        ),
        mirrored=True,
    )


def _flipped_head(wide: float, head: tuple[Point, Point, Point]) -> tuple[Point, Point, Point]:
    a, b, c = ((wide - x, y) for x, y in head)
    return a, b, c


def _flipped_label(wide: float, label: Label) -> Label:
    anchor = {"start": "end", "end": "start"}.get(label.anchor, label.anchor)
    return replace(label, x=wide - label.x, anchor=anchor)


def stack(rows: Sequence[Row], least: float = 26.0) -> Stack:
    """Return rows one below another, the spine or the middle on the axis, with room for type."""
    ys: list[float] = []
    for row in rows:
        above = ys[-1] + rows[len(ys) - 1].fall + GAP + row.rise if ys else 0.0
        ys.append(max(above, ys[-1] + least) if ys else 0.0)
    middle = (ys[0] + ys[-1]) / 2 if ys else 0.0
    for row, y in zip(rows, ys, strict=True):
        if row.spine:
            middle = y
    offsets = tuple(float(round(y - middle)) for y in ys)
    reach = 0.0
    if rows:
        reach = max(rows[0].rise - offsets[0], rows[-1].fall + offsets[-1])
    led = [(row.lead.ink.width + LEAD_GAP, row.width) for row in rows if row.lead]
    lead = max((wide for wide, type_ in led if type_), default=0.0)
    # A lead without type of its own stands in the column of the other rows' type.
    bare = max((wide + BARE for wide, type_ in led if not type_), default=0.0)
    width = max((row.width for row in rows), default=0.0)
    return Stack(tuple(rows), offsets, reach, lead, max(width, bare - lead, 12.0 if led else 0.0))


def row_labels(pile: Stack, axis: float, right: float) -> list[Label]:
    """Return the rows' type, centred in a column that ends at `right`."""
    labels = []
    middle = right - pile.type / 2
    for row, offset in zip(pile.rows, pile.offsets, strict=True):
        y = axis + offset
        shift = 0.0
        if row.mark:
            over = row.mark.width + (MARK_GAP + row.above.width if row.above else 0.0)
            left, shift = middle - over / 2, (row.mark.width + MARK_GAP) / 2
            labels.append(Label(row.mark, left, y - ABOVE_WIRE - row.swell - row.mark.descent))
        if row.above:
            ink = replace(row.above, part=f"local {row.edge}")
            level = y - ABOVE_WIRE - row.swell - ink.descent
            labels.append(Label(ink, middle + shift, level, "middle"))
        if row.below:
            ink = replace(row.below, part=f"contribution {row.edge}")
            level = y + BELOW_WIRE + row.swell + ink.ascent
            labels.append(Label(ink, middle, level, "middle"))
    return labels


def row_boxes(pile: Stack, axis: float, right: float) -> tuple[Shape, ...]:
    """Return the boxes to write in, above and below the rows' wires."""
    boxes = []
    middle = right - pile.type / 2
    for row, offset in zip(pile.rows, pile.offsets, strict=True):
        for room, what in zip(row.rooms, ("local", "contribution"), strict=True):
            if room is not None:
                above = what == "local"
                drop = -ABOVE_WIRE - row.swell - room[1] if above else BELOW_WIRE + row.swell
                box = Box(middle - room[0] / 2, axis + offset + drop, *room)
                boxes.append(blank(f"{what} {row.edge}", box))
    return tuple(boxes)


def guests(pile: Stack, axis: float) -> tuple[Guest, ...]:
    """Return the rows' leads in their places, right-aligned before their wires."""
    found = []
    for row, offset in zip(pile.rows, pile.offsets, strict=True):
        if row.lead:
            x, y = pile.start(row) - LEAD_GAP, axis + offset + row.lead.drop
            found.append(Guest(row.lead, Label(row.lead.ink, x, y, "end")))
    return tuple(found)


def arrive(
    pile: Stack, axis: float, bend: float, centre: float, radii: Point | None
) -> tuple[Arrival, ...]:
    """Return the wires' last pieces: level below their type up to `bend`, then to the node.

    With radii, the wires turn towards the middle of an ellipse around (centre, axis);
    without, they run level into a straight side at x = centre.
    """
    arrivals = []
    for row, offset in zip(pile.rows, pile.offsets, strict=True):
        start = (pile.start(row), axis + offset)
        if radii is None:
            head, end = arrow((centre, start[1]), 0.0, row.weight)
            path: tuple[Point, ...] = straight(start, end)
        else:
            # Half of the wire's height, so that it falls all the way and never hooks back.
            lean = max(-STEEPEST, min(STEEPEST, 0.55 * offset / radii[1]))
            angle = math.asin(lean)
            tip = (centre - radii[0] * math.cos(angle), axis + radii[1] * lean)
            head, end = arrow(tip, -angle, row.weight)
            level = (bend, start[1])
            path = (*straight(start, level), *_turn(level, end, -angle))
        arrivals.append(
            Arrival(row.edge, row.lead is None, start, path, head, row.weight, row.faded)
        )
    return tuple(arrivals)


def _turn(start: Point, end: Point, angle: float) -> tuple[Point, Point, Point]:
    run = max(end[0] - start[0], 1.0)
    fall = abs(end[1] - start[1])
    back = min(run * 0.6, fall / max(abs(math.sin(angle)), 1e-9))
    second = (end[0] - back * math.cos(angle), end[1] - back * math.sin(angle))
    return (start[0] + run * 0.45, start[1]), second, end
