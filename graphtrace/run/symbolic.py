"""The same forward and backward pass in symbols, through the formulas that compute numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from graphtrace.errors import GradientError, GraphTraceError
from graphtrace.ops.registry import Op
from graphtrace.ops.values import shape_of, unbroadcast
from graphtrace.run.modes import reaches
from graphtrace.run.state import State
from graphtrace.run.symbolic_array import (
    NoSymbolsError,
    SymbolicArray,
    evaluate,
    local,
    mapped,
    symbolic,
)

__all__ = ["LARGEST", "Symbolic", "named", "shown", "tidy"]

LARGEST = 400
"""Arrays of more elements than this have no symbolic reading."""
LONGEST = 200_000
"""Nor have values whose formulas have more symbols and operations than this, in all."""
EXPAND_BELOW = 2000
"""Polynomials of fewer operations than this are multiplied out."""
FACTOR_BELOW = 150
"""Formulas of fewer operations than this are factored where that is shorter."""
FOLDED = 4
"""Of more choices than this in one formula no single choice is made."""
MANY = 100
"""In arrays of more elements than this nothing is factored: it takes milliseconds an element."""


class Symbolic:
    """A graph in SymPy: values and gradients as functions of the inputs.

    Values are arrays of expressions, 0-d for scalars. An input's symbols have its name, and those
    of an array's elements their places: `W_{01}` is W[0, 1].
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self._values: dict[int, Any] = {}
        self._grads: dict[int, Any] | None = None
        self._sizes: dict[Any, int] = {}

    def value(self, number: int) -> Any:
        """Return a node's value as a SymPy expression, or array of them, of the inputs."""
        return shown(self.raw(number))

    def raw(self, number: int) -> Any:
        """Return a node's value as an array, not multiplied out."""
        for n in self._missing(number):
            self._values[n] = self._apply(n)
        found = self._values[number]
        if isinstance(found, Exception):
            raise found
        return found

    def _missing(self, number: int) -> list[int]:
        """Return what a node needs and is not known yet, in order."""
        found: set[int] = set()
        todo = [number]
        while todo:
            node = todo.pop()
            if node not in self._values and node not in found:
                found.add(node)
                todo.extend(self.state.sealed.operands[node])
        return sorted(found)

    def _apply(self, number: int) -> Any:
        """Return the node in symbols, or the error to raise when it is asked for."""
        sealed = self.state.sealed
        name, value = sealed.names[number], sealed.nodes[number].value
        if np.size(value) > LARGEST:
            return GraphTraceError(
                f"{name} has {np.size(value)} elements: symbolic readings take arrays of up to "
                f"{LARGEST}; make the graph at smaller inputs, or read its numbers"
            )
        op = sealed.op(number)
        if op is None:
            if sealed.kind(number) == "input":
                return named(name, shape_of(value))
            kept = shape_of(value) and value.dtype.kind in "iub"
            return value if kept else symbolic(value)
        operands = [self._values[operand] for operand in sealed.operands[number]]
        for operand in operands:
            if isinstance(operand, Exception):
                return operand
        return self._attempt(number, lambda: evaluate(op, operands, sealed.params(number)))

    def _attempt(self, number: int, compute: Callable[[], Any]) -> Any:
        """Return what is computed at a node, or the error that says why it cannot be."""
        name = self.state.sealed.names[number]
        try:
            found = compute()
            if sum(self.size(item) for item in np.asarray(found).ravel()) > LONGEST:
                return GraphTraceError(
                    f"{name} is a formula of more than {LONGEST:,} symbols and operations: ask for "
                    "a node nearer to the inputs, or make the graph smaller"
                )
        except RecursionError:
            return GraphTraceError(f"{name} is nested too deeply for a symbolic reading")
        except NoSymbolsError as error:
            return GraphTraceError(f"{name} is made by {error}, which has no symbolic form")
        return found

    def size(self, expr: Any) -> int:
        """Return the size of an expression written out, each shared part counted once a use."""
        known = self._sizes.get(expr)
        if known is None:
            known = 1 + sum(map(self.size, getattr(expr, "args", ())))
            self._sizes[expr] = known
        return known

    def pull(self, target: int, slot: int, upstream: Any) -> Any:
        """Return an upstream gradient of a node pulled back through one edge, in symbols."""
        sealed = self.state.sealed
        op = sealed.op(target)
        assert isinstance(op, Op)
        operands = [self.raw(operand) for operand in sealed.operands[target]]
        out = self.raw(target)

        def compute() -> Any:
            if op.vjp is not None:
                return symbolic(op.vjp(slot, upstream, out, *operands, **sealed.params(target)))
            return unbroadcast(upstream * local(op, slot, out, operands), operands[slot])

        found = self._attempt(target, compute)
        if isinstance(found, Exception):
            raise found
        return found

    def passes(self, target: int, slot: int) -> bool:
        """Whether a gradient passes an edge."""
        sealed = self.state.sealed
        op, source = sealed.op(target), sealed.operands[target][slot]
        return op is not None and reaches(self.state, op, slot, source)

    def local(self, target: int, slot: int) -> Any:
        """Return an edge's local gradient, element by element; None where it is no such thing."""
        sealed = self.state.sealed
        op = sealed.op(target)
        assert isinstance(op, Op)
        operands = [self.raw(operand) for operand in sealed.operands[target]]
        if op.is_elementwise:
            found = local(op, slot, self.raw(target), operands)
            return np.broadcast_to(found, shape_of(self.raw(target)))
        if shape_of(self.raw(target)) or shape_of(operands[slot]):
            return None
        return self.pull(target, slot, symbolic(1.0))

    def grads(self) -> dict[int, Any]:
        """Return ∂output/∂node for every node the output depends on.

        From an output that is an array the gradient starts with a symbol for each element: δ.
        """
        if self._grads is None:
            sealed, output = self.state.sealed, self.state.output
            shape = shape_of(self.raw(output))
            found: dict[int, Any] = {output: named("δ", shape) if shape else symbolic(1.0)}
            for target in range(output, -1, -1):
                op = sealed.op(target)
                if target not in found or op is None:
                    continue
                for slot, source in enumerate(sealed.operands[target]):
                    if reaches(self.state, op, slot, source):
                        piece = self.pull(target, slot, found[target])
                        found[source] = found[source] + piece if source in found else piece
            self._grads = found
        return self._grads

    def grad(self, number: int) -> Any:
        """Return ∂output/∂node, tidied, of shape output.shape + node.shape."""
        found = self.grads().get(number)
        if found is None:
            names = self.state.sealed.names
            raise GradientError(f"{names[self.state.output]} does not depend on {names[number]}")
        shape = shape_of(self.raw(self.state.output))
        if not shape:
            return shown(found)
        return shown(self._jacobian(found, named("δ", shape)))

    def _jacobian(self, pulled: Any, seeds: Any) -> Any:
        """Return the derivative of a gradient, which is linear in its seeds, by each of them."""
        import sympy

        if np.size(pulled) * np.size(seeds) > LARGEST:
            raise GraphTraceError(
                f"this derivative has {np.size(pulled) * np.size(seeds)} elements: symbolic "
                f"readings take arrays of up to {LARGEST}; make the graph at smaller inputs"
            )
        found = np.empty(shape_of(seeds) + shape_of(pulled), dtype=object)
        for row in np.ndindex(shape_of(seeds)):
            for column in np.ndindex(shape_of(pulled)):
                seed = np.asarray(seeds)[row]
                found[row + column] = sympy.diff(np.asarray(pulled)[column], seed)
        return found

    def edge_jacobian(self, target: int, slot: int) -> Any:
        """Return ∂target/∂operand in full, of shape target.shape + operand.shape."""
        shape = shape_of(self.raw(target))
        if not shape:
            return self.pull(target, slot, symbolic(1.0))
        seeds = named("δ", shape)
        return symbolic(self._jacobian(self.pull(target, slot, seeds), seeds))

    def contribution(self, target: int, slot: int) -> Any:
        """Return upstream × local of one edge, tidied."""
        return shown(self.pull(target, slot, self.grads()[target]))


