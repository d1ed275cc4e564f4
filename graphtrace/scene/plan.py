"""What is drawn for each fact: looks, shared nodes, hubs and their aliases."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts
from graphtrace.annotate.summary import element_count
from graphtrace.scene.accents import Accents, norm_of
from graphtrace.scene.blanks import row_rooms
from graphtrace.scene.blocks import Row, faded_row
from graphtrace.scene.circuit import MOST_ROWS, lead_of
from graphtrace.scene.difference import edge_sign, moved_contribution, moved_lead
from graphtrace.scene.options import Options
from graphtrace.scene.select import STUB, Selection, flows_of, key_of
from graphtrace.scene.typeset import plain
from graphtrace.scene.wording import IDENTIFIER, TINY, contribution_text, describe_edge, local_text

__all__ = ["HUB", "SMALL", "Plan", "edge_key", "make_plan", "rows_of"]

HUB = 8
# Up to this many operations, each one shows its name.
SMALL = 12
LOCAL, CONTRIBUTION, MARK = 10.5, 11.0, 13.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Decisions about a graph, by node id.

    Attributes
    ----------
    cards: nodes drawn as cards; the others are circuits.
    uses: the edges out of each node.
    hubs: nodes of more than 8 uses; each use gets an alias.
    asides: scalar constants, drawn inside of the blocks that use them.
    quoted: nodes whose name some formula in the picture mentions; all in small pictures.
    ends: operations without uses, and the output.
    depths: the number of operations on the longest way to a node.
    back: the nodes of a recorded backward pass, drawn from right to left.
    flows: those of them that depend on the seed: gradients and parts of gradients.
    accents: what stands out.
    outside: nodes that are not drawn; their names stand at their uses.
    cut: keys of edges that go on in another row.
    output: the name of what gradients are taken of.
    """

    facts: GraphFacts
    options: Options
    cards: frozenset[int]
    uses: dict[int, tuple[EdgeFacts, ...]]
    incoming: dict[int, tuple[EdgeFacts, ...]]
    hubs: frozenset[int]
    asides: frozenset[int]
    quoted: frozenset[int]
    ends: frozenset[int]
    depths: dict[int, int]
    back: frozenset[int]
    flows: frozenset[int]
    accents: Accents
    outside: frozenset[int]
    cut: frozenset[str]
    output: str

    @property
    def hidden(self) -> frozenset[int]:
        """Nodes without a block of their own: they stand inside of others, below, or nowhere."""
        kinds = {node.id: node.kind for node in self.facts.nodes}
        aside = self.asides | {id_ for id_ in self.hubs if kinds[id_] != "op"}
        return self.outside | (aside - {self.facts.output})

    def led(self, edge: EdgeFacts) -> bool:
        """Tell whether a use starts inside of its target's block, not at the node itself."""
        return (
            edge.source in self.hubs
            or edge.source in self.asides
            or edge.source in self.outside
            or edge_key(edge) in self.cut
            or self.crosses(edge)
        )

    def crosses(self, edge: EdgeFacts) -> bool:
        """Tell whether the backward pass uses a forward value here."""
        return edge.target in self.back and edge.source not in self.back


def edge_key(edge: EdgeFacts) -> str:
    """Return the stable key of an edge."""
    return key_of(edge.source, edge.target, edge.slot)


def make_plan(
    chosen: Selection,
    options: Options,
    accents: Accents | None = None,
    cut: frozenset[str] = frozenset(),
) -> Plan:
    """Return the decisions for a graph; `cut` are the edges that go on in another row."""
    facts = chosen.facts
    uses = _grouped(facts.edges, lambda edge: edge.source)
    incoming = _grouped(facts.edges, lambda edge: edge.target)
    back = frozenset(facts.mirror)
    stubs = {node.id for node in facts.nodes if node.kind == STUB}
    crossing = [e for e in facts.edges if e.target in back and e.source not in back]
    ways = _grouped(
        [
            edge
            for edge in facts.edges
            if edge.target not in stubs and (edge.source in back or edge.target not in back)
        ],
        lambda edge: edge.source,
    )
    hubs = frozenset(id_ for id_, edges in ways.items() if len(edges) > HUB)
    words = {word for edge in facts.edges for word in IDENTIFIER.findall(edge.formula)}
    operations = [node.id for node in facts.nodes if node.kind == "op"]
    small = options.named or len(operations) <= SMALL
    quoted = frozenset(node.id for node in facts.nodes if small or node.name in words)
    quoted |= {edge.source for edge in crossing}
    ends = frozenset(id_ for id_ in operations if id_ not in uses) | {facts.output}
    asides = frozenset(
        node.id
        for node in facts.nodes
        if node.kind == "constant"
        and node.id in uses
        and element_count(node.value) == 1
        and facts.mirror.get(node.id) is None
        and not any(edge.target in stubs for edge in uses[node.id])
    )
    cards = _cards(facts, options.look) - facts.folds.keys()
    depths = _depths(facts)
    flows = flows_of(facts)
    return Plan(
        facts, options, cards, uses, incoming, hubs, asides, quoted, ends, depths, back, flows,
        accents or Accents(), chosen.outside, cut, chosen.output,
    )  # fmt: skip


