"""What several formats do alike: over a scene coordinates, frames and words, over facts scopes."""

from graphtrace.annotate.facts import GraphFacts, NodeFacts
from graphtrace.scene.model import Cluster, Point, SceneNode, Shape, Wire

__all__ = [
    "alternative",
    "by_scope",
    "coordinate",
    "frame",
    "inside",
    "reader_text",
    "use_counts",
    "whole_way",
]

Path = tuple[str, ...]


def coordinate(value: float) -> str:
    """Return a coordinate with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def frame(cluster: Cluster) -> Shape:
    """Return the outline of a scope."""
    box = cluster.box
    return Shape("rect", "cluster", box.x, box.y, box.width, box.height, 8, dashed=True)


def reader_text(node: SceneNode) -> str:
    """Return what a reader of the picture hears of a node, below its title."""
    return node.description or " ".join(label.ink.text for label in node.labels)


def alternative(node: SceneNode) -> str:
    """Return title and description of a node in one."""
    return f"{node.title}: {reader_text(node)}"


def whole_way(wire: Wire) -> tuple[Point, ...]:
    """Return a wire's curve up to the tip of its head; without, it ends inside of the head."""
    *before, second, last = wire.points
    tip = wire.head[0]
    move = (tip[0] - last[0], tip[1] - last[1])
    return (*before, (second[0] + move[0], second[1] + move[1]), tip)


def by_scope(facts: GraphFacts) -> dict[Path, list[NodeFacts]]:
    """Return the nodes of each scope in tape order; the scopes around it have their places too."""
    members: dict[Path, list[NodeFacts]] = {(): []}
    for node in facts.nodes:
        for depth in range(len(node.scope) + 1):
            members.setdefault(node.scope[:depth], [])
        members[node.scope].append(node)
    return members


def inside(path: Path, members: dict[Path, list[NodeFacts]]) -> list[tuple[int, Path]]:
    """Return the scopes right inside of one, each with its number among all."""
    return [
        (number, inner)
        for number, inner in enumerate(members)
        if len(inner) == len(path) + 1 and inner[: len(path)] == path
    ]


def use_counts(facts: GraphFacts) -> dict[int, int]:
    """Return how many edges leave each node that any leave."""
    counts: dict[int, int] = {}
    for edge in facts.edges:
        counts[edge.source] = counts.get(edge.source, 0) + 1
    return counts
