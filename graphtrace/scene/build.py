"""From facts to a scene: blocks, places, wires, and what stands below the picture."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts
from graphtrace.errors import LayoutError
from graphtrace.scene.blocks import Block, Row, mirrored
from graphtrace.scene.borders import clear_of
from graphtrace.scene.card import card_block, scales_of
from graphtrace.scene.circuit import operation_block, source_block
from graphtrace.scene.geometry import bounds
from graphtrace.scene.layout import (
    IN_PROCESS_LIMIT,
    Frame,
    FrameBox,
    FrameEdge,
    Placement,
    place,
)
from graphtrace.scene.model import Box, Cluster, Label, Point, Scene, SceneNode, Wire
from graphtrace.scene.options import Options
from graphtrace.scene.plan import Plan, edge_key, make_plan, rows_of
from graphtrace.scene.routes import EDGE, SIDE, joined, joined_backwards, wall
from graphtrace.scene.sidebar import sidebar
from graphtrace.scene.typeset import plain, printable

__all__ = ["NODE_LIMIT", "build_scene"]

NODE_LIMIT = 20_000
MARGIN = 14.0
HEADING = 12.0
WIDEST = 6000
# Between columns, in points: the least, and what steep wires may ask for.
GAPS, CARD_GAPS = (6.0, 24.0), (20.0, 44.0)
STEEP = 1.0


def build_scene(facts: GraphFacts, options: Options | None = None) -> Scene:
    """Return the picture of a graph.

    Raises
    ------
    LayoutError: when no Graphviz is installed, or for more than 20 000 nodes.
    """
    options = options or Options()
    if len(facts.nodes) > NODE_LIMIT:
        raise LayoutError(
            f"{len(facts.nodes)} nodes are too many for a picture (at most {NODE_LIMIT}); "
            "use `-o f.txt` or `-o f.json`"
        )
    plan = make_plan(facts, options)
    draft = _Draft(plan)
    blocks = draft.blocks({})
    low, high = CARD_GAPS if plan.cards else GAPS
    if len(blocks) > IN_PROCESS_LIMIT:
        gap = (low + high) / 2
        placement = place(replace(_frame(blocks, draft), gap=gap), options.deadline)
    else:
        placement = place(replace(_frame(blocks, draft), gap=low), options.deadline)
        gap = min(low + math.ceil(_lack(placement)), high)
        if gap > low:
            placement = place(replace(_frame(blocks, draft), gap=gap), options.deadline)
        first = placement
        for knot in (-4, 0):
            order = draft.order(first, knot)
            others = draft.blocks(order)
            if not order:
                continue
            other = place(replace(_frame(others, draft), gap=gap), options.deadline)
            if _climb(other) < _climb(placement):
                blocks, placement = others, other
    scene = _compose(plan, draft, blocks, placement)
    return replace(scene, notes=(*scene.notes, *_wide(scene, options)))


def _wide(scene: Scene, options: Options) -> tuple[str, ...]:
    """Return what to do about a picture that is too wide to be looked at as a whole."""
    if scene.width <= WIDEST:
        return ()
    # Cards would be as wide; what is written along the wires takes most of the room.
    less = "" if options.show <= {"value", "name"} else "show less (`--show value,name`), "
    remedy = f"{less}trace fewer steps, or read it as text (`-o f.txt`)"
    return (f"The picture is {scene.width:.0f} points wide; {remedy}.",)


def _lack(placement: Placement) -> float:
    """Return by how much the columns stand too close for the steepest wire's curve."""
    ends = [(route[0], route[-1]) for route in placement.routes]
    needs = [STEEP * abs(y1 - y0) - (abs(x1 - x0) + 2 * SIDE) for (x0, y0), (x1, y1) in ends]
    return max(needs, default=0.0)


def _climb(placement: Placement) -> float:
    """Return how far all wires go up and down: less is calmer."""
    return sum(abs(a[1] - b[1]) for route in placement.routes for a, b in pairwise(route))


