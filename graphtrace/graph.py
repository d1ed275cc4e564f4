"""Graph: the face users hold; thin methods over the readings."""

import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from graphtrace.annotate.build import build_facts
from graphtrace.derivatives import Derivatives
from graphtrace.errors import NameNotFoundError, RefusedError, did_you_mean
from graphtrace.lectures import Lectures
from graphtrace.node import Edge, Node
from graphtrace.readings import Readings
from graphtrace.run import backward as reverse
from graphtrace.run.inputs import Entered, as_input
from graphtrace.run.record import Recording, record_expression, record_function
from graphtrace.run.state import State
from graphtrace.tape.sealed import Sealed
from graphtrace.tape.tape import Guard, Tape
from graphtrace.tape.var import Var

if TYPE_CHECKING:
    import networkx

    from graphtrace.annotate.facts import GraphFacts
    from graphtrace.run.check import CheckReport

__all__ = ["Graph", "name", "parse", "trace"]


def trace(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Graph":
    """Run a function once and return its computation graph.

    The function is plain NumPy code. Numbers and arrays of floats among the arguments, also
    inside lists, tuples and dicts, become the inputs; anything else is passed through. Values
    are snapshots: changing an argument afterwards does not change the graph.

    Raises RefusedError, naming your line and the fix, for what cannot be recorded.
    """
    return Graph._of(record_function(function, args, kwargs))


def parse(text: str, /, **inputs: Any) -> "Graph":
    """Return the graph of an expression, or of statements split by `;` or newlines.

    >>> parse("f = ln(x) + exp(y)*z", x=1, y=0, z=2)["f"].value
    2.0

    Raises ExpressionError for what is not in the language, unknown functions, and inputs
    that are missing or not used.
    """
    return Graph._of(record_expression(text, inputs))


def name(value: Any, text: str) -> Any:
    """Name a value inside a traced function, and return it; outside of a trace do nothing."""
    if value.__class__ is Var and value.push is not None:
        value.push.__self__.names.append((value, str(text)))
    return value


class Graph(Derivatives, Readings, Lectures):
    """A recorded and evaluated computation graph.

    Made by `trace` or `parse`, or step by step: `g = Graph(); x, y = g.inputs(x=1.0, y=2.0)`,
    then compute with x and y as with numbers or arrays; the last node is the output.
    """

    def __init__(self) -> None:
        tape = Tape()
        self._tape = tape
        self._live: Tape | None = tape
        self._records: list[Var] = tape
        self._entered = Entered(tape)
        self._outputs: tuple[Var, ...] = ()
        self._given: dict[Var, str] = {}
        self._title = ""
        self._leading = 0
        self._state_at: tuple[int, int, State] | None = None
        self._target: Var | None = None
        self._ran = False
        weakref.finalize(self, _release, tape)

    @classmethod
    def _of(cls, recording: Recording) -> "Graph":
        graph = cls.__new__(cls)
        graph._tape = recording.tape
        graph._live = None
        graph._records = recording.records
        graph._entered = recording.inputs
        graph._outputs = recording.outputs
        graph._given = recording.given
        graph._title = recording.title
        graph._leading = recording.leading
        graph._mirror = recording.mirror
        graph._state_at = None
        graph._target = None
        graph._ran = False
        return graph

    def inputs(self, /, **values: Any) -> Any:
        """Add inputs to a graph that is built step by step; return one value, or a tuple."""
        if self._live is None:
            raise RefusedError("a traced graph is complete: use gt.Graph() to build step by step")
        for key in values:
            if key in self._inputs:
                raise RefusedError(f"the graph has an input {key!r} already")
        records = [self._entered.enter(as_input(value, key), key) for key, value in values.items()]
        return records[0] if len(records) == 1 else tuple(records)

    @property
    def _inputs(self) -> dict[str, Var]:
        return self._entered.by_name

    @property
    def _names(self) -> dict[Var, str]:
        """Every name given outright, by record: inputs, statements, `gt.name`."""
        names = {record: text for text, record in self._inputs.items()}
        names.update(self._given)
        names.update(self._tape.names)
        return names

    @property
    def _result(self) -> tuple[Var, str] | None:
        """The record that takes the function's name when its source gives it none."""
        if not self._outputs or not self._title.isidentifier():
            return None
        return self._outputs[0], self._title

    # -- what is in it ------------------------------------------------------------------

    @property
    def title(self) -> str:
        """The traced function's name, or the expression."""
        return self._title

    @property
    def output(self) -> "Node":
        """The node that gradients are taken of."""
        return Node(self, self._output_record())

    @property
    def nodes(self) -> tuple["Node", ...]:
        """All nodes in order of execution."""
        return tuple(Node(self, record) for record in self._state.sealed.nodes)

    @property
    def edges(self) -> tuple["Edge", ...]:
        """All edges, by target and slot."""
        operands = self._state.sealed.operands
        return tuple(
            Edge(self, target, slot)
            for target, sources in enumerate(operands)
            for slot in range(len(sources))
        )

    def __len__(self) -> int:
        return len(self._state.sealed.nodes)

    def __iter__(self) -> "Iterator[Node]":
        return iter(self.nodes)

    def __getitem__(self, key: "str | int | Var | Node") -> "Node":
        """Return a node by name, id or traced value.

        Raises NameNotFoundError, with the nearest name, when there is none.
        """
        return Node(self, self._record(key))

    def __contains__(self, key: object) -> bool:
        try:
            self._number(key)
        except NameNotFoundError:
            return False
        return True

    def __repr__(self) -> str:
        title = f" of {self._title}" if self._title else ""
        return f"<Graph{title}: {len(self._records)} records>"

    @property
    def _state(self) -> State:
        """The sealed recording; made again when a step-by-step graph has grown."""
        key = (len(self._records), len(self._tape.names))
        if self._state_at is None or self._state_at[:2] != key:
            sealed = Sealed(self._records, self._names, self._tape.scopes, self._result)
            self._state_at = (*key, State(sealed, 0, self._title, self._mirror))
        state = self._state_at[2]
        state.output = state.sealed.numbers[self._output_record()]
        return state

    def _output_record(self) -> Var:
        return self._result_record() if self._target is None else self._target

    def _result_record(self) -> Var:
        """Return what the program computed last, whatever gradients were taken of."""
        if self._outputs:
            return self._outputs[0]
        if not self._records:
            raise RefusedError("the graph is empty: add inputs and compute with them")
        return self._records[-1]

    def _number(self, key: object) -> int:
        state = self._state
        if isinstance(key, Node):
            key = key._record
        if key.__class__ is Var:
            number = state.sealed.numbers.get(key)
            if number is None:
                raise NameNotFoundError("this value does not belong to this graph")
            return number
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            if -len(state.sealed.nodes) <= key < len(state.sealed.nodes):
                return int(key) % len(state.sealed.nodes)
            last = len(state.sealed.nodes) - 1
            raise NameNotFoundError(f"no node {key}: ids run from 0 to {last}")
        if isinstance(key, str):
            found = state.sealed.find(key)
            if found is not None:
                return found
            raise NameNotFoundError(f"no node {key!r}{did_you_mean(key, state.sealed.by_name)}")
        raise NameNotFoundError(f"nodes are found by name, id or Node, not by {type(key).__name__}")

    def _record(self, key: object) -> Var:
        """Return the record of a key, without numbering the graph where that is not needed."""
        if isinstance(key, str):
            known = self._inputs.get(key)
            if known is not None and known not in self._given:
                return known
        return self._state.sealed.nodes[self._number(key)]

    # -- readings -----------------------------------------------------------------------

    def backward(
        self,
        output: "str | int | Var | Node | None" = None,
        seed: Any = None,
        *,
        record: bool = False,
    ) -> "Graph":
        """Compute the upstream gradient of every node the output depends on.

        `output` is a node's name, id or traced value (default: the result); `seed` is the
        gradient to start from, in the output's shape (default 1 for a scalar). Running it
        again starts afresh. Returns the graph itself.

        With `record=True` nothing is changed; instead the backward pass is recorded, and the
        graph of both passes is returned: every gradient is a node in it, named ∂output/∂node.

        Raises GradientError for a non-scalar output without a seed, ShapeError for a seed of
        another shape.
        """
        target = self._result_record() if output is None else self._record(output)
        label = "the output" if output is None else str(output)
        start = reverse.seed_for(target, seed, label)
        if record:
            return Graph._of(self._gradient_recording(self._number(target), start))
        if self._ran:
            reverse.clear(self._records)
        self._target = target
        self._ran = True
        reverse.backward(self._records, target, start, self._leading)
        return self

    def at(self, /, **inputs: Any) -> "Graph":
        """Return the same graph evaluated at other inputs; the rest keep their values.

        Nothing is traced again. Raises GuardError where a branch of the recorded run would
        be left, ShapeError for an input of another shape.
        """
        from graphtrace.run.replay import changed_inputs, replay

        changed = changed_inputs(self._inputs, inputs)
        twins = replay(self._records, self._tape.guards, changed)
        tape = Tape.noted(
            [Guard((twins[guard[0]], *guard[1:])) for guard in self._tape.guards],
            [(twins[record], text) for record, text in self._names.items()],
            self._tape.scopes,
        )
        entered = Entered.of(tape, {key: twins[record] for key, record in self._inputs.items()})
        outputs = tuple(twins[r] for r in self._outputs or (self._result_record(),))
        mirror = {twins[r]: None if of is None else twins[of] for r, of in self._mirror.items()}
        return Graph._of(
            Recording(
                tape, [*twins.values()], entered, outputs, {}, self._title, self._leading, mirror
            )
        )

    def check(self, *, rtol: float = 1e-4, atol: float = 1e-7) -> "CheckReport":
        """Check every edge's rule against finite differences of its operation alone."""
        from graphtrace.run.check import check_edges

        return check_edges(self._state, rtol, atol)

    def facts(self, show: "Iterable[str] | str | None" = None) -> "GraphFacts":
        """Return the immutable facts that pictures, tables and JSON are made from.

        `show` is what a picture is to show; symbols and costs are worked out if they are in it.
        """
        return build_facts(self._state, show)

    @property
    def nx(self) -> "networkx.MultiDiGraph[int]":
        """The graph as a networkx.MultiDiGraph: keys are slots, facts are attributes.

        Built anew at each access, so that it is always in step with values and gradients.
        """
        from graphtrace.annotate.network import to_networkx

        return to_networkx(self.facts())

    def table(self) -> str:
        """Return nodes and edges as plain text tables."""
        from graphtrace.annotate.table import plain_table

        return plain_table(self.facts())

    def render(
        self,
        file: Any = None,
        /,
        *,
        format: str | None = None,  # noqa: A002 # the word users know from NumPy and Graphviz
        **options: Any,
    ) -> bytes | None:
        """Draw the graph: write it to `file`, or return the bytes when there is none.

        The format comes from its extension or `format`: one of `render.formats()`.
        Options: what to show (`show`, `focus` and `radius`, `path`, `heaviest`, `only`), `look`,
        `wrap`, `theme`, `scale`, `deadline`; see `graphtrace.render.render`.
        """
        from graphtrace import render

        facts = self.facts(options.get("show"))
        if file is None:
            return render.render(facts, format or "svg", **options)
        render.save(facts, file, format, **options)
        return None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from graphtrace.render import render

        facts = self.facts()
        return {
            "image/svg+xml": render(facts, "svg").decode(),
            "text/plain": render(facts, "txt").decode(),
        }


def _release(tape: Tape) -> None:
    """End a step-by-step recording: break the cycle between the tape and its records."""
    tape.detach()
