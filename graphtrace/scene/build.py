"""From facts to a scene: blocks, places, wires, and what stands below the picture."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts
from graphtrace.errors import LayoutError
from graphtrace.scene.blocks import Block, Row
from graphtrace.scene.card import card_block, scales_of
from graphtrace.scene.circuit import alias_block, operation_block, source_block
from graphtrace.scene.geometry import bounds
from graphtrace.scene.layout import (
    IN_PROCESS_LIMIT,
    Frame,
    FrameBox,
    FrameEdge,
    Placement,
    place,
)
from graphtrace.scene.model import Box, Cluster, Label, Scene, SceneNode, Text, Wire
from graphtrace.scene.options import Options
from graphtrace.scene.plan import Plan, edge_key, make_plan, rows_of
from graphtrace.scene.sidebar import sidebar
from graphtrace.scene.typeset import plain, printable

__all__ = ["NODE_LIMIT", "build_scene"]

NODE_LIMIT = 20_000
MARGIN = 14.0
HEADING = 12.0


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
    placement = place(_frame(blocks, draft, facts.edges), options.deadline)
    if len(blocks) <= IN_PROCESS_LIMIT:
        order = _order(placement, draft, facts.edges)
        if order:
            blocks = draft.blocks(order)
            placement = place(_frame(blocks, draft, facts.edges), options.deadline)
    return _compose(plan, draft, blocks, placement)


class _Draft:
    """The blocks of a plan, for any order of the wires into each node."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._names = {node.id: node.name for node in plan.facts.nodes}
        self._rows = {node.id: rows_of(plan, node, self._names) for node in plan.facts.nodes}
        self._scales = scales_of(plan)
        self._nodes = {node.id: node for node in plan.facts.nodes}
        self._hidden = {
            node.id
            for node in plan.facts.nodes
            if node.id in plan.hubs and node.kind != "op" and node.id != plan.facts.output
        }

    def key(self, edge: EdgeFacts) -> str:
        """Return the key of the block that an edge starts from."""
        if edge.source in self._plan.hubs:
            return f"a{edge_key(edge)}"
        return f"n{edge.source}"

    def blocks(self, order: dict[int, list[int]]) -> list[Block]:
        """Return all blocks, nodes in tape order and each alias before its target."""
        found = []
        for node in self._plan.facts.nodes:
            for edge in self._plan.incoming.get(node.id, ()):
                if edge.source in self._plan.hubs:
                    hub = self._nodes[edge.source]
                    found.append(
                        alias_block(hub, self.key(edge), node.scope, self._plan.options)
                    )
            if node.id not in self._hidden:
                rows = self._rows[node.id]
                found.append(self._block(node, [rows[i] for i in order.get(node.id, [])] or rows))
        return found

    def _block(self, node: NodeFacts, rows: list[Row]) -> Block:
        plan = self._plan
        if node.id in plan.cards:
            return card_block(node, rows, plan.options, self._scales, self._output_name())
        if node.kind != "op":
            return source_block(node, plan.options)
        return operation_block(
            node, rows, plan.options,
            named=node.named or node.id in plan.quoted,
            output=node.id == plan.facts.output,
        )  # fmt: skip

    def _output_name(self) -> str:
        return self._names.get(self._plan.facts.output, "f")


def _frame(blocks: list[Block], draft: _Draft, edges: Iterable[EdgeFacts]) -> Frame:
    index = {block.key: at for at, block in enumerate(blocks)}
    ports = {
        arrival.edge: number for block in blocks for number, arrival in enumerate(block.arrivals)
    }
    boxes = tuple(
        FrameBox(block.width, block.height, tuple(a.y for a in block.arrivals), block.scope)
        for block in blocks
    )
    wires = tuple(
        FrameEdge(index[draft.key(edge)], index[f"n{edge.target}"], ports[edge_key(edge)])
        for edge in edges
    )
    headings = {}
    for block in blocks:
        for depth in range(1, len(block.scope) + 1):
            path = block.scope[:depth]
            if path not in headings:
                ink = _heading(path)
                headings[path] = (round(ink.width) + 6, round(ink.height) + 2)
    return Frame(boxes, wires, headings)