def named(name: str, shape: tuple[int, ...]) -> SymbolicArray:
    """Return symbols for the elements of an array, or one for a scalar.

    Places are written together where each has one digit, `W_{01}`, else with commas.
    """
    import sympy

    found = np.empty(shape, dtype=object)
    between = "" if max(shape, default=0) <= 10 else ","
    for place in np.ndindex(shape):
        text = f"{name}_{{{between.join(map(str, place))}}}" if shape else name
        found[place] = sympy.Symbol(text)
    return symbolic(found)


def shown(value: Any) -> Any:
    """Return a scalar as a SymPy expression, an array as SymPy's, tidied; None as it is."""
    import sympy

    if value is None:
        return None
    tidied = tidy if np.size(value) <= MANY else multiplied_out
    array = np.asarray(mapped(tidied, value), dtype=object)
    if not array.ndim:
        return array.item()
    return sympy.ImmutableDenseNDimArray(list(array.ravel()), array.shape)


def tidy(expr: Any) -> Any:
    """Multiply out polynomials; where it is shorter, factor or make one choice of several."""
    import sympy

    expr = multiplied_out(expr)
    if not isinstance(expr, sympy.Expr) or expr.is_polynomial():
        return expr
    size = expr.count_ops()
    if size >= FACTOR_BELOW:
        return expr
    try:
        if not expr.has(sympy.Piecewise, sympy.Max, sympy.Min):
            shorter = sympy.factor(expr)
        elif len(expr.atoms(sympy.Piecewise)) <= FOLDED:
            shorter = sympy.piecewise_fold(expr)
        else:
            return expr
    except sympy.PolynomialError:
        return expr
    return shorter if shorter.count_ops() < size else expr


def multiplied_out(expr: Any) -> Any:
    """Multiply out a polynomial, and return anything else (truths too) as it is."""
    import sympy

    expr = sympy.sympify(expr)
    if not isinstance(expr, sympy.Expr):
        return expr
    try:
        if expr.is_polynomial() and expr.count_ops() < EXPAND_BELOW:
            return sympy.expand(expr)
    except RecursionError:
        raise GraphTraceError("this is nested too deeply for a symbolic reading") from None
    return expr
