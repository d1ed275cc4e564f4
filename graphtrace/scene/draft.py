"""A plan's blocks, for any order of the wires into each node, and what a layout needs of them."""

from collections.abc import Set as AbstractSet

from graphtrace.annotate.facts import EdgeFacts, NodeFacts
from graphtrace.scene.accents import norm_of
from graphtrace.scene.blocks import Block, Row, accented, mirrored
from graphtrace.scene.card import card_block, scales_of
from graphtrace.scene.circuit import operation_block, source_block, stub_block
from graphtrace.scene.difference import marked, ranks_of, told_of
from graphtrace.scene.fold_card import fold_block
from graphtrace.scene.layout import Frame, FrameBox, FrameEdge, Placement
from graphtrace.scene.notes import Notes
from graphtrace.scene.plan import Plan, edge_key, rows_of
from graphtrace.scene.routes import EDGE, SIDE
from graphtrace.scene.select import STUB

__all__ = ["Draft", "Order", "frame_of"]

Order = dict[int, list[int]]
"""For some nodes, the order of the wires into them; slots' order for the others."""


class Draft:
    """The blocks of a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        nodes = {node.id: node for node in plan.facts.nodes}
        self._rows = {node.id: rows_of(plan, node, nodes) for node in plan.facts.nodes}
        # An operand without an edge leaves a gap among the slots, none among the rows.
        self._place = {row.edge: at for rows in self._rows.values() for at, row in enumerate(rows)}
        self.titles = {row.edge: row.title for rows in self._rows.values() for row in rows}
        self.roles = {key: plan.accents.role([key]) for key in self._place}
        self._scales = scales_of(plan)
        self._made: dict[tuple[int, tuple[int, ...]], Block] = {}
        self._ranks = ranks_of(plan.facts.changes)
        self._gone = {
            edge_key(edge)
            for edge in plan.facts.edges
            if plan.facts.changes.edge((edge.source, edge.target, edge.slot)) == "removed"
        }
        hidden = plan.hidden
        self.drawn = tuple(node for node in plan.facts.nodes if node.id not in hidden)
        self._into: dict[int, list[EdgeFacts]] = {}
        for edge in plan.facts.edges:
            if not plan.led(edge):
                self._into.setdefault(edge.target, []).append(edge)

    def level(self, edge: EdgeFacts) -> bool:
        """Tell whether an edge should be drawn straight: the spine, or an only operand."""
        rows = self._rows[edge.target]
        return len(rows) == 1 or rows[self._place[edge_key(edge)]].spine

    def gone(self, key: str) -> bool:
        """Tell whether an edge is in the first of two graphs alone."""
        return key in self._gone

    def routed(self, among: AbstractSet[int] | None = None) -> list[EdgeFacts]:
        """Return the edges that run from block to block; the others start from a lead."""
        targets = self._into if among is None else sorted(among)
        return [edge for target in targets for edge in self._into.get(target, ())]

    def blocks(self, order: Order, among: AbstractSet[int] | None = None) -> list[Block]:
        """Return blocks in tape order, all or those of some nodes."""
        found = []
        for node in self.drawn:
            if among is None or node.id in among:
                way = tuple(order.get(node.id, ()))
                if (node.id, way) not in self._made:
                    rows = self._rows[node.id]
                    block = self._block(node, [rows[i] for i in way] or rows)
                    self._made[node.id, way] = block
                found.append(self._made[node.id, way])
        return found

    def order(self, placement: Placement, knot: int, edges: list[EdgeFacts]) -> Order:
        """Return, for nodes where wires cross before their heads, the order without crossing.

        Wires are sorted by their height at a knot: 0 where they start, -4 one piece before their
        end.
        """
        heights: dict[int, dict[int, float]] = {}
        for edge, route in zip(edges, placement.routes, strict=True):
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
        plan, accents = self.plan, self.plan.accents
        role = "gradient" if node.id in plan.flows else "value"
        notes = self._notes(node)
        fold = plan.facts.folds.get(node.id)
        if node.kind == STUB:
            block = stub_block(node, rows)
        elif fold is not None:
            block = fold_block(node, fold, rows, plan.options)
        elif node.id in plan.cards:
            block = card_block(node, rows, plan.options, self._scales, role, notes=notes)
        elif node.kind != "op":
            block = source_block(node, plan.options, role, notes=notes)
        else:
            block = operation_block(
                node, rows, plan.options, role, notes=notes,
                named=node.named or node.id in plan.quoted,
                output=node.id in plan.ends,
            )  # fmt: skip
        if notes.told is not None:
            block = marked(block, notes.told)
        block = mirrored(block) if node.id in plan.back else block
        keys = [edge_key(edge) for edge in plan.uses.get(node.id, ())]
        fades = accents.bright is not None and node.id not in accents.bright
        weight = accents.weight(keys, norm_of(node.grad))
        return accented(block, weight, accents.role(keys), fades=fades)

    def _notes(self, node: NodeFacts) -> Notes:
        extras, show = self.plan.facts.extras, self.plan.options.show
        return Notes(
            self.plan.output,
            extras.symbols.get(node.id) if "symbolic" in show else None,
            extras.costs.get(node.id, ""),
            self.plan.accents.causes.get(node.id, ""),
            told_of(self.plan.facts.changes, self._ranks, node.id),
        )


def frame_of(blocks: list[Block], edges: list[EdgeFacts], draft: Draft, gap: float) -> Frame:
    """Return what a layout of some blocks needs to know."""
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
        for edge in edges
    )
    pairs = tuple(
        (index[f"n{of}"], index[f"n{gradient}"])
        for gradient, of in draft.plan.facts.mirror.items()
        if of is not None and f"n{of}" in index and f"n{gradient}" in index
    )
    return Frame(boxes, wires, gap, pairs)
