"""From placed rows of blocks to a scene: wires, frames of scopes, what stands below."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from graphtrace.annotate.facts import EdgeFacts
from graphtrace.scene.blocks import Arrival, Block
from graphtrace.scene.borders import clear_of, holding
from graphtrace.scene.draft import Draft
from graphtrace.scene.geometry import bounds, overlap, sample
from graphtrace.scene.layout import IN_PROCESS_LIMIT, Placement
from graphtrace.scene.model import (
    FADED,
    Box,
    Cluster,
    Label,
    Point,
    Scene,
    SceneNode,
    Text,
    Wire,
    faded,
)
from graphtrace.scene.plan import Plan, edge_key
from graphtrace.scene.routes import EDGE, SIDE, joined, joined_backwards, wall
from graphtrace.scene.select import STUB
from graphtrace.scene.sidebar import sidebar
from graphtrace.scene.typeset import plain, printable

__all__ = ["MARGIN", "Laid", "compose_scene"]

MARGIN = 14.0
HEADING = 12.0
ROW_GAP = 40.0
OVERLAP = 0.5
DASHED = ("alias", "reference", STUB)


@dataclass(frozen=True, slots=True)
class Laid:
    """A row of the picture: blocks in their places, and the edges between them with routes."""

    blocks: list[Block]
    edges: list[EdgeFacts]
    placement: Placement


@dataclass(frozen=True, slots=True)
class _Parts:
    nodes: list[SceneNode]
    wires: list[Wire]
    clusters: list[Cluster]

    @property
    def around(self) -> Box:
        boxes = [node.box for node in self.nodes] + [cluster.box for cluster in self.clusters]
        return bounds(boxes, [point for wire in self.wires for point in wire.points])

    def moved(self, dx: float, dy: float) -> "_Parts":
        return _Parts(
            [node.moved(dx, dy) for node in self.nodes],
            [wire.moved(dx, dy) for wire in self.wires],
            [cluster.moved(dx, dy) for cluster in self.clusters],
        )


def compose_scene(draft: Draft, rows: Sequence[Laid], whole: int, notes: Sequence[str]) -> Scene:
    """Return the scene of rows that stand one below another; `whole` counts the graph's nodes."""
    plan = draft.plan
    parts = _Parts([], [], [])
    seen: set[tuple[str, ...]] = set()
    drop = 0.0
    for row in rows:
        piece = _parts(draft, row, seen)
        box = piece.around
        piece = piece.moved(-box.x, drop - box.y)
        parts.nodes.extend(piece.nodes)
        parts.wires.extend(piece.wires)
        parts.clusters.extend(piece.clusters)
        drop += box.height + ROW_GAP
    parts = _Parts(parts.nodes + sidebar(plan, parts.around), parts.wires, parts.clusters)
    around = parts.around
    parts = parts.moved(MARGIN - around.x, MARGIN - around.y)
    facts = plan.facts
    title = printable(facts.title)[:200] or "computational graph"
    description = (
        f"A computational graph of {whole} nodes and {len(facts.edges)} edges"
        f" that ends in {plan.output}."
    )
    return Scene(
        math.ceil(around.width + 2 * MARGIN),
        math.ceil(around.height + 2 * MARGIN),
        title,
        printable(description),
        tuple(parts.nodes),
        tuple(parts.wires),
        tuple(parts.clusters),
        (*notes, *dict.fromkeys(row.placement.note for row in rows if row.placement.note)),
    )


def _parts(draft: Draft, row: Laid, seen: set[tuple[str, ...]]) -> _Parts:
    """Return a row's nodes, wires and frames; `seen` are the scopes of the rows above."""
    corner = _corners(row)
    wires = _wires(draft, row)
    boxes = clear_of([wire.points for wire in wires], row.placement.clusters)
    boxes = _level(draft.plan, _holding(row, corner, wires, boxes))
    nodes = [node for block in row.blocks for node in _nodes(block, *corner[block.key])]
    taken = [label.box for node in nodes for label in node.labels]
    points = [point for wire in wires for point in sample(wire.points)]
    clusters = []
    for path, box in sorted(boxes.items()):
        ink = _heading(f"{path[-1]} …" if path in seen else path[-1], box.width)
        label = _free_label(ink, box, taken, points)
        taken.append(label.box)
        # Keys stay unique where a scope goes on in the next row.
        key = "c" + "-".join(path) + (f"~{len(seen)}" if path in seen else "")
        clusters.append(Cluster(key, printable(" / ".join(path)), box, label))
    seen.update(boxes)
    return _Parts(nodes, wires, clusters)


