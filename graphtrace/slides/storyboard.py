"""From a graph to its steps: forward node by node, then backward edge by edge."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts, Value
from graphtrace.annotate.summary import brief, element_count, gist
from graphtrace.annotate.worked import Equation, Worked
from graphtrace.errors import FormatError, did_you_mean
from graphtrace.formula.names import latex_name, pretty_name
from graphtrace.scene.plan import edge_key
from graphtrace.scene.typeset import shorten
from graphtrace.scene.wording import gradient_name, numeral
from graphtrace.slides.steps import Step, Storyboard

__all__ = ["MOST_STEPS", "PER", "make_storyboard"]

PER = ("node", "level", "scope")
MOST_STEPS = 600
"""Longer decks are refused: nobody would sit through one."""
LINES, LONGEST = 3, 200
BESIDE, WIDE = 5, 72
"""Equations side by side: at most so many, with so many characters."""
TINY = 4


def make_storyboard(facts: GraphFacts, *, per: str = "node", digits: int = 4) -> Storyboard:
    """Return the steps of a graph's forward and backward pass.

    `per` is what one step is about: a ``"node"`` or edge, a ``"level"`` of nodes with as many
    operations before them, or a ``"scope"``. Without a backward pass there are forward steps only.

    Raises
    ------
    FormatError: for an unknown `per`, and for graphs of too many steps.
    """
    if per not in PER:
        raise FormatError(f"cannot step per {per!r}{did_you_mean(per, PER)}")
    board = _Board(facts, digits)
    steps = board.single() if per == "node" else board.grouped(_groups(facts, per))
    made = tuple(steps)
    if len(made) > MOST_STEPS:
        raise FormatError(_too_many(facts, len(made), per))
    return Storyboard(facts.title, facts, made)


def _too_many(facts: GraphFacts, count: int, per: str) -> str:
    more = {"node": "--per scope or --per level", "level": "--per scope"}.get(per, "")
    advice = f"step with {more}, " if more else ""
    return (
        f"{count} steps for {len(facts.nodes)} nodes are too many for a deck (at most"
        f" {MOST_STEPS}): {advice}draw a part (--focus NAME), or fold it (--fold all)"
    )


def _groups(facts: GraphFacts, per: str) -> dict[int, tuple[int, str]]:
    """Return the number and the name of the group of each operation, in the order of a lecture."""
    operations = [node for node in facts.nodes if node.kind == "op"]
    if per == "level":
        depths: dict[int, int] = {}
        for node in facts.nodes:
            before = [depths.get(id_, 0) for id_ in node.operands]
            depths[node.id] = max(before, default=0) + (node.kind == "op")
        return {node.id: (depths[node.id], f"level {depths[node.id]}") for node in operations}
    found = {}
    runs = groupby(operations, key=lambda node: (facts.folds and node.id) or node.scope[:1])
    for number, (_, run) in enumerate(runs):
        for node in run:
            fold = facts.folds.get(node.id)
            name = fold.title if fold else (node.scope or (pretty_name(node.name),))[0]
            found[node.id] = number, name
    return found


class _Board:
    """The steps of one graph."""

    def __init__(self, facts: GraphFacts, digits: int) -> None:
        self.facts, self.digits = facts, digits
        self.worked = Worked(facts, digits)
        self.nodes = {node.id: node for node in facts.nodes}
        self.into: dict[int, list[EdgeFacts]] = {}
        self.uses: dict[int, list[EdgeFacts]] = {}
        for edge in facts.edges:
            self.into.setdefault(edge.target, []).append(edge)
            if edge.contribution is not None:
                self.uses.setdefault(edge.source, []).append(edge)
        self.end = self.nodes[facts.output]
        self.operations = [node for node in facts.nodes if node.kind == "op"]

    # -- one node or edge after the other -------------------------------------------------

    def single(self) -> Iterator[Step]:
        """Yield steps of one node or edge each."""
        yield from self._opening()
        for node in self.operations:
            yield self._forward([node], pretty_name(node.name))
        if self.end.grad is None:
            return
        yield self._seed()
        waiting = {id_: len(edges) for id_, edges in self.uses.items()}
        for node in reversed(self.operations):
            for edge in self._carrying(node):
                yield from self._along(edge)
                waiting[edge.source] -= 1
                if not waiting[edge.source] and len(self.uses[edge.source]) > 1:
                    yield self._sum(self.nodes[edge.source])
        yield self._closing()

    def _carrying(self, node: NodeFacts) -> list[EdgeFacts]:
        return [edge for edge in self.into.get(node.id, ()) if edge.contribution is not None]

    def _opening(self) -> Iterator[Step]:
        nodes = len(self.facts.nodes)
        title = self.facts.title or pretty_name(self.end.name)
        program = "; ".join(line.strip() for line in title.splitlines() if line.strip())
        said = f"{shorten(program, LONGEST)}: forward and backward through {nodes} nodes."
        yield Step("title", title, (), said)
        words = (
            "This is the whole graph: values flow along the arrows from the inputs to"
            f" {pretty_name(self.end.name)}, gradients flow back."
        )
        yield Step("graph", "The graph", (), words)
        inputs = [node for node in self.facts.nodes if node.kind == "input"]
        if inputs:
            said = ", ".join(f"{pretty_name(n.name)} = {self._number(n.value)}" for n in inputs)
            yield Step(
                "inputs", "The inputs", _joined([self.worked.forward(n) for n in inputs]),
                f"The inputs are given: {said}.",
                frozenset(f"value n{node.id}" for node in inputs),
                frozenset(f"n{node.id}" for node in inputs),
            )  # fmt: skip

    def _forward(self, nodes: Sequence[NodeFacts], what: str) -> Step:
        lines = [self._value(node) for node in nodes]
        notes = [f"{self._computed(node)}." for node in nodes]
        ways = [edge for node in nodes for edge in self.into.get(node.id, ())]
        return Step(
            "forward", f"Forward: {what}", self._lines(lines), " ".join(notes),
            frozenset(f"value n{node.id}" for node in nodes),
            frozenset({f"n{node.id}" for node in nodes} | set(map(edge_key, ways))),
        )  # fmt: skip

    def _value(self, node: NodeFacts) -> Equation:
        fold = self.facts.folds.get(node.id)
        if fold is None:
            return self.worked.forward(node)
        times = f" ×{fold.count}" if fold.count > 1 else ""
        words = f"{fold.title}{times}: {fold.operations} operations; {fold.result or 'done'}"
        return Equation(words, "")

    def _computed(self, node: NodeFacts) -> str:
        name = pretty_name(node.name)
        if node.id in self.facts.folds:
            return self._value(node).text
        operands = dict.fromkeys(node.operands)
        given = [
            f"{pretty_name(self.nodes[id_].name)} = {self._number(self.nodes[id_].value)}"
            for id_ in operands
            if id_ in self.nodes and self.nodes[id_].kind != "constant"
        ]
        so = f" With {_listed(given)} that" if given else " That"
        return f"{name} is {node.expression}.{so} gives {self._number(node.value)}"

    def _seed(self) -> Step:
        name = pretty_name(self.end.name)
        assert self.end.grad is not None
        words = (
            f"The backward pass starts at {name}: its own gradient is"
            f" {self._number(self.end.grad)}."
        )
        alone = len(self.uses.get(self.end.id, ())) == 0
        new = frozenset({f"grad n{self.end.id}"} if alone else ())
        return Step("seed", f"Backward: start at {name}", (self.worked.seed(),), words, new,
                    frozenset({f"n{self.end.id}"}))  # fmt: skip

    def _along(self, edge: EdgeFacts) -> Iterator[Step]:
        """Yield the local gradient of an edge, then what goes back along it."""
        key, source, target = edge_key(edge), self.nodes[edge.source], self.nodes[edge.target]
        tail, head = pretty_name(source.name), pretty_name(target.name)
        lit = frozenset({key, f"n{target.id}"})
        folded = {edge.source, edge.target} & self.facts.folds.keys()
        if not folded:
            said = numeral(edge.formula) or "its pull-back"
            if edge.local is not None and element_count(edge.local) == 1:
                said = f"{said}, here {self._number(edge.local)}"
            yield Step(
                "local", f"Backward: local gradient of {head} by {tail}",
                (self.worked.local(edge),),
                f"How does {head} change with {tail}? The derivative of {target.expression} by"
                f" {tail} is {said}.", frozenset({f"local {key}"}), lit,
            )  # fmt: skip
        only = len(self.uses[edge.source]) == 1
        new = {f"contribution {key}"} | ({f"grad n{source.id}"} if only else set())
        heading = f"Backward: gradient of {tail}" if only else f"Backward: from {head} to {tail}"
        yield Step(
            "contribution", heading, (self._carried(edge, only=only),), self._said(edge, only=only),
            frozenset(new), lit | {f"n{source.id}"},
        )  # fmt: skip

    def _carried(self, edge: EdgeFacts, *, only: bool) -> Equation:
        if {edge.source, edge.target} & self.facts.folds.keys():
            name = gradient_name(self.end.name, self.nodes[edge.source].name)
            assert edge.contribution is not None
            return Equation(f"{name}: {self._number(edge.contribution)}", "")
        source = self.nodes[edge.source]
        return self.worked.total(source) if only else self.worked.contribution(edge)

    def _said(self, edge: EdgeFacts, *, only: bool) -> str:
        tail, head = (self.nodes[id_].name for id_ in (edge.source, edge.target))
        above, below = (gradient_name(self.end.name, name) for name in (head, tail))
        assert edge.contribution is not None
        found = self._number(edge.contribution)
        words = (
            f"Upstream times local: what arrives at {pretty_name(head)}, {above}, is multiplied by"
            f" the local gradient."
        )
        if only:
            return f"{words} {pretty_name(tail)} has no other use, so {below} is {found}."
        return f"{words} This use of {pretty_name(tail)} contributes {found} to {below}."

    def _sum(self, node: NodeFacts) -> Step:
        uses, name = self.uses[node.id], pretty_name(node.name)
        terms = [self._number(edge.contribution) for edge in uses if edge.contribution is not None]
        assert node.grad is not None
        words = (
            f"{name} has {len(uses)} uses, so its gradient is the sum of what comes back from each:"
            f" {' + '.join(terms)} is {self._number(node.grad)}."
        )
        return Step(
            "sum", f"Backward: sum at {name}", (self._total(node),), words,
            frozenset({f"grad n{node.id}"}),
            frozenset({f"n{node.id}", *map(edge_key, uses)}),
        )  # fmt: skip

    def _total(self, node: NodeFacts) -> Equation:
        uses = self.uses.get(node.id, ())
        folds = self.facts.folds.keys()
        if node.id in folds or any(edge.target in folds for edge in uses):
            name = gradient_name(self.end.name, node.name)
            assert node.grad is not None
            return Equation(f"{name}: {self._number(node.grad)}", "")
        return self.worked.total(node)

    def _closing(self) -> Step:
        inputs = [node for node in self.facts.nodes if node.kind == "input"]
        reached = [node for node in inputs if node.grad is not None]
        lines = [self._gradient(node) for node in reached]
        notes = f"The gradients of the inputs: {', '.join(line.text for line in lines)}."
        cut = [pretty_name(node.name) for node in inputs if node.grad is None]
        if cut:
            notes += f" No gradient was computed for {_listed(cut)}."
        shown = frozenset(f"grad n{n.id}" for n in self.facts.nodes if n.grad is not None)
        lit = frozenset(f"n{node.id}" for node in reached)
        return Step("end", "The gradients of the inputs", _joined(lines), notes, shown, lit)

    def _gradient(self, node: NodeFacts) -> Equation:
        assert node.grad is not None
        name = gradient_name(self.end.name, node.name)
        if element_count(node.grad) > TINY:
            size = self._number(node.grad).removeprefix("norm ")
            return Equation(f"‖{name}‖ = {size}", "")
        number = self._number(node.grad)
        tex = rf"\partial {latex_name(self.end.name)} / \partial {latex_name(node.name)} = "
        plain = element_count(node.grad) <= 1
        return Equation(f"{name} = {number}", tex + number.replace("\u2212", "-") if plain else "")

    # -- many at once ---------------------------------------------------------------------

    def grouped(self, groups: dict[int, tuple[int, str]]) -> Iterator[Step]:
        """Yield steps of all operations of a group together, backward with all that leads in."""
        yield from self._opening()
        sets: dict[int, list[NodeFacts]] = {}
        names = dict(groups.values())
        for node in self.operations:
            sets.setdefault(groups[node.id][0], []).append(node)
        for number in sorted(sets):
            yield self._forward(sets[number], names[number])
        if self.end.grad is None:
            return
        yield self._seed()
        waiting = {id_: len(edges) for id_, edges in self.uses.items()}
        for number in sorted(sets, reverse=True):
            yield from self._back(sets[number], names[number], waiting)
        yield self._closing()

    def _back(
        self, nodes: Iterable[NodeFacts], name: str, waiting: dict[int, int]
    ) -> Iterator[Step]:
        edges = [edge for node in reversed(list(nodes)) for edge in self._carrying(node)]
        if not edges:
            return
        new = {f"{what} {edge_key(edge)}" for what in ("local", "contribution") for edge in edges}
        done = []
        for edge in edges:
            waiting[edge.source] -= 1
            if not waiting[edge.source]:
                done.append(self.nodes[edge.source])
        new |= {f"grad n{node.id}" for node in done}
        lines = [self._total(node) for node in done]
        lines = lines or [self._carried(edge, only=False) for edge in edges]
        said = "; ".join(line.text for line in lines)
        yield Step(
            "level", f"Backward: {name}", self._lines(lines),
            f"Back through {name}, each upstream gradient times the local one: {said}.",
            frozenset(new),
            frozenset({edge_key(e) for e in edges} | {f"n{e.target}" for e in edges}),
        )  # fmt: skip

    # -- words ----------------------------------------------------------------------------

    def _lines(self, lines: Sequence[Equation]) -> tuple[Equation, ...]:
        if len(lines) <= LINES:
            return tuple(lines)
        more = f"and {len(lines) - LINES + 1} more"
        return (*lines[: LINES - 1], Equation(more, ""))

    def _number(self, value: Value) -> str:
        if element_count(value) <= TINY:
            return numeral(brief(value, self.digits, TINY))
        return numeral(gist(value, self.digits, limit=0))


def _joined(lines: Sequence[Equation]) -> tuple[Equation, ...]:
    """Return short equations side by side, at most three lines of them."""
    found: list[Equation] = []
    rest = list(lines)
    while rest and len(found) < LINES:
        part = rest[:BESIDE]
        while len(part) > 1 and sum(len(line.text) for line in part) > WIDE:
            part.pop()
        del rest[: len(part)]
        last = len(found) == LINES - 1 and rest
        more = [f"and {len(rest)} more"] if last else []
        text = ",  ".join([line.text for line in part] + more)
        tex = [line.latex for line in part] + [rf"\text{{{words}}}" for words in more]
        found.append(Equation(text, r",\quad ".join(tex) if all(tex) else ""))
    return tuple(found)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
