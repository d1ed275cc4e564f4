"""The graph as a networkx.MultiDiGraph."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from graphtrace.annotate.facts import GraphFacts

if TYPE_CHECKING:
    import networkx

__all__ = ["to_networkx"]


def to_networkx(facts: GraphFacts) -> "networkx.MultiDiGraph[int]":
    """Return nodes keyed by id and edges keyed by slot, every fact an attribute."""
    import networkx

    graph: networkx.MultiDiGraph[int] = networkx.MultiDiGraph(
        title=facts.title, output=facts.output
    )
    for node in facts.nodes:
        graph.add_node(node.id, **_attributes(node, ()))
    for edge in facts.edges:
        attributes = _attributes(edge, ("source", "target"))
        graph.add_edge(edge.source, edge.target, edge.slot, **attributes)
    return graph


def _attributes(record: Any, without: tuple[str, ...]) -> dict[str, Any]:
    return {
        item.name: getattr(record, item.name) for item in fields(record) if item.name not in without
    }
