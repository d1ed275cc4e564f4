"""The worked derivation of a graph's gradients as data: sections of lines, for any format."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from graphtrace.annotate.build import edge_facts, node_facts
from graphtrace.annotate.derivation_matrix import index_form, matrix_lines, measured_difference
from graphtrace.annotate.derivation_parts import (
    Derivation,
    Line,
    Part,
    Section,
    line,
    number_line,
    with_shape,
)
from graphtrace.annotate.derivation_symbols import symbol_sections
from graphtrace.annotate.facts import GraphFacts, NodeFacts
from graphtrace.annotate.terms import partial, product, quantity, word
from graphtrace.annotate.worked import Equation, Worked, added, joined
from graphtrace.errors import FormatError, did_you_mean
from graphtrace.formula.tree import Printed
from graphtrace.run.cuts import find_cuts
from graphtrace.run.paths import Path, find_paths
from graphtrace.run.state import State, inputs_of

__all__ = ["MOST_OPERATIONS", "WITH", "derive"]

MOST_OPERATIONS = 200
"""Derivations of more operations are refused: nobody would read one."""
MOST_PATHS = 12
MOST_FACTORS = 12
WITH = ("numeric", "symbolic", "both")
LETTERS = ("L", "J", "E", "loss")


def derive(
    state: State, wrt: Sequence[int] = (), *, given: str = "numeric", digits: int = 4
) -> Derivation:
    """Return the derivation of a graph that has been run backward.

    `wrt` are the nodes that derivatives are taken by, all inputs if there are none; only what lies
    between them and the output is written. `given` is ``"numeric"``, ``"symbolic"`` or ``"both"``.

    Raises
    ------
    FormatError: for graphs of too many operations, and for an unknown `given`.
    """
    if given not in WITH:
        raise FormatError(f"cannot explain {given!r}{did_you_mean(given, WITH)}")
    part = _part(state, wrt)
    return _Writer(state, part, digits).write(given)


def _part(state: State, wrt: Sequence[int]) -> Part:
    """Return what is written: the nodes between, and the operands that they take from outside."""
    sealed, output = state.sealed, state.output
    leading = {output}
    for number in range(output, -1, -1):
        if number in leading:
            leading.update(sealed.operands[number])
    chosen = list(dict.fromkeys(wrt)) or inputs_of(state)
    between = set(chosen) | {output}
    for number in range(min(between), output + 1):
        if number in leading and not between.isdisjoint(sealed.operands[number]):
            between.add(number)
    if not wrt:
        between |= {n for n in leading if sealed.op(n) is not None}
    operations = sum(sealed.op(number) is not None for number in between)
    if operations > MOST_OPERATIONS or len(between) > 3 * MOST_OPERATIONS:
        raise FormatError(_too_many(state, operations, wrt))
    outside = {operand for n in between - set(wrt) for operand in sealed.operands[n]} - between
    return Part(tuple(chosen), frozenset(between), frozenset(outside))


def _too_many(state: State, operations: int, wrt: Sequence[int]) -> str:
    names = state.sealed.names
    end = names[state.output]
    what = f"{operations:,} operations" if operations > MOST_OPERATIONS else "so many inputs"
    first = f"{what} are too many to write out (at most {MOST_OPERATIONS} operations)"
    if wrt:
        return f"{first}: ask for a node nearer to {end}, or for an output nearer to the inputs"
    some = names[(inputs_of(state) or [0])[0]]
    return f"{first}: derivatives by one node, such as wrt={some!r}, need only what lies between"


def _facts(state: State, part: Part) -> GraphFacts:
    """Return the facts of a part of a graph."""
    sealed = state.sealed
    nodes = tuple(node_facts(state, number) for number in sorted(part.between | part.outside))
    edges = tuple(
        edge_facts(state, target, slot)
        for target in sorted(part.between)
        for slot in range(len(sealed.operands[target]))
        if sealed.operands[target][slot] in part.between | part.outside
    )
    return GraphFacts(nodes, edges, state.output, state.title)


class _Writer:
    """One derivation in the making."""

    def __init__(self, state: State, part: Part, digits: int) -> None:
        self.state, self.part, self.digits = state, part, digits
        self.facts = _facts(state, part)
        self.nodes = {node.id: node for node in self.facts.nodes}
        self.end = self.nodes[state.output]
        seed = self.end.grad
        self.seeded = seed is not None and bool(np.ndim(seed) or seed != 1)
        names = {*state.sealed.names}
        of = next((letter for letter in LETTERS if letter not in names), "ℒ")
        self.worked = Worked(self.facts, digits, of if self.seeded else "")
        self.between = [node for node in self.facts.nodes if node.id in part.between]
        self.operations = [
            node for node in self.between if node.kind == "op" and node.id not in part.stops(state)
        ]

    def write(self, given: str) -> Derivation:
        """Return all sections that have lines."""
        sections = [Section("Given", "", tuple(self._given()))]
        if given != "symbolic":
            sections += self._numeric()
        remarks: tuple[str, ...] = ()
        if given != "numeric":
            more, remarks = symbol_sections(self.state, self.part, self.worked, self.seeded)
            sections += more
        kept = tuple(section for section in sections if section.lines)
        title = f"Gradient of {word(self.end.name).text} by hand"
        return Derivation(title, self.facts.title, self._opening(), kept, remarks)

    def _opening(self) -> str:
        name = word(self.end.name).text
        by = ", ".join(word(self.nodes[id_].name).text for id_ in self.part.wrt[:8])
        by += ", …" if len(self.part.wrt) > 8 else ""
        words = f"How {name} is computed, and its derivatives by {by or 'nothing'}."
        if self.seeded:
            words += (
                f" The backward pass starts from the given gradient of {name}; {self.worked.of}"
                f" is what that is the gradient of."
            )
        return words

    def _numeric(self) -> Iterator[Section]:
        yield Section(
            "Nodes and operations", "", tuple(self._definition(node) for node in self.operations)
        )
        yield Section(
            "Forward pass",
            "Each node from its operands, in order of execution.",
            tuple(line(self.worked.forward(node)) for node in self.operations),
        )
        yield Section(
            "Local gradients",
            "The derivative of each node by each of its operands.",
            tuple(self._locals()),
        )
        if self.end.grad is None:
            return
        yield Section(
            "Upstream gradients",
            "From the output back: upstream times local; where a node has several uses, their sum.",
            tuple(self._upstream()),
        )
        yield Section(
            "Partial derivatives by paths",
            "The product of the local gradients along each path, and the sum over all paths.",
            tuple(self._paths()),
        )
        intro, lines = matrix_lines(self.worked, self.part)
        yield Section("In matrix form", intro, lines)
        yield Section("Where no gradient arrives", "", tuple(self._cuts()))

    def _given(self) -> Iterator[Line]:
        for node in self.facts.nodes:
            if node.kind == "constant" and not np.ndim(node.value):
                continue
            outside = node.id in self.part.outside or node.id in self.part.stops(self.state)
            if node.kind != "op" or outside:
                yield number_line(node, self.digits)

    def _definition(self, node: NodeFacts) -> Line:
        return with_shape(joined([word(node.name), self.worked.expression(node)]), node.value)

    def _locals(self) -> Iterator[Line]:
        stops = self.part.stops(self.state)
        edges = [edge for edge in self.facts.edges if edge.target not in stops]
        for edge in sorted(edges, key=lambda edge: (-edge.target, edge.slot)):
            source = self.nodes[edge.source]
            if source.kind == "constant" or edge.source in self.part.outside:
                continue
            yield line(self.worked.local(edge))
            yield from index_form(self.nodes[edge.target], source)

    def _upstream(self) -> Iterator[Line]:
        """Yield the gradients in the order of the backward pass; sums after what they are of."""
        for node in reversed(self.between):
            uses = self.worked.carrying(node)
            if len(uses) > 1:
                for edge in uses:
                    head = word(self.nodes[edge.target].name)
                    found = self.worked.contribution(edge)
                    yield Line(found, f"from the use in {head.text}")
            total = self.worked.total(node)
            yield with_shape(total, node.value) if node.grad is not None else line(total)
            yield from measured_difference(self.worked, node)

    def _paths(self) -> Iterator[Line]:
        for id_ in self.part.wrt:
            node = self.nodes[id_]
            if node.grad is None or id_ == self.end.id:
                continue
            found = find_paths(self.state, id_, self.end.id, MOST_PATHS)
            if not found.rows or any(path.product is None for path in found):
                continue
            for path in found:
                yield self._path(path)
            head = partial(self.worked.of, node.name)
            whole = quantity(node.grad, self.digits)
            assert whole is not None
            terms = [self._product(path) for path in found]
            if found.total > len(found.rows):
                left = found.total - len(found.rows)
                yield Line(
                    joined([head, whole]), f"with {left:,} more paths, in all {found.total:,}"
                )
            elif len(terms) == 1:
                yield line(joined([head, whole]))
            else:
                yield line(joined([head, added(terms), whole]))

    def _product(self, path: Path) -> Printed:
        found = path.product * (self.end.grad if self.seeded else 1)
        printed = quantity(found, self.digits)
        assert printed is not None
        return printed

    def _path(self, path: Path) -> Line:
        """Return ``y → h₂ → f: ∂f/∂h₂ · ∂h₂/∂y = 2 · 20.09 = 40.17``."""
        way = [word(name) for name in path.nodes]
        if len(way) > MOST_FACTORS:
            way = [*way[:4], Printed("…", r"\ldots"), *way[-4:]]
        edges = {(edge.source, edge.target, edge.slot): edge for edge in self.facts.edges}
        names = [self.worked.partial_of(edges[key]) for key in reversed(path.edges)]
        numbers = [quantity(factor, self.digits) for factor in reversed(path.factors)]
        if self.seeded:
            names.insert(0, partial(self.worked.of, self.end.name))
            assert self.end.grad is not None
            numbers.insert(0, quantity(self.end.grad, self.digits))
        parts = [self._product(path)]
        if len(names) <= MOST_FACTORS:
            parts = [_times(names), _times([n for n in numbers if n is not None]), *parts]
        chain = joined(parts)
        text = f"{' → '.join(node.text for node in way)}: {chain.text}"
        arrows = r" \to ".join(node.latex for node in way)
        latex = rf"{arrows}:\quad {chain.latex}"
        return line(Equation(text, latex))

    def _cuts(self) -> Iterator[Line]:
        for id_ in self.part.wrt:
            grad = self.nodes[id_].grad
            if grad is not None and np.any(grad):
                continue
            for cut in find_cuts(self.state, id_):
                yield Line(None, str(cut))


def _times(factors: Iterable[Printed]) -> Printed:
    found: Printed | None = None
    for factor in factors:
        found = factor if found is None else product(found, factor)
    assert found is not None
    return found
