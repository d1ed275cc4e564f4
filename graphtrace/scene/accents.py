"""What stands out in a picture: paths, thick edges, the way of a NaN; and what fades."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts, Value
from graphtrace.annotate.summary import element_count
from graphtrace.errors import FormatError
from graphtrace.run.paths import Step, Way, best_ways
from graphtrace.scene.options import Options
from graphtrace.scene.select import Through, key_of, named_node, spoken
from graphtrace.scene.wording import exceptional

__all__ = ["Accents", "Ranked", "Thickness", "accents_of", "norm_of", "path_stops"]

PATH, ALARM = 2.6, 1.5
# Line widths, as multiples, and the decades that they stand for.
THINNEST, THICKEST = 0.5, 4.0
FEWEST, MOST = 1, 6


@dataclass(frozen=True, slots=True)
class Ranked:
    """A path with its number in the picture, its nodes' names, and its product."""

    mark: str
    names: tuple[str, ...]
    product: float
    exact: bool


@dataclass(frozen=True, slots=True)
class Thickness:
    """Line widths for sizes of contributions, on a log scale over some decades."""

    largest: float
    decades: float

    def weight(self, size: float) -> float:
        """Return what a line's width is multiplied by; NaN and ∞ are as thick as the largest."""
        if not size > 0:
            return THINNEST if size == 0 else THICKEST
        down = max(math.log10(self.largest / size), 0.0) if math.isfinite(size) else 0.0
        return round(max(THICKEST - (THICKEST - THINNEST) * down / self.decades, THINNEST), 2)


@dataclass(frozen=True, slots=True)
class Accents:
    """What is to be drawn in another way, by edge key or node id.

    Attributes
    ----------
    marks: the numbers of the paths that run through an edge, as circled digits.
    path: edges of highlighted paths.
    bright: nodes of the one path that was asked for; all others fade. None without one.
    alarms: edges that hand NaN or an infinity on.
    causes: nodes where a value is NaN or infinite first, with the words for it.
    ranked: the highlighted paths, for the legend.
    thickness: the scale of line widths, if they mean something.
    notes: sentences for the user.
    """

    marks: Mapping[str, str] = field(default_factory=dict)
    path: frozenset[str] = frozenset()
    bright: frozenset[int] | None = None
    alarms: frozenset[str] = frozenset()
    causes: Mapping[int, str] = field(default_factory=dict)
    ranked: tuple[Ranked, ...] = ()
    thickness: Thickness | None = None
    notes: tuple[str, ...] = ()

    def along(self, through: Through) -> "Accents":
        """Return what stands out when some wires stand for edges that are not drawn."""
        marks = dict(self.marks)
        for key, edges in through.items():
            numbers = sorted({mark for edge in edges for mark in self.marks.get(edge, "")})
            marks |= {key: "".join(numbers)} if numbers else {}
        on = {key for key, edges in through.items() if not self.path.isdisjoint(edges)}
        ill = {key for key, edges in through.items() if not self.alarms.isdisjoint(edges)}
        ends = {int(key.split("-")[1]) for key in on}
        return replace(
            self, marks=marks, path=self.path | on, alarms=self.alarms | ill,
            bright=None if self.bright is None else self.bright | ends,
        )  # fmt: skip

    def fades(self, key: str) -> bool:
        """Tell whether an edge is there for context only."""
        return self.bright is not None and key not in self.path

    def weight(self, keys: Iterable[str], size: float | None) -> float:
        """Return what the width of a line is multiplied by; `size` is of what it carries.

        `keys` are the edges that the line belongs to.
        """
        if self.thickness and size is not None:
            return self.thickness.weight(size)
        return {"path": PATH, "alarm": ALARM}.get(self.role(keys), 1.0)

    def role(self, keys: Iterable[str]) -> str:
        """Return the role of a line that belongs to some edges."""
        if not self.path.isdisjoint(keys):
            return "path"
        return "wire" if self.alarms.isdisjoint(keys) else "alarm"


def norm_of(value: Value | None) -> float | None:
    """Return the Euclidean norm of a gradient; None for one that was not computed."""
    if value is None:
        return None
    with np.errstate(all="ignore"):
        flat = np.abs(np.asarray(value)).astype(np.float64).ravel()
        peak = float(np.max(flat, initial=0.0))
        if not 0 < peak < math.inf:
            return peak
        return float(np.linalg.norm(flat / peak)) * peak


def accents_of(facts: GraphFacts, options: Options) -> Accents:
    """Return what stands out.

    Raises
    ------
    NameNotFoundError: for a path through a node that does not exist.
    FormatError: for a path that does not exist, or line widths without gradients.
    """
    alarms, causes = _accidents(facts)
    ranked, edges, marks, bright, notes = [], set[str](), dict[str, str](), None, list[str]()
    if options.path:
        way, count = _path(facts, options.path)
        edges |= {key_of(*edge) for edge in way[1]}
        bright = frozenset(id_ for edge in way[1] for id_ in edge[:2])
        if count > 1:
            notes.append(f"One of {count:,} paths is drawn, the one with the largest |product|.")
        ranked.append(_ranked(facts, "", way))
    for at, way in enumerate(_heaviest(facts, options.heaviest)):
        mark = chr(0x2460 + at)
        ranked.append(_ranked(facts, mark, way))
        for edge in way[1]:
            key = key_of(*edge)
            edges.add(key)
            marks[key] = marks.get(key, "") + mark
    return Accents(
        marks, frozenset(edges), bright, alarms, causes, tuple(ranked),
        _thickness(facts) if "thickness" in options.show else None, tuple(notes),
    )  # fmt: skip


