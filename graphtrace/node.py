"""Node and Edge: views of one place in a graph."""

from typing import TYPE_CHECKING, Any

import numpy as np

from graphtrace.annotate.build import edge_formula, node_facts
from graphtrace.run import backward as reverse
from graphtrace.tape.sources import Where
from graphtrace.tape.var import Var

if TYPE_CHECKING:
    from graphtrace.graph import Graph

__all__ = ["Edge", "Node"]


def _locked(value: Any) -> Any:
    """Return an array of the record made read-only, so that it stays what was recorded."""
    if value.__class__ is np.ndarray:
        value.flags.writeable = False
    return value


class Node:
    """One node: `value`, `grad`, `op`, `where`, `operands`, `uses`."""

    __slots__ = ("_graph", "_record")

    def __init__(self, graph: "Graph", record: Var) -> None:
        self._graph = graph
        self._record = record

    @property
    def id(self) -> int:
        """Its position on the tape."""
        return self._graph._number(self._record)

    @property
    def name(self) -> str:
        """Its unique name."""
        return self._graph._state.sealed.names[self.id]

    @property
    def kind(self) -> str:
        """`input`, `constant` or `op`."""
        return self._graph._state.sealed.kind(self.id)

    @property
    def op(self) -> str:
        """The operation's name; `input` or `constant` for leaves."""
        found = self._graph._state.sealed.op(self.id)
        return found.name if found else self.kind

    @property
    def value(self) -> Any:
        """Its value: a float, or a read-only array."""
        return _locked(self._record.value)

    @property
    def grad(self) -> Any:
        """Upstream gradient ∂output/∂node in the value's shape; None when not computed."""
        return _locked(self._graph._state.grad(self.id))

    @property
    def where(self) -> Where | None:
        """File, line and text where it was recorded; None for inputs."""
        return self._graph._state.sealed.where(self.id)

    @property
    def expression(self) -> str:
        """The node by its operands' names, such as `h2*z`."""
        return node_facts(self._graph._state, self.id).expression

    @property
    def scope(self) -> tuple[str, ...]:
        """The path of scopes it was recorded in."""
        return self._graph._state.sealed.scope(self.id)

    @property
    def operands(self) -> tuple["Node", ...]:
        """Its operands, in slot order."""
        sealed = self._graph._state.sealed
        return tuple(Node(self._graph, sealed.nodes[n]) for n in sealed.operands[self.id])

    @property
    def inputs(self) -> tuple["Edge", ...]:
        """Its incoming edges, in slot order."""
        number = self.id
        slots = range(len(self._graph._state.sealed.operands[number]))
        return tuple(Edge(self._graph, number, slot) for slot in slots)

    @property
    def uses(self) -> tuple["Edge", ...]:
        """Its outgoing edges, in tape order."""
        found = self._graph._state.sealed.uses[self.id]
        return tuple(Edge(self._graph, target, slot) for target, slot in found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and other._record is self._record

    def __hash__(self) -> int:
        return hash(self._record)

    def __repr__(self) -> str:
        return f"<Node {self.id} {self.name} = {self.expression}: {self.value!r}>"


class Edge:
    """One use of one operand by one node."""

    __slots__ = ("_graph", "_target", "slot")

    def __init__(self, graph: "Graph", target: int, slot: int) -> None:
        self._graph = graph
        self._target = target
        self.slot = slot

    @property
    def source(self) -> Node:
        """The operand."""
        sealed = self._graph._state.sealed
        return Node(self._graph, sealed.nodes[sealed.operands[self._target][self.slot]])

    @property
    def target(self) -> Node:
        """The node that uses it."""
        return Node(self._graph, self._graph._state.sealed.nodes[self._target])

    @property
    def local(self) -> Any:
        """∂target/∂source as one number per element.

        A number between scalars; for an elementwise operation on arrays the derivative of each
        element, in the target's shape; None otherwise.
        """
        return _locked(self._graph._state.local(self._target, self.slot))

    @property
    def formula(self) -> str:
        """The rule, with the operands' names; δ is the upstream gradient."""
        return edge_formula(self._graph._state.sealed, self._target, self.slot)

    @property
    def latex(self) -> str:
        """The rule in LaTeX."""
        return edge_formula(self._graph._state.sealed, self._target, self.slot, latex=True)

    @property
    def upstream(self) -> Any:
        """The target's gradient; None when not computed."""
        return self.target.grad

    @property
    def contribution(self) -> Any:
        """What this use adds to the source's gradient; None when not computed."""
        return _locked(self._graph._state.contribution(self._target, self.slot))

    def jacobian(self) -> Any:
        """Return ∂target/∂source in full, of shape target.shape + source.shape."""
        sealed = self._graph._state.sealed
        return reverse.jacobian(sealed.nodes[self._target], self.slot)

    def __repr__(self) -> str:
        return f"<Edge {self.source.name} → {self.target.name}[{self.slot}]: {self.formula}>"
