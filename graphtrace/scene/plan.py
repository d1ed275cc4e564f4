"""What is drawn for each fact: looks, shared nodes, hubs and their aliases."""

from collections.abc import Callable
from dataclasses import dataclass

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts
from graphtrace.annotate.summary import element_count
from graphtrace.scene.blocks import Row
from graphtrace.scene.options import Options
from graphtrace.scene.wording import IDENTIFIER, contribution_text, describe_edge, local_text

__all__ = ["HUB", "Plan", "edge_key", "make_plan", "rows_of"]

HUB = 8
TINY = 4
MOST_ROWS = 24
LOCAL, CONTRIBUTION = 10.0, 10.5


@dataclass(frozen=True, slots=True)
class Plan:
    """Decisions about a graph, by node id.

    Attributes
    ----------
    cards: nodes drawn as cards; the others are circuits.
    uses: the edges out of each node.
    hubs: nodes of more than 8 uses; each use gets an alias.
    quoted: nodes whose name some formula in the picture mentions.
    """

    facts: GraphFacts
    options: Options
    cards: frozenset[int]
    uses: dict[int, tuple[EdgeFacts, ...]]
    incoming: dict[int, tuple[EdgeFacts, ...]]
    hubs: frozenset[int]
    quoted: frozenset[int]


def edge_key(edge: EdgeFacts) -> str:
    """Return the stable key of an edge."""
    return f"e{edge.source}-{edge.target}-{edge.slot}"


def make_plan(facts: GraphFacts, options: Options) -> Plan:
    """Return the decisions for a graph."""
    uses = _grouped(facts.edges, lambda edge: edge.source)
    incoming = _grouped(facts.edges, lambda edge: edge.target)
    hubs = frozenset(id_ for id_, edges in uses.items() if len(edges) > HUB)
    words = {word for edge in facts.edges for word in IDENTIFIER.findall(edge.formula)}
    quoted = frozenset(node.id for node in facts.nodes if node.name in words)
    return Plan(facts, options, _cards(facts, options.look), uses, incoming, hubs, quoted)


def _grouped(
    edges: tuple[EdgeFacts, ...], key: Callable[[EdgeFacts], int]
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
        return frozenset(node.id for node in facts.nodes)
    sizes = {node.id: element_count(node.value) for node in facts.nodes}
    if max(sizes.values(), default=0) <= TINY:
        return frozenset()
    return frozenset(node.id for node in facts.nodes if _shaped(node))


def _shaped(node: NodeFacts) -> bool:
    return len(getattr(node.value, "shape", ())) > 0


def rows_of(plan: Plan, node: NodeFacts, names: dict[int, str]) -> list[Row]:
    """Return the type on each wire into a node, in slot order.

    A node of very many operands shows none: there is no room that a reader could use.
    """
    edges = plan.incoming.get(node.id, ())
    return [_row(plan, edge, node, names, quiet=len(edges) > MOST_ROWS) for edge in edges]


def _row(
    plan: Plan, edge: EdgeFacts, node: NodeFacts, names: dict[int, str], *, quiet: bool
) -> Row:
    show, digits = plan.options.show, plan.options.digits
    card = node.id in plan.cards
    title = describe_edge(edge, names[edge.source], node.name, digits)
    above = below = None
    if "local" in show and not quiet:
        above = local_text(edge, LOCAL, digits, long=card)
    shared = len(plan.uses[edge.source]) > 1
    wanted = "contribution" in show or ("grad" in show and (shared or card))
    if wanted and not quiet and edge.contribution is not None:
        below = contribution_text(edge.contribution, CONTRIBUTION, digits)
    return Row(edge_key(edge), title, above, below)