def _thickness(facts: GraphFacts) -> Thickness:
    found = (norm_of(edge.contribution) for edge in facts.edges)
    known = [size for size in found if size is not None]
    if not known:
        how = "leave out the recorded backward pass" if facts.mirror else "run g.backward() first"
        raise FormatError(f"thickness shows the size of contributions, and there are none: {how}")
    sizes = [size for size in known if 0 < size < math.inf] or [1.0]
    largest, smallest = max(sizes), min(sizes)
    decades = math.ceil(math.log10(largest / smallest))
    return Thickness(largest, float(min(max(decades, FEWEST), MOST)))


def _path(facts: GraphFacts, text: str) -> tuple[Way, int]:
    """Return the path of the largest |product| through the given nodes, and how many there are."""
    stops = [named_node(facts, word.strip(), "path") for word in path_stops(facts, text)]
    if len(stops) < 2:
        raise FormatError(f"a path runs from one node to another: 'y:f', not {text!r}")
    product, total = 1.0, 1
    edges: list[tuple[int, int, int]] = []
    for start, end in pairwise(stops):
        (best, count), *_ = _ways(facts, [start], end, 1)
        if not count or start == end:
            names = {node.id: node.name for node in facts.nodes}
            raise FormatError(f"path: {names[end]} is not computed from {names[start]}")
        product *= best[0][0]
        edges += best[0][1]
        total *= count
    return (product, tuple(edges)), total


def path_stops(facts: GraphFacts, text: str) -> list[str]:
    """Split at colons; a name may have some of its own."""
    names = {node.name for node in facts.nodes}
    words = text.split(":")
    found: list[str] = []
    while words:
        whole = next((n for n in range(len(words), 1, -1) if ":".join(words[:n]) in names), 1)
        found.append(":".join(words[:whole]))
        words = words[whole:]
    return found


def _heaviest(facts: GraphFacts, limit: int) -> list[Way]:
    if not limit:
        return []
    inputs = [node.id for node in facts.nodes if node.kind == "input"]
    if not inputs:
        raise FormatError("heaviest: there is no input that paths could begin at")
    ways = [way for best, _ in _ways(facts, inputs, facts.output, limit) for way in best if way[1]]
    if not ways:
        raise FormatError("heaviest: the output is not computed from any input")
    ways.sort(key=lambda way: -1.0 if math.isnan(way[0]) else abs(way[0]), reverse=True)
    return ways[:limit]


def _ways(
    facts: GraphFacts, sources: list[int], target: int, limit: int
) -> list[tuple[list[Way], int]]:
    nodes = {node.id: node for node in facts.nodes}
    uses: dict[int, list[EdgeFacts]] = {}
    for edge in facts.edges:
        uses.setdefault(edge.source, []).append(edge)

    def steps(node: int) -> Iterator[Step]:
        for edge in uses.get(node, ()):
            if edge.formula or edge.local is not None or edge.target in facts.folds:
                yield edge.target, edge.slot, _gain(edge, nodes)

    return best_ways(steps, sources, target, limit)


def _gain(edge: EdgeFacts, nodes: Mapping[int, NodeFacts]) -> float:
    """Return a step's factor: the local gradient between scalars.

    With arrays it is how many times larger the gradient is behind the step than before it.
    """
    if edge.local is not None and not np.ndim(nodes[edge.source].value) + np.ndim(edge.local):
        return float(edge.local)
    before, behind = norm_of(edge.upstream), norm_of(edge.contribution)
    if before is None or behind is None:
        return math.nan
    return behind / before if before else 0.0


def _ranked(facts: GraphFacts, mark: str, way: Way) -> Ranked:
    nodes = {node.id: node for node in facts.nodes}
    ids = [way[1][0][0], *(edge[1] for edge in way[1])]
    exact = all(element_count(nodes[id_].value) == 1 and id_ not in facts.folds for id_ in ids)
    return Ranked(mark, tuple(spoken(facts, nodes[id_]) for id_ in ids), way[0], exact)


def _accidents(facts: GraphFacts) -> tuple[frozenset[str], dict[int, str]]:
    """Return the edges that hand NaN or ∞ on, and the nodes where there was none before."""
    bad = {node.id for node in facts.nodes if exceptional(node.value)}
    edges = [edge for edge in facts.edges if edge.source in bad and edge.target in bad]
    fed = {edge.target for edge in edges}
    causes = {
        node.id: f"first {_kind(node.value)}"
        for node in facts.nodes
        if node.id in bad and node.id not in fed and node.kind == "op"
    }
    if not bad:
        # The values are all right: a gradient went wrong on its way back.
        edges = [
            edge
            for edge in facts.edges
            if edge.contribution is not None and exceptional(edge.contribution)
        ]
    return frozenset(key_of(e.source, e.target, e.slot) for e in edges), causes


def _kind(value: Value) -> str:
    return "NaN" if bool(np.any(np.isnan(value))) else "∞"