class _Draft:
    """The blocks of a plan, for any order of the wires into each node."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._names = {node.id: node.name for node in plan.facts.nodes}
        nodes = {node.id: node for node in plan.facts.nodes}
        self._rows = {node.id: rows_of(plan, node, nodes) for node in plan.facts.nodes}
        # An operand without an edge leaves a gap among the slots, none among the rows.
        self._place = {row.edge: at for rows in self._rows.values() for at, row in enumerate(rows)}
        self.titles = {row.edge: row.title for rows in self._rows.values() for row in rows}
        self._scales = scales_of(plan)
        self._hidden = {
            node.id
            for node in plan.facts.nodes
            if node.id != plan.facts.output
            and (node.id in plan.asides or (node.id in plan.hubs and node.kind != "op"))
        }

    def level(self, edge: EdgeFacts) -> bool:
        """Tell whether an edge should be drawn straight: the spine, or an only operand."""
        rows = self._rows[edge.target]
        return len(rows) == 1 or rows[self._place[edge_key(edge)]].spine

    @property
    def routed(self) -> list[EdgeFacts]:
        """The edges that run from block to block; the others start from a lead."""
        return [edge for edge in self.plan.facts.edges if not self.plan.led(edge)]

    def blocks(self, order: dict[int, list[int]]) -> list[Block]:
        """Return all blocks in tape order, with the wires into each in the given order."""
        found = []
        for node in self.plan.facts.nodes:
            if node.id not in self._hidden:
                rows = self._rows[node.id]
                found.append(self._block(node, [rows[i] for i in order.get(node.id, [])] or rows))
        return found

    def order(self, placement: Placement, knot: int) -> dict[int, list[int]]:
        """Return, for nodes where wires cross before their heads, the order without crossing.

        Wires are sorted by their height at a knot: 0 where they start, -4 one piece before their
        end.
        """
        heights: dict[int, dict[int, float]] = {}
        for edge, route in zip(self.routed, placement.routes, strict=True):
            height = round(route[knot][1], 1)
            heights.setdefault(edge.target, {})[self._place[edge_key(edge)]] = height
        found = {}
        for id_, ys in heights.items():
            places = list(range(len(self._rows[id_])))
            falling = iter(sorted(ys, key=lambda at: (ys[at], at)))
            order = [next(falling) if place in ys else place for place in places]
            if order != places:
                found[id_] = order
        return found

    def _block(self, node: NodeFacts, rows: list[Row]) -> Block:
        plan = self.plan
        role = "gradient" if node.id in plan.flows else "value"
        if node.id in plan.cards:
            block = card_block(node, rows, plan.options, self._scales, self.output_name, role)
        elif node.kind != "op":
            block = source_block(node, plan.options, role)
        else:
            block = operation_block(
                node, rows, plan.options, role,
                named=node.named or node.id in plan.quoted,
                output=node.id in plan.ends,
            )  # fmt: skip
        return mirrored(block) if node.id in plan.back else block

    @property
    def output_name(self) -> str:
        """The name of what the graph computes."""
        return self._names.get(self.plan.facts.output, "f")


def _frame(blocks: list[Block], draft: _Draft) -> Frame:
    index = {block.key: at for at, block in enumerate(blocks)}
    ports = {block.key: [a for a in block.arrivals if a.port] for block in blocks}
    number = {a.edge: at for arrivals in ports.values() for at, a in enumerate(arrivals)}
    boxes = tuple(
        FrameBox(
            block.width + 2 * SIDE,
            block.height + 2 * EDGE,
            tuple(a.start[1] + EDGE for a in ports[block.key]),
            block.scope,
            block.mirrored,
        )
        for block in blocks
    )
    wires = tuple(
        FrameEdge(
            index[f"n{edge.source}"],
            index[f"n{edge.target}"],
            number[edge_key(edge)],
            draft.level(edge),
        )
        for edge in draft.routed
    )
    pairs = tuple(
        (index[f"n{of}"], index[f"n{gradient}"])
        for gradient, of in draft.plan.facts.mirror.items()
        if of is not None and f"n{of}" in index and f"n{gradient}" in index
    )
    return Frame(boxes, wires, pairs=pairs)


@dataclass(frozen=True, slots=True)
class _Parts:
    nodes: list[SceneNode]
    wires: list[Wire]
    clusters: list[Cluster]


def _compose(plan: Plan, draft: _Draft, blocks: list[Block], placement: Placement) -> Scene:
    corner = _corners(blocks, placement)
    wires = _wires(draft, blocks, placement)
    boxes = _level(plan, clear_of([wire.points for wire in wires], placement.clusters))
    parts = _Parts(
        [node for block in blocks for node in _nodes(block, *corner[block.key])],
        wires,
        [_cluster(path, box) for path, box in sorted(boxes.items())],
    )
    around = _around(parts)
    extra = sidebar(plan, around)
    parts = _Parts(parts.nodes + extra, parts.wires, parts.clusters)
    around = _around(parts)
    dx, dy = MARGIN - around.x, MARGIN - around.y
    facts = plan.facts
    title = printable(facts.title)[:200] or "computational graph"
    description = (
        f"A computational graph of {len(facts.nodes)} nodes and {len(facts.edges)} edges"
        f" that ends in {draft.output_name}."
    )
    return Scene(
        math.ceil(around.width + 2 * MARGIN),
        math.ceil(around.height + 2 * MARGIN),
        title,
        printable(description),
        tuple(_moved_node(node, dx, dy) for node in parts.nodes),
        tuple(_moved_wire(wire, dx, dy) for wire in parts.wires),
        tuple(_moved_cluster(cluster, dx, dy) for cluster in parts.clusters),
        (placement.note,) if placement.note else (),
    )


def _level(plan: Plan, boxes: dict[tuple[str, ...], Box]) -> dict[tuple[str, ...], Box]:
    """Let the frames of the forward and of the backward pass begin and end together."""
    if not plan.back:
        return boxes
    outer = bounds([box for path, box in boxes.items() if len(path) == 1], [])
    return {
        path: replace(box, x=outer.x, width=outer.width) if len(path) == 1 else box
        for path, box in boxes.items()
    }


def _around(parts: _Parts) -> Box:
    boxes = [node.box for node in parts.nodes] + [cluster.box for cluster in parts.clusters]
    return bounds(boxes, [point for wire in parts.wires for point in wire.points])


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


def _corners(blocks: list[Block], placement: Placement) -> dict[str, Point]:
    """Return where each block's own top left lies, inside of its margin."""
    pairs = zip(blocks, placement.corners, strict=True)
    return {block.key: (x + SIDE, y + EDGE) for block, (x, y) in pairs}


