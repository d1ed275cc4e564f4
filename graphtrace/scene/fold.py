"""A smaller graph in which parts of the program are single nodes, for pictures of large graphs."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts, Value
from graphtrace.annotate.fold_region import PART, FoldFacts
from graphtrace.annotate.summary import brief, count_text, element_count, signature
from graphtrace.errors import FormatError, NameNotFoundError
from graphtrace.formula.names import pretty_name
from graphtrace.scene.accents import norm_of, path_stops
from graphtrace.scene.fold_choice import READABLE, Branch, Cell, Outline
from graphtrace.scene.options import Options
from graphtrace.scene.select import focus_words, named_node, total

__all__ = ["fold_facts"]

NAMED = 6


def fold_facts(facts: GraphFacts, options: Options) -> tuple[GraphFacts, tuple[str, ...]]:
    """Return the graph with parts of it folded as the options ask, and a sentence on that.

    Whatever is folded, every node of the graph is in exactly one node of the result.

    Raises
    ------
    NameNotFoundError: for a part to unfold that does not exist, with the nearest name.
    FormatError: when parts of the picture of both passes are to be folded.
    """
    asked = options.fold == "all" or bool(options.unfold) or options.depth is not None
    if facts.mirror and asked:
        raise FormatError("a picture of both passes is drawn whole: leave out fold and unfold")
    narrowed = options.focus or options.path or options.heaviest
    if options.fold == "none" or facts.mirror or (narrowed and not asked):
        return facts, ()
    if not asked and len(facts.nodes) <= READABLE:
        return facts, ()
    outline = Outline(facts)
    opened = _opened(outline, options, asked=asked)
    if opened is None:
        return facts, ()
    folding = _Folding(outline, outline.cells(opened))
    hidden = {id_ for id_ in _spoken_of(facts, options) if folding.owner[id_] != id_}
    if hidden:
        folding = _Folding(outline, outline.cells(opened | outline.around(hidden)))
    if not folding.folded:
        return facts, ()
    folded = folding.facts()
    return folded, (_sentence(facts, folded),)


def _opened(outline: Outline, options: Options, *, asked: bool) -> set[Branch] | None:
    if asked:
        return outline.by_depth(options.depth or 0) | outline.named(options.unfold)
    if outline.drawn(None) <= READABLE:
        return None
    return outline.readable()


def _spoken_of(facts: GraphFacts, options: Options) -> set[int]:
    """Return the nodes that a focus or a path names: what they are in is not folded."""
    found = set[int]()
    for word in (*focus_words(facts, options.focus), *path_stops(facts, options.path)):
        with suppress(NameNotFoundError):
            found.add(named_node(facts, word.strip(), "focus"))
    return found


def _sentence(facts: GraphFacts, folded: GraphFacts) -> str:
    names = list(dict.fromkeys(card.title for card in folded.folds.values() if card.operations))
    shown = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
    return (
        f"Folded: {len(facts.nodes)} nodes are drawn as {len(folded.nodes)}. `--unfold NAME` opens"
        f" one ({shown}), `--fold none` draws all."
    )


@dataclass(frozen=True, slots=True)
class _Taken:
    """The inputs and constants that only one folded cell uses, and which of them are left out."""

    inside: list[int]
    group: tuple[int, ...] = ()


class _Folding:
    """The facts of cells: new nodes, wires merged between them."""

    def __init__(self, outline: Outline, cells: Sequence[Cell]) -> None:
        self.outline, self.cells = outline, cells
        self.whole = outline.facts
        self.nodes = {node.id: node for node in self.whole.nodes}
        operations = outline.operations
        self.inside = {cell: operations[cell.start : cell.end] for cell in cells}
        self.key = {cell: self._key(cell) for cell in cells}
        self.owner = {id_: self.key[cell] for cell in cells for id_ in self.inside[cell]}
        self.folded = {self.key[cell]: cell for cell in cells if cell.branch is not None}
        self.members = {key: list(self.inside[cell]) for key, cell in self.folded.items()}
        self.groups: dict[int, tuple[int, ...]] = {}
        self.users: dict[int, set[int]] = {}
        for edge in self.whole.edges:
            self.users.setdefault(edge.source, set()).add(self.owner[edge.target])
        self._take_leaves()

    def _key(self, cell: Cell) -> int:
        """Return the id that a cell has: of the result, or of what it hands on last."""
        results = self._results(range(cell.start, cell.end))
        if self.whole.output in results:
            return self.whole.output
        return results[-1] if results else self.inside[cell][-1]

    def _take_leaves(self) -> None:
        """Let a folded part have what only it uses; if nothing leads to it, its start is shown."""
        private: dict[int, list[int]] = {}
        for node in self.whole.nodes:
            users = self.users.get(node.id, set())
            if node.kind == "op" or node.id == self.whole.output or len(users) != 1:
                self.owner.setdefault(node.id, node.id)
                continue
            (user,) = users
            if user in self.folded:
                private.setdefault(user, []).append(node.id)
            else:
                self.owner[node.id] = node.id
        fed = {
            self.owner[edge.target]
            for edge in self.whole.edges
            if self.nodes[edge.source].kind == "op"
            and self.owner[edge.source] != self.owner[edge.target]
        }
        lengths = self._lengths() if private.keys() - fed else {}
        for user, leaves in private.items():
            inputs = [id_ for id_ in leaves if self.nodes[id_].kind == "input"]
            start = [] if user in fed else self._start(inputs, lengths)
            for id_ in leaves:
                self.owner[id_] = id_ if id_ in start else user
            self.members[user] += [id_ for id_ in leaves if id_ not in start]
            if len(start) > FEW:
                self.groups[start[-1]] = tuple(start)
                self.owner.update(dict.fromkeys(start, start[-1]))

    def _start(self, inputs: list[int], lengths: dict[int, int]) -> list[int]:
        """Return the inputs to show before a part that nothing else leads to.

        Of many it is the one that the longest way begins at, with all others of its container.
        """
        if len(inputs) <= FEW:
            return inputs
        first = max(inputs, key=lambda id_: (lengths[id_], -id_))
        stem = self.nodes[first].name.partition("[")[0]
        return [id_ for id_ in inputs
                if id_ == first or self.nodes[id_].name.startswith(f"{stem}[")]  # fmt: skip

    def _lengths(self) -> dict[int, int]:
        """Return for each node how many operations the longest way from it has."""
        lengths = dict.fromkeys(self.nodes, 0)
        for edge in reversed(self.whole.edges):
            lengths[edge.source] = max(lengths[edge.source], lengths[edge.target] + 1)
        return lengths

    def facts(self) -> GraphFacts:
        """Return the smaller graph."""
        edges = self._edges()
        operands: dict[int, list[int]] = {}
        for edge in edges:
            operands.setdefault(edge.target, []).append(edge.source)
        cards = {key: self._card(cell) for key, cell in self.folded.items()}
        cards |= {key: self._inputs(group) for key, group in self.groups.items()}
        paths = {self.key[cell]: cell.path for cell in self.cells}
        nodes = []
        for node in self.whole.nodes:
            if self.owner[node.id] != node.id:
                continue
            uses = tuple(operands.get(node.id, ()))
            card = cards.get(node.id)
            if card is not None:
                node = _folded(node, card)  # noqa: PLW2901 - the same node, folded
            nodes.append(replace(node, operands=uses, scope=paths.get(node.id, ())))
        return replace(
            self.whole,
            nodes=tuple(nodes),
            edges=tuple(edges),
            output=self.owner[self.whole.output],
            outline=None,
            folds=cards,
        )

    def _edges(self) -> list[EdgeFacts]:
        """Return the edges between cells; those into a folded one are merged by their source."""
        found: list[EdgeFacts] = []
        merged: dict[int, dict[int, list[EdgeFacts]]] = {}
        for edge in self.whole.edges:
            source, target = self.owner[edge.source], self.owner[edge.target]
            if source == target:
                continue
            if target in self.folded:
                merged.setdefault(target, {}).setdefault(source, []).append(edge)
            else:
                found.append(replace(edge, source=source))
        for target, sources in merged.items():
            for slot, (source, edges) in enumerate(sorted(sources.items())):
                cell = self.folded[target]
                behind = self._norm(cell.start, cell.end)
                found.append(
                    EdgeFacts(source, target, slot, None, "", "", behind, _total(edges), len(edges))
                )
        return sorted(found, key=lambda edge: (edge.target, edge.slot))

    def _card(self, cell: Cell) -> FoldFacts:
        branch, key = cell.branch, self.key[cell]
        assert branch is not None
        members = self.members[key]
        inputs = [id_ for id_ in members if self.nodes[id_].kind == "input"]
        passes = branch.branches[cell.first - 1 : cell.last] if branch.repeats else [branch]
        whole = not branch.repeats or len(passes) == len(branch.branches)
        return FoldFacts(
            title=branch.region.name if branch.repeats else branch.label,
            count=len(passes),
            first=cell.first,
            note="" if whole else f"{cell.first}–{cell.last} of {len(branch.branches)}",
            where=branch.region.where,
            members=tuple(sorted(members)),
            operations=cell.end - cell.start,
            inputs=len(inputs),
            parameters=sum(element_count(self.nodes[id_].value) for id_ in inputs),
            flows_in=self._shapes(self._sources(key)),
            flows_out=self._shapes(self._results(range(cell.start, cell.end))),
            norms=tuple(self._norm(one.start, one.end) for one in passes),
            result=self._result(members),
            exceptional=sum(not _finite(self.nodes[id_].value) for id_ in members),
        )

    def _inputs(self, group: tuple[int, ...]) -> FoldFacts:
        values = [self.nodes[id_].value for id_ in group]
        norms = tuple(norm_of(self.nodes[id_].grad) for id_ in group)
        return FoldFacts(
            title=self.nodes[group[0]].name.partition("[")[0],
            count=len(group),
            first=1,
            note="",
            where=None,
            members=group,
            operations=0,
            inputs=len(group),
            parameters=sum(map(element_count, values)),
            flows_in=(),
            flows_out=self._shapes(group),
            norms=norms,
            result="",
            exceptional=sum(not _finite(value) for value in values),
        )

    def _sources(self, key: int) -> list[int]:
        inside = set(self.members[key])
        found = {
            edge.source
            for id_ in inside
            for edge in self.outline.incoming.get(id_, ())
            if edge.source not in inside and self.nodes[edge.source].kind != "constant"
        }
        return sorted(found)

    def _results(self, places: range) -> list[int]:
        """Return the operations of a stretch whose values are used elsewhere, or are the result."""
        operations, place = self.outline.operations, self.outline.place
        return [
            operations[at]
            for at in places
            if operations[at] == self.whole.output
            or any(place[user] not in places for user in self.outline.users.get(operations[at], ()))
        ]

    def _result(self, members: list[int]) -> str:
        if self.whole.output not in members:
            return ""
        node = self.nodes[self.whole.output]
        return f"{pretty_name(node.name)} = {brief(node.value)}"

    def _norm(self, start: int, end: int) -> float | None:
        """Return the norm of the gradient of all that a stretch of operations hands on."""
        sizes = [norm_of(self.nodes[id_].grad) for id_ in self._results(range(start, end))]
        known = [size for size in sizes if size is not None]
        return math.hypot(*known) if known else None

    def _shapes(self, ids: Iterable[int]) -> tuple[str, ...]:
        shapes = Counter(_shape(self.nodes[id_].value) for id_ in ids)
        return tuple(text if count == 1 else f"{text} ×{count}" for text, count in shapes.items())


FEW = 3
"""So many inputs of a part that nothing else leads to are shown one by one."""


def _folded(node: NodeFacts, card: FoldFacts) -> NodeFacts:
    """Return the node of a card: that of what it hands on last, and in words what it stands for."""
    label = card.title + (f" ×{card.count}" if card.count > 1 else "")
    if not card.operations:
        return replace(node, name=label, expression=label, latex="")
    words = [label, count_text(card.operations) + " operation" + "s" * (card.operations != 1)]
    if card.parameters:
        words.append(f"{count_text(card.parameters)} parameters")
    return replace(
        node, op=PART, symbol="{…}", expression=", ".join(words), latex="",
        where=card.where or node.where,
    )  # fmt: skip


def _total(edges: Sequence[EdgeFacts]) -> Value | None:
    """Return the sum of what edges of one source contribute to its gradient."""
    parts = [edge.contribution for edge in edges if edge.contribution is not None]
    if not parts or len({edge.source for edge in edges}) > 1:
        return None
    return total(parts)


def _shape(value: Value) -> str:
    return signature(value) if np.ndim(value) else "number"


def _finite(value: Value) -> bool:
    return math.isfinite(value) if isinstance(value, float) else bool(np.all(np.isfinite(value)))