def _depths(facts: GraphFacts) -> dict[int, int]:
    depths: dict[int, int] = {}
    for node in facts.nodes:
        # An operand outside of the picture has no depth in it.
        depths[node.id] = 1 + max((depths.get(id_, -1) for id_ in node.operands), default=-1)
    return depths


def _grouped(
    edges: Iterable[EdgeFacts], key: Callable[[EdgeFacts], int]
) -> dict[int, tuple[EdgeFacts, ...]]:
    found: dict[int, list[EdgeFacts]] = {}
    for edge in edges:
        found.setdefault(key(edge), []).append(edge)
    return {id_: tuple(group) for id_, group in found.items()}


def _cards(facts: GraphFacts, look: str) -> frozenset[int]:
    """Return the nodes that are cards: all, none, or arrays in a picture with larger ones."""
    if look == "circuit":
        return frozenset()
    if look == "card":
        return frozenset(node.id for node in facts.nodes if node.kind != STUB)
    sizes = {node.id: element_count(node.value) for node in facts.nodes}
    if max(sizes.values(), default=0) <= TINY:
        return frozenset()
    return frozenset(node.id for node in facts.nodes if _shaped(node))


def _shaped(node: NodeFacts) -> bool:
    return len(getattr(node.value, "shape", ())) > 0


def rows_of(plan: Plan, node: NodeFacts, nodes: dict[int, NodeFacts]) -> list[Row]:
    """Return the type on each wire into a node, in slot order.

    A node of very many operands shows none: there is no room that a reader could use.
    """
    edges = plan.incoming.get(node.id, ())
    spine = _spine(plan, edges)
    return [
        replace(
            _row(plan, edge, node, nodes[edge.source], quiet=len(edges) > MOST_ROWS),
            spine=slot == spine,
        )
        for slot, edge in enumerate(edges)
    ]


def _spine(plan: Plan, edges: tuple[EdgeFacts, ...]) -> int | None:
    """Return the slot that continues the longest chain, if it stands out, to draw it level."""
    depths = [0 if plan.led(edge) else plan.depths[edge.source] for edge in edges]
    if len(depths) != 2:
        return None
    if plan.led(edges[0]) != plan.led(edges[1]):
        return int(plan.led(edges[0]))
    low, high = sorted(depths)
    return depths.index(high) if high >= 1 and (low == 0 or high - low >= 2) else None


def _row(plan: Plan, edge: EdgeFacts, node: NodeFacts, source: NodeFacts, *, quiet: bool) -> Row:
    show, digits, accents = plan.options.show, plan.options.digits, plan.accents
    key, card = edge_key(edge), node.id in plan.cards or node.id in plan.facts.folds
    title = describe_edge(edge, source.name, node.name, digits)
    above = below = lead = None
    if "local" in show and not quiet and node.id not in plan.back:
        above = local_text(edge, LOCAL, digits, long=card)
    given = (use for use in plan.uses[edge.source] if use.contribution is not None)
    shared = len([*islice(given, 2)]) > 1
    wanted = "contribution" in show or ("grad" in show and (shared or card))
    if wanted and not quiet and edge.contribution is not None:
        below = moved_contribution(
            plan.facts.changes, edge, CONTRIBUTION, digits, whole=not card
        ) or contribution_text(edge.contribution, CONTRIBUTION, digits, whole=not card)
    if edge.count > 1 and not quiet:
        above = plain(f"×{edge.count}", "local", LOCAL)
    if plan.led(edge):
        lead = lead_of(source, f"a{key}", plan.options, _kind_of_lead(plan, edge, source))
        lead = moved_lead(lead, plan.facts.changes.nodes.get(source.id), digits)
    mark = plain(accents.marks[key], "path-mark", MARK) if key in accents.marks else None
    mark = mark or edge_sign(plan.facts.changes, edge)
    carried = source.grad if node.kind == STUB else edge.contribution
    weight = accents.weight([key], norm_of(carried))
    rooms = row_rooms(edge, plan.options)
    rooms = (rooms[0] if above else None, rooms[1] if below else None)
    row = Row(key, title, above, below, lead, mark=mark, weight=weight, rooms=rooms)
    return faded_row(row) if accents.fades(key) else row


def _kind_of_lead(plan: Plan, edge: EdgeFacts, source: NodeFacts) -> str:
    if plan.crosses(edge):
        return "reference"
    return STUB if edge.source in plan.outside and source.kind == "op" else "alias"