def _wires(draft: _Draft, blocks: list[Block], placement: Placement) -> list[Wire]:
    corners = _corners(blocks, placement)
    places = {block.key: (block, *corners[block.key]) for block in blocks}
    few = len(blocks) <= IN_PROCESS_LIMIT
    walls = {key: wall(block, x, y) for key, (block, x, y) in places.items()} if few else None
    routes = {
        edge_key(edge): (f"n{edge.source}", route)
        for edge, route in zip(draft.routed, placement.routes, strict=True)
    }
    found = []
    for block, x, y in places.values():
        leads = {guest.lead.key: guest.lead for guest in block.guests}
        for arrival in block.arrivals:
            points = tuple((x + px, y + py) for px, py in (arrival.start, *arrival.path))
            a, b, c = ((x + px, y + py) for px, py in arrival.head)
            source, dashed = f"a{arrival.edge}", False
            if arrival.port:
                source, route = routes[arrival.edge]
                tail, x0, y0 = places[source]
                out = (x0 + tail.exit[0], y0 + tail.exit[1])
                others = [b for key, b in (walls or {}).items() if key not in (source, block.key)]
                way = joined if not block.mirrored else joined_backwards
                points = way(out, route, points, others if few else None)
            else:
                dashed = leads[source].role in ("alias", "reference")
            role = leads[source].role if dashed else "wire"
            title = draft.titles[arrival.edge]
            found.append(
                Wire(arrival.edge, source, block.key, role, title, points, (a, b, c), dashed)
            )
    return found


def _cluster(path: tuple[str, ...], box: Box) -> Cluster:
    ink = plain(path[-1], "scope", HEADING, limit=40)
    for limit in range(39, 1, -1):
        if ink.width <= box.width - 12:
            break
        ink = plain(path[-1], "scope", HEADING, limit=limit)
    label = Label(ink, box.x + 7, box.y + 3 + ink.ascent)
    return Cluster("c" + "-".join(path), printable(" / ".join(path)), box, label)


def _moved_box(box: Box, dx: float, dy: float) -> Box:
    return replace(box, x=box.x + dx, y=box.y + dy)


def _moved_node(node: SceneNode, dx: float, dy: float) -> SceneNode:
    return replace(
        node,
        box=_moved_box(node.box, dx, dy),
        shapes=tuple(shape.moved(dx, dy) for shape in node.shapes),
        labels=tuple(label.moved(dx, dy) for label in node.labels),
    )


def _moved_wire(wire: Wire, dx: float, dy: float) -> Wire:
    a, b, c = ((x + dx, y + dy) for x, y in wire.head)
    return replace(wire, points=tuple((x + dx, y + dy) for x, y in wire.points), head=(a, b, c))


def _moved_cluster(cluster: Cluster, dx: float, dy: float) -> Cluster:
    return replace(cluster, box=_moved_box(cluster.box, dx, dy), label=cluster.label.moved(dx, dy))
