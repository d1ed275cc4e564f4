"""A graph as an exercise: its steps in dependency order, each computable from those before it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts
from graphtrace.annotate.terms import partial, word
from graphtrace.annotate.worked import Equation, Worked
from graphtrace.errors import AnswersError, did_you_mean
from graphtrace.exercise.answers import edge_key, edge_keys, is_real
from graphtrace.formula.names import find_name
from graphtrace.ops.op import Op
from graphtrace.ops.values import cast_like, normal, shape_of, unbroadcast
from graphtrace.run.state import State

__all__ = ["Get", "Problem", "Step", "like"]


class Step(NamedTuple):
    """One thing to work out: a node's value or gradient, an edge's local gradient or contribution.

    `node` is the edge's target; `slot` is -1 for nodes.
    """

    table: str
    node: int
    slot: int = -1


Get = Callable[[Step], Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """The steps of a graph, and how each follows from others.

    Attributes
    ----------
    state, facts: the evaluated graph and its facts, after a backward pass.
    worked: its equations.
    edges: by target and slot.
    names, truths: by step, its name in answers and the right number, in dependency order: the
        values in tape order, then, from the output back, each node's gradient and its edges'
        local gradients and contributions.
    ids, constants: nodes by name.
    """

    state: State
    facts: GraphFacts
    worked: Worked
    edges: dict[tuple[int, int], EdgeFacts]
    names: dict[Step, str]
    truths: dict[Step, Any]
    ids: dict[str, int]
    constants: dict[str, int]
    _equations: dict[Step, Equation] = field(default_factory=dict)

    @classmethod
    def of(cls, state: State, facts: GraphFacts) -> "Problem":
        """Return a graph's problem."""
        edges = {(edge.target, edge.slot): edge for edge in facts.edges}
        keys = edge_keys(facts)
        names: dict[Step, str] = {}
        truths: dict[Step, Any] = {}
        for step, truth, name in _steps(facts, edges, keys):
            if truth is not None and is_real(truth):
                names[step], truths[step] = name, truth
        ids = {node.name: node.id for node in facts.nodes if node.kind != "constant"}
        constants = {node.name: node.id for node in facts.nodes if node.kind == "constant"}
        return cls(state, facts, Worked(facts), edges, names, truths, ids, constants)

    @property
    def steps(self) -> list[Step]:
        """All steps, in dependency order."""
        return list(self.truths)

    def truth(self, step: Step) -> Any:
        """Return the right number of a step, or of a constant."""
        found = self.truths.get(step)
        return self.facts.nodes[step.node].value if found is None else found

    def edge(self, step: Step) -> EdgeFacts:
        """Return the edge that a local gradient or a contribution is of."""
        return self.edges[step.node, step.slot]

    def op(self, node: int) -> Op | None:
        """Return a node's operation; None for inputs and constants."""
        return self.state.sealed.op(node)

    def operands(self, node: int) -> list[Step]:
        """Return the values that a node's value is made of."""
        return [Step("values", source) for source in self.state.sealed.operands[node]]

    def uses(self, node: int) -> list[Step]:
        """Return the contributions that a node's gradient is the sum of."""
        edges = self.worked.carrying(self.facts.nodes[node])
        return [Step("contributions", edge.target, edge.slot) for edge in edges]

    def is_scalar(self, step: Step) -> bool:
        """Whether an edge's contribution is upstream times a number."""
        edge, nodes = self.edge(step), self.facts.nodes
        values = nodes[edge.source].value, nodes[edge.target].value
        return edge.local is not None and not any(map(np.ndim, values))

    def parents(self, step: Step) -> list[Step]:
        """Return the steps that one follows from."""
        if step.table == "values":
            return self.operands(step.node)
        if step.table == "grads":
            return self.uses(step.node)
        inside = [*self.operands(step.node), Step("values", step.node)]
        if step.table == "locals":
            return inside
        local = Step("locals", step.node, step.slot)
        return [Step("grads", step.node), *([local] if local in self.truths else inside)]

    def compute(self, step: Step, get: Get) -> Any:
        """Return a step's number from the numbers of the steps before it; NaN by accident."""
        truth = self.truth(step)
        with np.errstate(all="ignore"):
            try:
                found = self._compute(step, get, truth)
                return truth if found is None else like(found, truth)
            except (ArithmeticError, ValueError, IndexError, np.linalg.LinAlgError):
                return np.full(shape_of(truth), np.nan) if shape_of(truth) else float("nan")

    def _compute(self, step: Step, get: Get, truth: Any) -> Any:
        op = self.op(step.node)
        if step.table == "grads":
            return self._gradient(step, get, truth)
        if op is None:
            return None
        values = [get(operand) for operand in self.operands(step.node)]
        if step.table == "values":
            return op.evaluate(values, self.state.sealed.params(step.node))
        out = get(Step("values", step.node))
        if step.table == "locals":
            return self.local(step, out, values)
        local = Step("locals", step.node, step.slot)
        source = self.facts.nodes[self.edge(step).source].value
        upstream = get(Step("grads", step.node))
        if local not in self.truths:
            return op.pull(step.slot, upstream, out, values, self.state.sealed.params(step.node))
        return unbroadcast(upstream * get(local), source)

    def local(self, step: Step, out: Any, values: list[Any]) -> Any:
        """Return an edge's local gradient at values of the operands and of the node."""
        op = self.op(step.node)
        assert op is not None
        if op.is_elementwise:
            found = np.asarray(op.local(step.slot, out, values), dtype=float)
            return normal(np.broadcast_to(found, shape_of(self.truth(step))))
        return op.pull(step.slot, 1.0, out, values, self.state.sealed.params(step.node))

    def _gradient(self, step: Step, get: Get, truth: Any) -> Any:
        """Return the sum of the contributions; the output's gradient has the seed besides."""
        uses = self.uses(step.node)
        total = self.seed if step.node == self.facts.output else None
        for use in uses:
            piece = get(use)
            total = piece if total is None else total + piece
        return truth if total is None else total

    @property
    def seed(self) -> Any:
        """What the backward pass started from."""
        output = self.facts.output
        found = self.truth(Step("grads", output))
        for use in self.uses(output):
            found = found - self.truth(use)
        return found

    # -- names ----------------------------------------------------------------------------

    def find(self, table: str, name: str, place: str = "") -> list[Step]:
        """Return the step of a name; of an edge without its slot, all slots if they agree.

        Raises AnswersError for an unknown name, and for what is not to be asked of it.
        """
        label = f"{place}: {table}.{name}" if place else f"{table}.{name}"
        if table in ("values", "grads"):
            node = self._node(name, label)
            step = Step(table, node)
            if step not in self.truths:
                raise AnswersError(f"{label}: {self._why_not(step)}")
            return [step]
        ends, _, slot = name.replace("→", "->").partition("#")
        source, arrow, target = ends.partition("->")
        if not arrow:
            raise AnswersError(f"{label} is not an edge; write source->target, as in h2->h3")
        pair = self._node(source, label), self._node(target, label)
        return self._between(table, *pair, slot.strip(), label)

    def _between(self, table: str, source: int, target: int, slot: str, label: str) -> list[Step]:
        edges = [edge for edge in self.worked.into.get(target, ()) if edge.source == source]
        names = [node.name for node in self.facts.nodes]
        if not edges:
            uses = self.worked.uses.get(source, [])
            known = [edge_key(names[source], names[edge.target]) for edge in uses]
            tail = f"; there is {', '.join(dict.fromkeys(known))}" if known else ""
            raise AnswersError(f"{label}: no edge from {names[source]} to {names[target]}{tail}")
        chosen = edges if not slot else [edge for edge in edges if str(edge.slot) == slot]
        if not chosen:
            slots = " and ".join(f"#{edge.slot}" for edge in edges)
            raise AnswersError(f"{label}: there is no operand #{slot}; there is {slots}")
        steps = [Step(table, target, edge.slot) for edge in chosen]
        for step in steps:
            if step not in self.truths:
                raise AnswersError(f"{label}: {self._why_not(step)}")
        first = self.truth(steps[0])
        if any(not np.array_equal(self.truth(step), first, equal_nan=True) for step in steps):
            both = " and ".join(self.names[step] for step in steps)
            raise AnswersError(f"{label} may be one of several operands; write {both}")
        return steps

    def _node(self, name: str, label: str) -> int:
        name = name.strip()
        found = find_name(self.ids, name)
        found = find_name(self.constants, name) if found is None else found
        if found is None:
            raise AnswersError(f"{label}: no node {name!r}{did_you_mean(name, self.ids)}")
        return found

    def _why_not(self, step: Step) -> str:
        node = self.facts.nodes[step.node]
        if step.table == "values":
            return "a constant or a complex number is not asked for"
        if step.table in ("grads", "contributions") and self._is_forward_only():
            return "gradients were not computed; run g.backward() first"
        if step.table == "grads":
            return self.worked.absent(node)
        edge = self.edge(step)
        if not edge.formula or self.facts.nodes[edge.source].kind == "constant":
            return "no gradient passes along this edge"
        if step.table == "locals":
            return "a local gradient that is a matrix is not asked for; give the contribution"
        return self.worked.absent(self.facts.nodes[edge.source])

    def _is_forward_only(self) -> bool:
        return self.facts.nodes[self.facts.output].grad is None

    # -- words ----------------------------------------------------------------------------

    def title(self, step: Step) -> str:
        """Return a step in print: h₃, ∂f/∂h₂, local ∂h₃/∂h₂, ∂f/∂h₃ · ∂h₃/∂h₂."""
        if step.table == "values":
            return word(self.facts.nodes[step.node].name).text
        if step.table == "grads":
            return partial(self.worked.of, self.facts.nodes[step.node].name).text
        local = self.worked.partial_of(self.edge(step)).text
        if step.table == "locals":
            return f"local {local}"
        return f"{self.title(Step('grads', step.node))} · {local}"

    def equation(self, step: Step) -> Equation:
        """Return the right equation of a step, with its numbers."""
        found = self._equations.get(step)
        if found is None:
            found = self._equations[step] = self._equation(step)
        return found

    def _equation(self, step: Step) -> Equation:
        node = self.facts.nodes[step.node]
        if step.table == "values":
            return self.worked.forward(node)
        if step.table == "grads":
            return self.worked.total(node)
        edge = self.edge(step)
        if step.table == "locals":
            return self.worked.local(edge)
        return self.worked.contribution(edge)


def like(value: Any, truth: Any) -> Any:
    """Return a number in the precision of another, where it has its shape."""
    if shape_of(value) != shape_of(truth):
        value = np.broadcast_to(value, shape_of(truth))
    if truth.__class__ is bool:
        return bool(value)
    return cast_like(value, truth)


def _steps(
    facts: GraphFacts,
    edges: dict[tuple[int, int], EdgeFacts],
    keys: dict[EdgeFacts, str],
) -> Iterator[tuple[Step, Any, str]]:
    """Yield every step with its number (None where there is none) and its name."""
    kept: list[NodeFacts] = [node for node in facts.nodes if node.kind != "constant"]
    for node in kept:
        yield Step("values", node.id), node.value, node.name
    for node in reversed(kept):
        yield Step("grads", node.id), node.grad, node.name
        for slot in range(len(node.operands)):
            edge = edges[node.id, slot]
            yield Step("locals", node.id, slot), edge.local, keys[edge]
            yield Step("contributions", node.id, slot), edge.contribution, keys[edge]