def _holding(
    row: Laid, corner: dict[str, Point], wires: list[Wire], boxes: dict[tuple[str, ...], Box]
) -> dict[tuple[str, ...], Box]:
    """Let frames hold the wires between what is in them."""
    scope = {block.key: block.scope for block in row.blocks}
    ways = [
        (scope[wire.source], scope[wire.target], wire.points)
        for wire in wires
        if wire.source in scope
    ]
    blocks = [(b.scope, Box(*corner[b.key], b.width, b.height)) for b in row.blocks]
    return holding(boxes, ways, blocks) if boxes else boxes


def _level(plan: Plan, boxes: dict[tuple[str, ...], Box]) -> dict[tuple[str, ...], Box]:
    """Let the frames of the forward and of the backward pass begin and end together."""
    if not plan.back:
        return boxes
    outer = bounds([box for path, box in boxes.items() if len(path) == 1], [])
    return {
        path: replace(box, x=outer.x, width=outer.width) if len(path) == 1 else box
        for path, box in boxes.items()
    }


def _nodes(block: Block, x: float, y: float) -> list[SceneNode]:
    own = SceneNode(
        block.key, block.role, block.title, block.description,
        Box(x, y, block.width, block.height),
        tuple(shape.moved(x, y) for shape in block.shapes),
        tuple(label.moved(x, y) for label in block.labels),
    )  # fmt: skip
    found = [own]
    for guest in block.guests:
        lead, label = guest.lead, guest.label.moved(x, y)
        found.append(
            SceneNode(lead.key, lead.role, lead.title, lead.description, label.box, (), (label,))
        )
    return found


def _corners(row: Laid) -> dict[str, Point]:
    """Return where each block's own top left lies, inside of its margin."""
    pairs = zip(row.blocks, row.placement.corners, strict=True)
    return {block.key: (x + SIDE, y + EDGE) for block, (x, y) in pairs}


def _wires(draft: Draft, row: Laid) -> list[Wire]:
    corners = _corners(row)
    places = {block.key: (block, *corners[block.key]) for block in row.blocks}
    few = len(row.blocks) <= IN_PROCESS_LIMIT
    walls = {key: wall(block, x, y) for key, (block, x, y) in places.items()} if few else None
    routes = {
        edge_key(edge): (f"n{edge.source}", route)
        for edge, route in zip(row.edges, row.placement.routes, strict=True)
    }
    found = []
    for block, x, y in places.values():
        leads = {guest.lead.key: guest.lead for guest in block.guests}
        for arrival in block.arrivals:
            points = tuple((x + px, y + py) for px, py in (arrival.start, *arrival.path))
            a, b, c = ((x + px, y + py) for px, py in arrival.head)
            source = f"a{arrival.edge}"
            if arrival.port:
                source, route = routes[arrival.edge]
                tail, x0, y0 = places[source]
                # A little inside of the producer, so that no gap shows in heavy lines.
                inside = OVERLAP if tail.mirrored else -OVERLAP
                out = (x0 + tail.exit[0] + inside, y0 + tail.exit[1])
                others = [b for key, b in (walls or {}).items() if key not in (source, block.key)]
                way = joined if not block.mirrored else joined_backwards
                points = way(out, route, points, others if few else None)
            start = "" if arrival.port else leads[source].role.removeprefix(FADED)
            dashed = start in DASHED or block.role == STUB or draft.gone(arrival.edge)
            role = _role(draft, arrival, "reference" if start == "reference" else "")
            found.append(
                Wire(arrival.edge, source, block.key, role, draft.titles[arrival.edge], points,
                     (a, b, c), dashed, arrival.weight)
            )  # fmt: skip
    return found


def _role(draft: Draft, arrival: Arrival, usual: str) -> str:
    role = draft.roles[arrival.edge]
    role = usual if usual and role == "wire" else role
    return faded(role) if arrival.faded else role


def _heading(words: str, width: float) -> Text:
    """Return a scope's name, as much of it as fits a frame."""
    ink = plain(words, "scope", HEADING, limit=40)
    for limit in range(39, 1, -1):
        if ink.width <= width - 12:
            break
        ink = plain(words, "scope", HEADING, limit=limit)
    return ink


def _free_label(ink: Text, box: Box, taken: list[Box], points: list[Point]) -> Label:
    """Return a heading at the top left of a frame, or further right or below if it is free there.

    `taken` are other labels, `points` lie on wires.
    """
    first = Label(ink, box.x + 7, box.y + 3 + ink.ascent)
    wide = max(box.width - 14 - ink.width, 0.0)
    rows = (first, Label(ink, first.x, box.bottom - 4 - ink.descent))
    steps = [wide * step / 12 for step in range(13)]
    for label in (row.moved(step, 0) for row in rows for step in steps):
        room = label.box
        if not any(overlap(room, other) for other in taken) and not any(
            room.x < x < room.right and room.y < y < room.bottom for x, y in points
        ):
            return label
    return first