def _heading(path: tuple[str, ...]) -> Text:
    return plain(path[-1], "scope", HEADING, limit=40)


def _order(
    placement: Placement, draft: _Draft, edges: tuple[EdgeFacts, ...]
) -> dict[int, list[int]]:
    """Return, for nodes where wires cross before their head, the order without crossing."""
    heights: dict[int, list[float]] = {}
    for edge, route in zip(edges, placement.routes, strict=True):
        # Where the wire comes from: the height one piece before its end, or of its start.
        heights.setdefault(edge.target, []).append(route[max(len(route) - 4, 0)][1])
    found = {}
    for id_, ys in heights.items():
        order = sorted(range(len(ys)), key=lambda slot: (round(ys[slot], 1), slot))
        if order != list(range(len(ys))):
            found[id_] = order
    return found


@dataclass(frozen=True, slots=True)
class _Parts:
    nodes: list[SceneNode]
    wires: list[Wire]
    clusters: list[Cluster]


def _compose(plan: Plan, draft: _Draft, blocks: list[Block], placement: Placement) -> Scene:
    corner = {block.key: place_ for block, place_ in zip(blocks, placement.corners, strict=True)}
    parts = _Parts(
        [_node(block, *corner[block.key]) for block in blocks],
        _wires(plan, draft, blocks, placement),
        [_cluster(path, box) for path, box in sorted(placement.clusters.items())],
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
        f" that ends in {draft._output_name()}."
    )
    return Scene(
        round(around.width + 2 * MARGIN, 2),
        round(around.height + 2 * MARGIN, 2),
        title,
        printable(description),
        tuple(_moved_node(node, dx, dy) for node in parts.nodes),
        tuple(_moved_wire(wire, dx, dy) for wire in parts.wires),
        tuple(_moved_cluster(cluster, dx, dy) for cluster in parts.clusters),
        (placement.note,) if placement.note else (),
    )


def _around(parts: _Parts) -> Box:
    boxes = [node.box for node in parts.nodes] + [cluster.box for cluster in parts.clusters]
    return bounds(boxes, [point for wire in parts.wires for point in wire.points])


def _node(block: Block, x: float, y: float) -> SceneNode:
    return SceneNode(
        block.key, block.role, block.title, block.description,
        Box(x, y, block.width, block.height),
        tuple(shape.moved(x, y) for shape in block.shapes),
        tuple(label.moved(x, y) for label in block.labels),
    )  # fmt: skip


def _wires(
    plan: Plan, draft: _Draft, blocks: list[Block], placement: Placement
) -> list[Wire]:
    places = {
        block.key: (block, *corner)
        for block, corner in zip(blocks, placement.corners, strict=True)
    }
    titles = {row.edge: row.title for rows in draft._rows.values() for row in rows}
    found = []
    for edge, route in zip(plan.facts.edges, placement.routes, strict=True):
        tail, x0, y0 = places[draft.key(edge)]
        head, x1, y1 = places[f"n{edge.target}"]
        key = edge_key(edge)
        arrival = next(a for a in head.arrivals if a.edge == key)
        points = (
            (x0 + tail.width, y0 + tail.axis),
            *route[1:-1],
            (x1, y1 + arrival.y),
            *((x1 + x, y1 + y) for x, y in arrival.path),
        )
        a, b, c = ((x1 + x, y1 + y) for x, y in arrival.head)
        dashed = tail.role == "alias"
        role = "alias" if dashed else "wire"
        found.append(
            Wire(key, tail.key, head.key, role, titles[key], points, (a, b, c), dashed)
        )
    return found


def _cluster(path: tuple[str, ...], box: Box) -> Cluster:
    ink = _heading(path)
    label = Label(ink, box.x + 8, box.y + 5 + ink.ascent)
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
    return replace(
        wire, points=tuple((x + dx, y + dy) for x, y in wire.points), head=(a, b, c)
    )


def _moved_cluster(cluster: Cluster, dx: float, dy: float) -> Cluster:
    return replace(
        cluster, box=_moved_box(cluster.box, dx, dy), label=cluster.label.moved(dx, dy)
    )
