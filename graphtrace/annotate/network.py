"""The graph as a networkx.MultiDiGraph; graphs of networkx where one of ours belongs."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from graphtrace.annotate.facts import GraphFacts
from graphtrace.errors import RefusedError

if TYPE_CHECKING:
    import networkx

__all__ = ["refuse_foreign", "to_networkx"]


def to_networkx(facts: GraphFacts) -> "networkx.MultiDiGraph[int]":
    """Return nodes keyed by id and edges keyed by slot, every fact an attribute."""
    import networkx

    graph: networkx.MultiDiGraph[int] = networkx.MultiDiGraph(
        title=facts.title, output=facts.output
    )
    for node in facts.nodes:
        graph.add_node(node.id, **_attributes(node, ()))
    for edge in facts.edges:
        attributes = _attributes(edge, ("source", "target", "count"))
        graph.add_edge(edge.source, edge.target, edge.slot, **attributes)
    return graph


def _attributes(record: Any, without: tuple[str, ...]) -> dict[str, Any]:
    return {
        item.name: getattr(record, item.name) for item in fields(record) if item.name not in without
    }


GRAPHS = "graphs of gt.trace, gt.parse or gt.Graph()"


def refuse_foreign(thing: Any, wish: str, wanted: str = GRAPHS) -> RefusedError:
    """Return the error for what is no recorded graph: what it is, and what to give instead.

    `wish` is the function that was asked, `wanted` what it takes. Of a graph of networkx it says
    so, with the cycle if there is one.
    """
    kind = f"{type(thing).__module__.partition('.')[0]}.{type(thing).__name__}"
    kind = kind.removeprefix("builtins.")
    if not kind.startswith("networkx."):
        return RefusedError(f"{wish} takes {wanted}, not {kind}")
    import networkx

    try:
        around = [str(edge[0]) for edge in networkx.find_cycle(thing)]
    except (networkx.NetworkXException, AttributeError):
        around = []
    cycle = f" with the cycle {' → '.join([*around, around[0]])}" if around else ""
    why = "no computation runs in circles" if around else "it has no operations to compute with"
    return RefusedError(
        f"{wish}: a {kind}{cycle} is no recorded graph: {why}; record the computation itself with "
        "gt.trace, gt.parse or gt.Graph(), and its .nx is a networkx graph"
    )
